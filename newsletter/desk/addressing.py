"""An issue that begins → its deliveries: one a reader, with when it may leave, or why it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.delivery.planning import Wait, plan_deliveries
from newsletter.desk import grouping
from newsletter.desk.grouping import NobodyDue
from newsletter.model import Issue, Occurrence, Schedule
from newsletter.picking.readers import CAP_DAYS, is_per_reader
from newsletter.scheduling.approval import groups_alone
from newsletter.scheduling.local_time import FARTHEST, first_zone, instant_in, lead_of
from newsletter.states import IssueKind
from newsletter.store import articles as library
from newsletter.store import deliveries as store
from newsletter.store import fatigue
from newsletter.store import grouping as group_store
from newsletter.store import schedules as schedule_store
from subscribers import Recipient
from subscribers import store as audience

PAGE = 5_000  # readers planned at once


class Planner:
    """Writes deliveries down in one transaction; issues of one occurrence are grouped once."""

    def __init__(self, app: App, connection: Connection, is_alone: bool = False) -> None:
        self._app = app
        self._connection = connection
        self._is_alone = is_alone
        self._places: dict[tuple[int | None, str], dict[str, int]] = {}

    def plan(self, issue: Issue, message_id: Callable[[int], str]) -> int:
        """How many readers have a delivery of this issue now. Raises NobodyDue where it is no reader's turn."""
        schedule = self._schedule(issue)
        waits, left_out = self._waits(issue, schedule), self._cap(issue)
        count = 0
        for page in self._pages(issue, schedule):
            store.plan(self._connection, plan_deliveries(issue, _pairs(page), message_id, waits(page), left_out(page)))
            count += len(page)
        if not count and schedule is not None and is_per_reader(schedule.options):
            raise NobodyDue(f"no reader is due {issue.articles[0]} at this occurrence")
        return count

    def _schedule(self, issue: Issue) -> Schedule | None:
        """What tells how the issue goes; None for one that goes to the whole list at once."""
        if issue.schedule_id is None or issue.occurrence is None or issue.kind is not IssueKind.PICKED:
            return None
        return schedule_store.schedule_by_id(self._connection, issue.schedule_id)

    def _pages(self, issue: Issue, schedule: Schedule | None) -> Iterator[Sequence[Recipient]]:
        if schedule is not None and is_per_reader(schedule.options):
            yield from self._group(issue, schedule)
            return
        after = 0
        while page := audience.audience(self._connection, issue.list_id, after, PAGE):
            yield page
            after = page[-1].subscriber_id

    def _group(self, issue: Issue, schedule: Schedule) -> Iterator[Sequence[Recipient]]:
        """Those who are due this issue's article."""
        assert issue.occurrence is not None
        place = self._ranks(schedule, issue.occurrence).get(issue.articles[0])
        after = 0
        while place is not None and (page := group_store.group_page(self._connection, place, after, PAGE)):
            yield page
            after = page[-1].subscriber_id

    def _ranks(self, schedule: Schedule, occurrence: Occurrence) -> Mapping[str, int]:
        key = schedule.id, occurrence.wall
        if key not in self._places:
            # The tables hold one occurrence's readers at a time.
            is_alone = groups_alone(schedule.options, self._is_alone)
            recipe = grouping.recipe_at(self._app, self._connection, schedule, occurrence, is_alone)
            candidates = library.list_articles(self._connection)
            ranked = grouping.pick_all(schedule, occurrence, candidates, recipe.rules()).articles
            grouping.group_readers(self._connection, schedule, occurrence, ranked)
            group_store.prepare_pages(self._connection)
            self._places = {key: {article.slug: rank for rank, article in enumerate(ranked)}}
        return self._places[key]

    def _waits(self, issue: Issue, schedule: Schedule | None) -> Callable[[Sequence[Recipient]], Mapping[int, Wait]]:
        if schedule is None or not schedule.options.at_local or issue.occurrence is None:
            return lambda page: {}
        occurrence, now = issue.occurrence, self._app.clock()
        fallback = audience.list_by_id(self._connection, issue.list_id).timezone
        by_name: dict[str, Wait | None] = {}

        def wait(name: str) -> Wait | None:
            if name not in by_name:
                zone = first_zone(name, fallback, schedule.timezone)
                until = instant_in(zone, occurrence)
                words = f"waits for {occurrence.local:%H:%M} in {zone.key}"
                by_name[name] = Wait(until, words) if until > now else None
            return by_name[name]

        return lambda page: {each.subscriber_id: found for each in page if (found := wait(each.timezone))}

    def _cap(self, issue: Issue) -> Callable[[Sequence[Recipient]], Mapping[int, str]]:
        most = self._app.config.delivery.most_per_week
        if not most or issue.kind is IssueKind.REHEARSAL:
            return lambda page: {}
        fatigue.count_alone(self._connection)
        since = _cap_begins(self._app)
        recent = fatigue.recent_issues(self._connection, since, issue.id)
        enough = "1 issue is enough" if most == 1 else f"{most} issues are enough"
        words = f"{enough} within {CAP_DAYS} days, as delivery.most_per_week says"

        def tired(page: Sequence[Recipient]) -> Mapping[int, str]:
            first, last = page[0].subscriber_id, page[-1].subscriber_id
            counted = fatigue.counted(self._connection, recent, first, last, since) if recent else {}
            return {reader: words for reader, count in counted.items() if count >= most}

        return tired


def _pairs(page: Sequence[Recipient]) -> Iterator[tuple[int, str]]:
    return ((each.subscriber_id, each.email) for each in page)


def _cap_begins(app: App) -> datetime:
    """The beginning of the first day that counts. By days: a weekly issue is never a few seconds too early."""
    return datetime.combine(app.today - timedelta(days=CAP_DAYS - 1), time(), app.zone)


def early_by(app: App, schedule: Schedule, occurrence: Occurrence) -> timedelta | None:
    """How long before its time an issue at each reader's own hour has to begin; None where all get it at once."""
    if not schedule.options.at_local:
        return None
    if occurrence.utc - app.clock() > FARTHEST:
        return timedelta()  # nobody's hour can have come
    with app.database.read() as connection:
        fallback = audience.list_by_id(connection, schedule.list_id).timezone
        named = audience.audience_zones(connection, schedule.list_id)
    return lead_of({first_zone(name, fallback, schedule.timezone) for name in named}, occurrence)
