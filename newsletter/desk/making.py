"""A schedule's next occurrence → one draft issue: won, picked, rendered and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.completeness import explain_missing, merged_call_to_action
from newsletter.desk import passing, picks
from newsletter.desk.grouping import NobodyDue
from newsletter.errors import Refused
from newsletter.model import Article, Author, Issue, Newsletter, Occurrence, Schedule
from newsletter.picking.differing import changes_between
from newsletter.picking.pick import Pick, as_json
from newsletter.picking.readers import is_per_reader
from newsletter.picking.replay import Recipe, inputs_of
from newsletter.picking.why_nothing import refusals, why_nothing
from newsletter.rendering.mrml import render_template, to_html
from newsletter.rendering.page import PageInput, RenderedIssue, render_issue, web_view
from newsletter.states import IssueKind, OccurrenceState
from newsletter.store import articles as library
from newsletter.store import issues as store
from newsletter.store import schedules as schedule_store
from newsletter.store.approvals import count_rehearsals
from newsletter.store.authors import list_calls_to_action

FEW = 10
"""Articles of which an error says why each may not go."""


class NothingToPick(Refused):
    """No article may go at an occurrence, in the words of the rules; `named` is why, article by article.

    Where each reader has a next article of their own, `readers` says first why none of them is due any.
    """

    def __init__(self, words: str, pick: Pick | None = None, readers: str = "") -> None:
        super().__init__(words)
        self.pick = pick
        self._readers = readers

    @property
    def named(self) -> list[str]:
        if self.pick is None:
            return [str(self)]
        return [*([self._readers] if self._readers else []), *refusals(self.pick)]


@dataclass(frozen=True, slots=True)
class Made:
    """What an issue says, ready to be stored, filled and checked."""

    newsletter: Newsletter
    rendered: RenderedIssue
    web_html: str
    web_html_bare: str | None
    authors: tuple[Author, ...]
    day: date

    @property
    def content(self) -> store.Content:
        rendered = self.rendered.to_json()
        digest = hashlib.sha256(rendered.encode()).hexdigest()
        return store.Content(self.rendered.subject, rendered, self.web_html, digest, self.web_html_bare)


def plan_issue(app: App, schedule_name: str | None) -> Issue:
    """The schedule's draft: the one that waits already, else a new one for its next free occurrence.

    Raises NotFound, or Refused when nothing can be picked, in the words of the rules.
    """
    with app.database.read() as connection:
        schedule = picks.find(connection, schedule_name)
        assert schedule.id is not None
        draft = store.find_draft(connection, schedule.id)
        free = picks.coming(app, connection, schedule, app.clock(), 1)
    if draft is not None:
        return refresh(app, draft)
    if not free:
        raise Refused(f"the schedule {schedule.name!r} has no occurrence to come")
    made = make_issue(app, schedule, free[0])
    # Another process may have won this occurrence: then its draft is the answer.
    return made if made is not None else plan_issue(app, schedule_name)


def make_issue(
    app: App,
    schedule: Schedule,
    occurrence: Occurrence,
    is_alone: bool = False,
    kind: IssueKind | None = None,
) -> Issue | None:
    """The draft for this occurrence, for the one caller who wins it; None for everybody after.

    With `is_alone` it is to go out without any person's yes; without a `kind` it is a rehearsal while the schedule has
    one to come. Raises NothingToPick.
    """
    assert schedule.id is not None
    name = public_id(app, schedule.id, occurrence)
    newsletter = app.newsletter(schedule.newsletter_id)
    day = issue_date(app, newsletter, occurrence.utc)

    def render_it(articles: Sequence[Article]) -> Made:
        return make(app, newsletter, articles, schedule.list_name, name, day)

    chosen = _choose(app, schedule, occurrence, render_it, is_alone)
    with app.database.write() as connection:
        won = schedule_store.win_occurrence(connection, schedule.id, occurrence, OccurrenceState.ISSUED)
        if won is None:
            return None
        new = store.NewIssue(
            newsletter_id=schedule.newsletter_id,
            schedule_id=schedule.id,
            occurrence_id=won,
            list_id=schedule.list_id,
            article_ids=ids_of(chosen.pick.articles),
            public_id=name,
            picked=as_json(chosen.pick),
            seed=schedule.seed,
            content=chosen.made.content,
            kind=kind or next_kind(connection, schedule),
            inputs=chosen.inputs,
            foreseen={"articles": list(chosen.pick.slugs), "changes": []},
        )
        issue_id = store.add_issue(connection, new, app.clock())
        issue = store.find_issue(connection, issue_id)
    assert issue is not None
    return issue


def next_kind(connection: Connection, schedule: Schedule) -> IssueKind:
    """What the schedule's next issue is: a rehearsal until it has had as many as it is to have."""
    assert schedule.id is not None
    is_rehearsal = count_rehearsals(connection, schedule.id) < schedule.options.rehearse
    return IssueKind.REHEARSAL if is_rehearsal else IssueKind.PICKED


def say_yes(app: App, issue: Issue) -> None:
    """A person chose this issue's articles, or sent it by hand: they are no longer unread since their import."""
    with app.database.write() as connection:
        library.mark_read(connection, store.article_ids(connection, issue.id), app.clock())


def ids_of(articles: Sequence[Article]) -> list[int]:
    return [article.id for article in articles if article.id is not None]


def pick_at(
    app: App,
    connection: Connection,
    schedule: Schedule,
    occurrence: Occurrence,
    recipe: Recipe,
    except_issue: int | None = None,
) -> tuple[Pick, Recipe]:
    """What goes at this occurrence; again what went longest ago, where the schedule says so. Raises NothingToPick."""
    candidates = library.list_articles(connection)
    pick, used = picks.pick_by(connection, schedule, occurrence.utc, candidates, recipe, except_issue)
    if not pick.slugs:
        words = f"schedule {schedule.name!r}, {occurrence.local:%Y-%m-%d %H:%M}: {why_nothing(pick, FEW)}"
        raise NothingToPick(words, pick)
    return pick, used


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A pick, what it was made from, and what it says as an issue."""

    pick: Pick
    inputs: dict[str, Any]
    made: Made


def _choose(
    app: App,
    schedule: Schedule,
    occurrence: Occurrence,
    render_it: Callable[[Sequence[Article]], Made],
    is_alone: bool,
    except_issue: int | None = None,
) -> _Chosen:
    """What goes at this occurrence and passes the pre-flight gate. Raises NothingToPick."""
    with app.database.read() as connection:
        recipe = picks.recipe_of(app, connection, schedule, is_alone)
    while True:
        with app.database.read() as connection:
            pick, used = pick_at(app, connection, schedule, occurrence, recipe, except_issue)
        made = render_it(pick.articles)
        failed = passing.blamed(app, made.newsletter, made.rendered, pick.articles)
        other = passing.without(recipe, failed) if failed else None
        if other is None:
            return _Chosen(pick, inputs_of(pick, used, schedule.options.articles), made)
        recipe = other


def public_id(app: App, schedule_id: int, occurrence: Occurrence) -> str:
    """Names the web view of this occurrence's issue; nobody can guess it."""
    return app.tokens.keyed_hash("web view", schedule_id, occurrence.wall)


def refresh(app: App, issue: Issue, is_alone: bool = False, is_anew: bool = False) -> Issue:
    """The draft rendered anew from what the library holds now, and picked anew when one of its articles may not go.

    With `is_alone` it is to go out without any person's yes, with `is_anew` it is picked anew whatever may go. Raises
    NothingToPick when no other may go either, NobodyDue when a group's article may not.
    """
    with app.database.read() as connection:
        issue = store.find_issue(connection, issue.id) or issue  # its note may be newer
        articles = articles_of(connection, issue)
        schedule = None if issue.schedule_id is None else schedule_store.schedule_by_id(connection, issue.schedule_id)
        may_stay = not is_anew and _may_go(app, connection, schedule, issue, articles, is_alone)
    made = render(app, issue, articles) if may_stay else None
    # A person who sends an issue by hand has seen it: they are told what is wrong, and get no other article.
    if made is not None and is_alone and passing.blamed(app, made.newsletter, made.rendered, articles):
        made = None
    if made is None:
        return _pick_other(app, issue, schedule, is_alone)
    with app.database.write() as connection:
        if made.content != store.content_of(connection, issue.id):
            store.set_content(connection, issue.id, made.content)
        return _found(connection, issue.id)


def _pick_other(app: App, issue: Issue, schedule: Schedule | None, is_alone: bool) -> Issue:
    """The draft with what is picked for its occurrence now. Raises NothingToPick."""
    assert schedule is not None and issue.occurrence is not None
    if is_per_reader(schedule.options) and issue.kind is IssueKind.PICKED:
        raise NobodyDue(f"{issue.articles[0]} may not go, and its readers are due another article")
    chosen = _choose(app, schedule, issue.occurrence, partial(render, app, issue), is_alone, issue.id)
    with app.database.write() as connection:
        store.replace_pick(
            connection,
            issue.id,
            ids_of(chosen.pick.articles),
            as_json(chosen.pick),
            chosen.made.content,
            chosen.inputs,
            _compared(connection, issue, chosen),
        )
        return _found(connection, issue.id)


def _found(connection: Connection, issue_id: int) -> Issue:
    issue = store.find_issue(connection, issue_id)
    assert issue is not None
    return issue


def _compared(connection: Connection, issue: Issue, chosen: _Chosen) -> dict[str, Any] | None:
    """What was forecast, and what has changed since that gave the issue other articles."""
    foreseen, before = store.foreseen_of(connection, issue.id), store.inputs_of(connection, issue.id)
    if foreseen is None or before is None or chosen.pick.slugs == issue.articles:
        return foreseen
    changes = changes_between(before, chosen.inputs, {*issue.articles, *chosen.pick.slugs})
    return {**foreseen, "changes": list(dict.fromkeys((*foreseen["changes"], *changes)))}


def _may_go(
    app: App,
    connection: Connection,
    schedule: Schedule | None,
    issue: Issue,
    articles: Sequence[Article],
    is_alone: bool,
) -> bool:
    """Whether no rule refuses any article of the draft. A letter was not picked, and no rule is asked."""
    if schedule is None or issue.occurrence is None:
        return True
    return picks.may_stay(connection, schedule, issue, articles, picks.rules_of(app, connection, schedule, is_alone))


def articles_of(connection: Connection, issue: Issue) -> list[Article]:
    """The issue's articles as the library has them now, the leading one first."""
    ids = store.article_ids(connection, issue.id)
    return sorted(library.find_articles(connection, ids), key=lambda article: ids.index(article.id or 0))


def render(app: App, issue: Issue, articles: Sequence[Article]) -> Made:
    """What the issue says with these articles. Raises Refused or RenderError, as `make` does."""
    newsletter = app.newsletter(issue.newsletter_id)
    day = issue_date(app, newsletter, goes_at(issue))
    return make(app, newsletter, articles, issue.list_name, issue.public_id, day, issue.note)


def make(
    app: App,
    newsletter: Newsletter,
    articles: Sequence[Article],
    list_name: str,
    public_id: str,
    day: date,
    note: str = "",
) -> Made:
    """These articles as an issue of that day, the first one to lead.

    Raises Refused when one is incomplete, RenderError for a broken look.
    """
    for article in articles:
        if article.missing:
            raise Refused(f"{article.slug} cannot be sent: {explain_missing(article, article.missing)}")
    lead, *others = (_as_on(article, day) for article in articles)
    with app.database.read() as connection:
        call_to_action = merged_call_to_action(articles[0], list_calls_to_action(connection), day)
    page = PageInput(
        newsletter=newsletter,
        subject=lead.title,
        preheader=lead.summary,
        article=lead,
        call_to_action=call_to_action,
        list_name=list_name,
        web_view_url=f"{app.base_url}/archive/{public_id}",
        media_base_url=app.media_url,
        logo=newsletter.logo,
        issue_date=day,
        note=note,
        others=tuple(others),
    )
    look = app.look(newsletter.look)
    rendered = render_issue(page, look, to_html, render_template=render_template)
    web_html = web_view(page, look, to_html, render_template)
    bare = _without_authors(page)
    bare_html = web_view(bare, look, to_html, render_template) if bare else None
    return Made(newsletter, rendered, web_html, bare_html, _authors_of(articles), day)


def _as_on(article: Article, day: date) -> Article:
    """The article with the bylines alone of authors who have left by that day."""
    # Somebody else wrote it too, or it would not have been picked.
    return replace(article, authors=tuple(_bare(one) if _is_gone(one, day) else one for one in article.authors))


def _authors_of(articles: Sequence[Article]) -> tuple[Author, ...]:
    return tuple(dict.fromkeys(author for article in articles for author in article.authors))


def _without_authors(page: PageInput) -> PageInput | None:
    """The page with bylines alone, for the time after an author has left; None when there is nothing to leave out."""
    every = (page.article, *page.others)
    if not any(author.bio or author.photo for article in every for author in article.authors):
        return None
    lead, *others = (replace(article, authors=tuple(map(_bare, article.authors))) for article in every)
    return replace(page, article=lead, others=tuple(others))


def _bare(author: Author) -> Author:
    """The byline alone."""
    return replace(author, bio="", photo="", url="")


def _is_gone(author: Author, day: date) -> bool:
    return author.active_until is not None and author.active_until < day


def goes_at(issue: Issue) -> datetime | None:
    """The instant the issue is planned for; None for a letter that waits for a hand."""
    return issue.occurrence.utc if issue.occurrence is not None else issue.send_at


def issue_date(app: App, newsletter: Newsletter, at: datetime | None) -> date:
    """The day an issue that goes at this instant is of, in the newsletter's zone; None: now."""
    return (at or app.clock()).astimezone(ZoneInfo(newsletter.timezone)).date()


def made_of(app: App, issue: Issue) -> Made:
    """What the issue says as it is stored."""
    with app.database.read() as connection:
        content = store.content_of(connection, issue.id)
        authors = _authors_of(articles_of(connection, issue))
    newsletter = app.newsletter(issue.newsletter_id)
    rendered = RenderedIssue.from_json(content.rendered)
    day = issue_date(app, newsletter, goes_at(issue))
    return Made(newsletter, rendered, content.web_html, content.web_html_bare, authors, day)
