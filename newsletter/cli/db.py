"""`newsletter db …`: the database's schema."""

from __future__ import annotations

import typer

from newsletter.cli.output import Json, opened, print_json, say

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command()
def upgrade(context: typer.Context, json: Json = False) -> None:
    """Bring the schema up to this program; SQLite is copied first."""
    from newsletter.store.engine import Database

    home = opened(context)
    database = Database(home.home.database_url(home.config.database.url))
    before, after, copy = database.upgrade(home.clock())
    database.close()
    if json:
        print_json({"before": before, "after": after, "copy": str(copy) if copy else None})
    elif before == after:
        say(f"the schema is {after} already")
    else:
        say(f"the schema was {before or 'empty'} and is {after}" + (f"; a copy is in {copy}" if copy else ""))


@app.command()
def check(context: typer.Context, json: Json = False) -> None:
    """Whether the database can be used: its schema, and on SQLite its file. Exit 1 when it cannot."""
    from newsletter.desk.databases import check_database

    said = check_database(opened(context))
    if json:
        print_json(said)
    else:
        for key, value in said.items():
            say(f"{key}: {value}")
