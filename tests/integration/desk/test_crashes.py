"""The installed command is killed, interrupted or out of room in the midst of a send: nobody is lost or doubled."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from desk_house import DeskHouse, HoldingRelay
from newsletter.delivery.worker import CLAIM
from newsletter.desk import sending
from newsletter.errors import DatabaseError
from newsletter.model import Issue
from newsletter.states import DeliveryStatus, IssueState
from scripted_relay import PATIENCE, Message, ScriptedRelay

SENT, IN_DOUBT, PENDING = DeliveryStatus.SENT, DeliveryStatus.IN_DOUBT, DeliveryStatus.PENDING
READERS = 120
CONNECTIONS = 3


@contextmanager
def _sending(house: DeskHouse, issue: Issue, relay: HoldingRelay) -> Iterator[subprocess.Popen[str]]:
    """A foreground send in a process of its own, at the moment when the relay has fallen silent."""
    with relay:
        house.relay(relay)
        process = house.command("issues", "send", str(issue.id), "--yes", "--json")
        try:
            assert relay.holding.wait(30)
            yield process
        finally:
            process.kill()
            process.communicate()


def _send_to_the_end(house: DeskHouse, issue: Issue) -> tuple[list[str], dict[str, Any], int, str]:
    """The recipients, the issue printed, the exit code and stderr of one more send to a relay that is well."""
    with ScriptedRelay() as relay:
        house.relay(relay)
        code, out, err = house.run("issues", "send", str(issue.id), "--yes", "--json")
    return relay.recipients, json.loads(out), code, err


@pytest.mark.parametrize(("kind", "hold_after"), [("sqlite", 0), ("sqlite", 61), ("postgresql", 7)])
def test_killed_in_the_midst_of_a_send(
    request: pytest.FixtureRequest, tmp_path: Any, kind: str, hold_after: int
) -> None:
    url = request.getfixturevalue("fresh_postgresql_url") if kind == "postgresql" else ""
    house = DeskHouse.built(tmp_path / "home", {"database.url": url, "smtp.connections": CONNECTIONS})
    house.furnish()
    everybody = {*house.add_readers(READERS - 1), "ada@example.org"}
    issue = house.plan()
    relay = HoldingRelay(hold_after)
    with _sending(house, issue, relay) as process:
        process.kill()
        process.wait()
        first = list(relay.recipients)
    assert len(first) > hold_after

    second, shown, code, err = _send_to_the_end(house, issue)
    rows = house.deliveries(issue)
    doubtful = {email for email, row in rows.items() if row.status is IN_DOUBT}
    assert len(doubtful) <= 2 * CONNECTIONS
    assert {row.status for row in rows.values()} <= {SENT, IN_DOUBT}
    got = Counter(first) + Counter(second)
    assert {email for email in everybody if got[email] == 0} <= doubtful, "nobody is lost without a word"
    assert {count for email, count in got.items()} == {1}, "nobody is mailed twice"
    assert set(second).isdisjoint(doubtful), "nor silently sent to again"
    assert {*first} - doubtful <= {email for email, row in rows.items() if row.status is SENT}
    assert (shown["sent"], shown["in_doubt"], shown["pending"]) == (READERS - len(doubtful), len(doubtful), 0)
    assert doubtful and code == 1 and shown["state"] == "sending"
    assert f"{len(doubtful)} in doubt" in err and "issues settle 1 --sent" in err

    code, out, _ = house.run("deliveries", "1", "--status", "in_doubt", "--json")
    assert {each["email"] for each in json.loads(out)} == doubtful, "they are listed by name"
    assert house.explain(issue, min(doubtful)).startswith("in doubt: the program ended while this message was with a")

    code, out, _ = house.run("issues", "settle", "1", "--again")
    assert f"{len(doubtful)} settled" in out
    third, shown, code, err = _send_to_the_end(house, issue)
    assert (code, err, shown["state"], shown["sent"]) == (0, "", "sent", READERS)
    assert sorted(third) == sorted(doubtful)
    house.close()


def test_what_a_killed_send_held_is_told_truly_before_anybody_sends_again(house: DeskHouse) -> None:
    house.add_readers(50)
    issue = house.plan()
    relay = HoldingRelay(5)
    with _sending(house, issue, relay) as process:
        process.kill()
        process.wait()
    statuses = Counter(row.status for row in house.deliveries(issue).values())
    assert statuses[DeliveryStatus.SENDING] > 0
    held = next(each.email for each in house.deliveries(issue).values() if each.status is DeliveryStatus.SENDING)
    assert house.explain(issue, held) == "was taken by a worker, which has not written down yet what became of it"
    settled, count = sending.settle(house.app, issue.id, is_sent=True)
    assert 1 <= count <= 4, "whoever is in doubt need not wait for another send to be settled"
    assert settled.counts == {SENT: statuses[SENT] + count, PENDING: 51 - statuses[SENT] - count}


@pytest.mark.parametrize("hold_after", [0, 23, 90])
def test_interrupted_at_some_moment_of_a_send(house: DeskHouse, hold_after: int) -> None:
    everybody = {*house.add_readers(READERS - 1), "ada@example.org"}
    issue = house.plan()
    relay = HoldingRelay(hold_after)
    with _sending(house, issue, relay) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "stopping; what is in flight is finished first" in process.stderr.readline()
        relay.go.set()
        out, err = process.communicate(timeout=30)
        first = list(relay.recipients)
    assert process.returncode == 1
    assert "stopped; nobody is lost" in err and "`newsletter run` or `newsletter issues send 1` goes on" in err
    assert "Traceback" not in err
    shown = json.loads(out)
    assert shown["state"] == "sending"
    assert (shown["sent"], shown["in_doubt"]) == (len(first), 0), "what was in flight was finished and written down"
    assert shown["sending"] == 0

    second, shown, code, err = _send_to_the_end(house, issue)
    assert (code, err, shown["state"]) == (0, "", "sent")
    assert sorted(first + second) == sorted(everybody)


def test_a_second_interrupt_ends_at_once_and_leaves_at_most_a_few_in_doubt(house: DeskHouse) -> None:
    everybody = {*house.add_readers(READERS - 1), "ada@example.org"}
    issue = house.plan()
    relay = HoldingRelay(10)
    with _sending(house, issue, relay) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        first = list(relay.recipients)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in err
    second, shown, _, _ = _send_to_the_end(house, issue)
    doubtful = {email for email, row in house.deliveries(issue).items() if row.status is IN_DOUBT}
    assert len(doubtful) <= 2 * 2
    got = Counter(first) + Counter(second)
    assert set(got.values()) == {1}
    assert everybody - set(got) <= doubtful
    assert shown["sent"] + shown["in_doubt"] == READERS


def test_interrupted_before_the_first_message(house: DeskHouse) -> None:
    """The relay takes the connection and says nothing, not even a greeting."""
    house.add_readers(9)
    issue = house.plan()
    with ScriptedRelay(answers={"greeting": "SILENCE"}) as relay:
        house.relay(relay)
        process = house.command("issues", "send", "1", "--yes", "--json")
        assert relay.reached["greeting"].wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopped; nobody is lost" in err
    assert json.loads(out)["pending"] == 10
    recipients, _, code, _ = _send_to_the_end(house, issue)
    assert (code, len(recipients)) == (0, 10)


def test_one_who_is_killed_while_another_waits_is_taken_over_from(house: DeskHouse) -> None:
    """The second send waits for what the first holds; once the first is dead, it goes on at once."""
    readers = CLAIM + 50
    everybody = {*house.add_readers(readers - 1), "ada@example.org"}
    issue = house.plan()
    relay = HoldingRelay(12)
    with _sending(house, issue, relay) as process, ScriptedRelay() as healthy:
        house.relay(healthy)
        with house.command("issues", "send", "1", "--yes", "--json") as second:
            try:
                assert healthy.reached["quit"].wait(30), "it has sent to whom nobody held"
                assert second.poll() is None
                assert len(healthy.messages) <= readers - CLAIM
                process.kill()
                process.wait()
                out, err = second.communicate(timeout=30)
            finally:
                second.kill()
    shown = json.loads(out)
    got = Counter(relay.recipients) + Counter(healthy.recipients)
    doubtful = {email for email, row in house.deliveries(issue).items() if row.status is IN_DOUBT}
    assert set(got.values()) == {1}
    assert everybody - set(got) <= doubtful
    assert 1 <= len(doubtful) <= 4
    assert (second.returncode, shown["sent"], shown["in_doubt"]) == (1, readers - len(doubtful), len(doubtful))
    assert f"{len(doubtful)} in doubt" in err


# -- no room left


class WordyRelay(ScriptedRelay):
    """Gives every message a reply as long as is kept, so that the database has to grow."""

    def visit(self, step: str, usual: str) -> str:
        said = super().visit(step, usual)
        return said + " " + "thank you " * 95 if step == "dot" else said


@contextmanager
def _no_more_than(house: DeskHouse, pages: int) -> Iterator[None]:
    """The file may grow by so many pages and no more."""

    def limit(connection: Any, record: Any) -> None:
        (now,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {now + pages}")

    def lift(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1000000")

    engine = house.app.database.engine
    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    engine.dispose()
    event.remove(engine, "connect", limit)
    event.listen(engine, "connect", lift)


def _send_soon(house: DeskHouse, issue: Issue) -> None:
    """Without a wait: the clock of the house stands still, and no lease ever runs out."""
    stop = threading.Event()
    timer = threading.Timer(PATIENCE, stop.set)
    timer.start()
    house.send(issue, stop)
    timer.cancel()
    assert not stop.is_set(), "it waited for a lease"


@pytest.mark.parametrize("pages", [1, 6, 30, 60])
def test_a_disk_that_is_full_loses_nobody_and_says_so(house: DeskHouse, pages: int) -> None:
    everybody = {*house.add_readers(299), "ada@example.org"}
    issue = sending.start(house.app, house.plan())
    with WordyRelay() as relay:
        house.relay(relay)
        with _no_more_than(house, pages), pytest.raises(DatabaseError, match="database or disk is full"):
            house.send(issue)
        first = list(relay.recipients)
        assert len(first) < 300
        rows = house.deliveries(issue)
        assert {email for email, row in rows.items() if row.status is SENT} <= set(first)
        assert all(row.status is not PENDING for email, row in rows.items() if email in first)
        _send_soon(house, issue)
    rows = house.deliveries(issue)
    doubtful = {email for email, row in rows.items() if row.status is IN_DOUBT}
    assert len(doubtful) <= 4
    got = Counter(relay.recipients)
    assert set(got.values()) == {1}
    assert everybody - set(got) <= doubtful
    assert Counter(row.status for row in rows.values()) == Counter(
        {SENT: 300 - len(doubtful), **({IN_DOUBT: len(doubtful)} if doubtful else {})}
    )


def test_a_disk_that_is_full_is_one_clear_line_at_the_keyboard(house: DeskHouse) -> None:
    """A database whose file may not grow at all, which the program opens by itself."""
    house.add_readers(30)
    issue = house.plan()
    with house.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    with _no_more_than(house, 0), pytest.raises(DatabaseError) as caught:
        sending.start(house.app, issue)
    assert str(caught.value).startswith("the database sqlite:///")
    assert "cannot be used: database or disk is full" in str(caught.value)
    assert house.issue(issue.id).state is IssueState.DRAFT, "the issue has all its deliveries, or it has not begun"
    assert house.deliveries(issue) == {}


def test_a_message_that_was_taken_is_known_though_its_outcome_found_no_room_at_first(house: DeskHouse) -> None:
    """The last tries of writing down succeed when room was made meanwhile."""
    house.add_readers(20)
    issue = sending.start(house.app, house.plan())
    asked = 0

    def has_room() -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise OSError("no room just now")
        return True

    engine = house.app.database.engine
    engine.dispose()
    event.listen(engine, "connect", lambda driver, _: driver.create_function("has_room", 0, has_room))
    with house.write() as connection:
        written = "BEFORE UPDATE OF status ON deliveries WHEN NEW.status = 'sent' AND NOT has_room()"
        connection.execute(text(f"CREATE TRIGGER room {written} BEGIN SELECT 1; END"))
    with ScriptedRelay() as relay:
        house.relay(relay)
        with pytest.raises(DatabaseError, match=r"user-defined function raised exception$"):
            house.send(issue)
        counts = house.issue(issue.id).counts
        assert counts == {SENT: len(relay.messages), PENDING: 21 - len(relay.messages)}
        assert house.send(issue).words == ""
    assert set(Counter(relay.recipients).values()) == {1}


def test_a_relay_that_dies_with_its_machine_keeps_whom_it_took(house: DeskHouse) -> None:
    """Every message the relay answered for is known as sent, whatever else went wrong at that moment."""
    house.add_readers(80)
    issue = house.plan()
    answered: list[str] = []

    class Answering(ScriptedRelay):
        def keep(self, message: Message) -> None:
            super().keep(message)
            answered.append(message.recipient)
            if len(answered) == 30:
                raise OSError("the machine is gone")

    with Answering() as relay:
        house.relay(relay)
        house.send(issue)
    rows = house.deliveries(issue)
    assert Counter(relay.recipients).most_common(1)[0][1] == 1
    assert {row.status for row in rows.values()} <= {SENT, IN_DOUBT}
