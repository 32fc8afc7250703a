"""The bytes of a file that some program saved → its text, or the reason why it is none."""

from __future__ import annotations

import codecs

from subscribers.errors import UnreadableImport

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LAST_RESORT = "windows-1252"
_ALL_ENCODINGS = "text in UTF-8, UTF-16 or Windows-1252"
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; save the sheet as CSV first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV first"),
    (b"%PDF", "a PDF document"),
)


def decode(data: bytes, source: str) -> str:
    """The text of UTF-8, UTF-16 or Windows-1252 bytes, without a byte order mark. Raises UnreadableImport."""
    for start, words in _FOREIGN:
        if data.startswith(start):
            raise UnreadableImport(source, None, f"is {words}")
    text = _decoded(data, source)
    if not text or text.isspace():
        raise UnreadableImport(source, None, "is empty")
    if _is_binary(text):
        raise UnreadableImport(source, None, "is not a text file")
    return text


def _decoded(data: bytes, source: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, source)
    try:
        return data.decode(_unmarked(data))
    except UnicodeDecodeError:
        return _strictly(data, _LAST_RESORT, source)


def _unmarked(data: bytes) -> str:
    """The encoding by its look: in UTF-16, the letters of a header leave every other byte empty."""
    if len(data) >= 2 and data[0] != 0 == data[1]:
        return "utf-16-le"
    return "utf-16-be" if len(data) >= 2 and data[0] == 0 != data[1] else "utf-8"


def _strictly(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        named = f"the {encoding.upper()} it says it is" if encoding != _LAST_RESORT else _ALL_ENCODINGS
        raise UnreadableImport(source, line, f"is not {named}") from None


def _is_binary(text: str) -> bool:
    """Windows-1252 makes letters of nearly any bytes; control characters give away that they were none."""
    start = text.lstrip()[:1_000]
    header = start.partition("\n")[0]
    return any(map(_is_control, header)) or sum(map(_is_control, start)) * 20 > len(start)


def _is_control(character: str) -> bool:
    return ord(character) < 32 and character not in "\t\r\n"
