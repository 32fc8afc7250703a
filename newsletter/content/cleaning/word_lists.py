"""The numbered and bulleted paragraphs that Word writes → lists."""

from __future__ import annotations

import re
from html import unescape

_WORDS = r"(?:(?!</?p\b).)*+"
_ITEM = re.compile(rf"<p\b([^<>]{{0,2000}}mso-list:[^<>]*)>({_WORDS})</p>\s*", re.IGNORECASE | re.DOTALL)
_RUN = re.compile(rf"(?:<p\b[^<>]{{0,2000}}mso-list:[^<>]*>{_WORDS}</p>\s*)+", re.IGNORECASE | re.DOTALL)
_MARKER = re.compile(
    r"<span[^<>]{0,500}mso-list:\s*Ignore[^<>]*>([^<]{0,20})(?:<span[^<>]*>[^<]*</span>)?\s*</span>", re.IGNORECASE
)
_LEVEL = re.compile(r"\blevel([1-9])\b")
_NUMBER = re.compile(r"\(?\w{1,4}[.)]")


def write_lists(html: str) -> str:
    """`html` with a list for each run of such paragraphs, nested as their levels say."""
    return _RUN.sub(_list, html)


def _list(run: re.Match[str]) -> str:
    out: list[str] = []
    nested: list[str] = []
    for attributes, words in _ITEM.findall(run[0]):
        level = _LEVEL.search(attributes)
        depth = int(level[1]) if level else 1
        marker = _MARKER.search(words)
        sign = unescape(marker[1]).strip() if marker else ""
        while len(nested) > depth:
            out.append(f"</li></{nested.pop()}>")
        if len(nested) == depth:
            out.append("</li>")
        while len(nested) < depth:
            nested.append("ol" if _NUMBER.fullmatch(sign) else "ul")
            out.append(f"<{nested[-1]}>")
        out.append(f"<li>{_MARKER.sub('', words, count=1)}")
    return "".join([*out, *(f"</li></{tag}>" for tag in reversed(nested))])
