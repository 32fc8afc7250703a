"""An element of a page → its words, its names, and whether it stands around the article or in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from newsletter.content.sources.html.tree import Element

_ENOUGH = 2_000  # characters
_MAX_NAMES = 16
_MAX_NAME = 60  # characters
_AROUND = re.compile(
    r"(?:(?:.*[-_])?sidebar(?:[-_].*)?|widget|widget[-_]area|(?:.*[-_])?(?:related|tag-?cloud|navbar)(?:[-_].*)?|menu"
    r"|comments?(?:[-_].*)?|respond|(?:site|page|main|global)[-_]?(?:footer|header|nav.*)|colophon|masthead)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"hentry|h-entry|(?:entry|post|article|blog)[-_]?(?:title|body|content)|wp-block-post-content", re.IGNORECASE
)
_NO_LETTER = re.compile(r"[\W_]+")
_NO_SIGN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def words(text: str) -> str:
    """The words on one line, without signs that nobody can see."""
    return " ".join(_NO_SIGN.sub("", text).split())


def text_of(element: Element) -> str:
    """The first words of an element, up to some 2,000 characters: enough to tell what it is."""
    pieces: list[str] = []
    length = 0
    for piece in _texts(element):
        pieces.append(piece)
        length += len(piece)
        if length > _ENOUGH:
            break
    return words("".join(pieces))


def _texts(element: Element) -> Iterator[str]:
    """The text pieces of an element in order; a line break or a block parts words."""
    for event, part in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            if part.tag in _PARTING and part is not element:
                yield " "
            if isinstance(part.tag, str):
                yield part.text or ""
        elif part is not element:
            yield " " if part.tag in _PARTING else ""
            yield part.tail or ""


_PARTING = frozenset(
    "br p div li td th tr h1 h2 h3 h4 h5 h6 ul ol blockquote figcaption section article header".split()
)


def names_of(element: Element) -> list[str]:
    """The first class names of an element and its id; a name of a hundred letters tells nothing."""
    names = f"{element.get('id', '')} {element.get('class', '')}".split(maxsplit=_MAX_NAMES)[:_MAX_NAMES]
    return [name for name in names if len(name) <= _MAX_NAME]


def attributes_of(element: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.items()}


def bare(text: str) -> str:
    """What is left to compare: letters and digits, small."""
    return _NO_LETTER.sub("", text.casefold())


def find_surroundings(root: Element) -> set[Element]:
    """Every element that stands around the article: in navigation, footer, sidebar, comments.

    What holds the article itself surrounds nothing, whatever it is called (`content-sidebar-wrap`).
    """
    holding: set[Element] = set()
    for element in root.iter("article", "main", "h1", "div", "section", "h2", "h3"):
        if element.tag not in ("article", "main", "h1") and not any(map(_ARTICLE.fullmatch, names_of(element))):
            continue
        for place in (element, *element.iterancestors()):
            if place in holding:
                break
            holding.add(place)
    around: set[Element] = set()
    for element in root.iter("*"):
        parent = element.getparent()
        if parent is not None and (parent in around or _is_around(element, holding)):
            around.add(element)
    return around


def _is_around(element: Element, holding: set[Element]) -> bool:
    if element.tag == "nav":
        return True
    if element in holding:
        return False
    if element.tag in ("aside", "footer"):
        return not any(place.tag in ("article", "main") for place in element.iterancestors())
    return any(map(_AROUND.fullmatch, names_of(element)))
