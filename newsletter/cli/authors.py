"""`newsletter authors …`: who wrote the articles."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from newsletter import shapes
from newsletter.cli.output import Json, opened, print_json, say, table
from newsletter.errors import NotFound, SourceError
from newsletter.model import Author

app = typer.Typer(help="Who wrote the articles.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every author, with the number of their articles."""
    from newsletter.store.authors import list_authors

    with opened(context).database.read() as connection:
        found = list_authors(connection)
    if json:
        print_json([shapes.author(author) for author, _ in found])
        return
    rows = [
        (each.name, each.credentials, each.practice, count, "yes" if each.bio.strip() else "missing")
        for each, count in found
    ]
    table(("name", "credentials", "practice", "articles", "bio"), rows, "there is no author yet")


@app.command()
def show(context: typer.Context, name: str, json: Json = False) -> None:
    """One author."""
    from newsletter.store.authors import find_author

    with opened(context).database.read() as connection:
        author = find_author(connection, name)
    if author is None:
        raise NotFound("author", name, "`newsletter authors list` shows them all")
    _print(author, json)


@app.command("set")
def set_(
    context: typer.Context,
    name: str,
    credentials: Annotated[str | None, typer.Option(help="LCSW, PhD …")] = None,
    role: Annotated[str | None, typer.Option(help="Family therapist …")] = None,
    practice: Annotated[str | None, typer.Option()] = None,
    bio: Annotated[str | None, typer.Option(help="Stands at the end of every issue of theirs.")] = None,
    photo: Annotated[str | None, typer.Option(help="A path under media/, or an https URL.")] = None,
    url: Annotated[str | None, typer.Option(help="Their page.")] = None,
    email: Annotated[str | None, typer.Option()] = None,
    active_from: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")] = None,
    active_until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")] = None,
    call_to_action: Annotated[
        str | None, typer.Option(help="The name of the call to action their articles fall back to.")
    ] = None,
    json: Json = False,
) -> None:
    """Say something of an author, which no import changes from then on; a new name is added."""
    from newsletter.desk.authors import set_author

    said = {
        "credentials": credentials,
        "role": role,
        "practice": practice,
        "bio": bio,
        "photo": photo,
        "url": url,
        "email": email,
        "call_to_action": call_to_action,
    }
    fields: dict[str, str | date | None] = {key: value.strip() for key, value in said.items() if value is not None}
    for key, text in (("active_from", active_from), ("active_until", active_until)):
        if text is not None:
            fields[key] = _day(key, text)
    _print(set_author(opened(context), name, fields), json)


def _day(key: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SourceError(key, f"{text!r} is not a date, YYYY-MM-DD") from None


def _print(author: Author, json: bool) -> None:
    if json:
        print_json(shapes.author(author))
        return
    for key, value in shapes.author(author).items():
        say(f"{key}: {value if value is not None else '-'}")
