"""An article's HTML, made fit for a mail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.rendering.body import Media, prepare_body, shorten, without_last_headings

BASE = "https://news.example.org/media"


def blocks_of(html: str, source_url: str = "") -> str:
    return "".join(prepare_body(html, Media(BASE, "example.org"), source_url).blocks)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("media/a b.jpg", f"{BASE}/a%20b.jpg"),
        ("/media/2024/a%20b.jpg", f"{BASE}/2024/a%20b.jpg"),
        (f"{BASE}/x.png", f"{BASE}/x.png"),
        ("https://example.org/own.jpg", "https://example.org/own.jpg"),
        ("https://www.example.org/own.jpg", "https://www.example.org/own.jpg"),
        ("http://example.org/not-encrypted.jpg", ""),
        ("https://tracker.example.net/pixel.gif", ""),
        ("https://notexample.org/x.gif", ""),
        ("media/../keys/secret", ""),
        ("media/..%2f..%2fkeys/secret", ""),
        ("images/a.jpg", ""),
        ("data:image/gif;base64,R0", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_only_pictures_of_our_own_are_loaded(source: str, address: str) -> None:
    assert Media(BASE, "example.org").address(source) == address


def test_without_a_from_address_no_other_host_is_our_own() -> None:
    assert Media(BASE, "").address("https://example.org/a.jpg") == ""


def test_media_that_were_used_are_told_once_in_order() -> None:
    media = Media(BASE)
    for source in ("media/b.jpg", "media/a.jpg", "/media/b.jpg"):
        media.address(source)
    assert media.used == ("media/b.jpg", "media/a.jpg")


def test_picture_gets_a_width_for_outlook_and_keeps_a_narrow_one() -> None:
    assert 'width="536"' in blocks_of('<p><img src="media/a.jpg" alt="A" width="2000" height="900"></p>')
    narrow = blocks_of('<p><img src="media/a.jpg" width="64" height="64"></p>')
    assert 'width="64"' in narrow and "height" not in narrow and 'alt=""' in narrow
    assert 'style="width:64px"' in narrow


def test_outside_picture_becomes_a_link_and_loads_nothing() -> None:
    html = blocks_of('<p><img src="https://tracker.example.net/p.gif" alt="A lake" srcset="x 2x"></p>')
    assert html == '<p><a href="https://tracker.example.net/p.gif">A lake</a></p>'
    assert blocks_of('<p><a href="https://a.example/"><img src="https://b.example/p.gif" alt="A"></a></p>') == (
        '<p><a href="https://a.example/"><span>A</span></a></p>'
    )


def test_picture_nobody_can_find_gives_way_to_its_alternative_text() -> None:
    assert blocks_of('<p><img src="images/a.jpg" alt="A lake" class="x"></p>') == "<p><span>A lake</span></p>"


def test_nothing_else_is_loaded_either() -> None:
    html = blocks_of(
        '<p style="background: URL(https://a.example/x)">a</p><table background="https://b.example/"><tr><td>x</td></tr></table>'
        '<a href="https://c.example/" ping="https://d.example/">c</a>'
    )
    assert "a.example" not in html and "b.example" not in html and "d.example" not in html


@pytest.mark.parametrize("name", ["script", "style", "plaintext", "textarea", "svg", "iframe", "select", "title"])
def test_element_that_would_swallow_the_page_is_taken_out(name: str) -> None:
    assert blocks_of(f"<p>a</p><{name}>x</{name}>") == "<p>a</p>"


def test_relative_links_lead_to_the_source_or_are_plain_text() -> None:
    html = '<p><a href="/about">us</a> <a href="#note">note</a> <a href="javascript:x()">x</a></p>'
    assert blocks_of(html, "https://blog.example.org/post") == (
        '<p><a href="https://blog.example.org/about">us</a> <a href="#note">note</a> x</p>'
    )
    assert blocks_of(html) == '<p>us <a href="#note">note</a> x</p>'


def test_loose_text_stands_in_paragraphs() -> None:
    assert blocks_of("one <em>two</em><p>three</p>four<br>five") == (
        "<p>one <em>two</em></p><p>three</p><p>four<br>five</p>"
    )


def test_table_can_be_moved_sideways_by_itself() -> None:
    html = blocks_of("<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table>")
    assert html.startswith('<div class="scroll"><table>') and html.count("scroll") == 1


def test_words_are_counted() -> None:
    assert prepare_body("<p>one two</p><ul><li>three</li></ul>", Media(BASE), "").words == 3


def test_text_that_cannot_be_encoded_is_replaced() -> None:
    assert blocks_of("<p>a\ud800b\x00c</p>") == "<p>a\ufffdb\ufffdc</p>"


@pytest.mark.parametrize("reference", ["&#1;", "&#x1F", "&#12;", "&#xD800;", "&#xFFFE;", "&#0;", "&#9999999999;"])
def test_number_that_is_no_character_is_replaced(reference: str) -> None:
    assert blocks_of(f"{reference} a<p>b</p>{reference} c") == "<p>\ufffd a</p><p>b</p><p>\ufffd c</p>"


@given(st.text(alphabet="<>/=\"' abphliutdomgsrc&;#x123\n\x0b", max_size=60))
@settings(max_examples=150)
def test_any_html_gives_blocks_that_parse_again(html: str) -> None:
    for block in prepare_body(html, Media(BASE), "https://example.org/").blocks:
        assert shorten(block, 1000).strip() or not block.strip()


def test_a_beginning_does_not_end_in_a_heading() -> None:
    assert without_last_headings(("<p>a</p>", "<h2>b</h2>", '<h3 id="c">c</h3>')) == ("<p>a</p>",)
    assert without_last_headings(("<hr>",)) == ("<hr>",)


def test_long_block_is_cut_after_a_sentence() -> None:
    assert shorten("<p>One two. Three <b>four. Five</b> six.</p>", 20) == "<p>One two.</p>"


def test_long_block_without_sentences_is_cut_between_words() -> None:
    assert shorten("<p>" + "word " * 50 + "</p>", 30) == "<p>word word word word …</p>"


def test_long_list_keeps_its_first_items() -> None:
    html = "<ul>" + "".join(f"<li>Item {number}.</li>" for number in range(50)) + "</ul>"
    short = shorten(html, 100)
    assert short.startswith("<ul><li>Item 0.</li>") and short.endswith("</ul>") and len(short) < 200
