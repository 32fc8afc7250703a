"""What readers have had, and the articles that may go at coming occurrences, best first → which one each is due."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from newsletter.errors import Refused
from newsletter.model import Article, Occurrence
from newsletter.options import Options
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score, Turn, Verdict


@dataclass(frozen=True, slots=True)
class Past:
    """What a number of readers have had alike. Days are those of the schedule's zone."""

    had: Mapping[str, date] = field(default_factory=dict)  # slug → the last day it went to them
    last: date | None = None  # when the schedule itself last wrote to them
    readers: int = 1


class Sent(NamedTuple):
    """An article that goes to all of a list at an instant (aware UTC)."""

    at: datetime
    slug: str


@dataclass(frozen=True, slots=True)
class Due:
    """What readers of one past get at one occurrence: an article's slug; empty when there is none for them."""

    occurrence: Occurrence
    slug: str
    waits: bool = False  # the days between two articles of a course have not passed


@dataclass(frozen=True, slots=True)
class NextOfGroup:
    """The article that each reader of a group is due: all that come before it, in the history, they have had."""

    slug: str
    readers: int
    name = "not had"
    tally = "had by each of them"

    _had = Refusal("each of these readers has had it", NEVER)
    _later = Score("not the next one for these readers")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.slug == self.slug:
            return Score(f"the next one for {self.readers:,} {'reader' if self.readers == 1 else 'readers'}")
        return self._had if history.sent_at(article.slug) else self._later


def history_of_group(ranked: Sequence[Article], slug: str, seed: int, at: datetime) -> History:
    """What readers have had who are due that one of the ranked articles; when, is not known: it stands as `at`."""
    had = list(takewhile(lambda article: article.slug != slug, ranked))
    turns = tuple(Turn.of(article, at) for article in had)
    return History({article.slug: (at,) for article in had}, seed, turns)


def is_per_reader(options: Options) -> bool:
    """Whether each reader gets the next article that they themselves have not had."""
    return options.repeat == "per-reader" or options.sequence > 0


def require_possible(options: Options) -> None:
    """Raises Refused for what cannot go together where each reader has a next article of their own."""
    if not is_per_reader(options):
        return
    given = "--sequence" if options.sequence else "--repeat per-reader"
    if options.articles > 1:
        raise Refused(f"--articles: with {given} an issue has one article, the next one of each reader")
    if options.times:
        raise Refused(f"--times: with {given} nobody counts how often an article went; --cool-down keeps them apart")
    if options.when_empty == "repeat":
        raise Refused(f"--when-empty: with {given} nothing is repeated; an evergreen article comes again by itself")
    if options.missed == "ask":
        raise Refused(f"--missed: with {given} there is nothing to ask; each reader gets it at the next occurrence")


def is_had(article: Article, last: date, day: date, cool_down: int) -> bool:
    """Whether an article that last went to a reader on the day `last` still counts as had on `day`."""
    return not article.evergreen or day < last + timedelta(days=cool_down)


def is_waiting(last: date | None, day: date, sequence: int) -> bool:
    """Whether a course is still to pause for a reader whom it last wrote to on the day `last`."""
    return sequence > 0 and last is not None and day < last + timedelta(days=sequence)


def run_forward(
    past: Past,
    coming: Iterable[Occurrence],
    ranked: Callable[[Occurrence], Sequence[Article]],
    options: Options,
    besides: Sequence[Sent] = (),
) -> Iterator[Due]:
    """What readers of this past get at each of the coming occurrences, each as if those before it had been sent.

    `ranked` is asked only where it matters. `besides` is what other schedules will send them, in the order of time.
    """
    had, last = dict(past.had), past.last
    others = deque(besides)
    for occurrence in coming:
        day = occurrence.local.date()
        while others and others[0].at <= occurrence.utc:
            sent = others.popleft()
            had[sent.slug] = sent.at.astimezone(occurrence.local.tzinfo).date()
        if is_waiting(last, day, options.sequence):
            yield Due(occurrence, "", waits=True)
            continue
        slug = _first(had, ranked(occurrence), day, options.cool_down)
        if slug:
            had[slug] = last = day
        yield Due(occurrence, slug)


def _first(had: Mapping[str, date], ranked: Sequence[Article], day: date, cool_down: int) -> str:
    for article in ranked:
        last = had.get(article.slug)
        if last is None or not is_had(article, last, day, cool_down):
            return article.slug
    return ""


def count_groups(
    pasts: Iterable[Past],
    coming: Sequence[Occurrence],
    ranked: Callable[[Occurrence], Sequence[Article]],
    options: Options,
    besides: Sequence[Sent] = (),
) -> list[dict[str, int]]:
    """For each coming occurrence how many readers are due which article, in the order of the ranks."""
    counts: list[Counter[str]] = [Counter() for _ in coming]
    for past in pasts:
        for place, due in enumerate(run_forward(past, coming, ranked, options, besides)):
            counts[place][due.slug] += past.readers
    return [_in_order(count, ranked(each)) if any(count) else {} for count, each in zip(counts, coming, strict=True)]


def _in_order(count: Mapping[str, int], ranked: Sequence[Article]) -> dict[str, Any]:
    return {article.slug: count[article.slug] for article in ranked if article.slug in count}
