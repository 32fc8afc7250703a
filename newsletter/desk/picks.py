"""A schedule and an instant → the article that would be picked and why, and the same for a year to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter import shapes
from newsletter.app import App
from newsletter.content.licences import ending_licence, renew_command
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.forecast import Forecast, forecast
from newsletter.picking.orders import lift_repeats, rules_for
from newsletter.picking.pick import Pick, as_json, pick_articles
from newsletter.picking.rules import History, Moment, Rule, Turn
from newsletter.scheduling.recurrence import occurrences
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store import schedules as store
from subscribers.store import audience_size

A_MOMENT = timedelta(microseconds=1)


def find(connection: Connection, name: str | None) -> Schedule:
    """The schedule of that name; without a name the only one there is. Raises NotFound or Refused."""
    if name is None:
        known = store.list_schedules(connection)
        if len(known) == 1:
            return known[0]
        if not known:
            raise Refused(
                'there is no schedule yet: `newsletter schedules add NAME --list LIST --when "every tuesday 09:00"`'
            )
        raise Refused(f"there are {len(known)} schedules, say which: {', '.join(each.name for each in known)}")
    found = store.find_schedule(connection, name)
    if found is None:
        raise NotFound("schedule", name, "`newsletter schedules list` shows them all")
    return found


def coming(connection: Connection, schedule: Schedule, after: datetime, count: int) -> list[Occurrence]:
    """The next occurrences later than `after` that no issue has used up."""
    assert schedule.id is not None
    handled = store.handled_locals(connection, schedule.id, after)
    free = (
        each
        for each in occurrences(schedule.recurrence, ZoneInfo(schedule.timezone), after)
        if each.local.strftime(store.LOCAL_FORMAT) not in handled
    )
    return list(islice(free, count))


def history_of(
    connection: Connection, schedule: Schedule, library: Sequence[Article], except_issue: int | None = None
) -> History:
    """What the schedule's list has had, but for one issue; whose turns those of the schedule were, `library` knows."""
    by_slug = {article.slug: article for article in library}
    sent: dict[str, list[datetime]] = defaultdict(list)
    turns = []
    for went in issue_store.sent_to_list(connection, schedule.list_id, except_issue):
        sent[went.slug].append(went.at)
        if went.schedule_id == schedule.id and went.slug in by_slug:
            turns.append(Turn.of(by_slug[went.slug]))
    return History({slug: tuple(instants) for slug, instants in sent.items()}, schedule.seed, tuple(turns))


def rules_of(app: App, schedule: Schedule, is_alone: bool = False) -> tuple[Rule, ...]:
    """The schedule's rules; with `is_alone` those for an issue that goes out without any person's yes."""
    is_read_only = is_alone and not app.config.picking.trust_imports
    return rules_for(schedule.options, app.newsletter(schedule.newsletter_id).language, is_read_only)


def pick_for(
    connection: Connection,
    schedule: Schedule,
    at: datetime,
    candidates: Sequence[Article],
    rules: Sequence[Rule],
    except_issue: int | None = None,
    count: int = 1,
) -> Pick:
    """The pick for the instant `at`, from `candidates`, with this schedule's history but for one issue of it."""
    moment = Moment.of(at, ZoneInfo(schedule.timezone))
    history = history_of(connection, schedule, candidates, except_issue)
    return pick_articles(candidates, history, rules, moment, count)


def ranked(
    app: App, connection: Connection, schedule: Schedule, at: datetime, is_alone: bool = False
) -> list[Article]:
    """Every article that may go at the instant `at`, best first, whatever the list has had: for whoever had none."""
    candidates = library.list_articles(connection)
    rules = lift_repeats(rules_of(app, schedule, is_alone))
    return list(pick_for(connection, schedule, at, candidates, rules, count=len(candidates)).articles)


def next_pick(app: App, name: str | None, at: datetime | None) -> dict[str, Any]:
    """The shape `next`: what would be picked at `at`, by default at the next free occurrence, and why."""
    with app.database.read() as connection:
        schedule = find(connection, name)
        occurrence = _occurrence(connection, schedule, app.clock(), at)
        articles = library.list_articles(connection)
        pick = pick_for(connection, schedule, occurrence.utc, articles, rules_of(app, schedule))
    return {
        "schedule": schedule.name,
        "occurrence": shapes.occurrence(occurrence),
        "words": pick.words,
        **as_json(pick),
    }


def _occurrence(connection: Connection, schedule: Schedule, now: datetime, at: datetime | None) -> Occurrence:
    if at is not None:
        return Occurrence(at.astimezone(UTC), at.astimezone(ZoneInfo(schedule.timezone)))
    free = coming(connection, schedule, now, 1)
    if not free:
        raise Refused(f"the schedule {schedule.name!r} has no occurrence to come")
    return free[0]


@dataclass(frozen=True, slots=True)
class Coming:
    """One issue to come. `readers` are those of today, `warnings` what a person should see to before."""

    schedule: Schedule
    forecast: Forecast
    readers: int
    warnings: tuple[str, ...]


def forecast_of(app: App, name: str | None, count: int, start: datetime | None) -> list[Coming]:
    """The coming `count` issues of one schedule, or of all together, by instant.

    `start` is inclusive. It starts from today's history; an occurrence that nothing can fill is there with no article,
    one that has its draft with the draft's. What is unread since its import is forecast, and marked: it goes once a
    person has read it.
    """
    after = app.clock() if start is None else start - A_MOMENT
    with app.database.read() as connection:
        chosen = [find(connection, name)] if name is not None else store.list_schedules(connection)
        if not chosen:
            find(connection, None)
        candidates = library.list_articles(connection)
        coming_issues = [
            each for schedule in chosen for each in _coming_issues(app, connection, schedule, candidates, after, count)
        ]
    return sorted(coming_issues, key=lambda each: (each.forecast.occurrence.utc, each.schedule.name))[:count]


def _coming_issues(
    app: App, connection: Connection, schedule: Schedule, candidates: Sequence[Article], after: datetime, count: int
) -> list[Coming]:
    readers = audience_size(connection, schedule.list_id)
    free = coming(connection, schedule, after, count)
    draft = _draft_after(connection, schedule, after)
    drafted = [] if draft is None else [_drafted(connection, draft)]
    foreseen = [
        *drafted,
        *forecast(free, candidates, history_of(connection, schedule, candidates), rules_of(app, schedule)),
    ]
    by_slug = {article.slug: article for article in candidates}
    unread = {slug for each in foreseen for slug in each.articles if by_slug[slug].read_at is None}
    instead: Mapping[Occurrence, Sequence[str]] = {}
    if unread and not app.config.picking.trust_imports:
        # A draft gives up an article that nobody has read, and with it its place in the history.
        anew = draft if draft is not None and unread.intersection(draft.articles) else None
        history = history_of(connection, schedule, candidates, anew.id if anew is not None else None)
        moments = sorted([*(each.occurrence for each in drafted if anew), *free], key=lambda each: each.utc)
        alone = forecast(moments, candidates, history, rules_of(app, schedule, is_alone=True))
        instead = {each.occurrence: each.articles for each in alone}
    return [
        Coming(schedule, each, readers, tuple(_warnings(each, by_slug, instead.get(each.occurrence))))
        for each in foreseen
    ]


def _warnings(foreseen: Forecast, by_slug: Mapping[str, Article], instead: Sequence[str] | None) -> Iterator[str]:
    """`instead` is what goes if nobody reads anything until then; None where that makes no difference."""
    if not foreseen.articles:
        yield foreseen.words
    day = foreseen.occurrence.local.date()
    for slug in foreseen.articles:
        article = by_slug[slug]
        if article.read_at is None:
            other = ", ".join(instead or ()) or "nothing"
            goes = "" if instead is None else f": until a person has read it, {other} goes in its place"
            yield f"{slug} is unread since import{goes} (`newsletter articles triage`)"
        for author in article.authors:
            if words := ending_licence(author, day):
                yield f"{words} (`{renew_command(author)}`)"


def _draft_after(connection: Connection, schedule: Schedule, after: datetime) -> Issue | None:
    """The draft that waits for an occurrence later than `after`."""
    assert schedule.id is not None
    draft = issue_store.find_draft(connection, schedule.id)
    return draft if draft is not None and draft.occurrence is not None and draft.occurrence.utc > after else None


def _drafted(connection: Connection, draft: Issue) -> Forecast:
    assert draft.occurrence is not None
    found = library.find_articles(connection, issue_store.article_ids(connection, draft.id))
    authors = dict.fromkeys(author.name for article in found for author in article.authors)
    return Forecast(draft.occurrence, draft.articles, tuple(authors), f"drafted as issue {draft.id}")
