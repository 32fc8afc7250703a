"""Every query on who was asked for a yes, and what they said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from newsletter.model import Issue
from newsletter.scheduling.approval import Answer, Asked, Role
from newsletter.states import DRAFTS, IssueKind, IssueState
from newsletter.store.dialects import insert_or_ignore
from newsletter.store.issues import drafts
from newsletter.tables import approvals, issues

UNIQUE = ("issue_id", "email", "content_hash")


def _to_asked(row: Row[Any]) -> Asked:
    return Asked(
        id=row.id,
        issue_id=row.issue_id,
        email=row.email,
        role=Role(row.role),
        content_hash=row.content_hash,
        asked_at=row.asked_at,
        text=row.text,
        answer=None if row.answer is None else Answer(row.answer),
        answered_at=row.answered_at,
        reason=row.reason,
    )


def asked_about(connection: Connection, issue_id: int) -> list[Asked]:
    """Everybody who was asked about this issue, in that order."""
    query = select(approvals).where(approvals.c.issue_id == issue_id).order_by(approvals.c.id)
    return [_to_asked(row) for row in connection.execute(query)]


def find_asked(connection: Connection, approval_id: int) -> Asked | None:
    row = connection.execute(select(approvals).where(approvals.c.id == approval_id)).first()
    return None if row is None else _to_asked(row)


def ask(
    connection: Connection, issue_id: int, email: str, role: Role, content_hash: str, text: str, now: datetime
) -> bool:
    """Write down that this person is asked about this content. False: they were before."""
    row = {
        "issue_id": issue_id,
        "email": email,
        "role": str(role),
        "content_hash": content_hash,
        "text": text,
        "asked_at": now,
        "reason": "",
    }
    added = insert_or_ignore(connection, approvals, UNIQUE).values(**row)
    return connection.execute(added.returning(approvals.c.id)).scalar() is not None


def answer(connection: Connection, asked: Asked, given: Answer, now: datetime, reason: str = "") -> bool:
    """Keep this person's word, in place of the one that stood when `asked` was read. False: another stands by now."""
    values = {"answer": str(given), "answered_at": now, "reason": reason}
    mine = and_(approvals.c.id == asked.id, approvals.c.answered_at.is_not_distinct_from(asked.answered_at))
    return connection.execute(update(approvals).where(mine).values(**values)).rowcount == 1


def say(connection: Connection, issue: Issue, given: Answer, text: str, now: datetime) -> None:
    """The word of a person at the command line, on what the issue says."""
    ask(connection, issue.id, "", Role.PERSON, issue.content_hash, text, now)
    mine = and_(approvals.c.issue_id == issue.id, approvals.c.email == "")
    this = and_(mine, approvals.c.content_hash == issue.content_hash)
    connection.execute(update(approvals).where(this).values(answer=str(given), answered_at=now))


def hold(connection: Connection, issue_id: int, words: str) -> bool:
    """Mark a draft as waiting for a yes: its occurrence is neither due nor missed then. False: it is no draft now."""
    mine = and_(issues.c.id == issue_id, issues.c.state.in_(DRAFTS))
    return connection.execute(update(issues).where(mine).values(pause_reason=words)).rowcount == 1


def drafts_by_schedule(connection: Connection, schedule_ids: Sequence[int]) -> dict[int, list[Issue]]:
    """Every issue of these schedules that was not begun, oldest first."""
    wanted, found = set(schedule_ids), defaultdict[int, list[Issue]](list)
    for issue in drafts(connection):
        if issue.schedule_id in wanted:
            found[issue.schedule_id].append(issue)
    return found


def said_of_drafts(connection: Connection) -> dict[int, tuple[int, datetime | None]]:
    """Of each draft how many were asked, and when the last of them answered: it changes with whatever is said."""
    query = (
        select(approvals.c.issue_id, func.count(), func.max(approvals.c.answered_at))
        .join_from(approvals, issues, issues.c.id == approvals.c.issue_id)
        .where(issues.c.state.in_(DRAFTS))
        .group_by(approvals.c.issue_id)
    )
    return {issue_id: (asked, latest) for issue_id, asked, latest in connection.execute(query)}


def held(connection: Connection) -> list[int]:
    """The issues that wait for a yes although their time has come."""
    is_asked = issues.c.schedule_id.is_not(None)  # a letter may say why it did not go, too
    waiting = and_(issues.c.state.in_(DRAFTS), issues.c.pause_reason != "", is_asked)
    return list(connection.execute(select(issues.c.id).where(waiting).order_by(issues.c.id)).scalars())


def count_begun(connection: Connection, schedule_id: int) -> int:
    """At how many occurrences an issue of this schedule went to readers, at least to some."""
    return _count_occurrences(connection, schedule_id, IssueKind.PICKED, issues.c.started_at.is_not(None))


def count_rehearsals(connection: Connection, schedule_id: int) -> int:
    """At how many occurrences this schedule had a rehearsal."""
    return _count_occurrences(connection, schedule_id, IssueKind.REHEARSAL, issues.c.state != IssueState.CANCELLED)


def _count_occurrences(connection: Connection, schedule_id: int, kind: IssueKind, which: ColumnElement[bool]) -> int:
    """Where readers are grouped an occurrence has several issues, and counts once all the same."""
    mine = and_(issues.c.schedule_id == schedule_id, issues.c.kind == str(kind), which)
    return int(connection.execute(select(func.count(issues.c.occurrence_id.distinct())).where(mine)).scalar_one())
