"""The rules that refuse: what keeps an article from going at a moment, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.model import Article, Author, Season
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score, Verdict
from newsletter.states import ArticleStatus

MONTHS = (
    "January February March April May June July August September October November December".split()
)  # not from strftime: the words must not change with the machine's locale


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


@dataclass(frozen=True, slots=True)
class NotSentBefore:
    """The list has not had it: an evergreen article not within the cool-down, any other one never.

    What stands in the draft of a later date counts by that date: a cool-down holds before it as well as after.
    """

    cool_down: int = 365  # days
    name = "not sent before"
    tally = "already sent"

    _new = Score("not yet sent to this list")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        sent = history.sent_at(article.slug)
        if not sent:
            return self._new
        if not article.evergreen:
            return Refusal(f"already sent to this list on {_day(sent[-1], at).isoformat()}", NEVER)
        days, rest = [_day(each, at) for each in sent], timedelta(days=self.cool_down)
        past = [day for day in days if day <= at.day]
        if past and at.day < (again := past[-1] + rest):
            return Refusal(f"sent to this list on {past[-1].isoformat()}, not again before {again.isoformat()}", again)
        following = next((day for day in days if day > at.day), None)
        if following is not None and following < at.day + rest:
            return Refusal(f"goes to this list on {following.isoformat()}, too soon after", following + rest)
        return Score(f"evergreen, last sent on {past[-1].isoformat()}" if past else "evergreen, not yet sent")


def _day(sent: datetime, at: Moment) -> date:
    return sent.astimezone(at.zone).date()


@dataclass(frozen=True, slots=True)
class SentSeldom:
    """The list has had it fewer times than one article may go at most."""

    most: int
    name = "sent seldom"
    tally = "sent as often as allowed"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        times = len(history.sent_at(article.slug))
        often = "once" if times == 1 else f"{times} times"
        if times >= self.most:
            return Refusal(f"sent {often} already, of {self.most} allowed", NEVER)
        return Score(f"sent {often}, of {self.most} allowed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """It has one of the categories and one of the tags the schedule asks for, and none it does without."""

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    name = "wanted"
    tally = "not wanted here"

    _wanted = Score("wanted here")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        words = self.refusal(article)
        return Refusal(words, NEVER) if words else self._wanted

    def refusal(self, article: Article) -> str:
        """Why it is not wanted; empty when it is."""
        for noun, asked, has in (("category", self.categories, article.categories), ("tag", self.tags, article.tags)):
            if asked and not _common(asked, has):
                return f"has no {noun} wanted here: {' or '.join(asked)}"
        unwanted = _common(self.without, (*article.categories, *article.tags))
        return f"is about {unwanted}, which is not wanted here" if unwanted else ""


def _common(asked: Sequence[str], has: Sequence[str]) -> str:
    """The first of those asked for that is there, whatever its upper and lower case; empty when none is."""
    known = {name.casefold() for name in has}
    return next((name for name in asked if name.casefold() in known), "")


@dataclass(frozen=True, slots=True)
class InLanguage:
    """It is in the newsletter's language, whatever the region, or says none."""

    language: str  # BCP 47
    name = "language"
    tally = "in another language"

    _same = Score("in the newsletter's language")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if not article.language or _primary(article.language) == _primary(self.language):
            return self._same
        return Refusal(f"is in {article.language}, the newsletter in {self.language}", NEVER)


@dataclass(frozen=True, slots=True)
class PassedGate:
    """The pre-flight gate did not block an issue with it; which says nothing of those it was not asked about."""

    failed: Mapping[str, str]  # the finding in words, by slug
    name = "pre-flight"
    tally = "blocked by the pre-flight check"

    _passed = Score("not blocked by the pre-flight check")

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.slug in self.failed:
            return Refusal(f"the pre-flight check blocks it: {self.failed[article.slug]}")
        return self._passed


def _primary(language: str) -> str:
    """`pt` of `pt-BR` (RFC 5646 §2.2.1)."""
    return language.replace("_", "-").partition("-")[0].lower()


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
