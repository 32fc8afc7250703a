"""The tree of a page around its article → the call to action that stands right behind the article's own element."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.content.sources.html.body import runs_of
from newsletter.content.sources.html.places import names_of, text_of
from newsletter.content.sources.html.tree import Element

_NAMES = re.compile(
    r"(?:.*[-_])?(?:cta|call-?to-?action|promo|buttons?|btn)(?:[-_].*)?|et_pb_(?:cta|button|promo).*", re.IGNORECASE
)
_LONGEST = 500  # characters
_MOST_LINKS = 2


def closing_call(body: Element) -> list[Element]:
    """The first part behind `body` that calls and holds a button: what cleaning lifts from an article's end."""
    for element in _behind(body):
        text = text_of(element)
        links = [link for link in element.iter("a") if link.get("href") and text_of(link)]
        if not text or len(text) > _LONGEST or not 1 <= len(links) <= _MOST_LINKS:
            continue
        is_named = any(_NAMES.fullmatch(name) for part in element.iter() for name in names_of(part))
        has_question = any(run.text.endswith("?") and not run.linked for run in runs_of(element))
        if is_named or has_question:
            return [element]
    return []


def _behind(body: Element) -> Iterator[Element]:
    """What follows `body` and the elements that hold it, nearest first."""
    for place in (body, *body.iterancestors()):
        if place.tag in ("body", "html"):
            return
        yield from place.itersiblings()
