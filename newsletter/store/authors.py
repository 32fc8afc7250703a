"""Every query on authors and on calls to action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from newsletter.model import Author, CallToAction
from newsletter.tables import article_authors, authors, calls_to_action

FIELDS = (
    "credentials",
    "role",
    "practice",
    "bio",
    "photo",
    "url",
    "email",
    "active_from",
    "active_until",
    "credentials_until",
)
"""What an import or a person may say of an author, beside the name."""


def to_author(row: Row[Any]) -> Author:
    values = {name: getattr(row, name) for name in FIELDS}
    return Author(name=row.name, call_to_action=row.call_to_action, id=row.id, **values)


def find_author(connection: Connection, name: str) -> Author | None:
    """The author of that name, whatever its upper and lower case."""
    found = _row(connection, name)
    return None if found is None else to_author(found)


def _row(connection: Connection, name: str) -> Row[Any] | None:
    # Compared here: what a database calls lower case ends, on SQLite and in some locales of PostgreSQL, at ASCII.
    wanted = name.strip().casefold()
    known = connection.execute(select(authors.c.id, authors.c.name))
    found = next((row.id for row in known if row.name.casefold() == wanted), None)
    return None if found is None else connection.execute(select(authors).where(authors.c.id == found)).one()


def list_authors(connection: Connection) -> list[tuple[Author, int]]:
    """Every author with the number of articles they wrote, by name."""
    counted = (
        select(article_authors.c.author_id, func.count().label("articles"))
        .group_by(article_authors.c.author_id)
        .subquery()
    )
    query = (
        select(authors, func.coalesce(counted.c.articles, 0).label("articles"))
        .join_from(authors, counted, counted.c.author_id == authors.c.id, isouter=True)
        .order_by(authors.c.name)
    )
    return [(to_author(row), row.articles) for row in connection.execute(query)]


def authors_by_id(connection: Connection) -> dict[int, Author]:
    return {row.id: to_author(row) for row in connection.execute(select(authors))}


def keep_author(connection: Connection, offered: Author) -> int:
    """The id of the author an import names: a new row, or the old one with what the import knows better.

    A field a person set keeps its correction; a field the import does not know stays as it was.
    """
    found = _row(connection, offered.name)
    known = {name: getattr(offered, name) for name in FIELDS if getattr(offered, name)}
    if found is None:
        added = insert(authors).values(name=offered.name.strip(), **known).returning(authors.c.id)
        return int(connection.execute(added).scalar_one())
    better = {name: value for name, value in known.items() if name not in found.corrected}
    if better:
        connection.execute(update(authors).where(authors.c.id == found.id).values(**better))
    return int(found.id)


def set_author(connection: Connection, name: str, fields: Mapping[str, str | date | None]) -> Author:
    """The author after a person's word on these fields, which no import changes from now on. New names are added."""
    found = _row(connection, name)
    if found is None:
        connection.execute(insert(authors).values(name=name.strip(), corrected=sorted(fields), **fields))
    else:
        corrected = sorted({*found.corrected, *fields})
        connection.execute(update(authors).where(authors.c.id == found.id).values(corrected=corrected, **fields))
    author = find_author(connection, name)
    assert author is not None
    return author


def list_calls_to_action(connection: Connection) -> dict[str, CallToAction]:
    """Every named call to action, by name."""
    rows = connection.execute(select(calls_to_action).order_by(calls_to_action.c.name))
    return {row.name: CallToAction(row.text, row.label, row.url) for row in rows}


def set_call_to_action(connection: Connection, name: str, fields: Mapping[str, str]) -> CallToAction:
    """The call to action of that name after these fields were set. New names are added."""
    known = list_calls_to_action(connection)
    if name not in known:
        connection.execute(insert(calls_to_action).values(name=name, **fields))
    elif fields:
        connection.execute(update(calls_to_action).where(calls_to_action.c.name == name).values(**fields))
    return CallToAction(**{**asdict(known.get(name, CallToAction())), **fields})
