"""The nouns of the audience, as values, and the life of a subscription as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

Scalar: TypeAlias = str | int | float | bool
"""What one attribute of a subscriber may hold."""


class SubscriptionStatus(StrEnum):
    PENDING = "pending"  # put forward, not yet agreed: gets nothing
    CONFIRMED = "confirmed"  # agreed: gets the issues
    UNSUBSCRIBED = "unsubscribed"


SUBSCRIPTION_ARROWS: Mapping[SubscriptionStatus, frozenset[SubscriptionStatus]] = {
    SubscriptionStatus.PENDING: frozenset({SubscriptionStatus.CONFIRMED, SubscriptionStatus.UNSUBSCRIBED}),
    SubscriptionStatus.CONFIRMED: frozenset({SubscriptionStatus.UNSUBSCRIBED}),
    # No file and no operator brings back a reader who left.
    SubscriptionStatus.UNSUBSCRIBED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class MailingList:
    """A named audience to join."""

    id: int
    name: str
    created_at: datetime
    timezone: str = ""  # of readers who name none; empty: the schedule's


@dataclass(frozen=True, slots=True)
class ListCounts:
    """A mailing list and how many subscriptions it has in each status."""

    mailing_list: MailingList
    pending: int
    confirmed: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person's address and what we know of them. Empty strings are unknown."""

    id: int
    email: str  # as it is written on the envelope
    name: str = ""
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    timezone: str = ""
    language: str = ""
    joined_at: datetime | None = None
    confirmed_at: datetime | None = None

    def values(self) -> dict[str, str]:
        """What a copy is filled with, as text: `name`, `email`, and `attributes.<key>` for each attribute."""
        filled = {"name": self.name, "email": self.email}
        for key, value in self.attributes.items():
            filled[f"attributes.{key}"] = value if isinstance(value, str) else json.dumps(value)
        return filled


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscriber on one mailing list."""

    list_id: int
    list_name: str
    status: SubscriptionStatus
    since: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """One piece of evidence: what was said or done, when and where. Never edited."""

    what: str
    when: datetime
    where: str
    list_name: str = ""  # empty: not about one list


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address must not be written to, and since when."""

    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is known of one subscriber."""

    subscriber: Subscriber
    subscriptions: tuple[Subscription, ...]
    suppression: Suppression | None
    consents: tuple[Consent, ...]


class Recipient(NamedTuple):
    """One subscriber of an audience: a tuple, because planning reads millions of them."""

    subscriber_id: int
    email: str
    timezone: str = ""  # as they named it; nobody knows whether there is such a one
