"""What a feed held and what it holds now → the items taken out of it, and when to look again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

LONGEST_WAIT = timedelta(days=1)  # after failures; a feed that is looked at less often keeps its own pace
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(days=30)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_EVERY = re.compile(r"(\d{1,5})\s*([mhd])")


def taken_out(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Of the keys a feed held, newest first, those it no longer holds though what stood behind them is still there.

    A feed holds its newest items: what merely fell off its end is old, and not taken out. The last of the items now
    that was there before tells where the end is; an item that was changed may have moved to the front.
    """
    places = {key: place for place, key in enumerate(before)}
    end = next((places[key] for key in reversed(now) if key in places), 0)
    held = set(now)
    return [key for key in before[:end] if key not in held]


def is_suspicious(gone: int, known: int) -> bool:
    """Whether so many at once speak of a wrong answer rather than of a person who tidied up: more than a third."""
    return gone > max(1, known // 3)


def wait_after(every: timedelta, failures: int) -> timedelta:
    """Until the next check, after so many failures in a row: twice as long each time, up to a day."""
    return max(every, min(every * (1 << min(failures, 16)), LONGEST_WAIT))


def parse_every(text: str) -> timedelta:
    """`30m`, `6h` or `1d`. Raises ValueError, in words, for anything else, and outside of 5 minutes to 30 days."""
    found = _EVERY.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no interval such as 30m, 6h or 1d")
    every = int(found[1]) * _UNITS[found[2]]
    if not _SHORTEST <= every <= _LONGEST:
        raise ValueError(f"{text!r}: a feed is looked at every 5 minutes at most and every 30 days at least")
    return every


def show_every(every: timedelta) -> str:
    """`6h`, as `parse_every` reads it."""
    for unit, length in reversed(_UNITS.items()):
        if every % length == timedelta(0):
            return f"{every // length}{unit}"
    return f"{every // _UNITS['m']}m"
