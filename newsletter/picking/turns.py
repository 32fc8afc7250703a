"""Whose turn it is: targets and the turns so far → who comes next, so that nobody is ever a whole issue off.

The way of Tijdeman's chairman assignment (Discrete Mathematics 32, 1980): of those who may go without overrunning
their target, the one whose next turn is due first. To take whoever is furthest behind would break the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from operator import add, attrgetter
from typing import Any, NamedTuple

from newsletter.model import Article
from newsletter.picking.rules import POINT, History, Moment, Score, Turn, first_authors
from newsletter.states import ArticleStatus

BEHIND_AT_MOST = 1.0
"""Issues. Who joins late, or had nothing to send for a year, is owed one issue and not all that they missed.

What is not owed to them the others share as their own targets say.
"""


class Standing(NamedTuple):
    """Where somebody stands before the next turn: `behind` in issues, `place` from 0, the first one to go."""

    behind: float
    place: int
    may_go: bool  # without overrunning


def standings(shares: Mapping[str, float], turns: Iterable[str]) -> dict[str, Standing]:
    """Everybody's standing; `shares` add up to 1, `turns` are those so far, the oldest first.

    Turns of others are nobody's business here. Of equals the first by name comes first.
    """
    return _placed(shares, _behind(shares, turns, dict.fromkeys(shares, 0.0)))


def _behind(shares: Mapping[str, float], turns: Iterable[str], before: Mapping[str, float]) -> dict[str, float]:
    """How many issues everybody is behind after these turns, who was so far behind before them."""
    # Lists and no names: years of turns are reckoned for one pick.
    given, behind = list(shares.values()), [before[name] for name in shares]
    places = {name: place for place, name in enumerate(shares)}
    growing = _growing(given, behind)
    for place in (places[name] for name in turns if name in places):
        behind = list(map(add, behind, growing))
        behind[place] -= 1
        if growing is not given or max(behind) >= BEHIND_AT_MOST:
            behind = [min(BEHIND_AT_MOST, each) for each in behind]
            growing = _growing(given, behind)
    return dict(zip(shares, behind, strict=True))


def _growing(shares: list[float], behind: list[float]) -> list[float]:
    """By how much each one's credit grows with an issue: whoever is owed one already leaves theirs to the others."""
    growing = [share if owed < BEHIND_AT_MOST else 0.0 for share, owed in zip(shares, behind, strict=True)]
    total = sum(growing)
    return shares if growing == shares or not total else [share / total for share in growing]


def _placed(shares: Mapping[str, float], behind: Mapping[str, float]) -> dict[str, Standing]:
    owed = list(behind.values())
    surplus = dict(zip(shares, map(add, owed, _growing(list(shares.values()), owed)), strict=True))
    others = sum(each < BEHIND_AT_MOST for each in owed) - 1
    slack = 1 / (2 * others) if others > 0 else 0.0
    may_go = {name: shares[name] > 0 and surplus[name] >= slack - 1e-9 for name in shares}

    def due(name: str) -> tuple[bool, bool, float, str]:
        if not may_go[name]:
            return True, not shares[name], -round(surplus[name], 9), name
        return False, False, round((1 - slack - surplus[name]) / shares[name], 9), name

    order = sorted(shares, key=due)
    return {name: Standing(behind[name], place, may_go[name]) for place, name in enumerate(order)}


def equal_shares(names: Iterable[str], targets: Mapping[str, float]) -> dict[str, float]:
    """Each name's share of all issues: as the targets say, else as much as the others have on average."""
    known = sorted(set(names))
    given = [targets[name] for name in known if name in targets]
    usual = sum(given) / len(given) if given and sum(given) else 1.0
    weights = {name: targets.get(name, usual) for name in known}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else {}


class _Reckoned(NamedTuple):
    turns: tuple[Turn, ...]
    behind: Mapping[str, float]
    standings: dict[str, Standing]


class FairTurns:
    """A point off for whoever goes last, none for whose turn it is, and in between by their places."""

    tally = "not their turn"
    reach = POINT

    def __init__(
        self,
        name: str,
        noun: str,
        names_of: Callable[[Iterable[Article]], list[str]],
        whose: Callable[[Turn], str],
        targets: Mapping[str, float],
        candidates: Sequence[Article] = (),
    ) -> None:
        self.name = name
        self._noun = noun
        self._names_of = names_of
        self._whose = whose
        self._targets = targets
        ready = ArticleStatus.READY
        names = set(names_of([each for each in candidates if each.status is ready]))
        self._shares = equal_shares(names - {""}, targets)
        self._reckoned = self._begun()

    def among(self, candidates: Sequence[Article]) -> FairTurns:
        return FairTurns(self.name, self._noun, self._names_of, self._whose, self._targets, candidates)

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        return self._names_of(articles)

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        now = self._standings(history)
        last = len(now)

        def points(name: Any) -> int:
            # Who has no turn at all, an article without an author, comes after everybody.
            place = now[name].place if name in now else last
            return -place * POINT // last if last else 0

        return points

    def most_at(self, history: History, at: Moment) -> int:
        return 0

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        now = self._standings(history)
        (name,) = self._names_of([article])
        points = self.points_at(history, at)(name)
        if name not in now:
            return Score(f"of no {self._noun} with a turn", points)
        behind = now[name].behind
        stands = "on target" if abs(behind) < 0.005 else f"{abs(behind):.2f} {'behind' if behind > 0 else 'ahead'}"
        return Score(f"{name} is {stands}, {_ordinal(now[name].place + 1)} of {len(now)} to go", points)

    def _standings(self, history: History) -> dict[str, Standing]:
        """Kept for one history, and for one that goes on from it: thousands of candidates are judged by it."""
        known = self._reckoned
        if known.turns is not history.turns:
            if history.turns[: len(known.turns)] != known.turns:
                known = self._begun()
            later = map(self._whose, history.turns[len(known.turns) :])
            behind = _behind(self._shares, later, known.behind)
            self._reckoned = _Reckoned(history.turns, behind, _placed(self._shares, behind))
        return self._reckoned.standings

    def _begun(self) -> _Reckoned:
        behind = dict.fromkeys(self._shares, 0.0)
        return _Reckoned((), behind, _placed(self._shares, behind))


def author_turns(targets: Mapping[str, float]) -> FairTurns:
    """Between the first authors of the articles."""
    return FairTurns("authors", "author", first_authors, attrgetter("author"), targets)


def category_turns(targets: Mapping[str, float]) -> FairTurns:
    """Between the first categories of the articles."""
    return FairTurns("categories", "category", _first_categories, _category, targets)


def _first_categories(articles: Iterable[Article]) -> list[str]:
    return [each.categories[0] if each.categories else "" for each in articles]


def _category(turn: Turn) -> str:
    return turn.categories[0] if turn.categories else ""


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
