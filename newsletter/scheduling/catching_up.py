"""A schedule, what it has handled, and the present → the occurrence due now and those it missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from newsletter.model import Occurrence, Schedule
from newsletter.scheduling.recurrence import find_zone, occurrences, occurrences_before

ON_TIME = timedelta(minutes=2)
"""An occurrence noticed within this is on time, and is due whatever the hour."""

LATE_FROM, LATE_UNTIL = time(7), time(20)
"""A late issue leaves between these hours of the newsletter's zone, the second one excluded."""

MISSED_KEPT = 500
"""How many missed occurrences are listed: a year of a schedule for every minute has half a million."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What to do now: send the one that is due, record the missed ones, and look again at `wake_at`."""

    due: Occurrence | None
    waiting: Occurrence | None  # late, but may still leave once the hours for late issues begin
    missed: tuple[Occurrence, ...]  # the most recent ones, oldest first
    has_more_missed: bool  # there were others before these
    next: Occurrence | None  # the first one to come; None when the calendar ends before it
    wake_at: datetime | None  # aware UTC


def catch_up(schedule: Schedule, handled_until: datetime | None, now: datetime, zone: ZoneInfo) -> CatchUp:
    """What the time from `handled_until` (exclusive) to `now` (inclusive), both aware, has left to do.

    `handled_until` is the instant of the last occurrence that was issued, missed or skipped, None when there
    was none; nothing before `schedule.created` counts. `zone` is the newsletter's. At most one occurrence is
    due, the latest one: never a flood.
    """
    since = max((at for at in (handled_until, schedule.created) if at is not None), default=now)
    recurrence = find_zone(schedule.timezone)
    past = list(islice(occurrences_before(schedule.recurrence, recurrence, now, since), MISSED_KEPT + 2))
    # A clock that was set back must not bring back what has been handled.
    coming = next(occurrences(schedule.recurrence, recurrence, max(now, since), count=1), None)

    latest, older = (past[0], past[1:]) if past else (None, [])
    leaves_at = _leaves_at(latest, timedelta(minutes=schedule.grace_minutes), now, zone) if latest else None
    if latest is not None and leaves_at is None:
        older = past
    due = latest if leaves_at == now else None
    waiting = latest if leaves_at is not None and due is None else None
    wakes = [at for at in (leaves_at if waiting else None, coming.utc if coming else None) if at is not None]
    return CatchUp(
        due=due,
        waiting=waiting,
        missed=tuple(reversed(older[:MISSED_KEPT])),
        has_more_missed=len(older) > MISSED_KEPT,
        next=coming,
        wake_at=min(wakes, default=None),
    )


def _leaves_at(latest: Occurrence, grace: timedelta, now: datetime, zone: ZoneInfo) -> datetime | None:
    """`now` when it may leave at once, a later instant when it has to wait, None when it is too late."""
    if now - latest.utc <= ON_TIME:
        return now
    allowed = _next_allowed(now, zone)
    return allowed if allowed - latest.utc <= grace else None


def _next_allowed(now: datetime, zone: ZoneInfo) -> datetime:
    """The first instant from `now` on at which a late issue may leave."""
    local = now.astimezone(zone)
    if LATE_FROM <= local.time() < LATE_UNTIL:
        return now
    day = local.date() if local.time() < LATE_FROM else local.date() + timedelta(days=1)
    return datetime.combine(day, LATE_FROM, zone).astimezone(UTC)
