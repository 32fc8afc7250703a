"""Runs the schema's steps on the connection that store/engine.py hands over."""

from __future__ import annotations

from alembic import context

from newsletter.tables import metadata


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=False, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run()
