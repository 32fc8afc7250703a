"""A post of the classic editor, paragraphs parted by blank lines → the HTML its site makes of it."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

from newsletter.content.cleaning.players import find_player, write_player
from newsletter.content.words import is_address

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>")
_BLANK_LINE = re.compile(r"\n[ \t\f\v]*\n\s*")
_LONE_ADDRESS = re.compile(
    r"(?m)(?P<embed>wp-block-embed__wrapper[^<>]{0,200}>\s*)?^[ \t]*(?P<address>https?://[^\s<>\"\[\]]+)[ \t]*$"
)
# An address that ends its line: a post without one has none of those, and is told so in a tenth of the time.
_LAST_ADDRESS = re.compile(r"(?m)http(?<![^\s<>\"\[\]]http)s?://[^\s<>\"\[\]]++[ \t]*+$")

_VERBATIM = frozenset("pre script style textarea svg math select object".split())
# Text that stands right in one of these is no paragraph, nor are its line ends line breaks.
_STRUCTURE = frozenset("ul ol dl table thead tbody tfoot tr colgroup menu map".split())
# These hold a line of text, never a paragraph.
_LINES = frozenset("h1 h2 h3 h4 h5 h6 dt summary legend caption figcaption figure address".split())
_BLOCKS = (
    _STRUCTURE
    | _LINES
    | frozenset(
        "p div section article aside header footer nav main hgroup blockquote li dd td th form fieldset details hr col "
        "center".split()
    )
)
_ALWAYS_PARAGRAPHS = frozenset({"", "blockquote"})
_SHOWN = frozenset({"img", "iframe", "video", "audio", "embed", "input", "button"})
_BREAK = "<br>\n"


def link_lone_addresses(text: str) -> str:
    """An address on a line of its own, which WordPress shows as a player or a card, as one of these or a link."""
    return _LONE_ADDRESS.sub(_shown, text) if _LAST_ADDRESS.search(text) else text


def _shown(match: re.Match[str]) -> str:
    address, embed = match["address"], match["embed"] or ""
    player = find_player(unescape(address)) if is_address(unescape(address)) else None
    if player is None:
        return f'{embed}<a href="{address}">{address}</a>'
    # A block's figure may have a caption of its own: it is cleaned as one.
    return match[0] if embed else write_player(player)


def make_paragraphs(text: str) -> str:
    """A blank line parts paragraphs, a single line end is a line break; HTML blocks stay what they are.

    Takes time in proportion to the text. What has its paragraphs already comes out as it is but for white space.
    """
    return _Writing().write(text.replace("\r\n", "\n").replace("\r", "\n"))


class _Writing:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._line: list[str] = []  # text and inline tags since the last block tag or blank line
        self._shows_something = False  # the line, beside tags and white space
        self._open: list[str] = []  # blocks
        self._open_names: Counter[str] = Counter()
        self._parted: list[bool] = [False]  # whether a blank line stood right in each open block; the first is none's
        self._verbatim = ""

    def write(self, text: str) -> str:
        at = 0
        for match in _TAG.finditer(text):
            self._take_text(text[at : match.start()])
            self._take_tag(match)
            at = match.end()
        self._take_text(text[at:])
        self._end_line()
        return "".join(self._out).strip()

    @property
    def _top(self) -> str:
        return self._open[-1] if self._open else ""

    def _take_text(self, text: str) -> None:
        if self._verbatim:
            self._line.append(text)
            return
        if self._top in _STRUCTURE:
            self._out.append(text)
            return
        first, *others = _BLANK_LINE.split(text)
        self._add(first)
        for other in others:
            self._part()
            self._add(other)

    def _add(self, text: str) -> None:
        self._shows_something = self._shows_something or bool(text.strip())
        first, *others = text.split("\n")
        self._line += [first] if first else []
        for other in others:
            if not (self._line and self._line[-1] == "<br>"):
                self._line.append(_BREAK)
            self._line += [other] if other.strip() else []

    def _take_tag(self, match: re.Match[str]) -> None:
        name = match["name"].lower()
        if self._verbatim:
            self._line.append(match[0])
            if match["end"] and name == self._verbatim:
                self._end_verbatim()
        elif name == "br":
            self._line.append("<br>")
        elif name in _VERBATIM and not match["end"] and not match[0].endswith("/>"):
            self._end_line()
            self._verbatim = name
            self._line.append(match[0])
        elif name not in _BLOCKS:
            self._line.append(match[0])
            self._shows_something = self._shows_something or name in _SHOWN
        else:
            self._take_block(match, name)

    def _end_verbatim(self) -> None:
        self._out += [*self._line, "\n"]
        self._line, self._verbatim = [], ""

    def _take_block(self, match: re.Match[str], name: str) -> None:
        self._end_line()
        if match["end"]:
            self._close(name)
        elif self._top == "p":
            self._close("p")
        self._out.append(match[0])
        if match["end"] or name in ("p", *_STRUCTURE, "blockquote"):
            self._out.append("\n")
        if not match["end"] and name not in ("hr", "col"):
            self._open.append(name)
            self._open_names[name] += 1
            self._parted.append(False)

    def _close(self, name: str) -> None:
        while self._open_names[name]:
            closed = self._open.pop()
            self._parted.pop()
            self._open_names[closed] -= 1
            if closed == name:
                return

    def _part(self) -> None:
        """A blank line."""
        if self._top == "p":
            if self._shows_something:
                self._end_line()
                self._out.append("</p>\n<p>")
        elif self._top in _LINES:
            self._line.append(_BREAK)
        else:
            self._parted[-1] = True
            self._end_line()

    def _end_line(self) -> None:
        if self._verbatim:
            self._out += self._line
        else:
            self._out.append(self._paragraph())
        self._line, self._shows_something = [], False

    def _paragraph(self) -> str:
        start, end = 0, len(self._line)
        while start < end and (self._line[start] == _BREAK or not self._line[start].strip()):
            start += 1
        while end > start and (self._line[end - 1] == _BREAK or not self._line[end - 1].strip()):
            end -= 1
        line = "".join(self._line[start:end])
        is_paragraph = self._top in _ALWAYS_PARAGRAPHS or self._parted[-1]
        if not is_paragraph or not self._shows_something:
            return line
        return f"<p>{line}</p>\n"
