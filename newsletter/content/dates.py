"""A date as people write it → the day, where it stands, and whether it could be read otherwise."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

# The first three letters tell months apart in English; the other languages need a few more.
_MONTHS = (
    "jan january januar janvier enero janv ene jaenner janner",
    "feb february februar fevrier febrero fev fevr",
    "mar march marz maerz mars marzo",
    "apr april avril abril avr abr",
    "may mai mayo",
    "jun june juni juin junio",
    "jul july juli juillet julio juil",
    "aug august aout agosto ago",
    "sep sept september septembre septiembre setiembre",
    "oct october oktober octobre octubre okt",
    "nov november novembre noviembre",
    "dec december dezember decembre diciembre dez dic",
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}

_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_PATTERNS = (
    re.compile(rf"(?<!\d){_YEAR}([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?!\d)"),
    re.compile(rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}", re.IGNORECASE),
    re.compile(rf"(?<!\d){_DAY}[\s-]+(?:of\s+|de\s+)?{_MONTH},?[\s-]+(?:de\s+|del\s+)?{_YEAR}", re.IGNORECASE),
)
_NUMBERS = re.compile(r"(?<![\d/.-])(\d{1,2})([-/.])(\d{1,2})\2((?:19|20)\d\d|\d\d)(?![\d/])")


@dataclass(frozen=True, slots=True)
class FoundDate:
    day: date
    start: int  # where it stands in the text
    end: int
    is_ambiguous: bool = False  # 03/04/2024: the month was taken to stand first


def find_date(text: str) -> FoundDate | None:
    """The first date in `text`, read as English, German, French or Spanish; None when there is none."""
    found = [date for pattern in _PATTERNS for date in _written_out(pattern, text)] + _in_numbers(text)
    return min(found, key=lambda date: date.start, default=None)


def _written_out(pattern: re.Pattern[str], text: str) -> list[FoundDate]:
    found = []
    for match in pattern.finditer(text):
        month = _month_number(match["month"])
        day = _day(int(match["year"]), month, int(match["day"]))
        if day is not None:
            found.append(FoundDate(day, match.start(), match.end()))
    return found


def _month_number(word: str) -> int:
    """0 when the word is no month."""
    if word.isdecimal():
        return int(word)
    plain = unicodedata.normalize("NFKD", word.casefold())
    return _MONTH_NUMBERS.get("".join(char for char in plain if not unicodedata.combining(char)), 0)


def _in_numbers(text: str) -> list[FoundDate]:
    found = []
    for match in _NUMBERS.finditer(text):
        first, last, year = int(match[1]), int(match[3]), int(match[4])
        if len(match[4]) == 2 and match[2] != "/":
            continue  # 1.2.24 is as likely a version or a chapter
        year += 2000 if year < 100 else 0
        # With dots the day stands first (German and most of Europe); with a slash the month (American).
        orders = [(last, first), (first, last)] if match[2] == "." else [(first, last), (last, first)]
        days = [day for day in (_day(year, *order) for order in orders) if day is not None]
        if days:
            is_ambiguous = match[2] != "." and len(set(days)) == 2
            found.append(FoundDate(days[0], match.start(), match.end(), is_ambiguous))
    return found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
