"""Nouns → the JSON shapes that scripts rely on: every key always there, null or [] when unknown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter import shapes
from newsletter.checking.report import Finding, Report
from newsletter.model import (
    Article,
    Author,
    CallToAction,
    Delivery,
    Guess,
    Hero,
    Issue,
    Newsletter,
    Occurrence,
    Schedule,
    Season,
)
from newsletter.options import Options
from newsletter.picking.orders import rules_for
from newsletter.picking.pick import as_json, pick_articles
from newsletter.picking.rules import History, Moment
from newsletter.states import DeliveryStatus, IssueState
from subscribers import Consent, ListCounts, MailingList, Profile, Subscriber, Subscription, Suppression
from subscribers.model import SubscriptionStatus

NOON = datetime(2026, 7, 1, 12, 0, 30, 999_999, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
OCCURRENCE = Occurrence(NOON.replace(second=0, microsecond=0), NOON.replace(second=0, microsecond=0).astimezone(BERLIN))

ARTICLE_KEYS = """
slug title subtitle summary published language status categories tags authors hero call_to_action body_html body_text
source_url evergreen seasons not_before expires priority last_sent guesses missing
"""
ISSUE_KEYS = """
id newsletter schedule occurrence state subject articles planned pending sending sent failed skipped in_doubt
content_hash
"""
DELIVERY_KEYS = "id kind issue email status attempts reply reason message_id sent_at"
SUBSCRIBER_KEYS = "email name attributes tags timezone language subscriptions suppression consents"

BARE = Article("calm", "Calm", "")
WHOLE = Article(
    slug="calm",
    title="Calm",
    subtitle="Evenings",
    summary="How to",
    published=date(2024, 2, 29),
    language="de",
    categories=("Tools",),
    tags=("evening",),
    authors=(Author("Maria Lindqvist", "LCSW", "therapist", "Lakeside", bio="She listens."), Author("Tomás")),
    hero=Hero("", "", "Ida", ""),
    call_to_action=CallToAction("Shall we talk?", "Write to us", ""),
    body_html="<h2>Why</h2><p>Because.</p>",
    source_url="https://example.org/calm",
    evergreen=True,
    seasons=(Season((11, 15), (1, 6)),),
    not_before=date(2026, 1, 1),
    expires=date(2027, 1, 1),
    priority=3,
    last_sent=NOON,
    guesses=(Guess("title", "Calm", 1), Guess("author", "Maria", None)),
    missing=("bio",),
)
ISSUE = Issue(
    id=7,
    newsletter_id=None,
    schedule_id=None,
    schedule_name="",
    occurrence_id=None,
    occurrence=None,
    list_id=1,
    list_name="Friends",
    state=IssueState.DRAFT,
    subject="Calm",
    articles=("calm",),
    public_id="p",
    content_hash="f00",
    seed=1,
)


def has(shape: Any, keys: str | Iterable[str]) -> bool:
    """Whether every key is there, and all of it is JSON."""
    wanted = keys.split() if isinstance(keys, str) else list(keys)
    json.dumps(shape, allow_nan=False)
    assert [key for key in wanted if key not in shape] == []
    return True


@pytest.mark.parametrize("article", [BARE, WHOLE])
def test_article_has_every_key(article: Article) -> None:
    assert has(shapes.article(article), ARTICLE_KEYS)


def test_article_of_which_little_is_known_says_so_with_null_and_empty_lists() -> None:
    shape = shapes.article(BARE)
    unknown = ("subtitle", "summary", "published", "language", "hero", "call_to_action", "source_url", "not_before")
    assert [shape[key] for key in (*unknown, "expires", "last_sent")] == [None] * 10
    lists = ("categories", "tags", "authors", "seasons", "guesses", "missing")
    assert [shape[key] for key in lists] == [[]] * 6
    assert (shape["status"], shape["evergreen"], shape["priority"]) == ("ready", False, 0)
    assert (shape["body_html"], shape["body_text"]) == ("", "")


def test_what_a_person_emptied_is_null() -> None:
    shape = shapes.article(replace(WHOLE, hero=Hero(), call_to_action=CallToAction()))
    assert (shape["hero"], shape["call_to_action"]) == (None, None)


def test_article_is_told_with_all_that_is_known() -> None:
    shape = shapes.article(WHOLE)
    assert shape["authors"] == [
        {"name": "Maria Lindqvist", "credentials": "LCSW", "role": "therapist", "practice": "Lakeside"},
        {"name": "Tomás", "credentials": None, "role": None, "practice": None},
    ]
    # Only the credit is known.
    assert shape["hero"] == {"src": None, "alt": None, "credit": "Ida", "credit_source": None}
    assert shape["call_to_action"] == {"text": "Shall we talk?", "label": "Write to us", "url": None}
    assert (shape["published"], shape["not_before"], shape["expires"]) == ("2024-02-29", "2026-01-01", "2027-01-01")
    assert shape["last_sent"] == "2026-07-01T12:00:30Z"
    assert shape["seasons"] == ["11-15..01-06"]
    assert shape["guesses"] == [
        {"field": "title", "value": "Calm", "line": 1},
        {"field": "author", "value": "Maria", "line": None},
    ]
    assert shape["missing"] == ["bio"]
    assert shape["body_html"] == "<h2>Why</h2><p>Because.</p>"
    assert "Because." in shape["body_text"] and "<" not in shape["body_text"]


@pytest.mark.parametrize("status", list(IssueState))
def test_issue_has_every_key_and_a_count_for_every_status(status: IssueState) -> None:
    counts = {DeliveryStatus.SENT: 3, DeliveryStatus.IN_DOUBT: 1}
    shape = shapes.issue(replace(ISSUE, state=status, counts=counts), "Letters")
    assert has(shape, ISSUE_KEYS)
    assert shape["state"] == status.value
    assert (shape["planned"], shape["sent"], shape["in_doubt"], shape["pending"]) == (4, 3, 1, 0)
    assert sum(shape[each] for each in DeliveryStatus) == shape["planned"]
    assert (shape["schedule"], shape["occurrence"]) == (None, None)


def test_issue_of_a_schedule_tells_its_occurrence_in_utc_and_on_the_wall() -> None:
    shape = shapes.issue(replace(ISSUE, schedule_name="weekly", occurrence=OCCURRENCE), "Letters")
    assert (shape["newsletter"], shape["schedule"]) == ("Letters", "weekly")
    assert shape["occurrence"] == {"utc": "2026-07-01T12:00:00Z", "local": "2026-07-01T14:00:00+02:00[Europe/Berlin]"}


def test_delivery_has_every_key() -> None:
    waiting = Delivery(1, "issue", 7, 3, "ada@example.org", DeliveryStatus.PENDING)
    shape = shapes.delivery(waiting)
    assert has(shape, DELIVERY_KEYS)
    assert [shape[key] for key in ("reply", "reason", "message_id", "sent_at")] == [None] * 4
    sent = replace(waiting, status=DeliveryStatus.SENT, reply="250 ok", attempts=2, sent_at=NOON, message_id="<a@b>")
    shape = shapes.delivery(sent)
    assert has(shape, DELIVERY_KEYS)
    assert (shape["status"], shape["attempts"], shape["reply"]) == ("sent", 2, "250 ok")
    assert (shape["sent_at"], shape["message_id"]) == ("2026-07-01T12:00:30Z", "<a@b>")
    other = replace(waiting, kind="test", issue_id=None)
    assert (shapes.delivery(other)["kind"], shapes.delivery(other)["issue"]) == ("test", None)


def test_subscriber_has_every_key() -> None:
    shape = shapes.subscriber(Profile(Subscriber(1, "ada@example.org"), (), None, ()))
    assert has(shape, SUBSCRIBER_KEYS)
    assert shape == {
        "email": "ada@example.org",
        "name": None,
        "attributes": {},
        "tags": [],
        "timezone": None,
        "language": None,
        "subscriptions": [],
        "suppression": None,
        "consents": [],
    }


def test_subscriber_is_told_with_all_that_is_known() -> None:
    profile = Profile(
        Subscriber(1, "ada@example.org", "Ada", {"city": "Ulm", "age": 40}, ("early",), "Europe/Berlin", "de"),
        (Subscription(1, "Friends", SubscriptionStatus.CONFIRMED, NOON),),
        Suppression("asked by telephone", NOON),
        (Consent("confirmed", NOON, "the office", "Friends"),),
    )
    shape = shapes.subscriber(profile)
    assert has(shape, SUBSCRIBER_KEYS)
    at = "2026-07-01T12:00:30Z"
    assert shape["subscriptions"] == [{"list": "Friends", "status": "confirmed", "since": at}]
    assert shape["suppression"] == {"reason": "asked by telephone", "since": at}
    assert has(shape["consents"][0], "what when where")
    assert shape["attributes"] == {"city": "Ulm", "age": 40}


def test_check_has_every_key() -> None:
    assert shapes.check(Report.of([])) == {"verdict": "pass", "findings": []}
    warning = Finding("alt text", "access", "warn", "one has none", "HTML part", "write one")
    shape = shapes.check(Report.of([warning, replace(warning, severity="block")]))
    assert shape["verdict"] == "block"
    for finding in shape["findings"]:
        assert has(finding, "rule family severity words where mend")


def test_pick_has_every_key_down_to_each_rules_word() -> None:
    pick = pick_articles([WHOLE, BARE], History({}, 7), rules_for(Options()), Moment.of(NOON, BERLIN))
    shape = as_json(pick)
    assert has(shape, "pick seed candidates")
    assert {candidate["slug"] for candidate in shape["candidates"]} == {"calm"}
    for candidate in shape["candidates"]:
        assert has(candidate, "slug score refused reasons")
        for reason in candidate["reasons"]:
            assert has(reason, "rule score refused words")


def test_instant_is_told_in_utc_whatever_its_zone() -> None:
    assert shapes.instant(NOON.astimezone(BERLIN)) == "2026-07-01T12:00:30Z"
    assert shapes.instant(None) is None


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        (
            shapes.author(Author("Tomás")),
            "name credentials role practice bio photo url email active_from active_until call_to_action",
        ),
        (shapes.call_to_action(CallToAction()), "text label url"),
        (
            shapes.newsletter(Newsletter("Letters")),
            "name from_address reply_to postal_address privacy_url language timezone look",
        ),
        (
            shapes.schedule(Schedule("weekly", 1, "Friends", "0 9 * * 2", "UTC"), "Letters", "weekly", [OCCURRENCE]),
            "name newsletter list recurrence timezone status next",
        ),
        (
            shapes.mailing_list(ListCounts(MailingList(1, "Friends", NOON), 1, 2, 3)),
            "name pending confirmed unsubscribed",
        ),
    ],
    ids=["author", "call to action", "newsletter", "schedule", "mailing list"],
)
def test_noun_of_a_list_has_every_key(shape: dict[str, Any], keys: str) -> None:
    assert has(shape, keys)


def test_readers_of_a_list_are_counted_under_their_own_status() -> None:
    shape = shapes.mailing_list(ListCounts(MailingList(1, "Friends", NOON), pending=1, confirmed=2, unsubscribed=3))
    assert shape == {"name": "Friends", "pending": 1, "confirmed": 2, "unsubscribed": 3, "timezone": None}
