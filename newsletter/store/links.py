"""The link in a mail → the mailing list and the newsletter it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from newsletter.tables import issues, mailing_lists, schedules


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a link came from. `newsletter_id` None is the home's first newsletter."""

    list_name: str  # empty: the list is gone
    newsletter_id: int | None


def origin_of(connection: Connection, list_id: int, issue_id: int | None) -> Origin:
    """The list by name; the newsletter of the issue, else of the list's latest schedule."""
    name = connection.scalar(select(mailing_lists.c.name).where(mailing_lists.c.id == list_id))
    of_issue = select(issues.c.newsletter_id).where(issues.c.id == issue_id, issues.c.list_id == list_id)
    row = connection.execute(of_issue).first() if issue_id is not None else None
    if row is None:
        of_list = select(schedules.c.newsletter_id).where(schedules.c.list_id == list_id)
        row = connection.execute(of_list.order_by(schedules.c.id.desc()).limit(1)).first()
    return Origin(name or "", None if row is None else row.newsletter_id)
