"""Every hour of the nights in which clocks change, against an oracle that asks a clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.model import Occurrence
from newsletter.scheduling.local_time import instant_in
from newsletter.scheduling.recurrence import occurrences, occurrences_before

MINUTE = timedelta(minutes=1)
AROUND = timedelta(hours=40)  # before and after the midnight of the day

NIGHTS = [
    ("Europe/Berlin", "2026-03-29", 60),
    ("Europe/Berlin", "2026-10-25", -60),
    ("Europe/Dublin", "2026-03-29", 60),  # where winter is the time that is saved
    ("Europe/Dublin", "2026-10-25", -60),
    ("America/New_York", "2026-03-08", 60),
    ("America/New_York", "2026-11-01", -60),
    ("America/St_Johns", "2026-03-08", 60),
    ("America/St_Johns", "2026-11-01", -60),
    ("Australia/Lord_Howe", "2026-10-04", 30),
    ("Australia/Lord_Howe", "2026-04-05", -30),
    ("Africa/Casablanca", "2026-02-15", -60),  # before Ramadan
    ("Africa/Casablanca", "2026-03-22", 60),
    ("Africa/Cairo", "2026-04-24", 60),  # at midnight
    ("Africa/Cairo", "2026-10-30", -60),
    ("America/Havana", "2026-03-08", 60),  # at midnight
    ("America/Havana", "2026-11-01", -60),
    ("America/Santiago", "2026-09-06", 60),
    ("America/Santiago", "2026-04-05", -60),
    ("Antarctica/Troll", "2026-03-29", 120),
    ("Antarctica/Troll", "2026-10-25", -120),
    ("Asia/Beirut", "2026-03-29", 60),
    ("Asia/Beirut", "2026-10-25", -60),
    ("Pacific/Apia", "2011-12-30", 24 * 60),  # a day that never was
    ("Pacific/Apia", "2011-04-02", -60),
    ("Asia/Pyongyang", "2018-05-05", 30),  # once, and for good
]


def reached(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, frozenset[time]]]:
    """For each minute the times of day that the clock shows, or jumps over, and had not come to before."""
    found = []
    at = start
    highest = at.astimezone(zone).replace(tzinfo=None)
    while at < end:
        at += MINUTE
        now = at.astimezone(zone).replace(tzinfo=None)
        new = set()
        while highest < now:
            highest += MINUTE
            new.add(highest.time())
        if new:
            found.append((at, frozenset(new)))
    return found


@pytest.mark.parametrize(("name", "day", "jump"), NIGHTS)
def test_every_hour_of_the_night_happens_once(name: str, day: str, jump: int) -> None:
    zone = ZoneInfo(name)
    midnight = datetime.combine(date.fromisoformat(day), time(), UTC)
    start, end = midnight - AROUND, midnight + AROUND
    before, after = (at.astimezone(zone).utcoffset() or timedelta() for at in (start, end))
    assert after - before == timedelta(minutes=jump), "the clock changes in between"
    minutes = reached(zone, start, end)
    for hour in range(24):
        for minute in (0, 15, 30, 59):
            expected = [at for at, times in minutes if time(hour, minute) in times]
            cron = f"{minute} {hour} * * *"
            found = [each.utc for each in occurrences(cron, zone, start, until=end)]
            assert found == expected, cron
            back = [each.utc for each in occurrences_before(cron, zone, end, start)]
            assert back == expected[::-1], cron
            walls = {each.wall for each in occurrences(cron, zone, start, until=end)}
            assert len(walls) == len(expected), f"{cron}: no wall clock names two of them"


@pytest.mark.parametrize(("name", "day", "jump"), NIGHTS)
def test_every_kind_of_recurrence_meets_the_night_alike(name: str, day: str, jump: int) -> None:
    zone = ZoneInfo(name)
    night = date.fromisoformat(day)
    midnight = datetime.combine(night, time(), UTC)
    start, end = midnight - AROUND, midnight + AROUND
    minutes = reached(zone, start, end)
    days = [night + timedelta(days=number) for number in range(-3, 4)]
    for hour in range(24):
        at = time(hour, 30)
        expected = [instant for instant, times in minutes if at in times]
        kinds = [
            f"every 1 days from {days[0]}: 30 {hour} * * *",
            f"every 2 days from {days[0]}: 30 {hour} * * *; every 2 days from {days[1]}: 30 {hour} * * *",
            f"every 1 weeks from {days[0]}: 30 {hour} * * 0-6",
            f"30 {hour} * * 1-5; 30 {hour} * * 0,6; 30 {hour} {night.day} * *",
            "on " + ", ".join(f"{each}T{at:%H:%M}" for each in days),
        ]
        for kind in kinds:
            assert [each.utc for each in occurrences(kind, zone, start, until=end)] == expected, kind
            assert [each.utc for each in occurrences_before(kind, zone, end, start)] == expected[::-1], kind
        # A reader there, of a schedule that lives by UTC.
        walls = (datetime.combine(each, at, UTC) for each in days)
        theirs = sorted({instant_in(zone, Occurrence(wall, wall)) for wall in walls})
        assert [instant for instant in theirs if start < instant <= end] == expected, f"at {at} of a reader's own time"
