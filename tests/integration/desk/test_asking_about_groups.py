"""Each reader's own next article on a schedule that asks for a yes: groups ahead of their time, and at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

import house as builders
from asked_people import mails, set_options, visitor
from desk_house import ADA, DeskHouse
from newsletter.desk import approving, choosing, library, schedules
from newsletter.options import Options
from newsletter.states import IssueKind, IssueState
from scripted_relay import ScriptedRelay
from subscribers import store as audience

TUESDAY, WEEK = builders.FIRST_TUESDAY + builders.WEEK, builders.WEEK
DRAFTED = TUESDAY - timedelta(days=2)
A_TICK, A_WHILE = timedelta(seconds=30), timedelta(minutes=11)
OFFICE, ZOE = "office@example.org", "zoe@example.org"
FIRST, SECOND, THIRD = "quiet-mornings", "small-promises", "long-walks"
DRAFT, SENDING, CANCELLED = IssueState.DRAFT, IssueState.SENDING, IssueState.CANCELLED


@pytest.fixture
def relay(house: DeskHouse) -> Iterator[ScriptedRelay]:
    """Ada has had the first article; from now on the office is asked."""
    with ScriptedRelay() as relay:
        house.relay(relay)
        set_options(house, repeat="per-reader")
        (first,) = house.tick_at(builders.FIRST_TUESDAY).started
        house.send(house.issue(first))
        set_options(house, approval="required", approvers=(OFFICE,))
        yield relay


def join(house: DeskHouse, name: str) -> str:
    with house.write() as connection:
        builders.add_reader(connection, audience.find_list(connection, "Friends"), name, at=house.clock())
    return f"{name.lower()}@example.org"


def groups(house: DeskHouse) -> dict[str, IssueState]:
    """The state of each group's issue that was drafted since."""
    return {issue.articles[0]: issue.state for issue in house.issues()[1:]}


@contextmanager
def groupings(house: DeskHouse) -> Iterator[list[str]]:
    """One entry for each time that the readers were grouped meanwhile."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("INSERT INTO group_readers"):
            seen.append(statement)

    event.listen(house.app.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(house.app.database.engine, "before_cursor_execute", note)


# Ahead


def test_groups_are_drafted_their_lead_before_and_each_is_asked_about_with_its_readers(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    join(house, "Zoe")
    join(house, "Yan")
    house.tick_at(DRAFTED - A_TICK)
    assert (groups(house), mails(relay, OFFICE)) == ({}, [])
    house.tick_at(DRAFTED)
    house.tick_at(DRAFTED + A_WHILE)
    assert groups(house) == {FIRST: DRAFT, SECOND: DRAFT}
    one, other = mails(relay, OFFICE)
    assert [one.subject, other.subject] == ["Say yes? Quiet mornings", "Say yes? Small promises"]
    due = "of the list Friends, whose next one it is as things stand, on Tuesday 7 April 2026, 09:00 (Europe/Berlin)."
    assert f"is to go to 2 readers {due}" in " ".join(one.words.split())
    assert f"is to go to 1 reader {due}" in " ".join(other.words.split())
    assert "Tuesday 14 April 2026, 09:00: Small promises, by Maria Lindqvist" in one.words
    assert "Tuesday 14 April 2026, 09:00: Long walks, by Maria Lindqvist" in other.words


def test_readers_are_grouped_once_ahead_and_once_at_the_time(house: DeskHouse, relay: ScriptedRelay) -> None:
    with groupings(house) as seen:
        for hours in range(0, 47, 6):
            house.tick_at(DRAFTED + timedelta(hours=hours))
        assert len(seen) == 1
        house.tick_at(TUESDAY)
        house.tick_at(TUESDAY + A_TICK)
        assert len(seen) == 2


def test_yes_ahead_lets_a_group_go_at_its_time_while_another_waits(house: DeskHouse, relay: ScriptedRelay) -> None:
    join(house, "Zoe")
    house.tick_at(DRAFTED)
    approving.approve(house.app, 2)
    assert house.tick_at(TUESDAY - A_TICK).started == ()
    assert house.tick_at(TUESDAY).started == (2,)
    assert groups(house) == {FIRST: SENDING, SECOND: DRAFT}
    approving.approve(house.app, 3)
    assert house.tick_at(TUESDAY + WEEK / 2).started == (3,)
    assert [list(house.deliveries(house.issue(each))) for each in (2, 3)] == [[ZOE], [ADA]]


def test_group_that_is_new_at_the_time_is_asked_about_then_and_one_that_is_gone_is_cancelled(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.tick_at(DRAFTED)
    assert groups(house) == {SECOND: DRAFT}
    join(house, "Zoe")
    house.unsubscribe(ADA)
    house.tick_at(TUESDAY - A_TICK)
    assert groups(house) == {SECOND: DRAFT}
    assert house.tick_at(TUESDAY).started == ()
    assert groups(house) == {SECOND: CANCELLED, FIRST: DRAFT}
    assert mails(relay, OFFICE)[-1].subject == "Say yes? Quiet mornings"
    approving.approve(house.app, 3)
    assert house.tick_at(TUESDAY + A_TICK).started == (3,)
    assert list(house.deliveries(house.issue(3))) == [ZOE]


def test_when_nobody_is_left_at_the_time_the_occurrence_comes_to_nothing(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.tick_at(DRAFTED)
    house.unsubscribe(ADA)
    house.tick_at(TUESDAY)
    assert groups(house) == {SECOND: CANCELLED}
    assert house.occurrences()[-1][1] == "skipped"
    assert [mail.subject for mail in mails(relay, OFFICE)] == [
        "Say yes? Small promises",
        "Nothing went out on Tuesday 7 April 2026, 09:00",
    ]


def test_article_that_may_not_go_any_more_gives_its_readers_to_the_next_ahead(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.tick_at(DRAFTED)
    library.retire(house.app, SECOND)
    words = house.tick_at(DRAFTED + A_WHILE).words
    assert words == ("issue 2 is cancelled: small-promises may not go, and its readers are due another article",)
    assert house.tick_at(DRAFTED + 2 * A_WHILE).words == ()
    assert groups(house) == {SECOND: CANCELLED, THIRD: DRAFT}
    assert mails(relay, OFFICE)[-1].subject == "Say yes? Long walks"
    approving.approve(house.app, 3)
    assert house.tick_at(TUESDAY).started == (3,)


def test_last_article_that_may_not_go_any_more_leaves_the_date_out_and_it_is_told(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.tick_at(DRAFTED)
    for slug in (FIRST, SECOND, THIRD):
        library.retire(house.app, slug)
    words = house.tick_at(DRAFTED + A_WHILE).words
    assert words[0].startswith("issue 2 is cancelled: ") and "nothing can be picked" in words[1]
    assert (groups(house), house.occurrences()[-1][1]) == ({SECOND: CANCELLED}, "skipped")
    assert "- small-promises: it is retired" in mails(relay, OFFICE)[-1].text
    assert house.tick_at(TUESDAY).words == ()


def test_rehearsal_that_waits_for_its_mails_is_no_group(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, rehearse=1)
    with ScriptedRelay(defer={OFFICE: 1}) as busy:
        house.relay(busy)
        house.tick_at(DRAFTED)
        house.tick_at(TUESDAY)
        house.tick_at(TUESDAY + A_TICK)
        assert [each.kind for each in house.issues()[1:]] == [IssueKind.REHEARSAL]


def test_only_the_next_occurrence_is_drafted_as_later_groups_depend_on_it(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    each_day = Options(repeat="per-reader", approval="required", approvers=(OFFICE,), lead=3 * 24 * 60)
    house.add_schedule("daily", recurrence="0 9 * * *", options=each_day)
    house.tick_at(DRAFTED - A_WHILE)
    house.tick_at(DRAFTED - A_TICK)
    assert [each.articles for each in house.issues() if each.schedule_name == "daily"] == [(SECOND,)]


def test_course_of_which_nobody_is_due_anything_is_quiet_and_groups_once(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.pause_schedule()
    house.clock.now = DRAFTED  # everybody was there before the course
    course = {"sequence": "7", "approval": "required", "approvers": OFFICE}
    schedules.add_schedule(house.app, "welcome", "Friends", "every day 09:00", None, None, None, 4, course)
    with groupings(house) as seen:
        told = [house.tick_at(DRAFTED + hours * timedelta(hours=1)).words for hours in range(1, 23, 3)]
    assert (told, len(seen)) == ([()] * len(told), 1)
    assert (house.occurrences("welcome"), groups(house), mails(relay, OFFICE)) == ([], {}, [])
    assert house.tick_at(DRAFTED + timedelta(days=1)).words == ()
    assert [state for _, state, _ in house.occurrences("welcome")] == ["skipped"]


def test_where_it_goes_without_a_yes_a_yes_does_not_change_who_is_due_what(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    with house.write() as connection:
        builders.make_unread(connection, [2])
    set_options(house, approval="optional")
    house.tick_at(DRAFTED)
    assert groups(house) == {THIRD: DRAFT}  # nobody has read the second
    approving.approve(house.app, 2)
    assert house.tick_at(TUESDAY).started == (2,)
    assert list(house.deliveries(house.issue(2))) == [ADA]


def test_date_of_which_one_group_is_left_out_can_be_skipped_for_the_others_too(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    join(house, "Zoe")
    house.tick_at(DRAFTED)
    with visitor(house) as anna:
        anna.press(mails(relay, OFFICE)[-1].links["Skip this date"])
    assert groups(house) == {FIRST: DRAFT, SECOND: CANCELLED}
    choosing.skip(house.app, "weekly", "2026-04-07", "the office is closed")
    assert groups(house) == {FIRST: CANCELLED, SECOND: CANCELLED}
    assert house.occurrences()[-1][1:] == ("skipped", "skipped by hand: the office is closed")


# While it waits


def test_held_draft_that_nobody_is_due_any_more_is_ended_once_with_its_words(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.tick_at(DRAFTED)
    house.tick_at(TUESDAY)
    house.suppress(ADA)
    waits = ("issue 2 waits for a yes: `newsletter issues approve 2`",)
    assert house.tick_at(TUESDAY + A_TICK).words == waits
    assert house.tick_at(TUESDAY + A_WHILE).words == ("issue 2 is cancelled: no reader is due it any more",)
    assert house.tick_at(TUESDAY + 2 * A_WHILE).words == ()
    assert house.occurrences()[-1][1:] == ("skipped", "no reader is due it any more")


def test_yes_to_what_nobody_is_due_any_more_ends_it_at_once(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.tick_at(DRAFTED)
    house.tick_at(TUESDAY)
    house.suppress(ADA)
    approving.approve(house.app, 2)
    ticked = house.tick_at(TUESDAY + A_TICK)
    words = "issue 2 is cancelled: no reader is due small-promises at this occurrence"
    assert (ticked.started, ticked.words) == ((), (words,))
    assert house.tick_at(TUESDAY + 2 * A_TICK).words == ()


@pytest.mark.parametrize("approval", ["required", "none"])
def test_readers_are_grouped_now_and_then_alone_while_an_issue_cannot_go(
    house: DeskHouse, relay: ScriptedRelay, approval: str
) -> None:
    house.set(newsletter__postal_address="")
    set_options(house, approval=approval)
    house.tick_at(DRAFTED)
    if approval == "required":
        approving.approve(house.app, 2)
    with groupings(house) as seen:
        for number in range(20):
            ticked = house.tick_at(TUESDAY + number * A_TICK)
            assert ticked.started == () and "postal" in ticked.words[0]
        assert len(seen) == 1
        house.set(newsletter__postal_address="12 Quay Street, Portland")
        if approval == "required":
            approving.approve(house.app, 2)  # it stands in the issue
        assert house.tick().started == (2,)  # at once, with the one grouping that plans its deliveries
        assert len(seen) == 2
