"""An article, and the same after a person wrote in it → the fields that are to be corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from newsletter.content.draft import Draft
from newsletter.content.editing import AUTHORS, EDITABLE, PARTS
from newsletter.model import Article, Author


def changed_fields(before: Article | Draft, after: Draft) -> dict[str, Any]:
    """The fields that differ, by the names that `articles edit` knows them by (`hero.alt`), with their new values.

    `authors` are names, in their order: what is known of a person is no part of an article.
    """
    changed: dict[str, Any] = {}
    for name in EDITABLE:
        old, new = _value(before, name), _value(after, name)
        if old != new:
            changed[name] = new
    return changed


def _value(thing: Article | Draft, name: str) -> Any:
    whole, dot, part = name.partition(".")
    if name == AUTHORS:
        return tuple(author.name for author in thing.authors)
    value = getattr(thing, whole)
    return getattr(value or PARTS[whole](), part) if dot else value


def as_fields(article: Article, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Those changes as whole fields of the article: `hero.alt` as its hero with another alt."""
    fields: dict[str, Any] = {}
    for name, value in changed.items():
        whole, dot, part = name.partition(".")
        if dot:
            before = fields.get(whole, getattr(article, whole)) or PARTS[whole]()
            fields[whole] = replace(before, **{part: value})
        else:
            fields[name] = value
    return fields


def says_more_than_a_name(author: Author) -> bool:
    return replace(author, name="") != Author("")
