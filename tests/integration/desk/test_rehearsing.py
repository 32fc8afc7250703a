"""Rehearsals: the first issues of a schedule go to staff alone and count for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import house as builders
from asked_people import mails, set_options
from desk_house import ADA, DeskHouse
from newsletter.desk import approving
from newsletter.desk.missed import plan_missed
from newsletter.errors import Refused
from newsletter.states import IssueKind, IssueState
from newsletter.store import articles, issues
from scripted_relay import ScriptedRelay

TUESDAY, WEEK = builders.FIRST_TUESDAY, builders.WEEK
OFFICE, JO = "office@example.org", "jo@example.org"


@pytest.fixture
def relay(house: DeskHouse) -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        house.relay(relay)
        set_options(house, rehearse=2, first_to=(OFFICE, JO))
        yield relay


def test_first_occurrences_go_to_staff_alone_with_who_would_have_got_them(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    assert house.tick_at(TUESDAY).started == ()
    assert [mail.to for mail in mails(relay)] == [OFFICE, JO]
    mail = mails(relay, OFFICE)[0]
    assert mail.subject == "Rehearsal: Quiet mornings"
    assert "This is rehearsal 1 of 2" in mail.words
    for line in (
        "- 1 reader of the list Friends would get it",
        "- 1 reader would not: suppressed",
        "- 1 reader would not: not confirmed",
        "- 1 reader would not: gone from the list",
    ):
        assert line in mail.words
    assert "All about quiet mornings." in mail.copy and house.app.tokens.test_copy_token() in mail.copy
    assert ADA not in mail.text
    issue = house.issue(1)
    assert (issue.kind, issue.state, issue.planned) == (IssueKind.REHEARSAL, IssueState.SENT, 0)
    assert house.occurrences() == [("03-31 09:00", "issued", "")]


def test_rehearsals_count_for_nothing_and_then_it_is_earnest(house: DeskHouse, relay: ScriptedRelay) -> None:
    for week in range(2):
        house.tick_at(TUESDAY + week * WEEK)
        house.tick()
    assert [each.articles for each in house.issues()] == [("quiet-mornings",), ("quiet-mornings",)]
    with house.read() as connection:
        article = articles.find_article(connection, "quiet-mornings")
        assert article is not None and article.id is not None
        assert (article.last_sent, issues.sent_in(connection, article.id)) == (None, [])
        assert issues.sent_to_list(connection, 1) == []
    assert house.tick_at(TUESDAY + 2 * WEEK).started == (3,)
    third = house.issue(3)
    assert (third.kind, third.articles, third.planned) == (IssueKind.PICKED, ("quiet-mornings",), 1)
    assert "This is rehearsal 2 of 2" in mails(relay, JO)[1].words


def test_rehearsal_that_could_not_be_mailed_is_tried_again(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.set(smtp__port=9)  # nobody listens there
    house.tick_at(TUESDAY)
    assert house.issue(1).state is IssueState.DRAFT
    house.relay(relay)
    house.clock.pass_by(minutes=5)
    house.tick()
    assert house.issue(1).state is IssueState.SENT
    assert [mail.to for mail in mails(relay)] == [OFFICE, JO]


def test_nobody_is_asked_for_a_yes_to_a_rehearsal_but_to_the_first_real_issue(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    set_options(house, rehearse=1, first_to=(), approval="required", approvers=(OFFICE,))
    house.tick_at(TUESDAY - 2 * (WEEK / 7))
    assert house.issues() == []
    house.tick_at(TUESDAY)
    assert house.issue(1).kind is IssueKind.REHEARSAL
    house.tick_at(TUESDAY + WEEK - 2 * (WEEK / 7))
    assert [mail.subject for mail in mails(relay)] == ["Rehearsal: Quiet mornings", "Say yes? Quiet mornings"]
    approving.approve(house.app, 2)
    assert house.tick_at(TUESDAY + WEEK).started == (2,)


def test_what_is_shown_ahead_while_a_rehearsal_is_still_to_come_is_the_first_real_issue(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    set_options(house, rehearse=1, approval="required", approvers=(OFFICE,), lead=9 * 24 * 60)
    house.tick()
    (shown,) = house.issues()
    assert shown.occurrence is not None
    assert (shown.kind, shown.occurrence.utc) == (IssueKind.PICKED, TUESDAY + WEEK)
    house.tick_at(TUESDAY)
    assert [each.kind for each in house.issues()] == [IssueKind.PICKED, IssueKind.REHEARSAL]


@pytest.mark.parametrize("is_pinned", [False, True])
def test_rehearsal_that_was_drafted_by_hand_is_one_all_the_same(
    house: DeskHouse, relay: ScriptedRelay, is_pinned: bool
) -> None:
    draft = house.plan(pin="long-walks" if is_pinned else None)
    assert (draft.kind, house.plan().id) == (IssueKind.REHEARSAL, draft.id)
    assert house.tick_at(TUESDAY).started == ()
    assert (house.issue(draft.id).state, ADA in relay.recipients) == (IssueState.SENT, False)
    assert [mail.to for mail in mails(relay)] == [OFFICE, JO]


def test_draft_that_waits_when_the_schedule_is_to_rehearse_becomes_a_rehearsal(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    set_options(house, rehearse=0)
    draft = house.plan()
    assert draft.kind is IssueKind.PICKED
    set_options(house, rehearse=1)
    assert house.tick_at(TUESDAY).started == ()
    assert (house.issue(draft.id).kind, house.issue(draft.id).state) == (IssueKind.REHEARSAL, IssueState.SENT)
    assert "This is rehearsal 1 of 1" in mails(relay, OFFICE)[0].words
    assert house.tick_at(TUESDAY + WEEK).started == (2,)


def test_nobody_can_send_a_rehearsal_to_readers_or_say_yes_to_it(house: DeskHouse, relay: ScriptedRelay) -> None:
    draft = house.plan()
    assert house.refusal(draft) == "issue 1 is a rehearsal: it goes to staff alone, and by itself"
    with pytest.raises(Refused, match="issue 1 is a rehearsal: nobody has to say yes to it"):
        approving.approve(house.app, draft.id)
    house.tick_at(TUESDAY)
    assert house.explain(draft) == "issue 1 is a rehearsal: it goes to staff alone"
    assert ADA not in relay.recipients


def test_what_was_missed_and_is_drafted_after_all_is_no_rehearsal(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.tick_at(TUESDAY + WEEK / 7)
    assert plan_missed(house.app, None).kind is IssueKind.PICKED


def test_who_would_have_got_it_is_named_at_the_command_line_alone(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.add_readers(25)
    house.tick_at(TUESDAY)
    code, out, _ = house.run("issues", "show", "1")
    assert code == 0
    assert "a rehearsal: nothing of it counts as sent" in out
    assert ADA in out and "reader19@example.org" in out and "reader20@example.org" not in out
    assert "and 6 more" in out
