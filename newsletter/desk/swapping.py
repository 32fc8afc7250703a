"""A draft and another article → the draft with that one in the place of its own."""

from __future__ import annotations

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import making, picks
from newsletter.errors import Refused
from newsletter.model import Article, Issue
from newsletter.picking.readers import is_per_reader
from newsletter.store import articles as library
from newsletter.store import issues as store
from newsletter.store.choices import decline, pin
from newsletter.store.schedules import schedule_by_id

MOST = 6
"""Articles offered; who wants another one pins it at the command line."""


def candidates_for(app: App, issue: Issue) -> list[Article]:
    """What may go in the place of the draft's lead article, best first."""
    with app.database.read() as connection:
        return _others(app, connection, issue, MOST)


def swap(app: App, issue: Issue, slug: str, reason: str) -> Issue:
    """The draft, led by the article a person chose, and without the one that led it.

    Raises NewsletterError, also when it no longer says what it did when the person saw it.
    """
    assert issue.schedule_id is not None and issue.occurrence is not None
    with app.database.write() as connection:
        if not store.hold_draft(connection, issue):
            raise Refused("it has changed in this moment")
        others = _others(app, connection, issue, len(library.all_slugs(connection)))
        chosen = next((each for each in others if each.slug == slug), None)
        if chosen is None:
            raise Refused(f"{slug!r} may not go then" if slug else "no article was chosen")
        assert chosen.id is not None
        then, now = (issue.schedule_id, issue.occurrence.wall), app.clock()
        decline(connection, *then, store.article_ids(connection, issue.id)[0], reason, now)
        pin(connection, *then, [chosen.id], reason, now)
    return making.refresh(app, issue, is_anew=True)


def _others(app: App, connection: Connection, issue: Issue, count: int) -> list[Article]:
    """At most so many that may go then and are not in it; none for a group of readers, who are due this one."""
    assert issue.schedule_id is not None and issue.occurrence is not None
    schedule = schedule_by_id(connection, issue.schedule_id)
    if is_per_reader(schedule.options):
        return []
    articles = [each for each in library.list_articles(connection) if each.slug not in issue.articles]
    rules = picks.rules_of(app, connection, schedule)
    return list(picks.pick_for(connection, schedule, issue.occurrence.utc, articles, rules, issue.id, count).articles)
