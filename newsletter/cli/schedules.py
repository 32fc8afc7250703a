"""`newsletter schedules …`, and the two commands that look ahead: `forecast` and `next`."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli import choosing
from newsletter.cli.forecasting import WhatIf, print_differences
from newsletter.cli.output import Json, Yes, confirm, opened, print_json, say, table, wall_clock
from newsletter.cli.pausing import tell_paused
from newsletter.cli.schedule_options import options_in_words, takes_options
from newsletter.options import MINUTES, duration

if TYPE_CHECKING:
    from newsletter.model import Schedule

app = typer.Typer(help="When issues go out.", no_args_is_help=True)

LONGEST_REASON = 160  # characters of why an occurrence came to nothing: it may go on article by article

When = Annotated[
    str | None,
    typer.Option(help='"every tuesday 9am", "first monday of the month", "every 2 weeks on friday", "quarterly", …'),
]
Cron = Annotated[str | None, typer.Option(help='Five fields: "0 9 * * 2".')]
Grace = Annotated[
    str | None, typer.Option(metavar="HOURS", help="How late an issue may still go out: 4 (the default), 90m, 2d.")
]


@app.command()
@takes_options
def add(
    context: typer.Context,
    name: str,
    list: Annotated[str, typer.Option("--list", metavar="LIST", help="The mailing list its issues go to.")],
    given: Mapping[str, str],
    when: When = None,
    cron: Cron = None,
    newsletter: Annotated[str | None, typer.Option(help="Else the one of config.toml.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Else the newsletter's.")] = None,
    grace: Grace = None,
    json: Json = False,
) -> None:
    """Plan issues: what was understood is said back before it is stored."""
    from newsletter.desk.schedules import keep_schedule, new_schedule

    if (when is None) == (cron is None):
        raise typer.BadParameter("say either --when or --cron")
    home = opened(context)
    new = new_schedule(home, name, list, when, cron, newsletter, timezone, _hours(grace), given)
    _say_back(home, new, json)
    confirm(f"Add the schedule {new.name!r}?", yes=False)
    keep_schedule(home, new)
    _show(home, new.name, json, with_times=False)


def _hours(text: str | None) -> float | None:
    """Of a number of hours, or of `90m`, `4h`, `2d`."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return duration(text) / MINUTES["h"]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--grace") from None


def _say_back(home: App, given: Schedule, json: bool) -> None:
    """When it would go, before it is stored."""
    from newsletter.desk.schedules import said_back

    if json:
        return
    words, coming = said_back(home, given)
    say(f"{words}, {given.timezone}")
    for each in coming:
        say(f"    {wall_clock(each.local)}  ({shapes.instant(each.utc)})")


@app.command("set")
@takes_options
def set_(
    context: typer.Context,
    name: str,
    given: Mapping[str, str],
    list: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Another mailing list.")] = None,
    when: When = None,
    cron: Cron = None,
    timezone: Annotated[str | None, typer.Option(help="Another time zone.")] = None,
    grace: Grace = None,
    what_if: WhatIf = False,
    json: Json = False,
) -> None:
    """Change what is given, from the next occurrence on."""
    from newsletter.desk.forecasting import what_if_changed
    from newsletter.desk.schedules import Changes, set_schedule, would_be

    if when is not None and cron is not None:
        raise typer.BadParameter("say either --when or --cron")
    home = opened(context)
    changes = Changes(list_name=list, when=when, cron=cron, timezone=timezone, grace_hours=_hours(grace), given=given)
    if what_if:
        print_differences(what_if_changed(home, would_be(home, name, **changes)), json)
        return
    is_moved = any(each is not None for each in (when, cron, timezone))
    if is_moved:
        _say_back(home, would_be(home, name, **changes), json)
        confirm(f"Change the schedule {name!r}?", yes=False)
    set_schedule(home, name, **changes)
    _show(home, name, json, with_times=not is_moved)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every schedule."""
    from newsletter.desk.schedules import described

    home = opened(context)
    tell_paused(home)
    found = [shapes.schedule(*each) for each in described(home)]
    if json:
        print_json(found)
        return
    rows = [
        (each["name"], each["status"], each["list"], each["words"], each["timezone"], _first(each["next"]))
        for each in found
    ]
    hint = 'there is no schedule yet: `newsletter schedules add NAME --list LIST --when "every tuesday 09:00"`'
    table(("name", "status", "list", "when", "time zone", "next"), rows, hint)


def _first(coming: list[dict[str, Any]]) -> str:
    return wall_clock(coming[0]["local"]) if coming else "-"


@app.command()
def show(context: typer.Context, name: str, json: Json = False) -> None:
    """One schedule, its next five instants, and what became of the last ones."""
    _show(opened(context), name, json)


def _show(home: App, name: str, json: bool, with_times: bool = True) -> None:
    from newsletter.desk.approving import approval_in_words
    from newsletter.desk.schedules import describe, past

    shown = shapes.schedule(*describe(home, name))
    shown["past"] = [
        {**(shapes.occurrence(occurrence) or {}), "state": occurrence.state, "reason": reason or None}
        for occurrence, reason in past(home, name)
    ]
    shown["choices"] = choosing.choices_ahead(home, name)
    if json:
        print_json(shown)
        return
    say(f"{shown['name']} ({shown['status']}): {shown['words']}, {shown['timezone']}")
    say(f"newsletter {shown['newsletter']!r} to the list {shown['list']!r}")
    hours = shown["grace_minutes"] / 60  # as --grace takes them
    say(f"recurrence {shown['recurrence']!r}, grace {hours:g} hour{'' if hours == 1 else 's'}")
    for words in options_in_words(shown["options"]):
        say(f"    {words}")
    for words in approval_in_words(home, name):
        say(words)
    for each in shown["next"] if with_times else ():
        say(f"    {wall_clock(each['local'])}  ({each['utc']})")
    for each in shown["choices"]:
        say(f"    {wall_clock(each['occurrence']['local'])}: {choosing.in_words(each)}")
    for each in shown["past"]:
        rest = " … the rest with --json"
        why = shorten(each["reason"] or "", LONGEST_REASON, placeholder=rest, break_on_hyphens=False)
        say(f"    was {each['state']}: {wall_clock(each['local'])}" + (f" ({why})" if why else ""))


@app.command()
def pause(context: typer.Context, name: str, json: Json = False) -> None:
    """Make no issues until `resume`; what falls due meanwhile is not made up for."""
    from newsletter.desk.schedules import pause_schedule

    home = opened(context)
    pause_schedule(home, name)
    _show(home, name, json)


@app.command()
def resume(context: typer.Context, name: str, json: Json = False) -> None:
    """Go on with a paused schedule, from its next occurrence."""
    from newsletter.desk.schedules import resume_schedule

    home = opened(context)
    resume_schedule(home, name)
    _show(home, name, json)


@app.command()
def remove(context: typer.Context, name: str, yes: Yes = False) -> None:
    """End a schedule. Its issues stay; its name is free again."""
    from newsletter.desk.schedules import describe, remove_schedule

    home = opened(context)
    describe(home, name)
    confirm(f"Remove the schedule {name!r}?", yes)
    remove_schedule(home, name)
    say(f"the schedule {name!r} is removed")
