"""Dated examples around clock changes, and a slow reference that asks every minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import Refused
from newsletter.scheduling.recurrence import find_zone, occurrences, occurrences_before
from newsletter.scheduling.walls import check_cron, in_english


def local(cron: str, zone: str, after: str, count: int) -> list[str]:
    """The wall clock of the next occurrences, offset included; `after` is UTC."""
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = occurrences(cron, ZoneInfo(zone), start, count=count)
    return [one.local.isoformat(" ", "minutes") for one in found]


def test_weekly_in_berlin_keeps_its_wall_clock_over_the_spring_change() -> None:
    assert local("0 9 * * 2", "Europe/Berlin", "2026-03-20", 3) == [
        "2026-03-24 09:00+01:00",
        "2026-03-31 09:00+02:00",
        "2026-04-07 09:00+02:00",
    ]


def test_utc_stands_beside_the_wall_clock() -> None:
    (one,) = occurrences("0 9 * * 2", ZoneInfo("Europe/Berlin"), datetime(2026, 3, 30, tzinfo=UTC), count=1)
    assert one.utc == datetime(2026, 3, 31, 7, tzinfo=UTC)
    assert one.utc.tzinfo is UTC
    assert one.local == one.utc
    assert str(one.local.tzinfo) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "cron", "after", "expected"),
    [
        (  # 02:00 → 03:00
            "Europe/Berlin",
            "30 2 * * *",
            "2026-03-27T12:00",
            ["2026-03-28 02:30+01:00", "2026-03-29 03:00+02:00", "2026-03-30 02:30+02:00"],
        ),
        (
            "America/New_York",
            "30 2 * * *",
            "2026-03-07T12:00",
            ["2026-03-08 03:00-04:00", "2026-03-09 02:30-04:00"],
        ),
        (  # half an hour: 02:00 → 02:30
            "Australia/Lord_Howe",
            "15 2 * * *",
            "2026-10-02T18:00",
            ["2026-10-04 02:30+11:00", "2026-10-05 02:15+11:00"],
        ),
        (  # Ramadan ends: 02:00 → 03:00
            "Africa/Casablanca",
            "15 2 * * *",
            "2026-03-21T12:00",
            ["2026-03-22 03:00+01:00", "2026-03-23 02:15+01:00"],
        ),
        (  # at midnight: 00:00 → 01:00
            "Africa/Cairo",
            "0 0 * * *",
            "2026-04-22T12:00",
            ["2026-04-23 00:00+02:00", "2026-04-24 01:00+03:00", "2026-04-25 00:00+03:00"],
        ),
        (  # the 30th never was: the day ends at 24:00 of the 29th
            "Pacific/Apia",
            "0 9 * * *",
            "2011-12-29T00:00",
            [
                "2011-12-29 09:00-10:00",
                "2011-12-31 00:00+14:00",
                "2011-12-31 09:00+14:00",
                "2012-01-01 09:00+14:00",
            ],
        ),
    ],
)
def test_skipped_time_means_the_first_minute_after_the_gap(
    zone: str, cron: str, after: str, expected: list[str]
) -> None:
    assert local(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("zone", "cron", "day", "first", "then"),
    [
        ("Europe/Berlin", "30 2 * * *", "2026-10-25", "02:30+02:00", "02:30+01:00"),
        ("America/New_York", "30 1 * * *", "2026-11-01", "01:30-04:00", "01:30-05:00"),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-05", "01:45+11:00", "01:45+10:30"),
        ("Africa/Casablanca", "30 2 * * *", "2026-02-15", "02:30+01:00", "02:30+00:00"),
        ("Europe/Dublin", "30 1 * * *", "2026-10-25", "01:30+01:00", "01:30+00:00"),
    ],
)
def test_time_shown_twice_happens_once_at_its_first_showing(
    zone: str, cron: str, day: str, first: str, then: str
) -> None:
    change = date.fromisoformat(day)
    noon_before = f"{change - timedelta(days=1)}T12:00"
    assert local(cron, zone, noon_before, 2) == [f"{change} {first}", f"{change + timedelta(days=1)} {then}"]


def test_between_the_two_showings_the_next_one_is_tomorrow() -> None:
    # 00:45 UTC is 02:45 summer time; at 01:15 UTC the clock shows 02:15 for the second time.
    assert local("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", 1) == ["2026-10-26 02:30+01:00"]
    assert local("30 2 * * *", "Europe/Berlin", "2026-10-25T01:15", 1) == ["2026-10-26 02:30+01:00"]


def test_hourly_loses_the_repeated_hour_and_not_the_skipped_one() -> None:
    assert local("0 * * * *", "Europe/Berlin", "2026-03-28T23:30", 3) == [
        "2026-03-29 01:00+01:00",
        "2026-03-29 03:00+02:00",
        "2026-03-29 04:00+02:00",
    ]
    assert local("0 * * * *", "Europe/Berlin", "2026-10-24T23:30", 3) == [
        "2026-10-25 02:00+02:00",
        "2026-10-25 03:00+01:00",
        "2026-10-25 04:00+01:00",
    ]


def test_everything_in_a_gap_is_one_occurrence() -> None:
    assert local("0,15,30,45 2 * * *", "Europe/Berlin", "2026-03-29T00:00", 2) == [
        "2026-03-29 03:00+02:00",
        "2026-03-30 02:00+02:00",
    ]
    assert local("0 * * * *", "Pacific/Apia", "2011-12-30T08:30", 3) == [
        "2011-12-29 23:00-10:00",
        "2011-12-31 00:00+14:00",
        "2011-12-31 01:00+14:00",
    ]


def test_after_is_exclusive_and_until_inclusive() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 31, 7, tzinfo=UTC)
    second = first + timedelta(weeks=1)
    assert [one.utc for one in occurrences("0 9 * * 2", berlin, first, until=second)] == [second]
    just_before = first - timedelta(microseconds=1)
    assert [one.utc for one in occurrences("0 9 * * 2", berlin, just_before, until=first)] == [first]
    assert list(occurrences("0 9 * * 2", berlin, first, count=0)) == []


def test_calendar_ends_without_an_error() -> None:
    at_the_end = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    for zone in ("Europe/Berlin", "America/New_York"):
        assert list(occurrences("0 9 * * *", ZoneInfo(zone), at_the_end)) == []
    assert len(list(occurrences("0 9 1 * *", ZoneInfo("Europe/Berlin"), datetime(9999, 1, 2, tzinfo=UTC)))) == 11


def test_leap_day_comes_every_four_years() -> None:
    assert local("0 9 29 2 *", "UTC", "2025-01-01", 2) == ["2028-02-29 09:00+00:00", "2032-02-29 09:00+00:00"]


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Europe/Dublin",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Havana",
    "UTC",
]
CRONS = [
    "*/5 * * * *",
    "0 * * * *",
    "30 2 * * *",
    "15 0-3 * * *",
    "*/20 1,2 * * *",
    "0 0 * * *",
    "59 23 * * *",
]
# Days around which these clocks change.
CHANGES = [
    date(2011, 12, 30),
    date(2026, 2, 15),
    date(2026, 3, 8),
    date(2026, 3, 22),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 4, 24),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
]


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def wanted(cron: str, at: datetime) -> bool:
    """A reading of the few forms in CRONS that shares no code with cronsim."""
    minutes, hours, *_ = cron.split()
    return _matches(minutes, at.minute) and _matches(hours, at.hour)


def _matches(field: str, value: int) -> bool:
    if field == "*":
        return True
    if field.startswith("*/"):
        return value % int(field[2:]) == 0
    first, _, last = field.partition("-")
    return int(first) <= value <= int(last) if last else value in map(int, field.split(","))


def minute_by_minute(cron: str, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Each instant at which the clock reaches, or jumps over, a wanted time it has not shown before."""
    highest = wall(start - timedelta(days=2), zone)
    at = start - timedelta(days=2)
    while at <= end:
        now = wall(at, zone)
        if now > highest:
            times = (highest + timedelta(minutes=n) for n in range(1, int((now - highest).total_seconds()) // 60 + 1))
            if any(wanted(cron, time) for time in times) and at > start:
                yield at
            highest = now
        at += timedelta(minutes=1)


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    cron=st.sampled_from(CRONS),
    day=st.sampled_from(CHANGES),
    offset=st.integers(-2 * 24 * 60, 12 * 60),
)
def test_none_is_lost_or_doubled_against_asking_every_minute(zone: ZoneInfo, cron: str, day: date, offset: int) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=offset)
    end = start + timedelta(days=2)
    found = list(occurrences(cron, zone, start, until=end))
    assert [one.utc for one in found] == list(minute_by_minute(cron, zone, start, end))
    assert all(one.utc < other.utc for one, other in pairwise(found))
    walls = [one.local.replace(tzinfo=None) for one in found]
    assert len(set(walls)) == len(walls)


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    cron=st.sampled_from(CRONS),
    day=st.sampled_from(CHANGES),
    offset=st.integers(-24 * 60, 24 * 60),
    seconds=st.integers(0, 59),
)
def test_backwards_finds_the_same_as_forwards(zone: ZoneInfo, cron: str, day: date, offset: int, seconds: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=offset, seconds=seconds)
    since = at - timedelta(days=2)
    forwards = list(occurrences(cron, zone, since, until=at))
    assert list(occurrences_before(cron, zone, at, since)) == forwards[::-1]


def before(cron: str, at: str, count: int) -> list[str]:
    """The wall clock in Berlin of the latest occurrences; `at` is UTC."""
    end = datetime.fromisoformat(at).replace(tzinfo=UTC)
    found = occurrences_before(cron, ZoneInfo("Europe/Berlin"), end, end - timedelta(days=3))
    return [one.local.isoformat(" ", "minutes") for one in islice(found, count)]


def test_backwards_finds_a_first_showing_while_the_second_is_still_to_come() -> None:
    # The clock shows 02:15 for the second time; 02:30 was at its first showing.
    assert before("30 2 * * *", "2026-10-25T01:15", 1) == ["2026-10-25 02:30+02:00"]
    assert before("30 2 * * *", "2026-10-25T00:29", 1) == ["2026-10-24 02:30+02:00"]


def test_backwards_everything_in_a_gap_is_one_occurrence() -> None:
    assert before("0,15,30 2,3 * * *", "2026-03-29T01:20", 3) == [
        "2026-03-29 03:15+02:00",
        "2026-03-29 03:00+02:00",
        "2026-03-28 03:30+01:00",
    ]


def test_backwards_includes_the_instant_itself() -> None:
    assert before("30 2 * * *", "2026-03-28T01:30", 1) == ["2026-03-28 02:30+01:00"]
    assert before("30 2 * * *", "2026-03-28T01:29:59", 1) == ["2026-03-27 02:30+01:00"]


@pytest.mark.parametrize(
    ("cron", "named"),
    [
        ("61 * * * *", "'61' cannot be the minute"),
        ("* 24 * * *", "'24' cannot be the hour"),
        ("* * 0 * *", "'0' cannot be the day-of-month"),
        ("* * * 13 *", "'13' cannot be the month"),
        ("* * * * FUN", "'FUN' cannot be the day-of-week"),
        ("*/0 * * * *", "'*/0' cannot be the minute"),
        ("9" * 150 + " * * * *", "cannot be the minute"),
        ("@daily", "five fields"),
        ("@reboot", "five fields"),
        ("0 0 9 * * 2", "five fields"),
        ("", "five fields"),
        ("1," * 5000 + "1 * * * *", "too long"),
        ("0 9 30 2 *", "never comes"),
        ("0 9 31 2,4,6,9,11 *", "never comes"),
        ("0 9 */31 * 1#5", "never comes"),
    ],
)
def test_what_is_no_cron_is_refused_by_field(cron: str, named: str) -> None:
    with pytest.raises(Refused, match=named.replace("*", r"\*")):
        check_cron(cron)


def test_cron_is_tidied_and_said_in_english() -> None:
    assert check_cron("  0  9 * *   tue ") == "0 9 * * TUE"
    assert in_english("0 9 * * TUE") == "At 09:00 on Tuesday"
    assert in_english("0 9 31 * *") == "At 09:00 on the 31st day of every month"
    assert in_english("0 9 22 * *") == "At 09:00 on the 22nd day of every month"
    assert in_english("0 9 11 * *") == "At 09:00 on the 11th day of every month"


@settings(max_examples=200)
@given(st.lists(st.text("0123456789*/-,#LW", min_size=1, max_size=6), min_size=5, max_size=5).map(" ".join))
def test_any_cron_is_refused_or_has_english_and_a_next_occurrence(cron: str) -> None:
    try:
        checked = check_cron(cron)
    except Refused:
        return
    assert in_english(checked)
    assert list(occurrences(checked, ZoneInfo("Europe/Berlin"), datetime(2026, 1, 1, tzinfo=UTC), count=1))


def test_unknown_zone_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(Refused, match="no time zone 'berlin'; did you mean Europe/Berlin"):
        find_zone("berlin")
    with pytest.raises(Refused, match="Europe/Lisbon"):
        find_zone("Europe/Lisbonn")
    for name in ("", "Mars/Olympus Mons", "../etc/passwd", "/etc/passwd", "a\0b", "Europe"):
        with pytest.raises(Refused, match="there is no time zone"):
            find_zone(name)
    assert find_zone("Europe/Berlin").key == "Europe/Berlin"


FORTNIGHTLY = "every 2 weeks from 2026-04-03: 0 9 * * 1,5"


def test_every_second_week_is_counted_from_its_first_day() -> None:
    assert local(FORTNIGHTLY, "Europe/Berlin", "2020-01-01", 4) == [
        "2026-04-03 09:00+02:00",  # a Friday: the Monday of its week lies before the beginning
        "2026-04-13 09:00+02:00",
        "2026-04-17 09:00+02:00",
        "2026-04-27 09:00+02:00",
    ]
    assert local(FORTNIGHTLY, "Europe/Berlin", "2026-04-17T07:00", 1) == ["2026-04-27 09:00+02:00"]
    assert local(FORTNIGHTLY, "Europe/Berlin", "2026-10-19", 3) == [
        "2026-10-26 09:00+01:00",
        "2026-10-30 09:00+01:00",
        "2026-11-09 09:00+01:00",
    ]


def test_every_third_day_is_counted_from_its_first_day() -> None:
    every_third = "every 3 days from 2026-03-27: 0 9,17 * * *"
    assert local(every_third, "Europe/Berlin", "2020-01-01", 4) == [
        "2026-03-27 09:00+01:00",
        "2026-03-27 17:00+01:00",
        "2026-03-30 09:00+02:00",
        "2026-03-30 17:00+02:00",
    ]
    assert local(every_third, "Europe/Berlin", "2026-10-22", 2) == ["2026-10-23 09:00+02:00", "2026-10-23 17:00+02:00"]
    assert local(every_third, "Europe/Berlin", "2026-10-24", 1) == ["2026-10-26 09:00+01:00"]


def test_first_weekday_of_a_month_is_no_saturday_and_no_sunday() -> None:
    # 1 August 2026 is a Saturday, 1 November a Sunday.
    assert local("0 9 FW * *", "UTC", "2026-07-20", 4) == [
        "2026-08-03 09:00+00:00",
        "2026-09-01 09:00+00:00",
        "2026-10-01 09:00+00:00",
        "2026-11-02 09:00+00:00",
    ]
    assert local("0 9 FW 2,8 *", "UTC", "2026-07-20", 2) == ["2026-08-03 09:00+00:00", "2027-02-01 09:00+00:00"]


def test_several_together_come_in_order_and_each_time_once() -> None:
    together = "0 9 * * 1; 0 9,17 * * 1-5; every 3 days from 2026-03-30: 0 9 * * *"
    assert local(together, "Europe/Berlin", "2026-03-29T12:00", 4) == [
        "2026-03-30 09:00+02:00",
        "2026-03-30 17:00+02:00",
        "2026-03-31 09:00+02:00",
        "2026-03-31 17:00+02:00",
    ]


def test_single_times_come_once_each() -> None:
    times = "on 2026-03-29T02:30, 2026-03-29T03:00, 2026-10-25T02:30"
    assert local(times, "Europe/Berlin", "2026-01-01", 9) == ["2026-03-29 03:00+02:00", "2026-10-25 02:30+02:00"]
    assert local(times, "Europe/Berlin", "2026-10-25T00:30", 9) == []


@settings(max_examples=60)
@given(
    recurrence=st.sampled_from(
        [
            FORTNIGHTLY,
            "every 3 weeks from 2026-03-22: 30 2 * * 0",
            "every 1 weeks from 2026-03-30: 0 0 * * 1-5",
            "every 3 days from 2026-03-02: 30 2,9 * * *",
            "every 1 days from 2026-03-30: 30 2 * * *",
            "0 9 FW * *",
            "0 9 * * 1; 30 2 * * *; every 2 weeks from 2026-03-22: 0 3 * * 0; 0 3 FW * *",
            "on 2026-03-29T02:30, 2026-04-03T09:00, 2026-10-25T02:30, 2026-10-25T03:00",
        ]
    ),
    start=st.datetimes(datetime(2026, 2, 1), datetime(2026, 11, 30)),  # noqa: DTZ001 (given a zone below)
    days=st.integers(0, 200),
)
def test_backwards_finds_the_same_as_forwards_of_other_recurrences(recurrence: str, start: datetime, days: int) -> None:
    since = start.replace(tzinfo=UTC)
    until = since + timedelta(days=days)
    berlin = ZoneInfo("Europe/Berlin")
    forwards = list(occurrences(recurrence, berlin, since, until=until))
    assert list(occurrences_before(recurrence, berlin, until, since)) == forwards[::-1]
    assert len({one.utc for one in forwards}) == len(forwards)
