"""An article's cleaned HTML → the blocks a mail can carry: own pictures, whole links, places to cut at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

from newsletter.rendering.fragments import parse_fragment
from newsletter.rendering.slots import SCHEMES

if TYPE_CHECKING:
    from lxml.html import HtmlElement

PICTURE_WIDTH = 536
"""Pixels; Outlook draws a picture that says no width at its full size, however wide."""

_BLOCKS = frozenset(
    "address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5"
    " h6 header hr main nav ol p pre section table ul".split()
)
# Cleaning takes these out when an article comes in; one that got past it would swallow the rest of the page.
_FOREIGN = frozenset(
    "base body button embed frame frameset head html iframe input link math meta noembed noframes noscript"
    " object option plaintext script select source style svg template textarea title xmp".split()
)
_HEADINGS = re.compile(r"<h[1-6][ >]", re.IGNORECASE)
_LOADING = ("srcset", "sizes", "loading", "background", "ping", "longdesc")
_SENTENCE_END = re.compile(r"[.!?…。]['\"”’)]*\s")


class Media:
    """The pictures a page may load: those under our own address, and over https those of our own domain."""

    def __init__(self, base_url: str, own_domain: str = "") -> None:
        self._base_url = base_url.rstrip("/")
        self._own_domain = own_domain.lower()
        self._used: dict[str, None] = {}
        self._dropped: dict[str, None] = {}

    @property
    def used(self) -> tuple[str, ...]:
        """The paths under `media/` that were asked for, in order."""
        return tuple(self._used)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The sources that were asked for and are not ours to load, in order."""
        return tuple(self._dropped)

    def address(self, source: str) -> str:
        """The absolute address of a picture; empty for one that is not ours to load."""
        source = source.strip()
        path = normpath(unquote(source.removeprefix("/")))
        if path.startswith("media/") and "\\" not in path:
            self._used[path] = None
            return f"{self._base_url}/{quote(path.removeprefix('media/'))}"
        if source.startswith(self._base_url + "/") or self._is_own(source):
            return source
        if source:
            self._dropped[source] = None
        return ""

    def _is_own(self, source: str) -> bool:
        try:
            parts = urlsplit(source)
            host = (parts.hostname or "").lower()
        except ValueError:  # an address with broken brackets
            return False
        return parts.scheme == "https" and bool(self._own_domain) and f".{host}".endswith(f".{self._own_domain}")


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks of an article from top to bottom, each whole HTML, and the number of its words."""

    blocks: tuple[str, ...]
    words: int


def prepare_body(html: str, media: Media, source_url: str) -> Body:
    """Pictures that are not ours become links or their alternative text; links are made whole."""
    from lxml.html import tostring

    root = parse_fragment(html)
    for element in list(root.iterdescendants()):
        _make_portable(element, media, source_url)
    words = sum(len(text.split()) for text in root.itertext())
    blocks = tuple(tostring(block, encoding="unicode", with_tail=False) for block in _blocks(root))
    return Body(blocks, words)


def without_last_headings(blocks: tuple[str, ...]) -> tuple[str, ...]:
    """The same blocks, not ending in a heading: nothing would stand below it."""
    while blocks and _HEADINGS.match(blocks[-1]):
        blocks = blocks[:-1]
    return blocks


def shorten(block: str, budget: int) -> str:
    """The beginning of one block, at most about `budget` characters, cut after a sentence where it can be."""
    from lxml.html import tostring

    root = parse_fragment(block)
    _keep(root, budget)
    return "".join(tostring(child, encoding="unicode") for child in root)


def _keep(element: HtmlElement, budget: int) -> int:
    """Drops from an element what lies beyond the budget, in reading order; gives back what is left of it."""
    element.text, budget = _kept(element.text, budget)
    for child in list(element):
        if budget <= 0:
            element.remove(child)
            continue
        budget = _keep(child, budget - len(child.tag) * 2 - 5) if isinstance(child.tag, str) else budget
        child.tail, budget = _kept(child.tail, budget)
    return budget


def _kept(text: str | None, budget: int) -> tuple[str | None, int]:
    if not text or len(text) <= budget:
        return text, budget - len(text or "")
    start = text[: max(budget, 0)]
    ends = [match.end() for match in _SENTENCE_END.finditer(start)]
    if ends:
        return start[: ends[-1]].rstrip(), 0
    words, space, _ = start.rpartition(" ")
    return ((words if space else start) + " …" if start else ""), 0


def _make_portable(element: HtmlElement, media: Media, source_url: str) -> None:
    if not isinstance(element.tag, str):
        return
    if element.tag in _FOREIGN:
        element.drop_tree()
        return
    for name in _LOADING:
        element.attrib.pop(name, None)
    if "url(" in element.get("style", "").lower():
        del element.attrib["style"]
    if element.tag == "img":
        _place_picture(element, media)
    elif element.tag == "a" and element.get("href") is not None:
        _complete_link(element, source_url)
    elif element.tag == "table" and not any(True for _ in element.iterancestors("table")):
        _let_scroll(element)


def _place_picture(image: HtmlElement, media: Media) -> None:
    source, alt = image.get("src", ""), image.get("alt", "").strip()
    address = media.address(source)
    if address:
        image.set("src", address)
        image.set("alt", alt)
        image.attrib.pop("height", None)
        if _is_narrow(image.get("width", "")):
            # It has more pixels than that, for fine screens: a look that lets it grow would show them all.
            image.set("style", f"width:{image.get('width', '').strip().removesuffix('px')}px")
        else:
            image.set("width", str(PICTURE_WIDTH))
        return
    image.attrib.clear()
    if source.lower().startswith(("http://", "https://")) and not any(True for _ in image.iterancestors("a")):
        image.tag = "a"
        image.set("href", source)
        image.text = alt or "Picture"
    else:
        image.tag = "span"
        image.text = alt


def _is_narrow(width: str) -> bool:
    width = width.strip().removesuffix("px")
    return width.isdecimal() and 0 < int(width) < PICTURE_WIDTH


def _complete_link(link: HtmlElement, source_url: str) -> None:
    address = link.get("href", "").strip()
    if address.startswith("#"):
        return
    try:
        address = urljoin(source_url, address)
    except ValueError:
        address = ""
    if address.lower().startswith(SCHEMES):
        link.set("href", address)
    else:
        link.drop_tag()


def _let_scroll(table: HtmlElement) -> None:
    """A frame around the table, so that a wide one moves sideways by itself and not with the whole page."""
    parent = table.getparent()
    if parent is None:
        return
    frame = table.makeelement("div", {"class": "scroll"})
    frame.tail, table.tail = table.tail, None
    parent.replace(table, frame)
    frame.append(table)


def _blocks(root: HtmlElement) -> Iterator[HtmlElement]:
    """The children of `root`; loose text and inline elements between them in paragraphs of their own."""
    paragraph = _paragraph(root, root.text)
    for child in list(root):
        tail, child.tail = child.tail, None
        if child.tag in _BLOCKS:
            if _has_content(paragraph):
                yield paragraph
            yield child
            paragraph = _paragraph(root, tail)
        else:
            paragraph.append(child)
            child.tail = tail
    if _has_content(paragraph):
        yield paragraph


def _paragraph(root: HtmlElement, text: str | None) -> HtmlElement:
    paragraph = root.makeelement("p", {})
    paragraph.text = text
    return paragraph


def _has_content(paragraph: HtmlElement) -> bool:
    return bool(paragraph.text_content().strip()) or paragraph.find(".//img") is not None
