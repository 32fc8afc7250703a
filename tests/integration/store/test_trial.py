"""Something tried on the library → nothing kept, and nobody kept waiting."""

from __future__ import annotations

from sqlalchemy import Connection

import house
from newsletter.store import articles as store
from newsletter.store.engine import Database
from newsletter.store.trial import trial_of

NOON = house.NOON


def titles(connection: Connection) -> list[str]:
    return [article.title for article in store.list_articles(connection)]


def wait_for_nobody(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")


def test_what_a_trial_changes_can_be_changed_by_others_meanwhile(database: Database) -> None:
    with database.write() as connection:
        id = house.add_article(connection, "calm").id
        assert id is not None
    with trial_of(database) as trial:
        with trial.write() as tried:
            store.change_article(tried, id, {"title": "Tried"}, NOON)
        with database.write() as connection:
            wait_for_nobody(connection)
            store.change_article(connection, id, {"title": "Meant"}, NOON)
            house.add_article(connection, "spring")
        with trial.read() as tried:
            assert titles(tried) == ["Tried"]
    with database.read() as connection:
        assert titles(connection) == ["Meant", "Spring"]


def test_what_a_trial_adds_can_be_added_by_others_meanwhile(database: Database) -> None:
    with trial_of(database) as trial:
        with trial.write() as tried:
            house.add_article(tried, "calm", [house.add_author(tried)], title="Tried")
            assert titles(tried) == ["Tried"]
        with database.write() as connection:
            wait_for_nobody(connection)
            house.add_article(connection, "calm", [house.add_author(connection)], title="Meant")
    with database.read() as connection:
        assert titles(connection) == ["Meant"]
