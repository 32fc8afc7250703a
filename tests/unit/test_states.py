"""The lives of an occurrence, an issue and a delivery: every state has its row, the arrows are the documented ones."""

from __future__ import annotations

from enum import StrEnum

import pytest

from newsletter.errors import InvalidTransition
from newsletter.states import (
    DELIVERY_ARROWS,
    DRAFTS,
    ISSUE_ARROWS,
    OCCURRENCE_ARROWS,
    ArticleStatus,
    DeliveryStatus,
    IssueState,
    OccurrenceState,
    ScheduleStatus,
    check_delivery_arrow,
    check_issue_arrow,
)

OCCURRENCE = """
planned → issued missed skipped
issued  → missed skipped
missed  → issued skipped
skipped → issued
"""

ISSUE = """
draft     → scheduled sending paused cancelled
scheduled → draft sending paused cancelled
sending   → paused sent cancelled
paused    → draft scheduled sending cancelled
sent      →
cancelled → draft
"""

DELIVERY = """
pending  → sending skipped
sending  → sent pending failed skipped in_doubt
sent     →
failed   →
skipped  →
in_doubt → sent pending
"""


def _but(before: StrEnum, after: StrEnum) -> str:
    return " already" if before == after else f"; it cannot become {after}"


def arrows(drawn: str) -> dict[str, set[str]]:
    rows = (line.partition("→") for line in drawn.strip().splitlines())
    return {before.strip(): set(after.split()) for before, _, after in rows}


def test_occurrence_has_exactly_the_documented_arrows() -> None:
    assert {str(before): {*map(str, after)} for before, after in OCCURRENCE_ARROWS.items()} == arrows(OCCURRENCE)
    assert set(OCCURRENCE_ARROWS) == set(OccurrenceState)


def test_issue_has_exactly_the_documented_arrows() -> None:
    assert {str(before): {*map(str, after)} for before, after in ISSUE_ARROWS.items()} == arrows(ISSUE)
    assert set(ISSUE_ARROWS) == set(IssueState)


def test_delivery_has_exactly_the_documented_arrows() -> None:
    assert {str(before): {*map(str, after)} for before, after in DELIVERY_ARROWS.items()} == arrows(DELIVERY)
    assert set(DELIVERY_ARROWS) == set(DeliveryStatus)


@pytest.mark.parametrize("before", list(IssueState))
@pytest.mark.parametrize("after", list(IssueState))
def test_issue_is_let_along_its_arrows_alone(before: IssueState, after: IssueState) -> None:
    if after in arrows(ISSUE)[before]:
        check_issue_arrow(before, after)
    else:
        with pytest.raises(InvalidTransition, match=f"^the issue is {before}{_but(before, after)}$"):
            check_issue_arrow(before, after)


@pytest.mark.parametrize("before", list(DeliveryStatus))
@pytest.mark.parametrize("after", list(DeliveryStatus))
def test_delivery_is_let_along_its_arrows_alone(before: DeliveryStatus, after: DeliveryStatus) -> None:
    if after in arrows(DELIVERY)[before]:
        check_delivery_arrow(before, after)
    else:
        with pytest.raises(InvalidTransition, match=f"^the delivery is {before}{_but(before, after)}$"):
            check_delivery_arrow(before, after)


def test_delivery_that_has_an_answer_never_waits_again() -> None:
    """Nobody twice: from sent, failed and skipped no arrow leads anywhere."""
    final = {DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.SKIPPED}
    assert {status for status in DeliveryStatus if not DELIVERY_ARROWS[status]} == final


def test_drafts_are_the_states_in_which_nothing_was_sent_and_all_can_be() -> None:
    assert set(DRAFTS) == {before for before, after in ISSUE_ARROWS.items() if IssueState.SENDING in after} - {
        IssueState.PAUSED
    }


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (ArticleStatus, "draft ready retired letter"),
        (ScheduleStatus, "active paused removed"),
        (OccurrenceState, "planned issued missed skipped"),
        (IssueState, "draft scheduled sending paused sent cancelled"),
        (DeliveryStatus, "pending sending sent failed skipped in_doubt"),
    ],
)
def test_states_are_called_as_people_and_scripts_read_them(states: type[StrEnum], words: str) -> None:
    assert [state.value for state in states] == words.split()
