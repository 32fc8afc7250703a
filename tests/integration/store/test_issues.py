"""Issues: drafted, changed while drafts, moved along their arrows, found again, shown to readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

import house
from newsletter.errors import InvalidTransition
from newsletter.model import Article, Issue, Schedule
from newsletter.states import ISSUE_ARROWS, DeliveryStatus, IssueState, OccurrenceState
from newsletter.store import issues as store
from newsletter.store.articles import find_article
from newsletter.tables import deliveries, issues
from subscribers import MailingList

NOON, TUESDAY, WEEK = house.NOON, house.FIRST_TUESDAY, house.WEEK
LATER = NOON + timedelta(hours=1)
DRAFT, SCHEDULED, SENDING, PAUSED, SENT, CANCELLED = IssueState


@pytest.fixture
def weekly(connection: Connection) -> Schedule:
    return house.add_schedule(connection, house.add_list(connection))


@pytest.fixture
def library(connection: Connection) -> Sequence[Article]:
    return house.add_library(connection, "calm", "spring", "sleep")


def number(schedule: Schedule) -> int:
    assert schedule.id is not None
    return schedule.id


def by_hand(
    connection: Connection, schedule: Schedule, articles: Sequence[Article], name: str, state: IssueState = DRAFT
) -> Issue:
    """An issue of the schedule with no occurrence, in any state."""
    new = replace(house.new_issue(schedule.list_id, articles, name), schedule_id=schedule.id)
    issue_id = store.add_issue(connection, new, NOON)
    started = None if state in (DRAFT, SCHEDULED) else NOON
    connection.execute(update(issues).where(issues.c.id == issue_id).values(state=str(state), started_at=started))
    return house.issue(connection, issue_id)


# Drafts


def test_draft_comes_back_with_its_occurrence_and_its_articles_in_order(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    calm, spring, sleep = library
    draft = house.add_issue(connection, weekly, [sleep, calm, spring])
    assert draft.occurrence is not None
    assert draft == Issue(
        id=draft.id,
        newsletter_id=None,
        schedule_id=weekly.id,
        schedule_name="weekly",
        occurrence_id=draft.occurrence.id,
        occurrence=replace(house.occurrence_at(), state=OccurrenceState.ISSUED, id=draft.occurrence.id),
        list_id=weekly.list_id,
        list_name="Friends",
        state=DRAFT,
        subject="Sleep",
        articles=("sleep", "calm", "spring"),
        public_id=draft.public_id,
        content_hash="hash of Sleep",
        seed=7,
    )
    assert draft.planned == 0
    assert store.article_ids(connection, draft.id) == [sleep.id, calm.id, spring.id]
    assert store.content_of(connection, draft.id) == house.content("Sleep")
    assert store.picked_of(connection, draft.id) == {"seed": 7, "candidates": []}


def test_issue_of_no_schedule_has_no_occurrence(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    new = house.new_issue(weekly.list_id, library[:1], "by hand")
    found = house.issue(connection, store.add_issue(connection, new, NOON))
    assert (found.schedule_id, found.schedule_name, found.occurrence) == (None, "", None)
    assert store.find_issue(connection, found.id + 1) is None


def test_draft_is_rendered_anew_and_picked_anew(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    calm, spring, sleep = library
    draft = house.add_issue(connection, weekly, [calm, spring])
    other = house.add_issue(connection, weekly, [spring, calm], TUESDAY + WEEK)
    store.set_content(connection, draft.id, house.content("Calmer"))
    assert house.issue(connection, draft.id).articles == ("calm", "spring")
    assert store.content_of(connection, draft.id) == house.content("Calmer")
    assert sleep.id is not None
    store.replace_pick(connection, draft.id, [sleep.id], {"seed": 8}, house.content("Sleep"))
    fresh = house.issue(connection, draft.id)
    assert (fresh.articles, fresh.subject, fresh.content_hash) == (("sleep",), "Sleep", "hash of Sleep")
    assert store.picked_of(connection, draft.id) == {"seed": 8}
    lead = connection.scalar(select(issues.c.lead_article_id).where(issues.c.id == draft.id))
    assert lead == sleep.id
    assert house.issue(connection, other.id) == other


def test_occurrence_has_one_issue_with_the_same_lead_article(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    draft = house.add_issue(connection, weekly, library[:1])
    twin = replace(house.new_issue(weekly.list_id, library[:1], "twin"), occurrence_id=draft.occurrence_id)
    with pytest.raises(IntegrityError), connection.begin_nested():
        store.add_issue(connection, twin, NOON)


@pytest.mark.parametrize("state", list(IssueState))
def test_draft_of_a_schedule_is_one_that_was_not_begun(
    connection: Connection, weekly: Schedule, library: Sequence[Article], state: IssueState
) -> None:
    assert store.find_draft(connection, number(weekly)) is None
    issue = by_hand(connection, weekly, library[:1], "one", state)
    found = store.find_draft(connection, number(weekly))
    assert found == (issue if state in (DRAFT, SCHEDULED) else None)
    assert store.find_draft(connection, number(weekly) + 1) is None


def test_earliest_draft_comes_first(connection: Connection, weekly: Schedule, library: Sequence[Article]) -> None:
    later = house.add_issue(connection, weekly, library[:1], TUESDAY + WEEK)
    sooner = house.add_issue(connection, weekly, library[1:2], TUESDAY)
    assert store.find_draft(connection, number(weekly)) == sooner
    house.move(connection, sooner, SENDING)
    assert store.find_draft(connection, number(weekly)) == later


# Found again


def test_issue_is_found_by_its_occurrence(connection: Connection, weekly: Schedule, library: Sequence[Article]) -> None:
    issue = house.add_issue(connection, weekly, library[:1])
    assert store.issue_of_occurrence(connection, number(weekly), "2026-03-31T09:00") == issue
    assert store.issue_of_occurrence(connection, number(weekly), "2026-04-07T09:00") is None
    other = house.add_schedule(connection, house.add_list(connection, "Neighbours"), "other")
    assert store.issue_of_occurrence(connection, number(other), "2026-03-31T09:00") is None


def test_issues_are_listed_newest_first_by_state_and_by_article(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    calm, spring, _ = library
    first = by_hand(connection, weekly, [calm], "1", SENDING)
    second = by_hand(connection, weekly, [spring, calm], "2", SENT)
    third = by_hand(connection, weekly, [spring], "3", SENDING)
    assert store.list_issues(connection) == [third, second, first]
    assert store.list_issues(connection, limit=2) == [third, second]
    assert store.issues_in(connection, SENDING) == [first, third]
    assert store.issues_in(connection, CANCELLED) == []
    assert store.issues_with(connection, "calm") == [first, second]
    assert store.issues_with(connection, "sleep") == []


def test_deliveries_are_counted_by_status_issue_by_issue(connection: Connection) -> None:
    issue, ids = house.add_sending_issue(connection, 3)
    connection.execute(update(deliveries).where(deliveries.c.id == ids[0]).values(status="failed"))
    weekly = house.add_schedule(connection, house.add_list(connection, "Neighbours"), "other")
    other = house.add_issue(connection, weekly, [house.add_article(connection, "spring")])
    found = {each.id: each.counts for each in store.list_issues(connection)}
    assert found == {issue.id: {DeliveryStatus.PENDING: 2, DeliveryStatus.FAILED: 1}, other.id: {}}
    assert house.issue(connection, issue.id).planned == 3
    assert store.count_deliveries(connection, []) == {}


# Arrows


@pytest.mark.parametrize("before", list(IssueState))
def test_issue_moves_along_its_arrows_alone(
    connection: Connection, weekly: Schedule, library: Sequence[Article], before: IssueState
) -> None:
    for after in IssueState:
        issue = by_hand(connection, weekly, library[:1], f"to {after}", before)
        if after in ISSUE_ARROWS[before]:
            assert store.move_issue(connection, issue, after, NOON, "why")
            moved = house.issue(connection, issue.id)
            assert (moved.state, moved.pause_reason) == (after, "why")
        else:
            with pytest.raises(InvalidTransition, match=f"the issue is {before}"):
                store.move_issue(connection, issue, after, NOON)
            assert house.issue(connection, issue.id) == issue


def test_second_of_two_who_move_an_issue_is_told_so(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    issue = house.add_issue(connection, weekly, library[:1])
    assert store.move_issue(connection, issue, SENDING, NOON)
    assert not store.move_issue(connection, issue, SENDING, LATER)
    assert not store.move_issue(connection, issue, CANCELLED, LATER)
    assert house.issue(connection, issue.id).state is SENDING


def test_issue_keeps_when_it_was_first_begun_and_when_it_ended(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    issue = house.add_issue(connection, weekly, library[:1])
    house.move(connection, issue, SENDING, at=NOON)
    house.move(connection, issue, PAUSED, SENDING, at=LATER)
    assert house.issue(connection, issue.id).pause_reason == ""
    times = select(issues.c.started_at, issues.c.finished_at).where(issues.c.id == issue.id)
    assert connection.execute(times).one() == (NOON, None)
    house.move(connection, issue, SENT, at=LATER)
    assert connection.execute(times).one() == (NOON, LATER)


def test_issue_that_comes_to_life_again_has_not_ended(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    issue = house.add_issue(connection, weekly, library[:1])
    house.move(connection, issue, CANCELLED, DRAFT, at=NOON)
    ended = select(issues.c.finished_at).where(issues.c.id == issue.id)
    assert connection.execute(ended).scalar_one() is None


# What readers and rules see


@pytest.mark.parametrize("state", list(IssueState))
def test_web_view_is_there_once_the_issue_goes_out(
    connection: Connection, weekly: Schedule, library: Sequence[Article], state: IssueState
) -> None:
    by_hand(connection, weekly, library[:1], "unguessable", state)
    expected = "<h1>Calm</h1>" if state in (SENDING, PAUSED, SENT) else None
    assert store.web_view(connection, "unguessable", NOON.date()) == expected
    assert store.web_view(connection, "guessed", NOON.date()) is None
    # One that was paused before it began has nothing to show.
    connection.execute(update(issues).values(started_at=None))
    assert store.web_view(connection, "unguessable", NOON.date()) is None


def test_history_of_a_list_is_what_it_was_sent_is_sending_or_holds(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    calm, spring, sleep = library
    begun = house.move(connection, house.add_issue(connection, weekly, [calm, spring], TUESDAY), SENDING, at=LATER)
    draft = house.add_issue(connection, weekly, [sleep], TUESDAY + WEEK)
    by_hand(connection, weekly, [calm], "by hand")
    house.move(connection, house.add_issue(connection, weekly, [calm], TUESDAY + 2 * WEEK), CANCELLED)
    other = house.add_schedule(connection, house.add_list(connection, "Neighbours"), "other")
    house.add_issue(connection, other, [calm])
    ours = number(weekly)
    history = [
        ("calm", NOON, ours),  # when it was written
        ("calm", LATER, ours),  # when it was begun
        ("spring", LATER, ours),
        ("sleep", TUESDAY + WEEK, ours),  # when it is due
    ]
    assert store.sent_to_list(connection, weekly.list_id) == history
    assert store.sent_to_list(connection, weekly.list_id, [draft.id]) == history[:3]
    assert store.sent_to_list(connection, weekly.list_id, [begun.id]) == [history[0], history[3]]


def test_history_of_a_list_knows_every_schedule_that_goes_to_it(
    connection: Connection, weekly: Schedule, library: Sequence[Article]
) -> None:
    friends = MailingList(weekly.list_id, weekly.list_name, NOON)
    second = house.add_schedule(connection, friends, "monthly")
    house.add_issue(connection, second, library[:1], TUESDAY)
    assert store.sent_to_list(connection, weekly.list_id) == [("calm", TUESDAY, second.id)]


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (DeliveryStatus.SENT, True),
        (DeliveryStatus.IN_DOUBT, True),
        (DeliveryStatus.SKIPPED, False),
        (DeliveryStatus.FAILED, False),
    ],
)
def test_cancelled_issue_used_its_article_up_only_if_it_reached_somebody(
    connection: Connection, status: DeliveryStatus, counts: bool
) -> None:
    (calm,) = house.add_library(connection, "calm")
    to = house.add_list(connection)
    weekly = house.add_schedule(connection, to)
    issue = house.add_issue(connection, weekly, [calm])
    house.plan(connection, issue, house.add_readers(connection, to, 1))
    house.move(connection, issue, IssueState.SENDING, IssueState.CANCELLED, at=NOON)
    connection.execute(update(deliveries).values(status=str(status)))
    assert store.sent_to_list(connection, weekly.list_id) == ([("calm", NOON, number(weekly))] if counts else [])
    found = find_article(connection, "calm")
    assert found is not None and found.last_sent == (NOON if counts else None)
    assert [id for id, _ in store.sent_in(connection, calm.id or 0)] == ([issue.id] if counts else [])


def test_issue_cancelled_before_it_began_gives_its_article_back(connection: Connection) -> None:
    (calm,) = house.add_library(connection, "calm")
    weekly = house.add_schedule(connection, house.add_list(connection))
    house.move(connection, house.add_issue(connection, weekly, [calm]), IssueState.CANCELLED)
    assert store.sent_to_list(connection, weekly.list_id) == []
