"""An occurrence of a schedule that gives each reader their own next article → one issue for each group of readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.app import App, Grouped
from newsletter.desk import approving, emptiness, making, passing, pausing, picks, rehearsing, sending
from newsletter.desk.grouping import Groups, NobodyDue, groups_at, pick_all, recipe_at
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.pick import Pick, pick_articles, picked_as_json
from newsletter.picking.readers import NextOfGroup, history_of_group, is_per_reader
from newsletter.picking.replay import Recipe, inputs_of
from newsletter.picking.why_nothing import why_nothing
from newsletter.scheduling.approval import Verdict, groups_alone, may_go_alone
from newsletter.scheduling.catching_up import ON_TIME
from newsletter.states import DRAFTS, IssueKind, IssueState, OccurrenceState
from newsletter.store import articles as library
from newsletter.store import issues as store
from newsletter.store import schedules as schedule_store

NOBODY_ANY_MORE = "no reader is due it any more"


@dataclass(frozen=True, slots=True)
class Begun:
    started: tuple[int, ...] = ()  # issues now in the state sending
    words: tuple[str, ...] = ()  # what a person should know


@dataclass(frozen=True, slots=True)
class Drafted:
    """An occurrence's issues, the groups there are now, the pick of every article that may go, and what `failed` the
    pre-flight gate, by slug."""

    issues: Sequence[Issue]
    groups: Groups
    every: Pick
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Made:
    """A group's issue before it has an id."""

    article: Article
    public_id: str
    picked: Mapping[str, Any]
    inputs: Mapping[str, Any]
    content: store.Content
    failed: Mapping[str, str]  # the article, where it keeps the issue from passing, and why


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
    drafted = make_drafts(app, schedule, occurrence, is_alone=groups_alone(schedule.options, False))
    drafts = {issue.articles[0]: issue for issue in drafted.issues if issue.state in DRAFTS}
    planned = [
        (making.refresh(app, drafts[article.slug]), readers)
        for article, readers in drafted.groups.sizes
        if article.slug in drafts
    ]
    if not planned:
        raise why_nobody(schedule, occurrence, drafted)
    return planned


def make_drafts(app: App, schedule: Schedule, occurrence: Occurrence, is_alone: bool = False) -> Drafted:
    """Every issue of the occurrence, each group having one now.

    With `is_alone` they are to go out without any person's yes. A group whose issue was cancelled keeps that one.
    """
    with app.database.read() as connection:
        recipe = recipe_at(app, connection, schedule, occurrence, is_alone)
        known = _issues(connection, schedule, occurrence)
    has_issue = {issue.articles[0] for issue in known}
    while True:
        with app.database.read() as connection:
            every, groups = _groups(connection, schedule, occurrence, recipe)
        made = [
            _make(app, schedule, occurrence, article, every, replace(recipe, group=NextOfGroup(article.slug, readers)))
            for article, readers in groups.sizes
            if article.slug not in has_issue
        ]
        # Whoever is due what cannot pass the pre-flight gate gets their next one, and that later.
        failed = {slug: words for each in made for slug, words in each.failed.items()}
        other = passing.without(recipe, failed) if failed else None
        if other is None:
            break
        recipe = other
    if not made:
        return Drafted(known, groups, every, recipe.failed)
    try:
        with app.database.write() as connection:
            return Drafted(_keep(connection, app, schedule, occurrence, made), groups, every, recipe.failed)
    except IntegrityError:  # another process has just made one of them: its draft is the answer
        return make_drafts(app, schedule, occurrence, is_alone)


def _groups(connection: Connection, schedule: Schedule, occurrence: Occurrence, recipe: Recipe) -> tuple[Pick, Groups]:
    """All that may go at the occurrence, ranked, and who is due which of it."""
    every = pick_all(schedule, occurrence, library.list_articles(connection), recipe.rules())
    return every, groups_at(connection, schedule, occurrence, every.articles)


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
    failed = passing.blamed(app, newsletter, made.rendered, [article])
    return _Made(article, name, picked_as_json(pick), inputs_of(pick, recipe, 1), made.content, failed)


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


def look_again(app: App, schedule: Schedule, drafts: list[Issue]) -> tuple[list[Issue], list[str]]:
    """The schedule's drafts, once the readers are grouped again of those that have come to their time, and words of it.

    So before anybody says that these wait for a yes.
    """
    assert schedule.id is not None
    now, told = app.clock(), list[str]()
    groups = [each for each in drafts if each.kind is IssueKind.PICKED]  # and no rehearsal
    come = dict.fromkeys(each.occurrence for each in groups if each.occurrence and each.occurrence.utc <= now)
    if not come:
        return drafts, told
    for occurrence in come:
        if all(each.pause_reason for each in groups if each.occurrence == occurrence):
            told += _give_up_idle(app, schedule, occurrence, groups)
        elif now - occurrence.utc <= max(ON_TIME, timedelta(minutes=schedule.grace_minutes)):
            told += _regroup(app, schedule, occurrence)
    with app.database.read() as connection:
        return store.drafts(connection, schedule.id), told


def begin(app: App, schedule: Schedule, due: Occurrence) -> Begun:
    """Begin the issues of the occurrence that may go now, all of them at once.

    One that cannot go, or waits for a yes, keeps the occurrence due; the others go all the same. Raises NobodyDue when
    one of them has just ended, because its article may not go: another look begins the others.
    """
    assert schedule.id is not None
    nobody = _regroup(app, schedule, due)
    with app.database.read() as connection:
        drafts = [each for each in _issues(connection, schedule, due) if each.state in DRAFTS]
    if not drafts:
        return Begun((), nobody)
    key = schedule.id, due.wall
    done = app.grouped[key].done
    alone: list[sending.Ready] = []
    approved: list[sending.Ready] = []
    words: list[str] = []
    try:
        for draft in drafts:
            try:
                pausing.require_running(app, draft)
                looked = approving.look_at(app, schedule, draft)
                if looked.verdict is Verdict.GO_ALONE:
                    alone += _ready(sending.prepare(app, looked.issue, is_alone=True))
                elif looked.verdict is Verdict.GO:
                    approved += _ready(sending.prepare(app, looked.issue, approved=looked.issue.content_hash))
            except NobodyDue as error:
                with app.database.write() as connection:
                    store.move_issue(connection, draft, IssueState.CANCELLED, app.clock(), str(error))
                raise
            except NewsletterError as error:
                words.append(f"schedule {schedule.name!r}: issue {draft.id}: {error}")
                assert draft.occurrence_id is not None
                with app.database.write() as connection:
                    schedule_store.mark_occurrence(connection, draft.occurrence_id, OccurrenceState.ISSUED, str(error))
        started = [*_begin(app, alone, is_alone=True), *_begin(app, approved, is_alone=False)]
    except NobodyDue:
        del app.grouped[key]  # it has changed in this very moment: the next look ends that draft
        raise
    if started and done and not schedule.options.sequence:
        words.append(f"schedule {schedule.name!r}: {_have_had_all(done)}, and got nothing")
    return Begun(tuple(started), tuple(words))


def _regroup(app: App, schedule: Schedule, due: Occurrence) -> tuple[str, ...]:
    """Each group of now has a draft, and no other; words when no reader is due anything.

    Now and then alone while drafts wait: with a million readers it takes seconds.
    """
    assert schedule.id is not None
    if _is_grouped(app, schedule, due):
        return ()
    drafted = make_drafts(app, schedule, due, is_alone=may_go_alone(schedule.options))
    groups = drafted.groups
    _note_grouped(app, schedule, due, groups.done, drafted.failed)
    _end(app, [each for each in drafted.issues if each.state in DRAFTS and not groups.has(each.articles[0])])
    return () if groups.sizes else _nobody(app, schedule, due, drafted)


def _is_grouped(app: App, schedule: Schedule, occurrence: Occurrence) -> bool:
    """Whether this process has grouped the occurrence's readers a moment ago."""
    assert schedule.id is not None
    seen = app.grouped.get((schedule.id, occurrence.wall))
    return seen is not None and timedelta() <= app.clock() - seen.at < approving.LOOK_AGAIN


def _note_grouped(app: App, schedule: Schedule, occurrence: Occurrence, done: int, failed: Mapping[str, str]) -> None:
    assert schedule.id is not None
    now = app.clock()
    for key in [key for key, seen in app.grouped.items() if now - seen.at >= approving.LOOK_AGAIN]:
        del app.grouped[key]
    app.grouped[schedule.id, occurrence.wall] = Grouped(now, done, failed)


def give_up(app: App, schedule: Schedule, draft: Issue, words: str) -> list[str]:
    """End a group's draft for that reason, in words. Before its time its readers are grouped again, for another one."""
    assert draft.occurrence is not None and draft.occurrence_id is not None
    with app.database.write() as connection:
        if not store.move_issue(connection, draft, IssueState.CANCELLED, app.clock(), words):
            return []
    told = [f"issue {draft.id} is cancelled: {words}"]
    if draft.occurrence.utc > app.clock():
        try:
            drafted = make_drafts(app, schedule, draft.occurrence, is_alone=may_go_alone(schedule.options))
        except NewsletterError as error:
            return [*told, str(error)]
        if not drafted.groups.sizes:
            return [*told, *_nobody(app, schedule, draft.occurrence, drafted)]
    with app.database.write() as connection:
        if all(each.state is IssueState.CANCELLED for each in _issues(connection, schedule, draft.occurrence)):
            schedule_store.mark_occurrence(connection, draft.occurrence_id, OccurrenceState.SKIPPED, words)
    return told


def _give_up_idle(app: App, schedule: Schedule, occurrence: Occurrence, drafts: Sequence[Issue]) -> list[str]:
    """End those of the drafts that wait for a yes to this occurrence and that no reader is due any more."""
    assert schedule.id is not None
    if _is_grouped(app, schedule, occurrence):
        return []
    with app.database.read() as connection:
        recipe = recipe_at(app, connection, schedule, occurrence, may_go_alone(schedule.options))
        _, groups = _groups(connection, schedule, occurrence, recipe)
    _note_grouped(app, schedule, occurrence, groups.done, recipe.failed)
    idle = [each for each in drafts if each.occurrence == occurrence and not groups.has(each.articles[0])]
    return [words for draft in idle for words in give_up(app, schedule, draft, NOBODY_ANY_MORE)]


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


def _nobody(app: App, schedule: Schedule, due: Occurrence, drafted: Drafted) -> tuple[str, ...]:
    """Write down that the occurrence comes to nothing, and tell people; of a course most do, and nobody is told."""
    assert schedule.id is not None
    nothing = why_nobody(schedule, due, drafted)
    words = str(nothing)
    with app.database.write() as connection:
        won = schedule_store.win_occurrence(connection, schedule.id, due, OccurrenceState.SKIPPED, words)
        for issue in drafted.issues[:1]:
            assert issue.occurrence_id is not None
            schedule_store.mark_occurrence(connection, issue.occurrence_id, OccurrenceState.SKIPPED, words)
    has_gone = any(issue.started is not None for issue in drafted.issues)  # one sent by hand
    is_news = not has_gone and (won is not None or bool(drafted.issues))
    if schedule.options.sequence or schedule.options.when_empty == "skip" or not is_news:
        return ()
    return (words, *emptiness.tell(app, schedule, due, nothing))


def why_nobody(schedule: Schedule, occurrence: Occurrence, drafted: Drafted) -> making.NothingToPick:
    """Why no reader is due anything at the occurrence."""
    every, done = drafted.every, drafted.groups.done
    at = f"schedule {schedule.name!r}, {occurrence.local:%Y-%m-%d %H:%M}"
    if not every.slugs:
        return making.NothingToPick(f"{at}: {why_nothing(every, making.FEW)}", every)
    why = _have_had_all(done) if done else "it is no reader's turn"
    return making.NothingToPick(f"{at}: no reader is due an article; {why}", every, why)


def _have_had_all(readers: int) -> str:
    return "1 reader has had all that may go" if readers == 1 else f"{readers:,} readers have had all that may go"
