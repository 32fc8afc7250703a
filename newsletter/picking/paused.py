"""What is paused → the articles about it, which do not go until the pause is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.model import Article
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score, Verdict

PausedTopics = tuple[tuple[str, datetime | None], ...]
"""Topics, each with the instant (aware) its pause ends; None: when somebody resumes."""


def topic(name: str) -> str:
    """A tag or category as it is compared: without capitals, white space joined."""
    return " ".join(name.split()).casefold()


def topics_of(article: Article) -> frozenset[str]:
    """All tags and categories of an article."""
    return frozenset(topic(name) for name in (*article.tags, *article.categories))


@dataclass(frozen=True, slots=True)
class NotPaused:
    """None of its tags and categories is paused at that moment."""

    topics: PausedTopics
    name = "not paused"
    tally = "paused"

    _free = Score("not paused")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        has = topics_of(article)
        for name, until in self.topics:
            if name in has and (until is None or at.utc < until):
                ends = f"until {until.astimezone(at.zone):%Y-%m-%d %H:%M}" if until else "until somebody resumes"
                day = until.astimezone(at.zone).date() if until else NEVER
                return Refusal(f"what is about {name!r} is paused {ends}", day)
        return self._free


def topics_to_json(topics: PausedTopics) -> list[list[str | None]]:
    return [[name, until.astimezone(UTC).isoformat() if until else None] for name, until in topics]


def topics_from_json(kept: Iterable[Iterable[str | None]]) -> PausedTopics:
    return tuple((name or "", datetime.fromisoformat(until) if until else None) for name, until in kept)
