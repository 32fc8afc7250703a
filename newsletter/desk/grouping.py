"""A schedule that gives each reader their own next article → who is due which at an occurrence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import picks
from newsletter.errors import Refused
from newsletter.model import Article, Occurrence, Schedule
from newsletter.picking.pick import Pick, pick_articles
from newsletter.picking.readers import is_had, is_waiting
from newsletter.picking.replay import Recipe
from newsletter.picking.rules import History, Moment, Rule
from newsletter.store import articles as library
from newsletter.store import grouping as store
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store
from newsletter.store.grouping import Audience, Began

Ranking = Callable[[Occurrence], Sequence[Article]]
"""An occurrence → the articles that may go then, the best first."""


class NobodyDue(Refused):
    """No reader is due the article of a group's issue, or not any more."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Who is due what at one occurrence."""

    sizes: tuple[tuple[Article, int], ...]  # each article with its number of readers, in the order of the ranks
    done: int  # readers who have had every article that may go

    def has(self, slug: str) -> bool:
        """Whether any reader is due that article."""
        return any(article.slug == slug for article, _ in self.sizes)


def ranking_of(
    app: App,
    connection: Connection,
    schedule: Schedule,
    is_alone: bool = False,
    articles: Sequence[Article] | None = None,
) -> Ranking:
    """What may go at an occurrence, as `pick_all` has it. With `is_alone` without what no person has read.

    As if the library held `articles`, where they are given.
    """
    candidates = library.list_articles(connection) if articles is None else articles
    rules = picks.rules_of(app, connection, schedule, is_alone)

    @cache
    def ranked(occurrence: Occurrence) -> tuple[Article, ...]:
        return pick_all(schedule, occurrence, candidates, rules).articles

    return ranked


def recipe_at(app: App, connection: Connection, schedule: Schedule, occurrence: Occurrence, is_alone: bool) -> Recipe:
    """`picks.recipe_of`, without what did not pass the pre-flight gate when the occurrence's issues were drafted.

    Nor with what did not when this process last grouped its readers: the issues may all have been there by then.
    """
    assert schedule.id is not None
    recipe = picks.recipe_of(app, connection, schedule, is_alone)
    row = schedule_store.occurrence_id(connection, schedule.id, occurrence.wall)
    kept = {} if row is None else issue_store.failed_at(connection, row)
    seen = app.grouped.get((schedule.id, occurrence.wall))
    return replace(recipe, failed={**kept, **(seen.failed if seen is not None else {})})


def pick_all(schedule: Schedule, occurrence: Occurrence, candidates: Sequence[Article], rules: Sequence[Rule]) -> Pick:
    """All that may go at an occurrence, best first, for a reader who has had nothing.

    What the list has had says nothing about the reader: the order is the same at every occurrence as far as the rules
    themselves do not ask for the day.
    """
    moment = Moment.of(occurrence.utc, ZoneInfo(schedule.timezone))
    return pick_articles(candidates, History(seed=schedule.seed), rules, moment, len(candidates))


def group_readers(
    connection: Connection, schedule: Schedule, occurrence: Occurrence, ranked: Sequence[Article]
) -> None:
    """Work out who is due which of the ranked articles then, for `store.group_page` in this transaction."""
    began = store.began(connection)
    places = {article.slug: rank for rank, article in enumerate(ranked)}
    day, zone = occurrence.local.date(), ZoneInfo(schedule.timezone)
    had = (
        (each.issue_id, places[each.slug])
        for each in began
        if each.slug in places
        and is_had(ranked[places[each.slug]], _day(each.at, zone), day, schedule.options.cool_down)
    )
    store.group(connection, _audience(connection, schedule, occurrence, began), had)


def groups_at(connection: Connection, schedule: Schedule, occurrence: Occurrence, ranked: Sequence[Article]) -> Groups:
    """Who is due what at the occurrence, by the deliveries there are."""
    group_readers(connection, schedule, occurrence, ranked)
    sizes = store.group_sizes(connection)
    return Groups(
        tuple((ranked[rank], readers) for rank, readers in sizes.items() if rank < len(ranked)),
        sum(readers for rank, readers in sizes.items() if rank >= len(ranked)),
    )


def _audience(connection: Connection, schedule: Schedule, occurrence: Occurrence, began: Sequence[Began]) -> Audience:
    """Whose turn it can be: not who has a delivery of this occurrence, nor, in a course, who had one too lately."""
    assert schedule.id is not None
    occurrence_id = schedule_store.occurrence_id(connection, schedule.id, occurrence.wall)
    issues = [] if occurrence_id is None else issue_store.issues_of_occurrence(connection, occurrence_id)
    mine = {issue.id for issue in issues}
    # Once the first group has begun, who joins waits for the next occurrence.
    first = issue_store.first_start(connection, mine)
    zone, day, sequence = ZoneInfo(schedule.timezone), occurrence.local.date(), schedule.options.sequence
    lately = {
        each.issue_id
        for each in began
        if each.schedule_id == schedule.id
        and each.issue_id not in mine
        and is_waiting(_day(each.at, zone), day, sequence)
    }
    return Audience(
        schedule.list_id,
        joined_from=schedule.created if sequence else None,
        joined_until=first,
        occurrence_id=occurrence_id,
        paused_by=tuple(sorted(lately)),
    )


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
