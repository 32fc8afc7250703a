"""A statement → the same compiled once, for what runs for every few messages: the way there took longer than the work.

It goes to the driver itself, in the transaction that is open; `Database` tells of the driver's errors as of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    names: tuple[str, ...]  # of the parameters
    writers: tuple[tuple[int, Callable[[Any], Any]], ...]  # by the place of a parameter, how the driver wants its value
    is_positional: bool

    def written(self, row: Mapping[str, Any]) -> Any:
        values = [row[name] for name in self.names]
        for place, write in self.writers:
            values[place] = write(values[place])
        return values if self.is_positional else dict(zip(self.names, values, strict=True))


class Prepared:
    """An update of many rows. Each of its values is a parameter, or stands in the SQL."""

    def __init__(self, statement: Update) -> None:
        self._statement = _Statement(statement)

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many rows were changed."""
        if not rows:
            return 0
        compiled = self._statement.for_dialect(connection.dialect)
        with closing(connection.connection.cursor()) as cursor:
            cursor.executemany(compiled.sql, [compiled.written(row) for row in rows])
            return int(cursor.rowcount)


class PreparedQuery:
    """A question of a few columns of text or numbers, which come as the driver has them."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = _Statement(statement)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        compiled = self._statement.for_dialect(connection.dialect)
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(compiled.sql, compiled.written(values))
            return list(cursor.fetchall())


class _Statement:
    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def for_dialect(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return compiled


def _compile(statement: ClauseElement, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    names = compiled.positiontup or list(compiled.binds)
    writers = (compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)
    # Rows that are written together share their instants.
    cached = tuple((place, lru_cache(16)(write)) for place, write in enumerate(writers) if write is not None)
    return _Compiled(str(compiled), tuple(names), cached, compiled.positional)
