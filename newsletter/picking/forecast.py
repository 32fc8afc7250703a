"""Occurrences × pick over a growing history → the coming issues."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.model import Article, Occurrence
from newsletter.picking.pick import pick_articles
from newsletter.picking.rules import History, Moment, Rule
from newsletter.picking.shortlist import Shortlist

LOOKED_AT = 5  # issues in a row
TOO_MANY = 3  # of them by one author, where others are there


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one occurrence will send and why; no article, and why not, when nothing can be picked."""

    occurrence: Occurrence
    articles: tuple[str, ...]
    authors: tuple[str, ...]  # names, each once, in the order of the articles
    words: str


class Foresight:
    """One schedule run forward: each issue is picked as if those before it had been sent.

    The same shortlist as `pick_articles`; the occurrences must come in the order of time. Dates are days in
    the zone of each `Occurrence.local`.
    """

    def __init__(
        self,
        candidates: Sequence[Article],
        history: History,
        rules: Sequence[Rule],
        count: int = 1,
        again: Sequence[Rule] = (),
    ) -> None:
        """`again` are the rules by which something is repeated where nothing new may go; none: nothing is."""
        self._candidates = candidates
        self._again = again
        self._shortlist = Shortlist(candidates, rules, history.seed)
        self._history = history
        self._count = count

    def at(self, occurrence: Occurrence) -> tuple[Forecast, tuple[Article, ...]]:
        """What this occurrence will send, and those articles."""
        at = _moment(occurrence)
        articles = self._shortlist.take(self._history, at, self._count)
        words = self._shortlist.in_words(articles, self._history, at)
        if not articles and self._again:
            pick = pick_articles(self._candidates, self._history, self._again, at, self._count)
            articles, words = pick.articles, pick.words
            self._shortlist.sent(pick.slugs)
        for article in articles:
            self._history = self._history.after(article, occurrence.utc)
        return Forecast(occurrence, tuple(a.slug for a in articles), authors_of(articles), words), articles

    def also_sent(self, articles: Collection[Article], occurrence: Occurrence) -> None:
        """Another schedule sends these to the same list."""
        self._shortlist.sent({article.slug for article in articles})
        for article in articles:
            self._history = self._history.after(article, occurrence.utc, is_ours=False)


def forecast(
    occurrences: Iterable[Occurrence],
    candidates: Sequence[Article],
    history: History,
    rules: Sequence[Rule],
    count: int = 1,
) -> tuple[Forecast, ...]:
    """The coming issues of one schedule alone."""
    foresight = Foresight(candidates, history, rules, count)
    return tuple(foresight.at(occurrence)[0] for occurrence in occurrences)


@dataclass(frozen=True)
class Course:
    """One schedule among several: where it goes, and when."""

    name: str
    list_id: int
    occurrences: Sequence[Occurrence]
    foresight: Foresight
    drafted: Mapping[Occurrence, Forecast] = field(default_factory=dict)  # the history knows these already


def forecast_together(courses: Sequence[Course]) -> Iterator[tuple[str, Forecast]]:
    """The coming issues of all by instant, each with its schedule's name; what one sends a list the others know."""
    together = heapq.merge(
        *(
            [(occurrence.utc, place, occurrence) for occurrence in course.occurrences]
            for place, course in enumerate(courses)
        )
    )
    for _, place, occurrence in together:
        course = courses[place]
        if (drafted := course.drafted.get(occurrence)) is not None:
            yield course.name, drafted
            continue
        foreseen, articles = course.foresight.at(occurrence)
        for other in courses:
            if other is not course and other.list_id == course.list_id:
                other.foresight.also_sent(articles, occurrence)
        yield course.name, foreseen


def crowding(coming: Sequence[Forecast]) -> dict[int, str]:
    """Where one author has too many of a few issues in a row: the place of the last of them, and words for it."""
    found: dict[int, str] = {}
    if len({author for each in coming for author in each.authors}) < 2:
        return found
    told: dict[str, int] = {}
    for place in range(len(coming)):
        window = coming[max(0, place - LOOKED_AT + 1) : place + 1]
        counts = Counter(author for each in window for author in each.authors)
        for author in coming[place].authors:
            # Said once, and again only when the author had been away for a while.
            is_new = place - told.get(author, -LOOKED_AT) >= LOOKED_AT
            if counts[author] >= TOO_MANY and is_new:
                told[author] = place
                found[place] = f"{author} has {counts[author]} of {len(window)} issues in a row"
    return found


def authors_of(articles: Iterable[Article]) -> tuple[str, ...]:
    """Names, each once."""
    return tuple(dict.fromkeys(author.name for article in articles for author in article.authors))


def _moment(occurrence: Occurrence) -> Moment:
    zone = occurrence.local.tzinfo
    if zone is None:
        raise ValueError(f"{occurrence.local!r} has no time zone")
    return Moment.of(occurrence.utc, zone)
