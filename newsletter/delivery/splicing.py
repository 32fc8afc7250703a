"""A text with slots → quoted-printable bytes, the literals encoded once, only the values once per reader.

Each value owns its lines: a soft break stands before and after it, so that no literal is ever broken anew. No
line begins with a dot or with `From `, so the bytes need no dot-stuffing (RFC 5321 §4.5.2), no mbox escaping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsletter.errors import MessageError
from newsletter.rendering.slots import Segments, Slot

Escape = Callable[[Slot, Mapping[str, str]], str]
"""One value, escaped for the place its slot stands in."""

CRLF = b"\r\n"
SOFT_BREAK = b"=\r\n"
WIDTH = 75  # octets in a line before the `=` of a soft break (RFC 2045 §6.7)

_NEWLINE = re.compile("\r\n?")
_LITERAL_OCTETS = frozenset(b"\t" + bytes(range(32, 127))) - frozenset(b"=")
_NEVER_FIRST = (".", "From ")
_ESCAPES = {octet: f"={octet:02X}" for octet in range(256) if octet not in _LITERAL_OCTETS}


@dataclass(frozen=True, slots=True)
class _Hole:
    """Where a value goes, and the soft break it brings along unless it is empty."""

    piece: int
    slot: int
    before: bytes
    after: bytes


class SplicedText:
    """A compiled text: encoded pieces with holes for the values."""

    __slots__ = ("_holes", "_pieces", "_segments", "_slots", "field")

    def __init__(self, segments: Segments, field: str) -> None:
        """Raises MessageError naming `field` when a literal is no Unicode text."""
        self.field = field
        self._segments = tuple(_joined_literals(segments))
        slots = [segment for segment in self._segments if isinstance(segment, Slot)]
        self._slots = tuple(dict.fromkeys(slots))
        literals = [place for place, segment in enumerate(self._segments) if isinstance(segment, str)]
        last_literal = literals[-1] if literals else -1
        self._pieces = tuple(self._encoded_pieces(last_literal))
        self._holes = tuple(self._placed_holes(last_literal))

    def encoded(self, values: Mapping[str, str], escape: Escape) -> list[bytes]:
        """The reader's text in pieces, to be joined. Raises MessageError naming the slot."""
        encoded = [_encoded_value(slot, escape(slot, values)) for slot in self._slots]
        pieces = list(self._pieces)
        for hole in self._holes:
            if value := encoded[hole.slot]:
                pieces[hole.piece] = hole.before + value + hole.after
        return pieces

    def filled(self, values: Mapping[str, str], escape: Escape) -> str:
        """The reader's text itself, as a mail program will show it: every line ends in CRLF."""
        parts = (escape(part, values) if isinstance(part, Slot) else part for part in self._segments)
        return "".join(with_line_feeds(part).replace("\n", "\r\n") for part in parts)

    def _encoded_pieces(self, last_literal: int) -> Iterator[bytes]:
        for place, segment in enumerate(self._segments):
            if isinstance(segment, Slot):
                yield b""
                continue
            try:
                literal = encode_text(segment)
            except UnicodeEncodeError:
                raise MessageError(self.field, "holds half of a surrogate pair") from None
            # A literal that ends its line needs no soft break; the last text of a body must not end in one.
            is_followed = place < last_literal and not literal.endswith(CRLF)
            yield literal + SOFT_BREAK if is_followed else literal

    def _placed_holes(self, last_literal: int) -> Iterator[_Hole]:
        for place, segment in enumerate(self._segments):
            if isinstance(segment, Slot):
                # No body ends in a soft break (RFC 2045 §6.7): behind the last literal it goes first.
                is_last = place > last_literal
                before, after = (SOFT_BREAK, b"") if is_last else (b"", SOFT_BREAK)
                yield _Hole(place, self._slots.index(segment), before, after)


def _joined_literals(segments: Segments) -> Iterator[str | Slot]:
    """The segments with neighbouring literals made one, so that a CRLF cut in two is one line end."""
    literal = ""
    for segment in segments:
        if isinstance(segment, str):
            literal += segment
            continue
        if literal:
            yield literal
            literal = ""
        yield segment
    if literal:
        yield literal


def _encoded_value(slot: Slot, value: str) -> bytes:
    try:
        return _encoded(value)
    except UnicodeEncodeError:
        raise MessageError(slot.name, "holds half of a surrogate pair") from None


@lru_cache(16)  # a message has its reader's name and link several times
def _encoded(value: str) -> bytes:
    """Raises UnicodeEncodeError for a lone surrogate."""
    # Most values need no escape, and this is asked for every value of every reader.
    if value.isascii() and value.isprintable() and "=" not in value and not value.endswith(" "):
        return _lines(value).encode("ascii")
    return encode_text(value)


def with_line_feeds(text: str) -> str:
    """The text with CRLF and CR as LF."""
    return _NEWLINE.sub("\n", text) if "\r" in text else text


def encode_text(text: str) -> bytes:
    """The text as quoted-printable UTF-8, meant to begin on a line of its own.

    Raises UnicodeEncodeError for a lone surrogate.
    """
    lines = with_line_feeds(text).encode("utf-8").split(b"\n")
    return "\r\n".join(map(_encoded_line, lines)).encode("ascii")


def _encoded_line(octets: bytes) -> str:
    encoded = octets.decode("latin-1").translate(_ESCAPES)
    if encoded[-1:] in (" ", "\t"):
        # White space at the end of a line gets lost on the way (RFC 2045 §6.7).
        encoded = encoded[:-1] + _escaped(encoded[-1])
    return _lines(encoded)


def _lines(encoded: str) -> str:
    """The same with soft breaks: lines of at most WIDTH octets, none beginning with a dot or `From `."""
    if len(encoded) <= WIDTH and not encoded.startswith(_NEVER_FIRST):
        return encoded
    return "=\r\n".join(_broken(encoded))


def _broken(encoded: str) -> Iterator[str]:
    start = 0
    while True:
        head = ""
        if encoded.startswith(_NEVER_FIRST, start):
            # The line grows by two here, so this must happen before it is cut, and anew for each line.
            head = _escaped(encoded[start])
            start += 1
        end = start + WIDTH - len(head)
        if end >= len(encoded):
            yield head + encoded[start:]
            return
        escape = encoded.find("=", end - 2, end)  # an `=XX` that the cut would go through
        if escape != -1:
            end = escape
        yield head + encoded[start:end]
        start = end


def _escaped(character: str) -> str:
    return f"={ord(character):02X}"
