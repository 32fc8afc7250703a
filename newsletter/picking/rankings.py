"""The rules that put articles in order: queue, age, priority, rest, season, newness and variety, in points."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from newsletter.model import Article, Season
from newsletter.picking.rules import POINT, History, Moment, Score, Turn, first_authors

DAYS = date.max.toordinal() + 1
"""One more than the highest day number, so that a day divided by it stays under 1."""

DECADE = 3652  # days, in which an article's age makes one point
RESTED = 365  # days after which an article has half of the point for being rested
MILLENNIUM = date(2000, 1, 1).toordinal()


def _dated(article: Article) -> str:
    return f"published {article.published.isoformat()}" if article.published else "without a date"


class Queue:
    """Higher priority first, then the oldest date first, undated last.

    A point for each step of priority, and a fraction that is larger the older the article is.
    """

    name = "queue"
    tally = "behind in the queue"

    def points_of(self, articles: Sequence[Article]) -> list[int]:
        return [
            each.priority * POINT + (POINT - each.published.toordinal() * POINT // DAYS if each.published else 0)
            for each in articles
        ]

    def most_of(self, articles: Sequence[Article]) -> int:
        priority = max([each.priority for each in articles], default=0)
        oldest = min([each.published for each in articles if each.published], default=None)
        (most,) = self.points_of([Article("", "", "", priority=priority, published=oldest)])
        return most

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        return Score(f"{_dated(article)}, priority {article.priority}", *self.points_of([article]))


@dataclass(frozen=True, slots=True)
class Priority:
    """A point for each step of priority."""

    lowest: int = 0  # of the candidates
    highest: int = 0
    name = "priority"
    tally = "of lower priority"

    @property
    def reach(self) -> int:
        return (self.highest - self.lowest) * POINT

    def among(self, candidates: Sequence[Article]) -> Priority:
        known = {each.priority for each in candidates}
        return Priority(min(known, default=0), max(known, default=0))

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        return [each.priority for each in articles]

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        def points(priority: Any) -> int:
            return int(priority) * POINT

        return points

    def most_at(self, history: History, at: Moment) -> int:
        return self.highest * POINT

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        return Score(f"priority {article.priority}", article.priority * POINT)


class Oldest:
    """A point for each decade an article is older than another; undated ones count as written today."""

    name = "oldest"
    tally = "younger"

    def points_of(self, articles: Sequence[Article]) -> list[int]:
        return [-_decades(each.published) for each in articles]

    def most_of(self, articles: Sequence[Article]) -> int:
        return -_decades(min([each.published for each in articles if each.published], default=None))

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        return Score(f"{_dated(article)}: the older the sooner", *self.points_of([article]))


class Newest:
    """A point for each decade an article is younger than another; undated ones count as the oldest."""

    name = "newest"
    tally = "older"

    def points_of(self, articles: Sequence[Article]) -> list[int]:
        return [_decades(each.published) if each.published else 0 for each in articles]

    def most_of(self, articles: Sequence[Article]) -> int:
        newest = max([each.published for each in articles if each.published], default=date.fromordinal(MILLENNIUM))
        return max(0, _decades(newest))

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        return Score(f"{_dated(article)}: the younger the sooner", *self.points_of([article]))


def _decades(published: date | None) -> int:
    """Points since the year 2000, negative before; of an undated article as many as the calendar holds."""
    return ((published or date.max).toordinal() - MILLENNIUM) * POINT // DECADE


class Rest:
    """A point for what was never sent, and the more of it the longer ago an article was last sent."""

    name = "rest"
    tally = "sent more lately"
    reach = POINT

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        had = history.sent.keys() | history.added.keys()
        return [
            history.sent_at(each.slug)[-1].astimezone(at.zone).date() if each.slug in had else None for each in articles
        ]

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        def points(last: Any) -> int:
            if last is None:
                return POINT
            days: int = max(0, (at.day - last).days)
            return days * POINT // (days + RESTED)

        return points

    def most_at(self, history: History, at: Moment) -> int:
        return POINT

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        last: Any
        (last,) = self.groups_of([article], history, at)
        words = "never sent" if last is None else f"last sent on {last.isoformat()}"
        return Score(words, self.points_at(history, at)(last))


@dataclass(frozen=True, slots=True)
class SeasonCloseness:
    """For a seasonal article half a point as its season begins, and a whole one as it ends."""

    known: frozenset[tuple[Season, ...]] = frozenset()  # those of the candidates
    name = "season"
    tally = "less in season"
    reach = POINT

    def among(self, candidates: Sequence[Article]) -> SeasonCloseness:
        return SeasonCloseness(frozenset(each.seasons for each in candidates if each.seasons))

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        return [each.seasons for each in articles]

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        def points(seasons: Any) -> int:
            return max((_elapsed(season, at.day) for season in seasons), default=0)

        return points

    def most_at(self, history: History, at: Moment) -> int:
        return max(map(self.points_at(history, at), self.known), default=0)

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        points = self.points_at(history, at)(article.seasons)
        return Score("its season is on" if points else "of no season now", points)


def _elapsed(season: Season, day: date) -> int:
    if day not in season:
        return 0
    first, last = (_day_of_year(*month_day) for month_day in (season.start, season.end))
    length = (last - first) % 366 or 1
    return POINT // 2 + POINT // 2 * min(length, (_day_of_year(day.month, day.day) - first) % 366) // length


def _day_of_year(month: int, day: int) -> int:
    return date(2024, month, day).timetuple().tm_yday  # a leap year has every day


@dataclass(frozen=True, slots=True)
class Newness:
    """A point on the day an article is published, less each day, none after `days`."""

    days: int
    newest: date | None = None  # date of the candidates
    name = "fresh"
    tally = "less new"
    reach = POINT

    def among(self, candidates: Sequence[Article]) -> Newness:
        return Newness(self.days, max([each.published for each in candidates if each.published], default=None))

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        old = at.day - timedelta(days=self.days)
        return [each.published if each.published is not None and each.published > old else None for each in articles]

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        def points(published: Any) -> int:
            if published is None or not self.days:
                return 0
            age: int = max(0, (at.day - published).days)
            return max(0, self.days - age) * POINT // self.days

        return points

    def most_at(self, history: History, at: Moment) -> int:
        return self.points_at(history, at)(self.newest)

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        points = self.points_at(history, at)(*self.groups_of([article], history, at))
        return Score(f"new: {_dated(article)}" if points else "no longer new", points)


@dataclass(frozen=True, slots=True)
class Variety:
    """A point off for the author or a category of the issue before, less for those further back."""

    issues: int  # so many back count
    name = "variety"
    tally = "too like the last ones"
    reach = POINT

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        return list(zip(first_authors(articles), [each.categories for each in articles], strict=True))

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        lately = list(self._lately(history, at))

        def points(turn: Any) -> int:
            back = next((back for back, past in lately if _alike(Turn(*turn), past)), None)
            return 0 if back is None else -(self.issues + 1 - back) * POINT // self.issues

        return points

    def most_at(self, history: History, at: Moment) -> int:
        return 0

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        turn = Turn.of(article)
        back = next((back for back, past in self._lately(history, at) if _alike(turn, past)), 0)
        often = "1 issue" if back == 1 else f"{back} issues"
        words = f"its author or category was there {often} ago" if back else "unlike the last ones"
        return Score(words, self.points_at(history, at)(turn))

    def _lately(self, history: History, at: Moment) -> Iterator[tuple[int, Turn]]:
        """How many issues back each turn that counts lies, the latest first; one of this issue itself as 1 back."""
        back, instant = 0, at.utc
        for turn in reversed(history.turns):
            if turn.at != instant or turn.at is None:
                back, instant = back + 1, turn.at or at.utc
            if back > self.issues or not self.issues:
                return
            yield max(back, 1), turn


def _alike(turn: Turn, past: Turn) -> bool:
    return (turn.author != "" and turn.author == past.author) or not set(turn.categories).isdisjoint(past.categories)
