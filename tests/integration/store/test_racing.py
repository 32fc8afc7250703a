"""Several workers and schedulers at once on one database: the unique row and the compare-and-set decide."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

import house
from newsletter.errors import Refused
from newsletter.states import DeliveryStatus, IssueState, OccurrenceState
from newsletter.store import deliveries as delivery_store
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store
from newsletter.store.engine import Database

NOON = house.NOON
LEASE = timedelta(minutes=5)
THREADS = 8
ROOT = Path(__file__).resolve().parents[3]

Answer = TypeVar("Answer")


def at_once(work: Callable[[int], Answer]) -> list[Answer]:
    """What each of the threads, let go together, came to."""
    gate = threading.Barrier(THREADS)

    def one(number: int) -> Answer:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


def weekly_schedule(database: Database) -> int:
    with database.write() as connection:
        schedule = house.add_schedule(connection, house.add_list(connection))
    assert schedule.id is not None
    return schedule.id


def test_occurrence_is_won_by_one_of_many_threads(database: Database) -> None:
    schedule_id = weekly_schedule(database)

    def win(number: int) -> list[int | None]:
        won = []
        for week in range(10):
            occurrence = house.occurrence_at(house.FIRST_TUESDAY + week * house.WEEK)
            with database.write() as connection:
                won.append(schedule_store.win_occurrence(connection, schedule_id, occurrence, OccurrenceState.ISSUED))
        return won

    for week in zip(*at_once(win), strict=True):
        assert len([row_id for row_id in week if row_id is not None]) == 1


def test_occurrence_is_won_by_one_of_many_processes(database: Database, database_url: str) -> None:
    schedule_id = weekly_schedule(database)
    program = (
        "import sys, house\n"
        "from newsletter.states import OccurrenceState\n"
        "from newsletter.store.engine import Database\n"
        "from newsletter.store.schedules import win_occurrence\n"
        "database = Database(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for week in range(20):\n"
        "    occurrence = house.occurrence_at(house.FIRST_TUESDAY + week * house.WEEK)\n"
        "    with database.write() as connection:\n"
        "        if win_occurrence(connection, int(sys.argv[2]), occurrence, OccurrenceState.ISSUED):\n"
        "            print(week)\n"
    )
    command = [sys.executable, "-c", program, database_url, str(schedule_id)]
    others = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "tests:."},
        )
        for _ in range(3)
    ]
    for other in others:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
    said = [other.communicate("go\n", timeout=60)[0] for other in others]
    assert sorted(int(week) for each in said for week in each.split()) == list(range(20))


def test_occurrence_that_its_winner_gave_up_can_be_won(database: Database) -> None:
    schedule_id = weekly_schedule(database)
    occurrence = house.occurrence_at()
    with pytest.raises(Refused), database.write() as connection:
        assert schedule_store.win_occurrence(connection, schedule_id, occurrence, OccurrenceState.ISSUED)
        raise Refused("the look is broken")
    with database.write() as connection:
        assert schedule_store.win_occurrence(connection, schedule_id, occurrence, OccurrenceState.ISSUED)


def test_each_delivery_is_claimed_by_one_of_many_workers_a_few_at_a_time(database: Database) -> None:
    with database.write() as connection:
        issue, planned = house.add_sending_issue(connection, readers=500)

    def work(number: int) -> list[list[int]]:
        taken: list[list[int]] = []
        while True:
            with database.write() as connection:
                ids = delivery_store.claim(connection, issue.id, f"machine:{number}:a", NOON, NOON + LEASE, 7)
            if not ids:
                return taken
            taken.append(ids)

    claims = [ids for taken in at_once(work) for ids in taken]
    assert max(map(len, claims)) <= 7
    counted = Counter(delivery_id for ids in claims for delivery_id in ids)
    assert counted == Counter(planned)
    with database.read() as connection:
        assert house.issue(connection, issue.id).counts == {DeliveryStatus.SENDING: 500}


def test_issue_is_begun_by_one_of_many(database: Database) -> None:
    with database.write() as connection:
        weekly = house.add_schedule(connection, house.add_list(connection))
        draft = house.add_issue(connection, weekly, house.add_library(connection, "calm"))

    def begin(number: int) -> bool:
        with database.write() as connection:
            return issue_store.move_issue(connection, draft, IssueState.SENDING, NOON)

    assert sorted(at_once(begin)) == [False] * (THREADS - 1) + [True]


def test_reader_planned_by_many_at_once_gets_one_delivery(database: Database) -> None:
    with database.write() as connection:
        issue, _ = house.add_sending_issue(connection, readers=0)
        readers = house.add_readers(connection, house.add_list(connection, "Neighbours"), 20)

    def plan(number: int) -> list[int]:
        with database.write() as connection:
            return house.plan(connection, issue, readers)

    seen = at_once(plan)
    assert seen == [seen[0]] * THREADS
    with database.read() as connection:
        assert house.issue(connection, issue.id).planned == 20
