"""1,000 schedules with two years behind them → the share of a core that a scheduler with nothing to send takes.

Once where nobody is asked, and once where each has a draft that waits for a yes and the mail about it has gone: there
the ten minutes are measured in which drafts are looked at anew.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import mean, median
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bench.example_home import SETTINGS
from bench.measure import Row, tell
from newsletter.app import App
from newsletter.desk import making, picks, ticking
from newsletter.desk.approval_mail import APPROVAL, purpose
from newsletter.desk.notices import purpose_of
from newsletter.home import documented_config, make_home, read_config
from newsletter.model import DEFAULT_CALL_TO_ACTION, Author, Occurrence, Schedule
from newsletter.options import Options
from newsletter.scheduling.approval import Role
from newsletter.scheduling.recurrence import occurrences
from newsletter.states import DeliveryStatus, OccurrenceState
from newsletter.store import approvals, articles, authors, deliveries
from newsletter.store import schedules as store
from subscribers import store as audience

SCHEDULES = 1_000
YEARS = 2
HEARTBEAT = 30.0  # seconds between two ticks
ROUNDS = 15
LOOKS = 20  # ticks of ten minutes
NOW = datetime(2026, 3, 4, 12, 10, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
RECURRENCES = ("0 9 * * 2", "30 8 * * 1#1", "0 7 * * 1-5", "every 2 weeks from 2021-01-01: 0 9 * * 5", "0 9 L * *")
TOMORROW = "0 12 * * 4"
OFFICE = "office@example.org"
TICKS = os.sysconf("SC_CLK_TCK")


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
    with app.database.write() as connection:
        readers = audience.add_list(connection, "Readers", NOW)
        return sum(add(connection, schedule(number, readers.id)) for number in range(SCHEDULES))


def add(connection: Connection, new: Schedule) -> int:
    """How many of its occurrences lie behind."""
    begin = NOW - timedelta(days=365 * YEARS)
    past = behind(new.recurrence, new.timezone, begin)
    schedule_id = store.add_schedule(connection, new, begin)
    store.record_occurrences(connection, schedule_id, past, OccurrenceState.SKIPPED, "it was like that")
    return len(past)


def fill_with_drafts(app: App) -> None:
    """Schedules as they are by default, each to a list of its own, with tomorrow's draft and the mail that asks."""
    with app.database.write() as connection:
        call = {"text": "Shall we talk?", "label": "Write to us", "url": "https://example.org/talk"}
        authors.set_call_to_action(connection, DEFAULT_CALL_TO_ACTION, call)
        author = authors.keep_author(connection, Author("Ada Example", bio="Ada writes about small moments."))
        article = {
            "title": "Quiet mornings",
            "body_html": "<p>What it says.</p>" * 25,
            "status": "ready",
            "read_at": NOW,
        }
        articles.add_articles(connection, [articles.NewArticle("quiet-mornings", article, [author], "")], NOW)
        for number in range(SCHEDULES):
            readers = audience.add_list(connection, f"Readers {number}", NOW)
            add(
                connection,
                replace(schedule(number, readers.id), recurrence=TOMORROW, options=Options(approvers=(OFFICE,))),
            )
        schedules = store.list_schedules(connection)
    for each in schedules:
        ask(app, each)


def ask(app: App, of: Schedule) -> None:
    with app.database.read() as connection:
        (tomorrow,) = picks.coming(app, connection, of, app.clock(), 1)
    draft = making.make_issue(app, of, tomorrow)
    assert draft is not None
    with app.database.write() as connection:
        approvals.ask(connection, draft.id, OFFICE, Role.APPROVER, draft.content_hash, "What it says.", app.clock())
        (asked,) = approvals.asked_about(connection, draft.id)
        mail = {
            "kind": APPROVAL,
            "purpose_key": purpose_of(app, purpose(draft, asked), OFFICE),
            "email": OFFICE,
            "status": str(DeliveryStatus.SENT),
            "attempts": 1,
            "message_id": f"<{draft.id}@example.org>",
            "sent_at": app.clock(),
        }
        deliveries.add_other(connection, mail)


def cpu_of_a_tick(app: App, clock: Clock) -> float:
    """Seconds of CPU, of this process and of those it has started; nothing falls due in it."""
    clock.now += timedelta(seconds=HEARTBEAT)
    began, of_others = time.process_time(), cpu_of_others()
    ticked = ticking.tick(app)
    taken = time.process_time() - began + cpu_of_others() - of_others
    assert not ticked.started, "nothing is due"
    return taken


def cpu_of_others() -> float:
    """Seconds that the processes this one has started have had."""
    here = str(os.getpid())
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()  # from the third on: the second is a name with spaces
        except OSError:
            continue  # it has ended
        if fields[1] == here:
            found.append(sum(map(int, fields[11:15])) / TICKS)
    return sum(found)


def opened(folder: Path, clock: Clock) -> App:
    home = make_home(folder, documented_config())
    return App(home, read_config(home, SETTINGS, {}), clock)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        clock = Clock()
        app = opened(Path(folder) / "quiet", clock)
        count = fill(app)
        first = cpu_of_a_tick(app, clock)
        share = median(cpu_of_a_tick(app, clock) for _ in range(ROUNDS)) / HEARTBEAT * 100
        app.close()
        print(f"{SCHEDULES:,} schedules, {count:,} occurrences behind them; median of {ROUNDS} ticks")
        tell(Row("N", f"{SCHEDULES:,} schedules ticking", share, 5, 2, "% of a core", "", True))
        print(f"   the first tick of a process: {first:.2f} s of CPU (no target)")
        clock = Clock()
        app = opened(Path(folder) / "asking", clock)
        fill_with_drafts(app)
        first = cpu_of_a_tick(app, clock)
        share = mean(cpu_of_a_tick(app, clock) for _ in range(LOOKS)) / HEARTBEAT * 100
        app.close()
    what = f"{SCHEDULES:,} schedules ticking, each with a draft that waits for a yes"
    tell(Row("N", what, share, 5, 2, "% of a core", "", True))
    print(f"   the first tick of a process: {first:.2f} s of CPU (no target)")


if __name__ == "__main__":
    main()
