"""A statement → the same compiled once, for what runs once a message: the way there took longer than the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Update


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    parameters: tuple[tuple[str, Callable[[Any], Any] | None], ...]  # name, and how the driver wants its value
    is_positional: bool

    def written(self, row: Mapping[str, Any]) -> Any:
        if self.is_positional:
            return tuple([row[name] if write is None else write(row[name]) for name, write in self.parameters])
        return {name: row[name] if write is None else write(row[name]) for name, write in self.parameters}


class Prepared:
    """An update of many rows. Each of its values is a parameter, or stands in the SQL."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many rows were changed."""
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        written = [compiled.written(row) for row in rows]
        return connection.exec_driver_sql(compiled.sql, written).rowcount if written else 0


def _compile(statement: Update, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup or list(compiled.binds)
    writers = ((name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names)
    # Rows that are written together share their instants.
    parameters = tuple((name, write and lru_cache(16)(write)) for name, write in writers)
    return _Compiled(str(compiled), parameters, compiled.positional)
