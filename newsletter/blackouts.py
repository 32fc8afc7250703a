"""Days without an issue, as a person writes them → which days those are, and the next one that is none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

MOST_DAYS = 1000  # entries of one list
LOOKED_AHEAD = 1000  # windows in a row after which no free day is looked for any more

SHAPES = "MM-DD, MM-DD..MM-DD, YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD"

MonthDay = tuple[int, int]

ENTRY = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)(?:\.\.(?:(\d{4})-)?(\d\d)-(\d\d))?")

LEAP_YEAR = 2024  # the 29th of February may be one of the days

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from one to another, both inside: of one year, or of every year and then perhaps over New Year."""

    text: str
    first: date  # of every year, in LEAP_YEAR
    last: date
    is_yearly: bool

    @classmethod
    def parse(cls, text: str) -> Window:
        """Raises ValueError, in words."""
        match = ENTRY.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not written {SHAPES}")
        year, month, day, last_year, last_month, last_day = match.groups()
        if last_month is None:
            last_year, last_month, last_day = year, month, day
        if (year is None) is not (last_year is None):
            raise ValueError(f"{text!r}: both ends have a year, or neither has")
        first, last = _day(year, month, day, text), _day(last_year, last_month, last_day, text)
        if year is not None and last < first:
            raise ValueError(f"{text!r} ends before it begins")
        return cls(text, first, last, year is None)

    def __contains__(self, day: date) -> bool:
        if not self.is_yearly:
            return self.first <= day <= self.last
        first, last, here = _month_day(self.first), _month_day(self.last), _month_day(day)
        return first <= here <= last if first <= last else here >= first or here <= last

    def end_after(self, day: date) -> date:
        """The last day of the window that `day` lies in. Raises ValueError at the end of the calendar."""
        if not self.is_yearly:
            return self.last
        year = day.year + (_month_day(day) > _month_day(self.last))
        month, number = _month_day(self.last)
        try:
            return date(year, month, number)
        except ValueError:
            return date(year, 2, 28)


@dataclass(frozen=True, slots=True)
class Blackout:
    """Windows of days without an issue."""

    windows: tuple[Window, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Blackout:
        """Raises ValueError, in words that name the entry."""
        windows = tuple(Window.parse(entry) for entry in entries)
        if len(windows) > MOST_DAYS:
            raise ValueError(f"{len(windows)} entries are too many; {MOST_DAYS} are allowed")
        blackout = cls(windows)
        if blackout.next_free(date(LEAP_YEAR, 1, 1)) is None:
            raise ValueError("that is every day of every year: nothing would ever go")
        return blackout

    def __bool__(self) -> bool:
        return bool(self.windows)

    def __add__(self, other: Blackout) -> Blackout:
        return Blackout(self.windows + other.windows)

    def window_of(self, day: date) -> Window | None:
        return next((each for each in self.windows if day in each), None)

    def next_free(self, day: date) -> date | None:
        """The first day from `day` on in no window; None when there is none for a very long time."""
        for _ in range(LOOKED_AHEAD):
            window = self.window_of(day)
            if window is None:
                return day
            try:
                day = window.end_after(day) + DAY
            except (OverflowError, ValueError):
                return None
        return None


def _day(year: str | None, month: str, day: str, text: str) -> date:
    try:
        return date(int(year or LEAP_YEAR), int(month), int(day))
    except ValueError:
        raise ValueError(f"{text!r}: there is no such day") from None


def _month_day(day: date) -> MonthDay:
    return day.month, day.day
