"""What readers have been sent lately, over all schedules → who has had as much as one may get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Select, and_, case, cast, func, or_, select, text

from newsletter.states import DeliveryStatus, IssueKind
from newsletter.tables import deliveries, issues

COUNTING_LOCK = 0x6E657774  # a number of our own, for PostgreSQL's advisory locks

ByDay = Select[int, int]
"""`subscriber_id, days`: how many issues a reader got on each of a few days, a byte for each, the first one lowest."""
DAY = 256

UNDER_WAY = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT)


def count_alone(connection: Connection) -> None:
    """From here to the end of the transaction nobody else plans under the cap: two who count at once would exceed it.

    On SQLite the transaction is the only one that writes anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": COUNTING_LOCK})


def recent_issues(connection: Connection, since: datetime, except_issue: int = 0) -> list[int]:
    """The issues of which a reader may have got a copy since then. Neither test copies nor rehearsals count."""
    query = select(issues.c.id).where(
        issues.c.started_at.is_not(None),
        or_(issues.c.finished_at.is_(None), issues.c.finished_at >= since),
        issues.c.kind != IssueKind.REHEARSAL,
        issues.c.id != except_issue,
    )
    return list(connection.execute(query.order_by(issues.c.id)).scalars())


def counted(connection: Connection, issue_ids: Iterable[int], first: int, last: int, since: datetime) -> dict[int, int]:
    """How many of these issues each subscriber from `first` to `last` has got since then, or is about to get."""
    got = and_(deliveries.c.status == DeliveryStatus.SENT, deliveries.c.sent_at >= since)
    query = (
        select(deliveries.c.subscriber_id, func.count())
        .where(
            deliveries.c.issue_id.in_(list(issue_ids)),
            deliveries.c.subscriber_id.between(first, last),
            or_(got, deliveries.c.status.in_(UNDER_WAY)),
        )
        .group_by(deliveries.c.subscriber_id)
    )
    return {reader: count for reader, count in connection.execute(query)}


def by_day(issue_ids: Iterable[int], begins: Sequence[datetime]) -> ByDay:
    """What each subscriber got of these issues on the days that begin then, in order, as it counts under the cap.

    What is still on its way is of the last day.
    """
    got = and_(deliveries.c.status == DeliveryStatus.SENT, deliveries.c.sent_at >= begins[0])
    weights = [(deliveries.c.sent_at >= day, DAY**place) for place, day in enumerate(begins)]
    under_way = deliveries.c.status.in_(UNDER_WAY)
    weight = case((under_way, DAY ** (len(begins) - 1)), *reversed(weights))
    return (
        select(deliveries.c.subscriber_id, cast(func.sum(weight), BigInteger).label("days"))
        .where(
            deliveries.c.issue_id.in_(list(issue_ids)),
            deliveries.c.subscriber_id.is_not(None),
            or_(got, under_way),
        )
        .group_by(deliveries.c.subscriber_id)
    )


def days_of(connection: Connection, by_day: ByDay, subscriber_id: int) -> int:
    """The days of one subscriber, out of `by_day`."""
    row = connection.execute(by_day.where(deliveries.c.subscriber_id == subscriber_id)).first()
    return 0 if row is None else int(row.days)


def unpacked(days: int) -> Iterator[int]:
    """The counts of each day, the first one first."""
    while days:
        days, count = divmod(days, DAY)
        yield count
