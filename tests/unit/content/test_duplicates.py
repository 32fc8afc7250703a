"""Titles, texts and addresses → what finds the same again."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.duplicates import (
    NEARLY_THE_SAME,
    address_spellings,
    are_unrelated,
    likeness,
    likest,
    sketch,
    title_key,
)

TEXT = """Most of us learn early that anger is loud. It took me years to see the quiet kind, which tidies the kitchen at
midnight and answers every question with one word. If you live with somebody like that, begin by naming what you see,
not what you fear it means, and then wait longer than is comfortable."""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hello, World!", "hello world"), ("Trust — again", "Trust: again"), ("Straße", "STRASSE")],
)
def test_title_is_known_by_its_words(one: str, other: str) -> None:
    assert title_key(one) == title_key(other) != ""


def test_same_words_are_the_same_text_whatever_their_signs() -> None:
    assert likeness(TEXT, TEXT.upper().replace(",", " –")) == 1.0
    assert sketch(TEXT) == sketch(TEXT.upper().replace(",", " –"))


@given(st.text())
def test_texts_are_compared_by_their_words_alone(text: str) -> None:
    assert likeness(text, title_key(text)) == 1.0


def test_text_with_a_word_mended_is_nearly_the_same() -> None:
    mended = TEXT.replace("midnight", "noon")
    assert NEARLY_THE_SAME <= likeness(TEXT, mended) < 1.0
    assert len({*sketch(TEXT)} & {*sketch(mended)}) >= 4


def test_other_texts_have_nothing_in_common() -> None:
    assert likeness(TEXT, "Winter tyres are for winter. " * 10) == 0.0
    assert likeness("", "") == 1.0
    assert likeness(TEXT, "") == 0.0


def test_texts_are_unrelated_only_where_there_are_words_enough_to_tell() -> None:
    one, other = (" ".join(f"{name}{number}" for number in range(30)) for name in ("kettle", "harbour"))
    assert are_unrelated(one, other)
    assert not are_unrelated(one, f"{one} and some more")
    assert not are_unrelated(one, "harbour0 harbour1")


def test_text_too_short_to_tell_has_no_sketch() -> None:
    assert sketch("We are closed on Monday.") == ()


def test_sketch_holds_no_text_back() -> None:
    class Text(str):
        __slots__ = ("__weakref__",)

    text = Text(TEXT)
    held = weakref.ref(text)
    sketch(text)
    del text
    gc.collect()
    assert held() is None


def test_half_of_the_marks_that_are_its_own_make_a_text_suspect() -> None:
    twin, cousin, stranger = 7, 8, 9
    holders = {1: [twin, cousin], 2: [twin, cousin], 3: [twin], 4: [stranger]}
    assert likest([1, 2, 3, 4], holders) == [twin, cousin]
    assert likest([3], holders) == [twin]
    assert likest([], holders) == []


def test_same_text_is_suspect_though_all_its_runs_are_common() -> None:
    again = f"{TEXT} {TEXT}"  # hardly a run that is not in the text itself
    own = {*sketch(TEXT)} - {*sketch(again)}
    assert own and likest(own, {one: [7] for one in sketch(TEXT)}) == [7]


def test_same_runs_in_another_order_are_not_the_same_text() -> None:
    assert likeness("a b c d x a b c d y", "a b c d y a b c d x") < 1.0


@given(st.text(), st.text())
def test_likeness_is_a_part_of_one_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) == likeness(other, one) <= 1.0
    assert likeness(one, one) == 1.0
    assert all(0 <= mark < 2**63 for mark in sketch(one))


def test_address_is_known_before_and_after_the_site_moved_to_https() -> None:
    spelled = address_spellings("http://example.org/a#top")
    assert spelled[0] == "http://example.org/a#top"
    assert {"https://example.org/a", "https://example.org/a/", "http://example.org/a/"} < {*spelled}
    assert address_spellings("mailto:a@example.org") == ("mailto:a@example.org",)
