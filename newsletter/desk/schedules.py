"""A person's word on when issues go out → a schedule, said back in English with its next instants."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.app import App
from newsletter.desk import missed, picks
from newsletter.desk.approving import end
from newsletter.desk.option_checks import require_sensible
from newsletter.errors import InvalidTransition, Refused
from newsletter.holidays import without_files
from newsletter.model import GRACE, Occurrence, Schedule
from newsletter.options import Options, flag, read_option, require_people
from newsletter.picking.readers import require_possible
from newsletter.scheduling.calendar import A_MOMENT, calendar_of
from newsletter.scheduling.recurrence import find_zone
from newsletter.scheduling.walls import check_cron, in_english
from newsletter.scheduling.when import parse_when
from newsletter.states import OccurrenceState, ScheduleStatus
from newsletter.store import schedules as store
from newsletter.store.issues import drafts, move_drafts
from subscribers import store as audience

SHOWN = 5  # instants said back
LONGEST_GRACE = 7 * 24 * 60  # minutes
PAUSED_THEN = "the schedule was paused"
CHANGED_THEN = "the schedule was changed"
REMOVED_THEN = "the schedule was removed"
BLACKOUT = "blackout"

Described = tuple[Schedule, str, str, list[Occurrence]]
"""A schedule, its newsletter's name, its recurrence in English, and its next instants."""


def add_schedule(
    app: App,
    name: str,
    list_name: str,
    when: str | None,
    cron: str | None,
    newsletter_name: str | None,
    timezone: str | None,
    grace_hours: float | None,
    given: Mapping[str, str] | None = None,
) -> None:
    """Store what `new_schedule` makes of these. Raises as it does."""
    keep_schedule(
        app, new_schedule(app, name, list_name, when, cron, newsletter_name, timezone, grace_hours, given or {})
    )


def new_schedule(
    app: App,
    name: str,
    list_name: str,
    when: str | None,
    cron: str | None,
    newsletter_name: str | None,
    timezone: str | None,
    grace_hours: float | None,
    given: Mapping[str, str],
) -> Schedule:
    """The schedule these make, not stored. `given` holds options as a person writes them.

    Raises Refused, NotFound or UnknownList, naming what is wrong.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= 200:
        raise Refused("name: a schedule's name has 1 to 200 characters")
    newsletter = app.newsletter_named(newsletter_name) if newsletter_name is not None else app.first_newsletter
    zone = find_zone(timezone or newsletter.timezone)
    with app.database.read() as connection:
        mailing_list = audience.find_list(connection, list_name)
        is_taken = store.find_schedule(connection, name) is not None
    if is_taken:
        raise Refused(_taken(name))
    schedule = Schedule(
        name=name,
        list_id=mailing_list.id,
        list_name=mailing_list.name,
        recurrence=_recurrence(app, when, cron, zone),
        timezone=zone.key,
        newsletter_id=newsletter.id,
        options=_with(app, Options(), given, zone),
        grace_minutes=_grace(grace_hours),
        seed=secrets.randbelow(2**31),
    )
    _require_to_come(app, schedule)
    return schedule


def _taken(name: str) -> str:
    return f"name: there is a schedule {name!r} already"


def keep_schedule(app: App, schedule: Schedule) -> None:
    """Raises Refused when its name is taken meanwhile."""
    with app.database.write() as connection:
        try:
            store.add_schedule(connection, schedule, app.clock())
        except IntegrityError:
            raise Refused(_taken(schedule.name)) from None


def said_back(app: App, schedule: Schedule) -> tuple[str, list[Occurrence]]:
    """When the schedule goes, in English, and its next instants; it need not be stored."""
    coming = calendar_of(schedule, app.blackout).coming(app.clock())
    return in_english(schedule.recurrence), list(islice(coming, SHOWN))


def _recurrence(app: App, when: str | None, cron: str | None, zone: ZoneInfo) -> str:
    return parse_when(when, app.clock().astimezone(zone)) if when is not None else check_cron(cron or "")


def _require_to_come(app: App, schedule: Schedule) -> None:
    calendar, now = calendar_of(schedule, app.blackout), app.clock()
    if next(calendar.coming(now), None) is not None:
        return
    never = f"{in_english(schedule.recurrence)}: that never comes"
    raise Refused(never if calendar.first(now) is None else f"{never}, for want of a day outside the blackout")


class Changes(TypedDict, total=False):
    """What a person says of a schedule: what is not there, or None, stays as it is."""

    list_name: str | None
    when: str | None
    cron: str | None
    timezone: str | None
    grace_hours: float | None
    given: Mapping[str, str]  # its options, as a person writes them


def set_schedule(app: App, name: str, **changes: Unpack[Changes]) -> None:
    """Change what is given of a schedule, from its next occurrence on. Raises as `add_schedule` does."""
    with app.database.write() as connection:
        before = picks.find(connection, name)
        after = changed(app, connection, before, changes)
        store.change_schedule(connection, after)
        if calendar_of(after) != calendar_of(before):
            _put_drafts_down(connection, app, after)
        if after.list_id != before.list_id:
            assert after.id is not None
            move_drafts(connection, after.id, after.list_id)


def would_be(app: App, name: str, **changes: Unpack[Changes]) -> Schedule:
    """What `set_schedule` would make of the schedule. Raises as it does."""
    with app.database.read() as connection:
        return changed(app, connection, picks.find(connection, name), changes)


def changed(app: App, connection: Connection, schedule: Schedule, changes: Changes) -> Schedule:
    """The schedule as it would be with these changes, nothing stored. Raises as `add_schedule` does.

    Where it goes at other times, it owes nothing that lies before.
    """
    before = schedule
    if (list_name := changes.get("list_name")) is not None:
        mailing_list = audience.find_list(connection, list_name)
        schedule = replace(schedule, list_id=mailing_list.id, list_name=mailing_list.name)
    timezone = changes.get("timezone")
    zone = find_zone(timezone if timezone is not None else schedule.timezone)
    when, cron = changes.get("when"), changes.get("cron")
    if when is not None or cron is not None:
        schedule = replace(schedule, recurrence=_recurrence(app, when, cron, zone))
    if (grace_hours := changes.get("grace_hours")) is not None:
        schedule = replace(schedule, grace_minutes=_grace(grace_hours))
    schedule = replace(
        schedule, timezone=zone.key, options=_with(app, schedule.options, changes.get("given", {}), zone)
    )
    if calendar_of(schedule) == calendar_of(before):
        return schedule
    _require_to_come(app, schedule)
    return replace(schedule, resumed=app.clock())


def _put_drafts_down(connection: Connection, app: App, schedule: Schedule) -> None:
    """Cancel the drafts for times at which the schedule does not go any more."""
    assert schedule.id is not None
    calendar = calendar_of(schedule, app.blackout)
    for draft in drafts(connection, schedule.id):
        if (at := draft.occurrence) is None or at.state is not OccurrenceState.ISSUED:
            continue
        again = next(calendar.coming(at.utc - A_MOMENT), None)
        if again is None or again.wall != at.wall:
            missed.put_down(connection, app, schedule, at, OccurrenceState.SKIPPED, CHANGED_THEN)


def _grace(hours: float | None) -> int:
    if hours is None:
        return GRACE
    if not 0 <= hours <= LONGEST_GRACE / 60:
        raise Refused(f"--grace: 0 to {LONGEST_GRACE // 60} hours")
    return round(hours * 60)


def _with(app: App, options: Options, given: Mapping[str, str], zone: ZoneInfo) -> Options:
    if BLACKOUT in given:
        given = {**given, BLACKOUT: _days_of_files(given[BLACKOUT], zone, app.clock().astimezone(zone).date())}
    changed = replace(options, **{name: read_option(name, text) for name, text in given.items()})
    require_people(changed)
    require_possible(changed)
    if given:
        with app.database.read() as connection:
            require_sensible(connection, changed)
    return changed


def _days_of_files(text: str, zone: ZoneInfo, today: date) -> str:
    """The blackout as it was written, the days of calendar files in their place. Raises Refused."""
    if ".ics" not in text.lower():
        return text
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    try:
        return ",".join(without_files(entries, Path(), zone, today))
    except ValueError as error:
        raise Refused(f"{flag(BLACKOUT)}: {error}") from None


def described(app: App) -> list[Described]:
    with app.database.read() as connection:
        found = store.list_schedules(connection)
    return [describe(app, each.name) for each in found]


def describe(app: App, name: str) -> Described:
    """Raises NotFound."""
    with app.database.read() as connection:
        schedule = picks.find(connection, name)
        coming = picks.coming(app, connection, schedule, app.clock(), SHOWN)
    return schedule, app.newsletter(schedule.newsletter_id).name, in_english(schedule.recurrence), coming


def past(app: App, name: str) -> list[tuple[Occurrence, str]]:
    """What became of the latest occurrences, newest first, with the reason."""
    with app.database.read() as connection:
        return store.list_occurrences(connection, picks.find(connection, name), SHOWN)


def pause_schedule(app: App, name: str) -> None:
    with app.database.write() as connection:
        _set(connection, app, name, ScheduleStatus.PAUSED)


def resume_schedule(app: App, name: str) -> None:
    """Go on from the next occurrence. Drafts whose own one has gone by meanwhile come to nothing.

    One that had waited for a yes before goes on waiting.
    """
    with app.database.write() as connection:
        for draft in drafts(connection, _set(connection, app, name, ScheduleStatus.ACTIVE)):
            at = draft.occurrence
            if at is None or at.utc > app.clock() or at.state is OccurrenceState.MISSED or draft.pause_reason:
                continue
            end(app, connection, draft, PAUSED_THEN)


def remove_schedule(app: App, name: str) -> None:
    """End the schedule, and its drafts: their articles are free again."""
    with app.database.write() as connection:
        for draft in drafts(connection, _set(connection, app, name, ScheduleStatus.REMOVED)):
            end(app, connection, draft, REMOVED_THEN)


def _set(connection: Connection, app: App, name: str, status: ScheduleStatus) -> int:
    """The schedule's id. Raises NotFound, or InvalidTransition when it is so already."""
    schedule = picks.find(connection, name)
    if schedule.status is status:
        raise InvalidTransition("schedule", schedule.status, status)
    assert schedule.id is not None
    store.set_status(connection, schedule.id, status, app.clock())
    return schedule.id
