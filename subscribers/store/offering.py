"""Readers put forward by somebody else → new subscribers and subscriptions, changes to old ones, evidence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from subscribers.addresses import Address
from subscribers.consent import Entry, Offer, status_after
from subscribers.fields import clean_attributes, clean_language, clean_name, clean_timezone
from subscribers.model import Scalar, SubscriptionStatus
from subscribers.store.dialects import insert_unless_there
from subscribers.store.leaving import find_suppression
from subscribers.store.reading import in_groups
from subscribers.tables import consents, subscribers, subscriptions

DETAILS = ("name", "attributes", "timezone", "language")
"""What is told of a reader besides the address, in the order it is given in."""


class AddOutcome(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    UNSUBSCRIBED = "unsubscribed"  # left this list before, and is not brought back
    SUPPRESSED = "suppressed"  # must not be written to; nothing was stored


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one reader put forward, and the words for whoever did it."""

    outcome: AddOutcome
    subscriber_id: int | None
    words: str


class Known(NamedTuple):
    """A subscriber we have, beside what is now said of them."""

    subscriber_id: int
    status: str | None  # on the list in question; None: not on it
    name: str
    attributes: Mapping[str, Scalar]
    timezone: str
    language: str
    new_name: str = ""
    new_attributes: Mapping[str, Scalar] = MappingProxyType({})
    new_timezone: str = ""
    new_language: str = ""


def add_subscriber(
    conn: Connection,
    address: Address,
    name: str,
    list_id: int,
    status: SubscriptionStatus,
    who: str,
    now: datetime,
    attributes: Mapping[str, object] | None = None,
    where: str = "added by hand",
    timezone: str = "",
    language: str = "",
) -> Added:
    """What became of it. Raises InvalidField, and ConsentMissing for a confirmation on nobody's word."""
    offer = Offer(status, who, where)
    told = (clean_name(name), clean_attributes(attributes or {}), clean_timezone(timezone), clean_language(language))
    if (suppression := find_suppression(conn, address.email)) is not None:
        words = f"{address.email} must not be written to since {suppression.since:%Y-%m-%d}: {suppression.reason}"
        return Added(AddOutcome.SUPPRESSED, None, words)
    details = dict(zip(DETAILS, told, strict=True))
    person = {"email": address.email, "email_key": address.key, "joined_at": now, **details}
    subscriber_id = conn.scalar(insert_unless_there(conn, subscribers).values(person).returning(subscribers.c.id))
    if subscriber_id is None:
        return _add_known(conn, address, told, list_id, offer, now)
    apply_offer(conn, [Known(subscriber_id, None, *told)], list_id, offer, now)
    return Added(AddOutcome.ADDED, subscriber_id, f"{address.email} was added as {status}")


def apply_offer(conn: Connection, known: Iterable[Known], list_id: int, offer: Offer, now: datetime) -> set[int]:
    """The subscribers about whom anything changed: a detail, or the subscription to the list."""
    changed: set[int] = set()
    for some in in_groups(known):
        joined = _join(conn, [each.subscriber_id for each in some if each.status is None], list_id, offer, now)
        moved = _move(conn, some, list_id, offer, now)
        add_consent(conn, joined + moved, list_id, offer.entry, now)
        if offer.status is SubscriptionStatus.CONFIRMED:
            _stamp_confirmed(conn, joined + moved, now)
        changed.update(joined, moved, _update_details(conn, some))
    return changed


def add_consent(
    conn: Connection, subscriber_ids: Sequence[int], list_id: int | None, entry: Entry, now: datetime
) -> None:
    """The same evidence for each of the subscribers; there is no way to change or remove it."""
    if subscriber_ids:
        evidence = {"list_id": list_id, "what": entry.what, "at": now, "where": entry.where}
        conn.execute(insert(consents), [{**evidence, "subscriber_id": each} for each in subscriber_ids])


def _add_known(
    conn: Connection,
    address: Address,
    told: tuple[str, Mapping[str, Scalar], str, str],
    list_id: int,
    offer: Offer,
    now: datetime,
) -> Added:
    subscription = (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id)
    row = conn.execute(
        select(subscribers.c.id, subscriptions.c.status, *(subscribers.c[detail] for detail in DETAILS))
        .outerjoin(subscriptions, subscription)
        .where(subscribers.c.email_key == address.key)
    ).one()
    changed = apply_offer(conn, [Known._make([*row, *told])], list_id, offer, now)
    if row.status == SubscriptionStatus.UNSUBSCRIBED:
        words = f"{address.email} has unsubscribed from this list; only the reader can come back"
        return Added(AddOutcome.UNSUBSCRIBED, row.id, words)
    if changed:
        return Added(AddOutcome.UPDATED, row.id, f"{address.email} was known and is updated")
    return Added(AddOutcome.UNCHANGED, row.id, f"{address.email} was known; nothing changed")


def _join(conn: Connection, ids: Sequence[int], list_id: int, offer: Offer, now: datetime) -> list[int]:
    """Those put on the list; somebody else may just have put one there, with a status that is to stay."""
    if not ids:
        return []
    subscription = {"list_id": list_id, "status": offer.status.value, "since": now}
    joining = insert_unless_there(conn, subscriptions).returning(subscriptions.c.subscriber_id)
    return list(conn.scalars(joining, [{**subscription, "subscriber_id": each} for each in ids]))


def _move(conn: Connection, some: Sequence[Known], list_id: int, offer: Offer, now: datetime) -> list[int]:
    """Those whose status went where the offer leads; one that is no longer what it was is let be."""
    standing: defaultdict[SubscriptionStatus, list[int]] = defaultdict(list)
    for each in some:
        if each.status is not None:
            standing[SubscriptionStatus(each.status)].append(each.subscriber_id)
    moved: list[int] = []
    for current, ids in standing.items():
        if (after := status_after(current, offer)) is not current:
            moving = update(subscriptions).where(
                subscriptions.c.list_id == list_id,
                subscriptions.c.subscriber_id.in_(ids),
                subscriptions.c.status == current.value,
            )
            moving = moving.values(status=after.value, since=now)
            moved.extend(conn.scalars(moving.returning(subscriptions.c.subscriber_id)))
    return moved


def _stamp_confirmed(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """The instant of the first confirmation, on any list; it is not moved by a later one."""
    if ids:
        first = update(subscribers).where(subscribers.c.id.in_(ids), subscribers.c.confirmed_at.is_(None))
        conn.execute(first.values(confirmed_at=now))


def _update_details(conn: Connection, some: Sequence[Known]) -> list[int]:
    """Those who got another name, attribute, zone or language. What is not said stays; attributes are merged."""
    changes: list[dict[str, Any]] = []
    for each in some:
        attributes = {**each.attributes, **each.new_attributes}
        before = (each.name, each.timezone, each.language)
        new = (each.new_name or each.name, each.new_timezone or each.timezone, each.new_language or each.language)
        # Compared as JSON, where 1 is not true.
        if new != before or json.dumps(attributes) != json.dumps(each.attributes):
            told = dict(zip(DETAILS, (new[0], attributes, *new[1:]), strict=True))
            changes.append({"changed_id": each.subscriber_id, **told})
    if changes:
        conn.execute(update(subscribers).where(subscribers.c.id == bindparam("changed_id")), changes)
    return [change["changed_id"] for change in changes]
