"""Every query on deliveries: planned once, claimed by compare-and-set, recorded with the relay's own words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)

from newsletter.model import Delivery
from newsletter.states import DeliveryStatus, IssueState, check_delivery_arrow
from newsletter.store.dialects import insert_or_ignore
from newsletter.store.pauses import EVERYTHING
from newsletter.store.prepared import Prepared, PreparedQuery
from newsletter.tables import attempts, deliveries, issues, pauses, subscribers

PENDING, SENDING = DeliveryStatus.PENDING, DeliveryStatus.SENDING


# Named tuples, here and wherever one is made for each message: at a third of what a frozen dataclass costs.
class Claimed(NamedTuple):
    """One delivery this worker holds, with what it needs to know of the reader."""

    id: int
    subscriber_id: int
    email: str
    name: str
    attributes: Mapping[str, Any]
    message_id: str
    date: datetime  # the first try's
    attempts: int  # this one included
    is_first_try: bool = False  # there was none before, and `date` is when it was claimed


class Result(NamedTuple):
    """What became of one claimed delivery."""

    delivery_id: int
    status: DeliveryStatus
    at: datetime
    attempts: int
    reply: str = ""
    reason: str = ""
    next_attempt: datetime | None = None


def _to_delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        kind=row.kind,
        issue_id=row.issue_id,
        subscriber_id=row.subscriber_id,
        email=row.email,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        reply=row.reply,
        reason=row.reason,
        message_id=row.message_id,
        date=row.date,
        next_attempt=row.next_attempt_at,
        sent_at=row.sent_at,
    )


def plan(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write planned deliveries down; a reader who has one of this issue or occurrence already gets no second."""
    if rows:
        connection.execute(insert_or_ignore(connection, deliveries, ()), list(rows))


def claim(
    connection: Connection, issue_id: int, owner: str, now: datetime, lease_until: datetime, limit: int
) -> list[int]:
    """The ids of up to `limit` pending deliveries, now held by `owner` until `lease_until`."""
    due = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= now)
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.status == PENDING)
    chosen = select(deliveries.c.id).where(mine, due).order_by(deliveries.c.id).limit(limit)
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    # A CTE is read once; as a subquery PostgreSQL may read it again, and take more than `limit`.
    due_ids = select(chosen.cte("chosen").c.id)
    taken = (
        update(deliveries)
        .where(deliveries.c.id.in_(due_ids), deliveries.c.status == PENDING)
        .values(status=str(SENDING), claimed_by=owner, lease_until=lease_until, handed_at=None)
        .returning(deliveries.c.id)
    )
    return sorted(connection.execute(taken).scalars())


_CLAIMED = (
    select(
        deliveries.c.id,
        deliveries.c.subscriber_id,
        deliveries.c.email,
        subscribers.c.name,
        subscribers.c.attributes,
        deliveries.c.message_id,
        deliveries.c.date,
        deliveries.c.attempts,
    )
    .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber_id)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(deliveries.c.id)
)


def load_claimed(connection: Connection, ids: Sequence[int], now: datetime) -> list[Claimed]:
    """The claimed deliveries with their readers; `date` is the first try's, `now` when this is it.

    A date has no fractions of seconds: the Date header, which it is for, has none.
    """
    first = now.replace(microsecond=0)
    return [
        Claimed(id, subscriber_id, email, name, attributes, message_id, date or first, tries + 1, date is None)
        for id, subscriber_id, email, name, attributes, message_id, date, tries in connection.execute(
            _CLAIMED, {"ids": list(ids)}
        )
    ]


_IS_SENDING = deliveries.c.status == literal_column(f"'{SENDING}'")
_HAND = Prepared(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("key"),
        _IS_SENDING,
        deliveries.c.claimed_by == bindparam("owner"),
        deliveries.c.handed_at.is_(null()),
    )
    .values(
        handed_at=bindparam("now"),
        date=func.coalesce(deliveries.c.date, bindparam("written", type_=deliveries.c.date.type)),
        attempts=deliveries.c.attempts + literal_column("1"),
    )
)
_RECORD = Prepared(
    update(deliveries)
    .where(deliveries.c.id == bindparam("key"), _IS_SENDING)
    .values(
        status=bindparam("status"),
        reply=bindparam("reply"),
        reason=bindparam("reason"),
        next_attempt_at=bindparam("next"),
        sent_at=bindparam("sent"),
        claimed_by=null(),
        lease_until=null(),
        handed_at=null(),
    )
)


def hand(connection: Connection, given: Iterable[Claimed], owner: str, now: datetime) -> set[int]:
    """The ids of those that go to a connection, written down before it happens: after a crash they are in doubt.

    One that is `owner`'s no more, because its lease ran out, is not among them and must not be sent.
    """
    claimed = list(given)
    rows = [{"key": each.id, "owner": owner, "now": now, "written": each.date} for each in claimed]
    ids = {each.id for each in claimed}
    if _HAND.execute(connection, rows) == len(ids):
        return ids
    handed = and_(deliveries.c.id.in_(ids), deliveries.c.claimed_by == owner, deliveries.c.handed_at == now)
    return set(connection.execute(select(deliveries.c.id).where(handed)).scalars())


def record(connection: Connection, results: Iterable[Result]) -> None:
    """Write outcomes down; those that are not a plain success also as an attempt with the relay's reply."""
    rows, tries = [], []
    for result in results:
        check_delivery_arrow(SENDING, result.status)
        is_sent = result.status is DeliveryStatus.SENT
        rows.append(
            {
                "key": result.delivery_id,
                "status": str(result.status),
                "reply": result.reply,
                "reason": result.reason,
                "next": result.next_attempt,
                "sent": result.at if is_sent else None,
            }
        )
        if not is_sent and result.status is not DeliveryStatus.SKIPPED:
            tries.append(_attempt(result))
    _RECORD.execute(connection, rows)
    if tries:
        connection.execute(insert(attempts), tries)


def _attempt(result: Result) -> dict[str, Any]:
    return {
        "delivery_id": result.delivery_id,
        "number": result.attempts,
        "at": result.at,
        "outcome": str(result.status),
        "reply": result.reply or result.reason,
    }


def release(connection: Connection, ids: Iterable[int]) -> None:
    """Give claimed deliveries that were never tried back, as if nobody had taken them."""
    rows = [{"key": delivery_id} for delivery_id in ids]
    if rows:
        untried = (
            update(deliveries)
            .where(deliveries.c.id == bindparam("key"), deliveries.c.status == SENDING)
            .values(
                status=str(PENDING),
                attempts=deliveries.c.attempts - case((deliveries.c.handed_at.is_(None), 0), else_=1),
                claimed_by=None,
                lease_until=None,
                handed_at=None,
            )
        )
        connection.execute(untried, rows)


def release_unhanded(connection: Connection, issue_id: int, owner: str) -> None:
    """Give back whatever of this issue `owner` claimed and gave to no connection."""
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.status == SENDING, deliveries.c.claimed_by == owner)
    free = {"status": str(PENDING), "claimed_by": None, "lease_until": None}
    connection.execute(update(deliveries).where(mine, deliveries.c.handed_at.is_(None)).values(**free))


def renew(connection: Connection, owner: str, lease_until: datetime) -> None:
    """Keep what `owner` holds for longer. What it lost meanwhile stays lost."""
    mine = and_(deliveries.c.status == SENDING, deliveries.c.claimed_by == owner)
    connection.execute(update(deliveries).where(mine).values(lease_until=lease_until))


_STATE = PreparedQuery(
    select(issues.c.state, pauses.c.tag)
    .join_from(issues, pauses, or_(pauses.c.until.is_(None), pauses.c.until > bindparam("now")), isouter=True)
    .where(issues.c.id == bindparam("issue"))
)


def is_sending(connection: Connection, issue_id: int, now: datetime, topics: Collection[str] = ()) -> bool:
    """Whether new messages of this issue may be begun: also not while everything, or one of its topics, is paused.

    One plain query, because it is asked for every few messages.
    """
    rows = _STATE.rows(connection, {"issue": issue_id, "now": now})
    return bool(rows) and all(
        state == IssueState.SENDING and tag != EVERYTHING and tag not in topics for state, tag in rows
    )


def owners(connection: Connection) -> list[str]:
    """Who holds deliveries at the moment."""
    query = select(deliveries.c.claimed_by).where(deliveries.c.status == SENDING).distinct()
    return [owner for owner in connection.execute(query).scalars() if owner]


def recover(connection: Connection, now: datetime, dead: Sequence[str], again_at: datetime | None) -> tuple[int, int]:
    """How many went back to pending and how many are in doubt, of those whose worker is gone.

    A worker is gone when it is one of `dead`, or when its lease ran out. `again_at` is when those in doubt are to be
    sent again; None: a person settles them.
    """
    gone = and_(
        deliveries.c.status == SENDING,
        or_(deliveries.c.lease_until <= now, deliveries.c.claimed_by.in_(dead)),
    )
    free = {"claimed_by": None, "lease_until": None, "handed_at": None}
    back = connection.execute(
        update(deliveries).where(gone, deliveries.c.handed_at.is_(None)).values(status=str(PENDING), **free)
    ).rowcount
    words = "the program ended while this message was with a connection; nobody can know whether the relay took it"
    doubtful = {"status": str(DeliveryStatus.IN_DOUBT), "reason": words, "next_attempt_at": again_at}
    doubt = connection.execute(update(deliveries).where(gone).values(**doubtful, **free)).rowcount
    return back, doubt


def skip_pending(connection: Connection, issue_id: int, reason: str) -> int:
    """How many who still waited get nothing."""
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.status == PENDING)
    values = {"status": str(DeliveryStatus.SKIPPED), "reason": reason, "next_attempt_at": None}
    return connection.execute(update(deliveries).where(mine).values(**values)).rowcount


def skip_cancelled(connection: Connection, reason: str) -> int:
    """How many who waited for an issue that was cancelled meanwhile get nothing."""
    cancelled = select(issues.c.id).where(issues.c.state == IssueState.CANCELLED)
    waiting = and_(deliveries.c.issue_id.in_(cancelled), deliveries.c.status == PENDING)
    values = {"status": str(DeliveryStatus.SKIPPED), "reason": reason, "next_attempt_at": None}
    return connection.execute(update(deliveries).where(waiting).values(**values)).rowcount


def add_other(connection: Connection, row: Mapping[str, Any]) -> int:
    """The id of a delivery of another kind, already with a worker."""
    return int(connection.execute(insert(deliveries).values(**row).returning(deliveries.c.id)).scalar_one())


def delivery_by_id(connection: Connection, delivery_id: int) -> Delivery:
    return _to_delivery(connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one())


def settle(connection: Connection, issue_id: int, after: DeliveryStatus, reason: str, now: datetime) -> int:
    """How many deliveries in doubt a person (or the setting) now calls sent, or to be sent again."""
    check_delivery_arrow(DeliveryStatus.IN_DOUBT, after)
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.status == DeliveryStatus.IN_DOUBT)
    values: dict[str, Any] = {"status": str(after), "reason": reason, "next_attempt_at": None}
    if after is DeliveryStatus.SENT:
        values["sent_at"] = now
    return connection.execute(update(deliveries).where(mine).values(**values)).rowcount


def settle_due(connection: Connection, issue_id: int, now: datetime) -> int:
    """How many deliveries in doubt are to be sent again by now, as `recover` or `record` set them; they are pending."""
    mine = and_(
        deliveries.c.issue_id == issue_id,
        deliveries.c.status == DeliveryStatus.IN_DOUBT,
        deliveries.c.next_attempt_at <= now,
    )
    values = {
        "status": str(PENDING),
        "next_attempt_at": None,
        "reason": "sent again, as delivery.in_doubt says",
    }
    return connection.execute(update(deliveries).where(mine).values(**values)).rowcount


def is_due(connection: Connection, issue_id: int, now: datetime) -> bool:
    """Whether anybody of this issue can be tried now."""
    waiting = and_(deliveries.c.status == PENDING, deliveries.c.next_attempt_at.is_(None))
    put_off = and_(deliveries.c.status.in_((PENDING, DeliveryStatus.IN_DOUBT)), deliveries.c.next_attempt_at <= now)
    due = select(deliveries.c.id).where(deliveries.c.issue_id == issue_id, or_(waiting, put_off)).limit(1)
    return connection.execute(due).first() is not None


def next_attempt(connection: Connection, issue_id: int) -> datetime | None:
    """When the first waiting reader of this issue is to be tried again; None when nobody waits for an instant."""
    waiting = deliveries.c.status.in_((PENDING, DeliveryStatus.IN_DOUBT))
    mine = and_(deliveries.c.issue_id == issue_id, waiting)
    return connection.execute(select(func.min(deliveries.c.next_attempt_at)).where(mine)).scalar()


def list_deliveries(
    connection: Connection, issue_id: int, status: DeliveryStatus | None = None, page: int = 5_000
) -> Iterator[Delivery]:
    """One row per reader, in the order they were planned, read page by page."""
    after = 0
    while True:
        query = _deliveries_of(issue_id, status).where(deliveries.c.id > after).order_by(deliveries.c.id).limit(page)
        rows = connection.execute(query).all()
        yield from map(_to_delivery, rows)
        if len(rows) < page:
            return
        after = rows[-1].id


def _deliveries_of(issue_id: int, status: DeliveryStatus | None) -> Select[Any]:
    query = select(deliveries).where(deliveries.c.issue_id == issue_id)
    return query if status is None else query.where(deliveries.c.status == status)


def delivery_to(connection: Connection, issue_id: int, email: str) -> Delivery | None:
    """The delivery to an address, also to one whose subscriber is gone."""
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.email == email)
    row = connection.execute(select(deliveries).where(mine)).first()
    return None if row is None else _to_delivery(row)


def find_delivery(connection: Connection, issue_id: int, subscriber_id: int) -> Delivery | None:
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.subscriber_id == subscriber_id)
    row = connection.execute(select(deliveries).where(mine)).first()
    return None if row is None else _to_delivery(row)


def attempts_of(connection: Connection, delivery_id: int) -> list[tuple[int, datetime, str, str]]:
    """(number, instant, outcome, reply) of each try that did not go well, oldest first."""
    query = select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id)
    return [(row.number, row.at, row.outcome, row.reply) for row in connection.execute(query)]
