"""Followed feeds and what was seen in them: kept, due, claimed once, forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

import house
from newsletter.states import ArticleStatus, FeedItemState
from newsletter.store import articles
from newsletter.store import feeds as store
from newsletter.store.feeds import FeedItem, FollowedFeed

NOON = house.NOON
HOUR = timedelta(hours=1)
URL = "https://calm.example.org/feed/"
IMPORTED, GONE = FeedItemState.IMPORTED, FeedItemState.GONE


def add(connection: Connection, url: str = URL) -> FollowedFeed:
    found = store.feed_by_id(connection, store.add_feed(connection, url, ArticleStatus.DRAFT, 6 * HOUR, NOON))
    assert found is not None
    return found


def item(key: str, position: int = 0, state: FeedItemState = IMPORTED) -> FeedItem:
    return FeedItem(key, f"Number {key}", state, position, NOON)


def test_feed_comes_back_as_it_was_given_and_is_due_at_once(connection: Connection) -> None:
    feed = add(connection)
    assert feed == FollowedFeed(feed.id, URL, "", ArticleStatus.DRAFT, 6 * HOUR, "", "", None, NOON, 0, "")
    assert store.find_feed(connection, URL) == feed
    assert store.find_feed(connection, "https://else.example.org/") is None
    assert store.due_feeds(connection, NOON) == store.list_feeds(connection) == [feed]
    assert store.due_feeds(connection, NOON - HOUR) == []


def test_address_is_followed_once(connection: Connection) -> None:
    add(connection)
    with pytest.raises(IntegrityError):
        add(connection)


def test_check_is_written_down(connection: Connection) -> None:
    feed = add(connection)
    said: dict[str, Any] = {
        "etag": '"7"',
        "last_modified": "then",
        "title": "Quiet Notes",
        "failures": 2,
        "last_error": "no answer",
    }
    store.record_check(connection, feed.id, NOON, NOON + HOUR, **said)
    after = store.find_feed(connection, URL)
    assert after == replace(feed, checked_at=NOON, next_check_at=NOON + HOUR, **said)


def test_due_check_is_claimed_once(connection: Connection) -> None:
    feed = add(connection)
    assert store.claim_check(connection, feed, NOON + HOUR)
    assert not store.claim_check(connection, feed, NOON + HOUR)
    assert store.due_feeds(connection, NOON) == []


def test_longest_waiting_feed_comes_first(connection: Connection) -> None:
    later, sooner = add(connection), add(connection, "https://soon.example.org/")
    store.record_check(connection, later.id, NOON, NOON + HOUR)
    assert [feed.id for feed in store.due_feeds(connection, NOON + HOUR)] == [sooner.id, later.id]


def test_items_are_kept_by_their_keys(connection: Connection) -> None:
    feed, other = add(connection), add(connection, "https://else.example.org/")
    article = house.add_article(connection, "calm")
    first = replace(item("a"), article_id=article.id)
    store.keep_items(connection, feed.id, [first, item("b", 1)])
    store.keep_items(connection, other.id, [item("a", 7)])
    changed = replace(first, state=GONE, reason="taken out", position=3)
    store.keep_items(connection, feed.id, [changed])
    assert store.items_of(connection, feed.id) == {"a": changed, "b": item("b", 1)}
    assert store.items_of(connection, other.id) == {"a": item("a", 7)}
    assert store.count_items(connection) == {feed.id: {GONE: 1, IMPORTED: 1}, other.id: {IMPORTED: 1}}


def test_many_items_are_kept_at_once(connection: Connection) -> None:
    feed = add(connection)
    many = [item(str(number), number) for number in range(1_201)]
    store.keep_items(connection, feed.id, many)
    store.keep_items(connection, feed.id, many)
    assert len(store.items_of(connection, feed.id)) == 1_201


def test_feed_that_is_removed_takes_its_items_along_and_no_article(connection: Connection) -> None:
    feed = add(connection)
    article = house.add_article(connection, "calm")
    store.keep_items(connection, feed.id, [replace(item("a"), article_id=article.id)])
    store.remove_feed(connection, feed.id)
    assert store.list_feeds(connection) == []
    assert store.items_of(connection, feed.id) == {}
    house.add_article(connection, "calmer")


def test_article_that_another_feed_holds_is_told(connection: Connection) -> None:
    one, other = add(connection), add(connection, "https://else.example.org/")
    calm, walk = house.add_article(connection, "calm"), house.add_article(connection, "walk")
    assert calm.id is not None and walk.id is not None
    for feed, state in ((one, IMPORTED), (other, IMPORTED)):
        store.keep_items(connection, feed.id, [replace(item("a", state=state), article_id=calm.id)])
    store.keep_items(connection, other.id, [replace(item("b", state=GONE), article_id=walk.id)])
    assert store.held_elsewhere(connection, one.id, [calm.id, walk.id]) == {calm.id}


def test_item_whose_article_is_not_whole_waits_for_another_reading(connection: Connection) -> None:
    feed = add(connection)
    fields = {"title": "A", "body_html": "", "status": ArticleStatus.READY}
    (part,) = articles.add_articles(connection, [articles.NewArticle("a", fields, [], "")], NOON)
    store.keep_items(connection, feed.id, [item("whole"), replace(item("part", 1), article_id=part)])
    assert store.is_waiting(connection, feed.id)
    store.keep_items(connection, feed.id, [replace(item("whole"), seen_at=NOON + HOUR)])
    assert not store.is_waiting(connection, feed.id)  # the part fell out of the feed: no reading brings the rest


@pytest.mark.parametrize("state", [FeedItemState.NEW, FeedItemState.FAILED])
def test_item_that_was_not_taken_waits_for_another_reading(connection: Connection, state: FeedItemState) -> None:
    feed = add(connection)
    assert not store.is_waiting(connection, feed.id)
    store.keep_items(connection, feed.id, [item("a", state=state)])
    assert store.is_waiting(connection, feed.id)


def test_feed_is_locked_as_long_as_it_is_followed(connection: Connection) -> None:
    feed = add(connection)
    assert store.lock_feed(connection, feed.id)
    store.remove_feed(connection, feed.id)
    assert not store.lock_feed(connection, feed.id)


def test_name_and_reason_are_kept_without_what_no_database_holds(connection: Connection) -> None:
    feed = add(connection)
    store.keep_items(connection, feed.id, [replace(item("a"), name="a\0b", reason="c\ud800d")])
    kept = store.items_of(connection, feed.id)["a"]
    assert (kept.name, kept.reason) == ("a?b", "c?d")
