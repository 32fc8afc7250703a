"""Words → clauses, each with its times of day: "mondays at 9 and 12 and thursdays at 17" has two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from newsletter.errors import Refused
from newsletter.scheduling.phrases.vocabulary import MONTH, USUAL_TIME, WEEKDAY, WEEKDAY_NUMBERS

Clock = tuple[int, int]
"""Minute and hour."""

SURE = r"(?:\d{1,2}[:.h]\d{2}(?: ?[ap]\.?m\b\.?)?|\d{1,2} ?(?:[ap]\.?m\b\.?|o'clock|h\b)|noon|midnight)"
"""A time of day wherever it stands. A bare number is one after "at", a day of the week, or another time; after a day of
the week up to 12 alone."""

NUMBER = rf"\d{{1,2}}(?! (?:of|{MONTH})\b| ?(?:[ap]\.?m\b|o'clock|h\b))"

BARE = rf"(?:\bat {NUMBER}|(?P<day>\b(?:{WEEKDAY}|weekdays?|weekends?|daily|(?:every|each) day) ){NUMBER})"

FIRST = re.compile(rf"(?:(?<![\w:.-])(?:at )?{SURE}|{BARE})(?= |$)")

FURTHER = re.compile(rf" and (?:at )?(?:{SURE}|{NUMBER})(?= |$)")

PARTS = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))? ?(?:(?P<half>[ap])\.?m\.?|o'clock|h)?|(?P<word>noon|midnight)"
)

OWN_RHYTHM = re.compile(r" and (?=(?:every|each)\b)")

AND = " and "


@dataclass(frozen=True, slots=True)
class Clause:
    words: str  # without the times of day
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """Times of day one after the other, and where in the words they stand."""

    start: int
    end: int
    clocks: tuple[Clock, ...]


def read_clauses(words: str) -> list[Clause] | None:
    """The clauses, None where it is not clear which time goes with which. Raises Refused for what is no time of day."""
    parts = [part for each in OWN_RHYTHM.split(words) for part in _cut(each)]
    clauses = [_clause(part) for part in parts]
    known = [clause for clause in clauses if clause is not None]
    if len(known) < len(clauses):
        return None
    return _timed(known)


def _timed(clauses: Sequence[Clause]) -> list[Clause] | None:
    """One without a time has the next one's: "every monday and every friday at 9"."""
    found: list[Clause] = []
    usual: tuple[Clock, ...] = () if any(clause.clocks for clause in clauses) else (USUAL_TIME,)
    for clause in reversed(clauses):
        usual = clause.clocks or usual
        if not usual:
            return None
        found.append(replace(clause, clocks=usual))
    return found[::-1]


def _cut(words: str) -> Iterator[str]:
    """Apart behind a time, "mondays 9:00 and thursdays 17:00", or before one, "9am on mondays and 5pm on fridays"."""
    begin = 0
    runs = list(_runs(words))
    for run, following in zip_longest(runs, runs[1:]):
        between = words[run.end : following.start if following else len(words)]
        if between.startswith(AND):
            yield words[begin : run.end]
            begin = run.end + len(AND)
        elif following and between.endswith(AND):
            yield words[begin : following.start - len(AND)]
            begin = following.start
    yield words[begin:]


def _clause(words: str) -> Clause | None:
    runs = list(_runs(words))
    if not runs:
        return Clause(words)
    before, after = words[: runs[0].start], words[runs[0].end :]
    if len(runs) > 1 or (len(runs[0].clocks) > 1 and before.strip() and after.strip()):
        return None
    return Clause(f"{before}{after}".strip(), runs[0].clocks)


def _runs(words: str) -> Iterator[_Run]:
    place = 0
    while match := FIRST.search(words, place):
        start = match.end("day") if match["day"] else match.start()
        place = match.end()
        if match["day"] and match["day"].strip() in WEEKDAY_NUMBERS:
            _require_an_hour(words, start, place)
        while more := FURTHER.match(words, place):
            place = more.end()
        yield _Run(start, place, tuple(read_clock(each) for each in words[start:place].split(AND)))


def _require_an_hour(words: str, start: int, end: int) -> None:
    """Raises Refused for "friday 13", which may well be a day of the month: of hours people write "friday 9"."""
    number = int(words[start:end])
    if not 12 < number < 24:
        return
    ending = {21: "st", 22: "nd", 23: "rd"}.get(number, "th")
    either = f'"{words[:start]}at {number}:00{words[end:]}" or "on the {number}{ending} of the month"'
    raise Refused(f"that may mean two things: say {either}")


def read_clock(text: str) -> Clock:
    """Raises Refused for what is no time of day."""
    told = text.strip().removeprefix("at ")
    match = PARTS.fullmatch(told)
    if match is None:
        raise Refused(f"{told!r} is not a time of day")
    if match["word"]:
        return 0, 12 if match["word"] == "noon" else 0
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise Refused(f"there is no {told!r}; am and pm go with 1 to 12")
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    if hour > 23 or minute > 59:
        raise Refused(f"{told!r} is not a time of day, 00:00 to 23:59")
    return minute, hour
