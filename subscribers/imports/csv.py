"""The bytes of a CSV file with the header `email,name,attributes,timezone,language` → accepted and rejected rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from subscribers.addresses import parse
from subscribers.errors import InvalidAddress, InvalidField, UnreadableImport
from subscribers.fields import clean_language, clean_name, clean_timezone, read_attributes
from subscribers.imports import AcceptedRow, RejectedRow, Row
from subscribers.imports.decoding import decode

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = ("email", "name", "attributes", "timezone", "language")
SEPARATORS = (",", ";", "\t")
LONGEST = 131_072  # characters of a field: a quotation mark that is never closed takes no more with it


def read_csv(data: bytes, source: str) -> Iterator[Row]:
    """Every row but blank ones, in file order. Raises UnreadableImport, at once, for anything else.

    UTF-8, UTF-16 and Windows-1252; separated by comma, semicolon or tab. Every column but `email` may be missing.
    """
    text = decode(data, source)
    csv.field_size_limit(LONGEST)  # of the whole process: whoever reads other tables may have set another
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    places = _places(_header(reader, source), source, reader.line_num)
    return _rows(reader, places)


def _separator(text: str) -> str:
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(SEPARATORS, key=header.count)


def _header(reader: Reader, source: str) -> list[str]:
    try:
        for fields in reader:
            if any(fields):
                return [name.strip() for name in fields]
    except csv.Error as error:
        raise UnreadableImport(source, reader.line_num, str(error)) from None
    raise UnreadableImport(source, None, "is empty")


def _places(header: list[str], source: str, line: int) -> Mapping[str, int]:
    """Which column stands where. Raises UnreadableImport, naming the column, for any that is not ours."""
    places: dict[str, int] = {}
    for place, written in enumerate(header):
        name = written.casefold()
        if "@" in written:
            words = "a reader stands where the names of the columns belong: begin with email,name,attributes"
            raise UnreadableImport(source, line, words)
        if name not in COLUMNS:
            shown = repr(written[:40]) if written else f"number {place + 1}, which has no name,"
            raise UnreadableImport(source, line, f"the column {shown} is unknown; known are {', '.join(COLUMNS)}")
        if name in places:
            raise UnreadableImport(source, line, f"the column {name!r} stands there twice")
        places[name] = place
    if "email" not in places:
        raise UnreadableImport(source, line, "there is no column 'email'")
    return places


def _rows(reader: Reader, places: Mapping[str, int]) -> Iterator[Row]:
    seen: dict[str, int] = {}  # the line of each address
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RejectedRow(line, _with_lines(str(error), line, reader.line_num), ())
            continue
        if not any(fields):
            continue
        row = _row(fields, line, places)
        if isinstance(row, RejectedRow):
            yield row._replace(reason=_with_lines(row.reason, line, reader.line_num))
        elif (first := seen.setdefault(row.key, line)) != line:
            yield RejectedRow(line, f"line {line} repeats line {first}", tuple(fields))
        else:
            yield row


def _row(fields: list[str], line: int, places: Mapping[str, int]) -> Row:
    if len(fields) > len(places):
        words = f"{len(fields)} fields under {len(places)} columns; a field that holds the separator needs quotes"
        return RejectedRow(line, words, tuple(fields))
    fields.extend([""] * (len(places) - len(fields)))  # what is left out at the end is empty
    try:
        address = parse(fields[places["email"]])
        name = clean_name(fields[places["name"]]) if "name" in places else ""
        attributes = read_attributes(fields[places["attributes"]]) if "attributes" in places else "{}"
        timezone = _known_zone(fields[places["timezone"]]) if "timezone" in places else ""
        language = clean_language(fields[places["language"]]) if "language" in places else ""
    except (InvalidAddress, InvalidField) as error:
        return RejectedRow(line, str(error), tuple(fields))
    return AcceptedRow(line, address.email, address.key, name, attributes, timezone, language)


@lru_cache(maxsize=1024)  # a million rows have a few zones
def _zone(text: str) -> str | InvalidField:
    try:
        return clean_timezone(text)
    except InvalidField as error:
        return error


def _known_zone(text: str) -> str:
    found = _zone(text)
    if isinstance(found, InvalidField):
        raise found
    return found


def _with_lines(reason: str, first: int, last: int) -> str:
    """The reason, and where the row ends when it runs over several lines, as after a quote left open."""
    if last <= first:
        return reason
    return f"{reason} (the row runs from line {first} to line {last}; is a quotation mark left open?)"
