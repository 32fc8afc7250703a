"""Occurrences that a person decided before their time are told from those whose time has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("occurrences", sa.Column("decided_ahead", sa.Boolean(), nullable=False, server_default=sa.false()))
