"""A database → the same to try something on: what is written there is seen there alone, and never kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from newsletter.store.engine import Database
from newsletter.tables import article_authors, article_shingles, article_versions, article_words, articles, authors

_ONE_VIEW = "REPEATABLE READ"
_WRITTEN = (articles, authors, article_authors, article_versions, article_words, article_shingles)


class Trial:
    """Reads and writes as a Database does, in one transaction from beginning to end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection


@contextmanager
def trial_of(database: Database) -> Iterator[Trial]:
    """A trial that lasts as long as the context. Others go on writing meanwhile, and it does not see that."""
    # A connection of its own: what another has prepared would go past the copies.
    engine = _copy_of(database) if database.is_sqlite else create_engine(database.url, isolation_level=_ONE_VIEW)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            if not database.is_sqlite:
                _copy_tables(connection)
            yield Trial(connection)
            transaction.rollback()
    finally:
        engine.dispose()


def _copy_tables(connection: Connection) -> None:
    """On PostgreSQL a row that is written here would hold up whoever writes it too, for as long as the trial lasts.

    So the tables that an import writes are copied; a temporary table hides the one of the same name.
    """
    for table in _WRITTEN:
        name = table.name
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE trial_{name} (LIKE {name} INCLUDING ALL) ON COMMIT DROP")
        connection.exec_driver_sql(f"INSERT INTO trial_{name} SELECT * FROM {name}")
        connection.exec_driver_sql(f"ALTER TABLE trial_{name} RENAME TO {name}")
        connection.exec_driver_sql(f"ANALYZE {name}")


def _copy_of(database: Database) -> Engine:
    """On SQLite one writes at a time: a trial works on a copy of the whole, a file without a name."""
    copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    with database.read() as connection:
        source = connection.connection.driver_connection
        assert source is not None
        source.backup(copy)
    engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
