"""The library → a folder of Markdown files and their pictures, which an import reads as the same library."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, TextIO

from newsletter.app import App
from newsletter.content.corrections import changed_fields
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft
from newsletter.content.sources.markdown import read_markdown
from newsletter.content.words import MEDIA
from newsletter.content.writing import write_markdown
from newsletter.desk.media import find_picture
from newsletter.errors import NewsletterError, Refused, SourceError
from newsletter.model import Article
from newsletter.store import articles as store
from newsletter.store.authors import list_authors

MARKER = ".newsletter-export"
"""What an export wrote, in the form of sha256sum; a folder without it is somebody else's."""

BATCH = 200  # articles read at once

_SOURCE = re.compile(r"<img\b[^>]*?\ssrc=\"([^\"]*)\"")


@dataclass(slots=True)
class ExportReport:
    folder: str
    articles: int = 0
    pictures: int = 0
    written: int = 0  # files that are new or changed
    unchanged: int = 0  # files that were there already, as they are now
    notes: list[str] = field(default_factory=list)  # what could not be had, or does not travel

    @property
    def summary(self) -> str:
        counted = f"{self.articles} articles and {self.pictures} pictures"
        return f"{counted} in {self.folder}: {self.written} files written, {self.unchanged} unchanged"

    def as_json(self) -> dict[str, Any]:
        return {
            "folder": self.folder,
            "articles": self.articles,
            "pictures": self.pictures,
            "written": self.written,
            "unchanged": self.unchanged,
            "notes": self.notes,
        }


def export(app: App, folder: Path, progress: Callable[[int], None] = lambda done: None) -> ExportReport:
    """Every article as SLUG.md, and below media/ the pictures of the home that they name.

    A second export to the same folder writes what has changed since. Raises Refused for a folder that holds anything
    but an export as it was written, NewsletterError where nothing can be written.
    """
    with app.database.read() as connection:
        slugs = store.all_slugs(connection)
        idle = [author.name for author, count in list_authors(connection) if not count]
    try:
        report = ExportReport(str(folder))
        with _opened(folder, [f"{slug}.md" for slug in slugs.values()]) as target:
            for article in _in_batches(app, list(slugs)):
                _export(app, article, target, report)
                progress(1)
    except OSError as error:
        raise NewsletterError(f"{error.filename or folder}: {error.strerror}") from None
    report.written, report.unchanged = target.written, target.unchanged
    if idle:
        report.notes.append(f"authors of no article are left out: {', '.join(idle)}")
    return report


def _in_batches(app: App, ids: list[int]) -> Iterator[Article]:
    for start in range(0, len(ids), BATCH):
        with app.database.read() as connection:
            found = store.find_articles(connection, ids[start : start + BATCH])
        yield from sorted(found, key=lambda article: article.id or 0)


def _export(app: App, article: Article, target: _Folder, report: ExportReport) -> None:
    text = write_markdown(article)
    name = f"{article.slug}.md"
    for path in sorted(path for path in pictures_of(article) if path.startswith(f"{MEDIA}/")):
        picture = find_picture(app.home.media, path.removeprefix(f"{MEDIA}/"))
        if picture is None:
            report.notes.append(f"{article.slug}: the picture {path} is not in the home")
        elif not target.holds(path):
            target.write(path, picture.path.read_bytes())
            report.pictures += 1
    data = text.encode()
    target.write(name, data)
    report.articles += 1
    try:
        lost = changed_fields(article, read_markdown(decode(data, name), name))
    except SourceError as error:
        report.notes.append(f"no import will read {error}")
    else:
        report.notes += [f"{article.slug}: would come back with another {', '.join(lost)}"] if lost else []


def pictures_of(article: Article | Draft) -> set[str]:
    """The addresses and paths of all its pictures."""
    found = {article.hero.src if article.hero else "", *(author.photo for author in article.authors)}
    return (found | {*map(unescape, _SOURCE.findall(article.body_html))}) - {""}


class _Folder:
    """A folder that an export may write into, and what it wrote there."""

    def __init__(self, path: Path, known: Mapping[str, set[str]], journal: TextIO) -> None:
        self._path = path
        self._known = known
        self._journal = journal
        self._now: dict[str, str] = {}
        self.written = 0
        self.unchanged = 0

    def holds(self, name: str) -> bool:
        """Whether this export has written it already."""
        return name in self._now

    def write(self, name: str, data: bytes) -> None:
        digest = self._now[name] = _digest(data)
        file = self._path / name
        if file.exists() and _digest(file.read_bytes()) == digest:
            self.unchanged += 1
            return
        # Told before it is done: whatever stops the export, its files are known to be its own.
        self._journal.write(f"{digest}  {name}\n")
        self._journal.flush()
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f".{file.name}.part")
        half.write_bytes(data)
        os.replace(half, file)
        self.written += 1

    def write_marker(self) -> None:
        """Anew, with a line for each file."""
        before = {name: digests for name, digests in self._known.items() if name not in self._now}
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self._now.items())]
        lines += [f"{digest}  {name}\n" for name, digests in sorted(before.items()) for digest in sorted(digests)]
        half = self._path / f"{MARKER}.part"
        half.write_text("".join(lines), "utf-8")
        os.replace(half, self._path / MARKER)


@contextmanager
def _opened(path: Path, names: list[str]) -> Iterator[_Folder]:
    """Raises Refused before anything is written; `names` are the articles' files."""
    path.mkdir(parents=True, exist_ok=True)
    marker = path / MARKER
    if not marker.exists() and any(path.iterdir()):
        raise Refused(f"{path} is not empty, and no export wrote it: name a new folder")
    known = _read_marker(marker)
    for name in dict.fromkeys([*names, *known]):
        file = path / name
        if file.exists() and _digest(file.read_bytes()) not in known.get(name, ()):
            words = "was changed since it was exported" if name in known else "was written by no export"
            raise Refused(f"{file} {words}: take it out of the folder, or name a new one")
    with marker.open("a", encoding="utf-8") as journal:
        folder = _Folder(path, known, journal)
        yield folder
    folder.write_marker()


def _read_marker(marker: Path) -> dict[str, set[str]]:
    known: dict[str, set[str]] = defaultdict(set)
    if marker.exists():
        for line in marker.read_text("utf-8", "replace").splitlines():
            digest, _, name = line.partition("  ")
            known[name].add(digest)
    return dict(known)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
