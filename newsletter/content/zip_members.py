"""A ZIP archive from anywhere → its members, read within bounds, and those that are never read, each with the reason.

Nothing is ever written or followed: a name is a key and never a path. An archive may lie about all it holds, so what
counts is the bytes that come out while reading.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import IO, TYPE_CHECKING, BinaryIO

from newsletter.content import pictures
from newsletter.content.decoding import MAX_BYTES
from newsletter.content.source import LeftOut, Source
from newsletter.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBERS = 20_000
MAX_PICTURE = pictures.MAX_BYTES

# zipfile holds about 800 bytes for each member, and the whole table of contents at once.
_MAX_CONTENTS = 8_000_000  # bytes
_MEMBER = b"PK\x01\x02"  # opens each line of the table of contents
_MAX_RATIO = 200  # text packs 20:1, rarely 50:1; deflate can do 1,032:1
_SMALL = 1_000_000  # bytes that may have any ratio
# All reading of one archive together: each member about twice, for its digest and for its draft.
_MAX_TOTAL = 1_000_000_000
_MAX_TOTAL_RATIO = 20
_CHUNK = 65_536

# bz2 and lzma give back as much at once as they like; no export and no desktop packs with them unasked.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_ARCHIVES = tuple(".zip .jar .epub .docx .xlsx .pptx .odt .7z .rar .tar .gz .tgz .bz2 .xz .zst".split())
_NO_SIGN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SILENT = ("thumbs.db", "desktop.ini")
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, OverflowError, RuntimeError, LookupError),  # from fields no one would write
)


class _TooMuch(Exception):
    """The archive asks for more than it may have."""


class ZipMembers:
    """The members that may be read, by name; the stream below stays open and is the caller's."""

    noun = "archive"

    def __init__(self, name: str, packed: zipfile.ZipFile, size: int) -> None:
        self.name = name
        self._packed = packed
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._left = _MAX_TOTAL + _MAX_TOTAL_RATIO * size
        self.left_out = tuple(self._sort_out(packed.infolist()))

    @property
    def names(self) -> Sequence[str]:
        """In alphabetical order, with `/` between folders and file."""
        return sorted(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def place(self, name: str) -> str:
        """How a person finds the member: `export.zip/posts/a.md`."""
        return f"{self.name}/{name}"

    def size(self, name: str) -> int:
        """Its bytes, as the archive says."""
        return self._members[name].file_size

    def head(self, name: str, length: int) -> bytes:
        """At most the first `length` bytes. Raises SourceError for a damaged member."""
        with self.open(name) as stream:
            return stream.read(length)

    def read(self, name: str, longest: int = MAX_BYTES) -> bytes:
        """All its bytes. Raises SourceError when they are more than `longest`, or damaged."""
        if self.size(name) > longest:
            raise SourceError(self.place(name), _too_large(self.size(name), longest))
        with self.open(name) as stream:
            return stream.read(self.size(name) + 1)

    def open(self, name: str) -> BinaryIO:
        """Its bytes as a stream that can be sought; reading it raises SourceError where the member is damaged."""
        info = self._members[name]
        try:
            packed = self._packed.open(info)
        except _DAMAGE as error:
            raise SourceError(self.place(name), _words_for(error)) from None
        return io.BufferedReader(_MemberStream(self, name, info, packed), _CHUNK)

    def _spend(self, name: str, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise SourceError(self.place(name), "the archive unpacks to far more than it should; no more of it is read")

    def _sort_out(self, infos: Sequence[zipfile.ZipInfo]) -> Iterator[LeftOut]:
        overlapping = _overlapping(infos)
        for info in infos:
            if info.filename.endswith("/") or _is_silent(info.filename):
                continue
            name = _readable_name(info)
            reason = _refusal(info, name)
            if not reason and id(info) in overlapping:
                reason = "it overlaps another member, as in archives made to fill a disk; it is not read"
            plain = unicodedata.normalize("NFC", "/".join(part for part in name.split("/") if part not in ("", ".")))
            if not reason and plain in self._members:
                reason = "the archive holds another member of that name; the first one was taken"
            if reason:
                yield LeftOut(self.place(_NO_SIGN.sub("?", name)[:300]), reason)
            else:
                self._members[plain] = info


def open_zip(source: Source) -> ZipMembers:
    """The members of `source`, whose stream must stay open for as long as any of them is read.

    Raises SourceError for what is no ZIP archive, has no end, or has more than MAX_MEMBERS members.
    """
    size = source.stream.seek(0, io.SEEK_END)
    source.stream.seek(0)
    try:
        packed = zipfile.ZipFile(_TableOfContents(source.stream))
    except _TooMuch as refusal:
        raise SourceError(source.name, str(refusal)) from None
    except _DAMAGE as error:
        words = "its table of contents cannot be read"
        if isinstance(error, zipfile.BadZipFile) and "not a zip file" in str(error):
            words = "it has no end, as after a broken download"
        raise SourceError(source.name, f"the ZIP archive is damaged: {words}") from None
    return ZipMembers(source.name, packed, size)


class _TableOfContents(io.RawIOBase):
    """The archive as zipfile reads it: small pieces, and one large one, the table of contents."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_CONTENTS:
            raise _TooMuch(f"its table of contents is too large: {_too_large(size, _MAX_CONTENTS)}")
        data = self._stream.read(_MAX_CONTENTS if size < 0 else size)
        if len(data) > _CHUNK and data.startswith(_MEMBER) and data.count(_MEMBER) > MAX_MEMBERS:
            raise _TooMuch(f"the archive has more than {MAX_MEMBERS:,} members")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class _MemberStream(io.RawIOBase):
    """What comes out of one member, counted; damage becomes a SourceError."""

    def __init__(self, members: ZipMembers, name: str, info: zipfile.ZipInfo, packed: IO[bytes]) -> None:
        self._members = members
        self._name = name
        self._info = info
        self._packed = packed

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._packed.read(min(len(view), _CHUNK))
        except _DAMAGE as error:
            raise self._error(_words_for(error)) from None
        self._members._spend(self._name, len(data))
        produced = self._packed.tell()
        if produced > _SMALL and produced > _MAX_RATIO * max(1, self._info.compress_size):
            raise self._error(f"it unpacks to more than {_MAX_RATIO} times its size, as no text does; it is not read")
        if not data and len(view) and produced < self._info.file_size:
            raise self._error("the archive is damaged: the member ends too early")
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._packed.tell()
        elif whence == io.SEEK_END:
            offset += self._info.file_size
        try:
            if offset < self._packed.tell():
                self._packed.seek(0)
            while self._packed.tell() < offset and self.readinto(bytearray(min(_CHUNK, offset - self._packed.tell()))):
                pass
            return self._packed.tell()
        except _DAMAGE as error:
            raise self._error(_words_for(error)) from None

    def tell(self) -> int:
        return self._packed.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._packed.close()
        super().close()

    def _error(self, words: str) -> SourceError:
        return SourceError(self._members.place(self._name), words)


def _overlapping(infos: Sequence[zipfile.ZipInfo]) -> set[int]:
    """The `id` of each member whose bytes, as the table of contents has them, reach into the next member's."""
    found: set[int] = set()
    in_order = sorted(infos, key=lambda info: info.header_offset)
    for info, after in pairwise(in_order):
        if info.header_offset + _LOCAL_HEADER + info.compress_size > after.header_offset:
            found.add(id(info))
    return found


_LOCAL_HEADER = 30  # bytes, the least a member has before its own


def _readable_name(info: zipfile.ZipInfo) -> str:
    """macOS writes UTF-8 without saying so; what was read as the old code page is read again."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except ValueError:
        return name


def _is_silent(name: str) -> bool:
    parts = name.split("/")
    is_hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return is_hidden or "__MACOSX" in parts or parts[-1].casefold() in _SILENT


def _refusal(info: zipfile.ZipInfo, name: str) -> str:
    """Why the member is never read; empty when it may be."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if ".." in name.split("/") or name.startswith("/") or "\\" in name or name[1:2] == ":":
        return "its name leads out of the archive; it is not read"
    if _NO_SIGN.search(name) or not name.strip(" ./"):
        return "its name is no file name; it is not read"
    if kind == stat.S_IFLNK:
        return "it is a link to another file; links are not followed"
    if kind not in (0, stat.S_IFREG):
        return "it is no ordinary file; it is not read"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted; unpack the archive with its password and import the folder"
    if name.casefold().endswith(_ARCHIVES):
        return "archives within an archive are not read; import it by itself"
    if info.compress_type not in _METHODS:
        return "it is packed by a method that is not read; pack the archive again as an ordinary ZIP"
    return ""


def _words_for(error: Exception) -> str:
    if "CRC" in str(error):
        return "the archive is damaged: the member is not what was packed (its checksum is wrong)"
    return "the archive is damaged: the member cannot be unpacked"


def _too_large(size: int, longest: int) -> str:
    return f"it is {size / 1_000_000:.1f} MB; at most {longest / 1_000_000:.0f} MB are read"
