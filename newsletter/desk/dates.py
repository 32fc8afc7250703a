"""A date as a person writes it → the occurrence of a schedule that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model import Occurrence, Schedule
from newsletter.scheduling.calendar import A_MOMENT, calendar_of

NEAREST = 2  # occurrences named on either side of a date that is none
IN_A_DAY = 24 * 60  # at most: a schedule goes once a minute


def occurrence_on(app: App, schedule: Schedule, text: str, flag: str, others: Sequence[Occurrence] = ()) -> Occurrence:
    """The occurrence to come on that date, or at that local date and time; `others` are to come besides.

    Raises Refused that names the option `flag`, with the nearest ones where there is none.
    """
    zone = ZoneInfo(schedule.timezone)
    wanted = _read(text, flag, zone)
    day = wanted.date() if isinstance(wanted, datetime) else wanted
    start = datetime.combine(day, time(), zone)
    found = [each for each in _coming(app, schedule, start, others, IN_A_DAY) if each.local.date() == day]
    if isinstance(wanted, datetime):
        found = [each for each in found if each.utc == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        times = ", ".join(f"{each.local:%H:%M}" for each in found[:10])
        words = f"schedule {schedule.name!r} has {len(found)} occurrences on {day}, at {times}"
        raise Refused(f"{flag}: {words}: say which, as in {found[0].wall}")
    nearest = _nearest(app, schedule, start, others)
    near = f"; the nearest are {', '.join(nearest)}" if nearest else ""
    raise Refused(f"{flag}: schedule {schedule.name!r} has no occurrence to come on {text.strip()}{near}")


def _read(text: str, flag: str, zone: ZoneInfo) -> date | datetime:
    """A date, or an instant; a time without an offset is one of the schedule's zone."""
    text = text.strip()
    try:
        if len(text) <= len("2027-01-05"):
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=zone)
    except ValueError:
        words = f"{text!r} is neither a date nor a date and time, such as 2027-01-05 or 2027-01-05T09:00"
        raise Refused(f"{flag}: {words}") from None


def _coming(
    app: App, schedule: Schedule, start: datetime, others: Sequence[Occurrence], count: int
) -> list[Occurrence]:
    """Those from `start` on that are to come, in order."""
    after = max(app.clock(), start - A_MOMENT)
    planned = islice(calendar_of(schedule, app.blackout).coming(after), count)
    besides = (each for each in others if each.utc > after)
    return sorted({each.wall: each for each in (*planned, *besides)}.values(), key=lambda each: each.utc)[:count]


def _nearest(app: App, schedule: Schedule, start: datetime, others: Sequence[Occurrence]) -> list[str]:
    now = app.clock()
    past = calendar_of(schedule, app.blackout).past(start, now) if start > now else ()
    before = [each for each, left_out in islice(past, 100) if not left_out][:NEAREST]
    after = _coming(app, schedule, start, others, NEAREST)
    return [each.wall for each in (*reversed(before), *after)]
