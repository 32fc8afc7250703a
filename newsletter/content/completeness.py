"""An article and the calls to action at hand → what keeps it from being sent, and what mends it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from newsletter.content.reading import has_words
from newsletter.model import DEFAULT_CALL_TO_ACTION, Article, CallToAction
from newsletter.states import ArticleStatus

A_DAY = timedelta(days=1)


def with_missing(article: Article, calls_to_action: Mapping[str, CallToAction]) -> Article:
    """The article, with what it lacks to be sent, and what from the day on after each author's last one."""
    of_itself = _missing_of_itself(article)
    last_days = {author.active_until for author in article.authors}
    days = sorted((day + A_DAY for day in last_days if day and day < date.max), reverse=True)
    return replace(
        article,
        missing=(*of_itself, *_missing_of_call(article, calls_to_action, None)),
        missing_from=tuple((day, (*of_itself, *_missing_of_call(article, calls_to_action, day))) for day in days),
    )


def missing(article: Article, calls_to_action: Mapping[str, CallToAction]) -> tuple[str, ...]:
    """What the article lacks to be sent: `title`, `body`, `author`, `bio`, `call_to_action.url` …"""
    return with_missing(article, calls_to_action).missing


def _missing_of_itself(article: Article) -> tuple[str, ...]:
    absent: list[str] = []
    if not article.title.strip():
        absent.append("title")
    if not has_words(article.body_html) and "<img" not in article.body_html:
        absent.append("body")
    if article.status is ArticleStatus.LETTER:
        return tuple(absent)
    if not any(author.name.strip() for author in article.authors):
        absent.append("author")
    elif any(not author.bio.strip() for author in article.authors):
        absent.append("bio")
    return tuple(absent)


def _missing_of_call(
    article: Article, calls_to_action: Mapping[str, CallToAction], day: date | None
) -> tuple[str, ...]:
    if article.status is ArticleStatus.LETTER and article.call_to_action is None:
        return ()
    call = merged_call_to_action(article, calls_to_action, day)
    return tuple(f"call_to_action.{name}" for name in call.missing)


def merged_call_to_action(
    article: Article, calls_to_action: Mapping[str, CallToAction], day: date | None = None
) -> CallToAction:
    """The article's own, each field it lacks taken from its first author's, then from `default`.

    Nobody is asked to book with an author who has left by `day`. A letter has its own or none.
    """
    own = article.call_to_action or CallToAction()
    if article.status is ArticleStatus.LETTER:
        return own
    there = [author for author in article.authors if not (day and author.active_until and author.active_until < day)]
    authors = calls_to_action.get(there[0].call_to_action) if there else None
    return own.or_else(authors).or_else(calls_to_action.get(DEFAULT_CALL_TO_ACTION))


def explain_missing(article: Article, missing: Sequence[str]) -> str:
    """One sentence for each thing that is missing, with the command that mends it; empty when nothing is."""
    editor = f"newsletter articles edit {shlex.quote(article.slug)}"
    edit = f"{editor} --set"
    sentences: list[str] = []
    if "title" in missing:
        sentences.append(f"it has no title ({edit} title=…)")
    if "body" in missing:
        sentences.append(f"it has no body ({editor} --open, or mend its source and import it again)")
    if "author" in missing:
        sentences.append(f"it has no author ({edit} authors=NAME)")
    if "bio" in missing:
        sentences += [_no_bio(author.name) for author in article.authors if not author.bio.strip()]
    call_fields = [name.removeprefix("call_to_action.") for name in missing if name.startswith("call_to_action.")]
    if call_fields:
        options = " ".join(f"--{name} …" for name in call_fields)
        words = _listed(call_fields)
        command = f"newsletter calls-to-action set {DEFAULT_CALL_TO_ACTION} {options}"
        sentences.append(f"its call to action has no {words} ({command})")
    return "; ".join(sentences)


def _no_bio(name: str) -> str:
    return f"its author {name} has no bio (newsletter authors set {shlex.quote(name)} --bio …)"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
