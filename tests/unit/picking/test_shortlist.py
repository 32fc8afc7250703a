"""The best are found without a close look at most candidates: whatever is asked, they are those of a look at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model import Article, Author, Season
from newsletter.options import Options
from newsletter.picking.choices import Pinned, wall_of
from newsletter.picking.orders import RANKINGS, rules_for
from newsletter.picking.rules import History, Moment, Refusal, Rule, among, is_steady, is_turning
from newsletter.picking.shortlist import Shortlist, tie

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 3, 8, tzinfo=UTC)
WEEKS = 5
MOMENTS = [Moment.of(START + week * timedelta(weeks=1), BERLIN) for week in range(WEEKS)]
SLUGS = [f"article-{number}" for number in range(14)]

articles = st.builds(
    Article,
    slug=st.sampled_from(SLUGS),
    title=st.just("T"),
    body_html=st.just(""),
    published=st.none() | st.dates(date(2026, 1, 20), date(2026, 4, 10)) | st.just(date(2020, 1, 1)),
    priority=st.integers(-1, 1),
    evergreen=st.booleans(),
    authors=st.sampled_from("ABC").map(lambda name: (Author(name, bio="Writes."),)),
    categories=st.lists(st.sampled_from("xyz"), max_size=2, unique=True).map(tuple),
    seasons=st.sampled_from([(), (), (Season.parse("02-01..03-20"),), (Season.parse("03-12..06-30"),)]),
)
libraries = st.lists(articles, max_size=len(SLUGS), unique_by=lambda article: article.slug)
weights = st.dictionaries(
    st.sampled_from(sorted(RANKINGS)), st.sampled_from([0.1, 1.0, 7.5]) | st.integers(1, 20), max_size=len(RANKINGS)
)
pins = st.dictionaries(st.sampled_from([wall_of(at) for at in MOMENTS]), st.lists(st.sampled_from(SLUGS), max_size=2))
histories = st.builds(
    History,
    sent=st.dictionaries(
        st.sampled_from(SLUGS), st.integers(1, 800).map(lambda days: (START - timedelta(days=days),)), max_size=5
    ),
    seed=st.integers(0, 3),
)


def best_of_all(library: list[Article], rules: list[Rule], history: History, at: Moment, count: int) -> list[Article]:
    """By asking every rule about every candidate."""
    found: list[Article] = []
    while len(found) < count:
        order = []
        for each in library:
            judged = [among(rule, library).judge(each, history, at) for rule in rules]
            if not any(isinstance(verdict, Refusal) for verdict in judged):
                points = sum(verdict.points for verdict in judged if not isinstance(verdict, Refusal))
                order.append((-points, tie(history.seed, each.slug), each))
        if not order:
            break
        best = min(order, key=lambda one: one[:2])[2]
        found.append(best)
        history = history.after(best, at.utc)
    return found


@given(libraries.filter(bool), weights, pins, histories, st.sampled_from(MOMENTS))
def test_no_ranking_gives_more_points_or_parts_further_than_it_says(
    library: list[Article], weights: dict[str, float], pins: dict[str, list[str]], history: History, at: Moment
) -> None:
    options = Options(order="score", weights=tuple(weights.items()), fresh=20)
    rules = [*rules_for(options), Pinned({wall: tuple(slugs) for wall, slugs in pins.items()})]
    for rule in [among(rule, library) for rule in rules]:
        if is_turning(rule):
            points = [rule.points_at(history, at)(group) for group in rule.groups_of(library, history, at)]
            assert max(points) <= rule.most_at(history, at)
            assert max(points) - min(points) <= rule.reach
        elif is_steady(rule):
            assert max(rule.points_of(library)) <= rule.most_of(library)


@settings(max_examples=200)
@given(libraries, weights, pins, histories, st.integers(1, 2), st.sets(st.sampled_from(SLUGS), max_size=2))
def test_the_best_are_those_of_a_look_at_all(
    library: list[Article],
    weights: dict[str, float],
    pins: dict[str, list[str]],
    history: History,
    count: int,
    by_others: set[str],
) -> None:
    options = Options(order="score", weights=tuple(weights.items()), cool_down=14, fresh=20)
    rules = [*rules_for(options), Pinned({wall: tuple(slugs) for wall, slugs in pins.items() if slugs})]
    shortlist = Shortlist(library, rules, history.seed)
    for week, at in enumerate(MOMENTS):
        taken = shortlist.take(history, at, count)
        assert list(taken) == best_of_all(library, rules, history, at, count)
        for each in taken:
            history = history.after(each, at.utc)
        if week == 1:  # another schedule sends to the same list
            shortlist.sent(by_others)
            for each in library:
                if each.slug in by_others:
                    history = history.after(each, at.utc, is_ours=False)
