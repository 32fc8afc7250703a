"""A schedule, what it has handled, and the present → the occurrence due now, and those that came to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from newsletter.model import Occurrence, Schedule
from newsletter.scheduling.calendar import Calendar

ON_TIME = timedelta(minutes=2)
"""An occurrence noticed within this is on time, and is due whatever the hour."""

MISSED_KEPT = 500
"""How many missed occurrences are listed: a year of a schedule for every minute has half a million."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What a schedule's past holds: its occurrences that were issued, missed or skipped."""

    until: datetime | None = None  # the latest instant of them whose time has come, aware
    ahead: frozenset[str] = frozenset()  # the wall clocks of later ones: to come, or decided by a person before


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What to do now: send the one that is due, record the others, and look again at `wake_at`."""

    due: Occurrence | None
    waiting: Occurrence | None  # late, but may still leave once the hours for late issues begin
    missed: tuple[Occurrence, ...]  # the most recent ones, oldest first
    skipped: tuple[tuple[Occurrence, str], ...]  # left out by the calendar, each with the reason, oldest first
    has_more_missed: bool  # there were others before these
    next: Occurrence | None  # the first one to come; None when the calendar ends before it
    wake_at: datetime | None  # aware UTC

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is to be done before `wake_at`."""
        return self.due is None and not self.missed and not self.skipped


def catch_up(schedule: Schedule, calendar: Calendar, handled: Handled, now: datetime, zone: ZoneInfo) -> CatchUp:
    """What the time from `handled.until` (exclusive) to `now` (inclusive, aware) has left to do.

    What was decided ahead says nothing of those before it: they are due, or missed, all the same. Nothing before the
    schedule was made, or resumed, counts. `zone` is the newsletter's. At most one occurrence is due, the latest one:
    never a flood.
    """
    since = max((at for at in (handled.until, schedule.created, schedule.resumed) if at is not None), default=now)
    past_ones = ((each, why) for each, why in calendar.past(now, since) if each.wall not in handled.ahead)
    found = list(islice(past_ones, MISSED_KEPT + 2))
    past = [each for each, why in found if not why]
    # A clock that was set back must not bring back what has been handled.
    later = max(now, since)
    coming = next((each for each in calendar.coming(later) if each.wall not in handled.ahead), None)

    latest, older = (past[0], past[1:]) if past else (None, [])
    leaves_at = when_late(latest, schedule, now, zone) if latest else None
    if latest is not None and leaves_at is None:
        older = past
    due = latest if leaves_at == now else None
    waiting = latest if leaves_at is not None and due is None else None
    # What is left out is written down when its time has come, too.
    left_out = calendar.first(later) if calendar.blackout else None
    wakes = [leaves_at if waiting else None, coming.utc if coming else None, left_out.utc if left_out else None]
    return CatchUp(
        due=due,
        waiting=waiting,
        missed=tuple(reversed(older[:MISSED_KEPT])),
        skipped=tuple((each, why) for each, why in reversed(found) if why),
        has_more_missed=len(older) > MISSED_KEPT,
        next=coming,
        wake_at=min((at for at in wakes if at is not None), default=None),
    )


def when_late(latest: Occurrence, schedule: Schedule, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When an occurrence that is over may leave: `now` (aware), a later instant, or None when it is too late.

    `zone` is the newsletter's.
    """
    if now - latest.utc <= ON_TIME:
        return now
    if schedule.options.missed != "late":
        return None
    allowed = next_allowed(now, schedule.options.late_hours, zone)
    return allowed if allowed - latest.utc <= timedelta(minutes=schedule.grace_minutes) else None


def next_allowed(now: datetime, hours: str, zone: ZoneInfo) -> datetime:
    """The first instant from `now` on that lies in the hours, `07:00-20:00`, of the zone."""
    begins, ends = map(time.fromisoformat, hours.split("-"))
    local = now.astimezone(zone)
    if begins <= local.time() < ends:
        return now
    day = local.date() if local.time() < begins else local.date() + timedelta(days=1)
    return datetime.combine(day, begins, zone).astimezone(UTC)
