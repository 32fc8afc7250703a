"""What a page says and links to → its article's categories and tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from newsletter.content.sources.html.places import names_of, text_of, words
from newsletter.content.sources.html.tree import Element
from newsletter.content.words import MAX_TOPIC

_MAX_TOPICS = 20  # of one kind; more are a cloud of all there are
_TOPICS_OF_NOBODY = {
    "uncategorized",
    "uncategorised",
    "allgemein",
    "non classé",
    "sin categoría",
    "blog",
    "posts",
    "articles",
}
_LISTED = {
    "category": re.compile(
        r"(?:cat-links|post-categories|entry-categories|posted-in|taxonomy-category"
        r"|.*-categor(?:y|ies)[-_]list.*)",
        re.IGNORECASE,
    ),
    "tag": re.compile(
        r"(?:tags-links|post-tags|entry-tags|tag-links|taxonomy-post_tag|post-labels"
        r"|field--name-field-tags)",
        re.IGNORECASE,
    ),
}


def read_topics_of(root: Element, around: set[Element], kind: str, said: Sequence[str]) -> tuple[str, ...]:
    """What the page's data call its topics (`said`), else what its links do, each once; `kind` is category or tag."""
    found: dict[str, str] = {}
    for text in said or _linked(root, around, kind):
        topic = words(text).lstrip("#")
        if topic and len(topic) <= MAX_TOPIC and topic.casefold() not in _TOPICS_OF_NOBODY:
            found.setdefault(topic.casefold(), topic)
    return tuple(found.values()) if len(found) <= _MAX_TOPICS else ()


def _linked(root: Element, around: set[Element], kind: str) -> list[str]:
    """What links near the article name as its topics: by `rel`, or by the names of the list they stand in.

    WordPress writes rel="category tag" for a category, rel="tag" for a tag.
    """
    found = []
    for link in root.iter("a"):
        rels = link.get("rel", "").lower().split()
        holders = [name for place in (link, *_nearest(link)) for name in names_of(place)]
        is_category = "category" in rels or any(map(_LISTED["category"].fullmatch, holders))
        is_tag = "tag" in rels or any(map(_LISTED["tag"].fullmatch, holders))
        if link not in around and (is_category if kind == "category" else is_tag and not is_category):
            found.append(text_of(link))
    return found


def _nearest(element: Element) -> Iterable[Element]:
    return (place for _, place in zip(range(3), element.iterancestors(), strict=False))
