"""One occurrence and a reader's time zone → the instant at which that zone shows its date and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.model import Occurrence
from newsletter.scheduling.catching_up import CatchUp
from newsletter.scheduling.recurrence import instant_of

FARTHEST = timedelta(hours=26)
"""From the first place to show a time, at UTC+14, to the last one, at UTC-12."""


@lru_cache(maxsize=1024)
def known_zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None where there is none: readers' zones come from anywhere."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def first_zone(*names: str) -> ZoneInfo:
    """The first of these that there is; the last one is one."""
    return next(zone for zone in map(known_zone, names) if zone is not None)


def instant_in(zone: ZoneInfo, occurrence: Occurrence) -> datetime:
    """The instant (aware UTC) at which `zone` shows the date and time of the occurrence in its own zone.

    Skipped and doubled times are as in `recurrence`.
    """
    return instant_of(occurrence.local.replace(tzinfo=None, fold=0), zone)


def lead_of(zones: Iterable[ZoneInfo], occurrence: Occurrence) -> timedelta:
    """How long before the occurrence the first of these zones shows its date and time; not less than nothing."""
    earliest = min((instant_in(zone, occurrence) for zone in zones), default=occurrence.utc)
    return max(occurrence.utc - earliest, timedelta())


def begin_early(plan: CatchUp, lead: Callable[[Occurrence], timedelta | None], now: datetime) -> CatchUp:
    """The plan when its next occurrence begins as long before its time as `lead` says: its first readers are then due.

    `lead` is asked when that can matter, and None where nobody is early.
    """
    if plan.next is None:
        return plan
    looks = plan.next.utc - FARTHEST
    early = lead(plan.next)
    if early is None:
        return plan
    starts = plan.next.utc - early if looks <= now else looks
    if plan.due is None and starts <= now:
        return replace(plan, due=plan.next, wake_at=now)
    return replace(plan, wake_at=min(starts, plan.wake_at or starts))
