"""Schedules, library and history of today → the issues to come, and what a change would make of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.licences import ending_licence, renew_command
from newsletter.desk import picks
from newsletter.desk.foreseeing import Ahead, Outlook, issues_ahead
from newsletter.desk.reaching import cap_of, reach_ahead
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.forecast import Forecast, authors_of, crowding
from newsletter.picking.guards import MONTHS
from newsletter.picking.readers import NOBODY, Reached, is_per_reader, shared
from newsletter.scheduling.calendar import A_MOMENT
from newsletter.scheduling.calendar_file import Event, calendar_file
from newsletter.states import ArticleStatus, ScheduleStatus
from newsletter.store import articles as library
from newsletter.store import schedules as store
from newsletter.store.choices import skipped_ahead

WITH_A_YES = ("required", "first-three")
"""Approvals without which nothing goes: a person has looked at what is unread since its import, too."""

NOBODY_DUE = "no reader is due an article"

YEAR = 52
"""Issues looked ahead to tell what a change would do, where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One issue to come. `readers` are those of today who will get it, `warnings` what a person should see to before.

    `groups` holds each article with its number of readers, where each reader has a next article of their own. A letter
    has no schedule.
    """

    schedule: Schedule | None
    forecast: Forecast
    readers: int
    warnings: tuple[str, ...]
    groups: tuple[tuple[str, int], ...] = ()
    letter: Issue | None = None

    @property
    def name(self) -> str:
        """The schedule's, or what stands in its place."""
        return self.schedule.name if self.schedule is not None else "a letter"


@dataclass(frozen=True, slots=True)
class Difference:
    """One occurrence that a change gives other articles; None where it is not there before, or not any more."""

    schedule: str
    occurrence: Occurrence
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


def forecast_of(app: App, name: str | None, count: int, start: datetime | None) -> list[Coming]:
    """The coming `count` issues of one schedule, or of all together and the letters that wait for a date, by instant.

    What other schedules send the same list counts either way. `start` is inclusive. It starts from today's history; an
    occurrence that nothing can fill is there with no article, one that has its draft with the draft's. What is unread
    since its import is forecast, and marked: it goes once a person has read it.
    """
    after = app.clock() if start is None else start - A_MOMENT
    with app.database.read() as connection:
        chosen = _chosen(connection, name)
        articles = library.list_articles(connection)
        if name is None:
            return _foresee(app, connection, _going(chosen), articles, after, count)
        return _foresee(app, connection, with_others(app, connection, chosen[0]), articles, after, count, {name})


def what_if_retired(app: App, slug: str, count: int = YEAR) -> list[Difference]:
    """What the coming issues would be without this article. Raises NotFound."""
    with app.database.read() as connection:
        before = library.list_articles(connection)
        if slug not in {article.slug for article in before}:
            raise NotFound("article", slug)
        after = [replace(each, status=ArticleStatus.RETIRED) if each.slug == slug else each for each in before]
        schedules = store.list_schedules(connection)
        return _differences(
            _foresee(app, connection, _going(schedules), before, app.clock(), count),
            _foresee(app, connection, _going(schedules), after, app.clock(), count),
        )


def what_if_changed(app: App, changed: Schedule, count: int = YEAR) -> list[Difference]:
    """What the coming issues of all schedules would be if this one were as given."""
    with app.database.read() as connection:
        articles = library.list_articles(connection)
        before = store.list_schedules(connection)
        after = [changed if each.id == changed.id else each for each in before]
        return _differences(
            _foresee(app, connection, _going(before), articles, app.clock(), count),
            _foresee(app, connection, _going(after), articles, app.clock(), count),
        )


def differences_from(
    kept: Mapping[tuple[str, str], Sequence[str]], now: Sequence[Coming], since: datetime
) -> list[Difference]:
    """What has changed since a forecast was kept; `kept` gives articles by schedule and instant (RFC 3339, UTC).

    Occurrences up to `since`, or beyond what was kept, do not count, nor do schedules that were not in it.
    """
    zones = {each.name: each.forecast.occurrence.local.tzinfo for each in now}
    after = {(each.name, each.forecast.occurrence.utc): each.forecast for each in now if each.letter is None}
    before = {(name, datetime.fromisoformat(instant)): tuple(slugs) for (name, instant), slugs in kept.items()}
    names, last = {name for name, _ in before}, max((at for _, at in before), default=since)
    end = min(last, max((at for _, at in after), default=last))
    found = []
    for name, at in sorted({*before, *after}, key=lambda key: (key[1], key[0])):
        old, new = before.get((name, at)), after.get((name, at))
        becomes = None if new is None else new.articles
        # At the very end one of two issues at one instant may lie beyond.
        is_seen_by_both = at < end or (at == end and old is not None and new is not None)
        if name in names and since < at and is_seen_by_both and old != becomes:
            occurrence = Occurrence(at, at.astimezone(zones.get(name, UTC))) if new is None else new.occurrence
            found.append(Difference(name, occurrence, old, becomes))
    return found


def _chosen(connection: Connection, name: str | None) -> list[Schedule]:
    """Raises NotFound, or Refused when there is no schedule at all."""
    if name is not None:
        return [picks.find(connection, name)]
    return store.list_schedules(connection) or [picks.find(connection, None)]


def _going(schedules: Sequence[Schedule]) -> list[Schedule]:
    """Those that are active; where there is one alone, also while it is paused."""
    return [each for each in schedules if each.status is ScheduleStatus.ACTIVE or len(schedules) == 1]


def with_others(app: App, connection: Connection, chosen: Schedule) -> list[Schedule]:
    """The chosen one, and those that change what it sends, or to whom."""
    is_about_readers = bool(cap_of(app).most) or is_per_reader(chosen.options)
    known = store.list_schedules(connection)
    others = [each for each in known if is_about_readers or each.list_id == chosen.list_id]
    return [each for each in others if each.id == chosen.id or each.status is ScheduleStatus.ACTIVE]


def _differences(before: Sequence[Coming], after: Sequence[Coming]) -> list[Difference]:
    was, becomes = (
        {(each.name, each.forecast.occurrence.utc): each.forecast for each in seen if each.letter is None}
        for seen in (before, after)
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
    wanted: Collection[str] | None = None,
) -> list[Coming]:
    """The coming issues of the `wanted` schedules, as if the library were as given; None: of all, and letters."""
    outlook = issues_ahead(app, connection, schedules, candidates, after, count, wanted)
    reached = _reached(app, connection, outlook)
    shown = [
        place
        for place, each in enumerate(outlook.issues)
        if wanted is None or (each.schedule is not None and each.schedule.name in wanted)
    ]
    rows = [_coming(app, outlook.issues[place], reached.get(place, NOBODY)) for place in shown]
    unread_then = _instead(app, connection, schedules, candidates, after, count, wanted, rows)
    warnings = _warnings(rows, candidates, unread_then)
    crowded = _crowded_days(rows, [reached.get(place, NOBODY) for place in shown])
    return [replace(row, warnings=(*warnings[place], *row.warnings, *crowded[place])) for place, row in enumerate(rows)]


def _reached(app: App, connection: Connection, outlook: Outlook) -> dict[int, Reached]:
    """Who gets which of the issues, by their places; nobody gets a rehearsal."""
    to_readers = {place: each.planned for place, each in enumerate(outlook.issues) if each.planned is not None}
    if not to_readers:
        return {}
    planned = list(to_readers.values())
    return dict(zip(to_readers, reach_ahead(app, connection, planned, outlook.audiences), strict=True))


def _coming(app: App, ahead: Ahead, reached: Reached) -> Coming:
    warnings = _about_the_cap(app, reached.left_out)
    if ahead.planned is None or ahead.planned.own is None:
        return Coming(ahead.schedule, ahead.forecast, reached.readers, warnings, (), ahead.letter)
    groups = tuple(reached.groups.items())
    if not groups and not reached.left_out:
        warnings = (NOBODY_DUE,)
    return Coming(ahead.schedule, _of_groups(ahead, reached), reached.readers, warnings, groups)


def _of_groups(ahead: Ahead, reached: Reached) -> Forecast:
    """Each reader's own next article: the groups they fall into, in the order of the ranks."""
    assert ahead.planned is not None and ahead.planned.own is not None
    occurrence, slugs = ahead.forecast.occurrence, tuple(reached.groups)
    by_slug = {article.slug: article for article in ahead.planned.own.ranked(occurrence)}
    words = f"{len(slugs)} groups of readers" if len(slugs) != 1 else "all readers are due the same"
    return Forecast(occurrence, slugs, authors_of(by_slug[slug] for slug in slugs), words if slugs else NOBODY_DUE)


def _about_the_cap(app: App, readers: int) -> tuple[str, ...]:
    if not readers:
        return ()
    most = app.config.delivery.most_per_week
    whose, left = ("1 reader already has", "is left out")
    if readers != 1:
        whose, left = (f"{readers:,} readers already have", "are left out")
    issues = "issue" if most == 1 else "issues"
    return (f"{whose} {most} {issues} in those seven days, and {left} (delivery.most_per_week)",)


def _instead(
    app: App,
    connection: Connection,
    schedules: Sequence[Schedule],
    candidates: Sequence[Article],
    after: datetime,
    count: int,
    wanted: Collection[str] | None,
    rows: Sequence[Coming],
) -> dict[tuple[str, Occurrence], tuple[str, ...]]:
    """What goes at each occurrence if nobody reads anything until then; empty where that makes no difference."""
    alone = {each.name for each in schedules if each.options.approval not in WITH_A_YES}
    unread = {article.slug for article in candidates if article.read_at is None}
    met = {slug for row in rows if row.name in alone and not row.groups for slug in row.forecast.articles} & unread
    if not met or app.config.picking.trust_imports:
        return {}
    outlook = issues_ahead(app, connection, schedules, candidates, after, count, wanted, is_alone=True)
    return {
        (each.schedule.name, each.forecast.occurrence): each.forecast.articles
        for each in outlook.issues
        if each.schedule is not None and each.schedule.name in alone
    }


def _warnings(
    rows: Sequence[Coming],
    candidates: Sequence[Article],
    instead: Mapping[tuple[str, Occurrence], Sequence[str]],
) -> dict[int, list[str]]:
    """What there is to say of the articles, by the place of the issue."""
    by_slug = {article.slug: article for article in candidates}
    found: dict[int, list[str]] = defaultdict(list)
    dry: set[str] = set()
    of_each: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        each, name = row.forecast, row.name
        if row.schedule is None or is_per_reader(row.schedule.options):
            found[place] += _about_articles(each, by_slug, None)
            continue
        of_each[name].append(place)
        if not each.articles:
            day = each.occurrence.local.date()
            begins = "" if name in dry else f"the library runs dry on {_in_words(day)}: "
            found[place].append(begins + each.words)
            dry.add(name)
        found[place] += _about_articles(each, by_slug, instead.get((name, each.occurrence)))
    for places in of_each.values():
        for number, words in crowding([rows[place].forecast for place in places]).items():
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


def _crowded_days(rows: Sequence[Coming], reached: Sequence[Reached]) -> dict[int, list[str]]:
    """Where readers get issues of two schedules on one day, by the place of the later issue."""
    by_day: dict[date, dict[str, int]] = defaultdict(dict)
    found: dict[int, list[str]] = defaultdict(list)
    for place, row in enumerate(rows):
        day = by_day[row.forecast.occurrence.local.date()]
        for name, other in day.items():
            readers = shared(reached[other], reached[place])
            if name != row.name and readers:
                found[place].append(f"two issues on one day for {readers:,} readers: {name} goes then too")
        day[row.name] = place
    return found


def _in_words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def write_ics(app: App, coming: Sequence[Coming], file: Path) -> None:
    """The coming issues as a calendar file, each under a name that stays. Raises Refused for a file it cannot write."""
    with app.database.read() as connection:
        titles = {article.slug: article.title for article in library.list_articles(connection)}
        events = [*_events(app, coming, titles), *_given_up(app, connection, coming)]
    try:
        file.write_bytes(calendar_file(events, app.clock()))
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from None


def _events(app: App, coming: Sequence[Coming], titles: Mapping[str, str]) -> Iterator[Event]:
    for each in coming:
        yield Event(
            name=app.tokens.keyed_hash("calendar", *_identity(each)),
            begins=each.forecast.occurrence.utc,
            summary=f"{each.name}: {_titles(each, titles)}",
            description="\n".join((each.forecast.words, f"{each.readers:,} readers", *each.warnings)),
        )


def _given_up(app: App, connection: Connection, coming: Sequence[Coming]) -> Iterator[Event]:
    """The dates among them that were skipped: an earlier file may have had them."""
    last = max((each.forecast.occurrence.utc for each in coming), default=app.clock())
    for schedule in {each.schedule.id: each.schedule for each in coming if each.schedule is not None}.values():
        for occurrence, reason in skipped_ahead(connection, schedule, app.clock()):
            if occurrence.utc <= last:
                name = app.tokens.keyed_hash("calendar", schedule.id or 0, occurrence.wall)
                yield Event(name, occurrence.utc, f"{schedule.name}: nothing goes", reason, is_cancelled=True)


def _identity(coming: Coming) -> tuple[str | int, ...]:
    if coming.letter is not None:
        return "letter", coming.letter.id
    assert coming.schedule is not None and coming.schedule.id is not None
    return coming.schedule.id, coming.forecast.occurrence.wall


def _titles(coming: Coming, titles: Mapping[str, str]) -> str:
    return ", ".join(titles.get(slug, slug) for slug in coming.forecast.articles) or "nothing to send"
