"""A picture file's bytes → what it is made of, and whether it holds anything beside the picture.

Read by hand, because Pillow tells neither what it passed over nor what a decoder would have to hold at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# In a JPEG's scan 0xFF is followed by 0x00 or a restart marker (ITU T.81, B.1.1.5); otherwise a segment begins.
_NEXT_SEGMENT = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_BASELINE, _PROGRESSIVE = 0xC0, 0xC2
_TABLES = frozenset({0xC4, 0xDB, 0xDD})  # Huffman, quantisation, restart interval
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP0, _SCAN, _END, _START = 0xE0, 0xDA, 0xD9, 0xD8
_BARE_JFIF = re.compile(rb"JFIF\x00.{7}\x00\x00", re.DOTALL)  # with no thumbnail

_PNG_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_GIF_CONTROL, _GIF_APPLICATION = 0xF9, 0xFF
_GIF_EXTENSION, _GIF_FRAME, _GIF_TRAILER = 0x21, 0x2C, 0x3B
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


@dataclass(slots=True)
class Jpeg:
    """`samples` is how many numbers a pixel is stored as: 3 in full colour, 1.5 where colour is coarser."""

    is_bare: bool = False  # tables and scans alone, and nothing behind the end
    is_whole: bool = False  # the end is there
    is_held: bool = False  # a decoder has to hold the whole picture before it can give the first line
    samples: float = 3.0
    scans: int = 0


def read_jpeg(data: bytes) -> Jpeg:
    """What the segments say. Nothing is decoded."""
    jpeg = Jpeg(is_bare=True)
    frames = components = 0
    for marker, content, end in _segments(data):
        if marker in _FRAMES:
            frames += 1
            components, jpeg.samples = _sampling(content)
            jpeg.is_held |= marker == _PROGRESSIVE
            jpeg.is_bare &= marker in (_BASELINE, _BASELINE + 1, _PROGRESSIVE)
        elif marker == _SCAN:
            jpeg.scans += 1
            jpeg.is_held |= content[:1] != bytes([components])  # one scan for each colour
        elif marker == _END:
            jpeg.is_whole = True
            jpeg.is_bare &= end == len(data)
        else:
            is_plain = marker in _TABLES or (marker == _APP0 and _BARE_JFIF.fullmatch(content) is not None)
            jpeg.is_bare &= is_plain
    jpeg.is_bare &= jpeg.is_whole and frames == 1
    return jpeg


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Each marker with what belongs to it and where that ends; scans without their data."""
    at = 2
    while (found := _NEXT_SEGMENT.search(data, at)) is not None:
        marker, at = data[found.end() - 1], found.end()
        if marker == _END:
            yield marker, b"", at
            return
        if marker in (0x01, _START):
            yield marker, b"", at
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        yield marker, data[at + 2 : at + length], at + length
        at += max(length, 2)


def _sampling(frame: bytes) -> tuple[int, float]:
    """The number of components, and of samples for a pixel (ITU T.81, B.2.2)."""
    factors = [(each >> 4, each & 15) for each in frame[7::3][: frame[5] if len(frame) > 5 else 0]]
    most = max((across for across, _ in factors), default=0) * max((down for _, down in factors), default=0)
    return len(factors), sum(across * down for across, down in factors) / most if most else 4.0


def is_bare_png(data: bytes) -> bool:
    """Whether nothing but the picture and its palette is in it, and nothing behind its end."""
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        name = data[at + 4 : at + 8]
        if name not in _PNG_CHUNKS:
            return False
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if name == b"IEND":
            return at == len(data)
    return False


@dataclass(slots=True)
class Gif:
    """`bare` is the same animation without comments and what programs noted in it."""

    bare: bytes
    frames: int
    is_inside: bool  # no frame reaches beyond the whole


@dataclass(slots=True)
class _GifReader:
    """Walks through the blocks of GIF89a; an IndexError means that it is cut short."""

    data: bytes
    at: int = 13
    kept: bytearray = field(default_factory=bytearray)
    frames: int = 0
    is_inside: bool = True

    def read(self) -> Gif:
        start, self.at = 0, self.at + _colours(self.data[10])
        self._keep(start)
        while (kind := self._next_kind()) != _GIF_TRAILER:
            if kind == _GIF_FRAME:
                self._take_frame()
            elif kind == _GIF_EXTENSION:
                self._take_extension()
            else:
                raise IndexError("no block begins here")
        return Gif(bytes(self.kept) + bytes([_GIF_TRAILER]), self.frames, self.is_inside)

    def _next_kind(self) -> int:
        # Many programs leave the trailer away; browsers do not mind.
        return self.data[self.at] if self.at < len(self.data) else _GIF_TRAILER

    def _take_frame(self) -> None:
        start = self.at
        left, top, width, height = (self._number(start + offset) for offset in (1, 3, 5, 7))
        self.is_inside &= left + width <= self._number(6) and top + height <= self._number(8)
        self.at += 10 + _colours(self.data[start + 9]) + 1
        self._skip_blocks()
        self._keep(start)
        self.frames += 1

    def _take_extension(self) -> None:
        start, label = self.at, self.data[self.at + 1]
        is_loop = label == _GIF_APPLICATION and self.data[start + 3 : start + 14] in _GIF_LOOPS
        self.at += 2
        self._skip_blocks()
        if label == _GIF_CONTROL or is_loop:
            self._keep(start)

    def _skip_blocks(self) -> None:
        while size := self.data[self.at]:
            self.at += size + 1
        self.at += 1

    def _keep(self, start: int) -> None:
        if self.at > len(self.data):
            raise IndexError("it ends within a block")
        self.kept += self.data[start : self.at]

    def _number(self, at: int) -> int:
        return self.data[at] | self.data[at + 1] << 8


def _colours(flags: int) -> int:
    """Octets of the colour table that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def read_gif(data: bytes) -> Gif:
    """Its frames, and the file without the rest. Raises ValueError when it is cut short."""
    try:
        return _GifReader(data).read()
    except IndexError:
        raise ValueError("is broken or cut short") from None
