"""A time zone or a language as somebody names it → the name that is stored, or the reason why it is none."""

from __future__ import annotations

import difflib
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

LIKENESS = 0.8  # of a zone's name to the one that is meant

LONGEST_LANGUAGE = 35  # characters, as RFC 5646 §4.4.1 advises and the schema has it

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")  # RFC 5646, and the underscore of locales


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone. Raises ValueError, in words with the nearest names, for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = _similar_zones(name)
    raise ValueError(f"there is no time zone {name[:60]!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""))


def _similar_zones(name: str) -> list[str]:
    """Up to three names like this one, its last part alone ("berlin") being enough."""
    names = sorted(available_timezones())
    wanted = name.strip().replace(" ", "_").lower()[:60]
    cities = [known for known in names if _city(known) == _city(wanted)]
    if cities:
        return cities[:3]
    by_words = {known.lower() if "/" in wanted else _city(known): known for known in names}
    return [by_words[near] for near in difflib.get_close_matches(wanted, by_words, cutoff=LIKENESS)]


def _city(zone: str) -> str:
    return zone.lower().rpartition("/")[2]


def language_tag(text: str) -> str:
    """`de_AT` as `de-AT`; an empty one stays empty. Raises ValueError, in words, for what is no language tag."""
    if text and (len(text) > LONGEST_LANGUAGE or not LANGUAGE.fullmatch(text)):
        raise ValueError(f"must be a language such as en or de-AT, not {text[:60]!r}")
    return text.replace("_", "-")
