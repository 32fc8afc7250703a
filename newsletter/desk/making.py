"""A schedule's next occurrence → one draft issue: won, picked, rendered and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.completeness import explain_missing, merged_call_to_action
from newsletter.desk import picks
from newsletter.errors import NotFound, Refused
from newsletter.model import Article, Author, Issue, Newsletter, Occurrence, Schedule
from newsletter.picking.choices import Pinned
from newsletter.picking.pick import Pick, as_json
from newsletter.picking.rules import Rule
from newsletter.rendering.mrml import render_template, to_html
from newsletter.rendering.page import PageInput, RenderedIssue, render_issue, web_view
from newsletter.states import OccurrenceState
from newsletter.store import articles as library
from newsletter.store import issues as store
from newsletter.store import schedules as schedule_store
from newsletter.store.authors import list_calls_to_action


class NothingToPick(Refused):
    """No article may go at an occurrence, in the words of the rules."""


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


def plan_issue(app: App, schedule_name: str | None, pin: str | None = None) -> Issue:
    """The schedule's draft: the one that waits already, else a new one for its next free occurrence.

    Raises NotFound, or Refused when nothing can be picked, in the words of the rules.
    """
    with app.database.read() as connection:
        schedule = picks.find(connection, schedule_name)
        assert schedule.id is not None
        draft = store.find_draft(connection, schedule.id)
        free = picks.coming(connection, schedule, app.clock(), 1)
    if draft is not None:
        return _repinned(app, draft, pin)
    if not free:
        raise Refused(f"the schedule {schedule.name!r} has no occurrence to come")
    made = make_issue(app, schedule, free[0], pin)
    if made is None:  # another process won this occurrence: its draft is the answer
        return plan_issue(app, schedule_name, pin)
    if pin is not None:
        say_yes(app, made)
    return made


def _repinned(app: App, draft: Issue, pin: str | None) -> Issue:
    if pin is not None and pin not in draft.articles:
        words = f"issue {draft.id} is drafted for this occurrence already: `newsletter issues cancel {draft.id}` first"
        raise Refused(words)
    fresh = refresh(app, draft)
    if pin in fresh.articles:
        say_yes(app, fresh)
    return fresh


def make_issue(
    app: App,
    schedule: Schedule,
    occurrence: Occurrence,
    pin: str | None = None,
    is_alone: bool = False,
) -> Issue | None:
    """The draft for this occurrence, for the one caller who wins it; None for everybody after.

    With `is_alone` it is to go out without any person's yes. Raises NothingToPick.
    """
    assert schedule.id is not None
    with app.database.read() as connection:
        pick = _pick(connection, schedule, occurrence, pin, picks.rules_of(app, schedule, is_alone))
    name = public_id(app, schedule.id, occurrence)
    made = make(app, app.newsletter(schedule.newsletter_id), pick.articles[0], schedule, name, occurrence)
    with app.database.write() as connection:
        won = schedule_store.win_occurrence(connection, schedule.id, occurrence, OccurrenceState.ISSUED)
        if won is None:
            return None
        new = store.NewIssue(
            newsletter_id=schedule.newsletter_id,
            schedule_id=schedule.id,
            occurrence_id=won,
            list_id=schedule.list_id,
            article_ids=_ids(pick.articles),
            public_id=name,
            picked=as_json(pick),
            seed=schedule.seed,
            content=made.content,
        )
        issue_id = store.add_issue(connection, new, app.clock())
        issue = store.find_issue(connection, issue_id)
    assert issue is not None
    return issue


def say_yes(app: App, issue: Issue) -> None:
    """A person chose this issue's articles, or sent it by hand: they are no longer unread since their import."""
    with app.database.write() as connection:
        library.mark_read(connection, store.article_ids(connection, issue.id), app.clock())


def _ids(articles: Sequence[Article]) -> list[int]:
    return [article.id for article in articles if article.id is not None]


def _pick(
    connection: Connection,
    schedule: Schedule,
    occurrence: Occurrence,
    pin: str | None,
    rules: Sequence[Rule],
    except_issue: int | None = None,
) -> Pick:
    candidates = library.list_articles(connection)
    if pin is not None and pin not in {article.slug for article in candidates}:
        raise NotFound("article", pin)
    if pin is not None:
        rules = (*rules, Pinned(pin))
    pick = picks.pick_for(connection, schedule, occurrence.utc, candidates, rules, except_issue)
    if not pick.slugs:
        of_pinned = [one for one in pick.candidates if one.slug == pin]
        refusals = [reason.words for one in of_pinned for reason in one.reasons if reason.refused]
        why = f"{pin} cannot go: {'; '.join(refusals)}" if pin else pick.words
        raise NothingToPick(f"schedule {schedule.name!r}, {occurrence.local:%Y-%m-%d %H:%M}: {why}")
    return pick


def public_id(app: App, schedule_id: int, occurrence: Occurrence) -> str:
    """Names the web view of this occurrence's issue; nobody can guess it."""
    return app.tokens.keyed_hash("web view", schedule_id, occurrence.local.strftime(schedule_store.LOCAL_FORMAT))


def refresh(app: App, issue: Issue, is_alone: bool = False) -> Issue:
    """The draft rendered anew from what the library holds now, and picked anew when its article may no longer go.

    With `is_alone` it is to go out without any person's yes. Raises NothingToPick when no other may go either.
    """
    assert issue.schedule_id is not None and issue.occurrence is not None
    with app.database.read() as connection:
        schedule = schedule_store.schedule_by_id(connection, issue.schedule_id)
        rules = picks.rules_of(app, schedule, is_alone)
        article = library.find_articles(connection, store.article_ids(connection, issue.id)[:1])[0]
        kept = picks.pick_for(connection, schedule, issue.occurrence.utc, [article], rules, issue.id)
        pick = None if kept.slugs else _pick(connection, schedule, issue.occurrence, None, rules, issue.id)
    lead = article if pick is None else pick.articles[0]
    newsletter = app.newsletter(issue.newsletter_id)
    content = make(app, newsletter, lead, schedule, issue.public_id, issue.occurrence).content
    with app.database.write() as connection:
        if pick is not None:
            store.replace_pick(connection, issue.id, _ids(pick.articles), as_json(pick), content)
        elif content != store.content_of(connection, issue.id):
            store.set_content(connection, issue.id, content)
        fresh = store.find_issue(connection, issue.id)
    assert fresh is not None
    return fresh


def make(
    app: App,
    newsletter: Newsletter,
    article: Article,
    schedule: Schedule | None,
    public_id: str,
    occurrence: Occurrence | None,
) -> Made:
    """This article as an issue. Raises Refused when it is incomplete, RenderError for a broken look."""
    if article.missing:
        raise Refused(f"{article.slug} cannot be sent: {explain_missing(article, article.missing)}")
    day = issue_date(app, newsletter, occurrence)
    with app.database.read() as connection:
        call_to_action = merged_call_to_action(article, list_calls_to_action(connection), day)
    # Somebody else wrote it too, or it would not have been picked.
    authors = tuple(_bare(author) if _is_gone(author, day) else author for author in article.authors)
    page = PageInput(
        newsletter=newsletter,
        subject=article.title,
        preheader=article.summary,
        article=replace(article, authors=authors),
        call_to_action=call_to_action,
        list_name=schedule.list_name if schedule else "",
        web_view_url=f"{app.base_url}/archive/{public_id}",
        media_base_url=app.media_url,
        logo=newsletter.logo,
        issue_date=day,
        read_on_url="",
    )
    look = app.look(newsletter.look)
    rendered = render_issue(page, look, to_html, render_template=render_template)
    web_html = web_view(page, look, to_html, render_template)
    bare = _without_authors(page)
    bare_html = web_view(bare, look, to_html, render_template) if bare else None
    return Made(newsletter, rendered, web_html, bare_html, article.authors, day)


def _without_authors(page: PageInput) -> PageInput | None:
    """The page with bylines alone, for the time after an author has left; None when there is nothing to leave out."""
    if not any(author.bio or author.photo for author in page.article.authors):
        return None
    return replace(page, article=replace(page.article, authors=tuple(map(_bare, page.article.authors))))


def _bare(author: Author) -> Author:
    """The byline alone."""
    return replace(author, bio="", photo="", url="")


def _is_gone(author: Author, day: date) -> bool:
    return author.active_until is not None and author.active_until < day


def issue_date(app: App, newsletter: Newsletter, occurrence: Occurrence | None) -> date:
    """The day the issue is of, in the newsletter's zone."""
    at = occurrence.utc if occurrence is not None else app.clock()
    return at.astimezone(ZoneInfo(newsletter.timezone)).date()


def made_of(app: App, issue: Issue) -> Made:
    """What the issue says as it is stored."""
    with app.database.read() as connection:
        content = store.content_of(connection, issue.id)
        articles = library.find_articles(connection, store.article_ids(connection, issue.id))
    newsletter = app.newsletter(issue.newsletter_id)
    rendered = RenderedIssue.from_json(content.rendered)
    authors = tuple(dict.fromkeys(author for article in articles for author in article.authors))
    day = issue_date(app, newsletter, issue.occurrence)
    return Made(newsletter, rendered, content.web_html, content.web_html_bare, authors, day)
