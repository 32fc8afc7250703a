"""Two versions of what an article says → the fields that differ, and the lines of its text that do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from newsletter.content.reading import body_text

BODY = "body_html"
CONTEXT = 0  # unchanged lines shown around a change


@dataclass(frozen=True, slots=True)
class Change:
    """One field; `before` and `after` are as JSON has them."""

    field: str
    before: Any
    after: Any


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields that differ, in the order `after` has them."""
    return tuple(Change(name, before.get(name), value) for name, value in after.items() if before.get(name) != value)


def in_lines(change: Change) -> Iterator[str]:
    """`title: Calm → Calmer`; of a body the paragraphs that went and came."""
    if change.field != BODY:
        yield f"{change.field}: {_shown(change.before)} → {_shown(change.after)}"
        return
    before, after = (body_text(html or "").splitlines() for html in (change.before, change.after))
    lines = list(unified_diff(before, after, n=CONTEXT, lineterm=""))[2:]
    shown = [f"  {line}" for line in lines if not line.startswith("@@") and line[1:].strip()]
    yield "body:" if shown else "body: its links, pictures or markup alone"
    yield from shown


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {part}" for name, part in value.items() if part) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)
