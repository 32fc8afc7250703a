"""Markdown with YAML front matter → the draft it describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsletter.content.cleaning import clean
from newsletter.content.draft import Draft, slug_from, title_from_file_name
from newsletter.content.people import read_people
from newsletter.content.sources.front_matter import Fields, split_front_matter
from newsletter.content.words import MAX_NAME, MAX_TITLE, language, one_line, paragraphs
from newsletter.errors import SourceError
from newsletter.model import Author, CallToAction, Guess, Hero

_MAX_NESTING = 100  # quotes and lists within each other


def read_markdown(text: str, source: str) -> Draft:
    """Raises SourceError, with field and line, for front matter that cannot be read."""
    fields, body, body_line = split_front_matter(text, source)
    notes: list[str] = []
    draft = _from_fields(fields, notes)
    notes += [f"front matter key {key!r} is not used" for key in fields.unused]
    title, body_html, guesses = _read_body(body, draft.title, body_line, source)
    draft = replace(draft, title=title, body_html=body_html, guesses=tuple(guesses))
    return replace(draft, notes=(*_not_found(draft), *notes))


def _from_fields(fields: Fields, notes: list[str]) -> Draft:
    published = fields.found_day("date")
    if published and published.is_ambiguous:
        notes.append(f"the date can be read two ways; it was taken as {published.day.isoformat()}, the month first")
    return Draft(
        title=fields.text("title", longest=MAX_TITLE),
        body_html="",
        slug=_slug(fields, notes),
        subtitle=fields.text("subtitle"),
        summary=fields.text("summary", "description"),
        published=published.day if published else None,
        language=fields.read(language, "language", "lang"),
        is_draft=fields.flag("draft"),
        categories=fields.topics("categories"),
        tags=fields.topics("tags"),
        authors=_authors(fields, notes),
        hero=_hero(fields, notes),
        call_to_action=_call_to_action(fields, notes),
        source_url=fields.link("source_url", "canonical"),
        seasons=fields.seasons("seasons"),
        not_before=fields.day("not_before"),
        expires=fields.day("expires"),
        priority=fields.number("priority"),
        evergreen=fields.flag("evergreen"),
    )


def _slug(fields: Fields, notes: list[str]) -> str:
    written = fields.text("slug")
    if not written:
        return ""
    slug = slug_from(written)
    if slug != written:
        notes.append(f"the slug {written!r} was written {slug!r}")
    return slug


def _authors(fields: Fields, notes: list[str]) -> tuple[Author, ...]:
    found = fields.take("authors", "author")
    if found is None:
        return ()
    key, node = found
    if isinstance(node, yaml.SequenceNode):
        return tuple(author for item in node.value for author in _author(fields, key, item, notes))
    if isinstance(node, yaml.MappingNode) and all(isinstance(value, yaml.MappingNode) for _, value in node.value):
        return _authors_by_name(fields, key, node, notes)
    return _author(fields, key, node, notes)


def _author(fields: Fields, key: str, node: yaml.Node, notes: list[str]) -> tuple[Author, ...]:
    """One item of `authors`: a byline in words, or the keys of one person."""
    if isinstance(node, yaml.MappingNode):
        return (_person(fields, key, node, "", notes),)
    return fields.value(key, node, _people)


def _people(byline: str) -> tuple[Author, ...]:
    words = one_line(byline)
    # What has not the shape of a name is taken as it was written: a person put it there.
    people = (read_people(words) or (Author(words),)) if words else ()
    for person in people:
        one_line(person.name, MAX_NAME)
    return people


def _authors_by_name(fields: Fields, key: str, node: yaml.MappingNode, notes: list[str]) -> tuple[Author, ...]:
    by_name = fields.mapping(key, node)
    return tuple(_person(by_name, name, value, name, notes) for name, value in by_name.nodes.items())


def _person(fields: Fields, key: str, node: yaml.Node, name: str, notes: list[str]) -> Author:
    person = fields.mapping(key, node)
    author = Author(
        name=person.text("name", longest=MAX_NAME) or name,
        credentials=person.text("credentials"),
        role=person.text("role"),
        practice=person.text("practice"),
        bio=person.read(paragraphs, "bio"),
        photo=person.link("photo", may_be_path=True),
        url=person.link("url"),
        email=person.text("email"),
    )
    if not author.name:
        raise fields.error(key, node, "has no `name`")
    notes += [f"front matter key {key!r} is not used" for key in person.unused]
    return author


def _hero(fields: Fields, notes: list[str]) -> Hero | None:
    found = fields.take("image")
    hero = Hero()
    if found and isinstance(found[1], yaml.MappingNode):
        image = fields.mapping(*found)
        hero = _picture(image, "")
        notes += [f"front matter key {key!r} is not used" for key in image.unused]
    elif found:
        hero = Hero(fields.link("image", may_be_path=True))
    beside = _picture(fields, "image_")
    hero = Hero(
        hero.src or beside.src,
        hero.alt or beside.alt,
        hero.credit or beside.credit,
        hero.credit_source or beside.credit_source,
    )
    return None if hero == Hero() else hero


def _picture(fields: Fields, prefix: str) -> Hero:
    return Hero(
        src=fields.link(f"{prefix}src", may_be_path=True),
        alt=fields.text(f"{prefix}alt"),
        credit=fields.text(f"{prefix}credit"),
        credit_source=fields.text(f"{prefix}credit_source"),
    )


def _call_to_action(fields: Fields, notes: list[str]) -> CallToAction | None:
    found = fields.take("call_to_action")
    if found is None:
        return None
    call = fields.mapping(*found)
    call_to_action = CallToAction(call.text("text"), call.text("label"), call.link("url"))
    notes += [f"front matter key {key!r} is not used" for key in call.unused]
    return None if call_to_action == CallToAction() else call_to_action


def _read_body(body: str, title: str, first_line: int, source: str) -> tuple[str, str, list[Guess]]:
    """The title, the body without it, and what was guessed on the way."""
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    _check_nesting(tokens, first_line, source)
    guesses: list[Guess] = []
    heading = _first_h1(tokens)
    if heading is not None:
        words, place = _words_of(tokens[heading + 1]), tokens[heading].map
        if not title and words:
            line = first_line + place[0] if place else None
            _check_title(words, source, line)
            guesses.append(Guess("title", words, line))
        if words and (not title or words.casefold() == title.casefold()):
            title = title or words
            del tokens[heading : heading + 3]
    if not title:
        title = title_from_file_name(source)
        if title:
            guesses.append(Guess("title", title, None))
    return title, clean(parser.renderer.render(tokens, parser.options, {})), guesses


def _check_title(words: str, source: str, line: int | None) -> None:
    try:
        one_line(words, MAX_TITLE)
    except ValueError as error:
        raise SourceError(source, f"the title {error}", line) from None


def _check_nesting(tokens: Sequence[Token], first_line: int, source: str) -> None:
    """The parser silently drops what is nested deeper than its bound: better refused than cut short."""
    for token in tokens:
        if token.level >= _MAX_NESTING - 1:
            line = first_line + token.map[0] if token.map else None
            raise SourceError(source, f"the Markdown is nested deeper than {_MAX_NESTING - 1}", line)


def _first_h1(tokens: Sequence[Token]) -> int | None:
    openings = (index for index, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1")
    return next(openings, None)


def _words_of(inline: Token) -> str:
    parts = ((child.content or " ") for child in inline.children or () if child.type != "html_inline")
    words = "".join(part if part.strip() else " " for part in parts)
    return " ".join(words.split())


def _not_found(draft: Draft) -> tuple[str, ...]:
    absent = (
        ("title", draft.title),
        ("date", draft.published),
        ("author", draft.authors),
        ("body", draft.body_html),
    )
    return tuple(f"no {name} found" for name, value in absent if not value)
