"""A draft and a person → the mail that asks for a yes: what is asked, links, what comes next, and the issue below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import making, pausing, sending
from newsletter.desk.approval_links import PURPOSES, Purpose, link
from newsletter.desk.forecasting import forecast_of
from newsletter.desk.foreseeing import next_for_group
from newsletter.desk.notices import notify
from newsletter.model import Article, Delivery, Issue, Schedule
from newsletter.picking.forecast import Forecast
from newsletter.picking.readers import is_per_reader
from newsletter.rendering.difference import Difference, differences
from newsletter.rendering.slots import fill
from newsletter.scheduling.approval import Answer, Asked, Role, is_away, last_word, needs, who
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store.approvals import asked_about
from subscribers import store as audience

APPROVAL = "approval"
"""The kind of these mails among the deliveries."""

COMING = 3
"""Issues told that come after this one."""

BUTTONS = {
    Purpose.YES: "Yes, send it",
    Purpose.SWAP: "Take another article",
    Purpose.SKIP: "Skip this date",
    Purpose.MEND: "It needs mending",
    Purpose.NOT_ANY_MORE: "Not any more",
    Purpose.STOP: "Stop it",
}


def ask_by_mail(app: App, schedule: Schedule, issue: Issue, asked: Asked, everybody: Sequence[Asked]) -> Delivery:
    """The mail to one of those asked, handed over once. Raises NewsletterError for what a person has to set first."""
    title = "Still right" if asked.role is Role.AUTHOR else "Say yes"
    parts = [*_question(app, schedule, issue, asked, everybody), *_coming(app, schedule, issue)]
    parts.append(f"A bad day? This stops everything at once.\n\nPause everything: {pausing.pause_link(app)}")
    parts.append("Below is the issue as its readers get it. Its links belong to nobody: it is a test copy.")
    made = making.made_of(app, issue)
    subject = f"{title}? {issue.subject}"
    text = "\n\n".join(parts)
    below = copy_for_nobody(app, issue, made)
    return notify(app, made.newsletter, APPROVAL, purpose(issue, asked), asked.email, subject, text, below=below)


def purpose(issue: Issue, asked: Asked) -> str:
    return f"issue {issue.id}, {asked.content_hash[:16]}"


def copy_for_nobody(app: App, issue: Issue, made: making.Made | None = None) -> tuple[str, str]:
    """HTML and text of a made-up reader's copy: its links say that it is a test copy."""
    made = made or making.made_of(app, issue)
    values = sending.copies_for(app, issue, made).for_nobody(app.clock()).values
    return fill(made.rendered.html, values), fill(made.rendered.text, values)


def when(at: datetime, zone: str) -> str:
    """`Tuesday 31 March 2026, 09:00`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def _question(app: App, schedule: Schedule, issue: Issue, asked: Asked, everybody: Sequence[Asked]) -> Iterator[str]:
    assert issue.occurrence is not None
    readers = f"{in_words(readers_of(app, issue))} of the list {issue.list_name}"
    if is_per_reader(schedule.options):
        readers += ", whose next one it is as things stand,"
    with app.database.read() as connection:
        articles = library.find_articles(connection, issue_store.article_ids(connection, issue.id))
    at = f"on {when(issue.occurrence.utc, schedule.timezone)} ({schedule.timezone})"
    if asked.role is Role.AUTHOR:
        theirs = [f"“{each.title}”{_dated(each)}" for each in articles if is_by(each, asked.email)]
        are, still = ("is", "Is it still right as it is?") if len(theirs) == 1 else ("are", "Are they still right?")
        yield f"{listed(theirs)} {are} to go to {readers} {at}. {still}"
    else:
        yield f"“{issue.subject}” is to go to {readers} {at}."
    if asked.role is Role.DEPUTY:
        yield _why_the_deputy(app, schedule, asked, everybody)
    yield from _changed(asked, everybody)
    yield _otherwise(app, schedule, issue)
    labels = {**BUTTONS, **({Purpose.YES: "Yes, it is still right"} if asked.role is Role.AUTHOR else {})}
    offered = [each for each in PURPOSES[asked.role] if not (each is Purpose.SWAP and is_per_reader(schedule.options))]
    yield "\n".join(f"{labels[each]}: {link(app, asked, each)}" for each in offered)


def readers_of(app: App, issue: Issue) -> int:
    """How many would get it if it went now; of a group's issue, how many were due it when it was drafted."""
    with app.database.read() as connection:
        if group := (issue_store.inputs_of(connection, issue.id) or {}).get("group"):
            return int(group["readers"])
        return audience.audience_size(connection, issue.list_id)


def in_words(readers: int) -> str:
    return "1 reader" if readers == 1 else f"{readers:,} readers"


def listed(names: Sequence[str]) -> str:
    """`Ada`, `Ada and Ben`, `Ada, Ben and Cleo`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def is_by(article: Article, email: str) -> bool:
    return any(author.email.casefold() == email.casefold() for author in article.authors)


def _dated(article: Article) -> str:
    return f" of {article.published.day} {article.published:%B %Y}" if article.published else ""


def _why_the_deputy(app: App, schedule: Schedule, asked: Asked, everybody: Sequence[Asked]) -> str:
    day = app.clock().astimezone(ZoneInfo(schedule.timezone)).date()
    away = [each for each in schedule.options.approvers if is_away(schedule.options, each, day)]
    named = [each for each in everybody if each.role in (Role.APPROVER, Role.AUTHOR)]
    silent = [each.email for each in named if each.answer is None and each.content_hash == asked.content_hash]
    words = [f"{listed(away)} {'is' if len(away) == 1 else 'are'} away"] if away else []
    words += [f"{listed(silent)} {'has' if len(silent) == 1 else 'have'} not answered"] if silent else []
    return f"You are asked as deputy: {'; '.join(words) or 'nobody else could be asked'}."


def difference_for(app: App, asked: Asked) -> tuple[str, list[Difference]]:
    """Since when it says something else than it said then, in words, and what; both empty when it does not."""
    with app.database.read() as connection:
        return difference_since(asked, asked_about(connection, asked.issue_id))


def difference_since(asked: Asked, everybody: Sequence[Asked]) -> tuple[str, list[Difference]]:
    """The change since the last yes; where there was none, since this person was asked before."""
    others = [each for each in everybody if each.content_hash != asked.content_hash and each.id < asked.id]
    approved = last_word([each for each in others if each.answer is Answer.YES])
    theirs = [each for each in others if each.email == asked.email]
    before = approved or (theirs[-1] if theirs else None)
    if before is None or not before.text:
        return "", []
    since = f"since {who(before)} said yes" if approved is not None else "since you were last asked"
    return since, differences(before.text, asked.text)


def _changed(asked: Asked, everybody: Sequence[Asked]) -> Iterator[str]:
    since, found = difference_since(asked, everybody)
    if since:
        yield f"It has changed {since}:" if found else f"It has changed {since}, though not in its words: see below."
    if found:
        yield "\n".join(f"- {line}" for each in found for line in _lines(each))


def _lines(difference: Difference) -> Iterator[str]:
    if difference.before:
        yield f"Before: {difference.before}"
    yield f"Now: {difference.now}" if difference.now else "Now it is gone."


def _otherwise(app: App, schedule: Schedule, issue: Issue) -> str:
    assert issue.occurrence is not None
    if app.clock() >= issue.occurrence.utc:
        return "Its time has passed: it goes as soon as somebody says yes."
    if needs(schedule.options) == "optional" or schedule.options.if_unanswered == "send":
        return "It goes then, unless somebody says no."
    if schedule.options.if_unanswered == "skip":
        return "If nobody has said yes by then, this date is left out."
    return "It waits until somebody says yes, also beyond that time."


def _coming(app: App, schedule: Schedule, issue: Issue) -> Iterator[str]:
    assert issue.occurrence is not None
    if is_per_reader(schedule.options):
        with app.database.read() as connection:
            later = next_for_group(app, connection, schedule, issue, COMING)
    else:
        foreseen = forecast_of(app, schedule.name, COMING + 1, issue.occurrence.utc)
        later = [each.forecast for each in foreseen if each.forecast.occurrence.utc > issue.occurrence.utc][:COMING]
    if later:
        yield "Then come:"
        with app.database.read() as connection:
            yield "\n".join(f"- {_foreseen(connection, each, schedule.timezone)}" for each in later)


def _foreseen(connection: Connection, foreseen: Forecast, zone: str) -> str:
    """`Tuesday 7 April 2026, 09:00: Small promises, by Maria Lindqvist`."""
    found = (library.find_article(connection, slug) for slug in foreseen.articles)
    titles = ", ".join(article.title for article in found if article is not None)
    what = f"{titles}, by {', '.join(foreseen.authors)}" if titles else foreseen.words
    return f"{when(foreseen.occurrence.utc, zone)}: {what}"
