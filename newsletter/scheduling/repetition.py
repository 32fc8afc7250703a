"""A repetition rule of a calendar file (RFC 5545 §3.3.10) → the days on which its event begins, in a bounded span.

dateutil reads such rules too, and the tests ask it; but where nothing matches it tries every day to the year 9999, for
half a minute (FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30), and nothing stops it on the way.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

DAY = timedelta(days=1)

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

YEARS_AHEAD = {"YEARLY": 30, "MONTHLY": 10, "WEEKLY": 10, "DAILY": 10}
"""How far a repetition of each kind is followed."""

UNDERSTOOD = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"}

BY_DAY = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(WEEKDAYS)})")

WORK = 500_000  # days looked at for one file; a hundred weekly events, for ten years each, need fewer

Spend = Callable[[int], None]


def allowance() -> Spend:
    """Takes away from what may be looked at for one file. Raises ValueError when nothing is left."""
    left = WORK

    def spend(days: int) -> None:
        nonlocal left
        left -= days
        if left < 0:
            raise ValueError("the events of this calendar file repeat too often")

    return spend


@dataclass(frozen=True, slots=True)
class Rule:
    every: str  # of YEARS_AHEAD
    interval: int
    count: int | None
    months: frozenset[int]
    month_days: frozenset[int]  # from the end where negative
    weekdays: tuple[tuple[int, int], ...]  # the how many'th, 0 for each, and the day, Monday being 0
    positions: frozenset[int]
    week_begins: int

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Without UNTIL. Raises ValueError, in words, for what is not understood."""
        parts = dict(part.partition("=")[::2] for part in text.upper().split(";") if part)
        every = parts.get("FREQ", "")
        if unknown := sorted(set(parts) - UNDERSTOOD):
            raise ValueError(f"{unknown[0][:20]} is not understood in a repetition")
        if every not in YEARS_AHEAD:
            raise ValueError(f"FREQ={every[:20]} is not understood in a repetition")
        rule = cls(
            every,
            _numbers(parts, "INTERVAL", 1, 1000, [1])[0],
            next(iter(_numbers(parts, "COUNT", 1, 10**12, [])), None),
            frozenset(_numbers(parts, "BYMONTH", 1, 12, [])),
            frozenset(_numbers(parts, "BYMONTHDAY", -31, 31, [])),
            tuple(_weekdays(parts)),
            frozenset(_numbers(parts, "BYSETPOS", -366, 366, [])),
            _weekday(parts.get("WKST", "MO")),
        )
        if any(nth for nth, _ in rule.weekdays) and (every in ("DAILY", "WEEKLY") or rule.month_days):
            raise ValueError(f"a counted BYDAY does not go with {'BYMONTHDAY' if rule.month_days else every}")
        if rule.month_days and every == "WEEKLY":
            raise ValueError("BYMONTHDAY does not go with WEEKLY")
        return rule

    def is_plain_yearly(self, first: date) -> bool:
        """Whether it means one and the same day of every year, for ever."""
        told = (self.months or {first.month}, self.month_days or {first.day})
        is_simple = not self.weekdays and not self.positions and self.count is None and self.interval == 1
        return self.every == "YEARLY" and is_simple and told == ({first.month}, {first.day})

    def days(self, first: date, since: date, until: date, spend: Spend) -> Iterator[date]:
        """The days from `since` to `until`, both included, of the event that begins on `first`."""
        left = self.count if self.count is not None else -1
        for span in self._spans(first, since if self.count is None else first):
            if not span or span[0] > until:
                return
            spend(len(span))
            for day in self._picked(span, first):
                if day < first:
                    continue
                if day > until or left == 0:
                    return
                left -= 1
                if day >= since:
                    yield day

    def _picked(self, span: Sequence[date], first: date) -> Iterator[date]:
        found = [day for day in span if self._matches(day, first)]
        for place, day in enumerate(found):
            if not self.positions or self.positions & {place + 1, place - len(found)}:
                yield day

    def _matches(self, day: date, first: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        if self.weekdays and not any(self._is_weekday(day, nth, number) for nth, number in self.weekdays):
            return False
        if self.month_days:
            return not self.month_days.isdisjoint({day.day, day.day - _length(day) - 1})
        if self.weekdays or self.every == "DAILY":
            return True
        if self.every == "WEEKLY":
            return day.weekday() == first.weekday()
        is_month = bool(self.months) or self.every == "MONTHLY" or day.month == first.month
        return is_month and day.day == first.day

    def _is_weekday(self, day: date, nth: int, number: int) -> bool:
        if day.weekday() != number:
            return False
        if not nth:
            return True
        if self.every == "YEARLY" and not self.months:
            place, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
        else:
            place, length = day.day, _length(day)
        return nth in ((place - 1) // 7 + 1, -((length - place) // 7 + 1))

    def _spans(self, first: date, since: date) -> Iterator[list[date]]:
        """The days of each day, week, month or year that counts, from the last one on that begins by `since`."""
        try:
            for number in count(self._number(first, max(first, since)) // self.interval * self.interval, self.interval):
                yield self._span(first, number)
        except (OverflowError, ValueError):  # the calendar ends
            return

    def _number(self, first: date, day: date) -> int:
        """How many days, weeks, months or years `day` lies after `first`."""
        if self.every == "YEARLY":
            return day.year - first.year
        if self.every == "MONTHLY":
            return (day.year - first.year) * 12 + day.month - first.month
        return (day - self._week(first)).days // 7 if self.every == "WEEKLY" else (day - first).days

    def _span(self, first: date, number: int) -> list[date]:
        if self.every == "DAILY":
            return [first + number * DAY]
        if self.every == "WEEKLY":
            begin = self._week(first) + number * 7 * DAY
            return [begin + day * DAY for day in range(7)]
        if self.every == "MONTHLY":
            year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
            return _month(year, month + 1)
        months = sorted(self.months) or ([first.month] if not (self.weekdays or self.month_days) else range(1, 13))
        return [day for month in months for day in _month(first.year + number, month)]

    def _week(self, day: date) -> date:
        return day - (day.weekday() - self.week_begins) % 7 * DAY


def _numbers(parts: dict[str, str], name: str, least: int, most: int, usual: list[int]) -> list[int]:
    if name not in parts:
        return usual
    values = parts[name].split(",")
    if all(re.fullmatch(r"[+-]?\d{1,12}", value) and least <= int(value) <= most and int(value) for value in values):
        return [int(value) for value in values[: 1 if usual or name == "COUNT" else None]]
    raise ValueError(f"{parts[name][:40]!r} cannot be the {name} of a repetition")


def _weekdays(parts: dict[str, str]) -> Iterator[tuple[int, int]]:
    for each in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = BY_DAY.fullmatch(each)
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise ValueError(f"{each[:40]!r} cannot be the BYDAY of a repetition")
        yield int(match[1] or 0), WEEKDAYS.index(match[2])


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise ValueError(f"{text[:40]!r} cannot be the WKST of a repetition")
    return WEEKDAYS.index(text)


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
