"""A furnished house for the tests of the desk: one on SQLite, and one on each database in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk_house import DeskHouse


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeskHouse]:
    built = DeskHouse.built(tmp_path / "home", {})
    built.furnish()
    yield built
    built.close()


@pytest.fixture
def either_house(tmp_path: Path, database_url: str) -> Iterator[DeskHouse]:
    """On SQLite, then on PostgreSQL."""
    built = DeskHouse.built(tmp_path / "home", {"database.url": database_url})
    built.furnish()
    yield built
    built.close()
