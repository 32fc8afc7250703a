"""The library: articles kept as they were read, told apart, corrected, and known to be whole or sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

import house
from newsletter.model import Article, CallToAction, Guess, Hero, Season
from newsletter.states import ArticleStatus, IssueState
from newsletter.store import articles as store
from newsletter.store.authors import find_author, set_author, set_call_to_action
from newsletter.tables import articles

NOON = house.NOON
LATER = NOON + timedelta(days=1)

WHOLE: dict[str, Any] = {
    "title": "Ruhe — „leise“ 🌿",
    "subtitle": "A subtitle",
    "summary": "A summary",
    "published": date(2024, 2, 29),
    "language": "de-AT",
    "status": ArticleStatus.DRAFT,
    "categories": ("Calm", "Sleep"),
    "tags": ("evening",),
    "hero": Hero("media/a.jpg", "A lake", "Ida", "Unsplash"),
    "call_to_action": CallToAction("Shall we talk?", "Write to us", "https://example.org"),
    "body_html": "<h2>Why</h2><p>Because {{ it }} is.</p>",
    "source_url": "https://example.org/ruhe",
    "evergreen": True,
    "seasons": (Season((11, 15), (1, 6)),),
    "not_before": date(2026, 1, 1),
    "expires": date(2027, 1, 1),
    "priority": -3,
    "guesses": (Guess("title", "Ruhe", 1), Guess("author", "Ida", None)),
}


def test_article_comes_back_as_it_was_given(connection: Connection) -> None:
    maria, tomas = house.add_author(connection), house.add_author(connection, "Tomás")
    ruhe = store.NewArticle("ruhe", WHOLE, [tomas, maria, tomas], "f" * 64)
    (article_id,) = store.add_articles(connection, [ruhe], NOON)
    found = store.find_article(connection, "ruhe")
    wrote = tuple(each for name in ("Tomás", "Maria Lindqvist") if (each := find_author(connection, name)))
    assert len(wrote) == 2
    assert found == Article(slug="ruhe", authors=wrote, added=NOON, id=article_id, **WHOLE)
    assert store.find_article(connection, "Ruhe") is None


def test_article_with_nothing_but_a_title_comes_back_with_nothing_else(connection: Connection) -> None:
    found = house.add_article(connection, "calm")
    assert found == Article(
        slug="calm",
        title="Calm",
        body_html="<p>All about calm.</p>",
        read_at=NOON,
        added=NOON,
        id=found.id,
        missing=("author", "call_to_action.text", "call_to_action.label", "call_to_action.url"),
    )


def test_articles_are_listed_in_the_order_they_came_with_their_authors(connection: Connection) -> None:
    first, second, third = house.add_library(connection, "calm", "autumn", "spring")
    retired = house.add_article(connection, "old", status=ArticleStatus.RETIRED)
    assert store.list_articles(connection) == [first, second, third, retired]
    assert [each.name for each in third.authors] == ["Maria Lindqvist"]
    assert store.list_articles(connection, ArticleStatus.RETIRED) == [retired]
    assert store.list_articles(connection, ArticleStatus.DRAFT) == []
    ids = [each.id for each in (third, first) if each.id is not None]
    assert {each.slug for each in store.find_articles(connection, ids)} == {"calm", "spring"}
    assert store.find_articles(connection, []) == []


def test_what_is_missing_is_computed_at_each_look_so_a_later_bio_mends_it(connection: Connection) -> None:
    author = house.add_author(connection, bio="")
    article = house.add_article(connection, "calm", [author])
    assert article.missing == ("bio", "call_to_action.text", "call_to_action.label", "call_to_action.url")
    set_author(connection, "Maria Lindqvist", {"bio": "She listens.", "call_to_action": "maria"})
    set_call_to_action(connection, "maria", {"label": "Write to Maria", "url": "https://example.org/maria"})
    assert [each.missing for each in store.list_articles(connection)] == [("call_to_action.text",)]
    house.add_call_to_action(connection)
    assert [each.missing for each in store.list_articles(connection)] == [()]


# Slugs


def known(connection: Connection, slug: str, source_url: str = "") -> None:
    house.add_article(connection, slug, source_url=source_url)


def test_slug_is_free_or_gets_the_first_free_number(connection: Connection) -> None:
    assert store.free_slug(connection, "calm") == "calm"
    for slug in ("calm", "calm-evenings", "calm-3"):
        known(connection, slug)
    assert store.free_slug(connection, "calm") == "calm-2"
    known(connection, "calm-2")
    assert store.free_slug(connection, "calm") == "calm-4"
    with pytest.raises(IntegrityError), connection.begin_nested():
        known(connection, "calm")


# Changed


def test_change_sets_what_is_said_and_leaves_the_rest(connection: Connection) -> None:
    author = house.add_author(connection)
    store.add_articles(connection, [store.NewArticle("ruhe", WHOLE, [author], "f" * 64)], NOON)
    before = store.find_article(connection, "ruhe")
    assert before is not None and before.id is not None
    changes: dict[str, Any] = {
        "title": "Quiet",
        "hero": None,
        "categories": (),
        "status": ArticleStatus.READY,
        "published": None,
    }
    store.change_article(connection, before.id, changes, LATER, source_hash="0" * 64, corrected=["title"])
    after = store.find_article(connection, "ruhe")
    assert after == replace(before, corrected=frozenset({"title"}), **changes)
    row = connection.execute(select(articles.c.source_hash, articles.c.added_at, articles.c.updated_at)).one()
    assert row == ("0" * 64, NOON, LATER)


def test_change_that_says_nothing_new_is_none(connection: Connection) -> None:
    author = house.add_author(connection)
    store.add_articles(connection, [store.NewArticle("ruhe", WHOLE, [author], "f" * 64)], NOON)
    before = store.find_article(connection, "ruhe")
    assert before is not None and before.id is not None
    same = {name: value for name, value in WHOLE.items() if name != "guesses"}
    assert not store.change_article(connection, before.id, same, LATER, author_ids=[author], source_hash="0" * 64)
    assert store.find_article(connection, "ruhe") == before
    assert connection.execute(select(articles.c.updated_at)).scalar_one() == NOON


def test_many_are_added_at_once_each_with_its_own(connection: Connection) -> None:
    maria, ida = house.add_author(connection), house.add_author(connection, "Ida Berg")
    wanted = [
        store.NewArticle("calm", {"title": "Calm", "body_html": "", "status": ArticleStatus.READY}, [ida], "a"),
        store.NewArticle("ruhe", WHOLE, [maria, ida], "b", "https://example.org/?p=7"),
    ]
    ids = store.add_articles(connection, wanted, NOON)
    calm, ruhe = store.find_article(connection, "calm"), store.find_article(connection, "ruhe")
    assert calm is not None and ruhe is not None and [calm.id, ruhe.id] == ids
    assert [each.name for each in calm.authors] == ["Ida Berg"]
    assert [each.name for each in ruhe.authors] == ["Maria Lindqvist", "Ida Berg"]
    assert (calm.hero, calm.categories, ruhe.hero) == (None, (), WHOLE["hero"])


def test_authors_of_an_article_are_replaced_in_the_order_given(connection: Connection) -> None:
    names = ("Ada Byron", "Bea Klein", "Carl Frei")
    ids = [house.add_author(connection, name) for name in names]
    article = house.add_article(connection, "calm", ids[:2])
    other = house.add_article(connection, "spring", ids[:1])
    assert article.id is not None
    store.link_authors(connection, article.id, [ids[2], ids[0], ids[2]])
    found = store.find_article(connection, "calm")
    assert found is not None and [each.name for each in found.authors] == ["Carl Frei", "Ada Byron"]
    store.link_authors(connection, article.id, [])
    found = store.find_article(connection, "calm")
    assert found is not None and found.authors == ()
    assert store.find_article(connection, "spring") == other


# Sent


@pytest.mark.parametrize("state", list(IssueState))
def test_article_was_sent_once_an_issue_with_it_was_begun(connection: Connection, state: IssueState) -> None:
    (calm,) = house.add_library(connection, "calm")
    weekly = house.add_schedule(connection, house.add_list(connection))
    issue = house.add_issue(connection, weekly, [calm])
    ways = {
        IssueState.DRAFT: (),
        IssueState.SCHEDULED: (IssueState.SCHEDULED,),
        IssueState.SENDING: (IssueState.SENDING,),
        IssueState.PAUSED: (IssueState.SENDING, IssueState.PAUSED),
        IssueState.SENT: (IssueState.SENDING, IssueState.SENT),
        IssueState.CANCELLED: (IssueState.SENDING, IssueState.CANCELLED),
    }
    house.move(connection, issue, *ways[state], at=LATER)
    found = store.find_article(connection, "calm")
    # One that is over and reached nobody gives its article back.
    was_sent = state in (IssueState.SENDING, IssueState.PAUSED)
    assert found is not None and found.last_sent == (LATER if was_sent else None)


def test_last_of_several_issues_counts_also_for_an_article_that_does_not_lead(connection: Connection) -> None:
    calm, spring = house.add_library(connection, "calm", "spring")
    weekly = house.add_schedule(connection, house.add_list(connection))
    for weeks, picked in enumerate(([calm, spring], [calm])):
        issue = house.add_issue(connection, weekly, picked, house.FIRST_TUESDAY + weeks * house.WEEK)
        house.move(connection, issue, IssueState.SENDING, at=NOON + weeks * house.WEEK)
    assert [each.last_sent for each in store.list_articles(connection)] == [NOON + house.WEEK, NOON]
