"""A schedule and an instant → the article that would be picked and why, and the same for a year to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter import shapes
from newsletter.app import App
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Issue, Occurrence, Schedule
from newsletter.picking.pick import Pick, as_json, pick_articles
from newsletter.picking.readers import is_per_reader
from newsletter.picking.repeating import to_repeat
from newsletter.picking.replay import Recipe, pick_again
from newsletter.picking.rules import History, Moment, Rule, Turn
from newsletter.scheduling.calendar import calendar_of
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store import schedules as store
from newsletter.store.choices import choices_for
from newsletter.store.pauses import paused_topics


def find(connection: Connection, name: str | None) -> Schedule:
    """The schedule of that name; without a name the only one there is. Raises NotFound or Refused."""
    if name is None:
        known = store.list_schedules(connection)
        if len(known) == 1:
            return known[0]
        if not known:
            raise Refused(
                'there is no schedule yet: `newsletter schedules add NAME --list LIST --when "every tuesday 09:00"`'
            )
        raise Refused(f"there are {len(known)} schedules, say which: {', '.join(each.name for each in known)}")
    found = store.find_schedule(connection, name)
    if found is None:
        raise NotFound("schedule", name, "`newsletter schedules list` shows them all")
    return found


def free(app: App, connection: Connection, schedule: Schedule, after: datetime) -> Iterator[Occurrence]:
    """The occurrences later than `after` that no issue has used up, for as long as the calendar goes."""
    assert schedule.id is not None
    handled = store.handled_locals(connection, schedule.id, after)
    return (each for each in calendar_of(schedule, app.blackout).coming(after) if each.wall not in handled)


def coming(app: App, connection: Connection, schedule: Schedule, after: datetime, count: int) -> list[Occurrence]:
    """The next `count` of them."""
    return list(islice(free(app, connection, schedule, after), count))


def history_of(
    connection: Connection, schedule: Schedule, library: Sequence[Article], but: Collection[int] = ()
) -> History:
    """What the schedule's list has had, `but` for some issues; whose turns those of the schedule were, `library` knows.

    What went to single readers as their own next article, the list has not had.
    """
    options = store.options_by_schedule(connection)
    by_slug = {article.slug: article for article in library}
    sent: dict[str, list[datetime]] = defaultdict(list)
    turns = []
    for went in issue_store.sent_to_list(connection, schedule.list_id, but):
        if went.schedule_id is not None and is_per_reader(options[went.schedule_id]):
            continue
        sent[went.slug].append(went.at)
        if went.schedule_id == schedule.id and went.slug in by_slug:
            turns.append(Turn.of(by_slug[went.slug], went.at))
    return History({slug: tuple(instants) for slug, instants in sent.items()}, schedule.seed, tuple(turns))


def recipe_of(app: App, connection: Connection, schedule: Schedule, is_alone: bool = False) -> Recipe:
    """What decides the schedule's rules; with `is_alone` for an issue that goes out without any person's yes."""
    return Recipe(
        options=schedule.options,
        language=app.newsletter(schedule.newsletter_id).language,
        is_alone=is_alone and not app.config.picking.trust_imports,
        choices=choices_for(connection, schedule),
        paused=paused_topics(connection, app.clock()),
    )


def rules_of(app: App, connection: Connection, schedule: Schedule, is_alone: bool = False) -> tuple[Rule, ...]:
    """The rules by `recipe_of`."""
    return recipe_of(app, connection, schedule, is_alone).rules()


def pick_for(
    connection: Connection,
    schedule: Schedule,
    at: datetime,
    candidates: Sequence[Article],
    rules: Sequence[Rule],
    except_issue: int | None = None,
    count: int = 1,
) -> Pick:
    """The pick for the instant `at`, from `candidates`, with this schedule's history but for one issue of it."""
    moment = Moment.of(at, ZoneInfo(schedule.timezone))
    history = history_of(connection, schedule, candidates, () if except_issue is None else (except_issue,))
    return pick_articles(candidates, history, rules, moment, count)


def may_stay(
    connection: Connection, schedule: Schedule, draft: Issue, articles: Sequence[Article], rules: Sequence[Rule]
) -> bool:
    """Whether no rule refuses any of these articles of the draft.

    What was drafted after it for a later date does not count: such a draft repeats them, or gives way itself.
    """
    assert draft.occurrence is not None
    later = issue_store.drafted_for_later(connection, draft)
    history = history_of(connection, schedule, articles, [draft.id, *later])
    moment = Moment.of(draft.occurrence.utc, ZoneInfo(schedule.timezone))
    return len(pick_articles(articles, history, rules, moment, len(articles)).slugs) == len(articles)


def pick_by(
    connection: Connection,
    schedule: Schedule,
    at: datetime,
    candidates: Sequence[Article],
    recipe: Recipe,
    except_issue: int | None = None,
) -> tuple[Pick, Recipe]:
    """What the schedule sends at the instant `at`, and the recipe that it came from.

    Where nothing new may go, that is the one to repeat what went longest ago, if the schedule says so.
    """
    count = schedule.options.articles
    pick = pick_for(connection, schedule, at, candidates, recipe.rules(), except_issue, count)
    again = to_repeat(recipe)
    if pick.slugs or again is None:
        return pick, recipe
    return pick_for(connection, schedule, at, candidates, again.rules(), except_issue, count), again


def next_pick(app: App, name: str | None, at: datetime | None) -> dict[str, Any]:
    """The shape `next`: what would be picked at `at`, by default at the next free occurrence, and why."""
    with app.database.read() as connection:
        schedule = find(connection, name)
        occurrence = _occurrence(app, connection, schedule, at)
        articles = library.list_articles(connection)
        pick, _ = pick_by(connection, schedule, occurrence.utc, articles, recipe_of(app, connection, schedule))
    return {
        "schedule": schedule.name,
        "occurrence": shapes.occurrence(occurrence),
        "words": pick.words,
        **as_json(pick),
    }


def replay(app: App, issue_id: int) -> dict[str, Any]:
    """The shape `next` of the pick of an issue, made again from what was kept of it. Raises NotFound or Refused."""
    with app.database.read() as connection:
        issue = issue_store.find_issue(connection, issue_id)
        if issue is None:
            raise NotFound("issue", str(issue_id), "`newsletter issues list` shows them all")
        inputs = issue_store.inputs_of(connection, issue_id)
    if inputs is None:
        raise Refused(f"issue {issue_id} was not picked, or by a version that kept nothing to replay")
    pick = pick_again(inputs)
    return {
        "schedule": issue.schedule_name,
        "occurrence": shapes.occurrence(issue.occurrence),
        "words": pick.words,
        **as_json(pick),
    }


def _occurrence(app: App, connection: Connection, schedule: Schedule, at: datetime | None) -> Occurrence:
    if at is not None:
        return Occurrence(at.astimezone(UTC), at.astimezone(ZoneInfo(schedule.timezone)))
    free = coming(app, connection, schedule, app.clock(), 1)
    if not free:
        raise Refused(f"the schedule {schedule.name!r} has no occurrence to come")
    return free[0]
