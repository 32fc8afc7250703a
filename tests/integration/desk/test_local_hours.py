"""One issue that reaches each reader at the same hour of their own day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import house as builders
from desk_house import ADA, DeskHouse
from house import FIRST_TUESDAY
from newsletter.desk import audience as readers
from newsletter.desk import schedules
from newsletter.states import DeliveryStatus, IssueState
from scripted_relay import ScriptedRelay
from subscribers import InvalidField, SubscriptionStatus
from subscribers import store as audience
from subscribers.tables import subscribers

TOKYO, DENVER = "tokyo@example.org", "denver@example.org"
TOKYO_NINE = datetime(2026, 3, 31, 0, tzinfo=UTC)
DENVER_NINE = datetime(2026, 3, 31, 15, tzinfo=UTC)


@pytest.fixture
def club(tmp_path: Path, database_url: str) -> Iterator[DeskHouse]:
    """Every Tuesday at nine, in Berlin for those who name no zone."""
    with ScriptedRelay() as relay:
        built = DeskHouse.built(tmp_path / "home", {"database.url": database_url})
        built.furnish()
        built.relay(relay)
        schedules.set_schedule(built.app, "weekly", given={"at_local": "yes"})
        join(built, TOKYO, "Asia/Tokyo")
        join(built, DENVER, "America/Denver")
        yield built
        built.close()


def join(club: DeskHouse, email: str, zone: str) -> None:
    readers.add_subscriber(club.app, email, "Friends", "", "{}", SubscriptionStatus.CONFIRMED, zone)


def statuses(club: DeskHouse) -> dict[str, DeliveryStatus]:
    (issue,) = club.issues()
    return {email: delivery.status for email, delivery in club.deliveries(issue).items()}


def test_the_issue_begins_with_its_first_readers_and_each_gets_it_at_their_own_nine(club: DeskHouse) -> None:
    before = club.tick_at(TOKYO_NINE - timedelta(minutes=1))
    assert (before.started, before.wake_at) == ((), TOKYO_NINE)
    (number,) = club.tick_at(TOKYO_NINE).started
    told = club.send(club.issue(number)).words
    assert statuses(club) == {
        ADA: DeliveryStatus.PENDING,
        TOKYO: DeliveryStatus.SENT,
        DENVER: DeliveryStatus.PENDING,
    }
    assert "2 wait for a later try, the next at 2026-03-31T07:00:00Z" in told
    club.clock.now = FIRST_TUESDAY
    assert club.tick().started == ()
    club.send(club.issue(number))
    assert statuses(club)[ADA] is DeliveryStatus.SENT
    club.clock.now = DENVER_NINE
    assert club.send(club.issue(number)).words == ""
    assert club.issue(number).state is IssueState.SENT


def test_whoever_waits_says_for_which_hour(club: DeskHouse) -> None:
    (number,) = club.tick_at(TOKYO_NINE).started
    issue = club.issue(number)
    assert club.deliveries(issue)[DENVER].reason == "waits for 09:00 in America/Denver"
    assert club.deliveries(issue)[DENVER].next_attempt == DENVER_NINE
    words = "waits for 09:00 in America/Denver; the next try at 2026-03-31T15:00:00Z"
    assert club.explain(issue, DENVER) == words


def test_it_begins_once_though_it_begins_before_its_time(club: DeskHouse) -> None:
    started = [club.tick_at(TOKYO_NINE + timedelta(hours=hours)).started for hours in range(0, 30, 5)]
    assert started == [(1,), (), (), (), (), ()]


def test_late_readers_are_not_given_up_by_a_late_start(club: DeskHouse) -> None:
    club.tick_at(FIRST_TUESDAY + timedelta(hours=2))
    (issue,) = club.issues()
    club.send(issue)
    assert statuses(club) == {
        ADA: DeliveryStatus.SENT,
        TOKYO: DeliveryStatus.SENT,
        DENVER: DeliveryStatus.PENDING,
    }


def test_a_zone_that_an_import_tells_counts(club: DeskHouse, tmp_path: Path) -> None:
    rows = tmp_path / "readers.csv"
    rows.write_text("email,timezone\ntane@example.org,Pacific/Auckland\nlost@example.org,Aukland\n", "utf-8")
    report = readers.import_subscribers(club.app, rows, "Friends", SubscriptionStatus.CONFIRMED)
    (rejected,) = report.rejected_rows
    assert (rejected.line, rejected.reason) == (
        3,
        "timezone: there is no time zone 'Aukland'; did you mean Pacific/Auckland?",
    )
    (number,) = club.tick_at(TOKYO_NINE).started
    assert club.deliveries(club.issue(number))["tane@example.org"].next_attempt is None, "it was nine there hours ago"


def test_a_zone_that_there_is_not_is_the_lists_then_the_schedules(club: DeskHouse) -> None:
    with club.write() as connection:
        friends = audience.find_list(connection, "Friends")
        lost = builders.add_reader(connection, friends, "Lost")
        connection.execute(update(subscribers).where(subscribers.c.id == lost).values(timezone="Mars/Olympus"))
    (number,) = club.tick_at(TOKYO_NINE).started
    assert club.deliveries(club.issue(number))["lost@example.org"].next_attempt == FIRST_TUESDAY


def test_a_list_names_the_zone_of_readers_who_name_none(house: DeskHouse) -> None:
    code, _, _ = house.run("lists", "add", "West", "--timezone", "America/Denver")
    assert code == 0
    readers.add_subscriber(house.app, "wes@example.org", "West", "", "{}", SubscriptionStatus.CONFIRMED)
    given = {"at_local": "yes", "approval": "none"}
    schedules.add_schedule(house.app, "west", "West", "every tuesday 09:00", None, None, None, 4, given)
    house.pause_schedule()
    house.clock.now = FIRST_TUESDAY
    (number,) = house.tick().started
    assert house.deliveries(house.issue(number))["wes@example.org"].next_attempt == DENVER_NINE


def test_zones_are_asked_for_by_name(house: DeskHouse) -> None:
    code, _, told = house.run("lists", "add", "West", "--timezone", "Denver")
    assert (code, "did you mean America/Denver?" in told) == (1, True)
    with pytest.raises(InvalidField, match="no time zone"):
        join(house, DENVER, "Colorado")
    assert house.run("subscribers", "show", DENVER)[0] == 1
    house.run("subscribers", "add", DENVER, "--list", "Friends", "--timezone", "America/Denver")
    assert "timezone: America/Denver" in house.run("subscribers", "show", DENVER)[1]
