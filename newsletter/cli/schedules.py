"""`newsletter schedules …`, and the two commands that look ahead: `forecast` and `next`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli.output import Json, Yes, confirm, note, opened, print_json, say, table
from newsletter.cli.reading import explain_unread
from newsletter.cli.schedule_options import options_in_words, takes_options
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.desk.picks import Coming

app = typer.Typer(help="When issues go out.", no_args_is_help=True)

ScheduleName = Annotated[str | None, typer.Argument(metavar="[SCHEDULE]", help="Needed where there are several.")]


When = Annotated[str | None, typer.Option(help='"every tuesday 09:00", "every weekday 8:00", "monthly on day 1 10:00"')]
Cron = Annotated[str | None, typer.Option(help='Five fields: "0 9 * * 2".')]


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
    grace: Annotated[float, typer.Option(metavar="HOURS", help="How late an issue may still go out.")] = 4.0,
    json: Json = False,
) -> None:
    """Plan issues, and say back what was understood."""
    from newsletter.desk.schedules import add_schedule

    if (when is None) == (cron is None):
        raise typer.BadParameter("say either --when or --cron")
    home = opened(context)
    add_schedule(home, name, list, when, cron, newsletter, timezone, grace, given)
    _show(home, name, json)


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
    grace: Annotated[float | None, typer.Option(metavar="HOURS", help="How late an issue may still go out.")] = None,
    json: Json = False,
) -> None:
    """Change what is given, from the next occurrence on."""
    from newsletter.desk.schedules import set_schedule

    if when is not None and cron is not None:
        raise typer.BadParameter("say either --when or --cron")
    home = opened(context)
    set_schedule(home, name, list, when, cron, timezone, grace, given)
    _show(home, name, json)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every schedule."""
    from newsletter.desk.schedules import described

    home = opened(context)
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
    return str(coming[0]["local"]) if coming else "-"


@app.command()
def show(context: typer.Context, name: str, json: Json = False) -> None:
    """One schedule, its next five instants, and what became of the last ones."""
    _show(opened(context), name, json)


def _show(home: App, name: str, json: bool) -> None:
    from newsletter.desk.schedules import describe, past

    shown = shapes.schedule(*describe(home, name))
    shown["past"] = [
        {**(shapes.occurrence(occurrence) or {}), "state": occurrence.state, "reason": reason or None}
        for occurrence, reason in past(home, name)
    ]
    if json:
        print_json(shown)
        return
    say(f"{shown['name']} ({shown['status']}): {shown['words']}, {shown['timezone']}")
    say(f"newsletter {shown['newsletter']!r} to the list {shown['list']!r}")
    say(f"recurrence {shown['recurrence']!r}, grace {shown['grace_minutes']} minutes")
    for words in options_in_words(shown["options"]):
        say(f"    {words}")
    for each in shown["next"]:
        say(f"    {each['local']}  ({each['utc']})")
    for each in shown["past"]:
        say(f"    was {each['state']}: {each['local']}" + (f" ({each['reason']})" if each["reason"] else ""))


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


def forecast(
    context: typer.Context,
    schedule: ScheduleName = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many issues.")] = 12,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE|INSTANT", help="Inclusive; from today's history.")
    ] = None,
    json: Json = False,
) -> None:
    """What will go out, and when: the same rules as the picking itself, run forward."""
    from newsletter.desk.picks import forecast_of

    home = opened(context)
    seen = forecast_of(home, schedule, count, _instant(home, start))
    shown = [
        {
            "occurrence": shapes.occurrence(each.forecast.occurrence),
            "schedule": each.schedule.name,
            "articles": list(each.forecast.articles),
            "authors": list(each.forecast.authors),
            "words": each.forecast.words,
            "readers": each.readers,
            "groups": [],
            "warnings": list(each.warnings),
        }
        for each in seen
    ]
    if json:
        print_json(shown)
        return
    rows = [
        (
            f"{each.forecast.occurrence.local:%a %Y-%m-%d %H:%M}",
            each.schedule.name,
            ", ".join(each.forecast.articles) or "-",
            "unread" if _has_unread(each) else "",
            ", ".join(each.forecast.authors),
            each.forecast.words,
        )
        for each in seen
    ]
    table(("when", "schedule", "article", "", "author", "why"), rows, "nothing is to come", spare=("why", "author"))
    for each in seen:
        for words in each.warnings if each.forecast.articles else ():
            note(f"{each.forecast.occurrence.local:%Y-%m-%d}: {words}")


def next_pick(
    context: typer.Context,
    schedule: ScheduleName = None,
    at: Annotated[str | None, typer.Option(metavar="INSTANT", help="As if this were the moment.")] = None,
    json: Json = False,
) -> None:
    """What would be picked next and why: every candidate with every rule's word."""
    from newsletter.desk.picks import next_pick as pick_next

    home = opened(context)
    shown = pick_next(home, schedule, _instant(home, at))
    if json:
        print_json(shown)
        return
    unread = {each["slug"] for each in shown["candidates"] if _is_unread(each)}
    picked = [f"{slug} (unread)" if slug in unread else slug for slug in shown["pick"]]
    say(f"{shown['schedule']}, {shown['occurrence']['local']}: {', '.join(picked) or 'nothing'}")
    say(shown["words"])
    for words in explain_unread(home, [slug for slug in shown["pick"] if slug in unread]):
        note(words)
    rows = [(each["slug"], _verdict(each, shown["pick"]), why(each)) for each in shown["candidates"]]
    table(("article", "", "why"), rows, "the library is empty")


def _has_unread(coming: Coming) -> bool:
    """Whether one of its articles is unread, as the warnings have it."""
    told = tuple(f"{slug} is unread " for slug in coming.forecast.articles)
    return any(words.startswith(told) for words in coming.warnings)


def _is_unread(candidate: dict[str, Any]) -> bool:
    return any(each["rule"] == "read" and each["words"].startswith("unread") for each in candidate["reasons"])


def _verdict(candidate: dict[str, Any], picked: list[str]) -> str:
    if candidate["refused"]:
        return "refused"
    word = "picked" if candidate["slug"] in picked else "waits"
    return f"{word}, unread" if _is_unread(candidate) else word


def why(candidate: dict[str, Any]) -> str:
    """The refusals alone, where there are any; else the words that put it in its place."""
    reasons = candidate["reasons"]
    chosen = [each for each in reasons if each["refused"]] or [each for each in reasons if each["score"]]
    return "; ".join(each["words"] for each in chosen)


def _instant(home: App, text: str | None) -> datetime | None:
    """A day (its beginning) or an instant; without an offset in the first newsletter's zone."""
    if text is None:
        return None
    zone = ZoneInfo(home.first_newsletter.timezone)
    try:
        if len(text) == len("2026-01-01"):
            return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
        given = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is neither a date, YYYY-MM-DD, nor an instant, YYYY-MM-DDTHH:MM:SSZ") from None
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
