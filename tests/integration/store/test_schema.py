"""The migrations, run on an empty database of each kind → exactly the tables the code believes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, event, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

import house
from newsletter.store.engine import Database, head_revision
from newsletter.tables import (
    approvals,
    article_authors,
    article_shingles,
    article_versions,
    articles,
    authors,
    calls_to_action,
    choices,
    deliveries,
    feed_items,
    feeds,
    issue_articles,
    issues,
    mailing_lists,
    metadata,
    newsletters,
    occurrences,
    schedules,
    subscribers,
)
from subscribers.tables import subscriptions, suppressions

NOON = house.NOON


@pytest.fixture
def migrated(empty_url: str) -> Iterator[Database]:
    made = Database(empty_url)
    assert made.upgrade(NOON) == (None, head_revision(), None)
    yield made
    made.close()


def test_migrations_make_exactly_the_schema_of_the_code(migrated: Database) -> None:
    with migrated.read() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": _is_known_to_sqlalchemy}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def _is_known_to_sqlalchemy(given: object, name: str | None, *rest: object) -> bool:
    """The search index is written in the database's own words; the next test compares those."""
    return not (name or "").startswith(("article_search", "ix_article_words_search"))


def test_migrations_and_create_all_agree_to_the_letter(migrated: Database) -> None:
    """Also where Alembic does not look: conditions of indexes, ON DELETE, AUTOINCREMENT, names of constraints."""
    with migrated.write() as connection:
        by_migrations = described(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert by_migrations == described(connection)
    assert len(by_migrations) > 40


def described(connection: Connection) -> set[str]:
    """Every table, column, constraint and index, in the database's own words."""
    if connection.dialect.name == "sqlite":
        query = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE tbl_name NOT LIKE '{}'"
        statements = connection.execute(text(query.format("alembic%"))).scalars()
        # The order of the clauses of one statement is nobody's business; an added column stands in the last line.
        return {
            f"{each.split()[1]}: {' '.join(clause.split())}"
            for each in statements
            for line in each.splitlines()
            for clause in re.split(r",(?![^()]*\))", line.rstrip(")") if line.startswith(")") else line)
            if clause.strip()
        }
    queries = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'",
        "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'",
        "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' '"
        " || coalesce(character_maximum_length::text, '') || ' ' || coalesce(column_default, '')"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'",
    )
    return {row for query in queries for row in connection.execute(text(query)).scalars()}


def test_name_of_a_schedule_is_unique_only_while_it_stands(migrated: Database) -> None:
    with migrated.read() as connection:
        found = {index["name"]: index for index in inspect(connection).get_indexes("schedules")}
    index = found["uq_schedules_name"]
    assert index["unique"]
    condition = str(index["dialect_options"][f"{migrated.engine.dialect.name}_where"])
    assert "removed" in condition


def test_number_in_a_signed_link_is_never_given_again(migrated: Database) -> None:
    with migrated.write() as connection:
        friends = house.add_list(connection)
        ada = house.add_reader(connection, friends, "Ada")
        connection.execute(subscriptions.delete())
        connection.execute(text("DELETE FROM consents"))
        connection.execute(subscribers.delete())
        connection.execute(mailing_lists.delete())
        neighbours = house.add_list(connection, "Neighbours")
        assert neighbours.id > friends.id
        assert house.add_reader(connection, neighbours, "Ben") > ada


# Once


def _a_list(connection: Connection) -> dict[str, Any]:
    return {"name": "Friends", "created_at": NOON}


def _a_subscriber(connection: Connection) -> dict[str, Any]:
    return {"email": "Ada@example.org", "email_key": "ada@example.org", "joined_at": NOON}


def _a_subscription(connection: Connection) -> dict[str, Any]:
    friends = house.add_list(connection)
    ada = house.add_reader(connection, house.add_list(connection, "Others"), "Ada")
    return {"subscriber_id": ada, "list_id": friends.id, "status": "confirmed", "since": NOON}


def _a_suppression(connection: Connection) -> dict[str, Any]:
    return {"email_key": "dan@example.org", "reason": "asked by telephone", "since": NOON}


def _an_article(connection: Connection) -> dict[str, Any]:
    return {
        "slug": "calm",
        "source_hash": "",
        "title": "Calm",
        "status": "ready",
        "body_html": "",
        "added_at": NOON,
        "updated_at": NOON,
    }


def _a_newsletter(connection: Connection) -> dict[str, Any]:
    return {"name": "B", "from_address": "", "language": "en", "timezone": "UTC", "look": "calm", "created_at": NOON}


def _a_schedule(connection: Connection) -> dict[str, Any]:
    return {
        "name": "weekly",
        "list_id": house.add_list(connection).id,
        "recurrence": house.TUESDAYS,
        "timezone": house.ZONE,
        "status": "active",
        "grace_minutes": 240,
        "seed": 1,
        "created_at": NOON,
        "resumed_at": NOON,
    }


def _an_occurrence(connection: Connection) -> dict[str, Any]:
    weekly = house.add_schedule(connection, house.add_list(connection))
    return {"schedule_id": weekly.id, "local": "2026-03-31T09:00", "utc": house.FIRST_TUESDAY, "state": "issued"}


def _an_issue(connection: Connection) -> dict[str, Any]:
    """An occurrence and a lead article make an issue unique, not its public id."""
    draft = _draft(connection)
    row = connection.execute(select(issues).where(issues.c.id == draft)).mappings().one()
    connection.execute(issue_articles.delete())
    connection.execute(issues.delete())
    return {name: value for name, value in row.items() if name not in ("id", "public_id")}


def _draft(connection: Connection) -> int:
    weekly = house.add_schedule(connection, house.add_list(connection))
    return house.add_issue(connection, weekly, house.add_library(connection, "calm")).id


def _a_delivery(connection: Connection) -> dict[str, Any]:
    issue, _ = house.add_sending_issue(connection, readers=1)
    ada = house.add_reader(connection, house.add_list(connection, "Others"), "Ada")
    common = {"kind": "issue", "subscriber_id": ada, "email": "ada@example.org", "status": "pending"}
    return {**common, "issue_id": issue.id, "message_id": "<1@example.org>"}


def _a_delivery_of_an_occurrence(connection: Connection) -> dict[str, Any]:
    """Of two issues for one occurrence a reader gets one."""
    row = _a_delivery(connection)
    row["occurrence_id"] = connection.scalar(select(issues.c.occurrence_id))
    del row["issue_id"]
    return row


def _another_mail(connection: Connection) -> dict[str, Any]:
    return {
        "kind": "test",
        "purpose_key": "issue 1 to ada",
        "email": "ada@example.org",
        "status": "sending",
        "message_id": "<1@example.org>",
    }


def _a_call_to_action(connection: Connection) -> dict[str, Any]:
    return {"name": "default"}


def _an_author(connection: Connection) -> dict[str, Any]:
    return {"name": "Maria Lindqvist"}


def _a_feed(connection: Connection) -> dict[str, Any]:
    return {
        "url": "https://example.org/feed",
        "import_as": "ready",
        "every_minutes": 360,
        "next_check_at": NOON,
        "created_at": NOON,
    }


def _a_feed_item(connection: Connection) -> dict[str, Any]:
    connection.execute(insert(feeds).values(**_a_feed(connection)))
    feed = connection.scalar(select(feeds.c.id))
    return {"feed_id": feed, "key": "k", "name": "n", "state": "new", "position": 0, "seen_at": NOON}


ONCE: list[tuple[Table, Callable[[Connection], dict[str, Any]]]] = [
    (mailing_lists, _a_list),
    (subscribers, _a_subscriber),
    (subscriptions, _a_subscription),
    (suppressions, _a_suppression),
    (articles, _an_article),
    (authors, _an_author),
    (feeds, _a_feed),
    (feed_items, _a_feed_item),
    (calls_to_action, _a_call_to_action),
    (newsletters, _a_newsletter),
    (schedules, _a_schedule),
    (occurrences, _an_occurrence),
    (issues, _an_issue),
    (deliveries, _a_delivery),
    (deliveries, _a_delivery_of_an_occurrence),
    (deliveries, _another_mail),
]


@pytest.mark.parametrize(("table", "row"), ONCE, ids=[row.__name__.strip("_") for _, row in ONCE])
def test_same_thing_is_stored_once(
    migrated: Database, table: Table, row: Callable[[Connection], dict[str, Any]]
) -> None:
    with migrated.write() as connection:
        values = row(connection)
        given = [values, dict(values)]
        if table is issues:
            given = [{**values, "public_id": name} for name in ("one", "another")]
        connection.execute(insert(table), given[:1])
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(table), given[1:])


def test_public_id_names_one_issue(migrated: Database) -> None:
    with migrated.write() as connection:
        values = _an_issue(connection)
        connection.execute(insert(issues).values(**{**values, "occurrence_id": None, "public_id": "same"}))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(issues).values(**{**values, "occurrence_id": None, "public_id": "same"}))


def test_removed_schedule_gives_its_name_back(migrated: Database) -> None:
    with migrated.write() as connection:
        row = _a_schedule(connection)
        connection.execute(insert(schedules).values(**{**row, "status": "removed"}))
        connection.execute(insert(schedules).values(**{**row, "status": "removed"}))
        connection.execute(insert(schedules).values(**row))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(schedules).values(**{**row, "status": "paused"}))


# Pointing to nothing


def test_every_foreign_key_is_enforced(migrated: Database) -> None:
    with migrated.write() as connection:
        _, (delivery,) = house.add_sending_issue(connection)
        tries = metadata.tables["attempts"]
        connection.execute(insert(tries).values(delivery_id=delivery, number=1, at=NOON, outcome="pending", reply=""))
        _add_what_hangs_on_an_article(connection)
        pointing = [
            (table, key.column_keys[0]) for table in metadata.tables.values() for key in table.foreign_key_constraints
        ]
        for table, column in pointing:
            assert connection.execute(select(table)).first(), f"no row in {table.name} to point elsewhere"
            with pytest.raises(IntegrityError), connection.begin_nested():
                connection.execute(table.update().values({column: 4_000_000}))
        assert len(pointing) >= 26


def _add_what_hangs_on_an_article(connection: Connection) -> None:
    article = connection.scalar(select(articles.c.id))
    assert article is not None
    hanging = [
        (article_versions, {"article_id": article, "number": 1, "until": NOON, "cause": "edit", "fields": {}}),
        (article_shingles, {"article_id": article, "shingle": 7}),
    ]
    schedule, issue = connection.scalar(select(schedules.c.id)), connection.scalar(select(issues.c.id))
    word = {"schedule_id": schedule, "local": "2026-04-07T09:00", "kind": "pin", "reason": "", "made_at": NOON}
    asked = {"issue_id": issue, "email": "jo@example.org", "role": "approver", "content_hash": "c", "asked_at": NOON}
    connection.execute(insert(choices).values(**word, article_id=article))
    connection.execute(insert(approvals).values(**asked))
    connection.execute(insert(feeds).values(**_a_feed(connection)))
    item = {"feed_id": 1, "key": "k", "name": "n", "state": "new", "position": 0, "seen_at": NOON}
    for table, row in (*hanging, (feed_items, {**item, "article_id": article})):
        connection.execute(insert(table).values(**row))


def test_reader_who_is_erased_leaves_the_delivery_behind(migrated: Database) -> None:
    with migrated.write() as connection:
        house.add_sending_issue(connection)
        connection.execute(subscribers.delete())
        kept = connection.execute(select(deliveries.c.subscriber_id, deliveries.c.email)).all()
        assert kept == [(None, "reader1@example.org")]
        assert not connection.execute(select(subscriptions)).all()


def test_article_that_stands_in_an_issue_cannot_be_deleted(migrated: Database) -> None:
    with migrated.write() as connection:
        _draft(connection)
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(articles.delete())
        connection.execute(issue_articles.delete())
        connection.execute(issues.delete())
        connection.execute(articles.delete())
        assert not connection.execute(select(article_authors)).all()


def test_upgrade_of_a_current_database_changes_nothing(migrated: Database) -> None:
    statements: list[str] = []
    event.listen(migrated.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert migrated.upgrade(NOON) == (head_revision(), head_revision(), None)
    migrated.require_current()
    assert not [each for each in statements if each.split()[0] in ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")]
