"""Schedules, letters, library and history of today → every issue to come, in the order of time, and whom it goes to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import grouping, picks
from newsletter.desk.reaching import cap_of
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.forecast import Course, Forecast, Foresight, authors_of, forecast_together
from newsletter.picking.readers import Own, Past, Planned, is_per_reader, run_forward
from newsletter.picking.repeating import to_repeat
from newsletter.scheduling.approval import groups_alone, needs
from newsletter.scheduling.calendar import calendar_of
from newsletter.scheduling.local_time import first_zone, lead_of
from newsletter.states import IssueKind, IssueState
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store.approvals import count_rehearsals
from newsletter.store.grouping import Audience
from newsletter.store.pauses import pauses_of_everything
from subscribers.store import audience_zones, list_by_id

MOST = 20_000
"""Issues looked at on the way to those that were asked for."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """One issue to come: what it has, and whom it goes to. `letter` is one that no schedule sends."""

    schedule: Schedule | None
    forecast: Forecast
    planned: Planned | None  # None: to no reader, as a rehearsal
    letter: Issue | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the issues of one course come from."""

    course: Course
    schedule: Schedule | None = None
    audience: int = 0
    own: Own | None = None
    letter: Issue | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The issues to come, and the audiences they go to, by their numbers."""

    issues: tuple[Ahead, ...]
    audiences: tuple[Audience, ...]


def issues_ahead(
    app: App,
    connection: Connection,
    schedules: Sequence[Schedule],
    candidates: Sequence[Article],
    after: datetime,
    count: int,
    wanted: Collection[str] | None = None,
    is_alone: bool = False,
) -> Outlook:
    """All issues later than `after`, until `count` of the `wanted` schedules have come; None: of all, and of letters.

    As if the library were as given; with `is_alone` nobody reads anything until then.
    """
    numbers: dict[Audience, int] = {}
    sources = [
        source
        for schedule in schedules
        for source in _of_schedule(app, connection, schedule, candidates, after, numbers, is_alone)
    ]
    sources += _of_letters(app, connection, after, numbers)
    chosen = {
        place
        for place, source in enumerate(sources)
        if wanted is None or (source.schedule is not None and source.schedule.name in wanted)
    }
    found, left = [], count
    for place, foreseen in islice(forecast_together([each.course for each in sources], after, chosen), MOST):
        found.append(_ahead(sources[place], foreseen))
        left -= place in chosen
        if not left:
            break
    return Outlook(tuple(found), tuple(numbers))


def _ahead(source: _Source, foreseen: Forecast) -> Ahead:
    planned = None
    if not source.course.is_rehearsal:
        planned = Planned(foreseen.occurrence, source.audience, foreseen.articles, source.own)
    return Ahead(source.schedule, foreseen, planned, source.letter)


def _of_schedule(
    app: App,
    connection: Connection,
    schedule: Schedule,
    candidates: Sequence[Article],
    after: datetime,
    numbers: dict[Audience, int],
    is_alone: bool,
) -> Iterator[_Source]:
    """The schedule's rehearsals that are left, if any, and its issues."""
    assert schedule.id is not None
    # One that nobody has set an end to may be over tomorrow.
    pauses = [each for each in pauses_of_everything(connection) if each.until is not None]

    def goes(at: Occurrence) -> bool:
        return not any(pause.holds(at.utc) for pause in pauses)

    free = filter(goes, picks.free(app, connection, schedule, after))
    options = schedule.options
    rehearsals = options.rehearse and max(options.rehearse - count_rehearsals(connection, schedule.id), 0)
    waiting = _drafts_after(connection, schedule, after)
    drafts = [(occurrence, draft) for occurrence, draft in waiting if goes(occurrence)]
    foresight: Foresight | None = None
    kept: dict[Occurrence, Forecast] = {}
    if rehearsals or not is_per_reader(options):
        put_down = [draft.id for occurrence, draft in waiting if not goes(occurrence)]
        foresight, kept = _foresight(app, connection, schedule, candidates, drafts, put_down, is_alone)
    early = _early(connection, schedule, next(picks.free(app, connection, schedule, after), None))
    drafted = sorted({occurrence for occurrence, _ in drafts}, key=lambda each: each.utc)
    if rehearsals:
        shown = list(islice(free, rehearsals))
        yield _Source(Course(schedule.list_id, shown, foresight, ahead=early, is_rehearsal=True), schedule)
    coming = merge(drafted, free, key=lambda each: each.utc)
    if is_per_reader(options):
        audience = _number(numbers, Audience(schedule.list_id, schedule.created if options.sequence else None))
        own = Own(schedule.id, grouping.ranking_of(app, connection, schedule, articles=candidates), options)
        yield _Source(Course(schedule.list_id, coming, None), schedule, audience, own)
        return
    asks = needs(options) != "none"
    ahead = max(early, timedelta(minutes=options.lead)) if asks else early
    course = Course(schedule.list_id, coming, foresight, kept, ahead, is_drafted_first=asks)
    yield _Source(course, schedule, _number(numbers, Audience(schedule.list_id)))


def _number(numbers: dict[Audience, int], audience: Audience) -> int:
    return numbers.setdefault(audience, len(numbers))


def _early(connection: Connection, schedule: Schedule, first: Occurrence | None) -> timedelta:
    """How long before its time an issue at each reader's own hour begins, as the `first` one does."""
    if not schedule.options.at_local or first is None:
        return timedelta()
    fallback = list_by_id(connection, schedule.list_id).timezone
    zones = {first_zone(name, fallback, schedule.timezone) for name in audience_zones(connection, schedule.list_id)}
    return lead_of(zones, first)


def _foresight(
    app: App,
    connection: Connection,
    schedule: Schedule,
    candidates: Sequence[Article],
    drafts: Sequence[tuple[Occurrence, Issue]],
    put_down: Sequence[int],
    is_alone: bool,
) -> tuple[Foresight, dict[Occurrence, Forecast]]:
    """How the schedule picks from now on, and what its drafts hold; those `put_down` give their articles back."""
    by_slug = {article.slug: article for article in candidates}
    recipe = picks.recipe_of(app, connection, schedule, is_alone)
    again = to_repeat(recipe)
    rules, repeating = recipe.rules(), again.rules() if again is not None else ()
    kept: dict[Occurrence, Forecast] = {}
    given_up = [*put_down]
    for occurrence, draft in drafts:
        articles = [by_slug[slug] for slug in draft.articles if slug in by_slug]
        is_whole = len(articles) == len(draft.articles)
        if is_whole and picks.may_stay(connection, schedule, draft, articles, rules):
            words = f"drafted as issue {draft.id}"
            kept[occurrence] = Forecast(occurrence, draft.articles, authors_of(articles), words)
        else:  # it is picked anew when it is looked at, and gives its articles back
            given_up.append(draft.id)
    history = picks.history_of(connection, schedule, candidates, given_up)
    return Foresight(candidates, history, rules, schedule.options.articles, repeating), kept


def _drafts_after(connection: Connection, schedule: Schedule, after: datetime) -> list[tuple[Occurrence, Issue]]:
    """The drafts that wait for an occurrence later than `after`, with it."""
    assert schedule.id is not None
    waiting = ((draft.occurrence, draft) for draft in issue_store.drafts(connection, schedule.id))
    return [(occurrence, draft) for occurrence, draft in waiting if occurrence is not None and occurrence.utc > after]


def _of_letters(app: App, connection: Connection, after: datetime, numbers: dict[Audience, int]) -> Iterator[_Source]:
    """The letters that go by themselves."""
    for letter in issue_store.issues_in(connection, IssueState.SCHEDULED):
        if letter.kind is not IssueKind.LETTER or letter.send_at is None or letter.send_at <= after:
            continue
        zone = ZoneInfo(app.newsletter(letter.newsletter_id).timezone)
        at = Occurrence(letter.send_at, letter.send_at.astimezone(zone))
        articles = library.find_articles(connection, issue_store.article_ids(connection, letter.id))
        goes = Forecast(at, letter.articles, authors_of(articles), f"a letter, issue {letter.id}")
        course = Course(letter.list_id, [at], None, {at: goes})
        yield _Source(course, None, _number(numbers, Audience(letter.list_id)), letter=letter)


def next_for_group(app: App, connection: Connection, schedule: Schedule, issue: Issue, count: int) -> list[Forecast]:
    """What comes after a group's issue for those who have had what goes before it, and nothing else.

    A forecast would ask what every reader has had, which takes seconds where there are a million.
    """
    assert schedule.id is not None and issue.occurrence is not None
    ranked = grouping.ranking_of(app, connection, schedule, groups_alone(schedule.options, False))
    at, cap = issue.occurrence.utc, cap_of(app)
    before = takewhile(lambda article: article.slug != issue.articles[0], ranked(issue.occurrence))
    had = dict.fromkeys([*(article.slug for article in before), issue.articles[0]], at)
    past = Past(had=had, last={schedule.id: at}, days=(cap.day(at),))
    own = Own(schedule.id, ranked, schedule.options)
    coming = (Planned(occurrence, own=own) for occurrence in calendar_of(schedule, app.blackout).coming(at))
    due = takewhile(lambda each: each.slug or each.waits, run_forward(past, coming, cap))
    found = islice((each for each in due if each.slug and not each.is_left_out), count)
    by_slug = {article.slug: article for article in library.list_articles(connection)}
    return [Forecast(each.planned.occurrence, (each.slug,), authors_of([by_slug[each.slug]]), "") for each in found]
