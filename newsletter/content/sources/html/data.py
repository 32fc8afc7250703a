"""The JSON-LD of a page (schema.org) → what it says of its article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from newsletter.content.people import is_credential, read_person
from newsletter.content.words import is_address
from newsletter.model import Author

Node = Mapping[str, object]

_ARTICLE = re.compile(r"(?:.*Article|.*Posting|Report|Review|HowTo|Recipe)")
_LISTS = {"Blog", "CollectionPage", "ItemList", "SearchResultsPage"}
_MAX_NODES = 10_000
# What keeps old browsers and XML from reading a script as text.
_WRAPPING = re.compile(r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?)|(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*$")


@dataclass(frozen=True, slots=True)
class PageData:
    """`article` is empty when none is described; `nodes` are all that have an @id."""

    article: Node
    nodes: Mapping[str, Node]
    is_list: bool = False

    def text(self, *names: str) -> str:
        return next(filter(None, (text_of(self.article.get(name)) for name in names)), "")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(filter(None, map(text_of, _as_list(self.article.get(name)))))

    def keywords(self) -> tuple[str, ...]:
        texts = self.texts("keywords")
        return tuple(texts[0].split(",")) if len(texts) == 1 else texts

    def picture(self) -> tuple[str, str]:
        """The address and the caption of the article's picture."""
        for name in ("image", "thumbnailUrl", "primaryImageOfPage"):
            for value in _as_list(self.article.get(name)):
                node = self.resolved(value)
                address = text_of(node.get("url")) or text_of(node.get("contentUrl"))
                if address:
                    return address, text_of(node.get("caption"))
        return "", ""

    def authors(self) -> tuple[Author, ...]:
        """The people among its authors, with what their own nodes say."""
        values = _as_list(self.article.get("author") or self.article.get("creator"))
        return tuple(filter(None, (self._author(value) for value in values)))

    def organisations(self) -> tuple[str, ...]:
        """Whom the page names as an author that is nobody, as publisher or as site."""
        values = [*_as_list(self.article.get("author")), *_as_list(self.article.get("publisher"))]
        nodes = [self.resolved(value) for value in values] + list(self.nodes.values())
        return tuple(text_of(node.get("name")) for node in nodes if _is_organisation(node))

    def resolved(self, value: object) -> Node:
        """The node that a value is, or names by its @id; a bare text becomes the address and name of one."""
        if isinstance(value, str):
            return self.nodes.get(value) or {"name": value, "url": value}
        node = value if isinstance(value, dict) else {}
        named = self.nodes.get(text_of(node.get("@id")), {})
        return {**named, **node}

    def _author(self, value: object) -> Author | None:
        node = self.resolved(value)
        name = text_of(node.get("name"))
        if not name or is_address(name) or _is_organisation(node):
            return None
        person = read_person(name) or Author(name)
        suffix = ", ".join(filter(None, map(text_of, _as_list(node.get("honorificSuffix")))))
        links = [link for key in ("url", "sameAs") for link in map(text_of, _as_list(node.get(key)))]
        image = self.resolved(next(iter(_as_list(node.get("image"))), None))
        photo = text_of(image.get("contentUrl")) or text_of(image.get("url"))
        role = text_of(node.get("jobTitle"))
        earned = role if role and all(map(is_credential, role.replace(",", " ").split())) else ""
        return Author(
            person.name,
            person.credentials or suffix or earned,
            person.role or ("" if earned else role),
            person.practice or text_of(self.resolved(node.get("worksFor")).get("name")),
            bio=text_of(node.get("description")),
            photo=photo if is_address(photo) else "",
            url=next((link for link in links if is_address(link) and link != name), ""),
        )


def read_data(scripts: Sequence[str]) -> PageData:
    """What the scripts of a page say; broken ones say nothing."""
    nodes = list(_nodes([_parsed(script) for script in scripts]))
    articles = [node for node in nodes if any(map(_ARTICLE.fullmatch, _types(node)))]
    article = max(articles, key=_telling, default={})
    page: Node = next((node for node in nodes if "WebPage" in _types(node)), {})
    names = {text_of(node["@id"]): node for node in nodes if "@id" in node and len(node) > 1}
    is_list = not articles and any(_LISTS & set(_types(node)) for node in nodes)
    return PageData(article or {key: value for key, value in page.items() if key in _OF_PAGE}, names, is_list)


_OF_PAGE = set("datePublished dateModified description inLanguage primaryImageOfPage author thumbnailUrl".split())


def _telling(node: Node) -> int:
    """How much a node says of an article: pages name related ones too, by their headlines."""
    return sum(name in node for name in ("datePublished", "author", "articleBody", "mainEntityOfPage", "image", "@id"))


def _parsed(script: str) -> object:
    try:
        return json.loads(_WRAPPING.sub("", script), strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(roots: Sequence[object]) -> Iterator[Node]:
    waiting = list(reversed(roots))
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(reversed([each for each in value.values() if isinstance(each, dict | list)]))
        elif isinstance(value, list):
            waiting.extend(reversed(value[:_MAX_NODES]))


def _types(node: Node) -> list[str]:
    return [text_of(value).rpartition("/")[2] for value in _as_list(node.get("@type"))]


def _is_organisation(node: Node) -> bool:
    types = _types(node)
    return bool(types) and "Person" not in types


def _as_list(value: object) -> list[object]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def text_of(value: object) -> str:
    """A value's words on one line; a list gives its first, a node its @value or name."""
    for _ in range(3):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("@value") or value.get("name")
    return " ".join(unescape(value).split()) if isinstance(value, str) else ""
