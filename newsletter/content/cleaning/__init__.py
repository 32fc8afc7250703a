"""Anyone's HTML → the HTML an article may contain, and in words what was left out of it.

Floods of tags are bounded, nh3 parses as a browser does, and what remains is written anew: each tag and attribute by
us, and only those of content/allowed.py. What the parser lets through is not yet safe; what is written is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import nh3

from newsletter.content.cleaning.allowed import ALLOWED, BOUNDARIES, EMBEDDED, GONE_WITH_CONTENT, INLINE, RENAMED
from newsletter.content.cleaning.block_writer import BlockWriter
from newsletter.content.cleaning.bounding import MAX_TAGS, bounded
from newsletter.content.cleaning.furniture import furniture_kind
from newsletter.content.cleaning.links import kept_link
from newsletter.content.cleaning.picture_tags import (
    ATTRIBUTES,
    emoji,
    find_picture,
    is_spacer,
    is_tracking,
    read_attributes,
    use_fallbacks,
)
from newsletter.content.cleaning.players import join_links, link_players, write_embeds
from newsletter.content.cleaning.word_lists import write_lists

_FEW_TAGS = 1_000  # so many cannot keep a parser busy, however they are nested
_FEW_ENTITIES = 5_000  # in one run of text; nh3 needs 20 s for 1,000,000
_MAX_GROWTH = 4  # a parser repeats unclosed emphasis in every block
# The parser hands these on only to have them counted: the walk writes no address with one.
_LEAD_NOWHERE = frozenset("javascript vbscript data tel sms ftp file about blob".split())

_parser = nh3.Cleaner(
    tags=set(ALLOWED | set(RENAMED) | BOUNDARIES | EMBEDDED | {"span", "form", "nav", "q", "source"}),
    clean_content_tags=set(GONE_WITH_CONTENT),
    attributes={
        "*": {"class", "id", "style"},
        "a": {"href", "title"},
        "img": set(ATTRIBUTES),
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        "table": {"role"},
        "iframe": {"src", "title", "data-src", "data-lazy-src", "data-litespeed-src", "data-cmp-src"},
        "video": {"src", "title", "data-src"},
        "audio": {"src", "title", "data-src"},
        "source": {"src"},
    },
    link_rel=None,
    url_schemes={"http", "https", "mailto", *_LEAD_NOWHERE},
)
# As the parser writes them; `>` inside a value is an entity.
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_NAMES = re.compile(r' (?:class|id)="([^"]*)"')
_STYLE = re.compile(r' style="([^"]*)"')
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")
_ITALIC = re.compile(r"font-style\s*:\s*(?:italic|oblique)")
_NORMAL = re.compile(r"(?<![\w-])font-(?:weight|style)\s*:\s*(?:normal|[1-4]00)")
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:\?[^#]*)?$", re.IGNORECASE)
_NUMBER = re.compile("[0-9]{1,4}")
# An inline picture of many kilobytes: nothing of it is kept, and no parser need look at it.
_ENTITIES = re.compile(rf"(?s:[^&]*+(?:&[^&]*+){{1,{_FEW_ENTITIES}}}+)|[^&]++")
_INLINE_DATA = re.compile(r"data:[a-z]+/[\w.+-]+;base64,[A-Za-z0-9+/=%]*", re.IGNORECASE)
_ACTIVE = re.compile(r"<(script|style|svg|math|object|embed|applet|canvas|template)\b", re.IGNORECASE)
_ACTIVE_WORDS = {
    "svg": "drawing",
    "math": "formula",
    "script": "script",
    "style": "style sheet",
    "canvas": "drawing",
    "template": "template",
}

# What a source wraps around a block that can stand by itself.
_UNWRAPPED = frozenset(
    "wp-block-embed wp-block-gallery wp-block-table wp-block-video wp-block-audio wp-block-pullquote kg-bookmark-card "
    "kg-embed-card blocks-gallery-grid tiled-gallery gallery".split()
)
_CAPTIONED = "wp-caption"
_CAPTION = frozenset({"wp-caption-text", "wp-caption-dd"})
_FORM_WITH_ARTICLE = 1_000  # characters; some sites wrap a whole page in a form
_MOST = 0.6  # of a page; so much is no furniture, whatever it is called
_MANY_WORDS = 2_000

_MANY = {
    "list of related posts": "lists of related posts",
    "table of contents": "tables of contents",
    "picture without an address": "pictures without an address",
    "link that leads nowhere": "links that lead nowhere",
    "hidden text": "hidden texts",
}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`removed` counts by kind what was left out; a link that leads nowhere left its words."""

    html: str
    removed: Mapping[str, int]
    http_pictures: tuple[str, ...] = ()  # addresses a mail program may refuse to show

    def notes(self) -> tuple[str, ...]:
        """For a report: `left out: 3 scripts, 1 share bar`."""
        notes = [f"left out: {', '.join(_counted(kind, count) for kind, count in self.removed.items())}"]
        if count := len(self.http_pictures):
            notes.append(f"{_counted('picture', count)} fetched without encryption (http)")
        return tuple(notes[not self.removed :])


def _counted(kind: str, count: int) -> str:
    return f"{count} {kind if count == 1 else _MANY.get(kind, f'{kind}s')}"


def clean(html: str, base_url: str = "") -> str:
    """The part of `html` that an article may contain. Cleaning it again changes nothing.

    Links are http, https or mailto; a relative one needs `base_url`. Pictures are http, https or, where no `base_url`
    is known, a relative path, kept as it is for the library to find. Text, `{{` too, stays as it is.
    """
    return cleaned(html, base_url).html


def cleaned(html: str, base_url: str = "") -> Cleaned:
    """The same, with what was left out."""
    removed = Counter(_ACTIVE_WORDS.get(name.lower(), "embedded object") for name in _ACTIVE.findall(html))
    if "base64," in html:
        html = _INLINE_DATA.sub("data:,", html)
    if "mso-list:" in html:
        html = write_lists(html)
    walk = _Walk(_prepared(_parsed(html), base_url, removed), base_url, removed)
    article = walk.written()
    if article.count("<") > MAX_TAGS:  # such a flood keeps its words alone
        article = _Walk(_parser.clean(_TAG.sub(" ", article)), base_url, removed).written()
    if "<figure>http" in article:  # the address of a video, free of the tags that stood around it
        article = write_embeds(article, base_url)
    article = join_links(article)
    pictures = tuple(dict.fromkeys(walk.http_pictures))
    return Cleaned(article, {kind: count for kind, count in removed.items() if count}, pictures)


def _parsed(html: str) -> str:
    if html.count("&") > _FEW_ENTITIES:
        html = "<wbr>".join(_ENTITIES.findall(html))  # a tag that goes, and begins a new run of text
    tags = html.count("<")
    if tags <= _FEW_TAGS:
        parsed = _parser.clean(html)
        if parsed.count("<") <= max(tags, 100) * _MAX_GROWTH:
            return parsed
    return _parser.clean(bounded(html))


def _prepared(parsed: str, base_url: str, removed: Counter[str]) -> str:
    """With a picture or a link where a browser would show, only later, what is embedded."""
    if "<noscript" in parsed:
        parsed = use_fallbacks(parsed, _parser.clean)
    if "<figure" in parsed:
        parsed = write_embeds(parsed, base_url)
    if "<iframe" in parsed or "<video" in parsed or "<audio" in parsed:
        parsed = link_players(parsed, base_url, removed)
    return parsed


class _Walk:
    """Goes through what the parser wrote, tag by tag, and hands on what an article may contain."""

    def __init__(self, parsed: str, base_url: str, removed: Counter[str]) -> None:
        self._base_url = base_url
        self._removed = removed
        self._length = len(parsed)
        # Text, `/` or "", name, attributes, text, …
        self._pieces = _TAG.split(parsed)
        self._writer = BlockWriter()
        self._open: list[str] = []
        self.http_pictures: list[str] = []

    def written(self) -> str:
        pieces, writer, opened = self._pieces, self._writer, self._open
        at, end = 0, len(pieces) - 1
        while True:
            if text := pieces[at]:
                # The parser writes both as entities, but for what stands in an iframe or a noscript.
                is_text = "<" not in text and ">" not in text
                writer.text(text if is_text else text.replace("<", "&lt;").replace(">", "&gt;"))
            if at >= end:
                return writer.html()
            tag = pieces[at + 2]
            if pieces[at + 1]:
                # What is embedded was cut out before, and may have left an end behind.
                if tag == "q" and tag in opened:
                    writer.text("”")
                if tag in opened:
                    while opened.pop() != tag:
                        writer.end()
                    writer.end()
            elif tag in ("br", "hr", "img"):
                self._void(tag, pieces[at + 3])
            elif tag not in EMBEDDED and tag != "source":
                at = self._start(tag, pieces[at + 3], at)
            at += 4

    def _void(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self._writer.line_break()
        elif tag == "hr":
            self._writer.rule()
        else:
            self._picture(read_attributes(attributes))

    def _picture(self, attributes: dict[str, str]) -> None:
        if sign := emoji(attributes):
            self._writer.text(_escaped(sign))
            return
        picture = find_picture(attributes, self._base_url)
        if is_spacer(attributes):
            self._removed["spacer picture"] += 1
        elif is_tracking(attributes, picture):
            self._removed["tracking picture"] += 1
        elif not picture:
            self._removed["picture without an address"] += 1
        else:
            if picture.startswith("http://"):
                self.http_pictures.append(picture)
            self._writer.picture(_written_tag("img", {**attributes, "src": picture}, ("src", "alt", "width", "height")))

    def _start(self, tag: str, attributes: str, at: int) -> int:
        """Takes one start tag; returns where the walk goes on, behind what is left out with it."""
        names: list[str] = []
        if attributes:
            names = " ".join(_NAMES.findall(attributes)).split()
            kind = furniture_kind(" ".join(names)) if names else ""
            kind = kind or ("page navigation" if tag == "nav" else "")
            if kind:
                after = self._end_of(tag, at)
                if self._is_furniture(at, after):
                    self._removed[kind] += 1
                    return after
        if tag == "form" or tag == "nav":
            after = self._end_of(tag, at)
            if tag == "nav" or not self._holds_article(at, after):
                self._removed["form" if tag == "form" else "page navigation"] += 1
                return after
        self._open.append(tag)
        self._open_tag(RENAMED.get(tag, tag), attributes, names, at)
        return at

    def _open_tag(self, tag: str, attributes: str, names: list[str], at: int) -> None:
        writer = self._writer
        if tag == "a":
            self._link(read_attributes(attributes), at)
        elif tag == "span" or tag in INLINE:
            writer.start_inline(*self._emphasis(tag, attributes))
        elif tag == "q":
            writer.text("“")
            writer.start_inline()
        elif tag in ("ol", "td", "th"):
            writer.start(tag, _written_tag(tag, read_attributes(attributes), ("start", "colspan", "rowspan")))
        elif names and (instead := _instead(tag, names)):
            writer.start(instead, f"<{instead}>")
        elif tag == "table" and ' role="presentation"' in attributes:
            writer.start("div", "")
        elif tag in ("form", "nav"):
            writer.start("div", "")
        else:
            writer.start(tag, f"<{tag}>")

    def _emphasis(self, tag: str, attributes: str) -> list[tuple[str, str]]:
        style = _STYLE.search(attributes) if attributes else None
        tags = [] if tag == "span" else [tag]
        if style:
            if tag == "strong" and _NORMAL.search(style[1]) and not _BOLD.search(style[1]):
                tags = []  # what Google Docs wraps around all it copies
            if tag == "span" and self._writer.top not in ("h2", "h3"):
                tags += ["strong"] * bool(_BOLD.search(style[1])) + ["em"] * bool(_ITALIC.search(style[1]))
        return [(each, f"<{each}>") for each in tags]

    def _link(self, attributes: dict[str, str], at: int) -> None:
        href = attributes.get("href", "")
        link = kept_link(href, self._base_url) if href else ""
        if href and not link:
            self._removed["link that leads nowhere"] += 1
        if link and _IMAGE_FILE.search(link) and self._is_picture_next(at):
            link = ""  # what it shows larger is the picture itself
        if link:
            self._writer.start_inline(("a", _written_tag("a", {**attributes, "href": link}, ("href", "title"))))
        else:
            self._writer.start_inline()

    def _is_picture_next(self, at: int) -> bool:
        pieces = self._pieces
        while not pieces[at + 4].strip() and at + 8 < len(pieces):
            at += 4
            if pieces[at + 2] == "img":
                return True
            if pieces[at + 1] or pieces[at + 2] not in ("div", "span", "source"):
                return False
        return False

    def _end_of(self, tag: str, at: int) -> int:
        """Where the end tag of the start tag at `at` stands."""
        pieces, depth = self._pieces, 1
        for place in range(at + 4, len(pieces) - 1, 4):
            if pieces[place + 2] == tag:
                depth += -1 if pieces[place + 1] else 1
                if not depth:
                    return place
        return len(pieces) - 5

    def _is_furniture(self, at: int, after: int) -> bool:
        words = self._words(at, after)
        return words < _MANY_WORDS or words < self._length * _MOST

    def _holds_article(self, at: int, after: int) -> bool:
        return self._words(at, after) > _FORM_WITH_ARTICLE

    def _words(self, at: int, after: int) -> int:
        return sum(map(len, self._pieces[at + 4 : after + 1 : 4]))


def _instead(tag: str, names: list[str]) -> str:
    """What a tag with these names stands for; empty when it is itself."""
    if not _UNWRAPPED.isdisjoint(names):
        return "div"
    if _CAPTIONED in names and tag in ("div", "dl"):
        return "figure"
    return "figcaption" if not _CAPTION.isdisjoint(names) and tag in ("p", "dd", "div") else ""


def _written_tag(tag: str, attributes: Mapping[str, str], names: tuple[str, ...]) -> str:
    kept = "".join(
        f' {name}="{_escaped(attributes[name])}"'
        for name in names
        if name in attributes and (name in ("href", "title", "src", "alt") or _NUMBER.fullmatch(attributes[name]))
    )
    return f"<{tag}{kept}>"


def _escaped(value: str) -> str:
    return escape(value)
