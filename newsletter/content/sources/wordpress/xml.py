"""The bytes of a WordPress export → its elements, one after another, none kept longer than it is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, cast

from lxml import etree

from newsletter.errors import SourceError

CHUNK = 65_536  # bytes read at once
MAX_HELD = 100_000_000  # bytes of memory, roughly, for what has begun and not ended
_COST_OF_A_NODE = 240  # bytes, of an element as of an attribute

_NAMESPACES = (
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/excerpt/"), "excerpt:"),
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/"), "wp:"),
    (re.compile(r"https?://purl\.org/rss/1\.0/modules/content/"), "content:"),
    (re.compile(r"https?://purl\.org/dc/elements/1\.1/"), "dc:"),
)
# What WordPress writes though XML forbids it, most of it pasted from word processors.
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16: a zero byte is half of a letter there

_RECORDS = frozenset({"item", "wp:author", "wp:category", "wp:tag", "wp:term"})
_OF_THE_SITE = frozenset({"title", "link", "language", "wp:base_site_url", "wp:base_blog_url", "wp:wxr_version"})
_OF_A_RECORD = frozenset(
    "title link pubDate dc:creator guid content:encoded excerpt:encoded category wp:post_id wp:post_date wp:post_name "
    "wp:post_modified wp:status wp:post_parent wp:post_type wp:post_password wp:attachment_url "
    "wp:postmeta wp:meta_key wp:meta_value wp:comment wp:author_login wp:author_email wp:author_display_name "
    "wp:author_first_name wp:author_last_name wp:author_description".split()
)


@lru_cache(maxsize=512)
def short_name(tag: str) -> str:
    """`{http://wordpress.org/export/1.2/}status` as `wp:status`, whatever the version."""
    if not tag.startswith("{"):
        return tag
    namespace, _, name = tag[1:].partition("}")
    prefix = next((prefix for pattern, prefix in _NAMESPACES if pattern.fullmatch(namespace)), f"{namespace}:")
    return prefix + name


def read_elements(stream: BinaryIO, source: str) -> Iterator[tuple[str, etree._Element]]:
    """(short name, element) of each item, author and fact of the site, in order; it is emptied after its turn.

    Raises SourceError for what is no WordPress export, holds entities, or takes more than MAX_HELD; for a file that
    breaks off or is no XML from some line on, after all that stood before.
    """
    return _Reading(stream, source).elements()


class _Reading:
    def __init__(self, stream: BinaryIO, source: str) -> None:
        self._stream = stream
        self._source = source
        self._parser = etree.XMLPullParser(
            events=("end",),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )
        self._lines_before = 0  # the XML declaration
        self._held = 0  # bytes of memory, roughly
        self._held_before_comments: int | None = None
        self._has_root = False
        self._last_title = ""

    def elements(self) -> Iterator[tuple[str, etree._Element]]:
        for chunk in self._chunks():
            error = self._feed(chunk)
            # Many of these stand in posts and cost no more than their byte: a bound, not a measure.
            self._held += len(chunk) + _COST_OF_A_NODE * (chunk.count(b"<") + chunk.count(b"="))
            yield from self._take_events()
            if error is not None:
                raise self._broken(error, "it is no XML from here on")
            if self._held > MAX_HELD:
                words = f"one of its items takes more than {MAX_HELD / 1e6:.0f} MB"
                raise SourceError(self._source, f"{words}{self._after()}")
        error = self._close()
        yield from self._take_events()
        if error is not None:
            raise self._broken(error, "the file breaks off here")

    def _chunks(self) -> Iterator[bytes]:
        self._stream.seek(0)
        chunk = self._stream.read(CHUNK)
        is_wide = chunk.startswith(_WIDE_MARKS)
        chunk = chunk if is_wide else self._from_declaration(chunk)
        while chunk:
            if not is_wide:
                chunk = chunk.translate(None, _FORBIDDEN)
            yield chunk
            chunk = self._stream.read(CHUNK)

    def _from_declaration(self, head: bytes) -> bytes:
        """Without what a plugin printed before the XML began; refuses what is no XML at all."""
        begin = head.find(b"<?xml")
        if begin < 0:
            begin = len(head) - len(head.removeprefix(b"\xef\xbb\xbf").lstrip())
        self._lines_before = head.count(b"\n", 0, begin)
        xml = head[begin:]
        if not xml.strip():
            raise SourceError(self._source, "the file is empty")
        if not xml.startswith(b"<"):
            raise SourceError(self._source, "it is no XML, so no WordPress export")
        if re.match(rb"<(?:!doctype\s+)?html\b", xml, re.IGNORECASE):
            raise self._no_export("an HTML page")
        return xml

    def _feed(self, chunk: bytes) -> etree.XMLSyntaxError | None:
        try:
            self._parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            return error
        return None

    def _close(self) -> etree.XMLSyntaxError | None:
        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            return error
        return None

    def _broken(self, error: etree.XMLSyntaxError, words: str) -> SourceError:
        said = re.sub(r"\s+", " ", re.sub(r", line \d+, column \d+.*", "", str(error.msg), flags=re.DOTALL)).strip()
        if re.search("too big|too long|huge text|limit exceeded", said):
            words = "a text here is longer than the 10 MB that are read"
        line = (error.lineno or 1) + self._lines_before
        return SourceError(self._source, f"{words}{self._after()} ({said})", line)

    def _after(self) -> str:
        return f", after the item {self._last_title!r}" if self._last_title else ""

    def _no_export(self, what: str) -> SourceError:
        return SourceError(self._source, f"it is {what}, no WordPress export (Tools → Export writes one)")

    def _take_events(self) -> Iterator[tuple[str, etree._Element]]:
        for _, read in self._parser.read_events():
            element = cast(etree._Element, read)
            name = short_name(element.tag)
            if not self._has_root:
                self._has_root = True
                self._check_root(element.getroottree().getroot())
            if name in _RECORDS:
                yield name, element
                self._end_record(name, element)
            elif name in _OF_THE_SITE and _is_of_the_site(element):
                yield name, element
                element.clear()
            elif name not in _OF_A_RECORD:
                element.clear()
            elif name == "wp:comment":
                self._end_comment(element)

    def _end_comment(self, element: etree._Element) -> None:
        """A post may have thousands; only their number is wanted."""
        element.clear()
        if self._held_before_comments is None:
            self._held_before_comments = self._held
        self._held_before_comments += _COST_OF_A_NODE
        self._held = min(self._held, self._held_before_comments)

    def _end_record(self, name: str, element: etree._Element) -> None:
        if name == "item":
            self._last_title = " ".join((element.findtext("title") or "").split())[:60] or self._last_title
        self._held, self._held_before_comments = 0, None
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]

    def _check_root(self, root: etree._Element) -> None:
        name = short_name(root.tag)
        if name.casefold().rpartition(":")[2] == "html":
            raise self._no_export("an HTML page")
        if root.getroottree().docinfo.internalDTD is not None:
            words = "it declares a document type, where XML entities are defined; no WordPress export does"
            raise SourceError(self._source, f"{words}, and it is not read")
        if name != "rss":
            feeds = {"feed": "an Atom feed", "RDF": "an RSS 1.0 feed"}
            raise self._no_export(feeds.get(name.rpartition(":")[2], f"XML with the root <{name[:60]}>"))
        if not any("wordpress.org/export/" in (namespace or "") for namespace in root.nsmap.values()):
            raise self._no_export("an RSS feed")


def _is_of_the_site(element: etree._Element) -> bool:
    """Items and the site's logo have titles and links too."""
    parent = element.getparent()
    return parent is not None and parent.tag == "channel"
