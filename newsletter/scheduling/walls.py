"""A recurrence as it is stored → the wall clock times it means, in order, and its words in English.

Three kinds are stored: cron (`0 9 * * 2`), cron in every so many days or weeks (`every 3 days from 2026-04-03:
0 9 * * *`, `every 2 weeks from 2026-04-03: 0 9 * * 5`, the weeks being counted from the one that day lies in), and
single times (`on 2027-01-05T09:00, 2027-02-09T10:30`); and several of them together (`0 9 * * 1; 0 17 * * 4`). Cron's
day of the month may be `FW`, the first weekday of the month. A wall clock time is a datetime without a zone.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from itertools import groupby

from cronsim import CronSim, CronSimError
from cronsim.explain import explain

from newsletter.errors import Refused

CRON_LENGTH = 200  # characters; nobody writes more, and the parser is recursive

FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")

MOST_APART = {"days": 366, "weeks": 52}
TOGETHER = 24  # recurrences in one, at most
SINGLE_TIMES = 366  # at most
TIMES_SAID = 6  # single times said one by one; of more only how many there are, the first and the last

SPANS = {"days": timedelta(days=1), "weeks": timedelta(weeks=1)}

A_SECOND = timedelta(seconds=1)

AND = "; "

EVERY = re.compile(r"every (\d{1,3}) (day|week)s? from (\d{4}-\d\d-\d\d): ([^;]+)")

ON = re.compile(r"on (\d{4}-\d\d-\d\dT\d\d:\d\d(?:, \d{4}-\d\d-\d\dT\d\d:\d\d)*)")

SPACED = {
    "days": re.compile(r"[0-9,]+ [0-9,]+ \* \* \*"),
    "weeks": re.compile(r"[0-9,]+ [0-9,]+ \* \* [0-9,-]+"),
}
"""Cron that an interval goes with: times of day, and days of the week where it is one of weeks."""

FIRST_WEEKDAY, LAST_WEEKDAY = " FW ", " LW "

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
class FirstWeekday:
    """Cron on the first day of a month that is no Saturday and no Sunday."""

    text: str

    def after(self, wall: datetime) -> Iterator[datetime]:
        return filter(self._is_on, self._first_three().after(wall))

    def before(self, wall: datetime) -> Iterator[datetime]:
        return filter(self._is_on, self._first_three().before(wall))

    @property
    def english(self) -> str:
        last = Cron(self.text.replace(FIRST_WEEKDAY, LAST_WEEKDAY))
        return last.english.replace("last weekday", "first weekday")

    def _first_three(self) -> Cron:
        return Cron(self.text.replace(FIRST_WEEKDAY, " 1-3 "))

    @staticmethod
    def _is_on(wall: datetime) -> bool:
        return wall.weekday() == 0 or (wall.day == 1 and wall.weekday() < 5)


@dataclass(frozen=True, slots=True)
class Spaced:
    """Cron, but only in every so many days, or weeks from Monday to Sunday, and not before the day it counts from."""

    apart: int
    unit: str  # of SPANS
    anchor: date
    cron: Cron

    def after(self, wall: datetime) -> Iterator[datetime]:
        wall = max(wall, _midnight(self.anchor) - A_SECOND)
        start = self._start(wall)
        while True:
            for each in self.cron.after(max(wall, start - A_SECOND)):
                if each >= start + SPANS[self.unit]:
                    break
                yield each
            start += self.apart * SPANS[self.unit]

    def before(self, wall: datetime) -> Iterator[datetime]:
        first = _midnight(self.anchor)
        while wall > first:
            start = self._start(wall - timedelta(microseconds=1))
            for each in self.cron.before(min(wall, start + SPANS[self.unit])):
                if each < max(start, first):
                    break
                yield each
            wall = start

    @property
    def english(self) -> str:
        words, since = self.cron.english, f"from {_in_words(self.anchor)} on"
        if self.apart == 1:
            return f"{words}, {since}"
        if self.unit == "days":
            return f"{words.removesuffix(' every day')} every {self.apart} days, {since}"
        return f"{words}, every {self.apart} weeks {since}"

    def _start(self, wall: datetime) -> datetime:
        """When the latest of the days or weeks began that count, at this time, which is not before the anchor."""
        first = _midnight(self.anchor - timedelta(days=self.anchor.weekday() if self.unit == "weeks" else 0))
        return wall - (wall - first) % (self.apart * SPANS[self.unit])


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


Alone = Cron | FirstWeekday | Spaced | SingleTimes


@dataclass(frozen=True, slots=True)
class Together:
    """The times of several recurrences, each time once."""

    parts: tuple[Alone, ...]

    def after(self, wall: datetime) -> Iterator[datetime]:
        return (each for each, _ in groupby(merge(*(part.after(wall) for part in self.parts))))

    def before(self, wall: datetime) -> Iterator[datetime]:
        return (each for each, _ in groupby(merge(*(part.before(wall) for part in self.parts), reverse=True)))

    @property
    def english(self) -> str:
        first, *others = (part.english for part in self.parts)
        return ", and ".join([first, *(words[0].lower() + words[1:] for words in others)])


Walls = Alone | Together


@lru_cache(maxsize=4096)
def read_recurrence(text: str) -> Walls:
    """What a stored recurrence means, which was checked before it was stored."""
    first, *others = map(_read_one, text.split(AND))
    return Together((first, *others)) if others else first


def _read_one(text: str) -> Alone:
    if match := EVERY.fullmatch(text):
        return Spaced(int(match[1]), f"{match[2]}s", date.fromisoformat(match[3]), Cron(match[4]))
    if match := ON.fullmatch(text):
        return SingleTimes(tuple(datetime.fromisoformat(each) for each in match[1].split(", ")))
    return FirstWeekday(text) if FIRST_WEEKDAY in text else Cron(text)


def in_english(text: str) -> str:
    """`"0 9 * * 2"` as "At 09:00 on Tuesday"."""
    return read_recurrence(text).english


def spaced(apart: int, unit: str, anchor: date, cron: str) -> str:
    """The recurrence, its days or weeks counted from the first of its days from `anchor` on. Raises Refused."""
    if not 1 <= apart <= MOST_APART[unit]:
        raise Refused(f"{apart} {unit} apart: 1 to {MOST_APART[unit]} are possible")
    if not SPACED[unit].fullmatch(cron):
        raise Refused(f"an interval of {unit} goes with {'days of the week' if unit == 'weeks' else 'every day'} alone")
    try:
        first = next(Cron(check_cron(cron)).after(_midnight(anchor) - A_SECOND))
    except (OverflowError, ValueError, StopIteration):
        raise Refused(f"{anchor} is too late: the calendar ends") from None
    return f"every {apart} {unit} from {first.date()}: {cron}"


def together(recurrences: Iterable[str]) -> str:
    """All of these in one; cron that differs in one field alone becomes one. Raises Refused for too many."""
    found: list[str] = []
    for each in dict.fromkeys(recurrences):
        same = next((known for known in found if _joined(known, each)), None)
        if same is None:
            found.append(each)
        else:
            found[found.index(same)] = _joined(same, each)
    if len(found) > TOGETHER:
        raise Refused(f"{len(found)} recurrences in one are too many; {TOGETHER} are allowed")
    return AND.join(found)


def _joined(one: str, other: str) -> str:
    """One cron expression for two; empty where there is none."""
    fields, others = one.split(), other.split()
    differing = [place for place, pair in enumerate(zip(fields, others, strict=False)) if pair[0] != pair[1]]
    if not len(fields) == len(others) == len(FIELDS) or len(differing) != 1:
        return ""
    (place,) = differing
    values = {*fields[place].split(","), *others[place].split(",")}
    if not all(value.isdigit() for value in values):
        return ""
    return " ".join([*fields[:place], ",".join(sorted(values, key=int)), *fields[place + 1 :]])


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
    if FIRST_WEEKDAY in cron and fields[-1] == "*":
        check_cron(cron.replace(FIRST_WEEKDAY, LAST_WEEKDAY))  # cronsim knows only the last one
        return cron
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
