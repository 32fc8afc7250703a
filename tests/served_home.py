"""A home with one issue and its readers, and the pages of it served on loopback, for tests that visit them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select

from newsletter.app import App
from newsletter.home import documented_config, make_home, read_config
from newsletter.model import Newsletter
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.mrml import to_html
from newsletter.rendering.page import web_view
from newsletter.states import IssueState
from newsletter.store import articles, issues
from newsletter.store.newsletters import FIELDS
from newsletter.web.server import WebServer
from sample_pages import NEWSLETTER, PAGE
from subscribers import Profile, SubscriptionStatus, parse
from subscribers import store as audience
from subscribers.tables import consents, subscriptions

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
PUBLIC_ID = "0123456789abcdef0123456789abcdef"
PENDING, CONFIRMED, _ = SubscriptionStatus


@dataclass
class ServedHome:
    """Ada is confirmed and Ben pending on the list Friends; one issue is being sent to it."""

    app: App
    server: WebServer
    list_id: int = 0
    issue_id: int = 0
    ada: int = 0
    ben: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def link(self, reader: int, issue_id: int | None) -> str:
        return f"/unsubscribe/{self.app.tokens.unsubscribe_token(reader, self.list_id, issue_id)}"

    @property
    def ada_leaves(self) -> str:
        return self.link(self.ada, self.issue_id)

    def profile(self, email: str) -> Profile:
        with self.app.database.read() as connection:
            found = audience.find_profile(connection, email)
        assert found is not None
        return found

    def status(self, email: str) -> SubscriptionStatus:
        return self.profile(email).subscriptions[0].status

    def audience_rows(self) -> list[Any]:
        """All that an unsubscribe could change."""
        with self.app.database.read() as connection:
            return [
                tuple(row)
                for table in (subscriptions, consents)
                for row in connection.execute(select(table).order_by(table.c.id))
            ]

    def add_issue(self, public_id: str, web_html: str, newsletter_id: int | None = None) -> int:
        """A draft, with its article."""
        with self.app.database.write() as connection:
            fields = {"title": PAGE.article.title, "body_html": PAGE.article.body_html, "status": "ready"}
            article = articles.NewArticle(f"small-{public_id}", fields, [], "")
            (article_id,) = articles.add_articles(connection, [article], NOON)
            new = issues.NewIssue(
                newsletter_id=newsletter_id,
                schedule_id=None,
                occurrence_id=None,
                list_id=self.list_id,
                article_ids=[article_id],
                public_id=public_id,
                picked={},
                seed=0,
                content=issues.Content(PAGE.subject, "{}", web_html, ""),
            )
            return issues.add_issue(connection, new, NOON)

    def move_issue(self, issue_id: int, *ways: IssueState) -> None:
        for after in ways:
            with self.app.database.write() as connection:
                issue = issues.find_issue(connection, issue_id)
                assert issue is not None
                assert issues.move_issue(connection, issue, after, NOON)


def make_app(folder: Path, overrides: Mapping[str, Any], newsletter: Newsletter = NEWSLETTER) -> App:
    """A home whose first newsletter is this one, on a port that is free."""
    home = make_home(folder, documented_config())
    said = {f"newsletter.{name}": getattr(newsletter, name) for name in FIELDS}
    return App(home, read_config(home, {}, {**said, "web.port": 0, **overrides}), lambda: NOON)


@contextmanager
def served_home(
    folder: Path, overrides: Mapping[str, Any] | None = None, newsletter: Newsletter = NEWSLETTER
) -> Iterator[ServedHome]:
    app = make_app(folder, overrides or {}, newsletter)
    home = ServedHome(app, WebServer(app))
    home.server.start()
    try:
        _furnish(home)
        yield home
    finally:
        home.server.stop()
        app.close()


def _furnish(home: ServedHome) -> None:
    for name, colour in {"hero": "#2c5e50", "lake": "#93c9b5", "maria": "#f3f1eb"}.items():
        Image.new("RGB", (64, 40), colour).save(home.app.home.media / f"{name}.jpg")
    with home.app.database.write() as connection:
        home.list_id = audience.add_list(connection, "Friends", NOON).id
        add = partial(audience.add_subscriber, connection, list_id=home.list_id, who="the office", now=NOON)
        home.ada = add(parse("ada@example.org"), "Ada", status=CONFIRMED).subscriber_id or 0
        home.ben = add(parse("ben@example.org"), "Ben", status=PENDING).subscriber_id or 0
    page = replace(PAGE, media_base_url=f"{home.url}/media", web_view_url=f"{home.url}/archive/{PUBLIC_ID}")
    html = web_view(page, load_look("calm", [packaged_templates()]), to_html)
    home.issue_id = home.add_issue(PUBLIC_ID, html)
    home.move_issue(home.issue_id, IssueState.SENDING)
