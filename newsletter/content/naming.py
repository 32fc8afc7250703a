"""What a source calls an article, its key and its address → the names that mean nothing else in all the world."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

OF_A_HOST = "feed:"
"""How a key begins that means one thing on its host alone, and there perhaps in one feed alone."""

_OF_THE_WORLD = re.compile(r"(?:https?://|tag:|urn:)\S+", re.IGNORECASE)
# Drawn by lot, as Ghost's ids and UUIDs are: no two sites draw the same.
_DRAWN = re.compile(r"[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def key_of(guid: str, site: str) -> str:
    """The key of what the site or feed at the address `site` calls `guid`; empty when that says nothing elsewhere.

    `12` names one item of each of a thousand sites: it becomes `feed:HOST:12`.
    """
    guid = guid.strip()
    if not guid or _OF_THE_WORLD.fullmatch(guid) or _DRAWN.fullmatch(guid):
        return guid
    host = _host(site)
    return f"{OF_A_HOST}{host}:{guid}" if host else ""


def page_address(url: str) -> str:
    """The address, if it can be that of one article; empty for a site's first page, where many are said to be."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    is_first_page = parts.netloc and parts.path in ("", "/") and not parts.query
    return "" if is_first_page else url


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
