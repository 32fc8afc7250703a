"""Who was asked about an issue, and who would have got a rehearsal → lines for a person, shapes for a script."""

from __future__ import annotations

from typing import Any

from newsletter import shapes
from newsletter.app import App
from newsletter.cli.output import say
from newsletter.model import Issue
from newsletter.scheduling.approval import Answer, Asked, Role
from newsletter.states import IssueKind


def asked_of(home: App, issue: Issue) -> list[dict[str, Any]]:
    """As the shape `approval`, oldest first."""
    return [shapes.approval(each) for each in _asked(home, issue)]


def tell_asked(home: App, issue: Issue) -> None:
    """Who was asked and what they said, who could not be, and whom a rehearsal stood for."""
    from newsletter.desk.approving import unknown_authors

    for each in _asked(home, issue):
        is_current = each.content_hash == issue.content_hash
        about = "" if is_current else ", about what it said before"
        if each.role is Role.STAFF:
            say(f"shown first to {each.email} on {shapes.instant(each.asked_at)}")
            continue
        if not each.email:
            did = "approved" if each.answer is Answer.YES else "given another article"
            say(f"{did} at the command line on {shapes.instant(each.answered_at)}{about}")
            continue
        said = f"{each.answer} on {shapes.instant(each.answered_at)}" if each.answer else "no answer yet"
        words = f": {each.reason}" if each.reason else ""
        say(f"asked {each.email} ({each.role}) on {shapes.instant(each.asked_at)}{about}: {said}{words}")
    for name in unknown_authors(home, issue):
        say(f'{name} could not be asked: no address is known (`newsletter authors set "{name}" --email …`)')
    if issue.kind is IssueKind.REHEARSAL:
        _tell_rehearsal(home, issue)


def _tell_rehearsal(home: App, issue: Issue) -> None:
    from newsletter.desk.rehearsing import first_readers, would_get_it

    say("a rehearsal: nothing of it counts as sent; if it went now,")
    for line in would_get_it(home, issue):
        say(f"    {line}")
    shown, more = first_readers(home, issue)
    for email in shown:
        say(f"    {email}")
    if more:
        say(f"    and {more:,} more")


def _asked(home: App, issue: Issue) -> list[Asked]:
    from newsletter.store.approvals import asked_about

    with home.database.read() as connection:
        return asked_about(connection, issue.id)
