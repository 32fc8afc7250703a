"""The bytes of one source → the drafts of its articles, one file per format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from io import SEEK_END, BytesIO
from itertools import islice

from newsletter.content.decoding import MAX_BYTES, decode
from newsletter.content.draft import Draft
from newsletter.content.members import Members
from newsletter.content.source import Item, Offered, Source
from newsletter.content.sources.sniffing import HEAD, Kind, is_archive, kind_of
from newsletter.errors import SourceError

FORMATS = ("auto", "markdown", "text", "html", "wordpress", "feed")


def offered(source: Source, format: str = "auto", pages: bool = False) -> Iterator[Offered]:
    """What the source holds, in its order, one after the other; with `pages` a site's pages are articles too.

    Raises SourceError, also in the middle: what came before was whole.
    """
    if format not in FORMATS:
        raise SourceError(source.name, f"the format {format!r} is not known; it is one of {', '.join(FORMATS)}")
    head = source.stream.read(HEAD)
    source.stream.seek(0)
    if not head:
        raise SourceError(source.name, "the file is empty")
    kind = kind_of(head, source.name, source.media_type) if format == "auto" else Kind(format)
    if is_archive(head):
        from newsletter.content.sources.exports.archive import read_archive

        yield from read_archive(source, pages, lambda member: offered(member, format, pages), format != "auto")
    else:
        yield from _READERS[kind](source, pages)


def offered_by(members: Members, format: str = "auto", pages: bool = False) -> Iterator[Offered]:
    """What a folder holds, as `offered` gives it of a ZIP archive."""
    from newsletter.content.sources.exports.archive import read_members

    return read_members(members, pages, lambda member: offered(member, format, pages), format != "auto")


def read(data: bytes, source: str, format: str = "auto") -> Draft:
    """The draft of a source that is one article. Raises SourceError, also when it holds none or more than one."""
    found = list(islice(offered(Source(source, BytesIO(data)), format), 2))
    match found:
        case [Item() as item]:
            return item.draft()
        case _:
            raise SourceError(source, "it holds more than one article" if found else "it holds no article")


def _wordpress(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.wordpress import read_wordpress

    return read_wordpress(source, pages)


def _feed(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.feed import read_feed

    return read_feed(source)


def _ghost(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.exports.ghost import read_ghost

    return read_ghost(source, pages)


def _beehiiv(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.exports.beehiiv import read_beehiiv

    return read_beehiiv(source)


def _html(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.html import read_page

    yield _one(source, lambda data: read_page(data, source.name, source.url, source.media_type))


def _markdown(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.markdown import read_markdown

    yield _one(source, lambda data: read_markdown(decode(data, source.name), source.name))


def _text(source: Source, pages: bool) -> Iterator[Offered]:
    from newsletter.content.sources.text import read_text

    yield _one(source, lambda data: read_text(decode(data, source.name), source.name))


def _one(source: Source, read: Callable[[bytes], Draft]) -> Item:
    """The one article that the whole source is. Raises SourceError when it is too long for one."""
    size = source.stream.seek(0, SEEK_END)
    if size > MAX_BYTES:
        limit, found = MAX_BYTES / 1_000_000, size / 1_000_000
        raise SourceError(source.name, f"an article has at most {limit:.0f} MB; this one has {found:,.0f} MB")
    source.stream.seek(0)
    data = source.stream.read(MAX_BYTES)
    return Item(source.name, hashlib.sha256(data).hexdigest(), lambda: read(data), size=len(data))


_READERS: dict[Kind, Callable[[Source, bool], Iterator[Offered]]] = {
    Kind.WORDPRESS: _wordpress,
    Kind.FEED: _feed,
    Kind.GHOST: _ghost,
    Kind.BEEHIIV: _beehiiv,
    Kind.HTML: _html,
    Kind.MARKDOWN: _markdown,
    Kind.TEXT: _text,
}
