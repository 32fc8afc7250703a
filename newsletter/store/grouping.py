"""Ranked articles and every reader's own past deliveries → which article each is due, worked out by the database.

A million readers with twenty deliveries each are a question of seconds, and of no memory of ours. What stands in the
temporary tables here is that of one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import CreateIndex, CreateTable

from newsletter.states import DeliveryStatus, IssueKind
from newsletter.store.fatigue import ByDay
from newsletter.tables import articles, deliveries, issue_articles, issues, occurrences, subscribers
from subscribers import Recipient
from subscribers.store import audience_query

HAD = (DeliveryStatus.SENT, DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT)
"""A reader with one of these has the article, or is about to, or may have it."""
NOT_HAD = (DeliveryStatus.FAILED, DeliveryStatus.SKIPPED)
WRITTEN_TO = (*HAD, DeliveryStatus.FAILED)
"""A course has taken its turn with a reader: who cannot be reached is not tried again the next day."""

_temporary: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
WINDOW = 48
"""Ranks looked at in one pass, each with a bit in a whole number: 15 bits are left for sums."""

# Not in the shared MetaData: they live no longer than a transaction, and no migration knows them.
_ranks = Table(
    "group_ranks",
    MetaData(),
    Column("issue_id", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("window", Integer, nullable=False),
    Column("bit", BigInteger, nullable=False),  # of the rank, in its window
    sqlite_with_rowid=False,
    **_temporary,
)
# The first window again, by issue: SQLite asks it for every delivery there is.
_firsts = Table(
    "group_firsts",
    MetaData(),
    Column("issue_id", Integer, primary_key=True, autoincrement=False),
    Column("bits", BigInteger, nullable=False),
    Column("many", Integer, nullable=False),  # bits that are set
    **_temporary,
)
# Deliveries of ranked issues that came to nothing.
_missed = Table(
    "group_missed",
    MetaData(),
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("issue_id", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    **_temporary,
)
_readers = Table(
    "group_readers",
    MetaData(),
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, nullable=False),  # below nothing: not known yet, see `_unknown`
    **_temporary,
)
_by_rank = Index("ix_group_readers_rank", _readers.c.rank, _readers.c.subscriber_id)


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


class Alike(NamedTuple):
    """Readers who are in the same audiences, by their numbers, and got the same."""

    audiences: frozenset[int]
    got: tuple[int, ...]  # issues
    days: int  # what they got lately, as `ByDay` has it
    readers: int


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
    firsts = _prepare(connection, had)
    if connection.dialect.name == "postgresql":
        first_sight = _from_an_array(audience, firsts)
    else:
        first_sight = _from_sums(audience)
    connection.execute(insert(_readers).from_select(["subscriber_id", "rank"], first_sight))
    missed = _readers.c.subscriber_id.in_(select(_missed.c.subscriber_id))
    connection.execute(update(_readers).where(missed).values(rank=_unknown(0)))
    window = 0
    while (connection.execute(select(func.min(_readers.c.rank))).scalar() or 0) < 0:
        _look_into(connection, window)
        window += 1


def _prepare(connection: Connection, ranked: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Fill the tables that everything is asked of; the bits of the first window by issue."""
    pairs = sorted(set(ranked))
    rows = [
        {"issue_id": issue_id, "rank": rank, "window": rank // WINDOW, "bit": 1 << rank % WINDOW}
        for issue_id, rank in pairs
    ]
    firsts: dict[int, int] = dict.fromkeys((issue_id for issue_id, _ in pairs), 0)
    for issue_id, rank in pairs:
        firsts[issue_id] |= 1 << rank if rank < WINDOW else 0
    counted = [{"issue_id": each, "bits": bits, "many": bits.bit_count()} for each, bits in firsts.items()]
    for table in (_ranks, _firsts, _missed, _readers):
        connection.execute(CreateTable(table, if_not_exists=True))
        connection.execute(delete(table))
    if not pairs:
        return firsts
    connection.execute(insert(_ranks), rows)
    connection.execute(insert(_firsts), counted)
    missed = select(deliveries.c.subscriber_id, deliveries.c.issue_id).where(
        deliveries.c.issue_id.in_(select(_firsts.c.issue_id)),
        deliveries.c.status.in_(NOT_HAD),
        func.coalesce(deliveries.c.subscriber_id, 0) != 0,  # no condition that an index could be chosen for
    )
    connection.execute(insert(_missed).from_select(["subscriber_id", "issue_id"], missed))
    if connection.dialect.name == "postgresql":
        for table in (_ranks, _firsts, _missed):
            connection.execute(text(f"ANALYZE {table.name}"))
    return firsts


def _from_an_array(audience: Audience, firsts: Mapping[int, int]) -> Select[Any]:
    """The first missing rank of every reader, as if each delivery had arrived: answered by an index alone.

    An array by issue instead of a join with `_firsts`: for 20 million deliveries PostgreSQL takes 11 seconds with it
    and 17 with the join, in one run on two busy cores.
    """
    reader = audience.query().order_by(None).subquery()
    by_issue = [firsts.get(issue_id, 0) for issue_id in range(1, max(firsts, default=0) + 1)]
    bits_of = select(literal(by_issue, ARRAY(BigInteger))).scalar_subquery()
    seen = (
        select(reader.c.subscriber_id, func.coalesce(func.bit_or(bits_of[deliveries.c.issue_id]), 0).label("bits"))
        .join_from(reader, deliveries, deliveries.c.subscriber_id == reader.c.subscriber_id, isouter=True)
        .group_by(reader.c.subscriber_id)
        .subquery()
    )
    return select(seen.c.subscriber_id, _first_missing(seen.c.bits, 0))


def _from_sums(audience: Audience) -> Select[Any]:
    """The same on SQLite, which has no arrays, and cannot join bits but only add them.

    A sum has as many bits set as were added exactly if all were different, so that it is right or known not to be.
    """
    reader = audience.query().order_by(None).subquery()
    seen = (
        select(
            reader.c.subscriber_id,
            func.coalesce(cast(func.sum(_firsts.c.bits), BigInteger), 0).label("bits"),
            func.coalesce(func.sum(_firsts.c.many), 0).label("many"),
        )
        .join_from(reader, deliveries, deliveries.c.subscriber_id == reader.c.subscriber_id, isouter=True)
        .join(_firsts, _firsts.c.issue_id == deliveries.c.issue_id, isouter=True)
        .group_by(reader.c.subscriber_id)
        .subquery()
    )
    is_exact = _count_bits(seen.c.bits) == seen.c.many
    return select(seen.c.subscriber_id, case((is_exact, _first_missing(seen.c.bits, 0)), else_=_unknown(0)))


def _unknown(window: int) -> int:
    """Stands for a rank that has to be looked for in this window, or in a later one."""
    return -1 - window


def _first_missing(bits: ColumnElement[int], window: int) -> ColumnElement[int]:
    """The rank of the lowest bit that is not set; unknown when all are."""
    ranks = {1 << place: window * WINDOW + place for place in range(WINDOW)}
    return case(ranks, value=(bits + 1).bitwise_and(bits.bitwise_not()), else_=_unknown(window + 1))


def _count_bits(bits: ColumnElement[int]) -> ColumnElement[int]:
    """How many of 48 bits are set: counted in pairs, in fours and in eights, whose sum a modulo gives."""
    pairs = bits - bits.bitwise_rshift(1).bitwise_and(0x555555555555)
    fours = pairs.bitwise_and(0x333333333333) + pairs.bitwise_rshift(2).bitwise_and(0x333333333333)
    return (fours + fours.bitwise_rshift(4)).bitwise_and(0x0F0F0F0F0F0F) % 255


def _look_into(connection: Connection, window: int) -> None:
    """Settle who is to be looked for in this window, by the deliveries that arrived, or may have."""
    # Whatever issues an article came in, its bit counts once.
    bits = cast(func.sum(_ranks.c.bit.distinct()), BigInteger)
    missed = and_(_missed.c.subscriber_id == deliveries.c.subscriber_id, _missed.c.issue_id == deliveries.c.issue_id)
    found = (
        select(_readers.c.subscriber_id, _first_missing(bits, window).label("rank"))
        .join_from(_readers, deliveries, deliveries.c.subscriber_id == _readers.c.subscriber_id)
        .join(_ranks, and_(_ranks.c.issue_id == deliveries.c.issue_id, _ranks.c.window == window))
        .where(_readers.c.rank == _unknown(window), ~select(_missed.c.issue_id).where(missed).exists())
        .group_by(_readers.c.subscriber_id)
        .subquery()
    )
    same = _readers.c.subscriber_id == found.c.subscriber_id
    connection.execute(update(_readers).where(same).values(rank=found.c.rank))
    nothing = _readers.c.rank == _unknown(window)  # none of the window's ranks at all
    connection.execute(update(_readers).where(nothing).values(rank=window * WINDOW))


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


def alike(
    connection: Connection,
    audiences: Sequence[Audience],
    issue_ids: Collection[int],
    lately: ByDay | None,
    most: int | None,
) -> list[Alike]:
    """The readers of these audiences, those counted together who are in the same ones, and got the same issues.

    The commonest ones first, and no more than `most`. With `lately` they also got as much on the same days.
    """
    reader = _in_audiences(audiences)
    got: ColumnElement[str] = literal("")
    days: ColumnElement[int] = literal(0)
    each = select(reader.c.audiences).select_from(reader)
    if issue_ids:
        _prepare(connection, [(issue_id, 0) for issue_id in issue_ids])
        arrived = _arrived(reader)
        each = each.join(arrived, arrived.c.subscriber_id == reader.c.subscriber_id)
        got = arrived.c.got
    if lately is not None:
        counted = lately.subquery()
        each = each.join(counted, counted.c.subscriber_id == reader.c.subscriber_id, isouter=True)
        days = func.coalesce(counted.c.days, 0)
    same = each.add_columns(got.label("got"), days.label("days")).subquery()
    query = select(same.c.audiences, same.c.got, same.c.days, func.count().label("readers"))
    query = query.group_by(same.c.audiences, same.c.got, same.c.days)
    query = query.order_by(func.count().desc(), same.c.audiences, same.c.got, same.c.days).limit(most)
    counts = Counter[tuple[frozenset[int], tuple[int, ...], int]]()
    for row in connection.execute(query):  # in whatever order numbers were joined
        counts[frozenset(_numbers(row.audiences)), tuple(sorted(_numbers(row.got))), row.days] += row.readers
    return [Alike(*same, readers) for same, readers in counts.most_common()]


def _numbers(text: str) -> Iterator[int]:
    return (int(number) for number in text.split(",") if number)


def _in_audiences(audiences: Sequence[Audience]) -> Subquery:
    """`subscriber_id, audiences`: each reader once, with the numbers of the audiences they are in."""
    members = [
        select(member.c.subscriber_id, literal_column(str(number)).label("number"))
        for number, member in enumerate(each.query().order_by(None).subquery() for each in audiences)
    ]
    if len(members) == 1:
        return select(members[0].subquery().c.subscriber_id, literal("0").label("audiences")).subquery()
    member = union_all(*members).subquery()
    numbers = func.aggregate_strings(cast(member.c.number, Text), ",")
    return select(member.c.subscriber_id, numbers.label("audiences")).group_by(member.c.subscriber_id).subquery()


def _arrived(reader: Subquery) -> Subquery:
    """`subscriber_id, got`: the numbers of the prepared issues that each reader got."""
    delivery = tuple_(deliveries.c.subscriber_id, deliveries.c.issue_id)
    missed = select(_missed.c.subscriber_id, _missed.c.issue_id)
    theirs = and_(deliveries.c.subscriber_id == reader.c.subscriber_id, delivery.not_in(missed))
    numbers = func.aggregate_strings(cast(_firsts.c.issue_id, Text), ",")
    return (
        select(reader.c.subscriber_id, func.coalesce(numbers, "").label("got"))
        .join_from(reader, deliveries, theirs, isouter=True)
        .join(_firsts, _firsts.c.issue_id == deliveries.c.issue_id, isouter=True)
        .group_by(reader.c.subscriber_id)
        .subquery()
    )


def issues_had(connection: Connection, subscriber_id: int) -> list[int]:
    """The issues that a reader has, is about to get, or may have."""
    mine = and_(deliveries.c.subscriber_id == subscriber_id, deliveries.c.status.in_(HAD))
    return list(connection.execute(select(deliveries.c.issue_id).where(mine)).scalars())


def issue_at(connection: Connection, occurrence_id: int, subscriber_id: int) -> tuple[int, str] | None:
    """The issue that a reader was given at an occurrence, with its article."""
    query = (
        select(deliveries.c.issue_id, articles.c.slug)
        .join_from(deliveries, issues, issues.c.id == deliveries.c.issue_id)
        .join(articles, articles.c.id == issues.c.lead_article_id)
        .where(deliveries.c.occurrence_id == occurrence_id, deliveries.c.subscriber_id == subscriber_id)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.issue_id, row.slug)
