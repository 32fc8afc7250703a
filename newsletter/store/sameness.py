"""An article that an import offers → the one in the library that it is, or that it is much like."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, select

from newsletter.content.duplicates import address_spellings, title_key
from newsletter.states import ArticleStatus
from newsletter.tables import articles


@dataclass(frozen=True, slots=True)
class Identity:
    """What names an article: its key in the source, its address, and a slug. Empty is unknown."""

    key: str
    source_url: str
    slug: str

    @property
    def is_weak(self) -> bool:
        """Nothing but a slug: two sources that say no more may well mean two articles."""
        return not (self.key or self.source_url)


@dataclass(frozen=True, slots=True)
class Known:
    """The article an identity means."""

    id: int
    slug: str
    key: str
    source_url: str
    source_hash: str
    status: ArticleStatus

    @property
    def identity(self) -> Identity:
        return Identity(self.key, self.source_url, self.slug)


_COLUMNS = (
    *(articles.c.id, articles.c.slug, articles.c.source_key, articles.c.source_url),
    *(articles.c.source_hash, articles.c.status),
)


def known_digests(connection: Connection, digests: Iterable[str]) -> dict[str, Known]:
    """Those of these digests that the library was last told, each with its article."""
    wanted = [digest for digest in digests if digest]
    rows = connection.execute(select(*_COLUMNS).where(articles.c.source_hash.in_(wanted)))
    return {row.source_hash: _known(row) for row in rows}


def find_same(connection: Connection, identities: Sequence[Identity]) -> list[Known | None]:
    """The article each means: by its key, else by its address, else by its slug.

    By its slug alone only where nothing says that the two are different: other keys, other addresses.
    """
    spellings = {url: address_spellings(url) for url in {each.source_url for each in identities if each.source_url}}
    by_key = _rows(connection, articles.c.source_key, {each.key for each in identities if each.key})
    every_spelling = {one for several in spellings.values() for one in several}
    by_address = _rows(connection, articles.c.source_url, every_spelling)
    by_slug = _rows(connection, articles.c.slug, {each.slug for each in identities})

    def same(wanted: Identity) -> Known | None:
        if wanted.key in by_key:
            return by_key[wanted.key]
        for url in spellings.get(wanted.source_url, ()):
            if url in by_address:
                return by_address[url]
        found = by_slug.get(wanted.slug)
        if found is None or (wanted.source_url and found.source_url) or (wanted.key and found.key):
            return None
        return found

    return [same(wanted) for wanted in identities]


def find_numbered(connection: Connection, slug: str, title: str, but: Collection[int]) -> Known | None:
    """The first of slug-2, slug-3 … that has the same title and neither key nor address, and is none of `but`.

    So is named what a source has beside an article of the same slug, when neither says more of itself.
    """
    alike = articles.c.slug.startswith(f"{slug}-", autoescape=True)
    query = select(*_COLUMNS).where(alike, articles.c.title_key == title_key(title)).order_by(articles.c.id)
    found = (_known(row) for row in connection.execute(query) if re.fullmatch(r"-\d+", row.slug.removeprefix(slug)))
    return next((each for each in found if each.identity.is_weak and each.id not in but), None)


def titles_like(connection: Connection, titles: Iterable[str]) -> dict[str, str]:
    """title key → the slug of an article whose title has the same words."""
    keys = {title_key(title) for title in titles} - {""}
    rows = connection.execute(
        select(articles.c.title_key, articles.c.slug)
        .where(articles.c.title_key.in_(list(keys)))
        .order_by(articles.c.id.desc())
    )
    return {row.title_key: row.slug for row in rows}


def _rows(connection: Connection, column: Column[str], values: set[str]) -> dict[str, Known]:
    if not values:
        return {}
    query = select(*_COLUMNS).where(column.in_(list(values)))
    # Of several the oldest: it is met last.
    rows = connection.execute(query.order_by(articles.c.id.desc())).all()
    return {getattr(row, column.key): _known(row) for row in rows}


def _known(row: Row[Any, Any, Any, Any, Any, Any]) -> Known:
    status = ArticleStatus(row.status)
    return Known(row.id, row.slug, row.source_key or "", row.source_url, row.source_hash, status)
