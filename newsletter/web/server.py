"""The pages → a server on the address of `[web]`, in a thread beside scheduler and worker."""

from __future__ import annotations

import errno
import socket
import threading
from ipaddress import ip_network

import uvicorn
from starlette.types import ASGIApp

from newsletter.app import App
from newsletter.config import WebTable
from newsletter.errors import ConfigError
from newsletter.web.public import build_web

GRACE_SECONDS = 5  # for answers under way when the server stops
STOP_SECONDS = GRACE_SECONDS + 5.0  # then the thread is left to end with the process
CONNECTIONS = 500  # held at once; more are told 503, so that nobody can take every file the process may open


class WebServer:
    """Serves from start() to stop(); touches no signal handler."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._table = app.config.web
        self.port = self._table.port  # from start() on the one in use: 0 lets the system choose
        self.web = build_web(app)
        self._server = _Server(server_config(self.web, self._table))
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bind and serve. Raises ConfigError for an address that cannot be had; DatabaseError."""
        # Opened here, so that no two requests come to open them, and what is wrong is said before anybody asks.
        _ = self._app.database, self._app.tokens
        self._socket = _bind(self._table)
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )
        self._thread.start()
        self._server.is_serving.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Take no more requests and let the answers under way end, within STOP_SECONDS."""
        if self._thread is None or self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self._socket.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_serving = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_serving.set()


def server_config(web: ASGIApp, table: WebTable) -> uvicorn.Config:
    """Raises ConfigError for a trusted proxy that is no address."""
    return uvicorn.Config(
        web,
        forwarded_allow_ips=[_trusted(proxy) for proxy in table.trusted_proxies],
        log_config=None,  # logging is set up for the whole program, not here
        log_level="warning",
        access_log=False,  # the paths hold readers' tokens
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _trusted(proxy: str) -> str:
    """uvicorn would take anything else for a name, and believe nobody."""
    try:
        return str(ip_network(proxy)) if "/" in proxy else str(ip_network(proxy).network_address)
    except ValueError as error:
        words = f"{error}; write the proxy's address, such as 10.0.0.1 or 10.0.0.0/8"
        raise ConfigError("web.trusted_proxies", words) from None


def _bind(table: WebTable) -> socket.socket:
    try:
        found = socket.getaddrinfo(table.host, table.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError("web.host", f"{table.host!r} is no host known here: {error.strerror}") from None
    # `localhost` is both; whoever writes it means 127.0.0.1 first.
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    try:
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        place = f"[{table.host}]:{table.port}" if ":" in table.host else f"{table.host}:{table.port}"
        raise ConfigError(*_words(error, place)) from None


def _words(error: OSError, place: str) -> tuple[str, str]:
    match error.errno:
        case errno.EADDRINUSE:
            return "web.port", f"{place} is in use by another program"
        case errno.EACCES | errno.EPERM:
            return "web.port", f"{place} may not be used by this user; ports from 1024 on may"
        case errno.EADDRNOTAVAIL:
            return "web.host", f"{place} is no address of this machine"
        case _:
            return "web.port", f"{place} cannot be listened on: {error.strerror}"
