"""Schedules, library and history of today → the issues to come, and what a change would make of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.licences import ending_licence, renew_command
from newsletter.desk import grouping, picks
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.forecast import Course, Forecast, Foresight, authors_of, crowding, forecast_together
from newsletter.picking.guards import MONTHS
from newsletter.picking.readers import Sent, is_per_reader
from newsletter.picking.repeating import to_repeat
from newsletter.scheduling.calendar import A_MOMENT
from newsletter.scheduling.calendar_file import Event, calendar_file
from newsletter.states import ArticleStatus, ScheduleStatus
from newsletter.store import articles as library
from newsletter.store import schedules as store
from newsletter.store.issues import drafts
from subscribers.store import audience_size, shared_audience

WITH_A_YES = ("required", "first-three")
"""Approvals without which nothing goes: a person has looked at what is unread since its import, too."""

NOBODY_DUE = "no reader is due an article"

YEAR = 52
"""Issues looked ahead to tell what a change would do, where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One issue to come. `readers` are those of today, `warnings` what a person should see to before.

    `groups` holds each article with its number of readers, where each reader has a next article of their own.
    """

    schedule: Schedule
    forecast: Forecast
    readers: int
    warnings: tuple[str, ...]
    groups: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One occurrence that a change gives other articles; None where it is not there before, or not any more."""

    schedule: str
    occurrence: Occurrence
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


def forecast_of(app: App, name: str | None, count: int, start: datetime | None) -> list[Coming]:
    """The coming `count` issues of one schedule, or of all together, by instant.

    `start` is inclusive. It starts from today's history; an occurrence that nothing can fill is there with no article,
    one that has its draft with the draft's. What is unread since its import is forecast, and marked: it goes once a
    person has read it.
    """
    after = app.clock() if start is None else start - A_MOMENT
    with app.database.read() as connection:
        chosen = _chosen(connection, name)
        return _foresee(app, connection, chosen, library.list_articles(connection), after, count)


def what_if_retired(app: App, slug: str, count: int = YEAR) -> list[Difference]:
    """What the coming issues would be without this article. Raises NotFound."""
    with app.database.read() as connection:
        before = library.list_articles(connection)
        if slug not in {article.slug for article in before}:
            raise NotFound("article", slug)
        after = [replace(each, status=ArticleStatus.RETIRED) if each.slug == slug else each for each in before]
        schedules = store.list_schedules(connection)
        return _differences(
            _foresee(app, connection, schedules, before, app.clock(), count),
            _foresee(app, connection, schedules, after, app.clock(), count),
        )


def what_if_changed(app: App, changed: Schedule, count: int = YEAR) -> list[Difference]:
    """What the coming issues of all schedules would be if this one were as given."""
    with app.database.read() as connection:
        articles = library.list_articles(connection)
        before = store.list_schedules(connection)
        after = [changed if each.id == changed.id else each for each in before]
        return _differences(
            _foresee(app, connection, before, articles, app.clock(), count),
            _foresee(app, connection, after, articles, app.clock(), count),
        )


def differences_from(kept: Mapping[tuple[str, str], Sequence[str]], now: Sequence[Coming]) -> list[Difference]:
    """What has changed since a forecast was kept; `kept` gives articles by schedule and instant (RFC 3339, UTC).

    Occurrences that are over, or that lie beyond what was kept, do not count.
    """
    found = []
    for each in now:
        instant = f"{each.forecast.occurrence.utc:%Y-%m-%dT%H:%M:%SZ}"
        before = kept.get((each.schedule.name, instant))
        if before is not None and tuple(before) != each.forecast.articles:
            found.append(
                Difference(each.schedule.name, each.forecast.occurrence, tuple(before), each.forecast.articles)
            )
    return found


def _chosen(connection: Connection, name: str | None) -> list[Schedule]:
    """Raises NotFound, or Refused when there is no schedule at all."""
    if name is not None:
        return [picks.find(connection, name)]
    return store.list_schedules(connection) or [picks.find(connection, None)]


def _differences(before: Sequence[Coming], after: Sequence[Coming]) -> list[Difference]:
    was, becomes = (
        {(each.schedule.name, each.forecast.occurrence.utc): each.forecast for each in seen} for seen in (before, after)
    )
    # Where one looks less far ahead than the other, nothing has changed.
    end = min((max(at for _, at in rows) for rows in (was, becomes) if rows), default=None)
    found = []
    for name, at in sorted({*was, *becomes}, key=lambda key: (key[1], key[0])):
        old, new = was.get((name, at)), becomes.get((name, at))
        one = new or old
        if one is None or (end is not None and at > end) or (old and new and old.articles == new.articles):
            continue
        found.append(Difference(name, one.occurrence, old.articles if old else None, new.articles if new else None))
    return found


def _foresee(
    app: App,
    connection: Connection,
    schedules: Sequence[Schedule],
    candidates: Sequence[Article],
    after: datetime,
    count: int,
) -> list[Coming]:
    """The coming issues of these schedules, as if the library were as given."""
    active = [each for each in schedules if each.status is ScheduleStatus.ACTIVE or len(schedules) == 1]
    by_name = {schedule.name: schedule for schedule in active}
    ours = [each for each in active if not is_per_reader(each.options)]
    lenient = _courses(app, connection, ours, candidates, after, count)
    seen = list(islice(forecast_together(lenient), count))
    instead = _instead(app, connection, ours, candidates, after, count, seen)
    readers = {each.list_id: audience_size(connection, each.list_id) for each in active}
    warnings = _warnings(connection, seen, by_name, candidates, instead)
    rows = [
        Coming(by_name[name], foreseen, readers[by_name[name].list_id], tuple(warnings[place]))
        for place, (name, foreseen) in enumerate(seen)
    ]
    for each in active:
        if is_per_reader(each.options):
            besides = [
                Sent(foreseen.occurrence.utc, slug)
                for name, foreseen in seen
                for slug in foreseen.articles
                if by_name[name].list_id == each.list_id
            ]
            rows += _by_reader(app, connection, each, candidates, after, count, besides)
    rows.sort(key=lambda row: (row.forecast.occurrence.utc, row.schedule.name))
    return _with_crowded_days(connection, rows[:count])


def _courses(
    app: App,
    connection: Connection,
    schedules: Sequence[Schedule],
    candidates: Sequence[Article],
    after: datetime,
    count: int,
    is_alone: bool = False,
) -> list[Course]:
    by_slug = {article.slug: article for article in candidates}
    courses = []
    for schedule in schedules:
        free = picks.coming(app, connection, schedule, after, count)
        recipe = picks.recipe_of(app, connection, schedule, is_alone)
        again = to_repeat(recipe)
        rules, repeating = recipe.rules(), again.rules() if again is not None else ()
        kept: dict[Occurrence, Forecast] = {}
        given_up = []
        for occurrence, draft in _drafts_after(connection, schedule, after):
            articles = [by_slug[slug] for slug in draft.articles if slug in by_slug]
            stays = picks.pick_for(connection, schedule, occurrence.utc, articles, rules, draft.id, len(draft.articles))
            if len(stays.slugs) == len(draft.articles):
                words = f"drafted as issue {draft.id}"
                kept[occurrence] = Forecast(occurrence, draft.articles, authors_of(articles), words)
            else:  # it is picked anew when it is looked at, and gives its articles back
                given_up.append(draft.id)
            free = sorted([occurrence, *free], key=lambda each: each.utc)
        history = picks.history_of(connection, schedule, candidates, given_up)
        foresight = Foresight(candidates, history, rules, schedule.options.articles, repeating)
        courses.append(Course(schedule.name, schedule.list_id, free, foresight, kept))
    return courses


def _drafts_after(connection: Connection, schedule: Schedule, after: datetime) -> list[tuple[Occurrence, Issue]]:
    """The drafts that wait for an occurrence later than `after`, with it."""
    assert schedule.id is not None
    waiting = ((draft.occurrence, draft) for draft in drafts(connection, schedule.id))
    return [(occurrence, draft) for occurrence, draft in waiting if occurrence is not None and occurrence.utc > after]


def _instead(
    app: App,
    connection: Connection,
    schedules: Sequence[Schedule],
    candidates: Sequence[Article],
    after: datetime,
    count: int,
    seen: Sequence[tuple[str, Forecast]],
) -> dict[tuple[str, Occurrence], tuple[str, ...]]:
    """What goes at each occurrence if nobody reads anything until then; empty where that makes no difference."""
    asked = {each.name for each in schedules if each.options.approval in WITH_A_YES}
    unread = {article.slug for article in candidates if article.read_at is None}
    met = {slug for name, each in seen if name not in asked for slug in each.articles if slug in unread}
    if not met or app.config.picking.trust_imports:
        return {}
    alone = _courses(app, connection, schedules, candidates, after, count, is_alone=True)
    goes = islice(forecast_together(alone), count)
    return {(name, each.occurrence): each.articles for name, each in goes if name not in asked}


def _warnings(
    connection: Connection,
    seen: Sequence[tuple[str, Forecast]],
    schedules: Mapping[str, Schedule],
    candidates: Sequence[Article],
    instead: Mapping[tuple[str, Occurrence], Sequence[str]],
) -> dict[int, list[str]]:
    """By the place of the issue they belong to."""
    by_slug = {article.slug: article for article in candidates}
    found: dict[int, list[str]] = defaultdict(list)
    dry: set[str] = set()
    of_each: dict[str, list[int]] = defaultdict(list)
    for place, (name, each) in enumerate(seen):
        of_each[name].append(place)
        if not each.articles:
            day = each.occurrence.local.date()
            begins = "" if name in dry else f"the library runs dry on {_in_words(day)}: "
            found[place].append(begins + each.words)
            dry.add(name)
        found[place] += _about_articles(each, by_slug, instead.get((name, each.occurrence)))
    for places in of_each.values():
        for number, words in crowding([seen[place][1] for place in places]).items():
            found[places[number]].append(words)
    return found


def _about_articles(each: Forecast, by_slug: Mapping[str, Article], instead: Sequence[str] | None) -> Iterator[str]:
    for article in (by_slug[slug] for slug in each.articles if slug in by_slug):
        if article.read_at is None:
            other = ", ".join(instead or ()) or "nothing"
            goes = "" if instead is None else f": until a person has read it, {other} goes in its place"
            yield f"{article.slug} is unread since import{goes} (`newsletter articles triage`)"
        for author in article.authors:
            if words := ending_licence(author, each.occurrence.local.date()):
                yield f"{words} (`{renew_command(author)}`)"


def _by_reader(
    app: App,
    connection: Connection,
    schedule: Schedule,
    candidates: Sequence[Article],
    after: datetime,
    count: int,
    besides: Sequence[Sent],
) -> Iterator[Coming]:
    """Each reader's own next article: the groups they fall into, the largest first."""
    by_slug = {article.slug: article for article in candidates}
    # An occurrence is shared by the drafts of its groups.
    drafted = {occurrence for occurrence, _ in _drafts_after(connection, schedule, after)}
    free = sorted([*drafted, *picks.coming(app, connection, schedule, after, count)], key=lambda each: each.utc)
    ahead = grouping.groups_ahead(app, connection, schedule, free, besides=besides)
    for occurrence, groups in zip(free, ahead, strict=True):
        articles = [by_slug[slug] for slug, _ in groups]
        words = f"{len(groups)} groups of readers" if len(groups) != 1 else "all readers are due the same"
        foreseen = Forecast(
            occurrence, tuple(slug for slug, _ in groups), authors_of(articles), words if groups else NOBODY_DUE
        )
        warnings = () if groups else (NOBODY_DUE,)
        yield Coming(schedule, foreseen, sum(readers for _, readers in groups), warnings, tuple(groups))


def _with_crowded_days(connection: Connection, rows: Sequence[Coming]) -> list[Coming]:
    """A word where readers get issues of two schedules on one day."""
    by_day: dict[date, dict[str, Schedule]] = defaultdict(dict)
    told = []
    for row in rows:
        day = row.forecast.occurrence.local.date()
        others = [each for name, each in by_day[day].items() if name != row.schedule.name]
        by_day[day][row.schedule.name] = row.schedule
        words = list(row.warnings)
        for other in others:
            readers = shared_audience(connection, other.list_id, row.schedule.list_id)
            if readers:
                words.append(f"two issues on one day for {readers:,} readers: {other.name} goes then too")
        told.append(replace(row, warnings=tuple(words)))
    return told


def _in_words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def write_ics(app: App, coming: Sequence[Coming], file: Path) -> None:
    """The coming issues as a calendar file, each under a name that stays. Raises Refused for a file it cannot write."""
    with app.database.read() as connection:
        titles = {article.slug: article.title for article in library.list_articles(connection)}
    events = [
        Event(
            name=app.tokens.keyed_hash("calendar", each.schedule.id or 0, each.forecast.occurrence.wall),
            begins=each.forecast.occurrence.utc,
            summary=f"{each.schedule.name}: {_titles(each, titles)}",
            description="\n".join((each.forecast.words, f"{each.readers:,} readers", *each.warnings)),
        )
        for each in coming
    ]
    try:
        file.write_bytes(calendar_file(events, app.clock()))
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from None


def _titles(coming: Coming, titles: Mapping[str, str]) -> str:
    return ", ".join(titles.get(slug, slug) for slug in coming.forecast.articles) or "nothing to send"
