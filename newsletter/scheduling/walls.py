"""A recurrence as it is stored → the wall clock times it means, in order, and its words in English.

Three kinds are stored: cron (`0 9 * * 2`), cron in every so many weeks (`every 2 weeks from 2026-04-03: 0 9 * * 5`,
the weeks being counted from the one that day lies in), and single times (`on 2027-01-05T09:00, 2027-02-09T10:30`).
A wall clock time is a datetime without a zone.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from cronsim import CronSim, CronSimError
from cronsim.explain import explain

from newsletter.errors import Refused

CRON_LENGTH = 200  # characters; nobody writes more, and the parser is recursive

FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")

WEEKS_APART = 52  # at most
SINGLE_TIMES = 366  # at most
TIMES_SAID = 6  # single times said one by one; of more only how many there are, the first and the last

WEEK = timedelta(weeks=1)

A_SECOND = timedelta(seconds=1)

EVERY = re.compile(r"every (\d{1,3}) weeks? from (\d{4}-\d\d-\d\d): (.+)")

ON = re.compile(r"on (\d{4}-\d\d-\d\dT\d\d:\d\d(?:, \d{4}-\d\d-\d\dT\d\d:\d\d)*)")

OF_A_WEEK = re.compile(r"\d{1,2} \d{1,2} \* \* [0-9,-]+")
"""Cron that an interval of weeks goes with: one time of day, on days of the week."""

ORDINAL = re.compile(r"\b([2-9][123])th\b")

ENDINGS = {"1": "st", "2": "nd", "3": "rd"}

ANY_WALL = datetime(2024, 1, 1)  # noqa: DTZ001 (a wall clock time has no zone)


@dataclass(frozen=True, slots=True)
class Cron:
    text: str

    def after(self, wall: datetime) -> Iterator[datetime]:
        """The times later than `wall`, for as long as the calendar goes."""
        return CronSim(self.text, wall)

    def before(self, wall: datetime) -> Iterator[datetime]:
        """The times earlier than `wall`, the latest first."""
        return CronSim(self.text, wall, reverse=True)

    @property
    def english(self) -> str:
        # cronsim spells the ordinals up to ninth and makes all others "31th".
        return ORDINAL.sub(lambda match: match[1] + ENDINGS[match[1][-1]], explain(self.text))


@dataclass(frozen=True, slots=True)
class EveryWeeks:
    """Cron, but only in every so many weeks, Monday to Sunday, and not before the day it counts from."""

    apart: int
    anchor: date
    cron: Cron

    def after(self, wall: datetime) -> Iterator[datetime]:
        wall = max(wall, _midnight(self.anchor) - A_SECOND)
        monday = self._monday(wall.date())
        while True:
            for each in self.cron.after(max(wall, monday - A_SECOND)) if self._is_on(monday) else ():
                if each >= monday + WEEK:
                    break
                yield each
            monday += WEEK

    def before(self, wall: datetime) -> Iterator[datetime]:
        start = _midnight(self.anchor)
        while wall > start:
            monday = self._monday((wall - timedelta(microseconds=1)).date())
            for each in self.cron.before(wall) if self._is_on(monday) else ():
                if each < max(monday, start):
                    break
                yield each
            wall = monday

    @property
    def english(self) -> str:
        if self.apart == 1:
            return f"{self.cron.english}, from {_in_words(self.anchor)} on"
        return f"{self.cron.english}, every {self.apart} weeks from {_in_words(self.anchor)} on"

    def _is_on(self, monday: datetime) -> bool:
        return (monday - self._monday(self.anchor)).days // 7 % self.apart == 0

    @staticmethod
    def _monday(day: date) -> datetime:
        return _midnight(day - timedelta(days=day.weekday()))


@dataclass(frozen=True, slots=True)
class SingleTimes:
    times: tuple[datetime, ...]  # in order, each once

    def after(self, wall: datetime) -> Iterator[datetime]:
        return iter(self.times[bisect_right(self.times, wall) :])

    def before(self, wall: datetime) -> Iterator[datetime]:
        return reversed(self.times[: bisect_left(self.times, wall)])

    @property
    def english(self) -> str:
        if len(self.times) > TIMES_SAID:
            first, last = (_in_words(each.date()) for each in (self.times[0], self.times[-1]))
            return f"On {len(self.times)} days from {first} until {last}"
        said = [f"{_in_words(each.date())} at {each:%H:%M}" for each in self.times]
        return f"On {' and '.join([', '.join(said[:-1]), said[-1]] if said[1:] else said)}"


Walls = Cron | EveryWeeks | SingleTimes


@lru_cache(maxsize=4096)
def read_recurrence(text: str) -> Walls:
    """What a stored recurrence means. Raises Refused for what `check_recurrence` would not have let in."""
    if match := EVERY.fullmatch(text):
        return EveryWeeks(int(match[1]), date.fromisoformat(match[2]), Cron(match[3]))
    if match := ON.fullmatch(text):
        return SingleTimes(tuple(datetime.fromisoformat(each) for each in match[1].split(", ")))
    return Cron(text)


def in_english(text: str) -> str:
    """`"0 9 * * 2"` as "At 09:00 on Tuesday"."""
    return read_recurrence(text).english


def every_weeks(apart: int, anchor: date, cron: str) -> str:
    """The recurrence, its weeks counted from the first of its days from `anchor` on. Raises Refused."""
    if not 1 <= apart <= WEEKS_APART:
        raise Refused(f"{apart} weeks apart: 1 to {WEEKS_APART} are possible")
    if not OF_A_WEEK.fullmatch(cron):
        raise Refused("an interval of weeks goes with days of the week alone")
    try:
        first = next(Cron(check_cron(cron)).after(_midnight(anchor) - A_SECOND))
    except (OverflowError, ValueError, StopIteration):
        raise Refused(f"{anchor} is too late: the calendar ends") from None
    return f"every {apart} weeks from {first.date()}: {cron}"


def on_times(times: Sequence[datetime]) -> str:
    """The recurrence that is these single times. Raises Refused for too many."""
    found = sorted(set(times))
    if len(found) > SINGLE_TIMES:
        raise Refused(f"{len(found)} single times are too many; {SINGLE_TIMES} are allowed")
    return f"on {', '.join(each.isoformat(timespec='minutes') for each in found)}"


def check_cron(text: str) -> str:
    """The expression, its five fields one space apart. Raises Refused, naming the field, for any other."""
    fields = text.split()
    cron = " ".join(fields).upper()
    if len(cron) > CRON_LENGTH:
        raise Refused(f"a cron expression of {len(cron)} characters is too long; {CRON_LENGTH} are allowed")
    if len(fields) != len(FIELDS):
        raise Refused(f"cron has five fields, {', '.join(FIELDS)}; {text!r} has {len(fields)}")
    for number, field in enumerate(fields):
        _check_field(number, field)
    _check_fires(cron)
    return cron


def _check_field(number: int, text: str) -> None:
    """Try one field alone, all others being free, so that the error can name it."""
    alone = ["*"] * len(FIELDS)
    alone[number] = text
    try:
        CronSim(" ".join(alone), ANY_WALL)
    except (CronSimError, ValueError):  # ValueError: a number too long for int()
        raise Refused(f"{text!r} cannot be the {FIELDS[number]} in cron") from None


def _check_fires(cron: str) -> None:
    try:
        next(CronSim(cron, ANY_WALL))
    except (CronSimError, StopIteration):  # cronsim gives up after 50 years without a match
        raise Refused(f"{cron!r} never comes: no month has such a day") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
