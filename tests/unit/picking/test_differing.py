from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import Article, Author
from newsletter.options import Options, names
from newsletter.picking.differing import DECIDING, MOST, changes_between
from newsletter.picking.pick import pick_articles
from newsletter.picking.replay import Recipe, inputs_of
from newsletter.picking.rules import History, Moment
from newsletter.states import ArticleStatus

AT = Moment.of(datetime(2026, 3, 3, 8, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
SENT = datetime(2026, 2, 3, 8, tzinfo=UTC)
JANE, JOHN = Author("Jane Doe", bio="x"), Author("John Roe", bio="x")
CALM, TRUST = (
    Article(slug, "", "", published=date(2020, 1, day), authors=(JANE,))
    for day, slug in enumerate(("calm", "trust"), 1)
)
RECIPE = Recipe(Options(), "en")


def kept(library: Sequence[Article], recipe: Recipe = RECIPE, history: History | None = None) -> dict[str, Any]:
    pick = pick_articles(library, history or History(), recipe.rules(), AT)
    made: dict[str, Any] = json.loads(json.dumps(inputs_of(pick, recipe, 1)))
    return made


def changes(library: Sequence[Article], recipe: Recipe = RECIPE, history: History | None = None) -> list[str]:
    return changes_between(kept([CALM, TRUST]), kept(library, recipe, history), ["trust"])


def test_nothing_has_changed_between_the_same() -> None:
    assert changes([TRUST, CALM]) == []


def test_change_of_an_article_names_the_field() -> None:
    retired = replace(CALM, status=ArticleStatus.RETIRED)
    assert changes([retired, TRUST]) == ["calm: status was ready, now retired"]
    handed = replace(TRUST, authors=(JOHN,), priority=2)
    assert changes([CALM, handed]) == [
        "trust: authors was Jane Doe, now John Roe",
        "trust: priority was nothing, now 2",
    ]


def test_what_came_went_or_was_sent_is_named_the_articles_in_question_first() -> None:
    assert changes([replace(CALM, slug="storm")]) == [
        "trust is not in the library any more",
        "calm is not in the library any more",
        "storm is new in the library",
    ]
    assert changes([CALM, TRUST], history=History({"calm": (SENT,)})) == ["calm was sent at 2026-02-03T08:00:00+00:00"]


def test_change_of_a_rule_is_named() -> None:
    assert changes([CALM, TRUST], Recipe(Options(order="newest", tags=("spring",)), "de", is_alone=True)) == [
        "the option order was queue, now newest",
        "the option tags was nothing, now spring",
        "the newsletter's language was en, now de",
        "it is to go without anybody's yes",
    ]
    assert changes([CALM, TRUST], Recipe(Options(), "en", failed={"calm": "No text."})) == [
        "calm: the pre-flight check blocks it"
    ]


def test_what_the_check_blocks_no_more_is_named_too() -> None:
    before, after = (
        kept([CALM, TRUST], replace(RECIPE, failed=failed)) for failed in ({"trust": "x", "calm": "x"}, {})
    )
    assert changes_between(before, after, ["trust"]) == [
        "calm: the pre-flight check blocks it no more",
        "trust: the pre-flight check blocks it no more",
    ]


def test_values_are_told_as_a_person_writes_them() -> None:
    told = changes(
        [replace(CALM, evergreen=True), TRUST], Recipe(Options(weights=(("queue", 2.0), ("rest", 0.5))), "en")
    )
    assert told == ["the option weights was nothing, now queue=2, rest=0.5", "calm: evergreen was nothing, now yes"]


def test_option_that_no_rule_asks_for_is_no_reason() -> None:
    assert set(DECIDING) <= set(names())
    other = Options(lead=60, deputy=("jo@example.org",), late_hours="08:00-09:00")
    assert changes([CALM, TRUST], Recipe(other, "en")) == []


def test_author_of_whom_something_else_is_known_is_named() -> None:
    leaving = replace(JANE, active_until=date(2026, 3, 1))
    articles = [replace(each, authors=(leaving,)) for each in (CALM, TRUST)]
    assert changes(articles) == ["something else is known of Jane Doe"]


def test_of_many_changes_the_number_is_told() -> None:
    told = changes([CALM, TRUST, *(replace(CALM, slug=f"new-{number:02}") for number in range(20))])
    assert len(told) == MOST + 1
    assert told[-1] == f"and {20 - MOST} more"


articles = st.builds(
    Article,
    slug=st.sampled_from(["a", "b", "c"]),
    title=st.just(""),
    body_html=st.just(""),
    published=st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 3)),
    status=st.sampled_from([ArticleStatus.READY, ArticleStatus.READY, ArticleStatus.DRAFT]),
    authors=st.sampled_from([(), (JANE,), (JOHN,), (replace(JANE, active_until=date(2026, 3, 1)),)]),
    priority=st.integers(0, 1),
)
libraries = st.lists(articles, max_size=3, unique_by=lambda article: article.slug)
histories = st.sampled_from([History(), History({"a": (SENT,)}), History(seed=3)])
recipes = st.sampled_from([RECIPE, Recipe(Options(order="newest"), "en"), Recipe(Options(), "en", is_alone=True)])


@given(libraries, recipes, histories, libraries, recipes, histories)
def test_two_picks_differ_only_where_a_change_is_named(
    one: list[Article], by: Recipe, had: History, other: list[Article], other_by: Recipe, other_had: History
) -> None:
    before, after = kept(one, by, had), kept(other, other_by, other_had)
    first, second = (
        pick_articles(library, history, recipe.rules(), AT).slugs
        for library, recipe, history in ((one, by, had), (other, other_by, other_had))
    )
    assert changes_between(before, after, [*first, *second]) or first == second
