"""A furnished house for tests: small functions that put nouns into a connection, the caller's transaction around them.

The cast: Ada is confirmed, Ben pending, Cleo unsubscribed, Dan suppressed. Nothing here asks a clock or chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, update

from newsletter.delivery.planning import plan_deliveries
from newsletter.model import DEFAULT_CALL_TO_ACTION, Article, Author, Issue, Occurrence, Schedule
from newsletter.options import Options
from newsletter.states import ArticleStatus, IssueState, OccurrenceState
from newsletter.store import articles as article_store
from newsletter.store import authors as author_store
from newsletter.store import deliveries as delivery_store
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store
from newsletter.tables import articles
from subscribers import MailingList, SubscriptionStatus, parse
from subscribers import store as audience

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
"""A Monday, the day after the clocks of Europe were changed."""

ZONE = "Europe/Berlin"
TUESDAYS = "0 9 * * 2"
FIRST_TUESDAY = datetime(2026, 3, 31, 7, tzinfo=UTC)
"""The first instant of TUESDAYS in ZONE after NOON."""

WEEK = timedelta(days=7)


class Cast(NamedTuple):
    """The subscriber ids of the four."""

    ada: int
    ben: int
    cleo: int
    dan: int


# Readers


def add_list(connection: Connection, name: str = "Friends") -> MailingList:
    return audience.add_list(connection, name, NOON)


def add_reader(
    connection: Connection,
    to: MailingList,
    name: str,
    status: SubscriptionStatus = SubscriptionStatus.CONFIRMED,
    attributes: dict[str, object] | None = None,
    at: datetime = NOON,
) -> int:
    """The id of a reader whose address is their name on example.org, and who joined `at`."""
    address = parse(f"{name.lower()}@example.org")
    added = audience.add_subscriber(connection, address, name, to.id, status, "the office", at, attributes)
    assert added.subscriber_id is not None
    return added.subscriber_id


def add_cast(connection: Connection, to: MailingList) -> Cast:
    """Ada is confirmed, Ben pending, Cleo unsubscribed, Dan confirmed but suppressed."""
    cast = Cast(
        ada=add_reader(connection, to, "Ada"),
        ben=add_reader(connection, to, "Ben", SubscriptionStatus.PENDING),
        cleo=add_reader(connection, to, "Cleo"),
        dan=add_reader(connection, to, "Dan"),
    )
    audience.unsubscribe(connection, cast.cleo, to.id, "the link in issue 1", NOON)
    audience.suppress(connection, "dan@example.org", "asked by telephone", NOON)
    return cast


def add_readers(connection: Connection, to: MailingList, count: int) -> list[int]:
    """The ids of so many more confirmed readers: reader1@example.org and so on."""
    return [add_reader(connection, to, f"Reader{number}") for number in range(1, count + 1)]


# The library


def add_author(connection: Connection, name: str = "Maria Lindqvist", **fields: Any) -> int:
    """The id of an author who has a bio, unless `fields` say otherwise."""
    return author_store.keep_author(connection, Author(name, **{"bio": f"{name} listens.", **fields}))


def add_call_to_action(connection: Connection, name: str = DEFAULT_CALL_TO_ACTION) -> None:
    """A whole call to action; the newsletter's own one unless another is named."""
    fields = {"text": "Shall we talk?", "label": "Write to us", "url": "https://practice.example.org/contact"}
    author_store.set_call_to_action(connection, name, fields)


def add_article(connection: Connection, slug: str, author_ids: Sequence[int] = (), **fields: Any) -> Article:
    """An article that is ready and read; whole if it has an author and there is a default call to action."""
    given = {
        "title": slug.replace("-", " ").capitalize(),
        "body_html": f"<p>All about {slug.replace('-', ' ')}.</p>",
        "status": ArticleStatus.READY,
        "read_at": NOON,
        **fields,
    }
    new = article_store.NewArticle(slug, given, author_ids, f"hash of {slug}")
    article_store.add_articles(connection, [new], NOON)
    found = article_store.find_article(connection, slug)
    assert found is not None
    return found


def make_unread(connection: Connection, article_ids: Sequence[int | None]) -> None:
    """As an import would leave them."""
    connection.execute(update(articles).where(articles.c.id.in_(article_ids)).values(read_at=None))


def add_library(connection: Connection, *slugs: str) -> list[Article]:
    """Whole articles by one author, with the newsletter's own call to action."""
    add_call_to_action(connection)
    author = add_author(connection)
    return [add_article(connection, slug, [author]) for slug in slugs]


# Issues


def add_schedule(connection: Connection, to: MailingList, name: str = "weekly", **fields: Any) -> Schedule:
    """Every Tuesday at nine in Berlin, nobody asked for a yes, unless `fields` say otherwise."""
    unasked = Options(approval="none")
    schedule = replace(
        Schedule(
            name=name,
            list_id=to.id,
            list_name=to.name,
            recurrence=TUESDAYS,
            timezone=ZONE,
            options=unasked,
            seed=7,
        ),
        **fields,
    )
    return schedule_store.schedule_by_id(connection, schedule_store.add_schedule(connection, schedule, NOON))


def occurrence_at(utc: datetime = FIRST_TUESDAY, zone: str = ZONE) -> Occurrence:
    return Occurrence(utc, utc.astimezone(ZoneInfo(zone)))


def add_issue(
    connection: Connection, schedule: Schedule, articles: Sequence[Article], at: datetime = FIRST_TUESDAY
) -> Issue:
    """A draft for this occurrence of the schedule, which it has won."""
    assert schedule.id is not None
    occurrence = occurrence_at(at, schedule.timezone)
    won = schedule_store.win_occurrence(connection, schedule.id, occurrence, OccurrenceState.ISSUED)
    assert won is not None, f"{at} is another issue's"
    new = new_issue(schedule.list_id, articles, f"public {schedule.id} {won}")
    new = replace(new, newsletter_id=schedule.newsletter_id, schedule_id=schedule.id, occurrence_id=won)
    return issue(connection, issue_store.add_issue(connection, new, NOON))


def new_issue(list_id: int, articles: Sequence[Article], public_id: str) -> issue_store.NewIssue:
    """An issue of no schedule, before it has an id."""
    return issue_store.NewIssue(
        newsletter_id=None,
        schedule_id=None,
        occurrence_id=None,
        list_id=list_id,
        article_ids=[article.id for article in articles if article.id is not None],
        public_id=public_id,
        picked={"seed": 7, "candidates": []},
        seed=7,
        content=content(articles[0].title),
    )


def content(subject: str) -> issue_store.Content:
    """What an issue of that subject says; nothing a worker could send."""
    return issue_store.Content(subject, "{}", f"<h1>{subject}</h1>", f"hash of {subject}")


def issue(connection: Connection, issue_id: int) -> Issue:
    """The issue as it is now."""
    found = issue_store.find_issue(connection, issue_id)
    assert found is not None
    return found


def move(connection: Connection, given: Issue, *ways: IssueState, at: datetime = NOON) -> Issue:
    """The issue after these arrows, one after the other."""
    for after in ways:
        assert issue_store.move_issue(connection, issue(connection, given.id), after, at)
    return issue(connection, given.id)


def plan(connection: Connection, given: Issue, readers: Iterable[int]) -> list[int]:
    """The ids of the deliveries planned for these subscribers, in their order."""
    chosen = list(readers)
    addresses = audience.find_subscribers(connection, chosen)
    pairs = [(reader, addresses[reader].email) for reader in chosen]
    rows = plan_deliveries(given, pairs, lambda reader: f"<{given.id}.{reader}@example.org>")
    delivery_store.plan(connection, rows)
    found = (delivery_store.find_delivery(connection, given.id, reader) for reader in chosen)
    return [delivery.id for delivery in found if delivery is not None]


def add_sending_issue(connection: Connection, readers: int = 1) -> tuple[Issue, list[int]]:
    """An issue in the state sending, on a list and a schedule of its own, and its deliveries' ids."""
    to = add_list(connection)
    draft = add_issue(connection, add_schedule(connection, to), add_library(connection, "quiet-mornings"))
    planned = plan(connection, draft, add_readers(connection, to, readers))
    return move(connection, draft, IssueState.SENDING), planned
