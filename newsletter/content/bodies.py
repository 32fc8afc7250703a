"""The HTML a source gives for its article → the draft with that body, and with what the page says beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from newsletter.content.cleaning import cleaned
from newsletter.content.draft import Draft
from newsletter.content.lifting import Lifted, lift, take_opening_picture
from newsletter.content.people import is_same_person
from newsletter.model import Author, Guess, Hero

_SHOWN = 60  # characters of a line in a note
_MAX_SHOWN = 6  # lines
# `-1024x683`, `-scaled`, `@2x`: other sizes of one picture.
_SIZE = re.compile(r"(?:-\d{2,4}x\d{2,4}|-scaled|-e\d{10,}|@2x)+$")


def with_body(draft: Draft, html: str, base_url: str = "", weak_author: bool = False) -> Draft:
    """`draft` with its body from `html`: cleaned, and what stands at its end lifted.

    A closing question with its button becomes the call to action, an "About …" box the author, a credit line the hero's
    credit. What the draft already says wins, except that with `weak_author` (a byline that is only the site's admin) an
    author found in the page replaces the draft's. Notes say what was removed, in counts.
    """
    body = cleaned(html, base_url)
    article, opening = body.html, take_opening_picture(body.html)
    if opening is not None and (draft.hero is None or _is_same_picture(draft.hero.src, opening[0].src)):
        article = opening[1]
    else:
        opening = None
    lifted = lift(article, () if weak_author else draft.authors)
    hero = _hero(draft.hero, opening[0] if opening else None, lifted.hero)
    authors, author_notes = _authors(draft.authors, lifted, weak_author)
    call = draft.call_to_action.or_else(lifted.call_to_action) if draft.call_to_action else lifted.call_to_action
    complete = replace(
        draft,
        body_html=lifted.html,
        hero=hero,
        authors=authors,
        call_to_action=call,
        categories=draft.categories or lifted.topics.get("categories", ()),
        tags=draft.tags or lifted.topics.get("tags", ()),
    )
    notes = (*draft.notes, *body.notes(), *author_notes, *_words_left_out(lifted.left_out))
    return replace(complete, guesses=(*draft.guesses, *_guesses(draft, complete)), notes=notes)


def _is_same_picture(one: str, other: str) -> bool:
    """Whether two addresses show the same picture, be it in two sizes."""
    if not one or not other:
        return False
    return one == other or _picture_name(one) == _picture_name(other) != ""


def _picture_name(address: str) -> str:
    path = PurePosixPath(unquote(urlsplit(address).path))
    return _SIZE.sub("", path.stem).casefold() if path.suffix else ""


def _hero(said: Hero | None, opening: Hero | None, credited: Hero | None) -> Hero | None:
    """The draft's picture, else the one the body opened with; its credit from wherever one stands."""
    hero = said or opening
    for other in filter(None, (opening, credited)):
        if hero is None:
            hero = other
        elif not (hero.credit or hero.credit_source):
            hero = replace(hero, credit=other.credit, credit_source=other.credit_source)
    return replace(hero, alt=opening.alt) if hero and opening and not hero.alt else hero


def _authors(said: tuple[Author, ...], lifted: Lifted, weak_author: bool) -> tuple[tuple[Author, ...], tuple[str, ...]]:
    """The authors, and notes on what could not be told."""
    named = () if weak_author else said
    authors = tuple(_completed_by(author, lifted.signed) for author in named) or lifted.signed
    about = lifted.author
    if about is None:
        return authors or said, ()
    if not about.name:
        if len(authors) == 1:
            return (_completed(authors[0], about),), ()
        return authors or said, (f"a bio was found, but not whose it is: {_shown(about.bio)}",)
    if any(is_same_person(about.name, author.name) for author in authors):
        return tuple(_completed_by(author, (about,)) for author in authors), ()
    differs = "the byline and the lines about the author name different people; both are kept"
    return (*authors, about), (differs,) if authors else ()


def _completed_by(author: Author, others: Sequence[Author]) -> Author:
    same = next((other for other in others if is_same_person(other.name, author.name)), None)
    return _completed(author, same) if same else author


def _completed(author: Author, about: Author) -> Author:
    return replace(
        author,
        credentials=author.credentials or about.credentials,
        role=author.role or about.role,
        practice=author.practice or about.practice,
        bio=author.bio or about.bio,
        photo=author.photo or about.photo,
    )


def _guesses(before: Draft, after: Draft) -> list[Guess]:
    """What the page said and the draft had not."""
    values = {
        **{("hero", name): getattr(after.hero, name) for name in ("src", "credit", "credit_source") if after.hero},
        **{("call_to_action", name): getattr(after.call_to_action, name) for name in ("text", "label", "url")
           if after.call_to_action},
    }  # fmt: skip
    guesses = [
        Guess(f"{noun}.{name}", value, None)
        for (noun, name), value in values.items()
        if value and value != getattr(getattr(before, noun), name, "")
    ]
    for author in after.authors:
        known = next((other for other in before.authors if other.name == author.name), Author(""))
        for name in ("name", "credentials", "role", "practice", "bio", "photo"):
            if (value := getattr(author, name)) and value != getattr(known, name):
                guesses.append(Guess(f"author.{name}", value, None))
    for name in ("categories", "tags"):
        if getattr(after, name) != getattr(before, name):
            guesses.append(Guess(name, ", ".join(getattr(after, name)), None))
    return guesses


def _words_left_out(lines: Sequence[str]) -> tuple[str, ...]:
    if not lines:
        return ()
    more = f" and {len(lines) - _MAX_SHOWN} more" if len(lines) > _MAX_SHOWN else ""
    return (f"left out, not part of the article: {', '.join(map(_shown, lines[:_MAX_SHOWN]))}{more}",)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
