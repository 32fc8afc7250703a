"""A piece of HTML → a tree with it in one `div`, free of the characters that no tree may hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# What is no character in XML 1.0, §2.2: lxml reads some of it from HTML and then refuses to write it elsewhere.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]++)|(?P<decimal>[0-9]++));?")


def parse_fragment(html: str) -> HtmlElement:
    """The `div`. Characters that cannot be kept become U+FFFD."""
    from lxml.html import document_fromstring, fromstring  # a slow import, for those who render only

    clean = _NO_CHARACTER.sub("\ufffd", _REFERENCE.sub(_checked, html))
    # As a body, because lxml's own reading of fragments fails on one that holds <html> or <frameset>.
    body = document_fromstring(f"<html><body>{clean}</body></html>").find("body")
    if body is None:
        return fromstring("<div></div>")
    body.tag = "div"
    body.attrib.clear()
    return body


def _checked(reference: re.Match[str]) -> str:
    digits = reference["hex"] or reference["decimal"]
    # More digits than U+10FFFF has are no character either, and long ones are slow to count.
    number = int(digits, 16 if reference["hex"] else 10) if len(digits.lstrip("0")) < 9 else -1
    if not 0 < number <= 0x10FFFF or _NO_CHARACTER.match(chr(number)):
        return "\ufffd"
    return reference[0]
