"""A schedule's options, who was asked and what they said, and the present → whom to ask now, and whether it goes.

An issue that needs a yes is drafted some time before its occurrence, and people are asked about exactly what it
says then. What they said counts for those words alone: once the issue says something else, they are asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.options import AUTHOR, Options, absences

FIRST_ISSUES = 3
"""How many issues of a new schedule need a yes, whatever comes after."""


class Role(StrEnum):
    APPROVER = "approver"
    AUTHOR = "author"  # who wrote an article of the issue
    DEPUTY = "deputy"
    STAFF = "staff"  # gets a first copy, and may stop the rest
    PERSON = "person"  # at the command line: was not asked, but has spoken


class Answer(StrEnum):
    YES = "yes"
    MEND = "mend"  # not as it is: the issue waits until somebody says yes
    NOT_ANY_MORE = "not any more"  # the article is retired, another takes its place
    SWAP = "swap"  # another article, please
    SKIP = "skip"  # no issue at this occurrence


class Verdict(StrEnum):
    WAIT = "wait"  # its time has not come, or nobody has answered yet
    GO = "go"  # a person said yes to what it says
    GO_ALONE = "go alone"  # without any person's yes, and so with what somebody has read alone
    HOLD = "hold"  # its time has come, and it waits for a yes
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Asked:
    """One person asked about one content of an issue."""

    id: int
    issue_id: int
    email: str  # empty: a person at the command line
    role: Role
    content_hash: str
    asked_at: datetime
    text: str  # the plain part as they were shown it
    answer: Answer | None = None
    answered_at: datetime | None = None
    reason: str = ""  # what they wrote to it


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be decided: an issue of a schedule, at an occurrence."""

    options: Options
    authors: tuple[str, ...]  # addresses of those who wrote its articles
    content_hash: str
    occurrence: datetime  # aware
    zone: ZoneInfo  # in which somebody is away for a day
    is_held: bool = False  # it waits for a yes beyond its time already


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    words: str
    ask: tuple[tuple[str, Role], ...] = ()  # addresses of those to ask now


def needs(options: Options) -> str:
    """`required`, `optional` or `none`.

    After the first three issues of a new schedule a person is asked which it is to be; until they say, a yes is needed.
    """
    return "required" if options.approval == "first-three" else options.approval


def is_to_choose(options: Options, issues_begun: int) -> bool:
    """Whether the schedule has had its first issues, and nobody has said yet how it is to go on."""
    return options.approval == "first-three" and issues_begun >= FIRST_ISSUES


def may_go_alone(options: Options) -> bool:
    """Whether an issue may come to leave without anybody's yes: it is picked from what was read, then."""
    return needs(options) != "required" or options.if_unanswered == "send"


def groups_alone(options: Options, is_alone: bool) -> bool:
    """Whether readers are grouped by what was read alone: as the drafts that people see were. `is_alone` says it where
    nobody is asked."""
    return is_alone if needs(options) == "none" else may_go_alone(options)


def asks_from(options: Options, occurrence: datetime) -> datetime:
    """When the issue is drafted and shown."""
    return occurrence - timedelta(minutes=options.lead)


def half_time(options: Options, occurrence: datetime) -> datetime:
    return occurrence - timedelta(minutes=options.lead) / 2


def decide(question: Question, asked: Sequence[Asked], now: datetime, is_due: bool = False) -> Decision:
    """What to do with a draft at `now` (aware). Whoever has been asked about this very content is not asked again.

    With `is_due` its time has come already, as for readers in the east of an issue that goes by their own clocks.
    """
    options = question.options
    mode = needs(options)
    is_due = is_due or now >= question.occurrence
    last = last_word(asked)
    if last is not None and last.answer is Answer.YES and last.content_hash == question.content_hash:
        return Decision(Verdict.GO if is_due else Verdict.WAIT, f"{who(last)} said yes")
    if mode == "none":
        return Decision(Verdict.GO_ALONE, "nobody has to say yes to it")
    ask = tuple(_to_ask(question, asked, last, now))
    if last is not None and last.answer is Answer.MEND:
        other = _taken_out(question, asked, last)
        if other is None:
            verdict = Verdict.HOLD if is_due else Verdict.WAIT
            return Decision(verdict, f"{who(last)} wants it mended: {last.reason}", ask)
        if question.is_held:  # they have just seen to it that it can go: its time is not to end it now
            return Decision(Verdict.HOLD, f"{who(other)} took out what was to be mended: it waits for a yes", ask)
    was_approved = any(each.answer is Answer.YES for each in asked)
    unanswered = "it has changed since it was approved" if was_approved else "nobody has said yes"
    if not is_due:
        return Decision(Verdict.WAIT, unanswered, ask)
    if mode == "optional" or options.if_unanswered == "send":
        return Decision(Verdict.GO_ALONE, f"{unanswered}, and it goes all the same", ask)
    if options.if_unanswered == "skip":
        return Decision(Verdict.SKIP, f"{unanswered} in time")
    return Decision(Verdict.HOLD, f"{unanswered}: it waits for that", ask)


def last_word(asked: Sequence[Asked]) -> Asked | None:
    """The latest yes, or the latest wish to mend it: the one that counts."""
    spoken = [each for each in asked if each.answer in (Answer.YES, Answer.MEND) and each.answered_at is not None]
    return max(spoken, key=lambda each: (each.answered_at, each.id), default=None)


def who(asked: Asked) -> str:
    return asked.email or "a person at the command line"


def people(question: Question, now: datetime) -> tuple[list[tuple[str, Role]], bool]:
    """The approvers who are there on the day of `now`, and whether any of them cannot be asked."""
    day = now.astimezone(question.zone).date()
    named = list(_named(question))
    there = [each for each in named if not is_away(question.options, each[0], day)]
    is_author_unknown = AUTHOR in question.options.approvers and not question.authors
    return there, len(there) < len(named) or is_author_unknown


def is_still_asked(question: Question, asked: Asked) -> bool:
    """Whether the schedule asks this person today: whoever was taken off it has no say any more."""
    names = [*(email for email, _ in _named(question)), *question.options.deputy]
    return asked.role is Role.PERSON or any(_is_same(asked.email, each) for each in names)


def is_away(options: Options, email: str, day: date) -> bool:
    return any(_is_same(email, who) and first <= day <= last for who, first, last in absences(options))


def _named(question: Question) -> Iterator[tuple[str, Role]]:
    """Each address once; the author of an article is asked as such, also where they are named by address too."""
    seen: set[str] = set()
    in_order = sorted(question.options.approvers, key=lambda each: each != AUTHOR)
    for named in in_order:
        emails = question.authors if named == AUTHOR else (named,)
        for email in emails:
            if email.casefold() not in seen:
                seen.add(email.casefold())
                yield email, Role.AUTHOR if named == AUTHOR else Role.APPROVER


def _to_ask(
    question: Question, asked: Sequence[Asked], last: Asked | None, now: datetime
) -> Iterator[tuple[str, Role]]:
    there, is_somebody_missing = people(question, now)
    current = [each for each in asked if each.content_hash == question.content_hash and each.role is not Role.STAFF]
    is_answered = any(each.answer is not None for each in current)
    is_half_time = now >= half_time(question.options, question.occurrence)
    if is_somebody_missing or not there or (is_half_time and not is_answered):
        day = now.astimezone(question.zone).date()
        deputies = [each for each in question.options.deputy if not is_away(question.options, each, day)]
        there = [*there, *((each, Role.DEPUTY) for each in deputies)]
    known = {each.email.casefold() for each in current}
    for email, role in there:
        if email.casefold() not in known:
            known.add(email.casefold())
            yield email, role


def _taken_out(question: Question, asked: Sequence[Asked], wish: Asked) -> Asked | None:
    """The word since by which the article that is to be mended gave way to another one.

    None where the issue has several, of which that one may be left, and where it says again what it did then.
    """
    if question.options.articles > 1 or wish.content_hash == question.content_hash:
        return None
    other = [each for each in asked if each.answer in (Answer.SWAP, Answer.NOT_ANY_MORE)]
    return next((each for each in other if _said_at(each) >= _said_at(wish)), None)


def _said_at(asked: Asked) -> datetime:
    return asked.answered_at or asked.asked_at


def _is_same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
