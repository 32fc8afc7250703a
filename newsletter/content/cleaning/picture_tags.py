"""The attributes of an img tag, which may load late or only track its reader → the picture it shows, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from newsletter.content.cleaning.links import kept_picture, widest

# Where plugins and site builders keep the address that a script puts into `src` later; the first that holds one wins.
_LATE = ("data-lazy-src", "data-src", "data-original", "data-actualsrc", "data-image", "data-hi-res-src")
_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
ATTRIBUTES = frozenset({"src", "alt", "width", "height", "class", *_LATE, *_SETS})

_TRACKERS = re.compile(
    r"https?://(?:pixel\.wp\.com|stats\.wordpress\.com|b\.stats\.|www\.facebook\.com/tr\b|feeds\.feedburner\.com/~"
    r"|www\.google-analytics\.com|pixel\.quantserve\.com|medium\.com/_/stat|sb\.scorecardresearch\.com"
    r"|[^/]+/(?:open|track(?:ing)?)/pixel)",
    re.IGNORECASE,
)
_TINY = {"0", "1", "2", "0px", "1px"}
_FALLBACK = re.compile(
    r"(?:(?P<picture><img(?: [^>]*)?>)(?P<between>(?:\s|</(?:span|a|div)>)*+))?"
    r"<noscript[^>]*>(?P<content>.*?)</noscript>",
    re.DOTALL,
)
_PICTURE = re.compile(r"<img\s[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r' ([a-z][\w:-]*)="([^"]*)"')


def read_attributes(text: str) -> dict[str, str]:
    """The attributes of a tag as the parser writes them."""
    found = dict(_ATTRIBUTE.findall(text))
    return {name: unescape(value) for name, value in found.items()} if "&" in text else found


def find_picture(attributes: Mapping[str, str], base_url: str = "") -> str:
    """Its address; empty when there is none an article may hold."""
    for name in (*_LATE, "src"):
        if (value := attributes.get(name)) and (picture := kept_picture(value, base_url)):
            return picture
    for name in _SETS:
        if (value := attributes.get(name)) and (picture := kept_picture(widest(value), base_url)):
            return picture
    return ""


def is_tracking(attributes: Mapping[str, str], picture: str) -> bool:
    """Whether it is only there to tell that somebody looked."""
    is_tiny = attributes.get("width") in _TINY and attributes.get("height", "1") in _TINY
    return is_tiny or bool(_TRACKERS.match(picture))


def emoji(attributes: Mapping[str, str]) -> str:
    """The sign that a picture stands for, as WordPress draws them; empty for every other picture."""
    alt = attributes.get("alt", "")
    is_drawn = {"emoji", "wp-smiley"} & set(attributes.get("class", "").split()) and len(alt) <= 12
    return alt if is_drawn else ""


def use_fallbacks(html: str, parse: Callable[[str], str]) -> str:
    """`html`, as `parse` wrote it, with the picture of a noscript in place of the one before it that shows none."""

    def replaced(found: re.Match[str]) -> str:
        picture, between = found["picture"] or "", found["between"] or ""
        fallback = _PICTURE.search(found["content"])
        if picture and fallback and not find_picture(read_attributes(picture)):
            return parse(fallback[0]) + between
        return picture + between

    return _FALLBACK.sub(replaced, html)
