"""CSV files as people have them: every row accepted or rejected by line, or the file refused by name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.errors import UnreadableImport
from subscribers.imports import AcceptedRow, RejectedRow, Row
from subscribers.imports.csv import read_csv

FILE = 'email,name,attributes\nada@example.org,Ada,"{""town"": ""Köln""}"\nben@example.org,Ben,\n'


def read(text: str | bytes) -> list[Row]:
    return list(read_csv(text.encode() if isinstance(text, str) else text, "readers.csv"))


def reasons(rows: Sequence[Row]) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, RejectedRow)]


def emails(rows: Sequence[Row]) -> list[str]:
    return [row.email for row in rows if isinstance(row, AcceptedRow)]


def refusal(data: str | bytes) -> UnreadableImport:
    with pytest.raises(UnreadableImport) as refused:
        # Refused before the first row is asked for: nothing has been stored yet.
        read_csv(data.encode() if isinstance(data, str) else data, "readers.csv")
    assert str(refused.value).startswith("readers.csv")
    assert "\n" not in str(refused.value)
    return refused.value


def test_rows_come_with_line_address_name_and_attributes() -> None:
    assert read(FILE) == [
        AcceptedRow(2, "ada@example.org", "ada@example.org", "Ada", '{"town": "Köln"}'),
        AcceptedRow(3, "ben@example.org", "ben@example.org", "Ben", "{}"),
    ]


def test_zone_and_language_are_read_and_a_wrong_one_is_that_rows_end() -> None:
    rows = read(
        "email,timezone,language\nada@example.org,Europe/Berlin,de_AT\nben@example.org,,\n"
        "cleo@example.org,Athens,\ndan@example.org,Mars/Olympus Mons,\neve@example.org,,klingon!\n"
    )
    assert rows[:2] == [
        AcceptedRow(2, "ada@example.org", "ada@example.org", "", "{}", "Europe/Berlin", "de-AT"),
        AcceptedRow(3, "ben@example.org", "ben@example.org", "", "{}"),
    ]
    assert reasons(rows) == [
        (4, "timezone: there is no time zone 'Athens'; did you mean Europe/Athens?"),
        (5, "timezone: there is no time zone 'Mars/Olympus Mons'"),
        (6, "language: must be a language such as en or de-AT, not 'klingon!'"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
def test_encodings_that_programs_save_are_all_read(encoding: str) -> None:
    assert read(FILE.encode(encoding)) == read(FILE)


def test_utf_16_with_the_other_byte_order_is_read() -> None:
    assert read(b"\xfe\xff" + FILE.encode("utf-16-be")) == read(FILE)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_recognised(separator: str, ending: str) -> None:
    lines = ["email,name,attributes", "ada@example.org,Ada,", "", "ben@example.org,Ben,"]
    rows = read(ending.join(lines).replace(",", separator))
    assert [(row.line, row.name) for row in rows if isinstance(row, AcceptedRow)] == [(2, "Ada"), (4, "Ben")]


def test_columns_may_stand_in_any_order_and_all_but_the_address_may_be_missing() -> None:
    assert read("Name; EMAIL \nAda;ada@example.org") == [
        AcceptedRow(2, "ada@example.org", "ada@example.org", "Ada", "{}")
    ]
    assert emails(read('"email"\nada@example.org\n\n  \nben@example.org')) == [
        "ada@example.org",
        "ben@example.org",
    ]


def test_short_rows_are_filled_and_blank_rows_passed_over() -> None:
    rows = read("email,name,attributes\nada@example.org\n,,\n\nben@example.org,Ben\n")
    assert [row.line for row in rows] == [2, 5]
    assert emails(rows) == ["ada@example.org", "ben@example.org"]


def test_header_alone_is_a_list_of_nobody() -> None:
    assert read("email,name,attributes\n") == []


def test_bad_rows_are_rejected_by_line_and_the_others_kept() -> None:
    rows = read(
        "email,name,attributes\n"
        "ada@example.org,Ada,\n"
        "not an address,Ben,\n"
        ",Nobody,\n"
        'cleo@example.org,"Cleo\nTwo",\n'
        "dan@example.org,Dan,[1]\n"
        'eve@example.org,Eve,{"town": "Bonn", "zip": "1"}\n'
        "fay@example.org,Fay\x00,\n"
        f"gus@example.org,{'x' * 400},\n"
        "ADA@example.org,Again,\n"
        "hal@example.org,Hal,\n"
    )
    assert emails(rows) == ["ada@example.org", "hal@example.org"]
    found = dict(reasons(rows))
    assert list(found) == [3, 4, 5, 7, 8, 9, 10, 11]
    assert "@-sign" in found[3]
    assert found[5].startswith("name: holds the character U+000A") and "from line 5 to line 6" in found[5]
    assert found[7].startswith("attributes: not a JSON object")
    assert found[8].startswith("4 fields under 3 columns")
    assert found[9].startswith("name: holds the character U+0000")
    assert found[10].startswith("name: longer than")
    assert found[11] == "line 11 repeats line 2"
    assert rows[1] == RejectedRow(3, found[3], ("not an address", "Ben", ""))


def test_rejected_address_does_not_count_as_the_first_of_two() -> None:
    rows = read("email,name\nada@example.org,A\x00\nada@example.org,Ada\n")
    assert emails(rows) == ["ada@example.org"]
    assert [line for line, _ in reasons(rows)] == [2]


def test_line_numbers_stay_right_after_quoted_line_breaks() -> None:
    rows = read('attributes,email\n"{\n""town"":\n""Bonn""}",ada@example.org\n,nobody\n')
    first = rows[0]
    assert isinstance(first, AcceptedRow) and json.loads(first.attributes) == {"town": "Bonn"}
    assert [row.line for row in rows] == [2, 5]


def test_field_that_never_ends_is_rejected_with_its_lines_and_reading_goes_on() -> None:
    csv.field_size_limit(1_000_000)  # as other tables need it
    swallowed = "x" * 70_000
    rows = read(f'email,name\nada@example.org,"open\n{swallowed}\n{swallowed}\nben@example.org,Ben\n')
    assert emails(rows) == ["ben@example.org"]
    ((line, reason),) = reasons(rows)
    assert line == 2 and "from line 2 to line 4" in reason and "quotation mark" in reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \r\n\r\n\t", "is empty"),
        (b",,\n,,\n", "is empty"),
        (bytes(range(256)) * 4, "is not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "not a text file"),
        (b"PK\x03\x04\x14\x00", "Excel workbook"),
        (b"%PDF-1.7\n", "PDF"),
        (b"MZ\x90\x00\x03\x00", "is not text"),
        (b"e\x00m\x00\x00", "not a text file"),
        (b"\xff\xfeabc", "is not the UTF-16-LE it says it is"),
        (b"\xef\xbb\xbfemail\nada@example.org\n\xff@example.org", "readers.csv, line 3"),
        (b"email,name\nada@example.org,\x81\n", "line 2: is not text in UTF-8, UTF-16 or Windows-1252"),
        ("name,attributes\nAda,\n", "no column 'email'"),
        ("ada@example.org,Ada\n", "names of the columns"),
        ("email,name,phone\nada@example.org,Ada,1\n", "the column 'phone' is unknown"),
        ("email,name,\nada@example.org,Ada,\n", "number 3, which has no name,"),
        ("\n\nemail,Email\n", "readers.csv, line 3: the column 'email' stands there twice"),
        (f'email,"{"x" * 140_000}\n', "readers.csv, line 1"),
    ],
)
def test_file_that_is_no_list_of_readers_is_refused_with_the_reason(data: str | bytes, words: str) -> None:
    assert words in str(refusal(data))


PEOPLE = st.lists(
    st.tuples(
        st.from_regex(r"[a-z]{1,8}@example\.org", fullmatch=True),
        st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=10),
        st.dictionaries(
            st.text(st.characters(categories=["L"]), min_size=1, max_size=4),
            st.text("ab,;\"'\t é", min_size=1),
        ),
    ),
    max_size=8,
    unique_by=lambda person: person[0],
)


@settings(max_examples=100)
@given(PEOPLE, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_a_spreadsheet_writes_is_what_is_read(
    people: list[tuple[str, str, dict[str, str]]], separator: str, encoding: str
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    writer.writerow(["email", "name", "attributes"])
    writer.writerows((email, name, json.dumps(attributes)) for email, name, attributes in people)
    rows = read(written.getvalue().encode(encoding))
    found = [(row.email, row.name, json.loads(row.attributes)) for row in rows if isinstance(row, AcceptedRow)]
    assert found == people


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"email,name,attributes\n" + tail))
def test_any_bytes_are_read_or_refused_and_lines_only_grow(data: bytes) -> None:
    try:
        rows = read(data)
    except UnreadableImport:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(row.reason for row in rows if isinstance(row, RejectedRow))
