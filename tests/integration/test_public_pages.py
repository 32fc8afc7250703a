"""The pages every mail links to, asked over real connections and answered from a real home."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from newsletter.desk import letters, sending
from newsletter.states import IssueState
from newsletter.store.newsletters import add_newsletter
from sample_pages import NEWSLETTER
from served_home import NOON, PUBLIC_ID, ServedHome, served_home
from subscribers import SubscriptionStatus, Tokens
from subscribers.tables import subscribers, subscriptions
from subscribers.tokens import Purpose

ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = b'--limit\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--limit--\r\n'
URL_ENCODED = "application/x-www-form-urlencoded"
FORM_DATA = "multipart/form-data; boundary=limit"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ServedHome]:
    with served_home(tmp_path / "home") as served:
        yield served


@pytest.fixture(scope="module")
def lasting_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    """For tests that only ask, and prove that asking changed nothing."""
    with served_home(tmp_path_factory.mktemp("lasting") / "home") as served:
        yield served


def ask(home: ServedHome, method: str, path: str, **how: object) -> httpx.Response:
    # Longer than a template may take on a machine that has other things to do.
    return httpx.request(method, home.url + path, timeout=30, **how)  # type: ignore[arg-type]


def ask_raw(home: ServedHome, method: str, path: str, body: bytes | None = None, kind: str = "") -> int:
    """The status for a path that is sent to the letter: httpx would tidy it up."""
    connection = http.client.HTTPConnection("127.0.0.1", home.server.port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        return connection.getresponse().status
    finally:
        connection.close()


# The way out of a list.


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_unsubscribe_link_changes_nothing(home: ServedHome, method: str) -> None:
    before = home.audience_rows()
    answer = ask(home, method, home.ada_leaves)
    assert answer.status_code == 200
    assert home.audience_rows() == before


def test_unsubscribe_page_names_list_and_newsletter_and_offers_a_button(home: ServedHome) -> None:
    page = ask(home, "GET", home.ada_leaves).text
    assert "<strong>Friends</strong>" in page
    assert "<strong>Harbour Letters</strong>" in page
    assert '<form method="post"><button type="submit">Unsubscribe</button></form>' in page
    assert "ada@example.org" not in page  # a mail is passed on with its link


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (URL_ENCODED, ONE_CLICK),
        (FORM_DATA, MULTIPART),
        (URL_ENCODED, b""),
        ("", b""),
        (FORM_DATA, b"--limit\r\nbroken"),
        ("multipart/form-data", MULTIPART),
        ("application/json", b"{"),
        (URL_ENCODED, b"%FF%" * 1000),
        ("text/plain", b"x" * 64 * 1024),
    ],
)
def test_one_post_unsubscribes_whatever_it_holds(home: ServedHome, kind: str, body: bytes) -> None:
    answer = ask(home, "POST", home.ada_leaves, content=body, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert home.status("ada@example.org") is SubscriptionStatus.UNSUBSCRIBED
    assert home.status("ben@example.org") is SubscriptionStatus.PENDING


def test_body_in_chunks_unsubscribes(home: ServedHome) -> None:
    assert ask(home, "POST", home.ada_leaves, content=iter([ONE_CLICK[:9], ONE_CLICK[9:]])).is_success
    assert home.status("ada@example.org") is SubscriptionStatus.UNSUBSCRIBED


def test_unsubscribing_twice_is_as_good_as_once(home: ServedHome) -> None:
    first = ask(home, "POST", home.ada_leaves, content=ONE_CLICK)
    after_first = home.audience_rows()
    second = ask(home, "POST", home.ada_leaves, content=ONE_CLICK)
    assert (second.status_code, second.text) == (first.status_code, first.text)
    assert home.audience_rows() == after_first


def test_evidence_says_which_link_was_used_and_nothing_of_the_machine_it_came_from(home: ServedHome) -> None:
    ask(home, "POST", home.ada_leaves, content=ONE_CLICK)
    evidence = home.profile("ada@example.org").consents[-1]
    assert (evidence.what, evidence.where) == ("unsubscribed", f"unsubscribe link, issue {home.issue_id}")
    assert (evidence.when, evidence.list_name) == (NOON, "Friends")


def test_link_of_a_mail_that_was_no_issue_works(home: ServedHome) -> None:
    ask(home, "POST", home.link(home.ada, None))
    assert home.profile("ada@example.org").consents[-1].where == "unsubscribe link"
    assert home.status("ada@example.org") is SubscriptionStatus.UNSUBSCRIBED


def test_pages_set_no_cookie(home: ServedHome) -> None:
    answers = [
        ask(home, "GET", home.ada_leaves),
        ask(home, "POST", home.ada_leaves, headers={"Cookie": "session=stolen"}),
    ]
    assert [answer.headers.get("set-cookie") for answer in answers] == [None, None]


def test_reader_who_was_erased_meanwhile_is_told_the_same(home: ServedHome) -> None:
    told = ask(home, "POST", home.ada_leaves).text
    with home.app.database.write() as connection:
        connection.execute(delete(subscriptions).where(subscriptions.c.subscriber_id == home.ben))
        connection.execute(delete(subscribers).where(subscribers.c.id == home.ben))
    answer = ask(home, "POST", home.link(home.ben, home.issue_id))
    assert (answer.status_code, answer.text) == (200, told)


def foreign_tokens(home: ServedHome) -> list[str]:
    good = home.ada_leaves.removeprefix("/unsubscribe/")
    elsewhere = Tokens(b"the secret of another home").unsubscribe_token(home.ada, home.list_id, home.issue_id)
    return [good[:-1], good + "A", good.swapcase(), f"{good}/", f"a/{good}", elsewhere, Purpose.TEST_COPY, "", "ü"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_token_that_is_not_ours_gets_a_page_that_says_what_to_do(lasting_home: ServedHome, method: str) -> None:
    before = lasting_home.audience_rows()
    for token in foreign_tokens(lasting_home):
        answer = ask(lasting_home, method, f"/unsubscribe/{token}", content=ONE_CLICK)
        assert answer.status_code == 404, token
        assert "ask to be taken off the list" in answer.text
    assert lasting_home.audience_rows() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_link_of_a_test_copy_says_so_and_changes_nothing(lasting_home: ServedHome, method: str) -> None:
    before = lasting_home.audience_rows()
    answer = ask(lasting_home, method, f"/unsubscribe/{lasting_home.app.tokens.test_copy_token()}")
    assert answer.status_code == 200
    assert "This is a test copy" in answer.text
    assert lasting_home.audience_rows() == before


@pytest.mark.parametrize("size", [64 * 1024 + 1, 900_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_too_large_is_refused_and_unsubscribes_nobody(
    lasting_home: ServedHome, size: int, is_chunked: bool
) -> None:
    content = iter([b"x" * size]) if is_chunked else b"x" * size
    before = lasting_home.audience_rows()
    assert ask(lasting_home, "POST", lasting_home.ada_leaves, content=content).status_code == 413
    assert lasting_home.audience_rows() == before


def test_endless_body_is_not_listened_to(lasting_home: ServedHome) -> None:
    with socket.create_connection(("127.0.0.1", lasting_home.server.port), timeout=30) as connection:
        head = f"POST {lasting_home.ada_leaves} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        with pytest.raises(OSError):  # it hangs up
            for _ in range(10_000):
                connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
    assert lasting_home.status("ada@example.org") is SubscriptionStatus.CONFIRMED


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    token=st.one_of(st.text(), st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[A-Za-z0-9_-]{43}", fullmatch=True)),
    body=st.binary(max_size=200),
    kind=st.sampled_from([URL_ENCODED, FORM_DATA, "x"]),
)
def test_no_made_up_token_is_believed(lasting_home: ServedHome, token: str, body: bytes, kind: str) -> None:
    before = lasting_home.audience_rows()
    path = "/unsubscribe/" + quote(token.encode("utf-8", "surrogatepass"), safe="/")
    assert ask_raw(lasting_home, "POST", path, body, kind) == 404
    assert ask_raw(lasting_home, "GET", path) == 404
    assert lasting_home.audience_rows() == before


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
    start=st.sampled_from(["/", "/media/", "/archive/", "/unsubscribe/", "/healthz/", "//"]),
    rest=st.one_of(
        st.binary(max_size=60), st.sampled_from([b"../config.toml", b"..", b".", b"a\x00.jpg", b"x" * 5000])
    ),
    body=st.one_of(st.none(), st.binary(max_size=100)),
)
def test_no_request_makes_the_server_fail(
    lasting_home: ServedHome, method: str, start: str, rest: bytes, body: bytes | None
) -> None:
    before = lasting_home.audience_rows()
    path = start + quote(rest, safe="/.:")
    assert ask_raw(lasting_home, method, path, body) in (404, 405), path
    assert lasting_home.audience_rows() == before


# The web view.


def test_web_view_is_the_same_for_everybody(lasting_home: ServedHome) -> None:
    one = ask(lasting_home, "GET", f"/archive/{PUBLIC_ID}")
    other = ask(lasting_home, "GET", f"/archive/{PUBLIC_ID}?reader=1", headers={"Cookie": "a=b"})
    assert one.status_code == 200
    assert "How Small Promises Grow" in one.text
    assert one.text == other.text
    assert "/unsubscribe/" not in one.text


@pytest.mark.parametrize(
    ("ways", "status"),
    [
        ((), 404),  # a draft is nobody's business yet
        ((IssueState.SENDING,), 200),
        ((IssueState.SENDING, IssueState.PAUSED), 200),
        ((IssueState.SENDING, IssueState.SENT), 200),
        ((IssueState.SENDING, IssueState.CANCELLED), 404),
    ],
)
def test_web_view_is_there_once_the_issue_goes_out(
    lasting_home: ServedHome, ways: tuple[IssueState, ...], status: int
) -> None:
    public_id = "_".join(["issue", *ways])
    lasting_home.move_issue(lasting_home.add_issue(public_id, "<!doctype html>"), *ways)
    assert ask(lasting_home, "GET", f"/archive/{public_id}").status_code == status


def test_letter_has_its_web_view_once_it_is_sent(home: ServedHome, tmp_path: Path) -> None:
    file = tmp_path / "snow.md"
    file.write_text("# Closed for snow\n\nThe road is not cleared, so **we stay closed on Thursday**.\n", "utf-8")
    letter = letters.write_letter(home.app, file, "Friends", None, None).issue
    assert ask(home, "GET", f"/archive/{letter.public_id}").status_code == 404
    sending.start(home.app, letter)
    page = ask(home, "GET", f"/archive/{letter.public_id}")
    assert page.status_code == 200
    assert "Closed for snow" in page.text and "<strong>we stay closed on Thursday</strong>" in page.text
    assert "/unsubscribe/" not in page.text


def test_web_view_lets_pictures_come_from_our_own_hosts_alone(lasting_home: ServedHome) -> None:
    policy = ask(lasting_home, "GET", f"/archive/{PUBLIC_ID}").headers["content-security-policy"]
    pictures = next(part.split() for part in policy.split("; ") if part.startswith("img-src"))
    own = lasting_home.app.base_url
    assert pictures == ["img-src", "'self'", own, "https://example.org", "https://*.example.org"]


# Pictures.


def test_picture_is_served_as_what_it_is_and_kept_long(lasting_home: ServedHome) -> None:
    answer = ask(lasting_home, "GET", "/media/hero.jpg")
    assert answer.content == (lasting_home.app.home.media / "hero.jpg").read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=2592000"
    again = ask(lasting_home, "GET", "/media/hero.jpg", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_picture_in_a_folder_is_found_whatever_its_capitals(home: ServedHome) -> None:
    (home.app.home.media / "2026").mkdir()
    (home.app.home.media / "2026" / "Zwei Wörter.PNG").write_bytes(b"png")
    assert ask(home, "GET", "/media/2026/Zwei%20W%C3%B6rter.PNG").headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "path",
    [
        "/media/../config.toml",
        "/media/../secret.jpg",
        "/media/%2e%2e/secret.jpg",
        "/media/..%2fsecret.jpg",
        "/media/..%5csecret.jpg",
        "/media//secret.jpg",
        "/media/{home}/secret.jpg",
        "/media/link.jpg",
        "/media/folder/secret.jpg",
        "/media/circle.jpg",
        "/media/.hidden.jpg",
        "/media/.git/a.jpg",
        "/media/a.svg",
        "/media/a.html",
        "/media/jpg",
        "/media/folder.jpg",
        "/media/pipe.jpg",
        "/media/absent.jpg",
        "/media/a%00.jpg",
        "/media/" + "x" * 400 + ".jpg",
        "/media/",
        "/media",
    ],
)
def test_nothing_but_pictures_of_the_media_folder_is_served(lasting_home: ServedHome, path: str) -> None:
    folder, media = lasting_home.app.home.folder, lasting_home.app.home.media
    if not (folder / "secret.jpg").exists():
        (folder / "secret.jpg").write_bytes(b"secret")
        (media / "link.jpg").symlink_to(folder / "secret.jpg")
        (media / "folder").symlink_to(folder)
        (media / "circle.jpg").symlink_to(media / "circle.jpg")
        for name in (".hidden.jpg", "a.svg", "a.html", "jpg"):
            (media / name).write_bytes(b"secret")
        (media / ".git").mkdir()
        (media / ".git" / "a.jpg").write_bytes(b"secret")
        (media / "folder.jpg").mkdir()
        os.mkfifo(media / "pipe.jpg")
    assert ask_raw(lasting_home, "GET", path.replace("{home}", str(folder))) == 404


# Signs of life, and of trouble.


def test_pages_work_on_postgresql_too(tmp_path: Path, fresh_postgresql_url: str) -> None:
    with served_home(tmp_path / "home", {"database.url": fresh_postgresql_url}) as home:
        assert ask(home, "GET", "/healthz").json() == {"status": "ok"}
        assert ask(home, "GET", f"/archive/{PUBLIC_ID}").is_success
        assert ask(home, "GET", "/archive/a%00b").status_code == 404  # PostgreSQL takes no NUL
        assert "<strong>Friends</strong>" in ask(home, "POST", home.ada_leaves).text
        assert home.status("ada@example.org") is SubscriptionStatus.UNSUBSCRIBED


def test_healthz_is_well_while_the_database_answers(lasting_home: ServedHome) -> None:
    answer = ask(lasting_home, "GET", "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def break_database(home: ServedHome) -> None:
    with home.app.database.write() as connection:
        for table in ("issue_articles", "deliveries", "issues", "consents", "subscriptions"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO lost_{table}"))


def test_healthz_is_unwell_without_the_database_and_says_no_more(home: ServedHome) -> None:
    break_database(home)
    answer = ask(home, "GET", "/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_reader_is_asked_to_come_again_while_the_database_is_away(home: ServedHome, method: str) -> None:
    link = home.ada_leaves
    break_database(home)
    answer = ask(home, method, link, content=ONE_CLICK)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    assert "We cannot answer right now" in answer.text
    assert "sqlite" not in answer.text and "newsletter.db" not in answer.text


def test_fault_of_ours_is_a_page_that_gives_nothing_away(home: ServedHome) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a secret")

    home.server.web.add_api_route("/fail", fail)
    answer = ask(home, "GET", "/fail")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert is_guarded(answer)


def test_address_without_a_page_says_so_in_the_look(lasting_home: ServedHome) -> None:
    for path in ("/", "/docs", "/openapi.json", "/redoc", "/archive/", "/healthz/"):
        answer = ask(lasting_home, "GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), path
        assert "There is no page here" in answer.text and "Harbour Letters" in answer.text


@pytest.mark.parametrize("path", ["/healthz", f"/archive/{PUBLIC_ID}", "/media/hero.jpg"])
def test_page_that_is_only_read_refuses_other_methods(lasting_home: ServedHome, path: str) -> None:
    answer = ask(lasting_home, "POST", path)
    assert answer.status_code == 405
    assert {word.strip() for word in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


# What every answer carries.


def is_guarded(answer: httpx.Response) -> bool:
    headers = answer.headers
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    return (
        policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        and "script-src" not in policy
        and headers["x-content-type-options"] == "nosniff"
        and headers["referrer-policy"] == "no-referrer"
        and "camera=()" in headers["permissions-policy"]
        and headers["cross-origin-opener-policy"] == "same-origin"
        and "cross-origin-resource-policy" in headers
        and "server" not in headers
        and "set-cookie" not in headers
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_every_answer_is_guarded(lasting_home: ServedHome, method: str) -> None:
    test_copy = f"/unsubscribe/{lasting_home.app.tokens.test_copy_token()}"
    paths = [
        "/healthz",
        "/media/hero.jpg",
        "/media/a",
        f"/archive/{PUBLIC_ID}",
        "/archive/a",
        test_copy,
        "/unsubscribe/a",
    ]
    for path in [*paths, "/nothing"]:
        assert is_guarded(ask(lasting_home, method, path)), path
    assert is_guarded(ask(lasting_home, method, "/nothing", content=b"x" * 70_000))


def test_pages_of_a_token_are_neither_kept_nor_listed(home: ServedHome) -> None:
    for method in ("GET", "HEAD", "POST"):
        headers = ask(home, method, home.ada_leaves).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"].startswith("noindex")
    assert ask(home, "GET", f"/archive/{PUBLIC_ID}").headers["x-robots-tag"].startswith("noindex")


def test_head_says_what_get_would_say(lasting_home: ServedHome) -> None:
    for path in ("/healthz", "/media/hero.jpg", f"/archive/{PUBLIC_ID}", lasting_home.ada_leaves, "/nothing"):
        head, get = ask(lasting_home, "HEAD", path), ask(lasting_home, "GET", path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


# The look of the pages.


def test_page_speaks_for_the_newsletter_its_link_belongs_to(home: ServedHome) -> None:
    garden = replace(NEWSLETTER, name="Garden Letters", language="en-GB", postal_address="2 Green Lane")
    with home.app.database.write() as connection:
        newsletter_id = add_newsletter(connection, garden, NOON)
    issue_id = home.add_issue("garden", "", newsletter_id)
    page = ask(home, "GET", home.link(home.ada, issue_id)).text
    assert "<strong>Garden Letters</strong>" in page and "2 Green Lane" in page and '<html lang="en-GB">' in page
    assert "Harbour" not in page
    assert "<strong>Harbour Letters</strong>" in ask(home, "GET", home.ada_leaves).text


def test_template_of_the_home_goes_before_the_packaged_one(home: ServedHome) -> None:
    own = home.app.home.templates / "calm"
    own.mkdir()
    (own / "unsubscribed.html.j2").write_text("Adieu, {{ list_name }}!", "utf-8")
    assert ask(home, "POST", home.ada_leaves).text == "Adieu, Friends!"


ENDLESS = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    "template", ["{% if %}", "{{ nobody_knows }}", "{{ 1 / 0 }}", "{{ ''.__class__.mro() }}", ENDLESS]
)
def test_reader_can_leave_though_a_template_of_the_home_is_broken(home: ServedHome, template: str) -> None:
    own = home.app.home.templates / "calm"
    own.mkdir()
    (own / "page.html.j2").write_text(template, "utf-8")
    answer = ask(home, "POST", home.ada_leaves)
    assert answer.status_code == 200 and "You are unsubscribed" in answer.text
    assert home.status("ada@example.org") is SubscriptionStatus.UNSUBSCRIBED


def test_look_without_pages_gets_the_calm_ones(tmp_path: Path) -> None:
    with served_home(tmp_path / "home", {"newsletter.look": "bright"}) as home:
        bright = home.app.home.templates / "bright"
        bright.mkdir()
        (bright / "issue.mjml.j2").write_text("<mjml></mjml>", "utf-8")
        assert "Press the button" in ask(home, "GET", home.ada_leaves).text


def test_name_that_looks_like_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    named = replace(NEWSLETTER, name='<script>"&</script>', postal_address="<b>\n'")
    with served_home(tmp_path / "home", newsletter=named) as home:
        page = ask(home, "GET", home.ada_leaves).text
        assert "&lt;script&gt;&#34;&amp;&lt;/script&gt;" in page
        assert "<script" not in page and "<b>" not in page


@pytest.mark.parametrize("path", ["/letters/healthz", "/healthz"])
def test_pages_below_a_path_are_found_whatever_the_proxy_takes_off(tmp_path: Path, path: str) -> None:
    with served_home(tmp_path / "home", {"web.base_url": "https://news.example.org/letters/"}) as home:
        assert ask(home, "GET", path).json() == {"status": "ok"}
        assert ask(home, "GET", "/lettershealthz").status_code == 404
