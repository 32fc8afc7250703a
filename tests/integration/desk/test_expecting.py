"""`newsletter explain ARTICLE EMAIL`: why a reader has it or not, and when they will."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import house as builders
from desk_house import ADA, BEN, CLEO, DAN, DeskHouse
from house import FIRST_TUESDAY, WEEK
from newsletter.desk import explaining, library, schedules
from scripted_relay import ScriptedRelay
from subscribers import store as audience

FIRST, SECOND, THIRD = "quiet-mornings", "small-promises", "long-walks"


@pytest.fixture
def club(tmp_path: Path) -> Iterator[DeskHouse]:
    with ScriptedRelay() as relay:
        built = DeskHouse.built(tmp_path / "home", {})
        built.furnish(FIRST, SECOND, THIRD)
        built.relay(relay)
        yield built
        built.close()


def per_reader(club: DeskHouse, **options: str) -> None:
    schedules.set_schedule(club.app, "weekly", given={"repeat": "per-reader", **options})


def week(club: DeskHouse, number: int) -> None:
    club.clock.now = FIRST_TUESDAY + number * WEEK
    for issue_id in club.tick().started:
        club.send(club.issue(issue_id))


def told(club: DeskHouse, slug: str, email: str = ADA) -> list[str]:
    return [each.words for each in explaining.explain(club.app, slug, email)]


def test_with_the_list_the_forecast_says_when(club: DeskHouse) -> None:
    words = "schedule 'weekly': due on 2026-04-14 at 09:00, as the forecast has it"
    assert told(club, THIRD) == [f"{THIRD} stands in no issue yet; {words}"]


def test_in_turn_it_comes_after_those_they_have_not_had(club: DeskHouse) -> None:
    per_reader(club)
    assert told(club, FIRST)[0].endswith("it is the next one for the reader, on 2026-03-31 at 09:00")
    assert told(club, SECOND)[0].endswith("it comes after one other, about 2026-04-07")
    assert told(club, THIRD)[0].endswith("it comes after two others, about 2026-04-14")


def test_who_joined_later_has_an_issue_that_others_got_still_to_come(club: DeskHouse) -> None:
    per_reader(club)
    week(club, 0)
    with club.write() as connection:
        builders.add_reader(connection, audience.find_list(connection, "Friends"), "Zoe", at=club.clock())
    assert told(club, FIRST, "zoe@example.org") == [
        "was not in the audience when the issue was planned; confirmed on 'Friends' since 2026-03-31",
        "schedule 'weekly': it is the next one for the reader, on 2026-04-07 at 09:00",
    ]
    week(club, 1)
    assert told(club, SECOND, "zoe@example.org") == [
        f"the reader was due another article at this occurrence: {FIRST}, in issue 2",
        "schedule 'weekly': it is the next one for the reader, on 2026-04-14 at 09:00",
    ]


def test_who_has_it_is_told_when_it_went_and_no_more(club: DeskHouse) -> None:
    per_reader(club)
    week(club, 0)
    assert told(club, FIRST) == ["handed over to the relay at 2026-03-31T07:00:00Z: 250 2.0.0 Taken"]


def test_a_course_says_when_its_days_have_passed(club: DeskHouse) -> None:
    schedules.add_schedule(
        club.app, "welcome", "Friends", "every day 09:00", None, None, None, 4, {"sequence": "10", "approval": "none"}
    )
    club.pause_schedule()
    club.clock.pass_by(minutes=1)
    with club.write() as connection:
        builders.add_reader(connection, audience.find_list(connection, "Friends"), "Zoe", at=club.clock())
    (words,) = told(club, THIRD, "zoe@example.org")
    assert words.endswith("schedule 'welcome': it comes after two others, about 2026-04-20")
    club.clock.now = FIRST_TUESDAY + timedelta(days=1)
    (words,) = told(club, THIRD, ADA)
    assert "a course for those who joined since 2026-03-30" in words or "it comes after" in words


def test_who_gets_nothing_is_told_why(club: DeskHouse) -> None:
    (dan,) = told(club, FIRST, DAN)
    assert dan == f"{FIRST} stands in no issue yet; {DAN} gets nothing: suppressed, asked by telephone"
    (ben,) = told(club, FIRST, BEN)
    assert ben.endswith(f"no schedule will bring it to {BEN}: pending on the list 'Friends' since 2026-03-30")
    (cleo,) = told(club, FIRST, CLEO)
    assert "unsubscribed on the list 'Friends' since 2026-03-30" in cleo
    (nobody,) = told(club, FIRST, "nobody@example.org")
    assert nobody.endswith("nobody@example.org is no subscriber")


@pytest.mark.parametrize("options", [{}, {"repeat": "per-reader"}])
def test_what_no_rule_lets_go_says_so(club: DeskHouse, options: dict[str, str]) -> None:
    schedules.set_schedule(club.app, "weekly", given=options)
    library.edit_article(club.app, SECOND, {"status": "draft"})
    assert told(club, SECOND)[0].endswith("schedule 'weekly': it is a draft")


def test_the_command_line_says_it_too(club: DeskHouse) -> None:
    per_reader(club)
    code, out, _ = club.run("explain", SECOND, ADA, "--json")
    assert code == 0
    assert [each["issue"] for each in json.loads(out)] == [None]
