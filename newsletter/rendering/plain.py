"""Article HTML → text that reads well by itself: wrapped, with links as numbered notes below it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from newsletter.rendering.fragments import parse_fragment

if TYPE_CHECKING:
    from lxml.html import HtmlElement

WIDTH = 72
"""Columns; RFC 3676 asks for 78 at most, and a reply that quotes twice needs room."""

_BLOCKS = frozenset(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td"
    " tfoot th thead tr ul".split()
)
_SILENT = frozenset("head link meta noscript script style template title".split())
_UNDERLINES = {"h1": "=", "h2": "-", "h3": "~"}
_EMPHASIS = {"em": "_", "i": "_", "cite": "_", "strong": "*", "b": "*"}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")  # soft hyphens and characters without width
_LINE_BREAK = "\v"  # cannot come out of an HTML parser, and is no space that is collapsed above


def to_text(html: str, width: int = WIDTH) -> str:
    """The text of the HTML, its links as `[1]` and listed at its end. Only a link may pass `width`."""
    if not html.strip():
        return ""
    notes = _Notes()
    root = parse_fragment(html)
    text = "\n\n".join(_blocks_of(root, width, notes))
    return "\n\n".join(part for part in (text, notes.listed()) if part)


def wrap(text: str, width: int = WIDTH, indent: str = "") -> str:
    """Each line of the text in lines of at most `width` columns; `indent` opens all but the first."""
    return "\n".join(_wrapped(line, width, indent) if line.strip() else "" for line in text.split("\n"))


def underline(text: str, character: str = "=") -> str:
    """The text, wrapped, above a rule as long as its longest line."""
    lines = wrap(text).split("\n")
    return "\n".join([*lines, character * max(map(len, lines))])


class _Notes:
    """The addresses that links lead to, numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, address: str) -> int:
        return self._numbers.setdefault(address, len(self._numbers) + 1)

    def listed(self) -> str:
        return "\n".join(f"[{number}] {address}" for address, number in self._numbers.items())


def _blocks_of(element: HtmlElement, width: int, notes: _Notes) -> Iterator[str]:
    """The blocks an element holds, each wrapped; loose text between them is a paragraph of its own."""
    loose: list[str] = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _SILENT:
            loose.append(child.tail or "")
            continue
        if child.tag in _BLOCKS or _holds_blocks(child):
            yield from _paragraph(loose, width)
            yield from _block(child, width, notes)
            loose = [child.tail or ""]
        else:
            loose += (_inline(child, notes), child.tail or "")
    yield from _paragraph(loose, width)


def _holds_blocks(element: HtmlElement) -> bool:
    return any(isinstance(inner.tag, str) and inner.tag in _BLOCKS for inner in element.iterdescendants())


def _block(element: HtmlElement, width: int, notes: _Notes) -> Iterator[str]:
    tag = element.tag
    if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        yield from _heading(element, width, notes)
    elif tag in ("ul", "ol"):
        yield from _list(element, width, notes)
    elif tag == "blockquote":
        yield _prefixed("\n\n".join(_blocks_of(element, width - 2, notes)), "> ", "> ")
    elif tag == "pre":
        yield textwrap.indent((element.text_content() or "").strip("\n"), "    ")
    elif tag == "hr":
        yield "* * *"
    elif tag == "table":
        yield from _table(element, width, notes)
    elif tag == "dd":
        yield _prefixed("\n\n".join(_blocks_of(element, width - 4, notes)), "    ", "    ")
    else:
        yield from _blocks_of(element, width, notes)


def _heading(element: HtmlElement, width: int, notes: _Notes) -> Iterator[str]:
    text = _collapsed(_inside(element, notes, emphasis=False)).replace(_LINE_BREAK, " ")
    if not text:
        return
    lines = _wrapped(text, width).split("\n")
    rule = _UNDERLINES.get(element.tag)
    yield "\n".join([*lines, rule * max(map(len, lines))] if rule else lines)


def _list(element: HtmlElement, width: int, notes: _Notes) -> Iterator[str]:
    items: list[str] = []
    number = _start_of(element)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        bullet = f"{number}. " if element.tag == "ol" else "- "
        blocks = list(_blocks_of(child, width - len(bullet), notes))
        if blocks:
            items.append(_prefixed(_stacked(blocks), bullet, " " * len(bullet)))
            number += 1
    if items:
        # Short items stand close together; items of several lines need air between them.
        yield ("\n\n" if any(item.count("\n") > 2 for item in items) else "\n").join(items)


def _start_of(element: HtmlElement) -> int:
    start = (element.get("start") or "").strip()
    return int(start) if start.isdecimal() and len(start) < 5 else 1


def _stacked(blocks: list[str]) -> str:
    """An item's paragraph with the list below it close to it, further paragraphs apart."""
    text = blocks[0]
    for block in blocks[1:]:
        text += ("\n" if block.startswith(("- ", "1. ")) else "\n\n") + block
    return text


def _table(element: HtmlElement, width: int, notes: _Notes) -> Iterator[str]:
    rows = [
        [_collapsed(_inside(cell, notes)).replace(_LINE_BREAK, " ") for cell in row if cell.tag in ("td", "th")]
        for row in element.iter("tr")
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    columns = [max(len(row[index]) for row in rows if index < len(row)) for index in range(max(map(len, rows)))]
    if sum(columns) + 3 * (len(columns) - 1) <= width:
        yield "\n".join(
            " | ".join(cell.ljust(space) for cell, space in zip(row, columns, strict=False)).rstrip() for row in rows
        )
    else:
        yield "\n".join(_wrapped(" | ".join(cell for cell in row if cell), width, "  ") for row in rows)


def _paragraph(pieces: Iterable[str], width: int) -> Iterator[str]:
    lines = [line.strip() for line in _collapsed("".join(pieces)).split(_LINE_BREAK)]
    text = "\n".join(_wrapped(line, width) for line in lines).strip("\n")
    if text:
        yield text


def _inside(element: HtmlElement, notes: _Notes, emphasis: bool = True) -> str:
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _SILENT:
            space = " " if child.tag in _BLOCKS else ""
            pieces += (space, _inline(child, notes, emphasis), space)
        pieces.append(child.tail or "")
    return "".join(pieces)


def _inline(element: HtmlElement, notes: _Notes, emphasis: bool = True) -> str:
    if element.tag == "br":
        return _LINE_BREAK
    if element.tag == "img":
        alt = (element.get("alt") or "").strip()
        return f"[{alt}]" if alt else ""
    text = _inside(element, notes, emphasis)
    if element.tag == "a":
        return _link(text, (element.get("href") or "").strip(), notes)
    mark = _EMPHASIS.get(element.tag, "") if emphasis else ""
    return _between(mark, text) if mark else text


def _between(mark: str, text: str) -> str:
    """The mark close to the words, the spaces outside it."""
    words = text.strip()
    if not words:
        return text
    before, _, after = text.partition(words)
    return f"{before}{mark}{words}{mark}{after}"


def _link(text: str, address: str, notes: _Notes) -> str:
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    if not address or address.startswith("#") or _collapsed(text) in (address, shown):
        return text
    if not text.strip():
        return ""
    before, _, after = text.partition(text.rstrip())
    return f"{before}{text.rstrip()} [{notes.number(address)}]{after}"


def _collapsed(text: str) -> str:
    return _SPACES.sub(" ", _UNSEEN.sub("", text)).strip(" ")


def _wrapped(line: str, width: int, indent: str = "") -> str:
    """One line broken at its spaces. No-break spaces hold until the end; only links may stick out."""
    lines: list[str] = []
    current = ""
    for word in _words(line, width - len(indent)):
        if current and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = indent + word
        else:
            current = f"{current} {word}" if current else word
    return "\n".join([*lines, current]).replace("\u00a0", " ").rstrip()


def _words(line: str, width: int) -> Iterator[str]:
    """The words of a line. A longer one is cut, as text without spaces has to be, unless it is a link."""
    for word in re.split(r"[ \t]+", line.strip(" \t")):
        if len(word) <= width or "://" in word or "@" in word:
            yield word
        else:
            yield from (word[start : start + width] for start in range(0, len(word), width))


def _prefixed(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join(((first if index == 0 else others) + line).rstrip() for index, line in enumerate(lines))
