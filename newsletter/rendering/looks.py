"""Template folders → a look: its files, the home's own before the packaged ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from newsletter.errors import NotFound, RenderError
from newsletter.rendering.templating import Look

SUFFIX = ".j2"
MAX_BYTES = 1_000_000
"""Of one template."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def load_look(name: str, folders: Sequence[Path]) -> Look:
    """The look of that name. Where several folders have one, the first overrides the next, file by file.

    Raises NotFound, and RenderError for a file that cannot be read.
    """
    places = [folder / name for folder in folders] if _NAME.fullmatch(name) else []
    files: dict[str, Path] = {}
    for place in reversed(places):
        files |= {path.name: path for path in sorted(place.glob(f"*{SUFFIX}")) if path.is_file()}
    if not files:
        raise NotFound("look", name, _known(folders))
    return Look(
        name=name,
        sources={filename: _read(path, (*folders, *places)) for filename, path in files.items()},
        origins={filename: str(path) for filename, path in files.items()},
    )


def packaged_templates() -> Path:
    """The folder of the looks that come with the program."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "templates"
    return in_wheel if in_wheel.is_dir() else package.parent / "templates"


def _known(folders: Sequence[Path]) -> str:
    names = {
        path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if any(path.glob(f"*{SUFFIX}"))
    }
    return "there are: " + ", ".join(sorted(names)) if names else ""


def _read(path: Path, folders: Sequence[Path]) -> str:
    try:
        real = path.resolve()
        # A link to any file of this machine would show its content, in an issue or in an error about it.
        if not any(real.is_relative_to(folder.resolve()) for folder in folders):
            raise RenderError(str(path), "is a link that leads out of the folder of looks")
        with real.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except OSError as failure:
        raise RenderError(str(path), f"cannot be read: {failure.strerror}") from None
    if len(source) > MAX_BYTES:
        raise RenderError(str(path), f"is larger than {MAX_BYTES:,} bytes")
    try:
        return source.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as wrong:
        raise RenderError(str(path), "is not UTF-8", source.count(b"\n", 0, wrong.start) + 1) from None
