"""First copies: the staff has an issue half an hour before everybody else, and may stop the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

import house as builders
from asked_people import Mail, Visitor, mails, set_options, visitor
from desk_house import ADA, DeskHouse
from newsletter.desk import audience as readers
from newsletter.desk import sending
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store import approvals, soft_start
from scripted_relay import ScriptedRelay
from subscribers import SubscriptionStatus

TUESDAY = builders.FIRST_TUESDAY
HALF_AN_HOUR = timedelta(minutes=30)
OFFICE = "office@example.org"
READER = "reader1@example.org"


@pytest.fixture
def relay(house: DeskHouse) -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.add_readers(2)
        set_options(house, first_to=(OFFICE, "Reader1@example.org"))
        yield relay


@pytest.fixture
def anna(house: DeskHouse, relay: ScriptedRelay) -> Iterator[Visitor]:
    with visitor(house) as someone:
        yield someone


def deliver(house: DeskHouse) -> None:
    sending.deliver(house.app, house.issue(1), threading.Event())


def first_copy(relay: ScriptedRelay, to: str) -> Mail:
    (mail,) = [mail for mail in mails(relay, to) if mail.subject.startswith("Going out")]
    return mail


def test_staff_has_it_at_its_time_and_the_rest_half_an_hour_later(house: DeskHouse, relay: ScriptedRelay) -> None:
    assert house.tick_at(TUESDAY).started == (1,)
    deliver(house)
    assert [mail.to for mail in mails(relay) if mail.subject == "Quiet mornings"] == [READER]
    _, out, _ = house.run("issues", "show", "1")
    assert f"shown first to {OFFICE} on {TUESDAY:%Y-%m-%dT%H:%M:%SZ}" in out
    house.clock.now = TUESDAY + HALF_AN_HOUR - timedelta(seconds=1)
    deliver(house)
    assert house.status(house.issue(1), ADA) is DeliveryStatus.PENDING
    house.clock.now = TUESDAY + HALF_AN_HOUR
    deliver(house)
    assert (house.issue(1).state, house.issue(1).counts) == (IssueState.SENT, {DeliveryStatus.SENT: 3})
    assert OFFICE not in house.deliveries(house.issue(1))


def test_first_copy_is_of_nobody_or_ones_own_and_has_a_button_that_stops(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.tick_at(TUESDAY)
    house.tick_at(TUESDAY + timedelta(minutes=5))
    office, reader = first_copy(relay, OFFICE), first_copy(relay, "Reader1@example.org")
    assert "at 09:30 (Europe/Berlin) it goes to the rest: 2 readers." in office.words
    assert list(office.links) == list(reader.links) == ["Stop the rest"]
    assert "All about quiet mornings." in office.copy and house.app.tokens.test_copy_token() in office.copy
    assert reader.copy == "" and "Your own copy comes by itself." in reader.words
    assert office.links != reader.links


def test_whoever_approved_it_may_stop_it_all_the_same(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    set_options(house, approval="required", approvers=(OFFICE,), first_to=(OFFICE,))
    house.tick()
    (mail,) = mails(relay, OFFICE)
    anna.press(mail.links["Yes, send it"])
    assert house.tick_at(TUESDAY).started == (1,)
    assert "It is stopped" in anna.press(first_copy(relay, OFFICE).links["Stop the rest"]).text
    assert house.issue(1).state is IssueState.PAUSED
    with house.read() as connection:
        assert [each.answer for each in approvals.asked_about(connection, 1)] == ["yes"]


def test_button_stops_the_rest_until_somebody_resumes(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    house.tick_at(TUESDAY)
    link = first_copy(relay, OFFICE).links["Stop the rest"]
    assert "Stop the rest?" in anna.open(link).text
    assert house.issue(1).state is IssueState.SENDING
    assert "It is stopped" in anna.press(link).text
    issue = house.issue(1)
    assert (issue.state, issue.pause_reason) == (
        IssueState.PAUSED,
        f"stopped by {OFFICE} after the first copies",
    )
    assert "It is stopped" in anna.press(link).text
    house.clock.now = TUESDAY + HALF_AN_HOUR
    sending.resume(house.app, 1)
    deliver(house)
    assert house.issue(1).state is IssueState.SENT
    assert "Everybody has it" in anna.press(first_copy(relay, "Reader1@example.org").links["Stop the rest"]).text


def test_after_the_rest_has_gone_no_first_copy_is_mailed(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.set(smtp__port=9)  # nobody listens there
    house.tick_at(TUESDAY)
    house.relay(relay)
    house.tick_at(TUESDAY + HALF_AN_HOUR)
    assert relay.messages == []


def test_issue_that_begins_late_keeps_the_half_hour(house: DeskHouse, relay: ScriptedRelay) -> None:
    late = TUESDAY + timedelta(hours=2)
    house.tick_at(late)
    assert house.deliveries(house.issue(1))[ADA].next_attempt == late + HALF_AN_HOUR


def test_staff_has_first_copies_before_everybody_whatever_the_hour_of_each(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    set_options(house, at_local=True)
    tokyo = "tokyo@example.org"
    readers.add_subscriber(house.app, tokyo, "Friends", "", "{}", SubscriptionStatus.CONFIRMED, "Asia/Tokyo")
    begins = TUESDAY - timedelta(hours=7)  # nine o'clock in Tokyo
    assert house.tick_at(begins).started == (1,)
    deliver(house)
    found = {email: (each.status, each.next_attempt) for email, each in house.deliveries(house.issue(1)).items()}
    assert found == {
        READER: (DeliveryStatus.SENT, None),
        tokyo: (DeliveryStatus.PENDING, begins + HALF_AN_HOUR),
        ADA: (DeliveryStatus.PENDING, TUESDAY),
        "reader2@example.org": (DeliveryStatus.PENDING, TUESDAY),
    }
    words = "from 02:30 (Europe/Berlin) on it goes to the rest, to each at their own hour: 3 readers."
    assert words in first_copy(relay, OFFICE).words


def test_who_gets_nothing_waits_for_nothing(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.set(delivery__most_per_week=1)
    house.send(house.plan())
    house.add_schedule("daily", recurrence="0 10 * * *")
    set_options(house, "daily", first_to=(OFFICE,))
    house.pause_schedule()
    house.tick_at(TUESDAY + timedelta(hours=1))
    skipped = house.deliveries(house.issues()[-1])[ADA]
    assert (skipped.status, skipped.next_attempt) == (DeliveryStatus.SKIPPED, None)


def test_issue_sent_by_hand_goes_to_everybody_at_once(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.send(house.plan())
    assert house.issue(1).state is IssueState.SENT
    assert len(mails(relay)) == 3


def test_who_has_to_wait_longer_than_the_staffs_half_hour_still_does(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(1)
    set_options(house, first_to=(OFFICE,))
    house.tick_at(TUESDAY)
    later = TUESDAY + timedelta(hours=3)
    with house.write() as connection:
        soft_start.put_off(connection, 1, later, [ADA.upper()])
        soft_start.put_off(connection, 1, TUESDAY + timedelta(hours=1), [])
        assert soft_start.rest_goes_at(connection, 1) == TUESDAY + timedelta(hours=1)
        assert soft_start.count_rest(connection, 1, TUESDAY + timedelta(hours=1)) == 1
    found = {email: each.next_attempt for email, each in house.deliveries(house.issue(1)).items()}
    assert found == {ADA: TUESDAY + timedelta(hours=1), READER: later}
