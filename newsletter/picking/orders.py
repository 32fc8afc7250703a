"""A schedule's options → its rules: the refusals every issue knows, and an order's weights for the scores."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from newsletter.model import Article
from newsletter.options import Options, Order
from newsletter.picking.guards import (
    AuthorActive,
    Complete,
    InLanguage,
    InSeason,
    NotBefore,
    NotExpired,
    NotSentBefore,
    Read,
    Ready,
    Reviewed,
    SentSeldom,
    Wanted,
)
from newsletter.picking.rankings import Newest, Newness, Oldest, Priority, Queue, Rest, SeasonCloseness, Variety
from newsletter.picking.readers import is_per_reader
from newsletter.picking.rules import (
    History,
    Moment,
    Ranking,
    Rule,
    Score,
    Steady,
    Turning,
    among,
    is_steady,
    is_turning,
)
from newsletter.picking.turns import author_turns, category_turns

RANKINGS: Mapping[str, Callable[[Options], Ranking]] = {
    "queue": lambda options: Queue(),
    "oldest": lambda options: Oldest(),
    "newest": lambda options: Newest(),
    "priority": lambda options: Priority(),
    "rest": lambda options: Rest(),
    "season": lambda options: SeasonCloseness(),
    "authors": lambda options: author_turns(dict(options.author_turns)),
    "categories": lambda options: category_turns(dict(options.category_turns)),
    "variety": lambda options: Variety(options.variety),
    "fresh": lambda options: Newness(options.fresh),
}
"""Every ranking by its name, in the order they are told."""

ORDERS: Mapping[Order, Mapping[str, float]] = {
    "queue": {"queue": 1},
    "oldest": {"oldest": 1},
    "newest": {"newest": 1},
    # Who was never sent first, then who was sent longest ago; of equals the oldest.
    "evergreen": {"rest": 100, "oldest": 0.01},
    # Turns weigh most, so that no author waits because of a season; a step of priority is a person's word for now.
    "score": {
        "authors": 10,
        "priority": 5,
        "season": 2,
        "variety": 2,
        "categories": 1,
        "rest": 1,
        "fresh": 1,
        "oldest": 0.1,
    },
}
"""What each order weighs its rankings with; a ranking it does not name weighs nothing."""


def weights_of(options: Options) -> dict[str, float]:
    """Each ranking that counts, with its weight: the order's, and over them those of the schedule's own."""
    weights = {**ORDERS[options.order], **dict(options.weights)}
    return {name: weights[name] for name in RANKINGS if weights.get(name)}


def rules_for(
    options: Options, language: str = "", is_alone: bool = False, weights: Mapping[str, float] | None = None
) -> tuple[Rule, ...]:
    """The rules of a schedule; with `is_alone` for an issue that goes out without any person's yes.

    `language` is the newsletter's (BCP 47); empty asks for none. `weights` take the place of those of the options.
    """
    guards: list[Rule] = [Ready(), Complete(), NotBefore(), NotExpired(), Reviewed(), InSeason(), AuthorActive()]
    guards.append(Read(is_required=is_alone))
    if language:
        guards.append(InLanguage(language))
    if options.categories or options.tags or options.without:
        guards.append(Wanted(options.categories, options.tags, options.without))
    if not is_per_reader(options):  # there each reader is asked what they have had, not the list
        guards.append(NotSentBefore(options.cool_down))
        if options.times:
            guards.append(SentSeldom(options.times))
    counting = weights_of(options) if weights is None else weights
    return (*guards, *(_weighted(RANKINGS[name](options), weight) for name, weight in counting.items()))


def lift_repeats(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """These rules without those about what the list has had."""
    return tuple(rule for rule in rules if not isinstance(rule, NotSentBefore | SentSeldom))


def _weighted(ranking: Ranking, weight: float) -> Rule:
    if weight == 1:
        return ranking
    if is_turning(ranking):
        return _WeightedTurning(ranking, weight)
    assert is_steady(ranking)
    return _WeightedSteady(ranking, weight)


@dataclass(frozen=True, slots=True)
class _Weighted:
    """A ranking whose points count more or less."""

    ranking: Ranking
    weight: float

    @property
    def name(self) -> str:
        return self.ranking.name

    @property
    def tally(self) -> str:
        return self.ranking.tally

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        words, points = self.ranking.judge(article, history, at)
        return Score(words, self._weighed(points))

    def _weighed(self, points: int) -> int:
        return round(points * self.weight)


@dataclass(frozen=True, slots=True)
class _WeightedSteady(_Weighted):
    ranking: Steady

    def points_of(self, articles: Sequence[Article]) -> list[int]:
        weight = self.weight
        return [round(points * weight) for points in self.ranking.points_of(articles)]  # thousands are weighed at once

    def most_of(self, articles: Sequence[Article]) -> int:
        return self._weighed(self.ranking.most_of(articles))


@dataclass(frozen=True, slots=True)
class _WeightedTurning(_Weighted):
    ranking: Turning

    @property
    def reach(self) -> int:
        return self._weighed(self.ranking.reach)

    def among(self, candidates: Sequence[Article]) -> _WeightedTurning:
        bound = among(self.ranking, candidates)
        assert is_turning(bound)
        return _WeightedTurning(bound, self.weight)

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        return self.ranking.groups_of(articles, history, at)

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        points = self.ranking.points_at(history, at)
        return lambda group: self._weighed(points(group))

    def most_at(self, history: History, at: Moment) -> int:
        return self._weighed(self.ranking.most_at(history, at))
