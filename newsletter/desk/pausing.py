"""A bad day, or a home that may be a copy → nothing goes out until somebody resumes, in every process there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from shlex import quote

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.desk import identity
from newsletter.desk.missed import put_down
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Issue, Schedule
from newsletter.picking.paused import topic, topics_of
from newsletter.scheduling.catching_up import CatchUp
from newsletter.scheduling.ends import parse_end
from newsletter.states import OccurrenceState
from newsletter.store import articles as library
from newsletter.store import issues as issue_store
from newsletter.store.pauses import EVERYTHING, Pause, end_pauses, keep_pause, pauses_now, pauses_of_everything

LONGEST_TAG, LONGEST_REASON = 200, 1_000
WHILE_PAUSED = "everything was paused"
RESUME = "`newsletter resume`"


# Pausing and resuming


def pause(app: App, until: str | None = None, tag: str = "", reason: str = "") -> Pause:
    """Nothing goes out from now on: no issue, or none about `tag`. `until` is as a person writes it. Raises Refused."""
    now = app.clock()
    end = parse_end(until, now, app.zone) if until is not None else None
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise Refused(f"--reason: {len(reason)} characters are too many; {LONGEST_REASON} are allowed")
    if len(topic(tag)) > LONGEST_TAG:
        raise Refused(f"--tag: {len(topic(tag))} characters are too many; {LONGEST_TAG} are allowed")
    new = Pause(topic(tag), reason, now, end)
    with app.database.write() as connection:
        keep_pause(connection, new)
    return new


def resume(app: App, tag: str | None = None) -> list[str]:
    """End every pause, or that of one tag, and say what was ended; without a tag a copy becomes the one that mails.

    Raises NewsletterError where that cannot be written down.
    """
    words = []
    if tag is None and (why := identity.doubt(app)):
        follows = identity.take_over(app)
        words = [f"this home is the one that mails from now on ({why})", *follows]
    with app.database.write() as connection:
        ended = end_pauses(connection, app.clock(), None if tag is None else [topic(tag)])
    return [*words, *(f"{_held(each)} is no longer paused" for each in ended)]


# What is held


def articles_held(app: App, tag: str) -> int:
    """How many articles have this tag or category."""
    with app.database.read() as connection:
        return sum(topic(tag) in topics_of(article) for article in library.list_articles(connection))


def tell(app: App) -> list[str]:
    """What is paused, one line each; empty when nothing is."""
    doubt = identity.doubt(app)
    with app.database.read() as connection:
        pauses = pauses_now(connection, app.clock())
    return [*([_in_doubt(doubt)] if doubt else []), *(_line(app, each) for each in pauses)]


def why_nothing_goes(app: App) -> str:
    """Why no issue at all may go now, with the way out; empty when some may."""
    if doubt := identity.doubt(app):
        return _in_doubt(doubt)
    paused = pause_of_everything(app)
    return "" if paused is None else _line(app, paused)


def pause_of_everything(app: App) -> Pause | None:
    """The one that is on, with or without an end."""
    with app.database.read() as connection:
        pauses = pauses_now(connection, app.clock())
    return next((each for each in pauses if each.tag == EVERYTHING), None)


def why_held(app: App, issue: Issue) -> str:
    """Why this issue may not go now, with the way out; empty when it may."""
    return why_nothing_goes(app) or _why_its_topics_are(app, issue)


def _why_its_topics_are(app: App, issue: Issue) -> str:
    with app.database.read() as connection:
        pauses = pauses_now(connection, app.clock())
        topics = _topics_in(connection, issue) if pauses else ()
    return next((_line(app, each) for each in pauses if each.tag in topics), "")


def topics_in(app: App, issue: Issue) -> tuple[str, ...]:
    """All tags and categories of the issue's articles."""
    with app.database.read() as connection:
        return _topics_in(connection, issue)


def _topics_in(connection: Connection, issue: Issue) -> tuple[str, ...]:
    found = library.find_articles(connection, issue_store.article_ids(connection, issue.id))
    return tuple(sorted(frozenset[str]().union(*map(topics_of, found))))


def not_held(app: App, issues: Sequence[Issue]) -> list[Issue]:
    """Those that may go now."""
    if not issues or why_nothing_goes(app):
        return []
    return [each for each in issues if not _why_its_topics_are(app, each)]


def require_running(app: App, *issues: Issue) -> None:
    """Raises Refused with the reason and the way out when nothing, or not one of these, may go out."""
    words = why_nothing_goes(app) or next(filter(None, (_why_its_topics_are(app, each) for each in issues)), "")
    if words:
        raise Refused(words)


def _in_doubt(doubt: str) -> str:
    return f"paused, because this home looks like a copy: {doubt}; {RESUME} makes it the one that mails"


def _line(app: App, pause: Pause) -> str:
    until = f" until {_local(app, pause.until)}" if pause.until else ""
    reason = f" ({pause.reason})" if pause.reason else ""
    way_out = RESUME if pause.tag == EVERYTHING else f"`newsletter resume --tag {quote(pause.tag)}`"
    return f"{_held(pause)} is paused since {_local(app, pause.since)}{until}{reason}; {way_out} ends it"


def _held(pause: Pause) -> str:
    return "everything" if pause.tag == EVERYTHING else f"what is about {pause.tag!r}"


def _local(app: App, at: datetime) -> str:
    return f"{at.astimezone(app.zone):%Y-%m-%d %H:%M}"


# Hooks of those who begin issues and hand them over


@contextmanager
def beginning(app: App, issues: Sequence[Issue]) -> Iterator[None]:
    """Around the transaction in which issues begin: written down outside the home before and after.

    Raises Refused when one of them may not go now, NewsletterError when it cannot be written down.
    """
    require_running(app, *issues)
    identity.write_begun(app, issues)
    yield
    identity.go_on(app)


@contextmanager
def handing_over(app: App, progress: Callable[[int], None]) -> Iterator[Callable[[int], None]]:
    """Around handing over: gives `progress`, with which a database put back to a state in between is noticed later."""
    looked_at = app.clock()

    def seen(done: int) -> None:
        nonlocal looked_at
        progress(done)
        if abs(app.clock() - looked_at) >= identity.BEAT:
            looked_at = app.clock()
            _go_on_quietly(app)

    try:
        yield seen
    finally:
        _go_on_quietly(app)


def _go_on_quietly(app: App) -> None:
    # What is on its way must not be lost for this; the next tick, or the next issue, says what is wrong.
    with suppress(NewsletterError):
        identity.go_on(app)


def before_tick(app: App) -> tuple[bool, list[str]]:
    """Whether nothing may begin now, and what a person should know."""
    if words := why_nothing_goes(app):
        return True, [words]
    identity.go_on(app, identity.BEAT)
    return False, warnings(app)


def warnings(app: App) -> list[str]:
    """What should be set right before anything goes out."""
    warning = identity.unguarded(app)
    return [warning] if warning else []


def leave_out_passed(app: App, schedule: Schedule, plan: CatchUp) -> CatchUp:
    """The plan without what fell due in a pause: that is recorded as skipped, and its draft cancelled."""
    passed = [each for each in (*plan.missed, plan.waiting, plan.due) if each is not None]
    if not passed:
        return plan
    with app.database.read() as connection:
        pauses = pauses_of_everything(connection)
    over = {each: words for each in passed if (words := _passed_in(pauses, each.utc))}
    if not over:
        return plan
    with app.database.write() as connection:
        for occurrence, words in over.items():
            put_down(connection, app, schedule, occurrence, OccurrenceState.SKIPPED, words)
    return replace(
        plan,
        due=None if plan.due in over else plan.due,
        waiting=None if plan.waiting in over else plan.waiting,
        missed=tuple(each for each in plan.missed if each not in over),
    )


def why_passed(app: App, at: datetime) -> str:
    """Why what fell due at that instant is left out; empty when nothing was paused then."""
    with app.database.read() as connection:
        return _passed_in(pauses_of_everything(connection), at)


def _passed_in(pauses: Sequence[Pause], at: datetime) -> str:
    for each in pauses:
        if each.holds(at):
            return f"{WHILE_PAUSED}: {each.reason}" if each.reason else WHILE_PAUSED
    return ""


# The button in mails


def pause_link(app: App) -> str:
    """The page with the button that pauses everything; a GET of it changes nothing."""
    return f"{app.base_url}/pause/{app.tokens.pause_token()}"
