"""Several workers on one issue, living, dead or elsewhere: what one holds no other sends."""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest

from desk_house import ADA, DeskHouse
from newsletter.app import App
from newsletter.desk import sending
from newsletter.model import Issue
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store import deliveries as store
from scripted_relay import ScriptedRelay

PENDING, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT = DeliveryStatus


def test_two_workers_share_an_issue_and_no_reader_is_mailed_twice(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(599)
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        issue = sending.start(house.app, issue)
        workers = [house.opened_again("elsewhere:1:aa"), house.opened_again("elsewhere:2:bb")]
        outcomes: list[sending.Outcomes] = []
        threads = [
            threading.Thread(target=lambda app=app: outcomes.append(sending.send(app, issue.id, threading.Event())))
            for app in workers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [each.words for each in outcomes] == ["", ""]
    assert house.issue(issue.id).state is IssueState.SENT
    assert house.issue(issue.id).counts == {SENT: 600}
    assert len(relay.messages) == 600
    assert set(Counter(relay.recipients).values()) == {1}


def test_a_foreign_lease_is_waited_for(house: DeskHouse) -> None:
    """Nobody knows here whether that machine is still at work: its lease has to run out."""
    house.add_readers(1)
    issue = sending.start(house.app, house.plan())
    now = house.clock.now
    with house.write() as connection:
        (taken, handed) = store.claim(connection, issue.id, "elsewhere:1:aa", now, now + timedelta(minutes=5), 9)
        store.hand(connection, store.load_claimed(connection, [handed], now), "elsewhere:1:aa", now)
    stop = threading.Event()
    waits = 0

    def later() -> datetime:
        nonlocal waits
        waits += 1
        if waits > 12:
            house.clock.now = now + timedelta(minutes=5)
        return house.clock.now

    house.app.clock = later
    with ScriptedRelay() as relay:
        house.relay(relay)
        outcomes = house.send(issue, stop)
    assert relay.recipients == [ADA]
    assert outcomes.issue.counts == {SENT: 1, IN_DOUBT: 1}
    assert "1 in doubt" in outcomes.words
    assert taken != handed


def test_a_wait_for_a_foreign_lease_can_be_broken_off(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    now = house.clock.now
    with house.write() as connection:
        store.claim(connection, issue.id, "elsewhere:1:aa", now, now + timedelta(minutes=5), 9)
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    with ScriptedRelay() as relay:
        house.relay(relay)
        timer.start()
        outcomes = house.send(issue, stop)
    timer.join()
    assert relay.messages == []
    assert outcomes.issue.counts == {SENDING: 1}
    assert "1 is with another process" in outcomes.words or outcomes.words.startswith("stopped")
    assert "was taken by a worker" in house.explain(issue)


@pytest.mark.parametrize("owner", ["{machine}:999999999:aa", "{machine}:{own}:aa"])
def test_a_dead_local_worker_is_recovered_at_once(house: DeskHouse, owner: str) -> None:
    """Also one that had the number of this very process."""
    house.add_readers(1)
    issue = sending.start(house.app, house.plan())
    owner = owner.format(machine=os.uname().nodename, own=os.getpid())
    now = house.clock.now
    with house.write() as connection:
        (_, handed) = store.claim(connection, issue.id, owner, now, now + timedelta(minutes=5), 9)
        store.hand(connection, store.load_claimed(connection, [handed], now), owner, now)
    assert sending.recover(house.app) == (1, 1)
    assert house.issue(issue.id).counts == {PENDING: 1, IN_DOUBT: 1}
    assert "the program ended while this message was with a connection" in house.explain(issue, "reader1@example.org")


def test_a_live_local_worker_keeps_what_it_holds(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    now = house.clock.now
    with house.write() as connection:
        store.claim(
            connection, issue.id, f"{os.uname().nodename}:{os.getppid()}:aa", now, now + timedelta(minutes=5), 9
        )
    assert sending.recover(house.app) == (0, 0)
    house.clock.pass_by(minutes=5)
    assert sending.recover(house.app) == (1, 0)


def test_a_worker_that_keeps_its_lease_is_not_robbed(house: DeskHouse) -> None:
    assert house.app.worker_name.startswith(f"{os.uname().nodename}:")
    issue = sending.start(house.app, house.plan())
    now = house.clock.now
    with house.write() as connection:
        store.claim(connection, issue.id, house.app.worker_name, now, now + timedelta(minutes=5), 9)
    assert sending.recover(house.app) == (0, 0)
    assert house.issue(issue.id).counts == {SENDING: 1}


def test_two_starts_at_once_plan_one_audience(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(40)
    draft = house.plan()
    apps = [house.app, house.opened_again()]
    barrier = threading.Barrier(2)
    found: list[Issue] = []

    def start(app: App) -> None:
        app.database.revision()
        barrier.wait()
        found.append(sending.start(app, draft))

    threads = [threading.Thread(target=start, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(each.state, each.planned) for each in found] == [(IssueState.SENDING, 41)] * 2
