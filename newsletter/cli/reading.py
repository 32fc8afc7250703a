"""`newsletter preview`, `check` and `explain`: what somebody would get, whether it may go, and why it did not."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli.output import Json, note, opened, print_json, say, table
from newsletter.errors import NewsletterError

Target = Annotated[str, typer.Argument(metavar="ARTICLE|ISSUE", help="An article's slug or an issue's number.")]


def preview(
    context: typer.Context,
    target: Target,
    as_: Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="This reader; else a made-up one.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="F", help="Write the HTML part here.")] = None,
    text: Annotated[Path | None, typer.Option(metavar="F", help="Write the text part here.")] = None,
    eml: Annotated[Path | None, typer.Option(metavar="F", help="Write the whole message here.")] = None,
    json: Json = False,
) -> None:
    """Write exactly what a reader would get; an article is shown as the next issue, and nothing is stored."""
    from newsletter.desk.previewing import preview as preview_of

    shown = preview_of(opened(context), target, as_)
    wanted = {html: shown.html.encode(), text: shown.text.encode(), eml: shown.message}
    written = [_write(file, content) for file, content in wanted.items() if file is not None]
    if json:
        print_json({"subject": shown.title, "email": shown.email, "bytes": len(shown.message), "files": written})
    elif written:
        note(f"{shown.title}, as {shown.email} would get it: {', '.join(written)}")
    else:
        say(f"Subject: {shown.title}\nTo: {shown.email}\n\n{shown.text}")


def _write(file: Path, content: bytes) -> str:
    if str(file) == "-":
        sys.stdout.buffer.write(content)
        return "standard output"
    try:
        file.write_bytes(content)
    except OSError as error:
        raise NewsletterError(f"{file}: {error.strerror}") from None
    return str(file)


def check(context: typer.Context, target: Target, json: Json = False) -> None:
    """The pre-flight report; exit 1 when a blocking rule fails."""
    from newsletter.desk.previewing import check as check_target

    home = opened(context)
    report = check_target(home, target)
    for words in explain_unread(home, _to_go(home, target)):
        note(words)
    if json:
        print_json(shapes.check(report))
    else:
        say(f"{target}: {report.verdict}")
        rows = [(each.severity, each.rule, each.words, each.where, each.mend) for each in report.findings]
        if rows:
            table(("", "rule", "what", "where", "how to mend it"), rows, "")
    if report.verdict == "block":
        raise typer.Exit(1)


def _to_go(home: App, target: str) -> Sequence[str]:
    """The articles that have not begun to go out."""
    from newsletter.desk.sending import find
    from newsletter.states import DRAFTS

    if not target.isdecimal():
        return [target]
    issue = find(home, int(target))
    return issue.articles if issue.state in DRAFTS else ()


def explain_unread(home: App, slugs: Sequence[str]) -> Iterator[str]:
    """A line for each of these articles that nobody has read, where that keeps it from going out by itself."""
    from newsletter.desk.library import find

    if home.config.picking.trust_imports:
        return
    for slug in slugs:
        if find(home, slug).read_at is None:
            read = f"`newsletter articles triage {slug} --as keep`"
            yield f"{slug} is unread since import: until a person has read it, it does not go out by itself ({read})"


def explain(
    context: typer.Context,
    target: Target,
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    json: Json = False,
) -> None:
    """Why somebody got an issue, or did not."""
    from newsletter.desk.explaining import explain as explain_it

    found = explain_it(opened(context), target, email)
    if json:
        print_json([each.as_json() for each in found])
        return
    for each in found:
        name = f"issue {each.issue.id}, {each.issue.subject!r}: " if each.issue else ""
        say(f"{name}{each.words}")
        for attempt in each.attempts:
            say(f"    try {attempt['number']} at {attempt['at']}: {attempt['outcome']}, {attempt['reply']}")
