"""A picture's path as an article writes it → the member of its archive that is meant, if there is one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from newsletter.content.members import Members
from newsletter.content.zip_members import MAX_PICTURE

PICTURES = frozenset(".jpg .jpeg .jpe .png .gif .webp .avif .svg .bmp .tif .tiff .ico .heic".split())

# Where site generators keep what a page calls by a path from its root: Hugo, Eleventy and Astro, Jekyll, Hexo.
_ROOTS = ("", "static/", "public/", "assets/", "source/", "src/", "content/", "src/assets/", "images/")
_MAX_PATH = 1_000  # characters
_MAX_DEPTH = 20  # folders
_TEMPLATE = re.compile(r"\{\{.*?\}\}")  # Jekyll's `{{ site.baseurl }}` before a path


def find_beside(members: Members, article: str) -> Callable[[str], bytes | None]:
    """What gives the bytes of a picture by the path that the member `article` names it by; None when there is none.

    It raises SourceError for a picture that is damaged or larger than MAX_PICTURE.
    """

    def beside(path: str) -> bytes | None:
        found = next((name for name in _candidates(path, article) if name in members), None)
        return members.read(found, MAX_PICTURE) if found is not None else None

    return beside


def _candidates(path: str, article: str) -> Iterator[str]:
    """Names from the nearest to the farthest: beside the article, in its bundle, from each root above it."""
    place = _plain(path)
    if not place or PurePosixPath(place).suffix.casefold() not in PICTURES:
        return
    folder = article.rpartition("/")[0]
    if not place.startswith("/"):
        yield from _joined(folder, place)
        yield from _joined(article.rpartition(".")[0], place)  # Hexo: a folder named like the article
    above = folder.split("/")[:_MAX_DEPTH] if folder else []
    for depth in range(len(above), -1, -1):
        for root in _ROOTS:
            yield from _joined("/".join(above[:depth]), root + place.lstrip("/"))


def _plain(path: str) -> str:
    """The path as members are named; empty when it is an address or no path at all."""
    if len(path) > _MAX_PATH:
        return ""
    try:
        parts = urlsplit(_TEMPLATE.sub("", path).strip().replace("\\", "/"))
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else unicodedata.normalize("NFC", unquote(parts.path))


def _joined(folder: str, path: str) -> Iterator[str]:
    """`posts` and `../images/tea.jpg` as `images/tea.jpg`; nothing when it leads out of the archive."""
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == ".." and not parts:
            return
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    yield "/".join(parts)
