"""`newsletter newsletters …`: the publications of this home."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter import shapes
from newsletter.cli.output import Json, opened, print_json, say, table

app = typer.Typer(help="The publications of this home; the first one is in config.toml.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every newsletter, the one of config.toml first."""
    found = opened(context).newsletters()
    if json:
        print_json([shapes.newsletter(each) for each in found])
        return
    rows = [(each.name, each.from_address, each.language, each.timezone, each.look) for each in found]
    table(("name", "from address", "language", "time zone", "look"), rows, "")


@app.command()
def add(
    context: typer.Context,
    name: str,
    from_address: Annotated[str, typer.Option("--from", metavar="ADDRESS", help='"Name <address>" or an address.')],
    postal_address: Annotated[str | None, typer.Option(help="Else that of the first newsletter; as all below.")] = None,
    reply_to: Annotated[str | None, typer.Option()] = None,
    privacy_url: Annotated[str | None, typer.Option()] = None,
    logo: Annotated[str | None, typer.Option(help="A picture under media/.")] = None,
    notice: Annotated[str | None, typer.Option(help="A line above the footer.")] = None,
    unsubscribe_mailto: Annotated[str | None, typer.Option()] = None,
    language: Annotated[str | None, typer.Option(help="BCP 47.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name.")] = None,
    look: Annotated[str | None, typer.Option(help="A folder in templates/.")] = None,
    json: Json = False,
) -> None:
    """Add a newsletter beside the one of config.toml."""
    from newsletter.desk.newsletters import add_newsletter

    said = {
        "from_address": from_address,
        "postal_address": postal_address,
        "reply_to": reply_to,
        "privacy_url": privacy_url,
        "logo": logo,
        "notice": notice,
        "unsubscribe_mailto": unsubscribe_mailto,
        "language": language,
        "timezone": timezone,
        "look": look,
    }
    fields = {key: value.strip() for key, value in said.items() if value is not None}
    shown = shapes.newsletter(add_newsletter(opened(context), name, fields))
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        say(f"{key}: {value if value is not None else '-'}")
