"""`newsletter calls-to-action …`: the labelled links issues ask readers to follow."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter import shapes
from newsletter.cli.output import Json, opened, print_json, say, table

app = typer.Typer(help="The labelled links issues ask readers to follow.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every call to action by name; `default` is the newsletter's own."""
    from newsletter.store.authors import list_calls_to_action

    with opened(context).database.read() as connection:
        found = list_calls_to_action(connection)
    if json:
        print_json([{"name": name, **shapes.call_to_action(each)} for name, each in found.items()])
        return
    rows = [(name, each.text, each.label, each.url) for name, each in found.items()]
    hint = "none yet: `newsletter calls-to-action set default --text … --label … --url …`"
    table(("name", "text", "label", "url"), rows, hint)


@app.command("set")
def set_(
    context: typer.Context,
    name: str,
    text: Annotated[str | None, typer.Option(help="The sentence above the button.")] = None,
    label: Annotated[str | None, typer.Option(help="The words on the button.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the button leads.")] = None,
    json: Json = False,
) -> None:
    """Set a call to action; the one named `default` serves wherever nothing else does."""
    from newsletter.desk.authors import set_call_to_action

    said = {"text": text, "label": label, "url": url}
    fields = {key: value.strip() for key, value in said.items() if value is not None}
    shown = {"name": name, **shapes.call_to_action(set_call_to_action(opened(context), name, fields))}
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        say(f"{key}: {value if value is not None else '-'}")
