"""Every query on schedules and their occurrences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from newsletter.model import Occurrence, Schedule
from newsletter.options import from_json, to_json
from newsletter.states import DRAFTS, OccurrenceState, ScheduleStatus
from newsletter.store.dialects import insert_or_ignore
from newsletter.tables import issues, mailing_lists, occurrences, schedules

LOCAL_FORMAT = "%Y-%m-%dT%H:%M"


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


def find_schedule(connection: Connection, name: str) -> Schedule | None:
    query = _schedules().where(schedules.c.name == name, schedules.c.status != ScheduleStatus.REMOVED)
    row = connection.execute(query).first()
    return None if row is None else _to_schedule(row)


def schedule_by_id(connection: Connection, schedule_id: int) -> Schedule:
    """The schedule, also a removed one: its issues still name it."""
    return _to_schedule(connection.execute(_schedules().where(schedules.c.id == schedule_id)).one())


def change_schedule(connection: Connection, schedule: Schedule) -> None:
    """Store when, to whom and with which options this schedule goes from now on."""
    values = {
        "list_id": schedule.list_id,
        "recurrence": schedule.recurrence,
        "timezone": schedule.timezone,
        "options": to_json(schedule.options),
        "grace_minutes": schedule.grace_minutes,
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
    """The row's id for the one caller who took this occurrence out of the future; None for everybody after."""
    row = _row(schedule_id, occurrence, state, reason)
    added = (
        insert_or_ignore(connection, occurrences, ["schedule_id", "local"]).values(**row).returning(occurrences.c.id)
    )
    found = connection.execute(added).scalar()
    return None if found is None else int(found)


def record_occurrences(
    connection: Connection, schedule_id: int, given: Iterable[Occurrence], state: OccurrenceState, reason: str
) -> None:
    """Write down occurrences that came to nothing; those already known stay as they are."""
    rows = [_row(schedule_id, occurrence, state, reason) for occurrence in given]
    if rows:
        connection.execute(insert_or_ignore(connection, occurrences, ["schedule_id", "local"]), rows)


def _row(schedule_id: int, occurrence: Occurrence, state: OccurrenceState, reason: str) -> dict[str, Any]:
    return {
        "schedule_id": schedule_id,
        "local": occurrence.local.strftime(LOCAL_FORMAT),
        "utc": occurrence.utc,
        "state": str(state),
        "reason": reason,
    }


def mark_occurrence(connection: Connection, occurrence_id: int, state: OccurrenceState, reason: str) -> None:
    values = {"state": str(state), "reason": reason}
    connection.execute(update(occurrences).where(occurrences.c.id == occurrence_id).values(**values))


def reason_of(connection: Connection, occurrence_id: int) -> str:
    """What was last written down beside the occurrence; empty when nothing was."""
    query = select(occurrences.c.reason).where(occurrences.c.id == occurrence_id)
    return str(connection.execute(query).scalar_one())


def last_handled(connection: Connection, schedule_id: int) -> datetime | None:
    """The latest instant of this schedule that is over: missed, skipped, or its issue begun. A draft is not."""
    drafted = select(issues.c.occurrence_id).where(
        issues.c.schedule_id == schedule_id,
        issues.c.state.in_(DRAFTS),
        issues.c.occurrence_id.is_not(None),
    )
    query = select(func.max(occurrences.c.utc)).where(
        occurrences.c.schedule_id == schedule_id, occurrences.c.id.not_in(drafted)
    )
    return connection.execute(query).scalar()


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
