"""The same date and time, shown by readers' own clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.model import Occurrence
from newsletter.scheduling.catching_up import CatchUp
from newsletter.scheduling.local_time import FARTHEST, begin_early, first_zone, instant_in, known_zone, lead_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(*wall: int, zone: ZoneInfo = BERLIN) -> Occurrence:
    local = datetime(*wall, tzinfo=zone)  # type: ignore[arg-type, misc]
    return Occurrence(local.astimezone(UTC), local)


def plan(coming: Occurrence | None, due: Occurrence | None = None, wake_at: datetime | None = None) -> CatchUp:
    return CatchUp(due=due, waiting=None, missed=(), skipped=(), has_more_missed=False, next=coming, wake_at=wake_at)


@pytest.mark.parametrize(
    ("zone", "instant"),
    [
        ("Pacific/Kiritimati", datetime(2026, 6, 1, 19, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 6, 2, 3, 30, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 6, 2, 7, tzinfo=UTC)),
        ("America/Denver", datetime(2026, 6, 2, 15, tzinfo=UTC)),
        ("Etc/GMT+12", datetime(2026, 6, 2, 21, tzinfo=UTC)),
    ],
)
def test_nine_is_nine_wherever_the_reader_is(zone: str, instant: datetime) -> None:
    assert instant_in(ZoneInfo(zone), at(2026, 6, 2, 9, 0)) == instant
    assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime(2026, 6, 2, 9)  # noqa: DTZ001


def test_a_time_that_the_readers_clock_skips_is_the_first_minute_after() -> None:
    # In Denver the clock goes from 01:59 to 03:00 on this day, in Berlin three weeks later.
    denver = instant_in(ZoneInfo("America/Denver"), at(2026, 3, 8, 2, 30))
    assert denver == datetime(2026, 3, 8, 9, tzinfo=UTC)


def test_a_time_that_the_readers_clock_shows_twice_is_the_first_one() -> None:
    denver = instant_in(ZoneInfo("America/Denver"), at(2026, 11, 1, 1, 30))
    assert denver == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


def test_zones_that_are_none_fall_back() -> None:
    assert first_zone("", "Mars/Olympus", "Europe/Berlin").key == "Europe/Berlin"
    assert first_zone("America/Denver", "", "Europe/Berlin").key == "America/Denver"
    assert known_zone("../../etc/passwd") is None


def test_nobody_is_early_where_all_live_west() -> None:
    assert lead_of([BERLIN, ZoneInfo("America/Denver")], at(2026, 6, 2, 9, 0)) == timedelta()
    assert lead_of([], at(2026, 6, 2, 9, 0)) == timedelta()


def test_the_farthest_reader_is_a_day_and_two_hours_ahead_of_the_last() -> None:
    last = ZoneInfo("Etc/GMT+12")
    assert lead_of([ZoneInfo("Pacific/Kiritimati")], at(2026, 6, 2, 9, 0, zone=last)) == FARTHEST


def test_an_issue_begins_when_its_first_readers_are_due() -> None:
    coming = at(2026, 6, 2, 9, 0)
    lead = timedelta(hours=12)
    starts = coming.utc - lead
    before = begin_early(plan(coming, wake_at=coming.utc), lambda _: lead, starts - timedelta(seconds=1))
    assert (before.due, before.wake_at) == (None, starts)
    assert begin_early(plan(coming, wake_at=coming.utc), lambda _: lead, starts).due == coming


def test_long_before_it_is_looked_at_again_when_anybody_can_be_due() -> None:
    coming = at(2026, 6, 2, 9, 0)
    seen = begin_early(plan(coming, wake_at=coming.utc), lambda _: timedelta(), coming.utc - timedelta(days=7))
    assert (seen.due, seen.wake_at) == (None, coming.utc - FARTHEST)


def test_a_schedule_without_hours_of_ones_own_stays_as_it_is() -> None:
    coming = at(2026, 6, 2, 9, 0)
    given = plan(coming, wake_at=coming.utc)
    assert begin_early(given, lambda _: None, coming.utc - timedelta(hours=1)) == given
    assert begin_early(plan(None), lambda _: timedelta(hours=9), coming.utc) == plan(None)
