"""A home whose schedules knew cron alone → the same schedules, going on as they did, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

import house
from newsletter.options import Options
from newsletter.store import issues, schedules
from newsletter.store.engine import MIGRATIONS, Database

NOON = house.NOON
ROWS = (
    "INSERT INTO mailing_lists (name, created_at) VALUES ('Friends', :at)",
    "INSERT INTO schedules (name, list_id, cron, timezone, status, grace_minutes, seed, created_at, resumed_at)"
    " VALUES ('weekly', 1, '0 9 * * 2', 'Europe/Berlin', 'active', 240, 7, :at, :at)",
    "INSERT INTO occurrences (schedule_id, local, utc, state, reason)"
    " VALUES (1, '2026-03-24T09:00', :at, 'issued', '')",
    "INSERT INTO articles (slug, source_url, source_hash, title, subtitle, summary, language, status, categories, tags,"
    " body_html, evergreen, seasons, priority, guesses, corrected, added_at, updated_at) VALUES ('calm', '', 'hash',"
    " 'Calm', '', '', '', 'ready', '[]', '[]', '<p>…</p>', :no, '[]', 0, '[]', '[]', :at, :at)",
    "INSERT INTO issues (schedule_id, occurrence_id, lead_article_id, list_id, state, subject, public_id, rendered,"
    " web_html, content_hash, picked, seed, pause_reason, created_at, started_at) VALUES (1, 1, 1, 1, 'sent', 'Calm',"
    " 'name', '{}', '<p>…</p>', 'c', '{\"candidates\": []}', 7, '', :at, :at)",
    "INSERT INTO issue_articles (issue_id, position, article_id) VALUES (1, 0, 1)",
    "INSERT INTO subscribers (email, email_key, name, attributes, tags, timezone, language, joined_at)"
    " VALUES ('ada@example.org', 'ada@example.org', 'Ada', '{}', '[]', '', '', :at)",
    "INSERT INTO deliveries (kind, issue_id, occurrence_id, subscriber_id, email, status, attempts, reply, reason,"
    " message_id, sent_at) VALUES ('issue', 1, 1, 1, 'ada@example.org', 'sent', 1, '', '', 'm', :at)",
)


@pytest.fixture
def old(empty_url: str) -> Iterator[Database]:
    made = Database(empty_url)
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with made.write() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0002")
    at = NOON if not made.is_sqlite else NOON.strftime("%Y-%m-%d %H:%M:%S.%f")
    with made.write() as connection:
        for row in ROWS:
            given = {"at": at, "no": False}
            statement = text(row)
            connection.execute(statement, {name: value for name, value in given.items() if f":{name}" in row})
    yield made
    made.close()


def test_schedule_goes_on_as_it_did_and_asks_nobody(old: Database) -> None:
    old.upgrade(NOON)
    with old.read() as connection:
        weekly = schedules.find_schedule(connection, "weekly")
        assert weekly is not None
        assert (weekly.recurrence, weekly.timezone, weekly.grace_minutes) == ("0 9 * * 2", "Europe/Berlin", 240)
        assert weekly.options == Options(approval="none")
        assert weekly.created == NOON
        (issue,) = issues.list_issues(connection)
        assert (issue.articles, issue.planned, issue.note, issue.send_at) == (("calm",), 1, "", None)
        (went,) = issues.sent_to_list(connection, weekly.list_id)
        assert (went.slug, went.at) == ("calm", NOON)
    with old.write() as connection:
        new = house.add_schedule(connection, house.add_list(connection, "Neighbours"), "new", recurrence="0 9 * * 3")
        assert new.created is not None and new.created - NOON < timedelta(days=1)
