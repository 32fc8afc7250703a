"""An issue's planned deliveries → each claimed, built, handed over and recorded, in groups that survive a crash.

A message leaves only when the database knows it: where the relay awaits it, its connection asks, and the answer
comes with the end of a transaction. A turn is one such transaction, for all connections that ask at about the
same time; it also writes down what became of their messages before. So after a crash one message a connection is
in doubt and no more, and a commit, which takes as long as a disk does, is shared by many.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.delivery.envelope import Envelope, NotTried, Outcome, Sent
from newsletter.delivery.relay import Answer, RelaySettings, hand_over
from newsletter.delivery.retry import next_attempt
from newsletter.errors import (
    DatabaseError,
    DeliveryError,
    InDoubt,
    NewsletterError,
    PermanentFailure,
    RelayRefusal,
    TransientFailure,
)
from newsletter.states import DeliveryStatus
from newsletter.store import deliveries as store
from newsletter.store.deliveries import Claimed, Result
from newsletter.store.engine import Database

CLAIM = 500  # deliveries taken at once; those that no connection has yet go back after a crash
LEASE = timedelta(minutes=5)  # a claim that is not renewed for so long belongs to nobody
GLANCE = 0.1  # seconds, between two looks at the clock and at whether to stop
LONGEST_LINGER = 0.01  # seconds that a turn waits for more to be said
LAST_TRIES = 3  # to write down what has happened when the database fails


@dataclass(frozen=True, slots=True)
class Job:
    """One issue, seen from here."""

    issue_id: int
    sender: str  # the return path
    build: Callable[[Claimed], bytes]  # raises NewsletterError or UnicodeError for a reader it cannot serve
    recipient: Callable[[Claimed], str]  # the address on the envelope
    leaves_out: Callable[
        [Connection, Sequence[int]], Mapping[int, str]
    ]  # subscriber ids → why one gets nothing any more, as what "the reader …" does
    remark: str = ""  # what is to be known of every success
    is_dot_free: bool = False  # no line of what is built begins with a dot
    topics: Sequence[str] = ()  # a pause of one of them holds the issue


@dataclass(frozen=True, slots=True)
class Policy:
    deliver_within: timedelta
    again_after: timedelta | None  # in doubt: send again after so long; None: hold


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended: all three empty when nobody is left to be tried now."""

    refused: str = ""  # the relay refuses us: the issue pauses
    unreachable: str = ""  # no connection could be had: later
    is_stopped: bool = False


class Worker:
    """Delivers one issue at a time."""

    def __init__(
        self,
        database: Database,
        settings: RelaySettings,
        policy: Policy,
        name: str,
        clock: Callable[[], datetime],
        stop: threading.Event,
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._policy = policy
        self._name = name
        self._clock = clock
        self._stop = stop
        self._progress = progress

    def deliver(self, job: Job) -> Ending:
        """Hand over everything of this issue that is due. Raises DatabaseError when outcomes cannot be written down."""
        return asyncio.run(self._deliver(job))

    async def _deliver(self, job: Job) -> Ending:
        stop = asyncio.Event()
        ledger = _Ledger(self, job, stop)
        watch = asyncio.ensure_future(ledger.watch())
        try:
            await hand_over(self._settings, ledger.next_envelope, ledger.record, stop, ledger.may_leave)
        except RelayRefusal as error:
            return Ending(refused=str(error))
        except TransientFailure as error:
            return Ending(unreachable=str(error))
        finally:
            watch.cancel()
            ledger.close()
        return Ending(is_stopped=self._stop.is_set())


class _Ledger:
    """What is known of one issue's deliveries between two transactions.

    All of it runs in the event loop, the database as well: what is new may not leave before a transaction ends, and
    what is with the relay goes on without us.
    """

    def __init__(self, worker: Worker, job: Job, stop: asyncio.Event) -> None:
        self._worker = worker
        self._job = job
        self._clock = worker._clock
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._claimed: deque[Claimed] = deque()  # ours, and no connection has them
        self._given: dict[int, Claimed] = {}  # by id: a connection has them
        self._handed: set[int] = set()  # of those: the database knows it, their message may leave
        self._asked: list[tuple[int, Answer]] = []  # the relay awaits their message
        # What a turn writes down:
        self._refused: list[Claimed] = []  # before their message could leave, which is a try all the same
        self._results: list[Result] = []
        self._untried: list[int] = []
        self._next_turn: asyncio.Handle | None = None
        self._turn_took = 0.0  # seconds
        self._instant: datetime | None = None  # see `_now`
        self._renewed_at = self._clock()
        self._is_exhausted = False
        self._is_over = False
        self._failure: Exception | None = None

    # -- asked by the connections

    def next_envelope(self) -> Envelope | None:
        try:
            while self._claimed or self._claim():
                if envelope := self._envelope(self._dated(self._claimed.popleft())):
                    return envelope
        except Exception as error:
            self._fail(error)
        return None

    def _envelope(self, claimed: Claimed) -> Envelope | None:
        """None for a reader nothing can be built for: that is written down."""
        try:
            message = self._job.build(claimed)
        except (NewsletterError, UnicodeError) as error:
            words = f"no message could be built: {error}"
            self._note(Result(claimed.id, DeliveryStatus.FAILED, self._now(), claimed.attempts, reason=words))
            return None
        self._given[claimed.id] = claimed
        return Envelope(claimed.id, self._job.sender, self._job.recipient(claimed), message, self._job.is_dot_free)

    def _dated(self, claimed: Claimed) -> Claimed:
        """The same with the date of its first try, when that is now."""
        now = self._now().replace(microsecond=0)
        return claimed._replace(date=now) if claimed.is_first_try and claimed.date != now else claimed

    def may_leave(self, envelope: Envelope, answer: Answer) -> None:
        """True with the end of the next turn; False for what is ours no more, and when the database fails."""
        if envelope.key in self._handed:
            answer(True)  # the connection that asked before has ended since
        elif self._failure is not None:
            answer(False)
        else:
            self._asked.append((envelope.key, answer))
            self._call_turn()

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        claimed = self._given.pop(envelope.key, None)
        if claimed is None:
            return  # ours no more: whoever has it knows what became of it
        if isinstance(outcome, NotTried):
            self._untried.append(claimed.id)
            self._call_turn()
        else:
            if claimed.id not in self._handed:
                self._refused.append(claimed)
            self._note(self._result(claimed, outcome, self._now()))
        self._handed.discard(claimed.id)

    def _note(self, result: Result) -> None:
        self._results.append(result)
        self._call_turn()

    # -- turns

    async def watch(self) -> None:
        """What has to be seen to when no connection says anything."""
        while True:
            await asyncio.sleep(GLANCE)
            self._instant = None
            self._heed_stop()
            if self._must_renew():
                self._call_turn()

    def _heed_stop(self) -> None:
        if self._worker._stop.is_set():
            self._stop.set()

    def _must_renew(self) -> bool:
        # Also while a relay lets us wait: whoever finds a lease that ran out takes what it was for.
        return self._clock() - self._renewed_at > LEASE / 3

    def _call_turn(self) -> None:
        """At once when the relay has no message of ours, else after half as long as a turn takes.

        On a slow disk that makes few turns of many; on a quick one it is no time.
        """
        if self._failure is not None or self._is_over:
            return
        if self._next_turn is None:
            self._next_turn = self._loop.call_later(min(self._turn_took / 2, LONGEST_LINGER), self._turn)
        if not self._handed and isinstance(self._next_turn, asyncio.TimerHandle):
            self._next_turn.cancel()
            self._next_turn = self._loop.call_soon(self._turn)

    def _now(self) -> datetime:
        """One instant for all that is noted between two turns, no older than a glance: many take longer to write."""
        self._instant = self._instant or self._clock()
        return self._instant

    def _turn(self) -> None:
        """One transaction, and the answers it allows."""
        self._next_turn = None
        self._instant = None
        began = self._loop.time()
        asked, self._asked = self._asked, []
        done = len(self._results)
        try:
            ours = self._write_down([self._given[key] for key, _ in asked if key in self._given])
            self._worker._progress(done)
        except Exception as error:
            self._fail(error)
            ours = set()
        self._turn_took = self._loop.time() - began
        self._handed |= ours
        for key, answer in asked:
            if key not in ours and self._failure is None:
                self._given.pop(key, None)
            answer(key in ours)
        self._heed_stop()

    def _write_down(self, asked: Sequence[Claimed]) -> set[int]:
        """What became of messages, and which may leave now: the ids of those that may."""
        now = self._clock()
        must_renew = self._must_renew()
        with self._worker._database.write() as connection:
            store.hand(connection, self._refused, self._worker._name, now)
            store.record(connection, self._results)
            store.release(connection, self._untried)
            if must_renew:
                store.renew(connection, self._worker._name, now + LEASE)
            if not store.is_sending(connection, self._job.issue_id, now, self._job.topics):
                self._is_exhausted = True  # paused or cancelled meanwhile: what no connection has goes back
                self._claimed.clear()
            ours = store.hand(connection, asked, self._worker._name, now)
            if len(ours) < len(asked):
                # Our lease ran out, perhaps while the machine slept: what else we claimed may be another's, too.
                store.release_unhanded(connection, self._job.issue_id, self._worker._name)
                self._claimed.clear()
        if must_renew:
            self._renewed_at = now
        self._refused, self._results, self._untried = [], [], []
        return ours

    def _fail(self, error: Exception) -> None:
        """Nothing more may leave; what is with the relay comes to its end, and is written down by `close`."""
        self._failure = self._failure or error
        self._is_exhausted = True
        self._claimed.clear()
        self._stop.set()

    # -- claims

    def _claim(self) -> bool:
        """Whether there is somebody to send to: a next group is ours."""
        while not self._claimed and not self._is_exhausted:
            with self._worker._database.write() as connection:
                self._take_group(connection, self._clock())
        return bool(self._claimed)

    def _take_group(self, connection: Connection, now: datetime) -> None:
        """Claim; whoever left since it was planned is skipped, with the reason."""
        ids: list[int] = []
        if store.is_sending(connection, self._job.issue_id, now, self._job.topics):
            ids = store.claim(connection, self._job.issue_id, self._worker._name, now, now + LEASE, CLAIM)
        self._is_exhausted = not ids
        claimed = store.load_claimed(connection, ids, now)
        leaves_out = self._job.leaves_out(connection, [each.subscriber_id for each in claimed])
        gone = {*ids} - {each.id for each in claimed}
        skipped = [_skipped(delivery_id, "the reader is gone", now) for delivery_id in sorted(gone)]
        for each in claimed:
            reason = leaves_out.get(each.subscriber_id, "")
            if reason:
                skipped.append(_skipped(each.id, f"the reader {reason}", now))
            else:
                self._claimed.append(each)
        store.record(connection, skipped)

    # -- the end

    def close(self) -> None:
        """Write down what is left, and give back what no connection had.

        Raises what ended the sending, and DatabaseError when that cannot be.
        """
        self._is_over = True
        if self._next_turn is not None:
            self._next_turn.cancel()
        done = len(self._results)
        for tries_left in reversed(range(LAST_TRIES)):
            try:
                self._write_rest()
                break
            except DatabaseError as error:
                if not tries_left:
                    words = "what a connection had, and could not be written down, will be in doubt; nobody is lost"
                    raise DatabaseError(f"{error}; {words}") from error
        if self._failure is not None:
            raise self._failure
        self._worker._progress(done)

    def _write_rest(self) -> None:
        self._write_down([])
        with self._worker._database.write() as connection:
            store.release_unhanded(connection, self._job.issue_id, self._worker._name)

    # -- outcomes in our words

    def _result(self, claimed: Claimed, outcome: Sent | DeliveryError, now: datetime) -> Result:
        key = claimed.id
        if isinstance(outcome, Sent):
            remark = self._job.remark
            return Result(key, DeliveryStatus.SENT, now, claimed.attempts, str(outcome.reply), remark)
        reply = str(outcome.reply) if outcome.reply else ""
        words = str(outcome)
        if isinstance(outcome, InDoubt):
            again = self._worker._policy.again_after
            at = now + again if again is not None else None
            return Result(key, DeliveryStatus.IN_DOUBT, now, claimed.attempts, reply, words, at)
        if isinstance(outcome, PermanentFailure):
            return Result(key, DeliveryStatus.FAILED, now, claimed.attempts, reply, words)
        # Chance only spreads the tries of many readers over time; nothing that is kept depends on it.
        at = next_attempt(claimed.attempts, now, random.random())
        if at is None or at - claimed.date > self._worker._policy.deliver_within:
            given_up = f"given up after {claimed.attempts} tries: {words}"
            return Result(key, DeliveryStatus.FAILED, now, claimed.attempts, reply, given_up)
        return Result(key, DeliveryStatus.PENDING, now, claimed.attempts, reply, words, at)


def _skipped(delivery_id: int, reason: str, now: datetime) -> Result:
    return Result(delivery_id, DeliveryStatus.SKIPPED, now, 0, reason=reason)
