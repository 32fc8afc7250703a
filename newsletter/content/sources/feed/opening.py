"""The first bytes of a feed → its text from the root on, or the sentence that says what it is instead.

Nothing is parsed before this: no document type with declarations, and so no entity of the feed's own, comes through.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import name2codepoint

from newsletter.content.source import Source
from newsletter.errors import SourceError

MAX_BYTES = 50_000_000
CHUNK = 1_000_000  # bytes; expat reads a tag anew with each piece of it that comes, so pieces are large
_MAX_HEAD = 200_000  # characters before the root

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARED = re.compile(rb"""\A\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_ENCODINGS = re.compile(r"utf|iso8859|cp\d|koi8|mac|shift_jis|sjis|euc|gb|big5|hz|tis", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0 §2.2
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,100})")
_KNOWN_NAMES = "".join(
    f'<!ENTITY {name} "&#{code};">' for name, code in name2codepoint.items() if name not in ("lt", "gt", "amp", "quot")
)

_NAMED = {
    "urlset": "it is a sitemap, no feed",
    "sitemapindex": "it is a sitemap, no feed",
    "opml": "it is a list of feeds (OPML), no feed",
    "html": "it is a web page, no feed",
}
FEEDS = ("rss", "feed", "rdf")


@dataclass(frozen=True, slots=True)
class Opening:
    """A document without its declarations; `texts` begin with the root's tag and keep the count of lines."""

    root: str  # its name, lower case, without prefix
    texts: Iterator[str]


def texts_of(source: Source) -> Iterator[str]:
    """The text of a source in pieces; bytes that are none in its encoding become U+FFFD, what XML forbids is gone.

    What is no UTF-8 although it should be is Windows-1252, which old articles in a database mostly were written in.

    Raises SourceError when it has more than MAX_BYTES, after the text of those.
    """
    source.stream.seek(0)
    data = source.stream.read(CHUNK)
    encoding, skipped = _encoding_of(data, source.media_type)
    decoder = codecs.getincrementaldecoder(encoding)(_WESTERN if encoding == "utf-8" else "replace")
    size, data = len(data), data[skipped:]
    while data:
        yield _ILLEGAL.sub("", decoder.decode(data))
        data = source.stream.read(CHUNK)
        size += len(data)
        if size > MAX_BYTES:
            raise SourceError(
                source.name, f"a feed may have {MAX_BYTES // 1_000_000} MB; what stands behind is not read"
            )
    yield _ILLEGAL.sub("", decoder.decode(b"", True))


def _as_western(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_WESTERN = "newsletter-western"
codecs.register_error(_WESTERN, _as_western)


def _encoding_of(data: bytes, media_type: str) -> tuple[str, int]:
    """Its name, and how many bytes its mark has: the mark, the server's word, the declaration, UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    for start, encoding in _UNMARKED:
        if data.startswith(start):
            return encoding, 0
    said, declared = _CHARSET.search(media_type), _DECLARED.search(data[:1_000])
    name = said[1] if said else declared[1].decode("ascii") if declared else ""
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        return "utf-8", 0
    # What calls itself ASCII or Latin-1 is mostly more than that; what is no encoding of text (zlib, hex) is none.
    wider = {"ascii": "utf-8", "iso8859-1": "cp1252"}.get(encoding, encoding)
    return (wider, 0) if _ENCODINGS.match(wider) and wider != "utf-7" else ("utf-8", 0)


def open_document(source: Source) -> Opening:
    """Raises SourceError for what is no XML, and for a document type that declares entities."""
    texts = texts_of(source)
    text = ""
    for piece in texts:
        text += piece
        start = _root_start(text, source)
        if start is not None:
            break
        if len(text) > _MAX_HEAD:
            raise SourceError(source.name, f"it is no feed: no tag in its first {_MAX_HEAD:,} characters")
    else:
        words = "it is no feed: it has no tag" if text.strip() else "it is empty"
        raise SourceError(source.name, words)
    found = _ROOT.match(text, start)
    assert found is not None
    lines = "\n" * text.count("\n", 0, start)
    return Opening(found[1].rpartition(":")[2].lower(), _joined(lines, text[start:], texts))


def _joined(lines: str, text: str, rest: Iterator[str]) -> Iterator[str]:
    # So that `&nbsp;`, which XML does not know and feeds hold all the same, is a sign and no error.
    yield f"<!DOCTYPE feed [{_KNOWN_NAMES}]>{lines}"
    yield text
    yield from rest


def _root_start(text: str, source: Source) -> int | None:
    """Where the root's tag begins; None when it is not there yet."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at)
        elif text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!", at):
            end = text.find(">", at)
            _check_declaration(text, at, end, source)
        elif _ROOT.match(text, at):
            return at if len(text) > at + 200 or ">" in text[at:] else None
        else:
            end = at
        if end < 0:
            return None
        at = end + 1
    return None


def _check_declaration(text: str, start: int, end: int, source: Source) -> None:
    is_named = text.startswith(("<!ENTITY", "<!ELEMENT", "<!ATTLIST"), start)
    if is_named or text.find("[", start, end if end >= 0 else len(text)) >= 0:
        words = "its document type declares entities of its own; such feeds are not read"
        raise SourceError(source.name, words, text.count("\n", 0, start) + 1)


def what_else(root: str) -> str:
    """What an XML document is whose root is no feed's."""
    return _NAMED.get(root, f"it is XML, but no feed: its root is <{root}>; a feed's is <rss>, <feed> or <rdf:RDF>")
