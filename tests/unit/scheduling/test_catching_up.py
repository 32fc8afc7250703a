from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model import Occurrence, Schedule
from newsletter.options import Options
from newsletter.scheduling.calendar import calendar_of
from newsletter.scheduling.catching_up import MISSED_KEPT, ON_TIME, CatchUp, Handled, catch_up
from newsletter.scheduling.recurrence import occurrences

BERLIN = ZoneInfo("Europe/Berlin")
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def look(
    cron: str,
    now: datetime,
    handled_until: datetime | None = None,
    grace_minutes: int = 240,
    created: datetime = CREATED,
    ahead: frozenset[str] = frozenset(),
    **options: Any,
) -> CatchUp:
    schedule = Schedule(
        "weekly",
        1,
        "readers",
        cron,
        "Europe/Berlin",
        options=Options(**options),
        grace_minutes=grace_minutes,
        created=created,
    )
    return catch_up(schedule, calendar_of(schedule), Handled(handled_until, ahead), now, BERLIN)


def days(found: Iterable[Occurrence]) -> list[str]:
    return [one.local.strftime("%m-%d %H:%M") for one in found]


def test_on_time_at_night_is_due_whatever_the_hour() -> None:
    now = berlin("2026-03-03T03:00")
    found = look("0 3 * * *", now, berlin("2026-03-02T03:00"))
    assert found.due is not None and found.due.utc == now
    assert (found.waiting, found.missed) == (None, ())
    assert look("0 3 * * *", now + ON_TIME, berlin("2026-03-02T03:00")).due == found.due


def test_before_its_time_nothing_is_due() -> None:
    found = look("0 9 * * *", berlin("2026-03-03T08:59"), berlin("2026-03-02T09:00"))
    assert (found.due, found.waiting, found.missed) == (None, None, ())
    assert found.next is not None and found.next.utc == berlin("2026-03-03T09:00") == found.wake_at


def test_handled_one_is_not_due_again() -> None:
    now = berlin("2026-03-03T09:00:30")
    assert look("0 9 * * *", now, berlin("2026-03-03T09:00")).due is None


def test_late_within_grace_by_day_is_due_and_older_ones_are_missed() -> None:
    found = look("0 9 * * *", berlin("2026-03-05T12:59"), berlin("2026-03-02T09:00"))
    assert found.due is not None and days([found.due]) == ["03-05 09:00"]
    assert days(found.missed) == ["03-03 09:00", "03-04 09:00"]
    assert found.has_more_missed is False


def test_late_at_the_very_end_of_grace_is_due_and_a_second_later_missed() -> None:
    assert look("0 9 * * *", berlin("2026-03-03T13:00"), berlin("2026-03-02T09:00")).due is not None
    found = look("0 9 * * *", berlin("2026-03-03T13:00:01"), berlin("2026-03-02T09:00"))
    assert found.due is None
    assert days(found.missed) == ["03-03 09:00"]


def test_late_in_the_evening_is_missed_when_the_morning_is_out_of_grace() -> None:
    found = look("0 18 * * *", berlin("2026-03-03T20:00"), berlin("2026-03-02T18:00"))
    assert (found.due, found.waiting) == (None, None)
    assert days(found.missed) == ["03-03 18:00"]
    assert look("0 18 * * *", berlin("2026-03-03T19:59:59"), berlin("2026-03-02T18:00")).due is not None


def test_late_in_the_small_hours_waits_for_the_morning() -> None:
    found = look("0 4 * * *", berlin("2026-03-03T05:00"), berlin("2026-03-01T04:00"))
    assert found.due is None
    assert found.waiting is not None and days([found.waiting]) == ["03-03 04:00"]
    assert days(found.missed) == ["03-02 04:00"]
    assert found.wake_at == berlin("2026-03-03T07:00")
    assert look("0 4 * * *", berlin("2026-03-03T07:00"), berlin("2026-03-02T04:00")).due == found.waiting


def test_grace_is_real_time_and_the_hours_are_wall_time_over_a_clock_change() -> None:
    # 02:30 is skipped: it comes at 03:00 summer time, four hours before seven.
    spring = look("30 2 * * *", berlin("2026-03-29T03:30"), berlin("2026-03-28T02:30"))
    assert spring.waiting is not None and spring.wake_at == berlin("2026-03-29T07:00")
    assert look("30 2 * * *", berlin("2026-03-29T07:00"), berlin("2026-03-28T02:30")).due == spring.waiting
    # 02:30 is shown twice: five and a half hours lie between its first showing and seven.
    autumn = look("30 2 * * *", berlin("2026-10-25T04:00"), berlin("2026-10-24T02:30"))
    assert (autumn.due, autumn.waiting, days(autumn.missed)) == (None, None, ["10-25 02:30"])
    waits = look("30 2 * * *", berlin("2026-10-25T04:00"), berlin("2026-10-24T02:30"), grace_minutes=330)
    assert waits.waiting is not None and waits.wake_at == berlin("2026-10-25T07:00")


def test_late_in_the_evening_waits_for_tomorrow_when_grace_is_long() -> None:
    found = look("0 18 * * *", berlin("2026-03-03T22:00"), berlin("2026-03-02T18:00"), grace_minutes=24 * 60)
    assert found.waiting is not None
    assert found.wake_at == berlin("2026-03-04T07:00")


def test_hours_are_those_of_the_newsletters_zone() -> None:
    schedule = Schedule("w", 1, "readers", "0 9 * * *", "America/New_York", created=CREATED)
    # 12:30 in New York, 18:30 in Berlin, 02:30 in Tokyo.
    at = datetime(2026, 3, 3, 17, 30, tzinfo=UTC)
    calendar = calendar_of(schedule)
    assert catch_up(schedule, calendar, Handled(), at, BERLIN).due is not None
    assert catch_up(schedule, calendar, Handled(), at, ZoneInfo("Asia/Tokyo")).due is None


def test_nothing_before_the_schedule_was_made_is_due_or_missed() -> None:
    created = berlin("2026-03-03T09:30")
    found = look("0 9 * * *", berlin("2026-03-03T10:00"), created=created)
    assert (found.due, found.missed) == (None, ())
    # An older history, of a schedule removed and made anew, does not count either.
    assert look("0 9 * * *", berlin("2026-03-03T10:00"), CREATED, created=created).missed == ()


def test_clock_set_back_brings_nothing_back() -> None:
    ahead = frozenset({"2026-03-02T09:00", "2026-03-03T09:00"})
    found = look("0 9 * * *", berlin("2026-03-02T08:00"), handled_until=berlin("2026-03-01T09:00"), ahead=ahead)
    assert (found.due, found.waiting, found.missed) == (None, None, ())
    assert found.next is not None and days([found.next]) == ["03-04 09:00"]


def test_year_off_with_a_schedule_for_every_minute_lists_only_the_latest() -> None:
    now = berlin("2027-01-02T12:00")
    found = look("* * * * *", now)
    assert found.due is not None and found.due.utc == now
    assert len(found.missed) == MISSED_KEPT
    assert found.has_more_missed is True
    assert found.missed[-1].utc == now - timedelta(minutes=1)
    assert found.missed[0].utc == now - timedelta(minutes=MISSED_KEPT)


def test_exactly_as_many_missed_as_are_kept_leaves_no_more() -> None:
    now = berlin("2026-03-03T12:00")
    found = look("* * * * *", now, now - timedelta(minutes=MISSED_KEPT + 1))
    assert (len(found.missed), found.has_more_missed) == (MISSED_KEPT, False)
    assert look("* * * * *", now, now - timedelta(minutes=MISSED_KEPT + 2)).has_more_missed is True


def test_zero_grace_sends_only_what_is_on_time() -> None:
    assert look("0 9 * * *", berlin("2026-03-03T09:01"), berlin("2026-03-02T09:00"), grace_minutes=0).due
    late = look("0 9 * * *", berlin("2026-03-03T09:03"), berlin("2026-03-02T09:00"), grace_minutes=0)
    assert days(late.missed) == ["03-03 09:00"]


def test_what_was_skipped_ahead_leaves_what_lies_before_it_alone() -> None:
    found = look(
        "0 9 * * *", berlin("2026-03-03T09:00"), berlin("2026-03-02T09:00"), ahead=frozenset({"2026-03-04T09:00"})
    )
    assert found.due is not None and days([found.due]) == ["03-03 09:00"]
    assert found.next is not None and days([found.next]) == ["03-05 09:00"]


def test_what_was_skipped_ahead_and_is_over_hides_none_before_it() -> None:
    skipped = frozenset({"2026-03-03T09:00", "2026-03-05T09:00"})
    found = look("0 9 * * *", berlin("2026-03-06T08:00"), berlin("2026-03-01T09:00"), ahead=skipped)
    assert (found.due, days(found.missed)) == (None, ["03-02 09:00", "03-04 09:00"])
    late = look("0 9 * * *", berlin("2026-03-05T10:00"), berlin("2026-03-03T09:00"), 48 * 60, ahead=skipped)
    assert late.due is not None and days([late.due]) == ["03-04 09:00"]


def test_a_schedule_that_skips_what_is_missed_sends_nothing_late() -> None:
    for missed in ("skip", "ask"):
        found = look("0 9 * * *", berlin("2026-03-03T09:03"), berlin("2026-03-02T09:00"), missed=missed)
        assert (found.due, found.waiting, days(found.missed)) == (None, None, ["03-03 09:00"])
        assert look("0 9 * * *", berlin("2026-03-03T09:02"), berlin("2026-03-02T09:00"), missed=missed).due


def test_the_hours_for_late_issues_are_those_of_the_schedule() -> None:
    at, before = berlin("2026-03-03T20:30"), berlin("2026-03-02T18:00")
    assert look("0 18 * * *", at, before, late_hours="09:00-21:00").due
    waiting = look("0 6 * * *", berlin("2026-03-03T07:30"), berlin("2026-03-02T06:00"), late_hours="09:00-21:00")
    assert waiting.waiting is not None and waiting.wake_at == berlin("2026-03-03T09:00")


def test_a_day_without_an_issue_is_told_from_one_that_was_missed() -> None:
    found = look("0 9 * * *", berlin("2026-03-05T10:00"), berlin("2026-03-01T09:00"), blackout=("03-03..03-04",))
    assert found.due is not None and days([found.due]) == ["03-05 09:00"]
    assert days(found.missed) == ["03-02 09:00"]
    assert [(each.wall, why) for each, why in found.skipped] == [
        ("2026-03-03T09:00", "blackout 03-03..03-04"),
        ("2026-03-04T09:00", "blackout 03-03..03-04"),
    ]
    assert found.next is not None and days([found.next]) == ["03-06 09:00"]


def test_a_day_without_an_issue_is_looked_at_when_it_comes_and_brings_nothing() -> None:
    before = look("0 9 * * *", berlin("2026-03-02T10:00"), berlin("2026-03-02T09:00"), blackout=("03-03",))
    assert before.next is not None and days([before.next]) == ["03-04 09:00"]
    assert before.wake_at == berlin("2026-03-03T09:00")
    then = look("0 9 * * *", berlin("2026-03-03T09:00"), berlin("2026-03-02T09:00"), blackout=("03-03",))
    assert (then.due, then.missed, len(then.skipped)) == (None, (), 1)


def test_what_is_moved_out_of_a_blackout_is_due_on_the_free_day() -> None:
    options: dict[str, Any] = {"blackout": ("03-03",), "on_blackout": "shift"}
    at = berlin("2026-03-04T09:00")
    skipped = look("0 9 * * 2", berlin("2026-03-03T09:00"), berlin("2026-02-24T09:00"), **options)
    assert [why for _, why in skipped.skipped] == ["blackout 03-03: moved to 2026-03-04 09:00"]
    assert skipped.wake_at == at
    found = look("0 9 * * 2", at, berlin("2026-03-03T09:00"), **options)
    assert found.due is not None and found.due.utc == at
    assert look("0 9 * * 2", at, at, **options).due is None


@settings(max_examples=60)
@given(
    cron=st.sampled_from(["0 * * * *", "30 2 * * *", "0 4,18 * * *", "15 6-22/3 * * *"]),
    steps=st.lists(st.integers(1, 30 * 60), min_size=1, max_size=12),
    grace=st.sampled_from([0, 60, 240, 24 * 60]),
)
def test_each_occurrence_is_sent_or_missed_exactly_once(cron: str, steps: list[int], grace: int) -> None:
    """A machine that looks now and then over a clock change, and keeps what it was told."""
    start = now = berlin("2026-10-24T00:00")
    handled = start
    settled: list[datetime] = []
    for step in steps:
        now += timedelta(minutes=step)
        found = look(cron, now, handled, grace)
        done = [*found.missed, *([found.due] if found.due else [])]
        settled += [one.utc for one in done]
        handled = max([handled, *settled])
        assert found.wake_at is not None and found.wake_at > now
    last = look(cron, now, handled, grace)
    pending = [last.waiting.utc] if last.waiting else []
    assert settled + pending == [one.utc for one in occurrences(cron, BERLIN, start, until=now)]
