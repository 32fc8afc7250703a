"""A recurrence in a time zone → its occurrences.

A recurrence knows wall clock times only, and each is turned into an instant here: cronsim's own way with
clock changes differs between "0 2 * * *" and "0 * * * *", ours is one for all. A local time that the clock
skips means the first valid minute after the gap, and one that it shows twice means the first showing. Wall
clock times that come to one instant are one occurrence. `Occurrence.local` is what the clock shows then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from newsletter.errors import Refused
from newsletter.model import Occurrence
from newsletter.scheduling.walls import read_recurrence
from subscribers.locales import zone_named

MINUTE = timedelta(minutes=1)

DAY = timedelta(days=1)


def find_zone(name: str) -> ZoneInfo:
    """The IANA time zone. Raises Refused, with the nearest names, for an unknown one."""
    try:
        return zone_named(name)
    except ValueError as error:
        raise Refused(str(error)) from None


def occurrences(
    recurrence: str, zone: ZoneInfo, after: datetime, until: datetime | None = None, count: int | None = None
) -> Iterator[Occurrence]:
    """The occurrences later than `after`, in order; up to and including `until`, at most `count`.

    `after` and `until` are aware. Without a bound it goes on for as long as the calendar does.
    """
    return islice(_forwards(recurrence, zone, after, until), count)


def occurrences_before(recurrence: str, zone: ZoneInfo, at: datetime, after: datetime) -> Iterator[Occurrence]:
    """The occurrences at or before `at` and later than `after` (both aware), the latest first."""
    # The highest wall clock time shown so far may lie ahead of the present one, if the clock was set back
    # within the last day.
    highest = max(_wall(at, zone), _wall(at - DAY, zone) + DAY)
    walls = read_recurrence(recurrence).before(highest.replace(second=0, microsecond=0) + MINUTE)
    last: datetime | None = None
    for utc in _instants(walls, zone):
        if utc <= after:
            return
        if utc <= at and (last is None or utc < last):
            last = utc
            yield Occurrence(utc, utc.astimezone(zone))


def _forwards(recurrence: str, zone: ZoneInfo, after: datetime, until: datetime | None) -> Iterator[Occurrence]:
    # Every wall clock time up to the present one has had its instant, so none of them is asked for.
    last = after.astimezone(UTC)
    try:
        wall = _wall(after, zone)
    except OverflowError:  # within a day of the calendar's end
        return
    for utc in _instants(read_recurrence(recurrence).after(wall), zone):
        if until is not None and utc > until:
            return
        if utc > last:
            last = utc
            yield Occurrence(utc, utc.astimezone(zone))


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _instants(walls: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    """The instant of each wall clock time, until the calendar ends."""
    try:
        for wall in walls:
            yield instant_of(wall, zone)
    except (OverflowError, ValueError):
        return


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC at which the zone first shows this time, or the first minute after it."""
    local = wall.replace(tzinfo=zone, fold=0)
    utc = local.astimezone(UTC)
    if _wall(utc, zone) == wall:
        return utc
    # Skipped. PEP 495: fold=0 reckons with the offset before the gap, fold=1 with the one after it, so that
    # the clock changes between these two instants.
    return _change(local.replace(fold=1).astimezone(UTC), utc, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first whole minute at or after the change of the zone's offset between two instants."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    seconds = after.astimezone(zone).second
    return after + timedelta(seconds=-seconds % 60)
