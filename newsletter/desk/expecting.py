"""An article and a reader → when each schedule will bring it to them, or why it will not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import forecasting, picks
from newsletter.desk.foreseeing import issues_ahead
from newsletter.desk.reaching import cap_of, past_of
from newsletter.model import Article, Occurrence, Schedule
from newsletter.picking.readers import Due, Past, is_had, is_per_reader, run_forward
from newsletter.states import ScheduleStatus
from newsletter.store import articles as library
from newsletter.store import schedules as schedule_store
from subscribers import Profile, Subscription, SubscriptionStatus

AHEAD = 60
"""Issues looked ahead for one reader, or for a list."""

TURNS_AHEAD = 3_000
"""Occurrences of a course looked ahead: most of a daily one bring a reader nothing."""

SMALL = ("", "one other", "two others", "three others", "four others", "five others")


def expect(app: App, article: Article, profile: Profile) -> Iterator[str]:
    """A sentence for each schedule that could bring it to them; one that says why there is none."""
    email = profile.subscriber.email
    if profile.suppression is not None:
        yield f"{email} gets nothing: suppressed, {profile.suppression.reason}"
        return
    confirmed = {each.list_id: each for each in profile.subscriptions if each.status is SubscriptionStatus.CONFIRMED}
    with app.database.read() as connection:
        known = schedule_store.list_schedules(connection)
    active = [each for each in known if each.status is ScheduleStatus.ACTIVE]
    reaching = [each for each in active if each.list_id in confirmed]
    for schedule in reaching:
        words = _why_too_early(schedule, confirmed[schedule.list_id]) or _when(app, schedule, article, profile)
        yield f"schedule {schedule.name!r}: {words}"
    if not reaching:
        yield _why_none(active, profile)


def _why_none(active: Sequence[Schedule], profile: Profile) -> str:
    lists = {each.list_id for each in active}
    standing = [
        f"{each.status} on the list {each.list_name!r} since {each.since:%Y-%m-%d}"
        for each in profile.subscriptions
        if each.list_id in lists
    ]
    why = ", ".join(standing) or "on no list that an active schedule writes to"
    return f"no schedule will bring it to {profile.subscriber.email}: {why}"


def _why_too_early(schedule: Schedule, subscription: Subscription) -> str:
    """Why a course is not for this reader; empty when it is."""
    made = schedule.created
    if not schedule.options.sequence or made is None or subscription.since >= made:
        return ""
    return f"a course for those who joined since {made:%Y-%m-%d}, the reader joined on {subscription.since:%Y-%m-%d}"


def _when(app: App, schedule: Schedule, article: Article, profile: Profile) -> str:
    """By the forecast of all schedules, run for this reader."""
    with app.database.read() as connection:
        count = TURNS_AHEAD if schedule.options.sequence else AHEAD
        schedules, candidates = forecasting.with_others(app, connection, schedule), library.list_articles(connection)
        outlook = issues_ahead(app, connection, schedules, candidates, app.clock(), count, {schedule.name})
        past = past_of(app, connection, profile, outlook.audiences)
        mine = {id(each.planned) for each in outlook.issues if each.schedule == schedule}
        found = run_forward(past, [each.planned for each in outlook.issues if each.planned is not None], cap_of(app))
        if is_per_reader(schedule.options):
            return _in_turn(app, connection, schedule, article, past, _Turns.of(found, mine, article))
        bringing = [due for due in found if id(due.planned) in mine and article.slug in due.planned.slugs]
        if not bringing:
            return _refusal(app, connection, schedule, article) or f"not among the next {AHEAD} issues"
    first = next((due for due in bringing if not due.is_left_out), bringing[0])
    words = f"due on {_at(first)}, as the forecast has it"
    return f"{words}, but by then {_enough(app)}" if first.is_left_out else words


@dataclass(frozen=True, slots=True)
class _Turns:
    """What a schedule that gives each their own will bring one reader, up to an article."""

    due: Due | None  # the article itself
    before: int = 0  # others that come first
    left_out: int = 0  # occurrences at which the reader has had enough
    elsewhere: bool = False  # another schedule brings it first
    first: Occurrence | None = None  # the next one of all

    @classmethod
    def of(cls, found: Iterable[Due], mine: Collection[int], article: Article) -> _Turns:
        turns = cls(None)
        looked_at = 0
        for due in found:
            if id(due.planned) not in mine:
                brings = article.slug in due.planned.slugs or article.slug == due.slug
                turns = replace(turns, elsewhere=turns.elsewhere or (brings and not due.is_left_out))
                continue
            turns = replace(turns, first=turns.first or due.planned.occurrence)
            looked_at += not due.waits
            if looked_at > AHEAD:
                break
            if due.is_left_out:
                turns = replace(turns, left_out=turns.left_out + 1)
            elif due.slug == article.slug:
                return replace(turns, due=due)
            elif due.slug:
                turns = replace(turns, before=turns.before + 1)
        return turns


def _in_turn(app: App, connection: Connection, schedule: Schedule, article: Article, past: Past, turns: _Turns) -> str:
    if turns.due is None:
        return _why_not(app, connection, schedule, article, past, turns)
    words = f"it is the next one for the reader, on {_at(turns.due)}"
    if turns.before:
        others = SMALL[turns.before] if turns.before < len(SMALL) else f"{turns.before} others"
        words = f"it comes after {others}, about {turns.due.planned.occurrence.local:%Y-%m-%d}"
    if not turns.left_out:
        return words
    times = "one date brings" if turns.left_out == 1 else f"{turns.left_out} dates bring"
    return f"{words}; before that {times} nothing, because {_enough(app)}"


def _at(due: Due) -> str:
    return f"{due.planned.occurrence.local:%Y-%m-%d at %H:%M}"


def _enough(app: App) -> str:
    most = app.config.delivery.most_per_week
    issues = "1 issue" if most == 1 else f"{most} issues"
    return f"the reader already has {issues} in those seven days (delivery.most_per_week)"


def _why_not(app: App, connection: Connection, schedule: Schedule, article: Article, past: Past, turns: _Turns) -> str:
    last = past.had.get(article.slug)
    if last is not None:
        day = last.astimezone(ZoneInfo(schedule.timezone)).date()
        today = turns.first.local.date() if turns.first is not None else None
        if today is None or is_had(article, day, today, schedule.options.cool_down):
            return f"the reader has had it, on {day:%Y-%m-%d}"
    if refusal := _refusal(app, connection, schedule, article):
        return refusal
    if turns.elsewhere:
        return "another schedule brings it to the reader first"
    return f"not among the reader's next {max(turns.before, 1)} articles"


def _refusal(app: App, connection: Connection, schedule: Schedule, article: Article) -> str:
    """What keeps it from going at the next occurrence, in the words of the rules; empty when nothing does."""
    coming = picks.coming(app, connection, schedule, app.clock(), 1)
    if not coming:
        return "there is no occurrence to come"
    rules = picks.rules_of(app, connection, schedule)
    pick = picks.pick_for(connection, schedule, coming[0].utc, [article], rules)
    reasons = [why for one in pick.candidates for why in one.reasons if why.refused]
    if is_per_reader(schedule.options):
        reasons = [why for why in reasons if why.rule not in ("not sent before", "sent seldom")]
    return "; ".join(why.words for why in reasons)
