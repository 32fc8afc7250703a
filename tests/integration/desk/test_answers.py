"""What the relay says, or fails to say, and what becomes of the reader, the issue and the exit words."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import timedelta

import pytest

from desk_house import ADA, DeskHouse, HoldingRelay
from newsletter.desk import explaining, sending
from newsletter.model import Issue
from newsletter.states import DeliveryStatus, IssueState
from scripted_relay import CUT, Message, ScriptedRelay

PENDING, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT = DeliveryStatus


def _date(message: Message) -> bytes:
    found = re.search(rb"^Date: (.*)\r$", message.data, re.MULTILINE)
    assert found is not None
    return found[1]


def test_a_deferred_reader_waits_and_then_gets_the_same_bytes(house: DeskHouse) -> None:
    house.add_readers(1)
    issue = house.plan()
    shown = house.preview(issue)
    with ScriptedRelay(defer={ADA: 1}) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
        waiting = house.deliveries(issue)[ADA]
        assert relay.recipients == ["reader1@example.org"]
        assert (waiting.status, waiting.attempts) == (PENDING, 1)
        assert waiting.reply == "451 4.7.1 Not now"
        assert waiting.next_attempt is not None
        wait = waiting.next_attempt - house.clock.now
        assert timedelta(minutes=1) <= wait <= timedelta(minutes=1, seconds=15)
        at = f"{waiting.next_attempt:%Y-%m-%dT%H:%M:%SZ}"
        assert f"1 waits for a later try, the next at {at}" in outcomes.words
        assert f"451 4.7.1 Not now; the next try at {at}" in house.explain(issue)
        assert outcomes.issue.state is IssueState.SENDING
        again = house.send(issue)
        assert (len(relay.messages), again.words) == (1, outcomes.words), "it is not its time yet"
        house.clock.pass_by(hours=3)
        assert house.send(issue).words == ""
    message = relay.messages[1]
    assert message.recipient == ADA
    assert _date(message) == b"Mon, 30 Mar 2026 12:00:00 +0000", "the first try's"
    assert message.data == shown
    assert house.issue(issue.id).state is IssueState.SENT
    (found,) = explaining.explain(house.app, "1", ADA)
    assert [(each["number"], each["outcome"], each["reply"]) for each in found.attempts] == [
        (1, "pending", "451 4.7.1 Not now")
    ]
    assert found.words == "handed over to the relay at 2026-03-30T15:00:00Z: 250 2.0.0 Taken"


def test_a_reader_deferred_for_days_is_given_up_with_the_last_reply(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay(defer={ADA: 99}) as relay:
        house.relay(relay)
        for _ in range(20):
            if house.send(issue).words == "":
                break
            house.clock.pass_by(hours=13)
    assert house.status(issue) is FAILED
    assert "given up after 5 tries" in house.deliveries(issue)[ADA].reason, "48 hours, as delivery.deliver_within says"
    assert "451 4.7.1 Not now" in house.explain(issue)
    assert house.issue(issue.id).state is IssueState.SENT


def test_a_refused_reader_fails_with_the_relays_words(house: DeskHouse) -> None:
    house.add_readers(2)
    issue = house.plan()
    with ScriptedRelay(refuse={ADA}) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert outcomes.words == ""
    assert (outcomes.issue.state, len(relay.messages)) == (IssueState.SENT, 2)
    delivery = house.deliveries(issue)[ADA]
    assert (delivery.status, delivery.reply, delivery.attempts) == (FAILED, "550 5.1.1 No such reader", 1)
    assert house.explain(issue) == "given up after 1 try: 550 5.1.1 No such reader"


def test_a_message_refused_after_the_dot_fails_that_reader(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay(answers={"dot": ["554 5.7.1 This looks like spam"]}) as relay:
        house.relay(relay)
        assert house.send(issue).words == ""
    assert house.deliveries(issue)[ADA].reply == "554 5.7.1 This looks like spam"


REFUSALS = {
    "ehlo": "550 5.7.1 Go away",
    "auth": "535 5.7.8 Who are you?",
    "mail": "550 5.7.1 Not from you",
}


@pytest.mark.parametrize("step", REFUSALS)
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_relay_that_refuses_us_pauses_the_issue_and_marks_no_reader(
    house: DeskHouse, step: str, pipelining: bool
) -> None:
    house.add_readers(20)
    issue = house.plan()
    login = ("notes", "secret")
    if step == "auth":
        house.set(smtp__username=login[0], smtp__password=login[1])
    with ScriptedRelay(
        answers={step: REFUSALS[step]}, login=login if step == "auth" else None, pipelining=pipelining
    ) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert relay.messages == []
    assert outcomes.issue.state is IssueState.PAUSED
    assert outcomes.issue.counts == {PENDING: 21}
    assert REFUSALS[step] in outcomes.issue.pause_reason
    assert "issues resume 1" in outcomes.words and REFUSALS[step] in outcomes.words
    assert {(each.attempts, each.reply, each.reason) for each in house.deliveries(issue).values()} == {(0, "", "")}
    words = house.explain(issue)
    assert "waits to be sent, after 0 tries" in words and f"issue 1 is paused: {outcomes.issue.pause_reason}" in words
    assert "issue 1 is paused" in house.refusal(issue)
    sending.resume(house.app, issue.id)
    with ScriptedRelay(login=login if step == "auth" else None) as mended:
        house.relay(mended)
        assert house.send(issue).words == ""
    assert len(mended.messages) == 21


def test_a_mail_refused_in_the_midst_pauses_and_keeps_what_was_done(house: DeskHouse) -> None:
    house.add_readers(30)
    issue = house.plan()
    with ScriptedRelay(answers={"mail": [*[None] * 12, *["550 5.7.1 Your quota is used up"] * 50]}) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    counts = outcomes.issue.counts
    assert outcomes.issue.state is IssueState.PAUSED
    assert counts.get(SENT, 0) == len(relay.messages)
    assert counts.get(SENT, 0) + counts.get(PENDING, 0) == 31
    assert not relay.messages or max(Counter(relay.recipients).values()) == 1


def test_a_relay_that_is_down_marks_nobody(house: DeskHouse) -> None:
    house.add_readers(9)
    issue = house.plan()
    outcomes = house.send(issue)
    assert outcomes.issue.state is IssueState.SENDING
    assert outcomes.issue.counts == {PENDING: 10}
    assert "the relay cannot be reached: 127.0.0.1:9" in outcomes.words
    assert "`newsletter run` or `newsletter issues send 1` goes on" in outcomes.words
    assert {(each.attempts, each.reply) for each in house.deliveries(issue).values()} == {(0, "")}
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(issue).words == ""
    assert len(relay.messages) == 10


def test_a_relay_that_goes_down_in_the_midst_loses_nobody(house: DeskHouse) -> None:
    house.add_readers(40)
    issue = house.plan()
    relay = HoldingRelay(10)
    with relay:
        house.relay(relay)

        def go_down() -> None:
            relay.holding.wait()
            relay.close()

        closer = threading.Thread(target=go_down)
        closer.start()
        outcomes = house.send(issue)
        closer.join()
    assert outcomes.issue.state is IssueState.SENDING
    doubtful = {each.email for each in house.deliveries(issue).values() if each.status is IN_DOUBT}
    assert len(doubtful) <= 2
    with ScriptedRelay() as second:
        house.relay(second)
        house.send(issue)
    certain = Counter(each for each in (*relay.recipients, *second.recipients) if each not in doubtful)
    assert len(certain) == 41 - len(doubtful)
    assert set(certain.values()) == {1}


def test_a_connection_cut_after_the_dot_leaves_a_reader_in_doubt(house: DeskHouse) -> None:
    house.add_readers(3)
    issue = house.plan()
    with ScriptedRelay(answers={"dot": [CUT]}) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
        assert outcomes.issue.state is IssueState.SENDING
        assert outcomes.issue.counts == {SENT: 3, IN_DOUBT: 1}
        assert "1 in doubt: see `newsletter deliveries 1 --status in_doubt`" in outcomes.words
        assert "`newsletter issues settle 1 --sent` or `--again`" in outcomes.words
        house.clock.pass_by(days=9)
        assert house.send(issue).issue.counts == {SENT: 3, IN_DOUBT: 1}, "never silently sent again"
    assert len(relay.messages) == 4
    (doubtful,) = [each for each in house.deliveries(issue).values() if each.status is IN_DOUBT]
    words = house.explain(issue, doubtful.email)
    assert words.startswith("in doubt: the message had left, its reply never came")
    assert "issues settle 1 --sent" in words


def _in_doubt(house: DeskHouse) -> Issue:
    issue = house.plan()
    with ScriptedRelay(answers={"dot": [CUT]}) as relay:
        house.relay(relay)
        house.send(issue)
    return issue


def test_whoever_is_in_doubt_can_be_called_sent(house: DeskHouse) -> None:
    issue = _in_doubt(house)
    house.clock.pass_by(hours=1)
    settled, count = sending.settle(house.app, issue.id, is_sent=True)
    assert (settled.state, count) == (IssueState.SENT, 1)
    assert house.explain(issue) == ("handed over to the relay at 2026-03-30T13:00:00Z: settled by hand: it was sent")
    assert sending.settle(house.app, issue.id, is_sent=True)[1] == 0


def test_whoever_is_in_doubt_can_be_sent_to_again(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay(answers={"dot": [CUT]}) as relay:
        house.relay(relay)
        house.send(issue)
        house.clock.pass_by(hours=1)
        settled, count = sending.settle(house.app, issue.id, is_sent=False)
        assert (settled.state, count) == (IssueState.SENDING, 1)
        assert house.send(issue).words == ""
    first, second = relay.messages
    assert first.data == second.data, "the same message, so that the reader's program can tell"
    assert house.deliveries(issue)[ADA].attempts == 2


def test_in_doubt_again_sends_again_after_the_delay(house: DeskHouse) -> None:
    house.set(delivery__in_doubt="again", delivery__in_doubt_delay=30)
    issue = house.plan()
    with ScriptedRelay(answers={"dot": [CUT]}) as relay:
        house.relay(relay)
        assert "1 in doubt" in house.send(issue).words
        assert house.explain(issue).endswith("; the next try at 2026-03-30T12:30:00Z")
        house.clock.pass_by(minutes=29)
        assert "1 in doubt" in house.send(issue).words
        assert len(relay.messages) == 1
        house.clock.pass_by(minutes=1)
        assert house.send(issue).words == ""
    assert len(relay.messages) == 2
    assert relay.messages[0].data == relay.messages[1].data


def test_a_connection_cut_before_the_dot_leaves_no_doubt(house: DeskHouse) -> None:
    house.add_readers(5)
    issue = house.plan()
    # Two cuts: a reader who loses a third connection waits for a later try, and which reader each cut meets is chance.
    answers = {"data": [None, CUT], "mail": [*[None] * 5, CUT]}
    with ScriptedRelay(answers=answers, pipelining=False) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert outcomes.words == ""
    assert outcomes.issue.counts == {SENT: 6}
    assert set(Counter(relay.recipients).values()) == {1}
