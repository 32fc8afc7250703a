"""An occurrence of a schedule that rehearses → an issue that goes to staff alone, with who would have got it."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.app import App
from newsletter.desk import making, sending
from newsletter.desk.approval_mail import copy_for_nobody, in_words, when
from newsletter.desk.copies import report_on
from newsletter.desk.notices import is_done, is_over, notify
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.options import sees_rehearsals
from newsletter.states import DRAFTS, IssueKind, IssueState
from newsletter.store import issues as issue_store
from newsletter.store.approvals import count_rehearsals
from subscribers import ListCounts
from subscribers import store as audience

REHEARSAL = "rehearsal"
"""The kind of these mails among the deliveries."""

SHOWN = 20
"""Readers named of those who would have got it."""


def is_next(app: App, schedule: Schedule) -> bool:
    """Whether the schedule's next issue is a rehearsal."""
    if not schedule.options.rehearse:
        return False
    with app.database.read() as connection:
        return making.next_kind(connection, schedule) is IssueKind.REHEARSAL


def is_due(app: App, schedule: Schedule, draft: Issue | None) -> bool:
    """Whether what falls due now is a rehearsal; also a `draft` that was made before the schedule was to rehearse."""
    if draft is None or (draft.kind is IssueKind.PICKED and draft.state in DRAFTS):
        return is_next(app, schedule)
    return draft.kind is IssueKind.REHEARSAL


def rehearse(app: App, schedule: Schedule, due: Occurrence, draft: Issue | None) -> Issue | None:
    """The rehearsal of this occurrence, ended once everybody's mail is done; None when another process has it.

    `draft` is one that was made before. Raises NewsletterError: then it is tried again.
    """
    issue = _made(app, draft) if draft else making.make_issue(app, schedule, due, kind=IssueKind.REHEARSAL)
    if issue is None or issue.state not in DRAFTS or issue.kind is not IssueKind.REHEARSAL:
        return None
    staff, key = sees_rehearsals(schedule.options), f"issue {issue.id}"
    waiting = [each for each in staff if not is_done(app, REHEARSAL, key, each)]
    if waiting:
        text, below = _words(app, schedule, issue), copy_for_nobody(app, issue)
        newsletter = app.newsletter(issue.newsletter_id)
        for email in waiting:
            notify(app, newsletter, REHEARSAL, key, email, f"Rehearsal: {issue.subject}", text, below=below)
    if all(is_over(app, REHEARSAL, key, each) for each in staff):
        with app.database.write() as connection:
            if issue_store.move_issue(connection, issue, IssueState.SENDING, app.clock()):
                begun = issue_store.find_issue(connection, issue.id)
                assert begun is not None
                issue_store.move_issue(connection, begun, IssueState.SENT, app.clock())
    return sending.find(app, issue.id)


def _made(app: App, draft: Issue) -> Issue:
    """The draft as a rehearsal, unless it has begun in this moment."""
    if draft.kind is IssueKind.PICKED:
        with app.database.write() as connection:
            issue_store.make_rehearsal(connection, draft.id)
    return sending.find(app, draft.id)


def _words(app: App, schedule: Schedule, issue: Issue) -> str:
    assert issue.occurrence is not None and schedule.id is not None
    with app.database.read() as connection:
        number = count_rehearsals(connection, schedule.id)
    at = when(issue.occurrence.utc, schedule.timezone)
    parts = [
        f"This is rehearsal {number} of {schedule.options.rehearse}: no reader has it, and nothing of it counts.",
        f"On {at}, “{issue.subject}” would have gone out:",
        "\n".join(f"- {line}" for line in would_get_it(app, issue)),
        *_report(app, issue),
        f"`newsletter issues show {issue.id}` says who they are. Below is the issue as they would get it.",
    ]
    return "\n\n".join(parts)


def would_get_it(app: App, issue: Issue) -> Iterator[str]:
    """How many of which sort of readers, as they are now."""
    counts = _counts(app, issue)
    with app.database.read() as connection:
        reached = audience.audience_size(connection, issue.list_id)
    yield f"{in_words(reached)} of the list {issue.list_name} would get it"
    for readers, why in (
        (counts.confirmed - reached, "suppressed"),
        (counts.pending, "not confirmed"),
        (counts.unsubscribed, "gone from the list"),
    ):
        if readers:
            yield f"{in_words(readers)} would not: {why}"


def first_readers(app: App, issue: Issue) -> tuple[list[str], int]:
    """The addresses of the first who would get it, and how many more there are."""
    with app.database.read() as connection:
        shown = [each.email for each in audience.audience(connection, issue.list_id, 0, SHOWN)]
        return shown, audience.audience_size(connection, issue.list_id) - len(shown)


def _counts(app: App, issue: Issue) -> ListCounts:
    with app.database.read() as connection:
        found = audience.lists_with_counts(connection)
    return next(each for each in found if each.mailing_list.id == issue.list_id)


def _report(app: App, issue: Issue) -> Iterator[str]:
    findings = report_on(app, making.made_of(app, issue), issue.list_id).findings
    if not findings:
        yield "The pre-flight check finds nothing wrong."
        return
    yield "The pre-flight check says:"
    yield "\n".join(f"- {'Blocks it: ' if each.severity == 'block' else ''}{each.words}" for each in findings)
