"""An occurrence that nothing may fill, gone by or to come → one mail to those who look after it, with why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.delivery.headers import parse_mailbox
from newsletter.desk import picks
from newsletter.desk.approval_mail import when
from newsletter.desk.making import NothingToPick
from newsletter.desk.notices import is_done, notify
from newsletter.errors import NewsletterError
from newsletter.model import LOCAL_FORMAT, Newsletter, Occurrence, Schedule
from newsletter.options import AUTHOR, Options
from newsletter.picking.readers import is_per_reader
from newsletter.store import schedules as store
from newsletter.store.notices import waiting_notices

ALERT = "alert"
"""The kind of these mails."""

MOST = 40  # articles of which a mail says why they may not go

_PURPOSE = re.compile(r"empty (?P<schedule>\d+) (?P<wall>\d{4}-\d\d-\d\dT\d\d:\d\d)")


def is_told(options: Options) -> bool:
    """Whether people are mailed when nothing goes. Of a course most occurrences come to nothing: nobody is told."""
    return options.when_empty == "alert" and not options.sequence


def tell(app: App, schedule: Schedule, occurrence: Occurrence, nothing: NothingToPick) -> list[str]:
    """Mail why nothing went to everybody named, if the schedule says so; what kept a mail from going, in words."""
    return _mail_all(app, schedule, _gone_by(app, schedule, occurrence, nothing.named))


def warn(app: App, schedule: Schedule, occurrence: Occurrence, nothing: NothingToPick) -> list[str]:
    """The same ahead of an occurrence: nothing may go as things stand. Said once, however often it is looked at."""
    assert schedule.id is not None
    words = [] if app.warned.get(schedule.id) == occurrence.wall else [str(nothing)]
    app.warned[schedule.id] = occurrence.wall
    return [*words, *_mail_all(app, schedule, _to_come(schedule, occurrence, nothing.named))]


def is_warned(app: App, schedule: Schedule, occurrence: Occurrence) -> bool:
    """Whether it was said here, and there is nobody left to be mailed now."""
    if app.warned.get(schedule.id or 0) != occurrence.wall:
        return False
    purpose = _purpose("coming", schedule, occurrence)
    with suppress(NewsletterError):  # that nobody can be mailed was said then
        return all(is_done(app, ALERT, purpose, each) for each in _people(app, schedule))
    return True


def tell_again(app: App) -> list[str]:
    """Try those mails again that the relay has put off. Whoever is to be warned is so when it is next looked ahead."""
    with app.database.read() as connection:
        waiting = waiting_notices(connection, ALERT, app.clock())
    failed: list[str] = []
    for purpose, address in waiting:
        if (found := _PURPOSE.match(purpose)) is None:
            continue
        with app.database.read() as connection:
            schedule = store.schedule_by_id(connection, int(found["schedule"]))
            why = store.reason_at(connection, int(found["schedule"]), found["wall"])
        local = datetime.strptime(found["wall"], LOCAL_FORMAT).replace(tzinfo=ZoneInfo(schedule.timezone))
        failed += _mail(app, schedule, _gone_by(app, schedule, Occurrence(local, local), [why]), address)
    return failed


@dataclass(frozen=True, slots=True)
class _Alert:
    purpose: str
    what: str  # of which people are told
    subject: str
    text: str


def _purpose(kind: str, schedule: Schedule, occurrence: Occurrence) -> str:
    return f"{kind} {schedule.id} {occurrence.wall}"


def _people(app: App, schedule: Schedule) -> list[str]:
    """Whom the schedule tells: nobody, or those who look after it. Raises ConfigError."""
    return addresses(app.newsletter(schedule.newsletter_id), schedule) if is_told(schedule.options) else []


def _mail_all(app: App, schedule: Schedule, alert: _Alert) -> list[str]:
    try:
        people = _people(app, schedule)
    except NewsletterError as error:
        return [f"schedule {schedule.name!r}: nobody could be told that {alert.what}: {error}"]
    return [why for address in people for why in _mail(app, schedule, alert, address)]


def _mail(app: App, schedule: Schedule, alert: _Alert, address: str) -> list[str]:
    if is_done(app, ALERT, alert.purpose, address):
        return []
    newsletter = app.newsletter(schedule.newsletter_id)
    try:
        notify(app, newsletter, ALERT, alert.purpose, address, alert.subject, alert.text)
    except NewsletterError as error:
        return [f"schedule {schedule.name!r}: {address} could not be told that {alert.what}: {error}"]
    return []


def addresses(newsletter: Newsletter, schedule: Schedule, but: str = "") -> list[str]:
    """Who looks after the schedule `but` for one: approvers and deputies, else whoever reads the replies."""
    named = dict.fromkeys((*schedule.options.approvers, *schedule.options.deputy))
    if people := [each for each in named if each != AUTHOR and each.casefold() != but.casefold()]:
        return people
    return [parse_mailbox(newsletter.reply_to or newsletter.from_address, "newsletter.reply_to").address]


def _gone_by(app: App, schedule: Schedule, occurrence: Occurrence, named: Sequence[str]) -> _Alert:
    at = when(occurrence.utc, schedule.timezone)
    with app.database.read() as connection:
        following = picks.coming(app, connection, schedule, app.clock(), 1)
    next_at = when(following[0].utc, schedule.timezone) if following else ""
    goes_on = f" The schedule goes on with {next_at}." if following else ""
    text = _text(
        f"The schedule {schedule.name} had no article that {_may_go(schedule)} on {at}: nobody on the list "
        f"{schedule.list_name} got anything.{goes_on}",
        named,
        "What can be done:",
        f"see every rule: `newsletter next {quote(schedule.name)}`",
        _again(schedule),
    )
    return _Alert(_purpose("empty", schedule, occurrence), "nothing went out", f"Nothing went out on {at}", text)


def _to_come(schedule: Schedule, occurrence: Occurrence, named: Sequence[str]) -> _Alert:
    at, name = when(occurrence.utc, schedule.timezone), quote(schedule.name)
    text = _text(
        f"As things stand the schedule {schedule.name} has no article that {_may_go(schedule)} on {at}: nobody on "
        f"the list {schedule.list_name} would get anything.",
        named,
        "What can be done until then; an article that may go by that time goes by itself:",
        "mend an article: `newsletter articles edit SLUG`",
        "read what was imported: `newsletter articles triage`",
        f"leave the date out: `newsletter issues plan {name} --skip {occurrence.wall}`",
        f"see every rule: `newsletter next {name} --at {occurrence.utc:%Y-%m-%dT%H:%M:%SZ}`",
        _again(schedule),
    )
    return _Alert(_purpose("coming", schedule, occurrence), "nothing may go", f"Nothing may go out on {at}", text)


def _may_go(schedule: Schedule) -> str:
    return "a reader is due" if is_per_reader(schedule.options) else "may go"


def _text(what: str, named: Sequence[str], and_now: str, *ways_out: str) -> str:
    more = [f"and {len(named) - MOST} more"] if len(named) > MOST else []
    why = "Why not:" if named else "The library is empty."
    parts = [what, why, _listed([*named[:MOST], *more]), and_now, _listed(ways_out)]
    return "\n\n".join(part for part in parts if part)


def _listed(items: Sequence[str]) -> str:
    return "\n".join(f"- {' '.join(each.split())}" for each in items)


def _again(schedule: Schedule) -> str:
    """How something goes again where nothing new may."""
    if is_per_reader(schedule.options):
        return (
            "let an evergreen article come to each reader again after the schedule's cool-down: "
            "`newsletter articles edit SLUG --set evergreen=true`"
        )
    return (
        "send what went longest ago again, whenever nothing new may go: "
        f"`newsletter schedules set {quote(schedule.name)} --when-empty repeat`"
    )
