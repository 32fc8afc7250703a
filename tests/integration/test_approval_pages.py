"""The pages behind the links of an approval mail: what they take, refuse and tell, over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import house as builders
from asked_people import Mail, mails, set_options, visitor
from desk_house import ADA, DeskHouse
from newsletter.store import approvals
from newsletter.store import authors as author_store
from scripted_relay import ScriptedRelay

MARIA, OFFICE = "maria@example.org", "office@example.org"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeskHouse]:
    built = DeskHouse.built(tmp_path / "home", {})
    built.furnish()
    yield built
    built.close()


@pytest.fixture
def asked(house: DeskHouse) -> Iterator[dict[str, Mail]]:
    """The mails to those asked, by address."""
    set_options(house, approval="required", approvers=("author", OFFICE))
    with house.write() as connection:
        author_store.set_author(connection, "Maria Lindqvist", {"email": MARIA})
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.tick()
        yield {mail.to: mail for mail in mails(relay)}


def answers(house: DeskHouse) -> dict[str, tuple[str | None, str]]:
    with house.read() as connection:
        return {each.email: (each.answer, each.reason) for each in approvals.asked_about(connection, 1)}


def post(house: DeskHouse, link: str, content: bytes, kind: str) -> httpx.Response:
    with visitor(house) as someone:
        url = someone.url + urlsplit(link).path
        return httpx.post(url, content=content, headers={"Content-Type": kind} if kind else {})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"%FF%" * 1000),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(100))),
        ("multipart/form-data; boundary=limit", b"--limit\r\nbroken"),
        ("application/json", b"{"),
        ("", b""),
    ],
)
def test_form_that_is_none_says_nothing(house: DeskHouse, asked: dict[str, Mail], kind: str, body: bytes) -> None:
    page = post(house, asked[MARIA].links["It needs mending"], body, kind)
    assert page.status_code == 200
    assert "Please write in a few words what needs mending." in page.text
    assert answers(house) == {MARIA: (None, ""), OFFICE: (None, "")}


def test_more_than_a_form_holds_is_refused(house: DeskHouse, asked: dict[str, Mail]) -> None:
    kind = "application/x-www-form-urlencoded"
    page = post(house, asked[MARIA].links["It needs mending"], b"words=" + b"x" * 70_000, kind)
    assert page.status_code == 413
    assert answers(house)[MARIA] == (None, "")


def test_words_are_kept_as_written_within_bounds_and_shown_as_text(house: DeskHouse, asked: dict[str, Mail]) -> None:
    with visitor(house) as someone:
        someone.press(asked[MARIA].links["It needs mending"], words="<b>5 €</b> \U0001f600 " + "x" * 3_000)
    said, words = answers(house)[MARIA]
    assert said == "mend"
    assert words.startswith("<b>5 €</b> \U0001f600 xxx") and len(words) == 2_000


@pytest.mark.parametrize("is_left_in_place", [True, False])
def test_form_is_read_below_a_path_whatever_the_proxy_takes_off(
    house: DeskHouse, asked: dict[str, Mail], is_left_in_place: bool
) -> None:
    house.set(web__base_url="https://news.example.org/letters/")
    path = urlsplit(asked[MARIA].links["It needs mending"]).path
    with visitor(house) as someone:
        someone.press(f"/letters{path}" if is_left_in_place else path, words="Old number.")
    assert answers(house)[MARIA] == ("mend", "Old number.")


def test_page_tells_nothing_of_readers_and_is_kept_by_nobody(house: DeskHouse, asked: dict[str, Mail]) -> None:
    with visitor(house) as someone:
        for mail in asked.values():
            for link in mail.links.values():
                page = someone.open(link)
                assert ADA not in page.text
                assert page.headers["Cache-Control"] == "no-store"
                assert page.headers["Referrer-Policy"] == "no-referrer"
                assert "form-action 'self'" in page.headers["Content-Security-Policy"]


def test_title_of_an_article_is_text_on_the_page(house: DeskHouse) -> None:
    with house.write() as connection:
        author = author_store.find_author(connection, "Maria Lindqvist")
        assert author is not None and author.id is not None
        builders.add_article(connection, "trick", [author.id], title="<script>alert(1)</script>", priority=9)
    set_options(house, approval="required", approvers=(OFFICE,))
    with ScriptedRelay() as relay, visitor(house) as someone:
        house.set(smtp__port=relay.port)
        house.tick()
        (mail,) = mails(relay)
        page = someone.open(mail.links["Yes, send it"]).text
    assert "<script>" not in page + mail.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_link_of_another_home_is_none(house: DeskHouse, asked: dict[str, Mail], tmp_path: Path) -> None:
    (tmp_path / "home" / "keys" / "secret").write_text("another secret of more than sixteen bytes")
    house.app.__dict__.pop("tokens", None)
    with visitor(house) as someone:
        assert someone.press(asked[OFFICE].links["Yes, send it"]).status_code == 404
    assert answers(house)[OFFICE] == (None, "")
