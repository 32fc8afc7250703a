"""A ZIP archive or a folder → the articles of the export it is, or else of each file in it that may be one.

The archive's stream must stay open for as long as its items are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath

from newsletter.content.members import Members
from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports import beehiiv, buttondown, ghost, medium, substack
from newsletter.content.sources.exports.archive_pictures import PICTURES, find_beside
from newsletter.content.zip_members import open_zip
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

_MARK = re.compile(r"(?P<folder>(?:.*/)?)(?:posts\.csv|profile/profile\.html|emails\.(?:csv|json))$", re.DOTALL)

Read = Callable[[Source], Iterator[Offered]]


def read_archive(source: Source, pages: bool, read: Read, is_any: bool = False) -> Iterator[Offered]:
    """What the ZIP archive holds, as `read_members` tells. Raises SourceError when it cannot be read as a whole."""
    return read_members(open_zip(source), pages, read, is_any)


def read_members(members: Members, pages: bool, read: Read, is_any: bool = False) -> Iterator[Offered]:
    """What they hold; a file that is no part of a known export goes through `read`, with `is_any` every file does.

    A damaged or refused member is left out by name and the others are read; raises SourceError when there is nothing
    that could be an article.
    """
    yield from members.left_out
    names = members.names
    if is_any:
        yield from _read_each(members, pages, read)
    elif substack.is_it(names) and substack.is_table(_head(members, substack.table_of(names))):
        yield from substack.read_substack(members, pages)
    elif medium.is_it(names):
        yield from medium.read_medium(members)
    elif buttondown.is_it(names):
        yield from buttondown.read_buttondown(members, read)
    else:
        yield from _read_each(members, pages, read)


def export_folders(names: Collection[str]) -> list[str]:
    """Each folder that is an export by itself, empty or with a `/` at its end, and lies in no other one."""
    marked = sorted({found["folder"] for name in names if (found := _MARK.match(name))}, key=len)
    exports: list[str] = []
    for folder in marked:
        inside = [name.removeprefix(folder) for name in names if name.startswith(folder)]
        is_nested = any(folder.startswith(outer) for outer in exports)
        if not is_nested and any(known.is_it(inside) for known in (substack, medium, buttondown)):
            exports.append(folder)
    return exports


def _head(members: Members, name: str) -> bytes:
    """How the member begins; empty when it is damaged, which is said when it is read."""
    try:
        return members.head(name, _HEAD)
    except SourceError:
        return b""


def _read_each(members: Members, pages: bool, read: Read) -> Iterator[Offered]:
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
        raise SourceError(members.name, f"the {members.noun} holds no article: no Markdown, text, HTML or known export")


def _may_be_article(name: str, suffix: str, members: Members) -> bool:
    if PurePosixPath(name).stem.casefold() in _BESIDE_ARTICLES:
        return False
    if suffix == ".csv":
        return beehiiv.looks_like_beehiiv(_head(members, name))
    if suffix == ".json":
        head = _head(members, name)
        return b"jsonfeed.org/version" in head or ghost.looks_like_ghost(head)
    return suffix in _ARTICLES or suffix in _COLLECTIONS


def _read_member(name: str, suffix: str, members: Members, pages: bool, read: Read) -> Iterator[Offered]:
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


def _with_pictures(offered: Iterator[Offered], name: str, members: Members) -> Iterator[Offered]:
    beside = find_beside(members, name)
    for each in offered:
        yield replace(each, beside=beside) if isinstance(each, Item) and each.beside is None else each
