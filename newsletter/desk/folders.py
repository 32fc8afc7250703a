"""A folder or a file of this machine → bytes to read: ordinary files alone, and nothing that a link leads out to."""

from __future__ import annotations

import io
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from newsletter.content.decoding import MAX_BYTES
from newsletter.content.source import LeftOut
from newsletter.content.sources.exports.archive_pictures import PICTURES
from newsletter.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READABLE = (".md", ".markdown", ".mdown", ".txt", ".text", ".html", ".htm", ".xml", ".json", ".zip")
"""What is read in a folder; a file that is named itself may be called anything."""

MAX_FILES = 100_000

_ALSO_READABLE = (".xhtml", ".rss", ".atom", ".csv")
_NEVER_ENTERED = ("node_modules", "__MACOSX")
_LEADS_OUT = "a link that leads out of the folder"
_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
_CHUNK = 65_536


def open_file(path: Path, name: str) -> BinaryIO:
    """The bytes of an ordinary file; reading raises SourceError too. `name` stands in errors."""
    try:
        # Without O_NONBLOCK a pipe that nobody writes to is waited for without an end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        found = os.fstat(descriptor)
    except (OSError, ValueError) as error:
        raise SourceError(name, _words_for(error)) from None
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no ordinary file")
        raise SourceError(name, f"it is {kind}; save what it gives as a file and import that")
    return io.BufferedReader(_FileStream(descriptor, found.st_size, name), _CHUNK)


class FolderMembers:
    """The files below a folder, as the members of an archive; ZIP archives stand apart.

    What is hidden is passed over. Links are not followed, but for those to files of the same folder.
    """

    noun = "folder"

    def __init__(self, folder: Path, keep: Callable[[str], bool] = lambda name: True) -> None:
        """Of those whose name `keep` is true for. Raises SourceError when the folder cannot be read."""
        self.name = str(folder)
        self.archives: list[Path] = []
        self._root = folder.resolve()
        self._folder = folder
        self._paths: dict[str, str] = {}
        self.left_out: Sequence[LeftOut] = tuple(each for each in self._sort_out() if keep(self._within(each.name)))
        self._paths = {name: path for name, path in self._paths.items() if keep(name)}

    @property
    def names(self) -> Sequence[str]:
        return sorted(self._paths)

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def place(self, name: str) -> str:
        return str(self._folder / self._paths.get(name, name))

    def head(self, name: str, length: int) -> bytes:
        with self.open(name) as stream:
            return stream.read(length)

    def read(self, name: str, longest: int = MAX_BYTES) -> bytes:
        with self.open(name) as stream:
            size = stream.seek(0, io.SEEK_END)
            if size > longest:
                words = f"it is {size / 1_000_000:.1f} MB; at most {longest / 1_000_000:.0f} MB are read"
                raise SourceError(self.place(name), words)
            stream.seek(0)
            return stream.read(longest)

    def open(self, name: str) -> BinaryIO:
        return open_file(self._folder / self._paths[name], self.place(name))

    def _within(self, place: str) -> str:
        return os.path.relpath(place, self._folder)

    def _sort_out(self) -> Iterator[LeftOut]:
        count = 0
        for folder, file in self._walk():
            count += 1
            if count > MAX_FILES:
                raise SourceError(self.name, f"it holds more than {MAX_FILES:,} files; name the articles' own folder")
            if isinstance(file, LeftOut):
                yield file
            elif reason := self._take(folder, file):
                yield LeftOut(str(file), reason)

    def _take(self, folder: str, file: Path) -> str:
        """Why it is never read; empty when it may be, and for a picture."""
        try:
            kind = stat.S_IFMT(file.stat().st_mode)
            is_inside = not file.is_symlink() or file.resolve().is_relative_to(self._root)
        except (OSError, RuntimeError):  # a link to nothing, or to itself; or it has just been removed
            return "" if file.suffix.lower() in PICTURES else "a link or file that leads to nothing"
        suffix = file.suffix.lower()
        is_readable = suffix in READABLE or suffix in _ALSO_READABLE
        if kind == stat.S_IFDIR:
            return "" if is_inside else _LEADS_OUT
        if not is_readable and suffix not in PICTURES:
            return f"none of {', '.join(READABLE)}"
        if not is_inside:
            return _LEADS_OUT if is_readable else ""
        if kind != stat.S_IFREG:
            return f"it is {_KINDS.get(kind, 'no ordinary file')}"
        if suffix == ".zip":
            self.archives.append(file)
        else:
            path = f"{folder}/{file.name}" if folder else file.name
            self._paths.setdefault(unicodedata.normalize("NFC", path), path)
        return ""

    def _walk(self) -> Iterator[tuple[str, Path | LeftOut]]:
        """(folder within this one, what lies in it), and what could not be looked into."""
        refused: list[OSError] = []
        for top, folders, files in os.walk(self._folder, onerror=refused.append):
            if refused and not self._is_this(refused[0].filename):
                yield from (("", LeftOut(str(each.filename), _words_for(each), is_broken=True)) for each in refused)
                refused.clear()
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NEVER_ENTERED)
            within = os.path.relpath(top, self._folder)
            links = [name for name in folders if os.path.islink(os.path.join(top, name))]
            for name in sorted([*files, *links]):
                if not name.startswith("."):
                    yield "" if within == "." else within, Path(top, name)
        for each in refused:
            if self._is_this(each.filename):
                raise SourceError(self.name, _words_for(each))
            yield "", LeftOut(str(each.filename), _words_for(each), is_broken=True)

    def _is_this(self, path: object) -> bool:
        return str(path) == str(self._folder)


class _FileStream(io.RawIOBase):
    """An open file that closes itself when nobody holds it any more: a reader may go on long after the next file."""

    def __init__(self, descriptor: int, size: int, name: str) -> None:
        self._descriptor = descriptor
        self._size = size  # as it was when opened: what grows on is read by the next import
        self._name = name
        self._at = 0

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = os.pread(self._descriptor, min(len(view), max(0, self._size - self._at)), self._at)
        except OSError as error:
            raise SourceError(self._name, _words_for(error)) from None
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _words_for(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or "it cannot be read"
