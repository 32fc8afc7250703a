"""Whose turn it is: targets and the turns so far → who comes next, so that nobody is ever a whole issue off.

The way of Tijdeman's chairman assignment (Discrete Mathematics 32, 1980): of those who may go without overrunning
their target, the one whose next turn is due first. To take whoever is furthest behind would break the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from newsletter.model import Article
from newsletter.picking.rules import POINT, History, Moment, Score, Turn, first_author
from newsletter.states import ArticleStatus

BEHIND_AT_MOST = 1.0
"""Issues. Who joins late, or had nothing to send for a year, is owed one issue and not all that they missed."""


class Standing(NamedTuple):
    """Where somebody stands before the next turn: `behind` in issues, `place` from 0, the first one to go."""

    behind: float
    place: int
    may_go: bool  # without overrunning


def standings(shares: Mapping[str, float], turns: Iterable[str]) -> dict[str, Standing]:
    """Everybody's standing; `shares` add up to 1, `turns` are those so far, the oldest first.

    Turns of others are nobody's business here. Of equals the first by name comes first.
    """
    behind = dict.fromkeys(shares, 0.0)
    seen = dict.fromkeys(shares, 0)
    count = 0
    for name in turns:
        if name in shares:
            # Credit grows evenly until one's own turn, so it is enough to reckon it then.
            grown = behind[name] + shares[name] * (count + 1 - seen[name])
            behind[name] = max(-BEHIND_AT_MOST, min(BEHIND_AT_MOST, grown) - 1)
            count += 1
            seen[name] = count
    now = {name: min(BEHIND_AT_MOST, behind[name] + shares[name] * (count - seen[name])) for name in shares}
    return _placed(shares, now)


def _placed(shares: Mapping[str, float], behind: Mapping[str, float]) -> dict[str, Standing]:
    slack = 1 / (2 * len(shares) - 2) if len(shares) > 1 else 0.0
    surplus = {name: behind[name] + shares[name] for name in shares}
    may_go = {name: shares[name] > 0 and surplus[name] >= slack - 1e-9 for name in shares}

    def due(name: str) -> tuple[bool, float, str]:
        if not may_go[name]:
            return True, -surplus[name], name
        return False, round((1 - slack - surplus[name]) / shares[name], 9), name

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


class FairTurns:
    """A point off for whoever goes last, none for whose turn it is, and in between by their places."""

    tally = "not their turn"

    def __init__(
        self,
        name: str,
        noun: str,
        whose: Callable[[Article | Turn], str],
        targets: Mapping[str, float],
        candidates: Sequence[Article] = (),
    ) -> None:
        self.name = name
        self._noun = noun
        self._whose = whose
        self._targets = targets
        ready = (each for each in candidates if each.status is ArticleStatus.READY)
        self._shares = equal_shares((who for each in ready if (who := whose(each))), targets)
        self._reckoned: tuple[Sequence[Turn], dict[str, Standing]] | None = None

    def among(self, candidates: Sequence[Article]) -> FairTurns:
        return FairTurns(self.name, self._noun, self._whose, self._targets, candidates)

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        return list(map(self._whose, articles))

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        now = self._standings(history)
        last = len(now)

        def points(name: Any) -> int:
            # Who has no turn at all, an article without an author, comes after everybody.
            place = now[name].place if name in now else last
            return -place * POINT // last if last else 0

        return points

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        now = self._standings(history)
        name = self._whose(article)
        points = self.points_at(history, at)(name)
        if name not in now:
            return Score(f"of no {self._noun} with a turn", points)
        behind = now[name].behind
        stands = "on its share" if abs(behind) < 0.005 else f"{abs(behind):.2f} {'behind' if behind > 0 else 'ahead'}"
        return Score(f"{name} is {stands}, {_ordinal(now[name].place + 1)} of {len(now)} to go", points)

    def _standings(self, history: History) -> dict[str, Standing]:
        """Kept for one history: thousands of candidates are judged by it."""
        if self._reckoned is None or self._reckoned[0] is not history.turns:
            self._reckoned = (history.turns, standings(self._shares, map(self._whose, history.turns)))
        return self._reckoned[1]


def author_turns(targets: Mapping[str, float]) -> FairTurns:
    """Between the first authors of the articles."""
    return FairTurns("authors", "author", first_author, targets)


def category_turns(targets: Mapping[str, float]) -> FairTurns:
    """Between the first categories of the articles."""
    return FairTurns("categories", "category", _first_category, targets)


def _first_category(given: Article | Turn) -> str:
    return given.categories[0] if given.categories else ""


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
