"""Candidates and rules → the pick, with every candidate's score or refusals beside it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from heapq import heapify, heappop, heapreplace
from itertools import repeat
from operator import sub
from typing import Any, NamedTuple

from newsletter.model import Article
from newsletter.picking.rules import History, Moment, Ranking, Refusal, Rule


class Reason(NamedTuple):
    """What one rule says about one candidate. `score` is its share, None when it refuses."""

    rule: str
    score: float | None
    refused: bool
    words: str


class Judged(NamedTuple):
    """One candidate with the word of every rule. `score` is None when any of them refuses."""

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
            tie = _tie(self.seed, one.slug) if shared[one.score] > 1 else b""
            return place.get(one.slug, len(place)), -one.score, tie, one.slug

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
        rules=tuple(rules),
        at=at,
    )


def judge(article: Article, history: History, rules: Sequence[Rule], at: Moment) -> Judged:
    """The word of every rule on one article; no rule is left out because another one refused."""
    reasons = []
    score = 0.0
    refused = False
    for rule in rules:
        verdict = rule.judge(article, history, at)
        if isinstance(verdict, Refusal):
            refused = True
            reasons.append(Reason(rule.name, None, True, verdict.words))
        else:
            score += verdict.value
            reasons.append(Reason(rule.name, verdict.value, False, verdict.words))
    return Judged(article.slug, None if refused else score, refused, tuple(reasons))


def as_json(pick: Pick) -> dict[str, Any]:
    """The keys `pick`, `seed` and `candidates` of the shape `next`."""
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
            for one in pick.candidates
        ],
    }


class Shortlist:
    """Candidates, best first, asked one after the other until one may go.

    It serves one pick as well as a year of them: a candidate that a rule refuses until a certain day is not
    asked again before that day. So the moments of successive calls must not run backwards, and the history
    must be that of the call before plus what was taken since.
    """

    def __init__(self, candidates: Sequence[Article], rules: Sequence[Rule], seed: int) -> None:
        self._candidates = candidates
        self._seed = seed
        self._rankings = [rule for rule in rules if isinstance(rule, Ranking)]
        self._guards = [rule for rule in rules if not isinstance(rule, Ranking)]
        self._asking = [guard.judge for guard in self._guards]
        self._tallies = list(dict.fromkeys(guard.tally for guard in self._guards))
        self._is_steady = all(rule.is_steady for rule in self._rankings)
        self._unranked = list(range(len(candidates)))
        # Heap of (score with its sign turned, tie, candidate). The tie is b"" until it is needed: hashing
        # every slug would cost more than all the rest, and b"" comes before any hash, so that of equal
        # scores all are drawn before one is taken.
        self._ranked: list[tuple[float, bytes, int]] = []
        self._asleep: defaultdict[date, list[int]] = defaultdict(list)  # by the first day to ask again
        self._refused: list[int] = []  # to be asked again every time

    def take(self, history: History, at: Moment, count: int = 1) -> tuple[Article, ...]:
        """Up to `count` articles that may go at `at`, the best first."""
        self._wake(at.day)
        taken: list[int] = []
        while len(taken) < count and (best := self._best(history, at)) is not None:
            taken.append(best)
            # The rules hold between the articles of one issue too.
            history = history.after(self._candidates[best].slug, at.utc)
        self._unranked += taken
        return tuple(self._candidates[index] for index in taken)

    def in_words(self, articles: Sequence[Article], history: History, at: Moment) -> str:
        """Why these were taken by the last call, or why none was."""
        if articles:
            return "; ".join(rule.judge(articles[0], history, at).words for rule in self._rankings)
        if not self._candidates:
            return "nothing can be picked: the library is empty"
        # Asked anew: the guard that once sent a candidate to sleep need not be the first that refuses it now.
        guards = Counter(self._first_refusal(article, history, at) for article in self._candidates)
        counts = (f"{count} {tally}" for tally in self._tallies if (count := guards[tally]))
        return f"nothing can be picked: {', '.join(counts)}"

    def _first_refusal(self, article: Article, history: History, at: Moment) -> str:
        refusals = (guard.tally for guard in self._guards if isinstance(guard.judge(article, history, at), Refusal))
        return next(refusals, "")

    def _wake(self, day: date) -> None:
        for over in [until for until in self._asleep if until <= day]:
            self._unranked += self._asleep.pop(over)

    def _rank(self, history: History, at: Moment) -> None:
        """Put whoever has no place yet into the heap; everybody, when places change with time."""
        if not self._is_steady:
            self._unranked += [index for _, _, index in self._ranked]
            self._ranked = []
        if not self._unranked:
            return
        articles = [self._candidates[index] for index in self._unranked]
        scores = [0.0] * len(articles)
        for rule in self._rankings:
            # Without a line of Python for each article: this is the greater part of what a pick costs.
            scores = list(map(sub, scores, map(rule.share, articles, repeat(history), repeat(at))))
        self._ranked += zip(scores, repeat(b""), self._unranked, strict=False)
        heapify(self._ranked)
        self._unranked = []

    def _best(self, history: History, at: Moment) -> int | None:
        """The best candidate no guard refuses, out of the heap; the refused ones before it leave it too."""
        self._unranked += self._refused
        self._refused = []
        self._rank(history, at)
        while self._ranked:
            score, tie, index = self._ranked[0]
            if self._sends_away(index, history, at):
                heappop(self._ranked)
            elif tie:
                return heappop(self._ranked)[2]
            else:
                drawn = _tie(self._seed, self._candidates[index].slug)
                heapreplace(self._ranked, (score, drawn, index))
        return None

    def _sends_away(self, index: int, history: History, at: Moment) -> bool:
        """Whether a guard refuses the candidate; if so it is noted when to ask again."""
        article = self._candidates[index]
        for ask in self._asking:
            verdict = ask(article, history, at)
            if isinstance(verdict, Refusal):
                if verdict.until is None or verdict.until <= at.day:
                    self._refused.append(index)
                else:
                    self._asleep[verdict.until].append(index)
                return True
        return False


def _tie(seed: int, slug: str) -> bytes:
    """Where chance puts the slug among equals: the same for one seed, for ever and on any machine."""
    return hashlib.blake2b(f"{seed} {slug}".encode(), digest_size=16).digest()
