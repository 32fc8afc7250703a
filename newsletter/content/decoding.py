"""The bytes of a file → its text, or the sentence that says why they cannot be read."""

from __future__ import annotations

import re
from collections import Counter

from charset_normalizer import from_bytes

from newsletter.errors import SourceError

MAX_BYTES = 10_000_000  # one article

_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (Word and OpenDocument files are such archives)"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"RIFF", "a RIFF file (WebP, WAV or AVI)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_FOREIGN_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\x84\x31\x95\x33", "GB18030"),
    (b"+/v8", "UTF-7"),
)
_READ = "only UTF-8, UTF-16 and Windows-1252 are read; save it as UTF-8"
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SAMPLE = 100_000  # bytes looked at to name a foreign encoding


def decode(data: bytes, source: str) -> str:
    """The text of `data`, its line ends all `\\n`, without a byte order mark.

    Raises SourceError for an empty, binary or overlong file, and for an encoding that is not read.
    """
    _check_size(data, source)
    _check_magic(data, source)
    text = _LINE_END.sub("\n", _decoded(data, source))
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        words = f"it is a binary file: control character U+{ord(control.group()):04X}"
        raise SourceError(source, words, line)
    if not text.strip():
        raise SourceError(source, "the file is empty")
    return text


def _check_size(data: bytes, source: str) -> None:
    if len(data) > MAX_BYTES:
        size, limit = len(data) / 1_000_000, MAX_BYTES / 1_000_000
        raise SourceError(source, f"it is {size:.1f} MB; one article may be at most {limit:.0f} MB")


def _check_magic(data: bytes, source: str) -> None:
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise SourceError(source, f"it is a binary file, {name}; only text is read")
    for mark, name in _FOREIGN_MARKS:
        if data.startswith(mark):
            raise SourceError(source, f"its encoding is {name}; {_READ}")
    if b"\x1b$" in data or b"\x1b(" in data:
        raise SourceError(source, f"its encoding is ISO-2022; {_READ}")


def _decoded(data: bytes, source: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16", "UTF-16", source)
    if data.startswith(b"\xef\xbb\xbf"):
        return _strictly(data, "utf-8-sig", "UTF-8", source)
    unmarked = _unmarked_utf16(data)
    if unmarked:
        return _strictly(data, unmarked, "UTF-16", source)
    if b"\x00" in data:
        raise SourceError(source, "it is a binary file: it holds NUL bytes; only text is read")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _windows_1252(data, source, error)


def _strictly(data: bytes, codec: str, name: str, source: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise SourceError(source, f"it is marked {name}, but is broken at byte {error.start}") from None


def _unmarked_utf16(data: bytes) -> str:
    """The codec of UTF-16 without a byte order mark; empty when it is not that.

    Letters of one script share their high byte, so one half of the bytes is nearly all the same, and NUL
    (the high byte of spaces and line ends) stands in that half alone.
    """
    if len(data) % 2 or b"\x00" not in data:
        return ""
    for codec, high, low in (("utf-16-le", data[1::2], data[::2]), ("utf-16-be", data[::2], data[1::2])):
        commonest = Counter(high).most_common(1)[0][1]
        if b"\x00" in high and b"\x00" not in low and commonest * 2 >= len(high):
            return codec
    return ""


def _windows_1252(data: bytes, source: str, error: UnicodeDecodeError) -> str:
    if _is_damaged_utf8(data):
        line = data.count(b"\n", 0, error.start) + 1
        words = f"it is UTF-8, but byte 0x{data[error.start]:02X} is not; save it as UTF-8 again"
        raise SourceError(source, words, line)
    try:
        text = data.decode("windows-1252")
    except UnicodeDecodeError:
        text = ""
    if not _reads_as_western(text):
        raise SourceError(source, f"its encoding {_name_of_encoding(data)}; {_READ}")
    return text


def _is_damaged_utf8(data: bytes) -> bool:
    good = sum(not char.isascii() for char in data.decode("utf-8", "ignore"))
    bad = data.decode("utf-8", "replace").count("\ufffd")
    return good > 0 and good >= bad


_LETTERS = re.compile(r"[^\W\d_]")
_FOREIGN_LETTERS = re.compile("[À-ÖØ-öø-ÿŠŽŸšžŒœ]")
_MISPLACED = re.compile(
    # Signs that stand inside words only when the text was another encoding's: the Polish ż read as ¿.
    r"(?<=[^\W\d_])[\xa1-\xac\xae-\xb6\xb8-\xbf×÷ƒ†‡\u02c6‰€™•…\u2039\u203a\u201a\u201e\u02dc](?=[^\W\d_])"
    # A capital after a small letter: the é of DOS and old Macs.
    "|(?<=[a-zß-öø-ÿ])[ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŠŽŸŒ]"
    # Curly quotes of old Macs.
    r"|(?<!\w)[ÒÓÔ](?=[A-Z])"
)


def _reads_as_western(text: str) -> bool:
    """Windows-1252 decodes almost any bytes; only in a Western text do the results look like words."""
    high = sum(not char.isascii() for char in text)
    foreign, letters = len(_FOREIGN_LETTERS.findall(text)), len(_LETTERS.findall(text))
    return high > 0 and foreign * 2 <= letters and len(_MISPLACED.findall(text)) * 10 <= high


def _name_of_encoding(data: bytes) -> str:
    best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        return "is not recognised"
    return f"looks like {best.encoding.replace('_', '-')}"
