"""An HTTP server on loopback that does what a test tells it: answers, redirects, drips, cuts, never ends, falls silent.

    with ScriptedWeb({"/a": Answer("<p>Hello</p>"), "/b": redirect("/a")}) as web:
        fetch(web.url("/b"))
    assert [request.path for request in web.requests] == ["/b", "/a"]

It shares no code with what it tests: blocking sockets, one thread per connection.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 30.0  # seconds; a test that hangs should end with a word

WHOLE = "whole"  # the answer as it stands
DRIP = "drip"  # the head at once, the body a byte at a time
DRIP_HEAD = "drip head"  # the head a byte at a time
NEVER_END = "never end"  # the body again and again, without a length, for ever
ENDLESS_HEAD = "endless head"  # header lines for ever
CUT = "cut"  # half of the body, then the connection is closed although more was promised
CUT_AT_ONCE = "cut at once"  # the connection is closed instead of an answer
SILENCE = "silence"  # nothing, until the other side gives up

_FIRST = 1 << 16  # bytes of a body that leave with its head; the rest is never copied

BEHAVIOURS = (WHOLE, DRIP, DRIP_HEAD, NEVER_END, ENDLESS_HEAD, CUT, CUT_AT_ONCE, SILENCE)


@dataclass(frozen=True)
class Answer:
    """What one path says. With an `etag` or a `last_modified`, who names it again is told 304."""

    body: bytes | str = b""
    media_type: str = "text/html; charset=utf-8"  # no Content-Type at all when it is empty
    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=dict
    )  # more of them; a Content-Length here is said instead of ours
    behaviour: str = WHOLE
    etag: str = ""
    last_modified: str = ""
    pause: float = 0.02  # seconds from one byte of a drip to the next

    def __post_init__(self) -> None:
        assert self.behaviour in BEHAVIOURS, f"{self.behaviour!r} is none of {BEHAVIOURS}"

    @property
    def data(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Request:
    """What one client asked. Header names are in small letters."""

    method: str
    target: str  # with the query
    headers: Mapping[str, str]
    connection: int  # the number of the connection it came on, from 1

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Script = Answer | Sequence[Answer] | Callable[[Request], Answer]
"""One answer for ever; one after the other, the last for ever; or one made for the request."""


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


class ScriptedWeb:
    """A web server in threads of its own, from `with` to the end of it.

    `scripts` maps a target, else its path without the query, to what is said there; what it does not name is 404.
    It may be changed while the server runs. `certificate` is a file with a key and a certificate: then it speaks TLS.
    """

    def __init__(
        self, scripts: Mapping[str, Script] | None = None, *, host: str = "127.0.0.1", certificate: Path | None = None
    ) -> None:
        self.scripts: dict[str, Script] = dict(scripts or {})
        self.host = host
        self.certificate = certificate
        self.requests: list[Request] = []  # in the order they came, over all connections
        self.connections = 0
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._listening = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
        )
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
        self._is_over.set()
        _shut(self._listening)
        while self._threads:
            with self._lock:
                for connection in self._open:
                    _shut(connection)
            self._threads.pop().join()

    def url(self, target: str = "/", host: str = "") -> str:
        """The address of a path on this server, under another of its names if `host` gives one."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self.certificate else 'http'}://{name}:{self.port}{target}"

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        with self._lock:
            return Counter(request.path for request in self.requests)[path]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
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
                with self._lock:
                    self.connections += 1
                    number = self.connections
                    self._open.append(connection)
                self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self.certificate:
                connection = self._encrypted(connection)
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer:
                    received = connection.recv(1 << 16)
                    if not received:
                        return
                    buffer += received
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                request = _read_request(head, number)
                with self._lock:
                    self.requests.append(request)
                    answer = self._answer(request)
                if not self._say(connection, request, answer):
                    return
        except OSError:
            pass  # the other side has gone, or we are closing
        finally:
            with self._lock:
                if connection in self._open:
                    self._open.remove(connection)
            _shut(connection)
            connection.close()

    def _encrypted(self, plain: socket.socket) -> socket.socket:
        assert self.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        encrypted = context.wrap_socket(plain, server_side=True)
        with self._lock:
            self._open.remove(plain)
            self._open.append(encrypted)
        return encrypted

    def _answer(self, request: Request) -> Answer:
        path = request.target if request.target in self.scripts else request.path
        script = self.scripts.get(path, Answer("nothing here", "text/plain", 404))
        if isinstance(script, Answer):
            answer = script
        elif callable(script):
            answer = script(request)
        else:
            answer, *later = script
            if later:
                self.scripts[path] = later
        is_known = bool(
            (answer.etag and request.headers.get("if-none-match") == answer.etag)
            or (answer.last_modified and request.headers.get("if-modified-since") == answer.last_modified)
        )
        return Answer(status=304, media_type="", etag=answer.etag) if is_known else answer

    def _say(self, connection: socket.socket, request: Request, answer: Answer) -> bool:
        """Whether the connection may be asked again."""
        head, body = _head(answer), b"" if request.method == "HEAD" else answer.data
        if answer.behaviour == WHOLE:
            connection.sendall(head + b"\r\n" + body[:_FIRST])
            connection.sendall(memoryview(body)[_FIRST:])
            return True
        if answer.behaviour == CUT:
            connection.sendall(head + b"\r\n" + body[: len(body) // 2])
        elif answer.behaviour == DRIP:
            connection.sendall(head + b"\r\n")
            self._drip(connection, body, answer.pause)
        elif answer.behaviour == DRIP_HEAD:
            self._drip(connection, head + b"\r\n" + body, answer.pause)
        elif answer.behaviour == NEVER_END:
            connection.sendall(head + b"\r\n")
            self._repeat(connection, body)
        elif answer.behaviour == ENDLESS_HEAD:
            connection.sendall(head)
            self._repeat(connection, b"X-More: and more\r\n")
        elif answer.behaviour == SILENCE:
            connection.recv(1)
        return False

    def _drip(self, connection: socket.socket, data: bytes, pause: float) -> None:
        for position in range(len(data)):
            if self._is_over.wait(pause):
                return
            connection.sendall(data[position : position + 1])

    def _repeat(self, connection: socket.socket, data: bytes) -> None:
        while not self._is_over.is_set():
            connection.sendall(data or b"and so on ")


def _head(answer: Answer) -> bytes:
    """The status line and the header lines, without the empty one that ends them."""
    said = {"Content-Type": answer.media_type, "ETag": answer.etag, "Last-Modified": answer.last_modified}
    said = {name: value for name, value in said.items() if value}
    if answer.behaviour == NEVER_END:
        said["Connection"] = "close"
    elif answer.status != 304 and not {name.lower() for name in answer.headers} & {
        "content-length",
        "transfer-encoding",
    }:
        said["Content-Length"] = str(len(answer.data))
    words = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Whatever"
    lines = [
        f"HTTP/1.1 {answer.status} {words}",
        *(f"{name}: {value}" for name, value in {**said, **answer.headers}.items()),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def _read_request(head: bytes, connection: int) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Request(method, target, {name.lower(): value.strip() for name, _, value in pairs}, connection)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was faster
