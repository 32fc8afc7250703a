"""A draft of a schedule that asks → people asked about what it says, and whether it may go now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from shlex import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import making, picks, sending
from newsletter.desk.approval_mail import APPROVAL, ask_by_mail, copy_for_nobody, purpose
from newsletter.desk.mending import pass_on
from newsletter.desk.notices import is_done
from newsletter.errors import Refused
from newsletter.model import Issue, Schedule
from newsletter.options import AUTHOR
from newsletter.scheduling.approval import (
    FIRST_ISSUES,
    Answer,
    Asked,
    Decision,
    Question,
    Role,
    Verdict,
    decide,
    is_still_asked,
    is_to_choose,
    last_word,
    may_go_alone,
    needs,
)
from newsletter.states import DRAFTS, DeliveryStatus, IssueKind, IssueState, OccurrenceState
from newsletter.store import approvals as store
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store.schedules import mark_occurrence, note_decided, schedule_by_id

LOOK_AGAIN = timedelta(minutes=10)
"""How often a waiting draft is rendered anew at the soonest, to see whether it still says what was shown."""


@dataclass(frozen=True, slots=True)
class Looked:
    issue: Issue
    verdict: Verdict


def look_at(app: App, schedule: Schedule, issue: Issue, is_due: bool = True, is_exact: bool = True) -> Looked:
    """The draft as it is now, with whoever is to be asked about it asked, and whether it may go.

    One that waits for a yes although it `is_due` is marked so; one that is skipped is cancelled. What it says is looked
    at anew with `is_exact` alone. Raises NewsletterError.
    """
    if needs(schedule.options) == "none" and not issue.pause_reason:
        return Looked(issue, Verdict.GO_ALONE)
    fresh = _refreshed(app, schedule, issue, is_exact)
    if fresh.state not in DRAFTS:
        return Looked(fresh, Verdict.WAIT)
    decision = _ask(app, schedule, fresh, is_due)
    if decision.verdict is Verdict.HOLD and decision.words != fresh.pause_reason:
        with app.database.write() as connection:
            store.hold(connection, fresh.id, decision.words)
    if decision.verdict is Verdict.SKIP:
        with app.database.write() as connection:
            end(app, connection, fresh, decision.words)
    return Looked(fresh, decision.verdict)


def _refreshed(app: App, schedule: Schedule, issue: Issue, is_exact: bool) -> Issue:
    if not is_exact:
        return issue
    now = app.clock()
    app.drafts_seen[issue.id] = now - LOOK_AGAIN  # one that cannot be rendered is due again, behind the others
    fresh = making.refresh(app, issue, is_alone=may_go_alone(schedule.options))
    app.drafts_seen[issue.id] = now
    return fresh


def _ask(app: App, schedule: Schedule, issue: Issue, is_due: bool) -> Decision:
    """What is decided of the draft; those who are to be asked have their mail, or get it at a later look."""
    now = app.clock()
    with app.database.read() as connection:
        asked = store.asked_about(connection, issue.id)
        question = question_of(connection, schedule, issue)
    decision = decide(question, asked, now, is_due)
    if decision.ask:
        _, text = copy_for_nobody(app, issue)
        with app.database.write() as connection:
            for email, role in decision.ask:
                store.ask(connection, issue.id, email, role, issue.content_hash, text, now)
            asked = store.asked_about(connection, issue.id)
    if decision.verdict in (Verdict.WAIT, Verdict.HOLD):
        _mail(app, schedule, issue, question, asked)
    return decision


def _mail(app: App, schedule: Schedule, issue: Issue, question: Question, asked: Sequence[Asked]) -> None:
    """Raises NewsletterError once everybody was tried, for the first who could not be asked."""
    last = last_word(asked)
    if last is not None and last.answer is Answer.YES and last.content_hash == issue.content_hash:
        return
    failures: list[str] = []
    if last is not None and last.answer is Answer.MEND and last.content_hash == issue.content_hash:
        failures.extend(pass_on(app, schedule, issue, last))
    for each in asked:
        is_to_answer = each.role in (Role.APPROVER, Role.AUTHOR, Role.DEPUTY) and each.answer is None
        if each.content_hash != issue.content_hash or not (is_to_answer and is_still_asked(question, each)):
            continue
        if is_done(app, APPROVAL, purpose(issue, each), each.email):
            continue
        delivery = ask_by_mail(app, schedule, issue, each, asked)
        if delivery.status is DeliveryStatus.FAILED:
            failures.append(f"{each.email} could not be asked: {delivery.reply or delivery.reason}")
    if failures:
        raise Refused("; ".join(failures))


def question_of(connection: Connection, schedule: Schedule, issue: Issue) -> Question:
    assert issue.occurrence is not None
    emails: dict[str, None] = {}
    if AUTHOR in schedule.options.approvers:  # who else never asks for them, and a thousand drafts ask twice a minute
        articles = library.find_articles(connection, issue_store.article_ids(connection, issue.id))
        emails = dict.fromkeys(author.email for article in articles for author in article.authors if author.email)
    zone = ZoneInfo(schedule.timezone)
    is_held = bool(issue.pause_reason)
    return Question(schedule.options, tuple(emails), issue.content_hash, issue.occurrence.utc, zone, is_held)


def end(app: App, connection: Connection, issue: Issue, words: str) -> bool:
    """End a draft, and with it its occurrence. False: somebody was quicker."""
    is_ours = issue_store.move_issue(connection, issue, IssueState.CANCELLED, app.clock(), words)
    if is_ours and issue.occurrence_id is not None:
        mark_occurrence(connection, issue.occurrence_id, OccurrenceState.SKIPPED, words)
        note_decided(connection, issue.occurrence_id, app.clock())
    return is_ours


def unknown_authors(app: App, issue: Issue) -> list[str]:
    """Who wrote an article of the draft, is to be asked about it, and has no address."""
    if issue.schedule_id is None or issue.state not in DRAFTS:
        return []
    with app.database.read() as connection:
        options = schedule_by_id(connection, issue.schedule_id).options
        articles = library.find_articles(connection, issue_store.article_ids(connection, issue.id))
    if AUTHOR not in options.approvers or needs(options) == "none":
        return []
    return list(dict.fromkeys(one.name for article in articles for one in article.authors if not one.email))


def approve(app: App, issue_id: int) -> Issue:
    """The draft, with the yes of a person at the command line to what it says now. Raises Refused or NotFound."""
    issue = sending.find(app, issue_id)
    if issue.kind is not IssueKind.PICKED:
        raise Refused(f"issue {issue_id} is a {issue.kind}: nobody has to say yes to it")
    if issue.state is IssueState.PAUSED and issue.started is None:
        raise Refused(f"issue {issue_id} is paused: `newsletter issues resume {issue_id}` first")
    if issue.state not in DRAFTS:
        raise Refused(f"issue {issue_id} is {issue.state}: there is nothing left to say yes to")
    issue = making.refresh(app, issue)
    _, text = copy_for_nobody(app, issue)
    with app.database.write() as connection:
        store.say(connection, issue, Answer.YES, text, app.clock())
    making.say_yes(app, issue)
    return sending.find(app, issue_id)


def take_out(app: App, issue: Issue) -> None:
    """End the wish to mend what a person at the command line has taken out of the draft, if there is one."""
    with app.database.write() as connection:
        last = last_word(store.asked_about(connection, issue.id))
        if last is not None and last.answer is Answer.MEND:
            store.say(connection, issue, Answer.SWAP, "", app.clock())


def approval_in_words(app: App, name: str) -> Iterator[str]:
    """What a person should know of how this schedule asks; nothing once they have said it."""
    with app.database.read() as connection:
        schedule = picks.find(connection, name)
        assert schedule.id is not None
        begun = store.count_begun(connection, schedule.id)
    if schedule.options.approval != "first-three":
        return
    if is_to_choose(schedule.options, begun):
        yield choice_to_make(schedule)
    else:
        so_far = f", {begun} so far" if begun else ""
        yield f"the first {FIRST_ISSUES} issues wait for a yes{so_far}; with `--approval none` nobody is asked"


def choice_to_make(schedule: Schedule) -> str:
    """What a person is to say once a new schedule has had its first issues."""
    return (
        f"schedule {schedule.name!r} has had its first issues, each after a yes; for how it is to go on say "
        f"`{choice_command(schedule)}`"
    )


def choice_command(schedule: Schedule) -> str:
    return f"newsletter schedules set {quote(schedule.name)} --approval none|required|optional"
