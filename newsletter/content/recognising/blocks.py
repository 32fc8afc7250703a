"""Pasted text → blocks: a paragraph, a heading, a list item, each with the line it stands on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

MAX_HEADING = 90  # characters
_MAX_HEADING_WORDS = 14
_MAX_QUESTION_WORDS = 12  # a longer question is asked of the reader, it opens nothing
_MIN_WRAPPED = 30  # characters; shorter lines are not broken by a width
_MAX_WRAPPED = 100

_BULLET = re.compile(r"(?:[-*+–—•◦▪‣·●○✓✔✅☑➤►]\ufe0f?\s+|[•◦▪‣●○]\s*)(?=\S)")
_NUMBER = re.compile(r"(\d{1,2})[.)]\s+(?=\S)")
_SPEAKER = re.compile(r"[^\W\d_][\w.]{0,15}:\s")  # `Q: …?` in an interview
_HASHES = re.compile(r"#{1,6}\s+(?=\S)")
_CLOSING_QUOTES = "\"'”’»)]* "


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading or list item. `marker` is "" for text, "-" for a bullet, else the number."""

    text: str
    line: int  # 1-based
    marker: str = ""
    tabbed: str = ""  # the words with their tabs, which part the pieces of a byline
    last: int = 0  # the last of several lines that were one; 0: it stands on one line
    url: str = ""  # where the whole line leads, when the page says it

    @property
    def is_item(self) -> bool:
        return bool(self.marker)

    @property
    def end(self) -> str:
        """The last sign that is not a quotation mark or a bracket."""
        return self.text.rstrip(_CLOSING_QUOTES)[-1:]

    @property
    def is_question_or_call(self) -> bool:
        return not self.is_item and ("?" in self.text or self.end == "!")

    @property
    def is_short_line(self) -> bool:
        """Has the shape of a heading or of a button: short, and no sentence."""
        words = len(self.text.split())
        is_short = len(self.text) <= MAX_HEADING and words <= _MAX_HEADING_WORDS
        return is_short and self.end not in ".!,;:…" and not self.text[0].islower()


def split_blocks(text: str) -> list[Block]:
    """The blocks of pasted text, in order. Lines that only a narrow window broke are joined again."""
    numbered = [(number, _plain(line)) for number, line in enumerate(text.split("\n"), 1)]
    width = _wrapped_width([line for _, line in numbered])
    joined: list[tuple[int, list[str]]] = []  # the first line's number, and the lines that were one
    previous = ""
    for number, line in numbered:
        if line and previous and _is_continuation(previous, line, width):
            joined[-1][1].append(line)
        elif line:
            joined.append((number, [line]))
        previous = line
    blocks = [
        replace(_block(" ".join(lines), number), last=number + len(lines) - 1 if len(lines) > 1 else 0)
        for number, lines in joined
    ]
    kept = [block for block in blocks if any(map(str.isalnum, block.text))]
    return [_item_or_dash(kept, index) for index in range(len(kept))]


def _item_or_dash(blocks: Sequence[Block], index: int) -> Block:
    """A dash before one line alone is no list: `– Jane Doe`."""
    block = blocks[index]
    around = [*blocks[max(0, index - 1) : index], *blocks[index + 1 : index + 2]]
    if block.marker not in ("–", "—"):
        return block
    has_fellow = any(other.marker == block.marker for other in around)
    return replace(block, marker="-") if has_fellow else Block(f"{block.marker} {block.text}", block.line)


def _plain(line: str) -> str:
    # Zero-width signs and no-break spaces come along when a rendered page is copied.
    return re.sub(r"[ \xa0\u2007\u202f]+", " ", re.sub("[\u200b\u200c\u2060\ufeff\xad]", "", line)).strip()


def _wrapped_width(lines: Sequence[str]) -> int:
    """The width the text was broken at, 0 when each line is a paragraph."""
    longest = max(map(len, lines), default=0)
    pairs = [(one, two) for one, two in pairwise(lines) if one and two]
    full = [one for one, two in pairs if len(one) >= longest * 0.8 and two[0].islower()]
    if not _MIN_WRAPPED <= longest <= _MAX_WRAPPED or len(full) < 2:
        return 0
    # Where a width broke the lines, no line had room for the next one's first word; in a poem many have.
    broken = sum(_is_continuation(one, two, longest) for one, two in pairs)
    return longest if broken * 5 >= len(pairs) * 3 else 0


def _is_continuation(previous: str, line: str, width: int) -> bool:
    if not width or _BULLET.match(line) or _NUMBER.match(line):
        return False
    return len(previous) + 1 + len(line.split()[0]) > width


def _block(line: str, number: int) -> Block:
    bullet, numbered = _BULLET.match(line), _NUMBER.match(line)
    marker, words = "", _HASHES.sub("", line, count=1)
    if bullet:
        marker, words = bullet[0][0] if bullet[0][0] in "–—" else "-", line[bullet.end() :]
    elif numbered:
        marker, words = numbered[1], line[numbered.end() :]
    text = " ".join(words.split())
    return Block(text, number, marker, words if "\t" in words else "")


def heading_lines(blocks: Sequence[Block]) -> frozenset[int]:
    """The lines that are headings: short, no sentence, and something to head below them."""
    found = set()
    for index in range(len(blocks) - 2, -1, -1):
        block, below = blocks[index], blocks[index + 1]
        is_above_heading = below.line in found and blocks[index + 2].line not in found
        is_part_of_other = _is_in_list(blocks, index) or _is_signature(blocks, index)
        if _is_heading(block, below, is_above_heading) and not is_part_of_other:
            found.add(block.line)
    return frozenset(found)


def _is_heading(block: Block, below: Block, is_above_heading: bool) -> bool:
    if block.marker == "-" or not block.is_short_line:
        return False
    if block.end == "?" and _SPEAKER.match(block.text):
        return False
    if block.end == "?" and (len(block.text.split()) > _MAX_QUESTION_WORDS or block.text.count("?") > 1):
        return False
    if block.is_item:
        is_above_list = below.marker == "-" and below.line > block.line + 1
        return is_above_list or (not below.is_item and not below.is_short_line)
    return is_above_heading or below.is_item or not below.is_short_line


def _is_in_list(blocks: Sequence[Block], index: int) -> bool:
    """`1. Breathe` above a paragraph is a heading, unless items with the numbers around it touch it."""
    block = blocks[index]
    if not block.is_item or index == 0 or not blocks[index - 1].is_item:
        return False
    return blocks[index - 1].marker != "-"


def _is_signature(blocks: Sequence[Block], index: int) -> bool:
    """One word below a line that ends in a comma: `Warmly,` and a name."""
    return index > 0 and blocks[index - 1].end == "," and len(blocks[index].text.split()) == 1
