"""How writing to somebody ends: an unsubscribe ends a subscription, a suppression outlives the subscriber."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from subscribers.addresses import parse
from subscribers.consent import LEAVABLE, left
from subscribers.model import SubscriptionStatus, Suppression
from subscribers.store.dialects import insert_unless_there
from subscribers.tables import consents, subscriptions, suppressions


def unsubscribe(conn: Connection, subscriber_id: int, list_id: int | None, where: str, now: datetime) -> bool:
    """Whether anything changed: the subscriber leaves the list (None: every list), and the evidence is kept.

    Twice is as good as once: the second time changes and records nothing.
    """
    leaving = update(subscriptions).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.status.in_(sorted(LEAVABLE))
    )
    if list_id is not None:
        leaving = leaving.where(subscriptions.c.list_id == list_id)
    ended = leaving.values(status=SubscriptionStatus.UNSUBSCRIBED.value, since=now).returning(subscriptions.c.list_id)
    list_ids = sorted(conn.scalars(ended))
    if list_ids:
        entry = left(where)
        evidence = {"subscriber_id": subscriber_id, "what": entry.what, "at": now, "where": entry.where}
        conn.execute(insert(consents), [{**evidence, "list_id": each} for each in list_ids])
    return bool(list_ids)


def suppress(conn: Connection, email: str, reason: str, now: datetime) -> bool:
    """Whether the address was not suppressed before; the first reason stays. Raises InvalidAddress.

    Works for any address, also one that no subscriber has.
    """
    row = insert_unless_there(conn, suppressions).values(email_key=parse(email).key, reason=reason, since=now)
    return conn.scalar(row.returning(suppressions.c.id)) is not None


def find_suppression(conn: Connection, email: str) -> Suppression | None:
    """Why and since when the address must not be written to. Raises InvalidAddress."""
    row = conn.execute(select(suppressions).where(suppressions.c.email_key == parse(email).key)).first()
    return None if row is None else Suppression(row.reason, row.since)


def is_suppressed(conn: Connection, email: str) -> bool:
    """Whether the address must not be written to. Raises InvalidAddress."""
    return find_suppression(conn, email) is not None
