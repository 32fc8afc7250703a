"""Who gets an issue: the audience of a list when it is planned, and each reader once more when it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select

from subscribers.addresses import is_example
from subscribers.model import Recipient, SubscriptionStatus
from subscribers.store.reading import in_groups
from subscribers.tables import subscribers, subscriptions, suppressions

ROWS_AT_ONCE = 1_000  # rows held in memory while an audience is read through

_SUPPRESSED = select(suppressions.c.id).where(suppressions.c.email_key == subscribers.c.email_key).exists()


def audience_query(
    list_id: int, after_id: int = 0, joined_from: datetime | None = None, joined_until: datetime | None = None
) -> Select[int, str, str]:
    """`subscriber_id, email, timezone` of the confirmed, not suppressed readers of a list, in the order of ids.

    With `joined_from` and `joined_until`, both inclusive, those alone who confirmed their subscription between them.
    """
    # The bound stands on both tables: PostgreSQL does not carry it over.
    query = (
        select(subscriptions.c.subscriber_id, subscribers.c.email, subscribers.c.timezone)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(
            subscriptions.c.list_id == list_id,
            subscriptions.c.status == SubscriptionStatus.CONFIRMED.value,
            subscriptions.c.subscriber_id > after_id,
            subscribers.c.id > after_id,
            ~_SUPPRESSED,
        )
        .order_by(subscriptions.c.subscriber_id)
    )
    if joined_from is not None:
        query = query.where(subscriptions.c.since >= joined_from)
    if joined_until is not None:
        query = query.where(subscriptions.c.since <= joined_until)
    return query


def audience(conn: Connection, list_id: int, after_id: int, limit: int) -> list[Recipient]:
    """The next page of the audience after that subscriber; an empty page is the end."""
    page = audience_query(list_id, after_id).limit(limit)
    return [Recipient(reader, email, zone) for reader, email, zone in conn.execute(page)]


def audience_size(conn: Connection, list_id: int) -> int:
    """How many readers an issue to this list would have now."""
    everyone = audience_query(list_id).order_by(None).subquery()
    return conn.scalar(select(func.count()).select_from(everyone)) or 0


def audience_zones(conn: Connection, list_id: int) -> list[str]:
    """The time zones the readers of an issue to this list have named, each once; empty: some have named none."""
    everyone = audience_query(list_id).order_by(None).subquery()
    return list(conn.scalars(select(everyone.c.timezone).distinct()))


def has_real_addresses(conn: Connection, list_id: int) -> bool:
    """Whether anybody can be behind the audience. Reads no further than the first real address."""
    emails = audience_query(list_id).with_only_columns(subscribers.c.email)
    with conn.scalars(emails.execution_options(yield_per=ROWS_AT_ONCE)) as found:
        return not all(map(is_example, found))


def may_receive(conn: Connection, subscriber_ids: Iterable[int], list_id: int) -> dict[int, str]:
    """For each subscriber the reason why a message to this list must not go to them now; empty: it may go."""
    reasons: dict[int, str] = {}
    for some in in_groups(subscriber_ids):
        # Nearly everybody may: to know who costs half of asking each one why not.
        reasons.update(dict.fromkeys(conn.scalars(_free_among(some, list_id)), ""))
        if rest := [each for each in some if each not in reasons]:
            found = {row.id: _refusal(row) for row in conn.execute(_standing_of(rest, list_id))}
            reasons.update((each, found.get(each, "is no longer among the subscribers")) for each in rest)
    return reasons


def _free_among(ids: list[int], list_id: int) -> Select[tuple[int]]:
    return (
        select(subscribers.c.id)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(
            subscribers.c.id.in_(ids),
            subscriptions.c.list_id == list_id,
            subscriptions.c.status == SubscriptionStatus.CONFIRMED.value,
            ~_SUPPRESSED,
        )
    )


def _standing_of(ids: list[int], list_id: int) -> Select[Any]:
    return (
        select(
            subscribers.c.id,
            subscriptions.c.status,
            subscriptions.c.since,
            suppressions.c.reason.label("suppressed"),
        )
        .outerjoin(
            subscriptions,
            and_(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.list_id == list_id),
        )
        .outerjoin(suppressions, suppressions.c.email_key == subscribers.c.email_key)
        .where(subscribers.c.id.in_(ids))
    )


def _refusal(row: Row[Any]) -> str:
    if row.suppressed is not None:
        return f"is suppressed: {row.suppressed}" if row.suppressed else "is suppressed"
    if row.status is None:
        return "is not on the list"
    since: datetime = row.since
    return _WORDS[SubscriptionStatus(row.status)].format(since=since)


_WORDS = {
    SubscriptionStatus.CONFIRMED: "",
    SubscriptionStatus.PENDING: "has not confirmed the subscription",
    SubscriptionStatus.UNSUBSCRIBED: "unsubscribed on {since:%Y-%m-%d}",
}
