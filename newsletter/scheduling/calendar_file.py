"""Events → a calendar file that a calendar program reads, and reads again (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST_LINE = 75  # octets (§3.1)
LASTS = timedelta(minutes=15)  # so that it shows; a moment has no height in a calendar
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """`name` stays the same for ever: what is written again under it takes the place of what was."""

    name: str
    begins: datetime  # aware
    summary: str
    description: str
    is_cancelled: bool = False


def calendar_file(events: Sequence[Event], now: datetime) -> bytes:
    """The file, with CRLF; later ones count as newer by `now` (aware)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Newsletter//Forecast//EN", "METHOD:PUBLISH"]
    for event in events:
        lines += _event(event, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(event: Event, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.name}@newsletter"
    yield f"DTSTAMP:{_instant(now)}"
    # Minutes since some day: a greater one takes the place of the one before (§3.8.7.4).
    yield f"SEQUENCE:{max(0, int((now - EPOCH).total_seconds() // 60))}"
    yield f"DTSTART:{_instant(event.begins)}"
    yield f"DTEND:{_instant(event.begins + LASTS)}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    yield "TRANSP:TRANSPARENT"
    if event.is_cancelled:
        yield "STATUS:CANCELLED"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    """§3.3.11. What a calendar program could take for anything else goes."""
    plain = "".join(sign for sign in words if sign == "\n" or sign.isprintable())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Parts of at most LONGEST_LINE octets, cut between letters; each but the first begins with a space."""
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST_LINE:
            yield part
            part, size = " ", 1
        part += letter
        size += octets
    yield part
