"""One reading of a followed feed → its articles in the library, and the state of each of its items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.keeping_step import is_suspicious, taken_out
from newsletter.content.source import storable_key
from newsletter.content.sources.feed import Feed
from newsletter.desk.importing import OUTCOMES, Imported, Importing
from newsletter.errors import SourceError
from newsletter.states import ArticleStatus, FeedItemState
from newsletter.store import articles as article_store
from newsletter.store import feeds as store
from newsletter.store.feeds import FeedItem, FollowedFeed

_STATES = {
    "imported": FeedItemState.IMPORTED,
    "updated": FeedItemState.UPDATED,
    "skipped": FeedItemState.SKIPPED,
    "failed": FeedItemState.FAILED,
}
NEW = FeedItemState.NEW
_TAKEN_BEFORE = (FeedItemState.IMPORTED, FeedItemState.UPDATED)


@dataclass
class Taken:
    """What one reading came to. `error`: it broke off; `warning`: it was read, and something in it is strange."""

    items: list[Imported] = field(default_factory=list)
    gone: list[FeedItem] = field(default_factory=list)
    error: str = ""
    warning: str = ""

    @cached_property
    def by_key(self) -> Mapping[str, Imported]:
        return {storable_key(each.key): each for each in self.items if each.key}

    @property
    def summary(self) -> str:
        """`imported 2, updated 0, unchanged 8, skipped 0, failed 0, gone 0`."""
        counted = Counter(item.outcome for item in self.items)
        return ", ".join([*(f"{outcome} {counted[outcome]}" for outcome in OUTCOMES), f"gone {len(self.gone)}"])

    @property
    def has_news(self) -> bool:
        return bool(self.gone) or any(item.outcome in ("imported", "updated", "failed") for item in self.items)


def take_items(app: App, feed: FollowedFeed, reading: Feed) -> Taken:
    """The items taken into the library, and what became of each kept beside the feed, if it is followed still."""
    taken = Taken()
    try:
        for imported in Importing(app, feed.import_as).take(reading):
            taken.items.append(imported)
    except SourceError as error:
        taken.error = str(error)
    names = {storable_key(key): name for key, name in reading.names.items()}
    deleted = [storable_key(key) for key in reading.deleted]
    with app.database.write() as connection:
        if not store.lock_feed(connection, feed.id):
            return taken
        known = store.items_of(connection, feed.id)
        keys = list(names)
        keys = keys[::-1] if reading.is_oldest_first else keys
        last = _held_last(known)
        _find_gone(taken, known, last, keys, deleted)
        now = app.clock()
        _make_drafts(connection, feed, taken.gone, now)
        seen = [
            _row_of(known.get(key), taken.by_key.get(key), FeedItem(key, names.get(key, ""), NEW, position, now))
            for position, key in enumerate(_in_order(taken, last, keys))
        ]
        store.keep_items(connection, feed.id, [*seen, *taken.gone])
    return taken


def _held_last(known: Mapping[str, FeedItem]) -> list[str]:
    """The keys of the last reading, newest first."""
    latest = max((each.seen_at for each in known.values()), default=None)
    held = (each for each in known.values() if each.seen_at == latest)
    return [each.key for each in sorted(held, key=lambda each: each.position)]


def _find_gone(
    taken: Taken, known: Mapping[str, FeedItem], last: Sequence[str], keys: Sequence[str], deleted: Sequence[str]
) -> None:
    if taken.error:
        return  # what was not read may well be there
    held = set(keys)
    missing = [*taken_out(last, keys), *(key for key in deleted if key in known and key not in held)]
    gone = [known[key] for key in dict.fromkeys(missing) if known[key].state is not FeedItemState.GONE]
    if is_suspicious(len(gone), len(last)):
        taken.warning = (
            f"{len(gone)} of {len(last)} items are missing from it at once; that looks like a wrong answer,"
            " so none of them was taken for gone (to accept it, stop following the feed and follow it again)"
        )
        return
    words = "taken out of the feed while older items stayed in it"
    for item in gone:
        reason = "the feed says it is deleted" if item.key in deleted else words
        taken.gone.append(replace(item, state=FeedItemState.GONE, reason=reason))


def _make_drafts(connection: Connection, feed: FollowedFeed, gone: Sequence[FeedItem], now: datetime) -> None:
    """What nobody corrected and no other feed holds is not to be picked any more without a person's word."""
    reasons = {item.article_id: item.reason for item in gone if item.article_id is not None}
    elsewhere = store.held_elsewhere(connection, feed.id, reasons)
    for article in article_store.find_articles(connection, reasons):
        if article.id is None or article.id in elsewhere or article.corrected:
            continue
        if article.status is ArticleStatus.READY:
            cause = f"{feed.title or feed.url}: {reasons[article.id]}"[:200]
            article_store.change_article(connection, article.id, {"status": ArticleStatus.DRAFT}, now, cause=cause)


def _in_order(taken: Taken, last: Sequence[str], keys: Sequence[str]) -> Sequence[str]:
    """The keys the next reading is compared with, newest first: these, unless this reading is not to be trusted."""
    if taken.error:
        held = set(keys)
        return [*keys, *(key for key in last if key not in held)]
    if taken.warning:
        held = set(last)
        return [*(key for key in keys if key not in held), *last]
    return keys


def _row_of(known: FeedItem | None, imported: Imported | None, new: FeedItem) -> FeedItem:
    """What to keep of an item; it stays new when the import was stopped before its turn."""
    if imported is None:
        return new if known is None else replace(known, position=new.position, seen_at=new.seen_at)
    state, reason = _STATES.get(imported.outcome), imported.reason or ""
    if state is None:  # unchanged
        state = known.state if known is not None and known.state in _TAKEN_BEFORE else FeedItemState.IMPORTED
        is_back = known is not None and known.state is FeedItemState.GONE
        reason = "in the feed again; what became of its article meanwhile stays" if is_back else ""
    article_id = imported.article_id or (known.article_id if known is not None else None)
    return replace(new, state=state, reason=reason, article_id=article_id)
