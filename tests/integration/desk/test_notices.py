"""A notice to whoever runs the newsletter, from the desk to the relay's doorstep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest

from desk_house import DeskHouse
from newsletter.desk.notices import notify
from newsletter.model import Delivery
from newsletter.states import DeliveryStatus
from scripted_relay import ScriptedRelay

OFFICE = "office@example.org"
TEXT = """Nothing may go on Tuesday.

- a-walk: expired
- b-talk: not ready

Look at it: https://letters.example.org/calendar"""


@pytest.fixture
def relay(house: DeskHouse) -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        house.relay(relay)
        yield relay


def told(house: DeskHouse, purpose: str = "tuesday", text: str = TEXT) -> Delivery:
    return notify(house.app, house.app.first_newsletter, "alert", purpose, OFFICE, "No letter on Tuesday", text)


def test_notice_is_one_mail_in_the_look_with_nothing_of_readers(house: DeskHouse, relay: ScriptedRelay) -> None:
    assert told(house).status is DeliveryStatus.SENT
    (sent,) = relay.messages
    message = message_from_bytes(sent.data, policy=policy.default)
    assert (message["To"], message["Subject"]) == (OFFICE, "No letter on Tuesday")
    assert message["Auto-Submitted"] == "auto-generated"
    assert not any(name.startswith("List-") for name in message.keys())
    text, html = (part.get_content() for part in message.iter_parts())
    assert "- a-walk: expired" in text
    assert "unsubscribe" not in (text + html).lower()
    assert ">a-walk: expired</li>" in html
    assert 'href="https://letters.example.org/calendar"' in html


def test_same_notice_is_mailed_once_however_often_it_is_asked_for(house: DeskHouse, relay: ScriptedRelay) -> None:
    assert [told(house), told(house)][0] == told(house)
    assert len(relay.messages) == 1
    told(house, "wednesday")
    assert len(relay.messages) == 2


def test_notice_that_no_relay_takes_waits_and_goes_when_it_is_asked_for_later(house: DeskHouse) -> None:
    waiting = told(house)  # nobody listens
    assert (waiting.status, waiting.attempts) == (DeliveryStatus.PENDING, 1)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert told(house).status is DeliveryStatus.PENDING  # its time has not come
        house.clock.pass_by(minutes=2)
        sent = told(house)
        assert (sent.status, sent.attempts) == (DeliveryStatus.SENT, 2)
        assert sent.date == waiting.date


def test_words_of_a_notice_stand_in_it_as_they_are(house: DeskHouse, relay: ScriptedRelay) -> None:
    told(house, text='<script>alert("x")</script> & {{ reader.name }}')
    html = message_from_bytes(relay.messages[0].data, policy=policy.default).get_body(("html",))
    assert html is not None
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; {{ reader.name }}" in html.get_content()


def test_command_in_a_notice_is_told_from_its_words_and_a_lone_backtick_is_one(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    told(house, text="It`s so.\n\n- see: `newsletter next <b>`, or `run`")
    html = message_from_bytes(relay.messages[0].data, policy=policy.default).get_body(("html",))
    assert html is not None
    shown = re.sub(r"(<\w+) style=[^>]*", r"\1", html.get_content())
    assert ">It`s so.</p>" in shown
    assert ">see: <code>newsletter next &lt;b&gt;</code>, or <code>run</code></li>" in shown


def test_broken_template_of_the_home_keeps_no_notice_from_going(house: DeskHouse, relay: ScriptedRelay) -> None:
    folder = house.app.home.templates / "calm"
    folder.mkdir(parents=True)
    (folder / "notice.mjml.j2").write_text("{% if %}", encoding="utf-8")
    assert told(house).status is DeliveryStatus.SENT
