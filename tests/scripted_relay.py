"""An SMTP server on loopback that does what a test tells it: answers, refuses, defers, cuts, falls silent.

    with ScriptedRelay(refuse={"dan@example.org"}, defer={"ben@example.org": 1}) as relay:
        send_to(relay.port)
    assert relay.messages[0].recipient == "ada@example.org"

It shares no code with what it tests: blocking sockets, one thread per connection.
"""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"  # trust it to trust the relay, under the name localhost only
LOCALHOST = CERTIFICATES / "localhost.pem"

PATIENCE = 30.0  # seconds; a test that hangs should end with a word

CUT = "CUT"  # close the connection instead of answering
SILENCE = "SILENCE"  # read on and never answer again
CUT_IN_BODY = "CUT IN BODY"  # at the step "data": say 354, read a little of the message, close

STEPS = ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot", "rset", "quit")


@dataclass(frozen=True)
class Message:
    """One accepted message."""

    sender: str
    recipient: str
    data: bytes  # dots unstuffed
    connection: int  # the number of the connection it came on, from 1


class ScriptedRelay:
    """A relay in threads of its own, from `with` to the end of it.

    `answers` maps a step (see STEPS) to what is said there, once per visit and over all connections: a whole
    reply (`"451 later"`; line feeds part its lines), CUT, SILENCE, CUT_IN_BODY, or None for the usual
    answer. When they are used up, the usual answer is given; a plain string is given for ever.
    """

    def __init__(
        self,
        *,
        answers: Mapping[str, str | Iterable[str | None]] | None = None,
        refuse: Collection[str] = (),
        defer: Mapping[str, int] | None = None,
        pipelining: bool = True,
        offers: Collection[str] = ("8BITMIME", "SMTPUTF8", "SIZE 10000000"),
        login: tuple[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN",
        security: str = "none",
        messages_per_connection: int | None = None,
        after_starttls: bytes = b"",
    ) -> None:
        """`refuse` gets 550 at RCPT, `defer` 451 so many times; after `messages_per_connection` comes 421."""
        assert set(answers or {}) <= set(STEPS)
        self._always = {step: said for step, said in (answers or {}).items() if isinstance(said, str)}
        self._once = {step: deque(said) for step, said in (answers or {}).items() if not isinstance(said, str)}
        self._refuse = frozenset(refuse)
        self._defer = dict(defer or {})
        self.pipelining = pipelining
        self.offers = tuple(offers)
        self.login = login
        self.mechanisms = mechanisms
        self.security = security
        self.messages_per_connection = messages_per_connection
        self.after_starttls = after_starttls
        self.messages: list[Message] = []
        self.commands: list[str] = []  # every command line, in the order they came, over all connections
        self.visits: dict[str, int] = defaultdict(int)  # how often each step was reached
        self.connections = 0
        self.turns = 0  # how often we had to wait for the client after having spoken
        self.reached = {step: threading.Event() for step in STEPS}  # set on the first visit
        self.lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Refuse connections from now on and cut those that are open."""
        _shut(self._listening)
        while self._threads:
            with self.lock:
                for connection in self._open:
                    _shut(connection)
            self._threads.pop().join()

    @property
    def recipients(self) -> list[str]:
        return [message.recipient for message in self.messages]

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        thread.start()  # before anybody may join it
        self._threads.append(thread)

    def _accept(self) -> None:
        with self._listening:
            while True:
                try:
                    connection, _ = self._listening.accept()
                except OSError:
                    return
                connection.settimeout(PATIENCE)
                with self.lock:
                    self.connections += 1
                    number = self.connections
                    self._open.append(connection)
                self._start(_Session(self, connection, number).run)

    def visit(self, step: str, usual: str) -> str:
        with self.lock:
            self.visits[step] += 1
            script = self._once.get(step)
            said = self._always.get(step) or (script.popleft() if script else None)
        self.reached[step].set()
        return said or usual

    def judge(self, recipient: str) -> str:
        with self.lock:
            if recipient in self._refuse:
                return "550 5.1.1 No such reader"
            if self._defer.get(recipient, 0) > 0:
                self._defer[recipient] -= 1
                return "451 4.7.1 Not now"
        return "250 2.1.5 Ok"

    def keep(self, message: Message) -> None:
        with self.lock:
            self.messages.append(message)


class _Over(Exception):
    """The connection has ended, by them or by us."""


class _Session:
    def __init__(self, relay: ScriptedRelay, connection: socket.socket, number: int) -> None:
        self.relay = relay
        self.connection = connection
        self.number = number
        self.buffer = b""
        self.replies = b""
        self.has_spoken = False
        self.is_encrypted = relay.security == "tls"
        self.sender: str | None = None
        self.recipient: str | None = None
        self.is_counting = False
        self.accepted = 0

    def run(self) -> None:
        try:
            if self.is_encrypted:
                self._encrypt()
            self._answer("greeting", "220 localhost ESMTP scripted")
            while True:
                self._command(self._line())
        except (_Over, OSError):
            pass
        finally:
            with self.relay.lock:
                if self.connection in self.relay._open:
                    self.relay._open.remove(self.connection)
            _shut(self.connection)
            self.connection.close()

    def _command(self, line: str) -> None:
        with self.relay.lock:
            self.relay.commands.append(line)
        verb, _, argument = line.partition(" ")
        handler = getattr(self, f"_hear_{verb.lower()}", None)
        if handler is None:
            self._say("502 5.5.1 What?")
        else:
            handler(argument)

    # -- commands

    def _hear_ehlo(self, argument: str) -> None:
        offers = ["localhost", *self.relay.offers]
        offers += ["PIPELINING"] if self.relay.pipelining else []
        offers += ["STARTTLS"] if self.relay.security == "starttls" and not self.is_encrypted else []
        offers += [f"AUTH {self.relay.mechanisms}"] if self.relay.login else []
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        self._answer("ehlo", "\n".join(lines))

    def _hear_starttls(self, argument: str) -> None:
        if self._answer("starttls", "220 2.0.0 Go ahead"):
            self.replies += self.relay.after_starttls
            self._flush()
            self._encrypt()

    def _hear_auth(self, argument: str) -> None:
        mechanism, _, token = argument.partition(" ")
        if mechanism == "PLAIN":
            _, username, password = base64.b64decode(token).decode().split("\0")
        else:
            self._say("334 VXNlcm5hbWU6")
            username = base64.b64decode(self._line()).decode()
            self._say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self._line()).decode()
        is_known = (username, password) == self.relay.login
        self._answer("auth", "235 2.7.0 Welcome" if is_known else "535 5.7.8 Who are you?")

    def _hear_mail(self, argument: str) -> None:
        self.is_counting = True
        if self.accepted == self.relay.messages_per_connection:
            self._say("421 4.7.0 Enough on this connection")
            raise _Over
        if self.relay.login and "AUTH" not in " ".join(self.relay.commands):
            self._say("530 5.7.0 Log in first")
        elif self._answer("mail", "250 2.1.0 Ok"):
            self.sender = argument.partition("<")[2].partition(">")[0]

    def _hear_rcpt(self, argument: str) -> None:
        recipient = argument.partition("<")[2].partition(">")[0]
        usual = self.relay.judge(recipient) if self.sender is not None else "503 5.5.1 MAIL first"
        if self._answer("rcpt", usual):
            self.recipient = recipient

    def _hear_data(self, argument: str) -> None:
        usual = "354 Go ahead" if self.recipient is not None else "503 5.5.1 RCPT first"
        said = self.relay.visit("data", usual)
        if said == CUT_IN_BODY:
            self._say("354 Go ahead")
            self._line()
            raise _Over
        self._perform(said)
        if said.startswith("354"):
            self._hear_message()

    def _hear_message(self) -> None:
        self.buffer = b"\r\n" + self.buffer
        while (end := self.buffer.find(b"\r\n.\r\n")) < 0:
            self._receive()
        stuffed, self.buffer = self.buffer[: end + 2], self.buffer[end + 5 :]
        data = stuffed.replace(b"\r\n.", b"\r\n")[2:]
        sender, recipient = self.sender, self.recipient
        self.sender = self.recipient = None
        said = self.relay.visit("dot", "250 2.0.0 Taken")
        # Kept before it is answered for, as a real relay does: a cut after it makes a message that arrived in
        # doubt.
        if sender is not None and recipient is not None and (said.startswith("2") or said == CUT):
            self.accepted += 1
            self.relay.keep(Message(sender, recipient, data, self.number))
        self._perform(said)

    def _hear_rset(self, argument: str) -> None:
        self.sender = self.recipient = None
        self._answer("rset", "250 2.0.0 Ok")

    def _hear_quit(self, argument: str) -> None:
        self.is_counting = False
        self._answer("quit", "221 2.0.0 Bye")
        self._flush()
        raise _Over

    # -- the wire

    def _answer(self, step: str, usual: str) -> bool:
        """Whether it was said, and is a yes."""
        said = self.relay.visit(step, usual)
        self._perform(said)
        return said.startswith("2")

    def _perform(self, said: str) -> None:
        if said == CUT:
            self._flush()
            raise _Over
        if said == SILENCE:
            while True:
                self._receive()
        self._say(said)
        if said.startswith("421"):
            raise _Over

    def _say(self, reply: str) -> None:
        """Answers to a group of commands leave together, as those of real relays do."""
        self.replies += reply.replace("\n", "\r\n").encode() + b"\r\n"
        if reply.startswith("421"):
            self._flush()

    def _flush(self) -> None:
        if self.replies:
            self.connection.sendall(self.replies)
            self.replies = b""
            self.has_spoken = True

    def _line(self) -> str:
        while b"\r\n" not in self.buffer:
            self._receive()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("utf-8", "replace")

    def _receive(self) -> None:
        self._flush()
        data = self.connection.recv(1 << 18)
        if not data:
            raise _Over
        if self.has_spoken and self.is_counting:
            with self.relay.lock:
                self.relay.turns += 1
        self.has_spoken = False
        self.buffer += data

    def _encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(LOCALHOST)
        plain = self.connection
        encrypted = context.wrap_socket(plain, server_side=True)
        with self.relay.lock:
            self.relay._open.remove(plain)
            self.relay._open.append(encrypted)
        self.connection = encrypted
        self.is_encrypted = True


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was faster
