"""The marks an article is found by: its words for the search, a sketch of its text to find nearly the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from newsletter.content.duplicates import COMMON, Text, likest, text_of, title_key
from newsletter.content.reading import bare_words, folded
from newsletter.store.engine import Database
from newsletter.store.trial import Trial
from newsletter.tables import article_shingles, article_words, articles

CHUNK = 500  # articles of an older program that are marked at once
MAX_WORDS = 300_000  # octets; PostgreSQL indexes up to 1 MB of words, and each in up to three forms


@dataclass(frozen=True, slots=True)
class Marks:
    title: str
    words: str  # of body, subtitle, summary, categories and tags
    sketch: tuple[int, ...]


def marks_of(row: Mapping[str, Any], known: Text | None = None) -> Marks:
    """Of the columns of an article; of more words than MAX_WORDS only the first. `known` as `text_of` takes it."""
    text = text_of(row["body_html"], known)
    beside = (row["subtitle"], row["summary"], *row["categories"], *row["tags"])
    words = folded(" ".join((*filter(None, beside), text.words)))
    return Marks(folded(row["title"]), _first_of(words), text.sketch)


def _first_of(words: str) -> str:
    return words.encode("utf-8", "ignore")[:MAX_WORDS].decode("utf-8", "ignore")


def add(connection: Connection, marks: Mapping[int, Marks]) -> None:
    """Keep these marks, by article id."""
    words = [{"article_id": id, "title": each.title, "words": each.words} for id, each in marks.items()]
    shingles = [{"article_id": id, "shingle": one} for id, each in marks.items() for one in each.sketch]
    if words:
        connection.execute(insert(article_words), words)
    if shingles:
        connection.execute(insert(article_shingles), shingles)


def renew(connection: Connection, article_ids: Sequence[int]) -> None:
    """Mark these articles by what they say now."""
    for table in (article_words, article_shingles):
        connection.execute(delete(table).where(table.c.article_id.in_(article_ids)))
    rows = connection.execute(select(articles).where(articles.c.id.in_(article_ids)))
    add(connection, {row.id: marks_of(row._asdict()) for row in rows})


def mark_older(database: Database | Trial) -> None:
    """Mark what an older program left unmarked; where there is nothing, nobody who writes is waited for."""
    with database.read() as connection:
        unmarked = connection.execute(select(articles.c.id).where(articles.c.title_key.is_(None)).limit(1)).first()
    if unmarked is not None:
        with database.write() as connection:
            mark_all(connection)


def mark_all(connection: Connection) -> None:
    """Mark what an older program brought in, which kept no marks."""
    unmarked = select(articles.c.id, articles.c.title).where(articles.c.title_key.is_(None)).limit(CHUNK)
    while rows := connection.execute(unmarked).all():
        for row in rows:
            connection.execute(update(articles).where(articles.c.id == row.id).values(title_key=title_key(row.title)))
        renew(connection, [row.id for row in rows])


def suspects(connection: Connection, sketches: Iterable[tuple[int, ...]]) -> dict[tuple[int, ...], list[int]]:
    """For each sketch the articles whose own shares enough of it that the texts should be compared, the likest first.

    Marks that more than COMMON articles have do not count.
    """
    wanted = set(sketches)
    holders: dict[int, list[int]] = defaultdict(list)
    common: set[int] = set()
    every = sorted({one for each in wanted for one in each})
    mark = article_shingles.c.shingle
    for start in range(0, len(every), CHUNK):
        part = every[start : start + CHUNK]
        often = select(mark).where(mark.in_(part)).group_by(mark).having(func.count() > COMMON)
        common.update(connection.execute(often).scalars())
        rare = [one for one in part if one not in common]
        for row in connection.execute(select(article_shingles).where(mark.in_(rare))):
            holders[row.shingle].append(row.article_id)
    return {each: likest([one for one in each if one not in common], holders) for each in wanted}


def texts_of(connection: Connection, article_ids: Iterable[int]) -> dict[int, str]:
    """The words of each body."""
    query = select(articles.c.id, articles.c.body_html).where(articles.c.id.in_(list(article_ids)))
    return {row.id: bare_words(row.body_html) for row in connection.execute(query)}
