"""An issue and its audience → deliveries, one a reader; and the deliveries of other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from newsletter.model import Issue
from newsletter.states import DeliveryStatus

ISSUE = "issue"
TEST = "test"
LONGEST_PURPOSE = 200  # characters, as the schema has it


def plan_deliveries(
    issue: Issue, readers: Iterable[tuple[int, str]], message_id: Callable[[int], str]
) -> list[dict[str, Any]]:
    """One row for each (subscriber id, address), waiting to be sent."""
    return [
        {
            "kind": ISSUE,
            "issue_id": issue.id,
            "occurrence_id": issue.occurrence_id,
            "subscriber_id": subscriber_id,
            "email": email,
            "status": str(DeliveryStatus.PENDING),
            "message_id": message_id(subscriber_id),
        }
        for subscriber_id, email in readers
    ]


def plan_test(
    issue: Issue, email: str, message_id: str, now: datetime, owner: str, lease_until: datetime
) -> dict[str, Any]:
    """A test copy, which its `owner` hands over at once. Each is a mail of its own, told apart by its Message-ID."""
    return {
        "kind": TEST,
        "purpose_key": f"{ISSUE} {issue.id}: {message_id}"[:LONGEST_PURPOSE],
        "email": email,
        "status": str(DeliveryStatus.SENDING),
        "attempts": 1,
        "message_id": message_id,
        "date": now,
        "claimed_by": owner,
        "lease_until": lease_until,
        "handed_at": now,
    }
