"""Two ways of doing one thing → how they compare, measured in turns; a figure and its target → a row that says so.

Machines are noisy: a figure counts only as a ratio against a yardstick measured in the same run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROWS_FILE = "BENCH_ROWS"  # in the environment: where rows are kept beside being printed, one JSON object a line


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians over all rounds; `ratio` is the median of the rounds' own ratios, yardstick over ours."""

    ours: float  # seconds, one time
    yardstick: float  # seconds, one time
    ratio: float


def seconds(work: Callable[[], object], times: int) -> float:
    """Seconds that `work` takes once, on average over `times` in a row."""
    start = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - start) / times


def compare(
    ours: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    times: int,
    yardstick_times: int,
    rounds: int = 5,
) -> Comparison:
    """Both, in turns: what slows the machine down for a while slows both."""
    pairs = [(seconds(ours, times), seconds(yardstick, yardstick_times)) for _ in range(rounds)]
    return Comparison(
        median(pair[0] for pair in pairs),
        median(pair[1] for pair in pairs),
        median(pair[1] / pair[0] for pair in pairs),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its target. `letter` is the target's."""

    letter: str
    what: str
    figure: float
    must: float
    aim: float
    unit: str  # such as ×, ms, MiB
    yardstick: str  # empty: the figure stands for itself
    is_ceiling: bool = False  # must and aim are the most, not the least

    @property
    def verdict(self) -> str:
        if self._keeps(self.aim):
            return "aim reached"
        return "reached" if self._keeps(self.must) else "FALLS SHORT"

    def _keeps(self, target: float) -> bool:
        return self.figure <= target if self.is_ceiling else self.figure >= target

    @property
    def line(self) -> str:
        """For a terminal."""
        than = "≤" if self.is_ceiling else "≥"
        against = f" {self.yardstick}" if self.yardstick else ""
        target = f"must {than} {self.must:g}, aim {than} {self.aim:g}"
        return f"{self.letter}  {self.what}: {number(self.figure)} {self.unit}{against} ({target}): {self.verdict}"

    @property
    def cells(self) -> tuple[str, ...]:
        """For a table."""
        than = "≤" if self.is_ceiling else "≥"
        figure = f"{number(self.figure)} {self.unit}"
        return (self.letter, self.what, self.yardstick or "–", figure, *self._targets(than), self.verdict)

    def _targets(self, than: str) -> tuple[str, str]:
        return f"{than} {self.must:g}", f"{than} {self.aim:g}"


def number(figure: float) -> str:
    """Three digits that matter."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def tell(row: Row) -> None:
    """Print the row, and keep it where `python -m bench` asked for it."""
    print(row.line, flush=True)
    if kept := os.environ.get(ROWS_FILE):
        with Path(kept).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(asdict(row)) + "\n")


def read_rows(kept: Path) -> list[Row]:
    """The rows kept there, by their letters."""
    rows = [Row(**json.loads(line)) for line in kept.read_text("utf-8").splitlines()]
    return sorted(rows, key=lambda row: row.letter)
