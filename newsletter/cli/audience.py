"""`newsletter subscribers …` and `newsletter lists …`: whom issues go to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from newsletter import shapes
from newsletter.cli.output import Json, Yes, confirm, opened, print_array, print_json, progress, say, table
from subscribers import Profile, SubscriptionStatus

subscribers = typer.Typer(help="The readers.", no_args_is_help=True)
lists = typer.Typer(help="The mailing lists readers join.", no_args_is_help=True)

ListName = Annotated[str, typer.Option("--list", metavar="LIST", help="The mailing list.")]


class Offered(StrEnum):
    CONFIRMED = "confirmed"
    PENDING = "pending"


Status = Annotated[Offered, typer.Option(help="confirmed: they agreed, and you say so; it is written down.")]


@subscribers.command("import")
def import_(
    context: typer.Context,
    file: Path,
    list: ListName,
    status: Status = Offered.PENDING,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")] = False,
    json: Json = False,
) -> None:
    """Bring in a CSV file: email,name,attributes,timezone,language. It sends nothing; who left stays away."""
    from newsletter.desk.audience import import_subscribers

    home = opened(context)
    with progress("importing", None) as advance:
        report = import_subscribers(home, file, list, SubscriptionStatus(status), dry_run, advance)
    if json:
        print_json(report.as_json())
        return
    counts = ("added", "updated", "unchanged", "rejected", "suppressed")
    say(", ".join(f"{getattr(report, name)} {name}" for name in counts))
    for row in report.rejected_rows[:20]:
        say(f"    {file}, line {row.line}: {row.reason}")
    if report.rejected_file:
        say(f"every rejected row with its reason: {report.rejected_file}")


@subscribers.command()
def add(
    context: typer.Context,
    email: str,
    list: ListName,
    name: Annotated[str, typer.Option()] = "",
    attributes: Annotated[str, typer.Option(metavar="JSON", help='{"city": "Ulm"}')] = "{}",
    status: Status = Offered.PENDING,
    timezone: Annotated[str, typer.Option(metavar="TZ", help="Where the reader lives, such as America/Denver.")] = "",
    language: Annotated[str, typer.Option(metavar="TAG", help="Of the reader, such as en or de-AT.")] = "",
    json: Json = False,
) -> None:
    """Add one reader."""
    from newsletter.desk.audience import add_subscriber, find_profile

    home = opened(context)
    words = add_subscriber(home, email, list, name, attributes, SubscriptionStatus(status), timezone, language)
    if json:
        print_json(shapes.subscriber(find_profile(home, email)))
    else:
        say(words)


@subscribers.command("list")
def list_(
    context: typer.Context,
    list: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Only this mailing list.")] = None,
    status: Annotated[SubscriptionStatus | None, typer.Option(help="Only these.")] = None,
    json: Json = False,
) -> None:
    """The readers, oldest first."""
    from newsletter.desk.audience import each_profile

    found = each_profile(opened(context), list, status)
    if json:
        print_array(map(shapes.subscriber, found))
        return
    rows = ((each.subscriber.email, each.subscriber.name, _standing(each)) for each in found)
    table(("email", "name", "lists"), rows, "there is no reader yet")


def _standing(profile: Profile) -> str:
    standing = [f"{each.list_name}: {each.status}" for each in profile.subscriptions]
    return ", ".join([*standing, *(["suppressed"] if profile.suppression else [])])


@subscribers.command()
def show(context: typer.Context, email: str, json: Json = False) -> None:
    """All that is known of one reader."""
    from newsletter.desk.audience import find_profile

    _print(find_profile(opened(context), email), json)


@subscribers.command()
def unsubscribe(
    context: typer.Context,
    email: str,
    list: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Else every list.")] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """End a reader's subscription, as asked by phone or letter. Only the reader can come back."""
    from newsletter.desk.audience import find_profile
    from newsletter.desk.audience import unsubscribe as unsubscribe_reader

    home = opened(context)
    find_profile(home, email)
    confirm(f"Unsubscribe {email} from {list or 'every list'}?", yes)
    _print(unsubscribe_reader(home, email, list), json)


@subscribers.command()
def suppress(
    context: typer.Context,
    email: str,
    reason: Annotated[str, typer.Option(help="Why this address must not be written to.")] = "by hand",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Never write to an address again, whoever imports it."""
    from newsletter.desk.audience import suppress as suppress_address

    home = opened(context)
    confirm(f"Never write to {email} again?", yes)
    suppression, profile = suppress_address(home, email, reason)
    if profile is not None:
        _print(profile, json)
    elif json:
        shown = {"reason": suppression.reason, "since": shapes.instant(suppression.since)}
        print_json({"email": email, "subscriptions": [], "suppression": shown, "consents": []})
    else:
        say(f"{email} is suppressed: {suppression.reason}")


def _print(profile: Profile, json: bool) -> None:
    shown = shapes.subscriber(profile)
    if json:
        print_json(shown)
        return
    for key in ("email", "name", "attributes", "timezone", "language"):
        say(f"{key}: {shown[key] if shown[key] else '-'}")
    for each in profile.subscriptions:
        say(f"list {each.list_name}: {each.status} since {shapes.instant(each.since)}")
    if profile.suppression is not None:
        say(f"suppressed since {shapes.instant(profile.suppression.since)}: {profile.suppression.reason}")
    for consent in profile.consents:
        say(f"    {shapes.instant(consent.when)}  {consent.what}  ({consent.where})")


@lists.command("add")
def add_list(
    context: typer.Context,
    name: str,
    timezone: Annotated[
        str, typer.Option(metavar="TZ", help="Of readers who name none; else the schedule's. For --at-local.")
    ] = "",
    json: Json = False,
) -> None:
    """Make a mailing list."""
    from newsletter.desk.audience import add_list as make_list
    from newsletter.desk.audience import find_list_counts

    home = opened(context)
    made = make_list(home, name, timezone)
    if json:
        print_json(shapes.mailing_list(find_list_counts(home, made)))
    else:
        say(f"the list {made!r} is there")


@lists.command("list")
def list_lists(context: typer.Context, json: Json = False) -> None:
    """Every mailing list, with its readers counted."""
    from newsletter.desk.audience import all_lists

    shown = [shapes.mailing_list(each) for each in all_lists(opened(context))]
    if json:
        print_json(shown)
        return
    rows = [tuple(value or "-" if key == "timezone" else value for key, value in each.items()) for each in shown]
    table(
        ("name", "confirmed", "pending", "unsubscribed", "time zone"),
        rows,
        "there is no list yet: `newsletter lists add NAME`",
    )


@lists.command("show")
def show_list(context: typer.Context, name: str, json: Json = False) -> None:
    """One mailing list, with its readers counted."""
    from newsletter.desk.audience import find_list_counts

    shown = shapes.mailing_list(find_list_counts(opened(context), name))
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        say(f"{key}: {'-' if value is None else value}")
