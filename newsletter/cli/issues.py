"""`newsletter issues …` and `newsletter deliveries`: what is going out, and to whom it went."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli import approving, choosing
from newsletter.cli.output import (
    Json,
    Yes,
    complain,
    confirm,
    note,
    opened,
    print_array,
    print_json,
    progress,
    say,
    table,
    wall_clock,
)
from newsletter.cli.pausing import tell_paused, tell_warnings
from newsletter.cli.reading import explain_unread
from newsletter.model import Delivery, Issue
from newsletter.states import DeliveryStatus, IssueKind

app = typer.Typer(help="Editions of a newsletter.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(metavar="ID", help="The issue's number.")]


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """The latest issues, newest first."""
    from newsletter.store.issues import list_issues

    home = opened(context)
    tell_paused(home)
    with home.database.read() as connection:
        found = list_issues(connection)
    if json:
        print_json([_shape(home, issue) for issue in found])
        return
    rows = [
        (
            each.id,
            each.state,
            each.subject,
            _when(each),
            each.planned,
            each.counts.get(DeliveryStatus.SENT, 0),
        )
        for each in found
    ]
    table(("id", "state", "subject", "occurrence", "planned", "sent"), rows, "there is no issue yet")


@app.command()
def show(context: typer.Context, id: Id, json: Json = False) -> None:
    """One issue, and why its article was picked."""
    from newsletter.desk.sending import find
    from newsletter.store.issues import foreseen_of, picked_of

    home = opened(context)
    issue = find(home, id)
    with home.database.read() as connection:
        picked, foreseen = picked_of(connection, id), foreseen_of(connection, id)
    if json:
        chosen = {"picked": picked, "foreseen": foreseen, "choices": choosing.choices_at(home, issue)}
        print_json({**_shape(home, issue), **chosen, "approvals": approving.asked_of(home, issue)})
        return
    _print(home, issue, json)
    for line in issue.note.splitlines():
        say(f"    | {line}".rstrip())
    for choice in choosing.choices_at(home, issue):
        say(f"    {choosing.in_words(choice)}")
    approving.tell_asked(home, issue)
    for words in _why(picked["candidates"], issue.articles):
        say(words)
    if foreseen is not None and tuple(foreseen["articles"]) != issue.articles:
        say(f"foreseen when it was drafted: {', '.join(foreseen['articles'])}; since then:")
        for words in foreseen["changes"]:
            say(f"    {words}")


def _why(candidates: Sequence[dict[str, Any]], articles: Sequence[str]) -> Iterator[str]:
    """What counted for each of its articles, and what the pre-flight check kept from being one."""
    from newsletter.picking.guards import PassedGate

    for one in candidates:
        if one["slug"] in articles:
            counted = [each["words"] for each in one["reasons"] if each["score"]]
            yield f"picked {one['slug']}: {'; '.join(counted) or 'nothing set it apart from the others'}"
        for each in one["reasons"]:
            if each["rule"] == PassedGate.name and each["refused"]:
                yield f"not {one['slug']}: {each['words']}"


@app.command()
def plan(
    context: typer.Context,
    schedule: Annotated[
        str | None, typer.Argument(metavar="[SCHEDULE]", help="Needed where there are several.")
    ] = None,
    pin: choosing.Pin = None,
    at: choosing.At = None,
    swap: choosing.Swap = None,
    skip: choosing.Skip = None,
    not_this: choosing.NotThis = None,
    undo: choosing.Undo = None,
    reason: choosing.Reason = "",
    missed: Annotated[
        bool, typer.Option("--missed", help="That of the latest time that was missed, after all.")
    ] = False,
    json: Json = False,
) -> None:
    """Draft the schedule's next issue; a second call gives the same draft. Or choose what goes when."""
    from newsletter.desk import group_issues
    from newsletter.desk.making import plan_issue
    from newsletter.desk.missed import plan_missed

    wish = choosing.Wish(pin or (), at, swap, skip, not_this, undo, reason)
    wish.check(is_other=missed)
    home = opened(context)
    changed = choosing.changed_by(home, schedule, wish)
    if wish.plans_none:
        choosing.print_changed(changed, json)
        return
    choosing.tell_displaced(changed)
    if not missed and (groups := group_issues.plan_named(home, schedule)) is not None:
        _print_groups(home, groups, json)
        return
    issue = plan_missed(home, schedule) if missed else plan_issue(home, schedule)
    for words in explain_unread(home, issue.articles):
        note(words)
    if issue.kind is IssueKind.REHEARSAL:
        note("it is a rehearsal: it goes to staff alone")
    _print(home, issue, json)


def _print_groups(home: App, groups: Sequence[tuple[Issue, int]], json: bool) -> None:
    """The drafts of one occurrence, each with the readers whose next article it is now."""
    for words in explain_unread(home, [slug for issue, _ in groups for slug in issue.articles]):
        note(words)
    if json:
        print_json([{**_shape(home, issue), "readers": readers} for issue, readers in groups])
        return
    for issue, readers in groups:
        _print(home, issue, json)
        say(f"    due to {readers:,} {'reader' if readers == 1 else 'readers'} now")


@app.command()
def write(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.md", help="Markdown, with or without front matter.")],
    list: Annotated[str, typer.Option("--list", metavar="LIST", help="Who gets it.")],
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="When it goes by itself: 2027-01-05T09:00. Else by `send`.")
    ] = None,
    newsletter: Annotated[str | None, typer.Option(help="Else the one of config.toml.")] = None,
    json: Json = False,
) -> None:
    """A letter: an issue of one text that is no part of the library."""
    from newsletter.desk.letters import write_letter

    home = opened(context)
    written = write_letter(home, file, list, at, newsletter)
    for words in written.notes:
        note(words)
    _print(home, written.issue, json)


@app.command("note")
def note_(
    context: typer.Context,
    id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="`-` reads it from stdin; empty takes it away.")],
    json: Json = False,
) -> None:
    """Put a few lines of yours above the article of a draft."""
    from newsletter.desk.noting import note_above

    home = opened(context)
    _print(home, note_above(home, id, sys.stdin.read() if text == "-" else text), json)


@app.command()
def send(context: typer.Context, id: Id, yes: Yes = False, json: Json = False) -> None:
    """Send an issue now, or go on with one, and wait for the end."""
    from newsletter.desk import sending

    home = opened(context)
    issue = sending.find(home, id)
    confirm(f"Send {issue.subject!r} to the list {issue.list_name!r}?", yes)
    tell_warnings(home)
    with _stoppable() as stop, progress("sending", sending.expected(home, issue)) as advance:
        outcomes = sending.send(home, id, stop, advance)
    _print(home, outcomes.issue, json)
    if outcomes.words:
        complain(outcomes.words)
        raise typer.Exit(1)


@app.command()
def approve(context: typer.Context, id: Id, json: Json = False) -> None:
    """Say yes to what an issue says now; a change afterwards takes the yes back."""
    from newsletter.desk.approving import approve as say_yes

    home = opened(context)
    issue = say_yes(home, id)
    _print(home, issue, json)
    if issue.occurrence is not None:
        is_late = issue.occurrence.utc <= home.clock()
        note("`newsletter run` sends it at once" if is_late else f"it goes on {_when(issue)}")


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, so that what is in flight is finished and recorded; a second Ctrl-C ends at once."""
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        complain("stopping; what is in flight is finished first (once more to stop at once)")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command()
def test(
    context: typer.Context,
    id: Id,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who gets the copy.")],
    json: Json = False,
) -> None:
    """Send one copy for a made-up reader; its links change nothing for anybody."""
    from newsletter.desk.sending import send_test
    from subscribers import parse

    delivery = send_test(opened(context), id, parse(to).email)
    if json:
        print_json(shapes.delivery(delivery))
    else:
        say(f"a test copy of issue {id} was handed over for {delivery.email}: {delivery.reply}")


@app.command()
def pause(context: typer.Context, id: Id, json: Json = False) -> None:
    """Begin no new message of an issue that is being sent, or keep one that has not begun from beginning."""
    from newsletter.desk.sending import pause as pause_issue

    home = opened(context)
    _print(home, pause_issue(home, id), json)


@app.command()
def resume(context: typer.Context, id: Id, json: Json = False) -> None:
    """Let a paused issue go on; `run` or `issues send` delivers it."""
    from newsletter.desk.sending import resume as resume_issue

    home = opened(context)
    issue = resume_issue(home, id)
    _print(home, issue, json)
    if issue.started is None and issue.occurrence is not None and issue.occurrence.utc <= home.clock():
        by_hand = f"`newsletter issues send {id}` sends it now, `issues cancel {id}` lets it be"
        note(f"its time has passed: {by_hand if issue.pause_reason else '`newsletter run` goes on with it at once'}")


@app.command()
def cancel(context: typer.Context, id: Id, yes: Yes = False, json: Json = False) -> None:
    """End an issue: whoever has not got it gets nothing, and its occurrence is skipped."""
    from newsletter.desk import sending

    home = opened(context)
    issue = sending.find(home, id)
    confirm(f"Cancel issue {id}, {issue.subject!r}?", yes)
    cancelled = sending.cancel(home, id)
    _print(home, cancelled, json)
    if not json:
        say(f"    {_gone(cancelled)}")


def _gone(issue: Issue) -> str:
    """How many had got a cancelled issue already."""
    if issue.started is None:
        return "it had not begun: nobody has got it, and its article is free again"
    doubt = issue.counts.get(DeliveryStatus.IN_DOUBT, 0)
    words = f"{issue.counts.get(DeliveryStatus.SENT, 0):,} of {issue.planned:,} had got it"
    return words + (f", {doubt:,} {'is' if doubt == 1 else 'are'} in doubt" if doubt else "")


@app.command()
def settle(
    context: typer.Context,
    id: Id,
    sent: Annotated[bool, typer.Option("--sent", help="Those in doubt were sent.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send to those in doubt again.")] = False,
    json: Json = False,
) -> None:
    """Say what became of the readers in doubt."""
    from newsletter.desk.sending import settle as settle_issue

    if sent is again:
        raise typer.BadParameter("say either --sent or --again")
    home = opened(context)
    issue, count = settle_issue(home, id, sent)
    _print(home, issue, json)
    if not json:
        then = "called sent" if sent else f"to be sent again with `newsletter issues send {id}`"
        say(f"{count} settled: {then}" if count else "nobody was in doubt")


def deliveries(
    context: typer.Context,
    issue: Annotated[int, typer.Argument(metavar="ISSUE")],
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only these.")] = None,
    json: Json = False,
) -> None:
    """One row for each reader of an issue."""
    from newsletter.desk.sending import find
    from newsletter.store.deliveries import list_deliveries

    home = opened(context)
    find(home, issue)
    with home.database.read() as connection:
        found = list_deliveries(connection, issue, status)
        if json:
            print_array(map(shapes.delivery, found))
            return
        rows = ((each.email, each.status, each.attempts, shapes.instant(each.sent_at), _told(each)) for each in found)
        table(("email", "status", "tries", "sent", "reply"), rows, "nobody")


def _told(delivery: Delivery) -> str:
    again = "again at" if delivery.attempts else "at"
    later = f" ({again} {shapes.instant(delivery.next_attempt)})" if delivery.next_attempt else ""
    return (delivery.reply or delivery.reason) + later


def _shape(home: App, issue: Issue) -> dict[str, object]:
    return shapes.issue(issue, home.newsletter(issue.newsletter_id).name)


def _print(home: App, issue: Issue, json: bool) -> None:
    if json:
        print_json(_shape(home, issue))
        return
    say(f"issue {issue.id} ({issue.state}): {issue.subject}")
    if issue.pause_reason:
        say(f"    because: {issue.pause_reason}")
    say(f"    articles {', '.join(issue.articles)}; list {issue.list_name}; {_when(issue)}")
    counts = ", ".join(f"{count} {status}" for status, count in sorted(issue.counts.items()))
    say(f"    {issue.planned} planned" + (f": {counts}" if counts else ""))


def _when(issue: Issue) -> str:
    if issue.occurrence is not None:
        return wall_clock(issue.occurrence.local)
    return f"a letter, at {shapes.instant(issue.send_at)}" if issue.send_at else str(issue.kind)
