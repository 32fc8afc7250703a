"""The body of an answer as it was coded for the way → its bytes, in pieces too small to hurt."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

CODINGS = "gzip, deflate"
"""What may be asked for: an Accept-Encoding."""

PIECE = 1 << 16  # bytes: the most that one piece holds, whatever a bomb would make of it

_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


class Inflater:
    """Reads one body from beginning to end. What it raises is a ValueError, in words that follow the address."""

    def __init__(self, coding: str) -> None:
        """`coding` is a Content-Encoding; an empty one and `identity` leave the bytes as they are."""
        self._coding = coding.strip().lower().removeprefix("x-") or "identity"
        if self._coding not in ("identity", "gzip", "deflate"):
            raise ValueError(f"it is coded as {self._coding[:40]!r}, which was not asked for")
        self._stream: zlib._Decompress | None = None
        self._beginning = b""  # of the coded data, until it is long enough to tell its kind
        self._has_ended = False  # once: what comes then is another part or padding
        self._is_padding = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What the next `data` of the body unfolds to; to be read to its end before the next call."""
        if self._coding == "identity":
            yield data
            return
        while True:
            if self._stream is None:
                data = self._begin(data)
            if self._stream is None:
                return
            piece = self._inflate(self._stream, data)
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                data = self._stream.unused_data
                self._stream, self._has_ended = None, True
            elif not data and len(piece) < PIECE:
                return

    def finish(self) -> None:
        """To be called after the last data. Raises ValueError when there should have been more."""
        if self._stream is not None or (self._beginning and not self._has_ended):
            raise ValueError(f"its {self._coding} data breaks off")

    def _begin(self, data: bytes) -> bytes:
        """What is to be inflated now that the kind of stream is known; nothing while it is not."""
        data, self._beginning = self._beginning + data, b""
        if self._is_padding:
            return b""
        if len(data) < 2:
            self._beginning = data
            return b""
        if self._coding == "gzip" and data.startswith(_GZIP_MAGIC):
            self._stream = zlib.decompressobj(_GZIP)
        elif self._has_ended:
            # A gzip file may be several, one after the other (RFC 1952 §2.2); anything else after the end is padding.
            self._is_padding = True
        elif self._coding == "deflate":
            # Named after a format and sent as one of two (RFC 9110 §8.4.1.2).
            self._stream = zlib.decompressobj(_ZLIB if _is_zlib(data) else _RAW)
        else:
            raise ValueError("it is said to be gzip data and is not")
        return data

    def _inflate(self, stream: zlib._Decompress, data: bytes) -> bytes:
        try:
            return stream.decompress(data, PIECE)
        except zlib.error:
            raise ValueError(f"its {self._coding} data is damaged") from None


def _is_zlib(data: bytes) -> bool:
    """RFC 1950 §2.2: the method in the first byte, a check over the first two."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
