"""An issue that begins → its first copies now, everybody else's half an hour later."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.model import Issue
from newsletter.store.schedules import schedule_by_id
from newsletter.store.soft_start import put_off

REST_AFTER = timedelta(minutes=30)


def hold_back_the_rest(connection: Connection, app: App, issue: Issue) -> None:
    """For an issue whose deliveries were planned in this transaction, by its schedule's `first_to`."""
    if issue.schedule_id is None:
        return
    first = schedule_by_id(connection, issue.schedule_id).options.first_to
    if first:
        put_off(connection, issue.id, app.clock() + REST_AFTER, first)
