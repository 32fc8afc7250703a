"""Every query on the newsletters added beside the home's first one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from newsletter.model import Newsletter
from newsletter.tables import newsletters

FIELDS = (
    "name", "from_address", "reply_to", "postal_address", "privacy_url",
    "logo", "notice",
    "unsubscribe_mailto", "language", "timezone", "look",
)  # fmt: skip


def _to_newsletter(row: Row[Any]) -> Newsletter:
    return Newsletter(id=row.id, **{name: getattr(row, name) for name in FIELDS})


def list_newsletters(connection: Connection) -> list[Newsletter]:
    return [_to_newsletter(row) for row in connection.execute(select(newsletters).order_by(newsletters.c.id))]


def add_newsletter(connection: Connection, newsletter: Newsletter, now: datetime) -> int:
    values = {name: getattr(newsletter, name) for name in FIELDS}
    added = insert(newsletters).values(created_at=now, **values).returning(newsletters.c.id)
    return int(connection.execute(added).scalar_one())
