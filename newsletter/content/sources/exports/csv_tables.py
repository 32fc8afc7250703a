"""A table written as CSV → its rows, each with the line it starts on, however long the file is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from newsletter.content.decoding import MAX_BYTES
from newsletter.errors import SourceError

_MAX_ROW = MAX_BYTES // 2  # characters; each may take four bytes
_MAX_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """`values` by column, in lower case and with `_` for spaces; None for a row that does not fit the first line."""

    line: int  # 1-based
    values: Mapping[str, str] | None
    fields: int


def read_rows(stream: BinaryIO, name: str) -> Iterator[Row]:
    """The rows below the first line, which names the columns.

    Raises SourceError, with the line, for what is no UTF-8, no table, or has one row without end.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        yield from _rows(_Lines(text, name), name)
    finally:
        text.detach()  # the stream is its owner's to close


def _rows(lines: _Lines, name: str) -> Iterator[Row]:
    # One setting for the whole process; a field of an export is a whole article, and the row is bounded here.
    csv.field_size_limit(MAX_BYTES)
    first_line = lines.peek()
    rows = csv.reader(lines, delimiter=";" if ";" in first_line and "," not in first_line else ",")
    header: list[str] | None = None
    line = 1
    try:
        for fields in rows:
            lines.begin_row()
            if header is None:
                header = _columns(fields, name)
            elif fields:
                fits = len(fields) == len(header)
                yield Row(line, dict(zip(header, fields, strict=True)) if fits else None, len(fields))
            line = rows.line_num + 1
    except csv.Error as error:
        raise SourceError(name, f"the table cannot be read: {error}", line) from None


def columns_of(head: bytes) -> frozenset[str]:
    """The columns that the first line of a table names; empty when it is no table."""
    try:
        row = next(csv.reader([head.decode("utf-8-sig", "replace").split("\n", 1)[0].replace(";", ",")]), [])
    except csv.Error:
        return frozenset()
    return frozenset(map(_column, row[:_MAX_COLUMNS]))


def _columns(fields: list[str], name: str) -> list[str]:
    if len(fields) > _MAX_COLUMNS:
        raise SourceError(name, f"the table has {len(fields):,} columns; at most {_MAX_COLUMNS} are read", 1)
    columns: list[str] = []
    for field in fields:
        column = _column(field)
        columns.append(column if column not in columns else f"{column}_{len(columns) + 1}")
    return columns


def _column(field: str) -> str:
    return "_".join(field.casefold().split())


class _Lines:
    """The lines of a stream, none without end: what belongs to one row is counted until the next begins."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text = text
        self._name = name
        self._line = 0
        self._row = 0  # characters
        self._peeked: str | None = None

    def peek(self) -> str:
        self._peeked = self._read()
        return self._peeked

    def begin_row(self) -> None:
        self._row = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line, self._peeked = self._read() if self._peeked is None else self._peeked, None
        if not line:
            raise StopIteration
        return line

    def _read(self) -> str:
        self._line += 1
        try:
            line = self._text.readline(_MAX_ROW + 1 - self._row)
        except UnicodeDecodeError:
            # Decoded in pieces of several lines: the place is only near.
            raise SourceError(self._name, f"near line {self._line} it is not UTF-8; save it as UTF-8") from None
        self._row += len(line)
        if self._row > _MAX_ROW:
            raise SourceError(self._name, f"one row has more than {_MAX_ROW:,} characters", self._line)
        return line
