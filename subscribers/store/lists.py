"""Mailing lists: a new one, one by name, all with their counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from subscribers.errors import InvalidField, ListNameTaken, UnknownList
from subscribers.fields import clean_name
from subscribers.model import ListCounts, MailingList, SubscriptionStatus
from subscribers.store.dialects import insert_unless_there
from subscribers.tables import mailing_lists, subscriptions

LONGEST_LIST_NAME = 200  # characters


def add_list(conn: Connection, name: str, now: datetime, timezone: str = "") -> MailingList:
    """The new list. Raises InvalidField for a name that cannot be one, ListNameTaken."""
    cleaned = clean_name(name)
    if not 1 <= len(cleaned) <= LONGEST_LIST_NAME:
        raise InvalidField("name", f"a mailing list's name has 1 to {LONGEST_LIST_NAME} characters")
    row = insert_unless_there(conn, mailing_lists).values(name=cleaned, timezone=timezone, created_at=now)
    list_id = conn.scalar(row.returning(mailing_lists.c.id))
    if list_id is None:
        raise ListNameTaken(cleaned)
    return MailingList(list_id, cleaned, now, timezone)


def find_list(conn: Connection, name: str) -> MailingList:
    """The list of that name. Raises UnknownList."""
    row = conn.execute(select(mailing_lists).where(mailing_lists.c.name == name.strip())).first()
    if row is None:
        raise UnknownList(name)
    return _mailing_list(row)


def list_by_id(conn: Connection, list_id: int) -> MailingList:
    return _mailing_list(conn.execute(select(mailing_lists).where(mailing_lists.c.id == list_id)).one())


def lists_with_counts(conn: Connection) -> list[ListCounts]:
    """Every list by name, with its subscriptions counted by status."""
    counted = select(subscriptions.c.list_id, subscriptions.c.status, func.count().label("readers")).group_by(
        subscriptions.c.list_id, subscriptions.c.status
    )
    counts = {(row.list_id, row.status): row.readers for row in conn.execute(counted)}
    return [
        ListCounts(_mailing_list(row), *(counts.get((row.id, status), 0) for status in SubscriptionStatus))
        for row in conn.execute(select(mailing_lists).order_by(mailing_lists.c.name))
    ]


def _mailing_list(row: Row[Any]) -> MailingList:
    return MailingList(row.id, row.name, row.created_at, row.timezone)
