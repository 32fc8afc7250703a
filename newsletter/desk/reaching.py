"""Issues to come → how many readers will really get each, and how many have had enough by then."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk.grouping import groups_at
from newsletter.picking.readers import CAP_DAYS, Cap, Past, Planned, Reached, in_order, reach
from newsletter.store import fatigue
from newsletter.store import grouping as store
from newsletter.store.grouping import Alike, Audience, Began
from newsletter.store.schedules import schedule_by_id
from subscribers import Profile, SubscriptionStatus

MOST_PASTS = 5_000
"""Readers who have had the same are one past. Where there are more of these, the rest count as having had the
articles in their order up to the one they are due now, and as being on no other list that gives each their own."""

Issues = Mapping[int, Sequence[Began]]
"""Of each issue that has begun its articles."""


def cap_of(app: App) -> Cap:
    """`delivery.most_per_week`, by the days of the first newsletter's zone."""
    return Cap(app.config.delivery.most_per_week, app.zone)


def reach_ahead(
    app: App, connection: Connection, planned: Sequence[Planned], audiences: Sequence[Audience]
) -> list[Reached]:
    """Of each issue, in the order of time, who of the readers of today will get it; `audiences` by their numbers."""
    cap = cap_of(app)
    owns = {issue.own.schedule_id: issue for issue in reversed(planned) if issue.own is not None}
    began = _began(connection) if owns else {}
    lately = _lately(app, connection)
    rows = store.alike(connection, audiences, began, lately, MOST_PASTS + 1 if owns else None)
    if not owns or len(rows) <= MOST_PASTS:
        return reach([_past(app, row, began) for row in rows], planned, cap)
    known = rows[:MOST_PASTS]
    everybody = store.alike(connection, audiences, (), lately, None)
    own_ones = frozenset(issue.audience for issue in owns.values())
    pasts = [_past(app, row, began) for row in known]
    pasts += [_past(app, row, {}) for row in _others(everybody, known, own_ones)]
    reached = reach(pasts, planned, cap)
    for first in owns.values():
        (now,) = reach([_past(app, row, began) for row in known], [first], Cap(0, cap.zone))
        rest = list(_rest(connection, first, now.groups, audiences))
        more = reach(rest, planned, cap)
        for place, issue in enumerate(planned):
            if issue.audience == first.audience and issue.own is not None:
                reached[place] = _together(issue, reached[place], more[place])
    return reached


def past_of(app: App, connection: Connection, profile: Profile, audiences: Sequence[Audience]) -> Past:
    """What one reader has had."""
    reader = profile.subscriber.id
    had = tuple(store.issues_had(connection, reader))
    lately = _lately(app, connection)
    days = 0 if lately is None else fatigue.days_of(connection, lately, reader)
    numbers = frozenset(number for number, each in enumerate(audiences) if _is_in(profile, each))
    return _past(app, Alike(numbers, had, days, 1), _began(connection))


def _is_in(profile: Profile, audience: Audience) -> bool:
    return profile.suppression is None and any(
        each.list_id == audience.list_id
        and each.status is SubscriptionStatus.CONFIRMED
        and (audience.joined_from is None or each.since >= audience.joined_from)
        for each in profile.subscriptions
    )


def _began(connection: Connection) -> Issues:
    found: dict[int, list[Began]] = defaultdict(list)
    for each in store.began(connection):
        found[each.issue_id].append(each)
    return found


def _days(app: App) -> list[date]:
    """Those that count today under the cap, the first one first."""
    return [app.today - timedelta(days=back) for back in reversed(range(CAP_DAYS))]


def _lately(app: App, connection: Connection) -> fatigue.ByDay | None:
    """What readers got on those days; None where nobody counts."""
    if not app.config.delivery.most_per_week:
        return None
    begins = [datetime.combine(day, time(), app.zone) for day in _days(app)]
    recent = fatigue.recent_issues(connection, begins[0])
    return fatigue.by_day(recent, begins) if recent else None


def _past(app: App, row: Alike, began: Issues) -> Past:
    had: dict[str, datetime] = {}
    last: dict[int, datetime] = {}
    for each in (each for issue_id in row.got for each in began.get(issue_id, ())):
        had[each.slug] = max(each.at, had.get(each.slug, each.at))
        if each.schedule_id is not None:
            last[each.schedule_id] = max(each.at, last.get(each.schedule_id, each.at))
    counts = zip(_days(app), fatigue.unpacked(row.days), strict=False)
    days = tuple(day for day, count in counts for _ in range(count))
    return Past(row.audiences, had, last, days, row.readers)


def _others(everybody: Sequence[Alike], known: Sequence[Alike], own_ones: frozenset[int]) -> Iterator[Alike]:
    """Those of everybody who are not among the known, for the issues that are the same for all."""
    counted = Counter[tuple[frozenset[int], int]]()
    for row in known:
        counted[row.audiences, row.days] += row.readers
    for row in everybody:
        if readers := row.readers - counted[row.audiences, row.days]:
            yield row._replace(audiences=row.audiences - own_ones, readers=readers)


def _rest(
    connection: Connection, first: Planned, counted: Mapping[str, int], audiences: Sequence[Audience]
) -> Iterator[Past]:
    """The readers of a schedule that gives each their own who are not `counted` yet, by what they are due now."""
    assert first.own is not None
    schedule, occurrence = schedule_by_id(connection, first.own.schedule_id), first.occurrence
    ranked = first.own.ranked(occurrence)
    same_list = frozenset(
        number
        for number, each in enumerate(audiences)
        if number == first.audience or each == Audience(schedule.list_id)
    )
    had: dict[str, datetime] = {}
    sizes = {article.slug: readers for article, readers in groups_at(connection, schedule, occurrence, ranked).sizes}
    for article in ranked:
        if readers := sizes.get(article.slug, 0) - counted.get(article.slug, 0):
            yield Past(same_list, dict(had), readers=readers)
        had[article.slug] = occurrence.utc


def _together(issue: Planned, some: Reached, more: Reached) -> Reached:
    groups = Counter(some.groups)
    groups.update(more.groups)
    return replace(some, groups=in_order(groups, issue), left_out=some.left_out + more.left_out)
