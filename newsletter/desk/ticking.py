"""The present → issues that fall due now, in the state sending; and what was missed, written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.desk import (
    addressing,
    approving,
    emptiness,
    first_copies,
    group_issues,
    letters,
    making,
    missed,
    pausing,
    preparing,
    rehearsing,
    sending,
)
from newsletter.desk.group_issues import Begun
from newsletter.desk.picks import pick_for, rules_of
from newsletter.errors import NewsletterError
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.picking.readers import is_per_reader
from newsletter.scheduling.approval import Verdict, may_go_alone
from newsletter.scheduling.calendar import calendar_of
from newsletter.scheduling.catching_up import CatchUp, Handled, catch_up
from newsletter.scheduling.local_time import begin_early
from newsletter.states import DRAFTS, IssueState, OccurrenceState, ScheduleStatus
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store import schedules as store

NOTHING_HANDLED = Handled()


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look at the clock came to."""

    started: tuple[int, ...]  # issues now in the state sending
    words: tuple[str, ...]  # what a person should know
    wake_at: datetime | None  # aware UTC: when the next occurrence is due
    faults: tuple[Exception, ...] = ()  # of the program, at single schedules


def tick(app: App) -> Ticked:
    """Begin every issue that is due on an active schedule. Several processes at once begin each only once."""
    is_paused, words = pausing.before_tick(app)
    if is_paused:
        return Ticked((), tuple(words), None)
    with app.database.read() as connection:
        active = [each for each in store.list_schedules(connection) if each.status is ScheduleStatus.ACTIVE]
    first = app.turn % max(len(active), 1)
    active = [*active[first:], *active[:first]]
    prepared = preparing.prepare(app, active)
    started = list(prepared.started)
    words.extend(prepared.words)
    view = view_of(app)
    wakes: list[datetime] = []
    faults: list[Exception] = [*prepared.faults]
    for schedule in active:
        with preparing.kept_apart(faults):
            looked = _see_to(app, schedule, view)
            started.extend(looked.started)
            words.extend(looked.words)
            wakes.extend([looked.wake_at] if looked.wake_at is not None else [])
    words.extend(emptiness.tell_again(app))
    due = letters.send_due(app)
    started.extend(due.started)
    words.extend(due.words)
    wakes.extend([due.wake_at] if due.wake_at is not None else [])
    return Ticked(tuple(started), tuple(words), min(wakes, default=None), tuple(faults))


def _see_to(app: App, schedule: Schedule, view: View) -> Ticked:
    """What a look at one schedule comes to."""
    started: tuple[int, ...] = ()
    plan = pausing.leave_out_passed(app, schedule, _look(app, schedule, view))
    words = missed.write_down(app, schedule, plan)
    if plan.due is not None:
        try:
            begun = _begin(app, schedule, plan.due)
        except making.NothingToPick as error:
            words.append(str(error))  # which says the schedule itself
            words.extend(emptiness.tell(app, schedule, plan.due, error))
        except NewsletterError as error:
            words.append(f"schedule {schedule.name!r}: {error}")
        else:
            started = begun.started
            words.extend(begun.words)
    words.extend(first_copies.send_due(app, schedule))
    return Ticked(started, tuple(words), plan.wake_at)


@dataclass(frozen=True, slots=True)
class View:
    """What a look at each schedule begins from, asked for once for all of them."""

    now: datetime
    handled: Mapping[int, Handled]
    zones: Mapping[int | None, ZoneInfo]  # of the newsletters, by their ids


def view_of(app: App) -> View:
    now = app.clock()
    zones = {each.id: ZoneInfo(each.timezone) for each in app.newsletters()}
    with app.database.read() as connection:
        return View(now, store.handled(connection, now), zones)


def _look(app: App, schedule: Schedule, view: View) -> CatchUp:
    """What is to be done for the schedule. Until its next instant a look that found nothing to do holds good."""
    assert schedule.id is not None
    handled = view.handled.get(schedule.id, NOTHING_HANDLED)
    if (found := app.looked_at.get(schedule.id)) is not None:
        seen, had, at, plan = found
        is_fresh = at <= view.now and (plan.wake_at is None or view.now < plan.wake_at)
        if is_fresh and plan.is_quiet and had == handled and seen == schedule:
            return plan
    calendar = calendar_of(schedule, app.blackout)
    plan = catch_up(schedule, calendar, handled, view.now, view.zones[schedule.newsletter_id])
    plan = begin_early(plan, lambda coming: addressing.early_by(app, schedule, coming), view.now)
    app.looked_at[schedule.id] = (schedule, handled, view.now, plan)
    return plan


def _begin(app: App, schedule: Schedule, due: Occurrence) -> Begun:
    """The issue of this occurrence, or those of its groups, now being sent; nothing when another process has it.

    Raises NewsletterError. An occurrence for which nothing can be picked is over; what a person can mend keeps it due.
    """
    assert schedule.id is not None
    with app.database.read() as connection:
        issue = issue_store.issue_of_occurrence(connection, schedule.id, due.wall)
    try:
        if rehearsing.is_due(app, schedule, issue):
            rehearsing.rehearse(app, schedule, due, issue)
            return Begun()
        if is_per_reader(schedule.options):
            return group_issues.begin(app, schedule, due)
        issue = issue or making.make_issue(app, schedule, due, is_alone=may_go_alone(schedule.options))
        begun = _go(app, schedule, issue) if issue is not None and issue.state in DRAFTS else None
        return Begun() if begun is None else Begun((begun.id,))
    except making.NothingToPick as error:
        words = str(error) if issue is None else f"{error}; {_why_cancelled(app, schedule, due, issue)}"
        if _skip(app, schedule, due, issue, words):
            raise making.NothingToPick(words, error.pick) from None
        return Begun()
    except NewsletterError as error:
        if issue is not None and issue.occurrence_id is not None:
            with app.database.write() as connection:
                store.mark_occurrence(connection, issue.occurrence_id, OccurrenceState.ISSUED, str(error))
        raise


def _go(app: App, schedule: Schedule, draft: Issue) -> Issue | None:
    """The draft, now being sent; None while it waits for a yes, or when another process has it."""
    looked = approving.look_at(app, schedule, draft)
    if looked.verdict is Verdict.GO_ALONE:
        begun = sending.start(app, looked.issue, is_alone=True)
    elif looked.verdict is Verdict.GO:
        begun = sending.start(app, looked.issue, approved=looked.issue.content_hash)
    else:
        return None
    return begun if begun.state is IssueState.SENDING else None


def _why_cancelled(app: App, schedule: Schedule, due: Occurrence, draft: Issue) -> str:
    """`issue 3 is cancelled, because a-walk cannot go: unread since import`."""
    with app.database.read() as connection:
        articles = library.find_articles(connection, issue_store.article_ids(connection, draft.id))
        pick = pick_for(
            connection, schedule, due.utc, articles, rules_of(app, connection, schedule, is_alone=True), draft.id
        )
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
