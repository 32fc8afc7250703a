"""A database URL → connections that read, or that write as one transaction; and the schema brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from newsletter.errors import ConfigError, DatabaseError

BUSY_SECONDS = 30.0  # how long a SQLite writer waits for another one
LOG_TRIES = 20  # to turn on WAL while other programs open the same new file
COPY_DAYS = 30  # copies made before an upgrade are removed after so many days

DRIVERS = ("pysqlite", "psycopg")
UPGRADE_LOCK = 0x6E657773  # a number of our own, for PostgreSQL's advisory locks

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys on, durable commits) or PostgreSQL.

    On SQLite a connection opened with the execution option `writing` takes the write lock at BEGIN: a transaction
    that reads first and writes later would otherwise fail at once when another writer came between.
    Raises ConfigError for a URL that is not one of a database we know.
    """
    address = _address(url)
    if address.get_backend_name() == "postgresql":
        return create_engine(address, pool_pre_ping=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        driver = address.get_driver_name()
    except ArgumentError:
        driver = ""
    if driver not in DRIVERS:
        # Not the URL itself: it may hold a password.
        raise ConfigError("database.url", "must begin with sqlite:/// or postgresql+psycopg://")
    return address


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, below
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    _keep_log(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _keep_log(cursor: sqlite3.Cursor) -> None:
    """WAL, which the file keeps from the first time on."""
    for _ in range(LOG_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # On a new file that others open too: this one change does not heed the busy timeout, a transaction does.
            cursor.execute("BEGIN EXCLUSIVE")
            cursor.execute("ROLLBACK")
    cursor.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


class Database:
    """One installation's database."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writer = self.engine.execution_options(writing=True)
        self.url = self.engine.url

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
        with self._told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, keep: bool = True) -> Iterator[Connection]:
        """One transaction: all of it, or nothing; nothing at all with `keep` False, for a trial.

        Raises DatabaseError when the database cannot be used.
        """
        with self._told(), self._writer.connect() as connection, connection.begin() as transaction:
            yield connection
            if not keep:
                transaction.rollback()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of SQLAlchemy and of the driver itself in our words."""
        driver = self.engine.dialect.loaded_dbapi
        try:
            yield
        except (DBAPIError, driver.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
            is_unusable = isinstance(cause, (driver.OperationalError, driver.InternalError))
            if is_unusable or type(cause) is driver.DatabaseError:  # the last is what SQLite says of any other file
                # SQLite says so of a disk that is wholly full, too.
                hint = " (is the disk full?)" if reason == "disk I/O error" else ""
                url = self.url.render_as_string()
                raise DatabaseError(f"the database {url} cannot be used: {reason}{hint}") from error
            raise

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

        Copies of earlier upgrades are removed when they are old enough. Raises DatabaseError for a schema newer than
        this program.
        """
        self.remove_old_copies(now)
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
            if not self.is_sqlite:
                # Of two programs at once the second waits here, then finds nothing to do; on SQLite it waits at BEGIN.
                connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
        return found, wanted, copy

    def _copy(self, revision: str, now: datetime) -> Path:
        assert self.file is not None
        copy = self.file.with_name(f"{self.file.name}.before-{revision}-{now:%Y%m%dT%H%M%SZ}")
        try:
            with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            with suppress(OSError):
                copy.unlink()  # half a copy
            raise DatabaseError(f"{copy}: {error}; the upgrade was not begun, because it copies first") from error
        return copy

    def remove_old_copies(self, now: datetime) -> None:
        """Copies made before an upgrade hold readers' addresses: they end after COPY_DAYS."""
        if self.file is None:
            return
        for old in self.file.parent.glob(f"{escape(self.file.name)}.before-[0-9]*-[0-9]*Z"):
            with suppress(OSError):  # another program may have been quicker
                if now - datetime.fromtimestamp(old.stat().st_mtime, UTC) > timedelta(days=COPY_DAYS):
                    old.unlink()


def head_revision() -> str:
    """The newest schema this program knows: a migration's file name begins with its revision."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
