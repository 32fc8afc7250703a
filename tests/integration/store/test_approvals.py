"""Who was asked for a yes, and what they said: kept once for each content, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, update

import house
from newsletter.model import Issue, Schedule
from newsletter.scheduling.approval import Answer, Role
from newsletter.states import IssueKind, IssueState
from newsletter.store import approvals as store
from newsletter.store.schedules import handled
from newsletter.tables import issues

NOON, TUESDAY = house.NOON, house.FIRST_TUESDAY
LATER = NOON + timedelta(hours=1)
OFFICE = "office@example.org"


@pytest.fixture
def weekly(connection: Connection) -> Schedule:
    return house.add_schedule(connection, house.add_list(connection))


@pytest.fixture
def draft(connection: Connection, weekly: Schedule) -> Issue:
    return house.add_issue(connection, weekly, house.add_library(connection, "calm", "spring"))


def number(schedule: Schedule) -> int:
    assert schedule.id is not None
    return schedule.id


def ask(connection: Connection, draft: Issue, content: str = "first") -> bool:
    return store.ask(connection, draft.id, OFFICE, Role.APPROVER, content, "All about calm.", NOON)


def test_person_is_asked_once_about_one_content(connection: Connection, draft: Issue) -> None:
    assert [ask(connection, draft), ask(connection, draft), ask(connection, draft, "second")] == [True, False, True]
    first, second = store.asked_about(connection, draft.id)
    assert (first.email, first.role, first.content_hash, first.text) == (
        OFFICE,
        Role.APPROVER,
        "first",
        "All about calm.",
    )
    assert (first.asked_at, first.answer, second.content_hash) == (NOON, None, "second")
    assert store.find_asked(connection, first.id) == first
    assert store.find_asked(connection, second.id + 1) is None


def test_answer_is_kept_once_and_another_one_takes_its_place(connection: Connection, draft: Issue) -> None:
    ask(connection, draft)
    (asked,) = store.asked_about(connection, draft.id)
    assert store.answer(connection, asked, Answer.YES, NOON)
    assert not store.answer(connection, asked, Answer.MEND, LATER)  # pressed before the yes was there to be seen
    (said,) = store.asked_about(connection, draft.id)
    assert (said.answer, said.answered_at) == (Answer.YES, NOON)
    assert store.answer(connection, said, Answer.MEND, LATER, "an old number")
    (said,) = store.asked_about(connection, draft.id)
    assert (said.answer, said.answered_at, said.reason) == (Answer.MEND, LATER, "an old number")


def test_yes_of_a_person_at_the_command_line_is_kept_for_what_the_issue_says(
    connection: Connection, draft: Issue
) -> None:
    store.say(connection, draft, Answer.YES, "All about calm.", NOON)
    store.say(connection, replace(draft, content_hash="other"), Answer.YES, "", LATER)
    store.say(connection, draft, Answer.YES, "", LATER)
    said = store.asked_about(connection, draft.id)
    assert [(each.email, each.role, each.content_hash, each.answered_at) for each in said] == [
        ("", Role.PERSON, draft.content_hash, LATER),
        ("", Role.PERSON, "other", LATER),
    ]


def test_held_draft_is_neither_due_nor_missed(connection: Connection, weekly: Schedule, draft: Issue) -> None:
    after = TUESDAY + timedelta(hours=1)
    assert handled(connection, after)[number(weekly)].until is None
    assert store.hold(connection, draft.id, "nobody has said yes")
    assert handled(connection, after)[number(weekly)].until == TUESDAY
    assert house.issue(connection, draft.id).pause_reason == "nobody has said yes"
    assert store.held(connection) == [draft.id]


def test_what_was_said_of_a_draft_changes_with_every_question_and_answer(connection: Connection, draft: Issue) -> None:
    seen = [store.said_of_drafts(connection)]
    for email in ("office@example.org", "jo@example.org"):
        store.ask(connection, draft.id, email, Role.APPROVER, draft.content_hash, "text", house.NOON)
        seen.append(store.said_of_drafts(connection))
    for minutes, asked in enumerate(store.asked_about(connection, draft.id)):
        store.answer(connection, asked, Answer.YES, house.NOON + timedelta(minutes=minutes))
        seen.append(store.said_of_drafts(connection))
    assert all(one != other for one, other in pairwise(seen))
    house.move(connection, draft, IssueState.SENDING)
    assert store.said_of_drafts(connection) == {}


def test_what_has_begun_is_not_held(connection: Connection, draft: Issue) -> None:
    house.move(connection, draft, IssueState.SENDING)
    assert not store.hold(connection, draft.id, "nobody has said yes")


def test_drafts_and_issues_begun_are_told_apart_from_rehearsals(
    connection: Connection, weekly: Schedule, draft: Issue
) -> None:
    article = house.add_article(connection, "sleep")
    rehearsed = house.add_issue(connection, weekly, [article], TUESDAY + house.WEEK)
    connection.execute(update(issues).where(issues.c.id == rehearsed.id).values(kind=str(IssueKind.REHEARSAL)))
    found = store.drafts_by_schedule(connection, [number(weekly)])
    assert [each.id for each in found[number(weekly)]] == [draft.id, rehearsed.id]
    assert store.drafts_by_schedule(connection, [number(weekly) + 1]) == {}
    for each in (draft, rehearsed):
        house.move(connection, each, IssueState.SENDING)
    assert store.drafts_by_schedule(connection, [number(weekly)]) == {}
    assert (store.count_begun(connection, number(weekly)), store.count_rehearsals(connection, number(weekly))) == (1, 1)


def test_issues_of_all_groups_are_one_occurrence(connection: Connection, weekly: Schedule, draft: Issue) -> None:
    other = house.add_issue(connection, weekly, [house.add_article(connection, "sleep")], TUESDAY + house.WEEK)
    connection.execute(update(issues).where(issues.c.id == other.id).values(occurrence_id=draft.occurrence_id))
    for each in (draft, other):
        house.move(connection, each, IssueState.SENDING)
    assert store.count_begun(connection, number(weekly)) == 1
