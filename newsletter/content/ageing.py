"""An article and a day → what in it may no longer be true: a person should look before it is mailed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from newsletter.content.reading import bare_words
from newsletter.model import Article

MAX_HINTS = 5
_SHOWN = 40  # characters of what was found

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_PHONE = r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?)?\d{3,4}[ .-]\d{3,4}(?:[ .-]?\d{2,4})?(?!\w)"
_PRICE = r"[$€£]\s?\d[\d.,]{0,12}|\b\d[\d.,]{0,12}\s?(?:€|(?:EUR|USD|dollars|euros|pounds)\b)"
_HOURS = r"\b(?:opening|office|holiday) hours\b|\bwe (?:are|will be) closed\b"
_WORK = r"\bwe(?:'re|’re| are) hiring\b|\bjob opening|\bjoin our team\b|\bvacancy\b|\bapply (?:now|by)\b"
_INVITATION = r"\b(?:register (?:now|by|today)|sign up (?:by|before)|save the date|rsvp|early[- ]bird)\b"
_NEWS = r"\bthis (?:week|month|year|spring|summer|autumn|fall|winter)\b|\b(?:next|last) (?:week|month|year)\b"
_CRISIS = r"\b(?:lockdown|pandemic|covid)\b"
_SIGNS = tuple(
    (kind, re.compile(sign, re.IGNORECASE))
    for kind, sign in (
        ("a telephone number", _PHONE),
        ("a price", _PRICE),
        ("opening hours", _HOURS),
        ("an offer of work", _WORK),
        ("an invitation", _INVITATION),
        ("news of its day", f"{_NEWS}|{_CRISIS}"),
    )
)


def hints_of_age(article: Article, today: date) -> tuple[str, ...]:
    """At most MAX_HINTS, each a few words with what was found: `a telephone number: 555 0100`."""
    words = f"{article.title}. {bare_words(article.body_html)}"
    return tuple(hint for hint, _ in zip(_hints(words, today), range(MAX_HINTS), strict=False))


def _hints(words: str, today: date) -> Iterator[str]:
    years = sorted({int(year) for year in _YEAR.findall(words)} & set(range(today.year - 30, today.year)))
    if years:
        yield f"it speaks of {', '.join(map(str, years))}"
    for kind, sign in _SIGNS:
        found = sign.search(words)
        if found is not None:
            yield f"{kind}: {found[0][:_SHOWN]}"
