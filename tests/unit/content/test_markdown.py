from __future__ import annotations

from datetime import date

import pytest

from newsletter.content.draft import Draft
from newsletter.content.sources import read
from newsletter.errors import SourceError
from newsletter.model import Author, CallToAction, Guess, Hero, Season
from newsletter.states import ArticleStatus

FULL = """---
title: "A Calm Evening: how?"
subtitle: Small steps
date: 2024-03-03T10:00:00+02:00
authors:
  - name: Jane Doe
    credentials: LCSW
    role: Therapist
    practice: Harbour House
    bio: |
      Jane works here.

      She likes tea.
    photo: media/jane.jpg
    url: https://example.org/jane
    email: jane@example.org
  - John Roe, PhD
categories: [Sleep, Rest]
tags: evening, calm
summary: One paragraph.
image:
  src: media/evening.jpg
  alt: A lamp
  credit: Ann Poe
  credit_source: Unsplash
language: no
draft: yes
slug: calm-evening
source_url: https://example.org/calm
seasons: ["11-15..01-06", 03-01..03-31]
not_before: 2024-04-01
expires: 1 May 2030
priority: -3
evergreen: true
call_to_action:
  text: Ready?
  label: Start
  url: https://example.org/start
mood: quiet
---

# A Calm Evening: how?

First *paragraph* with {{ braces }}.

## Second

| a | b |
|---|---|
| 1 | 2 |

~~gone~~ <script>alert(1)</script>
"""


def _read(text: str, source: str = "posts/2024-03-03-my-post.md") -> Draft:
    return read(text.encode(), source)


def test_every_field_of_the_front_matter_is_read() -> None:
    draft = _read(FULL)
    assert draft.title == "A Calm Evening: how?"
    assert (draft.subtitle, draft.summary, draft.slug) == ("Small steps", "One paragraph.", "calm-evening")
    assert draft.published == date(2024, 3, 3)
    assert draft.authors == (
        Author(
            "Jane Doe",
            "LCSW",
            "Therapist",
            "Harbour House",
            "Jane works here.\n\nShe likes tea.",
            "media/jane.jpg",
            "https://example.org/jane",
            "jane@example.org",
        ),
        Author("John Roe", "PhD"),
    )
    assert (draft.categories, draft.tags) == (("Sleep", "Rest"), ("evening", "calm"))
    assert draft.hero == Hero("media/evening.jpg", "A lamp", "Ann Poe", "Unsplash")
    assert (draft.language, draft.status, draft.priority, draft.evergreen) == ("no", ArticleStatus.DRAFT, -3, True)
    assert draft.source_url == "https://example.org/calm"
    assert draft.seasons == (Season((11, 15), (1, 6)), Season((3, 1), (3, 31)))
    assert (draft.not_before, draft.expires) == (date(2024, 4, 1), date(2030, 5, 1))
    assert draft.call_to_action == CallToAction("Ready?", "Start", "https://example.org/start")
    assert draft.notes == ("front matter key 'mood' is not used", "left out: 1 script")


def test_body_is_clean_html_without_the_title() -> None:
    body = _read(FULL).body_html
    assert body.startswith("<p>First <em>paragraph</em> with {{ braces }}.</p>\n<h2>Second</h2>\n<table>")
    assert "<del>gone</del>" in body
    assert "A Calm Evening" not in body
    assert "script" not in body


ENDING = """![The harbour](harbour.jpg)
*Photo by Ana Poe on Unsplash*

Trust is the ground on which two people stand, and it is made of many small moments.

It grows slowly, with every promise that is kept.

## About our therapist Jane Doe

Jane Doe, LPC is a counsellor at Harbour House who works with couples.

Are you ready to rebuild trust?

[Get started](https://example.org/contact)
"""


def test_what_a_site_adds_to_an_article_is_lifted_as_from_a_page() -> None:
    draft = _read(f"---\ntitle: Trust\ndate: 2024-01-01\n---\n{ENDING}")
    assert draft.body_html.startswith("<p>Trust is the ground")
    assert draft.body_html.endswith("every promise that is kept.</p>")
    assert draft.hero == Hero("harbour.jpg", "The harbour", "Ana Poe", "Unsplash")
    assert [(author.name, author.role) for author in draft.authors] == [("Jane Doe", "therapist")]
    assert draft.authors[0].bio.startswith("Jane Doe, LPC is a counsellor")
    assert draft.call_to_action == CallToAction(
        "Are you ready to rebuild trust?", "Get started", "https://example.org/contact"
    )
    assert "no author found" not in draft.notes


def test_nothing_is_lifted_from_a_file_that_comes_in_as_it_is() -> None:
    draft = _read(f"---\ntitle: Trust\nslug: trust\nstatus: ready\n---\n{ENDING}")
    assert "About our therapist" in draft.body_html
    assert "Get started" in draft.body_html
    assert (draft.hero, draft.authors, draft.call_to_action) == (None, (), None)


def test_links_within_the_site_lead_there_where_its_address_is_known() -> None:
    text = "One [two](/b/?utm_source=x) [three](../c) [four](other.md) [five](#part) ![six](six.png)."
    draft = _read(f"---\ntitle: A\ncanonical: https://example.org/posts/a/\n---\n{text}\n")
    assert draft.body_html == (
        '<p>One <a href="https://example.org/b/">two</a> <a href="https://example.org/posts/c">three</a> four five '
        '<img src="six.png" alt="six">.</p>'
    )
    assert "left out: 2 links that lead nowhere" in draft.notes
    assert "<a" not in _read(f"---\ntitle: A\n---\n{text}\n").body_html


def test_title_comes_from_the_first_h1_with_its_line() -> None:
    draft = _read("---\ndate: 2024-01-01\n---\n\nIntro.\n\n# The *real* title\n\nText.\n")
    assert draft.title == "The real title"
    assert draft.guesses == (Guess("title", "The real title", 7),)
    assert draft.body_html == "<p>Intro.</p>\n<p>Text.</p>"


def test_title_comes_from_the_file_name_when_there_is_no_other() -> None:
    draft = _read("Only text.\n")
    assert draft.title == "My post"
    assert draft.guesses == (Guess("title", "My post", None), Guess("published", "2024-03-03", None))
    assert draft.notes == ("no author found",)


def test_h1_that_is_not_the_title_stays_as_h2() -> None:
    assert _read("---\ntitle: One\n---\n# Two\n").body_html == "<h2>Two</h2>"


@pytest.mark.parametrize(
    ("yaml", "authors"),
    [
        ("author: Jane Doe, LCSW", (Author("Jane Doe", "LCSW"),)),
        ("author: Jane Doe and John Roe", (Author("Jane Doe"), Author("John Roe"))),
        ("authors: [Jane Doe, John Roe]", (Author("Jane Doe"), Author("John Roe"))),
        ("author: {name: Jane Doe, bio: Hello.}", (Author("Jane Doe", bio="Hello."),)),
        ("authors: {Jane Doe: {role: Nurse}}", (Author("Jane Doe", role="Nurse"),)),
        ("author: the whole team", (Author("the whole team"),)),
        ("author:", ()),
    ],
)
def test_authors_in_every_form(yaml: str, authors: tuple[Author, ...]) -> None:
    assert _read(f"---\n{yaml}\n---\nText\n").authors == authors


def test_words_that_yaml_would_turn_into_something_else_stay_words() -> None:
    draft = _read("---\ntitle: 12:30\nsubtitle: yes\nsummary: 2024\nlang: NO\n---\nText\n")
    assert (draft.title, draft.subtitle, draft.summary, draft.language) == ("12:30", "yes", "2024", "NO")


def test_picture_written_flat() -> None:
    draft = _read("---\nimage: a.png\nimage_alt: A\nimage_credit: B\nimage_credit_source: C\n---\nText\n")
    assert draft.hero == Hero("a.png", "A", "B", "C")


def test_slug_is_made_fit_with_a_note() -> None:
    draft = _read("---\nslug: Mein Süßer Brief\n---\nText\n")
    assert draft.slug == "mein-susser-brief"
    assert "the slug 'Mein Süßer Brief' was written 'mein-susser-brief'" in draft.notes


@pytest.mark.parametrize("slug", [f"a-{'0' * 500}1", f"a-{'1' * 120}", "a-१२"])
def test_slug_that_no_article_can_have_is_written_anew(slug: str) -> None:
    draft = _read(f"---\nslug: {slug}\n---\nText\n")
    assert len(draft.slug) <= 100 and draft.slug.isascii()
    assert any(note.startswith("the slug ") for note in draft.notes)


def test_longest_slug_stays_with_the_number_that_the_library_gave_it() -> None:
    slug = f"{'a' * 80}-12"
    assert _read(f"---\nslug: {slug}\n---\nText\n").slug == slug


@pytest.mark.parametrize(
    ("yaml", "line", "words"),
    [
        ("title: [a", 2, "the front matter is not YAML"),
        ("title: a\n\tdate: b", 3, "the front matter is not YAML"),
        ("title: a\n- b", 3, "the front matter is not YAML"),
        ("just words", 2, "not YAML with keys"),
        ("title: a\ntitle: b", 3, "'title' stands there twice"),
        ("a: 1\ntitle: [a, b]", 3, "'title' must be words, not a list"),
        ("a: 1\ndate: soon", 3, "'date' must be a date such as 2024-03-31, not 'soon'"),
        ("date: 2024-13-45", 2, "'date' must be a date"),
        ("draft: maybe", 2, "'draft' must be true or false, not 'maybe'"),
        ("priority: high", 2, "'priority' must be a whole number, not 'high'"),
        ("seasons: [winter]", 2, "'seasons' holds no season: a season is written MM-DD..MM-DD"),
        ("tags: {a: b}", 2, "'tags' must be a list or words, not keys with values"),
        ("authors:\n  - name: Jane\n    url: javascript:x", 4, "'authors.url' must be an http(s) address"),
        ("authors:\n  - role: Nurse", 3, "'authors' has no `name`"),
        ("call_to_action: Start", 2, "'call_to_action' must be keys with values, not 'Start'"),
        ("call_to_action:\n  url: ftp://example.org", 3, "'call_to_action.url' must be an http(s) or mailto address"),
        ("image: javascript:x", 2, "'image' must be a path or an http(s) address"),
        ("language: English please", 2, "'language' must be a language such as en or de-AT"),
    ],
)
def test_wrong_front_matter_names_field_and_line(yaml: str, line: int, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        _read(f"---\n{yaml}\n---\nText\n", "a.md")
    assert caught.value.line == line
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"a.md, line {line}: ")


INJECTED = '"Inject\\r\\nBcc:\\u2028 evil@example.org\\v\\N"'
ONE_LINE = "Inject Bcc: evil@example.org"


def test_every_field_that_is_one_line_comes_out_as_one() -> None:
    words = {name: f"{name}: {INJECTED}" for name in ("title", "subtitle", "summary", "name", "credentials")}
    yaml = f"""---
{words["title"]}
{words["subtitle"]}
{words["summary"]}
authors:
  - {words["name"]}
    {words["credentials"]}
    role: {INJECTED}
    practice: {INJECTED}
    email: {INJECTED}
    bio: "One\\r\\nline.\\n\\nAnother\\tline."
  - {INJECTED}
categories: [{INJECTED}]
tags: {INJECTED}
image:
  alt: {INJECTED}
  credit: {INJECTED}
  credit_source: {INJECTED}
call_to_action:
  text: {INJECTED}
  label: {INJECTED}
language: "de\\r\\n"
slug: {INJECTED}
---
Text
"""
    draft = _read(yaml)
    person = Author(ONE_LINE, ONE_LINE, ONE_LINE, ONE_LINE, "One line.\n\nAnother line.", email=ONE_LINE)
    assert (draft.title, draft.subtitle, draft.summary, draft.language) == (ONE_LINE, ONE_LINE, ONE_LINE, "de")
    assert draft.authors == (person, Author(ONE_LINE))
    assert draft.categories == draft.tags == (ONE_LINE,)
    assert draft.hero == Hero("", ONE_LINE, ONE_LINE, ONE_LINE)
    assert draft.call_to_action == CallToAction(ONE_LINE, ONE_LINE)
    assert draft.slug == "inject-bcc-evil-example-org"


@pytest.mark.parametrize(
    ("yaml", "line", "words"),
    [
        ('a: 1\ntitle: "a\\0b"', 3, "'title' holds the control character U+0000"),
        ('title: "a\\x90b"', 2, "'title' holds the control character U+0090"),
        ('title: "a\\ud800b"', 2, "'title' holds half of a surrogate pair, U+D800"),
        ('author: "Jane\\eDoe"', 2, "'author' holds the control character U+001B"),
        ('author:\n  name: Jane\n  bio: "a\\n\\nb\\0"', 4, "'author.bio' holds the control character U+0000"),
        ('tags: [a, "b\\b"]', 2, "'tags' holds the control character U+0008"),
        ('language: "en\\0"', 2, "'language' holds the control character U+0000"),
        ('call_to_action:\n  label: "a\\a"', 3, "'call_to_action.label' holds the control character U+0007"),
        ("title: " + "x" * 301, 2, "'title' has 301 characters; at most 300 are allowed"),
        ("author: " + "x" * 201, 2, "'author' has 201 characters; at most 200 are allowed"),
        ("author: {name: " + "x" * 201 + "}", 2, "'author.name' has 201 characters; at most 200 are allowed"),
        ("tags: a, " + "x" * 101, 2, "'tags' has 101 characters; at most 100 are allowed"),
        ("categories:\n  - a\n  - " + "x" * 101, 4, "'categories' has 101 characters; at most 100 are allowed"),
        ("source_url: https://example.org/" + "x" * 900, 2, "'source_url' has 920 octets; an address has at most 900"),
        ("source_url: https://example.org/a b", 2, "'source_url' must be an http(s) address"),
        ("language: en" + "-abcdefgh" * 4, 2, "'language' must be a language"),
    ],
)
def test_what_fits_into_no_line_is_refused_with_field_and_line(yaml: str, line: int, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        _read(f"---\n{yaml}\n---\nText\n", "a.md")
    assert caught.value.line == line
    assert words in str(caught.value)


def test_title_in_the_body_has_the_same_limit() -> None:
    assert _read(f"# {'x' * 300}\n\nText\n").title == "x" * 300
    with pytest.raises(SourceError, match=r"a\.md, line 3: the title has 301 characters; at most 300 are allowed"):
        _read(f"\n\n# {'x' * 301}\n\nText\n", "a.md")


def test_front_matter_that_is_not_closed_is_named() -> None:
    with pytest.raises(SourceError, match=r"a\.md, line 1: the front matter that opens here is not closed"):
        _read("---\ntitle: a\n\nText\n", "a.md")


def test_empty_lines_above_the_front_matter_count() -> None:
    with pytest.raises(SourceError, match=r"a\.md, line 5: .*'draft'"):
        _read("\n\n---\ntitle: a\ndraft: maybe\n---\nText\n", "a.md")


@pytest.mark.parametrize(
    "yaml",
    [
        "a: &a [x, x]\n" + "\n".join(f"k{n}: &b{n} [{', '.join(['*a'] * 9)}]" for n in range(9)),
        "a: " + "[" * 5_000 + "]" * 5_000,
        "a: " + "x" * 100_000,
    ],
    ids=["aliases", "nesting", "length"],
)
def test_front_matter_that_would_explode_is_refused(yaml: str) -> None:
    with pytest.raises(SourceError, match="the front matter"):
        _read(f"---\n{yaml}\n---\nText\n")


def test_front_matter_makes_any_file_markdown() -> None:
    assert _read("---\ntitle: T\n---\n*a*\n", "a.txt").body_html == "<p><em>a</em></p>"


def test_format_can_be_forced() -> None:
    assert read(b"# T\n\n*a*\n", "a.txt", "markdown").title == "T"
    assert read(b"Title\n\nLong words *a* here.\n", "a.md", "text").body_html == "<p>Long words *a* here.</p>"


def test_unknown_format_is_refused() -> None:
    with pytest.raises(SourceError, match="the format 'docx' is not known; it is one of auto, markdown, text"):
        read(b"x", "a.docx", "docx")


def test_nested_markdown_is_read_as_deep_as_anyone_writes() -> None:
    assert "x" in _read("> " * 60 + "x\n").body_html
    assert "x" in _read("[" * 20_000 + "x\n").body_html


def test_markdown_nested_beyond_reason_is_refused_rather_than_cut_short() -> None:
    with pytest.raises(SourceError, match=r"a\.md, line 3: the Markdown is nested deeper than 99"):
        _read("# T\n\n" + "> " * 5_000 + "x\n", "a.md")


def test_markdown_with_an_empty_body_says_so() -> None:
    assert "no body found" in _read("---\ntitle: T\n---\n").notes


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("_posts/2021-05-06-a-habit.md", "# A habit\n\nWords.", date(2021, 5, 6)),
        ("_posts/2021-05-06-a-habit.md", "---\ndate: 2022-01-02\n---\n# A habit\n\nWords.", date(2022, 1, 2)),
        ("2021-13-06-a-habit.md", "# A habit\n\nWords.", None),
        ("a-habit-2021-05-06.md", "# A habit\n\nWords.", None),
    ],
)
def test_day_in_the_name_of_a_file_is_that_of_its_post(name: str, text: str, day: date | None) -> None:
    assert read(text.encode(), name).published == day


@pytest.mark.parametrize("date_of_file", ["Last Modified", "git Created", "created"])
def test_day_that_eleventy_would_ask_the_file_for_is_left_out(date_of_file: str) -> None:
    draft = _read(f"---\ntitle: One\ndate: {date_of_file}\n---\nText.", "one.md")
    assert draft.published is None
    assert any(repr(date_of_file) in note for note in draft.notes)
