"""The words of a clause without its times → its days, as the last three fields of cron have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from newsletter.errors import Refused
from newsletter.scheduling.phrases.vocabulary import (
    MONTH,
    MONTH_LENGTHS,
    MONTH_NUMBERS,
    NUMBERS,
    ORDINAL,
    ORDINALS,
    WEEKDAY,
    WEEKDAY_NUMBERS,
    WHOLE_WEEK,
    any_of,
)

FIRST_WEEKDAY = "FW"  # as walls.py has it: the first weekday of a month

NTH = rf"other|(?!first\b|1st\b|last\b)(?:{ORDINAL})"


def _interval(unit: str) -> str:
    """ "every 3 weeks", "every other week", "every third week"."""
    return rf"\b(?:every|each) (?:(?P<count>\d{{1,3}}|{any_of(NUMBERS)}) {unit}s?|(?P<nth>{NTH}) {unit})\b"


EVERY_DAYS = re.compile(_interval("day"))

EVERY_WEEKS = re.compile(_interval("week"))

EVERY_MONTHS = re.compile(_interval("month"))

OTHER_WEEKDAY = re.compile(rf"\b(?:every|each) other (?={WEEKDAY})")

BIWEEKLY = re.compile(r"\bbi-?weekly\b")

FORTNIGHT = re.compile(r"\bfortnight(?:ly)?\b")

WEEKLY = re.compile(r"\b(?:week|weekly)\b")

MONTHLY = re.compile(r"\b(?:months?|monthly)\b")

QUARTERLY = re.compile(r"\b(?:quarter|quarterly)\b")

YEARLY = re.compile(r"\b(?:year|yearly|annually)\b")

TWICE = re.compile(r"\btwice\b")

REPEATED = re.compile(r"\b(?:every|each|per|(?:month|quarter|year)ly|annually|an? (?:month|quarter|year))\b")

FILLERS = re.compile(r"\b(?:every|each|on|of|the|and|at|a|an|in|per)\b")

AMBIGUOUS = re.compile(rf"\b(?:every|each) ({NTH}) ({WEEKDAY})\b")

NTH_WEEKDAYS = re.compile(rf"\b((?:(?:{ORDINAL}) )+)({WEEKDAY})\b")

WEEKDAYS_AT_THE_ENDS = (
    (re.compile(r"\b(?:first|1st) (?:weekday\b|(?=last weekday\b))"), FIRST_WEEKDAY),
    (re.compile(r"\blast weekday\b"), "LW"),
)

DAY_OF_MONTH = re.compile(rf"\b(?:({ORDINAL})|(?:day )?([0-9]{{1,3}})(?:st|nd|rd|th)?)(?: day)?\b")

NTH_OF_NONE = re.compile(r"[0-9]{1,2}(?:st|nd|rd|th)(?: [0-9]{1,2}(?:st|nd|rd|th))*")
"""The days of a month that is not spoken of: "every 1st and 15th"."""

DAY_AND_MONTH = re.compile(rf"\b(?:(\d{{1,3}})(?:st|nd|rd|th)? ({MONTH})|({MONTH}) (\d{{1,3}})(?:st|nd|rd|th)?)\b")

MONTHS_APART = re.compile(rf"\b(?:{MONTH})\b(?! (?:{MONTH})\b).+\b(?:{MONTH})\b")
""" "mondays in june and tuesdays in july": not each of the days in each of the months."""

COUNTED = re.compile(rf"\b(?:{ORDINAL}|{any_of(NUMBERS)}|other|\d+) (?:days|weeks?|months?|quarters?|years?)\b")
"""What is no interval, but would leave a number that looks like a day: "every second year"."""

FROM_TO = re.compile(rf"\b({WEEKDAY}) ?(?:to|through|until|-|–) ?({WEEKDAY})\b")


@dataclass(frozen=True, slots=True)
class Days:
    tails: tuple[str, ...]  # day of month, month and day of week
    apart: int = 1
    unit: str = "weeks"

    @property
    def is_weekly(self) -> bool:
        return all(tail.startswith("* * ") and "#" not in tail and "L" not in tail for tail in self.tails)


Read = Callable[[str], Days | None]


def read_days(words: str) -> Days | None:
    """The days these words name, None where they do not, or name something else besides. Raises Refused."""
    ways: tuple[Read, ...] = (_every_days, _weekly, _monthly)
    return next((found for read in ways if (found := read(words)) is not None), None)


def _bare(words: str) -> str:
    return " ".join(FILLERS.sub(" ", words).split())


def _take(pattern: re.Pattern[str], words: str) -> tuple[int, str]:
    """How many days, weeks or months lie between, 0 where that is not said, and the words that are left."""
    match = pattern.search(words)
    if match is None:
        return 0, words
    count, nth = match["count"], match["nth"]
    apart = 2 if nth == "other" else ORDINALS[nth] if nth else NUMBERS.get(count) or int(count)
    if not apart:
        raise Refused(f"every {count} is never")
    return apart, f"{words[: match.start()]} {words[match.end() :]}"


def _every_days(words: str) -> Days | None:
    apart, left = _take(EVERY_DAYS, words)
    return Days(("* * *",), apart, "days") if apart and not _bare(left) else None


# -- weeks


def _weekly(words: str) -> Days | None:
    apart, left = _take(EVERY_WEEKS, words)
    if not apart:
        twofold = (OTHER_WEEKDAY, FORTNIGHT, BIWEEKLY)
        pattern = next((each for each in twofold if each.search(words)), WEEKLY)
        apart, left = 1 if pattern is WEEKLY else 2, pattern.sub(" ", words, count=1)
    days = _days_of_week(_bare(left))
    if days is None:
        return None
    if BIWEEKLY.search(words) and not days.isdigit():
        raise Refused('that may mean two things: say "every 2 weeks on …", or "every … and …"')
    return Days((f"* * {days}",), apart)


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
    named = ",".join(sorted({*numbers, *(str(WEEKDAY_NUMBERS[word]) for word in rest)}))
    return WHOLE_WEEK["weekdays"] if named == "1,2,3,4,5" else named


# -- months, quarters, years


@dataclass(frozen=True, slots=True)
class _Months:
    numbers: tuple[int, ...]
    is_by_name: bool = False  # named, and not by "month", "quarter" and the like alone

    @property
    def field(self) -> str:
        return "*" if len(self.numbers) == 12 else ",".join(map(str, self.numbers))


ALL_MONTHS = tuple(range(1, 13))


def _monthly(words: str) -> Days | None:
    if (match := AMBIGUOUS.search(words)) and not MONTHLY.search(words):
        nth, weekday = match.groups()
        either = f'"every {ORDINALS[nth]} weeks on {weekday}" or "{nth} {weekday} of the month"'
        raise Refused(f"that may mean two things: say {either}")
    step, left = _take(EVERY_MONTHS, words)
    if step and 12 % step:
        raise Refused(f"every {step} months does not fit into a year; say the months by name")
    is_twice = TWICE.search(left) is not None
    months, left = _take_months(step, TWICE.sub(" ", left), is_twice)
    if months is None:
        return None
    named = _bare(left)
    rest = " ".join(word for word in named.split() if word not in MONTH_NUMBERS)
    is_any_day = rest == named and REPEATED.search(words) is not None
    tails = _days_of_months(named, rest, months, is_any_day)
    if not tails and not MONTHS_APART.search(named):
        tails = _days_of_week_in(rest, months) or _nth_weekdays(rest, months)
    if is_twice and not rest and not months.is_by_name:
        tails = _tails(["1"] if len(months.numbers) == 2 else ["1", "15"], months)
    if not tails or (is_twice and _how_often(tails) != 2):
        return None
    if months.is_by_name and not tails[0].startswith("*") and not REPEATED.search(words):
        raise Refused('say the year, as in "24 december 2027 at 9", or "every 24 december"')
    return Days(tuple(tails))


def _take_months(step: int, words: str, is_twice: bool) -> tuple[_Months | None, str]:
    """The months meant, None where no word tells, or two tell different things; and the words that are left."""
    named = tuple(sorted({MONTH_NUMBERS[word] for word in words.split() if word in MONTH_NUMBERS}))
    kinds = [kind for kind in (MONTHLY, QUARTERLY, YEARLY) if kind.search(words) or (step and kind is MONTHLY)]
    left = words
    for kind in kinds:
        left = kind.sub(" ", left)
    rest = _bare(left)
    if len(kinds) > 1 or COUNTED.search(words):
        return None, left
    if named:
        is_clear = QUARTERLY not in kinds and step <= 1
        return _Months(named, is_by_name=MONTHLY not in kinds) if is_clear else None, left
    if YEARLY in kinds:
        return _Months((1, 7)) if is_twice and not rest else None, left
    if QUARTERLY in kinds:
        # The last one of a quarter lies in its last month.
        return _Months(tuple(range(3 if "last" in rest.split() else 1, 13, 3))), left
    if MONTHLY in kinds:
        return _Months(tuple(range(1, 13, step or 1))), left
    is_of_any = NTH_WEEKDAYS.search(rest) or (REPEATED.search(words) and NTH_OF_NONE.fullmatch(rest))
    return _Months(ALL_MONTHS) if is_of_any else None, left


def _how_often(tails: Iterable[str]) -> int:
    """In a month, or in a year where months are listed."""
    fields = [[len(field.split(",")) for field in tail.split()] for tail in tails]
    return sum(days * months * weekdays for days, months, weekdays in fields)


def _days_of_week_in(words: str, months: _Months) -> list[str]:
    days = _days_of_week(words) if months.is_by_name else None
    return [f"* {months.field} {days}"] if days is not None else []


def _nth_weekdays(words: str, months: _Months) -> list[str]:
    """`1#1` for the first Monday, `1L` for the last."""
    if NTH_WEEKDAYS.sub(" ", words).split():
        return []
    numbers = [
        f"{WEEKDAY_NUMBERS[weekday]}#{ORDINALS[each]}" if ORDINALS[each] else f"{WEEKDAY_NUMBERS[weekday]}L"
        for ordinals, weekday in NTH_WEEKDAYS.findall(words)
        for each in ordinals.split()
    ]
    return [f"* {months.field} {','.join(dict.fromkeys(numbers))}"] if numbers else []


def _days_of_months(named: str, words: str, months: _Months, is_any_day: bool) -> list[str]:
    """Days by their numbers, and the first and last ones; `named` are the words with the names of the months.

    Where no day is told it is the first, if that may be.
    """
    pairs = DAY_AND_MONTH.findall(named)
    if len(pairs) > 1 and not DAY_AND_MONTH.sub(" ", named).split():
        # "1 march and 15 september": not each of the days in each of the months.
        dated = [(day or day2, _Months((MONTH_NUMBERS[month or month2],), True)) for day, month, month2, day2 in pairs]
        return [tail for day, month in dated for tail in _tails([day], month)]
    days, left = _take_days(words)
    is_unclear = MONTHS_APART.search(named) or (months.is_by_name and len(days) > 1 < len(months.numbers))
    if left or is_unclear or not (days or is_any_day):
        return []
    return _tails(days or ["1"], months)


def _take_days(words: str) -> tuple[list[str], str]:
    """The days as cron has them, and the words that are left."""
    days, left = [], words
    for pattern, sign in WEEKDAYS_AT_THE_ENDS:
        if pattern.search(left):
            days.append(sign)
            left = pattern.sub(" ", left)
    told = {str(int(number)) if number else str(ORDINALS[nth] or "L") for nth, number in DAY_OF_MONTH.findall(left)}
    by_number = sorted(told - {"L"}, key=int)
    return [*by_number, *(told & {"L"}), *days], DAY_OF_MONTH.sub(" ", left).strip()


def _tails(days: Sequence[str], months: _Months) -> list[str]:
    """Raises Refused for a day that no month has, or none of those named."""
    numbers = [int(day) for day in days if day.isdigit()]
    if not all(1 <= number <= 31 for number in numbers):
        raise Refused("the days of a month are 1 to 31")
    shortest = min(MONTH_LENGTHS[month - 1] for month in months.numbers)
    if months.is_by_name and max(numbers, default=0) > shortest:
        raise Refused(f"that never comes: no such month has a day {max(numbers)}")
    plain = [day for day in days if day != FIRST_WEEKDAY]
    parts = [FIRST_WEEKDAY] * (FIRST_WEEKDAY in days) + [",".join(plain)] * bool(plain)
    return [f"{part} {months.field} *" for part in parts]
