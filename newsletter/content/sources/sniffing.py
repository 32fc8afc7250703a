"""The first bytes of a source, its name and its media type → which format it is read as."""

from __future__ import annotations

import re
from enum import StrEnum

from newsletter.errors import SourceError

HEAD = 65_536  # bytes looked at


class Kind(StrEnum):
    ARCHIVE = "archive"
    WORDPRESS = "wordpress"
    FEED = "feed"
    HTML = "html"
    GHOST = "ghost"
    BEEHIIV = "beehiiv"
    MARKDOWN = "markdown"
    TEXT = "text"


_ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")
_DOCUMENTS = (b"[Content_Types].xml", b"mimetypeapplication/")
_MARKDOWN_NAMES = (".md", ".markdown", ".mdown")
_TEXT_NAMES = (".txt", ".text")
_HTML_NAMES = (".html", ".htm", ".xhtml")
_FRONT_MATTER = re.compile(r"\s*(?:---|\+\+\+)[ \t]*\n")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_PROLOGUE = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w:.-]*)")
_HTML_START = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.DOTALL | re.IGNORECASE)
_FEED_ROOTS = ("rss", "feed", "rdf:rdf", "rdf")


def is_archive(head: bytes) -> bool:
    """Whether a source that begins so is a ZIP archive."""
    return head.startswith(_ARCHIVE)


def kind_of(head: bytes, name: str, media_type: str = "") -> Kind:
    """What a source is read as when nobody says it; `head` holds its first HEAD bytes.

    Raises SourceError for XML and JSON that none of the readers knows, and for documents that are archives inside.
    """
    if is_archive(head):
        if any(mark in head for mark in _DOCUMENTS):
            raise SourceError(name, "it is a Word, OpenDocument or EPUB document; save it as a web page (HTML) or text")
        return Kind.ARCHIVE
    text = _readable(head)
    lower_name = name.casefold()
    if lower_name.endswith(_MARKDOWN_NAMES) and "html" not in media_type:
        return Kind.MARKDOWN
    if _HTML_START.match(text) or lower_name.endswith(_HTML_NAMES):
        return Kind.HTML
    is_xml = text.lstrip().startswith("<?xml") or lower_name.endswith(".xml") or "xml" in media_type
    if is_xml or _root(text) in _FEED_ROOTS:
        return _kind_of_xml(text, name)
    if lower_name.endswith(".json") or "json" in media_type or text.lstrip().startswith(('{"', "{\n")):
        return _kind_of_json(head, text, name, lower_name)
    if "html" in media_type:
        return Kind.HTML
    if lower_name.endswith(".csv"):
        return _kind_of_csv(head, name)
    return Kind.MARKDOWN if _FRONT_MATTER.match(text) else Kind.TEXT


def _readable(head: bytes) -> str:
    encoding = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "latin-1")
    return head.decode(encoding, "ignore").replace("\r\n", "\n")


def _root(text: str) -> str:
    start = _PROLOGUE.match(text)
    found = _ROOT.match(text, start.end() if start else 0)
    return found[1].lower() if found else ""


def _kind_of_xml(text: str, name: str) -> Kind:
    root = _root(text)
    if root == "rss" and "wordpress.org/export/" in text:
        return Kind.WORDPRESS
    if root in _FEED_ROOTS:
        return Kind.FEED
    if root == "html":
        return Kind.HTML
    words = f"it is XML with the root <{root}>" if root else "it is XML without a root"
    raise SourceError(name, f"{words}; of XML, WordPress exports (<rss>) and feeds (<rss>, <feed>, <rdf:RDF>) are read")


def _kind_of_json(head: bytes, text: str, name: str, lower_name: str) -> Kind:
    from newsletter.content.sources.exports import ghost

    if "jsonfeed.org/version" in text:
        return Kind.FEED
    if ghost.looks_like_ghost(head):
        return Kind.GHOST
    if lower_name.endswith(_TEXT_NAMES):
        return Kind.TEXT
    raise SourceError(name, "it is JSON, but neither a JSON Feed nor a Ghost export")


def _kind_of_csv(head: bytes, name: str) -> Kind:
    from newsletter.content.sources.exports import beehiiv

    if beehiiv.looks_like_beehiiv(head):
        return Kind.BEEHIIV
    raise SourceError(name, "it is a table (CSV), but not a beehiiv export; readers are taken by `subscribers import`")
