"""What an article said before: kept at each change, told in order."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

import house
from newsletter.model import Hero
from newsletter.store import articles as store
from newsletter.store.versions import MAX_CAUSE, versions_of

NOON = house.NOON
HOUR = timedelta(hours=1)


def test_every_change_keeps_what_was_said_before(connection: Connection) -> None:
    author, other = house.add_author(connection), house.add_author(connection, "Ida Berg")
    article = house.add_article(connection, "calm", [author], published=NOON.date())
    assert article.id is not None
    store.change_article(
        connection, article.id, {"title": "Calmer", "hero": Hero("media/a.jpg")}, NOON + HOUR, "import"
    )
    store.change_article(connection, article.id, {}, NOON + 2 * HOUR, "handed over", author_ids=[other])
    first, second, third = versions_of(connection, article.id)
    assert [each.cause for each in (first, second, third)] == ["first import", "import", "handed over"]
    assert [each.fields["title"] for each in (first, second, third)] == ["Calm", "Calmer", "Calmer"]
    assert (first.fields["hero"], second.fields["hero"]["src"]) == (None, "media/a.jpg")
    assert first.fields["published"] == "2026-03-30"
    assert [each.fields["authors"] for each in (first, second, third)] == [[author_name], [author_name], ["Ida Berg"]]
    assert [(each.since, each.until) for each in (first, second, third)] == [
        (NOON, NOON + HOUR), (NOON + HOUR, NOON + 2 * HOUR), (NOON + 2 * HOUR, None),
    ]  # fmt: skip


author_name = "Maria Lindqvist"


def test_article_that_never_changed_has_one_version(connection: Connection) -> None:
    article = house.add_article(connection, "calm")
    assert article.id is not None
    (only,) = versions_of(connection, article.id)
    assert (only.number, only.until, only.fields["body_html"]) == (1, None, "<p>All about calm.</p>")


def test_long_cause_is_cut(connection: Connection) -> None:
    article = house.add_article(connection, "calm")
    assert article.id is not None
    store.change_article(connection, article.id, {"title": "Calmer"}, NOON, "import of " + "x" * 500)
    assert len(versions_of(connection, article.id)[1].cause) == MAX_CAUSE
