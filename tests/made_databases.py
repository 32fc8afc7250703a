"""A database that holds the tables and nothing in them, made once: a copy takes no time."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from house import NOON
from newsletter.store.engine import Database


def migrate(url: str) -> None:
    """An empty database gets its tables."""
    database = Database(url)
    database.upgrade(NOON)
    database.close()


@cache
def sqlite_file() -> bytes:
    """What stands in the file of one."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "newsletter.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()
