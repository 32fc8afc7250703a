"""What is refused for the readers' sake, each time with the sentence that mends it."""

from __future__ import annotations

from typing import Any

import pytest

from desk_house import ADA, DeskHouse
from newsletter.delivery.guards import require_reachable
from newsletter.desk import audience, newsletters, sending
from newsletter.errors import DeliveryError, NewsletterError, Refused
from newsletter.model import Newsletter
from newsletter.states import IssueState
from scripted_relay import ScriptedRelay
from subscribers import SubscriptionStatus

SOMEBODY = "ada@sailors.net"
PUBLIC = {"web__base_url": "https://letters.example.org", "newsletter__from_address": "Harbour <post@harbour.net>"}


def _add_somebody(house: DeskHouse) -> None:
    """A reader who could be real."""
    audience.add_subscriber(house.app, SOMEBODY, "Friends", "Ada", "{}", SubscriptionStatus.CONFIRMED)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"newsletter__from_address": ""}, "newsletter.from_address is empty: set it in config.toml"),
        ({"newsletter__from_address": "nobody"}, "from_address"),
        ({"newsletter__postal_address": ""}, "newsletter.postal_address is empty: set it in config.toml"),
        ({"newsletter__postal_address": " \n "}, "newsletter.postal_address is empty"),
    ],
)
def test_nothing_at_all_is_sent_without_a_sender(house: DeskHouse, settings: dict[str, Any], words: str) -> None:
    issue = house.plan()
    house.set(**settings)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert words in house.refusal(issue)
        with pytest.raises(NewsletterError, match=r"from_address|postal_address"):
            sending.send_test(house.app, issue.id, "eve@example.org")
        assert relay.connections == 0
    assert house.issue(issue.id).state is IssueState.DRAFT


UNREACHABLE = {
    "": "is empty",
    "http://letters.example.org": "not an https address",
    "letters.example.org": "not an https address",
    "https://": "not an https address",
    "https:///unsubscribe": "not an https address",
    "https://203.0.113.7": "an IP address",
    "https://203.0.113.7.": "an IP address",
    "https://[2001:db8::1]/": "an IP address",
    "https://127.0.0.1:8080": "an IP address",
    "https://127.1": "an IP address",
    "https://2130706433": "an IP address",
    "https://0x7f.1": "an IP address",
    "https://10.0.0.8": "an IP address",
    "https://localhost": "which readers cannot reach",
    "https://localhost.": "which readers cannot reach",
    "https://letters.localhost": "which readers cannot reach",
    "https://LETTERS.LOCAL": "which readers cannot reach",
    "https://letters.local.": "which readers cannot reach",
    "https://letters.internal": "which readers cannot reach",
    "https://letters.lan:8443/x": "which readers cannot reach",
    "https://letters.home.arpa": "which readers cannot reach",
    "https://letters.test": "which readers cannot reach",
    "https://intranet": "which readers cannot reach",
}


@pytest.mark.parametrize("base_url", UNREACHABLE)
def test_a_real_reader_is_not_mailed_links_that_lead_nowhere(house: DeskHouse, base_url: str) -> None:
    _add_somebody(house)
    issue = house.plan()
    house.set(**{**PUBLIC, "web__base_url": base_url})
    words = house.refusal(issue)
    assert "web.base_url " in words
    assert UNREACHABLE[base_url] in words
    assert "set it in config.toml to how readers reach the pages, https://" in words
    assert house.issue(issue.id).state is IssueState.DRAFT


@pytest.mark.parametrize("domain", ["gmail.com", "GMail.com", "gmx.de", "yahoo.com", "outlook.com", "icloud.com"])
def test_a_real_reader_is_not_mailed_in_the_name_of_a_free_mail_domain(house: DeskHouse, domain: str) -> None:
    _add_somebody(house)
    issue = house.plan()
    house.set(**{**PUBLIC, "newsletter__from_address": f"Harbour <harbour@{domain}>"})
    words = house.refusal(issue)
    assert f"newsletter.from_address is at {domain}, whose rules refuse its name" in words
    assert "set an address at a domain of your own" in words


def test_a_real_reader_is_mailed_when_everything_is_set(house: DeskHouse) -> None:
    _add_somebody(house)
    issue = house.plan()
    house.set(**PUBLIC)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(issue).words == ""
    assert sorted(relay.recipients) == [ADA, SOMEBODY]
    assert b"List-Unsubscribe: <https://letters.example.org/unsubscribe/" in relay.messages[0].data


@pytest.mark.parametrize(
    "email", ["ada@example.org", "ada@example.com", "ada@example.net", "ada@practice.example", "ada@mail.example.org"]
)
def test_an_audience_of_examples_needs_no_public_address(house: DeskHouse, email: str) -> None:
    house.unsubscribe(ADA)
    audience.add_subscriber(house.app, f"new.{email}", "Friends", "", "{}", SubscriptionStatus.CONFIRMED)
    house.set(newsletter__from_address="harbour@gmail.com")
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(issue).words == ""
    assert relay.recipients == [f"new.{email}"]


@pytest.mark.parametrize("email", ["ada@example.de", "ada@notexample.org", "ada@example.org.harbour.net"])
def test_an_address_that_only_looks_like_an_example_is_real(house: DeskHouse, email: str) -> None:
    audience.add_subscriber(house.app, email, "Friends", "", "{}", SubscriptionStatus.CONFIRMED)
    assert "web.base_url is empty" in house.refusal(house.plan())


def test_a_real_reader_who_is_not_in_the_audience_is_no_reason_to_refuse(house: DeskHouse) -> None:
    _add_somebody(house)
    house.unsubscribe(SOMEBODY)
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(issue).words == ""


def test_the_timer_obeys_the_guards_too(house: DeskHouse) -> None:
    _add_somebody(house)
    issue = house.plan()
    assert issue.occurrence is not None
    (told,) = house.tick_at(issue.occurrence.utc).words
    assert "web.base_url is empty" in told
    assert house.issue(issue.id).state is IssueState.DRAFT


def test_every_newsletter_has_its_own_guards(house: DeskHouse) -> None:
    with pytest.raises(NewsletterError, match="from"):
        newsletters.add_newsletter(house.app, "Second", {"from_address": "nobody"})
    second = newsletters.add_newsletter(house.app, "Second", {"from_address": "second@gmail.com"})
    assert second.id is not None
    with pytest.raises(Refused, match=r"at gmail\.com"):
        require_reachable(second, "https://letters.example.org")


def test_a_from_address_with_an_international_domain_is_judged_by_its_name(house: DeskHouse) -> None:
    newsletter = Newsletter("Harbour", "post@bücher.net", postal_address="12 Quay Street")
    require_reachable(newsletter, "https://letters.example.org")


def test_everything_goes_to_one_address_when_that_is_set(house: DeskHouse) -> None:
    """And then real readers need no guard: they get nothing."""
    _add_somebody(house)
    house.set(delivery__redirect_all_to="office@example.org")
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(issue).words == ""
    assert relay.recipients == ["office@example.org"] * 2
    bodies = b"".join(message.data for message in relay.messages)
    live = house.app.tokens.unsubscribe_token(1, 1, issue.id).encode()
    assert live not in bodies.replace(b"=\r\n", b"")
    words = house.explain(issue, SOMEBODY)
    assert words.endswith("; to office@example.org instead, as delivery.redirect_all_to says")
    message = next(each for each in relay.messages if b"To: Ada <ada@sailors.net>" in each.data)
    assert message.data == house.preview(issue, SOMEBODY)


def test_a_refused_test_copy_is_told_and_kept(house: DeskHouse) -> None:
    issue = house.plan()
    with (
        ScriptedRelay(refuse={"eve@example.org"}) as relay,
        pytest.raises(DeliveryError, match=r"550 5\.1\.1 No such reader"),
    ):
        house.relay(relay)
        sending.send_test(house.app, issue.id, "eve@example.org")
