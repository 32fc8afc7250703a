"""A schedule and the days without an issue → the occurrences that go, and those that do not, with the reason.

Everybody who looks ahead or back asks here, so that the forecast and the timer never differ. On a day without an issue
an occurrence is left out; or, when the schedule says `shift`, the last one before the next free day moves there, at
its local time, unless the schedule has an issue on that day anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from newsletter.blackouts import Blackout
from newsletter.model import Occurrence, Schedule
from newsletter.scheduling.recurrence import instant_of, occurrences, occurrences_before

A_MOMENT = timedelta(microseconds=1)

LONG_AGO = datetime(1, 1, 3, tzinfo=UTC)

NO_BLACKOUT = Blackout()

BLACKOUTS_TRIED = 500
"""In a row, after which a schedule counts as one that never comes."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a schedule goes. Without `shifts` what falls on a day of `blackout` is left out."""

    recurrence: str
    zone: ZoneInfo
    blackout: Blackout
    shifts: bool

    def coming(self, after: datetime) -> Iterator[Occurrence]:
        """The occurrences that go later than `after` (aware), in order, for as long as the calendar does."""
        if not self.blackout:
            yield from occurrences(self.recurrence, self.zone, after)
            return
        last = self._last(after)
        stream = occurrences(self.recurrence, self.zone, after)
        tried = 0
        while (tried := tried + 1) <= BLACKOUTS_TRIED:
            if last is not None and self.blackout.window_of(last.local.date()) is not None:
                free = self.blackout.next_free(last.local.date())
                if free is None:
                    return
                until = instant_of(datetime.combine(free, time()), self.zone) - A_MOMENT
                moved = self._moved(self._last(until) or last, free)
                if moved is not None and moved.utc > after:
                    tried = 0
                    yield moved
                stream = occurrences(self.recurrence, self.zone, max(until, after))
            for last in stream:
                if self.blackout.window_of(last.local.date()) is not None:
                    break
                tried = 0
                yield last
            else:
                return

    def past(self, now: datetime, since: datetime) -> Iterator[tuple[Occurrence, str]]:
        """What came at or before `now` and later than `since` (both aware), the latest first.

        Beside each the reason why it does not go; empty for one that does.
        """
        if not self.blackout:
            for each in occurrences_before(self.recurrence, self.zone, now, since):
                yield each, ""
            return
        for each in occurrences_before(self.recurrence, self.zone, now, LONG_AGO):
            window = self.blackout.window_of(each.local.date())
            moved = None
            if window is not None and (free := self.blackout.next_free(each.local.date())) is not None:
                moved = self._moved(each, free)
            if moved is not None and since < moved.utc <= now:
                yield moved, ""
            if each.utc <= since:
                return
            to = f": moved to {moved.local:%Y-%m-%d %H:%M}" if moved is not None else ""
            yield each, f"blackout {window.text}{to}" if window is not None else ""

    def first(self, after: datetime) -> Occurrence | None:
        """The first one later than `after`, whether it goes or not."""
        return next(occurrences(self.recurrence, self.zone, after, count=1), None)

    def _last(self, at: datetime) -> Occurrence | None:
        """The last one at or before `at`, whether it goes or not."""
        return next(occurrences_before(self.recurrence, self.zone, at, LONG_AGO), None)

    def _moved(self, last: Occurrence, free: date) -> Occurrence | None:
        """Where an occurrence of a day without an issue moves; None when others come until the end of the free day."""
        if not self.shifts:
            return None
        following = self.first(last.utc)
        if following is not None and following.local.date() <= free:
            return None
        utc = instant_of(datetime.combine(free, last.local.time().replace(fold=0)), self.zone)
        return Occurrence(utc, utc.astimezone(self.zone))


def calendar_of(schedule: Schedule, everywhere: Blackout = NO_BLACKOUT) -> Calendar:
    """`everywhere` holds the days without an issue of all schedules."""
    options = schedule.options
    return _calendar(schedule.recurrence, schedule.timezone, options.blackout, options.on_blackout, everywhere)


@lru_cache(maxsize=4096)
def _calendar(
    recurrence: str, timezone: str, blackout: tuple[str, ...], on_blackout: str, everywhere: Blackout
) -> Calendar:
    return Calendar(recurrence, ZoneInfo(timezone), Blackout.parse(blackout) + everywhere, on_blackout == "shift")
