"""1,000 schedules with two years behind them → the share of a core that a scheduler with nothing to send takes."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from bench.measure import Row, tell
from newsletter.app import App
from newsletter.desk import ticking
from newsletter.home import documented_config, make_home, read_config
from newsletter.model import Occurrence, Schedule
from newsletter.options import Options
from newsletter.scheduling.recurrence import occurrences
from newsletter.states import OccurrenceState
from newsletter.store import schedules as store
from subscribers import store as audience

SCHEDULES = 1_000
YEARS = 2
HEARTBEAT = 30.0  # seconds between two ticks
ROUNDS = 15
NOW = datetime(2026, 3, 4, 12, 10, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
RECURRENCES = ("0 9 * * 2", "30 8 * * 1#1", "0 7 * * 1-5", "every 2 weeks from 2021-01-01: 0 9 * * 5", "0 9 L * *")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def schedule(number: int, list_id: int) -> Schedule:
    """Every fifth one is blacked out over New Year; none asks anybody."""
    blackout = ("12-20..01-06",) if number % 5 == 0 else ()
    return Schedule(
        name=f"schedule {number}",
        list_id=list_id,
        list_name="Readers",
        recurrence=RECURRENCES[number % len(RECURRENCES)],
        timezone=ZONES[number % len(ZONES)],
        options=Options(approval="none", blackout=blackout),
    )


@cache
def behind(recurrence: str, timezone: str, begin: datetime) -> list[Occurrence]:
    return list(occurrences(recurrence, ZoneInfo(timezone), begin, until=NOW))


def fill(app: App) -> int:
    """How many occurrences lie behind."""
    begin = NOW - timedelta(days=365 * YEARS)
    count = 0
    with app.database.write() as connection:
        readers = audience.add_list(connection, "Readers", begin)
        for number in range(SCHEDULES):
            new = schedule(number, readers.id)
            past = behind(new.recurrence, new.timezone, begin)
            schedule_id = store.add_schedule(connection, new, begin)
            store.record_occurrences(connection, schedule_id, past, OccurrenceState.SKIPPED, "it was like that")
            count += len(past)
    return count


def cpu_of_a_tick(app: App, clock: Clock) -> float:
    """Seconds of this process's CPU; nothing falls due in it."""
    clock.now += timedelta(seconds=HEARTBEAT)
    began = time.process_time()
    ticked = ticking.tick(app)
    taken = time.process_time() - began
    assert not ticked.started, "nothing is due"
    return taken


def main() -> None:
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        home = make_home(Path(folder) / "home", documented_config())
        app = App(home, read_config(home, {}, {}), clock)
        count = fill(app)
        first = cpu_of_a_tick(app, clock)
        share = median(cpu_of_a_tick(app, clock) for _ in range(ROUNDS)) / HEARTBEAT * 100
        app.close()
    print(
        f"{SCHEDULES:,} schedules, {count:,} occurrences behind them; median of {ROUNDS} ticks, {HEARTBEAT:g} s apart"
    )
    tell(Row("N", f"{SCHEDULES:,} schedules ticking", share, 5, 2, "% of a core", "", True))
    print(f"   the first tick of a process: {first:.2f} s of CPU (no target)")


if __name__ == "__main__":
    main()
