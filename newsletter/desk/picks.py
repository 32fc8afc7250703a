"""A schedule and an instant → the article that would be picked and why, and the same for a year to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter import shapes
from newsletter.app import App
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Occurrence, Schedule
from newsletter.picking.forecast import Forecast, forecast
from newsletter.picking.pick import Pick, as_json, pick_articles
from newsletter.picking.rules import RULES, History, Moment, Rule
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
        for each in occurrences(schedule.cron, ZoneInfo(schedule.timezone), after)
        if each.local.strftime(store.LOCAL_FORMAT) not in handled
    )
    return list(islice(free, count))


def history_of(connection: Connection, schedule: Schedule, except_issue: int | None = None) -> History:
    assert schedule.id is not None
    sent: dict[str, tuple[datetime, ...]] = defaultdict(tuple)
    for slug, at in issue_store.sent_on_schedule(connection, schedule.id, except_issue):
        sent[slug] += (at,)
    return History(sent, schedule.seed)


def pick_for(
    connection: Connection,
    schedule: Schedule,
    at: datetime,
    candidates: Sequence[Article],
    except_issue: int | None = None,
    rules: Sequence[Rule] = RULES,
) -> Pick:
    """The pick for the instant `at`, from `candidates`, with this schedule's history but for one issue of it."""
    moment = Moment.of(at, ZoneInfo(schedule.timezone))
    return pick_articles(candidates, history_of(connection, schedule, except_issue), rules, moment)


def next_pick(app: App, name: str | None, at: datetime | None) -> dict[str, Any]:
    """The shape `next`: what would be picked at `at`, by default at the next free occurrence, and why."""
    with app.database.read() as connection:
        schedule = find(connection, name)
        occurrence = _occurrence(connection, schedule, app.clock(), at)
        pick = pick_for(connection, schedule, occurrence.utc, library.list_articles(connection))
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


def forecast_of(app: App, name: str | None, count: int, start: datetime | None) -> list[tuple[Schedule, Forecast, int]]:
    """The coming `count` issues of one schedule, or of all together, by instant, with how many readers each has today.

    `start` is inclusive. It starts from today's history; an occurrence that nothing can fill is there with no article,
    one that has its draft with the draft's.
    """
    with app.database.read() as connection:
        chosen = [find(connection, name)] if name is not None else store.list_schedules(connection)
        if not chosen:
            find(connection, None)
        candidates = library.list_articles(connection)
        after = app.clock() if start is None else start - A_MOMENT
        readers = {schedule.id: audience_size(connection, schedule.list_id) for schedule in chosen}
        seen = [
            (schedule, each, readers[schedule.id])
            for schedule in chosen
            for each in (
                *_drafted(connection, schedule, after),
                *forecast(
                    coming(connection, schedule, after, count),
                    candidates,
                    history_of(connection, schedule),
                    RULES,
                ),
            )
        ]
    return sorted(seen, key=lambda one: (one[1].occurrence.utc, one[0].name))[:count]


def _drafted(connection: Connection, schedule: Schedule, after: datetime) -> list[Forecast]:
    """The draft that waits for an occurrence later than `after`."""
    assert schedule.id is not None
    draft = issue_store.find_draft(connection, schedule.id)
    if draft is None or draft.occurrence is None or draft.occurrence.utc <= after:
        return []
    found = library.find_articles(connection, issue_store.article_ids(connection, draft.id))
    authors = dict.fromkeys(author.name for article in found for author in article.authors)
    return [Forecast(draft.occurrence, draft.articles, tuple(authors), f"drafted as issue {draft.id}")]
