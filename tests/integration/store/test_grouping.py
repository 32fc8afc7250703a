"""Whose turn is which article: what the database counts is what one works out reader by reader."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

import house
from newsletter.model import Article, Issue, Schedule
from newsletter.states import DeliveryStatus, IssueKind, IssueState
from newsletter.store import grouping
from newsletter.store.grouping import Audience
from newsletter.tables import deliveries, issues
from subscribers import MailingList

SENT, PENDING, FAILED, SKIPPED, IN_DOUBT = (
    DeliveryStatus.SENT,
    DeliveryStatus.PENDING,
    DeliveryStatus.FAILED,
    DeliveryStatus.SKIPPED,
    DeliveryStatus.IN_DOUBT,
)


@pytest.fixture
def friends(connection: Connection) -> MailingList:
    return house.add_list(connection)


@pytest.fixture
def weekly(connection: Connection, friends: MailingList) -> Schedule:
    return house.add_schedule(connection, friends)


def begun_issue(connection: Connection, schedule: Schedule, article: Article, week: int) -> Issue:
    draft = house.add_issue(connection, schedule, [article], house.FIRST_TUESDAY + week * house.WEEK)
    return house.move(connection, draft, IssueState.SENDING, at=house.FIRST_TUESDAY + week * house.WEEK)


def deliver(connection: Connection, issue: Issue, statuses: Mapping[int, DeliveryStatus]) -> None:
    rows = [
        {
            "kind": "issue",
            "issue_id": issue.id,
            "occurrence_id": issue.occurrence_id,
            "subscriber_id": reader,
            "email": f"{reader}@example.org",
            "status": str(status),
            "message_id": f"<{issue.id}.{reader}@example.org>",
        }
        for reader, status in statuses.items()
    ]
    if rows:
        connection.execute(insert(deliveries), rows)


def due(connection: Connection, ranks: Iterable[int]) -> dict[int, int]:
    """The rank each reader is due, of those grouped last."""
    return {each.subscriber_id: rank for rank in ranks for each in grouping.group_page(connection, rank, 0, 1_000)}


def test_reader_is_due_the_first_rank_among_those_they_have_not_had(
    connection: Connection, friends: MailingList, weekly: Schedule
) -> None:
    articles = house.add_library(connection, "a-walk", "b-note", "c-song")
    none, first, gap, everything, lost = house.add_readers(connection, friends, 5)
    sent = [begun_issue(connection, weekly, article, week) for week, article in enumerate(articles)]
    deliver(connection, sent[0], {first: SENT, everything: SENT, lost: FAILED})
    deliver(connection, sent[1], {gap: PENDING, everything: IN_DOUBT, lost: SENT})
    deliver(connection, sent[2], {everything: SENT, gap: SKIPPED})
    had = [(issue.id, rank) for rank, issue in enumerate(sent)]
    grouping.group(connection, Audience(friends.id), had)
    assert due(connection, range(4)) == {none: 0, first: 1, gap: 0, everything: 3, lost: 0}
    assert grouping.group_sizes(connection) == {0: 3, 1: 1, 3: 1}


def test_an_article_got_in_two_issues_is_one_article(
    connection: Connection, friends: MailingList, weekly: Schedule
) -> None:
    articles = house.add_library(connection, "a-walk", "b-note", "c-song")
    (reader,) = house.add_readers(connection, friends, 1)
    twice = [begun_issue(connection, weekly, articles[0], week) for week in range(2)]
    third = begun_issue(connection, weekly, articles[2], 2)
    for issue in (*twice, third):
        deliver(connection, issue, {reader: SENT})
    grouping.group(connection, Audience(friends.id), [(twice[0].id, 0), (twice[1].id, 0), (third.id, 2)])
    assert due(connection, range(4)) == {reader: 1}


def test_only_who_is_in_the_audience_is_grouped(connection: Connection, friends: MailingList, weekly: Schedule) -> None:
    (article,) = house.add_library(connection, "a-walk")
    cast = house.add_cast(connection, friends)
    early, served = house.add_readers(connection, friends, 2)
    issue = begun_issue(connection, weekly, article, 0)
    deliver(connection, issue, {served: SKIPPED})
    grouping.group(connection, Audience(friends.id, occurrence_id=issue.occurrence_id), [])
    assert due(connection, [0]) == {cast.ada: 0, early: 0}
    later = house.NOON + timedelta(seconds=1)
    grouping.group(connection, Audience(friends.id, joined_from=later), [])
    assert due(connection, [0]) == {}
    grouping.group(connection, Audience(friends.id, joined_until=house.NOON - timedelta(seconds=1)), [])
    assert due(connection, [0]) == {}


def test_a_course_waits_for_whoever_it_wrote_to_lately(
    connection: Connection, friends: MailingList, weekly: Schedule
) -> None:
    (article,) = house.add_library(connection, "a-walk")
    new, lately, unreachable, left_out = house.add_readers(connection, friends, 4)
    issue = begun_issue(connection, weekly, article, 0)
    deliver(connection, issue, {lately: SENT, unreachable: FAILED, left_out: SKIPPED})
    grouping.group(connection, Audience(friends.id, paused_by=(issue.id,)), [(issue.id, 0)])
    assert due(connection, range(2)) == {new: 0, left_out: 0}


def test_a_rehearsal_counts_as_nothing_sent(connection: Connection, weekly: Schedule) -> None:
    (article,) = house.add_library(connection, "a-walk")
    sent, rehearsed = (begun_issue(connection, weekly, article, week) for week in range(2))
    connection.execute(issues.update().where(issues.c.id == rehearsed.id).values(kind=str(IssueKind.REHEARSAL)))
    assert [each.issue_id for each in grouping.began(connection)] == [sent.id]


def test_pages_of_a_group_hold_each_of_its_readers_once(
    connection: Connection, friends: MailingList, weekly: Schedule
) -> None:
    readers = house.add_readers(connection, friends, 5)
    grouping.group(connection, Audience(friends.id), [])
    grouping.prepare_pages(connection)
    found, after = [], 0
    while page := grouping.group_page(connection, 0, after, 2):
        found += [each.subscriber_id for each in page]
        after = page[-1].subscriber_id
    assert found == readers


@pytest.mark.parametrize("seed", range(3))
def test_what_the_database_counts_is_what_one_works_out_reader_by_reader(
    connection: Connection, friends: MailingList, weekly: Schedule, seed: int
) -> None:
    chance = random.Random(seed)
    articles = house.add_library(connection, *(f"article-{number}" for number in range(6)))
    readers = house.add_readers(connection, friends, 40)
    had: dict[int, set[int]] = {reader: set() for reader in readers}
    got: dict[int, list[int]] = {reader: [] for reader in readers}
    pairs = []
    for week in range(12):
        rank = week % len(articles)
        issue = begun_issue(connection, weekly, articles[rank], week)
        pairs.append((issue.id, rank))
        statuses = {
            reader: chance.choice([SENT, SENT, PENDING, FAILED, SKIPPED]) for reader in readers if chance.random() < 0.6
        }
        deliver(connection, issue, statuses)
        for reader, status in statuses.items():
            if status in (SENT, PENDING):
                had[reader].add(rank)
                got[reader].append(issue.id)
    grouping.group(connection, Audience(friends.id), pairs)
    expected = {reader: min(set(range(7)) - ranks) for reader, ranks in had.items()}
    assert due(connection, range(7)) == expected
    alike = grouping.alike(connection, [Audience(friends.id)], [issue for issue, _ in pairs], None, 100)
    assert {each.got: each.readers for each in alike} == Counter(map(tuple, got.values()))
    assert sorted(grouping.issues_had(connection, readers[0])) == got[readers[0]]


def test_readers_who_have_had_a_hundred_articles_are_due_the_next_one(
    connection: Connection, friends: MailingList, weekly: Schedule
) -> None:
    (article,) = house.add_library(connection, "a-walk")
    some, more, most, gap, lost = house.add_readers(connection, friends, 5)
    first, second, third = (begun_issue(connection, weekly, article, week) for week in range(3))
    deliver(connection, first, {some: SENT, more: SENT, most: SENT, lost: SENT})
    deliver(connection, second, {more: SENT, most: SENT, gap: SENT, lost: FAILED})
    deliver(connection, third, {most: SENT, lost: SENT})
    spans = ((first, range(48)), (second, range(48, 96)), (third, range(96, 102)))
    grouping.group(connection, Audience(friends.id), [(issue.id, rank) for issue, span in spans for rank in span])
    assert due(connection, range(110)) == {some: 48, more: 96, most: 102, gap: 0, lost: 48}
