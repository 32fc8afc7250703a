"""The HTML of an export → a tree to take things out of, and HTML again for what is left."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring

from newsletter.errors import SourceError

MAX_TAGS = 100_000  # libxml2 and lxml take several hundred bytes for each
# It compares every attribute of a tag with every other.
_MAX_ATTRIBUTES = 64
_MAX_ATTRIBUTES_LENGTH = 200_000  # characters; a gallery stands in one of them

_DECLARATION = re.compile(r"<\?xml[^>]*>", re.IGNORECASE)  # lxml refuses a text that names an encoding
_ATTRIBUTE = re.compile(r"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+|(?=>)))?+")
_TAG = re.compile(rf"(</?[a-zA-Z][^\s/>]*+)((?:[\s/]++|{_ATTRIBUTE.pattern})*+)(?:>|\Z)")


def parse(html: str, place: str) -> HtmlElement:
    """The `<html>` element of a page or of a piece of one. What is nested deeper than 256 is lost.

    Raises SourceError, naming `place`, for more than MAX_TAGS tags.
    """
    text, tags = _TAG.subn(_bounded, _DECLARATION.sub("", html))
    if tags > MAX_TAGS:
        raise SourceError(place, f"its HTML has {tags:,} tags; at most {MAX_TAGS:,} are read")
    parser = HTMLParser(remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return document_fromstring(text if text.strip() else "<p></p>", parser=parser)
    except (etree.ParserError, ValueError):  # nothing but comments; a sign that XML does not know
        return document_fromstring("<p></p>", parser=parser)


def _bounded(tag: re.Match[str]) -> str:
    """The tag; without its attributes when they are a flood."""
    attributes = tag[2]
    if len(attributes) < 2 * _MAX_ATTRIBUTES:
        return tag[0]
    is_flood = len(attributes) > _MAX_ATTRIBUTES_LENGTH or len(_ATTRIBUTE.findall(attributes)) > _MAX_ATTRIBUTES
    return f"{tag[1]}>" if is_flood else tag[0]


def is_any_html(html: object) -> bool:
    """Whether there are words or a picture in it."""
    return isinstance(html, str) and ("<img" in html or bool(re.sub(r"<[^>]*+>|&nbsp;|\s", "", html)))


def body_html(tree: HtmlElement) -> str:
    """The HTML inside its `<body>`."""
    body = tree.find("body")
    return inner_html(tree if body is None else body)


def inner_html(element: HtmlElement) -> str:
    children = (str(tostring(child, encoding="unicode")) for child in element)
    text = (element.text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text + "".join(children)


def words_in(element: HtmlElement | None) -> str:
    """Its text on one line; empty without an element."""
    return "" if element is None else " ".join(str(element.text_content()).split())


def of_class(tree: HtmlElement, *names: str) -> list[HtmlElement]:
    """The elements that bear one of these classes, in the order of the page."""
    wanted = set(names)
    return [each for each in tree.iter(etree.Element) if wanted & set((each.get("class") or "").split())]


def first(elements: Iterable[HtmlElement]) -> HtmlElement | None:
    return next(iter(elements), None)


# An element that goes stays as an empty span, which no article keeps: to join the text on both sides of it anew for
# each of a thousand neighbours takes the square of their time.


def remove(elements: Iterable[HtmlElement]) -> None:
    """Takes them out; the text behind each stays."""
    for element in elements:
        element.clear(keep_tail=True)
        element.tag = "span"


def unwrap(elements: Iterable[HtmlElement], into: str = "div") -> None:
    """Keeps what stands in them, in a tag that says nothing."""
    for element in elements:
        element.attrib.clear()
        element.tag = into


def replace_by(element: HtmlElement, *others: HtmlElement) -> None:
    """Puts `others` where `element` stands; the text behind it stays."""
    for other in others:
        element.addprevious(other)
    remove([element])


def new_element(tag: str, words: str = "", **attributes: str) -> HtmlElement:
    element = HTMLParser().makeelement(tag, attributes)
    element.text = words or None
    return element


def link_paragraph(words: str, address: str) -> HtmlElement:
    paragraph = new_element("p")
    paragraph.append(new_element("a", words or address, href=address))
    return paragraph
