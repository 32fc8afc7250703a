"""Every query on the feeds the library keeps in step with, and on what was seen in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from newsletter.content.source import storable
from newsletter.states import ArticleStatus, FeedItemState
from newsletter.tables import articles, feed_items, feeds

CHUNK = 500  # keys in one statement


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """A feed, and how its last check went. Instants are aware UTC."""

    id: int
    url: str
    title: str
    import_as: ArticleStatus
    every: timedelta
    etag: str
    last_modified: str
    checked_at: datetime | None
    next_check_at: datetime
    failures: int  # in a row
    last_error: str


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item as it was when the feed last held it; 0 is the newest position."""

    key: str
    name: str
    state: FeedItemState
    position: int
    seen_at: datetime
    reason: str = ""
    article_id: int | None = None


def _to_feed(row: Row[Any]) -> FollowedFeed:
    return FollowedFeed(
        id=row.id,
        url=row.url,
        title=row.title,
        import_as=ArticleStatus(row.import_as),
        every=timedelta(minutes=row.every_minutes),
        etag=row.etag,
        last_modified=row.last_modified,
        checked_at=row.checked_at,
        next_check_at=row.next_check_at,
        failures=row.failures,
        last_error=row.last_error,
    )


def add_feed(connection: Connection, url: str, import_as: ArticleStatus, every: timedelta, now: datetime) -> int:
    """Its id; it is due at once. Raises IntegrityError when that address is followed."""
    minutes = round(every.total_seconds() / 60)
    values = {
        "url": url,
        "import_as": str(import_as),
        "every_minutes": minutes,
        "next_check_at": now,
        "created_at": now,
    }
    return int(connection.execute(insert(feeds).values(**values).returning(feeds.c.id)).scalar_one())


def find_feed(connection: Connection, url: str) -> FollowedFeed | None:
    row = connection.execute(select(feeds).where(feeds.c.url == url)).first()
    return None if row is None else _to_feed(row)


def feed_by_id(connection: Connection, feed_id: int) -> FollowedFeed | None:
    row = connection.execute(select(feeds).where(feeds.c.id == feed_id)).first()
    return None if row is None else _to_feed(row)


def list_feeds(connection: Connection) -> list[FollowedFeed]:
    """Oldest first."""
    return [_to_feed(row) for row in connection.execute(select(feeds).order_by(feeds.c.id))]


def due_feeds(connection: Connection, now: datetime) -> list[FollowedFeed]:
    """Those whose check is due, the longest waiting first."""
    query = select(feeds).where(feeds.c.next_check_at <= now).order_by(feeds.c.next_check_at, feeds.c.id)
    return [_to_feed(row) for row in connection.execute(query)]


def claim_check(connection: Connection, feed: FollowedFeed, until: datetime) -> bool:
    """Take one due check; nobody else begins it before `until`. False: somebody has taken it already."""
    mine = (feeds.c.id == feed.id) & (feeds.c.next_check_at == feed.next_check_at)
    return connection.execute(update(feeds).where(mine).values(next_check_at=until)).rowcount == 1


def record_check(connection: Connection, feed_id: int, now: datetime, next_check_at: datetime, **said: Any) -> None:
    """Write down how a check went; of `title`, `url`, `etag`, `last_modified`, `failures`, `last_error` those given."""
    values = {"checked_at": now, "next_check_at": next_check_at, **said}
    connection.execute(update(feeds).where(feeds.c.id == feed_id).values(**values))


def remove_feed(connection: Connection, feed_id: int) -> None:
    """Follow it no longer; what came from it stays in the library."""
    connection.execute(delete(feed_items).where(feed_items.c.feed_id == feed_id))
    connection.execute(delete(feeds).where(feeds.c.id == feed_id))


def lock_feed(connection: Connection, feed_id: int) -> bool:
    """Whether it is followed; nobody else keeps what was seen in it until this transaction ends."""
    return connection.execute(select(feeds.c.id).where(feeds.c.id == feed_id).with_for_update()).first() is not None


def items_of(connection: Connection, feed_id: int) -> dict[str, FeedItem]:
    """Everything ever seen in it, by key."""
    rows = connection.execute(select(feed_items).where(feed_items.c.feed_id == feed_id))
    return {
        row.key: FeedItem(
            row.key, row.name, FeedItemState(row.state), row.position, row.seen_at, row.reason, row.article_id
        )
        for row in rows
    }


def count_items(connection: Connection) -> Mapping[int, Mapping[FeedItemState, int]]:
    """Of each feed, how many items are in each state."""
    counted: dict[int, dict[FeedItemState, int]] = defaultdict(dict)
    query = select(feed_items.c.feed_id, feed_items.c.state, func.count()).group_by(
        feed_items.c.feed_id, feed_items.c.state
    )
    for feed_id, state, count in connection.execute(query):
        counted[feed_id][FeedItemState(state)] = count
    return counted


def is_waiting(connection: Connection, feed_id: int) -> bool:
    """Whether another reading may bring more of an item: it is new, it failed, or its article is not whole.

    Of an article that is not whole only what the feed held last is asked for: no reading mends what fell out of it.
    """
    mine = feed_items.c.feed_id == feed_id
    latest = select(func.max(feed_items.c.seen_at)).where(mine).scalar_subquery()
    is_open = feed_items.c.state.in_((str(FeedItemState.NEW), str(FeedItemState.FAILED)))
    is_part = (articles.c.source_hash == "") & (feed_items.c.seen_at == latest)
    query = select(feed_items.c.key).outerjoin(articles, articles.c.id == feed_items.c.article_id)
    return connection.execute(query.where(mine, is_open | is_part).limit(1)).first() is not None


def keep_items(connection: Connection, feed_id: int, items: Iterable[FeedItem]) -> None:
    """Add these items, or put them in the place of what was known of them."""
    rows = [
        {
            "feed_id": feed_id,
            "key": each.key,
            "name": storable(each.name),
            "state": str(each.state),
            "reason": storable(each.reason),
            "article_id": each.article_id,
            "position": each.position,
            "seen_at": each.seen_at,
        }
        for each in items
    ]
    _forget(connection, feed_id, [row["key"] for row in rows])
    if rows:
        connection.execute(insert(feed_items), rows)


def _forget(connection: Connection, feed_id: int, keys: Collection[Any]) -> None:
    every = list(keys)
    for start in range(0, len(every), CHUNK):
        mine = (feed_items.c.feed_id == feed_id) & feed_items.c.key.in_(every[start : start + CHUNK])
        connection.execute(delete(feed_items).where(mine))


def held_elsewhere(connection: Connection, feed_id: int, article_ids: Collection[int]) -> set[int]:
    """Those of these articles that another feed has brought too, and not taken out."""
    query = select(feed_items.c.article_id).where(
        feed_items.c.feed_id != feed_id,
        feed_items.c.article_id.in_(list(article_ids)),
        feed_items.c.state.in_((str(FeedItemState.IMPORTED), str(FeedItemState.UPDATED))),
    )
    return set(connection.execute(query).scalars())
