"""Mails that ask for a yes, as a relay has them, and their links, followed over real connections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

import httpx

from desk_house import DeskHouse
from newsletter.store import schedules as schedule_store
from newsletter.web.server import WebServer
from scripted_relay import ScriptedRelay

_BUTTON = re.compile(r"^([^\n:]{1,80}): (https?://\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    html: str

    @property
    def words(self) -> str:
        """What stands above the issue's copy."""
        return self.text.partition("=" * 72)[0]

    @property
    def copy(self) -> str:
        """The copy of the issue, as text."""
        return self.text.partition("=" * 72)[2]

    @property
    def links(self) -> dict[str, str]:
        """Label → address, of the buttons above the copy."""
        return dict(_BUTTON.findall(self.words))


def mails(relay: ScriptedRelay, to: str = "") -> list[Mail]:
    """What was handed over, oldest first, to one address or to all."""
    found = []
    for each in relay.messages:
        message = message_from_bytes(each.data, policy=policy.default)
        text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
        found.append(Mail(each.recipient, str(message["Subject"]), text, html))
    return [mail for mail in found if to in ("", mail.to)]


def set_options(house: DeskHouse, name: str = "weekly", **options: Any) -> None:
    """Give the schedule these options."""
    with house.write() as connection:
        schedule = schedule_store.find_schedule(connection, name)
        assert schedule is not None
        changed = replace(schedule, options=replace(schedule.options, **options))
        schedule_store.change_schedule(connection, changed)


class Visitor:
    """Somebody with a browser, who opens links from mails."""

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, link: str, method: str = "GET") -> httpx.Response:
        return httpx.request(method, self.url + urlsplit(link).path)

    def press(self, link: str, **fields: str) -> httpx.Response:
        return httpx.post(self.url + urlsplit(link).path, data=fields)


@contextmanager
def visitor(house: DeskHouse) -> Iterator[Visitor]:
    """The pages of the house served on loopback."""
    house.set(web__port=0)
    server = WebServer(house.app)
    server.start()
    try:
        yield Visitor(f"http://127.0.0.1:{server.port}")
    finally:
        server.stop()
