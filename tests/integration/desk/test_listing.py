"""What a person wants to see of the library: each wish narrows the list, and all of them together."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import house as builders
from desk_house import DeskHouse
from house import FIRST_TUESDAY, WEEK
from newsletter.desk import sending
from newsletter.desk.listing import Wanted, list_library
from newsletter.errors import SourceError
from newsletter.model import Season
from newsletter.states import ArticleStatus

TUESDAY = FIRST_TUESDAY.date()


@pytest.fixture
def house(house: DeskHouse) -> DeskHouse:
    """Beside the three by Maria, which were read: a draft by two, and one for the winter that nobody has read."""
    with house.write() as connection:
        maria = builders.add_author(connection)
        ida = builders.add_author(connection, "Ida Brandt-Örsted")
        builders.add_article(
            connection,
            "evening-tea",
            [ida, maria],
            status=ArticleStatus.DRAFT,
            categories=["Evenings"],
            tags=["tea", "Sleep"],
            body_html="<p>Tea helps, and so does a dark room.</p>",
        )
        builders.add_article(
            connection,
            "first-frost",
            [ida],
            read_at=None,
            seasons=[Season.parse("11-15..01-06")],
            tags=["sleep"],
            body_html="<p>Sleeping badly in a dark time.</p>",
        )
    return house


def listed(house: DeskHouse, **wanted: object) -> list[str]:
    return [article.slug for article in list_library(house.app, Wanted(**wanted))]  # type: ignore[arg-type]


def send(house: DeskHouse, slug: str) -> None:
    sending.start(house.app, house.plan(pin=slug))


def test_whoever_wants_nothing_in_particular_sees_all_in_the_order_they_came(house: DeskHouse) -> None:
    assert listed(house) == ["quiet-mornings", "small-promises", "long-walks", "evening-tea", "first-frost"]


def test_a_status_is_wanted(house: DeskHouse) -> None:
    assert listed(house, status=ArticleStatus.DRAFT) == ["evening-tea"]
    assert listed(house, status=ArticleStatus.RETIRED) == []


@pytest.mark.parametrize("name", ["Ida Brandt-Örsted", "ida", "örsted", "BRANDT-Ö"])
def test_part_of_an_authors_name_is_enough(house: DeskHouse, name: str) -> None:
    assert listed(house, author=name) == ["evening-tea", "first-frost"]


@pytest.mark.parametrize(
    ("topic", "slugs"),
    [
        ("evenings", ["evening-tea"]),
        ("SLEEP", ["evening-tea", "first-frost"]),
        ("slee", []),
    ],
)
def test_a_category_or_a_tag_is_wanted_whole(house: DeskHouse, topic: str, slugs: list[str]) -> None:
    assert listed(house, category=topic) == slugs


@pytest.mark.parametrize(
    ("day", "slugs"),
    [
        ("11-15", ["first-frost"]),
        ("01-06", ["first-frost"]),
        ("01-07", []),
        ("02-29", []),
        ("today", []),
    ],
)
def test_the_season_of_a_day_is_wanted(house: DeskHouse, day: str, slugs: list[str]) -> None:
    assert listed(house, season=day) == slugs


def test_today_is_the_day_of_the_home(house: DeskHouse) -> None:
    house.clock.now = FIRST_TUESDAY.replace(month=11, day=14, hour=23, minute=30)  # after midnight in Berlin
    assert listed(house, season="today") == ["first-frost"]


@pytest.mark.parametrize("text", ["winter", "11-31", "13-01", "11-15..01-06", "11", "11-15-01", ".."])
def test_what_is_no_day_of_a_season_is_named(house: DeskHouse, text: str) -> None:
    with pytest.raises(SourceError, match="--season") as refused:
        listed(house, season=text)
    assert repr(text) in str(refused.value) and "MM-DD" in str(refused.value)


def test_when_it_was_last_sent_is_a_day_of_the_home(house: DeskHouse) -> None:
    house.clock.now = FIRST_TUESDAY.replace(hour=22, minute=30)  # Wednesday in Berlin
    send(house, "long-walks")
    wednesday = TUESDAY + timedelta(days=1)
    assert listed(house, sent_since=wednesday) == ["long-walks"]
    assert listed(house, sent_since=wednesday + timedelta(days=1)) == []
    assert "long-walks" not in listed(house, sent_before=wednesday)
    assert "long-walks" in listed(house, sent_before=wednesday + timedelta(days=1))


def test_the_last_time_counts_and_what_never_went_was_sent_before_any_day(house: DeskHouse) -> None:
    with house.write() as connection:
        others = builders.add_list(connection, "Others")
        builders.add_reader(connection, others, "Eve")
        builders.add_schedule(connection, others, "monthly", recurrence="0 9 1 * *")
    sending.start(house.app, house.plan("weekly", "long-walks"))
    house.clock.now += WEEK
    sending.start(house.app, house.plan("monthly", "long-walks"))
    assert "long-walks" not in listed(house, sent_before=TUESDAY)
    assert listed(house, sent_since=date(2026, 4, 1)) == ["long-walks"]
    assert listed(house, sent_before=date(2000, 1, 1)) == listed(house, never_sent=True)
    assert "long-walks" not in listed(house, never_sent=True)


def test_a_draft_issue_is_no_send(house: DeskHouse) -> None:
    house.plan(pin="long-walks")
    assert "long-walks" in listed(house, never_sent=True)


def test_what_nobody_has_read_is_wanted(house: DeskHouse) -> None:
    assert listed(house, unread=True) == ["first-frost"]


def test_words_are_wanted_and_the_best_comes_first(either_house: DeskHouse) -> None:
    house = either_house
    with house.write() as connection:
        builders.add_article(connection, "a-walk", title="A walk", body_html="<p>The harbour is far.</p>")
        builders.add_article(connection, "the-harbour", title="The harbour", body_html="<p>It is quiet there.</p>")
        builders.add_article(connection, "a-dream", title="A dream", body_html="<p>Far, the harbour is.</p>")
    assert listed(house, words="harbour")[0] == "the-harbour"
    assert set(listed(house, words="harb FAR")) == {"a-walk", "a-dream"}
    assert listed(house, words='"harbour is far"') == ["a-walk"]
    assert listed(house, words="harbour nowhere") == []
    assert listed(house, words="?!") == []


def test_words_are_found_beyond_the_first_thousand(house: DeskHouse) -> None:
    with house.write() as connection:
        ida = builders.add_author(connection, "Ida Brandt-Örsted")
        for number in range(1_001):
            builders.add_article(connection, f"lake-{number}", title="The lake")
        builders.add_article(connection, "by-the-lake", [ida], title="A day out", body_html="<p>At the lake.</p>")
    assert listed(house, words="lake", author="ida") == ["by-the-lake"]


def test_all_wishes_hold_together(house: DeskHouse) -> None:
    assert set(listed(house, author="ida", category="sleep", words="dark")) == {"evening-tea", "first-frost"}
    assert listed(house, author="ida", category="sleep", words="dark", unread=True) == ["first-frost"]
    assert listed(house, author="ida", words="dark", status=ArticleStatus.DRAFT, never_sent=True) == ["evening-tea"]
    assert listed(house, author="ida", sent_since=TUESDAY) == []
    assert listed(house, sent_since=TUESDAY, never_sent=True) == []


def test_search_waits_for_nobody_who_writes(house: DeskHouse) -> None:
    with house.write():  # would wait 30 seconds and fail
        assert listed(house, words="sleeping") == ["first-frost"]
