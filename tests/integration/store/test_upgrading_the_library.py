"""A home of the first schema, with articles in it → the same articles, read, found and kept in versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

import house
from newsletter.store import articles, marks
from newsletter.store.engine import MIGRATIONS, Database
from newsletter.store.sameness import titles_like
from newsletter.store.search import search
from newsletter.store.versions import versions_of

NOON = house.NOON
ROW = text(
    "INSERT INTO articles (slug, source_url, source_hash, title, subtitle, summary, language, status, categories, tags,"
    " body_html, evergreen, seasons, priority, guesses, corrected, added_at, updated_at) VALUES ('calm', '', 'hash',"
    " 'Calm Evenings', '', '', '', 'ready', '[]', '[]', '<p>Dim the lights.</p>', :no, '[]', 0, '[]', '[]', :at, :at)"
)


@pytest.fixture
def old(empty_url: str) -> Iterator[Database]:
    made = Database(empty_url)
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with made.write() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
    at = NOON if not made.is_sqlite else NOON.strftime("%Y-%m-%d %H:%M:%S.%f")
    with made.write() as connection:
        connection.execute(ROW, {"at": at, "no": False})
    yield made
    made.close()


def test_articles_of_the_first_schema_go_on_being_sent_and_are_found(old: Database) -> None:
    old.upgrade(NOON)
    with old.write() as connection:
        article = articles.find_article(connection, "calm")
        assert article is not None and article.id is not None
        assert article.read_at == NOON, "nobody's mail stops because the program was upgraded"
        assert search(connection, "lights") == []
        marks.mark_all(connection)
        assert search(connection, "lights") == [article.id]
        assert titles_like(connection, ["calm evenings!"]) == {"calm evenings": "calm"}
        assert [each.number for each in versions_of(connection, article.id)] == [1]
