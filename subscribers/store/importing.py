"""Rows read from a file → subscribers of a list, in sets of many thousands, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Insert,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.elements import ColumnElement

from subscribers.consent import Offer
from subscribers.imports import AcceptedRow, RejectedRow, Row
from subscribers.model import SUBSCRIPTION_ARROWS, SubscriptionStatus
from subscribers.store.dialects import insert_unless_there, is_postgresql
from subscribers.store.offering import DETAILS, Known, apply_offer
from subscribers.store.reading import in_groups
from subscribers.tables import UTCDateTime, consents, subscribers, subscriptions, suppressions

BATCH = 50_000  # rows in one set: larger ones are hardly faster and need more memory

# Not in the shared MetaData: it lives no longer than the connection, and no migration knows it.
_stage = Table(
    "import_rows",
    MetaData(),
    Column("line", Integer, nullable=False),
    Column("email", String(320), nullable=False),
    Column("email_key", String(320), nullable=False),
    Column("name", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("language", String(35), nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows. `suppressed` ones, and those who had left the list, are as they were."""

    added: int
    updated: int
    unchanged: int
    rejected: int
    suppressed: int
    rejected_rows: tuple[RejectedRow, ...]


def import_rows(
    conn: Connection,
    rows: Iterable[Row],
    list_id: int,
    status: SubscriptionStatus,
    who: str,
    now: datetime,
    progress: Callable[[int], None] | None = None,
    where: str = "import",
) -> ImportReport:
    """The report. `progress` is told, now and then, how many rows are done.

    An import is not consent by the reader, and sends nothing: nobody who left or is suppressed is brought
    back, and nobody confirmed becomes pending. Raises ConsentMissing for a confirmation on nobody's word.
    """
    offer = Offer(status, who, where)
    rejected: list[RejectedRow] = []
    total = added = updated = suppressed = done = 0
    conn.execute(CreateTable(_stage, if_not_exists=True))
    for group in in_groups(rows, BATCH):
        accepted = [row for row in group if isinstance(row, AcceptedRow)]
        rejected.extend(row for row in group if isinstance(row, RejectedRow))
        _fill_stage(conn, accepted)
        suppressed += _drop_suppressed(conn)
        updated += len(apply_offer(conn, _known(conn, list_id, offer), list_id, offer, now))
        added += _admit(conn, list_id, offer, now)
        total += len(accepted)
        done += len(group)
        if progress is not None:
            progress(done)
    unchanged = total - added - updated - suppressed
    return ImportReport(added, updated, unchanged, len(rejected), suppressed, tuple(rejected))


def _fill_stage(conn: Connection, accepted: Sequence[AcceptedRow]) -> None:
    """The stage holds these rows and no others. SQLAlchemy's way would take longer than all the rest."""
    if is_postgresql(conn):
        conn.exec_driver_sql("TRUNCATE import_rows")
        driver: Any = conn.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("COPY import_rows FROM STDIN") as copy:
            for row in accepted:
                copy.write_row(row)
        return
    conn.execute(delete(_stage))
    if accepted:
        conn.exec_driver_sql("INSERT INTO import_rows VALUES (?, ?, ?, ?, ?, ?, ?)", list(accepted))


def _drop_suppressed(conn: Connection) -> int:
    return conn.execute(delete(_stage).where(_stage.c.email_key.in_(select(suppressions.c.email_key)))).rowcount


def _known(conn: Connection, list_id: int, offer: Offer) -> list[Known]:
    """The staged readers whom we have, and about whom something may change: in most imports few."""
    movable = [status for status, arrows in SUBSCRIPTION_ARROWS.items() if offer.status in arrows]
    query = (
        select(
            subscribers.c.id,
            subscriptions.c.status,
            *(subscribers.c[detail] for detail in DETAILS),
            *(_stage.c[detail].label(f"new_{detail}") for detail in DETAILS),
        )
        .select_from(_stage)
        .join(subscribers, subscribers.c.email_key == _stage.c.email_key)
        .outerjoin(
            subscriptions,
            and_(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.list_id == list_id),
        )
        .where(
            or_(
                subscriptions.c.id.is_(None),
                subscriptions.c.status.in_(movable),
                *(_differs(detail) for detail in ("name", "timezone", "language")),
                and_(_as_text(_stage.c.attributes) != "{}", _attributes_differ()),
            )
        )
    )
    return [Known(*row) for row in conn.execute(query)]


def _differs(detail: str) -> ColumnElement[bool]:
    return and_(_stage.c[detail] != "", _stage.c[detail] != subscribers.c[detail])


def _attributes_differ() -> ColumnElement[bool]:
    return _as_text(_stage.c.attributes) != _as_text(subscribers.c.attributes)


def _as_text(attributes: Column[Any]) -> ColumnElement[str]:
    return cast(attributes, Text)


def _admit(conn: Connection, list_id: int, offer: Offer, now: datetime) -> int:
    """How many staged readers were new: each is now a subscriber with a subscription and its evidence."""
    return (_admit_postgresql if is_postgresql(conn) else _admit_sqlite)(conn, list_id, offer, now)


_PERSON = (
    "email",
    "email_key",
    "name",
    "attributes",
    "tags",
    "timezone",
    "language",
    "joined_at",
    "confirmed_at",
)
_SUBSCRIPTION = ("subscriber_id", "list_id", "status", "since")
_CONSENT = ("subscriber_id", "list_id", "what", "at", "where")


def _admit_sqlite(conn: Connection, list_id: int, offer: Offer, now: datetime) -> int:
    # There is one writer, and ids only grow: whoever stands above the highest id of before is ours.
    floor = conn.scalar(select(func.coalesce(func.max(subscribers.c.id), 0)))
    new = subscribers.c.id > floor
    people = insert_unless_there(conn, subscribers).from_select(_PERSON, _people(offer, now))
    added = _count(conn, people)
    if added:
        joining = select(subscribers.c.id, *_joining(list_id, offer, now)).where(new)
        conn.execute(insert(subscriptions).from_select(_SUBSCRIPTION, joining))
        evidence = select(subscribers.c.id, *_evidence(list_id, offer, now)).where(new)
        conn.execute(insert(consents).from_select(_CONSENT, evidence))
    return added


def _admit_postgresql(conn: Connection, list_id: int, offer: Offer, now: datetime) -> int:
    # There are other writers: one statement, so that only the rows it made itself get a subscription. Those
    # known are left out beforehand, since every conflict would use up an id.
    known = select(subscribers.c.id).where(subscribers.c.email_key == _stage.c.email_key).exists()
    people = _people(offer, now).where(~known)
    new = (
        insert_unless_there(conn, subscribers)
        .from_select(_PERSON, people)
        .returning(subscribers.c.id)
        .cte("new_subscribers")
    )
    joining = select(new.c.id, *_joining(list_id, offer, now))
    joined = insert(subscriptions).from_select(_SUBSCRIPTION, joining).cte("new_subscriptions")
    evidence = select(new.c.id, *_evidence(list_id, offer, now))
    return _count(conn, insert(consents).from_select(_CONSENT, evidence).add_cte(joined))


def _count(conn: Connection, statement: Insert) -> int:
    """How many rows the statement inserted; asked for beforehand, or SQLAlchemy lets the driver forget it."""
    return conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _people(offer: Offer, now: datetime) -> Select[Any]:
    confirmed_at = now if offer.status is SubscriptionStatus.CONFIRMED else None
    return select(
        _stage.c.email,
        _stage.c.email_key,
        _stage.c.name,
        _stage.c.attributes,
        literal([], JSON),
        _stage.c.timezone,
        _stage.c.language,
        literal(now, UTCDateTime),
        literal(confirmed_at, UTCDateTime),
    ).order_by(_stage.c.email_key)  # neighbours in the index are written together


def _joining(list_id: int, offer: Offer, now: datetime) -> tuple[ColumnElement[Any], ...]:
    return literal(list_id), literal(offer.status.value), literal(now, UTCDateTime)


def _evidence(list_id: int, offer: Offer, now: datetime) -> tuple[ColumnElement[Any], ...]:
    entry = offer.entry
    return literal(list_id), literal(entry.what), literal(now, UTCDateTime), literal(entry.where)
