"""A post of the block editor → its parts without the comments that mark blocks, and what no part can show."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.content.sources.wordpress.values import figure, heading, link, media

MAX_BLOCK_JSON = 1_000_000  # characters

# Blocks whose inside is as the classic editor wrote it.
_CLASSIC = frozenset({"freeform", "classic", "shortcode", "divi/placeholder", "divi/layout"})
_DOWNLOAD = re.compile(r"<a\b[^<>]*wp-block-file__button[^<>]*>[^<]*</a>")
_NAME = re.compile(r"wp:([a-z][\w-]*(?:/[a-z][\w-]*)?)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    is_classic: bool  # blank lines part paragraphs here


@dataclass(frozen=True, slots=True)
class _Mark:
    """A comment. `name` is empty when it marks no block."""

    name: str = ""
    is_end: bool = False
    is_void: bool = False
    values: str = ""  # JSON
    words: str = ""


def split_blocks(content: str, lost: Counter[str]) -> list[Part]:
    """In order, without any comment; `lost` counts blocks that the export only names, such as reusable ones."""
    parts: list[Part] = []
    pieces: list[str] = []
    nested: list[str] = []
    for piece in _pieces(content):
        is_classic = not nested or nested[-1] in _CLASSIC
        if isinstance(piece, str):
            pieces.append(piece)
        elif piece.is_void:
            pieces.append(_show_void(piece, lost))
        elif piece.is_end and nested:
            nested.pop()
        elif piece.name and not piece.is_end:
            nested.append(piece.name)
        elif piece.words == "nextpage":
            pieces.append("\n\n")
        if is_classic != (not nested or nested[-1] in _CLASSIC):
            _end_part(parts, pieces, is_classic)
    _end_part(parts, pieces, not nested or nested[-1] in _CLASSIC)
    return parts


def _end_part(parts: list[Part], pieces: list[str], is_classic: bool) -> None:
    text = _DOWNLOAD.sub("", "".join(pieces))
    if text.strip():
        parts.append(Part(text, is_classic))
    pieces.clear()


def _pieces(content: str) -> Iterator[str | _Mark]:
    """Text and comments in turns; what follows a comment that never ends is none of either, as in a browser."""
    at = 0
    while (opening := content.find("<!--", at)) >= 0:
        yield content[at:opening]
        closing = content.find("-->", opening + 4)
        if closing < 0:
            return
        yield _mark(content[opening + 4 : closing].strip())
        at = closing + 3
    yield content[at:]


def _mark(words: str) -> _Mark:
    is_end = words.startswith("/wp:")
    name = _NAME.match(words, 1 if is_end else 0)
    if name is None:
        name = _NAME.match(words.removesuffix("/"))
    if name is None:
        return _Mark(words=words)
    is_void = words.endswith("/") and not is_end
    values = words[name.end() :].strip().removesuffix("/").strip() if not is_end else ""
    return _Mark(name[1].removeprefix("core/"), is_end, is_void, values)


def _show_void(mark: _Mark, lost: Counter[str]) -> str:
    """What a block of nothing but values shows, if it is one whose values are its text."""
    values = _values(mark.values)
    shown = ""
    if mark.name.startswith("divi/"):
        shown = _show_divi(mark.name, values)
    elif mark.name == "embed" or mark.name.startswith("core-embed/"):
        shown = media(str(values.get("url", "")))
    if not shown and mark.name not in ("more", "nextpage", "spacer", "separator"):
        lost[mark.name] += 1
    return shown


def _values(text: str) -> dict[str, object]:
    if not text or len(text) > MAX_BLOCK_JSON:
        return {}
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _show_divi(name: str, values: dict[str, object]) -> str:
    """Divi 5 keeps text in `content.innerContent.desktop.value`, titles, pictures and buttons likewise."""
    shown = []
    for key in ("image", "title", "content", "button"):
        value = _at(values, key, "innerContent", "desktop", "value")
        if isinstance(value, str):
            shown.append(heading(value, 2 if name == "divi/heading" else 3) if key == "title" else f"\n\n{value}\n\n")
        elif isinstance(value, dict):
            shown.append(_show_divi_values(value))
    return "".join(shown)


def _show_divi_values(value: dict[str, object]) -> str:
    said = {key: each for key, each in value.items() if isinstance(each, str)}
    if said.get("src"):
        return figure(html.unescape(said["src"]), said.get("alt", ""))
    if said.get("linkUrl"):
        return link(said["linkUrl"], said.get("text", ""))
    return heading(said.get("text", ""))


def _at(values: object, *path: str) -> object:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values
