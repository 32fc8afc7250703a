"""Every query on the library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from newsletter.content.completeness import missing
from newsletter.model import Article, Author, CallToAction, Guess, Hero, Season
from newsletter.states import ArticleStatus
from newsletter.store.authors import authors_by_id, list_calls_to_action
from newsletter.tables import article_authors, articles, issue_articles, issues

PLAIN_FIELDS = (
    "title", "subtitle", "summary", "published", "language", "body_html", "source_url",
    "evergreen", "not_before", "expires", "priority",
)  # fmt: skip
"""Columns that hold an article's field as it is."""


def to_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Article fields as column values; `authors` is no column and is left out."""
    row: dict[str, Any] = {name: fields[name] for name in PLAIN_FIELDS if name in fields}
    if "status" in fields:
        row["status"] = str(fields["status"])
    for name in ("categories", "tags"):
        if name in fields:
            row[name] = list(fields[name])
    if "seasons" in fields:
        row["seasons"] = [str(season) for season in fields["seasons"]]
    if "guesses" in fields:
        row["guesses"] = [asdict(guess) for guess in fields["guesses"]]
    for name in ("hero", "call_to_action"):
        if name in fields:
            row[name] = None if fields[name] is None else asdict(fields[name])
    return row


def _to_article(row: Row[Any], wrote: tuple[Author, ...], last_sent: datetime | None) -> Article:
    plain = {name: getattr(row, name) for name in PLAIN_FIELDS}
    return Article(
        slug=row.slug,
        status=ArticleStatus(row.status),
        categories=tuple(row.categories),
        tags=tuple(row.tags),
        authors=wrote,
        hero=None if row.hero is None else Hero(**row.hero),
        call_to_action=None if row.call_to_action is None else CallToAction(**row.call_to_action),
        seasons=tuple(Season.parse(text) for text in row.seasons),
        guesses=tuple(Guess(**guess) for guess in row.guesses),
        corrected=frozenset(row.corrected),
        added=row.added_at,
        last_sent=last_sent,
        id=row.id,
        **plain,
    )


def list_articles(connection: Connection, status: ArticleStatus | None = None) -> list[Article]:
    """The library in the order it was added, each article with what it misses and when it was last sent."""
    query = select(articles).order_by(articles.c.id)
    if status is not None:
        query = query.where(articles.c.status == status)
    return _with_company(connection, connection.execute(query).all())


def find_article(connection: Connection, slug: str) -> Article | None:
    rows = connection.execute(select(articles).where(articles.c.slug == slug)).all()
    return _with_company(connection, rows)[0] if rows else None


def find_articles(connection: Connection, ids: Iterable[int]) -> list[Article]:
    return _with_company(connection, connection.execute(select(articles).where(articles.c.id.in_(list(ids)))).all())


def _with_company(connection: Connection, rows: Sequence[Row[Any]]) -> list[Article]:
    known = authors_by_id(connection)
    wrote: dict[int, list[Author]] = defaultdict(list)
    by_article = article_authors.c.article_id
    query = select(article_authors).order_by(by_article, article_authors.c.position)
    if len(rows) == 1:
        query = query.where(by_article == rows[0].id)
    for link in connection.execute(query):
        wrote[link.article_id].append(known[link.author_id])
    sent = _last_sent(connection)
    calls = list_calls_to_action(connection)
    found = [_to_article(row, tuple(wrote[row.id]), sent.get(row.id)) for row in rows]
    return [replace(article, missing=missing(article, calls)) for article in found]


def _last_sent(connection: Connection) -> dict[int, datetime]:
    query = (
        select(issue_articles.c.article_id, func.max(issues.c.started_at))
        .join_from(issue_articles, issues, issues.c.id == issue_articles.c.issue_id)
        .where(issues.c.started_at.is_not(None))
        .group_by(issue_articles.c.article_id)
    )
    return {article: at for article, at in connection.execute(query) if at is not None}


def same_article(connection: Connection, slug: str, source_url: str) -> Row[Any] | None:
    """The row an import means: the same source URL, else the same slug when neither says another URL."""
    if source_url:
        found = connection.execute(select(articles).where(articles.c.source_url == source_url)).first()
        if found is not None:
            return found
    by_slug = select(articles).where(articles.c.slug == slug)
    if source_url:
        by_slug = by_slug.where(articles.c.source_url == "")
    return connection.execute(by_slug).first()


def free_slug(connection: Connection, slug: str) -> str:
    """This slug, or the first of slug-2, slug-3 … that no article has."""
    taken = set(
        connection.execute(select(articles.c.slug).where(articles.c.slug.startswith(slug, autoescape=True))).scalars()
    )
    number, candidate = 1, slug
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate


def add_article(
    connection: Connection,
    slug: str,
    fields: Mapping[str, Any],
    author_ids: Sequence[int],
    source_hash: str,
    now: datetime,
) -> int:
    row = to_row(fields)
    added = insert(articles).values(slug=slug, source_hash=source_hash, added_at=now, updated_at=now, **row)
    article_id = int(connection.execute(added.returning(articles.c.id)).scalar_one())
    link_authors(connection, article_id, author_ids)
    return article_id


def change_article(
    connection: Connection, article_id: int, fields: Mapping[str, Any], now: datetime, **extra: Any
) -> None:
    """Set these fields, and any of the columns `source_hash` and `corrected`."""
    values = {**to_row(fields), **extra, "updated_at": now}
    connection.execute(update(articles).where(articles.c.id == article_id).values(**values))


def link_authors(connection: Connection, article_id: int, author_ids: Sequence[int]) -> None:
    connection.execute(delete(article_authors).where(article_authors.c.article_id == article_id))
    links = [
        {"article_id": article_id, "position": position, "author_id": author_id}
        for position, author_id in enumerate(dict.fromkeys(author_ids))
    ]
    if links:
        connection.execute(insert(article_authors), links)
