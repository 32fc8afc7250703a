"""An occurrence of a schedule that gives each reader their own next article → one issue for each group of readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.app import App
from newsletter.desk import approving, making, pausing, picks, rehearsing, sending
from newsletter.desk.grouping import Groups, groups_at, pick_all
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.pick import Pick, pick_articles, picked_as_json
from newsletter.picking.readers import NextOfGroup, history_of_group, is_per_reader
from newsletter.picking.replay import Recipe, inputs_of
from newsletter.scheduling.approval import Verdict, may_go_alone
from newsletter.states import DRAFTS, IssueState, OccurrenceState
from newsletter.store import articles as library
from newsletter.store import issues as store
from newsletter.store import schedules as schedule_store

NOBODY_ANY_MORE = "no reader is due it any more"


@dataclass(frozen=True, slots=True)
class Begun:
    started: tuple[int, ...] = ()  # issues now in the state sending
    words: tuple[str, ...] = ()  # what a person should know


@dataclass(frozen=True, slots=True)
class _Made:
    """A group's issue before it has an id."""

    article: Article
    public_id: str
    picked: Mapping[str, Any]
    inputs: Mapping[str, Any]
    content: store.Content


def plan_named(app: App, name: str | None) -> list[tuple[Issue, int]] | None:
    """What `plan` gives for the schedule of that name; None for one that has one issue for all. Raises as it does."""
    with app.database.read() as connection:
        schedule = picks.find(connection, name)
    return plan(app, schedule) if is_per_reader(schedule.options) and not rehearsing.is_next(app, schedule) else None


def plan(app: App, schedule: Schedule) -> list[tuple[Issue, int]]:
    """The drafts of the schedule's next occurrence, one for each group with its readers, in the order of the ranks.

    A second call gives the same ones, and those of groups that are new. Raises Refused when no reader is due anything.
    """
    assert schedule.id is not None
    with app.database.read() as connection:
        draft = store.find_draft(connection, schedule.id)
        free = picks.coming(app, connection, schedule, app.clock(), 1)
    if draft is not None and draft.occurrence is not None:
        occurrence = draft.occurrence
    elif free:
        occurrence = free[0]
    else:
        raise Refused(f"the schedule {schedule.name!r} has no occurrence to come")
    issues, groups = make_drafts(app, schedule, occurrence)
    drafts = {issue.articles[0]: issue for issue in issues if issue.state in DRAFTS}
    planned = [
        (making.refresh(app, drafts[article.slug]), readers)
        for article, readers in groups.sizes
        if article.slug in drafts
    ]
    if not planned:
        raise making.NothingToPick(_why_nobody(schedule, occurrence, groups))
    return planned


def make_drafts(
    app: App, schedule: Schedule, occurrence: Occurrence, is_alone: bool = False
) -> tuple[list[Issue], Groups]:
    """Every issue of the occurrence, each group having one now, and the groups.

    With `is_alone` they are to go out without any person's yes. A group whose issue was cancelled keeps that one.
    """
    with app.database.read() as connection:
        recipe = picks.recipe_of(app, connection, schedule, is_alone)
        every = pick_all(schedule, occurrence, library.list_articles(connection), recipe.rules())
        groups = groups_at(connection, schedule, occurrence, every.articles)
        known = _issues(connection, schedule, occurrence)
    has_issue = {issue.articles[0] for issue in known}
    made = [
        _make(app, schedule, occurrence, article, every, replace(recipe, group=NextOfGroup(article.slug, readers)))
        for article, readers in groups.sizes
        if article.slug not in has_issue
    ]
    if not made:
        return known, groups
    try:
        with app.database.write() as connection:
            return _keep(connection, app, schedule, occurrence, made), groups
    except IntegrityError:  # another process has just made one of them: its draft is the answer
        return make_drafts(app, schedule, occurrence, is_alone)


def _issues(connection: Connection, schedule: Schedule, occurrence: Occurrence) -> list[Issue]:
    assert schedule.id is not None
    row = schedule_store.occurrence_id(connection, schedule.id, occurrence.wall)
    return [] if row is None else store.issues_of_occurrence(connection, row)


def _make(app: App, schedule: Schedule, occurrence: Occurrence, article: Article, every: Pick, recipe: Recipe) -> _Made:
    """The issue of the group whose `recipe` this is; `every` article that may go is ranked."""
    assert schedule.id is not None
    history = history_of_group(every.articles, article.slug, schedule.seed, occurrence.utc)
    pick = pick_articles(every.offered, history, recipe.rules(), every.at)
    name = app.tokens.keyed_hash("web view", schedule.id, occurrence.wall, article.slug)
    newsletter = app.newsletter(schedule.newsletter_id)
    day = making.issue_date(app, newsletter, occurrence.utc)
    made = making.make(app, newsletter, [article], schedule.list_name, name, day)
    return _Made(article, name, picked_as_json(pick), inputs_of(pick, recipe, 1), made.content)


def _keep(
    connection: Connection, app: App, schedule: Schedule, occurrence: Occurrence, made: Sequence[_Made]
) -> list[Issue]:
    """All of them at once: an occurrence that is taken has every one of its groups."""
    assert schedule.id is not None
    row = schedule_store.win_occurrence(connection, schedule.id, occurrence, OccurrenceState.ISSUED)
    row = row or schedule_store.occurrence_id(connection, schedule.id, occurrence.wall)
    assert row is not None
    known = {issue.articles[0] for issue in store.issues_of_occurrence(connection, row)}
    for each in made:
        if each.article.slug not in known:
            assert each.article.id is not None
            new = store.NewIssue(
                newsletter_id=schedule.newsletter_id,
                schedule_id=schedule.id,
                occurrence_id=row,
                list_id=schedule.list_id,
                article_ids=[each.article.id],
                public_id=each.public_id,
                picked=each.picked,
                inputs=each.inputs,
                seed=schedule.seed,
                content=each.content,
            )
            store.add_issue(connection, new, app.clock())
    return store.issues_of_occurrence(connection, row)


def begin(app: App, schedule: Schedule, due: Occurrence) -> Begun:
    """Begin the issues of the occurrence that may go now, all of them at once.

    One that cannot go, or waits for a yes, keeps the occurrence due; the others go all the same.
    """
    issues, groups = make_drafts(app, schedule, due, is_alone=may_go_alone(schedule.options))
    drafts = [issue for issue in issues if issue.state in DRAFTS]
    places = {article.slug: place for place, (article, _) in enumerate(groups.sizes)}
    _end(app, [issue for issue in drafts if issue.articles[0] not in places])
    if not groups.sizes:
        return Begun((), _nobody(app, schedule, due, issues, _why_nobody(schedule, due, groups)))
    alone: list[sending.Ready] = []
    approved: list[sending.Ready] = []
    words: list[str] = []
    for draft in sorted(drafts, key=lambda issue: places.get(issue.articles[0], len(places))):
        if draft.articles[0] not in places:
            continue
        try:
            pausing.require_running(app, draft)
            looked = approving.look_at(app, schedule, draft)
            if looked.verdict is Verdict.GO_ALONE:
                alone += _ready(sending.prepare(app, looked.issue, is_alone=True))
            elif looked.verdict is Verdict.GO:
                approved += _ready(sending.prepare(app, looked.issue, approved=looked.issue.content_hash))
        except NewsletterError as error:
            words.append(f"schedule {schedule.name!r}: issue {draft.id}: {error}")
            assert draft.occurrence_id is not None
            with app.database.write() as connection:
                schedule_store.mark_occurrence(connection, draft.occurrence_id, OccurrenceState.ISSUED, str(error))
    started = [*_begin(app, alone, is_alone=True), *_begin(app, approved, is_alone=False)]
    if started and groups.done and not schedule.options.sequence:
        words.append(f"schedule {schedule.name!r}: {_have_had_all(groups.done)}, and got nothing")
    return Begun(tuple(started), tuple(words))


def _ready(prepared: sending.Ready | None) -> list[sending.Ready]:
    return [] if prepared is None else [prepared]


def _begin(app: App, ready: Sequence[sending.Ready], is_alone: bool) -> list[int]:
    return sending.begin(app, ready, is_alone) if ready else []


def _end(app: App, drafts: Sequence[Issue]) -> None:
    """Drafts whose readers are due another article by now, or none."""
    if drafts:
        with app.database.write() as connection:
            for draft in drafts:
                store.move_issue(connection, draft, IssueState.CANCELLED, app.clock(), NOBODY_ANY_MORE)


def _nobody(app: App, schedule: Schedule, due: Occurrence, issues: Sequence[Issue], words: str) -> tuple[str, ...]:
    """Write down that the occurrence comes to nothing. Of a course most do: that is nothing to tell."""
    assert schedule.id is not None
    with app.database.write() as connection:
        won = schedule_store.win_occurrence(connection, schedule.id, due, OccurrenceState.SKIPPED, words)
        for issue in issues[:1]:
            assert issue.occurrence_id is not None
            schedule_store.mark_occurrence(connection, issue.occurrence_id, OccurrenceState.SKIPPED, words)
    is_quiet = schedule.options.sequence or schedule.options.when_empty == "skip"
    return () if is_quiet or (won is None and not issues) else (words,)


def _why_nobody(schedule: Schedule, occurrence: Occurrence, groups: Groups) -> str:
    why = f"; {_have_had_all(groups.done)}" if groups.done else ""
    at = f"{occurrence.local:%Y-%m-%d %H:%M}"
    return f"schedule {schedule.name!r}, {at}: no reader is due an article{why}"


def _have_had_all(readers: int) -> str:
    return "1 reader has had all that may go" if readers == 1 else f"{readers:,} readers have had all that may go"
