"""Every query on first copies: who waits until the staff has seen the issue, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update

from newsletter.states import DeliveryStatus
from newsletter.tables import deliveries


def put_off(connection: Connection, issue_id: int, until: datetime, but_for: Iterable[str]) -> None:
    """Nobody of the issue is tried before `until` but these addresses, whatever their hour.

    Of the others, who has to wait longer still does.
    """
    own = deliveries.c.next_attempt_at
    later = case((and_(own.is_not(None), own > until), own), else_=until)
    first = func.lower(deliveries.c.email).in_([email.lower() for email in but_for])
    waiting = and_(deliveries.c.issue_id == issue_id, deliveries.c.status == DeliveryStatus.PENDING)
    connection.execute(update(deliveries).where(waiting, ~first).values(next_attempt_at=later))
    connection.execute(update(deliveries).where(waiting, first).values(next_attempt_at=None, reason=""))


def _waits(issue_id: int) -> ColumnElement[bool]:
    return and_(
        deliveries.c.issue_id == issue_id,
        deliveries.c.status == DeliveryStatus.PENDING,
        deliveries.c.attempts == 0,
    )


def rest_goes_at(connection: Connection, issue_id: int) -> datetime | None:
    """When the first of those who were never tried may be; None when nobody is put off."""
    query = select(func.min(deliveries.c.next_attempt_at)).where(_waits(issue_id))
    return connection.execute(query).scalar()


def count_rest(connection: Connection, issue_id: int, now: datetime) -> int:
    """How many wait for an instant later than `now`, and were not tried yet."""
    put_off = and_(_waits(issue_id), deliveries.c.next_attempt_at > now)
    query = select(func.count()).select_from(deliveries).where(put_off)
    return int(connection.execute(query).scalar_one())


def is_reader(connection: Connection, issue_id: int, email: str) -> bool:
    """Whether the address has a delivery of the issue, however it is spelled."""
    same = and_(deliveries.c.issue_id == issue_id, func.lower(deliveries.c.email) == email.lower())
    return connection.execute(select(deliveries.c.id).where(same)).first() is not None
