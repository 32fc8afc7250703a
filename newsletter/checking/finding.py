"""What the rules look at, a rendered issue and one copy of it, and what they give back for each fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING, Literal

from newsletter.model import Author, Newsletter
from newsletter.rendering.page import RenderedIssue
from newsletter.rendering.slots import Segments

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Severity = Literal["warn", "block"]

HTML_PART = "HTML part"
TEXT_PART = "text part"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. A block keeps the issue from being sent."""

    rule: str
    family: str
    severity: Severity
    words: str
    where: str
    mend: str


@dataclass(frozen=True)
class CheckInput:
    """A rendered issue, and one copy of it filled with a sample reader's values."""

    newsletter: Newsletter
    rendered: RenderedIssue
    html: str  # the copy's
    text: str  # the copy's
    message_size: int = 0  # bytes of the whole message; 0: it is not built yet
    missing_media: tuple[str, ...] = ()  # paths under media/ that the issue shows and the home does not have
    authors: tuple[Author, ...] = ()
    day: date | None = None  # the issue's; None: not known

    @cached_property
    def document(self) -> HtmlElement:
        """The HTML part, parsed."""
        from lxml.html import document_fromstring

        return document_fromstring(self.html if self.html.strip() else "<html></html>")

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Where every link of the HTML part leads."""
        hrefs = (link.get("href") for link in self.document.iter("a"))
        return tuple(href.strip() for href in hrefs if href is not None)

    def unsubscribe_links(self, where: str) -> tuple[str, ...]:
        """What stands in this copy where the reader's address to unsubscribe belongs."""
        if where == TEXT_PART:
            return tuple(_filled_in(self.rendered.text, self.text, "unsubscribe_url"))
        found = _filled_in(self.rendered.html, self.html, "unsubscribe_url")
        return tuple(address for address in map(unescape, found) if address in self.links)


def _filled_in(segments: Segments, copy: str, name: str) -> Iterator[str]:
    """The values of one slot, read back from a copy by what stands around them."""
    position = 0
    for index, piece in enumerate(segments):
        if isinstance(piece, str):
            found = copy.find(piece, position)
            if found < 0:
                return  # a copy of something else
            position = found + len(piece)
        elif piece.name == name:
            following = segments[index + 1] if index + 1 < len(segments) else ""
            end = copy.find(following, position) if isinstance(following, str) and following else len(copy)
            if value := copy[position : max(end, position)].strip():
                yield value


Rule = Callable[[CheckInput], Iterable[Finding]]
"""One rule of a family: a copy → what it finds wrong."""
