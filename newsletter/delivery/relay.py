"""Envelopes into a relay's hands: the asyncio shell around conversations, and the connections it keeps.

    hand_over → _HandOver        who is next, who comes again, when to end
                └── _keep_link   one task per connection slot: connect, converse, connect again
                    └── _Connection, an asyncio.Protocol: sockets and clocks outside, a Conversation within

Nothing is created per message but the envelope: replies are read, recorded and answered in `data_received`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, cast

from newsletter.delivery.conversation import Conversation, Ended, Event
from newsletter.delivery.envelope import Envelope, NotTried, Outcome, Returned, Sent, Settled
from newsletter.delivery.relay_settings import RelaySettings
from newsletter.delivery.replies import Phase
from newsletter.errors import ConfigError, DeliveryError, RelayRefusal, TransientFailure

__all__ = ["Envelope", "NotTried", "Outcome", "RelaySettings", "Sent", "Wait", "hand_over"]

# Seconds, after each connection in a row that brought nothing; then give up.
RECONNECT_PAUSES = (0.1, 0.4, 1.0)
MOST_CONNECTIONS_LOST = 3  # by one envelope, before it counts as that envelope's failed try
STOP_PATIENCE = 10.0  # seconds, for the messages in flight when we are asked to stop
QUIT_PATIENCE = 5.0  # seconds; everything has been said by then
# Octets. More than a group of RSET, MAIL, RCPT and DATA can hold: while more than this waits in our own
# buffer, the final dot before the group waits there too.
UNSENT_MARK = 4096


# Nobody's message is in flight there.
OPENING = frozenset({Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.HANDSHAKE, Phase.AUTH})


@dataclass(frozen=True, slots=True)
class Wait:
    """No envelope now; ask again after `seconds`."""

    seconds: float


NextEnvelope: TypeAlias = Callable[[], "Envelope | Wait | None"]
Record: TypeAlias = Callable[[Envelope, Outcome], None]
Answer: TypeAlias = Callable[[bool], None]
MayLeave: TypeAlias = Callable[[Envelope, Answer], None]


async def hand_over(
    settings: RelaySettings,
    next_envelope: NextEnvelope,
    record: Record,
    stop: asyncio.Event,
    may_leave: MayLeave = lambda _, answer: answer(True),
) -> None:
    """Hand over what `next_envelope` gives until it gives None, on up to `settings.connections` connections.

    The callables are called inside the loop and should be quick. `next_envelope` is asked one message ahead
    at most per connection. `may_leave` is asked where the relay awaits the message, and answers at once or
    later: nothing of the message leaves before it answered True, nothing at all after False. `record` is told
    every envelope's outcome exactly once, Sent and its like as soon as the reply is read; NotTried means: put
    it back as it was. After `stop` is set all connections finish what is in flight and end; when this is
    cancelled they end at once. Either way every envelope given has its outcome.

    Raises RelayRefusal when the relay refuses us, TransientFailure when no connection can be had, ConfigError
    for a `ca_file` that cannot be read, and whatever the callables raise.
    """
    await _HandOver(settings, next_envelope, record, may_leave).run(stop)


class _HandOver:
    def __init__(
        self, settings: RelaySettings, next_envelope: NextEnvelope, record: Record, may_leave: MayLeave
    ) -> None:
        self.settings = settings
        self.tls = None if settings.security == "none" else _trust(settings.ca_file)
        self._next_envelope = next_envelope
        self._record = record
        self._may_leave = may_leave
        self._called_back: set[int] = set()  # envelopes that must not leave
        self._again: deque[Envelope] = deque()  # before anything new
        self._connections_lost: dict[int, int] = {}  # by envelope
        self._is_exhausted = False
        self._finishing = asyncio.Event()
        self._open: set[_Connection] = set()
        self._error: Exception | None = None  # the first that ends everything
        self._trouble: DeliveryError | None = None  # why the last link gave up

    async def run(self, stop: asyncio.Event) -> None:
        links = [asyncio.ensure_future(self._keep_link()) for _ in range(self.settings.connections)]
        watcher = asyncio.ensure_future(self._watch(stop))
        try:
            await asyncio.gather(*links)
        finally:
            for task in (watcher, *links):
                task.cancel()
            await asyncio.gather(watcher, *links, return_exceptions=True)
            is_done = self._is_exhausted and not self._again
            self._put_back_rest()
        if self._error is not None:
            raise self._error
        # A link that gave up is no harm as long as another one came to the end.
        if self._trouble is not None and not is_done and not stop.is_set():
            raise self._trouble

    async def _watch(self, stop: asyncio.Event) -> None:
        """End what `stop`, a refusal or an error of ours has ended; patience has an end, too."""
        stopped = asyncio.ensure_future(stop.wait())
        finishing = asyncio.ensure_future(self._finishing.wait())
        try:
            await asyncio.wait((stopped, finishing), return_when=asyncio.FIRST_COMPLETED)
            self.finish()
            await asyncio.sleep(STOP_PATIENCE)
            self._cut_all("the relay was not done when we had to stop")
        finally:
            stopped.cancel()
            finishing.cancel()

    # -- what a connection asks

    def next(self) -> Envelope | Wait | None:
        if self.is_finishing:
            return None
        if self._again:
            return self._again.popleft()
        if self._is_exhausted:
            return None
        try:
            envelope = self._next_envelope()
        except Exception as error:
            self.fail(error)
            return None
        self._is_exhausted = envelope is None
        return envelope

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self._connections_lost.pop(envelope.key, None)
        try:
            self._record(envelope, outcome)
        except Exception as error:
            self.fail(error)

    def ask(self, envelope: Envelope, answer: Answer) -> None:
        try:
            self._may_leave(envelope, answer)
        except Exception as error:
            self.fail(error)

    def call_back(self, envelope: Envelope) -> None:
        self._called_back.add(envelope.key)

    def give_back(self, envelope: Envelope, reason: DeliveryError) -> None:
        """The envelope's connection ended before its message left."""
        if envelope.key in self._called_back:
            self.record(envelope, NotTried("it was called back"))
            return
        lost = self._connections_lost.get(envelope.key, 0)
        if reason.reply is None and not self.is_finishing:
            lost += 1  # the relay said nothing about ending: perhaps this very envelope breaks it
        if lost == MOST_CONNECTIONS_LOST:
            words = f"{lost} connections ended before the message had left: {reason}"
            self.record(envelope, TransientFailure(words))
        else:
            self._connections_lost[envelope.key] = lost
            self.put_back(envelope)

    def put_back(self, envelope: Envelope) -> None:
        self._again.append(envelope)

    def fail(self, error: Exception) -> None:
        """Something of ours is broken: nothing that is not sent yet may be sent now."""
        self._error = self._error or error
        self.finish()
        self._cut_all("sending was broken off")

    # -- links

    async def _keep_link(self) -> None:
        """One connection after another until there is nothing to send, or no connection can be had."""
        fruitless = 0
        while (envelope := await self._first_envelope()) is not None:
            connection = _Connection(self, envelope)
            self._open.add(connection)
            reason = await connection.run()
            self._open.discard(connection)
            if isinstance(reason, RelayRefusal):
                self._error = self._error or reason
                self.finish()
            elif reason is not None and not connection.has_answers:
                self._trouble = reason
                if fruitless == len(RECONNECT_PAUSES):
                    return
                await self._pause(RECONNECT_PAUSES[fruitless])
                fruitless += 1
            else:
                fruitless = 0

    async def _first_envelope(self) -> Envelope | None:
        """A connection is opened only for an envelope that is there."""
        while isinstance(envelope := self.next(), Wait):
            await self._pause(envelope.seconds)
        return envelope

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._finishing.wait(), seconds)

    @property
    def is_finishing(self) -> bool:
        return self._finishing.is_set()

    def finish(self) -> None:
        """Begin nothing new; let what is in flight end."""
        self._finishing.set()
        for connection in tuple(self._open):
            connection.look_again()

    def _cut_all(self, words: str) -> None:
        for connection in tuple(self._open):
            connection.cut(words)

    def _put_back_rest(self) -> None:
        reason = str(self._error or self._trouble or "sending was stopped before its turn")
        while self._again:
            self.record(self._again.popleft(), NotTried(reason))


def _trust(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ValueError) as error:
            raise ConfigError("smtp.ca_file", f"{ca_file} cannot be used: {error}") from None
    return context


class _Connection(asyncio.Protocol):
    """One connection, from connecting to closed."""

    def __init__(self, pool: _HandOver, first: Envelope) -> None:
        self._pool = pool
        self._settings = pool.settings
        self._first: Envelope | None = first
        self._loop = asyncio.get_running_loop()
        self._connecting: asyncio.Timeout | None = None
        self._transport: asyncio.Transport | None = None
        self._conversation: Conversation | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        self._since = 0.0  # the loop's clock, when one of us last said something whole
        self._replies = 0
        self._unsent = 0
        self._turn = asyncio.Event()  # TLS is wanted, or all is over
        self._closed = asyncio.Event()
        self._reason: DeliveryError | None = None
        self._asked: Envelope | None = None  # whether it may leave
        self._cleared: Envelope | None = None  # it may
        self.has_answers = False  # about any envelope

    async def run(self) -> DeliveryError | None:
        """Why the connection ended, None when we said good-bye; all its envelopes have been dealt with."""
        try:
            await self._connect()
            await self._turn.wait()
            if self._conversation is not None and self._conversation.phase is Phase.HANDSHAKE:
                await self._start_tls(self._conversation)
            await self._closed.wait()
        except (OSError, UnicodeError) as error:  # a host that IDNA cannot write is a UnicodeError
            self._reason = _reason_for(error, self._settings)
            if self._pool.is_finishing:
                self._reason = TransientFailure("sending was stopped before there was a connection")
        except asyncio.CancelledError:
            self._pool.finish()
            raise
        finally:
            self.cut("sending was stopped")
            self._stop_clocks()
            if self._first is not None:
                self._pool.put_back(self._first)
        return self._reason

    async def _connect(self) -> None:
        settings = self._settings
        tls = self._pool.tls if settings.security == "tls" else None
        try:
            async with asyncio.timeout(settings.timeout) as self._connecting:
                await self._loop.create_connection(lambda: self, settings.host, settings.port, ssl=tls)
        finally:
            self._connecting = None

    async def _start_tls(self, conversation: Conversation) -> None:
        assert self._transport is not None and self._pool.tls is not None
        async with asyncio.timeout(self._settings.timeout):
            transport = await self._loop.start_tls(
                self._transport, self, self._pool.tls, server_hostname=self._settings.host
            )
        if transport is None:  # closed by us in the midst of it
            raise ConnectionAbortedError("the connection was closed during the TLS handshake")
        self._use(transport)
        conversation.tls_started()
        self._go_on(conversation)

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._use(cast(asyncio.Transport, transport))
        own_address = transport.get_extra_info("sockname")[0]
        self._conversation = Conversation(self._settings, self._settings.helo_name or _literal(own_address))
        self._since = self._loop.time()
        self._watch_clock()

    def _use(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=UNSENT_MARK, low=UNSENT_MARK)

    def data_received(self, data: bytes) -> None:
        conversation = self._conversation
        assert conversation is not None
        self._handle(conversation.receive(data))
        if conversation.replies != self._replies:  # a relay that dribbles has not answered
            self._replies = conversation.replies
            self._since = self._loop.time()
        self._go_on(conversation)

    def pause_writing(self) -> None:
        # Half: under TLS the buffer holds ciphertext, which is longer than what it says.
        self._unsent = UNSENT_MARK // 2

    def resume_writing(self) -> None:
        self._unsent = 0
        self._since = self._loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the connection to {self._settings.host} was lost" + (f": {exc}" if exc else ""))
        self._closed.set()

    # -- what the pool calls

    def look_again(self) -> None:
        """There may be something to send now, or nothing any more."""
        if self._conversation is not None:
            if self._pool.is_finishing and self._conversation.phase in OPENING:
                self.cut("sending was stopped before its turn")
            else:
                self._go_on(self._conversation)
        elif self._connecting is not None and self._pool.is_finishing:
            self._connecting.reschedule(self._loop.time())  # nobody's message is in flight there
            self._connecting = None

    def cut(self, words: str) -> None:
        self._lose(words)
        if self._transport is not None:
            self._transport.abort()

    # -- between the conversation and the pool

    def _lose(self, words: str) -> None:
        if self._conversation is not None:
            self._handle(self._conversation.connection_lost(words, self._unsent))

    def _go_on(self, conversation: Conversation) -> None:
        while conversation.has_room and self._offer(conversation):
            pass
        envelope = conversation.due
        if envelope is not None and envelope is not self._cleared:
            self._ask(envelope)
        elif (data := conversation.data_to_send()) and self._transport is not None:
            self._since = self._loop.time()
            self._transport.write(data)

    def _ask(self, envelope: Envelope) -> None:
        """Nothing is said before the answer: after 354 the relay takes every word for the message."""
        if envelope is not self._asked:
            self._asked = envelope
            self._pool.ask(envelope, partial(self._be_told, envelope))

    def _be_told(self, envelope: Envelope, may_leave: bool) -> None:
        if may_leave:
            self._cleared = envelope
            self.look_again()
        else:
            self._pool.call_back(envelope)
            self.has_answers = True  # it is not the relay's fault
            self.cut("the message was called back")  # behind a 354 there is no other way out

    def _offer(self, conversation: Conversation) -> bool:
        """Give the conversation its next envelope, if there is one."""
        envelope = self._next_envelope()
        if isinstance(envelope, Envelope):
            self._handle(conversation.send(envelope))
            return True
        if conversation.is_idle and envelope is None:
            conversation.quit()
            self._watch_clock()
        elif conversation.is_idle and isinstance(envelope, Wait):
            self._look_later(envelope.seconds)
        return False

    def _next_envelope(self) -> Envelope | Wait | None:
        if self._first is None or self._pool.is_finishing:
            return self._pool.next()
        envelope, self._first = self._first, None
        return envelope

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Settled):
                self.has_answers = self.has_answers or event.outcome.reply is not None
                self._pool.record(event.envelope, event.outcome)
            elif isinstance(event, Returned):
                self._pool.give_back(event.envelope, event.reason)
            elif isinstance(event, Ended):
                self._reason = self._reason or event.reason
                self._turn.set()
                self.cut("")
            else:
                self._turn.set()

    # -- clocks

    def _look_later(self, seconds: float) -> None:
        if self._later is not None:
            self._later.cancel()
        self._later = self._loop.call_later(seconds, self.look_again)

    def _watch_clock(self) -> None:
        """One timer per connection, never one per message: it looks, and sets itself again."""
        conversation = self._conversation
        if self._clock is not None:
            self._clock.cancel()
        if conversation is None or conversation.phase is Phase.OVER:
            return
        patience = self._patience(conversation.phase)
        left = self._since + patience - self._loop.time()
        if conversation.phase in (
            Phase.READY,
            Phase.HANDSHAKE,
        ):  # the one is our turn, the other has its own clock
            left = patience
        if left <= 0:
            self.cut(f"{self._settings.host} said nothing for {patience:g} seconds ({conversation.phase})")
        else:
            self._clock = self._loop.call_later(min(left, self._settings.timeout), self._watch_clock)

    def _patience(self, phase: Phase) -> float:
        if phase is Phase.FINAL_DOT:
            return self._settings.final_dot_timeout
        if phase is Phase.QUIT:
            return min(self._settings.timeout, QUIT_PATIENCE)
        return self._settings.timeout

    def _stop_clocks(self) -> None:
        for timer in (self._clock, self._later):
            if timer is not None:
                timer.cancel()


def _literal(address: str) -> str:
    """Our own address as a name for EHLO (RFC 5321 §4.1.3); we need no name in the DNS for it."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _reason_for(error: OSError | UnicodeError, settings: RelaySettings) -> DeliveryError:
    """Why no connection could be had. A relay that cannot prove who it is refuses us: a person must look."""
    place = f"{settings.host}:{settings.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return RelayRefusal(f"the certificate of {place} is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return RelayRefusal(f"there is no TLS with {place}: {error.reason or error}")
    if isinstance(error, TimeoutError):
        return TransientFailure(f"{place} did not answer within {settings.timeout:g} seconds")
    return TransientFailure(f"{place} cannot be reached: {error}")
