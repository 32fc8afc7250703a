"""Claim, build, hand over, record: what holds between two transactions, and when a part of it fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

import house
from house import NOON
from made_databases import sqlite_file
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.worker import CLAIM, LEASE, Ending, Job, Policy, Worker
from newsletter.errors import ConfigError, DatabaseError, MessageError
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store import deliveries as store
from newsletter.store.deliveries import Claimed
from newsletter.store.engine import Database
from newsletter.tables import deliveries, issues
from scripted_relay import CUT, Message, ScriptedRelay

PENDING, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT = DeliveryStatus
HOLD = Policy(timedelta(hours=48), None)
NAME = "here:1:aa"


def _build(claimed: Claimed) -> bytes:
    return f"To: {claimed.email}\r\nDate: {claimed.date:%H:%M:%S}\r\n\r\nDear {claimed.name}\r\n".encode()


def _nobody_left(connection: Connection, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
    return {}


@dataclass
class Desk:
    """One issue in the state sending, and what a worker needs for it."""

    database: Database
    issue_id: int = 0
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self.job = Job(0, "post@example.org", _build, lambda claimed: claimed.email, _nobody_left)

    def plan(self, readers: int) -> None:
        with self.database.write() as connection:
            issue, _ = house.add_sending_issue(connection, readers)
        self.issue_id = issue.id
        self.job = replace(self.job, issue_id=issue.id)

    def deliver(self, relay: ScriptedRelay, policy: Policy = HOLD, name: str = NAME, **settings: Any) -> Ending:
        given = RelaySettings("127.0.0.1", relay.port, "none", **{"connections": 2, **settings})
        clock: Callable[[], datetime] = lambda: self.now  # noqa: E731
        return Worker(self.database, given, policy, name, clock, self.stop).deliver(self.job)

    def counts(self) -> Counter[str]:
        return Counter(row.status for row in self.rows())

    def rows(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(deliveries).order_by(deliveries.c.id)))

    def leave(self, **values: Any) -> None:
        """Change every row by other means."""
        with self.database.write() as connection:
            connection.execute(update(deliveries).values(**values))


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    database = Database(database_url)
    yield Desk(database)
    database.close()


@pytest.fixture
def small_desk(tmp_path: Path) -> Iterator[Desk]:
    """On SQLite alone."""
    file = tmp_path / "newsletter.db"
    file.write_bytes(sqlite_file())
    database = Database(f"sqlite:///{file}")
    yield Desk(database)
    database.close()


class Hooked(ScriptedRelay):
    """Calls `when_taken` with each message before it is answered for."""

    def __init__(self, when_taken: Callable[[Message], None], **said: Any) -> None:
        super().__init__(**said)
        self.when_taken = when_taken

    def keep(self, message: Message) -> None:
        super().keep(message)
        self.when_taken(message)


def _each_once(relay: ScriptedRelay) -> bool:
    return set(Counter(relay.recipients).values()) <= {1}


def test_everybody_gets_it_once_and_nobody_is_held_afterwards(desk: Desk) -> None:
    desk.plan(CLAIM + 30)
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert desk.counts() == {SENT: CLAIM + 30}
    assert len(relay.messages) == CLAIM + 30 and _each_once(relay)
    assert {(row.claimed_by, row.lease_until, row.handed_at) for row in desk.rows()} == {(None, None, None)}
    assert {(row.attempts, row.reply) for row in desk.rows()} == {(1, "250 2.0.0 Taken")}


def test_nobody_to_write_to_opens_no_connection(desk: Desk) -> None:
    desk.plan(0)
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert relay.connections == 0


def test_what_a_connection_has_is_known_to_the_database_before(desk: Desk) -> None:
    """Whatever a relay takes, the row says so already: after a crash at that instant it is in doubt and not lost."""
    desk.plan(60)
    unknown: list[str] = []
    held: list[int] = []

    def look(message: Message) -> None:
        with desk.database.read() as connection:
            rows = connection.execute(select(deliveries).where(deliveries.c.handed_at.is_not(None))).all()
        held.append(len(rows))
        if message.recipient not in {row.email for row in rows if row.claimed_by == NAME and row.date == NOON}:
            unknown.append(message.recipient)

    with Hooked(look) as relay:
        desk.deliver(relay)
    assert unknown == []
    assert max(held) <= 2, "one a connection, never more"
    assert desk.counts() == {SENT: 60}


def test_a_claim_is_a_group_and_no_more(small_desk: Desk) -> None:
    desk = small_desk
    desk.plan(CLAIM + 50)
    claimed: list[int] = []

    def look(message: Message) -> None:
        claimed.append(desk.counts()[SENDING])

    with Hooked(look) as relay:
        desk.deliver(relay)
    assert CLAIM - 4 <= max(claimed) <= CLAIM


@pytest.mark.parametrize(
    "error", [MessageError("name", "holds a NUL"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x")]
)
def test_a_reader_nothing_can_be_built_for_fails_and_the_others_go_on(desk: Desk, error: Exception) -> None:
    desk.plan(30)

    def build(claimed: Claimed) -> bytes:
        if claimed.email == "reader7@example.org":
            raise error
        return _build(claimed)

    desk.job = replace(desk.job, build=build)
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert desk.counts() == {SENT: 29, FAILED: 1}
    (failed,) = [row for row in desk.rows() if row.status == FAILED]
    assert failed.email == "reader7@example.org"
    assert failed.reason.startswith("no message could be built: ")
    assert failed.claimed_by is None


def test_every_reader_failing_to_be_built_comes_to_an_end(small_desk: Desk) -> None:
    desk = small_desk
    desk.plan(CLAIM + 5)

    def build(claimed: Claimed) -> bytes:
        raise MessageError("name", "holds a NUL")

    desk.job = replace(desk.job, build=build)
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert desk.counts() == {FAILED: CLAIM + 5}


def test_a_fault_of_the_program_ends_the_send_and_holds_nobody(desk: Desk) -> None:
    """Without an end the connections would wait for ever for what nobody hands them."""
    desk.plan(50)
    built = 0

    def build(claimed: Claimed) -> bytes:
        nonlocal built
        built += 1
        if built == 20:
            raise ZeroDivisionError("a fault")
        return _build(claimed)

    desk.job = replace(desk.job, build=build)
    with ScriptedRelay() as relay:
        with pytest.raises(ZeroDivisionError, match="a fault"):
            desk.deliver(relay)
        sent = len(relay.messages)
        assert desk.counts() == {SENT: sent, PENDING: 50 - sent}
        desk.deliver(relay)
    assert desk.counts() == {SENT: 50}
    assert _each_once(relay)


def test_a_fault_in_leaving_out_ends_the_send_and_holds_nobody(desk: Desk) -> None:
    desk.plan(CLAIM + 20)
    asked = 0

    def leaves_out(connection: Connection, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise LookupError("a fault")
        return {}

    desk.job = replace(desk.job, leaves_out=leaves_out)
    with ScriptedRelay() as relay:
        with pytest.raises(LookupError, match="a fault"):
            desk.deliver(relay)
        assert desk.counts()[SENDING] == 0
        desk.deliver(relay)
    assert desk.counts() == {SENT: CLAIM + 20}
    assert _each_once(relay)


def test_a_fault_in_the_progress_bar_ends_the_send_and_holds_nobody(small_desk: Desk) -> None:
    desk = small_desk
    desk.plan(50)
    told = 0

    def progress(done: int) -> None:
        nonlocal told
        told += done
        if told > 10:
            raise OSError("the terminal is gone")

    with ScriptedRelay() as relay:
        settings = RelaySettings("127.0.0.1", relay.port, "none", connections=2)
        worker = Worker(desk.database, settings, HOLD, NAME, lambda: NOON, desk.stop, progress)
        with pytest.raises(OSError, match="the terminal is gone"):
            worker.deliver(desk.job)
        assert desk.counts() == {SENT: len(relay.messages), PENDING: 50 - len(relay.messages)}
        desk.deliver(relay)
    assert _each_once(relay) and len(relay.messages) == 50


def test_a_fault_of_the_settings_ends_the_send_and_holds_nobody(small_desk: Desk) -> None:
    desk = small_desk
    desk.plan(5)
    with ScriptedRelay() as relay, pytest.raises(ConfigError, match="ca_file"):
        settings = RelaySettings("127.0.0.1", relay.port, "starttls", ca_file="/no/such/file")
        Worker(desk.database, settings, HOLD, NAME, lambda: NOON, desk.stop).deliver(desk.job)
    assert desk.counts() == {PENDING: 5}


class FailingDatabase(Database):
    """Every write from the `first` on fails, so many of them."""

    def __init__(self, url: str, first: int, failures: int) -> None:
        super().__init__(url)
        self.writes = 0
        self.failing = range(first, first + failures)

    def write(self, keep: bool = True) -> Any:
        self.writes += 1
        if self.writes in self.failing:
            raise DatabaseError("no room")
        return super().write(keep)


@pytest.mark.parametrize("first", [1, 2, 3, 7])
@pytest.mark.parametrize("failures", [1, 2])
def test_a_database_that_fails_once_or_twice_leaves_no_doubt(small_desk: Desk, first: int, failures: int) -> None:
    desk = small_desk
    desk.plan(60)
    desk.database, whole = FailingDatabase(str(desk.database.url), first, failures), desk.database
    with ScriptedRelay() as relay:
        with pytest.raises(DatabaseError, match=r"^no room$"):
            desk.deliver(relay)
        desk.database.close()
        desk.database = whole
        assert desk.counts() == {
            status: count
            for status, count in {SENT: len(relay.messages), PENDING: 60 - len(relay.messages)}.items()
            if count
        }
        desk.deliver(relay)
    assert desk.counts() == {SENT: 60}
    assert _each_once(relay)


def test_a_database_that_stays_away_leaves_the_few_at_a_connection_in_doubt(small_desk: Desk) -> None:
    desk = small_desk
    desk.plan(60)
    desk.database, whole = FailingDatabase(str(desk.database.url), 6, 1_000), desk.database
    with ScriptedRelay() as relay:
        with pytest.raises(
            DatabaseError, match=r"^no room; what a connection had, .* will be in doubt; nobody is lost$"
        ):
            desk.deliver(relay)
        desk.database.close()
        desk.database = whole
        held = [row for row in desk.rows() if row.status == SENDING]
        assert len([row for row in held if row.handed_at]) <= 4
        with desk.database.write() as connection:
            back, doubt = store.recover(connection, NOON, [NAME], None)
        assert (back + doubt, doubt <= 4) == (len(held), True)
        desk.deliver(relay)
    doubtful = {row.email for row in desk.rows() if row.status == IN_DOUBT}
    assert desk.counts()[SENT] == 60 - len(doubtful)
    assert _each_once(relay)
    everybody = {row.email for row in desk.rows()}
    assert everybody - set(relay.recipients) <= doubtful


# -- leases


def test_a_lease_is_renewed_while_a_relay_keeps_us_waiting(desk: Desk) -> None:
    """A relay may take ten minutes to answer for a message; a lease is shorter than that."""
    desk.plan(40)
    leases: list[datetime] = []
    passed = threading.Event()  # is never set

    def wait(message: Message) -> None:
        if len(relay.messages) == 5:
            desk.now = NOON + LEASE - timedelta(seconds=1)
            for _ in range(400):
                with desk.database.read() as connection:
                    held = connection.execute(select(deliveries.c.lease_until).where(deliveries.c.status == SENDING))
                    leases[:] = held.scalars().all()
                if min(leases) > NOON + LEASE or passed.wait(0.05):
                    return

    with Hooked(wait) as relay:
        assert desk.deliver(relay, connections=1) == Ending()
    assert min(leases) == NOON + 2 * LEASE - timedelta(seconds=1)
    assert desk.counts() == {SENT: 40}


def test_what_another_took_after_our_lease_ran_out_is_not_sent_by_us(desk: Desk) -> None:
    """The machine slept for an hour: others have claimed what we had claimed, and we still hold it in memory."""
    desk.plan(60)
    taken: list[int] = []

    def sleep(message: Message) -> None:
        if len(relay.messages) == 10:
            later = NOON + timedelta(hours=1)
            with desk.database.write() as connection:
                store.recover(connection, later, [], None)
                taken.extend(store.claim(connection, desk.issue_id, "elsewhere:1:bb", later, later + LEASE, 1_000))

    with Hooked(sleep) as relay:
        assert desk.deliver(relay, connections=1) == Ending()
    assert taken
    emails = {row.id: row.email for row in desk.rows()}
    assert {emails[each] for each in taken}.isdisjoint(relay.recipients)
    assert _each_once(relay)
    assert desk.counts()[SENDING] == len(taken), "the other one has them still"
    assert {row.claimed_by for row in desk.rows() if row.status == SENDING} == {"elsewhere:1:bb"}


def test_a_foreign_claim_is_left_alone(desk: Desk) -> None:
    desk.plan(10)
    with desk.database.write() as connection:
        theirs = store.claim(connection, desk.issue_id, "elsewhere:1:bb", NOON, NOON + LEASE, 4)
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert desk.counts() == {SENT: 6, SENDING: 4}
    assert [row.id for row in desk.rows() if row.claimed_by] == theirs


# -- between planning and handing over


def test_whoever_left_is_skipped_with_the_reason_even_when_it_is_everybody(desk: Desk) -> None:
    desk.plan(CLAIM + 3)
    desk.job = replace(desk.job, leaves_out=lambda connection, ids: dict.fromkeys(ids, "unsubscribed"))
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert relay.connections == 0
    assert {(row.status, row.reason, row.attempts) for row in desk.rows()} == {(SKIPPED, "the reader unsubscribed", 0)}


def test_an_issue_that_is_paused_gives_back_what_no_connection_has(desk: Desk) -> None:
    desk.plan(80)

    def pause(message: Message) -> None:
        if len(relay.messages) == 10:
            with desk.database.write() as connection:
                connection.execute(update(issues).values(state=str(IssueState.PAUSED)))

    with Hooked(pause) as relay:
        assert desk.deliver(relay, connections=1) == Ending()
    assert 10 <= len(relay.messages) <= 12
    assert desk.counts() == {SENT: len(relay.messages), PENDING: 80 - len(relay.messages)}


def test_an_issue_that_is_paused_from_the_start_claims_nobody(desk: Desk) -> None:
    desk.plan(5)
    with desk.database.write() as connection:
        connection.execute(update(issues).values(state=str(IssueState.PAUSED)))
    with ScriptedRelay() as relay:
        assert desk.deliver(relay) == Ending()
    assert (relay.connections, desk.counts()) == (0, {PENDING: 5})


def test_a_stop_gives_back_what_no_connection_has(desk: Desk) -> None:
    desk.plan(80)

    def stop(message: Message) -> None:
        if len(relay.messages) == 10:
            desk.stop.set()

    with Hooked(stop) as relay:
        assert desk.deliver(relay) == Ending(is_stopped=True)
    assert desk.counts() == {SENT: len(relay.messages), PENDING: 80 - len(relay.messages)}
    assert {row.attempts for row in desk.rows() if row.status == PENDING} == {0}


def test_the_date_is_that_of_the_first_try_and_stays(desk: Desk) -> None:
    desk.plan(3)
    with ScriptedRelay(defer={"reader1@example.org": 2}) as relay:
        desk.deliver(relay)
        desk.now = NOON + timedelta(minutes=10)
        desk.deliver(relay)
        desk.now = NOON + timedelta(minutes=40)
        assert desk.deliver(relay) == Ending()
    assert b"\r\nDate: 12:00:00\r\n" in relay.messages[-1].data
    assert relay.messages[-1].recipient == "reader1@example.org"
    assert {row.date for row in desk.rows()} == {NOON}
    assert desk.rows()[0].attempts == 3


def test_a_try_that_never_left_is_no_try(desk: Desk) -> None:
    desk.plan(10)
    with ScriptedRelay(answers={"mail": "550 5.7.1 Not from you"}) as relay:
        ending = desk.deliver(relay)
    assert "550 5.7.1 Not from you" in ending.refused
    assert {(row.status, row.attempts, row.handed_at) for row in desk.rows()} == {(PENDING, 0, None)}


# -- what becomes of a failure


def test_each_outcome_is_written_down_with_the_relays_words(desk: Desk) -> None:
    desk.plan(6)
    with ScriptedRelay(
        refuse={"reader1@example.org"}, defer={"reader2@example.org": 1}, answers={"dot": [CUT]}
    ) as relay:
        assert desk.deliver(relay, connections=1) == Ending()
    assert desk.counts() == {SENT: 3, FAILED: 1, PENDING: 1, IN_DOUBT: 1}
    rows = {row.status: row for row in desk.rows()}
    assert rows[FAILED].reply == "550 5.1.1 No such reader"
    assert rows[PENDING].reply == "451 4.7.1 Not now"
    assert NOON + timedelta(minutes=1) <= rows[PENDING].next_attempt_at <= NOON + timedelta(seconds=75)
    assert rows[IN_DOUBT].reason.startswith("the message had left, its reply never came")
    assert rows[IN_DOUBT].next_attempt_at is None
    with desk.database.read() as connection:
        tries = {status: store.attempts_of(connection, rows[status].id) for status in rows}
    assert tries[SENT] == []
    assert [each[0::2] for each in tries[FAILED]] == [(1, "failed")]
    assert [each[0::2] for each in tries[PENDING]] == [(1, "pending")]
    assert [each[0::2] for each in tries[IN_DOUBT]] == [(1, "in_doubt")]


def test_in_doubt_again_sets_the_instant(desk: Desk) -> None:
    desk.plan(1)
    with ScriptedRelay(answers={"dot": [CUT]}) as relay:
        desk.deliver(relay, Policy(timedelta(hours=48), timedelta(minutes=30)))
    (row,) = desk.rows()
    assert (row.status, row.next_attempt_at) == (IN_DOUBT, NOON + timedelta(minutes=30))


def test_the_policy_ends_the_tries(desk: Desk) -> None:
    desk.plan(1)
    with ScriptedRelay(defer={"reader1@example.org": 9}) as relay:
        desk.deliver(relay, Policy(timedelta(seconds=59), None))
    (row,) = desk.rows()
    assert row.status == FAILED
    assert row.reason.startswith("given up after 1 tries: ")
    assert row.reply == "451 4.7.1 Not now"


def test_a_remark_stands_beside_every_success(small_desk: Desk) -> None:
    desk = small_desk
    desk.plan(2)
    desk.job = replace(desk.job, remark="to the office", recipient=lambda claimed: "office@example.org")
    with ScriptedRelay() as relay:
        desk.deliver(relay)
    assert relay.recipients == ["office@example.org"] * 2
    assert {row.reason for row in desk.rows()} == {"to the office"}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 7])
def test_a_relay_full_of_trouble_leaves_every_reader_with_one_answer(
    small_desk: Desk, pipelining: bool, connections: int
) -> None:
    """421 between messages, cuts, refusals and deferrals at once: every row ends in a state that says what was."""
    desk = small_desk
    desk.plan(150)
    with ScriptedRelay(
        pipelining=pipelining,
        messages_per_connection=9,
        refuse={f"reader{number}@example.org" for number in range(10, 150, 10)},
        defer={f"reader{number}@example.org": 1 for number in range(5, 150, 10)},
        answers={"dot": [None] * 20 + [CUT] + [None] * 20 + ["451 4.3.0 Not this one"]},
    ) as relay:
        ending = desk.deliver(relay, connections=connections)
        assert ending == Ending()
        counts = desk.counts()
        assert counts[SENDING] == 0
        assert sum(counts.values()) == 150
        desk.now = NOON + timedelta(hours=1)
        assert desk.deliver(relay, connections=connections) == Ending()
    assert _each_once(relay)
    rows = {row.email: row for row in desk.rows()}
    assert {row.status for row in rows.values()} <= {SENT, FAILED, IN_DOUBT}
    assert {email for email, row in rows.items() if row.status == SENT} <= set(relay.recipients)
    assert set(relay.recipients) <= {email for email, row in rows.items() if row.status in (SENT, IN_DOUBT)}
    assert len([row for row in rows.values() if row.status == IN_DOUBT]) <= 2
    assert Counter(row.status for row in rows.values())[FAILED] == 14
