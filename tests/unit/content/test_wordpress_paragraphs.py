"""Blank lines and line ends of the classic editor, and the blocks of the one after it."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.cleaning import clean
from newsletter.content.reading import body_text
from newsletter.content.sources.wordpress.blocks import Part, split_blocks
from newsletter.content.sources.wordpress.items import read_content
from newsletter.content.sources.wordpress.modules import Album
from newsletter.content.sources.wordpress.paragraphs import link_lone_addresses, make_paragraphs


def plain(html: str) -> str:
    """Without line ends, which say nothing outside of `pre`."""
    return html if "<pre" in html else html.replace("\n", "")


def body(content: str, notes: list[str] | None = None) -> str:
    return clean(read_content(content, Album(), [] if notes is None else notes))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("One.\n\nTwo.", "<p>One.</p><p>Two.</p>"),
        ("One.\r\n\r\nTwo.\r\nThree.", "<p>One.</p><p>Two.<br>Three.</p>"),
        ("One.\n \t\n\n\nTwo.", "<p>One.</p><p>Two.</p>"),
        ("One<br />\ntwo<br>three", "<p>One<br>two<br>three</p>"),
        ("<p>One.</p>\n\n<p>Two.</p>\n", "<p>One.</p><p>Two.</p>"),
        ("<p>One\n\ntwo</p>", "<p>One</p><p>two</p>"),
        ("<h2>A heading</h2>\nWords", "<h2>A heading</h2><p>Words</p>"),
        ("Words\n<h2>A heading</h2>\nWords", "<p>Words</p><h2>A heading</h2><p>Words</p>"),
        ("<ul>\n\n<li>One</li>\n\n<li>Two</li>\n</ul>\nEnd", "<ul><li>One</li><li>Two</li></ul><p>End</p>"),
        ("<ul><li>One\n\nmore</li></ul>", "<ul><li><p>One</p><p>more</p></li></ul>"),
        ("<blockquote>One\n\nTwo</blockquote>", "<blockquote><p>One</p><p>Two</p></blockquote>"),
        ("<blockquote>One</blockquote>Two", "<blockquote><p>One</p></blockquote><p>Two</p>"),
        ("<div>One</div>", "<div>One</div>"),
        ("<div>One\n\nTwo</div>", "<div><p>One</p><p>Two</p></div>"),
        ("<table>\n<tr>\n<td>One\ntwo</td>\n</tr>\n</table>", "<table><tr><td>One<br>two</td></tr></table>"),
        ("<pre>a\n\n  b\n</pre>", "<pre>a\n\n  b\n</pre>"),
        ("A <strong>b</strong>\nc <em>d\n\ne</em>", "<p>A <strong>b</strong><br>c <em>d</p><p>e</em></p>"),
        ("<hr />\nWords", "<hr /><p>Words</p>"),
        ('<img src="a.jpg">\n\nWords', '<p><img src="a.jpg"></p><p>Words</p>'),
        ('<a\nhref="https://example.org">x</a>', '<p><ahref="https://example.org">x</a></p>'),
        ("<a name='top'></a>\n\nWords", "<a name='top'></a><p>Words</p>"),
        ("<figure><img src='a.jpg'>\n<figcaption>A\nb</figcaption></figure>",
         "<figure><img src='a.jpg'><figcaption>A<br>b</figcaption></figure>"),
        ("1 < 2\n\n3 > 2 and <3", "<p>1 < 2</p><p>3 > 2 and <3</p>"),
        ("", ""),
        (" \n\n ", ""),
    ],
)  # fmt: skip
def test_classic_text_gets_its_paragraphs(written: str, expected: str) -> None:
    assert plain(make_paragraphs(written)).strip() == expected


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            "\n|\n\n|<p>|</p>|<br>|<br />|<div>|</div>|<ul>|</ul>|<li>|</li>|<h2>|</h2>|<blockquote>|</blockquote>|"
            "<pre>|</pre>|<em>|</em>|<a href='x'>|</a>|<td>|<table>|</table>|<hr>|<|>|<3|<img src='a.jpg'>".split("|")
        ),
        st.text(alphabet="abcé .", max_size=6),
    ),
    max_size=30,
).map("".join)


def test_what_stands_in_a_script_is_left_alone() -> None:
    assert make_paragraphs("<script>a\n\nb</script>") == "<script>a\n\nb</script>"


@given(PIECES)
def test_no_word_is_lost_and_none_is_moved(text: str) -> None:
    words = re.sub(r"<[a-zA-Z/][^<>]*>|\s", "", text)
    assert re.sub(r"<[a-zA-Z/][^<>]*>|\s", "", make_paragraphs(text)) == words


@given(PIECES)
def test_what_has_its_paragraphs_keeps_them(text: str) -> None:
    once = clean(make_paragraphs(text))
    if "<pre" not in once:
        assert body_text(clean(make_paragraphs(once))).split() == body_text(once).split()


@given(st.lists(st.text(alphabet="abc é.", min_size=1).filter(str.strip), max_size=8))
def test_every_blank_line_parts_two_paragraphs(paragraphs: list[str]) -> None:
    found = re.findall(r"<p>(.*?)</p>", make_paragraphs("\n\n".join(paragraphs)))
    assert [" ".join(each.split()) for each in found] == [" ".join(each.split()) for each in paragraphs]


def test_address_on_a_line_of_its_own_becomes_a_link() -> None:
    text = "See https://example.org/a here.\n  https://example.org/v?a=1&b=2  \n<p>https://example.org/c</p>"
    linked = link_lone_addresses(text)
    assert linked.splitlines()[1] == '<a href="https://example.org/v?a=1&b=2">https://example.org/v?a=1&b=2</a>'
    assert linked.count("<a ") == 1


def test_marks_of_blocks_go_and_their_insides_stay_as_they_are() -> None:
    content = (
        '<!-- wp:paragraph {"dropCap":true} -->\n<p>One.\nStill one.</p>\n<!-- /wp:paragraph -->\n\n'
        "<!-- wp:list --><ul><!-- wp:list-item --><li>A</li><!-- /wp:list-item --></ul><!-- /wp:list -->\n"
        '<!-- wp:buttons --><div class="wp-block-buttons"><!-- wp:button --><div><a href="https://example.org/go">Go</a>'
        "</div><!-- /wp:button --></div><!-- /wp:buttons -->"
    )
    notes: list[str] = []
    assert plain(body(content, notes)) == (
        '<p>One.Still one.</p><ul><li>A</li></ul><p><a href="https://example.org/go">Go</a></p>'
    )
    assert notes == []


def test_classic_text_between_blocks_gets_its_paragraphs() -> None:
    before = "<!-- wp:paragraph --><p>One</p><!-- /wp:paragraph -->\nTwo\n\nThree\n\n"
    freeform = "<!-- wp:freeform -->A\n\nB<!-- /wp:freeform -->"
    assert plain(body(before + freeform)) == "<p>One</p><p>Two</p><p>Three</p><p>A</p><p>B</p>"


def test_shortcode_may_begin_in_one_block_and_end_in_another() -> None:
    begin, end = (f"<!-- wp:shortcode -->[{tag}]<!-- /wp:shortcode -->" for tag in ("frame", "/frame"))
    content = f"{begin}\n<!-- wp:paragraph --><p>One</p><!-- /wp:paragraph -->\n{end}"
    assert body(content) == "<p>One</p>"


def test_shortcode_in_a_block_is_read() -> None:
    block = "<!-- wp:shortcode -->[embed]https://example.org/v[/embed]<!-- /wp:shortcode -->"
    assert '<a href="https://example.org/v">' in body(block)
    divi = "<!-- wp:divi/placeholder -->[et_pb_text]A\n\nB[/et_pb_text]<!-- /wp:divi/placeholder -->"
    assert plain(body(divi)) == "<p>A</p><p>B</p>"


def test_blocks_that_the_export_only_names_are_counted() -> None:
    notes: list[str] = []
    content = '<p>A</p><!-- wp:block {"ref":12} /--><!-- wp:block {"ref":13} /--><!-- wp:latest-posts {"x":1} /-->'
    assert body(content, notes) == "<p>A</p>"
    assert notes == [
        "2 reusable blocks lost: the export only names them",
        "1 block lost, which the site fills in itself: latest-posts",
    ]


@pytest.mark.parametrize("mark", ["<!--more-->", "<!--more Go on reading-->", "<!--nextpage-->", "<!--noteaser-->"])
def test_mark_of_a_teaser_or_a_page_goes(mark: str) -> None:
    assert plain(body(f"One.\n\n{mark}\n\nTwo.")) == "<p>One.</p><p>Two.</p>"
    assert (
        plain(body(f"<p>One.</p>\n<!-- wp:more -->\n{mark}\n<!-- /wp:more -->\n<p>Two.</p>"))
        == "<p>One.</p><p>Two.</p>"
    )


def test_file_has_one_link_and_an_embed_one() -> None:
    file = (
        '<!-- wp:file {"id":4} --><div class="wp-block-file"><a href="https://example.org/a.pdf">The list</a>'
        '<a href="https://example.org/a.pdf" class="wp-block-file__button" download>Download</a></div><!-- /wp:file -->'
    )
    assert body(file) == '<p><a href="https://example.org/a.pdf">The list</a></p>'
    video = (
        '<!-- wp:embed {"url":"https://example.org/v"} --><figure class="wp-block-embed">'
        '<div class="wp-block-embed__wrapper">\nhttps://example.org/v\n</div></figure><!-- /wp:embed -->'
    )
    assert body(video).count('href="https://example.org/v"') == 1
    assert 'href="https://example.org/v"' in body('<!-- wp:embed {"url":"https://example.org/v"} /-->')


@pytest.mark.parametrize("before", ["", "[et_pb_text][/et_pb_text]"])
def test_block_of_a_video_is_one_figure_with_its_own_caption(before: str) -> None:
    address = "https://www.youtube.com/watch?v=abcdefghijk"
    video = (
        '<!-- wp:embed --><figure class="wp-block-embed is-type-video"><div class="wp-block-embed__wrapper">\n'
        f"{address}\n</div><figcaption>A film</figcaption></figure><!-- /wp:embed -->"
    )
    found = body(before + video)
    assert found.count("<figure>") == found.count("A film") == 1
    assert found.endswith(f'<figcaption><a href="{address}">A film</a></figcaption></figure>')


def test_modules_that_divi_keeps_as_values_are_read() -> None:
    def module(name: str, **values: object) -> str:
        content = {key: {"innerContent": {"desktop": {"value": value}}} for key, value in values.items()}
        return f"<!-- wp:divi/{name} {json.dumps(content).replace('<', chr(92) + 'u003c')} /-->"

    content = (
        "<!-- wp:divi/section {} -->"
        + module("heading", title="First")
        + module("text", content="<p>Words.</p>")
        + module("image", image={"src": "https://example.org/a.jpg", "alt": "A"})
        + module("button", button={"text": "Go", "linkUrl": "https://example.org/go"})
        + "<!-- /wp:divi/section -->"
    )
    assert plain(body(content)) == (
        '<h2>First</h2><p>Words.</p><figure><img src="https://example.org/a.jpg" alt="A"></figure>'
        '<p><a href="https://example.org/go">Go</a></p>'
    )


@pytest.mark.parametrize("values", ["{", "[]", '{"content":4}', '{"content":{"innerContent":[]}}', '{"a":' * 50_000])
def test_values_that_cannot_be_read_are_a_lost_block(values: str) -> None:
    lost: Counter[str] = Counter()
    assert split_blocks(f"A<!-- wp:divi/text {values} /-->", lost) == [Part("A", True)]
    assert lost == Counter({"divi/text": 1})


@given(
    PIECES, st.sampled_from(["<!--", "-->", "<!-- wp:a", "<!-- /wp:a -->", "<!-- wp:a /-->", "<!-- wp: -->"]), PIECES
)
def test_any_mark_leaves_the_words_before_it(before: str, mark: str, after: str) -> None:
    parts = split_blocks(before + mark + after, Counter())
    assert "".join(part.text for part in parts).strip().startswith(before.strip())
