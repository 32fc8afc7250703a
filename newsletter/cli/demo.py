"""`newsletter demo`: the whole job on sample content, sent to a mailbox of our own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import App
from newsletter.cli.output import complain, note, say
from newsletter.errors import Refused
from newsletter.home import Home
from newsletter.model import Issue
from newsletter.states import DeliveryStatus

DEFAULT_HOME = Path("newsletter-demo")
COMING = 12  # issues shown ahead
FIRST_REASONS = 6  # candidates that were not picked, shown with their reason


def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Send the next issue, then end.")] = False,
    home: Annotated[Path | None, typer.Option("--home", metavar="DIR", help="Else ./newsletter-demo.")] = None,
) -> None:
    """Sample articles and readers, a mailbox on loopback: pick, render, check, send, and say why."""
    from newsletter.app import open_app
    from newsletter.demo.home import demo_home, open_mailbox

    named: Path = context.obj.folder if context.meta["home is named"] else DEFAULT_HOME
    made = demo_home(home or named)
    settings = open_app(made)
    mailbox = open_mailbox(made, settings.config.smtp.port)
    try:
        app = open_app(made, {"smtp.port": mailbox.port})
        context.call_on_close(app.close)
        is_done = _send_next(app, made)
        _say_what_comes(app)
        _say_where(app, made)
        if not once:
            _go_on(app)
    finally:
        mailbox.stop()
    if not is_done:
        raise typer.Exit(1)


def _send_next(app: App, home: Home) -> bool:
    """Whether the next issue went out to everybody; also when there is none left to send."""
    import threading

    from newsletter.demo.home import SCHEDULE
    from newsletter.desk import sending
    from newsletter.desk.making import plan_issue
    from newsletter.states import IssueState
    from newsletter.store.issues import issues_in, picked_of

    with app.database.read() as connection:
        unfinished = issues_in(connection, IssueState.SENDING)
    try:
        issue = unfinished[0] if unfinished else plan_issue(app, SCHEDULE)
    except Refused as error:
        say(f"Nothing is left to send: {error}")
        say(f"Delete {home.folder}, and the demo begins again.")
        return True
    with app.database.read() as connection:
        picked = picked_of(connection, issue.id)
    _say_why(picked, issue.articles)
    outcomes = sending.send(app, issue.id, threading.Event())
    sent = outcomes.issue.counts.get(DeliveryStatus.SENT, 0)
    say(f"\nSent issue {issue.id}, {issue.subject!r}, to {sent} of {outcomes.issue.planned} readers over SMTP.")
    say(_left_out(app, outcomes.issue))
    if outcomes.words:
        complain(outcomes.words)
    return not outcomes.words


def _left_out(app: App, issue: Issue) -> str:
    """Who of the list got nothing, in numbers."""
    from newsletter.desk.audience import find_list_counts

    counts = find_list_counts(app, issue.list_name)
    suppressed = counts.confirmed - issue.planned
    return (
        f"Nothing went to those who have not confirmed ({counts.pending}), have left ({counts.unsubscribed}) "
        f"or are suppressed ({suppressed})."
    )


def _say_why(picked: dict[str, list[dict[str, object]]], slugs: tuple[str, ...]) -> None:
    from newsletter.cli.forecasting import why

    others = [each for each in picked["candidates"] if each["slug"] not in slugs]
    for one in picked["candidates"]:
        if one["slug"] in slugs:
            say(f"Picked {one['slug']}: {why(one)}.")
    for heading, is_refused in (("Next in the queue", False), ("Not now", True)):
        some = [each for each in others if each["refused"] is is_refused]
        if some:
            say(f"{heading}:")
        for each in some[:FIRST_REASONS]:
            say(f"    {each['slug']}: {why(each)}")
        if len(some) > FIRST_REASONS:
            say(f"    and {len(some) - FIRST_REASONS} more (`newsletter next` shows every rule's word on each)")


def _say_what_comes(app: App) -> None:
    from newsletter.demo.home import SCHEDULE
    from newsletter.desk.forecasting import forecast_of

    say(f"\nThe coming {COMING} issues:")
    for each in (one.forecast for one in forecast_of(app, SCHEDULE, COMING, None)):
        what = f"{', '.join(each.articles)}, by {', '.join(each.authors)}" if each.articles else each.words
        say(f"    {each.occurrence.local:%a %d %b %Y %H:%M}  {what}")


def _say_where(app: App, home: Home) -> None:
    from newsletter.store.issues import list_issues

    with app.database.read() as connection:
        latest = list_issues(connection, limit=1)
    say(f"\nThe mails are in {home.mailbox / 'new'}: open one in a mail program, or")
    for issue in latest:
        say(f"    {_ourselves()} --home {home.folder} preview {issue.id} --html mail.html")
    say(f"    {_ourselves()} --home {home.folder} next")


def _ourselves() -> str:
    """How this program is called from here: by its name where it is on the path, else by where it lies."""
    if shutil.which("newsletter"):
        return "newsletter"
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return "python -m newsletter"
    return os.path.relpath(program) if program.exists() else "newsletter"


def _go_on(app: App) -> None:
    from newsletter import logs
    from newsletter.cli.homes import run_until_end
    from newsletter.store.issues import list_issues

    logs.set_up()
    with app.database.read() as connection:
        latest = list_issues(connection, limit=1)
    for issue in latest:
        note(f"the issue as a page: {app.base_url}/archive/{issue.public_id}")
    run_until_end(app, web=True, scheduler=True, worker=True)
