"""The audience schema; owns the MetaData both packages share, because it is the lower one."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC, given back in UTC. A naive one is refused: it would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        # SQLite keeps text and no zone; PostgreSQL keeps the instant.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# AUTOINCREMENT on SQLite for what signed links name: they never expire, so the number of a row that is gone
# must never be given to another.
mailing_lists = Table(
    "mailing_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column(
        "timezone", String(64), nullable=False, server_default=text("''")
    ),  # of readers who say none; empty: the schedule's
    Column("created_at", UTCDateTime, nullable=False),
    sqlite_autoincrement=True,
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(320), nullable=False),  # as it is written on the envelope
    Column("email_key", String(320), nullable=False, unique=True),  # for comparing: see addresses.py
    Column("name", Text, nullable=False, default=""),
    Column("attributes", JSON, nullable=False, default=dict),
    Column("tags", JSON, nullable=False, default=list),
    Column("timezone", String(64), nullable=False, default=""),
    Column("language", String(35), nullable=False, default=""),
    Column("joined_at", UTCDateTime, nullable=False),
    Column("confirmed_at", UTCDateTime),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("list_id", ForeignKey("mailing_lists.id"), nullable=False),
    Column("status", String(20), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    UniqueConstraint("subscriber_id", "list_id"),
    Index("ix_subscriptions_list_id_status_subscriber_id", "list_id", "status", "subscriber_id"),
)

# Append only: evidence is never edited.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("list_id", ForeignKey("mailing_lists.id")),
    Column("what", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("where", Text, nullable=False),
)

# No foreign key: a suppression outlives its subscriber.
suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email_key", String(320), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("since", UTCDateTime, nullable=False),
)
