"""The database as it is → what can be said of it, or the reason why it cannot be used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from newsletter.app import App
from newsletter.errors import DatabaseError
from newsletter.store.engine import Database


def check_database(app: App) -> dict[str, Any]:
    """Its address, schema and, on SQLite, that its file is whole. Raises DatabaseError, never changes anything."""
    database = Database(app.home.database_url(app.config.database.url))
    try:
        if database.file is not None and not database.file.exists():
            raise DatabaseError(f"{database.file} is not there yet: `newsletter db upgrade` makes it")
        database.require_current()
        if database.is_sqlite:
            _require_whole(database)
        return {"url": database.url.render_as_string(), "schema": database.revision(), "is_whole": True}
    finally:
        database.close()


def _require_whole(database: Database) -> None:
    with database.read() as connection:
        problems = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    if problems or orphans:
        what = problems[0] if problems else f"{len(orphans)} rows point to nothing"
        raise DatabaseError(f"{database.url.render_as_string()} is damaged: {what}; restore a copy of it")
