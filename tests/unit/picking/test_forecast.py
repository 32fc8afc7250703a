from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model import Article, Author, Occurrence, Season
from newsletter.options import Options
from newsletter.picking.forecast import Forecast, forecast
from newsletter.picking.orders import RANKINGS, rules_for
from newsletter.picking.pick import pick_articles
from newsletter.picking.rankings import Rest
from newsletter.picking.rules import History, Moment, Refusal, Rule, Score, Turn, Verdict
from newsletter.states import ArticleStatus

RULES = rules_for(Options())
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 3, 8, tzinfo=UTC)


def occurrences(count: int, every: timedelta = timedelta(weeks=1), start: datetime = START) -> list[Occurrence]:
    instants = [start + number * every for number in range(count)]
    return [Occurrence(instant, instant.astimezone(BERLIN)) for instant in instants]


def article(slug: str, published: str, author: str = "Jane Doe", season: str = "") -> Article:
    return Article(
        slug,
        slug.title(),
        "<p>…</p>",
        published=date.fromisoformat(published),
        authors=(Author(author, bio="Writes."),),
        seasons=(Season.parse(season),) if season else (),
    )


def slugs(coming: Sequence[Forecast]) -> list[str]:
    return [",".join(one.articles) for one in coming]


def test_each_issue_uses_up_its_article_until_nothing_is_left() -> None:
    library = [article("b", "2021-01-01"), article("a", "2020-01-01", "John Roe")]
    coming = forecast(occurrences(3), library, History(), RULES)
    assert slugs(coming) == ["a", "b", ""]
    assert [one.authors for one in coming] == [("John Roe",), ("Jane Doe",), ()]
    assert [one.words for one in coming] == [
        "published 2020-01-01, priority 0",
        "published 2021-01-01, priority 0",
        "nothing can be picked: 2 already sent",
    ]
    assert [one.occurrence for one in coming] == occurrences(3)


def test_season_that_opens_takes_its_place_in_the_queue() -> None:
    library = [
        article("spring", "2019-01-01", season="03-15..03-31"),
        article("any", "2020-01-01"),
        article("thing", "2021-01-01"),
        article("winter", "2018-01-01", season="12-01..02-28"),
    ]
    coming = forecast(occurrences(5), library, History(), RULES)
    assert slugs(coming) == ["any", "thing", "spring", "", ""]
    assert coming[-1].words == "nothing can be picked: 1 out of season, 3 already sent"
    in_winter = forecast(occurrences(2, start=datetime(2026, 12, 1, 8, tzinfo=UTC)), library, History(), RULES)
    assert slugs(in_winter) == ["winter", "any"]


def test_season_over_new_year_and_a_leap_day() -> None:
    daily = timedelta(days=1)
    library = [
        article("leap", "2019-01-01", season="02-29..02-29"),
        article("new-year", "2020-01-01", season="12-31..01-01"),
    ]
    coming = forecast(occurrences(70, daily, datetime(2027, 12, 25, 8, tzinfo=UTC)), library, History(), RULES)
    assert {str(one.occurrence.local.date()): one.articles[0] for one in coming if one.articles} == {
        "2027-12-31": "new-year",
        "2028-02-29": "leap",
    }


def test_the_past_is_not_sent_again() -> None:
    library = [article("a", "2020-01-01"), article("b", "2021-01-01")]
    coming = forecast(occurrences(2), library, History({"a": (START - timedelta(weeks=9),)}), RULES)
    assert slugs(coming) == ["b", ""]


def test_several_articles_name_each_author_once() -> None:
    library = [article("a", "2020-01-01"), article("b", "2021-01-01"), article("c", "2022-01-01", "John Roe")]
    (one,) = forecast(occurrences(1), library, History(), RULES, count=3)
    assert (one.articles, one.authors) == (("a", "b", "c"), ("Jane Doe", "John Roe"))


def test_occurrence_without_a_zone_is_refused() -> None:
    naive = Occurrence(START, START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has no time zone"):
        forecast([naive], [], History(), RULES)


@dataclass(frozen=True)
class CoolDown:
    """A sent article rests for some days, and may say until when."""

    days: int
    says_until: bool
    name = "cool-down"
    tally = "resting"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        sent = history.sent_at(article.slug)
        if not sent:
            return Score("never sent")
        over = sent[-1].astimezone(at.zone).date() + timedelta(days=self.days)
        if at.day >= over:
            return Score("rested")
        return Refusal("it rests", over if self.says_until else None)


@dataclass(frozen=True)
class NotTheSameAuthor:
    """Refuses by the history of other articles."""

    author: dict[str, str]
    name = "variety"
    tally = "of the same author"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        lately = (slug for slug in self.author if any((at.utc - one).days < 8 for one in history.sent_at(slug)))
        if any(self.author[slug] == self.author[article.slug] for slug in lately):
            return Refusal("the same author as last week")
        return Score("another author")


articles = st.builds(
    Article,
    slug=st.text("abcd", min_size=1, max_size=2),
    title=st.just("T"),
    body_html=st.just(""),
    published=st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 4)),
    status=st.sampled_from([ArticleStatus.READY] * 5 + [ArticleStatus.DRAFT]),
    authors=st.sampled_from([(Author("Jane Doe"),), (Author("John Roe"),), ()]),
    categories=st.sampled_from([(), ("Grief",), ("Grief", "Sleep"), ("Sleep",)]),
    evergreen=st.booleans(),
    priority=st.integers(0, 1),
    not_before=st.none() | st.dates(date(2026, 2, 20), date(2026, 5, 1)),
    expires=st.none() | st.dates(date(2026, 2, 20), date(2026, 5, 1)),
    seasons=st.sampled_from(
        [
            (),
            (),
            (Season.parse("03-20..04-10"),),
            (Season.parse("12-31..03-05"), Season.parse("04-01..04-03")),
        ]
    ),
)
libraries = st.lists(articles, max_size=10, unique_by=lambda article: article.slug)


def rule_sets(library: list[Article]) -> dict[str, tuple[Rule, ...]]:
    *guards, _, queue = RULES
    authors = {article.slug: Turn.of(article).author for article in library}
    return {
        "as they are": RULES,
        "cool-down": (*guards, CoolDown(15, True), queue),
        "cool-down that does not say until when": (*guards, CoolDown(15, False), queue),
        "rotation": (*guards, CoolDown(8, True), Rest(), queue),
        "turns": (*guards, CoolDown(8, True), *rules_for(Options(order="score"))[-8:]),
        "every ranking": rules_for(Options(weights=tuple((name, 1.5) for name in RANKINGS), variety=3, cool_down=9)),
        "variety": (*RULES, NotTheSameAuthor(authors)),
    }


@settings(max_examples=200)
@given(
    library=libraries,
    kind=st.sampled_from(sorted(rule_sets([]))),
    count=st.integers(1, 2),
    every=st.integers(1, 9),
    seed=st.integers(0, 2),
)
def test_forecast_is_what_picking_at_each_occurrence_gives(
    library: list[Article], kind: str, count: int, every: int, seed: int
) -> None:
    rules = rule_sets(library)[kind]
    coming = forecast(occurrences(12, timedelta(days=every)), library, History(seed=seed), rules, count)
    history, by_slug = History(seed=seed), {each.slug: each for each in library}
    for one in coming:
        picked = pick_articles(library, history, rules, Moment.of(one.occurrence.utc, BERLIN), count)
        assert one.articles == picked.slugs
        assert one.articles == () or one.words == picked.words
        for slug in picked.slugs:
            history = history.after(by_slug[slug], one.occurrence.utc)
