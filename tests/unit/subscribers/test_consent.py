"""The life of a subscription: what an offer by somebody else may change, and what it may not."""

from __future__ import annotations

import pytest

from subscribers.consent import LEAVABLE, Entry, Offer, left, status_after
from subscribers.errors import ConsentMissing, SubscribersError
from subscribers.model import SUBSCRIPTION_ARROWS, SubscriptionStatus

PENDING, CONFIRMED, UNSUBSCRIBED = SubscriptionStatus


@pytest.mark.parametrize(
    ("current", "offered", "after"),
    [
        (None, PENDING, PENDING),
        (None, CONFIRMED, CONFIRMED),
        (PENDING, PENDING, PENDING),
        (PENDING, CONFIRMED, CONFIRMED),
        (CONFIRMED, PENDING, CONFIRMED),
        (CONFIRMED, CONFIRMED, CONFIRMED),
        (UNSUBSCRIBED, PENDING, UNSUBSCRIBED),
        (UNSUBSCRIBED, CONFIRMED, UNSUBSCRIBED),
    ],
)
def test_offer_never_demotes_and_never_revives(
    current: SubscriptionStatus | None, offered: SubscriptionStatus, after: SubscriptionStatus
) -> None:
    assert status_after(current, Offer(offered, "the office", "import of readers.csv")) is after


def test_every_status_has_its_arrows_and_all_but_the_last_can_be_left() -> None:
    assert set(SUBSCRIPTION_ARROWS) == set(SubscriptionStatus)
    assert {PENDING, CONFIRMED} == LEAVABLE


@pytest.mark.parametrize("who", ["", "  "])
def test_nobody_is_confirmed_on_nobodys_word(who: str) -> None:
    with pytest.raises(ConsentMissing, match="evidence"):
        Offer(CONFIRMED, who, "import of readers.csv")


def test_reader_is_not_put_forward_as_one_who_left() -> None:
    with pytest.raises(SubscribersError, match="pending or confirmed"):
        Offer(UNSUBSCRIBED, "the office", "import of readers.csv")


def test_evidence_says_what_was_said_by_whom_and_where() -> None:
    confirmed = Offer(CONFIRMED, "the office", "import of readers.csv").entry
    assert confirmed == Entry("put forward as confirmed, said the office", "import of readers.csv")
    assert Offer(PENDING, "", "added by hand").entry == Entry("put forward as pending", "added by hand")
    assert left("the link in issue 3") == Entry("unsubscribed", "the link in issue 3")
