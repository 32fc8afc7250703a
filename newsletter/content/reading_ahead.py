"""Items of the next batch → their drafts and texts, read by a child process while this one keeps what came before.

Reading takes about as long as keeping, so that a large import takes half the time on two processors.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import NamedTuple, Self

from newsletter.child import Child, questions, reply
from newsletter.content.draft import Draft
from newsletter.content.duplicates import Text, text_of
from newsletter.content.source import Item

LEAST = 50
"""Items; for fewer the child would not be up before they are read here."""

PART = 25
"""Items the child is asked for at once. Between two parts it waits for this process, as long as it takes to read 5."""

SECONDS = 60.0
"""The time one part may take; a tenth of a second is usual."""

_child = Child(__name__)


class Read(NamedTuple):
    """An item's draft, and what its body says."""

    draft: Draft
    text: Text


class ReadingAhead:
    """Whichever process comes to an item first reads it. What the child has no answer to is read here."""

    def __init__(self) -> None:
        self._asking = ThreadPoolExecutor(1)
        self._parts: dict[int, tuple[Future[list[Read | None]], int]] = {}  # by the item's identity

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.shutdown(cancel_futures=True)
        _child.close()

    def begin(self, items: Sequence[Item]) -> None:
        """Have these read, as far as they can be read elsewhere. They must live until each was read."""
        portable = [each for each in items if each.is_portable]
        if len(portable) < LEAST:
            return
        # From the end: whoever comes to them first begins at the other, and meets the child once.
        for start in reversed(range(0, len(portable), PART)):
            part = portable[start : start + PART]
            answer = self._asking.submit(_ask, [each.draft for each in part])
            self._parts.update((id(each), (answer, place)) for place, each in enumerate(part))

    def read(self, item: Item) -> Read:
        """Raises SourceError, as the item's own `draft` does."""
        answer, place = self._parts.pop(id(item), (None, 0))
        if answer is None or answer.cancelled() or answer.cancel():
            return _read(item.draft)
        return answer.result()[place] or _read(item.draft)


def _ask(drafts: Sequence[Callable[[], Draft]]) -> list[Read | None]:
    answer = _child.ask(pickle.dumps(drafts), SECONDS)
    return [None] * len(drafts) if answer is None else pickle.loads(answer)


def serve() -> None:
    """The child's life."""
    for question in questions():
        reply(pickle.dumps([_read_if_possible(draft) for draft in pickle.loads(question)]))


def _read_if_possible(draft: Callable[[], Draft]) -> Read | None:
    """None for what fails: it is read once more where its error can be told."""
    try:
        return _read(draft)
    except Exception:
        return None


def _read(draft: Callable[[], Draft]) -> Read:
    made = draft()
    return Read(made, text_of(made.body_html))
