"""Words that are not understood → how to say it: the nearest phrase that is, or where it belongs instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence

from newsletter.scheduling.phrases.times_of_day import SURE
from newsletter.scheduling.phrases.vocabulary import MONTHS, NUMBERS, ORDINAL, ORDINALS, WEEKDAY_NUMBERS, WHOLE_WEEK

EXAMPLES = (
    *("every tuesday 09:00", "every monday and thursday at 9:30 pm", "every 2 weeks on friday", "every 3 days at 9"),
    *(
        "every day at 9 and 17",
        "mondays at 9 and thursdays at 17",
        "weekdays at 7",
        "first monday of the month at 08:30",
    ),
    *("last friday of the month", "1st and 15th of the month at 10:00", "first weekday of the month"),
    *("last day of the month", "quarterly", "every year on 24 december", "24 december 2027 at 9"),
)

ACCEPTED = "say when like " + ", ".join(f'"{each}"' for each in EXAMPLES) + ", or give a cron expression"

MANY_WORDS = 20  # nothing near is looked for

LIKENESS = 0.8  # of a word to the one that it misspells; "hour" is less like "thur"

Table = Sequence[tuple[str, str]]

ELSEWHERE: Table = (
    (r"\b(?:except|without|unless|but|not)\b", "days left out are told with --blackout"),
    (r"\b(?:until|till|ending|for \w+ (?:days?|weeks?|months?))\b", "a schedule goes on until it is removed"),
    (r"\b(?:utc|gmt|c?e[sd]?t|[pm][sd]t|time)$", "the time zone is told with --timezone"),
)

LIKE: Table = (
    (r"\btwice (?:a |per |every )?week", "every monday and thursday"),
    (r"\btimes (?:a |per |every )?week", "every monday, wednesday and friday"),
    (r"\bhour|\bminute|\btimes\b|\btwice (?:a )?da|\bbetween\b", "every day at 9 and 17"),
    (r"\bsemi-?month", "twice a month"),
    (r"\bbi-?month", "every 2 months"),
    (r"\byears\b|\b(?:other|second) year", "1 may 2027, 1 may 2029"),
    (r"\byear|\bannual", "every year on 24 december"),
    (r"\bend\b.* quarter", "last day of the quarter"),
    (r"\bend\b|\blast\b", "last day of the month"),
    (r"\b(?:beginning|start) of .*week\b", "every monday"),
    (r"\b(?:beginning|start) of\b", "first day of the month"),
    (r"\bmid", "15th of the month"),
    (r"\b(?:today|tonight|tomorrow|next|this|in \w+ (?:day|week|month)s?|\d+[./]\d+)\b", "24 december 2027 at 9"),
)
"""What a phrase that is like it looks like."""

HOURS: Table = (
    (r"\b(\d{1,2}(?::\d\d)?) in the morning\b", r"\1 am"),
    (r"\b(\d{1,2}(?::\d\d)?) (?:in the (?:afternoon|evening)|at night)\b", r"\1 pm"),
    (r" (?:at )?(?:half past|quarter to|quarter past) \w+", " at 9:30"),
    (r"\b(?:early )?mornings?\b", "day at 8:00"),
    (r"\bafternoons?\b", "day at 14:00"),
    (r"\b(?:evening|night)s?\b", "day at 19:00"),
    (r"\bnightly\b", "every day at 19:00"),
    (r"(?<=day) day at", " at"),
    (r"at 8:00 at (\d[\d:]*)\b", r"at \1"),
    (r"at (?:14|19):00 at (\d[\d:]*)$", r"at \1 pm"),
    (r"\bat (\d{1,2}) ?(\d{2})\b", r"at \1:\2"),
    (r" uhr\b", ""),
    *((rf"\b{word}(?= ?(?:[ap]m|o'clock|$))", str(number)) for word, number in NUMBERS.items()),
)
"""Times of day that nobody can be sure of."""

KNOWN = [
    *(word for word in (*WEEKDAY_NUMBERS, *MONTHS, *WHOLE_WEEK, *ORDINALS, *NUMBERS) if len(word) > 3),
    *("every", "each", "week", "weekly", "weeks", "other", "month", "months", "monthly", "quarter", "quarterly"),
    *(
        "year",
        "years",
        "yearly",
        "noon",
        "midnight",
        "from",
        "fortnight",
        "fortnightly",
        "biweekly",
        "bimonthly",
        "semimonthly",
    ),
    *("until", "except", "twice", "hour", "hours", "hourly", "minute", "minutes", "night", "nights", "nightly"),
]


def mend(words: str, is_understood: Callable[[str], bool]) -> str:
    """A hint, in words. Every phrase in it is itself understood."""
    if len(words.split()) > MANY_WORDS:
        return ACCEPTED
    if where := next((hint for pattern, hint in ELSEWHERE if re.search(pattern, words)), None):
        return where
    corrected = " ".join(map(_spelled, words.split()))
    for phrase in _completed(corrected):
        if is_understood(phrase):
            return f'did you mean "{phrase}"?'
    like = [phrase for pattern, phrase in LIKE if re.search(pattern, corrected)]
    like += difflib.get_close_matches(corrected, EXAMPLES, 1)
    return f'say it like "{like[0]}"' if like else ACCEPTED


def _completed(words: str) -> Iterator[str]:
    """The words with their hour made plain, and with what may be missing."""
    for near in dict.fromkeys((_with_hour(words), words)):
        yield near
        bare = re.sub(r"^(?:(?:on|the|and) )+", "", near)
        if re.fullmatch(rf"(?:at )?{SURE}|at \d+", near):
            yield f"every day at {near.removeprefix('at ')}"
        if re.search(r"\bweek|fortnight|biweekly", near):
            yield f"{near} on monday"
        if re.search(rf"\d|\b(?:{ORDINAL})\b", bare):
            yield re.sub(r"^(?:every )?(.*?)((?: at .*)?)$", r"every \1 of the month\2", bare)
        yield f"every {bare}"
        yield re.sub(r"^(?:every month|monthly) on (?:a )?(\w+day)\b", r"first \1 of the month", near)
        yield re.sub(r"^(\d+ [a-z]+)(?=.* (\d{4}))", r"\1 \2", near)


def _spelled(word: str) -> str:
    if not word.isalpha() or len(word) < 4 or word in KNOWN:
        return word
    return next(iter(difflib.get_close_matches(word, KNOWN, 1, LIKENESS)), word)


def _with_hour(words: str) -> str:
    for pattern, time in HOURS:
        words = re.sub(pattern, time, words)
    return words
