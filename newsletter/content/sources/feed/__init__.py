"""A feed (RSS 0.9x to 2.0, RDF, Atom, JSON Feed) → its items, in its own order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from newsletter.content.naming import key_of
from newsletter.content.source import LeftOut, Offered, Source
from newsletter.content.sources.feed.entry import FeedEntry, day_of, item_of
from newsletter.content.sources.feed.json_feed import JsonFeed
from newsletter.content.sources.feed.page import explain_page, is_page
from newsletter.content.sources.feed.xml_feed import MAX_ITEMS, XmlFeed
from newsletter.errors import SourceError


def read_feed(source: Source) -> Iterator[Offered]:
    """Raises SourceError for what is no feed; and, after the items that were good, where it breaks off."""
    return iter(Feed(source))


class Feed:
    """One reading of a feed, iterated once; what else is to be known of it is known when it has been iterated."""

    def __init__(self, source: Source) -> None:
        """Raises SourceError for what is no feed."""
        self._source = source
        if is_page(source):
            raise SourceError(source.name, explain_page(source))
        self._read: JsonFeed | XmlFeed = JsonFeed(source) if _is_json(source) else XmlFeed(source)
        self.names: dict[str, str] = {}  # of each item that has a key, in the feed's order
        self._days: list[str] = []

    @property
    def title(self) -> str:
        return " ".join(self._read.info.title.split())

    @property
    def deleted(self) -> tuple[str, ...]:
        """The keys of items that the feed itself says are deleted (RFC 6721)."""
        said = self._read.deleted if isinstance(self._read, XmlFeed) else ()
        return tuple(key_of(ref, self._read.info.site) for ref in said)

    @property
    def is_oldest_first(self) -> bool:
        """Whether the first item is older than the last; most feeds begin with the newest."""
        return len(self._days) > 1 and self._days[0] < self._days[-1]

    def __iter__(self) -> Iterator[Offered]:
        entries = iter(self._read)
        for entry in islice(entries, MAX_ITEMS):
            yield self._offered(entry)
        left_over = sum(1 for _ in entries) + (self._read.left_over if isinstance(self._read, XmlFeed) else 0)
        if left_over:
            name = f"items {MAX_ITEMS + 1:,} to {MAX_ITEMS + left_over:,} of {self._source.name}"
            yield LeftOut(name, f"a feed is read up to its {MAX_ITEMS:,}th item")

    def _offered(self, entry: FeedEntry | LeftOut) -> Offered:
        if isinstance(entry, LeftOut):
            return entry
        item = item_of(entry, self._read.info, self._source.name)
        if item.key and item.key in self.names:
            return LeftOut(item.name, "the feed holds an item of the same name (guid) before it")
        if item.key:
            self.names[item.key] = item.name
        day = day_of(entry.published) or day_of(entry.updated)
        self._days += [day.isoformat()] if day else []
        return item


def _is_json(source: Source) -> bool:
    source.stream.seek(0)
    head = source.stream.read(1_000)
    source.stream.seek(0)
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "ignore")
    return text.lstrip().startswith("{")
