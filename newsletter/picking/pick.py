"""Candidates and rules → the pick, with every candidate's score or refusals beside it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from heapq import heapify, heappop, heapreplace
from itertools import repeat
from operator import sub
from typing import Any, NamedTuple

from newsletter.model import Article
from newsletter.picking.rules import POINT, History, Moment, Ranking, Refusal, Rule, Steady, Turning, among

TOLD = 3
"""Rankings whose words tell why, where there are more: those that counted most."""


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
        rules=tuple(among(rule, candidates) for rule in rules),
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
    must be that of the call before plus what was taken, or told of by `sent`, since.

    Candidates of one group for every turning ranking stand in one heap, in the order of their steady points: what
    changes from pick to pick is the same for all of a heap, so that a pick looks at the heads alone.
    """

    def __init__(self, candidates: Sequence[Article], rules: Sequence[Rule], seed: int) -> None:
        self._candidates = candidates
        self._seed = seed
        bound = [among(rule, candidates) for rule in rules]
        self._rankings: list[Ranking] = [rule for rule in bound if isinstance(rule, Steady | Turning)]
        self._steady = [rule for rule in self._rankings if isinstance(rule, Steady)]
        self._turning = [rule for rule in self._rankings if isinstance(rule, Turning)]
        self._guards = [rule for rule in bound if not isinstance(rule, Steady | Turning)]
        self._asking = [guard.judge for guard in self._guards]
        self._tallies = list(dict.fromkeys(guard.tally for guard in self._guards))
        self._unranked = list(range(len(candidates)))
        # Heaps of (points with their sign turned, tie, candidate), by group. The tie is b"" until it is needed: hashing
        # every slug would cost more than all the rest, and b"" comes before any hash, so that of equal
        # scores all are drawn before one is taken.
        self._heaps: dict[tuple[Hashable, ...], list[tuple[int, bytes, int]]] = {}
        self._asleep: defaultdict[date, list[int]] = defaultdict(list)  # by the first day to ask again
        self._refused: list[int] = []  # to be asked again every time

    def take(self, history: History, at: Moment, count: int = 1) -> tuple[Article, ...]:
        """Up to `count` articles that may go at `at`, the best first."""
        self._wake(at.day)
        taken: list[int] = []
        while len(taken) < count and (best := self._best(history, at)) is not None:
            taken.append(best)
            # The rules hold between the articles of one issue too.
            history = history.after(self._candidates[best], at.utc)
        self._unranked += taken
        return tuple(self._candidates[index] for index in taken)

    def sent(self, slugs: Collection[str]) -> None:
        """These went out by another schedule: where they stand is asked anew."""
        for key, heap in self._heaps.items():
            if gone := [index for _, _, index in heap if self._candidates[index].slug in slugs]:
                self._heaps[key] = kept = [entry for entry in heap if entry[2] not in gone]
                heapify(kept)
                self._unranked += gone

    def in_words(self, articles: Sequence[Article], history: History, at: Moment) -> str:
        """Why these were taken by the last call, or why none was."""
        if articles:
            judged = [rule.judge(articles[0], history, at) for rule in self._rankings]
            counting = [score for score in judged if score.points] or judged[:1]
            telling = sorted(counting, key=lambda score: -abs(score.points))[:TOLD]
            return "; ".join(score.words for score in judged if score in telling)
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
        """Put whoever has no place yet into the heap of their group."""
        self._unranked += self._refused
        self._refused = []
        if not self._unranked:
            return
        articles = [self._candidates[index] for index in self._unranked]
        points = [0] * len(articles)
        for rule in self._steady:
            points = list(map(sub, points, rule.points_of(articles)))
        entries = zip(points, repeat(b""), self._unranked, strict=False)
        if not self._turning:
            heap = self._heaps.setdefault((), [])
            heap += entries
            heapify(heap)
        else:
            groups = (rule.groups_of(articles, history, at) for rule in self._turning)
            touched = set()
            for key, entry in zip(zip(*groups, strict=True), entries, strict=True):
                self._heaps.setdefault(key, []).append(entry)
                touched.add(key)
            for key in touched:
                heapify(self._heaps[key])
        self._unranked = []

    def _best(self, history: History, at: Moment) -> int | None:
        """The best candidate no guard refuses, out of its heap; the refused ones before it leave theirs too."""
        self._rank(history, at)
        heads = self._heads(history, at)
        while heads:
            total, tie, index, offset, heap = heads[0]
            if self._sends_away(index, history, at):
                heappop(heap)
            elif tie:
                return heappop(heap)[2]
            else:
                heapreplace(heap, (total + offset, _tie(self._seed, self._candidates[index].slug), index))
            if heap:
                heapreplace(heads, _head(offset, heap))
            else:
                heappop(heads)
        return None

    def _heads(self, history: History, at: Moment) -> list[_Head]:
        """The best of each group, as a heap."""
        # Many heaps share a group: each is reckoned once.
        reckoned = [cache(rule.points_at(history, at)) for rule in self._turning]
        heads = []
        for key, heap in self._heaps.items():
            if heap:
                offset = 0
                for points, group in zip(reckoned, key, strict=True):
                    offset += points(group)
                heads.append(_head(offset, heap))
        heapify(heads)
        return heads

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


_Head = tuple[int, bytes, int, int, list[tuple[int, bytes, int]]]
"""Points with their sign turned, tie and candidate of the first in a heap; what its group adds; the heap."""


def _head(offset: int, heap: list[tuple[int, bytes, int]]) -> _Head:
    points, tie, index = heap[0]
    return points - offset, tie, index, offset, heap


def _tie(seed: int, slug: str) -> bytes:
    """Where chance puts the slug among equals: the same for one seed, for ever and on any machine."""
    return hashlib.blake2b(f"{seed} {slug}".encode(), digest_size=16).digest()
