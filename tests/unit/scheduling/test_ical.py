from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.blackouts import Blackout
from newsletter.scheduling.ical import LINES, days_of

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 3, 30)


def calendar(*events: str) -> bytes:
    """Each event is given as its lines, a bar between two."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Holidays//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("|"), "END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


def days(*events: str) -> list[str]:
    return list(days_of(calendar(*events), BERLIN, TODAY))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART;VALUE=DATE:20261224", ["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224|DTEND;VALUE=DATE:20261225", ["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224|DTEND;VALUE=DATE:20270102", ["2026-12-24..2027-01-01"]),
        ("DTSTART;VALUE=DATE:20261224|DURATION:P1W", ["2026-12-24..2026-12-30"]),
        ("DTSTART;VALUE=DATE:20261224|DURATION:P2D", ["2026-12-24..2026-12-25"]),
        ("DTSTART:20260501T080000|DTEND:20260501T170000", ["2026-05-01"]),
        ("DTSTART:20260501T080000|DTEND:20260503T000000", ["2026-05-01..2026-05-02"]),
        ("DTSTART:20260501T080000", ["2026-05-01"]),
        ("DTSTART:20260430T223000Z|DTEND:20260501T100000Z", ["2026-05-01"]),  # half past midnight in Berlin
        ("DTSTART;TZID=America/New_York:20260501T200000|DURATION:PT3H", ["2026-05-02"]),
        ('DTSTART;TZID="W. Europe Standard Time":20260501T200000|DURATION:PT3H30M', ["2026-05-01"]),
        ("DTSTART;VALUE=DATE:20260501|RRULE:FREQ=YEARLY", []),
        ("DTSTART;VALUE=DATE:20200501|RRULE:FREQ=YEARLY", ["05-01"]),
        ("DTSTART;VALUE=DATE:20200501|RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=5;BYMONTHDAY=1", ["05-01"]),
        ("DTSTART;VALUE=DATE:20201230|DTEND;VALUE=DATE:20210103|RRULE:FREQ=YEARLY", ["12-30..01-02"]),
        ("DTSTART;VALUE=DATE:20250501|RRULE:FREQ=YEARLY;COUNT=3", ["2026-05-01", "2027-05-01"]),
        ("DTSTART;VALUE=DATE:20240229|RRULE:FREQ=YEARLY;UNTIL=20330101", ["2028-02-29", "2032-02-29"]),
        ("DTSTART;VALUE=DATE:20261224|STATUS:CANCELLED", []),
        ("DTSTART;VALUE=DATE:20260101", []),  # gone by
        ("SUMMARY:Closed|DESCRIPTION;LANGUAGE=en:It\\, that is: closed|DTSTART;VALUE=DATE:20261224", ["2026-12-24"]),
    ],
)
def test_an_event_lies_on_its_days(event: str, expected: list[str]) -> None:
    other = "DTSTART;VALUE=DATE:20270601"
    found = days(event, other)
    if "20260501|RRULE:FREQ=YEARLY" in event:
        assert found[0] == "2026-05-01" and found[-2] == "2055-05-01", "it begins this year"
        return
    assert found == [*expected, "2027-06-01"]
    Blackout.parse(found)


def test_folded_lines_are_one() -> None:
    data = calendar("SUMMARY:A long|DTSTART;VALUE=DATE:20261224").replace(
        b"VALUE=DATE:2026", b"VALUE=DA\r\n TE:20\r\n\t26"
    )
    assert days_of(data, BERLIN, TODAY) == ("2026-12-24",)
    assert days_of(data.replace(b"\r\n", b"\n"), BERLIN, TODAY) == ("2026-12-24",)
    assert days_of(b"\xef\xbb\xbf" + data, BERLIN, TODAY) == ("2026-12-24",)


def test_alarms_and_zones_inside_are_no_events() -> None:
    data = calendar(
        "DTSTART;VALUE=DATE:20261224|BEGIN:VALARM|TRIGGER:-PT15M|DURATION:PT5M|END:VALARM",
        "BEGIN:VALARM|DTSTART:20200101T000000|END:VALARM|DTSTART;VALUE=DATE:20261225",
    )
    zone = (
        b"BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    data = data.replace(b"BEGIN:VEVENT", zone + b"BEGIN:VEVENT", 1)
    assert days_of(data, BERLIN, TODAY) == ("2026-12-24", "2026-12-25")


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ("SUMMARY:Closed", "line 4: this event has no DTSTART"),
        ("DTSTART;VALUE=DATE:20261324", "line 5: '20261324' cannot be the DTSTART"),
        ("DTSTART:tomorrow", "line 5: 'tomorrow' cannot be the DTSTART"),
        ("DTSTART;VALUE=DATE:20261224|DTEND;VALUE=DATE:20261223", "line 6: this event ends before it begins"),
        ("DTSTART;VALUE=DATE:20261224|DTEND:20261225T100000", "line 6: this event has a time at one end"),
        ("DTSTART;VALUE=DATE:20261224|DTEND;VALUE=DATE:20290101", "line 6: this event is longer than a year"),
        ("DTSTART;VALUE=DATE:20261224|DURATION:P", "line 6: 'P' cannot be the DURATION"),
        ("DTSTART;VALUE=DATE:99991224|DURATION:P9999D", "line 6: this event ends after the calendar does"),
        ("DTSTART;VALUE=DATE:20261224|DURATION:P9999D", "line 6: this event is longer than a year"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=WEEKLY", "line 6: of repetitions only FREQ=YEARLY"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;INTERVAL=2", "line 6: of repetitions only"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;BYDAY=4TH", "line 6: of repetitions only"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;COUNT=x", "line 6: of repetitions only"),
        ("DTSTART;VALUE=DATE:20261224|RDATE;VALUE=DATE:20261231", "line 6: of repetitions only"),
        ("DTSTART;VALUE=DATE:20261224|nonsense", "line 6: 'nonsense' is no line of a calendar"),
        ("DTSTART;VALUE=DATE:20260101", "has no day to come"),
        ("DTSTART;VALUE=DATE:20261224|END:VALARM", "line 6: END:VALARM has no beginning"),
    ],
)
def test_what_is_wrong_in_an_event_is_named_with_its_line(event: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        days(event)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "has no day to come"),
        (b"<html>\n<p>Not found</p>", "line 1: this is no calendar file"),
        (b"PK\x03\x04\xff\xfe", "it is not UTF-8"),
        (b"BEGIN:VCARD\r\nFN:Ada\r\nEND:VCARD\r\n", "line 1: this is no calendar file"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261224T100000\r\n", "line 3: the calendar breaks off"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "has no day to come"),
        (b"\n" * (LINES + 1), "too long"),
    ],
)
def test_what_is_no_calendar_file_is_said_so(data: bytes, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        days_of(data, BERLIN, TODAY)


PIECES = st.sampled_from(
    [
        *("BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "DTSTART;VALUE=DATE:20261224", " 1", ":"),
        *(
            "DTEND:20261224T000000Z",
            "DTSTART:99991231T235959",
            "DURATION:P1D",
            "RRULE:FREQ=YEARLY",
            "RRULE:;=",
            "DTEND:",
        ),
        *("DTSTART:00010101", "DTEND;VALUE=DATE:99991231", "RRULE:FREQ=YEARLY;COUNT=2", "STATUS:CANCELLED"),
    ]
)


@given(st.lists(PIECES, max_size=12).map("\n".join).map(str.encode) | st.binary(max_size=60))
def test_any_bytes_are_days_or_refused_in_words(data: bytes) -> None:
    for offered in (data, calendar(data.decode("latin-1").replace("\n", "|"))):
        try:
            found = days_of(offered, BERLIN, TODAY)
        except ValueError as error:
            assert str(error)
            continue
        assert Blackout.parse(found)
