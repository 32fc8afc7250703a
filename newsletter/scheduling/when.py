"""What a person writes, "every tuesday 09:00" → a recurrence as it is stored.

The words are taken apart: a day to begin from, clauses with their times of day, the days of each. What is left over
then is not understood, and nothing is guessed; the nearest phrase is named instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from newsletter.errors import Refused
from newsletter.scheduling.phrases.days import Days, read_days
from newsletter.scheduling.phrases.nearest import mend
from newsletter.scheduling.phrases.single_times import (
    has_dates,
    read_day,
    read_single_times,
    still_to_come,
    take_beginning,
)
from newsletter.scheduling.phrases.times_of_day import Clause, Clock, read_clauses
from newsletter.scheduling.phrases.vocabulary import WEEKDAYS, plain_words
from newsletter.scheduling.walls import AND, EVERY, ON, check_cron, read_recurrence, spaced, together

LONGEST = 10_000  # characters

CRON = re.compile(r"(?:[0-9*/,-]+ +){2}[0-9*/,LFW-]+(?: +\S+){2}")


def parse_when(text: str, now: datetime) -> str:
    """The recurrence. `now` is aware, in the zone of the schedule.

    Raises Refused, with the nearest phrase or a list of what is understood, for anything else, and for what would
    never come.
    """
    if len(text) > LONGEST:
        raise Refused(f"{text[:40]!r}… is too long: {LONGEST:,} characters are allowed")
    words = plain_words(text)
    try:
        found = _stored(text.strip(), now) or _understood(words, now)
    except Refused as refusal:
        raise Refused(f"{text!r}: {refusal}") from None
    if found is not None:
        return found
    raise Refused(f"{text!r} is not understood; {mend(words, lambda phrase: _is_understood(phrase, now))}")


def _is_understood(words: str, now: datetime) -> bool:
    try:
        return _understood(words, now) is not None
    except Refused:
        return False


def _stored(text: str, now: datetime) -> str | None:
    """What `schedules show` gives as the recurrence is understood, too."""
    found = []
    for part in text.split(AND):
        if match := EVERY.fullmatch(part):
            found.append(spaced(int(match[1]), f"{match[2]}s", read_day(match[3]), match[4]))
        elif ON.fullmatch(part):
            found.append(still_to_come([_time(each) for each in part.removeprefix("on ").split(", ")], now))
        elif CRON.fullmatch(part):
            found.append(check_cron(part))
        else:
            return None
    return together(found)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"there is no time {text}") from None


def _understood(words: str, now: datetime) -> str | None:
    """None for words that say nothing, too little, or more. Raises Refused."""
    begins, rest = take_beginning(words)
    if begins is None and has_dates(words):
        return read_single_times(words, now)
    clauses = read_clauses(rest)
    days = [_days(clause, begins) for clause in clauses or ()]
    known = [each for each in days if each is not None]
    if not clauses or len(known) < len(clauses) or not _go_together(clauses, known):
        return None
    parts = zip(known, clauses, strict=True)
    return together(each for days, clause in parts for each in _recurrences(days, clause.clocks, begins, now))


def _days(clause: Clause, begins: date | None) -> Days | None:
    """Of "every 2 weeks from 2027-01-08" the day of the week is that day's."""
    if begins is not None and clause.words.endswith(("week", "weeks", "weekly", "fortnight", "fortnightly")):
        return read_days(f"{clause.words} {WEEKDAYS[begins.isoweekday() % 7]}")
    return read_days(clause.words)


def _go_together(clauses: Sequence[Clause], days: Sequence[Days]) -> bool:
    """In "every 2 weeks on friday at 9 and monday at 17" it is not clear whether the latter comes every week."""
    own = (clause.words.startswith(("every ", "each ")) for clause in clauses[1:])
    same = (one.is_weekly == other.is_weekly and one.apart == other.apart == 1 for one, other in pairwise(days))
    return all(any(pair) for pair in zip(own, same, strict=True))


def _recurrences(days: Days, clocks: Sequence[Clock], begins: date | None, now: datetime) -> list[str]:
    crons = [check_cron(f"{minute} {hour} {tail}") for minute, hour in clocks for tail in days.tails]
    crons = together(crons).split(AND)
    if days.apart == 1 and begins is None:
        return crons
    if not days.is_weekly:
        raise Refused("a day to begin from goes with days and weeks alone")
    unit = "days" if days.tails == ("* * *",) else days.unit
    anchor = begins or min(_first_day(cron, now) for cron in crons)
    return [spaced(days.apart, unit, anchor, cron) for cron in crons]


def _first_day(cron: str, now: datetime) -> date:
    """The day of the first time to come."""
    return next(read_recurrence(cron).after(now.replace(tzinfo=None, fold=0))).date()
