"""The top of a pasted page → title, subtitle, byline, and how many of its blocks stand above the article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from newsletter.content.bylines import Byline, is_list_of_topics, split_list
from newsletter.content.dates import FoundDate
from newsletter.content.draft import title_from_file_name
from newsletter.content.ornaments import bare
from newsletter.content.recognising.blocks import Block
from newsletter.content.recognising.furniture import is_count, is_menu
from newsletter.content.recognising.signs import (
    is_bar,
    read_author_sign,
    read_credit,
    read_topics,
)
from newsletter.content.recognising.top import Top, byline_at, is_role, read_top
from newsletter.model import Author, Guess

_MAX_TITLE = 200  # characters; a longer first line is a paragraph
_MAX_SUBTITLE = 250
_LONE_TOPIC_WORDS = 2  # `Love, Loss and Light` is a heading
_HEADER = 12  # blocks in which a byline is looked for


@dataclass(slots=True)
class Header:
    """The first `length` blocks: title, subtitle, byline."""

    title: str = ""
    subtitle: str = ""
    published: FoundDate | None = None
    is_update: bool = False
    authors: tuple[Author, ...] = ()
    categories: tuple[str, ...] = ()
    length: int = 0
    alt: str = ""  # of the picture above the article
    guesses: list[Guess] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_header(blocks: Sequence[Block], source: str) -> Header:
    header = Header()
    top = read_top(blocks)
    index = _take_above(blocks, top, header)
    index = _take_title(blocks, index, header, source)
    start = _find_byline(blocks, index, top)
    if start is not None:
        above = [block for block in blocks[index:start] if not (is_bar(block.text) or is_count(block.text))]
        if above:
            header.subtitle = " ".join(block.text for block in above)
            header.guesses.append(Guess("subtitle", header.subtitle, above[0].line))
        index = _take_bylines(blocks, start, top, header)
        index = _take_lone_topics(blocks, index, header)
        index = _take_caption(blocks, index, header)
    header.length = index
    _note_date(header)
    return header


def _take_above(blocks: Sequence[Block], top: Top, header: Header) -> int:
    """Behind the menu and what else stands above the title; a byline there is kept."""
    end = top.title
    if end is None:
        end = next((index for index, block in enumerate(blocks) if not is_bar(block.text)), len(blocks))
    for block in blocks[:end]:
        byline = None if is_menu(block.text) else byline_at(block)
        if byline is not None:
            _keep_byline(byline, block, header)
        elif block.line in top.names:
            _keep_byline(Byline(authors=(top.names[block.line],)), block, header)
    return end


def _take_title(blocks: Sequence[Block], index: int, header: Header, source: str) -> int:
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


def _find_byline(blocks: Sequence[Block], index: int, top: Top) -> int | None:
    """Where the byline stands; at most one line, the subtitle, may stand above it, and what is the page's."""
    others = 0
    for at in range(index, min(index + _HEADER, len(blocks))):
        block = blocks[at]
        if _is_byline(block, top):
            return at
        if is_bar(block.text) or is_count(block.text):
            continue
        others += 1
        if others > 1 or len(block.text) > _MAX_SUBTITLE or read_credit(block.text):
            return None
    return None


def _is_byline(block: Block, top: Top) -> bool:
    return block.line in top.names or byline_at(block) is not None


def _take_bylines(blocks: Sequence[Block], index: int, top: Top, header: Header) -> int:
    """The lines from `index` on that say who, when and about what, and the noise between them."""
    end = index
    for at in range(index, min(index + _HEADER, len(blocks))):
        block = blocks[at]
        byline = byline_at(block)
        topics = read_topics(block.text)
        if byline is not None:
            _keep_byline(byline, block, header)
        elif block.line in top.names:
            _keep_byline(Byline(authors=(top.names[block.line],)), block, header)
        elif at > index and blocks[at - 1].line in top.names and is_role(block.text):
            _keep_role(block, top.names[blocks[at - 1].line], header)
        elif topics and topics[0] == "categories" and not header.categories:
            _keep_byline(Byline(categories=topics[1]), block, header)
        elif not (is_bar(bare(block.text)) or is_count(block.text)):
            break
        end = at + 1
    return end


def _keep_role(block: Block, person: Author, header: Header) -> None:
    header.authors = tuple(
        replace(author, role=block.text) if author.name == person.name else author for author in header.authors
    )
    header.guesses.append(Guess("author.role", block.text, block.line))


def _keep_byline(byline: Byline, block: Block, header: Header) -> None:
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


def _take_lone_topics(blocks: Sequence[Block], index: int, header: Header) -> int:
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


def _take_caption(blocks: Sequence[Block], index: int, header: Header) -> int:
    """The line right above a photo credit, where a blank line stands above it: what the picture shows."""
    if index == 0 or index + 1 >= len(blocks):
        return index
    above, block, below = blocks[index - 1 : index + 2]
    is_beside = above.line + 1 < block.line and block.line + 1 == below.line
    if not is_beside or block.is_item or not block.is_short_line or read_credit(below.text) is None:
        return index
    header.alt = block.text
    header.guesses.append(Guess("hero.alt", block.text, block.line))
    return index + 1


def _note_date(header: Header) -> None:
    if header.published and header.published.is_ambiguous:
        day = header.published.day
        header.notes.append(
            f"the date can be read two ways; it was taken as {day.isoformat()}, the month first: "
            f"correct `published` if {day.replace(month=day.day, day=day.month).isoformat()} is meant"
        )
    if header.published and header.is_update:
        header.notes.append("only the date of a later change was found; it was taken for the date of publication")
