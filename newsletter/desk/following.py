"""An address → a feed the library keeps in step with, looked at again whenever it is due."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from newsletter.app import App
from newsletter.content.fetch import Fetched
from newsletter.content.keeping_step import wait_after
from newsletter.content.source import Source, storable
from newsletter.content.sources.feed import Feed
from newsletter.content.sources.feed.opening import MAX_BYTES
from newsletter.content.sources.feed.page import explain_page, feeds_named_in, is_page
from newsletter.content.words import address
from newsletter.desk.feed_items import Taken, take_items
from newsletter.errors import FetchError, NewsletterError, NotFound, Refused, SourceError
from newsletter.states import ArticleStatus, FeedItemState
from newsletter.store import feeds as store
from newsletter.store.feeds import FollowedFeed

EVERY = timedelta(hours=6)
CLAIMED_FOR = timedelta(minutes=30)  # a check whose process dies is begun again after this
NOT_FOUND_OFTEN = 5  # checks in a row; until then a 404 may be a site that is being mended
ACCEPTED = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """How one look at a feed went. `taken` is None when there was nothing to take."""

    feed: FollowedFeed  # as it is after the check
    outcome: str  # read, unchanged or failed
    words: str = ""  # what is wrong
    taken: Taken | None = None

    @property
    def summary(self) -> str:
        """`Quiet Notes: imported 2, updated 0, unchanged 8, skipped 0, failed 0, gone 0`."""
        name = self.feed.title or self.feed.url
        if self.taken is None:
            return f"{name}: {self.words or self.outcome}"
        return f"{name}: {self.taken.summary}" + (f"; {self.words}" if self.words else "")

    @property
    def is_worth_telling(self) -> bool:
        return bool(self.words) or (self.taken is not None and self.taken.has_news)


@dataclass(frozen=True, slots=True)
class Followed:
    checked: Checked
    page: str = ""  # the web page that was given and that names this feed


Listed = tuple[FollowedFeed, Mapping[FeedItemState, int]]
"""A feed, and how many of its items are in each state."""


def follow(app: App, url: str, status: ArticleStatus = ArticleStatus.READY, every: timedelta = EVERY) -> Followed:
    """The feed at `url`, or the only one that the page there names, followed from now on and looked at once.

    Raises Refused, or SourceError when there is no feed to be had; nothing is followed then.
    """
    given = _web_address(url)
    _refuse_if_followed(app, given)
    with ExitStack() as answers:
        wanted = given
        fetched = answers.enter_context(_fetch(app, given))
        if is_page(_source(given, fetched)):
            wanted = _only_feed_of(_source(given, fetched))
            _refuse_if_followed(app, wanted)
            fetched = answers.enter_context(_fetch(app, wanted))
        reading = Feed(_source(wanted, fetched))
        feed = _add(app, fetched.permanent_url or wanted, status, every)
        return Followed(_take(app, feed, fetched, reading), given if wanted != given else "")


def unfollow(app: App, url: str) -> FollowedFeed:
    """The feed that was followed; its articles stay. Raises NotFound."""
    feed = find(app, url)
    with app.database.write() as connection:
        store.remove_feed(connection, feed.id)
    return feed


def find(app: App, url: str) -> FollowedFeed:
    """Raises NotFound for an address that is not followed."""
    with app.database.read() as connection:
        feed = store.find_feed(connection, url.strip())
    if feed is None:
        raise NotFound("followed feed", url, "`newsletter articles follow` shows them all")
    return feed


def list_followed(app: App) -> list[Listed]:
    with app.database.read() as connection:
        counted = store.count_items(connection)
        return [(feed, counted.get(feed.id, {})) for feed in store.list_feeds(connection)]


def check_feed(app: App, feed: FollowedFeed) -> Checked:
    """A look at this feed now; what goes wrong is written down and told, not raised."""
    try:
        with _fetch(app, feed.url, *_validators(app, feed)) as fetched:
            if fetched.is_unchanged:
                return _unchanged(app, feed, fetched)
            return _take(app, feed, fetched, Feed(_source(feed.url, fetched)))
    except NewsletterError as error:
        return _failed(app, feed, str(error), error.status if isinstance(error, FetchError) else None)
    except Exception as bug:
        # A fault of this program, shown by one feed: the others are not to wait for its mending.
        words = f"this program is at a loss with it ({type(bug).__name__}: {str(bug)[:200]})"
        return _failed(app, feed, f"{feed.url}: {words}")


def check_due(app: App, stop: threading.Event | None = None) -> list[str]:
    """Looks at every feed that is due, until `stop` is set; words to log, one line for each that has news."""
    told = []
    with app.database.read() as connection:
        due = store.due_feeds(connection, app.clock())
    for feed in due:
        if stop is not None and stop.is_set():
            break
        with app.database.write() as connection:
            is_ours = store.claim_check(connection, feed, app.clock() + CLAIMED_FOR)
        checked = check_feed(app, feed) if is_ours else None
        if checked is not None and checked.is_worth_telling:
            told.append(f"feed {checked.summary}")
    return told


def check_all(app: App) -> list[Checked]:
    """A look at every feed now, whether it is due or not."""
    with app.database.read() as connection:
        followed = store.list_feeds(connection)
    return [check_feed(app, feed) for feed in followed]


def _web_address(url: str) -> str:
    try:
        found = address(url.partition("#")[0])
    except ValueError as error:
        raise Refused(f"a feed is followed by its web address: {error}") from None
    if not found:
        raise Refused("a feed is followed by its web address; none was given")
    return found


def _refuse_if_followed(app: App, url: str) -> None:
    with app.database.read() as connection:
        if store.find_feed(connection, url) is not None:
            raise Refused(f"{url} is followed already; `newsletter articles follow {url} --check` looks at it now")


def _only_feed_of(page: Source) -> str:
    found = feeds_named_in(page)
    if len(found) == 1:
        return found[0]
    if not found:
        raise SourceError(page.name, explain_page(page))
    raise Refused(f"{page.name} is a web page with several feeds; follow one of them: {', '.join(found[:10])}")


def _add(app: App, url: str, status: ArticleStatus, every: timedelta) -> FollowedFeed:
    try:
        with app.database.write() as connection:
            store.add_feed(connection, url, status, every, app.clock())
    except IntegrityError:
        raise Refused(f"{url} is followed already") from None
    return find(app, url)


def _fetch(app: App, url: str, etag: str = "", last_modified: str = "") -> Fetched:
    return app.fetcher.fetch(url, max_bytes=MAX_BYTES, accept=ACCEPTED, etag=etag, last_modified=last_modified)


def _source(name: str, fetched: Fetched) -> Source:
    return Source(name, fetched.stream, fetched.url, fetched.media_type)


def _validators(app: App, feed: FollowedFeed) -> tuple[str, str]:
    """What the server called its last answer; nothing while an item of that answer waits to be tried again."""
    with app.database.read() as connection:
        is_waiting = store.is_waiting(connection, feed.id)
    return ("", "") if is_waiting else (feed.etag, feed.last_modified)


def _take(app: App, feed: FollowedFeed, fetched: Fetched, reading: Feed) -> Checked:
    taken = take_items(app, feed, reading)
    if taken.error:
        # Not the server's name for this answer: it has to be sent again.
        return _recorded(app, feed, fetched, "failed", taken.error, taken, failures=feed.failures + 1)
    said = {"etag": fetched.etag, "last_modified": fetched.last_modified, "title": storable(reading.title[:500])}
    return _recorded(app, feed, fetched, "read", taken.warning, taken, failures=0, **said)


def _unchanged(app: App, feed: FollowedFeed, fetched: Fetched) -> Checked:
    # Without failures before it, the last words were about this very answer, and still hold.
    words = "" if feed.failures else feed.last_error
    return _recorded(app, feed, fetched, "unchanged", words, None, failures=0)


def _failed(app: App, feed: FollowedFeed, words: str, status: int | None = None) -> Checked:
    """`status` is what the server answered."""
    failures = feed.failures + 1
    if status == 410 or (status == 404 and failures >= NOT_FOUND_OFTEN):
        words += f"; the feed seems to be gone for good: `newsletter articles follow {feed.url} --stop`"
    return _recorded(app, feed, None, "failed", words, None, failures=failures)


def _recorded(
    app: App,
    feed: FollowedFeed,
    fetched: Fetched | None,
    outcome: str,
    words: str,
    taken: Taken | None,
    failures: int,
    **said: str,
) -> Checked:
    now, words = app.clock(), storable(words)
    moved = fetched.permanent_url if fetched is not None else ""
    with app.database.write() as connection:
        if moved and moved != feed.url and store.find_feed(connection, moved) is None:
            said["url"] = moved
        due = now + wait_after(feed.every, failures)
        store.record_check(connection, feed.id, now, due, failures=failures, last_error=words, **said)
        after = store.feed_by_id(connection, feed.id)
    return Checked(after or feed, outcome, words, taken)
