"""The report of an import → the lines a person reads: each item of a short one, of a long one what is alike.

Of a long one, too, whatever happened to a few items only is told with their names: a picture that could not be had
stands in no other place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from newsletter.desk.importing import Imported
from newsletter.desk.library import ImportReport

TOLD_ONE_BY_ONE = 200  # items
KINDS = 20  # of skips, drafts and notes told in a longer report
TOLD_WITH_EACH = 3  # items; what more of them lack is said once
_LONGEST = 300  # characters of a line

_LACKS = ("it has no ", "its author ", "its call to action ")  # as `explain_missing` begins its sentences
_ADDRESS = re.compile(r"https?://\S+?(?=[:;,]?(?:\s|$))|media/\S+")
_COMMAND = re.compile(r" \(newsletter articles edit \S+ ")  # what mends an article, which it names
_LOST = ("the picture ", "the whole text could not be had")  # how a note begins on what an article had and has not


def lines_of(report: ImportReport) -> Iterator[str]:
    """All but what failed, and at the end how many there are of each outcome."""
    yield from lines_of_items(report.items)
    yield report.summary


def lines_of_items(all_items: Sequence[Imported]) -> Iterator[str]:
    """Those that did not fail."""
    items = [item for item in all_items if item.outcome != "failed"]
    found = _one_by_one(items) if len(all_items) <= TOLD_ONE_BY_ONE else _together(items)
    yield from (_on_one_line(line) for line in found)


def _one_by_one(items: Sequence[Imported]) -> Iterator[str]:
    lacking = Counter(words for item in items for words in _sentences(item) if words.startswith(_LACKS))
    shared = {words: count for words, count in lacking.most_common() if count > TOLD_WITH_EACH}
    for item in items:
        because = f": {item.reason}" if item.slug and item.reason else ""
        yield f"{item.outcome}: {item.slug or item.reason}  ({item.item}){because}"
        yield from (f"    {words}" for words in _sentences(item) if words not in shared)
    yield from (f"{count:,} articles: {words}" for words, count in shared.items())


def _sentences(item: Imported) -> Iterator[str]:
    """Its notes, what it lacks to be sent one by one: many may lack the same."""
    for words in item.notes:
        yield from words.split("; ") if item.slug and words.startswith(_LACKS) else (words,)


def _together(items: Sequence[Imported]) -> Iterator[str]:
    by_reason: dict[str, list[Imported]] = defaultdict(list)
    for item in items:
        if item.reason:
            by_reason[f"{item.outcome}: {item.reason}"].append(item)
    told = sorted(by_reason.items(), key=lambda each: -len(each[1]))
    for words, alike in told[:KINDS]:
        yield f"{words}  ({alike[0].item})" if len(alike) == 1 else f"{words}  ({len(alike):,} items)"
    yield from _and_more(len(told), "reasons")
    notes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in items:
        for words in dict.fromkeys(_sentences(item)):
            notes[_kind_of(words)].append((item.item, words))
    shared = sorted((each for each in notes.items() if len(each[1]) > TOLD_WITH_EACH), key=lambda each: -len(each[1]))
    for words, told_of in shared[:KINDS]:
        first = f"  (the first: {told_of[0][0]})" if words.startswith(_LOST) else ""
        yield f"{len(told_of):,} × {words}{first}"
    yield from _and_more(len(shared), "notes")
    alone = [each for told_of in notes.values() if len(told_of) <= TOLD_WITH_EACH for each in told_of]
    alone.sort(key=lambda each: not each[1].startswith(_LOST))
    yield from (f"{name}: {words}" for name, words in alone[:KINDS])
    if len(alone) > KINDS:
        yield f"… and {len(alone) - KINDS:,} more notes on single items"
    yield (
        "this report is short because the import was long: `newsletter articles show SLUG` tells what was guessed and "
        "is missing of each; `--json`, also with `--dry-run`, tells every item with its notes"
    )


def _kind_of(words: str) -> str:
    """The same for notes that differ only in what they are about."""
    return _COMMAND.sub(" (newsletter articles edit SLUG ", _ADDRESS.sub("…", words))


def _and_more(count: int, what: str) -> Iterator[str]:
    if count > KINDS:
        yield f"… and {count - KINDS:,} more {what}"


def _on_one_line(line: str) -> str:
    """Names come from elsewhere: what would move a terminal's cursor is shown as a question mark."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in line)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
