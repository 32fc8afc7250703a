"""A host and a port → a connection to an address that was judged, one deadline over all that happens on it."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import httpcore

from newsletter.content.fetching.guard import Allowed, choose_host_addresses, refuse_port

Resolve = Callable[[str, int], Sequence[str]]
"""A host name and a port → its IP addresses, the best first. Raises OSError."""

_MOST_TRIED = 6  # addresses of one host


def resolve(host: str, port: int) -> list[str]:
    """What this machine's resolver says."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class TimeUp(Exception):
    """The deadline has passed."""


class Forbidden(Exception):
    """We do not ask there; the words follow the address."""


class NoConnection(Exception):
    """The host cannot be talked to; the words follow the address."""


class Deadline(threading.local):
    """When the request that this thread is making must be over: connections are shared and outlive it."""

    def __init__(self) -> None:
        self._until = 0.0
        self.has_connected = False  # since the thread last said otherwise

    def begin(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than none. Raises TimeUp."""
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeUp
        return seconds


class GuardedNetwork(httpcore.NetworkBackend):
    """Resolves once, judges every address, and connects to the judged address itself.

    So a name that says something else when asked again (DNS rebinding) gains nothing; TLS still asks for the name.
    """

    def __init__(self, allowed: Allowed, deadline: Deadline, resolve: Resolve) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises Forbidden, NoConnection and TimeUp."""
        self._deadline.has_connected = True
        try:
            refuse_port(host, port, self._allowed)
            addresses = choose_host_addresses(host, port, self._addresses(host, port), self._allowed)
        except ValueError as error:
            raise Forbidden(str(error)) from None
        return _Stream(self._connected(addresses[:_MOST_TRIED], port), self._deadline)

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        # The system's resolver knows no deadline, so it is waited for no longer than there is one. What is left behind
        # ends by itself.
        answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()
        threading.Thread(target=_ask_resolver, args=(self._resolve, host, port, answers), daemon=True).start()
        try:
            answer = answers.get(timeout=self._deadline.left())
        except Empty:
            raise TimeUp from None
        if isinstance(answer, OSError) or not answer:
            is_later = isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_AGAIN
            raise NoConnection(
                f"the name of {host} cannot be looked up now" if is_later else f"there is no host {host}"
            )
        return answer

    def _connected(self, addresses: Sequence[str], port: int) -> socket.socket:
        failure: OSError = TimeoutError()
        for position, address in enumerate(addresses):
            # A share of the time for each, so that one that is silent leaves some for the next.
            share = self._deadline.left() / (len(addresses) - position)
            try:
                return _connect(address, port, share)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise TimeUp
        raise NoConnection(_words_for_connection(failure))


class _Stream(httpcore.NetworkStream):
    """One connection; the timeouts that httpcore gives count for one read each and are not looked at."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._connection.settimeout(self._deadline.left())
        try:
            return self._connection.recv(max_bytes)
        except TimeoutError:
            raise TimeUp from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        self._connection.settimeout(self._deadline.left())
        try:
            self._connection.sendall(buffer)
        except TimeoutError:
            raise TimeUp from None
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._connection.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._connection.settimeout(self._deadline.left())
            encrypted = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except TimeoutError:
            raise TimeUp from None
        except (OSError, ValueError) as error:
            raise NoConnection(_words_for_tls(error)) from None
        finally:
            self._connection.close()  # what came of it holds the socket now
        return _Stream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._connection if isinstance(self._connection, ssl.SSLSocket) else None
        if info == "is_readable":  # httpcore asks it of an idle connection: then it is being closed
            poll = select.poll()
            poll.register(self._connection, select.POLLIN)
            return bool(poll.poll(0))
        return None


def _ask_resolver(resolve: Resolve, host: str, port: int, answers: SimpleQueue[Sequence[str] | OSError]) -> None:
    try:
        answers.put(resolve(host, port))
    except OSError as error:
        answers.put(error)
    except UnicodeError:
        answers.put([])  # a label the resolver cannot write down


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((address, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def _words_for_connection(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, ConnectionResetError):
        return "the connection was broken off"
    return f"there is no way to the host ({error.strerror or error})"


# OpenSSL's X509_V_ERR_…
_CERTIFICATES = {
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "is signed by an authority that is not known here",
    20: "is signed by an authority that is not known here",
    21: "is signed by an authority that is not known here",
    62: "belongs to another name",
    64: "belongs to another address",
}


def _words_for_tls(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _CERTIFICATES.get(error.verify_code, f"cannot be trusted ({error.verify_message})")
        return f"TLS failed: the certificate {fault}"
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return "TLS failed: the server does not speak it on this port"
    if isinstance(error, ssl.SSLError) and error.reason:
        return f"TLS failed: {error.reason.lower().replace('_', ' ')}"
    return "TLS failed: the server broke off the connection"
