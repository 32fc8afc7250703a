"""Whose link it is, asked of a real database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine

from newsletter.model import Newsletter, Schedule
from newsletter.store import articles, issues
from newsletter.store.links import Origin, origin_of
from newsletter.store.newsletters import add_newsletter
from newsletter.store.schedules import add_schedule
from subscribers import store as audience

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened, opened.begin():
        yield opened


def add_issue(connection: Connection, list_id: int, newsletter_id: int | None) -> int:
    slug = f"article-{list_id}-{newsletter_id}"
    fields = {"title": "A title", "body_html": "<p>Words.</p>", "status": "ready"}
    (article_id,) = articles.add_articles(connection, [articles.NewArticle(slug, fields, [], "")], NOON)
    content = issues.Content("A subject", "{}", "", "")
    new = issues.NewIssue(newsletter_id, None, None, list_id, [article_id], slug, {}, 0, content)
    return issues.add_issue(connection, new, NOON)


def test_link_belongs_to_its_list_and_to_the_newsletter_of_its_issue(connection: Connection) -> None:
    friends = audience.add_list(connection, "Friends", NOON).id
    garden = add_newsletter(connection, Newsletter("Garden Letters"), NOON)
    schedule = Schedule("weekly", friends, "Friends", "0 9 * * 2", "UTC", newsletter_id=garden)
    first = add_issue(connection, friends, None)
    assert origin_of(connection, friends, None) == Origin("Friends", None)
    add_schedule(connection, schedule, NOON)
    assert origin_of(connection, friends, first) == Origin("Friends", None)
    assert origin_of(connection, friends, add_issue(connection, friends, garden)) == Origin("Friends", garden)
    assert origin_of(connection, friends, None) == Origin("Friends", garden)


def test_issue_of_another_list_says_nothing_about_this_one(connection: Connection) -> None:
    friends = audience.add_list(connection, "Friends", NOON).id
    others = audience.add_list(connection, "Others", NOON).id
    garden = add_newsletter(connection, Newsletter("Garden Letters"), NOON)
    issue_id = add_issue(connection, others, garden)
    assert origin_of(connection, friends, issue_id) == Origin("Friends", None)


def test_link_of_a_list_that_is_gone_has_no_name(connection: Connection) -> None:
    assert origin_of(connection, 404, 404) == Origin("", None)
