"""Every query on the times in which nothing goes out, of everything or of what has one tag."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert, or_, select, update

from newsletter.picking.paused import PausedTopics
from newsletter.tables import pauses

EVERYTHING = ""
"""The tag of a pause that holds all issues."""


@dataclass(frozen=True, slots=True)
class Pause:
    """From `since` until `until`, both aware UTC; None: until somebody resumes."""

    tag: str
    reason: str
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether it lies over that instant."""
        return self.since <= at and (self.until is None or at < self.until)


def _to_pause(row: Row[Any]) -> Pause:
    return Pause(row.tag, row.reason, row.since, row.until)


def _pauses() -> Select[Any]:
    return select(pauses.c.tag, pauses.c.reason, pauses.c.since, pauses.c.until).order_by(pauses.c.since, pauses.c.id)


def _lasts(now: datetime) -> ColumnElement[bool]:
    """Its beginning is not asked: a clock that was set back must not end a pause."""
    return or_(pauses.c.until.is_(None), pauses.c.until > now)


def pauses_now(connection: Connection, now: datetime) -> list[Pause]:
    """Those that hold something at this instant, oldest first."""
    return [_to_pause(row) for row in connection.execute(_pauses().where(_lasts(now)))]


def paused_topics(connection: Connection, now: datetime) -> PausedTopics:
    """The tags and categories about which nothing goes, for the rule that keeps such articles from being picked."""
    return tuple((each.tag, each.until) for each in pauses_now(connection, now) if each.tag != EVERYTHING)


def pauses_of_everything(connection: Connection) -> list[Pause]:
    """All there ever were that held everything, also those that are over, oldest first."""
    return [_to_pause(row) for row in connection.execute(_pauses().where(pauses.c.tag == EVERYTHING))]


def keep_pause(connection: Connection, pause: Pause) -> None:
    """Hold from `since` on; what is held already stays so without a gap, with the new end and reason."""
    lasting = and_(pauses.c.tag == pause.tag, _lasts(pause.since))
    changed = update(pauses).where(lasting).values(reason=pause.reason, until=pause.until)
    if not connection.execute(changed).rowcount:
        add_pause(connection, pause)


def add_pause(connection: Connection, pause: Pause) -> None:
    values = {"tag": pause.tag, "reason": pause.reason, "since": pause.since, "until": pause.until}
    connection.execute(insert(pauses).values(**values))


def end_pauses(connection: Connection, now: datetime, tags: Collection[str] | None = None) -> list[Pause]:
    """Those that were ended now, oldest first: all of them, or only those of these tags."""
    lasting = _lasts(now) if tags is None else and_(_lasts(now), pauses.c.tag.in_(tags))
    ended = [_to_pause(row) for row in connection.execute(_pauses().where(lasting))]
    connection.execute(update(pauses).where(lasting).values(until=now))
    return ended
