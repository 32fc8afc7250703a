"""A line with little pictures or the marks of Markdown around its words, `🏠 Home` → the words."""

from __future__ import annotations

import unicodedata

_KINDS = ("So", "Sk", "Cf", "Mn")


def bare(text: str) -> str:
    """The text itself when nothing but ornaments is in it."""
    first, last = 0, len(text)
    while first < last and _is_ornament(text[first]):
        first += 1
    while last > first and _is_ornament(text[last - 1]):
        last -= 1
    return text[first:last] if any(map(str.isalnum, text[first:last])) else text


def _is_ornament(char: str) -> bool:
    return char in " *_" or (unicodedata.category(char) in _KINDS and char != "©")
