"""A rendered page with markers → segments with slots; segments and a reader's values → that reader's copy.

A marker stands where a value will be: MJML and css-inline see a plain word instead of the value, so neither
can mis-quote it, and what stands around the marker afterwards says how the value has to be escaped.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from newsletter.errors import RenderError
from newsletter.rendering.contexts import Context, Misplaced, contexts_of

__all__ = [
    "ANY_MARKER",
    "Context",
    "Html",
    "Marks",
    "Segments",
    "Slot",
    "Where",
    "cut",
    "escape",
    "fill",
    "fill_slot",
    "from_json",
    "place_html",
    "slots_of",
    "to_json",
    "whole_link",
]

ATTRIBUTE_PREFIX = "attributes."

SCHEMES = ("http://", "https://", "mailto:", "tel:")
"""How a value begins that may be a whole link by itself."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one value of a reader. `context` says what it stands in, and so how it is escaped."""

    name: str
    fallback: str = ""
    context: Context = "text"


Segments = tuple[str | Slot, ...]

Where = Callable[[int], tuple[str, int | None]]
"""The number of a marker → the template and the line that put it there."""


class Html(str):
    """Markup that goes into the page as it is: an article's body, already cleaned."""


ANY_MARKER = re.compile("nl[0-9a-f]{20}x[0-9]+q", re.IGNORECASE)
"""The marker of any page, as Marks writes it."""


class Marks:
    """The values taken out of one render, each behind a marker that none of them can contain.

    The markers are words of ASCII letters and digits, so they pass MJML, css-inline and any link unchanged.
    They hold a hash of `seed`; when `seed` holds every value of the page, no value can foresee its marker.
    """

    def __init__(self, seed: str) -> None:
        self.prefix = "nl" + sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:20] + "x"
        self.pattern = re.compile(self.prefix + r"(\d+)q")
        self.values: list[str | Slot] = []

    def mark(self, value: str | Slot) -> str:
        """The marker to write where `value` belongs."""
        self.values.append(value)
        return f"{self.prefix}{len(self.values) - 1}q"

    def found_in(self, source: str) -> Iterator[tuple[int, int]]:
        """The position and the number of every marker."""
        return ((match.start(), int(match[1])) for match in self.pattern.finditer(source))


def place_html(source: str, marks: Marks, where: Where) -> str:
    """The page with every `Html` value in place. Raises RenderError for one outside an element's text."""
    pieces: list[str] = []
    end = 0
    for found in _contexts(source, marks, "html", where):
        value = marks.values[found.number]
        if not isinstance(value, Html):
            continue
        if found.context != "text":
            raise RenderError(
                *_place(where, found.number, "HTML can only stand in the text of an element, not in an attribute")
            )
        pieces += (source[end : found.start], value)
        end = found.end
    return "".join(pieces) + source[end:]


def cut(source: str, marks: Marks, kind: Literal["html", "plain"], where: Where) -> Segments:
    """The page cut at its slots, every other value escaped for its place and put in.

    Raises RenderError, with template and line, for a value in a place no escaping is safe in.
    """
    pieces: list[str | Slot] = []
    end = 0
    for found in _contexts(source, marks, kind, where):
        value = marks.values[found.number]
        pieces.append(source[end : found.start])
        if isinstance(value, Slot):
            pieces.append(Slot(value.name, value.fallback, found.context))
        else:
            pieces.append(escape(_without_controls(value), found.context))
        end = found.end
    pieces.append(source[end:])
    return tuple(_joined(pieces))


def fill(segments: Segments, values: Mapping[str, str]) -> str:
    """One reader's copy. A missing or blank value gives way to the slot's fallback."""
    return "".join(piece if isinstance(piece, str) else fill_slot(piece, values) for piece in segments)


def fill_slot(slot: Slot, values: Mapping[str, str]) -> str:
    """What stands in this slot for this reader, escaped for its place, on one line."""
    value = _on_one_line(values.get(slot.name, ""))
    return escape(value if value.strip() else _on_one_line(slot.fallback), slot.context)


def slots_of(segments: Segments) -> tuple[Slot, ...]:
    return tuple(piece for piece in segments if isinstance(piece, Slot))


def escape(value: str, context: Context) -> str:
    """The value, harmless in its context."""
    match context:
        case "plain":
            return value
        case "text" | "attribute":
            return html.escape(value)
        case "component":
            return quote(value, safe="")
        case "url":
            return html.escape(whole_link(value))


def to_json(segments: Segments) -> str:
    return json.dumps(
        [piece if isinstance(piece, str) else [piece.name, piece.fallback, piece.context] for piece in segments],
        ensure_ascii=False,
    )


def from_json(text: str) -> Segments:
    return tuple(piece if isinstance(piece, str) else Slot(*piece) for piece in json.loads(text))


# What ends a line for str.splitlines, for a mail client or for a terminal.
_LINE_ENDS = re.compile("\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NEVER_IN_A_LINK = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]')


def _on_one_line(value: str) -> str:
    if value.isprintable():
        return value
    return _without_controls(_LINE_ENDS.sub(" ", value))


def _without_controls(value: str) -> str:
    # Half a surrogate pair has no UTF-8 form at all: the message could not be written.
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", value))


def whole_link(value: str) -> str:
    """A complete link with its unsafe characters encoded; anything else as one component: no scheme."""
    value = value.strip()
    if value.lower().startswith(SCHEMES):
        return _NEVER_IN_A_LINK.sub(lambda unsafe: quote(unsafe[0], safe=""), value)
    return quote(value, safe="")


def _contexts(source: str, marks: Marks, kind: Literal["html", "plain"], where: Where) -> Iterator[_Found]:
    try:
        for start, end, number, context in contexts_of(source, marks.pattern, kind):
            yield _Found(start, end, number, context)
    except Misplaced as misplaced:
        raise RenderError(*_place(where, misplaced.number, misplaced.words)) from None


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    number: int
    context: Context


def _place(where: Where, number: int, words: str) -> tuple[str, str, int | None]:
    template, line = where(number)
    return template, words, line


def _joined(pieces: list[str | Slot]) -> Iterator[str | Slot]:
    """The same pieces with neighbouring strings made one and empty ones left out."""
    literal: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            literal.append(piece)
            continue
        if text := "".join(literal):
            yield text
        literal.clear()
        yield piece
    if text := "".join(literal):
        yield text
