"""Pauses and the identity of a database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from house import NOON
from newsletter.store.identity import Identity, beat, find_identity, issue_named, replace_identity, set_identity
from newsletter.store.pauses import (
    EVERYTHING,
    Pause,
    add_pause,
    end_pauses,
    keep_pause,
    pauses_now,
    pauses_of_everything,
)

HOUR = timedelta(hours=1)
ALL_DAY = Pause(EVERYTHING, "a death", NOON, None)
GRIEF = Pause("grief", "", NOON + HOUR, NOON + 3 * HOUR)
OURS = Identity("chance", "", "/home", "machine", 0, NOON)


def test_pauses_last_until_their_end_or_until_they_are_ended(connection: Connection) -> None:
    keep_pause(connection, ALL_DAY)
    keep_pause(connection, GRIEF)
    assert pauses_now(connection, NOON + 2 * HOUR) == [ALL_DAY, GRIEF]
    assert pauses_now(connection, NOON + 3 * HOUR) == [ALL_DAY]
    assert end_pauses(connection, NOON + 2 * HOUR, ["grief"]) == [GRIEF]
    assert end_pauses(connection, NOON + 2 * HOUR) == [ALL_DAY]
    assert end_pauses(connection, NOON + 2 * HOUR) == pauses_now(connection, NOON + 2 * HOUR) == []


def test_what_is_paused_already_gets_another_end_and_reason(connection: Connection) -> None:
    keep_pause(connection, ALL_DAY)
    later = Pause(EVERYTHING, "", NOON + HOUR, NOON + 2 * HOUR)
    keep_pause(connection, later)
    assert pauses_now(connection, NOON + HOUR) == [replace(later, since=NOON)]
    again = Pause(EVERYTHING, "", NOON + 2 * HOUR, None)  # just when the other is over
    keep_pause(connection, again)
    assert pauses_of_everything(connection) == [replace(later, since=NOON), again]


def test_pauses_that_are_over_are_known_for_what_fell_due_in_them(connection: Connection) -> None:
    add_pause(connection, replace(ALL_DAY, until=NOON))
    add_pause(connection, GRIEF)
    assert pauses_of_everything(connection) == [replace(ALL_DAY, until=NOON)]


def test_database_has_one_identity_whose_generation_grows(connection: Connection) -> None:
    assert find_identity(connection) is None
    assert beat(connection, NOON) is None
    assert set_identity(connection, OURS)
    assert not set_identity(connection, replace(OURS, id="another"))
    assert find_identity(connection) == OURS
    assert beat(connection, NOON + HOUR) == replace(OURS, generation=1, beaten_at=NOON + HOUR)
    taken = Identity("other", "harbour", "/copy", "machine", 7, NOON + 2 * HOUR)
    replace_identity(connection, taken)
    assert find_identity(connection) == taken
    assert issue_named(connection, "nobody") is None
