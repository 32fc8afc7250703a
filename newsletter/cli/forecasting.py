"""`newsletter forecast` and `newsletter next`: what will go out, why, and what a change would make of it."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli.output import Json, note, opened, print_json, say, table, wall_clock
from newsletter.cli.pausing import tell_paused
from newsletter.cli.reading import explain_unread
from newsletter.errors import Refused, SourceError

if TYPE_CHECKING:
    from newsletter.desk.forecasting import Coming, Difference

ScheduleName = Annotated[str | None, typer.Argument(metavar="[SCHEDULE]", help="Needed where there are several.")]
WhatIf = Annotated[bool, typer.Option("--what-if", help="Change nothing: say what the coming year's issues would be.")]
MOST_KEPT = 50_000_000  # bytes of a forecast kept in a file


def forecast(
    context: typer.Context,
    schedule: ScheduleName = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many issues.")] = 12,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE|INSTANT", help="Inclusive; from today's history.")
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What has changed since `forecast --json` was kept in this file."),
    ] = None,
    ics: Annotated[Path | None, typer.Option(metavar="FILE", help="Write them for a calendar program, too.")] = None,
    json: Json = False,
) -> None:
    """What will go out, and when: the same rules as the picking itself, run forward."""
    from newsletter.desk.forecasting import differences_from, forecast_of, write_ics

    home = opened(context)
    tell_paused(home)
    kept = read_kept(diff) if diff is not None else None
    since = _instant(home, start)
    seen = forecast_of(home, schedule, count if kept is None else max(count, len(kept)), since)
    if ics is not None:
        write_ics(home, seen, ics)
        note(f"{len(seen)} issues to come are in {ics}")
    if kept is not None:
        print_differences(differences_from(kept, seen, since or home.clock()), json)
        return
    if json:
        print_json([_shape(each) for each in seen])
        return
    rows = [
        (
            wall_clock(each.forecast.occurrence.local),
            each.name,
            _articles(each),
            "unread" if _has_unread(each) else "",
            ", ".join(each.forecast.authors),
            f"{each.readers:,}",
            each.forecast.words,
        )
        for each in seen
    ]
    columns = ("when", "schedule", "article", "", "author", "readers", "why")
    table(columns, rows, "nothing is to come", spare=("why", "author"))
    for each in seen:
        for words in each.warnings:
            # What the row says already is not said again.
            if words != each.forecast.words:
                note(f"{each.forecast.occurrence.local:%Y-%m-%d}: {words}")


def _articles(coming: Coming) -> str:
    if coming.groups:
        return ", ".join(f"{slug} ({readers:,})" for slug, readers in coming.groups)
    return ", ".join(coming.forecast.articles) or "-"


def _shape(coming: Coming) -> dict[str, Any]:
    return {
        "occurrence": shapes.occurrence(coming.forecast.occurrence),
        "schedule": coming.schedule.name if coming.schedule is not None else None,
        "articles": list(coming.forecast.articles),
        "authors": list(coming.forecast.authors),
        "words": coming.forecast.words,
        "readers": coming.readers,
        "groups": [{"article": slug, "readers": readers} for slug, readers in coming.groups],
        "warnings": list(coming.warnings),
    }


def read_kept(file: Path) -> dict[tuple[str, str], list[str]]:
    """Articles by schedule and instant. Raises SourceError for what is no kept forecast."""
    try:
        if file.stat().st_size > MOST_KEPT:
            raise SourceError(str(file), f"is larger than {MOST_KEPT // 1_000_000} MB, which no forecast is")
        rows = json_format.loads(file.read_text("utf-8"))
        return {
            (str(row["schedule"]), str(row["occurrence"]["utc"])): [str(slug) for slug in row["articles"]]
            for row in rows
            if row["schedule"] is not None
        }
    except OSError as error:
        raise SourceError(str(file), str(error.strerror)) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise SourceError(str(file), "is no forecast: keep one with `newsletter forecast --json > FILE`") from None


def print_differences(differences: Sequence[Difference], json: bool) -> None:
    """What the coming issues are, and what they would become."""
    if json:
        print_json(
            [
                {
                    "occurrence": shapes.occurrence(each.occurrence),
                    "schedule": each.schedule,
                    "before": None if each.before is None else list(each.before),
                    "after": None if each.after is None else list(each.after),
                }
                for each in differences
            ]
        )
        return
    rows = [
        (wall_clock(each.occurrence.local), each.schedule, _named(each.before), _named(each.after))
        for each in differences
    ]
    table(("when", "schedule", "before", "after"), rows, "nothing changes")


def _named(slugs: Sequence[str] | None) -> str:
    return "no issue" if slugs is None else ", ".join(slugs) or "-"


def next_pick(
    context: typer.Context,
    schedule: ScheduleName = None,
    at: Annotated[str | None, typer.Option(metavar="INSTANT", help="As if this were the moment.")] = None,
    replay: Annotated[
        int | None, typer.Option(metavar="ISSUE", help="The pick of this issue, made again from what was kept of it.")
    ] = None,
    json: Json = False,
) -> None:
    """What would be picked next and why: every candidate with every rule's word."""
    from newsletter.desk.picks import next_pick as pick_next
    from newsletter.desk.picks import replay as pick_again

    if replay is not None and (schedule is not None or at is not None):
        raise typer.BadParameter("--replay goes with neither a schedule nor --at: the issue knows both")
    home = opened(context)
    shown = pick_next(home, schedule, _instant(home, at)) if replay is None else pick_again(home, replay)
    if json:
        print_json(shown)
        return
    unread = {each["slug"] for each in shown["candidates"] if _is_unread(each)}
    picked = [f"{slug} (unread)" if slug in unread else slug for slug in shown["pick"]]
    say(f"{shown['schedule']}, {wall_clock(shown['occurrence']['local'])}: {', '.join(picked) or 'nothing'}")
    say(shown["words"])
    if replay is None:
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
