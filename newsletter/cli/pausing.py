"""`newsletter pause` and `newsletter resume`: one button for a bad day, and the end of it."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.app import App
from newsletter.cli.output import note, opened, say


def pause(
    context: typer.Context,
    all: Annotated[bool, typer.Option("--all", help="Everything, or everything with the tag.")] = False,
    until: Annotated[
        str | None, typer.Option(metavar="DATE|INSTANT|2d", help="When it ends by itself; else with `resume`.")
    ] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Only what has this tag or category.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Shown wherever the pause is.")] = "",
) -> None:
    """Nothing goes out: no issue begins, and those being sent stop, in every process on the database."""
    from newsletter.desk import pausing

    if not all:
        raise typer.BadParameter("say --all; one schedule: `newsletter schedules pause NAME`")
    if tag is not None and not tag.strip():
        raise typer.BadParameter("--tag names a tag or a category")
    home = opened(context)
    pausing.pause(home, until, tag or "", reason)
    if tag is not None and not pausing.articles_held(home, tag):
        note(f"no article has the tag or category {tag!r} yet")
    for words in pausing.tell(home):
        say(words)


def resume(
    context: typer.Context,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Only what is held because of this tag.")] = None,
) -> None:
    """End every pause; and where this home is a copy, make it the one that mails."""
    from newsletter.desk import pausing

    home = opened(context)
    for words in pausing.resume(home, tag) or ["nothing was paused"]:
        say(words)
    tell_paused(home)


def tell_warnings(home: App) -> None:
    """A line on stderr for what should be set right before anything goes out."""
    from newsletter.desk.pausing import warnings

    for words in warnings(home):
        note(words)


def tell_paused(home: App) -> None:
    """A line on stderr for each pause, so that nobody wonders why nothing goes out."""
    from newsletter.desk.pausing import tell

    for words in tell(home):
        note(words)
