"""Words that name days by their dates → those days, and the times that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time

from newsletter.errors import Refused
from newsletter.scheduling.phrases.times_of_day import FIRST, Clock, read_clock
from newsletter.scheduling.phrases.vocabulary import MONTH, MONTH_NUMBERS, USUAL_TIME, WEEKDAY
from newsletter.scheduling.walls import on_times

YEARS_AHEAD = 50

ISO = r"\d{4}-\d\d?-\d\d?"

DATED = re.compile(
    rf"""
    \b(?P<iso>{ISO})(?:t(?=\d))?
    | \b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<month>{MONTH})\ (?P<year>\d{{4}})\b
    | \b(?P<month2>{MONTH})\ (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\ (?:and\ )?(?P<year2>\d{{4}})\b
    """,
    re.VERBOSE,
)

BEGINS = re.compile(r"\b(?:from|since|starting|beginning)(?: on| from)? ")

FILLERS = re.compile(rf"\b(?:on|and|the|{WEEKDAY})\b")


def take_beginning(words: str) -> tuple[date | None, str]:
    """The day from which on, None where none is named, and the words that are left. Raises Refused."""
    begins = BEGINS.search(words)
    match = DATED.match(words, begins.end()) if begins else None
    if begins is None or match is None:
        return None, words
    rest = f"{words[: begins.start()]} {words[match.end() :].removeprefix(' on ')}"
    return _date(match), " ".join(rest.split())


def has_dates(words: str) -> bool:
    return DATED.search(words) is not None


def read_single_times(words: str, now: datetime) -> str | None:
    """The recurrence that is these times alone, None for words that say more. Raises Refused."""
    found = list(DATED.finditer(words))
    ends = [match.start() for match in found[1:]] + [len(words)]
    beside = [words[match.end() : end] for match, end in zip(found, ends, strict=True)]
    beside.append(words[: found[0].start()])
    if any(_without_clock(each) for each in beside):
        return None
    clocks = [_clock(each) for each in beside]
    times = []
    for place, match in enumerate(found):
        # "5 january 2027 and 9 february 2027 at 9": a day without a time of its own has the next one's.
        told = [clock for clock in (*clocks[place:], *reversed(clocks[:place])) if clock is not None]
        minute, hour = told[0] if told else USUAL_TIME
        times.append(datetime.combine(_date(match), time(hour, minute)))
    return still_to_come(times, now)


def _without_clock(words: str) -> str:
    return FILLERS.sub("", FIRST.sub(" ", f"{words} ", count=1)).strip()


def _clock(words: str) -> Clock | None:
    match = FIRST.search(words)
    return read_clock(match[0]) if match else None


def _date(match: re.Match[str]) -> date:
    if match["iso"]:
        return read_day(match["iso"])
    day, month, year = (match[name] or match[f"{name}2"] for name in ("day", "month", "year"))
    return read_day(f"{year}-{MONTH_NUMBERS[month]}-{day}")


def read_day(text: str) -> date:
    """Raises Refused for a day that no calendar has."""
    year, month, day = map(int, text.split("-"))
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused(f"there is no day {text}") from None


def still_to_come(times: Iterable[datetime], now: datetime) -> str:
    """The recurrence that is these times, all of them still to come. Raises Refused."""
    given = sorted(times)
    today = now.replace(tzinfo=None, fold=0)
    if given[0] <= today:
        raise Refused(f"{given[0]:%Y-%m-%d %H:%M} has passed")
    if given[-1].year > today.year + YEARS_AHEAD:
        raise Refused(f"{given[-1]:%Y-%m-%d} is more than {YEARS_AHEAD} years away")
    return on_times(given)
