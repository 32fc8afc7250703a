"""`newsletter articles edit SLUG --open`: a person's editor on this terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from newsletter.app import App
from newsletter.cli.output import complain, note
from newsletter.errors import Refused, SourceError
from newsletter.model import Article

VARIABLES = ("VISUAL", "EDITOR")
_USUAL = ("nano", "vim", "vi")


def edit_opened(app: App, slug: str) -> Article:
    """The article after what was written in the editor. Raises Refused where nobody can write, NotFound."""
    from newsletter.desk.editing import edit_in_editor

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused("--open needs a terminal; elsewhere `--set FIELD=VALUE` corrects an article")
    command = editor_command(os.environ)
    article, changed = edit_in_editor(app, slug, lambda file: _run(command, file), _ask_again)
    note(f"corrected: {', '.join(changed)}" if changed else "nothing was changed")
    return article


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The words that start the editor. Raises Refused when there is none."""
    for name in VARIABLES:
        if environment.get(name, "").strip():
            try:
                return shlex.split(environment[name])
            except ValueError as error:
                raise Refused(f"{name}: {environment[name]!r} is no command: {error}") from None
    for name in _USUAL:
        if found := shutil.which(name, path=environment.get("PATH")):
            return [found]
    raise Refused(f"there is no editor: set {' or '.join(VARIABLES)} to the command that starts one")


def _run(command: list[str], file: Path) -> None:
    try:
        ended = subprocess.run([*command, str(file)], check=False)
    except OSError as error:
        raise Refused(f"the editor {command[0]!r} does not start: {error.strerror}") from None
    if ended.returncode:
        raise Refused(f"the editor {command[0]!r} ended with status {ended.returncode}, so nothing was changed")


def _ask_again(error: SourceError) -> bool:
    complain(str(error))
    try:
        return typer.confirm("Open it again?", default=True, err=True)
    except typer.Abort:  # Ctrl-D is a no: what was written is kept, and the person told where
        return False
