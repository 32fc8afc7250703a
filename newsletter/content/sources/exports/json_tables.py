"""A JSON export of any size → the rows of its tables, one at a time, with no more in memory than one of them.

Read whole, a file of 60 MB becomes 300 MB of text and objects, four times that where it holds an emoji.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from newsletter.errors import SourceError

MAX_ROW = 6_000_000  # bytes; one made of empty brackets takes 25 times that in memory

_CHUNK = 262_144
_SPACE = b" \t\r\n"
_STRING_BODY = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_NO_STRUCTURE = re.compile(rb'[^"{}\[\]]*+')
_SCALAR = re.compile(rb"[^,\]}\s]*+")


@dataclass(frozen=True, slots=True)
class JsonRow:
    table: str
    number: int  # of the row in its table, from 1
    data: bytes | None  # None: larger than MAX_ROW, and passed over

    def value(self, name: str) -> dict[str, Any]:
        """The row as a mapping. Raises SourceError, naming `name`, when it is none."""
        try:
            value = json.loads(self.data or b"")
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise SourceError(name, f"row {self.number:,} of its table {self.table!r} is no JSON object")
        return value


def read_tables(stream: BinaryIO, name: str) -> Iterator[JsonRow]:
    """The rows of `{"db": [{"data": {TABLE: [ROW, …]}}]}`, or of `{"data": {TABLE: [ROW, …]}}`, in their order.

    Raises SourceError, with the byte, where the file is no JSON or ends too early.
    """
    stream.seek(0)
    reader = _Reader(stream, name)
    for key in reader.keys():
        if key == "data" and reader.peek() == b"{":
            yield from _tables(reader)
        elif key == "db" and reader.peek() == b"[":
            for _ in reader.items():
                yield from _databases(reader)
        else:
            reader.value()


def _databases(reader: _Reader) -> Iterator[JsonRow]:
    if reader.peek() != b"{":
        reader.value()
        return
    for key in reader.keys():
        if key == "data" and reader.peek() == b"{":
            yield from _tables(reader)
        else:
            reader.value()


def _tables(reader: _Reader) -> Iterator[JsonRow]:
    for table in reader.keys():
        if reader.peek() != b"[":
            reader.value()
            continue
        for number in reader.items():
            yield JsonRow(table, number, reader.value())


class _Reader:
    """Walks through JSON without understanding it: only brackets and strings are looked at."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._buffer = b""
        self._at = 0
        self._passed = 0  # bytes of the file before the buffer
        if self._more() and self._buffer.startswith(b"\xef\xbb\xbf"):
            self._at = 3

    def keys(self) -> Iterator[str]:
        """Each key of the object that begins here; the caller takes its value before the next."""
        self._take(b"{")
        if self.peek() == b"}":
            self._take(b"}")
            return
        while True:
            if self.peek() != b'"':
                raise self._error("a key was expected")
            key = self.value()
            self._take(b":")
            yield _text(key)
            if not self._goes_on(b"}"):
                return

    def items(self) -> Iterator[int]:
        """The number of each item, from 1, of the array that begins here; the caller takes it before the next."""
        self._take(b"[")
        if self.peek() == b"]":
            self._take(b"]")
            return
        number = 1
        while True:
            yield number
            number += 1
            if not self._goes_on(b"]"):
                return

    def peek(self) -> bytes:
        """The next byte that is no white space."""
        while True:
            while self._at < len(self._buffer):
                byte = self._buffer[self._at : self._at + 1]
                if byte not in _SPACE:
                    return byte
                self._at += 1
            if not self._more():
                raise self._error("the file ends too early")

    def value(self) -> bytes | None:
        """The bytes of the value that begins here; None when they are more than MAX_ROW."""
        self.peek()
        parts: list[bytes] = []
        size = 0
        for part in self._parts():
            size += len(part)
            if size <= MAX_ROW:
                parts.append(part)
            else:
                parts.clear()
        return b"".join(parts) if size <= MAX_ROW else None

    def _parts(self) -> Iterator[bytes]:
        depth = 0
        is_in_string = False
        start = self._at
        while True:
            is_done = False
            while self._at < len(self._buffer) and not is_done:
                if is_in_string:
                    self._at = self._end_of(_STRING_BODY)
                    if self._buffer[self._at : self._at + 1] == b'"':
                        self._at += 1
                        is_in_string = False
                        is_done = depth == 0
                    elif self._at < len(self._buffer):
                        break  # a backslash, whose sign stands in the next chunk
                    continue
                byte = self._buffer[self._at : self._at + 1]
                if byte == b'"':
                    is_in_string = True
                    self._at += 1
                elif byte in b"{[":
                    depth += 1
                    self._at += 1
                elif byte in b"}]":
                    depth -= 1
                    self._at += 1
                    is_done = depth <= 0
                elif depth:
                    self._at = self._end_of(_NO_STRUCTURE)
                else:
                    self._at = self._end_of(_SCALAR)
                    is_done = self._at < len(self._buffer)
            yield self._buffer[start : self._at]
            if is_done:
                return
            if not self._more():
                raise self._error("the file ends too early")
            start = 0

    def _end_of(self, pattern: re.Pattern[bytes]) -> int:
        match = pattern.match(self._buffer, self._at)
        return match.end() if match else self._at

    def _more(self) -> bool:
        """Reads on, dropping what was walked through; False at the end of the file."""
        chunk = self._stream.read(_CHUNK)
        self._passed += self._at
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def _take(self, byte: bytes) -> None:
        if self.peek() != byte:
            raise self._error(f"{byte.decode()} was expected")
        self._at += 1

    def _goes_on(self, end: bytes) -> bool:
        """Whether a comma stands here; otherwise the array or object ends."""
        if self.peek() == b",":
            self._at += 1
            return True
        self._take(end)
        return False

    def _error(self, words: str) -> SourceError:
        return SourceError(self._name, f"it is no whole JSON file: {words} at byte {self._passed + self._at + 1:,}")


def _text(key: bytes | None) -> str:
    try:
        return str(json.loads(key or b'""'))
    except ValueError:
        return ""
