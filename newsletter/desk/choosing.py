"""A person's word on an occurrence to come → kept with the schedule, and the draft that waits for it made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import approving, making, picks
from newsletter.desk.dates import occurrence_on
from newsletter.desk.forecasting import forecast_of
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.readers import is_per_reader
from newsletter.states import DRAFTS, IssueState, OccurrenceState
from newsletter.store import articles as library
from newsletter.store import choices as store
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store

LONGEST_REASON = 500
FARTHEST = 500  # occurrences ahead, up to which it is told what would have gone
BY_HAND = "skipped by hand"


@dataclass(frozen=True, slots=True)
class Changed:
    """One occurrence after a person's word on it."""

    schedule: Schedule
    occurrence: Occurrence
    articles: tuple[str, ...]  # what goes then, as far as can be foreseen
    displaced: tuple[str, ...]  # what would have gone without that word
    issue: Issue | None  # the draft that waits for it


def pin(app: App, schedule_name: str | None, slugs: Sequence[str], at: str | None) -> Changed:
    """These articles go at that occurrence, else at the next one, which is drafted with them; the first one leads.

    A pin takes the place of the one before it, wins over every score, and says what it displaced. What a rule refuses
    cannot be pinned. Raises NotFound or Refused, and then nothing is kept.
    """
    schedule, draft = _schedule(app, schedule_name)
    occurrence = _next(app, schedule, draft) if at is None else occurrence_on(app, schedule, at, "--at")
    before = _foreseen(app, schedule, occurrence)
    with app.database.write() as connection:
        articles = _articles(connection, schedule, slugs)
        _pin(app, connection, schedule, occurrence, articles, _draft_at(connection, schedule, occurrence))
        library.mark_read(connection, making.ids_of(articles), app.clock())
    if at is None and _draft_of(app, schedule, occurrence) is None:
        making.make_issue(app, schedule, occurrence)
    changed = _after(app, schedule, occurrence, before)
    if changed.displaced:
        with app.database.write() as connection:
            words = f"instead of {', '.join(changed.displaced)}"
            store.explain_pin(connection, _id(schedule), occurrence.wall, making.ids_of(articles), words)
    return changed


def swap(app: App, schedule_name: str | None, first: str, second: str) -> tuple[Changed, Changed]:
    """What is foreseen for each of two occurrences is pinned to the other. Raises NotFound or Refused."""
    schedule, _ = _schedule(app, schedule_name)
    a, b = (occurrence_on(app, schedule, text, "--swap") for text in (first, second))
    if a.wall == b.wall:
        raise Refused("--swap: both dates are the same")
    of_a, of_b = (_foreseen(app, schedule, each) for each in (a, b))
    for occurrence, slugs in ((a, of_a), (b, of_b)):
        if not slugs:
            raise Refused(f"--swap: nothing is foreseen for {occurrence.wall}")
    with app.database.write() as connection:
        drafts = [_draft_at(connection, schedule, each) for each in (a, b)]
        for occurrence in (a, b):
            store.unpin(connection, _id(schedule), occurrence.wall)
        for to, slugs, held, other in ((a, of_b, drafts[1], b), (b, of_a, drafts[0], a)):
            articles = _articles(connection, schedule, slugs)
            _pin(app, connection, schedule, to, articles, held, f"swapped with {other.wall}")
        for draft, slugs in zip(drafts, (of_b, of_a), strict=True):
            if draft is not None:  # each lets go of its own before it is made anew, or both would be in the other's way
                ids = making.ids_of(_articles(connection, schedule, slugs))
                content = issue_store.content_of(connection, draft.id)
                issue_store.replace_pick(
                    connection, draft.id, ids, issue_store.picked_of(connection, draft.id), content
                )
    return _after(app, schedule, a, of_a), _after(app, schedule, b, of_b)


def not_this(app: App, schedule_name: str | None, slug: str, at: str | None, reason: str) -> Changed:
    """Anything but this article goes at that occurrence, else at the next one; the reason is kept.

    Raises NotFound or Refused, also when nothing else may go; then nothing is kept.
    """
    reason = _reason(reason)
    if not reason:
        raise Refused("--reason: say why not, for whoever asks later")
    schedule, draft = _schedule(app, schedule_name)
    occurrence = _next(app, schedule, draft) if at is None else occurrence_on(app, schedule, at, "--at")
    before = _foreseen(app, schedule, occurrence)
    with app.database.write() as connection:
        (article,) = making.ids_of(_articles(connection, schedule, [slug]))
        store.decline(connection, _id(schedule), occurrence.wall, article, reason, app.clock())
        waiting = _draft_at(connection, schedule, occurrence)
        if waiting is not None or at is None:
            recipe = picks.recipe_of(app, connection, schedule)
            making.pick_at(app, connection, schedule, occurrence, recipe, waiting.id if waiting else None)
    return _after(app, schedule, occurrence, before)


def skip(app: App, schedule_name: str | None, at: str, reason: str) -> Changed:
    """Nothing goes at that occurrence; its draft is cancelled. Raises NotFound or Refused."""
    schedule, _ = _schedule(app, schedule_name, may_be_per_reader=True)
    occurrence = occurrence_on(app, schedule, at, "--skip")
    before = _foreseen(app, schedule, occurrence)
    words, now = ": ".join(part for part in (BY_HAND, _reason(reason)) if part), app.clock()
    with app.database.write() as connection:
        draft = _draft_at(connection, schedule, occurrence)
        if draft is not None and draft.occurrence_id is not None:
            row = draft.occurrence_id
            every = issue_store.issues_of_occurrence(connection, row)  # several where readers are grouped
            drafts = (each for each in every if each.state in DRAFTS)
            if not all(issue_store.move_issue(connection, each, IssueState.CANCELLED, now, words) for each in drafts):
                raise Refused(f"--skip: an issue of {occurrence.wall} began in this moment")
            schedule_store.mark_occurrence(connection, row, OccurrenceState.SKIPPED, words)
        else:
            won = schedule_store.win_occurrence(connection, _id(schedule), occurrence, OccurrenceState.SKIPPED, words)
            if won is None:
                raise Refused(
                    f"--skip: {occurrence.wall} of schedule {schedule.name!r} is skipped already, or has gone"
                )
            row = won
        schedule_store.note_decided(connection, row, now)
    return Changed(schedule, occurrence, (), before, None)


def undo(app: App, schedule_name: str | None, at: str) -> Changed:
    """Every pin, every no and the skip of that occurrence taken back, and its draft picked anew.

    Raises NotFound or Refused.
    """
    schedule, _ = _schedule(app, schedule_name, may_be_per_reader=True)
    with app.database.read() as connection:
        skipped = [occurrence for occurrence, _ in store.skipped_ahead(connection, schedule, app.clock())]
        others = [*skipped, *store.chosen_ahead(connection, schedule, app.clock())]
    occurrence = occurrence_on(app, schedule, at, "--undo", others)
    before = _foreseen(app, schedule, occurrence)
    with app.database.write() as connection:
        forgotten = store.forget(connection, _id(schedule), occurrence.wall)
        was_skipped = [each for each in skipped if each.wall == occurrence.wall]
        for each in was_skipped:
            _bring_back(app, connection, schedule, each)
    if not forgotten and not was_skipped:
        raise Refused(f"--undo: nothing was chosen for {occurrence.wall} of schedule {schedule.name!r}")
    return _after(app, schedule, occurrence, before)


def _bring_back(app: App, connection: Connection, schedule: Schedule, occurrence: Occurrence) -> None:
    """The occurrence is to come again, with the drafts it had."""
    assert occurrence.id is not None
    cancelled = issue_store.never_begun(connection, occurrence.id)
    for issue in cancelled:
        issue_store.move_issue(connection, issue, IssueState.DRAFT, app.clock())
    if cancelled:
        schedule_store.mark_occurrence(connection, occurrence.id, OccurrenceState.ISSUED, "")
    elif issue_store.issue_of_occurrence(connection, _id(schedule), occurrence.wall) is not None:
        raise Refused(f"--undo: an issue of {occurrence.wall} has gone to readers already")
    else:
        store.free_occurrence(connection, occurrence.id)


# What all of them share


def _schedule(app: App, name: str | None, may_be_per_reader: bool = False) -> tuple[Schedule, Issue | None]:
    """The schedule and its draft, if one waits."""
    with app.database.read() as connection:
        schedule = picks.find(connection, name)
        draft = issue_store.find_draft(connection, _id(schedule))
    if not may_be_per_reader and is_per_reader(schedule.options):
        words = "each reader gets the article that is due to them: none can be chosen for all"
        raise Refused(f"schedule {schedule.name!r}: {words}")
    return schedule, draft


def _id(schedule: Schedule) -> int:
    assert schedule.id is not None
    return schedule.id


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if len(reason) > LONGEST_REASON:
        raise Refused(f"--reason: {len(reason)} characters are too many; {LONGEST_REASON} are allowed")
    return reason


def _next(app: App, schedule: Schedule, draft: Issue | None) -> Occurrence:
    if draft is not None and draft.occurrence is not None:
        return draft.occurrence
    with app.database.read() as connection:
        free = picks.coming(app, connection, schedule, app.clock(), 1)
    if not free:
        raise Refused(f"the schedule {schedule.name!r} has no occurrence to come")
    return free[0]


def _articles(connection: Connection, schedule: Schedule, slugs: Sequence[str]) -> list[Article]:
    """In that order. Raises NotFound, or Refused for more than an issue has."""
    known = {article.slug: article for article in library.list_articles(connection)}
    for slug in slugs:
        if slug not in known:
            raise NotFound("article", slug)
    chosen = list(dict.fromkeys(slugs))
    if len(chosen) > schedule.options.articles:
        most = schedule.options.articles
        words = "one article" if most == 1 else f"{most} articles"
        raise Refused(f"an issue of schedule {schedule.name!r} has {words}, not {len(chosen)} (--articles)")
    return [known[slug] for slug in chosen]


def _pin(
    app: App,
    connection: Connection,
    schedule: Schedule,
    occurrence: Occurrence,
    articles: Sequence[Article],
    held: Issue | None,
    reason: str = "",
) -> None:
    """Keep the pin. `held` is the draft the articles stand in, if any. Raises Refused in the words of the rules."""
    store.pin(connection, _id(schedule), occurrence.wall, making.ids_of(articles), reason, app.clock())
    rules = picks.rules_of(app, connection, schedule)
    except_issue = held.id if held is not None else None
    pick = picks.pick_for(connection, schedule, occurrence.utc, articles, rules, except_issue, len(articles))
    for one in pick.candidates:
        if one.slug not in pick.slugs:
            why = "; ".join(reason.words for reason in one.reasons if reason.refused)
            when = f"schedule {schedule.name!r}, {occurrence.local:%Y-%m-%d %H:%M}"
            raise Refused(f"{when}: {one.slug} cannot go: {why}")


def _draft_at(connection: Connection, schedule: Schedule, occurrence: Occurrence) -> Issue | None:
    """The draft that waits for this occurrence. Raises Refused when its issue has begun."""
    issue = issue_store.issue_of_occurrence(connection, _id(schedule), occurrence.wall)
    if issue is None or issue.state is IssueState.CANCELLED:
        return None
    if issue.state is IssueState.PAUSED and issue.started is None:
        words = f"`newsletter issues resume {issue.id}` or `cancel` first"
        raise Refused(f"issue {issue.id} of {occurrence.wall} is paused: {words}")
    if issue.state not in DRAFTS:
        raise Refused(f"issue {issue.id} of {occurrence.wall} is {issue.state}: it can no longer be changed")
    return issue


def _draft_of(app: App, schedule: Schedule, occurrence: Occurrence) -> Issue | None:
    with app.database.read() as connection:
        return _draft_at(connection, schedule, occurrence)


def _after(app: App, schedule: Schedule, occurrence: Occurrence, before: Sequence[str]) -> Changed:
    """What the occurrence comes to now, its draft made anew."""
    draft = _draft_of(app, schedule, occurrence)
    if draft is not None:
        shown, draft = draft, making.refresh(app, draft, is_anew=True)
        if not set(before) <= set(draft.articles):
            approving.take_out(app, shown)
    articles = draft.articles if draft is not None else _foreseen(app, schedule, occurrence)
    return Changed(schedule, occurrence, articles, tuple(slug for slug in before if slug not in articles), draft)


def _foreseen(app: App, schedule: Schedule, occurrence: Occurrence) -> tuple[str, ...]:
    """What goes then as things stand: the draft's articles, else the forecast's; none very far ahead."""
    draft = _draft_of(app, schedule, occurrence)
    if draft is not None:
        return draft.articles
    with app.database.read() as connection:
        free = picks.coming(app, connection, schedule, app.clock(), FARTHEST)
    walls = [each.wall for each in free]
    if occurrence.wall not in walls:
        return ()
    drafts = 2  # more are there at one time only where the lead is long: they come first
    for coming in forecast_of(app, schedule.name, walls.index(occurrence.wall) + 1 + drafts, None):
        if coming.forecast.occurrence.wall == occurrence.wall:
            return coming.forecast.articles
    return ()
