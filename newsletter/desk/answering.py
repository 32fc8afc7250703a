"""A link from an approval mail, and its button → a person's word on an issue, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import approving, making, sending
from newsletter.desk.approval_links import Purpose, read
from newsletter.desk.approval_mail import is_by
from newsletter.desk.library import correct_held, hold
from newsletter.desk.mending import pass_on
from newsletter.desk.swapping import swap
from newsletter.errors import NewsletterError
from newsletter.model import Article, Issue, Schedule
from newsletter.scheduling.approval import Answer, Asked, Role, is_still_asked, last_word
from newsletter.states import DRAFTS, ArticleStatus, DeliveryStatus, IssueState
from newsletter.store import approvals as store
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store

LONGEST_WORDS = 2_000

ANSWERS: Mapping[Purpose, Answer] = {
    Purpose.YES: Answer.YES,
    Purpose.SWAP: Answer.SWAP,
    Purpose.SKIP: Answer.SKIP,
    Purpose.MEND: Answer.MEND,
    Purpose.NOT_ANY_MORE: Answer.NOT_ANY_MORE,
}


class Standing(StrEnum):
    """Whether a link can still do what it is for."""

    OPEN = "open"
    SAID = "said"  # by this very person: there is nothing left to do
    SENT = "sent"  # it has begun to go out; of a stop: everybody has it
    PAUSED = "paused"  # before it had begun
    CANCELLED = "cancelled"
    CHANGED = "changed"  # it says something else than what this mail showed
    NOT_ASKED = "not asked"  # the schedule does not ask this person any more


@dataclass(frozen=True, slots=True)
class Opened:
    purpose: Purpose
    asked: Asked
    issue: Issue
    standing: Standing
    is_new: bool = False  # it was said just now
    words: str = ""  # why what was pressed could not be done, or what came of it
    wish: Asked | None = None  # what somebody wants mended in what this mail showed


def open_link(app: App, token: str) -> Opened:
    """Changes nothing. Raises InvalidToken."""
    with app.database.read() as connection:
        return _opened(app, connection, token)


def _opened(app: App, connection: Connection, token: str) -> Opened:
    purpose, asked = read(app, connection, token)
    issue = issue_store.find_issue(connection, asked.issue_id)
    assert issue is not None  # or the person would not have been asked about it
    last = last_word(store.asked_about(connection, issue.id))
    is_wish = last is not None and last.answer is Answer.MEND and last.content_hash == asked.content_hash
    standing = standing_of(purpose, asked, issue, last)
    # Whoever has a first copy may stop the rest: where in doubt, nothing goes.
    if standing is Standing.OPEN and purpose is not Purpose.STOP:
        assert issue.schedule_id is not None
        schedule = schedule_store.schedule_by_id(connection, issue.schedule_id)
        if not is_still_asked(approving.question_of(connection, schedule, issue), asked):
            standing = Standing.NOT_ASKED
    return Opened(purpose, asked, issue, standing, wish=last if is_wish else None)


def standing_of(purpose: Purpose, asked: Asked, issue: Issue, last: Asked | None) -> Standing:
    """`last` is the word that counts: against somebody else's, a person may say theirs again."""
    if purpose is Purpose.STOP:
        return _standing_of_stop(issue)
    is_said = asked.answer is ANSWERS[purpose]
    if purpose in (Purpose.YES, Purpose.MEND):
        is_said = is_said and last is not None and last.answer is asked.answer
    if issue.state is IssueState.CANCELLED:
        return Standing.SAID if is_said and purpose is Purpose.SKIP else Standing.CANCELLED
    if issue.state not in DRAFTS:
        return Standing.SENT if issue.started is not None else Standing.PAUSED
    if is_said and purpose in (Purpose.SWAP, Purpose.NOT_ANY_MORE):
        return Standing.SAID  # which has changed what it says
    if issue.content_hash != asked.content_hash:
        return Standing.CHANGED
    return Standing.SAID if is_said else Standing.OPEN


def _standing_of_stop(issue: Issue) -> Standing:
    if issue.state is IssueState.CANCELLED:
        return Standing.CANCELLED
    if issue.state is IssueState.PAUSED:
        return Standing.SAID
    return Standing.OPEN if issue.counts.get(DeliveryStatus.PENDING) else Standing.SENT


def press(app: App, token: str, words: str = "", slug: str = "") -> Opened:
    """Do what the link is for, once. `words` go with a wish to mend, `slug` is the article chosen in a swap.

    Raises InvalidToken.
    """
    words = " ".join(words.split())[:LONGEST_WORDS]
    opened = open_link(app, token)
    if opened.standing is not Standing.OPEN:
        return opened
    if opened.purpose is Purpose.MEND and not words:
        return replace(opened, words="Please write in a few words what needs mending.")
    try:
        if opened.purpose is Purpose.SWAP:
            swap(app, opened.issue, slug, f"chosen by {opened.asked.email}")
        if opened.purpose is Purpose.STOP:
            sending.pause(app, opened.issue.id, f"stopped by {opened.asked.email} after the first copies")
            return replace(open_link(app, token), is_new=True)
    except NewsletterError as error:
        return replace(opened, words=f"{error}.")
    with app.database.write() as connection:
        current = _opened(app, connection, token)
        if current.standing is not Standing.OPEN and opened.purpose is not Purpose.SWAP:
            return current  # somebody was quicker, or it has changed in this moment
        is_new = store.answer(connection, current.asked, ANSWERS[current.purpose], app.clock(), words)
        if is_new:
            _follow(app, connection, current, words)
    after = open_link(app, token)
    stands = is_new and after.standing is Standing.SAID  # it may have begun in this moment
    return replace(after, is_new=is_new, words=_tell(app, after) if stands else "")


def _follow(app: App, connection: Connection, opened: Opened, words: str) -> None:
    """What a person's word changes in the same transaction."""
    issue, email, now = opened.issue, opened.asked.email, app.clock()
    ids = issue_store.article_ids(connection, issue.id)
    match opened.purpose:
        case Purpose.YES:
            library.mark_read(connection, ids, now)
            if opened.asked.role is Role.AUTHOR:
                _renew(app, connection, ids, email)
        case Purpose.MEND:
            is_late = issue.occurrence is not None and now >= issue.occurrence.utc
            if is_late:
                store.hold(connection, issue.id, f"{email} wants it mended: {words}")
        case Purpose.SKIP:
            approving.end(app, connection, issue, f"skipped by {email}")
        case Purpose.NOT_ANY_MORE:
            for article in _theirs(connection, ids, email):
                fields = {"status": ArticleStatus.RETIRED}
                correct_held(connection, hold(connection, article), fields, ["status"], now, f"{email}: not any more")


def _theirs(connection: Connection, ids: list[int], email: str) -> list[Article]:
    return [each for each in library.find_articles(connection, ids) if is_by(each, email)]


def _renew(app: App, connection: Connection, ids: list[int], email: str) -> None:
    """Each article of theirs that has a day by which it is to be looked at again has it a year from today."""
    for article in _theirs(connection, ids, email):
        if article.review_by is None:
            continue
        fields = {"review_by": max(a_year_after(app.today), article.review_by)}
        cause = f"{email} says it is still right"
        correct_held(connection, hold(connection, article), fields, ["review_by"], app.clock(), cause)


def a_year_after(day: date) -> date:
    """The same day next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _tell(app: App, opened: Opened) -> str:
    """What follows from a person's word outside of its transaction: what the page has to say of it."""
    if opened.purpose is Purpose.MEND:
        return "; ".join(pass_on(app, schedule_of(app, opened.issue), opened.issue, opened.asked))
    if opened.purpose is Purpose.NOT_ANY_MORE:
        try:
            fresh = making.refresh(app, opened.issue)
        except NewsletterError as error:
            return f"No other article may take its place: {error}."
        return f"“{fresh.subject}” takes its place."
    return ""


def schedule_of(app: App, issue: Issue) -> Schedule:
    assert issue.schedule_id is not None
    with app.database.read() as connection:
        return schedule_store.schedule_by_id(connection, issue.schedule_id)
