"""Days without an issue: what goes, what moves, and that looking ahead and looking back never differ."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.blackouts import Blackout
from newsletter.scheduling.calendar import Calendar
from newsletter.scheduling.recurrence import occurrences

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def calendar(recurrence: str, *blackout: str, shifts: bool = False, zone: ZoneInfo = BERLIN) -> Calendar:
    return Calendar(recurrence, zone, Blackout.parse(blackout), shifts)


def coming(of: Calendar, after: str, count: int) -> list[str]:
    return [each.wall for each in islice(of.coming(at(after)), count)]


def past(of: Calendar, now: str, since: str) -> list[tuple[str, str]]:
    return [(each.wall, why) for each, why in of.past(at(now), at(since))]


def test_what_falls_on_a_day_without_an_issue_is_left_out() -> None:
    tuesdays = calendar("0 9 * * 2", "12-20..01-06")
    assert coming(tuesdays, "2026-12-10", 3) == ["2026-12-15T09:00", "2027-01-12T09:00", "2027-01-19T09:00"]
    assert coming(tuesdays, "2026-12-25", 1) == ["2027-01-12T09:00"]
    assert past(tuesdays, "2027-01-12T09:00", "2026-12-15T09:00") == [
        ("2027-01-12T09:00", ""),
        ("2027-01-05T09:00", "blackout 12-20..01-06"),
        ("2026-12-29T09:00", "blackout 12-20..01-06"),
        ("2026-12-22T09:00", "blackout 12-20..01-06"),
    ]


def test_one_that_moves_goes_on_the_next_free_day_at_its_local_time() -> None:
    tuesdays = calendar("0 9 * * 2", "2026-03-31", shifts=True)
    assert coming(tuesdays, "2026-03-25", 3) == ["2026-04-01T09:00", "2026-04-07T09:00", "2026-04-14T09:00"]
    for after in ("2026-03-31T09:00", "2026-03-31T23:00", "2026-04-01T08:59"):
        assert coming(tuesdays, after, 1) == ["2026-04-01T09:00"], after
    assert coming(tuesdays, "2026-04-01T09:00", 1) == ["2026-04-07T09:00"]
    assert past(tuesdays, "2026-04-01T09:00", "2026-03-24T09:00") == [
        ("2026-04-01T09:00", ""),
        ("2026-03-31T09:00", "blackout 2026-03-31: moved to 2026-04-01 09:00"),
    ]
    assert past(tuesdays, "2026-04-01T10:00", "2026-03-31T09:00") == [("2026-04-01T09:00", "")]
    assert past(tuesdays, "2026-04-01T10:00", "2026-04-01T09:00") == []


def test_several_that_would_move_to_one_day_are_one() -> None:
    tuesdays = calendar("0 9 * * 2", "12-20..01-06", shifts=True)
    assert coming(tuesdays, "2026-12-16", 2) == ["2027-01-07T09:00", "2027-01-12T09:00"]
    assert past(tuesdays, "2027-01-08", "2026-12-16") == [
        ("2027-01-07T09:00", ""),
        ("2027-01-05T09:00", "blackout 12-20..01-06: moved to 2027-01-07 09:00"),
        ("2026-12-29T09:00", "blackout 12-20..01-06"),
        ("2026-12-22T09:00", "blackout 12-20..01-06"),
    ]


def test_none_moves_to_a_day_that_has_an_issue_anyway() -> None:
    daily = calendar("0 9 * * *", "2026-03-31..2026-04-02", shifts=True)
    assert coming(daily, "2026-03-30T08:00", 3) == ["2026-03-30T09:00", "2026-04-03T09:00", "2026-04-04T09:00"]
    twice = calendar("0 9 * * 2,3", "2026-03-31", shifts=True)
    assert coming(twice, "2026-03-30", 2) == ["2026-04-01T09:00", "2026-04-07T09:00"]


def test_a_time_that_the_free_day_skips_is_the_first_minute_after() -> None:
    night = calendar("30 2 * * 6", "2026-03-28", shifts=True)
    (moved,) = islice(night.coming(at("2026-03-27")), 1)
    assert moved.local.isoformat() == "2026-03-29T03:00:00+02:00"


def test_the_last_single_date_moves_too() -> None:
    dates = calendar("on 2026-12-24T09:00, 2026-12-26T09:00", "12-24..12-26", shifts=True)
    assert coming(dates, "2026-12-01", 5) == ["2026-12-27T09:00"]
    assert coming(calendar("on 2026-12-24T09:00", "12-24"), "2026-12-01", 5) == []


def test_a_schedule_whose_days_are_all_left_out_has_an_end() -> None:
    assert coming(calendar("0 9 24 12 *", "12-20..01-06"), "2026-12-01", 5) == []
    assert coming(calendar("* * * * *", "2026-01-01..9999-12-31"), "2026-12-01", 5) == []


def test_a_year_without_an_issue_every_minute_is_passed_over_at_once() -> None:
    minutes = calendar("* * * * *", "2026-01-01..2026-12-30", shifts=True)
    assert coming(minutes, "2026-01-01", 2) == ["2026-12-31T00:00", "2026-12-31T00:01"]


ENTRIES = st.sampled_from(
    ["2026-03-29", "2026-03-30..2026-04-06", "04-07", "04-01..04-03", "03-25..03-31", "2026-04-05", "04-12..04-20"]
)
RECURRENCES = st.sampled_from(
    [
        *("0 9 * * 2", "30 2 * * *", "0 8 * * 1,4", "0 */6 * * *", "0 9 1,15 * *", "15 14 L * *"),
        *("every 2 weeks from 2026-03-24: 0 9 * * 2,5", "on 2026-03-30T09:00, 2026-04-07T10:00, 2026-04-30T08:00"),
    ]
)
START = date(2026, 3, 20)
DAYS = 45


def by_hand(recurrence: str, blackout: Blackout, shifts: bool) -> list[str]:
    """What goes in the 45 days, day by day."""
    begin = datetime.combine(START, time(), BERLIN)
    raw = [each.wall for each in occurrences(recurrence, BERLIN, begin, until=begin + timedelta(days=3 * DAYS))]
    found: list[str] = []
    waiting: str | None = None
    for number in range(DAYS):
        day = START + timedelta(days=number)
        own = [wall for wall in raw if wall.startswith(f"{day}")]
        if blackout.window_of(day) is not None:
            waiting = own[-1] if own and shifts else waiting
            continue
        if waiting is not None and not own:
            wall = datetime.combine(day, time.fromisoformat(waiting[11:]), BERLIN)
            found.append(wall.strftime("%Y-%m-%dT%H:%M"))
        waiting = None
        found += own
    # 02:30 moved into the gap is shown at 03:00.
    return ["2026-03-29T03:00" if wall == "2026-03-29T02:30" else wall for wall in found]


@settings(max_examples=150)
@given(RECURRENCES, st.lists(ENTRIES, max_size=3, unique=True), st.booleans())
def test_it_agrees_with_going_through_the_days(recurrence: str, entries: list[str], shifts: bool) -> None:
    of = calendar(recurrence, *entries, shifts=shifts)
    begin = datetime.combine(START, time(), BERLIN)
    end = begin + timedelta(days=DAYS)
    found = [each.wall for each in takewhile(lambda each: each.utc < end, of.coming(begin))]
    assert found == by_hand(recurrence, of.blackout, shifts)


@settings(max_examples=150)
@given(
    RECURRENCES,
    st.lists(ENTRIES, max_size=3, unique=True),
    st.booleans(),
    st.integers(0, DAYS * 24 * 60),
    st.integers(0, DAYS * 24 * 60),
)
def test_looking_back_finds_what_looking_ahead_had_found(
    recurrence: str, entries: list[str], shifts: bool, one: int, other: int
) -> None:
    of = calendar(recurrence, *entries, shifts=shifts)
    begin = datetime.combine(START, time(), BERLIN)
    since, now = (begin + timedelta(minutes=minutes) for minutes in sorted((one, other)))
    ahead = [each.utc for each in takewhile(lambda each: each.utc <= now, of.coming(since))]
    back = list(of.past(now, since))
    assert [each.utc for each, why in reversed(back) if not why] == ahead
    raw = {each.utc for each in occurrences(recurrence, BERLIN, since, until=now)}
    assert raw <= {each.utc for each, _ in back}, "what does not go is told, too"
    assert all(each.utc > earlier.utc for (each, _), (earlier, _) in pairwise(back))
