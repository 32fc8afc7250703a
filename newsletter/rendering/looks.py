"""Template folders → a look: its files, the home's own before the packaged ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from newsletter.errors import NotFound, RenderError
from newsletter.rendering.templating import Look

SUFFIX = ".j2"
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
        sources={filename: _read(path) for filename, path in files.items()},
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = path.read_bytes().count(b"\n", 0, wrong.start) + 1
        raise RenderError(str(path), "is not UTF-8", line) from None
    except OSError as failure:
        raise RenderError(str(path), f"cannot be read: {failure.strerror}") from None
