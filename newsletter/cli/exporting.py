"""`newsletter articles export DIR`: the whole library as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.output import Json, note, opened, print_json, progress, say


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or one that an export wrote before.")],
    json: Json = False,
) -> None:
    """Write every article as Markdown with front matter, and its pictures; an import reads them as the same library."""
    from newsletter.desk.exporting import export as export_library

    home = opened(context)
    with progress("exporting", None) as advance:
        report = export_library(home, folder, advance)
    for words in report.notes:
        note(words)
    if json:
        print_json(report.as_json())
    else:
        say(report.summary)
