"""The server around the pages: where it listens, whom it believes, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from newsletter.config import WebTable
from newsletter.errors import ConfigError, DatabaseError, NewsletterError
from newsletter.web.body import BoundedBody
from newsletter.web.server import WebServer, server_config
from served_home import make_app, served_home


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_port_of_another_program_is_refused_by_its_name(tmp_path: Path, taken_port: int) -> None:
    server = WebServer(make_app(tmp_path / "home", {"web.port": taken_port}))
    with pytest.raises(NewsletterError) as refusal:
        server.start()
    assert str(refusal.value) == f"web.port: 127.0.0.1:{taken_port} is in use by another program"
    server.stop()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "web.host: 192.0.2.1:0 is no address of this machine"),
        ("no such host", "web.host: 'no such host' is no host known here"),
    ],
)
def test_host_that_is_not_ours_is_refused(tmp_path: Path, host: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        WebServer(make_app(tmp_path / "home", {"web.host": host})).start()
    assert refusal.value.key == "web.host"


def test_base_url_that_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^web.base_url: 'https://\[news' is no address"):
        WebServer(make_app(tmp_path / "home", {"web.base_url": "https://[news"}))


def test_database_that_cannot_be_used_is_said_before_anybody_asks(tmp_path: Path) -> None:
    app = make_app(tmp_path / "home", {})
    (app.home.folder / "newsletter.db").mkdir()
    with pytest.raises(DatabaseError):
        WebServer(app).start()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_server_listens_on_the_port_it_tells(tmp_path: Path, host: str) -> None:
    with served_home(tmp_path / "home", {"web.host": host}) as home:
        assert home.server.port > 0
        assert httpx.get(f"{home.url}/healthz").json() == {"status": "ok"}


def test_stopped_server_takes_nobody_and_leaves_no_thread(tmp_path: Path) -> None:
    with served_home(tmp_path / "home") as home:
        with httpx.Client(base_url=home.url) as client:
            client.get("/healthz")  # the connection stays open meanwhile
            home.server.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{home.url}/healthz")
        assert "web" not in {thread.name for thread in threading.enumerate()}
        home.server.stop()


def test_answer_under_way_is_finished_before_the_server_ends(tmp_path: Path) -> None:
    asked, ending = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        ending.wait(10)
        return "finished"

    with served_home(tmp_path / "home") as home:
        home.server.web.add_api_route("/slow", slow)
        answers: list[str] = []
        reader = threading.Thread(target=lambda: answers.append(httpx.get(f"{home.url}/slow", timeout=20).json()))
        reader.start()
        assert asked.wait(10)
        stopping = threading.Thread(target=home.server.stop)
        stopping.start()
        ending.set()
        stopping.join(10)
        reader.join(10)
        assert answers == ["finished"]


def client_seen(trusted: tuple[str, ...], peer: str) -> str:
    """Whom the pages take for the client, when `peer` says that it speaks for another."""
    seen: list[Scope] = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def hear() -> Message:
        raise AssertionError

    async def say(message: Message) -> None:
        raise AssertionError

    config = server_config(look, WebTable(trusted_proxies=trusted))
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    asyncio.run(config.loaded_app(scope, hear, say))
    client: str = seen[0]["client"][0]
    return client


@pytest.mark.parametrize(
    ("trusted", "peer", "client"),
    [
        (("10.0.0.1",), "10.0.0.1", "203.0.113.9"),
        (("10.0.0.0/8", "::1"), "10.9.9.9", "203.0.113.9"),
        (("10.0.0.1",), "10.0.0.2", "10.0.0.2"),
        ((), "127.0.0.1", "127.0.0.1"),
    ],
)
def test_only_trusted_proxies_speak_for_others(
    monkeypatch: pytest.MonkeyPatch, trusted: tuple[str, ...], peer: str, client: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own variable is none of our settings
    assert client_seen(trusted, peer) == client


def answers_to_a_post(hear: Receive) -> list[Message]:
    """What is said to a client whose body comes so; pages that it never gets to."""
    said: list[Message] = []

    async def is_asked(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nothing was asked")

    async def say(message: Message) -> None:
        said.append(message)

    guarded = BoundedBody(is_asked, lambda status: Response(status_code=status), seconds=0.01)
    asyncio.run(guarded({"type": "http", "method": "POST"}, hear, say))
    return said


def test_body_that_never_comes_is_not_waited_for() -> None:
    async def hear() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    start, _ = answers_to_a_post(hear)
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]


def test_client_who_leaves_in_the_middle_of_a_body_has_asked_nothing() -> None:
    parts: list[Message] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"List-", "more_body": True},
    ]

    async def hear() -> Message:
        return parts.pop()

    assert answers_to_a_post(hear) == []


@pytest.mark.parametrize("proxy", ["*", "proxy.example.org", "10.0.0.1/8", ""])
def test_trusted_proxy_that_is_no_address_is_refused(tmp_path: Path, proxy: str) -> None:
    with pytest.raises(ConfigError, match=r"^web.trusted_proxies: .*10.0.0.0/8"):
        WebServer(make_app(tmp_path / "home", {"web.trusted_proxies": (proxy,)}))
