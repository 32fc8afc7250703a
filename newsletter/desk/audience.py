"""A file or a word about readers → the audience's own rules → what is written down, and what is answered."""

from __future__ import annotations

import csv
import getpass
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.app import App
from newsletter.errors import NotFound, Refused, SourceError
from newsletter.scheduling.recurrence import find_zone
from subscribers import ListCounts, Profile, SubscriptionStatus, Suppression, parse, store
from subscribers.imports import RejectedRow
from subscribers.imports.csv import read_csv

PAGE = 1_000  # readers read at once
REFUSALS = (store.AddOutcome.UNSUBSCRIBED, store.AddOutcome.SUPPRESSED)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so
LONGEST_CELL = 500  # characters of a rejected field that are kept


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The shape `subscribers import`, and the rows behind its numbers."""

    added: int
    updated: int
    unchanged: int
    rejected: int
    suppressed: int
    rejected_file: str | None
    seconds: float
    rejected_rows: tuple[RejectedRow, ...]

    def as_json(self) -> dict[str, Any]:
        names = ("added", "updated", "unchanged", "rejected", "suppressed", "rejected_file", "seconds")
        return {name: getattr(self, name) for name in names}


def import_subscribers(
    app: App,
    file: Path,
    list_name: str,
    status: SubscriptionStatus,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> ImportOutcome:
    """Take the rows of a CSV file into a list, all of them or, when anything breaks, none.

    Raises SourceError or UnreadableImport for a file that cannot be read, UnknownList.
    """
    begun = time.monotonic()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(str(file), error.strerror or "cannot be read") from None
    seen = 0

    def advance(done: int) -> None:
        nonlocal seen
        progress(done - seen)
        seen = done

    with app.database.write(keep=not dry_run) as connection:
        list_id = store.find_list(connection, list_name).id
        report = store.import_rows(
            connection,
            read_csv(data, str(file)),
            list_id,
            status,
            _who(),
            app.clock(),
            advance,
            where=f"import of {file.name}",
        )
    rejected_file = _keep_rejected(file, report.rejected_rows) if report.rejected_rows and not dry_run else None
    return ImportOutcome(
        report.added,
        report.updated,
        report.unchanged,
        report.rejected,
        report.suppressed,
        rejected_file,
        round(time.monotonic() - begun, 3),
        report.rejected_rows,
    )


def _who() -> str:
    """Who is at the keyboard, as far as the machine knows: evidence names a person."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "the operator"


def _keep_rejected(file: Path, rows: tuple[RejectedRow, ...]) -> str | None:
    """Where the rejected rows are, beside the file, each with its line and reason; None where no file can be."""
    target = file.with_name(f"{file.stem}.rejected.csv")
    try:
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(("line", "reason", "row as it was"))
            writer.writerows((row.line, row.reason, *map(_cell, row.fields)) for row in rows)
    except OSError:
        return None
    return str(target)


def _cell(text: str) -> str:
    return ("'" + text if text.startswith(FORMULA) else text)[:LONGEST_CELL]


def add_subscriber(
    app: App,
    email: str,
    list_name: str,
    name: str,
    attributes: str,
    status: SubscriptionStatus,
    timezone: str = "",
    language: str = "",
) -> str:
    """What became of it, in words. Raises Refused for one who left or is suppressed, and changes nothing then.

    Raises InvalidAddress, UnknownList, SourceError or InvalidField as well.
    """
    try:
        extras = json.loads(attributes)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SourceError("attributes", f"is not JSON: {error}") from None
    if not isinstance(extras, dict):
        raise SourceError("attributes", "is not a JSON object")
    with app.database.write() as connection:
        list_id = store.find_list(connection, list_name).id
        added = store.add_subscriber(
            connection,
            parse(email),
            name,
            list_id,
            status,
            _who(),
            app.clock(),
            extras,
            timezone=timezone,
            language=language,
        )
        if added.outcome in REFUSALS:
            raise Refused(added.words)
    return added.words


def find_profile(app: App, email: str) -> Profile:
    """Raises NotFound or InvalidAddress."""
    with app.database.read() as connection:
        profile = store.find_profile(connection, email)
    if profile is None:
        raise NotFound("subscriber", email)
    return profile


def each_profile(app: App, list_name: str | None, status: SubscriptionStatus | None) -> Iterator[Profile]:
    """Every reader, oldest first, read page by page. Raises UnknownList."""
    with app.database.read() as connection:
        list_id = store.find_list(connection, list_name).id if list_name is not None else None
        after = 0
        while page := store.list_profiles(connection, after_id=after, limit=PAGE, list_id=list_id, status=status):
            yield from page
            after = page[-1].subscriber.id


def unsubscribe(app: App, email: str, list_name: str | None) -> Profile:
    """The reader, no longer on the list, or on any. Raises NotFound or UnknownList."""
    profile = find_profile(app, email)
    with app.database.write() as connection:
        list_id = store.find_list(connection, list_name).id if list_name is not None else None
        store.unsubscribe(connection, profile.subscriber.id, list_id, f"by hand, {_who()}", app.clock())
    return find_profile(app, email)


def suppress(app: App, email: str, reason: str) -> tuple[Suppression, Profile | None]:
    """The suppression that stands, and the reader behind the address if there is one. Raises InvalidAddress."""
    with app.database.write() as connection:
        store.suppress(connection, email, reason, app.clock())
        suppression = store.find_suppression(connection, email)
        profile = store.find_profile(connection, email)
    assert suppression is not None
    return suppression, profile


def add_list(app: App, name: str, timezone: str = "") -> str:
    """The new list's name as it is kept. Raises InvalidField or ListNameTaken, Refused for an unknown zone."""
    zone = find_zone(timezone).key if timezone else ""
    with app.database.write() as connection:
        return store.add_list(connection, name, app.clock(), zone).name


def all_lists(app: App) -> list[ListCounts]:
    with app.database.read() as connection:
        return store.lists_with_counts(connection)


def find_list_counts(app: App, name: str) -> ListCounts:
    """Raises UnknownList."""
    with app.database.read() as connection:
        found = store.find_list(connection, name)
        return next(each for each in store.lists_with_counts(connection) if each.mailing_list.id == found.id)
