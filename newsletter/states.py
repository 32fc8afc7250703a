"""The lives of an article, a schedule, an occurrence, an issue and a delivery: states, and the arrows between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from newsletter.errors import InvalidTransition


class ArticleStatus(StrEnum):
    DRAFT = "draft"  # in the library, not to be picked
    READY = "ready"  # may be picked
    RETIRED = "retired"  # once was; kept for history
    LETTER = "letter"  # written for one issue; no part of the library


IN_THE_LIBRARY = (ArticleStatus.DRAFT, ArticleStatus.READY, ArticleStatus.RETIRED)


class FeedItemState(StrEnum):
    NEW = "new"  # seen, not yet taken: something of it could not be had
    IMPORTED = "imported"
    UPDATED = "updated"
    SKIPPED = "skipped"  # for the reason beside it
    GONE = "gone"  # taken out of the feed, while older items are still in it
    FAILED = "failed"  # for the reason beside it; tried again at the next check


class ScheduleStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"  # kept because its issues name it; its own name is free again


class OccurrenceState(StrEnum):
    PLANNED = "planned"
    ISSUED = "issued"
    MISSED = "missed"  # the machine was off, and it was too late afterwards
    SKIPPED = "skipped"  # left out, for the reason beside it


class IssueKind(StrEnum):
    PICKED = "picked"  # its articles come from the library
    LETTER = "letter"  # written by hand, for this issue alone
    REHEARSAL = "rehearsal"  # goes to staff; nothing of it counts as sent


class IssueState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # waits for its occurrence
    SENDING = "sending"  # until nobody is pending, with a worker or in doubt
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # claimed by one worker
    SENT = "sent"  # the relay took it (250 after DATA)
    FAILED = "failed"
    SKIPPED = "skipped"  # is not handed over, for the reason beside it
    IN_DOUBT = "in_doubt"  # the connection died between the message and the reply


OCCURRENCE_ARROWS: Mapping[OccurrenceState, frozenset[OccurrenceState]] = {
    OccurrenceState.PLANNED: frozenset({OccurrenceState.ISSUED, OccurrenceState.MISSED, OccurrenceState.SKIPPED}),
    # Its issue never began.
    OccurrenceState.ISSUED: frozenset({OccurrenceState.MISSED, OccurrenceState.SKIPPED}),
    OccurrenceState.MISSED: frozenset(
        {OccurrenceState.ISSUED, OccurrenceState.SKIPPED}
    ),  # a person wanted it after all
    OccurrenceState.SKIPPED: frozenset({OccurrenceState.ISSUED}),  # a person took that back
}

ISSUE_ARROWS: Mapping[IssueState, frozenset[IssueState]] = {
    IssueState.DRAFT: frozenset({IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED, IssueState.CANCELLED}),
    IssueState.SCHEDULED: frozenset({IssueState.DRAFT, IssueState.SENDING, IssueState.PAUSED, IssueState.CANCELLED}),
    IssueState.SENDING: frozenset({IssueState.PAUSED, IssueState.SENT, IssueState.CANCELLED}),
    # One that was paused before it began goes back to what it was.
    IssueState.PAUSED: frozenset({IssueState.DRAFT, IssueState.SCHEDULED, IssueState.SENDING, IssueState.CANCELLED}),
    IssueState.SENT: frozenset(),
    IssueState.CANCELLED: frozenset({IssueState.DRAFT}),  # nothing of it had gone, and a person wants it after all
}

DELIVERY_ARROWS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.PENDING: frozenset({DeliveryStatus.SENDING, DeliveryStatus.SKIPPED}),
    DeliveryStatus.SENDING: frozenset(
        {
            DeliveryStatus.SENT,
            DeliveryStatus.PENDING,  # a 4yz, or a lease that ran out before the message had left
            DeliveryStatus.FAILED,
            DeliveryStatus.SKIPPED,
            DeliveryStatus.IN_DOUBT,
        }
    ),
    DeliveryStatus.SENT: frozenset(),
    DeliveryStatus.FAILED: frozenset(),
    DeliveryStatus.SKIPPED: frozenset(),
    DeliveryStatus.IN_DOUBT: frozenset({DeliveryStatus.SENT, DeliveryStatus.PENDING}),  # settled by a person
}


DRAFTS = (IssueState.DRAFT, IssueState.SCHEDULED)
"""Issues not frozen yet: rendered anew whenever somebody looks."""


def check_issue_arrow(before: IssueState, after: IssueState) -> None:
    """Nothing when the arrow exists. Raises InvalidTransition otherwise."""
    if after not in ISSUE_ARROWS[before]:
        raise InvalidTransition("issue", before, after)


def check_delivery_arrow(before: DeliveryStatus, after: DeliveryStatus) -> None:
    """Nothing when the arrow exists. Raises InvalidTransition otherwise."""
    if after not in DELIVERY_ARROWS[before]:
        raise InvalidTransition("delivery", before, after)
