"""A web address → what it answers, within limits of size and time, from public hosts alone."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import BinaryIO, Self, cast

import certifi
import httpcore

from newsletter.content.fetching.guard import WebAddress, read_address, read_allowed, read_redirect, show_address
from newsletter.content.fetching.inflating import CODINGS, Inflater
from newsletter.content.fetching.network import (
    Deadline,
    Forbidden,
    GuardedNetwork,
    NoConnection,
    Resolve,
    TimeUp,
    resolve,
)
from newsletter.errors import FetchError, TooLarge

MOST_REDIRECTS = 5

_IN_MEMORY = 1_000_000  # bytes of an answer; a larger one is written to a temporary file
_CONNECTIONS = 8  # at a time
_IDLE_FOR = 15.0  # seconds that a connection is kept for the next request to its host

_REDIRECTS = (301, 302, 303, 307, 308)
_FOR_EVER = (301, 308)
_TRIES = 2  # before a silent host is left alone
_LEFT_ALONE_FOR = 600.0  # seconds: a program that runs for months may ask again
_MOST_REMEMBERED = 10_000  # silent hosts

_Headers = list[tuple[bytes, bytes]]
_VALIDATOR = re.compile("[\x20-\x7e\xa0-\xff]{1,500}")  # what fits into a header line, a column and a report


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, to be closed. Its `stream` can be sought and stands at its first byte."""

    url: str  # where it came from, after redirects
    permanent_url: str  # the same when every redirect was for ever; else, and without any, empty
    status: int
    media_type: str  # the Content-Type as the server said it
    etag: str
    last_modified: str
    stream: BinaryIO

    @property
    def is_unchanged(self) -> bool:
        """It is what `etag` or `last_modified` already named, and not sent again."""
        return self.status == 304

    def close(self) -> None:
        self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Fetcher:
    """Asks the web: no cookies, no proxies, no login, no Referer. Threads may share one."""

    def __init__(
        self,
        allow_hosts: Sequence[str] = (),
        timeout: float = 20.0,
        *,
        folder: Path | None = None,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` is in seconds, for one fetch as a whole; `clock` only tells how long a silent host is left alone.

        A large answer lies in `folder` while it is open, nameless and gone with this program: many a machine keeps its
        own folder for such files in memory, and small.
        Raises ConfigError when an entry of `allow_hosts` names no single host.
        """
        self._timeout = timeout
        self._folder = None if folder is None else str(folder)
        self._deadline = Deadline()
        self._silent = _SilentHosts(clock)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust or _trust(),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_FOR,
            network_backend=GuardedNetwork(read_allowed(allow_hosts), self._deadline, resolve),
        )
        self._user_agent = f"Newsletter/{version('newsletter')}".encode("ascii")

    def fetch(
        self, url: str, *, max_bytes: int, accept: str = "*/*", etag: str = "", last_modified: str = ""
    ) -> Fetched:
        """What stands there, at most `max_bytes` long on the way and when it is unpacked.

        With the `etag` and `last_modified` of an earlier answer it may be `is_unchanged`. Raises FetchError.
        """
        self._deadline.begin(self._timeout)
        headers = [
            (b"User-Agent", self._user_agent),
            (b"Accept", accept.encode("ascii")),
            (b"Accept-Encoding", CODINGS.encode("ascii")),
        ]
        known = ((b"If-None-Match", _validator(etag)), (b"If-Modified-Since", _validator(last_modified)))
        headers += [(name, value.encode("latin-1")) for name, value in known if value]
        try:
            return self._follow(url, headers, max_bytes)
        except _Failure as failure:
            raise failure.kind(show_address(url), failure.words, failure.status) from None

    def close(self) -> None:
        self._pool.close()

    def _follow(self, url: str, headers: _Headers, max_bytes: int) -> Fetched:
        """The answer at the end of the redirects, each of which is judged like the first address."""
        trail = [_read(url)]
        is_for_ever = True
        try:
            while True:
                with closing(self._ask(trail[-1], headers)) as response:
                    if response.status not in _REDIRECTS:
                        _refuse_status(response.status, headers)
                        return self._take(response, trail, is_for_ever, max_bytes)
                    is_for_ever = is_for_ever and response.status in _FOR_EVER
                    trail.append(_read_location(response, trail))
        except _Failure as failure:
            if len(trail) == 1:
                raise
            words = f"it leads to {show_address(trail[-1].url)}: {failure.words}"
            raise _Failure(words, failure.status, failure.kind) from None

    def _ask(self, here: WebAddress, headers: _Headers) -> httpcore.Response:
        """Its answer as far as the headers."""
        self._silent.refuse(here)
        try:
            response = self._answer(here, [(b"Host", here.authority.encode("ascii")), *headers])
        except Forbidden as error:
            raise _Failure(str(error)) from None
        except (NoConnection, TimeUp, httpcore.PoolTimeout) as error:
            words = (
                str(error) if isinstance(error, NoConnection) else f"no answer came within {self._timeout:g} seconds"
            )
            self._silent.remember(here, words)
            raise _Failure(words) from None
        except httpcore.ProtocolError as error:
            raise _Failure(_words_for_protocol(str(error))) from None
        except httpcore.NetworkError:
            raise _Failure("the connection broke off before an answer came") from None
        self._silent.forget(here)
        return response

    def _answer(self, here: WebAddress, headers: _Headers) -> httpcore.Response:
        url = httpcore.URL(
            scheme=here.scheme.encode(), host=here.host.encode(), port=here.port, target=here.target.encode()
        )
        timeouts = {"pool": self._deadline.left()}
        request = httpcore.Request("GET", url, headers=headers, extensions={"timeout": timeouts})
        self._deadline.has_connected = False
        try:
            return self._pool.handle_request(request)
        except (httpcore.RemoteProtocolError, httpcore.NetworkError):
            if self._deadline.has_connected:
                raise
            # A connection kept from an earlier request, which the server closed in the meantime.
            return self._pool.handle_request(request)

    def _take(
        self, response: httpcore.Response, trail: Sequence[WebAddress], is_for_ever: bool, max_bytes: int
    ) -> Fetched:
        # What is no longer encrypted is no address to move to for ever.
        is_weaker = trail[0].scheme == "https" and trail[-1].scheme == "http"
        return Fetched(
            url=trail[-1].url,
            permanent_url=trail[-1].url if is_for_ever and len(trail) > 1 and not is_weaker else "",
            status=response.status,
            media_type=_header(response, b"content-type"),
            etag=_validator(_header(response, b"etag")),
            last_modified=_validator(_header(response, b"last-modified")),
            stream=BytesIO() if response.status == 304 else self._keep_body(response, max_bytes),
        )

    def _keep_body(self, response: httpcore.Response, max_bytes: int) -> BinaryIO:
        length = _header(response, b"content-length")
        if length.isdecimal():
            _refuse_size(int(length), max_bytes, response.status)
        kept = cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY, dir=self._folder))
        try:
            for piece in self._body(response, max_bytes):
                kept.write(piece)
            kept.seek(0)
        except OSError as error:
            kept.close()
            raise _Failure(f"there is no room for it here ({error.strerror or error})", response.status) from None
        except BaseException:
            kept.close()
            raise
        return kept

    def _body(self, response: httpcore.Response, max_bytes: int) -> Iterator[bytes]:
        """Its unpacked pieces. Raises _Failure where they, or what came over the wire, exceed `max_bytes`."""
        packed = unpacked = 0
        try:
            inflater = Inflater(_header(response, b"content-encoding"))
            for data in response.iter_stream():
                self._deadline.left()
                packed += len(data)
                # Looked at here too: packed data can go on for ever and unpack to nothing.
                _refuse_size(packed, max_bytes, response.status)
                for piece in inflater.pieces(data):
                    unpacked += len(piece)
                    _refuse_size(unpacked, max_bytes, response.status)
                    yield piece
            inflater.finish()
        except ValueError as error:
            raise _Failure(str(error), response.status) from None
        except TimeUp:
            words = f"it did not come to its end within {self._timeout:g} seconds (fetch.timeout)"
            raise _Failure(words, response.status) from None
        except (httpcore.ProtocolError, httpcore.NetworkError):
            raise _Failure("the connection broke off before its end", response.status) from None


class _Failure(Exception):
    """Why an address gives nothing; the words follow it."""

    def __init__(self, words: str, status: int | None = None, kind: type[FetchError] = FetchError) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.kind = kind


class _SilentHosts:
    """Hosts that could not be talked to lately, so that thousands of links to one of them do not take days."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, int], tuple[int, str, float]] = {}  # how often, why, when last; oldest first

    def refuse(self, here: WebAddress) -> None:
        """Raises _Failure for a host that failed twice, until some time has passed."""
        with self._lock:
            times, words, last = self._failures.get((here.host, here.port), (0, "", 0.0))
            if times and self._clock() - last > _LEFT_ALONE_FOR:
                del self._failures[here.host, here.port]
            elif times >= _TRIES:
                raise _Failure(f"{here.authority} did not answer twice and was not asked again ({words})")

    def remember(self, here: WebAddress, words: str) -> None:
        with self._lock:
            times, _, _ = self._failures.pop((here.host, here.port), (0, "", 0.0))
            self._failures[here.host, here.port] = (times + 1, words, self._clock())
            if len(self._failures) > _MOST_REMEMBERED:
                del self._failures[next(iter(self._failures))]

    def forget(self, here: WebAddress) -> None:
        with self._lock:
            self._failures.pop((here.host, here.port), None)


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that this machine trusts, and those of certifi, because small machines have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _read(url: str) -> WebAddress:
    try:
        return read_address(url)
    except ValueError as error:
        raise _Failure(str(error)) from None


def _read_location(response: httpcore.Response, trail: Sequence[WebAddress]) -> WebAddress:
    """Where a redirect leads, when it leads to somewhere new."""
    location = _header(response, b"location", "utf-8")
    if not location:
        raise _Failure("it redirects and does not say where to", response.status)
    try:
        named = read_redirect(trail[-1], location)
    except ValueError as error:
        raise _Failure(f"it redirects to {show_address(location)}: {error}", response.status) from None
    try:
        there = read_address(named)
    except ValueError as error:
        raise _Failure(f"it redirects to {show_address(named)}: {error}", response.status) from None
    if there in trail:
        raise _Failure("its redirects lead round in a circle", response.status)
    if len(trail) > MOST_REDIRECTS:
        raise _Failure(f"it redirects more than {MOST_REDIRECTS} times", response.status)
    return there


def _header(response: httpcore.Response, name: bytes, encoding: str = "latin-1") -> str:
    """All values of one header, joined as RFC 9110 §5.2 allows; empty when there is none."""
    joined = b", ".join(value for each, value in response.headers if each.lower() == name)
    try:
        return joined.decode(encoding).strip()
    except UnicodeDecodeError:
        return joined.decode("latin-1").strip()


def _validator(value: str) -> str:
    """The value where it can be kept and said again, else nothing."""
    return value if _VALIDATOR.fullmatch(value) else ""


def _refuse_size(size: int, max_bytes: int, status: int) -> None:
    if size > max_bytes:
        limit = f"{max_bytes / 1_000_000:g} MB" if max_bytes >= 100_000 else f"{max_bytes} bytes"
        raise _Failure(f"it is larger than {limit}", status, TooLarge)


_STATUSES = {
    401: "it asks for a login",
    403: "it asks for a login or does not let us in",
    404: "there is nothing at this address",
    407: "it asks for a login",
    410: "it is gone for good",
    429: "it was asked too often; try later",
    451: "it may not be shown, for legal reasons",
}


def _refuse_status(status: int, headers: _Headers) -> None:
    """Raises _Failure for an answer that is not the thing asked for."""
    is_conditional = any(name.startswith(b"If-") for name, _ in headers)
    if status in (200, 203) or (status == 304 and is_conditional):
        return
    if status >= 500:
        raise _Failure(f"the server failed ({status})", status)
    raise _Failure(f"{_STATUSES.get(status, 'it gave no answer that can be read')} ({status})", status)


def _words_for_protocol(said: str) -> str:
    if "disconnected" in said:
        return "the server closed the connection without an answer"
    if "buffer too long" in said:
        return "its headers are too long"
    return "its answer is not HTTP"
