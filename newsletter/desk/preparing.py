"""Schedules that ask for a yes, and the present → drafts made ahead, people asked, and what they said yes to begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from newsletter.app import App
from newsletter.desk import approving, emptiness, group_issues, making, picks, sending
from newsletter.desk.approving import LOOK_AGAIN, choice_command, choice_to_make
from newsletter.desk.grouping import NobodyDue
from newsletter.desk.notices import is_done, notify
from newsletter.errors import NewsletterError
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.options import AUTHOR
from newsletter.picking.readers import is_per_reader
from newsletter.scheduling.approval import Verdict, asks_from, half_time, is_to_choose, may_go_alone, needs
from newsletter.states import IssueKind, IssueState
from newsletter.store import approvals as store
from newsletter.store.issues import drafts
from newsletter.store.notices import has_due_notices

MOST_AHEAD = 10
"""Drafts made before their occurrence; a schedule for every hour would show two days of them."""

MOST_LOOKS = 10
"""Drafts rendered anew in one look at the clock: a thousand at once would keep what is due waiting for a minute."""

CHOICE = "approval choice"
"""The kind of the mail that asks how a schedule is to go on after its first issues."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one look at a schedule's drafts came to."""

    started: tuple[int, ...]  # issues that had waited for a yes, and go now
    words: tuple[str, ...]  # what a person should know
    faults: tuple[Exception, ...] = ()  # of single schedules, which keep no other waiting


def prepare(app: App, schedules: Sequence[Schedule]) -> Prepared:
    """Draft what is to be shown by now, ask who is to be asked, and begin what somebody has said yes to since."""
    words: list[str] = []
    faults: list[Exception] = []
    for schedule in schedules:
        with kept_apart(faults):
            words.extend(_look_ahead(app, schedule))
    with app.database.read() as connection:
        found = store.drafts_by_schedule(connection, [each.id for each in schedules if each.id is not None])
        said = store.said_of_drafts(connection)
        # One that fell due before was tried at a look since, or is of a question that nobody asks any more.
        is_mail_waiting = has_due_notices(connection, app.clock() - LOOK_AGAIN, app.clock())
    stale = _stalest(app, schedules, found)
    started: list[int] = []
    for schedule in schedules:
        mine = found.get(schedule.id or 0, [])
        with kept_apart(faults):
            if is_per_reader(schedule.options) and needs(schedule.options) != "none":
                mine, ended = group_issues.look_again(app, schedule, mine)
                words.extend(ended)
            for draft in filter(partial(_is_asked_about, schedule), mine):
                is_stale, known = draft.id in stale, (schedule, draft, said.get(draft.id))
                if not (is_stale or is_mail_waiting) and _is_attended(app, known):
                    continue
                app.attended.pop(draft.id, None)
                try:
                    started.extend(_attend(app, schedule, draft, is_stale))
                    app.attended[draft.id] = (known, app.clock())
                except NobodyDue as error:
                    words.extend(group_issues.give_up(app, schedule, draft, str(error)))
                except NewsletterError as error:
                    words.append(f"issue {draft.id}: {error}")
    with app.database.read() as connection:
        held = store.held(connection)
    words.extend(f"issue {issue_id} waits for a yes: `newsletter issues approve {issue_id}`" for issue_id in held)
    return Prepared(tuple(started), tuple(words), tuple(faults))


@contextmanager
def kept_apart(faults: list[Exception]) -> Iterator[None]:
    """Whatever is raised within is added to `faults`: that of one schedule does not keep the others waiting."""
    try:
        yield
    except Exception as fault:
        faults.append(fault)


def _is_asked_about(schedule: Schedule, draft: Issue) -> bool:
    is_to_wait = needs(schedule.options) != "none" or bool(draft.pause_reason)
    return is_to_wait and draft.kind is IssueKind.PICKED and draft.occurrence is not None


def _is_attended(app: App, known: tuple[Schedule, Issue, object]) -> bool:
    """Whether another look would find what the last one did: nothing was changed or said, and no time has come."""
    schedule, draft, _ = known
    assert draft.occurrence is not None
    now = app.clock()
    seen, at = app.attended.get(draft.id, (None, now))
    turns = (half_time(schedule.options, draft.occurrence.utc), draft.occurrence.utc)
    return seen == known and at <= now < at + LOOK_AGAIN and not any(at < turn <= now for turn in turns)


def _stalest(app: App, schedules: Sequence[Schedule], found: Mapping[int, Sequence[Issue]]) -> set[int]:
    """The drafts to be rendered anew now: of those this process has not lately, the ones that wait longest for it."""
    never = datetime.min.replace(tzinfo=UTC)
    seen = sorted(
        (app.drafts_seen.get(draft.id, never), draft.id)
        for schedule in schedules
        for draft in found.get(schedule.id or 0, ())
        if _is_asked_about(schedule, draft)
    )
    return {each for at, each in seen[:MOST_LOOKS] if at <= app.clock() - LOOK_AGAIN}


def _attend(app: App, schedule: Schedule, draft: Issue, is_stale: bool) -> Iterator[int]:
    """Look at one draft; its id, if it had waited for a yes and goes now."""
    looked = approving.look_at(app, schedule, draft, is_due=bool(draft.pause_reason), is_exact=is_stale)
    if draft.pause_reason and looked.verdict is Verdict.GO:
        begun = sending.start(app, looked.issue, approved=looked.issue.content_hash)
        if begun.state is IssueState.SENDING:
            yield begun.id


def _look_ahead(app: App, schedule: Schedule) -> Iterator[str]:
    """Now and then, and when the next draft is to be made: a thousand schedules are looked at every half a minute."""
    assert schedule.id is not None
    now, options = app.clock(), schedule.options
    if needs(options) == "none":
        return
    seen = app.asks_next.get(schedule.id)
    if seen is not None and seen[0] == schedule and seen[1] - LOOK_AGAIN <= now < seen[1]:
        return
    again, is_empty = now + LOOK_AGAIN, False
    for occurrence in _to_draft(app, schedule):
        if asks_from(options, occurrence.utc) > now:
            again = min(again, asks_from(options, occurrence.utc))
            break
        try:
            if is_per_reader(options):
                _draft_groups(app, schedule, occurrence)
            else:
                making.make_issue(app, schedule, occurrence, may_go_alone(options), IssueKind.PICKED)
        except making.NothingToPick as nothing:
            if not is_empty:  # of those after the first one it is said when their turn comes
                yield from emptiness.warn(app, schedule, occurrence, nothing)
            is_empty = True
        except NewsletterError as error:
            yield str(error)
    yield from _choose(app, schedule)
    app.asks_next[schedule.id] = (schedule, again)


def _to_draft(app: App, schedule: Schedule) -> list[Occurrence]:
    """The occurrences to come that have no draft yet. Where readers are grouped the next one alone: who is due what at
    those after it depends on what goes then."""
    assert schedule.id is not None
    now, options = app.clock(), schedule.options
    with app.database.read() as connection:
        rehearsals = max(options.rehearse - store.count_rehearsals(connection, schedule.id), 0)
        if not is_per_reader(options):
            return picks.coming(app, connection, schedule, now, MOST_AHEAD + rehearsals)[rehearsals:]
        waiting = drafts(connection, schedule.id)
        if rehearsals or any(each.occurrence is not None and each.occurrence.utc > now for each in waiting):
            return []
        return picks.coming(app, connection, schedule, now, 1)


def _draft_groups(app: App, schedule: Schedule, occurrence: Occurrence) -> None:
    """A draft for each group there is now. Readers are grouped once: what changes until the instant is seen then.

    Raises NewsletterError; NothingToPick while somebody is to be told that no reader is due anything.
    """
    assert schedule.id is not None
    if app.grouped_ahead.get(schedule.id) == (schedule, occurrence.wall):
        return
    drafted = group_issues.make_drafts(app, schedule, occurrence, is_alone=may_go_alone(schedule.options))
    is_news = not drafted.groups.sizes and not schedule.options.sequence
    if is_news and not emptiness.is_warned(app, schedule, occurrence):
        raise group_issues.why_nobody(schedule, occurrence, drafted)
    app.grouped_ahead[schedule.id] = (schedule, occurrence.wall)


def _choose(app: App, schedule: Schedule) -> Iterator[str]:
    assert schedule.id is not None
    with app.database.read() as connection:
        if not is_to_choose(schedule.options, store.count_begun(connection, schedule.id)):
            return
    yield choice_to_make(schedule)
    text = _CHOICE.format(name=schedule.name, command=choice_command(schedule))
    key = f"schedule {schedule.id}"
    for email in (each for each in schedule.options.approvers if each != AUTHOR):
        if not is_done(app, CHOICE, key, email):
            newsletter = app.newsletter(schedule.newsletter_id)
            try:
                notify(app, newsletter, CHOICE, key, email, f"How is {schedule.name} to go on?", text)
            except NewsletterError as error:
                yield str(error)


_CHOICE = """\
The schedule {name} has had its first three issues, each after a yes. Until you say otherwise,
every issue waits for one.

- none: issues go by themselves, and nobody is asked.
- optional: you are asked, and it goes anyway unless somebody says no.
- required: nothing goes without a yes.

You say it at the command line: `{command}`
"""
