"""Words → the articles that hold them, by the search of each database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

import house
from newsletter.store import articles as store
from newsletter.store.engine import Database
from newsletter.store.search import search
from newsletter.tables import metadata


@pytest.fixture
def library(connection: Connection) -> Connection:
    house.add_article(connection, "sleep", title="Sleeping through the night", body_html="<p>Dim the lights.</p>")
    house.add_article(connection, "lights", title="Screens", body_html="<p>A night without lights, and with sleep.</p>")
    house.add_article(
        connection, "cafe", title="Café talk", body_html="<p>Über alles reden &amp; zuhören.</p>", tags=("Evening",)
    )
    return connection


def found(connection: Connection, wanted: str) -> list[str]:
    slugs = store.slugs_of(connection, ids := search(connection, wanted))
    return [slugs[id] for id in ids]


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ("sleep", ["sleep", "lights"]),  # as a word begins; in the title it counts for more
        ("sleep screens", ["lights"]),  # every word
        ("SLEEP night", ["sleep", "lights"]),
        ('"night without"', ["lights"]),
        ('"without night"', []),
        ("cafe uber", ["cafe"]),  # whatever the accents
        ("Über ZUHÖREN", ["cafe"]),
        ("evening", ["cafe"]),  # a tag
        ("p", []),  # markup is no word
        ("", []),
        ('"', []),
        ("-- ' OR 1=1 * NEAR( :x & | ! <->", []),
    ],
)
def test_articles_that_hold_all_the_words_are_found_the_best_first(
    library: Connection, wanted: str, slugs: list[str]
) -> None:
    assert found(library, wanted) == slugs


def test_changed_article_is_found_by_what_it_says_now(library: Connection) -> None:
    article = store.find_article(library, "cafe")
    assert article is not None and article.id is not None
    store.change_article(library, article.id, {"title": "Tea"}, house.NOON)
    assert found(library, "café") == [] and found(library, "tea") == ["cafe"]


def test_article_that_is_gone_is_not_found(library: Connection) -> None:
    library.exec_driver_sql("DELETE FROM articles WHERE slug = 'cafe'")
    assert found(library, "talk") == []


def test_text_of_more_words_than_an_index_holds_is_found_by_its_beginning(connection: Connection) -> None:
    words = " ".join(f"w{number:x}-{number * 7919:x}" for number in range(200_000))  # PostgreSQL splits each in three
    house.add_article(connection, "long", title="Long", body_html=f"<p>tulips {words}</p>", tags=("garden",))
    assert found(connection, "tulips garden") == ["long"]


@pytest.fixture(scope="module")
def empty() -> Database:
    database = Database("sqlite://")
    with database.write() as connection:
        metadata.create_all(connection)
    return database


@given(st.text())
def test_nothing_a_person_types_breaks_the_search(empty: Database, wanted: str) -> None:
    with empty.read() as connection:
        assert search(connection, wanted) == []
