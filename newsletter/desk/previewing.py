"""An article or an issue, and perhaps a reader → the exact bytes they would get, and what the pre-flight rules say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.app import App
from newsletter.checking.report import Finding, Report
from newsletter.content.completeness import explain_missing
from newsletter.delivery.message import ReaderCopy
from newsletter.desk import library, making, picks, sending
from newsletter.desk.copies import Copies, copies_of, report_on
from newsletter.errors import NotFound
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.rendering.slots import fill
from newsletter.states import DRAFTS, ScheduleStatus
from newsletter.store import deliveries as delivery_store
from newsletter.store import schedules as schedule_store
from subscribers import Subscriber
from subscribers import store as audience


@dataclass(frozen=True, slots=True)
class Preview:
    """One reader's copy: both parts as they read, and the message as it would be handed to the relay."""

    title: str
    email: str
    html: str
    text: str
    message: bytes


def find(app: App, target: str) -> Issue | str:
    """An issue for a number, else the slug of an article: slugs always hold a letter."""
    return sending.find(app, int(target)) if target.isdecimal() else library.find(app, target).slug


def preview(app: App, target: str, email: str | None) -> Preview:
    """What the reader at `email` (without one: a made-up reader, whose links change nothing) would get.

    Nothing is stored for an article. Raises NotFound, or Refused for an article that cannot be sent.
    """
    found = find(app, target)
    made = _made(app, found)
    copies, date = _copies(app, found, made, email)
    if email is None:
        copy = copies.for_nobody(date)
    else:
        copy = copies.for_reader(_reader(app, email), date)
    return _shown(made, copies, copy)


def _shown(made: making.Made, copies: Copies, copy: ReaderCopy) -> Preview:
    html, text = fill(made.rendered.html, copy.values), fill(made.rendered.text, copy.values)
    return Preview(made.rendered.subject, copy.email, html, text, copies.build(copy))


def check(app: App, target: str) -> Report:
    """The pre-flight report. An incomplete article is a report too, not an error."""
    found = find(app, target)
    if isinstance(found, str):
        article = library.find(app, found)
        if article.missing:
            mend = explain_missing(article, article.missing)
            words = f"it lacks {', '.join(article.missing)}"
            return Report("block", (Finding("complete", "content", "block", words, article.slug, mend),))
    return report_on(app, _made(app, found), _list_id(app, found))


def _list_id(app: App, found: Issue | str) -> int | None:
    """The list it would go to."""
    if isinstance(found, Issue):
        return found.list_id
    schedule, _ = _next(app)
    return schedule.list_id if schedule is not None else None


def _made(app: App, found: Issue | str) -> making.Made:
    if isinstance(found, Issue):
        return making.made_of(app, making.refresh(app, found) if found.state in DRAFTS else found)
    schedule, occurrence = _next(app)
    newsletter = app.newsletter(schedule.newsletter_id if schedule else None)
    public_id = making.public_id(app, schedule.id, occurrence) if schedule and schedule.id and occurrence else "preview"
    day = making.issue_date(app, newsletter, occurrence.utc if occurrence else None)
    list_name = schedule.list_name if schedule else ""
    return making.make(app, newsletter, [library.find(app, found)], list_name, public_id, day)


def _next(app: App) -> tuple[Schedule | None, Occurrence | None]:
    """The first active schedule and its next free occurrence: an article is shown as that issue."""
    with app.database.read() as connection:
        active = [each for each in schedule_store.list_schedules(connection) if each.status is ScheduleStatus.ACTIVE]
        if not active:
            return None, None
        free = picks.coming(app, connection, active[0], app.clock(), 1)
    return active[0], free[0] if free else None


def _copies(app: App, found: Issue | str, made: making.Made, email: str | None) -> tuple[Copies, datetime]:
    """The copies, and the Date: that of the first try where there was one."""
    if isinstance(found, str):
        return copies_of(app, made, f"article {found}", _list_id(app, found) or 0, None), app.clock()
    date = None
    if email is not None:
        with app.database.read() as connection:
            delivery = delivery_store.find_delivery(connection, found.id, _reader(app, email).id)
        date = delivery.date if delivery is not None else None
    return sending.copies_for(app, found, made), date or app.clock()


def _reader(app: App, email: str) -> Subscriber:
    with app.database.read() as connection:
        reader = audience.find_subscriber(connection, email)
    if reader is None:
        raise NotFound("subscriber", email)
    return reader
