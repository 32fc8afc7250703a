"""A made-up library of 10,000 articles → how long the forecast of 52 issues and one pick take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bench.measure import Row, tell
from newsletter.model import Article, Author, Occurrence, Season
from newsletter.options import Options
from newsletter.picking.forecast import forecast
from newsletter.picking.orders import rules_for
from newsletter.picking.pick import pick_articles
from newsletter.picking.rules import History, Moment
from newsletter.states import ArticleStatus

RULES = rules_for(Options(), "en")
ROUNDS = 5
ARTICLES = 10_000
ISSUES = 52
YEARS = 5
ZONE = ZoneInfo("Europe/Berlin")
CATEGORIES = 20
START = datetime(2026, 3, 3, 8, tzinfo=UTC)
SEASONS = tuple(map(Season.parse, ("11-15..01-06", "06-01..08-31", "09-01..11-30", "03-01..05-31")))


def article(number: int) -> Article:
    """A fifth of the library is seasonal; some are drafts, incomplete, expired or not due yet."""
    return Article(
        slug=f"article-{number:05}",
        title=f"Article {number}",
        body_html="<p>What it says.</p>",
        published=date(2006, 1, 1) + timedelta(days=number * 7919 % 7300),
        status=ArticleStatus.DRAFT if number % 25 == 0 else ArticleStatus.READY,
        categories=(f"Category {number * 7 % CATEGORIES}", f"Category {(number * 11 + number // 9) % CATEGORIES}"),
        authors=(Author(f"Author {number % 40}", bio="" if number % 40 == 7 else "Writes."),),
        seasons=(SEASONS[number // 5 % 4],) if number % 5 == 0 else (),
        not_before=START.date() + timedelta(days=number % 300) if number % 30 == 1 else None,
        expires=START.date() + timedelta(days=number % 700 - 350) if number % 20 == 3 else None,
        priority=number % 3,
        missing=("bio",) if number % 40 == 7 else (),
    )


def weekly(start: datetime, count: int) -> list[Occurrence]:
    instants = [start + timedelta(weeks=number) for number in range(count)]
    return [Occurrence(instant, instant.astimezone(ZONE)) for instant in instants]


def past(library: list[Article]) -> History:
    """Five years of weekly issues, picked by the same rules."""
    issues = forecast(weekly(START - timedelta(weeks=52 * YEARS), 52 * YEARS), library, History(), RULES)
    return History({slug: (issue.occurrence.utc,) for issue in issues for slug in issue.articles}, seed=1)


def median_ms(work: Callable[[], object]) -> float:
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        rounds.append((time.perf_counter() - began) * 1000)
    return statistics.median(rounds)


def main() -> None:
    library = [article(number) for number in range(ARTICLES)]
    history = past(library)
    at = Moment.of(START, ZONE)
    coming = weekly(START, ISSUES)
    print(f"{ARTICLES:,} articles, {len(history.sent)} sent in {YEARS} years; median of {ROUNDS} rounds")
    forecast_ms = median_ms(lambda: forecast(coming, library, history, RULES))
    tell(Row("N", f"forecast of {ISSUES} issues", forecast_ms, 150, 50, "ms", "", True))
    pick_ms = median_ms(lambda: pick_articles(library, history, RULES, at))
    tell(Row("N", "one pick", pick_ms, 10, 3, "ms", "", True))
    everything = rules_for(Options(order="score"), "en")
    score_forecast_ms = median_ms(lambda: forecast(coming, library, history, everything))
    tell(Row("N", f"forecast of {ISSUES} issues, --order score", score_forecast_ms, 150, 50, "ms", "", True))
    score_pick_ms = median_ms(lambda: pick_articles(library, history, everything, at))
    tell(Row("N", "one pick, --order score", score_pick_ms, 10, 3, "ms", "", True))
    with_words_ms = median_ms(lambda: pick_articles(library, history, RULES, at).candidates)
    print(f"   one pick with every candidate's words: {with_words_ms:.1f} ms (no target)")


if __name__ == "__main__":
    main()
