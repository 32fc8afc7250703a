"""Files → articles and authors in the library; and a person's corrections to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content import sources
from newsletter.content.completeness import explain_missing
from newsletter.content.decoding import MAX_BYTES
from newsletter.content.draft import Draft, explain_guess, slug_from
from newsletter.content.editing import AUTHORS, edit, from_source, newer
from newsletter.desk.pictures import take_pictures
from newsletter.errors import NotFound, SourceError
from newsletter.model import Article, Author
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store.authors import find_author, keep_author

READABLE = (".md", ".markdown", ".txt", ".text")
BESIDE = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif", ".heic", ".bmp", ".tif", ".tiff")
"""Pictures lie beside articles: an article brings its own along, of the others nothing is said."""

OUTCOMES = ("imported", "updated", "unchanged", "skipped", "failed")


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one file. `notes` say what was guessed and what was not found."""

    item: str
    outcome: str  # one of OUTCOMES
    slug: str | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class ImportReport:
    source: str
    items: list[Item] = field(default_factory=list)
    unreadable: int = 0  # sources named by the caller that could not be read at all

    def count(self, outcome: str) -> int:
        return sum(item.outcome == outcome for item in self.items)

    @property
    def summary(self) -> str:
        """`imported 2, updated 0, unchanged 1, skipped 0, failed 0`."""
        return ", ".join(f"{outcome} {self.count(outcome)}" for outcome in OUTCOMES)

    def as_json(self) -> dict[str, Any]:
        counted = {outcome: self.count(outcome) for outcome in OUTCOMES}
        items = [
            {"item": each.item, "outcome": each.outcome, "slug": each.slug, "reason": each.reason}
            for each in self.items
        ]
        return {"source": self.source, **counted, "items": items}


def import_articles(
    app: App,
    given: Sequence[Path],
    format: str = "auto",
    status: ArticleStatus | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> ImportReport:
    """Take these files, and the readable files of these folders, into the library.

    One file is one transaction: what was read before an interruption stays.
    """
    report = ImportReport(", ".join(str(path) for path in given))
    for source in given:
        found = dict(_found(source))
        report.items += [Item(str(file), "skipped", reason=why) for file, why in found.items() if why]
        files = [file for file, why in found.items() if not why]
        if not files:
            words = f"no file ending in {', '.join(READABLE)}" if source.is_dir() else "there is no such file"
            report.items.append(Item(str(source), "failed", reason=f"{source}: {words}"))
            report.unreadable += 1
        for file in files:
            root = source if source.is_dir() else source.parent
            item = _import_file(app, file, root, format, status, dry_run)
            report.items.append(item)
            progress(1)
            report.unreadable += item.outcome == "failed" and file == source
    return report


def _found(source: Path) -> Iterator[tuple[Path, str]]:
    """The file that was named, or those of the folder that could be articles, each with why it is left alone."""
    if not source.is_dir():
        yield from [(source, "")] if source.exists() else []
        return
    for path in sorted(source.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(source).parts)
        is_beside = is_hidden or path.suffix.lower() in BESIDE
        if path.is_file() and (path.suffix.lower() in READABLE or not is_beside):
            yield path, _why_not(path, source)


def _why_not(file: Path, folder: Path) -> str:
    """Empty when it is read."""
    if file.suffix.lower() not in READABLE:
        return "not a .md or .txt file"
    # Nobody who names a folder means what a link in it leads to elsewhere.
    return "" if file.resolve().is_relative_to(folder.resolve()) else "a link that leads out of the folder"


def _import_file(app: App, file: Path, root: Path, format: str, status: ArticleStatus | None, dry_run: bool) -> Item:
    try:
        data = _bytes(file)
        draft = sources.read(data, str(file), format)
    except SourceError as error:
        return Item(str(file), "failed", reason=str(error))
    draft, picture_notes = take_pictures(app.home, draft, file, root, dry_run)
    with app.database.write(keep=not dry_run) as connection:
        item = _keep(connection, app, draft, str(file), hashlib.sha256(data).hexdigest(), status)
    return replace(item, notes=(*map(explain_guess, draft.guesses), *draft.notes, *picture_notes, *item.notes))


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            size = file.stat().st_size / 1_000_000
            raise SourceError(str(file), f"is {size:.0f} MB; an article has at most {MAX_BYTES / 1_000_000:.0f} MB")
        return file.read_bytes()
    except OSError as error:
        raise SourceError(str(file), error.strerror or "cannot be read") from None


def _keep(connection: Connection, app: App, draft: Draft, name: str, digest: str, status: ArticleStatus | None) -> Item:
    slug = draft.slug or slug_from(draft.title)
    row = store.same_article(connection, slug, draft.source_url)
    if row is not None and row.source_hash == digest:
        return Item(name, "unchanged", row.slug, notes=_still_missing(connection, row.slug))
    fields = from_source(draft, status)
    if row is None:
        slug = store.free_slug(connection, slug)
        author_ids = [keep_author(connection, author) for author in fields[AUTHORS]]
        store.add_article(connection, slug, fields, author_ids, digest, app.clock())
        return Item(name, "imported", slug, notes=_still_missing(connection, slug))
    before = store.find_article(connection, row.slug)
    assert before is not None
    fields = newer(before, fields)
    if AUTHORS in fields:
        store.link_authors(connection, row.id, [keep_author(connection, author) for author in fields[AUTHORS]])
    store.change_article(connection, row.id, fields, app.clock(), source_hash=digest)
    return Item(name, "updated", row.slug, notes=_still_missing(connection, row.slug))


def _still_missing(connection: Connection, slug: str) -> tuple[str, ...]:
    article = store.find_article(connection, slug)
    assert article is not None
    return (explain_missing(article, article.missing),) if article.missing else ()


def find(app: App, slug: str) -> Article:
    """Raises NotFound."""
    with app.database.read() as connection:
        article = store.find_article(connection, slug)
    if article is None:
        raise NotFound("article", slug, "`newsletter articles list` shows them all")
    return article


def edit_article(app: App, slug: str, settings: Mapping[str, str]) -> Article:
    """The article after a person's corrections, which no later import undoes. Raises NotFound or SourceError."""
    article = find(app, slug)
    fields = edit(article, settings)
    with app.database.write() as connection:
        assert article.id is not None
        if AUTHORS in fields:
            store.link_authors(connection, article.id, _author_ids(connection, fields[AUTHORS]))
        corrected = sorted(article.corrected | set(settings))
        store.change_article(connection, article.id, fields, app.clock(), corrected=corrected)
    return find(app, slug)


def _author_ids(connection: Connection, names: Sequence[str]) -> list[int]:
    return [_author_id(connection, name) for name in names]


def _author_id(connection: Connection, name: str) -> int:
    known = find_author(connection, name)
    return known.id if known is not None and known.id is not None else keep_author(connection, Author(name))


def retire(app: App, slug: str) -> Article:
    """The article, never to be picked again; an import does not bring it back."""
    return edit_article(app, slug, {"status": ArticleStatus.RETIRED})
