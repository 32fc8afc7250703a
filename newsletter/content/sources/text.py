"""Text pasted from a blog page, without markup → the draft it holds, each field with its line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from newsletter.content.cleaning import clean
from newsletter.content.draft import Draft
from newsletter.content.people import is_same_person
from newsletter.content.recognising.blocks import Block, split_blocks
from newsletter.content.recognising.ending import Ending, read_ending
from newsletter.content.recognising.header import Header, read_header
from newsletter.content.recognising.layout import find_headings, lay_out, write_body
from newsletter.content.recognising.page import find_furniture
from newsletter.content.recognising.signs import is_comments_heading, is_related_heading, read_bio_opening
from newsletter.content.recognising.top import byline_at, join_bylines
from newsletter.content.words import refuse_controls
from newsletter.errors import SourceError
from newsletter.model import Author, Guess


def read_text(text: str, source: str) -> Draft:
    """What could not be found stands in the draft's notes. Raises SourceError for a field with a control character."""
    whole_page = split_blocks(text)
    blocks = join_bylines(whole_page)
    header = read_header(blocks, source)
    below = blocks[header.length :]
    ending = read_ending(below, header.authors, find_furniture(below))
    _take_date_below(header, ending)
    body = lay_out(ending.body)
    authors = _authors(header, ending)
    guesses = [*header.guesses, *_heading_guesses(body), *ending.guesses]
    _refuse_controls(guesses, source)
    draft = Draft(
        title=header.title,
        subtitle=header.subtitle,
        body_html=clean(write_body(body)),
        published=header.published.day if header.published else None,
        categories=tuple(dict.fromkeys((*header.categories, *ending.topics.get("categories", ())))),
        tags=ending.topics.get("tags", ()),
        authors=authors,
        hero=replace(ending.hero, alt=header.alt) if ending.hero and header.alt else ending.hero,
        call_to_action=ending.call_to_action,
        guesses=tuple(sorted(guesses, key=lambda guess: guess.line or 0)),
    )
    left_out = _lines_left_out(whole_page, body, draft)
    notes = (*_not_found(draft), *header.notes, *ending.notes, *_words_left_out(whole_page, left_out))
    return replace(draft, notes=notes)


def _refuse_controls(guesses: Sequence[Guess], source: str) -> None:
    for guess in guesses:
        try:
            refuse_controls(guess.value)
        except ValueError as error:
            raise SourceError(source, f"{guess.field} {error}", guess.line) from None


def _take_date_below(header: Header, ending: Ending) -> None:
    """Some pages show the date between the article and what they show besides."""
    for block in sorted(ending.left_out, key=lambda block: block.line) if header.published is None else ():
        if is_comments_heading(block.text) or is_related_heading(block.text):
            return
        byline = byline_at(block)
        if byline and byline.published and not (byline.authors or byline.is_update):
            header.published = byline.published
            header.guesses.append(Guess("published", byline.published.day.isoformat(), block.line))
            return


def _authors(header: Header, ending: Ending) -> tuple[Author, ...]:
    """The byline's authors, or who signed the page, completed by what it says about its author further down."""
    authors = tuple(map(partial(_with_signature, signed=ending.signed), header.authors)) or ending.signed
    about = ending.author
    if about is None:
        return authors
    if not about.name:
        if len(authors) != 1:
            ending.notes.append("a bio was found, but not whose it is")
            return authors
        return (replace(authors[0], bio=about.bio),)
    each = _each_bio(authors, about.bio)
    if each:
        return tuple(replace(author, bio=each.get(author.name, "")) for author in authors)
    if not any(is_same_person(about.name, author.name) for author in authors):
        if authors:
            ending.notes.append("the byline and the lines about the author name different people; both are kept")
        return (*authors, about)
    return tuple(_completed(author, about) if is_same_person(about.name, author.name) else author for author in authors)


def _each_bio(authors: Sequence[Author], bio: str) -> dict[str, str]:
    """The paragraphs of a box about several authors, by author; empty when one is about nobody of them."""
    bios: dict[str, str] = {}
    for paragraph in bio.split("\n\n") if len(authors) > 1 else ():
        person = read_bio_opening(paragraph)
        author = next((each for each in authors if person and is_same_person(person.name, each.name)), None)
        if author is None or author.name in bios:
            return {}
        bios[author.name] = paragraph
    return bios if len(bios) > 1 else {}


def _with_signature(author: Author, signed: Sequence[Author]) -> Author:
    same = next((signer for signer in signed if is_same_person(signer.name, author.name)), None)
    return _completed(author, same) if same else author


def _completed(author: Author, about: Author) -> Author:
    return Author(
        name=max(author.name, about.name, key=len),
        credentials=about.credentials or author.credentials,
        role=about.role or author.role,
        practice=about.practice or author.practice,
        bio=about.bio,
    )


def _heading_guesses(body: Sequence[Block]) -> list[Guess]:
    headings = find_headings(body)
    return [Guess("heading", block.text, block.line) for block in body if block.line in headings]


def _lines_left_out(blocks: Sequence[Block], body: Sequence[Block], draft: Draft) -> set[int]:
    """The lines that came neither into the body nor into a field, whatever rule passed them over."""
    call = draft.call_to_action.text if draft.call_to_action else ""
    bios = {paragraph for author in draft.authors for paragraph in author.bio.split("\n\n")}
    kept = {block.line for block in body} | {guess.line for guess in draft.guesses}
    return {
        block.line
        for block in blocks
        if block.line not in kept and block.text not in bios and f" {block.text} " not in f" {call} "
    }


def _words_left_out(blocks: Sequence[Block], lines: Collection[int]) -> list[str]:
    """One note for each run of lines, by its first words."""
    notes: list[str] = []
    for is_left_out, run in groupby(blocks, key=lambda block: block.line in lines):
        if is_left_out:
            first, *others = run
            end = others[-1] if others else first
            last = end.last or end.line
            place = f"lines {first.line} to {last} were" if last > first.line else f"line {first.line} was"
            shown = first.text if len(first.text) <= 60 else f"{first.text[:57]}…"
            notes.append(f"{place} left out, not part of the article: {shown!r}")
    return notes


def _not_found(draft: Draft) -> tuple[str, ...]:
    call = draft.call_to_action
    absent = (
        ("title", draft.title),
        ("date", draft.published),
        ("author", draft.authors),
        ("bio", any(author.bio for author in draft.authors)),
        ("categories", draft.categories),
        ("photo credit", draft.hero),
        ("call to action", call),
        ("button below the call to action", call is None or call.label),
        ("text above the button", call is None or call.text),
        ("body", draft.body_html),
    )
    return tuple(f"no {name} found" for name, value in absent if not value)
