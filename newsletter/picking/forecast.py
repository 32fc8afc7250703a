"""Occurrences × pick over a growing history → the coming issues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.model import Article, Occurrence
from newsletter.picking.pick import Shortlist
from newsletter.picking.rules import History, Moment, Rule


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one occurrence will send and why; no article, and why not, when nothing can be picked."""

    occurrence: Occurrence
    articles: tuple[str, ...]
    authors: tuple[str, ...]  # names, each once, in the order of the articles
    words: str


def forecast(
    occurrences: Iterable[Occurrence],
    candidates: Sequence[Article],
    history: History,
    rules: Sequence[Rule],
    count: int = 1,
) -> tuple[Forecast, ...]:
    """The coming issues, each picked as if those before it had been sent.

    The same shortlist as `pick_articles`; the occurrences must come in the order of time. Dates are days in
    the zone of each `Occurrence.local`.
    """
    shortlist = Shortlist(candidates, rules, history.seed)
    coming = []
    for occurrence in occurrences:
        at = _moment(occurrence)
        articles = shortlist.take(history, at, count)
        words = shortlist.in_words(articles, history, at)
        coming.append(Forecast(occurrence, tuple(a.slug for a in articles), _authors(articles), words))
        for article in articles:
            history = history.after(article, occurrence.utc)
    return tuple(coming)


def _moment(occurrence: Occurrence) -> Moment:
    zone = occurrence.local.tzinfo
    if zone is None:
        raise ValueError(f"{occurrence.local!r} has no time zone")
    return Moment.of(occurrence.utc, zone)


def _authors(articles: Iterable[Article]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(author.name for article in articles for author in article.authors))
