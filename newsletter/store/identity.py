"""Every query on which copy of a home a database is, and on how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from newsletter.store.dialects import insert_or_ignore
from newsletter.tables import identity, issues

INSTANCE, GENERATION = "instance", "generation"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose database this is. `generation` grows whenever something went out, and every minute of a `run`."""

    id: str  # made by chance
    name: str  # newsletter.instance of whoever made it theirs; empty where none was set
    home: str
    machine: str
    generation: int
    beaten_at: datetime  # when the generation was last raised, aware UTC


def find_identity(connection: Connection) -> Identity | None:
    """None for a database from which nothing was sent yet."""
    rows = {row.name: row for row in connection.execute(select(identity))}
    if INSTANCE not in rows:
        return None
    generation = rows[GENERATION]
    return Identity(**rows[INSTANCE].value, generation=generation.value, beaten_at=generation.set_at)


def set_identity(connection: Connection, given: Identity) -> bool:
    """Whether it is the database's from now on: not where another was quicker."""
    added = insert_or_ignore(connection, identity, ["name"]).values(
        name=INSTANCE, value=_instance(given), set_at=given.beaten_at
    )
    if connection.execute(added.returning(identity.c.name)).scalar() is None:
        return False
    connection.execute(insert(identity).values(name=GENERATION, value=given.generation, set_at=given.beaten_at))
    return True


def replace_identity(connection: Connection, given: Identity) -> None:
    """In the place of the one that is there."""
    for name, value in ((INSTANCE, _instance(given)), (GENERATION, given.generation)):
        values = {"value": value, "set_at": given.beaten_at}
        connection.execute(update(identity).where(identity.c.name == name).values(**values))


def beat(connection: Connection, now: datetime) -> Identity | None:
    """The identity with its generation one higher; None where there is none."""
    mine = identity.c.name == GENERATION
    found = connection.execute(select(identity.c.value).where(mine).with_for_update()).scalar()
    if found is None:
        return None
    connection.execute(update(identity).where(mine).values(value=found + 1, set_at=now))
    return find_identity(connection)


def issue_named(connection: Connection, public_id: str) -> int | None:
    """The id of the issue that has this name for ever."""
    return connection.execute(select(issues.c.id).where(issues.c.public_id == public_id)).scalar()


def _instance(given: Identity) -> dict[str, str]:
    return {"id": given.id, "name": given.name, "home": given.home, "machine": given.machine}
