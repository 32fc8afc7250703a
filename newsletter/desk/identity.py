"""A home and what is known of it outside → whether it is the one that mails, or a copy that must be asked about first.

The order makes it safe at any crash. Outside comes first for what is to begin, the database first for how far it has
come: so the generation outside is never ahead of the database's, unless the database was put back to an earlier state.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.identity import WAY_OUT, Begun, Outside, Record, machine_name, state_folder
from newsletter.model import Issue, Occurrence
from newsletter.states import DRAFTS, IssueState, OccurrenceState
from newsletter.store import issues as issue_store
from newsletter.store import schedules as schedule_store
from newsletter.store.identity import (
    Identity,
    beat,
    find_identity,
    issue_named,
    replace_identity,
    set_identity,
)
from newsletter.store.pauses import EVERYTHING, Pause, add_pause

BEAT = timedelta(minutes=1)
"""How often the generation grows while a program runs: what was put back is noticed if it is older than that."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES = 16
A_COPY = "this home was a copy, until `newsletter resume`"
WENT_ELSEWHERE = "it began already, before this database was put back or copied"
HALF_SENT = "this home was copied or put back while it was being sent: who got it since is not known here"


def outside_of(app: App) -> Outside:
    return Outside.of(state_folder(os.environ), app.home.folder, machine_name())


def doubt(app: App) -> str:
    """Why this home may be a copy that must not mail; empty when it is the one.

    Asked twice before it is said: between two looks another process may have begun the home's very first issue.
    """
    return _doubt(app) and _doubt(app)


def _doubt(app: App) -> str:
    configured = app.config.newsletter.instance
    # Outside first: a generation that is written there was the database's before.
    outside = outside_of(app)
    record = None if configured else outside.record()
    with app.database.read() as connection:
        identity = find_identity(connection)
    if configured:
        return "" if identity is None or identity.name == configured else _of_another(identity, configured)
    if identity is None:
        is_earlier = record is not None and record.generation > 0 and record.secret == _secret(app)
        return f"its database is older than what it sent last, {_shown(app, record)}" if is_earlier else ""
    if identity.name:
        return _of_another(identity, "")
    if record is None or record.instance != identity.id:
        return _brought_here(app, identity, outside, record)
    if record.replaced_by:
        return f"{record.replaced_by} was made the one that mails in its place"
    if record.generation > identity.generation:
        return f"its database is older than what it did last, {_shown(app, record)}: it was put back from a copy"
    return ""


def _of_another(identity: Identity, configured: str) -> str:
    owner = f"the instance {identity.name!r}" if identity.name else f"{identity.home} on {identity.machine}"
    ours = f"newsletter.instance is {configured!r}" if configured else "config.toml names no instance"
    return f"its database belongs to {owner}, and {ours} here"


def _brought_here(app: App, identity: Identity, outside: Outside, record: Record | None) -> str:
    if identity.home != outside.home or identity.machine != os.uname().nodename:
        several = ""
        if not app.database.is_sqlite:
            several = "; homes that work together on one database name the same `instance` under [newsletter]"
        return f"its database last worked in {identity.home} on {identity.machine}{several}"
    if record is not None:
        return "another database worked here last"
    trouble = outside.trouble()
    lost = f"nothing is known of it in {outside.folder}: another user ran it, or the folder was lost"
    return f"{lost}, and {trouble}: mend that, {WAY_OUT}" if trouble else lost


def _shown(app: App, record: Record | None) -> str:
    assert record is not None
    return f"{datetime.fromisoformat(record.at).astimezone(app.zone):%Y-%m-%d %H:%M}"


def _secret(app: App) -> str:
    return app.tokens.keyed_hash("home")


def unguarded(app: App) -> str:
    """What a person should know once: that a copy of this home could not be told from it. Empty when it can."""
    trouble = "" if app.config.newsletter.instance else outside_of(app).trouble()
    words = f"a copy of this home would mail as well, because nothing can be kept outside it: {trouble}"
    return f"{words}; mend that, {WAY_OUT}" if trouble else ""


def write_begun(app: App, issues: Sequence[Issue]) -> None:
    """Before issues begin: the database gets its identity with the first, and the journal a line for each.

    Raises NewsletterError where this could be written down once, and cannot be now.
    """
    configured = app.config.newsletter.instance
    outside = outside_of(app)
    with app.database.read() as connection:
        identity = find_identity(connection)
    if configured:
        if identity is None:
            with app.database.write() as connection:
                set_identity(connection, _new(app, outside, 0))
        return
    if identity is None and outside.trouble():
        return  # `unguarded` says so
    with outside.locked():
        _introduce(app, outside)
        outside.write_begun([_line(app, each) for each in issues])


def _introduce(app: App, outside: Outside) -> None:
    """Make this database and this place known to each other, unless they are."""
    with app.database.write() as connection:
        if find_identity(connection) is not None:
            return
        # Outside first, of generation 0, which means nothing yet: a crash in between leaves a home that never sent.
        new = _new(app, outside, 0)
        outside.keep(_record(app, outside, new))
        set_identity(connection, new)


def _new(app: App, outside: Outside, generation: int) -> Identity:
    return Identity(
        id=secrets.token_hex(ID_BYTES),
        name=app.config.newsletter.instance,
        home=outside.home,
        machine=os.uname().nodename,
        generation=generation,
        beaten_at=app.clock(),
    )


def _record(app: App, outside: Outside, identity: Identity) -> Record:
    return Record(identity.id, identity.generation, outside.home, _secret(app), app.clock().isoformat())


def _line(app: App, issue: Issue) -> Begun:
    at = app.clock().isoformat()
    occurrence = issue.occurrence
    if occurrence is None:
        return Begun(issue.public_id, issue.id, "", "", "", at)
    return Begun(issue.public_id, issue.id, issue.schedule_name, occurrence.wall, occurrence.utc.isoformat(), at)


def go_on(app: App, after: timedelta = timedelta()) -> None:
    """Raise the generation, here and then outside; nothing when it was raised less than `after` ago.

    Only for a home that `doubt` has nothing against. Raises NewsletterError.
    """
    now = app.clock()
    with app.database.read() as connection:
        identity = find_identity(connection)
    # To either side: a clock that was set back must not stop it.
    if identity is None or abs(now - identity.beaten_at) < after:
        return
    with app.database.write() as connection:
        identity = beat(connection, now)
    if identity is None or app.config.newsletter.instance:
        return
    outside = outside_of(app)
    with outside.locked():
        record = outside.record()
        if record is not None and record.instance == identity.id and record.generation < identity.generation:
            outside.keep(replace(record, generation=identity.generation, at=now.isoformat()))


def take_over(app: App) -> list[str]:
    """Make this home the one that mails, and say what follows from it. Raises NewsletterError.

    Nothing that may have gone out elsewhere goes out again: what fell due meanwhile is not owed, what the journal
    knows is over, and an issue half sent waits for a person.
    """
    configured = app.config.newsletter.instance
    outside = outside_of(app)
    if configured:
        return _take_over(app, outside, [], [], None)
    with outside.locked():
        record = outside.record()
        with app.database.read() as connection:
            known = {each.id for each in [find_identity(connection)] if each is not None}
        others = [other for instance in known for other in outside.others(instance)]
        journals = [line for each in (outside, *others) for line in each.begun()]
        words = _take_over(app, outside, journals, others, record)
    return words


def _take_over(
    app: App, outside: Outside, journals: list[Begun], others: list[Outside], record: Record | None
) -> list[str]:
    now = app.clock()
    with app.database.write() as connection:
        words = [*_give_up_begun(connection, app, journals), *_stop_half_sent(connection, now)]
        before = find_identity(connection)
        generation = max(before.generation if before else 0, record.generation if record else 0) + 1
        ours = _new(app, outside, generation)
        if before is None:
            set_identity(connection, ours)
        else:
            replace_identity(connection, ours)
        add_pause(connection, Pause(EVERYTHING, A_COPY, before.beaten_at if before else BEGINNING, now))
    if not app.config.newsletter.instance:
        outside.keep(_record(app, outside, ours))
    for other in others:
        words.append(_retire(other, outside.home))
    return words


def _retire(other: Outside, home: str) -> str:
    """Its home, where it still is one, is a copy from now on."""
    with other.locked():
        record = other.record()
        if record is not None:
            other.keep(replace(record, replaced_by=home))
    return f"{other.home}, if it is still there, no longer mails"


def _give_up_begun(connection: Connection, app: App, journals: list[Begun]) -> list[str]:
    """What began according to a journal, and is still to come here: over."""
    words = []
    known = {each.name: each for each in schedule_store.list_schedules(connection)}
    for line in journals:
        issue_id = issue_named(connection, line.public_id)
        draft = None if issue_id is None else issue_store.find_issue(connection, issue_id)
        if draft is not None and draft.state in DRAFTS:
            issue_store.move_issue(connection, draft, IssueState.CANCELLED, app.clock(), WENT_ELSEWHERE)
            if draft.occurrence_id is not None:
                schedule_store.mark_occurrence(connection, draft.occurrence_id, OccurrenceState.SKIPPED, WENT_ELSEWHERE)
            words.append(f"issue {draft.id}, {draft.subject!r}, is cancelled: {WENT_ELSEWHERE}")
        elif draft is None and line.schedule in known:
            schedule = known[line.schedule]
            assert schedule.id is not None
            utc = datetime.fromisoformat(line.utc)
            occurrence = Occurrence(utc, datetime.fromisoformat(line.local))
            won = schedule_store.win_occurrence(
                connection, schedule.id, occurrence, OccurrenceState.SKIPPED, WENT_ELSEWHERE
            )
            if won is not None:
                words.append(f"the issue of {line.schedule!r} for {line.local} is left out: {WENT_ELSEWHERE}")
    return words


def _stop_half_sent(connection: Connection, now: datetime) -> list[str]:
    words = []
    for issue in issue_store.issues_in(connection, IssueState.SENDING):
        issue_store.move_issue(connection, issue, IssueState.PAUSED, now, HALF_SENT)
        words.append(
            f"issue {issue.id}, {issue.subject!r}, is paused: {HALF_SENT};"
            f" `newsletter issues resume {issue.id}` sends to those still pending, `cancel` to none of them"
        )
    return words
