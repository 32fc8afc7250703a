"""A ZIP archive → the articles of the export it is, or else of each file in it that may be one.

The archive's stream must stay open for as long as its items are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports import beehiiv, buttondown, ghost, medium, substack
from newsletter.content.sources.exports.archive_pictures import PICTURES, find_beside
from newsletter.content.zip_members import ZipMembers, open_zip
from newsletter.errors import SourceError

_ARTICLES = (".md", ".markdown", ".mdown", ".txt", ".text", ".html", ".htm", ".xhtml")
_COLLECTIONS = (".xml", ".rss", ".atom", ".json")  # of any size: an export, a feed
_HEAD = 65_536  # bytes looked at
_ZIP = b"PK\x03\x04"
# What stands beside the articles of a site: about the folder or for machines, never an article.
_BESIDE_ARTICLES = frozenset(
    """
    readme license licence changelog contributing code_of_conduct security authors notice todo requirements robots
    humans ads llms sitemap sitemap_index browserconfig crossdomain 404 _index
    """.split()
)

Read = Callable[[Source], Iterator[Offered]]


def read_archive(source: Source, pages: bool, read: Read) -> Iterator[Offered]:
    """What the archive holds; a file that is no part of a known export goes through `read`.

    A damaged or refused member is left out by name and the others are read; raises SourceError when the archive as a
    whole cannot be read, or has nothing in it that could be an article.
    """
    members = open_zip(source)
    yield from members.left_out
    names = members.names
    if substack.is_it(names) and substack.is_table(_head(members, substack.table_of(names))):
        yield from substack.read_substack(members, pages)
    elif medium.is_it(names):
        yield from medium.read_medium(members)
    elif buttondown.is_it(names):
        yield from buttondown.read_buttondown(members, read)
    else:
        yield from _read_each(members, pages, read)


def _head(members: ZipMembers, name: str) -> bytes:
    """How the member begins; empty when it is damaged, which is said when it is read."""
    try:
        return members.head(name, _HEAD)
    except SourceError:
        return b""


def _read_each(members: ZipMembers, pages: bool, read: Read) -> Iterator[Offered]:
    others: Counter[str] = Counter()
    is_empty = True
    for name in members.names:
        suffix = PurePosixPath(name).suffix.casefold()
        if suffix in PICTURES:
            continue
        if not _may_be_article(name, suffix, members):
            others[suffix.lstrip(".") or "file without a suffix"] += 1
            continue
        is_empty = False
        yield from _with_pictures(_read_member(name, suffix, members, pages, read), name, members)
    for kind, count in sorted(others.items()):
        words = f"1 {kind}" if count == 1 else f"{count} {kind}"
        yield LeftOut(members.name, f"{words}: no {'article' if count == 1 else 'articles'}")
    if is_empty and not members.left_out:
        raise SourceError(members.name, "the archive holds no article: no Markdown, text, HTML or known export")


def _may_be_article(name: str, suffix: str, members: ZipMembers) -> bool:
    if PurePosixPath(name).stem.casefold() in _BESIDE_ARTICLES:
        return False
    if suffix == ".csv":
        return beehiiv.looks_like_beehiiv(_head(members, name))
    if suffix == ".json":
        head = _head(members, name)
        return b"jsonfeed.org/version" in head or ghost.looks_like_ghost(head)
    return suffix in _ARTICLES or suffix in _COLLECTIONS


def _read_member(name: str, suffix: str, members: ZipMembers, pages: bool, read: Read) -> Iterator[Offered]:
    place = members.place(name)
    try:
        if suffix in _ARTICLES:
            data = members.read(name)
            if data.startswith(_ZIP):
                yield LeftOut(place, "archives within an archive are not read; import it by itself")
            else:
                yield from read(Source(place, BytesIO(data)))
            return
        # Never closed here: an item may read on when the next one is asked for.
        source = Source(place, members.open(name))
        if suffix == ".csv":
            yield from beehiiv.read_beehiiv(source)
        elif suffix == ".json" and ghost.looks_like_ghost(_head(members, name)):
            yield from ghost.read_ghost(source, pages)
        elif _head(members, name).startswith(_ZIP):
            yield LeftOut(place, "archives within an archive are not read; import it by itself")
        else:
            yield from read(source)
    except SourceError as error:
        yield LeftOut(error.source, error.words, is_broken=True)


def _with_pictures(offered: Iterator[Offered], name: str, members: ZipMembers) -> Iterator[Offered]:
    beside = find_beside(members, name)
    for each in offered:
        yield replace(each, beside=beside) if isinstance(each, Item) and each.beside is None else each
