"""A subscription's status and what somebody did → its next status, and the evidence to keep."""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.errors import ConsentMissing, SubscribersError
from subscribers.model import SUBSCRIPTION_ARROWS, SubscriptionStatus

LEAVABLE = frozenset(
    status for status, arrows in SUBSCRIPTION_ARROWS.items() if SubscriptionStatus.UNSUBSCRIBED in arrows
)
"""The statuses that an unsubscribe ends. From any other it changes nothing: twice is as good as once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Evidence to append: what was said or done, and where."""

    what: str
    where: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A reader put forward for a list by somebody else. ConsentMissing: confirmed on nobody's word."""

    status: SubscriptionStatus
    who: str  # who says so
    where: str  # "import of readers.csv", "added by hand"

    def __post_init__(self) -> None:
        if self.status is SubscriptionStatus.UNSUBSCRIBED:
            raise SubscribersError("a reader is put forward as pending or confirmed, not as unsubscribed")
        if self.status is SubscriptionStatus.CONFIRMED and not self.who.strip():
            raise ConsentMissing("a confirmed reader needs evidence: say who says that they agreed")

    @property
    def entry(self) -> Entry:
        said = f", said {self.who}" if self.who.strip() else ""
        return Entry(f"put forward as {self.status}{said}", self.where)


def status_after(current: SubscriptionStatus | None, offer: Offer) -> SubscriptionStatus:
    """Where an offer leads from `current` (None: not on the list yet).

    Where no arrow leads, nothing changes: a confirmed reader is not asked again, one who left is not brought
    back.
    """
    if current is None or offer.status in SUBSCRIPTION_ARROWS[current]:
        return offer.status
    return current


def left(where: str) -> Entry:
    """The evidence of a reader who left, by which way."""
    return Entry("unsubscribed", where)
