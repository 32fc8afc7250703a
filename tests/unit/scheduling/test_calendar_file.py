from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.scheduling.calendar_file import LONGEST_LINE, Event, calendar_file

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 31, 9, tzinfo=ZoneInfo("Europe/Berlin"))


def unfolded(file: bytes) -> list[str]:
    return file.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_event_has_a_name_that_stays_and_an_instant_in_utc() -> None:
    event = Event("abc", TUESDAY, "weekly: Calm; days, long\\short", "why\nnot")
    lines = unfolded(calendar_file([event], NOW))
    assert lines[:4] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Newsletter//Forecast//EN", "METHOD:PUBLISH"]
    assert lines[4:6] == ["BEGIN:VEVENT", "UID:abc@newsletter"]
    assert {"DTSTAMP:20260330T120000Z", "DTSTART:20260331T070000Z", "DTEND:20260331T071500Z"} <= set(lines)
    assert "SUMMARY:weekly: Calm\\; days\\, long\\\\short" in lines
    assert "DESCRIPTION:why\\nnot" in lines
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]


def test_file_written_later_takes_the_place_of_the_one_before() -> None:
    event = Event("abc", TUESDAY, "s", "d")
    first, second = (unfolded(calendar_file([event], now)) for now in (NOW, NOW + timedelta(minutes=1)))
    sequences = [
        int(line.removeprefix("SEQUENCE:")) for lines in (first, second) for line in lines if "SEQUENCE" in line
    ]
    assert sequences[1] == sequences[0] + 1


@given(st.text(), st.text())
def test_whatever_is_said_no_line_is_too_long_and_nothing_becomes_a_property(summary: str, description: str) -> None:
    file = calendar_file([Event("abc", TUESDAY, summary, description)], NOW)
    assert all(len(line) <= LONGEST_LINE for line in file.split(b"\r\n"))
    lines = unfolded(file)
    assert [line.partition(":")[0] for line in lines[4:-1]] == [
        *("BEGIN", "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP", "END")
    ]
