"""Anyone's HTML → the HTML an article may contain: paragraphs, headings, lists, quotes, tables, pictures.

Three steps: `_bounded` drops what the parser would choke on, nh3 parses as a browser does and keeps the
allow-list, `_Writer` turns what is left into blocks that hold text and text that stands in blocks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import nh3

MAX_DEPTH = 12  # blocks within blocks, in an article
_MAX_RAW_DEPTH = 60  # in what comes in; nh3 needs 14 s for 100,000 nested divs
_MAX_TAGS = 200_000
_MAX_TAG_LENGTH = 8_192
_MAX_BROKEN_TAGS = 1_000  # each costs a search of _MAX_TAG_LENGTH

ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # nh3 would keep lang and title everywhere
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_RENAMED = {
    "h1": "h2",
    "h4": "h3",
    "h5": "h3",
    "h6": "h3",
    "b": "strong",
    "i": "em",
    "s": "del",
    "strike": "del",
}
_TABLE_PARTS = {"caption", "thead", "tbody", "tfoot", "tr", "td", "th"}
_INLINE = {"a", "em", "strong", "code", "del", "sub", "sup"}
_PHRASING_ONLY = {"p", "h2", "h3", "pre"}  # hold text, never a block
_CONTAINERS = {"ul", "ol", "blockquote", "table", "figure"}
_BLOCKS = _PHRASING_ONLY | _CONTAINERS | _TABLE_PARTS | {"li", "figcaption"}
_VOID = {"br", "hr", "img"}
ALLOWED = _BLOCKS | _INLINE | _VOID

# Not kept, but text on either side of them is not one paragraph.
_BOUNDARIES = set(
    "div section article main header footer aside nav address center dl dt dd details summary form fieldset".split()
)
_DROPPED_WITH_CONTENT = set(
    "script style title iframe noscript noembed noframes template object svg math select textarea xmp".split()
)
_KNOWN = ALLOWED | set(_RENAMED) | _BOUNDARIES

_PARENTS = {
    "li": {"ul", "ol"},
    "tr": {"table", "thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "figcaption": {"figure"},
    "caption": {"table"},
    "thead": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
}

# A tag as the HTML standard reads it (13.2.5.6 to 13.2.5.40): a `>` inside a quoted value does not end it.
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]{0,30}+)(?P<attributes>(?:[\s/]++|[^\s/>][^\s/>=]*+"
    r"(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+|(?=>)))?+)*+)>"
)
_COMMENT_END = re.compile("--!?>")


def clean(html: str, base_url: str = "") -> str:
    """The part of `html` that an article may contain. Cleaning it again changes nothing.

    Links are http, https or mailto; a relative one needs `base_url`. Pictures are http, https or a
    relative path, kept as it is for the library to find. Text, `{{` too, stays as it is.
    """
    kept = nh3.clean(
        "".join(_bounded(html)),
        tags=ALLOWED | set(_RENAMED) | _BOUNDARIES,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: _kept_attribute(tag, name, value, base_url),
        url_schemes={"http", "https", "mailto"},
        url_relative="pass_through",
        link_rel=None,
    )
    article = _written(kept)
    # Unclosed emphasis is repeated in every block; such a flood keeps its words alone.
    return article if article.count("<") <= _MAX_TAGS else _written(_TAG.sub(" ", article))


def _written(html: str) -> str:
    writer = _Writer()
    for token in _tokens(html):
        writer.take(token)
    return writer.html()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str  # as it stands in the source
    tag: str = ""  # empty for text
    is_end: bool = False
    attributes: str = ""


def _tokens(html: str) -> Iterator[_Token]:
    """Text and tags in order; comments, and what cannot be shown with its content, are passed over."""
    at = broken = 0
    while at < len(html):
        opening = html.find("<", at)
        if opening < 0 or broken > _MAX_BROKEN_TAGS:
            yield _Token(html[at:].replace("<", "&lt;"))
            return
        if opening > at:
            yield _Token(html[at:opening])
        match = _TAG.match(html, opening, opening + _MAX_TAG_LENGTH)
        if match is None:
            at = _after_markup(html, opening)
            if at == opening:
                broken += 1
                at += 1
                yield _Token("&lt;")
            continue
        token = _Token(match[0], match["name"].lower(), bool(match["end"]), match["attributes"])
        at = match.end()
        if token.tag in _DROPPED_WITH_CONTENT:
            at = at if token.is_end else _after_content(html, at, token)
            continue
        yield token


def _after_markup(html: str, opening: int) -> int:
    """Where a comment or declaration that starts at `opening` ends; `opening` itself when there is none."""
    if html.startswith("<!--", opening):
        end = _COMMENT_END.search(html, opening + 2)
        return end.end() if end else len(html)
    if html[opening + 1 : opening + 2] in ("!", "?", "/") and html[opening + 2 : opening + 3].strip():
        end_at = html.find(">", opening)
        return end_at + 1 if end_at >= 0 else len(html)
    return opening


def _after_content(html: str, at: int, token: _Token) -> int:
    if token.tag in ("svg", "math") and token.attributes.endswith("/"):
        return at
    end = re.compile(f"</{token.tag}[^>]*>", re.IGNORECASE).search(html, at)
    return end.end() if end else len(html)


@dataclass(slots=True)
class _OpenTags:
    """Which tags a parser would hold open; refuses those that would make it slow."""

    nested: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    inline: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    def allows(self, token: _Token) -> bool:
        self.seen += 1
        if self.seen > _MAX_TAGS or token.tag not in _KNOWN:
            return False
        tag = _RENAMED.get(token.tag, token.tag)
        if tag in _INLINE:
            return self._allows_inline(tag, token.is_end)
        # A parser closes these by itself, or holds them only inside a table, which is counted.
        if tag in _VOID or tag in _TABLE_PARTS or tag == "p":
            return True
        return self._closes(tag) if token.is_end else self._opens(tag)

    def _allows_inline(self, tag: str, is_end: bool) -> bool:
        # Emphasis inside emphasis says nothing, and unclosed ones are opened again in every block.
        # A link closes the one before it.
        self.inline[tag] = max(0, self.inline[tag] + (-1 if is_end else 1))
        return tag == "a" or self.inline[tag] == (0 if is_end else 1)

    def _opens(self, tag: str) -> bool:
        if self.nested and _closes_by_opening(self.nested[-1], tag):
            self.nested.pop()
        if len(self.nested) >= _MAX_RAW_DEPTH:
            self.refused[tag] += 1
            return False
        self.nested.append(tag)
        return True

    def _closes(self, tag: str) -> bool:
        if self.refused[tag]:
            self.refused[tag] -= 1
            return False
        for index in range(len(self.nested) - 1, -1, -1):
            if self.nested[index] == tag:
                del self.nested[index:]
                return True
            if self.nested[index] == "table":
                return False
        return False


def _closes_by_opening(before: str, tag: str) -> bool:
    return any({before, tag} <= together for together in ({"li"}, {"dt", "dd"}, {"h2", "h3"}))


def _bounded(html: str) -> Iterator[str]:
    """The source without what an article never keeps, no deeper than a parser can follow quickly."""
    open_tags = _OpenTags()
    for token in _tokens(html):
        if not token.tag or open_tags.allows(token):
            yield token.text


def _kept_attribute(tag: str, name: str, value: str, base_url: str) -> str | None:
    if name == "href":
        return _link(value, base_url)
    if name == "src":
        return _picture(value)
    if name in ("width", "height", "start", "colspan", "rowspan"):
        return value if re.fullmatch(r"[0-9]{1,4}", value) else None
    return value


def _link(value: str, base_url: str) -> str | None:
    try:
        url = urljoin(base_url, value.strip()) if base_url else value.strip()
        parts = urlsplit(url)
    except ValueError:  # a broken IPv6 host
        return None
    is_web = parts.scheme in ("http", "https") and parts.netloc
    return url if is_web or (parts.scheme == "mailto" and parts.path) else None


def _picture(value: str) -> str | None:
    source = value.strip()
    if source.startswith("//"):
        source = f"https:{source}"
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and parts.netloc
    is_relative = not parts.scheme and not parts.netloc and parts.path
    return source if is_web or is_relative else None


class _Writer:
    """Writes balanced HTML from balanced tokens; text outside any paragraph gets one."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._blocks: list[tuple[str, bool]] = []  # what is open, and whether the source asked for it
        self._inline: list[tuple[str, str]] = []  # what the source has open: its name and its tag
        self._written = 0  # how many of `_inline` stand open in the output
        self._source: list[str] = []  # how each open tag was taken: the block's name, "inline", or ""

    def take(self, token: _Token) -> None:
        tag = _RENAMED.get(token.tag, token.tag)
        if not tag:
            self._text(token.text)
        elif tag in _VOID:
            self._void(tag, token.text)
        elif token.is_end:
            self._end()
        elif tag in _INLINE:
            self._start_inline(tag, f"<{tag}{token.attributes}>")
        else:
            self._source.append(self._start_block(tag, f"<{tag}{token.attributes}>"))

    def html(self) -> str:
        self._close_blocks(0)
        return "".join(self._out).strip(_SPACE)

    @property
    def _top(self) -> str:
        return self._blocks[-1][0] if self._blocks else ""

    def _text(self, text: str) -> None:
        if not text.strip(_SPACE) and (self._top not in _HOLDS_TEXT or self._out[-1] in _OPENINGS):
            return
        if self._open_paragraph():
            text = text.lstrip(_SPACE)
        if self._out[-1] == "<pre>":
            text = text.lstrip("\n")  # a parser drops the first one
        if text.strip(_SPACE):
            self._open_inline()
        if text:
            self._out.append(text)

    def _void(self, tag: str, text: str) -> None:
        if tag == "hr":
            self._rule()
        elif tag == "br":
            if self._top in _HOLDS_TEXT and self._top != "figure" and self._out[-1] not in _OPENINGS:
                self._out.append("<br>")
        elif " src=" in text:
            self._open_paragraph()
            self._open_inline()
            self._out.append(text)

    def _rule(self) -> None:
        self._make_room_for_block("hr")
        if self._top in _PHRASING_ONLY or self._top in ("ul", "ol"):
            return
        self._out.append("<hr>" if self._blocks else "<hr>\n")

    def _start_inline(self, tag: str, opening: str) -> None:
        is_wanted = all(tag != name for name, _ in self._inline) and opening != "<a>"
        self._source.append("inline" if is_wanted else "")
        if is_wanted:
            self._inline.append((tag, opening))

    def _end(self) -> None:
        taken = self._source.pop()
        if taken == "inline":
            tag, _ = self._inline.pop()
            if self._written > len(self._inline):
                self._written -= 1
                self._out.append(f"</{tag}>")
        elif taken == "boundary":
            self._part()
        elif taken:
            depth = max(index for index, block in enumerate(self._blocks) if block == (taken, True))
            self._close_blocks(depth)

    def _start_block(self, tag: str, opening: str) -> str:
        self._make_room_for_block(tag)
        if tag in _BOUNDARIES or not self._has_room_for(tag):
            self._part()
            return "boundary"
        self._close_inline()
        self._out.append(opening)
        self._blocks.append((tag, True))
        return tag

    def _make_room_for_block(self, tag: str) -> None:
        """Ends the paragraph that loose text had got; a list gets an item for what is not one."""
        while self._blocks and not self._blocks[-1][1] and (self._top == "p" or tag == "li"):
            self._close_blocks(len(self._blocks) - 1)
        if self._top in ("ul", "ol") and tag in _BLOCKS and tag != "li":
            self._open_by_itself("li")

    def _has_room_for(self, tag: str) -> bool:
        if self._top in _PHRASING_ONLY or (tag in _CONTAINERS and len(self._blocks) >= MAX_DEPTH):
            return False
        return tag not in _PARENTS or self._top in _PARENTS[tag]

    def _part(self) -> None:
        """Keeps the words on both sides of a tag that is left out from running together."""
        if self._top in _HOLDS_TEXT and self._out[-1] not in _OPENINGS and not self._out[-1].endswith(" "):
            self._out.append(" ")

    def _open_paragraph(self) -> bool:
        if self._top in ("ul", "ol"):
            self._open_by_itself("li")
            return True
        if self._top in ("", "blockquote"):
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
        while self._written:
            self._written -= 1
            self._out.append(f"</{self._inline[self._written][0]}>")

    def _close_blocks(self, depth: int) -> None:
        self._close_inline()
        while len(self._blocks) > depth:
            tag, _ = self._blocks.pop()
            if tag != "pre":
                self._trim()
            if tag in _MAY_GO and self._out[-1].startswith(f"<{tag}"):
                self._out.pop()  # it stayed empty
            else:
                self._out.append(f"</{tag}>" if self._blocks else f"</{tag}>\n")

    def _trim(self) -> None:
        while not self._out[-1].startswith("<"):
            self._out[-1] = self._out[-1].rstrip(_SPACE)
            if self._out[-1]:
                return
            self._out.pop()


_SPACE = " \t\r\n\f"  # what HTML calls white space; a no-break space is text
_HOLDS_TEXT = {"p", "h2", "h3", "pre", "li", "td", "th", "caption", "figcaption", "figure"}
_OPENINGS = {f"<{tag}>" for tag in _HOLDS_TEXT - {"pre"}}
_MAY_GO = _BLOCKS - _TABLE_PARTS - {"table"}
