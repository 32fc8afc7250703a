"""A field as a person or a source wrote it → words on one line, paragraphs, or an address that may be linked to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from subscribers.locales import language_tag

MAX_TITLE = 300  # characters
MAX_NAME = 200  # as the schema has it
MAX_TOPIC = 100  # a category or a tag
MAX_ADDRESS = 900  # octets; a longer one fits into no header line

WEB = ("https", "http")
MEDIA = "media"
"""The folder of the home that holds its pictures."""

# What is no white space and yet no sign: a header, a page or a database would stumble over it.
_NO_SIGN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028]")


def refuse_controls(text: str) -> str:
    """The text itself. Raises ValueError, in words that follow the field's name, for a sign that nobody can see."""
    found = _NO_SIGN.search(text)
    if found is not None:
        kind = "half of a surrogate pair," if "\ud800" <= found[0] <= "\udfff" else "the control character"
        raise ValueError(f"holds {kind} U+{ord(found[0]):04X}")
    return text


def one_line(text: str, longest: int | None = None) -> str:
    """The words with one space between them, whatever white space and line ends stood there.

    Raises ValueError for a control character and for more than `longest` characters.
    """
    line = " ".join(refuse_controls(text).split())
    if longest is not None and len(line) > longest:
        raise ValueError(f"has {len(line)} characters; at most {longest} are allowed")
    return line


def paragraphs(text: str) -> str:
    """The words with a blank line between paragraphs, each on one line. Raises ValueError for a control character."""
    lines = _LINE_END.sub("\n", refuse_controls(text).replace("\u2029", "\n\n"))
    return "\n\n".join(filter(None, map(one_line, re.split(r"\n\s*\n", lines))))


def language(text: str) -> str:
    """`de_AT` as `de-AT`; an empty one stays empty. Raises ValueError for what is no language tag."""
    return language_tag(one_line(text))


def is_address(text: str, schemes: Sequence[str] = WEB) -> bool:
    """Whether it is a whole URL of one of these schemes."""
    try:
        parts = urlsplit(text)
    except ValueError:  # a broken IPv6 host
        return False
    if parts.scheme not in schemes or " " in text:
        return False
    return bool(parts.netloc) if parts.scheme in WEB else bool(parts.path)


def address(text: str, schemes: Sequence[str] = WEB) -> str:
    """A URL of one of these schemes; an empty one stays empty. Raises ValueError for anything else."""
    url = fitting_address(one_line(text))
    if url and not is_address(url, schemes):
        raise ValueError(f"{url!r} is no address that begins with {' or '.join(f'{each}:' for each in schemes)}")
    return url


def link(text: str) -> str:
    """What a button may lead to: a page, or a mail to somebody. Raises ValueError for anything else."""
    return address(text, (*WEB, "mailto"))


def picture(text: str, schemes: Sequence[str] = WEB) -> str:
    """Where a picture is: a URL, or a path under media/; empty when there is none. Raises ValueError otherwise."""
    place = fitting_address(one_line(text))
    if place and not (is_address(place, schemes) or _is_in_media(place)):
        kind = "a URL" if schemes == WEB else f"a URL that begins with {' or '.join(f'{each}:' for each in schemes)}"
        raise ValueError(f"{place!r} is neither {kind} nor a path under {MEDIA}/")
    return place


def fitting_address(place: str) -> str:
    """The address or path itself. Raises ValueError when it is longer than any header line could carry."""
    octets = len(place.encode())
    if octets > MAX_ADDRESS:
        raise ValueError(f"has {octets} octets; an address has at most {MAX_ADDRESS}")
    return place


def _is_in_media(place: str) -> bool:
    parts = PurePosixPath(place).parts
    return len(parts) > 1 and parts[0] == MEDIA and ".." not in parts and "\\" not in place
