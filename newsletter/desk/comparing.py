"""Items that were read, beside the library → those much like another article are marked as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from newsletter.content.duplicates import COMMON, NEARLY_THE_SAME, likeness, likest, title_key
from newsletter.desk.keeping import Ready
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store import marks
from newsletter.store.sameness import Known, find_same, title_keys_of, titles_like


def compare(connection: Connection, read: Sequence[Ready], met: Collection[int]) -> None:
    """Marks what is new and much like another article, of the library or of these, and says it of the same title.

    So it does of a draft that a source would make ready: it may be one because of such a likeness. Who is `met` is
    another item's article. What a person settled already is compared with nothing.
    """
    found = [(each, known) for each, known in _with_same(connection, read, met) if not each.draft.is_settled]
    judged = [(each, known) for each, known in found if known is None or known.status is ArticleStatus.DRAFT]
    sketches = [each.text.sketch for each, _ in judged]
    suspects = marks.suspects(connection, sketches)
    others = {id for each in suspects.values() for id in each}
    known_texts = marks.texts_of(connection, others)
    slugs, title_keys = store.slugs_of(connection, others), title_keys_of(connection, others)
    titles: dict[str, str | Ready] = {**titles_like(connection, (each.draft.title for each, _ in judged))}
    holders: dict[int, list[int]] = defaultdict(list)  # mark → who has it, of these
    for number, ((ready, known), marked) in enumerate(zip(judged, sketches, strict=True)):
        title = title_key(ready.draft.title)
        near = [
            _Near(likeness(ready.text.words, known_texts[id]), title_keys[id] == title, slugs[id])
            for id in suspects.get(marked, ())
            if known is None or known.id != id
        ]
        for other in likest([one for one in marked if len(holders[one]) <= COMMON], holders):
            another = judged[other][0]
            near.append(
                _Near(likeness(ready.text.words, another.text.words), title_key(another.draft.title) == title, another)
            )
        _judge(ready, known, near)
        if known is None:
            _tell_title(ready, titles)
            for one in marked:
                holders[one].append(number)


class _Near(NamedTuple):
    part: float  # of the text
    has_same_title: bool
    other: Ready | str


def _with_same(
    connection: Connection, read: Sequence[Ready], met: Collection[int]
) -> Iterator[tuple[Ready, Known | None]]:
    """Each with the article it is; of two that bear no more than the same slug, the second is another."""
    met = set(met)
    for each, known in zip(read, find_same(connection, [each.identity for each in read], met), strict=True):
        if known is not None and known.id in met and known.is_weak:
            known = find_same(connection, [each.identity], met)[0]
        if known is not None:
            met.add(known.id)
        yield each, known


def _judge(ready: Ready, known: Known | None, near: Sequence[_Near]) -> None:
    part, has_same_title, other = max(near, key=lambda each: each[:2], default=_Near(0.0, False, ""))
    if part >= NEARLY_THE_SAME:
        ready.likeness, ready.like = part, other
        ready.is_doubtful = part < 1.0 or not has_same_title or known is not None


def _tell_title(ready: Ready, titles: dict[str, str | Ready]) -> None:
    key = title_key(ready.draft.title)
    other = titles.setdefault(key, ready)
    if key and other is not ready and not ready.like:
        slug = other if isinstance(other, str) else other.identity.slug
        ready.notes.append(f"the same title as {slug}, another text")
