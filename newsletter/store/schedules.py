"""Every query on schedules and their occurrences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    select,
    update,
)

from newsletter.model import Occurrence, Schedule
from newsletter.options import Options, from_json, to_json
from newsletter.scheduling.catching_up import Handled
from newsletter.states import DRAFTS, OCCURRENCE_ARROWS, IssueState, OccurrenceState, ScheduleStatus
from newsletter.store.dialects import insert_or_ignore
from newsletter.tables import issues, mailing_lists, occurrences, schedules


def _schedules() -> Select[Any]:
    return select(schedules, mailing_lists.c.name.label("list_name")).join_from(schedules, mailing_lists)


def _to_schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        name=row.name,
        list_id=row.list_id,
        list_name=row.list_name,
        recurrence=row.recurrence,
        timezone=row.timezone,
        newsletter_id=row.newsletter_id,
        options=from_json(row.options or {}),
        status=ScheduleStatus(row.status),
        grace_minutes=row.grace_minutes,
        seed=row.seed,
        created=row.created_at,
        resumed=row.resumed_at,
        id=row.id,
    )


def add_schedule(connection: Connection, schedule: Schedule, now: datetime) -> int:
    added = insert(schedules).values(
        name=schedule.name,
        newsletter_id=schedule.newsletter_id,
        list_id=schedule.list_id,
        recurrence=schedule.recurrence,
        timezone=schedule.timezone,
        options=to_json(schedule.options),
        status=str(schedule.status),
        grace_minutes=schedule.grace_minutes,
        seed=schedule.seed,
        created_at=now,
        resumed_at=now,
    )
    return int(connection.execute(added.returning(schedules.c.id)).scalar_one())


def list_schedules(connection: Connection) -> list[Schedule]:
    """Every schedule that was not removed, oldest first."""
    query = _schedules().where(schedules.c.status != ScheduleStatus.REMOVED).order_by(schedules.c.id)
    return [_to_schedule(row) for row in connection.execute(query)]


def options_by_schedule(connection: Connection) -> dict[int, Options]:
    """The options of every schedule, also of those that were removed: their issues are still part of the past."""
    rows = connection.execute(select(schedules.c.id, schedules.c.options))
    return {row.id: from_json(row.options or {}) for row in rows}


def find_schedule(connection: Connection, name: str) -> Schedule | None:
    query = _schedules().where(schedules.c.name == name, schedules.c.status != ScheduleStatus.REMOVED)
    row = connection.execute(query).first()
    return None if row is None else _to_schedule(row)


def schedule_by_id(connection: Connection, schedule_id: int) -> Schedule:
    """The schedule, also a removed one: its issues still name it."""
    return _to_schedule(connection.execute(_schedules().where(schedules.c.id == schedule_id)).one())


def change_schedule(connection: Connection, schedule: Schedule) -> None:
    """Store when, to whom and with which options this schedule goes, and from when on it owes anything."""
    values = {
        "list_id": schedule.list_id,
        "recurrence": schedule.recurrence,
        "timezone": schedule.timezone,
        "options": to_json(schedule.options),
        "grace_minutes": schedule.grace_minutes,
        "resumed_at": schedule.resumed,
    }
    connection.execute(update(schedules).where(schedules.c.id == schedule.id).values(**values))


def set_status(connection: Connection, schedule_id: int, status: ScheduleStatus, now: datetime) -> None:
    """Pause, resume or remove. What fell due while it was paused is not owed after a resume."""
    values: dict[str, Any] = {"status": str(status)}
    if status is ScheduleStatus.ACTIVE:
        values["resumed_at"] = now
    connection.execute(update(schedules).where(schedules.c.id == schedule_id).values(**values))


def to_occurrence(utc: datetime, state: str, zone: str, occurrence_id: int) -> Occurrence:
    return Occurrence(utc, utc.astimezone(ZoneInfo(zone)), OccurrenceState(state), occurrence_id)


def win_occurrence(
    connection: Connection, schedule_id: int, occurrence: Occurrence, state: OccurrenceState, reason: str = ""
) -> int | None:
    """The row's id for the one caller who took this occurrence out of the future; None for everybody after.

    One that was missed is won back: it stays missed until its issue begins, so that no clock sends it.
    """
    if occurrence.state is OccurrenceState.MISSED:
        none = ~exists().where(issues.c.occurrence_id == occurrences.c.id)
        mine = and_(occurrences.c.id == occurrence.id, occurrences.c.state == OccurrenceState.MISSED, none)
        # An update, so that of two callers the second waits for the first.
        won_back = connection.execute(update(occurrences).where(mine).values(reason=occurrences.c.reason)).rowcount
        return occurrence.id if won_back else None
    row = _row(schedule_id, occurrence, state, reason)
    added = (
        insert_or_ignore(connection, occurrences, ["schedule_id", "local"]).values(**row).returning(occurrences.c.id)
    )
    found = connection.execute(added).scalar()
    return None if found is None else int(found)


def occurrence_id(connection: Connection, schedule_id: int, local: str) -> int | None:
    """The row of an occurrence that is no longer in the future of the schedule."""
    query = select(occurrences.c.id).where(occurrences.c.schedule_id == schedule_id, occurrences.c.local == local)
    return connection.execute(query).scalar()


def record_occurrences(
    connection: Connection, schedule_id: int, given: Iterable[Occurrence], state: OccurrenceState, reason: str
) -> None:
    """Write down occurrences that came to nothing, for one reason; those already known stay as they are."""
    rows = [_row(schedule_id, occurrence, state, reason) for occurrence in given]
    if rows:
        connection.execute(insert_or_ignore(connection, occurrences, ["schedule_id", "local"]), rows)


def _row(schedule_id: int, occurrence: Occurrence, state: OccurrenceState, reason: str) -> dict[str, Any]:
    return {
        "schedule_id": schedule_id,
        "local": occurrence.wall,
        "utc": occurrence.utc,
        "state": str(state),
        "reason": reason,
    }


def mark_occurrence(connection: Connection, occurrence_id: int, state: OccurrenceState, reason: str) -> None:
    """What the occurrence comes to, or its reason anew; one that has no arrow to this state stays as it is."""
    # Where readers are grouped an occurrence has several issues: while one of them lives it does not come to nothing.
    lives = exists().where(issues.c.occurrence_id == occurrence_id, issues.c.state != IssueState.CANCELLED)
    values = {
        "state": case((lives, str(OccurrenceState.ISSUED)), else_=str(state)),
        "reason": reason,
        "decided_ahead": False,
    }
    befores = [state, *(before for before, afters in OCCURRENCE_ARROWS.items() if state in afters)]
    mine = and_(occurrences.c.id == occurrence_id, occurrences.c.state.in_(befores))
    connection.execute(update(occurrences).where(mine).values(**values))


def note_decided(connection: Connection, occurrence_id: int, now: datetime) -> None:
    """A person has decided what becomes of the occurrence; before its time, that says nothing of those before it."""
    mine = and_(occurrences.c.id == occurrence_id, occurrences.c.utc > now)
    connection.execute(update(occurrences).where(mine).values(decided_ahead=True))


def reason_of(connection: Connection, occurrence_id: int) -> str:
    """What was last written down beside the occurrence; empty when nothing was."""
    query = select(occurrences.c.reason).where(occurrences.c.id == occurrence_id)
    return str(connection.execute(query).scalar_one())


def reason_at(connection: Connection, schedule_id: int, wall: str) -> str:
    """What was last written down beside the occurrence of that wall clock; empty when nothing was."""
    query = select(occurrences.c.reason).where(occurrences.c.schedule_id == schedule_id, occurrences.c.local == wall)
    return connection.execute(query).scalar() or ""


def last_missed(connection: Connection, schedule: Schedule) -> Occurrence | None:
    query = select(occurrences).where(
        occurrences.c.schedule_id == schedule.id, occurrences.c.state == OccurrenceState.MISSED
    )
    row = connection.execute(query.order_by(occurrences.c.utc.desc()).limit(1)).first()
    return None if row is None else to_occurrence(row.utc, row.state, schedule.timezone, row.id)


def handled(connection: Connection, now: datetime) -> dict[int, Handled]:
    """Of each active schedule what is over: missed, skipped, or its issue begun. A draft is not."""
    over = occurrences.alias()
    in_turn = and_(over.c.schedule_id == schedules.c.id, over.c.utc <= now, ~over.c.decided_ahead)
    # One row of the index for each schedule: a maximum over all occurrences would read every one there ever was.
    latest = (
        select(over.c.utc).where(in_turn, ~_is_drafted(over)).order_by(over.c.utc.desc()).limit(1).scalar_subquery()
    )
    active = schedules.c.status == ScheduleStatus.ACTIVE
    ahead: dict[int, set[str]] = defaultdict(set)
    is_later = occurrences.c.utc > func.coalesce(latest, schedules.c.created_at)
    later = and_(occurrences.c.schedule_id == schedules.c.id, is_later)
    query = select(schedules.c.id, occurrences.c.local).join_from(schedules, occurrences, later)
    for schedule_id, local in connection.execute(query.where(active, ~_is_drafted())):
        ahead[schedule_id].add(local)
    return {
        schedule_id: Handled(until, frozenset(ahead[schedule_id]))
        for schedule_id, until in connection.execute(select(schedules.c.id, latest).where(active))
    }


def _is_drafted(row: FromClause = occurrences) -> ColumnElement[bool]:
    """Whether the occurrence waits with a draft for its time. That of one that was missed waits for a person."""
    is_held = issues.c.pause_reason != ""  # for a yes, whatever its time
    draft = exists().where(issues.c.occurrence_id == row.c.id, issues.c.state.in_(DRAFTS), ~is_held)
    return and_(row.c.state == OccurrenceState.ISSUED, draft)


def handled_locals(connection: Connection, schedule_id: int, since: datetime) -> set[str]:
    """The wall clocks from `since` on that are no longer in the future of this schedule."""
    query = select(occurrences.c.local).where(occurrences.c.schedule_id == schedule_id, occurrences.c.utc >= since)
    return set(connection.execute(query).scalars())


def list_occurrences(connection: Connection, schedule: Schedule, limit: int) -> list[tuple[Occurrence, str]]:
    """The latest handled occurrences with the reason beside each, newest first."""
    query = (
        select(occurrences)
        .where(occurrences.c.schedule_id == schedule.id)
        .order_by(occurrences.c.utc.desc())
        .limit(limit)
    )
    return [
        (to_occurrence(row.utc, row.state, schedule.timezone, row.id), row.reason) for row in connection.execute(query)
    ]
