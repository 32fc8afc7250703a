"""Every query on issues."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from newsletter.content.reading import bare_words
from newsletter.model import Issue
from newsletter.states import DRAFTS, DeliveryStatus, IssueKind, IssueState, OccurrenceState, check_issue_arrow
from newsletter.store.schedules import to_occurrence
from newsletter.tables import (
    article_authors,
    article_versions,
    articles,
    authors,
    deliveries,
    issue_articles,
    issues,
    mailing_lists,
    occurrences,
    schedules,
)


@dataclass(frozen=True, slots=True)
class Content:
    """What an issue says: frozen when its deliveries are planned."""

    subject: str
    rendered: str  # JSON
    web_html: str
    content_hash: str
    web_html_bare: str | None = None  # without bios and photos; None where there were none


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue as picking and rendering made it, before it has an id."""

    newsletter_id: int | None
    schedule_id: int | None
    occurrence_id: int | None
    list_id: int
    article_ids: Sequence[int]
    public_id: str
    picked: Mapping[str, Any]
    seed: int
    content: Content
    kind: IssueKind = IssueKind.PICKED
    inputs: Mapping[str, Any] | None = None  # see the table
    foreseen: Mapping[str, Any] | None = None
    send_at: datetime | None = None


def add_issue(connection: Connection, new: NewIssue, now: datetime) -> int:
    values = insert(issues).values(
        newsletter_id=new.newsletter_id,
        schedule_id=new.schedule_id,
        occurrence_id=new.occurrence_id,
        lead_article_id=new.article_ids[0],
        list_id=new.list_id,
        state=str(IssueState.DRAFT),
        public_id=new.public_id,
        picked=dict(new.picked),
        seed=new.seed,
        kind=str(new.kind),
        inputs=new.inputs,
        foreseen=new.foreseen,
        send_at=new.send_at,
        created_at=now,
        **_columns(new.content),
    )
    issue_id = int(connection.execute(values.returning(issues.c.id)).scalar_one())
    _link_articles(connection, issue_id, new.article_ids)
    return issue_id


def _columns(content: Content) -> dict[str, Any]:
    return {
        "subject": content.subject,
        "rendered": content.rendered,
        "web_html": content.web_html,
        "web_html_bare": content.web_html_bare,
        "content_hash": content.content_hash,
    }


def _link_articles(connection: Connection, issue_id: int, article_ids: Sequence[int]) -> None:
    rows = [
        {"issue_id": issue_id, "position": position, "article_id": article_id}
        for position, article_id in enumerate(article_ids)
    ]
    connection.execute(insert(issue_articles), rows)


def set_content(connection: Connection, issue_id: int, content: Content) -> None:
    """Give a draft other words. An issue that was begun meanwhile stays as it is."""
    connection.execute(update(issues).where(_is_draft(issue_id)).values(**_columns(content)))


def _is_draft(issue_id: int) -> ColumnElement[bool]:
    return and_(issues.c.id == issue_id, issues.c.state.in_(DRAFTS))


def replace_pick(
    connection: Connection,
    issue_id: int,
    article_ids: Sequence[int],
    picked: Mapping[str, Any],
    content: Content,
    inputs: Mapping[str, Any] | None = None,
    foreseen: Mapping[str, Any] | None = None,
) -> None:
    """Give a draft other articles: what was picked may no longer go. An issue that was begun meanwhile stays.

    Of `inputs` and `foreseen`, what is None stays as it was.
    """
    kept = {name: value for name, value in (("inputs", inputs), ("foreseen", foreseen)) if value is not None}
    values = {"lead_article_id": article_ids[0], "picked": dict(picked), **kept, **_columns(content)}
    if not connection.execute(update(issues).where(_is_draft(issue_id)).values(**values)).rowcount:
        return
    connection.execute(delete(issue_articles).where(issue_articles.c.issue_id == issue_id))
    _link_articles(connection, issue_id, article_ids)


def _issues() -> Select[Any]:
    return (
        select(
            issues.c.id,
            issues.c.newsletter_id,
            issues.c.schedule_id,
            issues.c.occurrence_id,
            issues.c.list_id,
            issues.c.state,
            issues.c.subject,
            issues.c.public_id,
            issues.c.content_hash,
            issues.c.seed,
            issues.c.kind,
            issues.c.note,
            issues.c.send_at,
            issues.c.started_at,
            issues.c.pause_reason,
            mailing_lists.c.name.label("list_name"),
            schedules.c.name.label("schedule_name"),
            schedules.c.timezone,
            occurrences.c.utc,
            occurrences.c.state.label("occurrence_state"),
        )
        .join_from(issues, mailing_lists, mailing_lists.c.id == issues.c.list_id)
        .join(schedules, schedules.c.id == issues.c.schedule_id, isouter=True)
        .join(occurrences, occurrences.c.id == issues.c.occurrence_id, isouter=True)
    )


def _read(connection: Connection, query: Select[Any]) -> list[Issue]:
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    counts = count_deliveries(connection, ids)
    slugs = _slugs(connection, ids)
    return [_to_issue(row, slugs[row.id], counts[row.id]) for row in rows]


def _to_issue(row: Row[Any], slugs: Sequence[str], counts: Mapping[DeliveryStatus, int]) -> Issue:
    occurrence = None
    if row.occurrence_id is not None:
        occurrence = to_occurrence(row.utc, row.occurrence_state, row.timezone, row.occurrence_id)
    return Issue(
        id=row.id,
        newsletter_id=row.newsletter_id,
        schedule_id=row.schedule_id,
        schedule_name=row.schedule_name or "",
        occurrence_id=row.occurrence_id,
        occurrence=occurrence,
        list_id=row.list_id,
        list_name=row.list_name,
        state=IssueState(row.state),
        subject=row.subject,
        articles=tuple(slugs),
        public_id=row.public_id,
        content_hash=row.content_hash,
        seed=row.seed,
        kind=IssueKind(row.kind),
        note=row.note,
        send_at=row.send_at,
        started=row.started_at,
        pause_reason=row.pause_reason,
        counts=counts,
    )


def _slugs(connection: Connection, ids: Iterable[int]) -> dict[int, list[str]]:
    query = (
        select(issue_articles.c.issue_id, articles.c.slug)
        .join_from(issue_articles, articles)
        .where(issue_articles.c.issue_id.in_(list(ids)))
        .order_by(issue_articles.c.issue_id, issue_articles.c.position)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for issue_id, slug in connection.execute(query):
        found[issue_id].append(slug)
    return found


def count_deliveries(connection: Connection, ids: Iterable[int]) -> dict[int, dict[DeliveryStatus, int]]:
    """How many deliveries of each issue stand in which status."""
    query = (
        select(deliveries.c.issue_id, deliveries.c.status, func.count())
        .where(deliveries.c.issue_id.in_(list(ids)))
        .group_by(deliveries.c.issue_id, deliveries.c.status)
    )
    found: dict[int, dict[DeliveryStatus, int]] = defaultdict(dict)
    for issue_id, status, count in connection.execute(query):
        found[issue_id][DeliveryStatus(status)] = count
    return found


def list_issues(connection: Connection, limit: int = 100) -> list[Issue]:
    """The latest issues, newest first."""
    return _read(connection, _issues().order_by(issues.c.id.desc()).limit(limit))


def find_issue(connection: Connection, issue_id: int) -> Issue | None:
    found = _read(connection, _issues().where(issues.c.id == issue_id))
    return found[0] if found else None


def find_draft(connection: Connection, schedule_id: int) -> Issue | None:
    """The schedule's earliest issue that waits to be sent, those of missed occurrences left out of account."""
    is_ahead = or_(occurrences.c.state.is_(None), occurrences.c.state != OccurrenceState.MISSED)
    mine = and_(issues.c.schedule_id == schedule_id, issues.c.state.in_(DRAFTS), is_ahead)
    found = _read(connection, _issues().where(mine).order_by(occurrences.c.utc).limit(1))
    return found[0] if found else None


def drafts(connection: Connection, schedule_id: int | None = None) -> list[Issue]:
    """Every issue of a schedule that was not begun, oldest first; without one those of all schedules."""
    of = issues.c.schedule_id.is_not(None) if schedule_id is None else issues.c.schedule_id == schedule_id
    return _read(connection, _issues().where(issues.c.state.in_(DRAFTS), of).order_by(issues.c.id))


def drafted_for_later(connection: Connection, issue: Issue) -> list[int]:
    """The drafts of its schedule that were made after it, each for a later date."""
    assert issue.occurrence is not None
    query = (
        select(issues.c.id)
        .join(occurrences, occurrences.c.id == issues.c.occurrence_id)
        .where(issues.c.schedule_id == issue.schedule_id, issues.c.state.in_(DRAFTS), issues.c.id > issue.id)
        .where(occurrences.c.utc > issue.occurrence.utc)
    )
    return list(connection.execute(query).scalars())


def issue_of_occurrence(connection: Connection, schedule_id: int, local: str) -> Issue | None:
    """Its latest issue; one that was cancelled only where all were."""
    mine = and_(occurrences.c.schedule_id == schedule_id, occurrences.c.local == local)
    living_first = case((issues.c.state == IssueState.CANCELLED, 1), else_=0)
    found = _read(connection, _issues().where(mine).order_by(living_first, issues.c.id.desc()).limit(1))
    return found[0] if found else None


def issues_of_occurrence(connection: Connection, occurrence_id: int) -> list[Issue]:
    """Every issue of an occurrence, the oldest first: several where readers are grouped."""
    return _read(connection, _issues().where(issues.c.occurrence_id == occurrence_id).order_by(issues.c.id))


def never_begun(connection: Connection, occurrence_id: int) -> list[Issue]:
    """The issues of an occurrence that were cancelled before anything of them went."""
    mine = and_(
        issues.c.occurrence_id == occurrence_id,
        issues.c.state == IssueState.CANCELLED,
        issues.c.started_at.is_(None),
    )
    return _read(connection, _issues().where(mine).order_by(issues.c.id))


def first_start(connection: Connection, ids: Iterable[int]) -> datetime | None:
    """When the first of these issues began; None when none has."""
    return connection.execute(select(func.min(issues.c.started_at)).where(issues.c.id.in_(list(ids)))).scalar()


def issues_in(connection: Connection, state: IssueState) -> list[Issue]:
    return _read(connection, _issues().where(issues.c.state == state).order_by(issues.c.id))


def issues_with(connection: Connection, slug: str) -> list[Issue]:
    """The issues an article stands in, oldest first."""
    holding = select(issue_articles.c.issue_id).join_from(issue_articles, articles).where(articles.c.slug == slug)
    return _read(connection, _issues().where(issues.c.id.in_(holding)).order_by(issues.c.id))


def article_ids(connection: Connection, issue_id: int) -> list[int]:
    query = select(issue_articles.c.article_id).where(issue_articles.c.issue_id == issue_id)
    return list(connection.execute(query.order_by(issue_articles.c.position)).scalars())


def content_of(connection: Connection, issue_id: int) -> Content:
    row = connection.execute(select(issues).where(issues.c.id == issue_id)).one()
    return Content(row.subject, row.rendered, row.web_html, row.content_hash, row.web_html_bare)


def picked_of(connection: Connection, issue_id: int) -> dict[str, Any]:
    """The stored reasons: every candidate with every rule's word."""
    return dict(connection.execute(select(issues.c.picked).where(issues.c.id == issue_id)).scalar_one())


def foreseen_of(connection: Connection, issue_id: int) -> dict[str, Any] | None:
    """What was forecast when the issue was drafted: its `articles`, and the `changes` since that gave it others."""
    foreseen = connection.execute(select(issues.c.foreseen).where(issues.c.id == issue_id)).scalar_one()
    return None if foreseen is None else dict(foreseen)


def inputs_of(connection: Connection, issue_id: int) -> dict[str, Any] | None:
    """What the pick was made from; None for an issue that was not picked."""
    inputs = connection.execute(select(issues.c.inputs).where(issues.c.id == issue_id)).scalar_one()
    return None if inputs is None else dict(inputs)


def failed_at(connection: Connection, occurrence_id: int) -> dict[str, str]:
    """What did not pass the pre-flight gate when the issues of this occurrence were made, by slug, and why."""
    mine = and_(issues.c.occurrence_id == occurrence_id, issues.c.state != IssueState.CANCELLED)
    found = connection.execute(select(issues.c.inputs["failed"]).where(mine).order_by(issues.c.id)).scalars()
    return {slug: words for failed in found for slug, words in (failed or {}).items()}


def web_view(connection: Connection, public_id: str, today: date) -> str | None:
    """The page of an issue that went out, or is going; None for anything else.

    Once one of its authors has left, bios and photos are no longer on it; the bylines stay.
    """
    shown = (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT)
    query = select(issues.c.id, issues.c.started_at, issues.c.web_html, issues.c.web_html_bare)
    begun = (issues.c.public_id == public_id, issues.c.state.in_(shown), issues.c.started_at.is_not(None))
    row = connection.execute(query.where(*begun)).first()
    if row is None:
        return None
    if row.web_html_bare is not None and _has_lost_an_author(connection, row.id, row.started_at, row.web_html, today):
        return str(row.web_html_bare)
    return str(row.web_html)


def _has_lost_an_author(connection: Connection, issue_id: int, started: datetime, page: str, today: date) -> bool:
    """Whether one of those who stand in the issue with photo or bio has left."""
    names = {name for id in article_ids(connection, issue_id) for name in _bylines(connection, id, started)}
    wrote = connection.execute(select(authors).where(authors.c.name.in_(names))).all()
    gone = [author for author in wrote if author.active_until is not None and author.active_until < today]
    had_left = [author for author in gone if author.active_until < started.date()]
    if gone and len(had_left) == len(wrote):
        return True  # none is picked by those who left alone: that they had was told once this one had begun
    return any(author not in had_left or _shows(page, author) for author in gone)


def _shows(page: str, author: Any) -> bool:
    """Whether photo or bio stand on the page: not if it was known at that time that the author had left."""
    photo = author.photo.removeprefix("media/")
    paragraphs = (" ".join(paragraph.split()) for paragraph in author.bio.split("\n\n"))
    words = bare_words(page)
    return bool(photo and photo in page) or any(paragraph and paragraph in words for paragraph in paragraphs)


def _bylines(connection: Connection, article_id: int, at: datetime) -> list[str]:
    """Whose the article was at that instant: it may have been handed over since."""
    then = and_(article_versions.c.article_id == article_id, article_versions.c.until > at)
    query = select(article_versions.c.fields).where(then).order_by(article_versions.c.number).limit(1)
    past = connection.execute(query).scalar()
    if past is not None:
        return list(past["authors"])
    now = select(authors.c.name).join_from(article_authors, authors, authors.c.id == article_authors.c.author_id)
    return list(connection.execute(now.where(article_authors.c.article_id == article_id)).scalars())


def move_issue(connection: Connection, issue: Issue, after: IssueState, now: datetime, reason: str = "") -> bool:
    """Take the issue along one arrow. False: somebody else was quicker. Raises InvalidTransition.

    A draft begins as it was read, or not at all: what was checked and approved is what goes.
    """
    check_issue_arrow(issue.state, after)
    values: dict[str, Any] = {"state": str(after), "pause_reason": reason}
    if after is IssueState.SENDING:
        values["started_at"] = func.coalesce(issues.c.started_at, now)
    if after in (IssueState.SENT, IssueState.CANCELLED):
        values["finished_at"] = now
    elif issue.state is IssueState.CANCELLED:
        values["finished_at"] = None  # it comes to life again
    mine = and_(issues.c.id == issue.id, issues.c.state == issue.state)
    if after is IssueState.SENDING and issue.started is None:
        mine = and_(mine, issues.c.content_hash == issue.content_hash)
    return connection.execute(update(issues).where(mine).values(**values)).rowcount == 1


def move_drafts(connection: Connection, schedule_id: int, list_id: int) -> None:
    """What the schedule has not begun yet goes to this list."""
    not_begun = and_(issues.c.schedule_id == schedule_id, issues.c.started_at.is_(None))
    waiting = issues.c.state.in_((*DRAFTS, IssueState.PAUSED))
    connection.execute(update(issues).where(not_begun, waiting).values(list_id=list_id))


def remark(connection: Connection, issue_id: int, state: IssueState, words: str) -> None:
    """Write beside an issue in that state what keeps it there."""
    mine = and_(issues.c.id == issue_id, issues.c.state == state)
    connection.execute(update(issues).where(mine).values(pause_reason=words))


def set_note(connection: Connection, issue_id: int, note: str, content: Content) -> bool:
    """Give a draft these lines above its article. False: it was begun meanwhile."""
    values = {"note": note, **_columns(content)}
    return connection.execute(update(issues).where(_is_draft(issue_id)).values(**values)).rowcount == 1


def hold_draft(connection: Connection, issue: Issue) -> bool:
    """Whether it is a draft that still says the same: then it does until this transaction ends."""
    same = and_(_is_draft(issue.id), issues.c.content_hash == issue.content_hash)
    # An update, so that of two callers the second waits for the first.
    return connection.execute(update(issues).where(same).values(content_hash=issues.c.content_hash)).rowcount == 1


def make_rehearsal(connection: Connection, issue_id: int) -> None:
    """A draft is one of staff alone from now on. An issue that was begun meanwhile stays what it is."""
    connection.execute(update(issues).where(_is_draft(issue_id)).values(kind=str(IssueKind.REHEARSAL)))


def sent_in(connection: Connection, article_id: int) -> list[tuple[int, datetime]]:
    """Every issue the article went out in, with the instant it began, oldest first."""
    query = (
        select(issues.c.id, issues.c.started_at)
        .join_from(issue_articles, issues, issues.c.id == issue_articles.c.issue_id)
        .where(issue_articles.c.article_id == article_id, issues.c.started_at.is_not(None), counts_as_sent())
        .order_by(issues.c.started_at)
    )
    return [(row.id, row.started_at) for row in connection.execute(query)]


class Went(NamedTuple):
    """One article in one issue to a list: when it went or is to go, and by which schedule."""

    slug: str
    at: datetime
    schedule_id: int | None


def sent_to_list(connection: Connection, list_id: int, but: Collection[int] = ()) -> list[Went]:
    """Every article that was sent to the list, is being sent or stands in a draft, the earliest first.

    Issues in `but` do not count.
    """
    query = (
        select(articles.c.slug, issues.c.schedule_id, occurrences.c.utc, issues.c.started_at, issues.c.created_at)
        .join_from(issues, issue_articles, issue_articles.c.issue_id == issues.c.id)
        .join(articles, articles.c.id == issue_articles.c.article_id)
        .join(occurrences, occurrences.c.id == issues.c.occurrence_id, isouter=True)
        .where(issues.c.list_id == list_id, counts_as_sent())
        .order_by(issues.c.id, issue_articles.c.position)
    )
    if but:
        query = query.where(issues.c.id.not_in(but))
    went = [
        Went(row.slug, row.started_at or row.utc or row.created_at, row.schedule_id)
        for row in connection.execute(query)
    ]
    return sorted(went, key=lambda each: each.at)


def counts_as_sent() -> ColumnElement[bool]:
    """Issues that use their articles up: drafts too, but one that is over only if it reached anybody.

    A rehearsal does not: no reader has it.
    """
    reached = exists().where(
        deliveries.c.issue_id == issues.c.id,
        or_(
            deliveries.c.status.in_((DeliveryStatus.SENT, DeliveryStatus.IN_DOUBT)),
            and_(deliveries.c.status == DeliveryStatus.SENDING, deliveries.c.handed_at.is_not(None)),
        ),
    )
    return and_(
        issues.c.kind != str(IssueKind.REHEARSAL),
        or_(issues.c.state.not_in((IssueState.CANCELLED, IssueState.SENT)), reached),
    )
