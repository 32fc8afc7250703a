"""One issue, rendered by the packaged look and the real MJML renderer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring
from mjml import mjml2html

from newsletter.errors import RenderError
from newsletter.model import CallToAction, Hero
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.page import HTML_LIMIT, PageInput, RenderedIssue, html_size, render_issue, web_view
from newsletter.rendering.slots import fill, slots_of
from newsletter.rendering.templating import Look
from newsletter.rendering.views import date_words
from sample_pages import ARTICLE, BODY, MARIA, MEDIA, NEWSLETTER, PAGE, VALUES

CALM = load_look("calm", [packaged_templates()])


def to_html(mjml: str) -> str:
    return mjml2html(mjml, fonts={}, social_icon_origin="")


def render(page: PageInput = PAGE, look: Look = CALM, whole: bool = False) -> RenderedIssue:
    return render_issue(page, look, to_html, whole)


@cache
def issue() -> RenderedIssue:
    return render()


def html_of(rendered: RenderedIssue) -> str:
    return fill(rendered.html, VALUES)


def document(rendered: RenderedIssue) -> HtmlElement:
    return document_fromstring(html_of(rendered))


def with_article(**fields: object) -> PageInput:
    return replace(PAGE, article=replace(ARTICLE, **fields))  # type: ignore[arg-type]


def links(tree: HtmlElement) -> dict[str, str]:
    return {link.text_content().strip(): link.get("href", "") for link in tree.iter("a")}


def test_page_shows_everything_an_issue_has() -> None:
    words = " ".join(document(issue()).text_content().split())
    for expected in (
        "Harbour Letters",
        "November 24, 2026",
        "Small habits that hold.",
        "Relationships · Values",
        "How Small Promises Grow",
        "Notes on trust",
        "By Maria Lind, LCSW and Tom Okafor",
        "June 23, 2023 · 1 min read",
        "Photo: Brett on Unsplash",
        "Hello Ada,",
        "A kept promise is a small thing. {{ name }} stays as it is.",
        "Nobody is watching while trust grows.",
        "Ready to talk?",
        "Therapist, Harbour",
        "She likes dogs.",
        "In a crisis call 988.",
        "You get this because you subscribed to Friends of Harbour Letters.",
        "12 Quay Street",
    ):
        assert expected in words, expected


def test_links_lead_where_they_say() -> None:
    shown = links(document(issue()))
    assert shown["Unsubscribe"] == VALUES["unsubscribe_url"]
    assert shown["Read it in your browser"] == VALUES["web_view_url"]
    assert shown["Privacy"] == "https://example.org/privacy"
    assert shown["Book a visit"] == "https://example.org/book?a=1&b=2"
    assert shown["the study"] == "https://example.org/a?b=1&c=2"
    assert shown["Maria Lind, LCSW"] == "https://example.org/maria"


def test_pictures_are_ours_described_and_told() -> None:
    pictures = {image.get("src"): image.get("alt") for image in document(issue()).iter("img")}
    assert pictures == {
        f"{MEDIA}/hero.jpg": "A quiet harbour",
        f"{MEDIA}/lake.jpg": "Two people at a lake",
        f"{MEDIA}/maria.jpg": "Maria Lind",
    }
    assert set(issue().used_media) == {"media/hero.jpg", "media/lake.jpg", "media/maria.jpg"}


def test_page_is_readable_by_machines_and_aloud() -> None:
    tree = document(issue())
    assert tree.get("lang") == "en" and tree.get("dir") == "ltr"
    assert tree.findtext(".//title") == PAGE.subject
    assert len(tree.findall(".//h1")) == 1
    data_tables = [table for table in tree.iter("table") if table.find(".//th") is not None]
    innermost = [table for table in data_tables if table.find(".//table") is None]
    assert [table.get("role") for table in innermost] == [None]
    layout = [table for table in tree.iter("table") if table not in innermost]
    assert all(table.get("role") == "presentation" for table in layout)


def test_page_is_ready_for_dark_mode_outlook_and_utf_8() -> None:
    html = html_of(issue())
    assert 'name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "<!--[if mso | IE]>" in html and "mso-padding-alt" in html
    assert html.index('<meta charset="utf-8">') < 1024


def test_nothing_is_loaded_from_an_outside_host() -> None:
    html = html_of(issue())
    for forbidden in ("fonts.googleapis", "mailjet", "@import", "<link", "<script", "url("):
        assert forbidden not in html
    hosts = {urlsplit(image.get("src", "")).hostname for image in document(issue()).iter("img")}
    assert hosts == {"news.example.org"}


def test_only_slots_differ_between_two_readers() -> None:
    names = {slot.name for slot in slots_of(issue().html)} | {slot.name for slot in slots_of(issue().text)}
    assert names == {"name", "unsubscribe_url", "web_view_url"}
    assert "Hello there," in fill(issue().html, {})


def test_text_part_reads_well_by_itself() -> None:
    text = fill(issue().text, VALUES)
    assert text.startswith("How Small Promises Grow\n=======================\n\nNotes on trust\n\nBy Maria Lind")
    assert "\nHello Ada,\n\nA kept promise is a small thing. {{ name }} stays as it is.\n" in text
    assert "Book a visit: https://example.org/book?a=1&b=2\n" in text
    assert f"Unsubscribe:\n{VALUES['unsubscribe_url']}\n" in text
    assert text.endswith("12 Quay Street\nPortland, ME 04101\n")
    assert "\n\n\n" not in text and "&amp;" not in text and not text.startswith("\n")
    assert all(len(line) <= 72 or "://" in line for line in text.split("\n"))


def test_web_view_is_whole_and_of_no_reader() -> None:
    html = web_view(PAGE, CALM, to_html)
    assert "nsubscribe" not in html and "You get this" not in html and "Hello" not in html
    assert "Be kind." in html and "12 Quay Street" in html and "Maria works with couples." in html
    long = with_article(body_html=BODY * 200)
    assert web_view(long, CALM, to_html).count("Be kind.") == 200


def test_hostile_title_author_and_address_stay_text() -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}'
    page = replace(
        with_article(
            title=evil,
            authors=(replace(MARIA, name=evil, url='javascript:alert("x")'),),
            hero=Hero("media/a.jpg", evil),
        ),
        subject=evil,
        preheader=evil,
        newsletter=replace(NEWSLETTER, name=evil, notice=evil),
        call_to_action=CallToAction(evil, evil, 'https://example.org/"><script>'),
    )
    tree = document(render(page))
    assert not tree.findall(".//script")
    assert tree.findtext(".//h1") == evil
    assert tree.find(f".//img[@src='{MEDIA}/a.jpg']").get("alt") == evil
    assert not any("javascript:" in link.get("href", "") for link in tree.iter("a"))


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_any_title_is_shown_as_it_is(title: str) -> None:
    shown = document(render(with_article(title="x" + title + "x"))).find(".//h1")
    assert shown is not None
    expected = "".join(character for character in title if character >= " " or character in "\t\n\r\f\v")
    assert "".join(shown.text_content().split()) == "x" + "".join(expected.translate(CONTROLS).split()) + "x"


CONTROLS = {number: None for number in [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]}


def test_article_that_is_too_long_is_cut_after_a_block_with_a_way_on() -> None:
    blocks = [f"<p>Paragraph {number}. " + "Many words follow here. " * 12 + "</p>" for number in range(1000)]
    rendered = render(with_article(body_html="<h2>Part</h2>".join(blocks)))
    html = html_of(rendered)
    assert rendered.cut
    assert HTML_LIMIT * 0.9 < html_size(rendered.html) <= HTML_LIMIT
    assert len(html.encode()) < HTML_LIMIT
    shown = [block for block in blocks if block.partition(".")[0].removeprefix("<p>") + "." in html]
    assert 0 < len(shown) < 1000
    assert document(rendered).text_content().count("Many words follow here.") == 12 * len(shown)
    assert links(document(rendered))["Read on: How Small Promises Grow"] == VALUES["web_view_url"]
    assert "Book a visit" in html and "Unsubscribe" in html
    text = fill(rendered.text, VALUES)
    assert f"Read on:\n{VALUES['web_view_url']}\n" in text


def test_cut_article_goes_on_at_its_source_when_it_has_one() -> None:
    page = with_article(body_html="<p>Many words.</p>" * 9000, source_url="https://example.org/post")
    assert links(document(render(page)))["Read on: How Small Promises Grow"] == "https://example.org/post"
    elsewhere = replace(page, read_on_url="https://example.org/elsewhere")
    assert links(document(render(elsewhere)))["Read on: How Small Promises Grow"] == "https://example.org/elsewhere"


@pytest.mark.parametrize(
    "body",
    [
        "<p>" + "One sentence of many. " * 9000 + "</p>",
        "<h2>Heading</h2><p>" + "word " * 40000 + "</p>",
        "<ul>" + "<li>An item.</li>" * 9000 + "</ul>",
        "<p>" + "&lt;" * 60000 + "</p>",
    ],
)
def test_one_endless_block_is_cut_inside(body: str) -> None:
    rendered = render(with_article(body_html=body))
    assert rendered.cut and html_size(rendered.html) <= HTML_LIMIT
    assert len(document(rendered).text_content()) > 3000


def test_whole_issue_is_not_cut() -> None:
    rendered = render(with_article(body_html="<p>Many words.</p>" * 9000), whole=True)
    assert not rendered.cut and html_size(rendered.html) > HTML_LIMIT


def test_a_frame_too_long_for_any_article_is_an_error() -> None:
    page = replace(PAGE, newsletter=replace(NEWSLETTER, notice="x" * HTML_LIMIT))
    with pytest.raises(RenderError, match="bytes of HTML around the article"):
        render(page)


def test_page_of_an_article_in_another_script_runs_its_way() -> None:
    tree = document(
        render(with_article(language="he", title="כותרת?", subtitle="עוד.", body_html="<ul><li>א.</li></ul>"))
    )
    assert tree.get("lang") == "en" and tree.get("dir") == "ltr"
    for text in ("כותרת?", "עוד.", "א.", "Maria Lind, LCSW"):
        (found,) = (
            one
            for one in tree.iter()
            if isinstance(one.tag, str) and (one.text or "").strip() == text and not one.get("href")
        )
        assert nearest(found, "lang") == "he", text
    heading = tree.find(".//h1")
    assert heading is not None and heading.get("dir") == "rtl"
    assert "text-align:right" in style_around(heading, "text-align")
    item = tree.find(".//li")
    assert item is not None and nearest(item, "dir") == "rtl"
    assert "1.3em 0 0" in item.getparent().get("style")
    footer = tree.xpath("//a[.='Unsubscribe']")[0]
    assert "text-align:left" in style_around(footer, "text-align")


def nearest(element: HtmlElement, name: str) -> str:
    """What the element inherits of an attribute."""
    return next((one.get(name, "") for one in (element, *element.iterancestors()) if one.get(name)), "")


def style_around(element: HtmlElement, wanted: str) -> str:
    styles = (one.get("style", "").replace(" ", "") for one in (element, *element.iterancestors()))
    return next((style for style in styles if wanted in style), "")


def test_newsletter_that_runs_from_right_to_left_is_mirrored() -> None:
    tree = document(render(replace(PAGE, newsletter=replace(NEWSLETTER, language="he"))))
    assert tree.get("dir") == "rtl"
    for word in ("Unsubscribe", "the study"):
        link = tree.xpath(f"//a[.='{word}']")[0]
        assert "text-align:right" in style_around(link, "text-align")
        assert "direction:rtl" in style_around(link, "direction:")
    english = document(render(replace(with_article(language="en"), newsletter=replace(NEWSLETTER, language="he"))))
    heading = english.find(".//h1")
    assert heading is not None and (heading.get("lang"), heading.get("dir")) == ("en", "ltr")


def test_web_view_has_one_main_landmark_and_the_mail_none() -> None:
    tree = document_fromstring(web_view(PAGE, CALM, to_html))
    (main,) = (one for one in tree.iter() if one.tag == "main" or one.get("role") == "main")
    assert len(main.findall(".//h1")) == len(tree.findall(".//h1")) == 1
    assert not [one for one in tree.iter() if one.get("role") == "article" or one.get("aria-roledescription")]
    assert not [one for one in document(issue()).iter() if one.get("role") == "main"]


def test_pictures_that_are_not_ours_to_load_are_told() -> None:
    rendered = render(with_article(hero=Hero("images/a.jpg"), body_html='<img src="https://example.net/b.png">'))
    assert set(rendered.dropped_pictures) == {"images/a.jpg", "https://example.net/b.png"}
    assert RenderedIssue.from_json(rendered.to_json()) == rendered
    assert issue().dropped_pictures == ()


def test_rendered_issue_comes_back_from_json_as_it_was() -> None:
    assert RenderedIssue.from_json(issue().to_json()) == issue()


def test_same_input_gives_the_same_bytes() -> None:
    assert render().to_json() == issue().to_json()


def test_bare_article_renders_without_empty_places() -> None:
    page = replace(
        with_article(authors=(), hero=None, published=None, categories=(), subtitle="", body_html=""),
        preheader="",
        list_name="",
        newsletter=replace(NEWSLETTER, notice="", privacy_url=""),
    )
    rendered = render(page)
    words = " ".join(document(rendered).text_content().split())
    assert "By" not in words and "Photo" not in words and "None" not in words
    assert "because you subscribed to Harbour Letters." in words
    assert "because you subscribed to Harbour Letters." in fill(rendered.text, VALUES)


def test_author_without_photo_gets_initials() -> None:
    initials = [element.text for element in document(issue()).iter("div") if element.get("aria-hidden") == "true"]
    assert initials == ["TO"]


def test_logo_takes_the_place_of_the_name() -> None:
    rendered = render(replace(PAGE, logo="media/logo.png"))
    assert document(rendered).find(f".//img[@src='{MEDIA}/logo.png']").get("alt") == "Harbour Letters"
    assert "media/logo.png" in rendered.used_media


def test_right_to_left_language_turns_the_page() -> None:
    tree = document(render(replace(PAGE, newsletter=replace(NEWSLETTER, language="ar"))))
    assert (tree.get("lang"), tree.get("dir")) == ("ar", "rtl")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "June 3, 2023"), ("en-US", "June 3, 2023"), ("en-GB", "3 June 2023"), ("", "June 3, 2023")],
)
def test_date_is_written_as_the_language_does(language: str, words: str) -> None:
    assert date_words(date(2023, 6, 3), language) == words


def broken(filename: str, old: str, new: str) -> Look:
    source = CALM.sources[filename]
    assert old in source
    return Look(
        "calm",
        {**CALM.sources, filename: source.replace(old, new, 1)},
        {filename: f"templates/calm/{filename}"},
    )


@pytest.mark.parametrize(
    ("filename", "old", "new", "words"),
    [
        ("issue.mjml.j2", "{{ hero.credit }}", "{{ hero.colour }}", "has no attribute 'colour'"),
        ("issue.mjml.j2", "{{ issue.date }}", "{{ nobody }}", "'nobody' is undefined"),
        ("issue.mjml.j2", "<mj-button href=", '<mj-button css-clas="x" href=', "no attribute css-clas"),
        ("issue.mjml.j2", "<mj-section padding=", "<mj-sektion padding=", "no tag <mj-sektion>"),
        ("issue.mjml.j2", "<h1", '<h1 style="{{ issue.date }}"', "in a style"),
        ("issue.txt.j2", "{{ article.text }}", "{{ article.txt }}", "has no attribute 'txt'"),
    ],
)
def test_fault_in_the_look_is_named_with_its_line(filename: str, old: str, new: str, words: str) -> None:
    look = broken(filename, old, new)
    lines = look.sources[filename].split("\n")
    expected = next(number for number, line in enumerate(lines, start=1) if new.split("\n")[0] in line)
    with pytest.raises(RenderError) as fault:
        render(look=look)
    assert words in str(fault.value)
    assert str(fault.value).startswith(f"templates/calm/{filename}, line {expected}: ")


def test_template_syntax_left_by_the_look_is_noted_but_not_that_of_an_article() -> None:
    assert issue().leftovers == ()
    look = broken("issue.txt.j2", "Hello", "{% raw %}{{ first_name }}{% endraw %} Hello")
    assert render(look=look).leftovers == ("issue.txt.j2: {{ first_name }}",)
