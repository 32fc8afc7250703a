"""Occurrences that came to nothing → written down with the reason; and one of them, sent after all."""

from __future__ import annotations

from datetime import datetime
from shlex import quote

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import making, picks
from newsletter.errors import Refused
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.picking.readers import is_per_reader
from newsletter.scheduling.catching_up import CatchUp
from newsletter.states import DRAFTS, IssueKind, IssueState, OccurrenceState
from newsletter.store import issues as issue_store
from newsletter.store import schedules as store

NOT_IN_TIME = "it did not go out in time"
TOO_LATE = f"{NOT_IN_TIME}, and afterwards it was too late"
AFTER_ALL = f"{NOT_IN_TIME}, and was sent after all"
LEFT_OUT = f"{NOT_IN_TIME}, and this schedule leaves out what is late"


def reason(schedule: Schedule) -> str:
    """Why what is missed on this schedule is not sent late."""
    if schedule.options.missed == "ask":
        return f"{NOT_IN_TIME}, and this schedule asks first: {way_out(schedule)}"
    return LEFT_OUT if schedule.options.missed == "skip" else TOO_LATE


def way_out(schedule: Schedule) -> str:
    return f"`newsletter issues plan {quote(schedule.name)} --missed` drafts it after all"


def write_down(app: App, schedule: Schedule, plan: CatchUp) -> list[str]:
    """Record what was missed and what the calendar leaves out, cancel its drafts, and say so to a person."""
    words = reason(schedule)
    came_to_nothing = [(each, OccurrenceState.MISSED, words) for each in plan.missed]
    came_to_nothing += [(each, OccurrenceState.SKIPPED, why) for each, why in plan.skipped]
    if not came_to_nothing:
        return []
    with app.database.write() as connection:
        for occurrence, state, why in came_to_nothing:
            put_down(connection, app, schedule, occurrence, state, why)
    told = [f"schedule {schedule.name!r}: {each.wall} left out: {why}" for each, why in plan.skipped]
    if plan.missed:
        more = " and more" if plan.has_more_missed else ""
        after_all = f"; {way_out(schedule)}" if schedule.options.missed == "ask" else ""
        count = f"{len(plan.missed)}{more} missed, the last one {plan.missed[-1].wall}"
        told.append(f"schedule {schedule.name!r}: {count}{after_all}")
    return told


def plan_missed(app: App, schedule_name: str | None) -> Issue:
    """The draft of the schedule's latest missed occurrence, which no clock sends: a person does.

    A second call gives the same draft. Raises NotFound, or Refused when nothing was missed or nothing may be picked.
    """
    with app.database.read() as connection:
        schedule = picks.find(connection, schedule_name)
        assert schedule.id is not None
        if is_per_reader(schedule.options):
            raise Refused(f"schedule {schedule.name!r}: each reader gets what they missed at the next occurrence")
        occurrence = store.last_missed(connection, schedule)
        if occurrence is None:
            raise Refused(f"schedule {schedule.name!r} has missed nothing")
        issue = issue_store.issue_of_occurrence(connection, schedule.id, occurrence.wall)
    if issue is None:
        made = making.make_issue(app, schedule, occurrence, kind=IssueKind.PICKED)
        return plan_missed(app, schedule.name) if made is None else made  # another process was quicker
    if issue.state is IssueState.CANCELLED and not issue.planned:
        with app.database.write() as connection:
            issue_store.move_issue(connection, issue, IssueState.DRAFT, app.clock())
            issue = issue_store.find_issue(connection, issue.id) or issue
    return making.refresh(app, issue)


def note_begun(connection: Connection, issue: Issue, now: datetime, by_hand: bool) -> None:
    """The issue's occurrence, if it was missed, is so no longer; `by_hand` it may have been sent before its time."""
    at = issue.occurrence
    if at is None or at.id is None:
        return
    if at.state is OccurrenceState.MISSED:
        store.mark_occurrence(connection, at.id, OccurrenceState.ISSUED, AFTER_ALL)
    elif by_hand:
        store.note_decided(connection, at.id, now)


def put_down(
    connection: Connection, app: App, schedule: Schedule, occurrence: Occurrence, state: OccurrenceState, words: str
) -> None:
    """Record an occurrence that comes to nothing. Drafts for it are cancelled; what has begun stays as it is."""
    assert schedule.id is not None
    store.record_occurrences(connection, schedule.id, [occurrence], state, words)
    row = store.occurrence_id(connection, schedule.id, occurrence.wall)
    assert row is not None
    drafts = [each for each in issue_store.issues_of_occurrence(connection, row) if each.state in DRAFTS]
    if any([issue_store.move_issue(connection, each, IssueState.CANCELLED, app.clock(), words) for each in drafts]):
        before = store.reason_of(connection, row)
        store.mark_occurrence(connection, row, state, f"{words}: {before}" if before else words)
