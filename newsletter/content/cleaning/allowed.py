"""The one list of what an article's HTML may contain, and what becomes of tags that are not on it."""

from __future__ import annotations

MAX_DEPTH = 12  # blocks within blocks

TABLE_PARTS = frozenset({"caption", "thead", "tbody", "tfoot", "tr", "td", "th"})
INLINE = frozenset({"a", "em", "strong", "code", "del", "sub", "sup"})
PHRASING_ONLY = frozenset({"p", "h2", "h3", "pre"})  # hold text, never a block
CONTAINERS = frozenset({"ul", "ol", "blockquote", "table", "figure"})
BLOCKS = PHRASING_ONLY | CONTAINERS | TABLE_PARTS | {"li", "figcaption"}
VOID = frozenset({"br", "hr", "img"})
ALLOWED = BLOCKS | INLINE | VOID

# Every other attribute goes. Addresses are those of content/links.py, numbers have at most four digits.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "a": ("href", "title"),
    "img": ("src", "alt", "width", "height"),
    "ol": ("start",),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan"),
}

PARENTS = {
    "li": {"ul", "ol"},
    "tr": {"table", "thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "figcaption": {"figure"},
    "caption": {"table"},
    "thead": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
}

RENAMED = {
    "h1": "h2",
    "h4": "h3",
    "h5": "h3",
    "h6": "h3",
    "b": "strong",
    "i": "em",
    "cite": "em",
    "dfn": "em",
    "var": "em",
    "s": "del",
    "strike": "del",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}

# Not kept, but text on either side of them is not one paragraph.
BOUNDARIES = frozenset(
    "div section article main header footer aside address center dl dt dd details summary fieldset button".split()
)
EMBEDDED = frozenset({"iframe", "video", "audio", "noscript"})  # become a link or a picture, or go
GONE_WITH_CONTENT = frozenset(
    "script style title noembed noframes template object applet svg math canvas select textarea xmp xml".split()
)
