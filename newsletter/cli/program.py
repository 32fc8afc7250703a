"""The whole command line: the commands put together, errors turned into one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import (
    articles,
    audience,
    authors,
    calls_to_action,
    config,
    db,
    demo,
    forecasting,
    homes,
    issues,
    newsletters,
    pausing,
    reading,
    schedules,
)
from newsletter.cli.output import complain
from newsletter.config import HOME_VARIABLE
from newsletter.errors import NewsletterError
from newsletter.home import Home
from subscribers import SubscribersError

INTERRUPTED = 128 + signal.SIGINT  # as shells call it

app = typer.Typer(
    name="newsletter",
    help="Picks the next article, renders it with its author's bio and a call to action, and sends it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"newsletter {version('newsletter')}")
        raise typer.Exit


@app.callback()
def choose_home(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="DIR", help="The home to work in; else NEWSLETTER_HOME, else this folder."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    context.obj = Home(home or Path(os.environ.get(HOME_VARIABLE) or "."))
    context.meta["home is named"] = home is not None or HOME_VARIABLE in os.environ


app.command("demo")(demo.demo)
app.command("init")(homes.init)
app.command("run")(homes.run)
app.add_typer(articles.app, name="articles")
app.add_typer(authors.app, name="authors")
app.add_typer(calls_to_action.app, name="calls-to-action")
app.add_typer(newsletters.app, name="newsletters")
app.add_typer(audience.subscribers, name="subscribers")
app.add_typer(audience.lists, name="lists")
app.add_typer(schedules.app, name="schedules")
app.command("pause")(pausing.pause)
app.command("resume")(pausing.resume)
app.command("forecast")(forecasting.forecast)
app.command("next")(forecasting.next_pick)
app.command("preview")(reading.preview)
app.command("check")(reading.check)
app.add_typer(issues.app, name="issues")
app.command("deliveries")(issues.deliveries)
app.command("explain")(reading.explain)
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")


def run(arguments: list[str] | None = None) -> int:
    """The exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter still shows the line
    try:
        app(args=arguments, prog_name="newsletter", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except (NewsletterError, SubscribersError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        complain("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has enough; Python must not complain about it again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
