"""Every query on the library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from newsletter.content.completeness import with_missing
from newsletter.content.duplicates import Text, title_key
from newsletter.model import Article, Author, CallToAction, Guess, Hero, Season
from newsletter.states import ArticleStatus
from newsletter.store import marks, versions
from newsletter.store.authors import authors_by_id, list_calls_to_action
from newsletter.store.issues import counts_as_sent
from newsletter.tables import article_authors, articles, issue_articles, issues

FEW = 500  # articles whose authors are asked for by id; of more, all are read

PLAIN_FIELDS = (
    "title", "subtitle", "summary", "published", "updated", "language", "body_html", "source_url",
    "evergreen", "not_before", "expires", "review_by", "priority", "read_at",
)  # fmt: skip
"""Columns that hold an article's field as it is."""

# Of an article nobody says anything of: every row of one statement needs the same columns.
_BLANK_ROW: Mapping[str, Any] = {
    **{name: "" for name in ("subtitle", "summary", "language", "source_url", "body_html")},
    **{name: None for name in ("published", "updated", "not_before", "expires", "review_by", "read_at", "hero")},
    **{name: [] for name in ("categories", "tags", "seasons", "guesses", "corrected")},
    "call_to_action": None,
    "evergreen": False,
    "priority": 0,
}


def to_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Article fields as column values; `authors` is no column and is left out."""
    row: dict[str, Any] = {name: fields[name] for name in PLAIN_FIELDS if name in fields}
    if "status" in fields:
        row["status"] = str(fields["status"])
    for name in ("categories", "tags"):
        if name in fields:
            row[name] = list(fields[name])
    if "title" in fields:
        row["title_key"] = title_key(fields["title"])
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
    query = select(articles).where(in_the_library()).order_by(articles.c.id)
    if status is not None:
        query = query.where(articles.c.status == status)
    return _with_company(connection, connection.execute(query).all())


def in_the_library() -> ColumnElement[bool]:
    """Letters are written for one issue each: nobody finds them, imports over them or picks them."""
    return articles.c.status != ArticleStatus.LETTER


def find_article(connection: Connection, slug: str) -> Article | None:
    """The article of the library with that slug."""
    rows = connection.execute(select(articles).where(articles.c.slug == slug, in_the_library())).all()
    return _with_company(connection, rows)[0] if rows else None


def find_articles(connection: Connection, ids: Iterable[int]) -> list[Article]:
    return _with_company(connection, connection.execute(select(articles).where(articles.c.id.in_(list(ids)))).all())


def lock(connection: Connection, ids: Iterable[int]) -> None:
    """Nobody else changes these until the transaction ends, so that what is read of them next stays true.

    In the order of their ids, or two who lock the same ones wait for each other. Nothing to do on SQLite: a write
    transaction has the whole database.
    """
    mine = select(articles.c.id).where(articles.c.id.in_(list(ids))).order_by(articles.c.id).with_for_update()
    connection.execute(mine)


def _with_company(connection: Connection, rows: Sequence[Row[Any]]) -> list[Article]:
    known = authors_by_id(connection)
    wrote: dict[int, list[Author]] = defaultdict(list)
    by_article = article_authors.c.article_id
    query = select(article_authors).order_by(by_article, article_authors.c.position)
    if len(rows) <= FEW:
        query = query.where(by_article.in_([row.id for row in rows]))
    for link in connection.execute(query):
        wrote[link.article_id].append(known[link.author_id])
    sent = _last_sent(connection)
    calls = list_calls_to_action(connection)
    found = [_to_article(row, tuple(wrote[row.id]), sent.get(row.id)) for row in rows]
    return [with_missing(article, calls) for article in found]


def _last_sent(connection: Connection) -> dict[int, datetime]:
    query = (
        select(issue_articles.c.article_id, func.max(issues.c.started_at))
        .join_from(issue_articles, issues, issues.c.id == issue_articles.c.issue_id)
        .where(issues.c.started_at.is_not(None), counts_as_sent())
        .group_by(issue_articles.c.article_id)
    )
    return {article: at for article, at in connection.execute(query) if at is not None}


def free_slug(connection: Connection, slug: str, taken: Collection[str] = ()) -> str:
    """This slug, or the first of slug-2, slug-3 … that no article has and that is not among `taken`."""
    alike = select(articles.c.slug).where(articles.c.slug.startswith(slug, autoescape=True))
    known = {*connection.execute(alike).scalars(), *taken}
    number, candidate = 1, slug
    while candidate in known:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate


def all_slugs(connection: Connection) -> dict[int, str]:
    """id → slug of the whole library, in the order it was added."""
    rows = connection.execute(select(articles.c.id, articles.c.slug).where(in_the_library()).order_by(articles.c.id))
    return {row.id: row.slug for row in rows}


def slugs_in_use(connection: Connection, slugs: Iterable[str]) -> set[str]:
    """Those of these that an article has."""
    return set(connection.execute(select(articles.c.slug).where(articles.c.slug.in_(list(slugs)))).scalars())


@dataclass(frozen=True, slots=True)
class NewArticle:
    """`fields` as `to_row` takes them; `key` is what its source calls it for ever, if anything.

    `text` is what its body says, or said before it was changed, where somebody knows already.
    """

    slug: str
    fields: Mapping[str, Any]
    author_ids: Sequence[int]
    source_hash: str
    key: str = ""
    text: Text | None = None


def add_articles(connection: Connection, new: Sequence[NewArticle], now: datetime) -> list[int]:
    """Their ids, in their order. All of them in one statement for each table: an import brings thousands."""
    if not new:
        return []
    rows = [
        {
            "slug": each.slug,
            "source_hash": each.source_hash,
            "source_key": each.key or None,
            "added_at": now,
            "updated_at": now,
            **_BLANK_ROW,
            **to_row(each.fields),
        }
        for each in new
    ]
    added = insert(articles).returning(articles.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(added, rows).scalars())
    _add_links(connection, dict(zip(ids, (each.author_ids for each in new), strict=True)))
    found = [each for each in zip(ids, rows, new, strict=True) if each[1]["status"] != ArticleStatus.LETTER]
    marks.add(connection, {id: marks.marks_of(row, each.text) for id, row, each in found})
    return ids


def change_article(
    connection: Connection,
    article_id: int,
    fields: Mapping[str, Any],
    now: datetime,
    cause: str = "edit",
    author_ids: Sequence[int] | None = None,
    **extra: Any,
) -> bool:
    """Whether the article says anything else once these fields are set; what it said before is kept as a version.

    `cause` tells in words who changed it; `extra` sets columns that say nothing to readers: `source_hash`,
    `source_key`, `corrected`, `read_at`.
    """
    lock(connection, [article_id])
    before = versions.snapshot(connection, article_id)
    values = {**to_row(fields), **extra}
    if values:
        connection.execute(update(articles).where(articles.c.id == article_id).values(**values))
    if author_ids is not None:
        link_authors(connection, article_id, author_ids)
    after = versions.snapshot(connection, article_id)
    if before == after:
        return False
    connection.execute(update(articles).where(articles.c.id == article_id).values(updated_at=now))
    versions.add(connection, article_id, before, now, cause)
    marks.renew(connection, [article_id])
    return True


def link_authors(connection: Connection, article_id: int, author_ids: Sequence[int]) -> None:
    connection.execute(delete(article_authors).where(article_authors.c.article_id == article_id))
    _add_links(connection, {article_id: author_ids})


def _add_links(connection: Connection, wrote: Mapping[int, Sequence[int]]) -> None:
    links = [
        {"article_id": article_id, "position": position, "author_id": author_id}
        for article_id, author_ids in wrote.items()
        for position, author_id in enumerate(dict.fromkeys(author_ids))
    ]
    if links:
        connection.execute(insert(article_authors), links)


def slugs_of(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """id → slug."""
    rows = connection.execute(select(articles.c.id, articles.c.slug).where(articles.c.id.in_(list(ids))))
    return {row.id: row.slug for row in rows}


def mark_read(connection: Connection, article_ids: Iterable[int], now: datetime) -> None:
    """A person has said yes to those of these that were unread."""
    unread = and_(articles.c.id.in_(list(article_ids)), articles.c.read_at.is_(None))
    connection.execute(update(articles).where(unread).values(read_at=now))
