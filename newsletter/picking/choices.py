"""What a person chose for occurrences to come, as rules among the others: this article, or not this one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from newsletter.model import LOCAL_FORMAT, Article
from newsletter.picking.rules import POINT, History, Moment, Refusal, Rule, Score, Verdict

PIN = 10**12 * POINT
"""More than any weights and priorities together come to: a pin wins over scores, and over no refusal."""


class ChoiceKind(StrEnum):
    PIN = "pin"  # this article goes then, and at no other occurrence
    DECLINE = "decline"  # anything but this article goes then


@dataclass(frozen=True, slots=True)
class Choice:
    """One article at one occurrence. `schedule` is empty for a choice on the schedule that is asked."""

    kind: ChoiceKind
    slug: str
    wall: str  # the wall clock of the occurrence, as `Occurrence.wall`
    at: datetime  # its instant, aware
    reason: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that counts for a schedule: its own, in the order they were made, and the pins of others on its list."""

    every: tuple[Choice, ...] = ()

    def rules(self) -> tuple[Rule, ...]:
        """The rules these come to; none where nobody chose anything."""
        pinned: dict[str, tuple[str, ...]] = {}
        elsewhere: dict[str, tuple[Choice, ...]] = {}
        declined: dict[str, dict[str, str]] = {}
        for choice in self.every:
            if choice.kind is ChoiceKind.DECLINE:
                declined.setdefault(choice.wall, {})[choice.slug] = choice.reason
                continue
            elsewhere[choice.slug] = (*elsewhere.get(choice.slug, ()), choice)
            if not choice.schedule:
                pinned[choice.wall] = (*pinned.get(choice.wall, ()), choice.slug)
        rules: list[Rule] = [Declined(declined)] if declined else []
        if elsewhere:
            rules.append(PinnedElsewhere(elsewhere))
        if pinned:
            rules.append(Pinned(pinned))
        return tuple(rules)

    def to_json(self) -> list[dict[str, Any]]:
        return [{**asdict(choice), "at": choice.at.astimezone(UTC).isoformat()} for choice in self.every]

    @classmethod
    def from_json(cls, stored: Sequence[Mapping[str, Any]]) -> Choices:
        return cls(
            tuple(
                Choice(**{**each, "kind": ChoiceKind(each["kind"]), "at": datetime.fromisoformat(each["at"])})
                for each in stored
            )
        )


def wall_of(at: Moment) -> str:
    """The wall clock of a moment, which names its occurrence."""
    return at.utc.astimezone(at.zone).strftime(LOCAL_FORMAT)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A person chose these articles for an occurrence, the first one to lead; every refusal still has its word."""

    pins: Mapping[str, tuple[str, ...]]  # by wall clock
    name = "pinned"
    tally = "not pinned"

    _no = Score("not pinned")

    @property
    def reach(self) -> int:
        return PIN * max(map(len, self.pins.values()), default=0)

    def groups_of(self, articles: Sequence[Article], history: History, at: Moment) -> Sequence[Hashable]:
        pinned = {slug for slugs in self.pins.values() for slug in slugs}
        return [each.slug if each.slug in pinned else None for each in articles]

    def points_at(self, history: History, at: Moment) -> Callable[[Hashable], int]:
        slugs = self.pins.get(wall_of(at), ())
        points: Mapping[Hashable, int] = {slug: PIN * (len(slugs) - place) for place, slug in enumerate(slugs)}
        return lambda slug: points.get(slug, 0)

    def most_at(self, history: History, at: Moment) -> int:
        return PIN * len(self.pins.get(wall_of(at), ()))

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        points = self.points_at(history, at)(article.slug)
        return Score("pinned by hand", points) if points else self._no


@dataclass(frozen=True, slots=True)
class PinnedElsewhere:
    """An article pinned to a later occurrence, of this schedule or of another one on its list, is kept until then.

    An evergreen one may be pinned to several occurrences.
    """

    pins: Mapping[str, tuple[Choice, ...]]  # by slug
    name = "pinned elsewhere"
    tally = "pinned to another date"

    _free = Score("pinned to no other date")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        pins = self.pins.get(article.slug, ())
        wall = wall_of(at) if pins else ""
        if article.evergreen and any(pin.wall == wall and not pin.schedule for pin in pins):
            return self._free
        for pin in pins:
            if (pin.schedule or pin.wall != wall) and pin.at >= at.utc:
                return Refusal(f"pinned to {pin.wall[:10]}" + (f" on {pin.schedule}" if pin.schedule else ""))
        return self._free


@dataclass(frozen=True, slots=True)
class Declined:
    """A person said no to these articles for one occurrence, with the reason; at any other one they may go."""

    reasons: Mapping[str, Mapping[str, str]]  # by wall clock, then by slug
    name = "declined"
    tally = "declined for this date"

    _free = Score("not declined")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        reason = self.reasons.get(wall_of(at), {}).get(article.slug)
        return self._free if reason is None else Refusal(f"declined for this date: {reason}")
