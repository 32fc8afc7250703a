"""The few statements SQLite and PostgreSQL spell differently in SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_ignore(connection: Connection, table: Table, unique: Sequence[str]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that does nothing where a row with these unique columns (none named: any unique key) stands already."""
    columns = list(unique) or None
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=columns)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=columns)
