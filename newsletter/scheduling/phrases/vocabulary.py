"""Words → the numbers they stand for, and the patterns that find them."""

from __future__ import annotations

import re
from collections.abc import Iterable

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

NUMBERS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    **{"seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
}

ORDINALS = {
    **{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": 0},
    **{"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5},
}
"""The nth of a month; the last one is 0."""


def any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


ORDINAL, WEEKDAY, MONTH = map(any_of, (ORDINALS, WEEKDAY_NUMBERS, MONTH_NUMBERS))

SYNONYMS = (
    (r"[,&+]|(?<=[a-z])/(?=[a-z])", " and "),
    (r"@", " at "),
    (r"(?<=[a-z]{3})\.(?= |$)", " "),
    (r"\b(?:week|work|working|business)[ -]?day", "weekday"),
    (r"\bweek[ -]end", "weekend"),
    (r"\beach and every\b", "every"),
    (r"\bonce (?:every|each|an?|per)\b", "every"),
    (r"\band(?: and)+\b", "and"),
)


def plain_words(text: str) -> str:
    """Small letters, one word for what has several, one space between words."""
    words = " ".join(text.lower().split())
    for pattern, word in SYNONYMS:
        words = " ".join(re.sub(pattern, word, words).split())
    return words
