from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.words import MAX_ADDRESS, address, language, link, one_line, paragraphs, picture

WHITE_SPACE = ["\r\n", "\n", "\r", "\t", "\v", "\f", "\x85", "\u2028", "\u2029", "\xa0", " \r\n \t "]
INVISIBLE = ["\0", "\a", "\x1b", "\x1c", "\x7f", "\x90", "\ud800", "\udfff", "\uffff"]


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_every_kind_of_white_space_becomes_one_space(space: str) -> None:
    assert one_line(f"{space}Inject{space}Bcc: evil@example.org{space}") == "Inject Bcc: evil@example.org"


@pytest.mark.parametrize("sign", INVISIBLE)
def test_sign_that_nobody_can_see_is_refused_by_its_number(sign: str) -> None:
    for read in (one_line, paragraphs, address, picture, language):
        with pytest.raises(ValueError, match=f"U\\+{ord(sign):04X}"):
            read(f"one{sign}two")


@given(st.text(st.characters()), st.integers(1, 20))
def test_what_is_taken_is_one_printable_line_within_its_limit(text: str, longest: int) -> None:
    try:
        line = one_line(text, longest)
    except ValueError:
        return
    assert len(line) <= longest
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in line)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


def test_longest_line_is_taken_and_the_next_is_refused_with_its_length() -> None:
    assert one_line("x" * 300, 300) == "x" * 300
    with pytest.raises(ValueError, match="has 301 characters; at most 300 are allowed"):
        one_line("x" * 301, 300)


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n\n", "\u2029", "\x85\x85", "\u2028\u2028"])
def test_bio_keeps_its_paragraphs_each_on_one_line(gap: str) -> None:
    assert paragraphs(f" Jane works\r\nhere.{gap}She likes\ttea. ") == "Jane works here.\n\nShe likes tea."


@pytest.mark.parametrize(
    "place", ["", "https://example.org/a.jpg", "http://example.org/a.jpg", "media/a.jpg", "media/authors/a b.jpg"]
)
def test_picture_is_a_url_or_lies_in_media(place: str) -> None:
    assert picture(place) == place


@pytest.mark.parametrize(
    "place",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "keys/secret",
        "media/../keys/secret",
        "media/..",
        "media",
        "media/",
        "/media/a.jpg",
        "./../media/a.jpg",
        "media\\..\\keys",
        "media/..\\keys",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//example.org/a.jpg",
        "https://",
        "https://[broken/a.jpg",
        "https://example.org/a b.jpg",
    ],
)
def test_no_other_place_holds_a_picture(place: str) -> None:
    with pytest.raises(ValueError, match="is neither a URL nor a path under media/"):
        picture(place)


def test_link_is_a_page_or_a_mail() -> None:
    for url in ("", "https://example.org/a", "http://example.org", "mailto:office@example.org"):
        assert link(url) == url
    for url in ("ftp://example.org", "javascript:alert(1)", "example.org", "mailto:", "https://example.org/a b"):
        with pytest.raises(ValueError, match="is no address that begins with https: or http: or mailto:"):
            link(url)
    with pytest.raises(ValueError, match=r"is no address that begins with https: or http:$"):
        address("mailto:office@example.org")


def test_address_is_counted_in_octets() -> None:
    base = "https://example.org/"
    assert address(base + "x" * (MAX_ADDRESS - len(base)))
    for read in (address, picture):
        with pytest.raises(ValueError, match="has 1020 octets; an address has at most 900"):
            read(base + "é" * 500)


def test_language_is_a_tag_or_empty() -> None:
    assert [language(tag) for tag in ("", " en ", "de_AT", "zh-Hant-TW")] == ["", "en", "de-AT", "zh-Hant-TW"]
    for tag in ("English please", "e", "en-" + "x" * 9, "en" + "-abcdefgh" * 4):
        with pytest.raises(ValueError, match="must be a language such as en or de-AT"):
            language(tag)
