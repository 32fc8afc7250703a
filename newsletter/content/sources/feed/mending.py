"""XML as people's programs write it → the same with what is commonly wrong in it set right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5, name2codepoint

_NAMES = "|".join(sorted({*name2codepoint, "apos"}, key=len, reverse=True))
_BARE = re.compile(rf"&(?!(?:{_NAMES}|#\d{{1,7}}|#x[0-9a-fA-F]{{1,6}});)")
_OTHER_NAME = re.compile(r"&amp;([A-Za-z][A-Za-z0-9]{1,30};)")
_NUMBER = re.compile(r"&#(?:(\d{1,7})|x([0-9a-fA-F]{1,6}));")
_ROOT = re.compile(r"<[A-Za-z_][\w.:-]{0,100}")
_LONGEST = 40  # characters of a reference

_PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}


def mended(texts: Iterator[str]) -> Iterator[str]:
    """The first text is the document type, the second begins with the root; the count of lines stays."""
    yield next(texts, "")
    yield from _with_references(_with_prefixes(texts))


def _with_prefixes(texts: Iterator[str]) -> Iterator[str]:
    first = next(texts, "")
    root = _ROOT.match(first)
    if root is not None:
        tag = first[: first.find(">") + 1]
        missing = (f' xmlns:{prefix}="{uri}"' for prefix, uri in _PREFIXES.items() if f"xmlns:{prefix}" not in tag)
        first = root[0] + "".join(missing) + first[root.end() :]
    yield first
    yield from texts


def _with_references(texts: Iterator[str]) -> Iterator[str]:
    kept = ""
    for text in texts:
        text = kept + text
        # A reference may lie across the end of this piece.
        last = text.rfind("&", max(0, len(text) - _LONGEST))
        cut = last if last >= 0 and ";" not in text[last:] else len(text)
        text, kept = text[:cut], text[cut:]
        yield _mend(text)
    yield _mend(kept)


def _mend(text: str) -> str:
    text = _NUMBER.sub(_number, _BARE.sub("&amp;", text))
    return _OTHER_NAME.sub(_other_name, text)


def _number(found: re.Match[str]) -> str:
    """XML forbids most control characters, as numbers too (§2.2)."""
    code = int(found[1]) if found[1] else int(found[2], 16)
    is_allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return found[0] if is_allowed else ""


def _other_name(found: re.Match[str]) -> str:
    """`&hellip;` and the like are known to XML here; HTML 5 has many more names."""
    return html5[found[1]] if found[1] in html5 and found[1] not in ("lt;", "gt;", "amp;", "quot;") else found[0]
