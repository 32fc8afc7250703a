"""What a rule is: one article, the history and a moment → a score or a refusal, with the reason in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple, Protocol, TypeGuard

from newsletter.model import Article

NEVER = date.max
"""The `until` of a refusal that no day will lift."""

POINT = 10**9
"""One point of a score. Points are whole numbers of this: their sum is the same in whatever order rules are asked."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, and the calendar day it falls on in the schedule's zone: rules about dates ask the day."""

    utc: datetime
    zone: tzinfo
    day: date

    @classmethod
    def of(cls, instant: datetime, zone: tzinfo) -> Moment:
        """`instant` must be aware. Raises ValueError for a naive one."""
        if instant.tzinfo is None:
            raise ValueError(f"{instant!r} has no time zone")
        return cls(instant.astimezone(UTC), zone, instant.astimezone(zone).date())


class Turn(NamedTuple):
    """One article that went out on the schedule: who wrote it, and what it is about."""

    author: str  # the first byline; empty when there is none
    categories: tuple[str, ...]
    at: datetime | None = None  # aware UTC: the articles of one issue have one instant

    @classmethod
    def of(cls, article: Article, at: datetime | None = None) -> Turn:
        (author,) = first_authors([article])
        return cls(author, article.categories, at)


def first_authors(articles: Iterable[Article]) -> list[str]:
    """The first byline of each article; empty where there is none. Thousands are asked for at once."""
    return [each.authors[0].name if each.authors else "" for each in articles]


@dataclass(frozen=True, slots=True)
class History:
    """When the list got each article (aware UTC, oldest first), whose turns the schedule has seen, and the seed."""

    sent: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    seed: int = 0  # for ties
    turns: tuple[Turn, ...] = ()  # oldest first
    # What `after` added lies beside `sent`, so that a forecast never copies years of history.
    added: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)

    def sent_at(self, slug: str) -> tuple[datetime, ...]:
        """Every instant the article was sent at, oldest first."""
        added = self.added.get(slug, ())
        # What is drafted days ahead is added before what goes in between.
        return tuple(sorted((*self.sent.get(slug, ()), *added))) if added else self.sent.get(slug, ())

    def after(self, article: Article, at: datetime, is_ours: bool = True) -> History:
        """This history, once the article has also been sent at `at` (aware UTC), not by us without `is_ours`."""
        added = {**self.added, article.slug: (*self.added.get(article.slug, ()), at)}
        return replace(self, added=added, turns=(*self.turns, Turn.of(article, at)) if is_ours else self.turns)


# Named tuples, here and in pick.py: a pick makes tens of thousands, at a third of what a dataclass costs.
class Score(NamedTuple):
    """The rule lets the article go. `points` is the rule's part in its score, 0 when it only guards."""

    words: str
    points: int = 0


class Refusal(NamedTuple):
    """The rule keeps the article from going.

    `until` is the first local day on which the rule might answer otherwise: NEVER when none will, and None,
    the safe answer, when it has to be asked every time.
    """

    words: str
    until: date | None = None


Verdict = Score | Refusal


class Rule(Protocol):
    """One rule. A new one is an object with these three, its place in orders.py, and its test."""

    @property
    def name(self) -> str: ...

    @property
    def tally(self) -> str:
        """Completes "3 …" when refusals are counted: "out of season"."""

    def judge(self, article: Article, history: History, at: Moment) -> Verdict: ...


class Steady(Protocol):
    """A ranking whose points an article keeps for ever.

    A ranking never refuses; the points of all rankings, summed, put the candidates in order.
    """

    @property
    def name(self) -> str: ...

    @property
    def tally(self) -> str: ...

    def judge(self, article: Article, history: History, at: Moment) -> Score: ...

    def points_of(self, articles: Sequence[Article]) -> list[int]:
        """Of each article, in their order: thousands are compared to find one, so they are asked all at once."""

    def most_of(self, articles: Sequence[Article]) -> int:
        """No fewer than any of the articles has, and cheaper to know than the points of each."""


class Turning(Protocol):
    """A ranking whose points change with the days, or with what has been sent, or are the same for many articles.

    They depend on the article's group, the history and the moment: a pick asks once a group, not once an article.
    """

    @property
    def name(self) -> str: ...

    @property
    def tally(self) -> str: ...

    @property
    def reach(self) -> int:
        """How far it can part two groups, in points."""

    def judge(self, article: Article, history: History, at: Moment) -> Score: ...

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        """What of each article its points depend on. It may change only when the article is sent."""

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        """The points of each group at that moment."""

    def most_at(self, history: History, at: Moment) -> int:
        """No fewer than any group has at that moment. A candidate that even these would not make the best is never
        asked about, so that it must be right; the closer it is, the fewer are asked about."""


Ranking = Steady | Turning


class Comparing(Protocol):
    """A rule that has to know whom it is asked about, before it is asked about anybody."""

    def among(self, candidates: Sequence[Article]) -> Rule: ...


# One member tells: isinstance of a protocol goes through all of them, which for a pick's rules takes as long as telling
# thousands of candidates apart.
def is_steady(rule: Rule) -> TypeGuard[Steady]:
    return hasattr(rule, "points_of")


def is_turning(rule: Rule) -> TypeGuard[Turning]:
    return hasattr(rule, "groups_of")


def is_comparing(rule: Rule) -> TypeGuard[Comparing]:
    return hasattr(rule, "among")


def among(rule: Rule, candidates: Sequence[Article]) -> Rule:
    """The rule, told whom it will be asked about if it wants to know."""
    return rule.among(candidates) if is_comparing(rule) else rule
