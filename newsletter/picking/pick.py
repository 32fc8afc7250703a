"""Candidates and rules → the pick, with every candidate's score or refusals beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from newsletter.model import Article
from newsletter.picking.rules import POINT, History, Moment, Refusal, Rule
from newsletter.picking.shortlist import Shortlist, tie


class Reason(NamedTuple):
    """What one rule says about one candidate. `score` is its part of the whole, in points; None when it refuses."""

    rule: str
    score: float | None
    refused: bool
    words: str


class Judged(NamedTuple):
    """One candidate with the word of every rule. `score`, in points, is None when any of them refuses."""

    slug: str
    score: float | None
    refused: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Pick:
    """The articles picked (the first one leads), why in short, and what they were picked from."""

    slugs: tuple[str, ...]
    seed: int
    words: str
    articles: tuple[Article, ...] = field(repr=False)
    offered: tuple[Article, ...] = field(repr=False, compare=False)
    history: History = field(repr=False, compare=False)
    rules: tuple[Rule, ...] = field(repr=False, compare=False)
    at: Moment = field(repr=False, compare=False)

    @cached_property
    def candidates(self) -> tuple[Judged, ...]:
        """Every candidate with every rule's word: the picked ones first, then by score, then the refused.

        Judged when first asked for: choosing needs a few of the words, only a person needs them all.
        """
        judged = [judge(article, self.history, self.rules, self.at) for article in self.offered]
        place = {slug: number for number, slug in enumerate(self.slugs)}
        shared = Counter(one.score for one in judged)

        def order(one: Judged) -> tuple[int, float, bytes, str]:
            if one.score is None:
                return len(place) + 1, 0.0, b"", one.slug
            drawn = tie(self.seed, one.slug) if shared[one.score] > 1 else b""
            return place.get(one.slug, len(place)), -one.score, drawn, one.slug

        return tuple(sorted(judged, key=order))


def pick_articles(
    candidates: Sequence[Article], history: History, rules: Sequence[Rule], at: Moment, count: int = 1
) -> Pick:
    """The article due at `at`, or up to `count` of them, with every candidate's score or refusals beside it.

    Deterministic for one `history.seed`, in whatever order the candidates come. An empty pick is an answer,
    not an error.
    """
    shortlist = Shortlist(candidates, rules, history.seed)
    articles = shortlist.take(history, at, count)
    return Pick(
        slugs=tuple(article.slug for article in articles),
        seed=history.seed,
        words=shortlist.in_words(articles, history, at),
        articles=articles,
        offered=tuple(candidates),
        history=history,
        rules=shortlist.rules,
        at=at,
    )


def judge(article: Article, history: History, rules: Sequence[Rule], at: Moment) -> Judged:
    """The word of every rule on one article; no rule is left out because another one refused."""
    reasons = []
    points = 0
    refused = False
    for rule in rules:
        verdict = rule.judge(article, history, at)
        if isinstance(verdict, Refusal):
            refused = True
            reasons.append(Reason(rule.name, None, True, verdict.words))
        else:
            points += verdict.points
            reasons.append(Reason(rule.name, verdict.points / POINT, False, verdict.words))
    return Judged(article.slug, None if refused else points / POINT, refused, tuple(reasons))


def as_json(pick: Pick) -> dict[str, Any]:
    """The keys `pick`, `seed` and `candidates` of the shape `next`."""
    return _as_json(pick, pick.candidates)


def picked_as_json(pick: Pick) -> dict[str, Any]:
    """The same of the picked articles alone: what a group's issue keeps, of which there may be hundreds."""
    return _as_json(pick, [judge(each, pick.history, pick.rules, pick.at) for each in pick.articles])


def _as_json(pick: Pick, candidates: Sequence[Judged]) -> dict[str, Any]:
    return {
        "pick": list(pick.slugs),
        "seed": pick.seed,
        "candidates": [
            {
                "slug": one.slug,
                "score": one.score,
                "refused": one.refused,
                "reasons": [
                    {"rule": why.rule, "score": why.score, "refused": why.refused, "words": why.words}
                    for why in one.reasons
                ],
            }
            for one in candidates
        ],
    }
