"""The newsletters beside the home's first one, and which of them a link in a mail belongs to."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

import house
from newsletter.model import Newsletter
from newsletter.states import ScheduleStatus
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as store
from newsletter.store.links import Origin, origin_of
from newsletter.store.schedules import set_status

NOON = house.NOON
SAID: dict[str, Any] = {each.name: f"the {each.name}" for each in fields(Newsletter) if each.name != "id"}
SECOND = Newsletter(**SAID)


def test_newsletter_comes_back_as_it_was_given(connection: Connection) -> None:
    assert store.list_newsletters(connection) == []
    first = store.add_newsletter(connection, SECOND, NOON)
    other = store.add_newsletter(connection, Newsletter("Plain"), NOON)
    assert store.list_newsletters(connection) == [replace(SECOND, id=first), Newsletter("Plain", id=other)]
    with pytest.raises(IntegrityError), connection.begin_nested():
        store.add_newsletter(connection, Newsletter("Plain"), NOON)


def test_every_field_of_a_newsletter_is_kept() -> None:
    assert set(store.FIELDS) == {each.name for each in fields(Newsletter)} - {"id"}


def test_link_belongs_to_the_newsletter_of_its_issue(connection: Connection) -> None:
    friends = house.add_list(connection)
    second = store.add_newsletter(connection, SECOND, NOON)
    calm = house.add_library(connection, "calm")
    of_second = replace(house.new_issue(friends.id, calm, "one"), newsletter_id=second)
    issue_id = issue_store.add_issue(connection, of_second, NOON)
    of_first = issue_store.add_issue(connection, house.new_issue(friends.id, calm, "two"), NOON)
    assert origin_of(connection, friends.id, issue_id) == Origin("Friends", second)
    assert origin_of(connection, friends.id, of_first) == Origin("Friends", None)


def test_link_without_its_issue_belongs_to_the_latest_schedule_of_its_list(connection: Connection) -> None:
    friends, neighbours = house.add_list(connection), house.add_list(connection, "Neighbours")
    assert origin_of(connection, friends.id, None) == Origin("Friends", None)
    second = store.add_newsletter(connection, SECOND, NOON)
    house.add_schedule(connection, friends, "old")
    latest = house.add_schedule(connection, friends, "new", newsletter_id=second)
    assert latest.id is not None
    set_status(connection, latest.id, ScheduleStatus.REMOVED, NOON)
    house.add_schedule(connection, neighbours, "theirs")
    assert origin_of(connection, friends.id, None) == Origin("Friends", second)
    # The issue of another list says nothing about this one; neither does one that is gone.
    theirs = issue_store.add_issue(
        connection, house.new_issue(neighbours.id, house.add_library(connection, "calm"), "one"), NOON
    )
    assert origin_of(connection, friends.id, theirs) == Origin("Friends", second)
    assert origin_of(connection, friends.id, theirs + 1) == Origin("Friends", second)


def test_link_to_a_list_that_is_gone_still_says_so(connection: Connection) -> None:
    assert origin_of(connection, 4_000, None) == Origin("", None)
