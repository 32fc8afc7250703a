"""A web page that was given where a feed was meant → the feeds it names."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

from newsletter.content.source import Source
from newsletter.content.words import is_address

_LOOKED_AT = 500_000  # bytes; the feeds stand in the head
_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*){0,5}<(?:!doctype\s+html|html|head|body|title|meta)\b", re.I | re.DOTALL
)
_LINK = re.compile(r"<link\b([^<>]{0,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w:-]{0,30})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_BASE = re.compile(r"""<base\b[^<>]{0,200}?\shref\s*=\s*["']([^"'<>]{1,900})""", re.IGNORECASE)
_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_LOGIN = re.compile(rb"""<input\b[^<>]{0,500}?\btype\s*=\s*["']?password""", re.IGNORECASE)


def is_page(source: Source) -> bool:
    """Whether it is HTML by its first bytes. The stream stands at its first byte again."""
    source.stream.seek(0)
    head = source.stream.read(20_000)
    source.stream.seek(0)
    return _START.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def feeds_named_in(source: Source) -> tuple[str, ...]:
    """Addresses of the feeds in a page's `<link rel="alternate">`, those of comments left out."""
    source.stream.seek(0)
    text = source.stream.read(_LOOKED_AT).decode("utf-8", "replace")
    base = source.url
    if (found := _BASE.search(text)) is not None:
        base = _joined(base, unescape(found[1]))
    urls = (_joined(base, href) for tag in _LINK.findall(text) if (href := _feed_in(tag)))
    return tuple(dict.fromkeys(url for url in urls if is_address(url)))


def explain_page(source: Source) -> str:
    """What the page is, and where a feed is to be had."""
    source.stream.seek(0)
    kind = "a page to log in" if _LOGIN.search(source.stream.read(_LOOKED_AT)) else "a web page"
    feeds = feeds_named_in(source)
    if not feeds:
        return f"it is {kind}, no feed, and it names none"
    shown = ", ".join(feeds[:5]) + (f" and {len(feeds) - 5} more" if len(feeds) > 5 else "")
    return f"it is {kind}, no feed; its {'feed is' if len(feeds) == 1 else 'feeds are'} {shown}"


def _feed_in(tag: str) -> str:
    attributes = {
        name.lower(): unescape(one or two or three).strip() for name, one, two, three in _ATTRIBUTE.findall(tag)
    }
    rel, media_type = attributes.get("rel", "").lower().split(), attributes.get("type", "").lower()
    is_json = media_type == "application/json" and "feed" in attributes.get("href", "")
    is_feed = "alternate" in rel and (media_type in _TYPES or is_json)
    href = attributes.get("href", "")
    return href if is_feed and not _is_of_comments(href, attributes.get("title", "")) else ""


def _is_of_comments(href: str, title: str) -> bool:
    return "/comments/feed" in href or "comment" in title.lower() or "kommentar" in title.lower()


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:  # a broken IPv6 host
        return ""
