"""Values meet their places: whatever a reader's value is, it stays where it was put."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring

from newsletter.errors import RenderError
from newsletter.rendering.slots import (
    ANY_MARKER,
    Html,
    Marks,
    Segments,
    Slot,
    cut,
    fill,
    fill_slot,
    from_json,
    place_html,
    slots_of,
    to_json,
)


def nowhere(_: int) -> tuple[str, int | None]:
    return "issue.mjml.j2", 7


def cut_html(template: str, value: str | Slot = Slot("name", "there")) -> Segments:  # noqa: B008
    """The template with `@` where the value stands."""
    marks = Marks("seed")
    return cut(re.sub("@", lambda _: marks.mark(value), template), marks, "html", nowhere)


PAGE = (
    '<html><head><title>@</title></head><body><p id="text">@</p><a id="link" href="@" title="@">x</a>'
    '<a id="part" href="https://example.org/?q=@">y</a><img alt=\'@\'>'
    '<!--[if mso]><v:rect href="@"></v:rect><p>@</p><![endif]--></body></html>'
)
SEGMENTS = cut_html(PAGE)

HOSTILE = (
    '"><script>alert(1)</script>',
    "' onmouseover='x",
    "--><p>out</p><!--",
    "</title><p>out</p>",
    "&lt;b&gt; &amp;amp;",
    "javascript:alert(1)",
    "{{ name }} {% if x %}",
    "=?utf-8?q?x?=",
    "a\r\nBcc: b@example.org",
    "\x00\x1b[31m",
    "\ud800",
)


def test_every_marker_gets_the_context_it_stands_in() -> None:
    contexts = [slot.context for slot in slots_of(SEGMENTS)]
    assert contexts == [
        "text",
        "text",
        "url",
        "attribute",
        "component",
        "attribute",
        "url",
        "text",
    ]


def _document(value: str) -> tuple[str, HtmlElement]:
    filled = fill(SEGMENTS, {"name": value})
    return filled, document_fromstring(filled)


def _as_one_line(value: str) -> str:
    clean = re.sub("\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]", " ", value)
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", clean).replace("\ud800", "\ufffd")


@given(st.text(max_size=60))
@example(HOSTILE[0])
@example(HOSTILE[1])
@example(HOSTILE[2])
@example(HOSTILE[3])
@example(HOSTILE[4])
@example(HOSTILE[5])
@example(HOSTILE[8])
@settings(max_examples=200)
def test_any_value_is_found_again_exactly_where_it_was_put(value: str) -> None:
    expected = _as_one_line(value)
    if not expected.strip():
        expected = "there"
    filled, document = _document(value)
    assert document.findtext(".//title") == expected
    assert document.get_element_by_id("text").text_content() == expected
    link = document.get_element_by_id("link")
    assert link.get("title") == expected
    assert unquote(link.get("href", "")) == expected.strip()
    assert unquote(document.get_element_by_id("part").get("href", "")) == "https://example.org/?q=" + expected
    image = document.find(".//img")
    assert image is not None and image.get("alt") == expected
    assert not document.findall(".//script")
    assert [element.tag for element in document.iter() if isinstance(element.tag, str)] == [
        "html",
        "head",
        "title",
        "body",
        "p",
        "a",
        "a",
        "img",
    ]
    assert filled.count("<!--") == 1 and filled.rstrip().endswith("<![endif]--></body></html>")


@pytest.mark.parametrize("value", HOSTILE)
def test_text_part_gets_hostile_values_on_one_line(value: str) -> None:
    marks = Marks("seed")
    segments = cut(f"Hello {marks.mark(Slot('name', 'there'))},\n", marks, "plain", nowhere)
    filled = fill(segments, {"name": value})
    assert filled.count("\n") == 1 and "\r" not in filled and "\x00" not in filled
    filled.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "href"),
    [
        ("https://example.org/a?b=1&c=ü", "https://example.org/a?b=1&amp;c=ü"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
        ("HTTPS://EXAMPLE.ORG/", "HTTPS://EXAMPLE.ORG/"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        (" data:text/html,x", "data%3Atext%2Fhtml%2Cx"),
        ("a b/c", "a%20b%2Fc"),
    ],
)
def test_a_link_keeps_whole_addresses_and_encodes_the_rest(value: str, href: str) -> None:
    assert fill_slot(Slot("unsubscribe_url", "", "url"), {"unsubscribe_url": value}) == href


@pytest.mark.parametrize("blank", ["", "  ", "\t\r\n", "\x00"])
def test_reader_without_a_name_gets_the_fallback(blank: str) -> None:
    assert fill(cut_html("<p>Hello @!</p>"), {"name": blank}) == "<p>Hello there!</p>"
    assert fill(cut_html("<p>Hello @!</p>"), {}) == "<p>Hello there!</p>"


def test_fallback_is_escaped_like_a_value() -> None:
    assert fill(cut_html("<p>@</p>", Slot("name", "<you>")), {}) == "<p>&lt;you&gt;</p>"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<script>let a = '@';</script>", "inside <script>"),
        ("<style>p { color: @ }</style>", "inside <style>"),
        ("<p class=@>x</p>", "quotation marks"),
        ('<p style="color: @">x</p>', "in a style"),
        ('<p onclick="@">x</p>', "onclick"),
        ("<@>x</p>", "tag"),
        ("<p @>x</p>", "name of an attribute"),
        ('<a href="javascript:go(@)">x</a>', "javascript: link"),
        ("<!-- @ -->", "in a comment"),
        ('<iframe srcdoc="@"></iframe>', "srcdoc"),
        ('<meta http-equiv="refresh" content="0;url=@">', "http-equiv"),
        ("<!DOCTYPE @>", "declaration"),
        ('<p title="a @', "not closed"),
    ],
)
def test_place_that_no_escaping_makes_safe_is_refused_with_its_line(template: str, words: str) -> None:
    with pytest.raises(RenderError, match=re.escape(words)) as refused:
        cut_html(template)
    assert (refused.value.template, refused.value.line) == ("issue.mjml.j2", 7)


def test_value_of_the_page_is_escaped_at_once_and_leaves_no_slot() -> None:
    assert cut_html('<p title="@">@</p>', 'a "<b>" & c') == (
        '<p title="a &quot;&lt;b&gt;&quot; &amp; c">a &quot;&lt;b&gt;&quot; &amp; c</p>',
    )


def test_html_goes_into_text_as_it_is_and_nowhere_else() -> None:
    marks = Marks("seed")
    source = f"<td>{marks.mark(Html('<p>a</p>'))}</td>"
    assert place_html(source, marks, nowhere) == "<td><p>a</p></td>"
    with pytest.raises(RenderError, match="HTML can only stand in the text"):
        place_html(f'<td title="{marks.mark(Html("<p>a</p>"))}"></td>', marks, nowhere)


def test_every_marker_can_be_told_from_text() -> None:
    assert ANY_MARKER.fullmatch(Marks("seed").mark("x"))


def test_marker_of_another_page_is_plain_text() -> None:
    foreign = Marks("another seed").mark("x")
    assert cut(f"<p>{foreign}</p>", Marks("seed"), "html", nowhere) == (f"<p>{foreign}</p>",)


@given(st.lists(st.one_of(st.text(), st.builds(Slot, st.text(), st.text(), st.just("url")))))
@settings(max_examples=50)
def test_segments_come_back_from_json_as_they_were(pieces: list[str | Slot]) -> None:
    assert from_json(to_json(tuple(pieces))) == tuple(pieces)


def test_quotes_nobody_closes_cost_no_time() -> None:
    text = "<a " * 3000 + '"' * 3001
    assert cut_html(text + "<p>x</p>") == (text + "<p>x</p>",)
