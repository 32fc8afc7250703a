"""Cleaned HTML → its top-level pieces, each with the lines of words a person reads in it; and pieces → HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import unescape

from newsletter.content.cleaning import clean
from newsletter.content.recognising.blocks import Block

_TAG = re.compile(r"<[^>]*>")
_NAME = re.compile(r"<([a-z][a-z0-9]*)")
_LINK = re.compile(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_UNSEEN = re.compile("[\u200b\u200c\u2060\ufeff\xad]")
_ITEMS = 8  # what a list is told by; the rest of it goes the same way
_NOT_NESTED = ("p", "h2", "h3", "pre")


@dataclass(frozen=True, slots=True)
class Piece:
    """One block at the top of an article; `blocks` are its lines, none for a picture, a table or a rule."""

    html: str
    tag: str
    blocks: tuple[Block, ...] = ()

    @property
    def has_picture(self) -> bool:
        return "<img" in self.html

    def keep(self, is_kept: Callable[[Block], bool]) -> Piece | None:
        """The piece with the lines that are kept, and its pictures; None when nothing is. A list is never parted."""
        kept = {block for block in self.blocks if is_kept(block)}
        if len(kept) == len(self.blocks):
            return self
        if self.tag != "p":
            return self if kept else None
        blocks = iter(self.blocks)
        lines = self.html.removeprefix("<p>").removesuffix("</p>").split("<br>")
        html = "<br>".join(line for line in lines if (next(blocks) in kept if _words(line) else "<img" in line))
        return replace(self, html=clean(f"<p>{html}</p>"), blocks=tuple(sorted(kept, key=_line))) if html else None


def _line(block: Block) -> int:
    return block.line


def split_pieces(body_html: str) -> list[Piece]:
    """The pieces of `body_html`, which has been cleaned; lines of different pieces never have adjoining numbers."""
    pieces: list[Piece] = []
    line = 1
    for html, tag in _top_level(body_html):
        blocks = _blocks(html, tag, line)
        pieces.append(Piece(html, tag, blocks))
        line += len(blocks) + 1
    return pieces


def write_pieces(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.html for piece in pieces)


def links_in(html: str) -> list[tuple[str, str]]:
    """(address, words) of every link."""
    return [(unescape(address), _words(words)) for address, words in _LINK.findall(html)]


def _top_level(body_html: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while name := _NAME.search(body_html, at):
        start, tag = name.start(), name[1]
        if tag in _NOT_NESTED:
            end = body_html.find(f"</{tag}>", start)
            end = len(body_html) if end < 0 else end + len(tag) + 3
        elif tag == "hr":
            end = name.end() + 1
        else:
            end = _end_of_nested(body_html, tag, name.end())
        found.append((body_html[start:end], tag))
        at = end
    return found


def _end_of_nested(html: str, tag: str, at: int) -> int:
    depth = 1
    for found in re.compile(rf"<(/?){tag}\b[^>]*>").finditer(html, at):
        depth += -1 if found[1] else 1
        if not depth:
            return found.end()
    return len(html)


def _blocks(html: str, tag: str, line: int) -> tuple[Block, ...]:
    if tag in ("p", "h2", "h3"):
        spoken = [(words, part) for part in html.split("<br>") if (words := _words(part))]
        return tuple(
            Block(_topics_apart(html, words), line + index, url=_address_of(part, words))
            for index, (words, part) in enumerate(spoken)
        )
    if tag in ("ul", "ol"):
        items = list(filter(None, map(_words, html.split("<li>")[: _ITEMS + 1])))
        return tuple(Block(words, line + index, "-") for index, words in enumerate(items))
    words = _words(html) if tag == "blockquote" else ""
    return (Block(words, line, ">"),) if words else ()


def _address_of(html: str, words: str) -> str:
    """Where a line leads that is one link; empty when it holds other words too."""
    links = links_in(html) if "<a " in html else []
    return links[0][0] if len(links) == 1 and links[0][1] == words else ""


def _topics_apart(html: str, words: str) -> str:
    """`Tags: sleep calm`, each a link, with the commas that the page's style sheet would have drawn."""
    if html.count("</a>") < 2 or "," in words or len(words) > 300:
        return words
    before, *_ = html.partition("<a ")
    label = _words(before)
    names = [name for _, name in links_in(html)]
    is_list = label.endswith((":", "under", "in")) and words.split() == f"{label} {' '.join(names)}".split()
    return f"{label} {', '.join(names)}" if is_list else words


def _words(html: str) -> str:
    text = _TAG.sub("", html) if "<" in html else html
    text = unescape(text) if "&" in text else text
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    text = " ".join(text.split())
    return text if any(map(str.isalnum, text)) else ""
