"""What a person named for an import → the items it holds, each one article or the reason why it is none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from newsletter.content.draft import Draft

MAX_KEY = 500  # characters; PostgreSQL cannot index what is much longer

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Source:
    """A file, a member of an archive or an answer from the web. `stream` can be sought and stands at its first byte."""

    name: str  # the path or address a person would name; stands in reports and errors
    stream: BinaryIO
    url: str = ""  # the address it came from, after redirects: what is relative in it counts from here
    media_type: str = ""  # the Content-Type as the server said it


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a source, not yet read: what the library knows already is never read again.

    `draft` raises SourceError. `beside` gives the bytes of a picture that the article names by a relative path, None
    when there is none; an item without it has no pictures but those with an address. What `is_portable` is made of
    values alone, so that another process can read it.
    """

    name: str  # how a person finds it in its source: a title, or a path in an archive
    digest: str  # of all that the source says of it: the same digest, the same draft
    draft: Callable[[], Draft]
    key: str = ""  # what names it for ever, whatever becomes of its address: a feed's guid
    beside: Callable[[str], bytes | None] | None = None
    size: int = 0  # bytes it holds until it is read, where that may be many
    is_portable: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a source holds and the library does not take, and why; it may stand for many of one kind."""

    name: str
    reason: str
    is_broken: bool = False  # it should have been an article and could not be read


Offered = Item | LeftOut


def storable(text: str) -> str:
    """The text with a question mark for each sign that no database keeps."""
    return _UNSTORABLE.sub("?", text)


def storable_key(key: str) -> str:
    """The key as the library and the feeds keep it: itself, or the digest of one that no database could keep."""
    is_storable = len(key) <= MAX_KEY and not _UNSTORABLE.search(key)
    return key if is_storable else f"sha256:{digest_of(key)}"


def digest_of(*parts: str | bytes | None) -> str:
    """The SHA-256 of these parts in order, as hexadecimal digits; no two lists of parts run into each other."""
    digest = hashlib.sha256()
    for part in parts:
        data = b"" if part is None else part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) if part is not None else b"-")
        digest.update(data)
    return digest.hexdigest()
