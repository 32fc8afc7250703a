"""The one statement that SQLAlchemy spells differently for each database: insert what is not there yet."""

from __future__ import annotations

from sqlalchemy import Connection, Insert, Table


def is_postgresql(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


def insert_unless_there(conn: Connection, table: Table) -> Insert:
    """An insert that passes over rows whose unique key is taken, instead of failing."""
    # A home uses one database: only its dialect is loaded.
    if is_postgresql(conn):
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        return insert_postgresql(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table).on_conflict_do_nothing()
