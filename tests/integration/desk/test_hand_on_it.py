"""A person's hand on an issue that goes out: pause, resume, cancel, stop."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

import house as builders
from desk_house import ADA, DeskHouse
from house import FIRST_TUESDAY
from newsletter.desk import approving, library, making, sending
from newsletter.errors import ConfigError, InvalidTransition, NotFound, Refused
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store import deliveries as store
from scripted_relay import CUT, Message, ScriptedRelay

PENDING, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT = DeliveryStatus
HANDED = 2 * 2  # messages that two connections have at most


class PausingRelay(ScriptedRelay):
    """Calls `act` once, when it has taken `after` messages."""

    def __init__(self, after: int, act: Callable[[], object]) -> None:
        super().__init__()
        self.after = after
        self.act = act
        self.taken_then = 0  # when it was done

    def keep(self, message: Message) -> None:
        super().keep(message)
        with self.lock:
            is_time, self.after = self.after == 1, self.after - 1
        if is_time:
            self.act()
            self.taken_then = len(self.messages)


def test_a_pause_stops_soon_and_a_resume_goes_on(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(199)
    issue = house.plan()
    other = house.opened_again()
    with PausingRelay(20, lambda: sending.pause(other, issue.id)) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
        taken = len(relay.messages)
        assert outcomes.issue.state is IssueState.PAUSED
        assert "issue 1 is paused: by hand" in outcomes.words
        assert relay.taken_then <= taken <= relay.taken_then + HANDED + HANDED
        assert outcomes.issue.counts == {SENT: taken, PENDING: 200 - taken}
        assert "waits to be sent" in house.explain(issue, "reader199@example.org")
        assert "issue 1 is paused: by hand" in house.explain(issue, "reader199@example.org")
        sending.resume(house.app, issue.id)
        assert house.send(issue).words == ""
    assert len(relay.messages) == 200
    assert set(Counter(relay.recipients).values()) == {1}


def test_a_cancelled_issue_ends_where_it_is(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(199)
    issue = house.plan()
    house.app.__dict__["worker_name"] = "elsewhere:1:aa"
    other = house.opened_again()
    with PausingRelay(20, lambda: sending.cancel(other, issue.id)) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    taken = len(relay.messages)
    assert outcomes.issue.state is IssueState.CANCELLED
    assert relay.taken_then <= taken <= relay.taken_then + HANDED + HANDED
    assert outcomes.issue.counts == {SENT: taken, SKIPPED: 200 - taken}
    skipped = next(each for each in house.deliveries(issue).values() if each.status is SKIPPED)
    assert house.explain(issue, skipped.email) == "got nothing, because the issue was cancelled"
    assert house.occurrences() == [("03-31 09:00", "skipped", "issue 1 was cancelled")]
    with pytest.raises(InvalidTransition, match="the issue is cancelled"):
        house.send(issue)


def test_a_draft_is_cancelled_and_its_article_may_go_later(house: DeskHouse) -> None:
    draft = house.plan()
    assert sending.cancel(house.app, draft.id).state is IssueState.CANCELLED
    again = house.plan()
    assert again.articles == draft.articles
    assert again.occurrence is not None and again.occurrence.utc == FIRST_TUESDAY + builders.WEEK


def test_nothing_of_a_cancelled_issue_is_sent_again(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay(answers={"dot": [CUT]}) as relay:
        house.relay(relay)
        house.send(issue)
    sending.cancel(house.app, issue.id)
    with pytest.raises(Refused, match="issue 1 was cancelled"):
        sending.settle(house.app, issue.id, is_sent=False)
    assert sending.settle(house.app, issue.id, is_sent=True)[0].counts == {SENT: 1}


def test_what_a_dead_worker_held_of_a_cancelled_issue_is_skipped(house: DeskHouse) -> None:
    house.add_readers(2)
    issue = sending.start(house.app, house.plan())
    with house.write() as connection:
        now = house.clock.now
        store.claim(connection, issue.id, f"{os.uname().nodename}:999999999:aa", now, now + timedelta(minutes=5), 9)
    assert sending.cancel(house.app, issue.id).counts == {SKIPPED: 3}


def test_what_another_machine_held_of_a_cancelled_issue_is_skipped_when_that_machine_is_gone(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    now = house.clock.now
    with house.write() as connection:
        store.claim(connection, issue.id, "elsewhere:1:aa", now, now + timedelta(minutes=5), 9)
    assert sending.cancel(house.app, issue.id).counts == {SENDING: 1}
    house.clock.pass_by(minutes=5)
    sending.recover(house.app)
    assert house.issue(issue.id).counts == {SKIPPED: 1}
    assert house.explain(issue) == "got nothing, because the issue was cancelled"


def test_a_draft_that_is_not_paused_cannot_be_resumed(house: DeskHouse) -> None:
    issue = house.plan()
    with pytest.raises(Refused, match="is draft, not paused"):
        sending.resume(house.app, issue.id)


def test_an_issue_that_is_sent_stays_as_it_is(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(issue)
        for act in (sending.pause, sending.resume, sending.cancel):
            with pytest.raises((InvalidTransition, Refused), match="is sent"):
                act(house.app, issue.id)
        assert "the issue is sent" in house.refusal(issue)
    assert len(relay.messages) == 1


def test_an_issue_that_is_not_there_is_named(house: DeskHouse) -> None:
    for act in (sending.find, sending.pause, sending.resume, sending.cancel):
        with pytest.raises(NotFound, match="there is no issue '7'"):
            act(house.app, 7)


def test_a_relay_elsewhere_gets_nothing_in_the_clear(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    house.set(smtp__host="relay.example.org")
    with pytest.raises(ConfigError, match=r"smtp\.security: is none, and relay\.example\.org is another machine"):
        house.send(issue)
    assert house.issue(issue.id).counts == {PENDING: 1}


def test_a_send_that_is_stopped_says_so_and_goes_on(house: DeskHouse) -> None:
    house.add_readers(50)
    issue = house.plan()
    stop = threading.Event()
    with PausingRelay(5, stop.set) as relay:
        house.relay(relay)
        outcomes = house.send(issue, stop)
        assert outcomes.words.startswith("stopped; nobody is lost")
        assert outcomes.issue.counts == {SENT: len(relay.messages), PENDING: 51 - len(relay.messages)}
        assert 5 <= len(relay.messages) < 51
        assert house.send(issue).words == ""
    assert set(Counter(relay.recipients).values()) == {1}
    assert len(relay.messages) == 51


def test_a_stop_that_comes_after_the_last_message_changes_nothing(house: DeskHouse) -> None:
    issue = house.plan()
    stop = threading.Event()
    with PausingRelay(1, stop.set) as relay:
        house.relay(relay)
        outcomes = house.send(issue, stop)
    assert (outcomes.words, outcomes.issue.state) == ("", IssueState.SENT)


def test_the_progress_comes_to_as_many_as_are_done(house: DeskHouse) -> None:
    house.add_readers(11)
    issue = house.plan()
    assert sending.expected(house.app, issue) == 12
    done: list[int] = []
    with ScriptedRelay(refuse={ADA}) as relay:
        house.relay(relay)
        sending.send(house.app, issue.id, threading.Event(), done.append)
    assert sum(done) == 12
    assert sending.expected(house.app, house.issue(issue.id)) == 0


# Before it has begun


def test_draft_that_is_paused_does_not_go_and_resumes_as_a_draft(house: DeskHouse) -> None:
    draft = house.plan()
    sending.pause(house.app, draft.id)
    assert house.tick_at(FIRST_TUESDAY).started == ()
    assert "paused" in house.refusal(draft)
    assert house.explain(draft) == f"issue {draft.id} is paused, and has not begun: nobody has got it"
    assert sending.resume(house.app, draft.id).state is IssueState.DRAFT
    assert house.tick().started == (draft.id,)


def test_draft_that_was_paused_beyond_its_time_waits_for_a_person(house: DeskHouse) -> None:
    draft = house.plan()
    sending.pause(house.app, draft.id)
    house.tick_at(FIRST_TUESDAY + timedelta(days=1))
    resumed = sending.resume(house.app, draft.id)
    assert (resumed.state, resumed.pause_reason) == (IssueState.DRAFT, sending.PAUSED_TOO_LONG)
    assert house.tick().words == (f"issue {draft.id} waits for a yes: `newsletter issues approve {draft.id}`",)
    approving.approve(house.app, draft.id)
    assert house.tick().started == (draft.id,)


def test_draft_that_changes_between_its_check_and_its_beginning_stays_one(either_house: DeskHouse) -> None:
    house = either_house
    draft = house.plan()
    ready = sending.prepare(house.app, draft)
    assert ready is not None
    library.edit_article(house.app, draft.articles[0], {"body_html": "<p>Other words.</p>"})
    making.refresh(house.opened_again(), draft)
    assert sending.begin(house.app, [ready]) == []
    assert (house.issue(draft.id).state, house.deliveries(draft)) == (IssueState.DRAFT, {})


def test_send_of_a_draft_that_somebody_cancels_as_it_begins_says_so_and_sends_nothing(house: DeskHouse) -> None:
    draft = house.plan()
    quicker = "UPDATE issues SET state = 'cancelled' WHERE id = old.id; SELECT RAISE(IGNORE)"
    with house.write() as connection:
        begins = "BEFORE UPDATE ON issues WHEN old.state = 'draft' AND new.state = 'sending'"
        connection.execute(text(f"CREATE TRIGGER somebody_quicker {begins} BEGIN {quicker}; END"))
    with ScriptedRelay() as relay:
        house.relay(relay)
        code, out, err = house.run("issues", "send", str(draft.id), "--yes")
    words = f"newsletter: issue {draft.id} has changed in this moment: see `newsletter issues show {draft.id}`\n"
    assert (code, out, err) == (1, "", words)
    assert (relay.messages, house.deliveries(draft)) == ([], {})
    assert house.issue(draft.id).state is IssueState.CANCELLED


def test_draft_that_is_paused_and_cancelled_gives_its_article_back(house: DeskHouse) -> None:
    draft = house.plan()
    sending.pause(house.app, draft.id)
    sending.cancel(house.app, draft.id)
    house.clock.now = FIRST_TUESDAY
    assert house.plan().articles == draft.articles


def test_cancel_says_how_many_had_got_it(house: DeskHouse) -> None:
    draft = house.plan()
    code, out, _ = house.run("issues", "cancel", str(draft.id), "--yes")
    assert code == 0
    assert "it had not begun: nobody has got it, and its article is free again" in out
