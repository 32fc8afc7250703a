"""A schedule that gives each reader their own next article → who is due which, now and at the occurrences to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import picks
from newsletter.errors import Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.forecast import Forecast, authors_of
from newsletter.picking.pick import Pick, pick_articles
from newsletter.picking.readers import Past, Sent, count_groups, is_had, is_waiting, run_forward
from newsletter.picking.rules import History, Moment, Rule
from newsletter.scheduling.approval import groups_alone
from newsletter.scheduling.calendar import calendar_of
from newsletter.store import articles as library
from newsletter.store import grouping as store
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store
from newsletter.store.grouping import Audience, Began

MOST_PASTS = 5_000
"""Readers who have had the same are one past. In a forecast of a list with more, the rest count as having had the
articles in their order up to the one they are due now."""

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


def ranking_of(app: App, connection: Connection, schedule: Schedule, is_alone: bool = False) -> Ranking:
    """What may go at an occurrence, as `pick_all` has it. With `is_alone` without what no person has read."""
    candidates = library.list_articles(connection)
    rules = picks.rules_of(app, connection, schedule, is_alone)

    @cache
    def ranked(occurrence: Occurrence) -> tuple[Article, ...]:
        return pick_all(schedule, occurrence, candidates, rules).articles

    return ranked


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


def groups_ahead(
    app: App,
    connection: Connection,
    schedule: Schedule,
    coming: Sequence[Occurrence],
    is_alone: bool = False,
    besides: Sequence[Sent] = (),
) -> list[list[tuple[str, int]]]:
    """Each article with its number of readers, for each of the next occurrences, as if those before had been sent.

    `besides` is what other schedules will send the list, in the order of time.
    """
    if not coming:
        return []
    ranking = ranking_of(app, connection, schedule, is_alone)
    began = store.began(connection)
    audience = Audience(schedule.list_id, joined_from=schedule.created if schedule.options.sequence else None)
    rows = store.pasts(connection, audience, {each.issue_id for each in began}, MOST_PASTS + 1)
    kept = [_past(schedule, began, issue_ids, readers) for issue_ids, readers in rows[:MOST_PASTS]]
    counted = count_groups(kept, coming, ranking, schedule.options, besides)
    if len(rows) > MOST_PASTS:
        rest = _rest(connection, schedule, coming[0], ranking(coming[0]), counted[0])
        counted_rest = count_groups(rest, coming, ranking, schedule.options, besides)
        for all_of_it, more in zip(counted, counted_rest, strict=True):
            for slug, readers in more.items():
                all_of_it[slug] = all_of_it.get(slug, 0) + readers
    return [list(each.items()) for each in counted]


def _rest(
    connection: Connection,
    schedule: Schedule,
    occurrence: Occurrence,
    ranked: Sequence[Article],
    counted: Mapping[str, int],
) -> list[Past]:
    """The readers who are not `counted` yet, by what they are due now."""
    rest = []
    had: dict[str, date] = {}
    sizes = {article.slug: readers for article, readers in groups_at(connection, schedule, occurrence, ranked).sizes}
    for article in ranked:
        if readers := sizes.get(article.slug, 0) - counted.get(article.slug, 0):
            rest.append(Past(dict(had), readers=readers))
        had[article.slug] = occurrence.local.date()
    return rest


def _past(schedule: Schedule, began: Iterable[Began], issue_ids: Iterable[int], readers: int = 1) -> Past:
    """What readers have had who got these issues and no others."""
    zone, mine = ZoneInfo(schedule.timezone), set(issue_ids)
    had: dict[str, date] = {}
    last: date | None = None
    for each in began:
        if each.issue_id in mine:
            day = _day(each.at, zone)
            had[each.slug] = max(day, had.get(each.slug, day))
            if each.schedule_id == schedule.id:
                last = max(day, last or day)
    return Past(had, last, readers)


def past_of(connection: Connection, schedule: Schedule, subscriber_id: int) -> Past:
    """What one reader has had."""
    return _past(schedule, store.began(connection), store.issues_had(connection, subscriber_id))


def next_for_group(app: App, connection: Connection, schedule: Schedule, issue: Issue, count: int) -> list[Forecast]:
    """What comes after a group's issue for those who have had what goes before it, and nothing else.

    A forecast would ask what every reader has had, which takes seconds where there are a million.
    """
    assert issue.occurrence is not None
    ranking = ranking_of(app, connection, schedule, groups_alone(schedule.options, False))
    day = issue.occurrence.local.date()
    before = takewhile(lambda article: article.slug != issue.articles[0], ranking(issue.occurrence))
    past = Past({**dict.fromkeys((article.slug for article in before), day), issue.articles[0]: day}, last=day)
    coming = calendar_of(schedule, app.blackout).coming(issue.occurrence.utc)
    due = takewhile(lambda each: each.slug or each.waits, run_forward(past, coming, ranking, schedule.options))
    found = islice((each for each in due if each.slug), count)
    by_slug = {article.slug: article for article in library.list_articles(connection)}
    return [Forecast(each.occurrence, (each.slug,), authors_of([by_slug[each.slug]]), "") for each in found]


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
