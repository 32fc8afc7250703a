from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.blackouts import Blackout
from newsletter.scheduling.ical import LINES, days_of
from newsletter.scheduling.repetition import Rule, allowance

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


FRIDAYS = ["2026-04-03", "2026-04-10", "2026-04-17", "2026-04-24"]


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
        ("DTSTART;VALUE=DATE:20260501|RRULE:FREQ=YEARLY", ["05-01"]),
        ("DTSTART;VALUE=DATE:20270501|RRULE:FREQ=YEARLY", []),
        ("DTSTART;VALUE=DATE:20200501|RRULE:FREQ=YEARLY", ["05-01"]),
        ("DTSTART;VALUE=DATE:20200501|RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=5;BYMONTHDAY=1", ["05-01"]),
        ("DTSTART;VALUE=DATE:20201230|DTEND;VALUE=DATE:20210103|RRULE:FREQ=YEARLY", ["12-30..01-02"]),
        ("DTSTART;VALUE=DATE:20250501|RRULE:FREQ=YEARLY;COUNT=3", ["2026-05-01", "2027-05-01"]),
        ("DTSTART;VALUE=DATE:20240229|RRULE:FREQ=YEARLY;UNTIL=20330101", ["2028-02-29", "2032-02-29"]),
        ("DTSTART;VALUE=DATE:20260403|RRULE:FREQ=WEEKLY;COUNT=2", ["2026-04-03", "2026-04-10"]),
        ("DTSTART;VALUE=DATE:20260403|RRULE:FREQ=WEEKLY;UNTIL=20260417;BYDAY=FR", [*FRIDAYS[:3]]),
        ("DTSTART;VALUE=DATE:20260403|RRULE:FREQ=WEEKLY;COUNT=3|EXDATE;VALUE=DATE:20260410", [FRIDAYS[0], FRIDAYS[2]]),
        (
            "DTSTART;VALUE=DATE:20260403|RDATE;VALUE=DATE:20260410,20260424|EXDATE;VALUE=DATE:20260410",
            [FRIDAYS[0], FRIDAYS[3]],
        ),
        ("DTSTART;VALUE=DATE:20260403|RRULE:FREQ=DAILY;COUNT=14", ["2026-04-03..2026-04-16"]),  # they touch
        (
            "DTSTART;VALUE=DATE:20260301|RRULE:FREQ=MONTHLY;COUNT=4;BYDAY=-1FR",
            ["2026-04-24", "2026-05-29", "2026-06-26"],
        ),
        ("DTSTART;VALUE=DATE:20251127|RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", ["2026-11-26", "2027-11-25"]),
        ("DTSTART;VALUE=DATE:20260401|RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["2026-04-30", "2026-05-31"]),
        # Monday evening in New York is Tuesday in Berlin; summer time begins at other dates.
        (
            "DTSTART;TZID=America/New_York:20260406T200000|DURATION:PT1H|RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2",
            ["2026-04-07", "2026-04-14"],
        ),
        (
            "DTSTART;TZID=America/New_York:20261019T180000|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=3",
            ["2026-10-20", "2026-10-26", "2026-11-03"],
        ),
        ("DTSTART:20260403T080000Z|RRULE:FREQ=WEEKLY;UNTIL=20260410T075959Z", ["2026-04-03"]),
        ("DTSTART;VALUE=DATE:20261224|STATUS:CANCELLED", []),
        ("DTSTART;VALUE=DATE:20260101", []),  # gone by
        ("SUMMARY:Closed|DESCRIPTION;LANGUAGE=en:It\\, that is: closed|DTSTART;VALUE=DATE:20261224", ["2026-12-24"]),
    ],
)
def test_an_event_lies_on_its_days(event: str, expected: list[str]) -> None:
    other = "DTSTART;VALUE=DATE:20270601"
    found = days(event, other)
    if "20270501|RRULE:FREQ=YEARLY" in event:
        assert found[0] == "2027-05-01" and found[-2] == "2056-05-01", "it does not come this year"
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
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=SECONDLY", "line 6: FREQ=SECONDLY is not understood"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=HOURLY;COUNT=1000000000", "line 6: FREQ=HOURLY is not understood"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:COUNT=3", "line 6: FREQ= is not understood"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;BYEASTER=0", "line 6: BYEASTER is not understood"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;INTERVAL=0", "line 6: '0' cannot be the INTERVAL"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;BYDAY=4XX", "line 6: '4XX' cannot be the BYDAY"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=WEEKLY;BYDAY=4TH", "line 6: a counted BYDAY does not go with WEEKLY"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=WEEKLY;BYMONTHDAY=4", "line 6: BYMONTHDAY does not go with WEEKLY"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;COUNT=x", "line 6: 'X' cannot be the COUNT"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;UNTIL=soon", "line 6: 'SOON' cannot be the UNTIL"),
        ("DTSTART;VALUE=DATE:20261224|RDATE;VALUE=DATE:20261231,x", "line 6: 'x' cannot be the RDATE"),
        ("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "has no day to come"),
        ("DTSTART;VALUE=DATE:20261224|nonsense", "line 6: 'nonsense' is no line of a calendar"),
        ("DTSTART;VALUE=DATE:20260101", "has no day to come"),
        ("DTSTART;VALUE=DATE:20261224|END:VALARM", "line 6: END:VALARM has no beginning"),
    ],
)
def test_what_is_wrong_in_an_event_is_named_with_its_line(event: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        days(event)


def test_one_of_a_series_that_was_moved_lies_on_its_new_day_alone() -> None:
    series = "UID:weekly|DTSTART;TZID=Europe/Berlin:20260403T080000|RRULE:FREQ=WEEKLY;COUNT=3"
    moved = "UID:weekly|RECURRENCE-ID;TZID=Europe/Berlin:20260410T080000|DTSTART;TZID=Europe/Berlin:20260411T080000"
    assert days(series, moved) == ["2026-04-03", "2026-04-17", "2026-04-11"]
    assert days(series, f"{moved}|STATUS:CANCELLED") == ["2026-04-03", "2026-04-17"]


def test_a_file_that_repeats_without_end_is_refused_or_cut_off() -> None:
    for_ever = "DTSTART;VALUE=DATE:00010101|RRULE:FREQ=DAILY"
    assert days(for_ever) == ["2026-03-30..2035-12-31"]
    assert days("DTSTART;VALUE=DATE:20200101|RRULE:FREQ=DAILY;COUNT=1000000000") == ["2026-03-30..2035-12-31"]
    with pytest.raises(ValueError, match="the events of this calendar file repeat too often"):
        days(f"{for_ever};COUNT=1000000000")
    with pytest.raises(ValueError, match="repeat too often"):
        days(*["DTSTART;VALUE=DATE:20260403|RRULE:FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=-1"] * 1_000)


PARTS = st.tuples(
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY"]),
    st.sampled_from(["", ";INTERVAL=2", ";INTERVAL=3"]),
    st.sampled_from(["", ";BYDAY=MO,FR", ";BYDAY=2TU", ";BYDAY=-1SU", ";BYMONTHDAY=13,-1", ";BYMONTHDAY=31"]),
    st.sampled_from(["", ";BYMONTH=3,12", ";BYMONTH=2"]),
    st.sampled_from(["", ";BYSETPOS=1", ";BYSETPOS=-1,2"]),
    st.sampled_from(["", ";COUNT=7"]),
    st.sampled_from(["", ";WKST=SU"]),
).map("".join)


@settings(max_examples=60)
@given(PARTS, st.dates(date(2015, 1, 1), date(2026, 3, 1)), st.integers(0, 900))
def test_repetitions_are_those_that_dateutil_finds(text: str, first: date, later: int) -> None:
    try:
        rule = Rule.parse(text)
    except ValueError:
        return
    if "BYSETPOS" in text and "BYDAY" not in text and "BYMONTHDAY" not in text:
        return  # the standard leaves open what it counts then
    if "BYMONTHDAY=31;BYMONTH=2" in text or ("MONTHLY;INTERVAL" in text and "BYMONTH=" in text):
        return  # it may never come, and dateutil looks for it until the year 9999
    if "WEEKLY" in text and "BYSETPOS" in text:
        # dateutil counts the first week from the first day on, and not the days of the week that lie before it.
        first -= timedelta(days=(first.weekday() + ("WKST=SU" in text)) % 7)
    since = first + timedelta(days=later)
    until = since + timedelta(days=800)
    theirs = islice(rrulestr(text, dtstart=datetime.combine(first, time())), 5_000)
    expected = [day for at in takewhile(lambda at: at.date() <= until, theirs) if (day := at.date()) >= since]
    assert list(rule.days(first, since, until, allowance())) == expected


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
            "RRULE:FREQ=WEEKLY;UNTIL=99991231T000000Z",
            "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
            "EXDATE:20261224",
            "RDATE:99991231T235959Z",
            "RECURRENCE-ID:00010101T000000",
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
