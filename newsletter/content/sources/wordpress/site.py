"""The first reading of a WordPress export → the site: its authors, its pictures, its address."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from newsletter.content.source import Source
from newsletter.content.sources.wordpress.xml import read_elements, short_name
from newsletter.errors import SourceError

MAX_PICTURES_TEXT = 50_000_000  # characters of addresses and words of all pictures together
_MAX_AUTHORS = 20_000
_MAX_PICTURE_WORDS = 2_000  # characters, of one caption

# What an article may need of the many facts that plugins write.
_WANTED_META = frozenset(
    "_thumbnail_id _wp_attachment_image_alt _yoast_wpseo_metadesc rank_math_description _aioseo_description "
    "_seopress_titles_desc _genesis_description _elementor_data cap-display_name cap-first_name cap-last_name "
    "cap-user_login cap-user_email cap-website cap-description".split()
)
_PICTURE = re.compile(r"\.(?:jpe?g|jfif|png|gif|webp|avif|svg|bmp|tiff?|heic)$", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")


class Picture(NamedTuple):
    """An attachment that is a picture. `words` are its caption."""

    url: str
    alt: str
    words: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may write on the site."""

    login: str
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    url: str = ""
    bio: str = ""

    @property
    def name(self) -> str:
        """As readers know them: the display name, unless it is the login or an address."""
        full = f"{self.first_name} {self.last_name}".strip()
        is_login = self.display_name.casefold() == self.login.casefold() or "@" in self.display_name
        return (full if is_login and full else self.display_name) or full or self.login


@dataclass(slots=True)
class Site:
    title: str = ""
    url: str = ""
    language: str = ""
    people: dict[str, Person] = field(default_factory=dict)  # by login in small letters
    pictures: dict[str, Picture] = field(default_factory=dict)  # by the attachment's id
    pictures_of: dict[str, list[str]] = field(default_factory=dict)  # ids of those uploaded to a post, by its id
    pictures_left_out: int = 0
    _text: int = 0

    def keep_picture(self, post_id: str, parent: str, picture: Picture) -> None:
        self._text += len(post_id) + sum(map(len, picture)) + 200
        if self._text > MAX_PICTURES_TEXT:
            self.pictures_left_out += 1
            return
        self.pictures[post_id] = picture
        if parent not in ("", "0"):
            self.pictures_of.setdefault(parent, []).append(post_id)

    def keep_person(self, person: Person) -> None:
        if person.login and len(self.people) < _MAX_AUTHORS:
            self.people[person.login.casefold()] = person


class Entry(NamedTuple):
    """An item as it stands in the export, not yet understood."""

    fields: dict[str, str]  # by short name: `wp:status`, `title`
    terms: tuple[tuple[str, str, str], ...]  # domain, nicename, name
    meta: dict[str, str]  # the wanted ones
    comments: int

    @property
    def size(self) -> int:
        """Characters it holds."""
        return sum(map(len, self.fields.values())) + sum(map(len, self.meta.values()))

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


def read_site(source: Source) -> Site:
    """What stands anywhere in the export and its posts refer to.

    A file that breaks off gives what stood before. Raises SourceError for what is no WordPress export.
    """
    site = Site()
    elements = read_elements(source.stream, source.name)
    has_begun = False
    while True:
        try:
            name, element = next(elements)
        except StopIteration:
            return site
        except SourceError:
            # The second reading comes to the same place, and says so after the last good item.
            if has_begun:
                return site
            raise
        has_begun = True
        _note(name, element, site)


def _note(name: str, element: etree._Element, site: Site) -> None:
    if name == "item":
        _note_item(element, site)
    elif name == "wp:author":
        site.keep_person(_person(_texts(element)))
    elif name == "title":
        site.title = site.title or one_line_of(element.text or "")
    elif name == "language":
        site.language = site.language or (element.text or "").strip()
    elif name == "wp:base_blog_url" or (name in ("link", "wp:base_site_url") and not site.url):
        site.url = (element.text or "").strip() or site.url


def _note_item(element: etree._Element, site: Site) -> None:
    post_type = next((child.text for child in element if short_name(child.tag) == "wp:post_type"), "")
    if post_type == "attachment":
        entry = read_entry(element)
        url = (entry.get("wp:attachment_url") or entry.get("guid")).strip()
        if _PICTURE.search(url.partition("?")[0]):
            alt = one_line_of(entry.meta.get("_wp_attachment_image_alt", ""))[:_MAX_PICTURE_WORDS]
            words = one_line_of(entry.get("excerpt:encoded"))[:_MAX_PICTURE_WORDS]
            site.keep_picture(entry.get("wp:post_id"), entry.get("wp:post_parent"), Picture(url, alt, words))
    elif post_type == "guest-author":
        site.keep_person(_guest(read_entry(element)))


def _person(fields: dict[str, str]) -> Person:
    return Person(
        login=one_line_of(fields.get("wp:author_login", "")),
        display_name=one_line_of(fields.get("wp:author_display_name", "")),
        first_name=one_line_of(fields.get("wp:author_first_name", "")),
        last_name=one_line_of(fields.get("wp:author_last_name", "")),
        email=fields.get("wp:author_email", "").strip(),
        bio=fields.get("wp:author_description", ""),
    )


def _guest(entry: Entry) -> Person:
    """Co-Authors Plus keeps those who cannot log in as posts of their own."""
    meta = entry.meta
    return Person(
        login=one_line_of(meta.get("cap-user_login", "") or entry.get("wp:post_name").removeprefix("cap-")),
        display_name=one_line_of(meta.get("cap-display_name", "") or entry.get("title")),
        first_name=one_line_of(meta.get("cap-first_name", "")),
        last_name=one_line_of(meta.get("cap-last_name", "")),
        email=meta.get("cap-user_email", "").strip(),
        url=meta.get("cap-website", "").strip(),
        bio=meta.get("cap-description", ""),
    )


def _texts(element: etree._Element) -> dict[str, str]:
    return {short_name(child.tag): child.text or "" for child in element}


def read_entry(item: etree._Element) -> Entry:
    fields: dict[str, str] = {}
    terms: list[tuple[str, str, str]] = []
    meta: dict[str, str] = {}
    comments = 0
    for child in item:
        name = short_name(child.tag)
        if name == "category":
            terms.append((child.get("domain", ""), child.get("nicename", ""), child.text or ""))
        elif name == "wp:postmeta":
            meta.update(_wanted_meta(child))
        elif name == "wp:comment":
            comments += 1
        elif child.text:
            fields.setdefault(name, child.text)
    return Entry(fields, tuple(terms), meta, comments)


def _wanted_meta(element: etree._Element) -> Iterator[tuple[str, str]]:
    fields = _texts(element)
    key = fields.get("wp:meta_key", "")
    if key in _WANTED_META and fields.get("wp:meta_value"):
        yield key, fields["wp:meta_value"]


def one_line_of(markup: str) -> str:
    """The words of a title or an excerpt: its tags gone, its entities read, on one line."""
    if "<" in markup:
        markup = _TAG.sub("", re.sub(r"<(?:br|/p|/li|/h\d|/div)\b[^<>]*>", " ", markup))
    words = html.unescape(markup) if "&" in markup else markup
    return " ".join(_UNSEEN.sub("", words).split())


_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\ufeff\ud800-\udfff\ufffe\uffff]")
