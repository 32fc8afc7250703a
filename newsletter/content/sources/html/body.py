"""The tree of a page → the smallest element that holds its article, with trafilatura saying where its text is.

Trafilatura says WHERE, the page's own markup is what is taken: each block whose sentences it kept counts for the
elements that hold it. Its own HTML is no body for a mail: on the 20 pages in tests/unit/content/pages none of the five
captions is a caption in it, neither of the two videos is left, and of the table layout of 2004 the list and the last
sentence are missing and the menu is there. Its word decides one of these pages, the Elementor one, where nothing in the
markup tells the article from the footer; on the others, small and written for the tests as they are, our own weighing
finds the same.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from newsletter.content.sources.html.places import bare, words
from newsletter.content.sources.html.tree import Element

_IN_LINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span strike
    strong sub sup time tt u var wbr hi ref graphic
    """.split()
)
_QUICK = 8_000  # elements; above that only the first of trafilatura's ways is tried, for time's sake
_LONG = 60  # characters of a block that is surely article
_MOST = 0.9  # of the text
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n")
_MIN_SENTENCE = 12  # letters
_ROOTS = ("html", "body")


class Place(NamedTuple):
    """A piece of text: before the first part of an element, or behind an element."""

    element: Element
    is_tail: bool
    text: str


@dataclass(slots=True)
class Run:
    """Words that stand together, and the block they stand in."""

    block: Element
    places: list[Place]
    linked: int = 0  # characters that are links
    weight: int = 0  # letters that trafilatura kept
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = words("".join(place.text for place in self.places))

    @property
    def is_long(self) -> bool:
        return len(self.text) >= _LONG and self.linked * 2 < len(self.text)


@dataclass(slots=True)
class Found:
    """`weights` says of every element how much of the article it holds."""

    runs: list[Run] = field(default_factory=list)
    weights: Counter[Element] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(run.weight for run in self.runs)


def find_text(root: Element) -> Found:
    """The blocks of a page, weighed by whether they are article."""
    body = root.find("body")
    found = Found(list(runs_of(root if body is None else body)))
    kept = _kept_by_trafilatura(root)
    for run in found.runs:
        sentences = [bare(sentence) for sentence in _SENTENCE_END.split(run.text)]
        run.weight = sum(len(sentence) for sentence in sentences if sentence in kept)
    if not found.total:
        for run in found.runs:
            run.weight = len(run.text) if run.is_long else 0
    for run in found.runs:
        if run.weight:
            for place in (run.block, *run.block.iterancestors()):
                found.weights[place] += run.weight
    return found


def find_body(found: Found, root: Element) -> Element:
    """The smallest element that holds all long blocks of the article.

    When that is the whole page, the one that holds nearly all; when it holds several articles, the one that is most.
    """
    runs = [run for run in found.runs if run.weight and root in (run.block, *run.block.iterancestors())]
    if not runs:
        return root
    whole = _smallest(runs, root)
    total = sum(run.weight for run in runs)
    articles = [article for article in whole.iter("article") if article is not whole and found.weights[article]]
    if len(articles) > 1:
        largest = max(articles, key=lambda article: found.weights[article])
        if found.weights[largest] * 2 > total:
            return _smallest([run for run in runs if largest in (run.block, *run.block.iterancestors())], largest)
    elif whole.tag not in _ROOTS:
        return whole
    most = [place for place, weight in found.weights.items() if weight >= total * _MOST]
    return max(most, key=lambda place: sum(1 for _ in place.iterancestors()), default=whole)


def _smallest(runs: list[Run], root: Element) -> Element:
    """The smallest element around all long runs, but none that is a part of a paragraph, a list or a table."""
    common: list[Element] | None = None
    for run in [run for run in runs if run.is_long] or runs:
        way = [run.block, *run.block.iterancestors()]
        common = way if common is None else [place for place in common if place in set(way)]
    holding = [place for place in common or [] if place.tag not in ("p", "li", "ul", "ol", "blockquote", "tr", "tbody")]
    return holding[0] if holding else root


def runs_of(top: Element) -> Iterator[Run]:
    """The blocks of text below an element, in order; a line break parts them too."""
    places: list[Place] = []
    linked = links = 0
    blocks = [top]
    for event, element in etree.iterwalk(top, events=("start", "end")):
        is_block = element.tag not in _IN_LINE
        if is_block:
            if any(place.text.strip() for place in places):
                yield Run(blocks[-1], places, linked)
            places, linked = [], 0
        holds_blocks = is_block and element is not top and element.tag != "br"
        if event == "start":
            links += element.tag == "a"
            if holds_blocks:
                blocks.append(element)
            text = element.text if isinstance(element.tag, str) else None
        else:
            links -= element.tag == "a"
            if holds_blocks:
                blocks.pop()
            text = element.tail if element is not top else None
        if text:
            places.append(Place(element, event == "end", text))
            linked += len(text.strip()) if links else 0
    if any(place.text.strip() for place in places):
        yield Run(top, places, linked)


def _kept_by_trafilatura(root: Element) -> set[str]:
    """The letters of each sentence it takes for article; none when it finds none."""
    # Half a second, and not everybody reads pages.
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it discards, our report says
    size = sum(1 for _ in root.iter())
    try:
        document = bare_extraction(
            deepcopy(root),
            fast=size > _QUICK,
            include_comments=False,
            include_tables=True,
            include_images=True,
            include_links=True,
            include_formatting=True,
            deduplicate=False,
            with_metadata=False,
        )
    except Exception:  # a page of another's making must not end an import: our own weighing does without
        return set()
    body = getattr(document, "body", None)
    if body is None:
        return set()
    sentences = (bare(sentence) for run in runs_of(body) for sentence in _SENTENCE_END.split(run.text))
    return {sentence for sentence in sentences if len(sentence) >= _MIN_SENTENCE}
