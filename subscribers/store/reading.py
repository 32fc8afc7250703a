"""Subscribers as stored → Subscriber and Profile values: one by address, several by id, all in pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, select

from subscribers.addresses import parse
from subscribers.model import Consent, Profile, Subscriber, Subscription, SubscriptionStatus, Suppression
from subscribers.tables import consents, mailing_lists, subscribers, subscriptions, suppressions

IDS_AT_ONCE = 5_000  # parameters of one statement; SQLite takes 32,766, PostgreSQL 65,535

Item = TypeVar("Item")


def find_subscriber(conn: Connection, email: str) -> Subscriber | None:
    """The subscriber with that address, however it is written. Raises InvalidAddress."""
    row = conn.execute(select(subscribers).where(subscribers.c.email_key == parse(email).key)).first()
    return None if row is None else _subscriber(row)


def find_subscribers(conn: Connection, subscriber_ids: Iterable[int]) -> dict[int, Subscriber]:
    """The subscribers with these ids; one that is gone is missing from the answer."""
    found: dict[int, Subscriber] = {}
    for some in in_groups(subscriber_ids):
        rows = conn.execute(select(subscribers).where(subscribers.c.id.in_(some)))
        found.update((row.id, _subscriber(row)) for row in rows)
    return found


def list_subscribers(
    conn: Connection,
    *,
    after_id: int = 0,
    limit: int = 100,
    list_id: int | None = None,
    status: SubscriptionStatus | None = None,
) -> list[Subscriber]:
    """The next page in the order of ids: those on the list; those with the status, there or on any list."""
    page = select(subscribers).where(subscribers.c.id > after_id)
    if list_id is not None:
        # The bound stands on both tables: PostgreSQL does not carry it over.
        page = page.join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id).where(
            subscriptions.c.list_id == list_id, subscriptions.c.subscriber_id > after_id
        )
        if status is not None:
            page = page.where(subscriptions.c.status == status.value)
    elif status is not None:
        page = page.where(_has_status(status))
    return [_subscriber(row) for row in conn.execute(page.order_by(subscribers.c.id).limit(limit))]


def find_profile(conn: Connection, email: str) -> Profile | None:
    """All that is known of the subscriber with that address. Raises InvalidAddress."""
    subscriber = find_subscriber(conn, email)
    return None if subscriber is None else _profiles(conn, [subscriber])[0]


def list_profiles(
    conn: Connection,
    *,
    after_id: int = 0,
    limit: int = 100,
    list_id: int | None = None,
    status: SubscriptionStatus | None = None,
) -> list[Profile]:
    """The same page as list_subscribers, with all that is known of each."""
    page = list_subscribers(conn, after_id=after_id, limit=limit, list_id=list_id, status=status)
    return [profile for some in in_groups(page) for profile in _profiles(conn, some)]


def in_groups(items: Iterable[Item], size: int = IDS_AT_ONCE) -> Iterator[list[Item]]:
    """The items, as many at once as one statement takes."""
    remaining = iter(items)
    while group := list(islice(remaining, size)):
        yield group


def _has_status(status: SubscriptionStatus) -> Any:
    return (
        select(subscriptions.c.id)
        .where(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.status == status.value)
        .exists()
    )


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        email=row.email,
        name=row.name,
        attributes=row.attributes,
        tags=tuple(row.tags),
        timezone=row.timezone,
        language=row.language,
        joined_at=row.joined_at,
        confirmed_at=row.confirmed_at,
    )


def _profiles(conn: Connection, some: Sequence[Subscriber]) -> list[Profile]:
    ids = [subscriber.id for subscriber in some]
    joined = _by_subscriber(conn, _subscriptions_of(ids), _subscription)
    evidence = _by_subscriber(conn, _consents_of(ids), _consent)
    silenced = _by_subscriber(conn, _suppressions_of(ids), lambda row: Suppression(row.reason, row.since))
    return [
        Profile(
            subscriber,
            tuple(joined[subscriber.id]),
            next(iter(silenced[subscriber.id]), None),
            tuple(evidence[subscriber.id]),
        )
        for subscriber in some
    ]


def _by_subscriber(
    conn: Connection, query: Select[Any], read: Callable[[Row[Any]], Item]
) -> defaultdict[int, list[Item]]:
    found: defaultdict[int, list[Item]] = defaultdict(list)
    for row in conn.execute(query):
        found[row.subscriber_id].append(read(row))
    return found


def _subscriptions_of(ids: Sequence[int]) -> Select[Any]:
    return (
        select(subscriptions, mailing_lists.c.name.label("list_name"))
        .join(mailing_lists, mailing_lists.c.id == subscriptions.c.list_id)
        .where(subscriptions.c.subscriber_id.in_(ids))
        .order_by(mailing_lists.c.name)
    )


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(row.list_id, row.list_name, SubscriptionStatus(row.status), row.since)


def _consents_of(ids: Sequence[int]) -> Select[Any]:
    return (
        select(consents, mailing_lists.c.name.label("list_name"))
        .outerjoin(mailing_lists, mailing_lists.c.id == consents.c.list_id)
        .where(consents.c.subscriber_id.in_(ids))
        .order_by(consents.c.id)
    )


def _consent(row: Row[Any]) -> Consent:
    return Consent(what=row.what, when=row.at, where=row.where, list_name=row.list_name or "")


def _suppressions_of(ids: Sequence[int]) -> Select[Any]:
    return (
        select(subscribers.c.id.label("subscriber_id"), suppressions.c.reason, suppressions.c.since)
        .join(suppressions, suppressions.c.email_key == subscribers.c.email_key)
        .where(subscribers.c.id.in_(ids))
    )
