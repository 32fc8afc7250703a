"""The lines above a pasted article's first paragraph → where its title stands, and which lines are only a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from newsletter.content.bylines import Byline, read_byline
from newsletter.content.dates import find_date
from newsletter.content.ornaments import bare
from newsletter.content.people import ROLE_WORDS, is_person_name, read_person
from newsletter.content.recognising.blocks import Block
from newsletter.content.recognising.furniture import is_above, is_menu, read_breadcrumb
from newsletter.content.recognising.signs import read_author_sign, read_signature
from newsletter.model import Author

_LONG = 100  # characters from which a line is a paragraph
_MAX_TOP = 200  # blocks; the longest menus are shorter
_OPENINGS = frozenset(
    "by;written by;posted by;published by;words by;von;par;por;in;posted in;published in;on;posted on;"
    "published on".split(";")
)
_HEADER = 12  # blocks above a date in which its author may stand
_KICKER_WORDS = 2
_HEADLINE_WORDS = 4
_MENU_WORDS = 4


@dataclass(frozen=True, slots=True)
class Top:
    """`title` is the index of the title's block, None when nothing tells it from the lines around it."""

    title: int | None = None
    names: Mapping[int, Author] = field(default_factory=dict)  # by line: a name and nothing else


def read_top(blocks: Sequence[Block]) -> Top:
    edge = _first_paragraph(blocks)
    top = blocks[:edge]
    found = [index for index, block in enumerate(top) if not is_menu(block.text) and byline_at(block) is not None]
    # A name with letters behind it may stand anywhere in the top; a date or a `by` stands beside the title.
    bylines = [index for index in found if read_person(bare(top[index].text)) is None] or found
    limit = bylines[0] if bylines else edge
    start = _below_menu(top, limit)
    names = _names(blocks, range(start, edge), bylines)
    zone = [index for index in range(start, limit) if not (is_above(top[index].text) or _is_about(top, index, names))]
    whole, zone = zone, _without_site_names(zone, blocks, edge)
    crumb = next(filter(None, (read_breadcrumb(block.text) for block in top)), "").casefold()
    if crumb:
        named = [index for index in range(edge) if top[index].text.casefold() == crumb]
        if named:
            return Top(named[-1], names)
    if not zone or _is_above_title(zone, top, bylines):
        return _below_byline(top, zone, bylines, names)
    has_site_name = zone[0] - 1 in whole and zone[0] - 1 not in zone
    return Top(_title_of(zone, top, has_byline=bool(bylines), has_site_name=has_site_name), names)


def join_bylines(blocks: Sequence[Block]) -> list[Block]:
    """`Written by` and a name in the next line are one line, the name's; only above the first paragraph."""
    joined: list[Block] = []
    edge = _first_paragraph(blocks)
    for index, block in enumerate(blocks):
        above = joined[-1] if joined else None
        if index < edge and above and above.text.casefold().strip(" :") in _OPENINGS and len(block.text) <= _LONG:
            whole = Block(f"{above.text} {block.text}", block.line, last=block.last)
            if byline_at(whole) and not is_menu(block.text):
                joined[-1] = whole
                continue
        joined.append(block)
    return joined


def byline_at(block: Block) -> Byline | None:
    if block.is_item:
        # `3. März 2024` and `- June 2, 2024` look like items.
        text = f"- {block.text}" if block.marker == "-" else f"{block.marker}. {block.text}"
        found = find_date(text)
        is_date = found is not None and text[: found.start] in ("", "- ") and found.end == len(text)
        return Byline(published=found) if is_date else None
    byline = read_byline(block.tabbed or bare(block.text))
    if byline is not None:
        return byline
    sign = read_author_sign(bare(block.text))
    if sign and sign.author and (not sign.is_about or read_signature(block.text)):
        return Byline(authors=(sign.author,))
    return None


def _first_paragraph(blocks: Sequence[Block]) -> int:
    """The index of the first paragraph of the article; a subtitle as long stands right above a byline."""
    for index, block in enumerate(blocks[:_MAX_TOP]):
        if len(block.text) <= _LONG or is_above(block.text) or byline_at(block):
            continue
        if index + 1 < len(blocks) and byline_at(blocks[index + 1]) and index:
            continue
        return index
    return min(len(blocks), _MAX_TOP)


def _below_menu(top: Sequence[Block], limit: int) -> int:
    """The index below the last word of a menu that has a line of the article below it."""
    last = next((index for index in range(limit - 1, -1, -1) if not is_above(top[index].text)), 0)
    menus = [index for index in range(last) if is_menu(top[index].text)]
    if not menus:
        return 0
    start = menus[-1] + 1
    # A menu goes on in words of its own; where it stands line by line, a blank line ends it.
    while start < last and top[start].line == top[start - 1].line + 1 and top[last].line > top[last - 1].line + 1:
        if len(top[start].text.split()) > _MENU_WORDS or read_breadcrumb(top[start - 1].text):
            break
        start += 1
    return start


def _names(blocks: Sequence[Block], top: range, bylines: Sequence[int]) -> dict[int, Author]:
    """Lines of the top that are only a name, by their line; the page has to tell that it is a person's."""
    if not bylines:
        return {}
    names: dict[int, Author] = {}
    for index in range(max(top.start, bylines[0] - _HEADER), min(top.stop, bylines[-1] + 2)):
        block = blocks[index]
        person = None if index in bylines or block.is_item or len(block.text) > _LONG else read_person(bare(block.text))
        if person and 2 <= len(person.name.split()) <= 4 and not is_menu(block.text):
            if person.credentials or _is_spoken_of(person.name, blocks, index):
                names[block.line] = person
            elif index + 1 < len(blocks) and is_role(blocks[index + 1].text):
                names[block.line] = person
    return names


def _is_spoken_of(name: str, blocks: Sequence[Block], at: int) -> bool:
    """Whether another line says who that is, or says the name again above a date."""
    escaped = re.escape(name)
    pattern = re.compile(
        rf"(?:written by|by|about|meet|from|hi, i['’]m|©(?:\s*\d{{4}})?|copyright(?:\s*\d{{4}})?)\s+{escaped}\b.*"
        rf"|{escaped}(?:,.{{1,40}})?\s+(?:is|was|has|writes|works|lives)\b.*|{escaped}",
        re.IGNORECASE,
    )
    for index, block in enumerate(blocks):
        if index == at or not pattern.match(block.text):
            continue
        below = blocks[index + 1 : index + 2]
        if block.text.casefold() != name.casefold() or index == at + 1 or (below and byline_at(below[0])):
            return True
    return False


def _is_about(top: Sequence[Block], index: int, names: Mapping[int, Author]) -> bool:
    """Whether a line is a name, or says right below one what that person is."""
    is_below = index > 0 and top[index - 1].line in names and is_role(top[index].text)
    return top[index].line in names or is_below


def is_role(text: str) -> bool:
    words = text.casefold().split()
    return len(words) <= 6 and bool(ROLE_WORDS & set(words)) and text[:1].isupper()


def _without_site_names(zone: list[int], blocks: Sequence[Block], edge: int) -> list[int]:
    """The indices of lines that do not stand again in the page's last lines, where a site says its name."""
    below = [block.text.casefold() for block in blocks[max(edge, len(blocks) - 12) :]]
    kept = [index for index in zone if not any(blocks[index].text.casefold() in text for text in below)]
    return kept or zone


def _is_above_title(zone: Sequence[int], top: Sequence[Block], bylines: Sequence[int]) -> bool:
    """A name and a date may stand above the title when a second line of the byline stands below it."""
    is_name = len(zone) == 1 and len(top[zone[0]].text.split()) <= 3 and is_person_name(top[zone[0]].text)
    return is_name and any(_plain_between(top, one, two) for one, two in pairwise(bylines))


def _plain_between(top: Sequence[Block], one: int, two: int) -> list[int]:
    return [index for index in range(one + 1, two) if not is_above(top[index].text)]


def _below_byline(top: Sequence[Block], zone: Sequence[int], bylines: Sequence[int], names: dict[int, Author]) -> Top:
    if zone:
        person = read_person(top[zone[0]].text)
        if person:
            names[top[zone[0]].line] = person
    after = [
        index
        for index in range(bylines[0] + 1 if bylines else 0, len(top))
        if index not in bylines and not is_above(top[index].text) and top[index].line not in names
    ]
    return Top(after[0] if after else None, names)


def _title_of(zone: Sequence[int], top: Sequence[Block], has_byline: bool, has_site_name: bool) -> int:
    """The title between menu and byline; a topic or the site's words may stand above it, a subtitle below."""
    if len(zone) == 1 or not has_byline:
        return zone[0]
    last, above = top[zone[-1]].text, top[zone[-2]].text
    if len(zone) == 2:
        # What a site says of itself stands right below its name.
        is_motto = has_site_name and not _is_headline(above)
        return zone[-1] if (_is_kicker(above, last) or is_motto) and _is_headline(last) else zone[-2]
    if len(zone) == 3 and zone[0] == 0:  # only the article was pasted, without the page's menu
        return zone[1] if _is_kicker(top[0].text, above) else zone[0]
    if _is_headline(last) and not (_is_headline(above) and len(last) > len(above)):
        return zone[-1]
    return next((index for index in reversed(zone[:-1]) if top[index].end not in ".,;…"), zone[0])


def _is_kicker(above: str, title: str) -> bool:
    """A topic in a word or two above a title of several."""
    return len(above.split()) <= _KICKER_WORDS and len(title.split()) >= _HEADLINE_WORDS


def _is_headline(text: str) -> bool:
    """Most of its long words are capitals, as titles are written in English, and it is no sentence."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    return bool(words) and capitals * 3 >= len(words) * 2 and not text.endswith((".", "…"))
