"""An author who leaves → their articles out of picking or in another voice, and drafts that do not need them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from newsletter.app import App
from newsletter.content.editing import AUTHORS
from newsletter.desk import making
from newsletter.desk.library import correct_held, hold
from newsletter.errors import NewsletterError, NotFound, Refused
from newsletter.model import Article, Author, Issue
from newsletter.states import DRAFTS
from newsletter.store import articles as store
from newsletter.store import issues as issue_store
from newsletter.store.authors import find_author, set_author

CALL_TO_ACTION = "call_to_action"


@dataclass(frozen=True, slots=True)
class Left:
    """What became of an author's work: slugs, and one line for each draft issue that was looked at anew."""

    author: Author
    successor: Author | None
    handed_over: tuple[str, ...]
    out_of_picking: tuple[str, ...]
    drafts: tuple[str, ...]


def leave(app: App, name: str, last_day: date, to: str | None) -> Left:
    """The author is there until `last_day`; with `to`, their articles are that author's from now on.

    Issues that went out keep the byline; their web view loses photo and bio after that day. Raises NotFound for an
    unknown name, Refused for a successor who will not be there.
    """
    author = _known(app, name)
    successor = None if to is None else _successor(app, to, author, last_day)
    with app.database.write() as connection:
        left = set_author(connection, author.name, {"active_until": last_day})
    with app.database.read() as connection:
        theirs = [each for each in store.list_articles(connection) if _wrote(each, author)]
    if successor is not None:
        handed_over = tuple(each.slug for each in theirs if _hand_over(app, each, author, successor))
        return Left(left, successor, handed_over, (), _drafts_anew(app))
    nobody_there = tuple(each.slug for each in theirs if all(_is_gone(one, last_day) for one in each.authors))
    return Left(left, None, (), nobody_there, _drafts_anew(app))


def _successor(app: App, name: str, author: Author, last_day: date) -> Author:
    successor = _known(app, name)
    if successor.id == author.id:
        raise Refused(f"{author.name} cannot take over from {author.name}")
    if _is_gone(successor, last_day):
        raise Refused(f"{successor.name} cannot take over: there until {successor.active_until}")
    return successor


def _is_gone(author: Author, last_day: date) -> bool:
    """Whether the author is not there any more after that day."""
    return author.active_until is not None and author.active_until <= last_day


def _known(app: App, name: str) -> Author:
    with app.database.read() as connection:
        author = find_author(connection, name)
    if author is None:
        raise NotFound("author", name, "`newsletter authors list` shows them all")
    return author


def _wrote(article: Article, author: Author) -> bool:
    return any(each.id == author.id for each in article.authors)


def _hand_over(app: App, article: Article, author: Author, successor: Author) -> bool:
    """Also its own call to action goes, which may ask for an appointment with the one who left.

    False when somebody gave the article to another meanwhile.
    """
    cause = f"handed over from {author.name} to {successor.name}"
    with app.database.write() as connection:
        current = hold(connection, article)
        if not _wrote(current, author):
            return False
        names = dict.fromkeys(successor.name if each.id == author.id else each.name for each in current.authors)
        fields = {AUTHORS: tuple(names), CALL_TO_ACTION: None}
        correct_held(connection, current, fields, fields, app.clock(), cause, is_read=False)
    return True


def _drafts_anew(app: App) -> tuple[str, ...]:
    with app.database.read() as connection:
        drafts = [each for state in sorted(DRAFTS) for each in issue_store.issues_in(connection, state)]
    return tuple(_anew(app, draft) for draft in drafts)


def _anew(app: App, draft: Issue) -> str:
    try:
        fresh = making.refresh(app, draft)
    except NewsletterError as error:
        return f"issue {draft.id}: {error}"
    if fresh.articles == draft.articles:
        return f"issue {draft.id} stays with {', '.join(fresh.articles)}"
    return f"issue {draft.id}: {', '.join(fresh.articles)} in place of {', '.join(draft.articles)}"
