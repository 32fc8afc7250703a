"""A field as another system's export writes it → the words, day, topics or address a draft may hold.

A machine wrote these fields: what does not fit is cut or dropped rather than refused, with a note where it matters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from newsletter.content.words import MAX_TITLE, MAX_TOPIC, address

MAX_WORDS = 2_000  # characters of a subtitle or summary
MAX_BIO = 10_000

_NO_SIGN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?!\d)")
_EPOCH = re.compile(r"\d{9,13}")


def words(value: object, longest: int = MAX_WORDS) -> str:
    """The text on one line, without signs nobody can see, at most `longest` characters; empty for what is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = " ".join(_NO_SIGN.sub("", str(value)).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def unescaped(value: object, longest: int = MAX_WORDS) -> str:
    """As `words`, of a text with HTML's references in it: `Tea &amp; calm`."""
    return words(html.unescape(words(value, longest * 4)), longest)


def title(value: object) -> str:
    return words(value, MAX_TITLE)


def day(value: object) -> date | None:
    """`2024-03-01T10:00:00.000Z`, or seconds or milliseconds since 1970, as the day it was in UTC."""
    text = words(value, 60)
    found = _ISO_DAY.match(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if _EPOCH.fullmatch(text):
            seconds = int(text) if len(text) < 12 else int(text) // 1000
            return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None


def topics(values: Iterable[object]) -> tuple[str, ...]:
    """Each once, cut at MAX_TOPIC characters."""
    return tuple(dict.fromkeys(filter(None, (words(value, MAX_TOPIC) for value in values))))


def web_address(value: object) -> str:
    """The http(s) address; empty for anything else."""
    try:
        return address(words(value, MAX_WORDS))
    except ValueError:
        return ""
