"""How many issues one reader gets within seven days, over all schedules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk_house import ADA, DeskHouse
from house import FIRST_TUESDAY, WEEK
from newsletter.desk import explaining, forecasting, schedules
from newsletter.errors import ConfigError
from newsletter.model import Issue
from newsletter.states import DeliveryStatus, IssueState
from scripted_relay import ScriptedRelay

SLUGS = [f"article-{number}" for number in range(8)]
ENOUGH = "2 issues are enough within 7 days, as delivery.most_per_week says"


@pytest.fixture
def club(tmp_path: Path, database_url: str) -> Iterator[DeskHouse]:
    """A weekly and a daily schedule for the same list; two issues a week are enough."""
    with ScriptedRelay() as relay:
        settings = {"database.url": database_url, "delivery.most_per_week": 2}
        built = DeskHouse.built(tmp_path / "home", settings)
        built.furnish(*SLUGS)
        built.relay(relay)
        built.add_schedule("daily", recurrence="0 9 * * *")
        yield built
        built.close()


def day(club: DeskHouse, number: int) -> list[Issue]:
    """What begins on this day, Tuesday being 0, sent."""
    club.clock.now = FIRST_TUESDAY + timedelta(days=number)
    begun = [club.issue(each) for each in club.tick().started]
    for issue in begun:
        club.send(issue)
    return [club.issue(issue.id) for issue in begun]


def test_who_has_had_enough_is_left_out_with_the_reason_and_the_issue_ends(club: DeskHouse) -> None:
    first, second = day(club, 0)
    (third,) = day(club, 1)
    assert [club.status(each) for each in (first, second)] == [DeliveryStatus.SENT, DeliveryStatus.SENT]
    assert club.status(third) is DeliveryStatus.SKIPPED
    assert club.deliveries(third)[ADA].reason == ENOUGH
    assert club.explain(third) == f"got nothing, because {ENOUGH}"
    assert third.state is IssueState.SENT


def test_after_seven_days_there_is_room_again(club: DeskHouse) -> None:
    club.pause_schedule("daily")
    for number in range(3):
        (issue,) = day(club, number * WEEK.days)
        assert club.status(issue) is DeliveryStatus.SENT
    club.set(delivery__most_per_week=1)
    club.clock.pass_by(seconds=-1)
    (issue,) = day(club, 3 * WEEK.days)
    assert club.status(issue) is DeliveryStatus.SENT


def test_what_is_still_on_its_way_counts_and_what_did_not_arrive_does_not(club: DeskHouse) -> None:
    club.set(delivery__most_per_week=1)
    club.pause_schedule("daily")
    with ScriptedRelay(refuse={ADA}) as relay:
        club.relay(relay)
        day(club, 0)
    club.resume_schedule("daily")
    club.clock.now = FIRST_TUESDAY + timedelta(days=1)
    (waiting,) = club.tick().started
    assert club.status(club.issue(waiting)) is DeliveryStatus.PENDING
    club.clock.now = FIRST_TUESDAY + timedelta(days=2)
    (next_one,) = club.tick().started
    assert club.status(club.issue(next_one)) is DeliveryStatus.SKIPPED


def test_only_who_has_had_enough_is_left_out(club: DeskHouse) -> None:
    day(club, 0)
    club.add_readers(1)
    (issue,) = day(club, 1)
    assert {email: each.status for email, each in club.deliveries(issue).items()} == {
        ADA: DeliveryStatus.SKIPPED,
        "reader1@example.org": DeliveryStatus.SENT,
    }


def test_article_that_nobody_was_sent_comes_again(club: DeskHouse) -> None:
    day(club, 0)
    (spared,) = day(club, 1)
    assert (spared.state, spared.counts) == (IssueState.SENT, {DeliveryStatus.SKIPPED: 1})
    for number in range(2, 7):
        assert [each.articles for each in day(club, number)] == [spared.articles]
    reached, other = day(club, 7)
    assert reached.articles == spared.articles != other.articles
    assert club.status(reached) is DeliveryStatus.SENT


def test_test_copies_do_not_count(club: DeskHouse) -> None:
    from newsletter.desk.sending import send_test

    club.set(delivery__most_per_week=1)
    club.pause_schedule("daily")
    draft = club.plan("weekly")
    for _ in range(3):
        send_test(club.app, draft.id, ADA)
        club.clock.pass_by(minutes=1)
    assert [club.status(each) for each in day(club, 0)] == [DeliveryStatus.SENT]


def test_without_a_cap_everybody_gets_everything(club: DeskHouse) -> None:
    club.set(delivery__most_per_week=0)
    assert [club.status(issue) for number in range(4) for issue in day(club, number)] == [DeliveryStatus.SENT] * 5


def test_the_forecast_knows_who_will_have_had_enough(club: DeskHouse) -> None:
    day(club, 0)
    club.add_readers(3)
    foreseen = forecasting.forecast_of(club.app, None, 6, None)
    left_out = [words for each in foreseen for words in each.warnings if "most_per_week" in words]
    # Ada had two on Tuesday, the others will have had two on Thursday.
    assert [each.readers for each in foreseen] == [3, 3, 0, 0, 0, 0]
    one = "1 reader already has 2 issues in those seven days, and is left out (delivery.most_per_week)"
    four = "4 readers already have 2 issues in those seven days, and are left out (delivery.most_per_week)"
    assert left_out == [one, one, four, four, four, four]
    assert [each.readers for each in forecasting.forecast_of(club.app, "daily", 6, None)] == [3, 3, 0, 0, 0, 0]
    for number, row in enumerate(foreseen[:3], start=1):
        (issue,) = day(club, number)
        assert issue.counts.get(DeliveryStatus.SENT, 0) == row.readers


def test_who_will_have_had_enough_is_told_when_it_comes_all_the_same(club: DeskHouse) -> None:
    schedules.set_schedule(club.app, "weekly", given={"repeat": "per-reader", "order": "newest"})
    (_, daily) = (each.words for each in explaining.explain(club.app, SLUGS[3], ADA))
    enough = "the reader already has 2 issues in those seven days (delivery.most_per_week)"
    assert daily.endswith(f"schedule 'daily': due on 2026-04-03 at 09:00, as the forecast has it, but by then {enough}")


def test_a_cap_below_nothing_is_no_cap(club: DeskHouse) -> None:
    with pytest.raises(ConfigError, match=r"delivery\.most_per_week"):
        club.set(delivery__most_per_week=-1)
