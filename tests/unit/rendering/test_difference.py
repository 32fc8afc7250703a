"""Two plain texts → the paragraphs in which they differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.difference import LONGEST, MOST_SHOWN, Difference, differences


def test_the_same_words_broken_elsewhere_are_no_difference() -> None:
    assert differences("One two\nthree.\n\nFour.", "One\ntwo three.\n \nFour.\n") == []


def test_a_changed_an_added_and_a_lost_paragraph_are_told_in_their_order() -> None:
    before = "Call 5550.\n\nIt stays.\n\nIt goes."
    assert differences(before, "Call 5551.\n\nIt stays.") == [
        Difference("Call 5550.", "Call 5551."),
        Difference("It goes.", ""),
    ]
    assert differences("It stays.", "It stays.\n\nIt comes.") == [Difference("", "It comes.")]


def test_a_long_paragraph_is_shown_from_shortly_before_the_place_that_changed() -> None:
    start = "word " * 100
    (found,) = differences(f"{start}was this {start}", f"{start}is that {start}")
    assert found.before.startswith("… word ") and "was this" in found.before
    assert found.now.startswith("… word ") and "is that" in found.now
    assert found.before.endswith(" …")


def test_what_was_put_behind_a_long_paragraph_is_shown_too() -> None:
    start = "word " * 100
    (found,) = differences(start, f"{start}and more")
    assert found.before != found.now
    assert found.now.endswith("word and more")


@given(st.text(alphabet="ab \n", max_size=400), st.text(alphabet="ab \n", max_size=400))
def test_whatever_the_texts_the_list_is_short_and_empty_only_for_the_same_words(before: str, now: str) -> None:
    found = differences(before, now)
    assert len(found) <= MOST_SHOWN
    assert all(len(each.before) <= LONGEST + 4 and len(each.now) <= LONGEST + 4 for each in found)
    assert all(each.before or each.now for each in found)
    if not found:
        assert before.split() == now.split()


def test_an_address_without_a_space_is_shown_all_the_same() -> None:
    link = "https://example.org/" + "a" * 200
    (found,) = differences(f"{link}1", f"{link}2")
    assert (found.before[-1], found.now[-1]) == ("1", "2")


def test_another_text_is_told_by_its_beginning() -> None:
    before = "Calm\n====\n\nBy Jane Doe\n\nOne.\n\nTwo.\n\nThree.\n\nWrite to us"
    now = "Storm\n=====\n\nBy John Roe\n\nFour.\n\nFive.\n\nSix.\n\nWrite to us"
    assert differences(before, now) == [Difference("Calm", "Storm")]


def test_line_below_a_heading_says_nothing() -> None:
    assert differences("Calm days\n=========\n\nOne.", "Calm day\n========\n\nOne.") == [
        Difference("Calm days", "Calm day")
    ]
