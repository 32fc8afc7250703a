"""What a person writes, "every tuesday 09:00" → a recurrence as it is stored.

The words are taken away piece by piece: a day to begin from, the time of day, the days; what is left over then is
not understood, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

from newsletter.errors import Refused
from newsletter.scheduling.walls import EVERY, ON, check_cron, every_weeks, on_times, read_recurrence

ACCEPTED = (
    '"every tuesday 09:00", "every monday and thursday at 9:30 pm", "every 2 weeks on friday", "every day 07:30", '
    '"weekdays at 7", "first monday of the month at 08:30", "last friday of the month", "every 1st and 15th of the '
    'month 10:00", "last day of the month", "quarterly", "every year on 24 december" and "24 december 2027 at 9"'
)

USUAL_TIME = (0, 9)
"""Minute and hour where no time of day is named."""

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

SHORT_FORMS = {"tuesday": ("tues",), "wednesday": ("weds",), "thursday": ("thur", "thurs")}

WEEKDAY_NUMBERS = {
    form: number
    for number, name in enumerate(WEEKDAYS)
    for form in (name, name + "s", name[:3], *SHORT_FORMS.get(name, ()))
}

WHOLE_WEEK = {"day": "*", "days": "*", "daily": "*", "weekday": "1-5", "weekdays": "1-5"} | dict.fromkeys(
    ("weekend", "weekends"), "0,6"
)

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

MONTH_NUMBERS = {form: number for number, name in enumerate(MONTHS, 1) for form in (name, name[:3])} | {"sept": 9}

MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

NUMBERS = {"two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "other": 2}

ORDINALS = {
    **{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": 0},
    **{"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5},
}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


ORDINAL, WEEKDAY, MONTH = _any(ORDINALS), _any(WEEKDAY_NUMBERS), _any(MONTH_NUMBERS)
COUNT = rf"\d{{1,3}}|{_any(NUMBERS)}"

CLOCK = re.compile(
    r"""
    (?:(?P<at>\bat\ )|(?<![\w:.-]))
    (?:
        (?P<hour>[0-9]{1,2}) (?P<sign>[:.h](?P<minute>[0-9]{2}))?
        (?:\ ?(?P<half>[ap]\.?m\b\.?))?
        (?P<clock>\ ?o'clock)?
    |   (?P<word>noon|midnight)
    )
    (?=\ |$)
    """,
    re.VERBOSE,
)
"""A time of day. A bare number without an "at" is one only at the end, where it cannot be a day."""

DAY_LEADS = {"day", "days", "the", "and", "on", *MONTH_NUMBERS}
"""Before a bare number: then it is a day."""

DAY = r"\d{4}-\d\d?-\d\d?"

BEGINS = re.compile(rf"\b(?:from|since|starting|beginning)(?: on| from)? ({DAY})(?: on)?(?= |$)")

DATED = re.compile(
    rf"""
    \b(?P<iso>{DAY})(?:t(?=\d))?
    | \b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<month>{MONTH})\ (?P<year>\d{{4}})\b
    | \b(?P<month2>{MONTH})\ (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\ (?:and\ )?(?P<year2>\d{{4}})\b
    """,
    re.VERBOSE,
)

DATE_FILLERS = re.compile(rf"\b(?:on|and|the|{WEEKDAY})\b")

FILLERS = re.compile(r"\b(?:every|each|on|of|the|and|at|a|an|in|per|once)\b")

REPEATED = re.compile(r"\b(?:every|each|year|yearly|annually)\b")

WEEKS = re.compile(
    rf"\b(?:({COUNT}) weeks|(other) week|(other) ({WEEKDAY})|(fortnightly|fortnight|biweekly|bi-weekly)|weekly|week)\b"
)

MONTHLY = re.compile(rf"\b(?:({COUNT}) months|(other) month|months?|monthly)\b")

QUARTERLY = re.compile(r"\b(?:quarter|quarterly)\b")

YEARLY = re.compile(r"\b(?:year|yearly|annually)\b")

TWICE = re.compile(r"\btwice\b")

NTH_WEEKDAYS = re.compile(rf"\b((?:(?:{ORDINAL}) )+)({WEEKDAY})\b")

AMBIGUOUS = re.compile(rf"\b(?:every|each) (second|third|fourth|fifth|2nd|3rd|4th|5th) ({WEEKDAY})\b")

LAST_DAY = re.compile(r"\blast day\b")

LAST_WORKING_DAY = re.compile(r"\blast (?:weekday|working day|business day)\b")

DAY_OF_MONTH = re.compile(r"\b(?:day )?([0-9]{1,3})(?:st|nd|rd|th)?\b|\bfirst(?: day)?\b")

FROM_TO = re.compile(rf"\b({WEEKDAY}) ?(?:to|through|until|-|–) ?({WEEKDAY})\b")


def parse_when(text: str, now: datetime) -> str:
    """The recurrence. `now` is aware, in the zone of the schedule.

    Raises Refused, with a list of what is understood, for anything else, and for what would never come.
    """
    if EVERY.fullmatch(text.strip()) or ON.fullmatch(text.strip()):
        return _stored(text.strip(), now)
    words = " ".join(re.sub(r"[,;&]", " and ", text.lower()).split())
    if not words:
        raise _not_understood(text)
    begins = BEGINS.search(words)
    if begins is None and DATED.search(words):
        return _single_times(words, text, now)
    rest = words if begins is None else " ".join((words[: begins.start()] + words[begins.end() :]).split())
    minute, hour, rest = _take_time(rest, text)
    return _recurring(f"{minute} {hour}", rest, text, now, None if begins is None else _day(begins[1], text))


def _stored(text: str, now: datetime) -> str:
    """What `schedules show` gives as the recurrence is understood, too."""
    if match := EVERY.fullmatch(text):
        return every_weeks(int(match[1]), _day(match[2], text), match[3])
    return _future([_time(each, text) for each in text.removeprefix("on ").split(", ")], text, now)


def _recurring(clock: str, words: str, text: str, now: datetime, begins: date | None) -> str:
    rest = " ".join(FILLERS.sub(" ", words).split())
    apart, weekly = _take_weeks(rest, text)
    if apart > 1 or begins is not None:
        days = _days_of_week(weekly)
        if days is None:
            raise _not_understood(text, "names no day of the week")
        cron = check_cron(f"{clock} * * {days}")
        return every_weeks(apart, begins or _first_day(cron, now), cron)
    if (monthly := _monthly(rest, words, text)) is not None:
        return check_cron(f"{clock} {monthly}")
    if (days := _days_of_week(weekly)) is not None:
        return check_cron(f"{clock} * * {days}")
    raise _not_understood(text)


def _first_day(cron: str, now: datetime) -> date:
    """The day of the first time to come."""
    return next(read_recurrence(cron).after(now.replace(tzinfo=None, fold=0))).date()


# -- single times


def _single_times(words: str, text: str, now: datetime) -> str:
    found = list(DATED.finditer(words))
    ends = [match.start() for match in found[1:]] + [len(words)]
    clocks = [_only_clock(words[match.end() : end], text) for match, end in zip(found, ends, strict=True)]
    clocks.append(_only_clock(words[: found[0].start()], text))
    times = []
    for place, match in enumerate(found):
        # "5 january 2027 and 9 february 2027 at 9": a day without a time of its own has the next one's.
        told = [clock for clock in (*clocks[place:], *reversed(clocks[:place])) if clock is not None]
        minute, hour = told[0] if told else USUAL_TIME
        times.append(datetime.combine(_dated(match, text), time(hour, minute)))
    return _future(times, text, now)


def _only_clock(words: str, text: str) -> tuple[int, int] | None:
    """The time of day these words name, None where they name nothing at all."""
    rest = " ".join(words.split())
    match = CLOCK.search(rest)
    left = rest if match is None else f"{rest[: match.start()]} {rest[match.end() :]}"
    if DATE_FILLERS.sub("", left).strip():
        raise _not_understood(text)
    return None if match is None else _clock(match, text)


def _dated(match: re.Match[str], text: str) -> date:
    if match["iso"]:
        return _day(match["iso"], text)
    day, month, year = (match[name] or match[f"{name}2"] for name in ("day", "month", "year"))
    return _day(f"{year}-{MONTH_NUMBERS[month]}-{day}", text)


def _day(given: str, text: str) -> date:
    year, month, day = map(int, given.split("-"))
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused(f"{text!r}: there is no day {given}") from None


def _time(given: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        raise Refused(f"{text!r}: there is no time {given}") from None


def _future(times: Iterable[datetime], text: str, now: datetime) -> str:
    """Single times, all of them still to come. Raises Refused."""
    given = sorted(times)
    today = now.replace(tzinfo=None, fold=0)
    if given[0] <= today:
        raise Refused(f"{text!r}: {given[0]:%Y-%m-%d %H:%M} has passed")
    if given[-1].year > today.year + 50:
        raise Refused(f"{text!r}: {given[-1]:%Y-%m-%d} is more than 50 years away")
    return on_times(given)


# -- the time of day


def _take_time(words: str, text: str) -> tuple[int, int, str]:
    """Minute and hour, and the words that are left."""
    found = list(CLOCK.finditer(words))
    told = [
        match for match in found if match["at"] or match["sign"] or match["half"] or match["clock"] or match["word"]
    ]
    bare = [match for match in found if match not in told and _is_time(words, match)]
    if len(told) > 1:
        raise Refused(f"{text!r} names two times of day: a schedule has one; make two, or give a cron expression")
    for match in told or bare:
        minute, hour = _clock(match, text)
        return minute, hour, f"{words[: match.start()]} {words[match.end() :]}"
    return *USUAL_TIME, words


def _is_time(words: str, match: re.Match[str]) -> bool:
    before = words[: match.start()].split()
    return match.end() == len(words) and bool(before) and before[-1] not in DAY_LEADS and not before[-1][0].isdigit()


def _clock(match: re.Match[str], text: str) -> tuple[int, int]:
    if match["word"]:
        return 0, 12 if match["word"] == "noon" else 0
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise Refused(f"{text!r}: there is no {match[0].strip()!r}; am and pm go with 1 to 12")
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    if hour > 23 or minute > 59:
        raise Refused(f"{text!r}: {match[0].strip()!r} is not a time of day, 00:00 to 23:59")
    return minute, hour


# -- weeks


def _take_weeks(words: str, text: str) -> tuple[int, str]:
    """How many weeks lie between, and the words that are left."""
    if TWICE.search(words) and re.search(r"\bweek\b", words):
        raise _not_understood(text, "names no days of the week")
    match = WEEKS.search(words)
    if match is None:
        return 1, words
    count, *other, weekday, fortnight = match.groups()
    apart = _count(count, text) if count else 2 if fortnight or any(other) else 1
    return apart, f"{words[: match.start()]} {weekday or ''} {words[match.end() :]}"


def _count(given: str, text: str) -> int:
    count = NUMBERS.get(given) or int(given)
    if not count:
        raise Refused(f"{text!r}: every {given} is never")
    return count


def _days_of_week(words: str) -> str | None:
    numbers: list[str] = []

    def between(match: re.Match[str]) -> str:
        first, last = (WEEKDAY_NUMBERS[name] for name in match.groups())
        numbers.extend(str(number % 7) for number in range(first, last + (7 if last < first else 0) + 1))
        return " "

    rest = FROM_TO.sub(between, words).split()
    if len(rest) == 1 and not numbers and rest[0] in WHOLE_WEEK:
        return WHOLE_WEEK[rest[0]]
    if not (rest or numbers) or not all(word in WEEKDAY_NUMBERS for word in rest):
        return None
    return ",".join(sorted({*numbers, *(str(WEEKDAY_NUMBERS[word]) for word in rest)}))


# -- months, quarters, years


def _monthly(rest: str, words: str, text: str) -> str | None:
    """Day of month, month and day of week as cron has them; None where the words speak of weeks or days."""
    named, left = _take_months(rest)
    months, left = _take_rhythm(named, left, text)
    if match := AMBIGUOUS.search(words):
        if months is None:
            nth, weekday = match.groups()
            either = f'"every {ORDINALS[nth]} weeks on {weekday}" or "{nth} {weekday} of the month"'
            raise Refused(f"{text!r} may mean two things: say {either}")
    if NTH_WEEKDAYS.search(left):
        nth = ",".join(_take_nth_weekdays(left, text))
        return f"* {_field(months or ())} {nth}"
    if months is None:
        return None
    days = _days_of_month(left, text)
    if days is None:
        raise _not_understood(text)
    if not days and YEARLY.search(rest) and not named and len(months) == 1:
        raise _not_understood(text, "names no month")
    _check_comes(days, months, text)
    if named and not REPEATED.search(words):
        raise Refused(f'{text!r}: say the year, as in "24 december 2027 at 9", or "every 24 december"')
    return f"{','.join(days) or '1'} {_field(months)} *"


def _take_months(words: str) -> tuple[list[int], str]:
    """The months named, and the words that are left."""
    named = [MONTH_NUMBERS[word] for word in words.split() if word in MONTH_NUMBERS]
    return sorted(set(named)), " ".join(word for word in words.split() if word not in MONTH_NUMBERS)


def _take_rhythm(named: list[int], words: str, text: str) -> tuple[tuple[int, ...] | None, str]:
    """The months meant, None where none are, and the words that are left."""
    is_twice = bool(TWICE.search(words))
    left = TWICE.sub(" ", words) if is_twice else words
    if match := MONTHLY.search(left):
        step = _count(match[1] or match[2] or "1", text)
        if 12 % step:
            raise Refused(f"{text!r}: every {step} months does not fit into a year; say the months by name")
        left = MONTHLY.sub(" ", left)
        if is_twice:
            left = left if DAY_OF_MONTH.search(left) else f"{left} 1 15"
        return tuple(named or range(1, 13, step)), left
    if QUARTERLY.search(left):
        is_at_the_end = "last" in left.split()
        return tuple(named or range(3 if is_at_the_end else 1, 13, 3)), QUARTERLY.sub(" ", left)
    if YEARLY.search(left):
        return tuple(named or ([1, 7] if is_twice else [1])), YEARLY.sub(" ", left)
    return (tuple(named) if named else None), words


def _field(months: Iterable[int]) -> str:
    found = sorted(months)
    return "*" if len(found) in (0, 12) else ",".join(map(str, found))


def _take_nth_weekdays(words: str, text: str) -> Iterator[str]:
    """`1#1` for the first Monday, `1L` for the last."""
    if NTH_WEEKDAYS.sub(" ", words).split():
        raise _not_understood(text)
    for ordinals, weekday in NTH_WEEKDAYS.findall(words):
        for each in ordinals.split():
            number = WEEKDAY_NUMBERS[weekday]
            yield f"{number}#{ORDINALS[each]}" if ORDINALS[each] else f"{number}L"


def _days_of_month(words: str, text: str) -> list[str] | None:
    """The days named, empty where none are; None for words that are no days."""
    left = words
    ends = []
    for pattern, sign in ((LAST_WORKING_DAY, "LW"), (LAST_DAY, "L")):
        if pattern.search(left):
            ends.append(sign)
            left = pattern.sub(" ", left)
    numbers = sorted({int(match[1] or 1) for match in DAY_OF_MONTH.finditer(left)})
    if DAY_OF_MONTH.sub(" ", left).split() not in ([], ["day"]):
        return None
    if numbers and not 1 <= numbers[0] <= numbers[-1] <= 31:
        raise Refused(f"{text!r}: the days of a month are 1 to 31")
    return [*map(str, numbers), *ends]


def _check_comes(days: list[str], months: Iterable[int], text: str) -> None:
    numbers = [int(day) for day in days if day.isdigit()]
    longest = max(MONTH_LENGTHS[month - 1] for month in months)
    if numbers and len(numbers) == len(days) and numbers[0] > longest:
        raise Refused(f"{text!r} never comes: no such month has a day {numbers[0]}")


def _not_understood(text: str, why: str = "is not understood") -> Refused:
    return Refused(f"{text!r} {why}; say when like {ACCEPTED}, or give a cron expression")
