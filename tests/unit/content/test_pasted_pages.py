"""Whole blog pages as a person pastes them, each in pasted/NAME.txt, and what must come out, in pasted/NAME.toml.

`first` and `last` are where the article begins and ends: every line of the page between the two is in the body, once
and in order, but those of `except`; nothing else of the page is.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.content.draft import Draft
from newsletter.content.reading import body_text
from newsletter.content.sources import read
from newsletter.content.sources.text import read_text
from newsletter.errors import SourceError

PASTED = Path(__file__).parent / "pasted"
NAMES = sorted(path.stem for path in PASTED.glob("*.txt"))
_MARK = re.compile(r"(?:[-*+•✅]\s+|#+\s+|\d{1,2}[.)]\s+|---$)")


def _draft(name: str) -> Draft:
    path = PASTED / f"{name}.txt"
    return read(path.read_bytes(), path.name)


def _expected(name: str) -> dict[str, Any]:
    return tomllib.loads((PASTED / f"{name}.toml").read_text(encoding="utf-8"))


def _lines(name: str) -> list[str]:
    return [" ".join(line.split()) for line in (PASTED / f"{name}.txt").read_text(encoding="utf-8").splitlines()]


def _words(lines: list[str]) -> list[str]:
    return " ".join(_MARK.sub("", line, count=1) for line in lines).split()


def _article(name: str) -> list[str]:
    expected = _expected(name)
    lines = _lines(name)
    start = next(number for number, line in enumerate(lines) if line.startswith(expected["first"]))
    end = max(number for number, line in enumerate(lines) if line.endswith(expected["last"]))
    outside = expected.get("except", [])
    assert set(outside) <= set(lines)
    return [line for line in lines[start : end + 1] if line not in outside]


def test_there_are_pages_of_many_sites() -> None:
    assert len(NAMES) >= 30
    assert NAMES == sorted(path.stem for path in PASTED.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_body_is_every_line_of_the_article_once_and_no_other(name: str) -> None:
    assert _words(body_text(_draft(name).body_html).split("\n")) == _words(_article(name))


@pytest.mark.parametrize("name", NAMES)
def test_fields_of_the_page_are_found(name: str) -> None:
    draft, expected = _draft(name), _expected(name)
    hero, call = draft.hero, draft.call_to_action
    found = {
        "title": draft.title,
        "subtitle": draft.subtitle,
        "published": draft.published,
        "categories": list(draft.categories),
        "tags": list(draft.tags),
        "credit": hero.credit if hero else "",
        "credit_source": hero.credit_source if hero else "",
        "call": call.text if call else "",
        "label": call.label if call else "",
    }
    assert found == {field: expected.get(field, _unknown(field)) for field in found}


def _unknown(field: str) -> object:
    return {"published": None, "categories": [], "tags": []}.get(field, "")


@pytest.mark.parametrize("name", NAMES)
def test_authors_of_the_page_are_found(name: str) -> None:
    authors, expected = _draft(name).authors, _expected(name).get("authors", [])
    facts = ("name", "credentials", "role", "practice")
    assert [[getattr(author, fact) for fact in facts] for author in authors] == [
        [person.get(fact, "") for fact in facts] for person in expected
    ]
    for author, person in zip(authors, expected, strict=True):
        assert author.bio.startswith(person.get("bio", "")) and bool(author.bio) == ("bio" in person)


@pytest.mark.parametrize("name", NAMES)
def test_body_has_the_shape_of_the_article(name: str) -> None:
    body, expected = _draft(name).body_html, _expected(name)
    tags = {"headings": "<h[23]>", "paragraphs": "<p>", "items": "<li>", "tables": "<table>"}
    found = {shape: len(re.findall(tag, body)) for shape, tag in tags.items()}
    assert {shape: count for shape, count in found.items() if shape in expected} == {
        shape: count for shape, count in expected.items() if shape in tags
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_the_page_is_in_a_field_or_its_line_was_named(name: str) -> None:
    text = (PASTED / f"{name}.txt").read_text(encoding="utf-8")
    assert _lost(text, _draft(name)) == []


# What pages are made of, so that chance builds pages: furniture, bylines, boxes, calls, sentences, and plain noise.
_PARAGRAPH = "I have walked in the rain for many years, and each time I was glad that somebody had lit the lamp for me."
_KNOWN = """Home|About us|A Walk in the Rain|By Ada Poe, LCSW|March 3, 2024|Sleep, Calm|Key points|- one thing|1. first
2. second|Photo by Bo Li on Unsplash|About the author|Author|Ada Poe is a therapist and lives by the sea.
Ready to talk?|Book Now|Leave a Reply|3 Comments|Related Posts|Share this:|Warmly,|Ada|Subscribe|Email
Sign up for our newsletter|Tags: rain, tea|Posted in Sleep Tagged tea, rain|We use cookies on this website.
© 2024 Elm Practice|Written by|in|12 views|Cold\tTea|Warm\tBread|Previous|Next|Notes:|line one|line two,"""
_LINES = st.sampled_from([_PARAGRAPH, *re.split(r"[|\n]", _KNOWN)])
# Cleaning drops control characters, also from the middle of a word.
_SIGNS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
_PAGES = st.lists(st.one_of(_LINES, st.just(""), _SIGNS), max_size=40).map("\n".join)


@settings(max_examples=300)
@given(_PAGES)
@example(
    "Title\n\nMarch 3, 2024\n\n" + "A sentence of the article that is long enough. " * 3 + "\n\nTags: a\n\nTags: b"
)
def test_any_page_keeps_its_words_or_says_which_lines_it_left_out(text: str) -> None:
    try:
        draft = read_text(text, "pasted.txt")
    except SourceError:
        return
    assert _lost(text, draft) == []


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        draft = read_text(text, "pasted.txt")
    except SourceError as error:
        assert error.line is not None
    else:
        assert draft.title or "no title found" in draft.notes


def _lost(text: str, draft: Draft) -> list[str]:
    """The words of lines that no note names and no field came from, and that stand nowhere in the draft."""
    named = {guess.line for guess in draft.guesses}
    for note in draft.notes:
        found = re.match(r"lines? (\d+)(?: to (\d+))?\b", note)
        if found:
            named |= set(range(int(found[1]), int(found[2] or found[1]) + 1))
    hero, call = draft.hero, draft.call_to_action
    fields = [draft.title, draft.subtitle, body_text(draft.body_html), *draft.categories, *draft.tags]
    fields += [hero.alt, hero.credit, hero.credit_source] if hero else []
    fields += [call.text, call.label] if call else []
    fields += [fact for author in draft.authors for fact in (author.name, author.credentials, author.role)]
    fields += [fact for author in draft.authors for fact in (author.practice, author.bio)]
    kept = set(re.findall(r"[^\W_]+", " ".join(fields)))
    lines = enumerate(_as_read(text).split("\n"), 1)
    return [
        word
        for number, line in lines
        if number not in named
        for word in re.findall(r"[^\W_]+", line)
        if word not in kept
    ]


def _as_read(text: str) -> str:
    """Without the invisible signs inside words."""
    return re.sub("[\u200b\u200c\u2060\ufeff\xad]", "", text)


_LONG_LINE = (
    "I have walked in the rain for many years, and each time I was glad that somebody had lit the lamp for me.\n"
)


@pytest.mark.parametrize(
    "lines",
    [
        "ab\n",
        "Is it?\n",
        "- a\n",
        "1. a\n",
        "March 3, 2024\nAda Poe\n",
        "By Ada Poe, LCSW\n",
        "a\tb\n",
        "Warmly,\nAda\n",
        "Written by\n",
        "Home\n",
        "Related Posts\nA Title\n\n" + _LONG_LINE,
        "About the author\n\nAda Poe is a nurse.\n\n" + _LONG_LINE,
        "Photo by Ada Poe on Unsplash\n\n" + _LONG_LINE,
        "Share\nab\n\n" + _LONG_LINE,
        "a list:\nA b\nC d\nE f\n\n" + _LONG_LINE,
    ],
)
def test_twice_as_many_lines_are_about_twice_the_work(lines: str) -> None:
    assert _calls(lines * 600) < 2.4 * _calls(lines * 300)


def _calls(text: str) -> int:
    """How many functions are called to read a page: work, measured without a clock."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        read_text(text, "pasted.txt")
    finally:
        sys.setprofile(before)
    return count
