"""The bylines, the author's box and the data of a page → its authors, with their letters, bios and photos."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from newsletter.content.bylines import MAX_BYLINE, read_byline
from newsletter.content.cleaning.picture_tags import find_picture
from newsletter.content.people import is_same_person, read_people
from newsletter.content.recognising.signs import read_author_sign, read_bio_opening
from newsletter.content.sources.html.data import PageData
from newsletter.content.sources.html.facts import Head, absolute
from newsletter.content.sources.html.places import attributes_of, bare, names_of, text_of
from newsletter.content.sources.html.tree import Element
from newsletter.content.words import MAX_NAME, is_address
from newsletter.model import Author

_BOX = re.compile(
    r"(?:.*[-_])?(?:(?:author|writer|contributor)[-_]*(?:box|bio|biography|info|card|profile|description|about|section"
    r"|block|details|wrap)|(?:about|meet)[-_]*(?:the[-_])?author|saboxplugin-wrap|abh_box|m-a-box|molongui-.*box"
    r"|wp-block-post-author|pp-author-boxes-.*|gh-author)",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:.*[-_])?(?:byline|(?:entry|post|article|blog)[-_]*author|author(?:[-_]*(?:name|link|vcard))?|(?:posted|written|submitted|created)-?(?:by)?"
    r"|vcard|fn)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"^(?:(?:written|posted|published|submitted)\s+by|geschrieben von|by|author|von|autor(?:in)?|par|por)\s*:?\s+",
    re.IGNORECASE,
)
# A name that holds one of these words (`Content Team`, `Super User`) is nobody's.
_NOBODY = set(
    "admin administrator editor editors editorial webmaster team staff author user root wordpress redaktion blog "
    "administrador administrateur".split()
)
_MIN_BOX = 60  # characters
_MAX_BOX = 4_000
_MORE = re.compile(
    r"(?:view|see|read|find|all|more|visit|follow|website|posts by|articles by|learn|book|contact)\b.{0,60}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Authors:
    people: tuple[Author, ...] = ()
    is_weak: bool = False  # what they are called is no person's name, but the site's or its admin's
    boxes: tuple[Element, ...] = ()  # where their bios stand


def read_authors(root: Element, around: set[Element], head: Head, data: PageData, site: str, base_url: str) -> Authors:
    """Who wrote the article of a page: its data name them, its byline adds letters, its box bio and photo."""
    boxes = [box for box in _boxes(root, around)]
    inside = {part for box in boxes for part in box.iter()}
    seen = [author for text in _bylines(root, around, inside) for author in _people(text)]
    said = data.authors() or tuple(author for text in _said(head) for author in _people(text))
    nobodies = {bare(name) for name in (site, head.meta("og:site_name"), *data.organisations()) if name}
    nobodies |= {bare(label) for label in (urlsplit(base_url).hostname or "").split(".") if len(label) > 3}
    people = _known([*said, *seen] if not said else [_completed(author, seen) for author in said], nobodies)
    if not people and said:
        people = _known(seen, nobodies)
    read = [(box, author) for box in boxes if (author := _read_box(box, base_url))]
    if not people:
        people = [author for _, author in read if author.name][:1]
    mine = [(box, author) for box, author in read if _belongs(author, people)]
    people = [_completed(author, [each for _, each in mine]) for author in people]
    if len(people) == 1:
        people = [_completed(people[0], [replace(each, name=people[0].name) for _, each in mine if not each.name])]
    weak = [] if people else [*said, *seen][:1]
    return Authors(tuple(people or weak), bool(weak), tuple(box for box, _ in mine))


def _people(text: str) -> tuple[Author, ...]:
    # Drupal: `Submitted by Jane Doe on Mon, 04/15/2024 - 10:32`.
    byline = read_byline(re.sub(r"^Submitted (by .+?) on .*", r"\1", text))
    if byline and (byline.authors or byline.nobody):
        return byline.authors or (Author(byline.nobody),)
    return read_people(_BY.sub("", text).strip(" |·•–—-,")) if len(text) <= MAX_BYLINE else ()


def _said(head: Head) -> list[str]:
    names = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author")
    found = [text for name in names for text in head.metas(name) if not is_address(text)]
    first = found[:1]
    return list(head.metas("author")) if first and first[0] in head.metas("author") else first


def _bylines(root: Element, around: set[Element], boxes: set[Element]) -> Iterator[str]:
    """The words of what is called a byline, those with the most on them first."""
    for element in root.iter(
        "a", "address", "span", "p", "div", "h3", "h4", "h5", "h6", "li", "cite", "em", "header", "footer"
    ):
        if element in around or element in boxes:
            continue
        is_marked = "author" in element.get("rel", "").split() or element.get("itemprop") in ("author", "creator")
        if is_marked or any(map(_BYLINE.fullmatch, names_of(element))):
            text = text_of(element)
            if 0 < len(text) <= MAX_BYLINE:
                yield text


def _known(found: Sequence[Author], nobodies: set[str]) -> list[Author]:
    """The persons among them, each once, with all that is known of each."""
    people: list[Author] = []
    for author in found:
        name = bare(author.name)
        if not name or len(author.name) > MAX_NAME or is_nobody(author.name) or name in nobodies:
            continue
        same = [index for index, other in enumerate(people) if is_same_person(other.name, author.name)]
        if same:
            people[same[0]] = _joined(people[same[0]], author)
        else:
            people.append(author)
    return people


def _completed(author: Author, others: Sequence[Author]) -> Author:
    for other in others:
        if other.name and is_same_person(author.name, other.name):
            author = _joined(author, other)
    return author


def _joined(author: Author, other: Author) -> Author:
    longer = max(author.name, other.name, key=lambda name: len(name.split()))
    return replace(
        author,
        name=author.name if len(author.name.split()) > 1 else longer,
        **{
            name: getattr(author, name) or getattr(other, name)
            for name in ("credentials", "role", "practice", "bio", "photo", "url")
        },
    )


def _belongs(author: Author, people: Sequence[Author]) -> bool:
    return not author.name or any(is_same_person(author.name, other.name) for other in people)


def is_nobody(name: str) -> bool:
    return bool(_NOBODY & set(name.casefold().split()))


# The author's box


def _boxes(root: Element, around: set[Element]) -> Iterator[Element]:
    taken: set[Element] = set()
    for element in root.iter("div", "section", "aside", "footer", "article", "address", "ul"):
        parent = element.getparent()
        if parent in taken:
            taken.add(element)
        elif element not in around and any(map(_BOX.fullmatch, names_of(element))):
            if _MIN_BOX <= len(text_of(element)) <= _MAX_BOX and element.find(".//h1") is None:
                taken.add(element)
                yield element


def _read_box(box: Element, base_url: str) -> Author | None:
    """The author a box speaks of, without a name when it says only `About the author`; None when it is no box."""
    lines = [(element, text) for element in box.iter() if (text := _own_line(element))]
    author, bio = Author(""), []
    for element, text in lines:
        if len(text) > _MIN_BOX:
            bio.append(text)
        elif not author.name and not bio:
            author = _named(text) or author
        elif (
            author.name and not author.role and not bio and element.tag not in ("a", "button") and not _MORE.match(text)
        ):
            author = replace(author, role=text)
    if not bio:
        return None
    if not author.name:
        author = read_bio_opening(bio[0]) or author
    links = (absolute(link.get("href", ""), base_url) for link in box.iter("a"))
    photos = (find_picture(attributes_of(image), base_url) for image in box.iter("img"))
    return replace(
        author,
        bio="\n\n".join(bio),
        photo=next((photo for photo in photos if is_address(photo)), ""),
        url=next((link for link in links if link and urlsplit(link).netloc == urlsplit(base_url).netloc), ""),
    )


def _own_line(element: Element) -> str:
    """The words of an element that holds words and no further block; empty for one that stands in such a line."""
    if not isinstance(element.tag, str) or (element.tag in _IN_LINE and _is_in_line(element)):
        return ""
    if any(isinstance(child.tag, str) and child.tag not in _IN_LINE for child in element):
        return ""
    return text_of(element)


_IN_LINE = {"a", "abbr", "b", "strong", "em", "i", "span", "small", "br", "img", "cite", "time", "sup", "sub", "u"}


def _is_in_line(element: Element) -> bool:
    """Whether its parent is a line: holds nothing but words and what stands within words."""
    parent = element.getparent()
    return parent is not None and all(isinstance(child.tag, str) and child.tag in _IN_LINE for child in parent)


def _named(text: str) -> Author | None:
    sign = read_author_sign(text)
    if sign is not None and sign.author is not None:
        return sign.author
    people = read_people(_BY.sub("", re.sub(r"^about\s+", "", text, flags=re.IGNORECASE)))
    return people[0] if people and len(people[0].name.split()) > 1 else None
