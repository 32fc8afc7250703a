"""Deliveries: planned once, claimed once, handed, recorded, given back, recovered, settled, listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

import house
from newsletter.errors import InvalidTransition
from newsletter.model import Delivery
from newsletter.states import DELIVERY_ARROWS, DeliveryStatus, IssueState
from newsletter.store import deliveries as store
from newsletter.store import issues as issue_store
from newsletter.store import pauses
from newsletter.store.deliveries import Claimed, Result
from newsletter.tables import deliveries, subscribers

NOON = house.NOON
MINUTE = timedelta(minutes=1)
LEASE = 5 * MINUTE
PENDING, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT = DeliveryStatus


def claim(
    connection: Connection, issue_id: int, owner: str = "anna:1:a", now: datetime = NOON, limit: int = 100
) -> list[Claimed]:
    ids = store.claim(connection, issue_id, owner, now, now + LEASE, limit)
    return store.load_claimed(connection, ids, now)


def raw(connection: Connection, delivery_id: int) -> dict[str, Any]:
    """The row with the columns that are nobody's business outside the store."""
    return dict(connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().one())


def statuses(connection: Connection, ids: Sequence[int]) -> list[DeliveryStatus]:
    return [store.delivery_by_id(connection, each).status for each in ids]


def force(connection: Connection, delivery_id: int, status: DeliveryStatus, **columns: Any) -> None:
    connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(status=str(status), **columns))


# Planned


def test_reader_is_planned_once_for_an_issue_and_once_for_an_occurrence(connection: Connection) -> None:
    friends = house.add_list(connection)
    weekly = house.add_schedule(connection, friends)
    calm, spring = house.add_library(connection, "calm", "spring")
    issue = house.add_issue(connection, weekly, [calm])
    ada, ben = (house.add_reader(connection, friends, name) for name in ("Ada", "Ben"))
    first = house.plan(connection, issue, [ada])
    assert len(house.plan(connection, issue, [ada, ben])) == 2
    assert house.plan(connection, issue, [ada]) == first
    # A second issue for the same occurrence, with another lead article.
    new = house.new_issue(friends.id, [spring], "another")
    row = {"issue_id": 0, "occurrence_id": issue.occurrence_id, "subscriber_id": ada, "kind": "issue"}
    other = issue_store.add_issue(connection, new, NOON)
    store.plan(
        connection, [{**row, "issue_id": other, "email": "ada@example.org", "status": "pending", "message_id": "<2>"}]
    )
    assert store.find_delivery(connection, other, ada) is None
    store.plan(connection, [])


def test_planned_delivery_waits_untried(connection: Connection) -> None:
    issue, (first, _) = house.add_sending_issue(connection, 2)
    assert store.delivery_by_id(connection, first) == Delivery(
        id=first,
        kind="issue",
        issue_id=issue.id,
        subscriber_id=raw(connection, first)["subscriber_id"],
        email="reader1@example.org",
        status=PENDING,
        message_id=raw(connection, first)["message_id"],
    )
    assert house.issue(connection, issue.id).counts == {PENDING: 2}


# Claimed


def test_claim_takes_the_first_of_those_that_wait_and_no_more_than_asked(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 5)
    assert store.claim(connection, issue.id, "anna:1:a", NOON, NOON + LEASE, 2) == ids[:2]
    assert store.claim(connection, issue.id, "bert:2:b", NOON, NOON + LEASE, 2) == ids[2:4]
    assert store.claim(connection, issue.id, "anna:1:a", NOON, NOON + LEASE, 2) == ids[4:]
    assert store.claim(connection, issue.id, "anna:1:a", NOON, NOON + LEASE, 2) == []
    assert sorted(store.owners(connection)) == ["anna:1:a", "bert:2:b"]
    row = raw(connection, ids[0])
    assert (row["status"], row["claimed_by"], row["lease_until"]) == ("sending", "anna:1:a", NOON + LEASE)
    assert row["handed_at"] is None and row["attempts"] == 0


def test_claim_leaves_other_issues_and_those_whose_time_has_not_come(connection: Connection) -> None:
    issue, (now, later, done) = house.add_sending_issue(connection, 3)
    force(connection, now, PENDING, next_attempt_at=NOON)
    force(connection, later, PENDING, next_attempt_at=NOON + MINUTE)
    force(connection, done, SENT)
    assert store.claim(connection, issue.id + 1, "a", NOON, NOON + LEASE, 9) == []
    assert store.claim(connection, issue.id, "a", NOON, NOON + LEASE, 9) == [now]
    assert store.claim(connection, issue.id, "a", NOON + MINUTE, NOON + LEASE, 9) == [later]


def test_claimed_delivery_comes_with_what_its_message_needs(connection: Connection) -> None:
    issue, _ = house.add_sending_issue(connection, 0)
    neighbours = house.add_list(connection, "Neighbours")
    ada = house.add_reader(connection, neighbours, "Ada", attributes={"city": "Ulm", "age": 40})
    (delivery,) = house.plan(connection, issue, [ada])
    (claimed,) = claim(connection, issue.id)
    assert (claimed.id, claimed.subscriber_id, claimed.email, claimed.name) == (delivery, ada, "ada@example.org", "Ada")
    assert claimed.attributes == {"city": "Ulm", "age": 40}
    assert claimed.message_id == f"<{issue.id}.{ada}@example.org>"
    assert (claimed.date, claimed.attempts, claimed.is_first_try) == (NOON, 1, True)


def test_reader_who_was_erased_meanwhile_is_not_loaded(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 2)
    connection.execute(subscribers.delete().where(subscribers.c.email == "reader1@example.org"))
    assert [each.id for each in claim(connection, issue.id)] == ids[1:]


# Handed


def test_handed_delivery_keeps_the_instant_of_its_first_try(connection: Connection) -> None:
    issue, (delivery,) = house.add_sending_issue(connection)
    (given,) = claim(connection, issue.id)
    assert raw(connection, delivery)["date"] is None
    given = given._replace(date=NOON + MINUTE)  # as its message says, which was built a while after the claim
    assert store.hand(connection, [given], "anna:1:a", NOON + 2 * MINUTE) == {delivery}
    row = raw(connection, delivery)
    assert (row["handed_at"], row["date"], row["attempts"]) == (NOON + 2 * MINUTE, NOON + MINUTE, 1)
    store.record(connection, [Result(delivery, PENDING, NOON, 1, "450 later", next_attempt=NOON + MINUTE)])
    later = NOON + 60 * MINUTE
    (again,) = claim(connection, issue.id, now=later)
    assert (again.date, again.attempts, again.is_first_try) == (NOON + MINUTE, 2, False)
    store.hand(connection, [again], "anna:1:a", later)
    assert raw(connection, delivery)["date"] == NOON + MINUTE
    assert store.delivery_by_id(connection, delivery).attempts == 2


def test_what_a_sleeping_worker_lost_meanwhile_does_not_go_to_its_connections(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 3)
    given = claim(connection, issue.id, "anna:1:a")
    store.recover(connection, NOON + LEASE, [], None)
    taken = claim(connection, issue.id, "bert:2:b", NOON + LEASE, limit=1)
    assert store.hand(connection, given, "anna:1:a", NOON + LEASE) == set()
    assert store.hand(connection, taken, "bert:2:b", NOON + LEASE) == set(ids[:1])
    assert [raw(connection, each)["handed_at"] for each in ids] == [NOON + LEASE, None, None]
    assert store.hand(connection, [], "anna:1:a", NOON) == set()


# Recorded


def test_each_outcome_is_kept_with_the_words_of_the_relay(connection: Connection) -> None:
    issue, (sent, deferred, failed, skipped, doubtful) = house.add_sending_issue(connection, 5)
    store.hand(connection, claim(connection, issue.id), "anna:1:a", NOON)
    at = NOON + MINUTE
    store.record(
        connection,
        [
            Result(sent, SENT, at, 1, "250 2.0.0 queued as 4711"),
            Result(deferred, PENDING, at, 1, "451 4.7.1 later", "451 4.7.1 later", at + LEASE),
            Result(failed, FAILED, at, 1, "550 5.1.1 no such user", "550 5.1.1 no such user"),
            Result(skipped, SKIPPED, at, 0, reason="the reader has unsubscribed"),
            Result(doubtful, IN_DOUBT, at, 1, reason="the connection died", next_attempt=at + LEASE),
        ],
    )
    kept = [store.delivery_by_id(connection, each) for each in (sent, deferred, failed, skipped, doubtful)]
    assert [each.status for each in kept] == [SENT, PENDING, FAILED, SKIPPED, IN_DOUBT]
    assert [each.sent_at for each in kept] == [at, None, None, None, None]
    assert [each.next_attempt for each in kept] == [None, at + LEASE, None, None, at + LEASE]
    assert kept[0].reply == "250 2.0.0 queued as 4711"
    assert kept[2].reason == "550 5.1.1 no such user"
    assert kept[3].reason == "the reader has unsubscribed"
    for each in kept:
        row = raw(connection, each.id)
        assert (row["claimed_by"], row["lease_until"], row["handed_at"]) == (None, None, None)
    tries = {each.id: store.attempts_of(connection, each.id) for each in kept}
    assert tries == {
        sent: [],
        deferred: [(1, at, "pending", "451 4.7.1 later")],
        failed: [(1, at, "failed", "550 5.1.1 no such user")],
        skipped: [],
        doubtful: [(1, at, "in_doubt", "the connection died")],
    }


def test_every_try_that_did_not_go_well_is_kept_in_order(connection: Connection) -> None:
    issue, (delivery,) = house.add_sending_issue(connection)
    for number, reply in enumerate(("421 busy", "451 later", "550 never"), start=1):
        at = NOON + number * MINUTE
        (given,) = claim(connection, issue.id, now=at)
        store.hand(connection, [given], "anna:1:a", at)
        status = FAILED if reply.startswith("5") else PENDING
        store.record(connection, [Result(delivery, status, at, given.attempts, reply, next_attempt=at)])
    assert [(number, reply) for number, _, _, reply in store.attempts_of(connection, delivery)] == [
        (1, "421 busy"),
        (2, "451 later"),
        (3, "550 never"),
    ]


@pytest.mark.parametrize("status", sorted(set(DeliveryStatus) - DELIVERY_ARROWS[SENDING]))
def test_outcome_that_no_arrow_leads_to_is_refused_and_nothing_is_kept(
    connection: Connection, status: DeliveryStatus
) -> None:
    issue, (first, second) = house.add_sending_issue(connection, 2)
    claim(connection, issue.id)
    with pytest.raises(InvalidTransition, match="the delivery is sending"):
        store.record(connection, [Result(first, SENT, NOON, 1), Result(second, status, NOON, 1)])
    assert statuses(connection, [first, second]) == [SENDING, SENDING]


@pytest.mark.parametrize("status", [each for each in DeliveryStatus if each is not SENDING])
def test_outcome_of_a_delivery_that_is_with_no_worker_changes_nothing(
    connection: Connection, status: DeliveryStatus
) -> None:
    _, (delivery,) = house.add_sending_issue(connection)
    force(connection, delivery, status, reply="as it was")
    before = raw(connection, delivery)
    store.record(connection, [Result(delivery, SENT, NOON, 1, "250 too late")])
    assert raw(connection, delivery) == before
    store.record(connection, [])


# Given back


def test_what_was_never_tried_goes_back_as_if_nobody_had_taken_it(connection: Connection) -> None:
    issue, (handed, held, done) = house.add_sending_issue(connection, 3)
    given = claim(connection, issue.id)
    store.hand(connection, [given[0], given[2]], "anna:1:a", NOON)
    store.record(connection, [Result(done, SENT, NOON, 1)])
    store.release(connection, [handed, held, done])
    assert statuses(connection, [handed, held, done]) == [PENDING, PENDING, SENT]
    for each in (handed, held):
        row = raw(connection, each)
        assert (row["attempts"], row["claimed_by"], row["lease_until"], row["handed_at"]) == (0, None, None, None)
    assert store.delivery_by_id(connection, done).attempts == 1
    store.release(connection, [])


def test_worker_that_ends_gives_back_only_what_is_its_own_and_with_no_connection(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 3)
    mine = claim(connection, issue.id, "anna:1:a", limit=2)
    claim(connection, issue.id, "bert:2:b")
    store.hand(connection, mine[:1], "anna:1:a", NOON)
    store.release_unhanded(connection, issue.id, "anna:1:a")
    assert statuses(connection, ids) == [SENDING, PENDING, SENDING]
    assert raw(connection, ids[1])["claimed_by"] is None
    assert sorted(store.owners(connection)) == ["anna:1:a", "bert:2:b"]


def test_renewed_lease_keeps_a_worker_alive(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 2)
    claim(connection, issue.id, "anna:1:a", limit=1)
    claim(connection, issue.id, "bert:2:b")
    store.renew(connection, "anna:1:a", NOON + 2 * LEASE)
    assert store.recover(connection, NOON + LEASE, [], None) == (1, 0)
    assert statuses(connection, ids) == [SENDING, PENDING]


# After a crash


@pytest.mark.parametrize("again_at", [None, NOON + 60 * MINUTE])
def test_only_what_a_dead_worker_had_given_to_a_connection_is_in_doubt(
    connection: Connection, again_at: datetime | None
) -> None:
    issue, ids = house.add_sending_issue(connection, 4)
    dead = claim(connection, issue.id, "anna:1:a", limit=2)
    store.hand(connection, dead[:1], "anna:1:a", NOON)
    alive = claim(connection, issue.id, "bert:2:b")
    store.hand(connection, alive[:1], "bert:2:b", NOON)
    assert store.recover(connection, NOON, ["anna:1:a"], again_at) == (1, 1)
    assert statuses(connection, ids) == [IN_DOUBT, PENDING, SENDING, SENDING]
    doubt = store.delivery_by_id(connection, ids[0])
    assert "nobody can know whether the relay took it" in doubt.reason
    assert (doubt.next_attempt, doubt.attempts, doubt.date) == (again_at, 1, NOON)
    assert store.delivery_by_id(connection, ids[1]).attempts == 0
    assert store.recover(connection, NOON, ["anna:1:a"], again_at) == (0, 0)
    assert store.next_attempt(connection, issue.id) == again_at


def test_worker_on_another_machine_is_gone_when_its_lease_ran_out(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 2)
    given = claim(connection, issue.id, "far:1:a")
    store.hand(connection, given[:1], "far:1:a", NOON)
    assert store.recover(connection, NOON + LEASE - MINUTE, [], None) == (0, 0)
    assert store.recover(connection, NOON + LEASE, [], None) == (1, 1)
    assert statuses(connection, ids) == [IN_DOUBT, PENDING]
    assert store.owners(connection) == []


# In doubt


@pytest.mark.parametrize(("after", "sent_at"), [(SENT, NOON), (PENDING, None)])
def test_person_settles_everyone_in_doubt_and_nobody_else(
    connection: Connection, after: DeliveryStatus, sent_at: datetime | None
) -> None:
    issue, ids = house.add_sending_issue(connection, 4)
    for each, status in zip(ids, (IN_DOUBT, IN_DOUBT, FAILED, SENDING), strict=True):
        force(connection, each, status, next_attempt_at=NOON + MINUTE)
    assert store.settle(connection, issue.id + 1, after, "asked the relay", NOON) == 0
    assert store.settle(connection, issue.id, after, "asked the relay", NOON) == 2
    assert statuses(connection, ids) == [after, after, FAILED, SENDING]
    settled = store.delivery_by_id(connection, ids[0])
    assert (settled.reason, settled.sent_at, settled.next_attempt) == ("asked the relay", sent_at, None)


@pytest.mark.parametrize("after", [FAILED, SKIPPED, SENDING, IN_DOUBT])
def test_doubt_is_not_settled_by_any_other_word(connection: Connection, after: DeliveryStatus) -> None:
    issue, (delivery,) = house.add_sending_issue(connection)
    force(connection, delivery, IN_DOUBT)
    with pytest.raises(InvalidTransition):
        store.settle(connection, issue.id, after, "", NOON)
    assert statuses(connection, [delivery]) == [IN_DOUBT]


def test_doubt_is_sent_again_when_the_setting_says_so_and_not_before(connection: Connection) -> None:
    issue, (due, later, held) = house.add_sending_issue(connection, 3)
    force(connection, due, IN_DOUBT, next_attempt_at=NOON)
    force(connection, later, IN_DOUBT, next_attempt_at=NOON + MINUTE)
    force(connection, held, IN_DOUBT)
    assert store.next_attempt(connection, issue.id) == NOON
    assert store.settle_due(connection, issue.id, NOON) == 1
    assert statuses(connection, [due, later, held]) == [PENDING, IN_DOUBT, IN_DOUBT]
    assert store.delivery_by_id(connection, due).next_attempt is None
    assert store.next_attempt(connection, issue.id) == NOON + MINUTE
    assert store.settle_due(connection, issue.id, NOON + 60 * MINUTE) == 1


def test_next_attempt_is_the_first_of_those_that_wait(connection: Connection) -> None:
    issue, (first, second, done) = house.add_sending_issue(connection, 3)
    assert store.next_attempt(connection, issue.id) is None
    force(connection, first, PENDING, next_attempt_at=NOON + 2 * MINUTE)
    force(connection, second, PENDING, next_attempt_at=NOON + MINUTE)
    force(connection, done, FAILED, next_attempt_at=NOON)
    assert store.next_attempt(connection, issue.id) == NOON + MINUTE


# Ended


def test_those_who_wait_for_an_issue_that_ends_get_nothing(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, len(DeliveryStatus))
    for each, status in zip(ids, DeliveryStatus, strict=True):
        force(connection, each, status)
    force(connection, ids[0], PENDING, next_attempt_at=NOON)
    assert store.skip_pending(connection, issue.id + 1, "cancelled") == 0
    assert store.skip_pending(connection, issue.id, "cancelled") == 1
    assert statuses(connection, ids) == [SKIPPED, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT]
    assert store.delivery_by_id(connection, ids[0]).reason == "cancelled"
    assert store.next_attempt(connection, issue.id) is None


def test_those_a_dead_worker_gave_back_after_a_cancel_get_nothing(connection: Connection) -> None:
    issue, (first, second) = house.add_sending_issue(connection, 2)
    force(connection, second, SENT)
    assert store.skip_cancelled(connection, "cancelled") == 0
    house.move(connection, issue, IssueState.CANCELLED)
    assert store.skip_cancelled(connection, "cancelled") == 1
    assert statuses(connection, [first, second]) == [SKIPPED, SENT]
    assert store.delivery_by_id(connection, first).reason == "cancelled"


def test_worker_is_told_when_an_issue_is_no_longer_to_be_sent(connection: Connection) -> None:
    issue, _ = house.add_sending_issue(connection)
    assert store.is_sending(connection, issue.id, NOON)
    house.move(connection, issue, IssueState.PAUSED)
    assert not store.is_sending(connection, issue.id, NOON)
    assert not store.is_sending(connection, issue.id + 1, NOON)


def test_worker_is_told_when_everything_or_what_an_issue_is_about_is_paused(connection: Connection) -> None:
    issue, _ = house.add_sending_issue(connection)
    pauses.keep_pause(connection, pauses.Pause("grief", "", NOON, NOON + house.WEEK))
    assert store.is_sending(connection, issue.id, NOON, ["sleep"])
    assert not store.is_sending(connection, issue.id, NOON, ["grief", "sleep"])
    assert store.is_sending(connection, issue.id, NOON + house.WEEK, ["grief", "sleep"])
    pauses.keep_pause(connection, pauses.Pause(pauses.EVERYTHING, "", NOON, None))
    assert not store.is_sending(connection, issue.id, NOON, ["sleep"])
    assert not store.is_sending(connection, issue.id, NOON + house.WEEK)
    pauses.end_pauses(connection, NOON, [pauses.EVERYTHING])
    assert store.is_sending(connection, issue.id, NOON, ["sleep"])


# Other mails, and reading


def test_mail_of_another_kind_stands_beside_the_issue(connection: Connection) -> None:
    issue, _ = house.add_sending_issue(connection)
    row = {"kind": "test", "purpose_key": "issue 1", "email": "me@example.org", "status": "sending", "attempts": 1}
    delivery = store.add_other(connection, {**row, "message_id": "<t@example.org>", "date": NOON})
    found = store.delivery_by_id(connection, delivery)
    assert (found.kind, found.issue_id, found.subscriber_id, found.status) == ("test", None, None, SENDING)
    store.record(connection, [Result(delivery, SENT, NOON, 1, "250 ok")])
    assert store.delivery_by_id(connection, delivery).sent_at == NOON
    assert house.issue(connection, issue.id).planned == 1


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5_000])
def test_deliveries_are_listed_in_their_order_whatever_the_page(connection: Connection, page: int) -> None:
    issue, ids = house.add_sending_issue(connection, 4)
    force(connection, ids[1], FAILED)
    force(connection, ids[3], FAILED)
    assert [each.id for each in store.list_deliveries(connection, issue.id, page=page)] == ids
    assert [each.id for each in store.list_deliveries(connection, issue.id, FAILED, page)] == [ids[1], ids[3]]
    assert list(store.list_deliveries(connection, issue.id, SENT, page)) == []
    assert list(store.list_deliveries(connection, issue.id + 1, page=page)) == []


def test_delivery_is_found_by_its_reader_and_by_its_address(connection: Connection) -> None:
    issue, (first, second) = house.add_sending_issue(connection, 2)
    reader = raw(connection, second)["subscriber_id"]
    found = store.find_delivery(connection, issue.id, reader)
    assert found == store.delivery_by_id(connection, second)
    assert store.find_delivery(connection, issue.id + 1, reader) is None
    connection.execute(subscribers.delete().where(subscribers.c.email == "reader1@example.org"))
    of_an_erased = store.delivery_to(connection, issue.id, "reader1@example.org")
    assert of_an_erased is not None and of_an_erased.id == first
    assert store.delivery_to(connection, issue.id, "nobody@example.org") is None
