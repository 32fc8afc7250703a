"""A database of each kind that holds the tables, and one transaction on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from newsletter.store.engine import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """For tests that need several transactions, or several connections at once."""
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """One writing transaction for the whole test."""
    with database.write() as writing:
        yield writing
