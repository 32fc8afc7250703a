"""Occurrences × pick over a growing history → the coming issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from newsletter.model import Article, Occurrence
from newsletter.picking.pick import pick_articles
from newsletter.picking.rules import History, Moment, Rule
from newsletter.picking.shortlist import Shortlist

LOOKED_AT = 5  # issues in a row
TOO_MANY = 3  # of them by one author, where others are there


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one occurrence will send and why; no article, and why not, when nothing can be picked."""

    occurrence: Occurrence
    articles: tuple[str, ...]
    authors: tuple[str, ...]  # names, each once, in the order of the articles
    words: str


class Foresight:
    """One schedule run forward: each issue is picked as if those before it had been sent.

    The same shortlist as `pick_articles`; the occurrences must come in the order of time. Dates are days in
    the zone of each `Occurrence.local`.
    """

    def __init__(
        self,
        candidates: Sequence[Article],
        history: History,
        rules: Sequence[Rule],
        count: int = 1,
        again: Sequence[Rule] = (),
    ) -> None:
        """`again` are the rules by which something is repeated where nothing new may go; none: nothing is."""
        self._candidates = candidates
        self._rules = rules
        self._again = again
        self._shortlist = Shortlist(candidates, rules, history.seed)
        self._history = history
        self._count = count

    def rehearse(self, occurrence: Occurrence) -> Forecast:
        """What this occurrence will show to staff alone: the next one begins from where this one did."""
        at = _moment(occurrence)
        pick = pick_articles(self._candidates, self._history, self._rules, at, self._count)
        if not pick.articles and self._again:
            pick = pick_articles(self._candidates, self._history, self._again, at, self._count)
        words = f"a rehearsal, for staff alone: {pick.words}"
        return Forecast(occurrence, pick.slugs, authors_of(pick.articles), words)

    def at(self, occurrence: Occurrence, is_told: bool = True) -> tuple[Forecast, tuple[Article, ...]]:
        """What this occurrence will send, and those articles; why, if it `is_told`."""
        at = _moment(occurrence)
        articles = self._shortlist.take(self._history, at, self._count)
        words = self._shortlist.in_words(articles, self._history, at) if is_told else ""
        if not articles and self._again:
            pick = pick_articles(self._candidates, self._history, self._again, at, self._count)
            articles, words = pick.articles, pick.words
            self._shortlist.sent(pick.slugs)
        for article in articles:
            self._history = self._history.after(article, occurrence.utc)
        return Forecast(occurrence, tuple(a.slug for a in articles), authors_of(articles), words), articles

    def also_sent(self, articles: Collection[Article], occurrence: Occurrence) -> None:
        """Another schedule sends these to the same list."""
        self._shortlist.sent({article.slug for article in articles})
        for article in articles:
            self._history = self._history.after(article, occurrence.utc, is_ours=False)


def forecast(
    occurrences: Iterable[Occurrence],
    candidates: Sequence[Article],
    history: History,
    rules: Sequence[Rule],
    count: int = 1,
) -> tuple[Forecast, ...]:
    """The coming issues of one schedule alone."""
    foresight = Foresight(candidates, history, rules, count)
    return tuple(foresight.at(occurrence)[0] for occurrence in occurrences)


@dataclass(frozen=True)
class Course:
    """One schedule among several: where it goes, when, and how long before that its articles are chosen."""

    list_id: int
    occurrences: Iterable[Occurrence]  # in the order of time
    foresight: Foresight | None  # None: each reader gets their own next article
    drafted: Mapping[Occurrence, Forecast] = field(default_factory=dict)  # the history knows these already
    ahead: timedelta = timedelta()
    is_drafted_first: bool = False  # at one instant drafts are made before issues begin
    is_rehearsal: bool = False

    def goes(self, occurrence: Occurrence, is_told: bool) -> tuple[Forecast, tuple[Article, ...]]:
        """What it sends then, and those articles that its list will have had; why, if it `is_told`."""
        if (drafted := self.drafted.get(occurrence)) is not None:
            return drafted, ()
        if self.foresight is None:
            return Forecast(occurrence, (), (), ""), ()
        if self.is_rehearsal:
            return self.foresight.rehearse(occurrence), ()
        return self.foresight.at(occurrence, is_told)


def forecast_together(
    courses: Sequence[Course], since: datetime, wanted: Collection[int]
) -> Iterator[tuple[int, Forecast]]:
    """The coming issues of all by instant, each with its course's place; what one sends a list the others know.

    Articles are chosen in the order in which that will be done, none before `since` (aware): what is drafted days
    ahead takes them from whatever goes in between. It ends with the last of the `wanted` courses; of the others
    nobody asks why.
    """
    waiting = {place: 0 for place in wanted}  # issues of each that are still to be yielded
    streams = [iter(course.occurrences) for course in courses]
    choosing: list[tuple[datetime, bool, int, Occurrence]] = []
    open_until: list[tuple[datetime, int]] = []  # the next one of each course, by instant
    chosen: list[tuple[datetime, int, Forecast]] = []

    def advance(place: int) -> None:
        if (occurrence := next(streams[place], None)) is not None:
            at = max(since, occurrence.utc - courses[place].ahead)
            heappush(choosing, (at, not courses[place].is_drafted_first, place, occurrence))
            heappush(open_until, (occurrence.utc, place))
            if place in waiting:
                waiting[place] += 1

    for place in range(len(courses)):
        advance(place)
    done: set[tuple[datetime, int]] = set()
    while choosing and any(waiting.values()):
        _, _, place, occurrence = heappop(choosing)
        foreseen, articles = courses[place].goes(occurrence, place in waiting)
        _tell_others(courses, courses[place], articles, occurrence)
        heappush(chosen, (occurrence.utc, place, foreseen))
        done.add((occurrence.utc, place))
        advance(place)
        while open_until and open_until[0] in done:
            done.remove(heappop(open_until))
        while chosen and (not open_until or chosen[0][:2] < open_until[0]):
            _, first, foreseen = heappop(chosen)
            if first in waiting:
                waiting[first] -= 1
            yield first, foreseen


def _tell_others(
    courses: Sequence[Course], ours: Course, articles: Collection[Article], occurrence: Occurrence
) -> None:
    told = {id(ours.foresight)}  # a schedule's rehearsals share it
    for other in courses if articles else ():
        if other.list_id == ours.list_id and other.foresight is not None and id(other.foresight) not in told:
            told.add(id(other.foresight))
            other.foresight.also_sent(articles, occurrence)


def crowding(coming: Sequence[Forecast]) -> dict[int, str]:
    """Where one author has too many of a few issues in a row: the place of the last of them, and words for it."""
    found: dict[int, str] = {}
    if len({author for each in coming for author in each.authors}) < 2:
        return found
    told: dict[str, int] = {}
    for place in range(len(coming)):
        window = coming[max(0, place - LOOKED_AT + 1) : place + 1]
        counts = Counter(author for each in window for author in each.authors)
        for author in coming[place].authors:
            # Said once, and again only when the author had been away for a while.
            is_new = place - told.get(author, -LOOKED_AT) >= LOOKED_AT
            if counts[author] >= TOO_MANY and is_new:
                told[author] = place
                found[place] = f"{author} has {counts[author]} of {len(window)} issues in a row"
    return found


def authors_of(articles: Iterable[Article]) -> tuple[str, ...]:
    """Names, each once."""
    return tuple(dict.fromkeys(author.name for article in articles for author in article.authors))


def _moment(occurrence: Occurrence) -> Moment:
    zone = occurrence.local.tzinfo
    if zone is None:
        raise ValueError(f"{occurrence.local!r} has no time zone")
    return Moment.of(occurrence.utc, zone)
