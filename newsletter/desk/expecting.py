"""An article and a reader → when each schedule will bring it to them, or why it will not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import forecasting, grouping, picks
from newsletter.model import Article, Occurrence, Schedule
from newsletter.picking.readers import Due, Past, is_had, is_per_reader, run_forward
from newsletter.states import ScheduleStatus
from newsletter.store import issues as issue_store
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
        if is_per_reader(schedule.options):
            words = _by_turn(app, schedule, article, profile, confirmed[schedule.list_id])
        else:
            words = _with_the_list(app, schedule, article)
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


def _with_the_list(app: App, schedule: Schedule, article: Article) -> str:
    """By the forecast, as everybody on the list."""
    for each in forecasting.forecast_of(app, schedule.name, AHEAD, None):
        if article.slug in each.forecast.articles:
            return f"due on {each.forecast.occurrence.local:%Y-%m-%d at %H:%M}, as the forecast has it"
    with app.database.read() as connection:
        refusal = _refusal(app, connection, schedule, article)
    return refusal or f"not among the next {AHEAD} issues"


def _by_turn(app: App, schedule: Schedule, article: Article, profile: Profile, subscription: Subscription) -> str:
    """By what they themselves have had."""
    made = schedule.created
    if schedule.options.sequence and made is not None and subscription.since < made:
        return (
            f"a course for those who joined since {made:%Y-%m-%d}, the reader joined on {subscription.since:%Y-%m-%d}"
        )
    with app.database.read() as connection:
        past = grouping.past_of(connection, schedule, profile.subscriber.id)
        ranking = grouping.ranking_of(app, connection, schedule)
        coming = _coming(app, connection, schedule)
        turns = (due for due in run_forward(past, coming, ranking, schedule.options) if not due.waits)
        before = 0
        for due in islice(turns, AHEAD):
            if due.slug == article.slug:
                return _in_turn(due, before)
            before += bool(due.slug)
        return _why_not(app, connection, schedule, article, past, coming, before)


def _in_turn(due: Due, before: int) -> str:
    if not before:
        return f"it is the next one for the reader, on {due.occurrence.local:%Y-%m-%d at %H:%M}"
    others = SMALL[before] if before < len(SMALL) else f"{before} others"
    return f"it comes after {others}, about {due.occurrence.local:%Y-%m-%d}"


def _why_not(
    app: App,
    connection: Connection,
    schedule: Schedule,
    article: Article,
    past: Past,
    coming: Sequence[Occurrence],
    before: int,
) -> str:
    last = past.had.get(article.slug)
    today = coming[0].local.date() if coming else None
    if last is not None and (today is None or is_had(article, last, today, schedule.options.cool_down)):
        return f"the reader has had it, on {last:%Y-%m-%d}"
    return _refusal(app, connection, schedule, article) or f"not among the reader's next {max(before, 1)} articles"


def _coming(app: App, connection: Connection, schedule: Schedule) -> list[Occurrence]:
    """The occurrences to come; that of a waiting draft is one."""
    assert schedule.id is not None
    free = picks.coming(app, connection, schedule, app.clock(), TURNS_AHEAD if schedule.options.sequence else AHEAD)
    draft = issue_store.find_draft(connection, schedule.id)
    drafted = [draft.occurrence] if draft is not None and draft.occurrence is not None else []
    return sorted([*drafted, *free], key=lambda each: each.utc)


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
