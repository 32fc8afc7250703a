"""Sources → a report on what the library took of them; and a person's corrections to its articles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.changes import Change, changes_between
from newsletter.content.editing import AUTHORS, edit
from newsletter.desk.importing import OUTCOMES, Imported, Importing
from newsletter.desk.opening import Opened, open_sources
from newsletter.desk.own_pictures import BODY, HERO, own_pictures
from newsletter.errors import NotFound, SourceError
from newsletter.model import Article, Author, Version
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store import issues as issue_store
from newsletter.store.authors import find_author, keep_author
from newsletter.store.trial import trial_of
from newsletter.store.versions import versions_of

A_YES = frozenset({BODY, "status"})
"""Fields of an article that nobody sets without having read it."""


@dataclass(slots=True)
class ImportReport:
    source: str
    items: list[Imported] = field(default_factory=list)
    unreadable: int = 0  # sources named by the caller that could not be read, or not to their end

    def count(self, outcome: str) -> int:
        return sum(item.outcome == outcome for item in self.items)

    @property
    def summary(self) -> str:
        """`imported 2, updated 0, unchanged 1, skipped 0, failed 0`."""
        return ", ".join(f"{outcome} {self.count(outcome)}" for outcome in OUTCOMES)

    def as_json(self) -> dict[str, Any]:
        counted = {outcome: self.count(outcome) for outcome in OUTCOMES}
        items = [
            {
                "item": each.item,
                "outcome": each.outcome,
                "slug": each.slug,
                "reason": each.reason,
                "notes": list(each.notes),
            }
            for each in self.items
        ]
        return {"source": self.source, **counted, "items": items}


def import_articles(
    app: App,
    given: Sequence[str],
    format: str = "auto",
    status: ArticleStatus | None = None,
    dry_run: bool = False,
    pages: bool = False,
    advance: Callable[[int, str], None] = lambda done, name: None,
    report: ImportReport | None = None,
) -> ImportReport:
    """Take what these files, folders and addresses hold into the library.

    What was read before an interruption stays, and the next import goes on from there. `advance` is told the name of
    each item it is at, and with a 1 when one is done. A `report` that is given is filled item by item, so that it
    tells what was done also when this is interrupted.
    """
    report = report or ImportReport(", ".join(given))
    with ExitStack() as stack:
        trial = stack.enter_context(trial_of(app.database)) if dry_run else None
        importing = Importing(app, status, lambda name: advance(0, name), trial)
        for source in given:
            try:
                for opened in open_sources(app, source, format, pages):
                    _import(importing, opened, report, advance)
            except SourceError as error:
                report.items.append(Imported(source, "failed", reason=str(error)))
                report.unreadable += 1
    return report


def _import(importing: Importing, opened: Opened, report: ImportReport, advance: Callable[[int, str], None]) -> None:
    try:
        for imported in importing.take(opened.items, opened.name):
            report.items.append(imported)
            advance(1, imported.item)
            # A source that is one article and cannot be read is itself unreadable.
            is_all_of_it = opened.is_named and imported.item == opened.name
            report.unreadable += is_all_of_it and imported.outcome == "failed"
    except SourceError as error:
        report.items.append(Imported(opened.name, "failed", reason=str(error)))
        report.unreadable += opened.is_named


def find(app: App, slug: str) -> Article:
    """Raises NotFound."""
    with app.database.read() as connection:
        article = store.find_article(connection, slug)
    if article is None:
        raise NotFound("article", slug, "`newsletter articles list` shows them all")
    return article


def edit_article(app: App, slug: str, settings: Mapping[str, str]) -> Article:
    """The article after a person's corrections, which no later import undoes. Raises NotFound or SourceError.

    Pictures from the web are taken into the home, as an import does. Who adds an author or a tag to a hundred articles
    has not read them: only the fields of A_YES say so.
    """
    article = find(app, slug)
    settings = {**settings, **_own_pictures(app, edit(article, settings), settings)}
    with app.database.write() as connection:
        current = hold(connection, article)
        is_read = bool(A_YES & set(settings))
        correct_held(connection, current, edit(current, settings), settings, app.clock(), "edit", is_read)
    return find(app, slug)


def _own_pictures(app: App, read: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, str]:
    """Those of the settings that show pictures, as they are `read`, with the home's own."""
    texts = {HERO: read["hero"].src if HERO in settings else "", BODY: read.get(BODY, "")}
    return own_pictures(app, {name: text for name, text in texts.items() if name in settings})


def correct(
    app: App,
    article: Article,
    fields: Mapping[str, Any],
    names: Iterable[str],
    cause: str = "edit",
    is_read: bool = True,
) -> Article:
    """The article with these fields, `names` of which a person set; `authors` are names.

    Who edits an article has read it, unless `is_read` says otherwise.
    """
    with app.database.write() as connection:
        current = hold(connection, article)
        correct_held(connection, current, fields, names, app.clock(), cause, is_read)
    return find(app, article.slug)


def hold(connection: Connection, article: Article) -> Article:
    """The article as it stands now, which nobody else changes until the transaction ends."""
    assert article.id is not None
    store.lock(connection, [article.id])
    return store.find_articles(connection, [article.id])[0]


def correct_held(
    connection: Connection,
    article: Article,
    fields: Mapping[str, Any],
    names: Iterable[str],
    now: datetime,
    cause: str,
    is_read: bool = True,
) -> None:
    """As `correct`, for an article that `hold` gave in this transaction."""
    assert article.id is not None
    store.change_article(
        connection,
        article.id,
        {name: value for name, value in fields.items() if name != AUTHORS},
        now,
        cause=cause,
        author_ids=_author_ids(connection, fields[AUTHORS]) if AUTHORS in fields else None,
        corrected=sorted(article.corrected | set(names)),
        read_at=now if is_read else article.read_at,
    )


def _author_ids(connection: Connection, names: Sequence[str]) -> list[int]:
    return [_author_id(connection, name) for name in names]


def _author_id(connection: Connection, name: str) -> int:
    known = find_author(connection, name)
    return known.id if known is not None and known.id is not None else keep_author(connection, Author(name))


@dataclass(frozen=True, slots=True)
class Told:
    """One version of an article, what it changed of the one before, and the issues it went out in."""

    version: Version
    changes: tuple[Change, ...]
    issues: tuple[int, ...]


def history(app: App, slug: str) -> list[Told]:
    """Every version, the oldest first. Raises NotFound."""
    article = find(app, slug)
    assert article.id is not None
    with app.database.read() as connection:
        versions = versions_of(connection, article.id)
        sent = issue_store.sent_in(connection, article.id)
    told: list[Told] = []
    before: Mapping[str, Any] | None = None
    for version in versions:
        changes = () if before is None else changes_between(before, version.fields)
        issues = tuple(
            issue for issue, at in sent if version.since <= at and (version.until is None or at < version.until)
        )
        told.append(Told(version, changes, issues))
        before = version.fields
    return told


def retire(app: App, slug: str) -> Article:
    """The article, never to be picked again; an import does not bring it back."""
    return edit_article(app, slug, {"status": ArticleStatus.RETIRED})
