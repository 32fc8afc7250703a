"""Every query on the mails that are of no issue and wait for another try."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from newsletter.states import DeliveryStatus
from newsletter.store.dialects import insert_or_ignore
from newsletter.tables import deliveries


def claim_notice(connection: Connection, row: Mapping[str, Any], now: datetime) -> int | None:
    """The delivery's id for the one caller who may hand it over now; None while another has it, or it is done.

    `row` is one that a claim leaves behind: in the state sending, with owner and lease, unique by kind and purpose.
    """
    fresh = insert_or_ignore(connection, deliveries, ["kind", "purpose_key"]).values(**row)
    added = connection.execute(fresh.returning(deliveries.c.id)).scalar()
    if added is not None:
        return int(added)
    is_due = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= now)
    mine = and_(
        deliveries.c.kind == row["kind"],
        deliveries.c.purpose_key == row["purpose_key"],
        deliveries.c.status == DeliveryStatus.PENDING,
        is_due,
    )
    taken = {
        **{name: row[name] for name in ("status", "claimed_by", "lease_until", "handed_at")},
        "attempts": deliveries.c.attempts + 1,
        "date": func.coalesce(deliveries.c.date, row["date"]),
        "next_attempt_at": None,
    }
    again = connection.execute(update(deliveries).where(mine).values(**taken).returning(deliveries.c.id)).scalar()
    return None if again is None else int(again)


def find_notice(connection: Connection, kind: str, purpose_key: str) -> int | None:
    """The id of the delivery of that kind and purpose."""
    mine = and_(deliveries.c.kind == kind, deliveries.c.purpose_key == purpose_key)
    return connection.execute(select(deliveries.c.id).where(mine)).scalar()


def has_due_notices(connection: Connection, since: datetime, now: datetime) -> bool:
    """Whether any mail that is of no issue waits for a try that fell due after `since`, or is due at any time."""
    next_at = deliveries.c.next_attempt_at
    waits = and_(
        deliveries.c.issue_id.is_(None),  # as the index has them
        deliveries.c.status == DeliveryStatus.PENDING,
        or_(next_at.is_(None), and_(next_at > since, next_at <= now)),
    )
    return connection.execute(select(deliveries.c.id).where(waits).limit(1)).first() is not None


def waiting_notices(connection: Connection, kind: str, now: datetime) -> list[tuple[str, str]]:
    """(purpose, address) of those of a kind whose next try is due."""
    waits = and_(
        deliveries.c.kind == kind,
        deliveries.c.status == DeliveryStatus.PENDING,
        or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= now),
    )
    query = select(deliveries.c.purpose_key, deliveries.c.email).where(waits).order_by(deliveries.c.id)
    return [(row.purpose_key, row.email) for row in connection.execute(query)]
