"""A post with shortcodes, `[caption]…[/caption]` → the same post with the HTML they stand for, and none left."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from newsletter.content.sources.wordpress.modules import AROUND, GONE, LAYOUT, PLAIN_NAMES, WHOLE, Album
from newsletter.content.sources.wordpress.values import read_attributes, straight_quotes

_MAX_NESTED_WHOLES = 12  # each copies once more what it holds

# Neither bracket may stand in an attribute: from each `[` one looks no further than to the next bracket.
_SHORTCODE = re.compile(
    r"\[(?P<before>\[?)(?P<end>/?)(?P<name>[A-Za-z][\w-]{0,80})(?P<attributes>(?:[\s/][^\[\]]*)?)\](?P<behind>\]?)"
)
_PAIR = re.compile(r"""\s*[A-Za-z][\w:.-]*=(?:"[^"]*"|'[^']*'|[^\s"']+)(?=\s|$)""")
_LINE_BREAK_OF_DIVI = re.compile(r"<!--\s?\[et_pb_(?:br|line_break)_holder\]\s?-->")


@dataclass(slots=True)
class Counts:
    """What was not understood, by the shortcode's name."""

    unwrapped: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Tag:
    name: str
    attributes: str
    start: int
    end: int
    is_end: bool
    closes_itself: bool
    is_doubled_before: bool  # `[[name`
    is_doubled_behind: bool  # `name]]`
    mate: int | None = None  # where its other half stands in the list

    @property
    def is_shortcode(self) -> bool:
        """`[sic]`, `[laughs]` and `[see page 4]` are words: nothing closes them, and nothing else tells them."""
        if self.mate is not None or self.closes_itself or "_" in self.name:
            return True
        return self.name in _KNOWN or _is_all_pairs(self.attributes)


_KNOWN = PLAIN_NAMES | WHOLE.keys() | AROUND.keys() | GONE


def expand_shortcodes(text: str, album: Album, counts: Counts) -> str:
    """Known ones become HTML; unknown ones that enclose something leave it, the others go, and both are counted.

    Text in square brackets stays. `[[name]]` is how WordPress writes `[name]`. Takes time in proportion to the text.
    """
    if "[" not in text:
        return text
    text = _LINE_BREAK_OF_DIVI.sub("\n", text)
    return _Expansion(text, _paired([_tag(match) for match in _SHORTCODE.finditer(text)]), album, counts).run()


def _tag(match: re.Match[str]) -> _Tag:
    attributes = match["attributes"].rstrip()
    closes_itself = attributes.endswith("/") and not match["end"]
    return _Tag(
        name=match["name"].lower(),
        attributes=attributes.removesuffix("/") if closes_itself else attributes,
        start=match.start() + len(match["before"]),
        end=match.end() - len(match["behind"]),
        is_end=bool(match["end"]),
        closes_itself=closes_itself,
        is_doubled_before=bool(match["before"]),
        is_doubled_behind=bool(match["behind"]),
    )


def _paired(tags: list[_Tag]) -> list[_Tag]:
    """The same tags; those that belong together know of each other, and no two pairs overlap."""
    nested: list[int] = []
    open_names: Counter[str] = Counter()
    for index, tag in enumerate(tags):
        if not tag.is_end and not tag.closes_itself:
            nested.append(index)
            open_names[tag.name] += 1
        while tag.is_end and tag.mate is None and open_names[tag.name]:
            at = nested.pop()
            open_names[tags[at].name] -= 1
            if tags[at].name == tag.name:
                tags[at].mate, tag.mate = index, at
    return tags


def _is_all_pairs(attributes: str) -> bool:
    """`id="4" title="Calm"`, and at least one of them."""
    attributes = straight_quotes(attributes).strip()
    at = 0
    while match := _PAIR.match(attributes, at):
        at = match.end()
    return 0 < at == len(attributes)


class _Expansion:
    def __init__(self, text: str, tags: list[_Tag], album: Album, counts: Counts) -> None:
        self._text = text
        self._tags = tags
        self._album = album
        self._counts = counts
        self._at = 0
        self._outs: list[list[str]] = [[]]  # the last one gathers what an open shortcode holds
        self._behind: dict[int, str] = {}  # what stands in the place of a closing tag
        self._ends_of_wholes: set[int] = set()
        self._was_end = -1  # where a shortcode's closing tag ended

    def run(self) -> str:
        index = 0
        while index < len(self._tags):
            tag = self._tags[index]
            self._write(self._text[self._at : tag.start])
            self._at = tag.end
            index = self._take(index, tag)
        self._write(self._text[self._at :])
        return "".join(self._outs[0])

    def _write(self, words: str) -> None:
        if words:
            self._outs[-1].append(words)

    def _take(self, index: int, tag: _Tag) -> int:
        """Writes what a tag stands for; the index of the next one to look at."""
        if not tag.is_shortcode:
            self._write(self._text[tag.start : tag.end])
        elif self._is_escaped(tag):
            self._unescape(tag)
        elif tag.is_end:
            self._end(index, tag)
        elif tag.mate is not None:
            return self._begin(index, tag, tag.mate)
        else:
            self._alone(tag)
        return index + 1

    def _is_escaped(self, tag: _Tag) -> bool:
        if tag.mate is None:
            return tag.is_doubled_before and tag.is_doubled_behind
        opening, closing = (self._tags[tag.mate], tag) if tag.is_end else (tag, self._tags[tag.mate])
        is_around_both = opening.is_doubled_before and closing.is_doubled_behind
        return is_around_both or (tag.is_doubled_before and tag.is_doubled_behind)

    def _unescape(self, tag: _Tag) -> None:
        out = self._outs[-1]
        if tag.is_doubled_before and out and out[-1].endswith("["):
            out[-1] = out[-1][:-1]
        self._write(self._text[tag.start : tag.end])
        self._at = tag.end + tag.is_doubled_behind

    def _begin(self, index: int, tag: _Tag, mate: int) -> int:
        if tag.name in GONE:
            self._counts.removed[tag.name] += 1
            self._at = self._tags[mate].end
            return mate + 1
        if tag.name in WHOLE and len(self._outs) <= _MAX_NESTED_WHOLES:
            self._outs.append([])
            self._ends_of_wholes.add(mate)
        elif tag.name in AROUND:
            before, self._behind[mate] = AROUND[tag.name](read_attributes(tag.attributes), self._album)
            self._write(before)
        else:
            self._counts.unwrapped[tag.name] += 1
            self._write(self._gap(tag))
        return index + 1

    def _end(self, index: int, tag: _Tag) -> None:
        if index in self._ends_of_wholes and tag.mate is not None:
            content = "".join(self._outs.pop())
            self._write(WHOLE[tag.name](read_attributes(self._tags[tag.mate].attributes), content, self._album))
        else:
            self._write(self._behind.pop(index, "") or self._gap(tag))
        self._was_end = tag.end

    def _alone(self, tag: _Tag) -> None:
        attributes = read_attributes(tag.attributes)
        if tag.name in GONE or tag.name not in WHOLE.keys() | AROUND.keys():
            self._counts.removed[tag.name] += 1
            self._write(self._gap(tag))
        elif tag.name in WHOLE:
            self._write(WHOLE[tag.name](attributes, "", self._album))
        else:
            self._write("".join(AROUND[tag.name](attributes, self._album)))

    def _gap(self, tag: _Tag) -> str:
        """What stood in two columns is not one sentence."""
        is_next_to_another = tag.start == self._was_end and not tag.is_end
        return "\n\n" if is_next_to_another or tag.name.startswith(LAYOUT) else ""
