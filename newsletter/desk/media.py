"""The path a page or a message asks for → the picture in the home's media folder, or nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from newsletter.delivery import related
from newsletter.errors import MessageError

MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""What is served. SVG is not among them: it can hold a script."""


@dataclass(frozen=True, slots=True)
class Picture:
    path: Path
    media_type: str
    etag: str


def find_picture(folder: Path, asked: str) -> Picture | None:
    """The picture of that path below `folder`; None for what is hidden, elsewhere, no file or no picture."""
    media_type = MEDIA_TYPES.get(os.path.splitext(asked)[1].lower())
    if media_type is None or not all(_is_plain(part) for part in asked.split("/")):
        return None
    try:
        # Resolved, because a link in the folder may lead out of it.
        path = (folder / asked).resolve(strict=True)
        found = path.stat()
        is_inside = path.is_relative_to(folder.resolve(strict=True))
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links that lead to each other
        return None
    if not is_inside or not stat.S_ISREG(found.st_mode):
        return None
    return Picture(path, media_type, f'"{found.st_mtime_ns:x}-{found.st_size:x}"')


def read_pictures(folder: Path, paths: Iterable[str]) -> list[related.Picture]:
    """The pictures of these paths under media/ that travel in a message; one that is not there is left out.

    Raises MessageError when they are more than a message can carry: then none is read.
    """
    found = {path: picture for path in paths if (picture := find_picture(folder, path.removeprefix("media/")))}
    try:
        related.require_small_enough({path: picture.path.stat().st_size for path, picture in found.items()})
        return [related.Picture(path, each.media_type, each.path.read_bytes()) for path, each in found.items()]
    except OSError as error:
        raise MessageError("delivery.inline_images", f"{error.filename}: {error.strerror}") from None


def _is_plain(part: str) -> bool:
    """A name that means nothing but itself; `.`, `..` and hidden names do."""
    return bool(part) and not part.startswith(".") and "\\" not in part and part.isprintable()
