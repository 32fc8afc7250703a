"""The attributes of an img tag, which may load late or only track its reader → the picture it shows, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from newsletter.content.cleaning.links import is_named_spacer, kept_picture, widest

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
_TINY = {"0", "1", "2", "0px", "1px", "2px"}
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
    is_late = any(attributes.get(name) for name in (*_LATE, *_SETS))
    for name in (*_LATE, "src"):
        value = attributes.get(name)
        if not value or (is_named_spacer(value) and (is_late or is_tiny(attributes))):
            continue  # what holds the place of a picture that loads later, or of nothing
        if picture := kept_picture(value, base_url):
            return picture
    for name in _SETS:
        if (value := attributes.get(name)) and (picture := kept_picture(widest(value), base_url)):
            return picture
    return ""


def is_tracking(attributes: Mapping[str, str], picture: str) -> bool:
    """Whether it is only there to tell that somebody looked."""
    return is_tiny(attributes) or bool(_TRACKERS.match(picture))


def is_spacer(attributes: Mapping[str, str]) -> bool:
    """Whether it is too small to show anything, and only there to hold a place."""
    return is_tiny(attributes) and is_named_spacer(attributes.get("src", ""))


def is_tiny(attributes: Mapping[str, str]) -> bool:
    return attributes.get("width") in _TINY and attributes.get("height", "1") in _TINY


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
        shown = find_picture(read_attributes(picture)) if picture and fallback else ""
        if picture and fallback and (not shown or is_named_spacer(shown)):
            return parse(fallback[0]) + between
        return picture + between

    return _FALLBACK.sub(replaced, html)
