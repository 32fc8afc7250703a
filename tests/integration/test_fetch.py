"""Servers of every sort, on loopback → what the fetcher brings back, or the one line that says why nothing came."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from newsletter.content.fetch import Fetcher
from newsletter.errors import ConfigError, FetchError, TooLarge
from scripted_relay import AUTHORITY, CERTIFICATES, LOCALHOST
from scripted_web import (
    CUT,
    CUT_AT_ONCE,
    DRIP,
    DRIP_HEAD,
    ENDLESS_HEAD,
    NEVER_END,
    SILENCE,
    Answer,
    Script,
    ScriptedWeb,
    redirect,
)

LOOPBACK = "127.0.0.1"
SOON = 0.3  # seconds: for answers that never come to an end
PAGE = "<h1>Small things</h1>"


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with closing(Fetcher([LOOPBACK])) as made:
        yield made


@pytest.fixture
def hurried() -> Iterator[Fetcher]:
    with closing(Fetcher([LOOPBACK], timeout=SOON)) as made:
        yield made


def body_of(fetcher: Fetcher, url: str, max_bytes: int = 1_000_000) -> bytes:
    with fetcher.fetch(url, max_bytes=max_bytes) as fetched:
        return fetched.stream.read()


def failure_of(fetcher: Fetcher, url: str, max_bytes: int = 1_000_000) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url, max_bytes=max_bytes).close()
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def said_by(fetcher: Fetcher, script: Script, max_bytes: int = 1_000_000) -> FetchError:
    with ScriptedWeb({"/a": script}) as web:
        return failure_of(fetcher, web.url("/a"), max_bytes)


# -- what comes back


def test_page_comes_back_with_what_was_said_of_it(fetcher: Fetcher) -> None:
    answer = Answer(PAGE, "text/html; charset=utf-8", etag='"7"', last_modified="Mon, 02 Feb 2026 09:00:00 GMT")
    with ScriptedWeb({"/a": answer}) as web, fetcher.fetch(web.url("/a#top"), max_bytes=1000) as fetched:
        assert (fetched.url, fetched.permanent_url, fetched.status) == (web.url("/a"), "", 200)
        assert (fetched.media_type, fetched.etag) == ("text/html; charset=utf-8", '"7"')
        assert fetched.last_modified == "Mon, 02 Feb 2026 09:00:00 GMT"
        assert not fetched.is_unchanged
        assert fetched.stream.seekable() and fetched.stream.tell() == 0
        assert fetched.stream.read() == PAGE.encode()
    assert fetched.stream.closed


def test_request_tells_who_we_are_and_nothing_else(fetcher: Fetcher) -> None:
    visit = {"/a": Answer(PAGE, headers={"Set-Cookie": "who=ada"}), "/b": redirect("/a")}
    with ScriptedWeb(visit) as web:
        body_of(fetcher, web.url("/a?page=2"))
        fetcher.fetch(web.url("/b"), max_bytes=1000, accept="image/*").close()
    first, *_, last = web.requests
    assert (first.method, first.target) == ("GET", "/a?page=2")
    assert first.headers == {
        "host": f"{LOOPBACK}:{web.port}",
        "user-agent": f"Newsletter/{version('newsletter')}",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
    }
    assert last.headers == {**first.headers, "accept": "image/*"}


def test_large_answer_is_kept_whole(fetcher: Fetcher) -> None:
    export = bytes(range(256)) * 20_000
    with (
        ScriptedWeb({"/export.xml": Answer(export)}) as web,
        fetcher.fetch(web.url("/export.xml"), max_bytes=6_000_000) as got,
    ):
        assert got.stream.read() == export
        assert got.stream.seek(256) == 256 and got.stream.read(3) == b"\0\1\2"


@pytest.mark.parametrize(("coding", "code"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_answer_is_unpacked(fetcher: Fetcher, coding: str, code) -> None:  # type: ignore[no-untyped-def]
    with ScriptedWeb({"/a": Answer(code(PAGE.encode()), headers={"Content-Encoding": coding})}) as web:
        assert body_of(fetcher, web.url("/a")) == PAGE.encode()


def test_answer_without_a_length_ends_with_its_connection(fetcher: Fetcher) -> None:
    chunked = Answer(b"5\r\nSmall\r\n7\r\n things\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    with ScriptedWeb({"/a": chunked}) as web:
        assert body_of(fetcher, web.url("/a")) == b"Small things"


def test_what_is_unchanged_is_not_sent_again(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/feed": Answer("<rss/>", etag='W/"ä1"', last_modified="Mon, 02 Feb 2026 09:00:00 GMT")}) as web:
        with fetcher.fetch(web.url("/feed"), max_bytes=1000) as first:
            assert first.stream.read() == b"<rss/>"
        for known in ({"etag": first.etag}, {"last_modified": first.last_modified}):
            with fetcher.fetch(web.url("/feed"), max_bytes=1000, **known) as again:
                assert again.is_unchanged and again.stream.read() == b""
        with fetcher.fetch(web.url("/feed"), max_bytes=1000, etag='"another"') as changed:
            assert not changed.is_unchanged


def test_validator_that_is_no_header_value_is_not_sent(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/feed": Answer("<rss/>")}) as web:
        fetcher.fetch(web.url("/feed"), max_bytes=1000, etag='"1"\r\nX-Evil: yes', last_modified="☃").close()
    assert not web.requests[0].headers.keys() & {"if-none-match", "if-modified-since", "x-evil"}


def test_validator_too_long_to_be_kept_is_forgotten(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/feed": Answer("<rss/>", etag=f'"{"x" * 1000}"')}) as web:
        with fetcher.fetch(web.url("/feed"), max_bytes=1000) as fetched:
            assert fetched.etag == ""


def test_unchanged_where_nothing_was_known_is_an_error(fetcher: Fetcher) -> None:
    assert said_by(fetcher, Answer(status=304)).status == 304


def test_one_connection_serves_many_requests_and_a_closed_one_is_replaced(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/a": Answer(PAGE), "/last": Answer(b"x", behaviour=DRIP)}) as web:
        for _ in range(3):
            body_of(fetcher, web.url("/a"))
        assert web.connections == 1
        assert body_of(fetcher, web.url("/last")) == b"x"  # after it the server closes, and does not say so
        assert body_of(fetcher, web.url("/a")) == PAGE.encode()
        assert web.connections == 2


def test_two_threads_share_one_fetcher(fetcher: Fetcher) -> None:
    with ScriptedWeb({f"/{number}": Answer(f"page {number}" * 1000) for number in range(40)}) as web:
        with ThreadPoolExecutor(2) as threads:
            found = list(threads.map(lambda number: body_of(fetcher, web.url(f"/{number}")), range(40)))
    assert found == [f"page {number}".encode() * 1000 for number in range(40)]


def test_host_may_be_an_ipv6_address() -> None:
    try:
        web = ScriptedWeb({"/a": Answer(PAGE)}, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with web, closing(Fetcher(["::1"])) as fetcher:
        assert body_of(fetcher, web.url("/a")) == PAGE.encode()
        assert web.requests[0].headers["host"] == f"[::1]:{web.port}"


# -- redirects


@pytest.mark.parametrize(
    ("statuses", "is_for_ever"),
    [
        ([301], True),
        ([308], True),
        ([301, 308], True),
        ([302], False),
        ([301, 302], False),
        ([303], False),
        ([307], False),
    ],
)
def test_redirects_are_followed_and_only_lasting_ones_move_the_address(
    fetcher: Fetcher, statuses: Sequence[int], is_for_ever: bool
) -> None:
    scripts: dict[str, Script] = {f"/{step}": redirect(f"/{step + 1}", status) for step, status in enumerate(statuses)}
    scripts[f"/{len(statuses)}"] = Answer(PAGE)
    with ScriptedWeb(scripts) as web, fetcher.fetch(web.url("/0"), max_bytes=1000) as fetched:
        assert fetched.url == web.url(f"/{len(statuses)}")
        assert fetched.permanent_url == (fetched.url if is_for_ever else "")
        assert fetched.stream.read() == PAGE.encode()


def test_moving_for_ever_from_https_to_http_is_followed_once_and_not_taken_down() -> None:
    context = ssl.create_default_context(cafile=str(AUTHORITY))
    with ScriptedWeb({"/a": Answer(PAGE)}) as plain:
        moved = {"/a": redirect(plain.url("/a"), 301)}
        fetcher = Fetcher(["localhost", LOOPBACK], trust=context)
        with closing(fetcher), ScriptedWeb(moved, certificate=LOCALHOST) as web:
            with fetcher.fetch(web.url("/a", "localhost"), max_bytes=1000) as fetched:
                assert (fetched.url, fetched.permanent_url) == (plain.url("/a"), "")


def test_five_redirects_are_followed_and_not_six(fetcher: Fetcher) -> None:
    steps: dict[str, Script] = {f"/{step}": redirect(f"/{step + 1}") for step in range(10)}
    with ScriptedWeb({**steps, "/5": Answer(PAGE)}) as web:
        assert body_of(fetcher, web.url("/0")) == PAGE.encode()
    with ScriptedWeb(steps) as web:
        assert "redirects more than 5 times" in str(failure_of(fetcher, web.url("/0")))
        assert len(web.requests) == 6


def test_redirects_in_a_circle_are_seen(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/a": redirect("/b"), "/b": redirect("/a#again")}) as web:
        assert "round in a circle" in str(failure_of(fetcher, web.url("/a")))
        assert len(web.requests) == 2


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("ftp://example.org/a", "only https and http"),
        ("file:///etc/passwd", "only https and http"),
        ("javascript:alert(1)", "only https and http"),
        ("http://ada:secret@example.org/", "user name"),
        ("http://2130706433/", "odd spelling"),
        ("http://[::1", "malformed"),
        ("\\\\example.org\\a", "backslash"),
        ("", "does not say where to"),
    ],
)
def test_redirect_to_what_is_not_fetched_is_refused(fetcher: Fetcher, to: str, words: str) -> None:
    error = said_by(fetcher, redirect(to))
    assert words in error.words and error.status == 302
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "to",
    ["http://localhost:{port}/in", "http://127.0.0.2:{port}/in", "http://[::1]:{port}/in", "http://169.254.169.254/"],
)
def test_redirect_into_the_house_is_refused_and_nothing_is_asked(fetcher: Fetcher, to: str) -> None:
    with ScriptedWeb({"/in": Answer("secret")}) as web:
        web.scripts["/a"] = redirect(to.format(port=web.port))
        error = failure_of(fetcher, web.url("/a"))
        assert "it leads to http://" in error.words and "fetch.allow_hosts" in error.words
        assert [request.path for request in web.requests] == ["/a"]


# -- who may be asked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_not_asked_unless_it_was_opened_by_that_name(host: str) -> None:
    with ScriptedWeb({"/a": Answer(PAGE)}) as web:
        for entries in ([], ["example.org"], [f"{host}:1"]):
            with closing(Fetcher(entries)) as closed:
                assert "this machine itself" in failure_of(closed, web.url("/a", host)).words
        assert not web.requests and not web.connections
        with closing(Fetcher([f"{host}:{web.port}"])) as opened:
            assert body_of(opened, web.url("/a", host)) == PAGE.encode()


def test_host_that_is_both_public_and_private_is_not_asked() -> None:
    with ScriptedWeb({"/a": Answer(PAGE)}) as web:
        both = Fetcher(resolve=lambda host, port: ["93.184.215.14", "127.0.0.1"])
        with closing(both):
            error = failure_of(both, web.url("/a", "both.example.org"))
        assert "leads to 127.0.0.1, which is this machine itself" in error.words
        assert not web.connections


def test_name_is_looked_up_once_and_what_was_judged_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    def no_other_way(*arguments: object, **options: object) -> None:
        raise AssertionError("a second lookup")

    monkeypatch.setattr(socket, "getaddrinfo", no_other_way)
    monkeypatch.setattr(socket, "create_connection", no_other_way)
    with ScriptedWeb({"/a": Answer(PAGE)}) as web, closing(Fetcher(["blog.example.org"], resolve=rebinding)) as fetcher:
        assert body_of(fetcher, web.url("/a", "blog.example.org")) == PAGE.encode()
        assert web.requests[0].headers["host"] == f"blog.example.org:{web.port}"
    assert asked == ["blog.example.org"]


def test_name_that_turns_private_later_is_judged_again() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    fetcher = Fetcher([LOOPBACK], resolve=lambda host, port: next(answers))
    with ScriptedWeb() as web, closing(fetcher):
        for address in ("127.0.0.1", "10.0.0.1"):
            assert f"leads to {address}" in failure_of(fetcher, web.url("/a", "blog.example.org")).words
        assert not web.connections


def test_next_address_is_tried_when_one_does_not_answer() -> None:
    with ScriptedWeb({"/a": Answer(PAGE)}) as web:
        fetcher = Fetcher(["blog.example.org"], resolve=lambda host, port: ["::1", "127.0.0.1"])
        with closing(fetcher):
            assert body_of(fetcher, web.url("/a", "blog.example.org")) == PAGE.encode()


def test_port_of_another_service_is_not_asked(fetcher: Fetcher) -> None:
    assert "port 6379 belongs to something else" in failure_of(fetcher, f"http://{LOOPBACK}:6379/").words


def test_entry_that_opens_nothing_is_an_error_at_once() -> None:
    with pytest.raises(ConfigError, match=r"fetch\.allow_hosts"):
        Fetcher(["*.example.org"])


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("http://ada:secret@example.org/", "http://…@example.org/"),
        ("example.org", "example.org"),
        ("http://exam\nple.org/", "http://exam\ufffdple.org/"),
    ],
)
def test_address_that_is_not_one_is_named_safely(fetcher: Fetcher, url: str, source: str) -> None:
    error = failure_of(fetcher, url)
    assert (error.source, error.status) == (source, None)


# -- answers that are not what was asked for


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (204, "no answer that can be read"),
        (400, "no answer that can be read"),
        (401, "asks for a login"),
        (403, "asks for a login"),
        (404, "nothing at this address"),
        (410, "gone for good"),
        (429, "too often"),
        (500, "the server failed"),
        (503, "the server failed"),
    ],
)
def test_status_is_told_in_words(fetcher: Fetcher, status: int, words: str) -> None:
    error = said_by(fetcher, Answer("Sorry" if status != 204 else b"", status=status, headers={}))
    assert words in error.words and f"({status})" in error.words
    assert error.status == status


def test_answer_that_says_it_is_too_large_is_not_read(fetcher: Fetcher) -> None:
    announced = Answer(b"x", headers={"Content-Length": "5000000000"}, behaviour=DRIP)
    error = said_by(fetcher, announced, 1000)
    assert "larger than 1000 bytes" in error.words and isinstance(error, TooLarge)


def test_answer_may_be_as_large_as_allowed_and_not_a_byte_more(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/a": Answer(b"x" * 500)}) as web:
        assert len(body_of(fetcher, web.url("/a"), 500)) == 500
        assert "larger than 499 bytes" in failure_of(fetcher, web.url("/a"), 499).words


def test_answer_that_never_ends_is_left_at_the_limit(fetcher: Fetcher) -> None:
    assert "larger than 3 MB" in said_by(fetcher, Answer(b"and so on " * 1000, behaviour=NEVER_END), 3_000_000).words


def test_large_answer_lies_in_the_folder_that_was_named_and_leaves_nothing_there(tmp_path: Path) -> None:
    page = b"and so on " * 300_000
    with ScriptedWeb({"/a": Answer(page)}) as web, closing(Fetcher([LOOPBACK], folder=tmp_path)) as fetcher:
        with fetcher.fetch(web.url("/a"), max_bytes=len(page)) as fetched:
            kept = os.readlink(f"/proc/self/fd/{fetched.stream.fileno()}")
            assert kept.startswith(str(tmp_path)) and fetched.stream.read() == page
        assert list(tmp_path.iterdir()) == []


def test_answer_for_which_there_is_no_room_is_one_line(tmp_path: Path) -> None:
    with closing(Fetcher([LOOPBACK], folder=tmp_path / "gone")) as fetcher:
        error = said_by(fetcher, Answer(b"and so on " * 300_000), 5_000_000)
    assert error.words == "there is no room for it here (No such file or directory)"


def test_bomb_stops_at_the_limit_and_takes_little_memory(fetcher: Fetcher) -> None:
    bomb = Answer(gzip.compress(b"\0" * 60_000_000), headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        assert "larger than 5 MB" in said_by(fetcher, bomb, 5_000_000).words
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000


def test_what_is_packed_larger_than_it_is_counts_too(fetcher: Fetcher) -> None:
    many_empty = gzip.compress(b"") * 1000
    answer = Answer(many_empty, headers={"Content-Encoding": "gzip"}, behaviour=NEVER_END)
    assert "larger than 0.1 MB" in said_by(fetcher, answer, 100_000).words


@pytest.mark.parametrize(
    ("coding", "body", "words"),
    [
        ("br", b"whatever", "coded as 'br'"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"a", mtime=0), mtime=0), "coded as 'gzip, gzip'"),
        ("gzip", b"plain", "said to be gzip"),
        ("gzip", gzip.compress(PAGE.encode(), mtime=0)[:-4], "breaks off"),
    ],
)
def test_packing_that_cannot_be_undone_is_an_error(fetcher: Fetcher, coding: str, body: bytes, words: str) -> None:
    assert words in said_by(fetcher, Answer(body, headers={"Content-Encoding": coding})).words


def test_answer_that_breaks_off_is_an_error(fetcher: Fetcher) -> None:
    error = said_by(fetcher, Answer(PAGE * 100, behaviour=CUT))
    assert error.words == "the connection broke off before its end"


def test_connection_closed_instead_of_an_answer_is_an_error_and_not_tried_again(fetcher: Fetcher) -> None:
    with ScriptedWeb({"/a": Answer(behaviour=CUT_AT_ONCE)}) as web:
        assert "closed the connection without an answer" in failure_of(fetcher, web.url("/a")).words
        assert web.count("/a") == 1


def test_headers_without_end_are_left(fetcher: Fetcher) -> None:
    assert "headers are too long" in said_by(fetcher, Answer(behaviour=ENDLESS_HEAD)).words


def test_answer_that_is_not_http_is_an_error(fetcher: Fetcher) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 localhost ESMTP\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert "not HTTP" in failure_of(fetcher, f"http://{LOOPBACK}:{listening.getsockname()[1]}/").words
        thread.join()


# -- time


@pytest.mark.parametrize("behaviour", [SILENCE, DRIP_HEAD])
def test_head_that_does_not_come_ends_at_the_deadline(hurried: Fetcher, behaviour: str) -> None:
    assert said_by(hurried, Answer(PAGE * 100, behaviour=behaviour)).words == "no answer came within 0.3 seconds"


def test_body_that_drips_ends_at_the_deadline() -> None:
    with closing(Fetcher([LOOPBACK], timeout=1.0)) as fetcher:
        error = said_by(fetcher, Answer(PAGE * 100, behaviour=DRIP))
    assert error.words == "it did not come to its end within 1 seconds (fetch.timeout)"
    assert error.status == 200


def test_redirects_share_one_deadline() -> None:
    scripts: dict[str, Script] = {
        f"/{step}": Answer(status=302, headers={"Location": f"/{step + 1}"}, behaviour=DRIP_HEAD, pause=0.003)
        for step in range(5)
    }
    with ScriptedWeb({**scripts, "/5": Answer(PAGE)}) as web:
        with closing(Fetcher([LOOPBACK], timeout=0.7)) as fetcher:
            assert "no answer came within 0.7 seconds" in failure_of(fetcher, web.url("/0")).words


def test_resolver_that_does_not_answer_ends_at_the_deadline() -> None:
    is_over = threading.Event()

    def silent(host: str, port: int) -> list[str]:
        is_over.wait()
        return []

    with closing(Fetcher(timeout=SOON, resolve=silent)) as fetcher:
        assert failure_of(fetcher, "http://blog.example.org/").words == "no answer came within 0.3 seconds"
    is_over.set()


# -- hosts that are not there


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "there is no host gone.example.org"),
        (socket.gaierror(socket.EAI_AGAIN, "Try again"), "cannot be looked up now"),
        (UnicodeError("label too long"), "there is no host gone.example.org"),
    ],
)
def test_name_that_is_not_known_is_told(error: Exception, words: str) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise error

    with closing(Fetcher(resolve=unknown)) as fetcher:
        assert words in failure_of(fetcher, "https://gone.example.org/a.jpg").words


def test_refused_connection_is_told(fetcher: Fetcher) -> None:
    with ScriptedWeb() as web:
        gone = web.url("/a")
    assert failure_of(fetcher, gone).words == "the connection was refused"


def test_host_that_is_silent_twice_is_not_asked_again(hurried: Fetcher) -> None:
    with ScriptedWeb({"/a": Answer(behaviour=SILENCE)}) as web:
        for _ in range(2):
            assert failure_of(hurried, web.url("/a")).words == "no answer came within 0.3 seconds"
        for path in ("/a", "/b"):
            words = failure_of(hurried, web.url(path)).words
            assert words.startswith(f"{LOOPBACK}:{web.port} did not answer twice and was not asked again")


class Resolver:
    """Leads every name to loopback, but for as many times as it is told to fail."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        if self.fails:
            self.fails -= 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [LOOPBACK]


def test_host_that_was_not_there_twice_is_left_alone_for_a_while() -> None:
    clock, resolver = [0.0], Resolver(fails=2)
    fetcher = Fetcher(["blog.example.org"], resolve=resolver, clock=lambda: clock[0])
    with ScriptedWeb({"/a": Answer(PAGE)}) as web, closing(fetcher):
        url = web.url("/a", "blog.example.org")
        for _ in range(2):
            assert failure_of(fetcher, url).words == "there is no host blog.example.org"
        for clock[0] in (1.0, 599.0):
            assert failure_of(fetcher, url).words == (
                f"blog.example.org:{web.port} did not answer twice and was not asked again"
                " (there is no host blog.example.org)"
            )
        assert resolver.asked == 2
        clock[0] = 601.0
        assert body_of(fetcher, url) == PAGE.encode()


def test_host_that_answered_in_between_is_asked_on() -> None:
    resolver = Resolver()
    fetcher = Fetcher(["blog.example.org"], resolve=resolver)
    with ScriptedWeb({"/a": Answer(PAGE, headers={"Connection": "close"})}) as web, closing(fetcher):
        url = web.url("/a", "blog.example.org")
        for _ in range(3):
            resolver.fails = 1
            assert failure_of(fetcher, url).words == "there is no host blog.example.org"
            assert body_of(fetcher, url) == PAGE.encode()


def test_port_where_nobody_answers_does_not_close_the_host(fetcher: Fetcher) -> None:
    with ScriptedWeb() as gone:
        silent = gone.url("/a")
    with ScriptedWeb({"/a": Answer(PAGE)}) as web:
        for _ in range(3):
            failure_of(fetcher, silent)
        assert body_of(fetcher, web.url("/a")) == PAGE.encode()


def test_missing_pages_do_not_make_a_host_silent(fetcher: Fetcher) -> None:
    with ScriptedWeb() as web:
        for _ in range(4):
            assert failure_of(fetcher, web.url("/a")).status == 404
        assert web.count("/a") == 4


# -- TLS


def trusting(name: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / name))


def test_encrypted_page_is_fetched_under_the_name_in_its_certificate() -> None:
    with ScriptedWeb({"/a": Answer(PAGE)}, certificate=LOCALHOST) as web:
        with closing(Fetcher(["localhost"], trust=trusting("authority.pem"))) as fetcher:
            for _ in range(2):
                assert body_of(fetcher, web.url("/a", "localhost")) == PAGE.encode()
        assert web.connections == 1


@pytest.mark.parametrize(
    ("certificate", "trusted", "host", "words"),
    [
        ("localhost.pem", "authority.pem", "blog.example.org", "the certificate belongs to another name"),
        ("localhost.pem", "authority.pem", "127.0.0.1", "the certificate belongs to another address"),
        ("localhost.pem", "", "localhost", "the certificate is signed by an authority that is not known here"),
        ("self-signed.pem", "", "localhost", "the certificate is self-signed"),
        ("expired.pem", "expired.pem", "localhost", "the certificate has expired"),
    ],
)
def test_certificate_that_is_not_to_be_trusted_is_told(certificate: str, trusted: str, host: str, words: str) -> None:
    context = trusting(trusted) if trusted else None
    with ScriptedWeb({"/a": Answer(PAGE)}, certificate=CERTIFICATES / certificate) as web:
        with closing(Fetcher([host], trust=context, resolve=lambda host, port: ["127.0.0.1"])) as fetcher:
            assert failure_of(fetcher, web.url("/a", host)).words == f"TLS failed: {words}"
        assert not web.requests


def test_server_without_tls_is_told_from_a_bad_certificate(fetcher: Fetcher) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        words = failure_of(fetcher, f"https://{LOOPBACK}:{listening.getsockname()[1]}/").words
        thread.join()
    assert words == "TLS failed: the server does not speak it on this port"
