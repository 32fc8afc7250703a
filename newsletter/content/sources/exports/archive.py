"""A ZIP archive or a folder → the articles of the export it is, or else of each file in it that may be one.

The archive's stream must stay open for as long as its items are read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
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
_NAMED = 3  # files of a kind that are no articles; the others are counted
_LONGEST_NAME = 80  # characters of each
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


@dataclass(slots=True)
class _Others:
    """Files of one kind that are no articles: how many, and the names of the first."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < _NAMED:
            self.names.append(name if len(name) <= _LONGEST_NAME else f"…{name[-_LONGEST_NAME:]}")

    @property
    def in_words(self) -> str:
        rest = self.count - len(self.names)
        return ", ".join(self.names) + (f" and {rest:,} more" if rest else "")


def _read_each(members: Members, pages: bool, read: Read) -> Iterator[Offered]:
    others: dict[str, _Others] = defaultdict(_Others)
    is_empty = True
    for name in members.names:
        suffix = PurePosixPath(name).suffix.casefold()
        if suffix in PICTURES:
            continue
        if not _may_be_article(name, suffix, members):
            others[suffix.lstrip(".") or "file without a suffix"].add(name)
            continue
        is_empty = False
        yield from _with_pictures(_read_member(name, suffix, members, pages, read), name, members)
    for kind, files in sorted(others.items()):
        noun = "article" if files.count == 1 else "articles"
        yield LeftOut(members.name, f"{files.count:,} {kind}: no {noun} ({files.in_words})")
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
