"""`newsletter init` and `newsletter run`: make a home, and let it do its work."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import App
from newsletter.cli.output import note, opened, say
from newsletter.cli.pausing import tell_paused


def init(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Make a new home, with a commented config.toml and its keys."""
    from newsletter.app import open_app
    from newsletter.home import documented_config, make_home

    home = make_home(folder, documented_config())
    app = open_app(home)
    app.database.close()
    say(f"{folder} is a home now. Set from_address and postal_address in {home.config_file}, then:")
    say(f"    cd {folder}")
    say("    newsletter lists add Readers")
    say("    newsletter subscribers import readers.csv --list Readers --status confirmed")
    say("    newsletter articles import site.xml    (or a feed, a page, a folder of Markdown …)")
    say('    newsletter schedules add weekly --list Readers --when "every tuesday 09:00"')
    say("    newsletter articles triage")
    say("    newsletter run")


def run(
    context: typer.Context,
    no_web: Annotated[bool, typer.Option("--no-web", help="Without the pages mails link to.")] = False,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Make no issues.")] = False,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Send nothing.")] = False,
) -> None:
    """Everything in one process until Ctrl-C: make issues when they are due, send them, serve the pages."""
    from newsletter import logs

    logs.set_up()
    run_until_end(opened(context), web=not no_web, scheduler=not no_scheduler, worker=not no_worker)


def run_until_end(app: App, web: bool, scheduler: bool, worker: bool) -> None:
    """The parts asked for, until Ctrl-C. Raises AlreadyRunning, or NewsletterError when a port is taken."""
    from newsletter.desk.running import Runner
    from newsletter.web.server import WebServer

    with Runner(app).running(scheduler, worker):
        server = WebServer(app) if web else None
        if server is not None:
            server.start()
            note(f"the pages mails link to are served at http://{app.config.web.host}:{server.port}")
        note("running; Ctrl-C ends it, what is in flight is finished first")
        tell_paused(app)
        try:
            _wait_for_end()
        finally:
            if server is not None:
                server.stop()


def _wait_for_end() -> None:
    """Until SIGINT or SIGTERM; a second one ends at once."""
    end = threading.Event()

    def ask(number: int, frame: object) -> None:
        if end.is_set():
            raise KeyboardInterrupt
        end.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    # With a time limit, because a wait without one keeps Python from looking at signals on some systems.
    while not end.wait(1.0):
        pass
