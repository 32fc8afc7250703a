"""An article's title and text → the marks by which the same, or nearly the same, is found again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from zlib import crc32

from newsletter.content.reading import bare_words

RUN = 4  # words; a run of them in two texts is no chance
SKETCH = 8  # marks kept of each text's runs
UNRELATED = 0.1  # less of them is in both: two texts, whatever both are called
NEARLY_THE_SAME = 0.8  # of the runs of two texts together are in both
SUSPICIOUS = 4  # marks two sketches share before the texts themselves are compared
SUSPECTS = 5  # of one text: the likest are enough
COMMON = 50  # texts; a mark that more of them have is of what a site puts under every post
_LEAST_WORDS = 20  # below that, texts are alike by chance

_LETTERS = re.compile(r"\w+")
# What is no letter: beyond ASCII, and in it, where a table is quicker than any pattern.
_OTHER_SIGNS = re.compile(r"[^\x00-\x7f\w]+")
_ASCII_SIGNS = bytes(code if code >= 128 or _LETTERS.match(chr(code)) else ord(" ") for code in range(256))


def title_key(title: str) -> str:
    """The words of the title alone: `Hello, World!` and `hello world` have the same."""
    return " ".join(_LETTERS.findall(title.casefold()))


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a body on one line, and their sketch."""

    body_html: str
    words: str
    sketch: tuple[int, ...]


def text_of(body_html: str, known: Text | None = None) -> Text:
    """What a cleaned body says.

    `known` is what it said before, as with other pictures: the same words have the same sketch.
    """
    if known is not None and known.body_html == body_html:
        return known
    words = bare_words(body_html)
    return Text(body_html, words, known.sketch if known is not None and known.words == words else sketch(words))


def sketch(text: str) -> tuple[int, ...]:
    """The smallest few hashes of the text's runs of words, and one of all its words; empty when too short to tell.

    Two texts share about as large a part of their sketches as of their runs (bottom-k sketches, Broder 1997).
    """
    words = _words(text)
    if len(words) < _LEAST_WORDS:
        return ()
    smallest = nsmallest(SKETCH, _runs(words))
    if len(set(smallest)) < len(smallest):  # few texts say so often what they say at all
        smallest = nsmallest(SKETCH, set(_runs(words)))
    return tuple(sorted({*smallest, crc32(b" ".join(words))}))


def likest(own: Collection[int], holders: Mapping[int, Iterable[int]]) -> list[int]:
    """Those whose texts should be compared with one of these marks, the likest first, at most SUSPECTS.

    `own` are its marks without those that more than COMMON texts have; `holders` says who has each mark.
    """
    enough = min(SUSPICIOUS, (len(own) + 1) // 2)
    shared = Counter(other for one in own for other in holders.get(one, ()))
    return [other for other, count in shared.most_common(SUSPECTS) if count >= enough]


def likeness(one: str, other: str) -> float:
    """Which part of all the runs of both texts is in both: 1.0 for the same words, 0.0 for nothing in common."""
    first, second = _words(one), _words(other)
    if first == second:
        return 1.0
    runs, others = set(_runs(first)), set(_runs(second))
    both = len(runs & others)
    # The same runs in another order are still not the same text.
    return min(both / (len(runs) + len(others) - both), 0.999) if both else 0.0


def are_unrelated(one: str, other: str) -> bool:
    """Whether they have next to nothing in common; not said of texts too short to tell."""
    if min(len(_words(one)), len(_words(other))) < _LEAST_WORDS:
        return False
    return likeness(one, other) < UNRELATED


def _words(text: str) -> list[bytes]:
    """As `_LETTERS` finds them, in half of the time."""
    letters = _OTHER_SIGNS.sub(" ", text.casefold())
    return letters.encode().translate(_ASCII_SIGNS).split()


def _runs(words: list[bytes]) -> Iterator[int]:
    # All of it runs in C: a big import sketches tens of thousands of texts.
    return map(crc32, map(b" ".join, zip(words, words[1:], words[2:], words[RUN - 1 :], strict=False)))


def address_spellings(url: str) -> tuple[str, ...]:
    """How one page's address is commonly written, the given one first: a site that moves to https keeps its pages."""
    scheme, separator, rest = url.partition("://")
    if separator == "" or scheme not in ("http", "https"):
        return (url,)
    rest = rest.partition("#")[0]
    path_ends = (rest, rest.removesuffix("/") if rest.endswith("/") else f"{rest}/")
    spelled = [f"{each}://{end}" for each in ("https", "http") for end in path_ends]
    return tuple(dict.fromkeys((url, *spelled)))
