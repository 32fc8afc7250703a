"""What a person writes, "every tuesday 09:00" → a cron expression."""

from __future__ import annotations

import re

from newsletter.errors import Refused
from newsletter.scheduling.recurrence import check_cron

ACCEPTED = (
    '"every tuesday 09:00", "every monday and thursday at 9:30 pm", "every day 07:30", "weekdays 08:00", '
    '"weekends 10:00", "every month on the 15th at 10:00", "every 1st and 15th of the month 10:00" and '
    '"last day of the month 10:00"'
)

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

SHORT_FORMS = {"tuesday": ("tues",), "wednesday": ("weds",), "thursday": ("thur", "thurs")}

WEEKDAY_NUMBERS = {
    form: number
    for number, name in enumerate(WEEKDAYS)
    for form in (name, name + "s", name[:3], *SHORT_FORMS.get(name, ()))
}

CLOCK = re.compile(
    r"""
    (?:\bat\ )?\b
    (?:
        (?P<hour>[0-9]{1,2}) (?:[:.h](?P<minute>[0-9]{2}))?
        (?:\ ?(?P<half>[ap]\.?m\b\.?))?
        (?:\ ?o'clock)?
    |   (?P<word>noon|midnight)
    )
    (?:\ |$)
    """,
    re.VERBOSE,
)

DAY_OF_MONTH = re.compile(r"\b(?:day )?([0-9]{1,2})(?:st|nd|rd|th)?\b")

FILLERS = re.compile(r"\b(?:every|each|on|of|the|and|at)\b|[,&]")

MONTHLY = re.compile(r"\b(?:month|months|monthly)\b")

WHOLE_WEEK = {"day": "*", "days": "*", "daily": "*", "weekday": "1-5", "weekdays": "1-5"} | dict.fromkeys(
    ("weekend", "weekends"), "0,6"
)


def parse_when(text: str) -> str:
    """The cron expression. Raises Refused, with a list of what is understood, for anything else."""
    words = " ".join(text.lower().split())
    minute, hour, days = _take_time(words, text)
    if (monthly := _days_of_month(days, text)) is not None:
        return check_cron(f"{minute} {hour} {monthly} * *")
    if (weekly := _days_of_week(days)) is not None:
        return check_cron(f"{minute} {hour} * * {weekly}")
    raise _not_understood(text)


def _take_time(words: str, text: str) -> tuple[int, int, str]:
    """Minute and hour, from the end or else from the beginning of the words; and the words that are left."""
    found = [match for match in CLOCK.finditer(words) if match.end() == len(words)]
    found = found or [match for match in CLOCK.finditer(words) if match.start() == 0]
    if not found:
        raise _not_understood(text, "names no time of day")
    match = found[0]
    minute, hour = _clock(match, text)
    return minute, hour, f"{words[: match.start()]} {words[match.end() :]}"


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


def _days_of_month(words: str, text: str) -> str | None:
    if not MONTHLY.search(words):
        return None
    rest = " ".join(FILLERS.sub(" ", MONTHLY.sub(" ", words)).split())
    if rest == "last day":
        return "L"
    days = DAY_OF_MONTH.findall(rest)
    if not days or DAY_OF_MONTH.sub("", rest).strip():
        return None
    numbers = sorted(set(map(int, days)))
    if not 1 <= numbers[0] <= numbers[-1] <= 31:
        raise Refused(f"{text!r}: the days of a month are 1 to 31")
    return ",".join(map(str, numbers))


def _days_of_week(words: str) -> str | None:
    rest = FILLERS.sub(" ", words).split()
    if len(rest) == 1 and rest[0] in WHOLE_WEEK:
        return WHOLE_WEEK[rest[0]]
    if not rest or not all(word in WEEKDAY_NUMBERS for word in rest):
        return None
    return ",".join(map(str, sorted({WEEKDAY_NUMBERS[word] for word in rest})))


def _not_understood(text: str, why: str = "is not understood") -> Refused:
    return Refused(f"{text!r} {why}; say when like {ACCEPTED}, or give a cron expression")
