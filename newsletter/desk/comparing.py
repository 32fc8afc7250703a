"""Items that were read, beside the library → those much like another article are marked as such."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from newsletter.content.duplicates import NEARLY_THE_SAME, SUSPICIOUS, likeness, sketch, title_key
from newsletter.content.reading import bare_words
from newsletter.desk.keeping import Ready
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store import marks
from newsletter.store.sameness import Known, find_same, titles_like


def compare(connection: Connection, read: Sequence[Ready], met: set[int]) -> None:
    """Marks what is new and much like another article, of the library or of these, and says it of the same title.

    So it does of a draft that a source would make ready: it may be one because of such a likeness. Who is `met` is
    another item's article.
    """
    same = find_same(connection, [each.identity for each in read])
    found = ((each, _not_met(each, known, met)) for each, known in zip(read, same, strict=True))
    judged = [(each, known) for each, known in found if known is None or known.status is ArticleStatus.DRAFT]
    texts = [bare_words(each.draft.body_html) for each, _ in judged]
    sketches = [sketch(text) for text in texts]
    suspects = marks.suspects(connection, sketches)
    others = {id for each in suspects.values() for id in each}
    known_texts = marks.texts_of(connection, others)
    slugs = store.slugs_of(connection, others)
    titles: dict[str, str | Ready] = {**titles_like(connection, (each.draft.title for each, _ in judged))}
    holders: dict[int, list[int]] = defaultdict(list)  # mark → who has it, of these
    for number, (ready, known) in enumerate(judged):
        text, marked = texts[number], sketches[number]
        near: list[tuple[float, Ready | str]]
        near = [(likeness(text, known_texts[id]), slugs[id]) for id in suspects.get(marked, ()) if not _is(known, id)]
        for other in _alike(marked, holders):
            near.append((likeness(text, texts[other]), judged[other][0]))
        _judge(ready, known, near)
        if known is None:
            _tell_title(ready, titles)
            for one in marked:
                holders[one].append(number)


def _not_met(ready: Ready, known: Known | None, met: set[int]) -> Known | None:
    """None for what bears no more than the slug of another item: it will be an article of its own."""
    is_other = known is not None and known.id in met and known.identity.is_weak and ready.identity.is_weak
    return None if is_other else known


def _is(known: Known | None, id: int) -> bool:
    return known is not None and known.id == id


def _alike(marked: tuple[int, ...], holders: dict[int, list[int]]) -> list[int]:
    shared = Counter(other for one in marked for other in holders.get(one, ()))
    return [other for other, count in shared.most_common(marks.SUSPECTS) if count >= min(SUSPICIOUS, len(marked))]


def _judge(ready: Ready, known: Known | None, near: Sequence[tuple[float, Ready | str]]) -> None:
    part, other = max(near, key=lambda each: each[0], default=(0.0, ""))
    if part >= NEARLY_THE_SAME:
        ready.likeness, ready.like = part, other
        ready.is_doubtful = part < 1.0 or known is not None


def _tell_title(ready: Ready, titles: dict[str, str | Ready]) -> None:
    key = title_key(ready.draft.title)
    other = titles.setdefault(key, ready)
    if key and other is not ready and not ready.like:
        slug = other if isinstance(other, str) else other.identity.slug
        ready.notes.append(f"the same title as {slug}, another text")
