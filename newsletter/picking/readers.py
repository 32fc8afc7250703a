"""What readers have had, and the issues to come → what they will get: the same as everybody, or their own next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from itertools import takewhile

from newsletter.errors import Refused
from newsletter.model import Article, Occurrence
from newsletter.options import Options
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score, Turn, Verdict

CAP_DAYS = 7
"""The cap counts the day of an issue and the six days before it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a number of readers have had alike, and where they are alike reached."""

    audiences: frozenset[int] = frozenset({0})  # by their numbers, as in `Planned`
    had: Mapping[str, datetime] = field(default_factory=dict)  # slug → when it last went to them
    last: Mapping[int, datetime] = field(default_factory=dict)  # schedule id → when it last wrote to them
    days: tuple[date, ...] = ()  # of the issues they got lately, or are about to get
    readers: int = 1


@dataclass(frozen=True, slots=True)
class Own:
    """How a schedule gives each reader their own next article. `ranked` is asked only where it matters."""

    schedule_id: int
    ranked: Callable[[Occurrence], Sequence[Article]]  # what may go then, the best first
    options: Options


@dataclass(frozen=True, slots=True)
class Planned:
    """One issue to come: the same `slugs` for everybody in its audience, or by `own` each reader's next article."""

    occurrence: Occurrence
    audience: int = 0
    slugs: tuple[str, ...] = ()
    own: Own | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """How many issues a reader gets within seven days at most, over all schedules; days are those of `zone`."""

    most: int
    zone: tzinfo

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def is_reached(self, days: Iterable[date], day: date) -> bool:
        """Whether who got issues on those days has had enough on that day."""
        return bool(self.most) and sum(day - each < timedelta(days=CAP_DAYS) for each in days) >= self.most


@dataclass(frozen=True, slots=True)
class Due:
    """What readers of one past get of one issue: its article, or the first of them; empty when it has none for them."""

    planned: Planned
    slug: str
    waits: bool = False  # the days between two articles of a course have not passed
    is_left_out: bool = False  # it would be theirs, but they have had enough


@dataclass(frozen=True, slots=True)
class Reached:
    """Who really gets one issue to come."""

    groups: Mapping[str, int]  # each article with its readers; where all get the same, the first one
    left_out: int  # readers who have had enough
    pasts: Mapping[int, int]  # the place of each past that gets it, with its readers

    @property
    def readers(self) -> int:
        return sum(self.groups.values())


NOBODY = Reached({}, 0, {})


def shared(one: Reached, other: Reached) -> int:
    """How many readers get both issues."""
    return sum(readers for place, readers in one.pasts.items() if place in other.pasts)


@dataclass(frozen=True, slots=True)
class NextOfGroup:
    """The article that each reader of a group is due: all that come before it, in the history, they have had."""

    slug: str
    readers: int
    name = "not had"
    tally = "had by each of them"

    _had = Refusal("each of these readers has had it", NEVER)
    _later = Score("not the next one for these readers")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.slug == self.slug:
            return Score(f"the next one for {self.readers:,} {'reader' if self.readers == 1 else 'readers'}")
        return self._had if history.sent_at(article.slug) else self._later


def history_of_group(ranked: Sequence[Article], slug: str, seed: int, at: datetime) -> History:
    """What readers have had who are due that one of the ranked articles; when, is not known: it stands as `at`."""
    had = list(takewhile(lambda article: article.slug != slug, ranked))
    turns = tuple(Turn.of(article, at) for article in had)
    return History({article.slug: (at,) for article in had}, seed, turns)


def is_per_reader(options: Options) -> bool:
    """Whether each reader gets the next article that they themselves have not had."""
    return options.repeat == "per-reader" or options.sequence > 0


def require_possible(options: Options) -> None:
    """Raises Refused for what cannot go together where each reader has a next article of their own."""
    if not is_per_reader(options):
        return
    given = "--sequence" if options.sequence else "--repeat per-reader"
    if options.articles > 1:
        raise Refused(f"--articles: with {given} an issue has one article, the next one of each reader")
    if options.times:
        raise Refused(f"--times: with {given} nobody counts how often an article went; --cool-down keeps them apart")
    if options.when_empty == "repeat":
        raise Refused(f"--when-empty: with {given} nothing is repeated; an evergreen article comes again by itself")
    if options.missed == "ask":
        raise Refused(f"--missed: with {given} there is nothing to ask; each reader gets it at the next occurrence")


def is_had(article: Article, last: date, day: date, cool_down: int) -> bool:
    """Whether an article that last went to a reader on the day `last` still counts as had on `day`."""
    return not article.evergreen or day < last + timedelta(days=cool_down)


def is_waiting(last: date | None, day: date, sequence: int) -> bool:
    """Whether a course is still to pause for a reader whom it last wrote to on the day `last`."""
    return sequence > 0 and last is not None and day < last + timedelta(days=sequence)


def run_forward(past: Past, planned: Iterable[Planned], cap: Cap) -> Iterator[Due]:
    """What readers of this past get of each issue to their audiences, each as if those before it had been sent.

    `planned` stands in the order of time.
    """
    had, last, days = dict(past.had), dict(past.last), list(past.days)
    for issue in planned:
        if issue.audience not in past.audiences:
            continue
        own, at = issue.own, issue.occurrence.utc
        if own is not None and _waits(own, issue.occurrence, last):
            yield Due(issue, "", waits=True)
            continue
        slugs = issue.slugs if own is None else _next_of(own, issue.occurrence, had)
        if not slugs:
            yield Due(issue, "")
            continue
        day = cap.day(at)
        if cap.is_reached(days, day):
            yield Due(issue, slugs[0], is_left_out=True)
            continue
        days.append(day)
        had.update(dict.fromkeys(slugs, at))
        if own is not None:
            last[own.schedule_id] = at
        yield Due(issue, slugs[0])


def _waits(own: Own, occurrence: Occurrence, last: Mapping[int, datetime]) -> bool:
    written = last.get(own.schedule_id)
    return written is not None and is_waiting(_day(written, occurrence), occurrence.local.date(), own.options.sequence)


def _next_of(own: Own, occurrence: Occurrence, had: Mapping[str, datetime]) -> tuple[str, ...]:
    day, cool_down = occurrence.local.date(), own.options.cool_down
    for article in own.ranked(occurrence):
        last = had.get(article.slug)
        if last is None or (article.evergreen and not is_had(article, _day(last, occurrence), day, cool_down)):
            return (article.slug,)
    return ()


def _day(at: datetime, occurrence: Occurrence) -> date:
    """The day of that instant in the schedule's zone."""
    return at.astimezone(occurrence.local.tzinfo).date()


def reach(pasts: Sequence[Past], planned: Sequence[Planned], cap: Cap) -> list[Reached]:
    """For each issue to come how many readers get it, with which article, and how many are left out."""
    places = {id(issue): place for place, issue in enumerate(planned)}
    groups: list[Counter[str]] = [Counter() for _ in planned]
    left_out = [0] * len(planned)
    who: list[dict[int, int]] = [{} for _ in planned]
    for number, past in enumerate(pasts):
        for due in run_forward(past, planned, cap):
            place = places[id(due.planned)]
            if due.is_left_out:
                left_out[place] += past.readers
            elif due.slug:
                groups[place][due.slug] += past.readers
                who[place][number] = past.readers
    return [
        Reached(in_order(count, issue), left, got)
        for count, issue, left, got in zip(groups, planned, left_out, who, strict=True)
    ]


def in_order(count: Mapping[str, int], issue: Planned) -> Mapping[str, int]:
    """The groups of an issue by the ranks of their articles."""
    if issue.own is None or len(count) < 2:
        return dict(count)
    return {each.slug: count[each.slug] for each in issue.own.ranked(issue.occurrence) if each.slug in count}
