"""Text pasted from a blog page, without markup → the draft it holds, each field with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby

from newsletter.content.bylines import Byline, is_list_of_topics, read_byline, split_list
from newsletter.content.cleaning import clean
from newsletter.content.dates import FoundDate
from newsletter.content.draft import Draft, title_from_file_name
from newsletter.content.people import is_same_person
from newsletter.content.sources.text_blocks import Block, heading_lines, split_blocks, write_body
from newsletter.content.sources.text_ending import Ending, read_ending
from newsletter.content.sources.text_signs import is_bar, read_author_sign, read_credit, read_signature
from newsletter.content.words import refuse_controls
from newsletter.errors import SourceError
from newsletter.model import Author, Guess

_MAX_TITLE = 200  # characters; a longer first line is a paragraph
_MAX_SUBTITLE = 250
_LONE_TOPIC_WORDS = 2  # `Love, Loss and Light` is a heading
_HEADER = 8  # blocks in which a byline is looked for


def read_text(text: str, source: str) -> Draft:
    """What could not be found stands in the draft's notes. Raises SourceError for a field with a control character."""
    blocks = split_blocks(text)
    header = _read_header(blocks, source)
    ending = read_ending(blocks[header.length :], header.authors)
    body = ending.body
    authors = _authors(header, ending)
    guesses = [*header.guesses, *_heading_guesses(body), *ending.guesses]
    _refuse_controls(guesses, source)
    draft = Draft(
        title=header.title,
        subtitle=header.subtitle,
        body_html=clean(write_body(body)),
        published=header.published.day if header.published else None,
        categories=header.categories or ending.topics.get("categories", ()),
        tags=ending.topics.get("tags", ()),
        authors=authors,
        hero=ending.hero,
        call_to_action=ending.call_to_action,
        guesses=tuple(sorted(guesses, key=lambda guess: guess.line or 0)),
        notes=(*header.notes, *ending.notes, *_words_left_out(blocks, [*header.left_out, *ending.left_out])),
    )
    return replace(draft, notes=(*_not_found(draft), *draft.notes))


def _refuse_controls(guesses: Sequence[Guess], source: str) -> None:
    for guess in guesses:
        try:
            refuse_controls(guess.value)
        except ValueError as error:
            raise SourceError(source, f"{guess.field} {error}", guess.line) from None


@dataclass(slots=True)
class _Header:
    """The first `length` blocks: title, subtitle, byline."""

    title: str = ""
    subtitle: str = ""
    published: FoundDate | None = None
    is_update: bool = False
    authors: tuple[Author, ...] = ()
    categories: tuple[str, ...] = ()
    length: int = 0
    guesses: list[Guess] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[Block] = field(default_factory=list)


def _read_header(blocks: Sequence[Block], source: str) -> _Header:
    header = _Header()
    index = _pass_furniture(blocks, 0, header)
    # Some pages show the date above the title.
    index = _take_bylines(blocks, index, header)
    index = _take_title(blocks, index, header, source)
    start = _find_byline(blocks, index)
    if start is not None:
        if start > index:
            header.subtitle = " ".join(block.text for block in blocks[index:start])
            header.guesses.append(Guess("subtitle", header.subtitle, blocks[index].line))
        index = _take_bylines(blocks, start, header)
        index = _take_lone_topics(blocks, index, header)
    header.length = index
    _note_date(header)
    return header


def _pass_furniture(blocks: Sequence[Block], index: int, header: _Header) -> int:
    while index < len(blocks) and is_bar(blocks[index].text):
        header.left_out.append(blocks[index])
        index += 1
    return index


def _take_title(blocks: Sequence[Block], index: int, header: _Header, source: str) -> int:
    has_title = index < len(blocks) and len(blocks[index].text) <= _MAX_TITLE and blocks[index].marker != "-"
    if has_title and not (read_credit(blocks[index].text) or len(blocks) == 1):
        block = blocks[index]
        header.title = f"{block.marker}. {block.text}" if block.is_item else block.text
        header.guesses.append(Guess("title", header.title, block.line))
        return index + 1
    header.title = title_from_file_name(source)
    if header.title:
        header.guesses.append(Guess("title", header.title, None))
        header.notes.append("no title found; it was made from the file's name")
    return index


def _find_byline(blocks: Sequence[Block], index: int) -> int | None:
    """Where the byline stands; at most one line, the subtitle, may stand above it."""
    for at in range(index, min(index + 3, len(blocks))):
        if _byline_at(blocks[at]) is not None:
            is_near = at - index <= 1 and all(len(block.text) <= _MAX_SUBTITLE for block in blocks[index:at])
            return at if is_near else None
    return None


def _byline_at(block: Block) -> Byline | None:
    if block.is_item:
        return None
    byline = read_byline(block.tabbed or block.text)
    if byline is not None:
        return byline
    sign = read_author_sign(block.text)
    if sign and sign.author and (not sign.is_about or read_signature(block.text)):
        return Byline(authors=(sign.author,))
    return None


def _take_bylines(blocks: Sequence[Block], index: int, header: _Header) -> int:
    """The lines from `index` on that say who, when and about what, and the noise between them."""
    end = index
    for at in range(index, min(index + _HEADER, len(blocks))):
        byline = _byline_at(blocks[at])
        if byline is not None:
            _keep_byline(byline, blocks[at], header)
            end = at + 1
        elif end > index and is_bar(blocks[at].text):
            header.left_out.append(blocks[at])
            end = at + 1
        else:
            break
    return end


def _keep_byline(byline: Byline, block: Block, header: _Header) -> None:
    if byline.published and (header.published is None or header.is_update):
        header.published, header.is_update = byline.published, byline.is_update
        header.guesses.append(Guess("published", byline.published.day.isoformat(), block.line))
    if byline.authors and not header.authors:
        header.authors = byline.authors
        for author in byline.authors:
            for name in ("name", "credentials", "role", "practice"):
                if getattr(author, name):
                    header.guesses.append(Guess(f"author.{name}", getattr(author, name), block.line))
    if byline.categories and not header.categories:
        header.categories = byline.categories
        header.guesses.append(Guess("categories", ", ".join(byline.categories), block.line))
    if byline.nobody:
        header.notes.append(f"line {block.line}: the byline names {byline.nobody!r}, which is no person's name")


def _take_lone_topics(blocks: Sequence[Block], index: int, header: _Header) -> int:
    """`Anxiety, Sleep` on a line of its own below the byline; one word alone would be a heading."""
    if index >= len(blocks) or header.categories or "," not in blocks[index].text:
        return index
    if blocks[index].end == ",":  # `Dear reader,` opens a letter
        return index
    block = blocks[index]
    is_short = all(len(topic.split()) <= _LONE_TOPIC_WORDS for topic in split_list(block.text))
    if block.is_item or not is_short or not is_list_of_topics(block.text) or read_author_sign(block.text):
        return index
    header.categories = split_list(block.text)
    header.guesses.append(Guess("categories", ", ".join(header.categories), block.line))
    return index + 1


def _note_date(header: _Header) -> None:
    if header.published and header.published.is_ambiguous:
        day = header.published.day
        header.notes.append(
            f"the date can be read two ways; it was taken as {day.isoformat()}, the month first: "
            f"correct `published` if {day.replace(month=day.day, day=day.month).isoformat()} is meant"
        )
    if header.published and header.is_update:
        header.notes.append("only the date of a later change was found; it was taken for the date of publication")


def _authors(header: _Header, ending: Ending) -> tuple[Author, ...]:
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
    if not any(is_same_person(about.name, author.name) for author in authors):
        if authors:
            ending.notes.append("the byline and the lines about the author name different people; both are kept")
        return (*authors, about)
    return tuple(_completed(author, about) if is_same_person(about.name, author.name) else author for author in authors)


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
    headings = heading_lines(body)
    return [Guess("heading", block.text, block.line) for block in body if block.line in headings]


def _words_left_out(blocks: Sequence[Block], left_out: Sequence[Block]) -> list[str]:
    """One note for each run of lines, by its first words."""
    notes: list[str] = []
    lines = {block.line for block in left_out}
    for is_left_out, run in groupby(blocks, key=lambda block: block.line in lines):
        if is_left_out:
            first, *others = run
            place = f"lines {first.line} to {others[-1].line} were" if others else f"line {first.line} was"
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
