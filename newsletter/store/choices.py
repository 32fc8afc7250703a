"""Every query on what a person chose for occurrences to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from newsletter.model import Occurrence, Schedule
from newsletter.picking.choices import Choice, ChoiceKind, Choices
from newsletter.scheduling.recurrence import instant_of
from newsletter.states import OccurrenceState, ScheduleStatus
from newsletter.tables import articles, choices, occurrences, schedules

OVER = (OccurrenceState.MISSED, OccurrenceState.SKIPPED)
"""What was chosen for such an occurrence keeps no article from going elsewhere."""


def choices_for(connection: Connection, schedule: Schedule) -> Choices:
    """The schedule's own choices, in the order they were made, and the pins of all others on its list."""
    same = and_(occurrences.c.schedule_id == choices.c.schedule_id, occurrences.c.local == choices.c.local)
    query = (
        select(
            choices.c.kind,
            choices.c.local,
            choices.c.reason,
            choices.c.schedule_id,
            articles.c.slug,
            schedules.c.name,
            schedules.c.timezone,
        )
        .join_from(choices, articles)
        .join(schedules, schedules.c.id == choices.c.schedule_id)
        .join(occurrences, same, isouter=True)
        .where(
            or_(
                choices.c.schedule_id == schedule.id,
                and_(schedules.c.list_id == schedule.list_id, choices.c.kind == ChoiceKind.PIN),
            ),
            schedules.c.status != ScheduleStatus.REMOVED,
            or_(occurrences.c.state.is_(None), occurrences.c.state.not_in(OVER)),
        )
        .order_by(choices.c.id)
    )
    return Choices(
        tuple(
            Choice(
                kind=ChoiceKind(row.kind),
                slug=row.slug,
                wall=row.local,
                at=_instant_of(row.local, ZoneInfo(row.timezone)),
                reason=row.reason,
                schedule="" if row.schedule_id == schedule.id else row.name,
            )
            for row in connection.execute(query)
        )
    )


def _instant_of(wall: str, zone: ZoneInfo) -> datetime:
    return instant_of(datetime.fromisoformat(wall), zone)


def chosen_ahead(connection: Connection, schedule: Schedule, now: datetime) -> list[Occurrence]:
    """The occurrences to come for which anything was chosen, also such as the schedule no longer has."""
    query = select(choices.c.local).where(choices.c.schedule_id == schedule.id).distinct().order_by(choices.c.local)
    zone = ZoneInfo(schedule.timezone)
    instants = (_instant_of(wall, zone) for wall in connection.execute(query).scalars())
    return [Occurrence(at, at.astimezone(zone)) for at in instants if at > now]


def pin(
    connection: Connection, schedule_id: int, wall: str, article_ids: Sequence[int], reason: str, now: datetime
) -> None:
    """These articles, and no others, are pinned to the occurrence; the first one leads."""
    unpin(connection, schedule_id, wall)
    for article_id in article_ids:
        _choose(connection, schedule_id, wall, article_id, ChoiceKind.PIN, reason, now)


def explain_pin(connection: Connection, schedule_id: int, wall: str, article_ids: Sequence[int], reason: str) -> None:
    """Keep what these pins displaced beside them, unless others took their place meanwhile."""
    mine = and_(choices.c.schedule_id == schedule_id, choices.c.local == wall, choices.c.kind == ChoiceKind.PIN)
    connection.execute(update(choices).where(mine, choices.c.article_id.in_(article_ids)).values(reason=reason))


def unpin(connection: Connection, schedule_id: int, wall: str) -> None:
    """No article is pinned to the occurrence any more."""
    mine = and_(choices.c.schedule_id == schedule_id, choices.c.local == wall)
    connection.execute(delete(choices).where(mine, choices.c.kind == ChoiceKind.PIN))


def decline(connection: Connection, schedule_id: int, wall: str, article_id: int, reason: str, now: datetime) -> None:
    """This article does not go then."""
    _choose(connection, schedule_id, wall, article_id, ChoiceKind.DECLINE, reason, now)


def _choose(
    connection: Connection,
    schedule_id: int,
    wall: str,
    article_id: int,
    kind: ChoiceKind,
    reason: str,
    now: datetime,
) -> None:
    """A person's last word on an article at an occurrence takes the place of the one before."""
    same = and_(choices.c.schedule_id == schedule_id, choices.c.local == wall, choices.c.article_id == article_id)
    connection.execute(delete(choices).where(same))
    row = {
        "schedule_id": schedule_id,
        "local": wall,
        "article_id": article_id,
        "kind": str(kind),
        "reason": reason,
        "made_at": now,
    }
    connection.execute(insert(choices).values(**row))


def forget(connection: Connection, schedule_id: int, wall: str) -> int:
    """How many choices for that occurrence are taken back: all of them."""
    mine = and_(choices.c.schedule_id == schedule_id, choices.c.local == wall)
    return connection.execute(delete(choices).where(mine)).rowcount


def skipped_ahead(connection: Connection, schedule: Schedule, now: datetime) -> list[tuple[Occurrence, str]]:
    """The occurrences to come that were skipped, with the reason, the next one first."""
    mine = and_(
        occurrences.c.schedule_id == schedule.id,
        occurrences.c.utc > now,
        occurrences.c.state == OccurrenceState.SKIPPED,
    )
    zone = ZoneInfo(schedule.timezone)
    return [
        (Occurrence(row.utc, row.utc.astimezone(zone), OccurrenceState(row.state), row.id), row.reason)
        for row in connection.execute(select(occurrences).where(mine).order_by(occurrences.c.utc))
    ]


def free_occurrence(connection: Connection, occurrence_id: int) -> None:
    """The occurrence is to come again, as if nobody had taken it. No issue may name it."""
    connection.execute(delete(occurrences).where(occurrences.c.id == occurrence_id))
