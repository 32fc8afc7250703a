from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.sources.exports import json_tables
from newsletter.content.sources.exports.csv_tables import read_rows
from newsletter.content.sources.exports.json_tables import MAX_ROW, JsonRow, read_tables
from newsletter.errors import SourceError


def rows(data: bytes) -> list[tuple[int, dict[str, str] | None]]:
    found = read_rows(io.BytesIO(data), "posts.csv")
    return [(row.line, None if row.values is None else dict(row.values)) for row in found]


def test_row_says_on_which_line_it_starts() -> None:
    data = '\ufeffTitle,Body Text\r\nTea,"two\nlines"\r\n\r\nBread\nSleep,calm\n'.encode()
    assert rows(data) == [
        (2, {"title": "Tea", "body_text": "two\nlines"}),
        (5, None),
        (6, {"title": "Sleep", "body_text": "calm"}),
    ]


def test_table_that_a_spreadsheet_saved_with_semicolons_is_read() -> None:
    assert rows(b"title;body\nTea;warm, calm\n") == [(2, {"title": "Tea", "body": "warm, calm"})]


def test_table_in_another_encoding_is_one_line() -> None:
    with pytest.raises(SourceError, match=r"posts\.csv: near line \d it is not UTF-8; save it as UTF-8"):
        rows("title\nGelassenheit für müde\n".encode("latin-1"))


def test_field_as_long_as_an_article_is_read() -> None:
    assert rows(b'title,html\nTea,"' + b"<p>Warm</p>" * 50_000 + b'"\n')[0][1] is not None


@pytest.mark.parametrize(
    "data", [b"title\n" + b"a" * 6_000_000, b'title\n"' + b"calm\n" * 1_200_000, b"t\n" + b'"a\n",' * 1_500_000]
)
def test_row_without_end_is_one_line(data: bytes) -> None:
    with pytest.raises(SourceError, match="one row has more than 5,000,000 characters"):
        rows(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_one_error(data: bytes) -> None:
    try:
        assert all(line > 1 for line, _ in rows(data))
    except SourceError as error:
        assert "\n" not in str(error)


@given(st.lists(st.tuples(st.text(alphabet='aé,"\n ;', min_size=1), st.text(alphabet='aé,"\n ;')), max_size=6))
def test_what_a_machine_wrote_comes_back(pairs: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("title", "body"), *pairs])
    found = [values for _, values in rows(stream.getvalue().encode())]
    assert found == [{"title": title, "body": body} for title, body in pairs]


def tables(data: bytes) -> list[JsonRow]:
    return list(read_tables(io.BytesIO(data), "blog.json"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\{}[],:é😀\n', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"}\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5), JSON, st.sampled_from([1, 2, 3, 7, 64]), st.booleans())
def test_rows_are_what_json_says_however_the_file_is_cut(
    rows: list[object], other: object, chunk: int, is_ascii: bool
) -> None:
    document = {
        "meta": other,
        "db": [{"meta": other, "data": {"empty": [], "no": other if other != rows else 1, "posts": rows}}],
    }
    data = json.dumps(document, ensure_ascii=is_ascii, indent=chunk % 2).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_tables, "_CHUNK", chunk)
        found = [json.loads(row.data or b"") for row in tables(data) if row.table == "posts"]
    assert found == rows


@given(st.binary(max_size=100))
def test_any_bytes_are_rows_or_one_error_of_json(data: bytes) -> None:
    for prefix in (b"", b'{"db":[', b'{"data":{"posts":['):
        try:
            tables(prefix + data)
        except SourceError as error:
            assert "\n" not in str(error)


def test_row_that_is_too_large_is_passed_over_and_the_next_is_read() -> None:
    data = b'{"data":{"posts":[{"html":"' + b"a" * MAX_ROW + b'"},{"html":"short"}]}}'
    assert [row.data is None for row in tables(data)] == [True, False]


def test_end_that_is_missing_is_named_by_its_byte() -> None:
    found = []
    with pytest.raises(SourceError, match=r"blog\.json: it is no whole JSON file: the file ends too early at byte 43"):
        for row in read_tables(io.BytesIO(b'{"data":{"posts":[{"title":"Tea"},{"title"'), "blog.json"):
            found.append(row.data)
    assert found == [b'{"title":"Tea"}']


def test_row_nested_without_end_is_no_object() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    row = tables(b'{"data":{"posts":[{"a":' + deep + b"}]}}")[0]
    with pytest.raises(SourceError, match="row 1 of its table 'posts' is no JSON object"):
        row.value("blog.json")
