"""An article → a Markdown file with front matter that an import reads as exactly this article again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import yaml

from newsletter.content.people import read_people
from newsletter.content.writing.body import markdown_of
from newsletter.model import Article, Author, CallToAction, Hero

PERSON = (
    "name", "credentials", "role", "practice", "bio", "photo", "url", "email",
    "active_from", "active_until", "credentials_until",
)  # fmt: skip
"""What a file says of an author."""


_KEYS = (
    "subtitle", "date", "updated", "language", "authors", "categories", "tags", "summary", "image",
    "call_to_action", "source_url", "evergreen", "seasons", "not_before", "expires", "review_by", "priority",
)  # fmt: skip


def write_markdown(article: Article, pictures: Callable[[str], str] = lambda source: source) -> str:
    """`pictures` gives the path or address that stands in the file for each picture of the article."""
    body = markdown_of(article.body_html, pictures)
    return f"---\n{_dumped(front_matter(article, pictures))}---\n\n{body}\n"


def front_matter(article: Article, pictures: Callable[[str], str] = lambda source: source) -> dict[str, Any]:
    """What is known of the article, by the keys of its front matter, in the order a person reads them."""
    said: dict[str, Any] = {
        "title": article.title,
        "subtitle": article.subtitle,
        "slug": article.slug,
        "date": article.published,
        "updated": article.updated,
        "status": str(article.status),
        "language": article.language,
        "authors": [_person(author, pictures) for author in article.authors],
        "categories": list(article.categories),
        "tags": list(article.tags),
        "summary": article.summary,
        "image": _picture(article.hero, pictures),
        "call_to_action": _parts(article.call_to_action),
        "source_url": article.source_url,
        "evergreen": article.evergreen,
        "seasons": [str(season) for season in article.seasons],
        "not_before": article.not_before,
        "expires": article.expires,
        "review_by": article.review_by,
        "priority": article.priority,
    }
    return _known(said)


def _known(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value}


def _person(author: Author, pictures: Callable[[str], str]) -> dict[str, Any]:
    person: dict[str, str | date | None] = {name: getattr(author, name) for name in PERSON}
    if author.photo:
        person["photo"] = pictures(author.photo)
    return _known(person)


def _picture(hero: Hero | None, pictures: Callable[[str], str]) -> dict[str, Any]:
    picture = _parts(hero)
    if "src" in picture:
        picture["src"] = pictures(picture["src"])
    return picture


def _parts(whole: Hero | CallToAction | None) -> dict[str, Any]:
    return {} if whole is None else _known({part.name: getattr(whole, part.name) for part in fields(whole)})


class _Dumper(yaml.SafeDumper):
    """Paragraphs as paragraphs; lists set in below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_words(self, words: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", words, style="|" if "\n" in words else None)


_Dumper.add_representer(str, _Dumper.represent_words)


def _dumped(said: Mapping[str, Any]) -> str:
    return yaml.dump(dict(said), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def write_for_editing(article: Article) -> str:
    """As `write_markdown`, for the eyes of who corrects it: without the slug, which stays, and with authors by name."""
    said = front_matter(article)
    del said["slug"]
    if article.authors:
        said["authors"] = [_byline(author.name) for author in article.authors]
    others = [key for key in _KEYS if key not in said]
    remarks = [f"# {article.slug}: this slug cannot be changed here."]
    remarks += [f"# There may also be: {', '.join(others)}."] if others else []
    head = "\n".join([*remarks, _dumped(said)])
    return f"---\n{head}---\n\n{markdown_of(article.body_html)}\n"


def _byline(name: str) -> str | dict[str, str]:
    """A name as one is written; with its key where it would be read as more than a name."""
    return name if read_people(name) in ((), (Author(name),)) else {"name": name}
