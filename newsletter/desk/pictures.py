"""The pictures a source names beside itself → files in the home's media/, named by what they hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape, unescape
from io import BytesIO
from pathlib import Path

from newsletter.content.cleaning import clean
from newsletter.content.draft import Draft
from newsletter.desk.media import find_picture
from newsletter.home import Home
from newsletter.model import Hero

FORMATS = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp"}
"""What mail programs show, by Pillow's names, with the ending each gets."""

MAX_BYTES = 10_000_000  # one picture
MEDIA = "media/"  # how every path of a picture in the home begins
KEPT_DIGITS = 24  # of the SHA-256 that names a picture

_ATTRIBUTES = r'(?:\s+(?!src=)[a-z]+="[^"]*")*'
_IN_BODY = re.compile(rf'(<img{_ATTRIBUTES}\s+src=")([^"]*)("{_ATTRIBUTES}\s*/?>)')


def take_pictures(home: Home, draft: Draft, file: Path, root: Path, dry_run: bool) -> tuple[Draft, tuple[str, ...]]:
    """The draft with its pictures under media/, and a note on each that cannot be had.

    A path counts from the file, or from `root`, the folder that is imported, and never leads out of it.
    """
    pictures = _Pictures(home, file, root.resolve(), dry_run)
    hero = draft.hero
    if hero is not None and hero.src:
        hero = replace(hero, src=pictures.keep(hero.src))
    authors = tuple(replace(each, photo=pictures.keep(each.photo)) if each.photo else each for each in draft.authors)
    # Cleaned again: a picture that is not to be had may leave its paragraph empty.
    body = clean(_IN_BODY.sub(lambda found: _picture(found, pictures), draft.body_html))
    return replace(draft, hero=_known(hero), authors=authors, body_html=body), tuple(pictures.notes)


def _known(hero: Hero | None) -> Hero | None:
    return hero if hero is not None and (hero.src or hero.credit or hero.credit_source) else None


def _picture(found: re.Match[str], pictures: _Pictures) -> str:
    kept = pictures.keep(unescape(found[2]))
    return f"{found[1]}{escape(kept)}{found[3]}" if kept else ""


def missing_pictures(home: Home, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of these paths under media/ that the pages would not serve."""
    return tuple(path for path in paths if find_picture(home.media, path.removeprefix(MEDIA)) is None)


class _Pictures:
    """Those of one file."""

    def __init__(self, home: Home, file: Path, root: Path, dry_run: bool) -> None:
        self._home = home
        self._file = file
        self._root = root
        self._dry_run = dry_run
        self.notes: list[str] = []

    def keep(self, source: str) -> str:
        """Where the picture is now: an address stays one, a path leads into media/; empty when it is not to be had."""
        if source.startswith(("http://", "https://")) or self._is_ours(source):
            return source
        found = self._find(source)
        if found is None:
            self.notes.append(f"the picture {source} was not found beside {self._file.name}")
            return ""
        return self._take(source, found)

    def _is_ours(self, source: str) -> bool:
        return source.startswith(MEDIA) and not missing_pictures(self._home, [source])

    def _find(self, source: str) -> Path | None:
        for place in (self._file.parent / source, self._root / source.lstrip("/")):
            path = place.resolve()
            if path.is_relative_to(self._root) and path.is_file():
                return path
        return None

    def _take(self, source: str, found: Path) -> str:
        try:
            data = found.read_bytes() if found.stat().st_size <= MAX_BYTES else b""
        except OSError as error:
            self.notes.append(f"the picture {source} cannot be read: {error.strerror}")
            return ""
        ending = FORMATS.get(_format_of(data), "")
        if not ending:
            words = f"is none of {', '.join(FORMATS)}, or larger than {MAX_BYTES // 1_000_000} MB"
            self.notes.append(f"the picture {source} {words}")
            return ""
        name = hashlib.sha256(data).hexdigest()[:KEPT_DIGITS] + ending
        if not self._dry_run:
            self._home.media.mkdir(parents=True, exist_ok=True)
            (self._home.media / name).write_bytes(data)
        return f"media/{name}"


def _format_of(data: bytes) -> str:
    """What the picture is, by its content; empty when it is none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as picture:
            picture.verify()
            return picture.format or ""
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return ""
