"""One article, the history and a moment → a score or a refusal, with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple, Protocol, runtime_checkable

from newsletter.model import Article, Author, Season
from newsletter.states import ArticleStatus

NEVER = date.max
"""The `until` of a refusal that no day will lift."""

DAYS = date.max.toordinal() + 1
"""One more than the highest day number, so that a day divided by it stays under 1."""

MONTHS = (
    "January February March April May June July August September October November December".split()
)  # not from strftime: the words must not change with the machine's locale


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, and the calendar day it falls on in the schedule's zone: rules about dates ask the day."""

    utc: datetime
    zone: tzinfo
    day: date

    @classmethod
    def of(cls, instant: datetime, zone: tzinfo) -> Moment:
        """`instant` must be aware. Raises ValueError for a naive one."""
        if instant.tzinfo is None:
            raise ValueError(f"{instant!r} has no time zone")
        return cls(instant.astimezone(UTC), zone, instant.astimezone(zone).date())


@dataclass(frozen=True, slots=True)
class History:
    """When each article was sent on this schedule (aware UTC, oldest first), and the seed for ties."""

    sent: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    seed: int = 0
    # What `after` added lies beside `sent`, so that a forecast never copies years of history.
    added: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)

    def sent_at(self, slug: str) -> tuple[datetime, ...]:
        """Every instant the article was sent at, oldest first."""
        return self.sent.get(slug, ()) + self.added.get(slug, ())

    def after(self, slug: str, at: datetime) -> History:
        """This history, once `slug` has also been sent at `at` (aware UTC)."""
        return replace(self, added={**self.added, slug: (*self.added.get(slug, ()), at)})


# Named tuples, here and in pick.py: a pick makes tens of thousands, at a third of what a dataclass costs.
class Score(NamedTuple):
    """The rule lets the article go; `value` is the rule's share in its score, 0 when it only guards."""

    words: str
    value: float = 0.0


class Refusal(NamedTuple):
    """The rule keeps the article from going.

    `until` is the first local day on which the rule might answer otherwise: NEVER when none will, and None,
    the safe answer, when it has to be asked every time.
    """

    words: str
    until: date | None = None


Verdict = Score | Refusal


class Rule(Protocol):
    """One rule. A new one is an object with these three, its place in RULES, and its test."""

    name: str
    tally: str  # completes "3 …" when refusals are counted: "out of season"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict: ...


@runtime_checkable
class Ranking(Protocol):
    """A rule that never refuses; its shares, summed over all rankings, put the candidates in order."""

    name: str
    tally: str
    is_steady: bool  # its share depends on the article alone, neither on the moment nor on the history

    def share(self, article: Article, history: History, at: Moment) -> float:
        """The value of `judge`, without the words: thousands are compared to find one."""

    def judge(self, article: Article, history: History, at: Moment) -> Score: ...


class Ready:
    name = "ready"
    tally = "not ready"

    _ready = Score("it is ready")
    _draft = Refusal("it is a draft", NEVER)
    _retired = Refusal("it is retired", NEVER)

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.status is ArticleStatus.READY:
            return self._ready
        return self._draft if article.status is ArticleStatus.DRAFT else self._retired


class Complete:
    """Nothing that a reader would miss is missing on that day (`Article.missing_on`)."""

    name = "complete"
    tally = "incomplete"

    _complete = Score("nothing is missing")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        # Few have an author who leaves, and a forecast asks this of thousands.
        missing = article.missing_on(at.day) if article.missing_from else article.missing
        if not missing:
            return self._complete
        later = min((first for first, _ in article.missing_from if first > at.day), default=NEVER)
        return Refusal("; ".join(_missing_in_words(article, missing)), later)


class NotBefore:
    """The day itself is already allowed."""

    name = "not before"
    tally = "not yet allowed"

    _any_day = Score("no first day is set")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        first = article.not_before
        if first is None:
            return self._any_day
        if at.day < first:
            return Refusal(f"not before {first.isoformat()}", first)
        return Score(f"allowed since {first.isoformat()}")


class NotExpired:
    """The day itself is still allowed."""

    name = "not expired"
    tally = "expired"

    _any_day = Score("it does not expire")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        last = article.expires
        if last is None:
            return self._any_day
        if at.day > last:
            return Refusal(f"expired: its last day was {last.isoformat()}", NEVER)
        return Score(f"expires after {last.isoformat()}")


class Reviewed:
    """The day itself is still allowed; a later `review_by` is how a person says that it was read again."""

    name = "reviewed"
    tally = "due for review"

    _never = Score("no review is due")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        last = article.review_by
        if last is None:
            return self._never
        if at.day > last:
            return Refusal(f"its review was due by {last.isoformat()}", NEVER)
        return Score(f"to be reviewed by {last.isoformat()}")


class AuthorActive:
    """One of its authors is there on that day; without any it is `Complete` that refuses."""

    name = "author active"
    tally = "by authors who are not there"

    _active = Score("its author is there")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        away = [words for author in article.authors if (words := _away_in_words(author, at.day))]
        if not away or len(away) < len(article.authors):
            return self._active
        coming = [
            author.active_from for author in article.authors if author.active_from and author.active_from > at.day
        ]
        return Refusal("; ".join(away), min(coming, default=NEVER))


@dataclass(frozen=True, slots=True)
class Read:
    """A person has said yes to it since it was imported; asked in earnest where an issue goes out without a yes."""

    is_required: bool
    name = "read"
    tally = "unread since import"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.read_at is not None:
            return _READ
        return _UNREAD_REFUSED if self.is_required else _UNREAD


_READ = Score("a person has read it")
_UNREAD = Score("unread since import")
_UNREAD_REFUSED = Refusal("unread since import", NEVER)


class InSeason:
    """The day lies in one of the article's seasons, if it has any."""

    name = "in season"
    tally = "out of season"

    _all_year = Score("good all year round")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        seasons = article.seasons
        if not seasons:
            return self._all_year
        windows = " and ".join(map(_season_in_words, seasons))
        if any(at.day in season for season in seasons):
            return Score(f"in season: {windows}")
        return Refusal(f"out of season: only {windows}", _next_opening(seasons, at.day))


class NotSentBefore:
    name = "not sent before"
    tally = "already sent"

    _new = Score("not yet sent on this schedule")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        sent = history.sent_at(article.slug)
        if not sent:
            return self._new
        day = sent[-1].astimezone(at.zone).date()
        return Refusal(f"already sent on this schedule on {day.isoformat()}", NEVER)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A person chose this article for the occurrence; every other rule still has its word."""

    slug: str
    name = "pinned"
    tally = "behind the pinned article"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.slug == self.slug:
            return Score("pinned by hand")
        return Refusal(f"{self.slug} is pinned by hand", NEVER)


class Queue:
    """Higher priority first, then the oldest date first, undated last.

    The share is the priority plus a fraction that is larger the older the article is: days stay apart for
    any priority up to a thousand million either way.
    """

    name = "queue"
    tally = "behind in the queue"
    is_steady = True

    def share(self, article: Article, history: History, at: Moment) -> float:
        published = article.published
        return article.priority + (1 - published.toordinal() / DAYS if published else 0.0)

    def judge(self, article: Article, history: History, at: Moment) -> Score:
        dated = f"published {article.published.isoformat()}" if article.published else "without a date"
        return Score(f"{dated}, priority {article.priority}", self.share(article, history, at))


RULES: tuple[Rule, ...] = (
    Ready(),
    Complete(),
    NotBefore(),
    NotExpired(),
    Reviewed(),
    InSeason(),
    AuthorActive(),
    Read(is_required=False),
    NotSentBefore(),
    Queue(),
)
"""For an issue that goes out with a person's yes; see `without_a_yes`."""


def without_a_yes(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """These rules, for an issue that goes out by itself: nothing that nobody has read since its import."""
    return tuple(Read(is_required=True) if isinstance(rule, Read) else rule for rule in rules)


def _missing_in_words(article: Article, missing: Sequence[str]) -> list[str]:
    """One clause for each missing field, in their order."""
    return [_bio_in_words(article) if name == "bio" else _field_in_words(name) for name in missing]


def _bio_in_words(article: Article) -> str:
    names = [author.name for author in article.authors if not author.bio.strip()]
    if len(names) > 1:
        return f"its authors {', '.join(names[:-1])} and {names[-1]} have no bio"
    return f"its author {names[0]} has no bio" if names else "its author has no bio"


def _field_in_words(name: str) -> str:
    noun, dot, part = name.partition(".")
    if dot:
        return f"its {noun.replace('_', ' ')} has no {'URL' if part == 'url' else part}"
    return f"it has no {noun.replace('_', ' ')}"


def _away_in_words(author: Author, day: date) -> str:
    """Empty when the author is there."""
    if author.active_until is not None and day > author.active_until:
        return f"its author {author.name} left after {author.active_until.isoformat()}"
    if author.active_from is not None and day < author.active_from:
        return f"its author {author.name} is there from {author.active_from.isoformat()} on"
    return ""


def _season_in_words(season: Season) -> str:
    return " to ".join(f"{day} {MONTHS[month - 1]}" for month, day in (season.start, season.end))


def _next_opening(seasons: Sequence[Season], day: date) -> date:
    """The first day after `day` on which one of the seasons begins."""
    return min(_next_yearly(season.start, day) for season in seasons)


def _next_yearly(month_day: tuple[int, int], day: date) -> date:
    this_year = _in_year(month_day, day.year)
    if this_year > day:
        return this_year
    return _in_year(month_day, day.year + 1) if day.year < date.max.year else NEVER


def _in_year(month_day: tuple[int, int], year: int) -> date:
    try:
        return date(year, *month_day)
    except ValueError:
        # A season that opens on 29 February opens on 1 March in a common year.
        return date(year, 2, 28) + timedelta(days=1)
