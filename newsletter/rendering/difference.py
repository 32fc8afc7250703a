"""Two plain texts → the paragraphs in which they differ, short enough to be read on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

MOST_SHOWN = 12
"""Differences listed; who has changed more than that wants to read the whole."""

AROUND = 60
"""Characters shown before the place from which on two paragraphs differ."""

OTHERWISE = 0.6
"""The part of its paragraphs that are others, from which on a text with another beginning is another text."""

ENOUGH = 5
"""Paragraphs of which that can be said."""

_UNDERLINE = re.compile(r"\n[=-]{3,}(?=\n|$)")
"""Below a heading: it says nothing."""

LONGEST = 240
"""Characters shown of one paragraph."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One paragraph as it was and as it is; empty where there was none, or is none any more."""

    before: str
    now: str


def differences(before: str, now: str) -> list[Difference]:
    """What differs but for line breaks, in the order of the text, at most MOST_SHOWN.

    Of two texts that have next to nothing in common only the beginnings are told.
    """
    old, new = _paragraphs(before), _paragraphs(now)
    found = list(_differences(old, new))
    longer = max(len(old), len(new))
    if old and new and old[0] != new[0] and longer >= ENOUGH and len(found) > OTHERWISE * longer:
        return [Difference(_shown(old[0], 0), _shown(new[0], 0))]
    return found[:MOST_SHOWN]


def _paragraphs(text: str) -> list[str]:
    text = _UNDERLINE.sub("", text)
    return [" ".join(part.split()) for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def _differences(before: list[str], now: list[str]) -> Iterator[Difference]:
    matcher = SequenceMatcher(None, before, now, autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind == "equal":
            continue
        for old, new in zip_longest(before[first:last], now[new_first:new_last], fillvalue=""):
            start = max(_alike(old, new) - AROUND, 0)
            yield Difference(_shown(old, start), _shown(new, start))


def _alike(old: str, new: str) -> int:
    """How many characters they begin with alike."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _shown(paragraph: str, start: int) -> str:
    """From `start` on, where a word begins if one does soon, as long as allowed."""
    if start:
        space = paragraph.find(" ", start - 1, start + AROUND // 2)
        start = space + 1 if space >= 0 else start
    shown = paragraph[start : start + LONGEST]
    return ("… " if start and shown else "") + shown + (" …" if start + LONGEST < len(paragraph) else "")
