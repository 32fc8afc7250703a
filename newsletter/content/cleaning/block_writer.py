"""Balanced tags in any order → the blocks of an article: text stands in paragraphs, blocks where they may stand."""

from __future__ import annotations

import re
from html import unescape

from newsletter.content.cleaning.allowed import BLOCKS, BOUNDARIES, CONTAINERS, MAX_DEPTH, PARENTS, PHRASING_ONLY
from newsletter.content.cleaning.links import kept_link
from newsletter.content.cleaning.players import find_player, write_player

SPACE = " \t\r\n\f"  # what HTML calls white space
_NO_BREAK = "&nbsp;"
_RUN = re.compile(rf"[{SPACE}]{{2,}}|[\t\r\f]")
_IN_A_RUN = ("  ", "\n", "\t", "\r", "\f")  # one of them is in all that `_RUN` finds, and in few texts
_NO_BREAK_RUN = re.compile(
    rf"(?:(?<![{SPACE}])[{SPACE}]++{_NO_BREAK}|{_NO_BREAK}(?=[{SPACE}]|{_NO_BREAK}))(?:[{SPACE}]|{_NO_BREAK})*+"
)
_SPACE_BEFORE = re.compile(rf"\A(?:[{SPACE}]|{_NO_BREAK})++")
_SPACE_BEHIND = re.compile(rf"(?:(?<![{SPACE}])[{SPACE}]|(?<!{_NO_BREAK}){_NO_BREAK})(?:[{SPACE}]|{_NO_BREAK})*+\Z")
_MAX_ADDRESS = 500  # characters of one that stands alone
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
_HOLDS_TEXT = frozenset({"p", "h2", "h3", "pre", "li", "td", "th", "caption", "figcaption", "figure"})
_OPENINGS = frozenset(f"<{tag}>" for tag in _HOLDS_TEXT - {"pre"})
_MAY_GO = BLOCKS - {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"}


class BlockWriter:
    """Every start is followed by its end; white space at the edges of a block, and blocks without content, go."""

    def __init__(self) -> None:
        self._out: list[str] = [""]
        self._blocks: list[tuple[str, bool]] = []  # what is open, and whether the source asked for it
        self._inline: list[tuple[str, str]] = []  # what the source has open: its name and its tag
        self._written = 0  # how many of `_inline` stand open in the output
        self._source: list[str | int] = []  # how each open tag was taken: a block's name, so many inline tags, or ""

    def html(self) -> str:
        self._close_blocks(0)
        return "".join(self._out).strip(SPACE)

    @property
    def top(self) -> str:
        """The block that is open, empty outside of any."""
        return self._blocks[-1][0] if self._blocks else ""

    def text(self, text: str) -> None:
        """Text with its signs written as HTML."""
        top = self._blocks[-1][0] if self._blocks else ""
        if top == "pre":
            self._preformatted(text)
            return
        is_text_here = top in _HOLDS_TEXT
        if not is_text_here and not text.strip(SPACE):
            return
        if not text.isascii():
            text = _INVISIBLE.sub("", text)
        if _NO_BREAK in text or self._out[-1].endswith(_NO_BREAK):
            text = self._without_no_break_runs(text)
        if any(sign in text for sign in _IN_A_RUN):
            text = _RUN.sub(_one_space, text)
        has_words = bool(text.strip(SPACE))
        if not is_text_here and has_words and self._open_paragraph():
            text = _without_space_before(text)
        elif self._is_at_start():
            text = _without_space_before(text)
        elif self._out[-1].endswith((" ", "\n")):
            text = text.lstrip(SPACE)  # a tag that is left out may part a run
        if has_words:
            self._open_inline()
            self._out.append(text)
        elif text and is_text_here and self._out[-1] != "<br>":
            self._out.append(text)

    def _without_no_break_runs(self, text: str) -> str:
        text = _NO_BREAK_RUN.sub(" ", text)
        text = " " if text == _NO_BREAK else text
        # A tag that is left out may part a run; white space alone never opens the emphasis that waits for a word.
        is_joined = self._written == len(self._inline) or not text.strip(SPACE)
        before = self._out[-1]
        if is_joined and before and not before.startswith("<"):
            self._out[-1] = _without_space_behind(before)
            text = _NO_BREAK_RUN.sub(" ", before[len(self._out[-1]) :] + text)
            if not self._out[-1]:
                self._out.pop()
        return text

    def _preformatted(self, text: str) -> None:
        if self._out[-1] == "<pre>":
            text = text.lstrip("\n")  # a parser drops the first one
        if text.strip(SPACE):
            self._open_inline()
        if text:
            self._out.append(text)

    def picture(self, tag: str) -> None:
        self._open_paragraph()
        self._open_inline()
        self._out.append(tag)

    def line_break(self) -> None:
        """Two of them part a paragraph."""
        if self.top not in _HOLDS_TEXT or self.top == "figure" or self._is_at_start():
            return
        if self.top != "pre":
            self._trim_text()
        if self._out[-1] != "<br>" or self.top == "pre":
            self._out.append("<br>")
        elif self.top == "p":
            self._close_inline()
            self._end_paragraph()
            self._out.append("<p>")

    def rule(self) -> None:
        self._make_room_for_block("hr")
        if self.top in PHRASING_ONLY or self.top in ("ul", "ol"):
            return
        self._out.append("<hr>" if self._blocks else "<hr>\n")

    def start_inline(self, *tags: tuple[str, str]) -> None:
        """Each by its name and as it is to be written; what is open already is not opened again."""
        wanted = tags
        if self._inline:
            wanted = tuple(tag for tag in tags if all(tag[0] != name for name, _ in self._inline))
        self._source.append(len(wanted))
        self._inline += wanted

    def start(self, tag: str, opening: str) -> None:
        """A block, or what only parts text from text."""
        self._source.append(self._start_block(tag, opening))

    def end(self) -> None:
        """Of what was started last."""
        taken = self._source.pop()
        if isinstance(taken, int):
            for _ in range(taken):
                self._end_inline()
        elif taken == "boundary":
            self._part()
        else:
            depth = len(self._blocks) - 1
            while self._blocks[depth] != (taken, True):
                depth -= 1
            self._close_blocks(depth)

    def _end_inline(self) -> None:
        tag, _ = self._inline.pop()
        if self._written > len(self._inline):
            self._written -= 1
            # White space behind the last word of a link is no part of it.
            space = "" if self.top == "pre" else self._take_space_behind()
            self._out += [f"</{tag}>", space] if space else [f"</{tag}>"]

    def _take_space_behind(self) -> str:
        space = ""
        while not self._out[-1].startswith("<"):
            words = self._out[-1].rstrip(SPACE)
            space = space or " " * (words != self._out[-1])
            if words:
                self._out[-1] = words
                return space
            self._out.pop()
        return space

    def _start_block(self, tag: str, opening: str) -> str:
        self._make_room_for_block(tag)
        if tag in BOUNDARIES or not self._has_room_for(tag):
            self._part()
            return "boundary"
        if tag == "figcaption":
            self._trim()
        self._close_inline()
        self._out.append(opening)
        self._blocks.append((tag, True))
        return tag

    def _make_room_for_block(self, tag: str) -> None:
        """Ends the paragraph that loose text had got; a list gets an item for what is not one."""
        while self._blocks and not self._blocks[-1][1] and (self.top == "p" or tag == "li"):
            self._close_blocks(len(self._blocks) - 1)
        if self.top in ("ul", "ol") and tag in BLOCKS and tag != "li":
            self._open_by_itself("li")

    def _has_room_for(self, tag: str) -> bool:
        if self.top in PHRASING_ONLY or (tag in CONTAINERS and len(self._blocks) >= MAX_DEPTH):
            return False
        return tag not in PARENTS or self.top in PARENTS[tag]

    def _part(self) -> None:
        """Keeps the words on both sides of a tag that is left out from running together."""
        if self.top in _HOLDS_TEXT and not self._is_at_start() and not self._out[-1].endswith((" ", "<br>")):
            self.text(" ")

    def _is_at_start(self) -> bool:
        last = self._out[-1]
        return last in _OPENINGS or last.startswith(("<td ", "<th "))

    def _open_paragraph(self) -> bool:
        top = self.top
        if top in ("ul", "ol"):
            self._open_by_itself("li")
            return True
        if top in ("", "blockquote"):
            self._open_by_itself("p")
            return True
        return False

    def _open_by_itself(self, tag: str) -> None:
        self._close_inline()
        self._out.append(f"<{tag}>")
        self._blocks.append((tag, False))

    def _open_inline(self) -> None:
        while self._written < len(self._inline):
            self._out.append(self._inline[self._written][1])
            self._written += 1

    def _close_inline(self) -> None:
        if self._written and self.top != "pre":
            self._take_space_behind()
        while self._written:
            self._written -= 1
            self._out.append(f"</{self._inline[self._written][0]}>")

    def _close_blocks(self, depth: int) -> None:
        if self.top != "pre":
            self._trim()
        self._close_inline()
        while len(self._blocks) > depth:
            tag = self._blocks[-1][0]
            if tag == "p":
                self._end_paragraph()
                self._blocks.pop()
                continue
            self._blocks.pop()
            if tag != "pre":
                self._trim()
            # A player is written in one piece, a figure that begins as its own figure does.
            if tag in _MAY_GO and self._out[-1].startswith(f"<{tag}") and "</" not in self._out[-1]:
                self._out.pop()  # it stayed empty
            else:
                self._out.append(f"</{tag}>" if self._blocks else f"</{tag}>\n")

    def _end_paragraph(self) -> None:
        self._trim()
        line_end = "\n" if len(self._blocks) == 1 else ""
        if self._out[-1] == "<p>":
            self._out.pop()
        elif player := self._take_bare_player():
            self._out.append(player + line_end)
        else:
            self._out.append(f"</p>{line_end}")

    def _take_bare_player(self) -> str:
        """What WordPress makes a player of: the address of a video alone in its paragraph."""
        at, length = len(self._out) - 1, 0
        while not self._out[at].startswith("<"):
            length += len(self._out[at])
            at -= 1
            if length > _MAX_ADDRESS:
                return ""
        text = "".join(self._out[at + 1 :])
        if self._out[at] != "<p>" or not text.startswith("http") or len(self._blocks) > MAX_DEPTH:
            return ""
        address = kept_link(unescape(text)) if len(text.split()) == 1 else ""
        player = find_player(address) if address else None
        if player is None:
            return ""
        del self._out[at:]
        return write_player(player)

    def _trim(self) -> None:
        self._trim_text()
        while self._out[-1] == "<br>":
            self._out.pop()
            self._trim_text()

    def _trim_text(self) -> None:
        while self._out[-1] and not self._out[-1].startswith("<"):
            self._out[-1] = _without_space_behind(self._out[-1])
            if self._out[-1]:
                return
            self._out.pop()


def _one_space(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "


def _without_space_behind(text: str) -> str:
    return _SPACE_BEHIND.sub("", text) if _NO_BREAK in text else text.rstrip(SPACE)


def _without_space_before(text: str) -> str:
    return _SPACE_BEFORE.sub("", text) if _NO_BREAK in text else text.lstrip(SPACE)
