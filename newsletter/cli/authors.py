"""`newsletter authors …`: who wrote the articles."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from newsletter import shapes
from newsletter.cli.output import Json, day, note, opened, print_json, say, table
from newsletter.content.licences import ending_licence, renew_command
from newsletter.errors import NotFound
from newsletter.model import Author

app = typer.Typer(help="Who wrote the articles.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every author, with the number of their articles."""
    from newsletter.store.authors import list_authors

    home = opened(context)
    with home.database.read() as connection:
        found = list_authors(connection)
    if json:
        print_json([_shape(author, home.today) for author, _ in found])
        return
    rows = [
        (
            each.name,
            each.credentials,
            each.practice,
            count,
            "yes" if each.bio.strip() else "missing",
            each.active_until,
            each.credentials_until,
        )
        for each, count in found
    ]
    columns = ("name", "credentials", "practice", "articles", "bio", "there until", "licence until")
    table(columns, rows, "there is no author yet")
    for author, _ in found:
        for words in _warnings(author, home.today):
            note(words)


@app.command()
def show(context: typer.Context, name: str, json: Json = False) -> None:
    """One author."""
    from newsletter.store.authors import find_author

    home = opened(context)
    with home.database.read() as connection:
        author = find_author(connection, name)
    if author is None:
        raise NotFound("author", name, "`newsletter authors list` shows them all")
    _print(author, home.today, json)


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
    credentials_until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="When the licence ends; told 30 days before.")
    ] = None,
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
    days = {"active_from": active_from, "active_until": active_until, "credentials_until": credentials_until}
    fields.update({key: day(key, text) for key, text in days.items() if text is not None})
    home = opened(context)
    _print(set_author(home, name, fields), home.today, json)


@app.command()
def leave(
    context: typer.Context,
    name: str,
    on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Their last day; today if nothing is said.")] = "",
    to: Annotated[str | None, typer.Option(metavar="NAME", help="Whose their articles are from now on.")] = None,
    json: Json = False,
) -> None:
    """An author leaves the practice: their articles are picked no more, or are handed to another voice."""
    from newsletter.desk.leaving import leave as leave_practice

    home = opened(context)
    left = leave_practice(home, name, day("--on", on) or home.today, to)
    if json:
        shown = {"handed_over": list(left.handed_over), "out_of_picking": list(left.out_of_picking)}
        print_json({"author": _shape(left.author, home.today), **shown, "drafts": list(left.drafts)})
        return
    say(f"{left.author.name} is there until {left.author.active_until}")
    if left.successor is not None:
        for slug in left.handed_over:
            say(f"{slug}: by {left.successor.name} from now on")
    for slug in left.out_of_picking:
        say(f"{slug}: picked no more after that day; `--to NAME` hands it over")
    for words in left.drafts:
        say(words)


def _warnings(author: Author, today: date) -> list[str]:
    words = ending_licence(author, today)
    return [f"{words} (`{renew_command(author)}`)"] if words else []


def _shape(author: Author, today: date) -> dict[str, Any]:
    return {**shapes.author(author), "warnings": _warnings(author, today)}


def _print(author: Author, today: date, json: bool) -> None:
    if json:
        print_json(_shape(author, today))
        return
    for key, value in shapes.author(author).items():
        say(f"{key}: {value if value is not None else '-'}")
    for words in _warnings(author, today):
        note(words)
