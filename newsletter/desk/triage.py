"""The articles nobody has read since their import → one after the other, those that would be mailed first first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.ageing import hints_of_age
from newsletter.content.reading import bare_words
from newsletter.desk.forecasting import forecast_of
from newsletter.desk.library import correct_held, find, hold
from newsletter.model import Article, Occurrence
from newsletter.picking.rankings import Queue
from newsletter.picking.rules import Moment
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store import schedules as schedule_store

FORESEEN = 104  # occurrences looked ahead: two years of a weekly letter


class Decision(StrEnum):
    KEEP = "keep"  # it may go
    NOT_NOW = "not-now"  # a draft, until somebody makes it ready
    NEVER = "never"  # retired


STATUS = {
    Decision.KEEP: ArticleStatus.READY,
    Decision.NOT_NOW: ArticleStatus.DRAFT,
    Decision.NEVER: ArticleStatus.RETIRED,
}


@dataclass(frozen=True, slots=True)
class Unread:
    """`due` is when the forecast would send it, None when it is not in sight; `hints` what may be out of date."""

    article: Article
    due: Occurrence | None
    hints: tuple[str, ...]


def unread(app: App) -> list[Unread]:
    """Every article that is ready or incomplete and that no person has said yes to since it was imported."""
    with app.database.read() as connection:
        ready = store.list_articles(connection, ArticleStatus.READY)
    waiting = [article for article in ready if article.read_at is None]
    due = _due(app) if waiting else {}
    places = {slug: place for place, slug in enumerate(due)}
    now = Moment.of(app.clock(), app.zone)
    places_in_queue = dict(zip((each.slug for each in waiting), Queue().points_of(waiting), strict=True))

    def order(article: Article) -> tuple[int, float]:
        return places.get(article.slug, len(places)), -places_in_queue[article.slug]

    return [
        Unread(article, due.get(article.slug), hints_of_age(article, now.day)) for article in sorted(waiting, key=order)
    ]


def named(app: App, slugs: Iterable[str]) -> list[Unread]:
    """These articles, each once and in this order, read or not. Raises NotFound."""
    articles = [find(app, slug) for slug in dict.fromkeys(slugs)]
    due, day = _due(app), Moment.of(app.clock(), app.zone).day
    return [Unread(article, due.get(article.slug), hints_of_age(article, day)) for article in articles]


def _due(app: App) -> dict[str, Occurrence]:
    """By slug, when the forecast would send each first."""
    with app.database.read() as connection:
        has_schedule = bool(schedule_store.list_schedules(connection))
    due: dict[str, Occurrence] = {}
    for each in forecast_of(app, None, FORESEEN, None) if has_schedule else []:
        for slug in each.forecast.articles:
            due.setdefault(slug, each.forecast.occurrence)
    return due


def decide(app: App, slugs: Sequence[str], decision: Decision) -> list[Article]:
    """These articles after a person's word on them. Raises NotFound before anything is changed."""
    found = [find(app, slug) for slug in slugs]
    with app.database.write() as connection:
        store.lock(connection, [article.id for article in found if article.id is not None])
        for article in found:
            _decide(connection, hold(connection, article), decision, app.clock())
    return [find(app, slug) for slug in slugs]


def decide_on(app: App, shown: Article, decision: Decision) -> Article | None:
    """The article after the word of a person who saw it as `shown`; None, and no word, if it is another by now."""
    with app.database.write() as connection:
        current = hold(connection, shown)
        if current != shown:
            return None
        _decide(connection, current, decision, app.clock())
    return find(app, shown.slug)


def _decide(connection: Connection, article: Article, decision: Decision, now: datetime) -> None:
    assert article.id is not None
    if decision is Decision.KEEP and article.status is ArticleStatus.READY:
        store.mark_read(connection, [article.id], now)
    else:
        correct_held(connection, article, {"status": STATUS[decision]}, ["status"], now, f"triage: {decision}")


def seen_again(app: App, given: Unread) -> Unread:
    """The same, with the article as it stands now."""
    article = find(app, given.article.slug)
    return replace(given, article=article, hints=hints_of_age(article, Moment.of(app.clock(), app.zone).day))


def first_words(article: Article, most: int = 60) -> str:
    """How it begins, on one line."""
    words = list(islice(bare_words(article.body_html).split(), most + 1))
    return " ".join(words[:most]) + (" …" if len(words) > most else "")
