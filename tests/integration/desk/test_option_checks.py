"""Options that could never do what is meant by them are refused when they are given, by their name."""

from __future__ import annotations

import pytest

import house as builders
from desk_house import DeskHouse
from newsletter.desk import picks, schedules
from newsletter.errors import Refused
from newsletter.options import Options


@pytest.fixture
def stocked(house: DeskHouse) -> DeskHouse:
    with house.write() as connection:
        jane = builders.add_author(connection, "Jane Doe")
        builders.add_article(connection, "grief", [jane], categories=("Grief",), tags=("spring",))
    return house


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("weights", "autors=3", "--weights: there is no ranking 'autors'; did you mean authors"),
        ("weights", "queue=0", "--weights: with no weight at all nothing puts the articles in order"),
        ("author_turns", "Jane Do=2", "--author-turns: there is no author 'Jane Do'; did you mean Jane Doe?"),
        ("author_turns", "Jane Doe=0", "--author-turns: somebody has to have a share above 0"),
        ("category_turns", "Grieff=2", "--category-turns: there is no category 'Grieff'; did you mean Grief?"),
        ("categories", "Hiring", "--categories: the rule 'wanted' refuses every article: the first has no category"),
        ("tags", "winter", "--tags: the rule 'wanted' refuses every article: the first has no tag wanted here: winter"),
    ],
)
def test_option_that_lets_nothing_go_is_refused_at_once(stocked: DeskHouse, name: str, text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        schedules.set_schedule(stocked.app, "weekly", given={name: text})
    assert str(refused.value).startswith(words)
    with stocked.read() as connection:
        assert picks.find(connection, "weekly").options == Options(approval="none")
    with pytest.raises(Refused):
        schedules.add_schedule(stocked.app, "other", "Friends", "every monday 9:00", None, None, None, 4, {name: text})
    assert [each.name for each, *_ in schedules.described(stocked.app)] == ["weekly"]


def test_options_that_together_let_nothing_go_are_refused(stocked: DeskHouse) -> None:
    with pytest.raises(Refused, match="--categories, --tags and --without together: the rule 'wanted' refuses"):
        schedules.set_schedule(stocked.app, "weekly", given={"categories": "grief", "without": "spring"})


def test_what_some_article_has_is_taken(stocked: DeskHouse) -> None:
    given = {"categories": "grief", "tags": "spring", "weights": "authors=2", "author_turns": "Jane Doe=2"}
    schedules.set_schedule(stocked.app, "weekly", given=given)
    assert stocked.plan().articles == ("grief",)
