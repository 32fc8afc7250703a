"""A feed in XML (RSS 0.9x to 2.0, RDF, Atom) → what it says of itself and of each item, one item at a time.

feedparser knows what the elements of all these formats mean; expat reads them, piece by piece, so that a feed of any
size is never in memory as a whole. `_Bounded` stands between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast
from xml.sax import SAXParseException, make_parser
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from feedparser.api import StrictFeedParser  # type: ignore[import-untyped]

from newsletter.content.source import LeftOut, Source
from newsletter.content.sources.feed.entry import FeedEntry, FeedInfo, place_of
from newsletter.content.sources.feed.fields import entry_of, info_of
from newsletter.content.sources.feed.mending import mended
from newsletter.content.sources.feed.opening import FEEDS, open_document, what_else
from newsletter.errors import SourceError

MAX_ITEMS = 5_000
_MAX_DEPTH = 200
_MAX_PREFIXES = 200
_MAX_ELEMENTS = 500_000  # in the feed; feedparser needs about 20 µs for each
_MAX_ATTRIBUTES = 100  # of an element; feedparser looks each one up in all of them
_MAX_OUTSIDE = 50_000  # elements outside of items
_MAX_PER_ITEM = 50_000  # elements, those of a body in XHTML counted
_MAX_FIELDS = 2_000  # elements of an item that are no body's: feedparser compares each category with all before it
_MAX_WORDS = 3_000_000  # characters of one item
_MAX_FIELD = 2_000  # characters of what is no body: feedparser searches an author's for an address, in quadratic time

_MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"  # RFC 6721
_EXPORT = "wordpress.org/export/"
# feedparser takes them for the item's own title and body.
_OF_PICTURES = {"title", "description", "text", "comments", "community"}
_CAPTIONS = {"title", "description"}
_ENDS_EARLY = ("no element found", "unclosed token", "unclosed CDATA section", "partial character")
_JUNK = "junk after document element"

Name = tuple[str | None, str]


class XmlFeed:
    """Iterated once. `info` is what the feed has said of itself up to the item that came last."""

    def __init__(self, source: Source) -> None:
        """Raises SourceError for what is no feed, or one that must not be read."""
        self._source = source
        root = open_document(source).root
        if root not in FEEDS:
            raise SourceError(source.name, what_else(root))
        self._handler = _Bounded(source)

    @property
    def info(self) -> FeedInfo:
        return info_of(self._handler.feed, self._source.url)

    @property
    def deleted(self) -> tuple[str, ...]:
        """The keys that tombstones name."""
        return tuple(self._handler.deleted)

    @property
    def left_over(self) -> int:
        """How many items stood behind the last one that was read."""
        return max(0, self._handler.items - MAX_ITEMS)

    def __iter__(self) -> Iterator[FeedEntry | LeftOut]:
        """Raises SourceError, with the line, where the XML breaks off or is none."""
        read = 0
        try:
            for entry in self._entries(lambda texts: texts):
                read += 1
                yield entry
            return
        except _Malformed as error:
            if error.ends_early:
                raise error.told(self._source.name) from None
        # Once more with what is commonly wrong set right: a bare `&`, a prefix that nobody declared.
        self._handler = _Bounded(self._source)
        try:
            for number, entry in enumerate(self._entries(mended)):
                if number >= read:
                    yield entry
        except _Malformed as error:
            raise error.told(self._source.name) from None

    def _entries(self, mend: Callable[[Iterator[str]], Iterator[str]]) -> Iterator[FeedEntry | LeftOut]:
        handler = self._handler
        parser = make_parser()
        parser.setFeature(feature_namespaces, True)
        parser.setContentHandler(handler)
        handler.setDocumentLocator(cast(Locator, parser))  # the parser itself tells it only when it reads a whole file
        try:
            for text in mend(open_document(self._source).texts):
                parser.feed(text)  # type: ignore[attr-defined]  # the stubs do not know IncrementalParser
                yield from handler.taken()
            parser.close()  # type: ignore[attr-defined]
        except SAXParseException as error:
            yield from handler.taken()
            if error.getMessage() != _JUNK:
                raise _Malformed(error, handler.place) from None
        except SourceError:
            yield from handler.taken()
            raise


class _Malformed(Exception):
    def __init__(self, error: SAXParseException, place: str) -> None:
        self.words = error.getMessage()
        self.line = error.getLineNumber()
        self.place = place
        self.ends_early = self.words.startswith(_ENDS_EARLY)

    def told(self, source: str) -> SourceError:
        words = "the feed ends in the middle" if self.ends_early else f"the XML is broken ({self.words})"
        return SourceError(source, f"{words}, {self.place}", self.line)


class _Bounded(ContentHandler):
    """Hands on to feedparser what a feed of articles may hold, and takes each item from it when it ends."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._place = Locator()
        self._reader: Any = StrictFeedParser(source.url, None, "utf-8")
        self._reader.sanitize_html = False  # cleaned by content/cleaning.py
        self._reader.resolve_relative_uris = False
        # A guid stays as it is written: a WordPress export calls the same article by it.
        self._reader.can_be_relative_uri = self._reader.can_be_relative_uri - {"id"}
        self._done: list[FeedEntry | LeftOut] = []
        self._item_name: Name | None = None
        self._prefixes = self._depth = self._elements = self._outside = 0
        self._skipping = 0  # the depth of the element that is passed over with all in it
        self._media = 0  # the depth of the `media:content` it is in
        self._caption = ""  # which words of a picture are passed over: its title or its description
        self._caption_words = ""
        self._words: list[str] = []  # since the last tag: expat gives a text line by line
        self._item_elements = self._item_fields = self._item_words = self._field_words = 0
        self._last = ""  # the name of the item that ended last
        self._too_much = ""  # what an item has more of than is read
        self.items = 0  # begun
        self.deleted: list[str] = []

    @property
    def feed(self) -> Any:
        return self._reader.feeddata

    @property
    def place(self) -> str:
        """Where it is, in words that a person finds the item by."""
        if self._reader.inentry:
            return place_of(self.items, entry_of(self._reader.entries[-1], self._source.url).name, True)
        is_passed_over = self.items > MAX_ITEMS
        return place_of(self.items, "" if is_passed_over else self._last, is_passed_over)

    def taken(self) -> Iterator[FeedEntry | LeftOut]:
        """The items that are complete, once."""
        done, self._done = self._done, []
        return iter(done)

    def setDocumentLocator(self, locator: Locator) -> None:
        self._place = locator

    def startPrefixMapping(self, prefix: str | None, uri: str) -> None:
        self._prefixes += 1
        if self._prefixes > _MAX_PREFIXES:
            raise self._refusal(f"it declares more than {_MAX_PREFIXES} prefixes")
        if _EXPORT in (uri or ""):
            raise self._refusal("it is a WordPress export, no feed: import it with `--format wordpress`")
        self._reader.startPrefixMapping(prefix, uri)

    def endPrefixMapping(self, prefix: str | None) -> None:
        self._prefixes -= 1

    def startElementNS(self, name: Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        self._depth += 1
        if self._skipping:
            return
        self._count()
        if len(attrs) > _MAX_ATTRIBUTES:
            raise self._refusal(f"an element has more than {_MAX_ATTRIBUTES} attributes")
        if name == self._item_name and not self._reader.inentry:
            self.items += 1
        if self._item_elements > _MAX_PER_ITEM:
            self._too_much = f"has more than {_MAX_PER_ITEM:,} elements"
        elif self._item_fields > _MAX_FIELDS:
            self._too_much = f"has more than {_MAX_FIELDS:,} elements beside its text"
        is_too_much = self._item_elements > _MAX_PER_ITEM or self._item_fields > _MAX_FIELDS
        if self.items > MAX_ITEMS or is_too_much or self._is_passed_over(name, attrs):
            self._skipping = self._depth
            self._caption = self._caption_of(name)
            return
        known = len(self._reader.entries)
        self._field_words = 0
        self._hand_on(self._reader.startElementNS, name, qname, attrs)
        if self._item_name is None and len(self._reader.entries) > known:
            self._item_name, self.items = name, 1
        if (name[0] or "").lower() in _MEDIA and name[1].lower() == "content":
            self._media = self._depth

    def endElementNS(self, name: Name, qname: str | None) -> None:
        self._depth -= 1
        if self._skipping:
            if self._depth < self._skipping:
                self._skipping = 0
                self._keep_caption()
            return
        if self._depth < self._media:
            self._media = 0
        self._field_words = 0
        self._hand_on(self._reader.endElementNS, name, qname)
        if self._reader.entries and not self._reader.inentry:
            self._finish()

    def characters(self, content: str) -> None:
        if self._skipping:
            if self._caption and len(self._caption_words) < _MAX_FIELD:
                self._caption_words += content
            return
        self._item_words += len(content)
        if self._item_words > _MAX_WORDS:
            self._too_much = f"is longer than {_MAX_WORDS // 1_000_000} million characters"
            return
        if not self._reader.incontent:
            content = content[: max(0, _MAX_FIELD - self._field_words)]
            self._field_words += len(content)
        self._words.append(content)

    def _count(self) -> None:
        self._elements += 1
        self._item_elements += bool(self._reader.inentry)
        self._item_fields += bool(self._reader.inentry and not self._reader.incontent)
        self._outside += not self._reader.inentry
        if self._outside > _MAX_OUTSIDE + self.items or self._elements > _MAX_ELEMENTS:
            raise self._refusal("it has far more elements than a feed of articles would")
        if self._depth > _MAX_DEPTH:
            raise self._refusal(f"its elements are nested deeper than {_MAX_DEPTH}")

    def _is_passed_over(self, name: Name, attrs: AttributesNSImpl) -> bool:
        space, local = (name[0] or "").lower(), name[1].lower()
        if space == _TOMBSTONES and local == "deleted-entry" and len(self.deleted) < MAX_ITEMS:
            self.deleted.append(str(dict(attrs.items()).get((None, "ref"), ""))[:_MAX_FIELD])
        if space in _MEDIA:
            return local in _OF_PICTURES
        # The same words once more, without their links.
        has_words = bool(self._reader.entries) and ("summary" in self._reader.entries[-1])
        return space == _TOMBSTONES or (space == _ITUNES and local in ("summary", "subtitle") and has_words)

    def _caption_of(self, name: Name) -> str:
        is_media = (name[0] or "").lower() in _MEDIA and self.items <= MAX_ITEMS and self._reader.inentry
        return name[1].lower() if is_media and name[1].lower() in _CAPTIONS else ""

    def _keep_caption(self) -> None:
        """With its picture; what stands outside of one is of every picture of the item."""
        if self._caption and self._reader.entries:
            entry = self._reader.entries[-1]
            said = entry["media_content"][-1] if self._media and entry.get("media_content") else entry
            dict.setdefault(said, f"media_{self._caption}", self._caption_words)
        self._caption = self._caption_words = ""

    def _hand_on(self, method: Callable[..., None], *given: object) -> None:
        """A tag, with all the words before it."""
        words, self._words = self._words, []
        try:
            if words:
                self._reader.characters("".join(words))
            method(*given)
        except (ValueError, LookupError, TypeError, OverflowError) as error:
            raise self._refusal(f"it holds what cannot be read: {error}") from None

    def _finish(self) -> None:
        base = self._source.url
        entries = [entry_of(entry, base) for entry in self._reader.entries]
        self._done += (
            [LeftOut(each.name, self._too_much, is_broken=True) for each in entries] if self._too_much else entries
        )
        self._too_much = ""
        self._reader.entries.clear()
        self._reader.property_depth_map.clear()  # else it would hold every item for ever
        self._item_elements = self._item_fields = self._item_words = 0
        self._last = entries[-1].name

    def _refusal(self, words: str) -> SourceError:
        words = f"{words}, {self.place}" if self.items else words
        return SourceError(self._source.name, words, self._place.getLineNumber())
