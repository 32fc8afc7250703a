"""An issue whose rest waits → a mail to each of its staff: the issue as it goes out, and a way to stop it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.desk.approval_links import Purpose, link
from newsletter.desk.approval_mail import copy_for_nobody, in_words
from newsletter.desk.notices import is_done, notify
from newsletter.errors import NewsletterError
from newsletter.model import Issue, Schedule
from newsletter.scheduling.approval import Asked, Role
from newsletter.states import IssueState
from newsletter.store import approvals
from newsletter.store.issues import issues_in
from newsletter.store.soft_start import count_rest, is_reader, rest_goes_at

FIRST_COPY = "first copy"
"""The kind of these mails among the deliveries."""


def send_due(app: App, schedule: Schedule) -> Iterator[str]:
    """Mail the staff of whatever this schedule has begun while the rest still waits; what a person should know."""
    if not schedule.options.first_to:
        return
    with app.database.read() as connection:
        begun = [each for each in issues_in(connection, IssueState.SENDING) if each.schedule_id == schedule.id]
    for issue in begun:
        try:
            _send(app, schedule, issue)
        except NewsletterError as error:
            yield f"issue {issue.id}: its first copies cannot be mailed: {error}"


def _send(app: App, schedule: Schedule, issue: Issue) -> None:
    now, key = app.clock(), f"issue {issue.id}"
    waiting = [each for each in schedule.options.first_to if not is_done(app, FIRST_COPY, key, each)]
    with app.database.read() as connection:
        goes_at = rest_goes_at(connection, issue.id)
        rest = count_rest(connection, issue.id, now)
    if not waiting or goes_at is None or goes_at <= now:
        return
    copy = copy_for_nobody(app, issue)
    newsletter = app.newsletter(issue.newsletter_id)
    rest_goes = _rest_goes(schedule, goes_at)
    for email in waiting:
        asked, is_reader = _noted(app, issue, email, copy[1])
        own = "Your own copy comes by itself." if is_reader else "Below is a copy; its links belong to nobody."
        text = (
            f"“{issue.subject}” has begun to go out to the list {issue.list_name}. You see it first; "
            f"{rest_goes}: {in_words(rest)}.\n\n{own}\n\n"
            f"Stop the rest: {link(app, asked, Purpose.STOP)}"
        )
        below = None if is_reader else copy
        notify(app, newsletter, FIRST_COPY, key, email, f"Going out: {issue.subject}", text, below=below)


def _rest_goes(schedule: Schedule, at: datetime) -> str:
    time = f"{at.astimezone(ZoneInfo(schedule.timezone)):%H:%M} ({schedule.timezone})"
    if schedule.options.at_local:
        return f"from {time} on it goes to the rest, to each at their own hour"
    return f"at {time} it goes to the rest"


def _noted(app: App, issue: Issue, email: str, text: str) -> tuple[Asked, bool]:
    """Who may stop the rest, and whether they are a reader of it themselves."""
    with app.database.write() as connection:
        approvals.ask(connection, issue.id, email, Role.STAFF, issue.content_hash, text, app.clock())
        found = approvals.asked_about(connection, issue.id)
        asked = next(each for each in found if each.email == email and each.content_hash == issue.content_hash)
        return asked, is_reader(connection, issue.id, email)
