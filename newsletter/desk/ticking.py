"""The present → issues that fall due now, in the state sending; and what was missed, written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.desk import making, sending
from newsletter.desk.picks import pick_for, rules_of
from newsletter.errors import NewsletterError
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.scheduling.catching_up import CatchUp, catch_up
from newsletter.states import DRAFTS, IssueState, OccurrenceState, ScheduleStatus
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store import schedules as store

TOO_LATE = "it did not go out in time, and afterwards it was too late"


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look at the clock came to."""

    started: tuple[int, ...]  # issues now in the state sending
    words: tuple[str, ...]  # what a person should know
    wake_at: datetime | None  # aware UTC: when the next occurrence is due


def tick(app: App) -> Ticked:
    """Begin every issue that is due on an active schedule. Several processes at once begin each only once."""
    with app.database.read() as connection:
        active = [each for each in store.list_schedules(connection) if each.status is ScheduleStatus.ACTIVE]
    started: list[int] = []
    words: list[str] = []
    wakes: list[datetime] = []
    for schedule in active:
        plan = _look(app, schedule)
        words.extend(_record_missed(app, schedule, plan))
        if plan.wake_at is not None:
            wakes.append(plan.wake_at)
        if plan.due is not None:
            try:
                issue = _begin(app, schedule, plan.due)
            except making.NothingToPick as error:
                words.append(str(error))  # which says the schedule itself
            except NewsletterError as error:
                words.append(f"schedule {schedule.name!r}: {error}")
            else:
                started.extend([issue.id] if issue is not None else [])
    return Ticked(tuple(started), tuple(words), min(wakes, default=None))


def _look(app: App, schedule: Schedule) -> CatchUp:
    assert schedule.id is not None
    with app.database.read() as connection:
        handled = store.last_handled(connection, schedule.id)
    until = max((at for at in (handled, schedule.resumed) if at is not None), default=None)
    zone = ZoneInfo(app.newsletter(schedule.newsletter_id).timezone)
    return catch_up(schedule, until, app.clock(), zone)


def _record_missed(app: App, schedule: Schedule, plan: CatchUp) -> list[str]:
    if not plan.missed:
        return []
    assert schedule.id is not None
    with app.database.write() as connection:
        store.record_occurrences(connection, schedule.id, plan.missed, OccurrenceState.MISSED, TOO_LATE)
        for occurrence in plan.missed:
            draft = issue_store.issue_of_occurrence(connection, schedule.id, _local(occurrence))
            if draft is not None and draft.state in DRAFTS and draft.occurrence_id is not None:
                issue_store.move_issue(connection, draft, IssueState.CANCELLED, app.clock(), TOO_LATE)
                why = store.reason_of(connection, draft.occurrence_id)
                words = f"{TOO_LATE}: {why}" if why else TOO_LATE
                store.mark_occurrence(connection, draft.occurrence_id, OccurrenceState.MISSED, words)
    more = " and more" if plan.has_more_missed else ""
    return [f"schedule {schedule.name!r}: {len(plan.missed)}{more} missed, the last one {_local(plan.missed[-1])}"]


def _begin(app: App, schedule: Schedule, due: Occurrence) -> Issue | None:
    """The issue of this occurrence, now being sent; None when another process has it.

    Raises NewsletterError. An occurrence for which nothing can be picked is over; what a person can mend keeps it due.
    """
    assert schedule.id is not None
    with app.database.read() as connection:
        issue = issue_store.issue_of_occurrence(connection, schedule.id, _local(due))
    try:
        issue = issue or making.make_issue(app, schedule, due, is_alone=True)
        return sending.start(app, issue, is_alone=True) if issue is not None and issue.state in DRAFTS else None
    except making.NothingToPick as error:
        words = str(error) if issue is None else f"{error}; {_why_cancelled(app, schedule, due, issue)}"
        if _skip(app, schedule, due, issue, words):
            raise making.NothingToPick(words) from None
        return None
    except NewsletterError as error:
        if issue is not None and issue.occurrence_id is not None:
            with app.database.write() as connection:
                store.mark_occurrence(connection, issue.occurrence_id, OccurrenceState.ISSUED, str(error))
        raise


def _why_cancelled(app: App, schedule: Schedule, due: Occurrence, draft: Issue) -> str:
    """`issue 3 is cancelled, because a-walk cannot go: unread since import`."""
    with app.database.read() as connection:
        articles = library.find_articles(connection, issue_store.article_ids(connection, draft.id))
        pick = pick_for(connection, schedule, due.utc, articles, rules_of(app, schedule, is_alone=True), draft.id)
    refusals = [
        f"{one.slug} cannot go: {'; '.join(reason.words for reason in one.reasons if reason.refused)}"
        for one in pick.candidates
    ]
    return f"issue {draft.id} is cancelled, because {', '.join(refusals)}"


def _skip(app: App, schedule: Schedule, due: Occurrence, draft: Issue | None, words: str) -> bool:
    """Whether it was us who wrote down that this occurrence comes to nothing."""
    assert schedule.id is not None
    with app.database.write() as connection:
        if draft is None or draft.occurrence_id is None:
            return store.win_occurrence(connection, schedule.id, due, OccurrenceState.SKIPPED, words) is not None
        is_ours = issue_store.move_issue(connection, draft, IssueState.CANCELLED, app.clock(), words)
        if is_ours:
            store.mark_occurrence(connection, draft.occurrence_id, OccurrenceState.SKIPPED, words)
        return is_ours


def _local(occurrence: Occurrence) -> str:
    return occurrence.local.strftime(store.LOCAL_FORMAT)
