"""A schedule's options and the library → a refusal of what could never do what a person means by it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from sqlalchemy import Connection

from newsletter.errors import Refused
from newsletter.model import Article
from newsletter.options import Options, flag
from newsletter.picking.guards import Wanted
from newsletter.picking.orders import RANKINGS, weights_of
from newsletter.states import ArticleStatus
from newsletter.store import articles as library


def require_sensible(connection: Connection, options: Options) -> None:
    """Raises Refused naming the option: one that no ranking, author or category bears, or that lets nothing go.

    An empty library is no reason: what is asked for may still be imported.
    """
    _require_known("weights", "ranking", (name for name, _ in options.weights), RANKINGS)
    if not weights_of(options):
        raise Refused(f"{flag('weights')}: with no weight at all nothing puts the articles in order")
    articles = [each for each in library.list_articles(connection) if each.status is not ArticleStatus.RETIRED]
    if not articles:
        return
    authors = {author.name for article in articles for author in article.authors}
    categories = {category for article in articles for category in article.categories}
    _require_known("author_turns", "author", (name for name, _ in options.author_turns), authors)
    _require_known("category_turns", "category", (name for name, _ in options.category_turns), categories)
    for name in ("author_turns", "category_turns"):
        shares = getattr(options, name)
        if shares and not any(share for _, share in shares):
            raise Refused(f"{flag(name)}: somebody has to have a share above 0")
    for name in ("categories", "tags", "without"):
        _require_wanted(name, Wanted(**{name: getattr(options, name)}), articles)
    if options.categories or options.tags or options.without:
        _require_wanted("", Wanted(options.categories, options.tags, options.without), articles)


def _require_known(option: str, noun: str, names: Iterable[str], known: Iterable[str]) -> None:
    every = sorted(known)
    for name in names:
        if name not in every:
            near = get_close_matches(name, every, n=3, cutoff=0.5) or every[:10]
            raise Refused(f"{flag(option)}: there is no {noun} {name!r}; did you mean {' or '.join(near)}?")


def _require_wanted(option: str, rule: Wanted, articles: Iterable[Article]) -> None:
    refused = [rule.refusal(article) for article in articles]
    if all(refused):
        named = flag(option) if option else "--categories, --tags and --without together"
        raise Refused(f"{named}: the rule {rule.name!r} refuses every article: the first {refused[0]}")
