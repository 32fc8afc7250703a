"""`newsletter articles import`: what was published elsewhere comes into the library."""

from __future__ import annotations

import signal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.output import Json, complain, note, opened, print_json, progress, say
from newsletter.errors import NewsletterError
from newsletter.states import ArticleStatus

if TYPE_CHECKING:
    from newsletter.desk.library import ImportReport

ONE_ARTICLE = (".md", ".markdown", ".txt")  # files that hold no more than one
INTERRUPTED = 128 + signal.SIGINT  # as shells call it


class Format(StrEnum):
    AUTO = "auto"
    MARKDOWN = "markdown"
    TEXT = "text"
    HTML = "html"
    WORDPRESS = "wordpress"
    FEED = "feed"


class ImportStatus(StrEnum):
    READY = "ready"
    DRAFT = "draft"


def import_articles(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="Files, folders, .zip archives, or addresses on the web.")
    ],
    format: Annotated[Format, typer.Option(help="How to read them; auto looks at each.")] = Format.AUTO,
    status: Annotated[ImportStatus | None, typer.Option(help="Whatever the sources say.")] = None,
    pages: Annotated[
        bool, typer.Option("--pages", help="A site's pages are articles too, not its posts alone.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")] = False,
    json: Json = False,
) -> None:
    """Bring in articles: a WordPress, Ghost, Substack, Medium, Buttondown or beehiiv export, a feed, web pages,
    Markdown with front matter, or text pasted from a page.

    The same source again brings in what is new and changed, and leaves alone what a person corrected.
    """
    from newsletter.desk.library import ImportReport, import_articles

    app = opened(context)
    wanted = ArticleStatus(status) if status else None
    report = ImportReport(", ".join(sources))
    try:
        with progress("importing", _total(sources)) as advance:
            import_articles(app, sources, format, wanted, dry_run, pages, advance, report)
    except KeyboardInterrupt:
        _tell_stopped(report, dry_run, json)
        raise typer.Exit(INTERRUPTED) from None
    except NewsletterError:
        if report.items:
            _tell_stopped(report, dry_run, json)
        raise
    if json:
        print_json(report.as_json())
    _tell(report, json)
    if report.unreadable or _has_read_nothing(report):
        raise typer.Exit(1)


def _total(sources: list[str]) -> int | None:
    """How many items are to come, where each source is one article; None, as nobody knows before the end."""
    is_each_one = all(source.endswith(ONE_ARTICLE) and not Path(source).is_dir() for source in sources)
    return len(sources) if is_each_one else None


def _has_read_nothing(report: ImportReport) -> bool:
    """As of an archive that can be opened, and of which no member can be read."""
    return report.count("failed") > 0 and not any(map(report.count, ("imported", "updated", "unchanged")))


def _tell_stopped(report: ImportReport, dry_run: bool, json: bool) -> None:
    if json:
        print_json(report.as_json())
    _tell_failed(report)
    if report.items and not dry_run:
        note(f"stopped after {len(report.items):,} items; the same command goes on")
        note(report.summary)
    else:
        note("stopped; nothing was changed")


def _tell(report: ImportReport, json: bool) -> None:
    _tell_failed(report)
    if json:
        return
    # Here, because a script needs none of it.
    from newsletter.cli.import_report import lines_of

    for line in lines_of(report):
        say(line)


def _tell_failed(report: ImportReport) -> None:
    for item in report.items:
        if item.outcome == "failed":
            complain(item.reason or item.item)
