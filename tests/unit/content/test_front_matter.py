"""Front matter in YAML, TOML and JSON, as Hugo, Jekyll, Eleventy and Ghost write it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.draft import Draft
from newsletter.content.sources.markdown import read_markdown
from newsletter.errors import SourceError
from newsletter.model import Author, CallToAction, Hero, Season
from newsletter.states import ArticleStatus

TOML = '''+++
title = "Tea & rest"   # with care
date = 2024-03-03T10:00:00+02:00
lastmod = 2024-05-01
draft = true
priority = -3
tags = ["calm",
  "tea"]
summary = """
One
two."""
seasons = ["11-15..01-06"]

[image]
src = "lamp.jpg"
alt = "A lamp"

[[authors]]
name = "Jane Doe"
bio = 'Jane listens.'

[[authors]]
name = "John Roe"

[call_to_action]
label = "Start"

[params]
subtitle = "Below"
+++
Text.
'''
JSON = """{
\t"title": "Tea \\u00e9 \\ud83c\\udf75",
\t"date": "2024-03-03",
\t"draft": false,
\t"priority": 4,
\t"tags": ["calm", "tea"],
\t"summary": null,
\t"authors": [{"name": "Jane Doe"}, {"name": "John Roe"}]
}

Text.
"""


def _read(text: str, source: str = "a.md") -> Draft:
    return read_markdown(text, source)


def _yaml(front_matter: str) -> Draft:
    return _read(f"---\n{front_matter}\n---\nText.\n")


def test_toml_says_what_yaml_would() -> None:
    draft = _read(TOML)
    assert (draft.title, draft.subtitle, draft.summary) == ("Tea & rest", "Below", "One two.")
    assert (draft.published, draft.updated) == (date(2024, 3, 3), date(2024, 5, 1))
    assert (draft.status, draft.priority, draft.tags) == (ArticleStatus.DRAFT, -3, ("calm", "tea"))
    assert draft.seasons == (Season((11, 15), (1, 6)),)
    assert draft.hero == Hero("lamp.jpg", "A lamp")
    assert draft.authors == (Author("Jane Doe", bio="Jane listens."), Author("John Roe"))
    assert draft.call_to_action == CallToAction(label="Start")
    assert (draft.body_html, draft.notes) == ("<p>Text.</p>", ())


def test_json_says_what_yaml_would() -> None:
    draft = _read(JSON)
    assert (draft.title, draft.published, draft.summary) == ("Tea é 🍵", date(2024, 3, 3), "")
    assert (draft.status, draft.priority, draft.tags) == (ArticleStatus.READY, 4, ("calm", "tea"))
    assert draft.authors == (Author("Jane Doe"), Author("John Roe"))
    assert (draft.body_html, draft.notes) == ("<p>Text.</p>", ())


@pytest.mark.parametrize("first", ["{{ name }} came.", "{% raw %}", "{: .lead}", "{ a brace"])
def test_brace_that_opens_no_object_is_text(first: str) -> None:
    assert _read(f"{first}\n\n# Title\n").title == "Title"


@pytest.mark.parametrize(
    ("toml", "line", "words"),
    [
        ('title = "a"\ndate = soon', 3, "the front matter is not TOML: Invalid value"),
        ("title = ", 2, "the front matter is not TOML"),
        ('title = "a"\ntitle = "b"', 3, "the front matter is not TOML: Cannot overwrite a value"),
        ('a = 1\ndate = "soon"', 3, "'date' must be a date such as 2024-03-31, not 'soon'"),
        ('title = """\ndate = x\n"""\npriority = "high"', 5, "'priority' must be a whole number, not 'high'"),
        ("[call_to_action]\nurl = 'ftp://x'", 3, "'call_to_action.url' must be an http(s) or mailto address"),
        ("image = { src = 'javascript:x' }", 2, "'image.src' must be a path or an http(s) address"),
        ("[[authors]]\nname = 'A'\n\n[[authors]]\nrole = 'Nurse'", 5, "'authors' has no `name`"),
        (
            "[[authors]]\nname = 'A'\nurl = 'https://example.org'\n[[authors]]\nname = 'B'\nurl = 'x:y'",
            7,
            "'authors.url'",
        ),
        ("[params]\nevergreen = 'maybe'", 3, "'evergreen' must be true or false"),
        ("title = [1, 2]", 2, "'title' must be words, not a list"),
        ('title = "a\\u0000b"', 2, "'title' holds the control character U+0000"),
        ("time = 10:00:00\ntitle = 'x'\nexpires = 10:00:00", 4, "'expires' must be a date"),
    ],
)
def test_wrong_toml_names_field_and_line(toml: str, line: int, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        _read(f"+++\n{toml}\n+++\nText\n")
    assert words in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("json", "line", "words"),
    [
        ('{\n"title": "a"\n"date": "b"\n}', 3, "the front matter is not JSON: Expecting ',' delimiter"),
        ('{\n"title": "a",\n"title": "b"\n}', 1, "the front matter is not JSON: the key 'title' stands there twice"),
        ('{\n"title": "\\"date\\": x",\n"date": "soon"\n}', 3, "'date' must be a date"),
        ('{"authors": [\n{"name": "A"},\n{"role": "Nurse"}\n]}', 3, "'authors' has no `name`"),
        ('{\n"title": "a', 2, "the front matter is not JSON"),
    ],
)
def test_wrong_json_names_field_and_line(json: str, line: int, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        _read(f"{json}\nText\n")
    assert words in str(caught.value)
    assert caught.value.line == line


def test_toml_that_is_not_closed_is_named() -> None:
    with pytest.raises(SourceError, match=r"a\.md, line 1: .* is not closed by a line `\+\+\+`"):
        _read("+++\ntitle = 'a'\n\nText\n")


@pytest.mark.parametrize(
    "text",
    [
        "+++\na" + ".a" * 31_000 + " = 1\n+++\n",
        "+++\n" + '"a b" . ' * 7_000 + "a = 1\n+++\n",
        "+++\nx = " + "[" * 30_000 + "]" * 30_000 + "\n+++\n",
        "+++\nx = " + "{a = " * 9_000 + "1" + "}" * 9_000 + "\n+++\n",
        "+++\nx = " + "9" * 60_000 + "\n+++\n",
        "+++\nx = 0x" + "f" * 60_000 + "\n+++\n",
        "+++\n" + "a" * 70_000 + " = 1\n+++\n",
        '{"x": ' + "[" * 30_000 + "]" * 30_000 + "}\n",
        '{"a": ' * 9_000 + "1" + "}" * 9_000 + "\n",
        '{"x": "' + '\\"' * 50_000 + "\n",
        '{"x": "' + "a" * 100_000 + '"}\n',
    ],
    ids=lambda text: text[:16],
)
def test_toml_and_json_that_would_explode_are_refused(text: str) -> None:
    with pytest.raises(SourceError, match="the front matter"):
        _read(f"{text}Text\n")


def test_many_keys_are_read_though_only_the_first_have_their_line() -> None:
    keys = "\n".join(f"key{number} = 1" for number in range(3_000))
    assert _read(f"+++\ntitle = 'T'\n{keys}\n+++\nText\n").title == "T"


# -- habits


@pytest.mark.parametrize(
    ("yaml", "field", "value"),
    [
        ("published_at: 2024-03-03 10:00:00 +0100", "published", date(2024, 3, 3)),
        ("pubDate: Mar 3 2024", "published", date(2024, 3, 3)),
        ("published: 2024-03-03", "published", date(2024, 3, 3)),
        ("date: 2024-03-03 9:15 PM", "published", date(2024, 3, 3)),
        ("date: 1850-02-03", "published", date(1850, 2, 3)),
        ("last_modified_at: 2024-03-03", "updated", date(2024, 3, 3)),
        ("updated: 2024-03-03", "updated", date(2024, 3, 3)),
        ("modified: 2024-03-03", "updated", date(2024, 3, 3)),
        ("category: Sleep", "categories", ("Sleep",)),
        ("taxonomies: {tags: [a, b]}", "tags", ("a", "b")),
        ("excerpt: Short.", "summary", "Short."),
        ("custom_excerpt: Short.", "summary", "Short."),
        ("canonicalURL: https://example.org/a", "source_url", "https://example.org/a"),
        ("original_url: https://example.org/a", "source_url", "https://example.org/a"),
        ("permalink: https://example.org/a", "source_url", "https://example.org/a"),
        ("permalink: /a/", "source_url", ""),
        ("url: /a/", "source_url", ""),
        ("expiryDate: 2030-01-01", "expires", date(2030, 1, 1)),
        ("publishDate: 2030-01-01", "not_before", date(2030, 1, 1)),
        ("review_by: 2030-01-01", "review_by", date(2030, 1, 1)),
        ("lang: de_AT", "language", "de-AT"),
        ("weight: 5", "priority", 0),
        ("status: published", "status", ArticleStatus.READY),
        ("status: Draft", "status", ArticleStatus.DRAFT),
        ("status: scheduled", "status", ArticleStatus.DRAFT),
        ("status: retired", "status", ArticleStatus.RETIRED),
        ("published: false", "status", ArticleStatus.DRAFT),
        ("published: true", "status", ArticleStatus.READY),
        ("published: true\ndraft: true", "status", ArticleStatus.DRAFT),
        ("priority: 1000000", "priority", 1_000_000),
        ("slug: quiet-mornings-2", "slug", "quiet-mornings-2"),
    ],
)
def test_each_habit_is_understood(yaml: str, field: str, value: object) -> None:
    draft = _yaml(f"title: T\n{yaml}")
    assert getattr(draft, field) == value
    assert not [note for note in draft.notes if "not used" in note]


@pytest.mark.parametrize(
    ("yaml", "hero"),
    [
        ("cover: a.jpg", Hero("a.jpg")),
        ("cover: {image: a.jpg, alt: A lamp, relative: true}", Hero("a.jpg", "A lamp")),
        ("featured_image: /img/a.jpg", Hero("/img/a.jpg")),
        (
            "feature_image: https://example.org/a.jpg\nfeature_image_alt: A lamp",
            Hero("https://example.org/a.jpg", "A lamp"),
        ),
        ("images: [a.jpg, b.jpg]", Hero("a.jpg")),
        ("image: {path: a.jpg, alt: A lamp}", Hero("a.jpg", "A lamp")),
        (
            "header: {overlay_image: a.jpg, caption: Photo by Ann Poe on Unsplash}",
            Hero("a.jpg", "", "Ann Poe", "Unsplash"),
        ),
        ("hero: a.jpg\nthumbnail: small.jpg", Hero("a.jpg")),
        ("thumbnail: small.jpg", Hero("small.jpg")),
        ("image: false\ncover: {image: ''}\nimages: []", None),
        ("image: {alt: A lamp}\ncover: a.jpg", Hero("a.jpg", "A lamp")),
    ],
)
def test_picture_by_every_name(yaml: str, hero: Hero | None) -> None:
    assert _yaml(yaml).hero == hero


def test_what_says_how_a_site_shows_a_page_is_passed_over_in_silence() -> None:
    draft = _yaml(
        "title: T\nlayout: post\ntoc: true\naliases: [/old]\neleventyNavigation: {key: a}\nmood: quiet\nrain: 1"
    )
    assert draft.notes == ("no date found", "no author found", "front matter keys 'mood', 'rain' are not used")


def test_status_that_nobody_knows_is_a_draft_and_said() -> None:
    draft = _yaml("status: seedling")
    assert draft.status is ArticleStatus.DRAFT
    assert "the status 'seedling' is not known; it was taken as a draft" in draft.notes


def test_address_within_the_site_is_left_out_and_said() -> None:
    draft = _yaml("canonical: /blog/a/\nauthor: {name: Jane Doe, url: /team/jane/}")
    assert (draft.source_url, draft.authors) == ("", (Author("Jane Doe"),))
    assert "front matter key 'canonical' is no whole address, and was left out" in draft.notes
    assert "front matter key 'author.url' is no whole address, and was left out" in draft.notes


def test_button_and_author_may_be_written_to() -> None:
    draft = _yaml("call_to_action: {url: 'mailto:a@example.org'}\nauthor: {name: Jane, url: 'mailto:j@example.org'}")
    assert draft.call_to_action == CallToAction(url="mailto:a@example.org")
    assert draft.authors == (Author("Jane", url="mailto:j@example.org"),)


def test_dates_of_an_author_are_read() -> None:
    yaml = "author: {name: Jane, active_from: 2019-01-01, active_until: 2030-01-01, credentials_until: 2029-06-30}"
    days = (date(2019, 1, 1), date(2030, 1, 1), date(2029, 6, 30))
    person = _yaml(yaml).authors[0]
    assert (person.active_from, person.active_until, person.credentials_until) == days


SIGNS = st.sampled_from(
    [*"abc=[]{}.,:'\"#\\-+ \t", "\n", "\n", "'''", '"""', "title", "authors", "[[", "]]", " = ", "\n---\n", "\n+++\n"]
)


@given(st.sampled_from(["---\n", "+++\n", "{\n", '{"']), st.lists(SIGNS, max_size=40).map("".join))
@settings(max_examples=500)
def test_whatever_stands_there_is_read_or_refused(start: str, rest: str) -> None:
    try:
        _read(f"{start}{rest}")
    except SourceError as error:
        assert error.source == "a.md"


@pytest.mark.parametrize(
    ("source", "line", "tags"),
    [
        ("site/_posts/2024-03-03-a.md", "tags: calm evening calm", ("calm", "evening")),
        ("site/_posts/2024-03-03-a.md", "tags: calm evening, tea", ("calm evening", "tea")),
        ("site/_posts/2024-03-03-a.md", "tag: calm evening", ("calm evening",)),
        ("site/_posts/2024-03-03-a.md", "tags: [calm evening]", ("calm evening",)),
        ("content/posts/a.md", "tags: calm evening", ("calm evening",)),
    ],
)
def test_spaces_part_topics_where_jekyll_reads_them_so(source: str, line: str, tags: tuple[str, ...]) -> None:
    assert _read(f"---\ntitle: A\n{line}\n---\nText.\n", source).tags == tags
