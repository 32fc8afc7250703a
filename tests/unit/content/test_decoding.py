from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.decoding import MAX_BYTES, decode
from newsletter.content.sources import read
from newsletter.errors import SourceError

TEXT = "Größe, naïveté and “quotes” – for 5 €\nSecond line\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
def test_text_is_the_same_in_every_encoding_that_is_read(codec: str) -> None:
    assert decode(TEXT.encode(codec), "a.txt") == TEXT


def test_utf16_with_big_end_first_and_a_mark() -> None:
    assert decode(b"\xfe\xff" + TEXT.encode("utf-16-be"), "a.txt") == TEXT


def test_unmarked_utf16_of_another_script() -> None:
    assert decode(f"{CYRILLIC}\n".encode("utf-16-le"), "a.txt") == f"{CYRILLIC}\n"


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\x0b", "\u2028", "\x85"])
def test_every_line_end_becomes_the_same(line_end: str) -> None:
    assert decode(f"one{line_end}two".encode(), "a.txt") == "one\ntwo"


@pytest.mark.parametrize("data", [b"", b"  \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", "\n".encode("utf-16")])
def test_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"empty\.txt: the file is empty"):
        decode(data, "empty.txt")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7 and more", "PDF"),
        (b"PK\x03\x04 and more", "ZIP"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"{\\rtf1 Hello}", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Office"),
        (b"Hello\x00world, this is text", "NUL"),
        (b"one\ntwo\x07\n", r"line 2: it is a binary file: control character U\+0007"),
    ],
)
def test_binary_file_is_refused_by_name(data: bytes, name: str) -> None:
    with pytest.raises(SourceError, match=name):
        decode(data, "a.txt")


CYRILLIC = "Доверие строит крепкие отношения между людьми. " * 5
POLISH = "Zażółć gęślą jaźń, a potem odpocznij. Święta są już blisko. " * 5
JAPANESE = "信頼は強い関係を築きます。人と人のあいだにあるものです。" * 5
FRENCH = "L'été, à la fenêtre, les élèves regardaient la mer où naissait l'écume légère. " * 5


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CYRILLIC, "windows-1251"),
        (CYRILLIC, "koi8-r"),
        (POLISH, "windows-1250"),
        (POLISH, "iso-8859-2"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso-2022-jp"),
        (CYRILLIC, "utf-32"),
        (FRENCH, "cp437"),
        (FRENCH, "mac-roman"),
    ],
)
def test_other_encoding_is_refused_with_what_would_be_read(text: str, codec: str) -> None:
    with pytest.raises(SourceError, match=r"its encoding .*; only UTF-8, UTF-16 and Windows-1252 are read"):
        decode(text.encode(codec), "a.txt")


def test_western_text_of_windows_is_read() -> None:
    assert decode(FRENCH.encode("windows-1252"), "a.txt") == FRENCH


def test_utf8_with_one_broken_byte_names_its_line() -> None:
    data = "Die Größe\nder Bücher".encode() + b" \xff\nist gut"
    with pytest.raises(SourceError, match=r"a\.txt, line 2: it is UTF-8, but byte 0xFF is not"):
        decode(data, "a.txt")


def test_marked_utf16_that_is_cut_off_is_refused() -> None:
    with pytest.raises(SourceError, match="it is marked UTF-16, but is broken"):
        decode("text".encode("utf-16")[:-1], "a.txt")


def test_overlong_file_is_refused_with_both_sizes() -> None:
    with pytest.raises(SourceError, match=r"it is 50\.0 MB; one article may be at most 10 MB"):
        decode(b"a" * 5 * MAX_BYTES, "a.txt")


ANY_BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(max_size=200).map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.text(max_size=100).map(lambda text: f"---\n{text}\n---\n{text}".encode("utf-8", "surrogatepass")),
)


@given(ANY_BYTES)
@settings(max_examples=200)
def test_whatever_the_bytes_decoding_answers_or_refuses(data: bytes) -> None:
    try:
        assert "\r" not in decode(data, "a.txt")
    except SourceError as error:
        assert error.source == "a.txt"


@given(ANY_BYTES, st.sampled_from(["auto", "markdown", "text"]))
@settings(max_examples=200)
def test_whatever_the_bytes_reading_answers_or_refuses(data: bytes, format: str) -> None:
    try:
        draft = read(data, "a.txt", format)
    except SourceError:
        return
    assert "<script" not in draft.body_html
