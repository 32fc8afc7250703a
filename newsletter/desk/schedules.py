"""A person's word on when issues go out → a schedule, said back in English with its next instants."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.app import App
from newsletter.desk import picks
from newsletter.errors import InvalidTransition, Refused
from newsletter.model import Occurrence, Schedule
from newsletter.options import Options, read_option, require_people
from newsletter.scheduling.recurrence import check_cron, find_zone, in_english
from newsletter.scheduling.when import parse_when
from newsletter.states import IssueState, OccurrenceState, ScheduleStatus
from newsletter.store import schedules as store
from newsletter.store.issues import find_draft, move_issue
from subscribers import store as audience

SHOWN = 5  # instants said back
LONGEST_GRACE = 7 * 24 * 60  # minutes
PAUSED_THEN = "the schedule was paused"

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
    grace_hours: float,
    given: Mapping[str, str] | None = None,
) -> None:
    """`given` holds options as a person writes them. Raises Refused, NotFound or UnknownList, naming what is wrong."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 200:
        raise Refused("name: a schedule's name has 1 to 200 characters")
    newsletter = app.newsletter_named(newsletter_name) if newsletter_name is not None else app.first_newsletter
    zone = find_zone(timezone or newsletter.timezone)
    recurrence = parse_when(when) if when is not None else check_cron(cron or "")
    with app.database.write() as connection:
        mailing_list = audience.find_list(connection, list_name)
        schedule = Schedule(
            name=name,
            list_id=mailing_list.id,
            list_name=mailing_list.name,
            recurrence=recurrence,
            timezone=zone.key,
            newsletter_id=newsletter.id,
            options=_with(Options(), given or {}),
            grace_minutes=_grace(grace_hours),
            seed=secrets.randbelow(2**31),
        )
        try:
            store.add_schedule(connection, schedule, app.clock())
        except IntegrityError:
            raise Refused(f"name: there is a schedule {name!r} already") from None


def set_schedule(
    app: App,
    name: str,
    list_name: str | None = None,
    when: str | None = None,
    cron: str | None = None,
    timezone: str | None = None,
    grace_hours: float | None = None,
    given: Mapping[str, str] | None = None,
) -> None:
    """Change what is given of a schedule, from its next occurrence on. Raises as `add_schedule` does."""
    with app.database.write() as connection:
        schedule = picks.find(connection, name)
        store.change_schedule(
            connection, changed(connection, schedule, list_name, when, cron, timezone, grace_hours, given)
        )


def changed(
    connection: Connection,
    schedule: Schedule,
    list_name: str | None = None,
    when: str | None = None,
    cron: str | None = None,
    timezone: str | None = None,
    grace_hours: float | None = None,
    given: Mapping[str, str] | None = None,
) -> Schedule:
    """The schedule as it would be with these changes, nothing stored. Raises as `add_schedule` does."""
    if list_name is not None:
        mailing_list = audience.find_list(connection, list_name)
        schedule = replace(schedule, list_id=mailing_list.id, list_name=mailing_list.name)
    if when is not None or cron is not None:
        recurrence = parse_when(when) if when is not None else check_cron(cron or "")
        schedule = replace(schedule, recurrence=recurrence)
    if timezone is not None:
        schedule = replace(schedule, timezone=find_zone(timezone).key)
    if grace_hours is not None:
        schedule = replace(schedule, grace_minutes=_grace(grace_hours))
    return replace(schedule, options=_with(schedule.options, given or {}))


def _grace(hours: float) -> int:
    minutes = round(hours * 60)
    if not 0 <= minutes <= LONGEST_GRACE:
        raise Refused(f"grace: 0 to {LONGEST_GRACE // 60} hours")
    return minutes


def _with(options: Options, given: Mapping[str, str]) -> Options:
    changed = replace(options, **{name: read_option(name, text) for name, text in given.items()})
    require_people(changed)
    return changed


def described(app: App) -> list[Described]:
    with app.database.read() as connection:
        found = store.list_schedules(connection)
    return [describe(app, each.name) for each in found]


def describe(app: App, name: str) -> Described:
    """Raises NotFound."""
    with app.database.read() as connection:
        schedule = picks.find(connection, name)
        coming = picks.coming(connection, schedule, app.clock(), SHOWN)
    return schedule, app.newsletter(schedule.newsletter_id).name, in_english(schedule.recurrence), coming


def past(app: App, name: str) -> list[tuple[Occurrence, str]]:
    """What became of the latest occurrences, newest first, with the reason."""
    with app.database.read() as connection:
        return store.list_occurrences(connection, picks.find(connection, name), SHOWN)


def pause_schedule(app: App, name: str) -> None:
    _set(app, name, ScheduleStatus.PAUSED)


def resume_schedule(app: App, name: str) -> None:
    """Go on from the next occurrence. A draft whose own one has gone by meanwhile comes to nothing."""
    _set(app, name, ScheduleStatus.ACTIVE)
    now = app.clock()
    with app.database.write() as connection:
        schedule = picks.find(connection, name)
        assert schedule.id is not None
        draft = find_draft(connection, schedule.id)
        if draft is not None and draft.occurrence is not None and draft.occurrence.utc <= now:
            assert draft.occurrence.id is not None
            move_issue(connection, draft, IssueState.CANCELLED, now, PAUSED_THEN)
            store.mark_occurrence(connection, draft.occurrence.id, OccurrenceState.SKIPPED, PAUSED_THEN)


def remove_schedule(app: App, name: str) -> None:
    _set(app, name, ScheduleStatus.REMOVED)


def _set(app: App, name: str, status: ScheduleStatus) -> None:
    """Raises NotFound, or InvalidTransition when it is so already."""
    with app.database.write() as connection:
        schedule = picks.find(connection, name)
        if schedule.status is status:
            raise InvalidTransition("schedule", schedule.status, status)
        assert schedule.id is not None
        store.set_status(connection, schedule.id, status, app.clock())
