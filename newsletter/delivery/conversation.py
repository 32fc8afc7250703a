"""The SMTP client as a protocol: a relay's bytes in; bytes to say, and facts about each envelope, out.

No sockets, no clock. The shell hands in what it read (`receive`), gives envelopes while there is room
(`has_room`, `send`), and writes what it is handed (`data_to_send`). With PIPELINING (RFC 2920) one write
holds the body and final dot of one message and MAIL, RCPT and DATA of the next: one round trip a message, and
never more than one message in doubt, because the next body waits for the 354 that comes after this one's
reply.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from newsletter.delivery.envelope import (
    Envelope,
    InvalidPath,
    Returned,
    Sent,
    Settled,
    stuff_dots,
    write_path,
)
from newsletter.delivery.login import Login
from newsletter.delivery.relay_settings import RelaySettings
from newsletter.delivery.replies import Nonsense, Phase, ReplyReader, classify
from newsletter.errors import (
    DeliveryError,
    InDoubt,
    PermanentFailure,
    RelayRefusal,
    Reply,
    TransientFailure,
)


@dataclass(frozen=True, slots=True)
class TlsWanted:
    """The relay awaits a TLS handshake: make it, then say `tls_started`."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more can be said on this connection. `reason` is None after a QUIT of ours."""

    reason: DeliveryError | None


Event: TypeAlias = Settled | Returned | TlsWanted | Ended


class _Exchange:
    """One envelope's way through the conversation."""

    __slots__ = ("dot_end", "envelope", "is_settled", "mail", "rcpt")

    def __init__(self, envelope: Envelope, mail: bytes, rcpt: bytes) -> None:
        self.envelope = envelope
        self.mail = mail
        self.rcpt = rcpt
        self.is_settled = False  # its outcome was told; what still comes back for it says nothing new
        self.dot_end: int | None = None  # where, in all we said, its final dot ends


_Command: TypeAlias = tuple[bytes, Phase, _Exchange | None]


class Conversation:
    """One connection's talk with a relay, from the greeting to the end."""

    def __init__(self, settings: RelaySettings, helo_name: str) -> None:
        """`security = "tls"` says that the shell has made the handshake before the first byte."""
        self._settings = settings
        self._helo_name = helo_name
        self._is_encrypted = settings.security == "tls"
        self._is_pipelining = False
        self._offers: dict[str, str] = {}
        self._login = Login(settings.username, settings.password)
        self._reader = ReplyReader()
        self._rest = Phase.GREETING  # where we stand when no reply is awaited
        self._awaited: deque[tuple[Phase, _Exchange | None]] = deque([(Phase.GREETING, None)])
        self._commands: list[_Command] = []  # not yet handed out
        self._exchanges: deque[_Exchange] = deque()  # the one in the relay's hands, then the one being opened
        self._body_due: _Exchange | None = None  # the relay said 354
        self._needs_reset = False
        self._octets_out = 0
        self._events: list[Event] = []
        self.replies = 0  # heard so far

    @property
    def phase(self) -> Phase:
        """What the next reply answers; without one awaited, where the conversation rests."""
        if self._awaited:
            return self._awaited[0][0]
        if self._body_due is not None:
            return Phase.BODY
        return self._commands[0][1] if self._commands else self._rest

    @property
    def is_idle(self) -> bool:
        """Whether the relay awaits MAIL or QUIT, and we await nothing."""
        return self._rest is Phase.READY and not (self._awaited or self._commands or self._exchanges)

    @property
    def has_room(self) -> bool:
        """Whether an envelope may be given: it is asked for only when its turn is next."""
        if self._rest is not Phase.READY or self._commands:
            return False
        if not self._exchanges:
            return not self._awaited
        return self._is_pipelining and self._body_due is not None

    @property
    def due(self) -> Envelope | None:
        """The envelope whose message the next write holds: from then on it can be in doubt."""
        exchange = self._body_due
        return None if exchange is None or exchange.is_settled else exchange.envelope

    # -- what the shell does

    def receive(self, data: bytes) -> list[Event]:
        """What the relay's bytes brought about, in order. Never raises."""
        if self._rest is Phase.HANDSHAKE:
            self._end(RelayRefusal("the relay sent plain text where the TLS handshake was due"))
        self._reader.feed(data)
        try:
            while self._rest is not Phase.OVER and (reply := self._reader.next_reply()) is not None:
                self._hear(reply)
        except (Nonsense, RelayRefusal) as error:
            self._end(error)
        return self._take_events()

    def send(self, envelope: Envelope) -> list[Event]:
        """Give the next envelope. One that this relay cannot take is settled without a word on the wire."""
        if not self.has_room:
            raise RuntimeError("an envelope was given before there was room for it")
        try:
            self._open(envelope)
        except RelayRefusal as error:
            self._events.append(Returned(envelope, error))
            self._end(error)
        except PermanentFailure as error:
            self._events.append(Settled(envelope, error))
        return self._take_events()

    def quit(self) -> None:
        """Say good-bye; only while idle."""
        if not self.is_idle:
            raise RuntimeError("a conversation cannot be quit in its midst")
        self._say(b"QUIT\r\n", Phase.QUIT)

    def tls_started(self) -> None:
        """The handshake is made, the certificate checked: what was offered before is void (RFC 3207 §4.2)."""
        self._is_encrypted = True
        self._rest = Phase.EHLO
        self._say_ehlo()

    def data_to_send(self) -> bytes:
        """What is to be written now, in one write. From here on it counts as said."""
        parts: list[bytes] = []
        exchange, self._body_due = self._body_due, None
        if exchange is not None:
            # 354 for an envelope that had failed: an empty body is the only way out (RFC 2920 §3.1).
            body = b"" if exchange.is_settled else _as_transmitted(exchange.envelope)
            parts += body, b".\r\n"
            exchange.dot_end = self._octets_out + len(body) + 3
            self._awaited.append((Phase.FINAL_DOT, exchange))
        for words, phase, owner in self._commands:
            parts.append(words)
            self._awaited.append((phase, owner))
        self._commands.clear()
        data = b"".join(parts)
        self._octets_out += len(data)
        return data

    def connection_lost(self, words: str, unsent: int = 0) -> list[Event]:
        """The connection is gone, or was cut by us, and `words` say how; what that means for each envelope.

        `unsent` is how many of the last octets handed out are known never to have left this machine.
        """
        quitting = bool(self._awaited) and self._awaited[0][0] is Phase.QUIT
        self._end(None if quitting else TransientFailure(words), unsent)
        return self._take_events()

    # -- hearing

    def _hear(self, reply: Reply) -> None:
        self.replies += 1
        phase, exchange = self._awaited.popleft() if self._awaited else (Phase.READY, None)
        if phase is Phase.AUTH:
            reply = self._login.without_secrets(reply)
        failure = classify(phase, reply)
        if exchange is None:
            self._go_on(phase, reply, failure)
        elif phase is Phase.FINAL_DOT:
            self._close(exchange, reply, failure)
        elif failure is not None and (reply.code == 421 or isinstance(failure, RelayRefusal)):
            self._end(failure)
        else:
            self._advance(phase, exchange, failure)

    def _go_on(self, phase: Phase, reply: Reply, failure: DeliveryError | None) -> None:
        """A reply that is about the connection and not about an envelope."""
        if phase is Phase.QUIT:
            self._end(None)
        elif failure is not None:
            self._end(failure)
        elif phase is Phase.GREETING:
            self._say_ehlo()
        elif phase is Phase.EHLO:
            self._read_offers()
            self._prepare()
        elif phase is Phase.STARTTLS:
            self._await_handshake()
        elif phase is Phase.AUTH:
            self._continue_login(reply)

    def _advance(self, phase: Phase, exchange: _Exchange, failure: DeliveryError | None) -> None:
        """A reply to MAIL, RCPT or DATA."""
        if failure is not None and not exchange.is_settled:
            self._settle(exchange, failure)
        if phase is Phase.DATA and failure is None:
            self._body_due = exchange
        elif phase is Phase.DATA or (failure is not None and not self._is_pipelining):
            self._abandon()
        elif not self._is_pipelining:
            self._say_next(phase, exchange)

    def _close(self, exchange: _Exchange, reply: Reply, failure: DeliveryError | None) -> None:
        """The reply to a final dot: the last word on that envelope, unless it had failed before."""
        self._exchanges.popleft()
        if not exchange.is_settled:
            self._settle(exchange, failure or Sent(reply))
        if reply.code == 421:
            self._end(failure)

    def _abandon(self) -> None:
        """The envelope never came to its body: the relay has to forget it before the next."""
        self._exchanges.popleft()
        if self._is_pipelining:
            self._needs_reset = True  # RSET leads the next group and costs no round trip
        else:
            self._say(b"RSET\r\n", Phase.RSET)

    def _settle(self, exchange: _Exchange, outcome: Sent | DeliveryError) -> None:
        assert isinstance(outcome, Sent | TransientFailure | PermanentFailure | InDoubt)
        exchange.is_settled = True
        self._events.append(Settled(exchange.envelope, outcome))

    def _end(self, reason: DeliveryError | None, unsent: int = 0) -> None:
        if self._rest is Phase.OVER:
            return
        self._rest = Phase.OVER
        for exchange in self._exchanges:
            if not exchange.is_settled:
                self._lose(exchange, reason, self._octets_out - unsent)
        self._exchanges.clear()
        self._awaited.clear()
        self._commands.clear()
        self._body_due = None
        self._events.append(Ended(reason))

    def _lose(self, exchange: _Exchange, reason: DeliveryError | None, left: int) -> None:
        """Where the envelope stood when the connection ended. `left` counts the octets that did leave."""
        words = str(reason)
        if exchange.dot_end is None or exchange.dot_end > left:
            self._events.append(Returned(exchange.envelope, reason or TransientFailure(words)))
        else:
            self._settle(exchange, InDoubt(f"the message had left, its reply never came: {words}"))

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # -- saying

    def _say(self, words: bytes, phase: Phase, exchange: _Exchange | None = None) -> None:
        self._commands.append((words, phase, exchange))

    def _say_ehlo(self) -> None:
        self._say(f"EHLO {self._helo_name}\r\n".encode("ascii"), Phase.EHLO)

    def _say_next(self, phase: Phase, exchange: _Exchange) -> None:
        if phase is Phase.MAIL:
            self._say(exchange.rcpt, Phase.RCPT, exchange)
        else:
            self._say(b"DATA\r\n", Phase.DATA, exchange)

    def _open(self, envelope: Envelope) -> None:
        exchange = _Exchange(envelope, *self._write_commands(envelope))
        self._exchanges.append(exchange)
        if self._needs_reset:
            self._needs_reset = False
            self._say(b"RSET\r\n", Phase.RSET)
        self._say(exchange.mail, Phase.MAIL, exchange)
        if self._is_pipelining:
            self._say_next(Phase.MAIL, exchange)
            self._say_next(Phase.RCPT, exchange)

    def _write_commands(self, envelope: Envelope) -> tuple[bytes, bytes]:
        """MAIL and RCPT. Raises RelayRefusal for a bad return path, PermanentFailure for a bad reader."""
        sender, sender_is_international = self._write_sender(envelope.sender)
        try:
            recipient, is_international = write_path(envelope.recipient)
        except InvalidPath as error:
            raise PermanentFailure(f"the reader's address cannot be used: {error}") from None
        if is_international and "SMTPUTF8" not in self._offers:
            raise PermanentFailure("the reader's address needs SMTPUTF8, which the relay does not offer")
        self._check_size(envelope.message)
        parameters = self._body_parameter(envelope.message, is_international or sender_is_international)
        return f"MAIL FROM:<{sender}>{parameters}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode()

    def _write_sender(self, sender: str) -> tuple[str, bool]:
        if not sender:
            return "", False
        try:
            path, is_international = write_path(sender)
        except InvalidPath as error:
            raise RelayRefusal(f"the return path cannot be used: {error}") from None
        if is_international and "SMTPUTF8" not in self._offers:
            raise RelayRefusal("the return path needs SMTPUTF8, which the relay does not offer")
        return path, is_international

    def _check_size(self, message: bytes) -> None:
        limit = self._offers.get("SIZE", "")
        # SIZE without a number, or 0, names no limit (RFC 1870 §3).
        if limit.isdecimal() and 0 < int(limit) < len(message):
            raise PermanentFailure(f"the message has {len(message)} octets, the relay takes {int(limit)}")

    def _body_parameter(self, message: bytes, is_international: bool) -> str:
        if message.isascii() and not is_international:
            return ""
        if "8BITMIME" not in self._offers:
            raise PermanentFailure("the message holds 8-bit characters, which the relay does not take")
        return " BODY=8BITMIME SMTPUTF8" if is_international else " BODY=8BITMIME"

    # -- EHLO, STARTTLS, AUTH

    def _read_offers(self) -> None:
        words = (line.decode("ascii", "replace").strip().upper() for line in self._reader.lines[1:])
        self._offers = {}
        for line in words:
            keyword, _, parameters = line.replace("=", " ", 1).partition(" ")
            # Some relays offer AUTH twice, the second time as "AUTH=" for clients of the last century.
            self._offers[keyword] = f"{self._offers.get(keyword, '')} {parameters}".strip()

    def _prepare(self) -> None:
        """What is left to do between EHLO and the first envelope; never less than the settings ask."""
        if self._settings.security == "starttls" and not self._is_encrypted:
            if "STARTTLS" not in self._offers:
                raise RelayRefusal("the relay does not offer STARTTLS, and nothing is sent without it")
            self._say(b"STARTTLS\r\n", Phase.STARTTLS)
        elif self._settings.username and not self._login.is_done:
            self._log_in()
        else:
            self._is_pipelining = self._settings.pipelining == "auto" and "PIPELINING" in self._offers
            self._rest = Phase.READY

    def _await_handshake(self) -> None:
        if self._reader.has_rest:
            # Plain text behind the 220 would be read as if it had come encrypted (CVE-2011-0411).
            raise RelayRefusal("the relay, or somebody between, sent plain text after STARTTLS")
        self._rest = Phase.HANDSHAKE
        self._events.append(TlsWanted())

    def _log_in(self) -> None:
        if not self._is_encrypted and not self._settings.is_loopback:
            raise RelayRefusal("the password is not sent to another machine without TLS")
        self._login.begin(self._offers.get("AUTH", "").split())
        self._say(self._login.next_words(), Phase.AUTH)

    def _continue_login(self, reply: Reply) -> None:
        if reply.code // 100 == 2:
            self._login.is_done = True
            self._prepare()
        else:
            self._say(self._login.next_words(), Phase.AUTH)


def _as_transmitted(envelope: Envelope) -> bytes:
    return envelope.message if envelope.is_dot_free else stuff_dots(envelope.message)
