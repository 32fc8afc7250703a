"""Pictures inside the message (delivery.inline_images), or loaded from where they are served (media.base_url)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import house as builders
from desk_house import ADA, DeskHouse
from newsletter.desk import audience, previewing
from newsletter.desk.media import read_pictures
from newsletter.errors import MessageError
from newsletter.model import Hero, Issue
from newsletter.states import IssueState
from newsletter.store import issues
from scripted_relay import ScriptedRelay
from subscribers import SubscriptionStatus

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BODY = '<p>See <img src="media/lake.png" alt="A lake" width="300"> and <a href="https://example.org/">more</a>.</p>'
COLOURS = {"hero.jpg": "navy", "lake.png": "teal", "ruth.jpg": "brown", "logo.gif": "black", "unused.png": "red"}


@dataclass
class Illustrated:
    house: DeskHouse
    issue: Issue

    @property
    def media(self) -> Path:
        return self.house.app.home.media


@pytest.fixture
def illustrated(house: DeskHouse) -> Illustrated:
    """An issue with a logo, a hero, a picture in the body and a portrait."""
    for name, colour in COLOURS.items():
        Image.new("RGB", (60, 40), colour).save(house.app.home.media / name)
    house.set(newsletter__logo="media/logo.gif")
    with house.write() as connection:
        ruth = builders.add_author(connection, "Ruth Weber", photo="media/ruth.jpg")
        hero = Hero("media/hero.jpg", "A quiet bay")
        builders.add_article(connection, "at-the-lake", [ruth], priority=9, body_html=BODY, hero=hero)
    return Illustrated(house, house.plan(pin="at-the-lake"))


def _parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _html(message: bytes) -> str:
    found = _parsed(message).get_body(("html",))
    assert found is not None
    return str(found.get_content())


def _pictures(message: bytes) -> dict[str, bytes]:
    """What travels along, by Content-ID."""
    parts = (part for part in _parsed(message).walk() if part.get_content_maintype() == "image")
    return {str(part["Content-ID"]).strip("<>"): part.get_payload(decode=True) for part in parts}  # type: ignore[misc]


def _sources(html: str) -> list[str]:
    return re.findall(r'<img[^>]*\ssrc="([^"]*)"', html)


def test_every_picture_the_mail_shows_travels_in_it_and_no_other(illustrated: Illustrated) -> None:
    illustrated.house.set(delivery__inline_images=True)
    message = illustrated.house.preview(illustrated.issue)
    pictures = _pictures(message)
    names = [source.removeprefix("cid:") for source in _sources(_html(message))]
    assert [pictures[name] for name in names] == [
        (illustrated.media / name).read_bytes() for name in ("logo.gif", "hero.jpg", "lake.png", "ruth.jpg")
    ]
    assert len(pictures) == 4 and "/media/" not in _html(message)


def test_what_is_previewed_with_pictures_is_what_is_handed_over(illustrated: Illustrated) -> None:
    house = illustrated.house
    house.set(delivery__inline_images=True)
    readers = [ADA, *house.add_readers(3)]
    shown = {email: house.preview(illustrated.issue, email) for email in readers}
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(illustrated.issue).words == ""
    assert {message.recipient: message.data for message in relay.messages} == shown


def test_web_view_and_page_shown_on_disk_keep_addresses(illustrated: Illustrated) -> None:
    house = illustrated.house
    house.set(delivery__inline_images=True)
    with house.read() as connection:
        page = issues.content_of(connection, illustrated.issue.id).web_html
    html = previewing.preview(house.app, str(illustrated.issue.id), ADA).html
    for shown in (page, html):
        assert len(_sources(shown)) == 4 and all("/media/" in source for source in _sources(shown))


def test_without_the_setting_nothing_travels_along(illustrated: Illustrated) -> None:
    message = illustrated.house.preview(illustrated.issue)
    assert _pictures(message) == {}
    assert _sources(_html(message))[0] == "http://127.0.0.1:8080/media/logo.gif"


def test_pictures_that_no_mailbox_takes_block_the_issue(illustrated: Illustrated) -> None:
    house = illustrated.house
    (illustrated.media / "hero.jpg").write_bytes(bytes(9_000_000))
    house.set(delivery__inline_images=True)
    words = house.refusal(illustrated.issue)
    assert "delivery.inline_images: each message would have 12.3 MB, more than 10 MB: media/hero.jpg 9.0 MB" in words
    assert words.endswith("Take smaller pictures, or set it to false.")
    house.set(delivery__inline_images=False)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(illustrated.issue).words == ""


def test_heavy_message_is_told_before_it_goes(illustrated: Illustrated) -> None:
    house = illustrated.house
    (illustrated.media / "hero.jpg").write_bytes(bytes(600_000))
    assert "message_size" not in {each.rule for each in previewing.check(house.app, str(illustrated.issue.id)).findings}
    house.set(delivery__inline_images=True)
    found = {each.rule: each for each in previewing.check(house.app, str(illustrated.issue.id)).findings}
    assert found["message_size"].severity == "warn" and "pictures" in found["message_size"].mend


def test_picture_that_is_gone_keeps_its_address_and_is_told(illustrated: Illustrated) -> None:
    house = illustrated.house
    house.set(delivery__inline_images=True)
    (illustrated.media / "lake.png").unlink()
    message = house.preview(illustrated.issue)
    assert len(_pictures(message)) == 3
    assert [source for source in _sources(_html(message)) if "/media/" in source] == [
        "http://127.0.0.1:8080/media/lake.png"
    ]
    report = previewing.check(house.app, str(illustrated.issue.id))
    assert any("media/lake.png" in each.words for each in report.findings)


def test_only_pictures_below_media_are_read(illustrated: Illustrated) -> None:
    (illustrated.media / "key.png").symlink_to(illustrated.house.app.home.secret_file)
    assert read_pictures(illustrated.media, ["media/key.png", "media/../config.toml", "media/.hidden.png"]) == []


def test_pictures_too_large_are_not_even_read(illustrated: Illustrated) -> None:
    with (illustrated.media / "endless.png").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(MessageError, match=r"media/endless\.png 1099511\.6 MB"):
        read_pictures(illustrated.media, ["media/endless.png"])


# -- media.base_url


def test_pictures_are_loaded_from_where_their_copies_stand(illustrated: Illustrated) -> None:
    house = illustrated.house
    house.set(media__base_url="https://pictures.example.org/harbour/")
    html = _html(house.preview(illustrated.issue))
    assert _sources(html) == [
        f"https://pictures.example.org/harbour/{name}" for name in ("logo.gif", "hero.jpg", "lake.png", "ruth.jpg")
    ]
    with house.read() as connection:
        assert _sources(issues.content_of(connection, illustrated.issue.id).web_html) == _sources(html)


@pytest.mark.parametrize(
    ("base_url", "media_url"),
    [
        ("", "http://127.0.0.1:8080/media/"),
        ("https://pictures.example.org", "https://pictures.example.org/"),
        ("https://pictures.example.org/a//", "https://pictures.example.org/a/"),
        (" https://pictures.example.org/ ", "https://pictures.example.org/"),
    ],
)
def test_slash_at_the_end_makes_no_difference(house: DeskHouse, base_url: str, media_url: str) -> None:
    house.set(media__base_url=base_url)
    assert house.app.media_url == media_url


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("http://pictures.harbour.net", "not an https address"),
        ("pictures.harbour.net", "not an https address"),
        ("https://127.0.0.1/", "an IP address"),
        ("https://pictures.local", "which readers cannot reach"),
    ],
)
def test_real_reader_is_not_mailed_pictures_that_cannot_be_loaded(house: DeskHouse, base_url: str, words: str) -> None:
    audience.add_subscriber(house.app, "ada@sailors.net", "Friends", "Ada", "{}", SubscriptionStatus.CONFIRMED)
    issue = house.plan()
    house.set(web__base_url="https://letters.harbour.net", newsletter__from_address="Harbour <post@harbour.net>")
    house.set(media__base_url=base_url)
    told = house.refusal(issue)
    assert f"media.base_url is {base_url}, {words}" in told and "or leave it empty" in told
    assert house.issue(issue.id).state is IssueState.DRAFT
    house.set(media__base_url="https://pictures.harbour.net/")
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(issue).words == ""


# -- as a mail program shows it


def test_browser_finds_the_pictures_in_the_message(illustrated: Illustrated, browser: Browser, tmp_path: Path) -> None:
    """A browser reads multipart/related as a saved page: every link inside leads to its picture."""
    illustrated.house.set(delivery__inline_images=True)
    related = list(_parsed(illustrated.house.preview(illustrated.issue)).iter_parts())[1]
    file = tmp_path / "copy.mhtml"
    file.write_bytes(b"MIME-Version: 1.0\r\n" + related.as_bytes(policy=policy.SMTP))
    page = browser.new_page()
    page.goto(file.as_uri())
    sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.naturalHeight])")
    page.close()
    assert sizes == [[60, 40]] * 4
