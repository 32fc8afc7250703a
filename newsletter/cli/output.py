"""Values → what a person or a script reads: tables, one JSON document, one line of complaint, a progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, Protocol

import typer

from newsletter.app import App, open_app
from newsletter.errors import SourceError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
GAP = 2  # spaces between the columns of a table
NAME = 60  # characters shown of what a progress bar is at

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def opened(context: typer.Context) -> App:
    """The home this command works in. Raises NotFound or ConfigError."""
    app = open_app(context.obj)
    context.call_on_close(app.close)
    return app


def print_json(document: Any) -> None:
    """Written as it is made: of an import there may be tens of megabytes."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print()


def wall_clock(local: datetime | str) -> str:
    """`Tue 2026-12-01 09:00`, of a local time or of its shape: for people, who know the zone. Scripts read JSON."""
    at = datetime.fromisoformat(local.partition("[")[0]) if isinstance(local, str) else local
    return f"{at:%a %Y-%m-%d %H:%M}"


def say(words: str = "") -> None:
    """A line for a person, on stdout."""
    print(words)


def note(words: str) -> None:
    """A line beside the result, on stderr."""
    print(words, file=sys.stderr)


def complain(words: str) -> None:
    """The one line that says what went wrong."""
    print(f"newsletter: {words}", file=sys.stderr)


def print_array(shapes: Iterable[Any]) -> None:
    """One JSON document, an array, written as it is read: there may be a million."""
    separator = "["
    for shape in shapes:
        print(separator)
        print(json.dumps(shape, ensure_ascii=False), end="")
        separator = ","
    print("[]" if separator == "[" else "\n]")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str, spare: Sequence[str] = ()) -> None:
    """A table on a terminal, tab-separated lines elsewhere; `empty` when there is nothing.

    On a terminal too narrow for all words, the `spare` columns are left out, the first named first.
    """
    given = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        if given:
            print("\t".join(columns))
        for row in given:
            print("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        if not given:
            note(empty)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    cells = {name: [name, *(row[place] for row in given)] for place, name in enumerate(columns)}
    for name in spare:
        if sum(_widths(cells, 0).values()) > console.width:
            del cells[name]
    widths = _widths(cells, console.width)
    # Where even that is too much, Rich breaks words as it likes.
    is_fitting = sum(widths.values()) <= console.width
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for name in cells:
        shown.add_column(name, overflow="fold", width=widths[name] - GAP if is_fitting else None)
    _, *shown_rows = zip(*cells.values(), strict=True)
    for shown_row in shown_rows:
        shown.add_row(*map(escape, shown_row))
    console.print(shown if given else escape(empty))


def _widths(cells: Mapping[str, Sequence[str]], room: int) -> dict[str, int]:
    """Of each column with the gap behind it: its longest word at least, and more as far as there is room."""
    from rich.cells import cell_len

    widths = {
        name: max(cell_len(word) for cell in each for word in cell.split() or [""]) for name, each in cells.items()
    }
    widths = {name: width + GAP for name, width in widths.items()}
    for name, each in cells.items():
        wanted = max(map(cell_len, each)) + GAP - widths[name]
        widths[name] += max(0, min(wanted, room - sum(widths.values())))
    return widths


def confirm(question: str, yes: bool) -> None:
    """Nothing, once the person agrees; a script is not asked, it knows what it calls. Raises Abort for a no."""
    if not yes and sys.stdin.isatty():
        typer.confirm(question, abort=True, err=True)  # stdout may be a JSON document that goes elsewhere


def day(option: str, text: str) -> date | None:
    """None for an empty text. Raises SourceError that names the option."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SourceError(option, f"{text!r} is not a date, YYYY-MM-DD") from None


class Advance(Protocol):
    def __call__(self, done: int, name: str = "") -> None:
        """So many more are done; `name` is what it is at."""


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Advance]:
    """A bar on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, name="": None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, name="")
        yield lambda done, name="": bar.update(task, advance=done, name=escape(name[-NAME:]))
