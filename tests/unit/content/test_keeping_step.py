"""What was taken out of a feed, what merely fell off its end, and when to look again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.keeping_step import is_suspicious, parse_every, show_every, taken_out, wait_after

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "now", "gone"),
    [
        ("edcba", "edcba", ""),
        ("edcba", "gfedc", ""),  # two fell off the end
        ("edcba", "edba", "c"),
        ("edcba", "fedcb", ""),
        ("edcba", "dcba", "e"),
        ("edcba", "fbedc", ""),  # b was changed and moved to the front, a fell off
        ("edcba", "zyxwv", ""),  # a new feed altogether, or one that moved on fast
        ("edcba", "", ""),
        ("", "edcba", ""),
        ("edcba", "gfa", "edcb"),
    ],
)
def test_item_is_gone_when_it_is_missing_before_the_end(before: str, now: str, gone: str) -> None:
    assert "".join(taken_out(before, now)) == gone


@given(st.lists(st.integers(), unique=True, max_size=20), st.integers(0, 20), st.integers(1, 20))
def test_feed_that_only_moves_on_loses_nothing(history: list[int], start: int, length: int) -> None:
    keys = [str(key) for key in history]
    before, now = keys[start : start + length], keys[max(0, start - 3) : max(0, start - 3) + length]
    assert taken_out(before, now) == []


@given(st.lists(st.integers(), unique=True, min_size=2, max_size=20), st.data())
def test_every_item_taken_out_before_the_last_is_found(history: list[int], data: st.DataObject) -> None:
    before = [str(key) for key in history]
    removed = data.draw(st.sets(st.sampled_from(before[:-1])))
    assert set(taken_out(before, [key for key in before if key not in removed])) == removed


@pytest.mark.parametrize(
    ("gone", "known", "expected"), [(0, 0, False), (1, 1, False), (2, 5, True), (3, 10, False), (4, 10, True)]
)
def test_more_than_a_third_at_once_is_suspicious(gone: int, known: int, expected: bool) -> None:
    assert is_suspicious(gone, known) is expected


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [wait_after(6 * HOUR, failures) for failures in (0, 1, 2, 3, 1_000_000)]
    assert waits == [6 * HOUR, 12 * HOUR, DAY, DAY, DAY]
    assert wait_after(7 * DAY, 3) == 7 * DAY


@pytest.mark.parametrize(("text", "every"), [("30m", HOUR / 2), ("6h", 6 * HOUR), (" 1D ", DAY), ("30d", 30 * DAY)])
def test_interval_is_read_and_shown(text: str, every: timedelta) -> None:
    assert parse_every(text) == every
    assert show_every(every) == text.strip().lower()


@pytest.mark.parametrize("text", ["", "6", "six hours", "1m", "31d", "-5h", "1.5h", "99999999d", "6 hours"])
def test_other_intervals_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"interval|every"):
        parse_every(text)
