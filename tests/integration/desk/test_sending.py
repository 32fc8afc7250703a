"""An issue goes out: who gets it, who does not and why, and what must not go at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

import house as builders
from desk_house import ADA, BEN, CLEO, DAN, DeskHouse
from newsletter.desk import audience, library, making, sending
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store import issues as issue_store
from newsletter.tables import articles
from scripted_relay import ScriptedRelay
from subscribers import SubscriptionStatus
from subscribers.tables import subscribers

PENDING, SENDING, SENT, FAILED, SKIPPED, IN_DOUBT = DeliveryStatus


def test_the_confirmed_reader_gets_it_and_nobody_else_does(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert outcomes.words == ""
    assert outcomes.issue.state is IssueState.SENT
    assert relay.recipients == [ADA]
    assert relay.messages[0].sender == "post@example.org"
    assert house.explain(issue, ADA) == "handed over to the relay at 2026-03-30T12:00:00Z: 250 2.0.0 Taken"
    assert house.explain(issue, BEN).startswith("was not in the audience: pending on the list 'Friends'")
    assert house.explain(issue, CLEO).startswith("was not in the audience: unsubscribed on the list 'Friends'")
    assert house.explain(issue, DAN) == "was not in the audience: suppressed, asked by telephone"
    assert house.explain(issue, "eve@example.org") == "eve@example.org is no subscriber"


def test_nobody_has_got_a_draft(house: DeskHouse) -> None:
    assert house.explain(house.plan()) == "issue 1 is a draft: nobody has got it yet"


def test_whoever_joins_after_the_plan_was_not_in_the_audience(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    house.add_readers(1)
    words = house.explain(issue, "reader1@example.org")
    assert words == "was not in the audience when the issue was planned; confirmed on 'Friends' since 2026-03-30"


def test_an_issue_without_readers_is_sent_to_nobody(house: DeskHouse) -> None:
    house.unsubscribe(ADA)
    outcomes = house.send(house.plan())
    assert (outcomes.words, outcomes.issue.state, outcomes.issue.planned) == ("", IssueState.SENT, 0)


def _leave(house: DeskHouse) -> str:
    house.unsubscribe(ADA)
    return "the reader unsubscribed on 2026-03-30"


def _be_suppressed(house: DeskHouse) -> str:
    house.suppress(ADA)
    return "the reader is suppressed: asked by letter"


def _be_deleted(house: DeskHouse) -> str:
    with house.write() as connection:
        connection.execute(delete(subscribers).where(subscribers.c.email == ADA))
    return "the reader is gone"


@pytest.mark.parametrize("goes", [_leave, _be_suppressed, _be_deleted])
def test_reader_who_goes_after_planning_gets_nothing(either_house: DeskHouse, goes: Callable[[DeskHouse], str]) -> None:
    house = either_house
    issue = sending.start(house.app, house.plan())
    reason = goes(house)
    with ScriptedRelay() as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert relay.messages == []
    assert (outcomes.words, outcomes.issue.state) == ("", IssueState.SENT)
    assert (house.status(issue), house.deliveries(issue)[ADA].reason) == (SKIPPED, reason)
    assert house.explain(issue) == f"got nothing, because {reason}"


@pytest.mark.parametrize("goes", [_leave, _be_suppressed, _be_deleted])
def test_reader_who_goes_between_two_tries_gets_nothing(house: DeskHouse, goes: Callable[[DeskHouse], str]) -> None:
    issue = house.plan()
    with ScriptedRelay(defer={ADA: 1}) as relay:
        house.relay(relay)
        house.send(issue)
        assert house.status(issue) is PENDING
        reason = goes(house)
        house.clock.pass_by(hours=1)
        house.send(issue)
    assert relay.messages == []
    assert house.explain(issue) == f"got nothing, because {reason}"


def test_reader_who_cannot_be_written_to_is_no_hindrance_to_the_others(house: DeskHouse) -> None:
    """No import would let such a name in; a row may still come from elsewhere."""
    house.add_readers(3)
    with house.write() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.email == ADA).values(name="Ada\nBcc: eve@example.org")
        )
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert sorted(relay.recipients) == [f"reader{number}@example.org" for number in (1, 2, 3)]
    assert outcomes.issue.state is IssueState.SENT
    assert house.status(issue) is FAILED
    assert "no message could be built: name: character 4 is U+000A" in house.explain(issue)


def test_a_reader_beyond_ascii_needs_a_relay_that_offers_smtputf8(house: DeskHouse) -> None:
    address = "jörg@example.org"
    audience.add_subscriber(house.app, address, "Friends", "Jörg", "{}", SubscriptionStatus.CONFIRMED)
    issue = house.plan()
    with ScriptedRelay(offers=("8BITMIME",)) as relay:
        house.relay(relay)
        outcomes = house.send(issue)
    assert (outcomes.words, relay.recipients) == ("", [ADA])
    assert house.status(issue, address) is FAILED
    assert house.explain(issue, address).endswith("the reader's address needs SMTPUTF8, which the relay does not offer")
    assert not any("rg@" in command for command in relay.commands)
    second = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(second)
    assert address in relay.recipients


def test_one_occurrence_never_reaches_a_reader_through_two_issues(either_house: DeskHouse) -> None:
    house = either_house
    house.add_readers(2)
    first = sending.start(house.app, house.plan())
    with house.write() as connection:
        other = builders.add_article(connection, "another-thing", [builders.add_author(connection)])
        new = builders.new_issue(first.list_id, [other], "another public id")
        new = replace(new, schedule_id=first.schedule_id, occurrence_id=first.occurrence_id)
        second = builders.issue(connection, issue_store.add_issue(connection, new, builders.NOON))
    house.unsubscribe("reader2@example.org")
    second = sending.start(house.app, second)
    assert (house.issue(first.id).planned, second.planned) == (3, 0)
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(second)
        house.send(first)
    assert sorted(relay.recipients) == [ADA, "reader1@example.org"]


# -- what must not go


def test_the_preflight_check_blocks_a_send_and_says_how_to_mend_it(house: DeskHouse) -> None:
    look = house.app.home.templates / "calm"
    look.mkdir(parents=True)
    packaged = Path(making.__file__).resolve().parents[2] / "templates" / "calm" / "issue.txt.j2"
    (look / "issue.txt.j2").write_text(
        packaged.read_text("utf-8").replace("reader.unsubscribe_url", "newsletter.name"), "utf-8"
    )
    issue = house.plan()
    words = house.refusal(issue)
    assert words.startswith("the pre-flight check blocks it: There is no link to unsubscribe.")
    assert "{{ reader.unsubscribe_url }}" in words
    assert house.issue(issue.id).state is IssueState.DRAFT


def test_an_article_that_lost_what_it_needs_does_not_go(house: DeskHouse) -> None:
    draft = house.plan()
    with house.write() as connection:
        connection.execute(update(articles).values(body_html=""))
    words = house.refusal(draft)
    assert "nothing can be picked" in words and "3 incomplete" in words


def test_whoever_sends_by_hand_is_told_first_when_another_article_takes_the_place(house: DeskHouse) -> None:
    draft = house.plan()
    library.retire(house.app, "quiet-mornings")
    words = "'Small promises' takes the place of 'Quiet mornings', which may not go; look at it, and send it again"
    assert house.refusal(draft) == f"issue {draft.id}: {words}"
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(draft).issue.articles == ("small-promises",)
    assert relay.recipients == [ADA]
