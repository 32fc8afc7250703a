"""An issue's planned deliveries → each claimed, built, handed over and recorded, in groups that survive a crash.

Two threads share the work: the event loop speaks SMTP, and one thread speaks to the database. A turn of the second
is one transaction: it writes down the outcomes so far and which messages a connection may have next. So whatever a
connection has is known to the database beforehand, and after a crash only those few are in doubt.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.delivery.envelope import Envelope, NotTried, Outcome, Sent
from newsletter.delivery.relay import RelaySettings, Wait, hand_over
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

CLAIM = 200  # deliveries taken at once; those that no connection has yet go back after a crash
AHEAD = 2  # messages a connection may have: the one whose reply it waits for, and the one that follows it
LEASE = timedelta(minutes=5)  # a claim that is not renewed for so long belongs to nobody
PATIENCE = 0.002  # seconds, until a connection without a message asks again
LAST_TRIES = 3  # to write down what has happened when the database fails


@dataclass(frozen=True, slots=True)
class Job:
    """One issue, seen from here. The callables are asked in the database's thread."""

    issue_id: int
    sender: str  # the return path
    build: Callable[[Claimed], bytes]  # raises NewsletterError or UnicodeError for a reader it cannot serve
    recipient: Callable[[Claimed], str]  # the address on the envelope
    leaves_out: Callable[
        [Connection, Sequence[int]], Mapping[int, str]
    ]  # subscriber ids → why one gets nothing any more, as what "the reader …" does
    remark: str = ""  # what is to be known of every success


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
        ledger = _Ledger(self, job)
        stop = asyncio.Event()
        with ThreadPoolExecutor(1, "database") as thread:
            bookkeeping = asyncio.ensure_future(ledger.keep(thread, stop))
            try:
                await hand_over(self._settings, ledger.next_envelope, ledger.record, stop)
            except RelayRefusal as error:
                return Ending(refused=str(error))
            except TransientFailure as error:
                return Ending(unreachable=str(error))
            finally:
                ledger.is_over = True
                ledger.stir.set()
                await bookkeeping
        return Ending(is_stopped=self._stop.is_set())


class _Ledger:
    """What is known of one issue's deliveries between two transactions."""

    def __init__(self, worker: Worker, job: Job) -> None:
        self._worker = worker
        self._job = job
        self._clock = worker._clock
        self._most = AHEAD * worker._settings.connections
        self._claimed: deque[Claimed] = deque()  # ours, no connection has them: the database's thread alone
        self._ready: deque[Envelope] = deque()  # written down as handed: a connection may have them
        self._tries: dict[int, Claimed] = {}  # by id: handed, and their outcome not yet recorded
        self._outcomes: list[tuple[int, Outcome]] = []
        self._is_exhausted = False
        self._renewed_at = self._clock()
        self.is_over = False
        self.stir = asyncio.Event()

    # -- asked by the connections, in the event loop

    def next_envelope(self) -> Envelope | Wait | None:
        if self._ready:
            envelope = self._ready.popleft()
            self.stir.set()
            return envelope
        return None if self._is_exhausted else Wait(PATIENCE)

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self._outcomes.append((envelope.key, outcome))
        self.stir.set()

    # -- the books

    async def keep(self, thread: ThreadPoolExecutor, stop: asyncio.Event) -> None:
        """Turn after turn until all is over; then write the rest down.

        Whatever goes wrong here ends the sending: the connections would wait for ever for what nobody hands them.
        """
        failure: Exception | None = None
        try:
            await self._take_turns(thread, stop)
        except Exception as error:
            failure = error
            self._is_exhausted = True
            stop.set()
        while not self.is_over:
            await self._rest(busy=False)
        await asyncio.get_running_loop().run_in_executor(thread, self._close)
        if failure is not None:
            raise failure

    async def _take_turns(self, thread: ThreadPoolExecutor, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while not self.is_over:
            outcomes, self._outcomes = self._outcomes, []
            try:
                done, fresh = await loop.run_in_executor(thread, self._turn, outcomes)
            except Exception:
                self._outcomes = outcomes + self._outcomes  # still to be written down
                raise
            self._ready.extend(fresh)
            self._worker._progress(done)
            if self._worker._stop.is_set():
                stop.set()
            await self._rest(busy=bool(outcomes or fresh))

    async def _rest(self, busy: bool) -> None:
        """Until a connection did something; when nothing is, a look at the clock ten times a second will do."""
        if busy:
            await asyncio.sleep(0)
        try:
            await asyncio.wait_for(self.stir.wait(), 0.1)
        except TimeoutError:
            return
        self.stir.clear()

    def _turn(self, outcomes: Sequence[tuple[int, Outcome]]) -> tuple[int, list[Envelope]]:
        """One transaction: outcomes down, a few more messages handed. How many are settled, and the messages."""
        now = self._clock()
        results, untried = self._results(outcomes, now)
        room = self._most - (len(self._tries) - len(outcomes))
        # Also while a relay lets us wait: whoever finds a lease that ran out takes what it was for.
        must_renew = now - self._renewed_at > LEASE / 3
        if not (outcomes or must_renew) and (room <= 0 or self._is_exhausted):
            return 0, []
        with self._worker._database.write() as connection:
            store.record(connection, results)
            store.release(connection, untried)
            if must_renew:
                store.renew(connection, self._worker._name, now + LEASE)
            if not store.is_sending(connection, self._job.issue_id):
                self._is_exhausted = True  # paused or cancelled meanwhile: what no connection has goes back
                self._claimed.clear()
            if room > 0 and not self._claimed and not self._is_exhausted:
                self._claim(connection, now)
            handed = self._hand(connection, min(room, len(self._claimed)), now)
        if must_renew:
            self._renewed_at = now
        for delivery_id, _ in outcomes:
            self._tries.pop(delivery_id, None)
        self._tries.update((claimed.id, claimed) for claimed, _ in handed)
        return len(results), [envelope for _, envelope in handed]

    def _claim(self, connection: Connection, now: datetime) -> None:
        """Take the next group; whoever left since it was planned is skipped, with the reason."""
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

    def _hand(self, connection: Connection, count: int, now: datetime) -> list[tuple[Claimed, Envelope]]:
        handed: list[tuple[Claimed, Envelope]] = []
        broken: list[Result] = []
        while self._claimed and len(handed) < count:
            claimed = self._claimed.popleft()
            if claimed.is_first_try:
                claimed = replace(claimed, date=now)
            try:
                message = self._job.build(claimed)
            except (NewsletterError, UnicodeError) as error:
                words = f"no message could be built: {error}"
                broken.append(Result(claimed.id, DeliveryStatus.FAILED, now, claimed.attempts, reason=words))
                continue
            handed.append((claimed, Envelope(claimed.id, self._job.sender, self._job.recipient(claimed), message)))
        store.record(connection, broken)
        ours = store.hand(connection, [claimed for claimed, _ in handed], self._worker._name, now)
        return [each for each in handed if each[0].id in ours]

    def _close(self) -> None:
        """Write down what is left, and give back what no connection had. Raises DatabaseError when that cannot be."""
        for tries_left in reversed(range(LAST_TRIES)):
            try:
                done = self._write_rest()
            except DatabaseError as error:
                if not tries_left:
                    words = "what a connection had, and could not be written down, will be in doubt; nobody is lost"
                    raise DatabaseError(f"{error}; {words}") from error
            else:
                self._worker._progress(done)
                return

    def _write_rest(self) -> int:
        """How many outcomes that were."""
        results, untried = self._results(self._outcomes, self._clock())
        unused = [envelope.key for envelope in self._ready]
        with self._worker._database.write() as connection:
            store.record(connection, results)
            store.release(connection, [*untried, *unused])
            store.release_unhanded(connection, self._job.issue_id, self._worker._name)
        return len(results)

    # -- outcomes in our words

    def _results(self, outcomes: Sequence[tuple[int, Outcome]], now: datetime) -> tuple[list[Result], list[int]]:
        """The results to record, and the ids of those that never left."""
        untried = [key for key, outcome in outcomes if isinstance(outcome, NotTried)]
        results = [self._result(key, outcome, now) for key, outcome in outcomes if not isinstance(outcome, NotTried)]
        return results, untried

    def _result(self, key: int, outcome: Sent | DeliveryError, now: datetime) -> Result:
        claimed = self._tries[key]
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
