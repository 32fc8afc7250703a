from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.draft import MAX_SLUG, explain_guess, slug_from, title_from_file_name
from newsletter.model import Guess


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Trust & Tools", "trust-tools"),
        ("Don’t Worry: it's fine!", "dont-worry-its-fine"),
        ("Größe, Œuvre, Łódź, Ångström", "grosse-oeuvre-lodz-angstrom"),
        ("2024", "article-2024"),
        ("10 Ways", "10-ways"),
    ],
)
def test_slugs(title: str, slug: str) -> None:
    assert slug_from(title) == slug


def test_title_in_another_script_gets_the_same_name_each_time() -> None:
    assert slug_from("信頼") == slug_from("信頼")
    assert slug_from("信頼") != slug_from("希望")
    assert slug_from("信頼 2024") != slug_from("2024")


def test_long_title_is_cut_at_a_hyphen() -> None:
    slug = slug_from("word " * 40)
    assert len(slug) <= MAX_SLUG
    assert slug.endswith("word")


@given(st.text())
def test_every_slug_is_fit_for_an_address(title: str) -> None:
    slug = slug_from(title)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert re.search("[a-z]", slug)
    assert len(slug) <= MAX_SLUG


def test_title_from_a_file_name() -> None:
    assert title_from_file_name("posts/2024-03-03-calm_evenings-now.md") == "Calm evenings now"
    assert title_from_file_name("C:\\posts\\Tea.txt") == "Tea"
    assert title_from_file_name("2024.txt") == ""


def test_guess_is_one_line_that_names_its_line_when_it_has_one() -> None:
    assert explain_guess(Guess("title", "A Walk", 3)) == "title: A Walk (line 3)"
    assert explain_guess(Guess("title", "Notitle", None)) == "title: Notitle"
    assert explain_guess(Guess("author.bio", "One.\n\nTwo.", 9)) == "author.bio: One. Two. (line 9)"
