"""Schedules: recurrences beyond cron, options, a person's choices and yes, pauses, and which copy this is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UTCDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("schedules", sa.Column("recurrence", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("schedules", sa.Column("options", sa.JSON(), nullable=True))
    # What ran without anybody's yes goes on doing so; only a new schedule begins by asking.
    op.execute('UPDATE schedules SET recurrence = cron, options = \'{"approval": "none"}\'')
    op.drop_column("schedules", "cron")
    op.add_column(
        "mailing_lists", sa.Column("timezone", sa.String(length=64), nullable=False, server_default=sa.text("''"))
    )
    for column in (
        sa.Column("kind", sa.String(length=20), nullable=False, server_default=sa.text("'picked'")),
        sa.Column("note", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("inputs", sa.JSON(), nullable=True),
        sa.Column("foreseen", sa.JSON(), nullable=True),
        sa.Column("send_at", UTCDateTime(), nullable=True),
    ):
        op.add_column("issues", column)
    op.create_index("ix_deliveries_subscriber_id_issue_id", "deliveries", ["subscriber_id", "issue_id"], unique=False)
    _create_choices()
    _create_approvals()
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_table(
        "identity",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_identity")),
    )


def _create_choices() -> None:
    op.create_table(
        "choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("local", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_choices_article_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_choices_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choices")),
        sa.UniqueConstraint("schedule_id", "local", "article_id", name=op.f("uq_choices_schedule_id_local_article_id")),
    )
    op.create_index(op.f("ix_choices_article_id"), "choices", ["article_id"], unique=False)


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_approvals_issue_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("issue_id", "email", "content_hash", name=op.f("uq_approvals_issue_id_email_content_hash")),
    )
