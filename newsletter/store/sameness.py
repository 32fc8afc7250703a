"""An article that an import offers → the one in the library that it is, or that it is much like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Row, select

from newsletter.content.duplicates import (
    NEARLY_THE_SAME,
    UNRELATED,
    address_spellings,
    are_unrelated,
    likeness,
    title_key,
)
from newsletter.content.naming import OF_A_HOST, page_address
from newsletter.states import ArticleStatus
from newsletter.store.articles import in_the_library
from newsletter.store.marks import texts_of
from newsletter.tables import articles


@dataclass(frozen=True, slots=True)
class Identity:
    """What names an article: its key in the source, its address, a slug and its title. Empty is unknown.

    `text` are the words of its body, which tell whether two of one name are one.
    """

    key: str
    source_url: str
    slug: str
    title: str = ""
    text: str = ""
    is_settled: bool = False  # its source says itself which slug it has
    published: date | None = None

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
    title_key: str
    published: date | None
    is_rewritten: bool  # by a person: its text tells nothing of its source's

    @property
    def is_weak(self) -> bool:
        return not (self.key or self.source_url)


_COLUMNS = (
    *(articles.c.id, articles.c.slug, articles.c.source_key, articles.c.source_url),
    *(articles.c.source_hash, articles.c.status, articles.c.title_key),
    *(articles.c.published, articles.c.corrected),
)


def known_digests(connection: Connection, digests: Iterable[str]) -> dict[str, Known]:
    """Those of these digests that the library was last told, each with its article."""
    wanted = [digest for digest in digests if digest]
    rows = connection.execute(select(*_COLUMNS).where(articles.c.source_hash.in_(wanted)))
    return {row.source_hash: _known(row) for row in rows}


def digests_in_use(connection: Connection, digests: Iterable[str]) -> set[str]:
    """Those of these digests that the library was last told."""
    wanted = [digest for digest in digests if digest]
    query = select(articles.c.source_hash).where(articles.c.source_hash.in_(wanted))
    return set(connection.execute(query).scalars())


def find_same(connection: Connection, identities: Sequence[Identity], met: Collection[int] = ()) -> list[Known | None]:
    """The article each means: by its key, else by its address, else by its slug.

    By its address unless both key and title say that it is another article at the same place. By its slug alone only
    where nothing says that the two are different, other keys or other addresses, and the texts are alike; or where
    neither has more than a slug, that article is none of `met`, which other items are, and it is no text of its own.
    """
    spellings = {url: address_spellings(url) for url in {each.source_url for each in identities if each.source_url}}
    by_key = _rows(connection, articles.c.source_key, {each.key for each in identities if each.key})
    every_spelling = {one for several in spellings.values() for one in several}
    by_address = _rows(connection, articles.c.source_url, every_spelling)
    by_slug = _rows(connection, articles.c.slug, {each.slug for each in identities})

    def same(wanted: Identity) -> Known | None:
        for found in by_key.get(wanted.key, ()):
            if not _is_of_another_site(connection, wanted, found):
                return found
        for url in spellings.get(wanted.source_url, ()):
            for found in by_address.get(url, ()):
                if not _is_another(wanted, found):
                    return found
        if wanted.slug not in by_slug:
            return None
        (named,) = by_slug[wanted.slug]
        if wanted.is_weak and named.is_weak:
            is_same = named.id not in met and not _is_another_text(connection, wanted, named)
        else:
            is_same = _has_same_name(connection, wanted, named)
        if is_same or not wanted.is_weak:
            return named if is_same else None
        return _find_numbered(connection, wanted, met)

    return [same(each) for each in identities]


def _is_of_another_site(connection: Connection, wanted: Identity, found: Known) -> bool:
    """Two feeds of one host may both have an item `12`, and a site built anew counts its posts from 1 again.

    Then neither address nor title is the same, and of a whole guid not the text either: a post may well have moved.
    """
    spellings = address_spellings(wanted.source_url)
    has_moved = bool(wanted.source_url and found.source_url) and found.source_url not in spellings
    if not has_moved or title_key(wanted.title) == found.title_key:
        return False
    is_short = wanted.key.startswith(OF_A_HOST)
    return is_short or likeness(wanted.text, texts_of(connection, [found.id])[found.id]) < UNRELATED


def _is_another(wanted: Identity, found: Known) -> bool:
    """Some sites tell one address for all they have: every episode is found on the first page."""
    has_other_key = bool(wanted.key and found.key) and wanted.key != found.key
    return has_other_key and title_key(wanted.title) != found.title_key


def _is_another_text(connection: Connection, wanted: Identity, named: Known) -> bool:
    """Two that somebody wrote under one title. What has the same date or tells its own slug was written anew."""
    has_same_date = wanted.published is not None and wanted.published == named.published
    if has_same_date or wanted.is_settled or named.is_rewritten:
        return False
    return are_unrelated(wanted.text, texts_of(connection, [named.id])[named.id])


def _has_same_name(connection: Connection, wanted: Identity, named: Known) -> bool:
    if (wanted.source_url and named.source_url) or (wanted.key and named.key):
        return False
    if wanted.is_settled and title_key(wanted.title) == named.title_key:
        return True
    return likeness(wanted.text, texts_of(connection, [named.id])[named.id]) >= NEARLY_THE_SAME


def _find_numbered(connection: Connection, wanted: Identity, met: Collection[int]) -> Known | None:
    """The first of slug-2, slug-3 … that has the same title, neither key nor address nor a text of its own, and is
    none of `met`.

    So is named what a source has beside an article of the same slug, when neither says more of itself.
    """
    slug, key = wanted.slug, title_key(wanted.title)
    alike = articles.c.slug.startswith(f"{slug}-", autoescape=True)
    query = select(*_COLUMNS).where(alike, articles.c.title_key == key, in_the_library()).order_by(articles.c.id)
    found = (_known(row) for row in connection.execute(query) if re.fullmatch(r"-\d+", row.slug.removeprefix(slug)))
    free = (each for each in found if each.is_weak and each.id not in met)
    return next((each for each in free if not _is_another_text(connection, wanted, each)), None)


def title_keys_of(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """id → title key."""
    rows = connection.execute(select(articles.c.id, articles.c.title_key).where(articles.c.id.in_(list(ids))))
    return {row.id: row.title_key or "" for row in rows}


def titles_like(connection: Connection, titles: Iterable[str]) -> dict[str, str]:
    """title key → the slug of an article whose title has the same words."""
    keys = {title_key(title) for title in titles} - {""}
    rows = connection.execute(
        select(articles.c.title_key, articles.c.slug)
        .where(articles.c.title_key.in_(list(keys)), in_the_library())
        .order_by(articles.c.id.desc())
    )
    return {row.title_key: row.slug for row in rows}


def _rows(connection: Connection, column: Column[str], values: set[str]) -> dict[str, list[Known]]:
    """For each value the articles that have it, the oldest first."""
    found: dict[str, list[Known]] = defaultdict(list)
    if values:
        query = select(*_COLUMNS).where(column.in_(list(values)), in_the_library()).order_by(articles.c.id)
        for row in connection.execute(query):
            found[getattr(row, column.key)].append(_known(row))
    return found


def _known(row: Row[Any, Any, Any, Any, Any, Any, Any, Any, Any]) -> Known:
    status, url, is_rewritten = ArticleStatus(row.status), page_address(row.source_url), "body_html" in row.corrected
    key, title = row.source_key or "", row.title_key or ""
    return Known(row.id, row.slug, key, url, row.source_hash, status, title, row.published, is_rewritten)
