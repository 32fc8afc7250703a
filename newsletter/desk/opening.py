"""What a person named, a file, a folder or an address → the sources in it, opened one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.app import App
from newsletter.content.source import Item, Offered, Source
from newsletter.content.sources import offered, offered_by
from newsletter.content.words import is_address
from newsletter.desk.folders import READABLE, FolderMembers, open_file
from newsletter.desk.pictures import beside_file
from newsletter.errors import SourceError

MAX_DOWNLOAD = 500_000_000  # bytes: a whole site's export


@dataclass(frozen=True, slots=True)
class Opened:
    """One source. `is_named`: the person named this very thing, not a folder it lies in."""

    name: str
    items: Iterator[Offered]
    is_named: bool


def open_sources(app: App, given: str, format: str = "auto", pages: bool = False) -> Iterator[Opened]:
    """The sources that `given` leads to; each is open until the next one is asked for.

    Raises SourceError when it leads to nothing, FetchError when an address cannot be fetched.
    """
    if is_address(given):
        with app.fetcher.fetch(given, max_bytes=MAX_DOWNLOAD) as fetched:
            source = Source(given, fetched.stream, fetched.url, fetched.media_type)
            yield Opened(given, offered(source, format, pages), True)
        return
    path = Path(given)
    if _is_folder(path, given):
        yield from _in_folder(path, format, pages)
    else:
        with _file(path, given, format, pages) as items:
            yield Opened(given, items, True)


def _in_folder(folder: Path, format: str, pages: bool) -> Iterator[Opened]:
    """Each export in it by itself, then all other files together, then each ZIP archive."""
    from newsletter.content.sources.exports.archive import export_folders

    members = FolderMembers(folder)
    exports = [] if format != "auto" else export_folders(members.names)
    if exports not in ([], [""]):
        for within in exports:
            yield _members(FolderMembers(folder / within), format, pages, False)
        members = FolderMembers(folder, lambda name: not name.startswith(tuple(exports)))
    if members.names or members.left_out:
        yield _members(members, format, pages, True)
    for archive in members.archives:
        with _file(archive, str(archive), format, pages) as items:
            yield Opened(str(archive), items, False)
    if not (members.names or members.left_out or members.archives or exports):
        raise SourceError(str(folder), f"no file ending in {', '.join(READABLE)}")


def _members(members: FolderMembers, format: str, pages: bool, is_named: bool) -> Opened:
    return Opened(members.name, offered_by(members, format, pages), is_named)


@contextmanager
def _file(file: Path, name: str, format: str, pages: bool) -> Iterator[Iterator[Offered]]:
    with open_file(file, name) as stream:
        yield _with_pictures(offered(Source(name, stream), format, pages), file)


def _is_folder(path: Path, given: str) -> bool:
    """Raises SourceError for what is not there."""
    try:
        if path.is_dir():
            return True
        path.stat()
    except FileNotFoundError:
        if "://" in given:
            raise SourceError(given[:200], "only https and http addresses are fetched") from None
        is_like_address = "." in given.partition("/")[0].strip(".") and not given.startswith((".", "/"))
        hint = f"; if it is an address, write https://{given}" if is_like_address else ""
        raise SourceError(given, f"there is no such file{hint}") from None
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else None
        raise SourceError(given[:200], words or "it is no path") from None
    return False


def _with_pictures(items: Iterator[Offered], file: Path) -> Iterator[Offered]:
    """The pictures that an article of a file names by a path lie beside that file."""
    beside = beside_file(file, file.parent)
    for each in items:
        yield replace(each, beside=beside) if isinstance(each, Item) and each.beside is None else each
