"""Candidates and rules → the best that may go, one by one, told apart no further than it takes to find them."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from datetime import date
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import accumulate, repeat
from math import inf
from operator import sub

from newsletter.model import Article
from newsletter.picking.rules import (
    History,
    Moment,
    Ranking,
    Refusal,
    Rule,
    Steady,
    Turning,
    among,
    is_steady,
    is_turning,
)

TOLD = 3
"""Rankings whose words tell why, where there are more: those that counted most."""

MANY = 2**32
"""More than there are candidates."""


class Shortlist:
    """Candidates, best first, asked one after the other until one may go.

    It serves one pick as well as a year of them: a candidate that a rule refuses until a certain day is not
    asked again before that day. So the moments of successive calls must not run backwards, and the history
    must be that of the call before plus what was taken, or told of by `sent`, since.

    The points of a turning ranking are the same for all candidates of one group. One ranking after the other tells the
    candidates of a group apart, and only where the best of them could still win: most are never looked at closely.
    Those whom every ranking puts into one group are put in order by their steady points.
    """

    def __init__(self, candidates: Sequence[Article], rules: Sequence[Rule], seed: int) -> None:
        self._candidates = candidates
        self._seed = seed
        self.rules = tuple(among(rule, candidates) for rule in rules)
        self._rankings: list[Ranking] = []
        self._steady: list[Steady] = []
        self._turning: list[Turning] = []
        self._guards: list[Rule] = []
        for rule in self.rules:
            if is_steady(rule):
                self._rankings.append(rule)
                self._steady.append(rule)
            elif is_turning(rule):
                self._rankings.append(rule)
                self._turning.append(rule)
            else:
                self._guards.append(rule)
        # The ranking that can part candidates furthest comes first: it leaves the least to the others.
        self._turning.sort(key=lambda rule: -rule.reach)
        # As many steady points as any could have. Where nothing turns all are put in order, and nobody needs to know.
        self._most_steady = sum(rule.most_of(candidates) for rule in self._steady) if self._turning else 0
        self._asking = [guard.judge for guard in self._guards]
        self._tallies = list(dict.fromkeys(guard.tally for guard in self._guards))
        self._all = _Group()
        self._outside = list(range(len(candidates)))  # of the groups, but to be among them at the next pick
        self._refused: list[int] = []  # the same, until every guard lets them go
        self._asleep: defaultdict[date, list[int]] = defaultdict(list)  # by the first day to ask again

    def take(self, history: History, at: Moment, count: int = 1) -> tuple[Article, ...]:
        """Up to `count` articles that may go at `at`, the best first."""
        self._wake(at.day)
        taken: list[int] = []
        while len(taken) < count and (best := self._best(history, at)) is not None:
            taken.append(best)
            # The rules hold between the articles of one issue too.
            history = history.after(self._candidates[best], at.utc)
        self._outside += taken
        return tuple(self._candidates[index] for index in taken)

    def sent(self, slugs: Collection[str]) -> None:
        """These went out by another schedule: where they stand is asked anew."""
        gone = {index for index, article in enumerate(self._candidates) if article.slug in slugs}
        groups = [self._all]
        while groups:
            group = groups.pop()
            self._outside += group.lose(gone)
            groups += group.parts.values()

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
            self._outside += self._asleep.pop(over)

    def _best(self, history: History, at: Moment) -> int | None:
        """The best candidate no guard refuses, out of its group; the refused ones before it leave theirs too."""
        self._all.waiting += [*self._outside, *self._refused]
        self._outside, self._refused = [], []
        reckoned = [cache(rule.points_at(history, at)) for rule in self._turning]
        most = [*accumulate((rule.most_at(history, at) for rule in reversed(self._turning)), initial=0)][::-1]
        numbers = itertools.count()  # so that groups themselves are never compared
        # Groups by the most that any of theirs may come to. Points have their sign turned, here and in a group: a heap
        # has the least first. Of equals those with a tie come last: before one is taken, all that could be its equals
        # are told apart, and drawn.
        frontier = [(-inf, b"", next(numbers), 0, 0, self._all)]
        while frontier:
            _, tied, number, depth, offset, group = heappop(frontier)
            if depth < len(self._turning):
                self._tell_apart(group, depth, history, at)
                for key, part in group.parts.items():
                    points = offset + reckoned[depth](key)
                    promise = part.best - points - most[depth + 1]
                    heappush(frontier, (promise, b"", next(numbers), depth + 1, points, part))
                continue
            taken = None
            if group.waiting:
                self._put_in_order(group)
            elif tied:
                taken = self._take_drawn(group, history, at)
            elif group.queue:
                self._draw(group, history, at)
            group.best, tied = group.first()
            if taken is not None:
                return taken
            if group.best < inf:
                heappush(frontier, (group.best - offset, tied, number, depth, offset, group))
        return None

    def _tell_apart(self, group: _Group, depth: int, history: History, at: Moment) -> None:
        """Part who waits in the group by the ranking of that depth; empty parts end."""
        if group.waiting:
            articles = [self._candidates[index] for index in group.waiting]
            told = defaultdict[Hashable, list[int]](list)
            for key, index in zip(self._turning[depth].groups_of(articles, history, at), group.waiting, strict=True):
                told[key].append(index)
            for key, indices in told.items():
                part = group.parts.setdefault(key, _Group())
                part.waiting += indices
                part.best = -self._most_steady
            group.waiting = []
        group.parts = {key: part for key, part in group.parts.items() if part.best < inf}
        group.best = min((part.best for part in group.parts.values()), default=inf)

    def _put_in_order(self, group: _Group) -> None:
        """Queue who waits in the group by their steady points."""
        articles = [self._candidates[index] for index in group.waiting]
        points: Iterable[int] = repeat(0)
        for rule in self._steady:
            points = map(sub, points, rule.points_of(articles))
        places = [each * MANY + index for each, index in zip(points, group.waiting, strict=False)]
        if group.queue:
            for place in places:
                heappush(group.queue, place)
        else:
            group.queue = places
            heapify(group.queue)
        group.waiting = []

    def _draw(self, group: _Group, history: History, at: Moment) -> None:
        """Give the first of the queue a tie, unless a guard refuses it."""
        points, index = divmod(heappop(group.queue), MANY)
        if not self._sends_away(index, history, at):
            heappush(group.drawn, (points, tie(self._seed, self._candidates[index].slug), index))

    def _take_drawn(self, group: _Group, history: History, at: Moment) -> int | None:
        """The first of the drawn, unless a guard refuses it; it may have been drawn some picks ago."""
        _, _, index = heappop(group.drawn)
        return None if self._sends_away(index, history, at) else index

    def _sends_away(self, index: int, history: History, at: Moment) -> bool:
        """Whether a guard refuses the candidate; if so it is noted when to ask again."""
        article = self._candidates[index]
        for place, ask in enumerate(self._asking):
            verdict = ask(article, history, at)
            if isinstance(verdict, Refusal):
                # Who comes next is often refused by the same guard: those sent lately were the best of their time.
                self._asking.insert(0, self._asking.pop(place))
                if verdict.until is None or verdict.until <= at.day:
                    self._refused.append(index)
                else:
                    self._asleep[verdict.until].append(index)
                return True
        return False


class _Group:
    """Candidates whose points by the rankings asked so far are the same."""

    __slots__ = ("best", "drawn", "parts", "queue", "waiting")

    def __init__(self) -> None:
        self.best: float = inf  # no more than the least steady points of any in it
        self.waiting: list[int] = []  # to be told apart by the next ranking, or to be queued where none is left
        self.parts: dict[Hashable, _Group] = {}
        # A heap of points times MANY, plus the candidate: thousands of tuples would keep the garbage collector busy.
        self.queue: list[int] = []
        # A heap of points, tie and candidate, of those that might be taken: hashing every slug would cost more than all
        # the rest.
        self.drawn: list[tuple[int, bytes, int]] = []

    def first(self) -> tuple[float, bytes]:
        """Points and tie of who comes first; of equals all are drawn before one is taken, so b"" is before any tie."""
        queued = (self.queue[0] // MANY, b"") if self.queue else (inf, b"")
        return min(queued, self.drawn[0][:2]) if self.drawn else queued

    def lose(self, gone: Collection[int]) -> list[int]:
        """Those of them who stood here themselves, and no longer do."""
        lost = [index for index in self.waiting if index in gone]
        lost += [place % MANY for place in self.queue if place % MANY in gone]
        lost += [index for _, _, index in self.drawn if index in gone]
        if lost:
            self.waiting = [index for index in self.waiting if index not in gone]
            self.queue = [place for place in self.queue if place % MANY not in gone]
            self.drawn = [entry for entry in self.drawn if entry[2] not in gone]
            heapify(self.queue)
            heapify(self.drawn)
            if not (self.waiting or self.queue or self.drawn or self.parts):
                self.best = inf
        return lost


def tie(seed: int, slug: str) -> bytes:
    """Where chance puts the slug among equals: the same for one seed, for ever and on any machine."""
    return hashlib.blake2b(f"{seed} {slug}".encode(), digest_size=16).digest()
