"""An occurrence that nothing may fill → one mail to those who look after the schedule, with why of each article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from shlex import quote
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.delivery.headers import parse_mailbox
from newsletter.desk import picks
from newsletter.desk.approval_mail import when
from newsletter.desk.notices import notify
from newsletter.errors import NewsletterError
from newsletter.model import LOCAL_FORMAT, Newsletter, Occurrence, Schedule
from newsletter.options import AUTHOR
from newsletter.picking.pick import Pick
from newsletter.picking.why_nothing import refusals
from newsletter.store import schedules as store
from newsletter.store.notices import waiting_notices

ALERT = "alert"
"""The kind of these mails."""

MOST = 40  # articles of which a mail says why they may not go

_PURPOSE = re.compile(r"empty (?P<schedule>\d+) (?P<wall>\d{4}-\d\d-\d\dT\d\d:\d\d)")


def tell(app: App, schedule: Schedule, occurrence: Occurrence, pick: Pick | None, words: str) -> list[str]:
    """Mail why nothing went to everybody named, if the schedule says so; what kept a mail from going, in words."""
    if schedule.options.when_empty != "alert":
        return []
    named = refusals(pick) if pick is not None else [words]
    try:
        people = addresses(app.newsletter(schedule.newsletter_id), schedule)
    except NewsletterError as error:
        return [f"schedule {schedule.name!r}: nobody could be told that nothing went out: {error}"]
    return [why for address in people for why in _mail(app, schedule, occurrence, named, address)]


def tell_again(app: App) -> list[str]:
    """Try those mails again that the relay has put off."""
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
        failed += _mail(app, schedule, Occurrence(local, local), [why], address)
    return failed


def addresses(newsletter: Newsletter, schedule: Schedule, but: str = "") -> list[str]:
    """Who looks after the schedule `but` for one: approvers and deputies, else whoever reads the replies."""
    named = dict.fromkeys((*schedule.options.approvers, *schedule.options.deputy))
    if people := [each for each in named if each != AUTHOR and each.casefold() != but.casefold()]:
        return people
    return [parse_mailbox(newsletter.reply_to or newsletter.from_address, "newsletter.reply_to").address]


def _mail(app: App, schedule: Schedule, occurrence: Occurrence, named: Sequence[str], address: str) -> list[str]:
    newsletter = app.newsletter(schedule.newsletter_id)
    at = when(occurrence.utc, schedule.timezone)
    try:
        notify(
            app,
            newsletter,
            ALERT,
            f"empty {schedule.id} {occurrence.wall}",
            address,
            f"Nothing went out on {at}",
            _text(app, schedule, at, named),
        )
    except NewsletterError as error:
        return [f"schedule {schedule.name!r}: {address} could not be told that nothing went out: {error}"]
    return []


def _text(app: App, schedule: Schedule, at: str, named: Sequence[str]) -> str:
    with app.database.read() as connection:
        following = picks.coming(app, connection, schedule, app.clock(), 1)
    next_at = when(following[0].utc, schedule.timezone) if following else ""
    goes_on = f" The schedule goes on with {next_at}." if following else ""
    name = quote(schedule.name)
    more = [f"- and {len(named) - MOST} more"] if len(named) > MOST else []
    parts = [
        f"The schedule {schedule.name} had no article that may go on {at}: nobody on the list {schedule.list_name} "
        f"got anything.{goes_on}",
        "Why not:" if named else "The library is empty.",
        "\n".join((*(f"- {' '.join(each.split())}" for each in named[:MOST]), *more)),
        f"`newsletter next {name}` shows every rule. To send what went longest ago again, whenever nothing "
        f"new may go: `newsletter schedules set {name} --when-empty repeat`.",
    ]
    return "\n\n".join(part for part in parts if part)
