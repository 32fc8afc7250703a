"""Two ways of doing one thing → how many times faster the one is, measured in turns, and a line that says so.

Machines are noisy: a figure counts only as a ratio against a yardstick measured in the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


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


def ratio_line(row: str, what: str, ratio: float, *, must: float, aim: float, yardstick: str) -> str:
    """`row` is the target's letter; `must` and `aim` are the least ratios."""
    verdict = "aim reached" if ratio >= aim else "reached" if ratio >= must else "FALLS SHORT"
    return f"{row}  {what}: {ratio:,.0f} × {yardstick} (must ≥ {must:g}, aim ≥ {aim:g}): {verdict}"
