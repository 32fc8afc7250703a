"""Names and contents → a ZIP archive in memory, whole or with a fault somebody put in."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

from newsletter.content.source import Source

TABLE_LINE = b"PK\x01\x02"
FILE = b"PK\x03\x04"


def packed(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def archive(members: Mapping[str, bytes | str], name: str = "export.zip") -> Source:
    return Source(name, io.BytesIO(packed(members)))


def with_declared_size(data: bytes, size: int) -> bytes:
    """The archive with another unpacked size in the first line of its table of contents."""
    at = data.index(TABLE_LINE) + 24
    return data[:at] + struct.pack("<L", size) + data[at + 4 :]


def with_flag(data: bytes, flag: int) -> bytes:
    """The archive whose first member bears one more flag, in its table of contents."""
    at = data.index(TABLE_LINE) + 8
    flags = struct.unpack("<H", data[at : at + 2])[0] | flag
    return data[:at] + struct.pack("<H", flags) + data[at + 2 :]


def with_method(data: bytes, method: int) -> bytes:
    at = data.index(TABLE_LINE) + 10
    return data[:at] + struct.pack("<H", method) + data[at + 2 :]
