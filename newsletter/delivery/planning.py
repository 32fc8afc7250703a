"""An issue and its audience → deliveries, one a reader; and the deliveries of other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from newsletter.model import Issue
from newsletter.states import DeliveryStatus

ISSUE = "issue"
TEST = "test"
LONGEST_PURPOSE = 200  # characters, as the schema has it


class Wait(NamedTuple):
    """A reader's copy leaves no earlier than this; `words` say why."""

    until: datetime
    words: str


def plan_deliveries(
    issue: Issue,
    readers: Iterable[tuple[int, str]],
    message_id: Callable[[int], str],
    waits: Mapping[int, Wait] | None = None,
    left_out: Mapping[int, str] | None = None,
) -> list[dict[str, Any]]:
    """One row for each (subscriber id, address), waiting to be sent.

    By subscriber id: `waits` of those who get it later, `left_out` with the reason for those who do not get it.
    """
    waits, left_out = waits or {}, left_out or {}
    return [
        {
            "kind": ISSUE,
            "issue_id": issue.id,
            "occurrence_id": issue.occurrence_id,
            "subscriber_id": subscriber_id,
            "email": email,
            "message_id": message_id(subscriber_id),
            **_standing(left_out.get(subscriber_id, ""), waits.get(subscriber_id)),
        }
        for subscriber_id, email in readers
    ]


def _standing(why_left_out: str, wait: Wait | None) -> dict[str, Any]:
    if why_left_out:
        return {"status": str(DeliveryStatus.SKIPPED), "reason": why_left_out, "next_attempt_at": None}
    until, words = wait or (None, "")
    return {"status": str(DeliveryStatus.PENDING), "reason": words, "next_attempt_at": until}


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
