"""An issue of several articles, a letter, and the editor's note, in the packaged look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html as html_module
from lxml.html import HtmlElement
from mjml import mjml2html

from newsletter.errors import RenderError
from newsletter.model import Article, Author, CallToAction, Hero
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.others import FIRST_WORDS, first_words
from newsletter.rendering.page import HTML_LIMIT, PageInput, html_size, render_issue, web_view
from newsletter.rendering.slots import fill
from newsletter.rendering.templating import Look
from newsletter.states import ArticleStatus
from sample_pages import PAGE, VALUES

CALM = load_look("calm", [packaged_templates()])
RUTH = Author("Ruth Vale", "LMFT", bio="Ruth walks a lot.")
ELSEWHERE = Article(
    "a-walk",
    "Why we walk",
    "<p>The path does half of the work.</p>",
    summary="A walk says it for you.",
    authors=(RUTH,),
    source_url="https://example.org/walk",
)
HERE = Article(
    "grief",
    "Grief takes its time",
    "<p>Nobody knows how long.</p>",
    summary="How long it takes.",
    authors=(RUTH,),
    hero=Hero("media/lake.jpg", "A lake", "Noor", "Pexels"),
)
NOTE = "We are closed until 2 January.\n\nThe group\nfor carers starts in May."
LETTER = Article("snow", "Closed for snow", "<p>We stay at home.</p>", status=ArticleStatus.LETTER)


def document_fromstring(html: str) -> HtmlElement:
    tree = html_module.document_fromstring(html)
    assert isinstance(tree, HtmlElement)
    return tree


def to_html(mjml: str) -> str:
    return mjml2html(mjml, fonts={}, social_icon_origin="")


def parts(page: PageInput, look: Look = CALM) -> tuple[HtmlElement, str, str]:
    """The HTML as a tree, its words, and the text part."""
    rendered = render_issue(page, look, to_html)
    tree = document_fromstring(fill(rendered.html, VALUES))
    return tree, " ".join(" ".join(tree.body.itertext()).split()), fill(rendered.text, VALUES)


def links(tree: HtmlElement, words: str) -> list[str]:
    return [link.get("href", "") for link in tree.iter("a") if link.text_content().strip() == words]


def test_article_that_stands_on_the_web_is_a_teaser_with_a_link_there() -> None:
    tree, words, text = parts(replace(PAGE, others=(ELSEWHERE,)))
    assert "Also in this issue" in words
    assert "Why we walk By Ruth Vale, LMFT · 1 min read A walk says it for you. Read on" in words
    assert "The path does half of the work" not in words + text
    assert links(tree, "Read on") == links(tree, "Why we walk") == ["https://example.org/walk"]
    assert "Why we walk\n===========\n\nBy Ruth Vale, LMFT\n1 min read\n\nA walk says it for you.\n\nRead on:\n" in text
    assert "Ruth walks a lot." not in words + text


def test_article_that_stands_nowhere_else_is_whole_with_picture_credit_and_author() -> None:
    tree, words, text = parts(replace(PAGE, others=(HERE,)))
    for part in (words, text):
        for expected in ("Nobody knows how long.", "Photo: Noor on Pexels", "Ruth walks a lot."):
            assert part.count(expected) == 1, expected
        assert "How long it takes." not in part
    assert [image.get("alt") for image in tree.iter("img")].count("A lake") == 1
    assert links(tree, "Read on") == []


def test_author_of_several_articles_is_told_about_once() -> None:
    own = replace(HERE, slug="own", authors=PAGE.article.authors)
    _, words, text = parts(replace(PAGE, others=(HERE, own, replace(HERE, slug="more"))))
    for part in (words, text):
        assert part.count("Ruth walks a lot.") == part.count("Maria works with couples.") == 1


def test_long_articles_give_way_to_the_leading_one_and_stay_whole_on_the_web() -> None:
    long = replace(HERE, body_html="<p>Rain falls on the quiet harbour all day.</p>" * 3_000)
    page = replace(PAGE, others=(long,))
    rendered = render_issue(page, CALM, to_html)
    assert html_size(rendered.html) <= HTML_LIMIT
    assert not rendered.cut
    tree = document_fromstring(fill(rendered.html, VALUES))
    (address,) = links(tree, "Read on")
    assert address == f"{PAGE.web_view_url}#article-2"
    on_the_web = document_fromstring(web_view(page, CALM, to_html))
    assert on_the_web.get_element_by_id("article-2").text_content() == long.title
    assert on_the_web.text_content().count("Rain falls") == 3_000


def test_note_stands_above_the_article_with_its_paragraphs_as_plain_text() -> None:
    tree, words, text = parts(replace(PAGE, note=NOTE + "\n\n<b>Not bold</b> {{ reader.name }}"))
    assert words.index("We are closed until 2 January.") < words.index(PAGE.article.title, words.index("November"))
    assert "The group for carers starts in May." in words
    assert "<b>Not bold</b> {{ reader.name }}" in words
    assert text.startswith("We are closed until 2 January.\n\nThe group for carers starts in May.\n\n<b>Not bold</b>")
    assert [p.text_content() for p in tree.iter("p")].count("We are closed until 2 January.") == 1


def test_letter_needs_neither_author_nor_call_to_action_and_nobody_counts_its_minutes() -> None:
    page = replace(PAGE, article=LETTER, subject=LETTER.title, call_to_action=CallToAction())
    rendered = render_issue(page, CALM, to_html)
    assert rendered.is_letter
    _, words, text = parts(page)
    for part in (words, text):
        assert "We stay at home." in part
        assert "min read" not in part
        assert "By " not in part


@pytest.mark.parametrize(
    ("name", "page"), [("note", replace(PAGE, note=NOTE)), ("others", replace(PAGE, others=(HERE,)))]
)
@pytest.mark.parametrize("filename", ["issue.mjml.j2", "issue.txt.j2"])
def test_look_of_ones_own_that_would_leave_it_out_is_named(name: str, page: PageInput, filename: str) -> None:
    silent = CALM.sources[filename].replace("issue.note", "[]").replace("in others", "in []")
    look = Look("own", {**CALM.sources, filename: silent}, CALM.origins)
    with pytest.raises(RenderError, match=rf"{filename}: leaves out .*{name}"):
        render_issue(page, look, to_html)


def test_first_words_end_with_a_sentence_where_one_ends_in_time() -> None:
    sentence = "This one has eight words of its own."
    assert first_words(f"<p>{sentence}</p>") == sentence
    assert first_words(f"<p>{' '.join([sentence] * 10)}</p>") == " ".join([sentence] * 5)
    assert first_words("<p>" + "word, " * 100 + "</p>") == " ".join(["word,"] * FIRST_WORDS).rstrip(",") + "…"
