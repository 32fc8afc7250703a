"""`newsletter config …`: what is set, and where each value comes from."""

from __future__ import annotations

import typer

from newsletter.cli.output import Json, opened, print_json, table
from newsletter.config import shown

app = typer.Typer(help="The settings.", no_args_is_help=True)


@app.command()
def show(context: typer.Context, json: Json = False) -> None:
    """Every setting with its value (secrets masked) and where it comes from."""
    rows = shown(opened(context).loaded)
    if json:
        print_json(rows)
        return
    table(("key", "value", "from"), [(row["key"], row["value"], row["origin"]) for row in rows], "")
