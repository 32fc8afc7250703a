"""Ranked articles and every reader's own past deliveries → which article each is due, worked out by the database.

A million readers with twenty deliveries each are a question of seconds, and of no memory of ours. What stands in the
temporary tables here is that of one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from newsletter.states import DeliveryStatus, IssueKind
from newsletter.tables import articles, deliveries, issue_articles, issues, occurrences, subscribers
from subscribers import Recipient
from subscribers.store import audience_query

HAD = (DeliveryStatus.SENT, DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT)
"""A reader with one of these has the article, or is about to, or may have it."""
NOT_HAD = (DeliveryStatus.FAILED, DeliveryStatus.SKIPPED)
WRITTEN_TO = (*HAD, DeliveryStatus.FAILED)
"""A course has taken its turn with a reader: who cannot be reached is not tried again the next day."""

_temporary: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
# Not in the shared MetaData: they live no longer than a transaction, and no migration knows them.
_ranks = Table(
    "group_ranks",
    MetaData(),
    Column("issue_id", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    **_temporary,
)
_readers = Table(
    "group_readers",
    MetaData(),
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, nullable=False),
    **_temporary,
)
_by_rank = Index("ix_group_readers_rank", _readers.c.rank, _readers.c.subscriber_id)
UNSETTLED = -1  # a rank: what the reader has had are not simply the first ones


class Began(NamedTuple):
    """An article in an issue that has begun: at its occurrence, or when it began if that was later."""

    issue_id: int
    slug: str
    at: datetime
    schedule_id: int | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose turn it can be at one occurrence."""

    list_id: int
    joined_from: datetime | None = None  # a course is for those who joined since it was made
    joined_until: datetime | None = None  # who joined later waits for the next occurrence
    occurrence_id: int | None = None  # who has a delivery of it is served
    paused_by: tuple[int, ...] = ()  # issues of a course: who was written to by one of them waits

    def query(self) -> Select[int, str, str]:
        """`subscriber_id, email`."""
        query = audience_query(self.list_id, joined_from=self.joined_from, joined_until=self.joined_until)
        mine = deliveries.c.subscriber_id == subscribers.c.id
        if self.occurrence_id is not None:
            served = select(deliveries.c.id).where(mine, deliveries.c.occurrence_id == self.occurrence_id)
            query = query.where(~served.exists())
        if self.paused_by:
            written = select(deliveries.c.id).where(
                mine, deliveries.c.issue_id.in_(self.paused_by), deliveries.c.status.in_(WRITTEN_TO)
            )
            query = query.where(~written.exists())
        return query


def began(connection: Connection) -> list[Began]:
    """Every article of every issue that readers may have by now. A rehearsal counts as nothing sent."""
    query = (
        select(issues.c.id, articles.c.slug, issues.c.started_at, occurrences.c.utc, issues.c.schedule_id)
        .join_from(issues, issue_articles, issue_articles.c.issue_id == issues.c.id)
        .join(articles, articles.c.id == issue_articles.c.article_id)
        .join(occurrences, occurrences.c.id == issues.c.occurrence_id, isouter=True)
        .where(issues.c.started_at.is_not(None), issues.c.kind != IssueKind.REHEARSAL)
        .order_by(issues.c.id)
    )
    return [
        Began(row.id, row.slug, max(row.started_at, row.utc or row.started_at), row.schedule_id)
        for row in connection.execute(query)
    ]


def group(connection: Connection, audience: Audience, had: Iterable[tuple[int, int]]) -> None:
    """Work out the rank of the article each reader is due, for the rest of the transaction.

    `had` is (issue, rank) for each ranked article that counts as had by whoever has got that issue.
    """
    _prepare(connection, had)
    connection.execute(insert(_readers).from_select(["subscriber_id", "rank"], _simply_next(audience)))
    not_had = select(deliveries.c.subscriber_id).where(_is_ranked_issue(), deliveries.c.status.in_(NOT_HAD))
    connection.execute(update(_readers).where(_readers.c.subscriber_id.in_(not_had)).values(rank=UNSETTLED))
    _settle(connection)


def _prepare(connection: Connection, ranked: Iterable[tuple[int, int]]) -> None:
    for table in (_ranks, _readers):
        connection.execute(CreateTable(table, if_not_exists=True))
        connection.execute(delete(table))
    pairs = [{"issue_id": issue_id, "rank": rank} for issue_id, rank in sorted(set(ranked))]
    if pairs:
        connection.execute(insert(_ranks), pairs)
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE group_ranks"))


def _simply_next(audience: Audience) -> Select[Any]:
    """Who has had the first n and nothing else is due the next one: for most readers counting is enough.

    Answered by an index alone: which deliveries came to nothing is asked of the few that did.
    """
    reader = audience.query().order_by(None).subquery()
    count = func.count(_ranks.c.rank.distinct())
    highest = func.coalesce(func.max(_ranks.c.rank), -1)
    return (
        select(reader.c.subscriber_id, case((count == highest + 1, count), else_=UNSETTLED))
        .join_from(reader, deliveries, deliveries.c.subscriber_id == reader.c.subscriber_id, isouter=True)
        .join(_ranks, _ranks.c.issue_id == deliveries.c.issue_id, isouter=True)
        .group_by(reader.c.subscriber_id)
    )


def _is_ranked_issue() -> ColumnElement[bool]:
    return deliveries.c.issue_id.in_(select(_ranks.c.issue_id))


def _settle(connection: Connection) -> None:
    """The first rank that is not among those had, for whoever has had others than the first ones."""
    had = (
        select(_readers.c.subscriber_id, _ranks.c.rank)
        .join_from(_readers, deliveries, deliveries.c.subscriber_id == _readers.c.subscriber_id)
        .join(_ranks, _ranks.c.issue_id == deliveries.c.issue_id)
        .where(_readers.c.rank == UNSETTLED, deliveries.c.status.in_(HAD))
        .distinct()
        .subquery()
    )
    place = func.row_number().over(partition_by=had.c.subscriber_id, order_by=had.c.rank) - 1
    placed = select(had.c.subscriber_id, had.c.rank, place.label("place")).subquery()
    gap = func.min(case((placed.c.rank > placed.c.place, placed.c.place)))
    first = (
        select(placed.c.subscriber_id, func.coalesce(gap, func.count()).label("rank"))
        .group_by(placed.c.subscriber_id)
        .subquery()
    )
    found = update(_readers).where(_readers.c.subscriber_id == first.c.subscriber_id).values(rank=first.c.rank)
    connection.execute(found)
    connection.execute(update(_readers).where(_readers.c.rank == UNSETTLED).values(rank=0))


def group_sizes(connection: Connection) -> dict[int, int]:
    """How many readers are due each rank, after `group`; the ranks past the last article: they have had all."""
    query = select(_readers.c.rank, func.count()).group_by(_readers.c.rank).order_by(_readers.c.rank)
    return {rank: readers for rank, readers in connection.execute(query)}


def prepare_pages(connection: Connection) -> None:
    """Make reading one group after the other quick."""
    connection.execute(CreateIndex(_by_rank, if_not_exists=True))
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE group_readers"))


def group_page(connection: Connection, rank: int, after: int, limit: int) -> list[Recipient]:
    """The next readers after that subscriber who are due this rank, after `group`; an empty page is the end."""
    page = (
        select(subscribers.c.id, subscribers.c.email, subscribers.c.timezone)
        .join_from(_readers, subscribers, subscribers.c.id == _readers.c.subscriber_id)
        .where(_readers.c.rank == rank, _readers.c.subscriber_id > after)
        .order_by(_readers.c.subscriber_id)
        .limit(limit)
    )
    return [Recipient(reader, email, zone) for reader, email, zone in connection.execute(page)]


def pasts(
    connection: Connection, audience: Audience, issue_ids: Iterable[int], most: int
) -> list[tuple[tuple[int, ...], int]]:
    """Which of these issues readers have got, each combination with its readers counted; the commonest ones first."""
    _prepare(connection, [(issue_id, 0) for issue_id in issue_ids])
    reader = audience.query().order_by(None).subquery()
    not_had = select(deliveries.c.subscriber_id, deliveries.c.issue_id).where(
        _is_ranked_issue(), deliveries.c.status.in_(NOT_HAD)
    )
    delivery = tuple_(deliveries.c.subscriber_id, deliveries.c.issue_id)
    got = and_(deliveries.c.subscriber_id == reader.c.subscriber_id, delivery.not_in(not_had))
    each = (
        select(func.coalesce(func.aggregate_strings(cast(_ranks.c.issue_id, Text), ","), "").label("got"))
        .join_from(reader, deliveries, got, isouter=True)
        .join(_ranks, _ranks.c.issue_id == deliveries.c.issue_id, isouter=True)
        .group_by(reader.c.subscriber_id)
        .subquery()
    )
    query = select(each.c.got, func.count()).group_by(each.c.got).order_by(func.count().desc(), each.c.got).limit(most)
    return [
        (tuple(sorted(int(number) for number in got.split(",") if number)), readers)
        for got, readers in connection.execute(query)
    ]


def issues_had(connection: Connection, subscriber_id: int) -> list[int]:
    """The issues that a reader has, is about to get, or may have."""
    mine = and_(deliveries.c.subscriber_id == subscriber_id, deliveries.c.status.in_(HAD))
    return list(connection.execute(select(deliveries.c.issue_id).where(mine)).scalars())
