"""Mail that reaches a port of this machine into files of a Maildir: the relay for trying things out.

A real SMTP server, so that a send to it is a real send; it passes nothing on and listens on loopback only. A
message is kept exactly as its sender meant it (dots unstuffed, nothing added), and its reader's address
outside it is not kept at all: what is in the file is what the reader would have been handed.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import cast

from newsletter.errors import ConfigError, NewsletterError

LARGEST_MESSAGE = 25 * 1024 * 1024  # octets
LONGEST_LINE = 1_000  # octets, with the CRLF (RFC 5321 §4.5.3.1.6)
LONGEST_COMMAND = 2_048  # octets; RFC 5321 asks for 512 and what the extensions add
MOST_RECIPIENTS = 100  # of one message (RFC 5321 §4.5.3.1.8)
START_PATIENCE = 10.0  # seconds

_END_OF_MESSAGE = b"\r\n.\r\n"
_PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>\s]*)>(?:\s.*)?", re.IGNORECASE)


class Mailbox:
    """`with Mailbox(home / "mailbox") as mailbox:` listens on `mailbox.port` and fills `mailbox/new`."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        """`port` 0 takes a free one. Raises ConfigError for a host that is no loopback address."""
        if not _is_loopback(host):
            raise ConfigError("host", f"{host!r} is no loopback address; a mailbox takes mail of this machine only")
        self.folder = folder
        self.host = host
        self.port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sockets: set[asyncio.Transport] = set()

    def start(self) -> int:
        """Listen, in a thread of its own. Returns the port. Raises NewsletterError when it cannot."""
        try:
            for part in ("tmp", "new", "cur"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
            listening = socket.create_server((self.host, self.port), family=_family(self.host), backlog=128)
        except OSError as error:
            raise NewsletterError(f"the mailbox {self.folder} cannot be opened: {error}") from None
        self.port = listening.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening, ready), name="mailbox", daemon=True)
        self._thread.start()
        ready.wait(START_PATIENCE)
        return self.port

    def stop(self) -> None:
        """End every connection and the thread; what was answered with 250 is in the folder."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> Mailbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        deliver = Maildir(self.folder).deliver
        with asyncio.Runner() as runner:
            self._loop = loop = runner.get_loop()
            server = loop.run_until_complete(
                loop.create_server(lambda: _Session(deliver, self._sockets), sock=listening)
            )
            loop.call_soon(ready.set)
            loop.run_forever()
            server.close()
            for transport in tuple(self._sockets):
                transport.abort()
            loop.run_until_complete(server.wait_closed())


class Maildir:
    """A folder with tmp, new and cur (https://cr.yp.to/proto/maildir.html)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._host = socket.gethostname().replace("/", r"\057").replace(":", r"\072")

    def deliver(self, message: bytes) -> Path:
        """The file under `new`; whole, or not there at all. Raises OSError."""
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        name = f"{seconds}.M{rest // 1000}P{os.getpid()}Q{next(self._numbers)}.{self._host}"
        draft, kept = self._folder / "tmp" / name, self._folder / "new" / name
        try:
            draft.write_bytes(message)
            draft.rename(kept)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        return kept


class _Session(asyncio.Protocol):
    """One client's SMTP session (RFC 5321), pipelined as it likes (RFC 2920)."""

    def __init__(self, deliver: Callable[[bytes], Path], sockets: set[asyncio.Transport]) -> None:
        self._deliver = deliver
        self._sockets = sockets
        self._buffer = b""
        self._searched = 0  # so far no end of message was found before this octet
        self._is_greeted = False
        self._sender: bytes | None = None
        self._recipients = 0
        self._is_in_message = False
        self._is_too_large = False
        self._is_ending = False
        self._replies: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._sockets.add(self._transport)
        self._transport.write(b"220 localhost ESMTP mailbox\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._sockets.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._is_ending and (self._take_message() if self._is_in_message else self._take_command()):
            pass
        self._transport.write(b"".join(self._replies))
        self._replies.clear()
        if self._is_ending:
            self._transport.close()

    def _say(self, *lines: str) -> None:
        self._replies += [line.encode("ascii") + b"\r\n" for line in lines]

    # -- commands

    def _take_command(self) -> bool:
        """Answer one command; False when none is there as a whole."""
        line, end, rest = self._buffer.partition(b"\r\n")
        if len(line) > LONGEST_COMMAND:
            self._say("500 5.5.2 Line too long")
            self._is_ending = True
        if self._is_ending or not end:
            return False
        self._buffer = rest
        verb, _, argument = line.partition(b" ")
        answer = getattr(self, f"_answer_{verb.decode('ascii', 'replace').lower()}", None)
        if answer is None:
            self._say("502 5.5.1 Command not implemented")
        else:
            answer(argument.strip())
        return True

    def _answer_ehlo(self, argument: bytes) -> None:
        self._forget()
        self._is_greeted = True
        self._say("250-localhost", "250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8", f"250 SIZE {LARGEST_MESSAGE}")

    def _answer_helo(self, argument: bytes) -> None:
        self._forget()
        self._is_greeted = True
        self._say("250 localhost")

    def _answer_mail(self, argument: bytes) -> None:
        path = _PATH.fullmatch(argument)
        if not self._is_greeted or self._sender is not None:
            self._say("503 5.5.1 Not now")
        elif path is None or not argument.upper().startswith(b"FROM"):
            self._say("501 5.5.4 MAIL FROM:<address>")
        else:
            self._sender = path[1]
            self._say("250 2.1.0 Ok")

    def _answer_rcpt(self, argument: bytes) -> None:
        path = _PATH.fullmatch(argument)
        if self._sender is None:
            self._say("503 5.5.1 Not now")
        elif path is None or not path[1] or not argument.upper().startswith(b"TO"):
            self._say("501 5.5.4 RCPT TO:<address>")
        elif self._recipients == MOST_RECIPIENTS:
            self._say("452 4.5.3 Too many recipients")
        else:
            self._recipients += 1
            self._say("250 2.1.5 Ok")

    def _answer_data(self, argument: bytes) -> None:
        if not self._recipients:
            self._say("503 5.5.1 Not now")
            return
        self._is_in_message = True
        # The CRLF that ended DATA belongs to the end of an empty message.
        self._buffer = b"\r\n" + self._buffer
        self._say("354 End data with <CR><LF>.<CR><LF>")

    def _answer_rset(self, argument: bytes) -> None:
        self._forget()
        self._say("250 2.0.0 Ok")

    def _answer_noop(self, argument: bytes) -> None:
        self._say("250 2.0.0 Ok")

    def _answer_vrfy(self, argument: bytes) -> None:
        self._say("252 2.0.0 Send some mail and see")

    def _answer_quit(self, argument: bytes) -> None:
        self._say("221 2.0.0 Bye")
        self._is_ending = True

    def _forget(self) -> None:
        self._sender = None
        self._recipients = 0
        self._is_in_message = self._is_too_large = False
        self._searched = 0

    # -- the message

    def _take_message(self) -> bool:
        """Keep the message and answer for it; False when its end has not come yet."""
        end = self._buffer.find(_END_OF_MESSAGE, self._searched)
        size = len(self._buffer) if end < 0 else end
        self._is_too_large = self._is_too_large or size > LARGEST_MESSAGE
        if end < 0:
            if self._is_too_large:  # nothing of it is kept but what may be the beginning of its end
                self._buffer = self._buffer[-len(_END_OF_MESSAGE) :]
            self._searched = max(0, len(self._buffer) - len(_END_OF_MESSAGE))
            return False
        message, self._buffer = self._buffer[: end + 2], self._buffer[end + len(_END_OF_MESSAGE) :]
        self._say(self._keep(message))
        self._forget()
        return True

    def _keep(self, stuffed: bytes) -> str:
        if self._is_too_large:
            return "552 5.3.4 Message too large"
        message = stuffed.replace(b"\r\n.", b"\r\n")[2:]
        if max(map(len, message.split(b"\r\n"))) + 2 > LONGEST_LINE:
            return f"554 5.6.0 A line is longer than {LONGEST_LINE} octets"
        try:
            self._deliver(message)
        except OSError as error:
            return f"452 4.3.1 {os.strerror(error.errno or 0)}"
        return "250 2.0.0 Ok: kept"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False  # a name may mean any machine


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
