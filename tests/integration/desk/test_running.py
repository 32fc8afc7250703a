"""Everything in one process: what the timer makes, the worker delivers; and a trouble of one part stops no other."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, update
from structlog.testing import capture_logs

from desk_house import ADA, DeskHouse, HoldingRelay
from house import FIRST_TUESDAY, WEEK
from newsletter.desk import sending
from newsletter.desk.newsletters import add_newsletter
from newsletter.desk.running import Runner
from newsletter.errors import AlreadyRunning, NewsletterError
from newsletter.home import held
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store import deliveries
from newsletter.tables import issues, newsletters
from scripted_relay import PATIENCE, Message, ScriptedRelay

SENT, PENDING = DeliveryStatus.SENT, DeliveryStatus.PENDING


@contextmanager
def _told() -> Iterator[list[Any]]:
    with capture_logs() as entries:
        yield entries


def _words(entries: list[Any]) -> list[str]:
    return [entry["event"] for entry in entries]


def test_what_falls_due_is_made_and_delivered(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(30)
    house.clock.now = FIRST_TUESDAY
    with ScriptedRelay() as relay, _told() as entries:
        house.relay(relay)
        with Runner(house.app).running(scheduler=True, worker=True):
            assert relay.reached["quit"].wait(PATIENCE)
    (issue,) = house.issues()
    assert (issue.state, issue.counts) == (IssueState.SENT, {SENT: 31})
    assert set(Counter(relay.recipients).values()) == {1}
    assert _words(entries) == ["issue begun", "issue delivered"]
    assert entries[-1]["sent"] == 31


def test_without_a_worker_issues_are_made_and_wait(house: DeskHouse) -> None:
    house.clock.now = FIRST_TUESDAY
    begun = threading.Event()

    def notice(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("INSERT INTO deliveries"):
            begun.set()

    event.listen(house.app.database.engine, "after_cursor_execute", notice)
    with ScriptedRelay() as relay:
        house.relay(relay)
        with Runner(house.app).running(scheduler=True, worker=False):
            assert begun.wait(PATIENCE)
        assert relay.connections == 0
    (issue,) = house.issues()
    assert (issue.state, issue.counts) == (IssueState.SENDING, {PENDING: 1})


def test_without_a_scheduler_what_waits_is_delivered_and_nothing_is_made(house: DeskHouse) -> None:
    sending.start(house.app, house.plan())
    house.clock.now = FIRST_TUESDAY + WEEK
    with ScriptedRelay() as relay:
        house.relay(relay)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert relay.reached["quit"].wait(PATIENCE)
    (issue,) = house.issues()
    assert issue.state is IssueState.SENT


def test_a_second_run_on_one_home_is_refused_with_the_firsts_pid(house: DeskHouse) -> None:
    with Runner(house.app).running(scheduler=False, worker=False):
        with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}") as caught:
            with Runner(house.opened_again()).running(scheduler=True, worker=True):
                raise AssertionError("it runs")
        assert caught.value.pid == os.getpid()
        assert house.plan().state is IssueState.DRAFT, "every other command works beside it"
    with Runner(house.app).running(scheduler=False, worker=False):
        pass


def test_a_home_that_a_dead_program_held_is_free(house: DeskHouse) -> None:
    house.app.home.lock_file.write_text("999999999\n")
    with held(house.app.home):
        assert house.app.home.lock_file.read_text() == f"{os.getpid()}\n"


def test_what_is_in_flight_is_finished_and_recorded_when_the_program_ends(house: DeskHouse) -> None:
    house.add_readers(100)
    sending.start(house.app, house.plan())
    relay = HoldingRelay(20)
    with relay:
        house.relay(relay)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert relay.holding.wait(PATIENCE)
            threading.Timer(0.2, relay.go.set).start()
    (issue,) = house.issues()
    assert issue.state is IssueState.SENDING
    assert issue.counts == {SENT: len(relay.messages), PENDING: 101 - len(relay.messages)}
    assert 21 <= len(relay.messages) < 101


def test_what_a_dead_worker_left_is_taken_up(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    now = house.clock.now
    with house.write() as connection:
        dead = f"{os.uname().nodename}:999999999:aa"
        deliveries.claim(connection, issue.id, dead, now, now + WEEK, 9)
    with ScriptedRelay() as relay:
        house.relay(relay)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert relay.reached["quit"].wait(PATIENCE)
    assert relay.recipients == [ADA]


def _two_issues(house: DeskHouse) -> tuple[int, int]:
    first = sending.start(house.app, house.plan())
    second = sending.start(house.app, house.plan())
    return first.id, second.id


def test_an_issue_that_cannot_be_read_keeps_no_other_waiting(house: DeskHouse) -> None:
    broken, whole = _two_issues(house)
    with house.write() as connection:
        connection.execute(update(issues).where(issues.c.id == broken).values(rendered="{"))
    with ScriptedRelay() as relay, _told() as entries:
        house.relay(relay)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert relay.reached["quit"].wait(PATIENCE)
    assert house.issue(whole).state is IssueState.SENT
    assert house.issue(broken).counts == {PENDING: 1}
    (fault,) = [entry for entry in entries if entry["log_level"] == "error"]
    assert fault["event"] == "this is a fault of the program"
    assert isinstance(fault["exc_info"], ValueError)


def test_an_issue_whose_sender_became_wrong_keeps_no_other_waiting(house: DeskHouse) -> None:
    second = add_newsletter(house.app, "Second", {})
    house.add_schedule("second", newsletter_id=second.id)
    broken = sending.start(house.app, house.plan("second"))
    whole = sending.start(house.app, house.plan("weekly"))
    with house.write() as connection:
        connection.execute(update(newsletters).values(from_address="nobody"))
    with ScriptedRelay() as relay, _told() as entries:
        house.relay(relay)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert relay.reached["quit"].wait(PATIENCE)
    assert house.issue(whole.id).state is IssueState.SENT
    assert house.issue(broken.id).counts == {PENDING: 1}
    assert any("from_address" in words for words in _words(entries))


def test_a_relay_that_refuses_us_pauses_the_issue_and_is_told(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    paused = threading.Event()

    def notice(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.startswith("UPDATE issues") and "paused" in parameters:
            paused.set()

    event.listen(house.app.database.engine, "after_cursor_execute", notice)
    with ScriptedRelay(answers={"mail": "550 5.7.1 Not from you"}) as relay, _told() as entries:
        house.relay(relay)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert paused.wait(PATIENCE)
    assert house.issue(issue.id).state is IssueState.PAUSED
    assert [words for words in _words(entries) if "issue 1 is paused" in words and "550 5.7.1 Not from you" in words]


def test_a_trouble_that_lasts_is_told_once(house: DeskHouse) -> None:
    """A guard that refuses says so at the first tick, not every half a minute."""
    house.set(newsletter__postal_address="")
    house.clock.now = FIRST_TUESDAY
    runner = Runner(house.app)
    with _told() as entries:
        for _ in range(3):
            runner._tick()
    (words,) = _words(entries)
    assert "newsletter.postal_address is empty" in words


class Chatty(ScriptedRelay):
    """Tells when its message has been taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = threading.Event()

    def keep(self, message: Message) -> None:
        super().keep(message)
        self.taken.set()


def test_whoever_waits_for_a_later_try_gets_it_when_it_is_due(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay(defer={ADA: 1}) as relay:
        house.relay(relay)
        house.send(issue)
    house.clock.pass_by(hours=1)
    with Chatty() as later:
        house.relay(later)
        with Runner(house.app).running(scheduler=False, worker=True):
            assert later.taken.wait(PATIENCE)
    assert house.issue(issue.id).state is IssueState.SENT


def test_a_part_that_cannot_begin_ends_the_others(house: DeskHouse) -> None:
    with pytest.raises(NewsletterError, match="the port is taken"), Runner(house.app).running(True, True):
        raise NewsletterError("the port is taken")
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"worker"})
