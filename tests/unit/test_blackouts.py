from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.blackouts import Blackout


def day(text: str) -> date:
    return date.fromisoformat(text)


def is_out(blackout: Blackout, text: str) -> bool:
    return blackout.window_of(day(text)) is not None


def test_a_window_may_run_over_new_year() -> None:
    blackout = Blackout.parse(["12-20..01-06"])
    outside = ["2026-12-19", "2027-01-07", "2027-06-01"]
    inside = ["2026-12-20", "2026-12-31", "2027-01-01", "2027-01-06"]
    assert [is_out(blackout, each) for each in outside + inside] == [False] * 3 + [True] * 4
    assert blackout.next_free(day("2026-12-24")) == day("2027-01-07")
    assert blackout.next_free(day("2027-01-02")) == day("2027-01-07")


def test_single_days_and_ranges_of_one_year_are_those_days_alone() -> None:
    blackout = Blackout.parse(["05-01", "2027-05-14", "2027-08-01..2027-08-14"])
    assert all(is_out(blackout, each) for each in ("2026-05-01", "2031-05-01", "2027-05-14", "2027-08-14"))
    assert not any(is_out(blackout, each) for each in ("2026-05-14", "2028-08-05", "2027-08-15"))


def test_windows_that_touch_are_left_together() -> None:
    blackout = Blackout.parse(["12-24..12-31", "01-01..01-06", "2027-01-07"])
    assert blackout.next_free(day("2026-12-24")) == day("2027-01-08")
    assert blackout.next_free(day("2026-12-23")) == day("2026-12-23")


def test_the_leap_day_ends_a_window_in_every_year() -> None:
    blackout = Blackout.parse(["02-20..02-29"])
    assert blackout.next_free(day("2027-02-21")) == day("2027-03-01")
    assert blackout.next_free(day("2028-02-21")) == day("2028-03-01")


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("christmas", "'christmas' is not written MM-DD"),
        ("12-24...12-26", "is not written"),
        ("13-01", "'13-01': there is no such day"),
        ("02-30", "there is no such day"),
        ("2027-02-29", "there is no such day"),
        ("2027-12-24..01-02", "both ends have a year, or neither"),
        ("2027-12-24..2027-01-02", "ends before it begins"),
        ("01-01..12-31", "every day of every year"),
        ("07-01..06-30", "every day of every year"),
    ],
)
def test_what_are_no_days_is_named(entry: str, named: str) -> None:
    with pytest.raises(ValueError, match=named.replace(".", r"\.")):
        Blackout.parse(["05-01", entry])


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(ValueError, match="1001 entries are too many"):
        Blackout.parse([f"{date(2026, 1, 1) + timedelta(days=number)}" for number in range(1001)])


def test_years_without_a_free_day_have_an_end() -> None:
    assert Blackout.parse(["2026-01-01..9999-12-31"]).next_free(day("2026-05-01")) is None


MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda each: f"{each:%m-%d}")


@given(
    st.lists(st.tuples(MONTH_DAYS, MONTH_DAYS).map("..".join), max_size=4), st.dates(date(2020, 1, 1), date(2040, 1, 1))
)
def test_the_next_free_day_is_the_first_one_that_is_free(entries: list[str], start: date) -> None:
    try:
        blackout = Blackout.parse(entries)
    except ValueError:
        return
    expected = start
    while blackout.window_of(expected) is not None:
        expected += timedelta(days=1)
    assert blackout.next_free(start) == expected
