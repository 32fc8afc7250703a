"""What an article said before each change; its row in `articles` is the newest version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from newsletter.model import Version
from newsletter.tables import article_authors, article_versions, articles, authors

MAX_CAUSE = 200  # characters, as the schema has it

TOLD = (
    "title", "subtitle", "summary", "published", "updated", "language", "status", "categories", "tags", "hero",
    "call_to_action", "source_url", "evergreen", "seasons", "not_before", "expires", "review_by", "priority",
    "body_html",
)  # fmt: skip
"""The columns a version keeps; `authors` stands beside them as a list of names."""


def snapshot(connection: Connection, article_id: int) -> dict[str, Any]:
    """What the article says now, fit for JSON."""
    row = connection.execute(select(articles).where(articles.c.id == article_id)).one()
    wrote = (
        select(authors.c.name)
        .join_from(article_authors, authors, authors.c.id == article_authors.c.author_id)
        .where(article_authors.c.article_id == article_id)
        .order_by(article_authors.c.position)
    )
    told = {name: _plain(getattr(row, name)) for name in TOLD}
    return {**told, "authors": list(connection.execute(wrote).scalars())}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def add(connection: Connection, article_id: int, before: Mapping[str, Any], now: datetime, cause: str) -> None:
    """Keep what the article said until `now`."""
    known = select(func.coalesce(func.max(article_versions.c.number), 0)).where(
        article_versions.c.article_id == article_id
    )
    number = connection.execute(known).scalar_one() + 1
    shown = cause if len(cause) <= MAX_CAUSE else f"{cause[: MAX_CAUSE - 1]}…"
    values = {"article_id": article_id, "number": number, "until": now, "cause": shown, "fields": dict(before)}
    connection.execute(insert(article_versions).values(**values))


def versions_of(connection: Connection, article_id: int) -> list[Version]:
    """Every version, the oldest first, the last one as it stands today."""
    added = connection.execute(select(articles.c.added_at).where(articles.c.id == article_id)).scalar_one()
    query = select(article_versions).where(article_versions.c.article_id == article_id)
    past = connection.execute(query.order_by(article_versions.c.number)).all()
    causes = ["first import", *(row.cause for row in past)]
    begins = [added, *(row.until for row in past)]
    ends = [*(row.until for row in past), None]
    said = [*(row.fields for row in past), snapshot(connection, article_id)]
    return [
        Version(number, cause, since, until, fields)
        for number, (cause, since, until, fields) in enumerate(zip(causes, begins, ends, said, strict=True), 1)
    ]
