"""A page written as a letter → where it is signed, `Warmly,` with a name below, and by whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.people import read_people
from newsletter.content.recognising.blocks import Block
from newsletter.model import Author

_VALEDICTION = re.compile(
    r"[^\W\d_](?:[^\W\d_]|['’\- ])*,"  # words and the comma they end in
    r"|(?:yours|warmly|best|with|love|sincerely|kind|many|thanks|blessings|herzlich\w*|liebe|viele)\b"
    r"(?:[^\W\d_]|['’\-, ])*,",
    re.IGNORECASE,
)
_MAX_VALEDICTION_WORDS = 6
_MAX_NAME_WORDS = 4
_MAX_SIGNATURE = 80  # characters
_LONG = 100  # characters of a paragraph
_MAX_BELOW = 4  # paragraphs that may follow: a postscript, the bio, a call to action


@dataclass(frozen=True, slots=True)
class SignOff:
    """`at` is the index of the valediction; the name stands in the next block."""

    at: int
    people: tuple[Author, ...]
    line: int  # of the name


def find_sign_off(blocks: Sequence[Block | None]) -> SignOff | None:
    """The last one, when it stands near the end; None in `blocks` is something else of the page."""
    below = 0
    for at in range(len(blocks) - 2, 0, -1):
        valediction, name = blocks[at], blocks[at + 1]
        below += name is not None and len(name.text) > _LONG
        if below > _MAX_BELOW:
            return None
        people = _people(valediction, name) if valediction and name else ()
        if people and name and any(block and not block.is_short_line for block in blocks[:at]):
            return SignOff(at, people, name.line)
    return None


def _people(valediction: Block, name: Block) -> tuple[Author, ...]:
    if valediction.is_item or name.is_item or len(name.text) > _MAX_SIGNATURE or name.end in "?!:;,":
        return ()
    is_valediction = _VALEDICTION.fullmatch(valediction.text) and valediction.text[0].isupper()
    if not is_valediction or len(valediction.text.split()) > _MAX_VALEDICTION_WORDS:
        return ()
    people = read_people(name.text.lstrip("–— "))
    return people if all(len(person.name.split()) <= _MAX_NAME_WORDS for person in people) else ()
