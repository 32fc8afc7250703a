"""The bytes of one source → the draft of its article, one file per format."""

from __future__ import annotations

from newsletter.content.decoding import decode
from newsletter.content.draft import Draft
from newsletter.content.sources.front_matter import has_front_matter
from newsletter.content.sources.markdown import read_markdown
from newsletter.content.sources.text import read_text
from newsletter.errors import SourceError

FORMATS = ("auto", "markdown", "text")
_MARKDOWN_NAMES = (".md", ".markdown", ".mdown")


def read(data: bytes, source: str, format: str = "auto") -> Draft:
    """The article in `data`; `source` names it in errors and, without any title, gives it one.

    Raises SourceError, with the line where one can be named, for what cannot be read.
    """
    if format not in FORMATS:
        raise SourceError(source, f"the format {format!r} is not known; it is one of {', '.join(FORMATS)}")
    text = decode(data, source)
    is_named_markdown = source.casefold().endswith(_MARKDOWN_NAMES)
    if format == "markdown" or (format == "auto" and (is_named_markdown or has_front_matter(text))):
        return read_markdown(text, source)
    return read_text(text, source)
