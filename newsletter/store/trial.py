"""A database → the same to try something on: what is written there is seen there alone, and never kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from newsletter.store.engine import Database


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
    engine = _copy_of(database) if database.is_sqlite else database.engine
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            yield Trial(connection)
            transaction.rollback()
    finally:
        if engine is not database.engine:
            engine.dispose()


def _copy_of(database: Database) -> Engine:
    """SQLite lets one write at a time: a trial works on a copy, a file without a name."""
    copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    with database.read() as connection:
        source = connection.connection.driver_connection
        assert source is not None
        source.backup(copy)
    engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
