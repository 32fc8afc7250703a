"""A database URL → connections that read, or that write as one transaction; and the schema brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from newsletter.errors import DatabaseError

BUSY_SECONDS = 30.0  # how long a SQLite writer waits for another one
COPY_DAYS = 30  # copies made before an upgrade are removed after so many days

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys on, durable commits) or PostgreSQL.

    On SQLite a connection opened with the execution option `writing` takes the write lock at BEGIN: a transaction
    that reads first and writes later would otherwise fail at once when another writer came between.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return create_engine(address, pool_pre_ping=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, below
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


class Database:
    """One installation's database."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = make_engine(url)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """Where SQLite keeps it; None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading. Raises DatabaseError when the database cannot be used."""
        with _told(self.url.render_as_string()), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, keep: bool = True) -> Iterator[Connection]:
        """One transaction: all of it, or nothing; nothing at all with `keep` False, for a trial.

        Raises DatabaseError when the database cannot be used.
        """
        with _told(self.url.render_as_string()), self.engine.connect() as connection:
            writing = connection.execution_options(writing=True)
            with writing.begin() as transaction:
                yield writing
                if not keep:
                    transaction.rollback()

    def close(self) -> None:
        self.engine.dispose()

    def revision(self) -> str | None:
        """The schema's revision as the database says it; None for an empty database."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return None if row is None else str(row[0])

    def require_current(self) -> None:
        """Nothing when code and schema agree. Raises DatabaseError with the way to mend it otherwise."""
        found, wanted = self.revision(), head_revision()
        if found == wanted:
            return
        if found is None:
            raise DatabaseError(f"{self.url.render_as_string()} holds no tables yet: run `newsletter db upgrade`")
        if found > wanted:
            raise DatabaseError(
                f"{self.url.render_as_string()} has schema {found}, newer than this program's {wanted}: "
                "install the newer program, or restore the copy made before the upgrade"
            )
        raise DatabaseError(
            f"{self.url.render_as_string()} has schema {found}, this program's is {wanted}: run `newsletter db upgrade`"
        )

    def upgrade(self, now: datetime) -> tuple[str | None, str, Path | None]:
        """The revision before, the revision after, and the copy SQLite was saved to first (None: nothing to save).

        Raises DatabaseError for a schema newer than this program.
        """
        found, wanted = self.revision(), head_revision()
        if found is not None and found > wanted:
            self.require_current()
        if found == wanted:
            return found, wanted, None
        copy = self._copy(found, now) if found is not None and self.file is not None else None
        # Alembic takes longer to load than most commands take to run.
        from alembic import command
        from alembic.config import Config as AlembicConfig

        settings = AlembicConfig()
        settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with self.write() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
        return found, wanted, copy

    def _copy(self, revision: str, now: datetime) -> Path:
        assert self.file is not None
        stem = f"{self.file.name}.before-"
        copy = self.file.with_name(f"{stem}{revision}-{now:%Y%m%dT%H%M%SZ}")
        with sqlite3.connect(self.file) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        target.close()
        source.close()
        for old in self.file.parent.glob(f"{stem}*"):
            age = now - datetime.fromtimestamp(old.stat().st_mtime, tz=now.tzinfo)
            if age > timedelta(days=COPY_DAYS):
                old.unlink()
        return copy


def head_revision() -> str:
    """The newest schema this program knows: a migration's file name begins with its revision."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


@contextmanager
def _told(url: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        if isinstance(error, OperationalError) or "disk" in reason:
            raise DatabaseError(f"the database {url} cannot be used: {reason}") from error
        raise
