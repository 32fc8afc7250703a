"""What a person wants to see of the library → those articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.errors import SourceError
from newsletter.model import Article, Season
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store import marks
from newsletter.store.search import search

TODAY = "today"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Each one narrows the list; None and empty ask for nothing."""

    status: ArticleStatus | None = None
    author: str = ""  # whatever its upper and lower case; a part of the name is enough
    category: str = ""  # or a tag
    season: str = ""  # MM-DD or `today`: articles with a season that this day lies in
    sent_before: date | None = None  # last sent before this day, or never
    sent_since: date | None = None  # last sent on this day or later
    never_sent: bool = False
    unread: bool = False  # no person has said yes to it since its import
    words: str = ""  # that it holds


def list_library(app: App, wanted: Wanted) -> list[Article]:
    """The articles wanted: in the order they were added, those with the wanted words best first.

    Days are those of the home's time zone. Raises SourceError for a season that is no day.
    """
    filters = list(_filters(wanted, app.zone, app.today))
    if wanted.words:
        marks.mark_older(app.database)
    with app.database.read() as connection:
        found = store.list_articles(connection, wanted.status)
        ranked = search(connection, wanted.words) if wanted.words else []
    if wanted.words:
        ranks = {id: rank for rank, id in enumerate(ranked)}
        found = sorted((each for each in found if each.id in ranks), key=lambda each: ranks[each.id or 0])
    return [article for article in found if all(keeps(article) for keeps in filters)]


def _filters(wanted: Wanted, zone: ZoneInfo, today: date) -> Iterator[Callable[[Article], bool]]:
    if wanted.author:
        name = wanted.author.casefold()
        yield lambda article: any(name in author.name.casefold() for author in article.authors)
    if wanted.category:
        topic = wanted.category.casefold()
        yield lambda article: topic in (each.casefold() for each in (*article.categories, *article.tags))
    if wanted.season:
        day = _day(wanted.season, today)
        yield lambda article: any(day in season for season in article.seasons)
    if wanted.sent_before is not None:
        before = wanted.sent_before
        yield lambda article: article.last_sent is None or article.last_sent.astimezone(zone).date() < before
    if wanted.sent_since is not None:
        since = wanted.sent_since
        yield lambda article: article.last_sent is not None and article.last_sent.astimezone(zone).date() >= since
    if wanted.never_sent:
        yield lambda article: article.last_sent is None
    if wanted.unread:
        yield lambda article: article.read_at is None


def _day(text: str, today: date) -> date:
    if text == TODAY:
        return today
    try:
        month, day = Season.parse(f"{text}..{text}").start
    except ValueError:
        raise SourceError("--season", f"{text!r} is neither a day, MM-DD, nor `{TODAY}`") from None
    return date(2024, month, day)  # a leap year: the 29th of February is asked for too
