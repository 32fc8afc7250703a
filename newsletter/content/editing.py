"""A person's corrections, or a newer source, and the article as it stands → the fields that change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from newsletter.content.cleaning import clean
from newsletter.content.draft import Draft
from newsletter.content.words import (
    MAX_NAME,
    MAX_TITLE,
    MAX_TOPIC,
    address,
    language,
    link,
    one_line,
    picture,
    refuse_controls,
)
from newsletter.errors import SourceError
from newsletter.model import Article, CallToAction, Guess, Hero, Season
from newsletter.states import IN_THE_LIBRARY, ArticleStatus

AUTHORS = "authors"
PARTS: Mapping[str, type[Hero] | type[CallToAction]] = {"hero": Hero, "call_to_action": CallToAction}
"""Fields that are objects: their parts are edited and corrected one by one, as `hero.alt`."""

_GUESSED_IN: Mapping[str, str] = {"author": AUTHORS, "heading": "body_html"}
"""What a guess speaks of, where no field has that name → the field that holds it."""


def _names(text: str) -> tuple[str, ...]:
    return _list(text, MAX_NAME)


def _topics(text: str) -> tuple[str, ...]:
    return _list(text, MAX_TOPIC)


def _list(text: str, longest: int) -> tuple[str, ...]:
    return tuple(one_line(part, longest) for part in text.split(",") if part.strip())


def _body(text: str) -> str:
    return clean(refuse_controls(text))


def _date(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a date, YYYY-MM-DD") from None


def _truth(text: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.strip().lower() not in answers:
        raise ValueError(f"{text!r} is neither yes nor no")
    return answers[text.strip().lower()]


def _number(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None
    if abs(number) > 1_000_000:
        raise ValueError("a priority lies between -1000000 and 1000000")
    return number


def _status(text: str) -> ArticleStatus:
    status = text.strip().lower()
    if status not in IN_THE_LIBRARY:
        raise ValueError(f"{text!r} is none of {', '.join(IN_THE_LIBRARY)}")
    return ArticleStatus(status)


def _title(text: str) -> str:
    if not text.strip():
        raise ValueError("an article needs a title")
    return one_line(text, MAX_TITLE)


def _seasons(text: str) -> tuple[Season, ...]:
    return tuple(Season.parse(part) for part in _topics(text))


EDITABLE: Mapping[str, Callable[[str], Any]] = {
    "title": _title,
    "subtitle": one_line,
    "summary": one_line,
    "published": _date,
    "updated": _date,
    "language": language,
    "status": _status,
    "categories": _topics,
    "tags": _topics,
    AUTHORS: _names,
    "source_url": address,
    "evergreen": _truth,
    "seasons": _seasons,
    "not_before": _date,
    "expires": _date,
    "review_by": _date,
    "priority": _number,
    "body_html": _body,
    **{f"{name}.{part}": one_line for name, kind in PARTS.items() for part in kind.__dataclass_fields__},
    "hero.src": picture,
    "call_to_action.url": link,
}
"""Every field `articles edit` knows, and how its text is read. `authors` gives names."""


def open_guesses(article: Article) -> tuple[Guess, ...]:
    """What was guessed of it and no person has corrected since, each once."""
    return tuple(guess for guess in dict.fromkeys(article.guesses) if not _is_corrected(article, guess.field))


def _is_corrected(article: Article, name: str) -> bool:
    return not article.corrected.isdisjoint({name, name.partition(".")[0], field_of(name)})


def field_of(guessed: str) -> str:
    """The whole field that holds what a guess speaks of: `authors` for `author.name`."""
    whole = guessed.partition(".")[0]
    return _GUESSED_IN.get(whole, whole)


def edit(article: Article, settings: Mapping[str, str]) -> dict[str, Any]:
    """The fields that `settings` (field name → text) change, read and checked.

    Raises SourceError that names the field.
    """
    changed: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in EDITABLE:
            raise SourceError(name, f"is not a field of an article; there are {', '.join(EDITABLE)}")
        try:
            value = EDITABLE[name](text)
        except ValueError as error:
            raise SourceError(name, str(error)) from None
        whole, dot, part = name.partition(".")
        if dot:
            before = changed.get(whole, getattr(article, whole)) or PARTS[whole]()
            changed[whole] = replace(before, **{part: value})
        else:
            changed[name] = value
    if changed.keys() & {"not_before", "expires"}:
        refuse_crossed_days(*(changed.get(name, getattr(article, name)) for name in ("not_before", "expires")))
    return changed


def refuse_crossed_days(not_before: date | None, expires: date | None) -> None:
    """Raises SourceError when no day is left on which the article may go."""
    if not_before and expires and not_before > expires:
        raise SourceError("not_before", f"{not_before} is after expires, {expires}: it could never go")


def from_source(draft: Draft, status: ArticleStatus | None) -> dict[str, Any]:
    """What a source says, as article fields. `status` overrules it when given; `authors` are objects."""
    return {
        "title": draft.title,
        "subtitle": draft.subtitle,
        "summary": draft.summary,
        "published": draft.published,
        "updated": draft.updated,
        "language": draft.language,
        "status": status or draft.status,
        "categories": draft.categories,
        "tags": draft.tags,
        "hero": draft.hero,
        "call_to_action": draft.call_to_action,
        "body_html": draft.body_html,
        "source_url": draft.source_url,
        "evergreen": draft.evergreen,
        "seasons": draft.seasons,
        "not_before": draft.not_before,
        "expires": draft.expires,
        "review_by": draft.review_by,
        "priority": draft.priority,
        "guesses": draft.guesses,
        AUTHORS: draft.authors,
    }


def newer(article: Article, fields: Mapping[str, Any], may_know_less: bool = False) -> dict[str, Any]:
    """The fields a newer source may change: all of them, but for what a person corrected.

    One that `may_know_less` than the source before it, as a site's feed does than its export, empties none.
    """
    allowed = {name: value for name, value in fields.items() if name not in article.corrected}
    if may_know_less:
        allowed = {name: value for name, value in allowed.items() if value not in ("", None, ()) or name == "guesses"}
    if not allowed.get("source_url"):
        allowed.pop("source_url", None)  # that it is nowhere on the web any more is for a person to say
    for whole, kind in PARTS.items():
        kept = {part for part in kind.__dataclass_fields__ if f"{whole}.{part}" in article.corrected}
        before = getattr(article, whole)
        if kept and before is not None and whole in allowed:
            corrections = {part: getattr(before, part) for part in kept}
            allowed[whole] = replace(allowed[whole] or kind(), **corrections)
    return allowed
