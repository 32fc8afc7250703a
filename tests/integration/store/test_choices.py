"""What a person chose: kept by occurrence, the last word on an article alone, and seen by all schedules of a list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

import house
from newsletter.model import Article, Schedule
from newsletter.picking.choices import ChoiceKind
from newsletter.states import DeliveryStatus, OccurrenceState, ScheduleStatus
from newsletter.store import choices as store
from newsletter.store import deliveries, schedules
from newsletter.store.notices import claim_notice, find_notice, waiting_notices
from subscribers import MailingList

WALL, LATER = "2026-03-31T09:00", "2026-04-07T09:00"


@pytest.fixture
def weekly(connection: Connection) -> Schedule:
    return house.add_schedule(connection, house.add_list(connection))


@pytest.fixture
def library(connection: Connection) -> list[Article]:
    return house.add_library(connection, "calm", "loud", "late")


def ids(*articles: Article) -> list[int]:
    return [article.id for article in articles if article.id is not None]


def number(schedule: Schedule) -> int:
    assert schedule.id is not None
    return schedule.id


def seen(connection: Connection, schedule: Schedule) -> list[tuple[str, str, str, str]]:
    chosen = store.choices_for(connection, schedule).every
    return [(str(each.kind), each.slug, each.wall, each.schedule) for each in chosen]


def test_pins_keep_their_order_and_take_the_place_of_those_before(
    connection: Connection, weekly: Schedule, library: list[Article]
) -> None:
    calm, loud, late = library
    store.pin(connection, number(weekly), WALL, ids(calm), "", house.NOON)
    store.pin(connection, number(weekly), WALL, ids(late, loud), "instead of calm", house.NOON)
    assert seen(connection, weekly) == [("pin", "late", WALL, ""), ("pin", "loud", WALL, "")]
    (first, _) = store.choices_for(connection, weekly).every
    assert (first.at, first.reason, first.kind) == (house.FIRST_TUESDAY, "instead of calm", ChoiceKind.PIN)


def test_last_word_on_an_article_at_an_occurrence_counts(
    connection: Connection, weekly: Schedule, library: list[Article]
) -> None:
    (calm,) = ids(library[0])
    store.decline(connection, number(weekly), WALL, calm, "no", house.NOON)
    store.pin(connection, number(weekly), WALL, [calm], "", house.NOON)
    assert seen(connection, weekly) == [("pin", "calm", WALL, "")]
    store.decline(connection, number(weekly), WALL, calm, "after all not", house.NOON)
    assert seen(connection, weekly) == [("decline", "calm", WALL, "")]
    assert store.forget(connection, number(weekly), WALL) == 1
    assert seen(connection, weekly) == []


def test_other_schedules_on_the_list_see_pins_alone_and_those_on_other_lists_nothing(
    connection: Connection, weekly: Schedule, library: list[Article]
) -> None:
    calm, loud, _ = ids(*library)
    store.pin(connection, number(weekly), WALL, [calm], "", house.NOON)
    store.decline(connection, number(weekly), WALL, loud, "no", house.NOON)
    same = MailingList(weekly.list_id, weekly.list_name, house.NOON)
    monthly = house.add_schedule(connection, same, "monthly")
    other = house.add_schedule(connection, house.add_list(connection, "Others"), "other")
    assert seen(connection, monthly) == [("pin", "calm", WALL, "weekly")]
    assert seen(connection, other) == []
    schedules.set_status(connection, number(weekly), ScheduleStatus.REMOVED, house.NOON)
    assert seen(connection, monthly) == []


@pytest.mark.parametrize("state", [OccurrenceState.MISSED, OccurrenceState.SKIPPED])
def test_pin_to_an_occurrence_that_came_to_nothing_keeps_nothing_back(
    connection: Connection, weekly: Schedule, library: list[Article], state: OccurrenceState
) -> None:
    store.pin(connection, number(weekly), WALL, ids(library[0]), "", house.NOON)
    schedules.win_occurrence(connection, number(weekly), house.occurrence_at(), state)
    assert seen(connection, weekly) == []


def test_occurrences_that_were_chosen_for_or_skipped_are_known_until_they_are_over(
    connection: Connection, weekly: Schedule, library: list[Article]
) -> None:
    store.pin(connection, number(weekly), LATER, ids(library[0]), "", house.NOON)
    won = schedules.win_occurrence(
        connection, number(weekly), house.occurrence_at(), OccurrenceState.SKIPPED, "by hand"
    )
    assert won is not None
    assert [each.wall for each in store.chosen_ahead(connection, weekly, house.NOON)] == [LATER]
    assert [(each.wall, why) for each, why in store.skipped_ahead(connection, weekly, house.NOON)] == [
        (WALL, "by hand")
    ]
    over = house.FIRST_TUESDAY + house.WEEK
    assert store.chosen_ahead(connection, weekly, over) == []
    assert store.skipped_ahead(connection, weekly, over) == []
    store.free_occurrence(connection, won)
    assert store.skipped_ahead(connection, weekly, house.NOON) == []


def test_notice_is_claimed_by_one_and_again_only_when_it_is_due(connection: Connection) -> None:
    row = {
        "kind": "alert",
        "purpose_key": "empty 1 to office@example.org",
        "email": "office@example.org",
        "status": str(DeliveryStatus.SENDING),
        "attempts": 1,
        "message_id": "<1@example.org>",
        "date": house.NOON,
        "claimed_by": "somebody",
        "lease_until": house.NOON,
        "handed_at": house.NOON,
    }
    claimed = claim_notice(connection, row, house.NOON)
    assert claimed is not None
    assert claim_notice(connection, row, house.NOON) is None
    later = house.NOON + timedelta(minutes=1)
    deliveries.record(
        connection,
        [deliveries.Result(claimed, DeliveryStatus.PENDING, house.NOON, 1, "450 later", "", later)],
    )
    assert waiting_notices(connection, "alert", house.NOON) == []
    assert claim_notice(connection, row, house.NOON) is None
    assert waiting_notices(connection, "alert", later) == [(row["purpose_key"], row["email"])]
    assert claim_notice(connection, {**row, "date": later}, later) == claimed
    found = deliveries.delivery_by_id(connection, claimed)
    assert (found.attempts, found.date) == (2, house.NOON)
    assert find_notice(connection, "alert", "empty 1 to office@example.org") == claimed
