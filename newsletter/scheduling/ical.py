"""A calendar file (RFC 5545) → the days its events lie on, as they are written in a blackout.

Read are VEVENTs: whole days and times, DTEND or DURATION, and repetitions (repetition.py) with EXDATE, RDATE and single
events that were moved. A time without a zone of its own, or in one that nobody else knows, is one of the zone asked
for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.blackouts import DAY
from newsletter.scheduling.repetition import YEARS_AHEAD, Rule, Spend, allowance

LINES = 100_000  # at most; a year of holidays has a thousand
LONGEST = 366  # days of one event

PROPERTY = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)', re.I)

TIME = re.compile(r"(\d{8})T(\d{6})(Z?)")

DURATION = re.compile(r"\+?P(?:(\d{1,3})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?)")

Moment = date | datetime
"""A whole day, or a time in its own zone."""

Line = tuple[int, str, str, str]
"""Its number, and name, parameters and value of the property."""


@dataclass(slots=True)
class _Event:
    line: int
    properties: defaultdict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))

    def line_of(self, name: str) -> Line | None:
        """Of properties that may stand there but once, the first."""
        return next(iter(self.properties.get(name, ())), None)

    def value(self, name: str) -> str:
        line = self.line_of(name)
        return line[3] if line else ""


def days_of(data: bytes, zone: ZoneInfo, today: date) -> tuple[str, ...]:
    """The days from `today` on, or `MM-DD` for what comes every year. Raises ValueError that names the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("this is no calendar file: it is not UTF-8") from None
    events = list(_events(_unfolded(text)))
    moved = _moved(events, zone)
    spend = allowance()
    found: dict[str, None] = {}
    for event in events:
        found.update(dict.fromkeys(_days(event, moved, zone, today, spend)))
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
            event.properties[name].append((number, name, match[2] if "TZID" in parameters else parameters, value))
    if inside:
        raise ValueError(f"line {number}: the calendar breaks off: END:{inside[-1]} is missing")


def _moved(events: Iterable[_Event], zone: ZoneInfo) -> Mapping[str, set[date]]:
    """By the UID of a repeated event the days that other events stand in the place of."""
    moved: defaultdict[str, set[date]] = defaultdict(set)
    for event in events:
        if line := event.line_of("RECURRENCE-ID"):
            moved[event.value("UID")].add(_date(_moment(line, zone)))
    return moved


def _days(event: _Event, moved: Mapping[str, set[date]], zone: ZoneInfo, today: date, spend: Spend) -> Iterator[str]:
    if event.value("STATUS").upper() == "CANCELLED":
        return
    line = event.line_of("DTSTART")
    if line is None:
        raise ValueError(f"line {event.line}: this event has no DTSTART")
    start = _moment(line, zone)
    length = _length(event, start, zone)
    first, last = _span(start, length, zone)
    left_out = {_date(each) for each in _moments(event, "EXDATE", zone)}
    if not event.line_of("RECURRENCE-ID"):
        left_out |= moved.get(event.value("UID"), set())
    rule = _rule(event)
    begins_within_a_year = last - today < timedelta(days=365)  # so that no day before it is meant, too
    if rule and rule.is_plain_yearly(_date(start)) and begins_within_a_year and not (left_out or event.value("RDATE")):
        if "UNTIL" not in event.value("RRULE").upper():
            yield f"{first:%m-%d}..{last:%m-%d}" if last > first else f"{first:%m-%d}"
            return
    starts = [start] if rule is None else list(_repeated(event, rule, start, today, spend))
    starts += _moments(event, "RDATE", zone)
    spans = sorted(_span(each, length, zone) for each in starts if _date(each) not in left_out)
    yield from _written(span for span in spans if span[1] >= today)


def _written(spans: Iterable[tuple[date, date]]) -> Iterator[str]:
    """Those that touch as one."""
    joined: list[tuple[date, date]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + DAY:
            first, last = joined[-1][0], max(last, joined.pop()[1])
        joined.append((first, last))
    for first, last in joined:
        yield f"{first}..{last}" if last > first else f"{first}"


def _length(event: _Event, start: Moment, zone: ZoneInfo) -> timedelta:
    """From the start to the end that is given, which is not part of the event."""
    line = event.line_of("DTEND") or event.line_of("DURATION")
    if line is None:
        return DAY if not isinstance(start, datetime) else timedelta()
    number, name, *_ = line
    end = _moment(line, zone) if name == "DTEND" else _later(start, line)
    if isinstance(start, datetime) is not isinstance(end, datetime):
        raise ValueError(f"line {number}: this event has a time at one end and a day at the other")
    if end < start:
        raise ValueError(f"line {number}: this event ends before it begins")
    length = end - start
    first, last = _span(start, length, zone)
    if (last - first).days >= LONGEST:
        raise ValueError(f"line {number}: this event is longer than a year")
    return length


def _span(start: Moment, length: timedelta, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last day in the zone."""
    try:
        if not isinstance(start, datetime):
            return start, max(start, start + length - DAY) if length else start
        begin, end = start.astimezone(zone), (start + length).astimezone(zone)
    except OverflowError:
        raise ValueError("an event ends after the calendar does") from None
    is_at_midnight = end > begin and end.time() == datetime.min.time()
    return begin.date(), max(begin.date(), end.date() - DAY * is_at_midnight)


def _date(at: Moment) -> date:
    return at.date() if isinstance(at, datetime) else at


def _moments(event: _Event, name: str, zone: ZoneInfo) -> list[Moment]:
    """Of EXDATE and RDATE, whose values stand side by side."""
    lines = event.properties.get(name, [])
    return [_moment((*line[:3], value), zone) for line in lines for value in line[3].split(",")]


def _moment(line: Line, zone: ZoneInfo) -> Moment:
    number, name, parameters, value = line
    try:
        if match := TIME.fullmatch(value):
            at = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S").replace(tzinfo=_zone(parameters, zone))
            at = at.replace(tzinfo=UTC) if match[3] else at
            at.astimezone(UTC), at.astimezone(zone)
            return at
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


def _later(start: Moment, line: Line) -> Moment:
    match = DURATION.fullmatch(line[3].upper())
    if match is None or not any(match.groups()):
        raise ValueError(f"line {line[0]}: {line[3][:40]!r} cannot be the DURATION of an event")
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
    try:
        return start + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"line {line[0]}: this event ends after the calendar does") from None


def _rule(event: _Event) -> Rule | None:
    line = event.line_of("RRULE")
    try:
        return Rule.parse(line[3]) if line else None
    except ValueError as error:
        raise ValueError(f"line {line[0] if line else 0}: {error}") from None


def _repeated(event: _Event, rule: Rule, start: Moment, today: date, spend: Spend) -> Iterator[Moment]:
    first = _date(start)
    since = max(first, today - LONGEST * DAY)
    until = _until(event, start)
    year = min(max(first, today).year + YEARS_AHEAD[rule.every], date.max.year)
    for day in rule.days(first, since, min(until, date(year, 1, 1) - DAY), spend):
        yield datetime.combine(day, start.timetz()) if isinstance(start, datetime) else day


def _until(event: _Event, start: Moment) -> date:
    """The last day on which the event may begin, in its own zone."""
    line = event.line_of("RRULE")
    match = re.search(r"\bUNTIL=([^;]*)", line[3].upper()) if line else None
    if line is None or match is None:
        return date.max
    own = start.tzinfo if isinstance(start, datetime) and isinstance(start.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    until = _moment((line[0], "UNTIL", "", match[1]), own)
    if not isinstance(until, datetime) or not isinstance(start, datetime):
        return _date(until)
    last = until.astimezone(own)
    return last.date() if last.time() >= start.time() else last.date() - DAY
