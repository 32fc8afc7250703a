"""The nouns of the house, as values: nothing here knows a database, a clock or a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from newsletter.options import Options
from newsletter.states import ArticleStatus, DeliveryStatus, IssueKind, IssueState, OccurrenceState, ScheduleStatus

LOCAL_FORMAT = "%Y-%m-%dT%H:%M"
"""Of a wall clock time, as it names an occurrence."""

DEFAULT_CALL_TO_ACTION = "default"
"""The name of the newsletter's own call to action, the last one asked."""


@dataclass(frozen=True, slots=True)
class CallToAction:
    """The one labelled link an issue asks readers to follow. An empty field is unknown."""

    text: str = ""
    label: str = ""
    url: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in ("text", "label", "url") if not getattr(self, name))

    def or_else(self, other: CallToAction | None) -> CallToAction:
        """This one, with each unknown field taken from `other`."""
        if other is None:
            return self
        return CallToAction(self.text or other.text, self.label or other.label, self.url or other.url)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an article: the byline, never a mail header. Empty strings are unknown."""

    name: str
    credentials: str = ""
    role: str = ""
    practice: str = ""
    bio: str = ""  # plain text; a blank line parts paragraphs
    photo: str = ""  # a path under media/, or an https URL
    url: str = ""
    email: str = ""
    active_from: date | None = None
    active_until: date | None = None
    credentials_until: date | None = None  # when the licence to practise ends
    call_to_action: str = ""  # the name of a call to action
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Hero:
    """The picture above an article. `src` is empty when only the credit is known."""

    src: str = ""
    alt: str = ""
    credit: str = ""  # who made it
    credit_source: str = ""  # where it was published


@dataclass(frozen=True, slots=True)
class Season:
    """A yearly window of month-day to month-day, both days inside; it may run over New Year."""

    start: tuple[int, int]
    end: tuple[int, int]

    @classmethod
    def parse(cls, text: str) -> Season:
        """`"11-15..01-06"` as a window. Raises ValueError, in words, for anything else."""
        first, dots, last = text.strip().partition("..")
        if not dots:
            raise ValueError(f"a season is written MM-DD..MM-DD, not {text!r}")
        return cls(_month_day(first), _month_day(last))

    def __contains__(self, day: date) -> bool:
        today = (day.month, day.day)
        if self.start <= self.end:
            return self.start <= today <= self.end
        return today >= self.start or today <= self.end

    def __str__(self) -> str:
        return "{:02}-{:02}..{:02}-{:02}".format(*self.start, *self.end)


def _month_day(text: str) -> tuple[int, int]:
    month, _, day = text.strip().partition("-")
    try:
        # 2024 is a leap year: the 29th of February may open or close a season.
        parsed = date(2024, int(month), int(day))
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a month and a day, MM-DD") from None
    return parsed.month, parsed.day


@dataclass(frozen=True, slots=True)
class Guess:
    """A field the recogniser took from the text itself, and the line (1-based) it came from."""

    field: str
    value: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Article:
    """One piece of content that can be picked for issues."""

    slug: str
    title: str
    body_html: str  # cleaned: headings are h2 and h3
    subtitle: str = ""
    summary: str = ""
    published: date | None = None
    updated: date | None = None
    language: str = ""
    status: ArticleStatus = ArticleStatus.READY
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    hero: Hero | None = None
    call_to_action: CallToAction | None = None  # its own only; see content.completeness for the merged one
    source_url: str = ""
    evergreen: bool = False
    seasons: tuple[Season, ...] = ()
    not_before: date | None = None
    expires: date | None = None
    review_by: date | None = None
    priority: int = 0  # higher goes first
    guesses: tuple[Guess, ...] = ()
    corrected: frozenset[str] = frozenset()  # fields a person set; an import leaves them alone
    missing: tuple[str, ...] = ()  # computed when it is read, never stored; see `missing_on`
    missing_from: tuple[tuple[date, tuple[str, ...]], ...] = ()  # the same from a later day on, the latest first
    added: datetime | None = None
    read_at: datetime | None = None  # when a person last said yes to it; None: nobody since it was imported
    last_sent: datetime | None = None
    id: int | None = None

    def missing_on(self, day: date) -> tuple[str, ...]:
        """What it lacks to be sent on that day: an author who leaves takes their call to action along."""
        return next((absent for first, absent in self.missing_from if day >= first), self.missing)


@dataclass(frozen=True, slots=True)
class Version:
    """What an article said since an instant, until the next version took its place: None for the one of today."""

    number: int  # from 1
    cause: str  # what made it, in words
    since: datetime
    until: datetime | None
    fields: Mapping[str, Any]  # as JSON has them: dates are text


@dataclass(frozen=True, slots=True)
class Newsletter:
    """The publication. `id` is None for the home's first one, which lives in config.toml alone."""

    name: str
    from_address: str = ""  # "Name <a@b>" or "a@b"
    reply_to: str = ""
    postal_address: str = ""
    privacy_url: str = ""
    logo: str = ""  # a path under media/
    notice: str = ""
    unsubscribe_mailto: str = ""
    language: str = "en"
    timezone: str = "UTC"
    look: str = "calm"
    id: int | None = None


GRACE = 4 * 60  # minutes, unless the schedule says otherwise


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurrence in a time zone, for one newsletter and one mailing list."""

    name: str
    list_id: int
    list_name: str
    recurrence: str  # as scheduling.walls reads it
    timezone: str
    newsletter_id: int | None = None
    options: Options = Options()
    status: ScheduleStatus = ScheduleStatus.ACTIVE
    grace_minutes: int = GRACE
    seed: int = 0
    created: datetime | None = None
    resumed: datetime | None = None  # nothing up to here is owed any more
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One planned instant of a schedule. `local` is the wall clock in the schedule's zone, its identity."""

    utc: datetime
    local: datetime  # aware, in the schedule's zone
    state: OccurrenceState = OccurrenceState.PLANNED
    id: int | None = None

    @property
    def wall(self) -> str:
        """The wall clock, to the minute: beside the schedule's name it says which one this is."""
        return self.local.strftime(LOCAL_FORMAT)


@dataclass(frozen=True, slots=True)
class Issue:
    """One edition of a newsletter."""

    id: int
    newsletter_id: int | None
    schedule_id: int | None
    schedule_name: str
    occurrence_id: int | None
    occurrence: Occurrence | None
    list_id: int
    list_name: str
    state: IssueState
    subject: str
    articles: tuple[str, ...]
    public_id: str  # unguessable; names the web view
    content_hash: str
    seed: int
    kind: IssueKind = IssueKind.PICKED
    note: str = ""  # the editor's lines above the article, plain text
    send_at: datetime | None = None  # aware UTC, of a letter that waits for its instant
    started: datetime | None = None  # when its deliveries were planned; None: nobody has got it
    pause_reason: str = ""
    counts: Mapping[DeliveryStatus, int] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Delivery:
    """One issue to one subscriber; `kind` tells issues from other mails."""

    id: int
    kind: str
    issue_id: int | None
    subscriber_id: int | None
    email: str
    status: DeliveryStatus
    attempts: int = 0
    reply: str = ""
    reason: str = ""
    message_id: str = ""
    date: datetime | None = None  # the Date header, fixed at the first try
    next_attempt: datetime | None = None
    sent_at: datetime | None = None
