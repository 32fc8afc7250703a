"""Schedules and their occurrences: named, paused, removed; won, missed, handled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, NoResultFound

import house
from newsletter.model import Newsletter, Occurrence, Schedule
from newsletter.scheduling.catching_up import Handled
from newsletter.states import OCCURRENCE_ARROWS, IssueState, OccurrenceState, ScheduleStatus
from newsletter.store import schedules as store
from newsletter.store.issues import add_issue, find_draft
from newsletter.store.newsletters import add_newsletter

NOON, TUESDAY, WEEK = house.NOON, house.FIRST_TUESDAY, house.WEEK
LATER = NOON + timedelta(days=1)
PLANNED, ISSUED, MISSED, SKIPPED = OccurrenceState


@pytest.fixture
def weekly(connection: Connection) -> Schedule:
    return house.add_schedule(connection, house.add_list(connection))


def number(schedule: Schedule) -> int:
    assert schedule.id is not None
    return schedule.id


def win(connection: Connection, schedule: Schedule, weeks: int, state: OccurrenceState = ISSUED) -> int | None:
    return store.win_occurrence(connection, number(schedule), house.occurrence_at(TUESDAY + weeks * WEEK), state)


def handled_until(connection: Connection, schedule: Schedule) -> datetime | None:
    return store.handled(connection, TUESDAY + 9 * WEEK)[number(schedule)].until


# Schedules


def test_schedule_comes_back_as_it_was_given(connection: Connection) -> None:
    friends = house.add_list(connection)
    second = add_newsletter(connection, Newsletter("Second"), NOON)
    given = Schedule(
        name="weekly",
        list_id=friends.id,
        list_name="Friends",
        recurrence="30 7 1 * *",
        timezone="America/New_York",
        newsletter_id=second,
        grace_minutes=60,
        seed=2**31 - 1,
    )
    found = store.schedule_by_id(connection, store.add_schedule(connection, given, NOON))
    assert found == replace(given, id=found.id, created=NOON, resumed=NOON)
    assert store.find_schedule(connection, "weekly") == found
    assert store.find_schedule(connection, "Weekly") is None


def test_schedules_are_listed_in_the_order_they_were_made(connection: Connection) -> None:
    friends = house.add_list(connection)
    for name in ("weekly", "daily", "monthly"):
        house.add_schedule(connection, friends, name)
    assert [each.name for each in store.list_schedules(connection)] == ["weekly", "daily", "monthly"]


def test_removed_schedule_is_out_of_sight_but_its_issues_still_name_it(
    connection: Connection, weekly: Schedule
) -> None:
    issue = house.add_issue(connection, weekly, house.add_library(connection, "calm"))
    store.set_status(connection, number(weekly), ScheduleStatus.REMOVED, LATER)
    assert store.list_schedules(connection) == []
    assert store.find_schedule(connection, "weekly") is None
    assert store.schedule_by_id(connection, number(weekly)).status is ScheduleStatus.REMOVED
    assert house.issue(connection, issue.id).schedule_name == "weekly"
    again = house.add_schedule(connection, house.add_list(connection, "Neighbours"))
    assert store.find_schedule(connection, "weekly") == again
    with pytest.raises(NoResultFound):
        store.schedule_by_id(connection, 4_000)


def test_name_of_a_paused_schedule_is_taken(connection: Connection, weekly: Schedule) -> None:
    store.set_status(connection, number(weekly), ScheduleStatus.PAUSED, NOON)
    with pytest.raises(IntegrityError), connection.begin_nested():
        house.add_schedule(connection, house.add_list(connection, "Neighbours"))


def test_nothing_up_to_a_resume_is_owed(connection: Connection, weekly: Schedule) -> None:
    store.set_status(connection, number(weekly), ScheduleStatus.PAUSED, LATER)
    paused = store.schedule_by_id(connection, number(weekly))
    assert (paused.status, paused.resumed) == (ScheduleStatus.PAUSED, NOON)
    store.set_status(connection, number(weekly), ScheduleStatus.ACTIVE, LATER)
    resumed = store.schedule_by_id(connection, number(weekly))
    assert (resumed.status, resumed.resumed, resumed.created) == (ScheduleStatus.ACTIVE, LATER, NOON)


# Occurrences


def test_occurrence_is_won_once_and_each_schedule_has_its_own(connection: Connection, weekly: Schedule) -> None:
    other = house.add_schedule(connection, house.add_list(connection, "Neighbours"), "other")
    won = win(connection, weekly, 0)
    assert won is not None
    assert win(connection, weekly, 0, MISSED) is None
    assert win(connection, weekly, 1) not in (None, won)
    assert win(connection, other, 0) not in (None, won)
    first, _ = store.list_occurrences(connection, weekly, 9)[-1]
    assert first == Occurrence(TUESDAY, first.local, ISSUED, won)


def test_wall_clock_that_is_shown_twice_is_one_occurrence(connection: Connection, weekly: Schedule) -> None:
    """02:30 on the night the clocks go back: two instants, one local time."""
    first = house.occurrence_at(NOON.replace(month=10, day=25, hour=0, minute=30))
    second = house.occurrence_at(NOON.replace(month=10, day=25, hour=1, minute=30))
    assert first.local.replace(tzinfo=None) == second.local.replace(tzinfo=None)
    assert store.win_occurrence(connection, number(weekly), first, ISSUED) is not None
    assert store.win_occurrence(connection, number(weekly), second, ISSUED) is None


def test_what_came_to_nothing_is_written_down_with_the_reason(connection: Connection, weekly: Schedule) -> None:
    win(connection, weekly, 1)
    given = [house.occurrence_at(TUESDAY + weeks * WEEK) for weeks in range(3)]
    store.record_occurrences(connection, number(weekly), given, MISSED, "the machine was off")
    store.record_occurrences(connection, number(weekly), [], MISSED, "")
    found = [(each.utc, each.state, reason) for each, reason in store.list_occurrences(connection, weekly, 9)]
    assert found == [
        (TUESDAY + 2 * WEEK, MISSED, "the machine was off"),
        (TUESDAY + WEEK, ISSUED, ""),
        (TUESDAY, MISSED, "the machine was off"),
    ]


def test_latest_occurrences_are_listed_in_the_zone_of_the_schedule(connection: Connection, weekly: Schedule) -> None:
    for weeks in range(4):
        win(connection, weekly, weeks)
    latest = [each for each, _ in store.list_occurrences(connection, weekly, 2)]
    assert [each.utc for each in latest] == [TUESDAY + 3 * WEEK, TUESDAY + 2 * WEEK]
    assert latest[0].local.isoformat() == "2026-04-21T09:00:00+02:00"
    assert str(latest[0].local.tzinfo) == house.ZONE


def test_occurrence_is_marked_with_what_became_of_it(connection: Connection, weekly: Schedule) -> None:
    won = win(connection, weekly, 0)
    assert won is not None
    store.mark_occurrence(connection, won, SKIPPED, "the issue was cancelled")
    ((occurrence, reason),) = store.list_occurrences(connection, weekly, 9)
    assert (occurrence.state, reason) == (SKIPPED, "the issue was cancelled")


@pytest.mark.parametrize("before", [ISSUED, MISSED, SKIPPED])
@pytest.mark.parametrize("after", list(OccurrenceState))
def test_occurrence_goes_along_its_arrows_alone(
    connection: Connection, weekly: Schedule, before: OccurrenceState, after: OccurrenceState
) -> None:
    won = win(connection, weekly, 0, before)
    assert won is not None
    store.mark_occurrence(connection, won, after, "")
    ((occurrence, _),) = store.list_occurrences(connection, weekly, 9)
    assert occurrence.state is (after if after in OCCURRENCE_ARROWS[before] else before)


def test_draft_is_not_handled_and_everything_else_is(connection: Connection, weekly: Schedule) -> None:
    assert handled_until(connection, weekly) is None
    calm = house.add_library(connection, "calm")
    draft = house.add_issue(connection, weekly, calm, TUESDAY + 2 * WEEK)
    assert handled_until(connection, weekly) is None
    win(connection, weekly, 0, MISSED)
    assert handled_until(connection, weekly) == TUESDAY
    win(connection, weekly, 1, SKIPPED)
    assert handled_until(connection, weekly) == TUESDAY + WEEK
    house.move(connection, draft, IssueState.SCHEDULED)
    assert handled_until(connection, weekly) == TUESDAY + WEEK
    house.move(connection, draft, IssueState.SENDING)
    assert handled_until(connection, weekly) == TUESDAY + 2 * WEEK
    other = house.add_schedule(connection, house.add_list(connection, "Neighbours"), "other")
    assert handled_until(connection, other) is None


def test_cancelled_draft_is_handled(connection: Connection, weekly: Schedule) -> None:
    draft = house.add_issue(connection, weekly, house.add_library(connection, "calm"))
    house.move(connection, draft, IssueState.CANCELLED)
    assert handled_until(connection, weekly) == TUESDAY


def test_issue_of_another_schedule_without_an_occurrence_hides_nothing(
    connection: Connection, weekly: Schedule
) -> None:
    calm = house.add_library(connection, "calm")
    new = replace(house.new_issue(weekly.list_id, calm, "by hand"), schedule_id=weekly.id)
    add_issue(connection, new, NOON)
    win(connection, weekly, 0, MISSED)
    assert handled_until(connection, weekly) == TUESDAY


def test_what_is_handled_is_told_apart_by_an_instant(connection: Connection, weekly: Schedule) -> None:
    assert store.handled(connection, TUESDAY) == {number(weekly): Handled()}
    for weeks in (0, 2, 3):
        win(connection, weekly, weeks, SKIPPED)
    expected = Handled(TUESDAY, frozenset({"2026-04-14T09:00", "2026-04-21T09:00"}))
    assert store.handled(connection, TUESDAY + WEEK) == {number(weekly): expected}
    store.set_status(connection, number(weekly), ScheduleStatus.PAUSED, NOON)
    assert store.handled(connection, TUESDAY) == {}


def test_what_was_missed_is_won_back_once_and_stays_handled(connection: Connection, weekly: Schedule) -> None:
    assert store.last_missed(connection, weekly) is None
    win(connection, weekly, 0, MISSED)
    won = win(connection, weekly, 1, MISSED)
    win(connection, weekly, 2, SKIPPED)
    missed = store.last_missed(connection, weekly)
    assert missed is not None and (missed.id, missed.utc, missed.state) == (won, TUESDAY + WEEK, MISSED)
    assert store.win_occurrence(connection, number(weekly), missed, ISSUED) == won
    new = house.new_issue(weekly.list_id, house.add_library(connection, "calm"), "after all")
    add_issue(connection, replace(new, schedule_id=weekly.id, occurrence_id=won), NOON)
    assert store.win_occurrence(connection, number(weekly), missed, ISSUED) is None
    assert find_draft(connection, number(weekly)) is None, "it is not the next one"
    assert handled_until(connection, weekly) == TUESDAY + 2 * WEEK
    assert store.handled(connection, TUESDAY + WEEK)[number(weekly)].until == TUESDAY + WEEK


def test_wall_clocks_no_longer_to_come_are_known_from_an_instant_on(connection: Connection, weekly: Schedule) -> None:
    for weeks in range(3):
        win(connection, weekly, weeks)
    assert store.handled_locals(connection, number(weekly), TUESDAY + WEEK) == {"2026-04-07T09:00", "2026-04-14T09:00"}
    assert store.handled_locals(connection, number(weekly) + 1, TUESDAY) == set()
