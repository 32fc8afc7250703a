"""A calendar file (RFC 5545) → the days its events lie on, as they are written in a blackout.

Read are VEVENTs: whole days and times, DTEND or DURATION, and a plain yearly repetition. A time without a zone of
its own, or in one that nobody else knows, is one of the zone asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from newsletter.blackouts import DAY

LINES = 100_000  # at most; a year of holidays has a thousand
LONGEST = 366  # days of one event
YEARS_AHEAD = 30  # how far a repetition is followed that begins later, or ends

PROPERTY = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)', re.I)

TIME = re.compile(r"(\d{8})T(\d{6})(Z?)")

DURATION = re.compile(r"\+?P(?:(\d{1,3})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?)")

ONLY_YEARLY = "of repetitions only FREQ=YEARLY without exceptions is understood"

Line = tuple[int, str, str, str]
"""Its number, and name, parameters and value of the property."""


@dataclass(slots=True)
class _Event:
    line: int
    properties: dict[str, Line] = field(default_factory=dict)


def days_of(data: bytes, zone: ZoneInfo, today: date) -> tuple[str, ...]:
    """The days from `today` on, or `MM-DD` for what comes every year. Raises ValueError that names the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("this is no calendar file: it is not UTF-8") from None
    found: dict[str, None] = {}
    for event in _events(_unfolded(text)):
        found.update(dict.fromkeys(_days(event, zone, today)))
    if not found:
        raise ValueError("this calendar file has no day to come")
    return tuple(found)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers; one that begins with white space goes on with the one before (§3.1)."""
    number, whole = 0, ""
    lines = re.split(r"\r\n|\n|\r", text)
    if len(lines) > LINES:
        raise ValueError(f"this calendar file is too long: {LINES:,} lines are allowed")
    for here, line in enumerate(lines, 1):
        if line[:1] in (" ", "\t") and whole:
            whole += line[1:]
            continue
        if whole.strip():
            yield number, whole
        number, whole = here, line
    if whole.strip():
        yield number, whole


def _events(lines: Iterator[tuple[int, str]]) -> Iterator[_Event]:
    event: _Event | None = None
    inside: list[str] = []
    number = 0
    for number, line in lines:
        match = PROPERTY.fullmatch(line)
        if not inside and (match is None or (match[1] + match[3]).upper() != "BEGINVCALENDAR"):
            raise ValueError(f"line {number}: this is no calendar file: BEGIN:VCALENDAR is missing")
        if match is None:
            raise ValueError(f"line {number}: {line[:40]!r} is no line of a calendar")
        name, parameters, value = match[1].upper(), match[2].upper(), match[3].strip()
        if name == "BEGIN":
            inside.append(value.upper())
            event = _Event(number) if inside[1:] == ["VEVENT"] else event
        elif name == "END":
            if inside.pop() != value.upper():
                raise ValueError(f"line {number}: END:{value[:40]} has no beginning")
            if event is not None and len(inside) == 1:
                yield event
                event = None
        elif event is not None and len(inside) == 2:
            event.properties.setdefault(name, (number, name, match[2] if name.startswith("DT") else parameters, value))
    if inside:
        raise ValueError(f"line {number}: the calendar breaks off: END:{inside[-1]} is missing")


def _days(event: _Event, zone: ZoneInfo, today: date) -> Iterator[str]:
    if _value(event, "STATUS").upper() == "CANCELLED":
        return
    if "DTSTART" not in event.properties:
        raise ValueError(f"line {event.line}: this event has no DTSTART")
    first, last = _span(event, zone)
    length = last - first
    for start in _starts(event, first, today):
        if start is None:
            yield f"{first:%m-%d}..{last:%m-%d}" if length else f"{first:%m-%d}"
        elif start + length >= today:
            yield f"{start}..{start + length}" if length else f"{start}"


def _value(event: _Event, name: str) -> str:
    return event.properties[name][3] if name in event.properties else ""


def _span(event: _Event, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last day of the event in the zone. The end that is given is not part of it."""
    start = _moment(event.properties["DTSTART"], zone)
    number = event.properties["DTSTART"][0]
    if "DTEND" in event.properties:
        number = event.properties["DTEND"][0]
        end = _moment(event.properties["DTEND"], zone)
    elif "DURATION" in event.properties:
        number = event.properties["DURATION"][0]
        end = _later(start, event.properties["DURATION"])
    else:
        end = start
    if isinstance(start, datetime) is not isinstance(end, datetime):
        raise ValueError(f"line {number}: this event has a time at one end and a day at the other")
    if end < start:
        raise ValueError(f"line {number}: this event ends before it begins")
    first, last = _date(start), _date(end)
    if end > start and (not isinstance(end, datetime) or end.astimezone(zone).time() == datetime.min.time()):
        last -= DAY
    if (last - first).days >= LONGEST:
        raise ValueError(f"line {number}: this event is longer than a year")
    return first, max(first, last)


def _date(at: date | datetime) -> date:
    return at.date() if isinstance(at, datetime) else at


def _moment(line: Line, zone: ZoneInfo) -> date | datetime:
    number, name, parameters, value = line
    try:
        if match := TIME.fullmatch(value):
            at = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S").replace(tzinfo=_zone(parameters, zone))
            return (at.replace(tzinfo=UTC) if match[3] else at).astimezone(zone)
        if re.fullmatch(r"\d{8}", value):
            return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).date()
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"line {number}: {value[:40]!r} cannot be the {name} of an event")


def _zone(parameters: str, zone: ZoneInfo) -> ZoneInfo:
    match = re.search(r';TZID="?([^";:,]+)', parameters, re.I)
    try:
        return ZoneInfo(match[1].lstrip("/")) if match else zone
    except (KeyError, ValueError, OSError):
        return zone


def _later(start: date | datetime, line: Line) -> date | datetime:
    match = DURATION.fullmatch(line[3].upper())
    if match is None or not any(match.groups()):
        raise ValueError(f"line {line[0]}: {line[3][:40]!r} cannot be the DURATION of an event")
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
    try:
        return start + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"line {line[0]}: this event ends after the calendar does") from None


def _starts(event: _Event, first: date, today: date) -> Iterator[date | None]:
    """The first day of each repetition; None for one in every year."""
    if other := event.properties.get("RDATE", event.properties.get("EXDATE")):
        raise ValueError(f"line {other[0]}: {ONLY_YEARLY}")
    if "RRULE" not in event.properties:
        yield first
        return
    number, _, _, value = event.properties["RRULE"]
    rule = dict(part.upper().partition("=")[::2] for part in value.split(";") if part)
    same = {"BYMONTH": str(first.month), "BYMONTHDAY": str(first.day), "INTERVAL": "1"}
    plain = all(rule[name].lstrip("0") == wanted for name, wanted in same.items() if name in rule)
    if rule.get("FREQ") != "YEARLY" or not plain or set(rule) - {*same, "FREQ", "COUNT", "UNTIL", "WKST"}:
        raise ValueError(f"line {number}: {ONLY_YEARLY}")
    if "COUNT" not in rule and "UNTIL" not in rule and first <= today:
        yield None
        return
    yield from _repeated(first, rule, number, today)


def _repeated(first: date, rule: dict[str, str], number: int, today: date) -> Iterator[date]:
    try:
        times = int(rule.get("COUNT", 10_000))
        until = datetime.strptime(rule.get("UNTIL", "99991231")[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"line {number}: {ONLY_YEARLY}") from None
    years: Sequence[int] = range(first.year, max(first.year, today.year) + YEARS_AHEAD)
    given = count(1)
    for year in years:
        if not _has_day(year, first):
            continue
        day = first.replace(year=year)
        if day > until or next(given) > times:
            return
        yield day


def _has_day(year: int, day: date) -> bool:
    try:
        day.replace(year=year)
    except ValueError:
        return False
    return True
