from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import Article, Author, Season
from newsletter.options import Options, Order
from newsletter.picking.orders import ORDERS, RANKINGS, rules_for, weights_of
from newsletter.picking.pick import pick_articles
from newsletter.picking.rankings import Newest, Newness, Oldest, Priority, Rest, SeasonCloseness, Variety
from newsletter.picking.rules import POINT, History, Moment, Ranking, Score, is_steady, is_turning

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 3, 3)
AT = Moment.of(datetime(2026, 3, 3, 8, tzinfo=UTC), BERLIN)
ARTICLE = Article("trust", "Trust", "<p>…</p>", published=date(2020, 1, 1))


def points(rule: Ranking, article: Article, history: History | None = None, at: Moment = AT) -> float:
    """As many as both ways of asking say."""
    history = history or History()
    judged = rule.judge(article, history, at)
    if is_steady(rule):
        assert rule.points_of([article, article]) == [judged.points] * 2
    else:
        assert is_turning(rule)
        (group,) = rule.groups_of([article], history, at)
        assert rule.points_at(history, at)(group) == judged.points
    return judged.points / POINT


def sent(article: Article, days_ago: int) -> History:
    return History().after(article, AT.utc - timedelta(days=days_ago))


def order(order: Order, library: Sequence[Article], history: History | None = None) -> tuple[str, ...]:
    rules = rules_for(Options(order=order, cool_down=0))
    return pick_articles(library, history or History(), rules, AT, len(library)).slugs


def aged(slug: str, published: str | None, **fields: object) -> Article:
    day = date.fromisoformat(published) if published else None
    return replace(ARTICLE, slug=slug, published=day, **fields)  # type: ignore[arg-type]


def test_age_counts_a_point_a_decade_either_way_and_undated_ones_go_last() -> None:
    library = [
        aged("young", "2025-05-05"),
        aged("old", "2004-01-01"),
        aged("undated", None),
        aged("older", "1994-01-01"),
    ]
    assert order("oldest", library) == ("older", "old", "young", "undated")
    assert order("newest", library) == ("young", "old", "undated", "older")
    decade = points(Oldest(), library[3]) - points(Oldest(), library[1])
    assert decade == pytest.approx(1, abs=0.001)
    assert points(Newest(), library[1]) == -points(Oldest(), library[1])


def test_evergreen_goes_round_those_sent_longest_ago_after_those_never_sent() -> None:
    library = [aged(slug, "2020-01-01", evergreen=True) for slug in ("a", "b", "c")] + [aged("new", "2025-01-01")]
    a, b, _, _ = library
    history = History().after(a, AT.utc - timedelta(days=500)).after(b, AT.utc - timedelta(days=900))
    assert order("evergreen", library, history) == ("c", "new", "b", "a")


def test_rest_grows_with_the_days() -> None:
    assert points(Rest(), ARTICLE) == 1
    assert points(Rest(), ARTICLE, sent(ARTICLE, 365)) == 0.5
    assert points(Rest(), ARTICLE, sent(ARTICLE, 0)) == 0
    assert Rest().judge(ARTICLE, sent(ARTICLE, 30), AT).words == "last sent on 2026-02-01"


def test_priority_is_a_point_a_step() -> None:
    assert points(Priority(), replace(ARTICLE, priority=-2)) == -2


@pytest.mark.parametrize(
    ("seasons", "share"),
    [
        ((), 0),
        (("04-01..04-30",), 0),
        (("03-03..04-02",), 0.5),
        (("02-01..03-03",), 1),
        (("12-03..06-01",), 0.75),
        (("03-03..03-03",), 0.5),
    ],
)
def test_season_counts_more_the_nearer_its_end(seasons: tuple[str, ...], share: float) -> None:
    article = replace(ARTICLE, seasons=tuple(map(Season.parse, seasons)))
    assert points(SeasonCloseness(), article) == pytest.approx(share, abs=0.01)


def test_new_article_counts_less_each_day() -> None:
    for days, share in ((0, 1.0), (15, 0.5), (30, 0.0), (900, 0.0)):
        assert points(Newness(30), replace(ARTICLE, published=TODAY - timedelta(days=days))) == share
    assert points(Newness(30), replace(ARTICLE, published=TODAY + timedelta(days=3))) == 1
    assert points(Newness(30), replace(ARTICLE, published=None)) == 0
    for days in (0, 1):  # also one that is dated ahead
        assert points(Newness(0), replace(ARTICLE, published=TODAY + timedelta(days=days))) == 0


def test_author_or_category_of_the_last_issues_costs_points() -> None:
    jane, john = (replace(ARTICLE, slug=name, authors=(Author(name),)) for name in ("jane", "john"))
    grief = replace(ARTICLE, slug="grief", authors=(Author("ann"),), categories=("Grief", "Sleep"))
    weeks_ago = [AT.utc - timedelta(weeks=weeks) for weeks in range(3)]
    history = History().after(jane, weeks_ago[2]).after(grief, weeks_ago[1])
    assert points(Variety(2), grief, history) == -1
    assert points(Variety(2), replace(john, categories=("Sleep",)), history) == -1
    assert points(Variety(2), jane, history) == -0.5
    assert points(Variety(2), john, history) == 0
    assert points(Variety(1), jane, history) == 0
    assert points(Variety(0), grief, history) == 0
    assert Variety(2).judge(grief, history, AT).words == "its author or category was there 1 issue ago"
    assert Variety(2).judge(jane, history, AT).words == "its author or category was there 2 issues ago"
    # Two articles without an author have none in common.
    nobody = replace(ARTICLE, authors=())
    assert points(Variety(2), nobody, History().after(nobody, AT.utc)) == 0


def test_several_articles_of_one_issue_are_one_issue_back() -> None:
    names = ("ann", "ben", "cleo", "dan", "eve")
    ann, ben, cleo, dan, eve = (replace(ARTICLE, slug=name, authors=(Author(name),)) for name in names)
    last, before, long_ago = (AT.utc - timedelta(weeks=weeks) for weeks in (1, 2, 3))
    history = History().after(eve, long_ago).after(ann, before).after(ben, before).after(cleo, last).after(dan, last)
    assert [points(Variety(2), each, history) for each in (ann, ben, cleo, dan, eve)] == [-0.5, -0.5, -1, -1, 0]
    # What this issue has already keeps none of those before it out of sight.
    begun = history.after(eve, AT.utc)
    assert [points(Variety(2), each, begun) for each in (ann, cleo, eve)] == [-0.5, -1, -1]


def test_order_is_a_preset_that_a_schedules_own_weights_change() -> None:
    assert {name for weights in ORDERS.values() for name in weights} <= set(RANKINGS)
    assert weights_of(Options()) == {"queue": 1}
    own = Options(order="score", weights=(("fresh", 4.0), ("authors", 0.0)))
    weights = weights_of(own)
    assert (weights["fresh"], "authors" in weights, weights["season"]) == (4.0, False, 2)
    assert list(weights) == [name for name in RANKINGS if name in weights]


@given(st.sampled_from(sorted(RANKINGS)), st.floats(0.01, 100), st.integers(-5, 5))
def test_weight_multiplies_what_a_ranking_says(name: str, weight: float, priority: int) -> None:
    article = replace(ARTICLE, priority=priority, seasons=(Season.parse("01-01..12-31"),))
    history = sent(article, 10)
    (plain,) = (rule for rule in rules_for(Options(weights=(("queue", 0.0), (name, 1.0)))) if rule.name == name)
    (heavy,) = (rule for rule in rules_for(Options(weights=(("queue", 0.0), (name, weight)))) if rule.name == name)
    one, other = (rule.judge(article, history, AT) for rule in (plain, heavy))
    assert isinstance(one, Score) and isinstance(other, Score)
    assert other == Score(one.words, round(one.points * weight))


def test_unknown_ranking_has_no_weight() -> None:
    assert "nonsense" not in weights_of(Options(weights=(("nonsense", 3.0),)))
