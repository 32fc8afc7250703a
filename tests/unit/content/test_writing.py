from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from any_article import SAID, articles, authors, bodies
from newsletter.content.cleaning import clean
from newsletter.content.corrections import changed_fields
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft
from newsletter.content.sources.markdown import read_markdown
from newsletter.content.writing import write_for_editing, write_markdown
from newsletter.content.writing.body import blocks_of, markdown_of
from newsletter.model import Article, Author, CallToAction, Hero, Season
from newsletter.states import ArticleStatus


def _read_back(article: Article) -> Draft:
    """As an import reads the file: from bytes."""
    return read_markdown(decode(write_markdown(article).encode(), "a.md"), "a.md")


def _facts(thing: Article | Draft) -> dict[str, object]:
    return {name: getattr(thing, name) for name in SAID}


FULL = Article(
    slug="quiet-mornings-2",
    title="Quiet mornings: a start",
    body_html="<p>Rise <em>slowly</em>.</p>\n<h2>Then</h2>\n<ul><li>tea</li><li>light</li></ul>",
    subtitle="# no heading",
    summary="'Twas said.",
    published=date(2024, 3, 3),
    updated=date(2024, 5, 1),
    language="de-AT",
    status=ArticleStatus.RETIRED,
    categories=("Rest", "Sleep, mostly"),
    tags=("yes", "2024"),
    authors=(
        Author(
            "Jane Doe, who else",
            "LCSW",
            "Therapist",
            "Harbour House",
            "Jane works here.\n\nShe likes tea.",
            "media/jane.png",
            "mailto:jane@example.org",
            "jane@example.org",
            date(2019, 1, 1),
            date(2031, 1, 1),
            date(2029, 6, 30),
        ),
        Author("null"),
    ),
    hero=Hero("media/evening.png", "A lamp", "Ann Poe", "Unsplash"),
    call_to_action=CallToAction("Ready?", "Start", "mailto:post@example.org"),
    source_url="https://example.org/quiet",
    evergreen=True,
    seasons=(Season((11, 15), (1, 6)),),
    not_before=date(1850, 1, 1),
    expires=date(2099, 12, 31),
    review_by=date(2030, 1, 1),
    priority=-1_000_000,
)


def test_every_field_comes_back() -> None:
    draft = _read_back(FULL)
    assert _facts(draft) == _facts(FULL)
    assert (draft.guesses, draft.notes) == ((), ())


def test_file_is_one_a_person_would_write() -> None:
    article = Article(
        "calm", "Calm", FULL.body_html, published=date(2024, 3, 3), authors=(Author("Jane", bio="A\n\nB"),)
    )
    assert (
        write_markdown(article)
        == """---
title: Calm
slug: calm
date: 2024-03-03
status: ready
authors:
  - name: Jane
    bio: |-
      A

      B
---

Rise *slowly*.

## Then

- tea
- light
"""
    )


def test_pictures_stand_where_the_caller_says() -> None:
    body = '<p><img src="media/a.png" alt="A"></p>\n<figure><img src="media/b.png" alt="B"></figure>'
    article = replace(FULL, body_html=body)
    text = write_markdown(article, lambda source: source.replace("media/", "elsewhere/"))
    assert re.findall(r"\w+/\w+\.png", text) == [
        "elsewhere/jane.png", "elsewhere/evening.png", "elsewhere/a.png", "elsewhere/b.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Plain [words], 1 &lt; 2 &amp; 3, a_b.</p>", r"Plain \[words], 1 < 2 & 3, a_b."),
        ("<p>One<br>two<br>\nthree</p>", "One<br>two\\\nthree"),
        ("<p>1. no list</p>", r"1\. no list"),
        ("<p>a&nbsp;b</p>", "a&nbsp;b"),
        ("<h3>Three</h3>", "### Three"),
        ('<ol start="3"><li>c</li><li>d</li></ol>', "3. c\n4. d"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n\n- b"),
        ("<blockquote><p>said</p></blockquote>", "> said"),
        ("<pre><code>a\n\n  b\n</code></pre>", "```\na\n\n  b\n```"),
        (
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1 | 2</td></tr></tbody></table>",
            "| a |\n| --- |\n| 1 \\| 2 |",
        ),
        ('<p><img src="media/a.png" alt="A [b]"></p>', r"![A \[b\]](media/a.png)"),
        ('<p><img src="media/a.png" alt="A" width="20"></p>', '<img src="media/a.png" alt="A" width="20">'),
        ("<p>{{ name }}, {% tag %}</p>", "{{ name }}, &#123;% tag %}"),
    ],
)
def test_what_markdown_can_say_is_said_in_markdown(html: str, markdown: str) -> None:
    if not html.startswith("<p><img") or "width" not in html:
        assert markdown_of(html) == markdown
    assert _read_back(replace(FULL, body_html=html)).body_html == html


@pytest.mark.parametrize(
    "html",
    [
        '<figure><img src="media/a.png" alt=""><figcaption>C</figcaption></figure>',
        "<pre>a\n\nb</pre>",
        "<table><tbody><tr><td>no head</td></tr></tbody></table>",
        "<blockquote><pre>a\n\n\nb</pre></blockquote>",
    ],
)
def test_what_markdown_cannot_say_stays_html_without_a_blank_line(html: str) -> None:
    written = markdown_of(html)
    assert re.match(r"<(figure|pre|p|table|blockquote)>", written)
    assert not re.search(r"\n[ \t]*\n", written)
    assert _read_back(replace(FULL, body_html=html)).body_html == html


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li>a</li></ul>\n<ul><li>b</li></ul>",
        "<ol><li>a</li></ol>\n<ol><li>b</li></ol>",
        "<p>[a]: https://example.org/</p>\n<p>[a]</p>",
        "<p>[^1]: a note</p>\n<p>[^1]</p>",
        "<ul><li>a</li></ul>\n<p>    b</p>",
        "<p>a</p>\n<p>===</p>\n<hr>\n<p>---</p>",
        "<h2>a # b #</h2>",
        "<p>a {: .b}</p>\n<p>{: .c}</p>\n<p>x\n{:toc}\ny</p>\n<h2>d {#e}</h2>",
        '<p>{{&lt; figure src=x &gt;}} {{% b %}} {{ site.url }} {{ "/a" | relative_url }}</p>',
        "<p><code>{% raw %}</code> <code>{{&lt; a &gt;}}</code></p>",
        "<p>a\x0bb\x0cc\u2028d\x01e\x7ff\ufeff</p>",
        "<p>&nbsp;a&nbsp;</p>",
        "<p># Quiet mornings: a start</p>",
        "<p>```</p>\n<p>x</p>\n<p>~~~</p>",
        "<p>&lt;!-- a</p>\n<p>b</p>",
    ],
)
def test_blocks_that_markdown_would_read_as_something_else_come_back(html: str) -> None:
    html = clean(html)
    assert _read_back(replace(FULL, body_html=html)).body_html == html


# -- anything a library may hold


@given(bodies())
@settings(max_examples=600)
def test_any_body_comes_back_exactly(body: str) -> None:
    assert _read_back(replace(FULL, body_html=body)).body_html == body


@given(bodies())
@settings(max_examples=200)
def test_blocks_are_the_body(body: str) -> None:
    assert "\n".join(blocks_of(body)) == body


@given(articles(bodies(), authors()))
@settings(max_examples=300)
def test_any_article_comes_back_exactly(article: Article) -> None:
    draft = _read_back(article)
    assert _facts(draft) == _facts(article)
    assert draft.guesses == ()


@given(articles(bodies(), authors()))
@settings(max_examples=100)
def test_file_for_an_editor_reads_as_the_same_but_for_the_slug_and_what_is_known_of_authors(article: Article) -> None:
    draft = read_markdown(decode(write_for_editing(article).encode(), "a.md"), "a.md", as_it_is=True)
    by_name = tuple(Author(author.name) for author in article.authors)
    assert _facts(draft) == _facts(article) | {"slug": "", "authors": by_name}
    assert changed_fields(article, draft) == {}
