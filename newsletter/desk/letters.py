"""A Markdown file → a letter: an issue of its own, to one list, of a text that is no part of the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft, explain_guess, slug_from
from newsletter.content.editing import AUTHORS, from_source
from newsletter.content.sources.markdown import MAX_MARKDOWN, read_markdown
from newsletter.delivery.guards import require_sender
from newsletter.desk import making, pausing, sending
from newsletter.desk.copies import require_pass
from newsletter.desk.pictures import MAX_BYTES, PictureTaker, beside_file
from newsletter.errors import NewsletterError, Refused, SourceError
from newsletter.model import Article, Issue
from newsletter.options import Options
from newsletter.scheduling.catching_up import ON_TIME, next_allowed
from newsletter.states import ArticleStatus, IssueKind, IssueState
from newsletter.store import articles as library
from newsletter.store import issues as store
from newsletter.store.authors import keep_author
from subscribers import store as audience

GRACE = timedelta(hours=4)
"""How late a letter may still go by itself, and then only in the hours a schedule's late issues may."""

FARTHEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Written:
    """The letter, and what a person should know of how its file was read."""

    issue: Issue
    notes: tuple[str, ...]


def write_letter(app: App, file: Path, list_name: str, at: str | None, newsletter_name: str | None) -> Written:
    """The letter of that file, a draft for a hand to send; with `at`, a date and time, it goes by itself then.

    Raises SourceError that names the file, Refused, NotFound or UnknownList; then nothing is kept.
    """
    newsletter = app.newsletter_named(newsletter_name) if newsletter_name is not None else app.first_newsletter
    send_at = _instant(at, app.clock(), ZoneInfo(newsletter.timezone)) if at is not None else None
    draft = _read(file)
    taken = PictureTaker(app.home.media, lambda url: _picture(app, url), dry_run=False).take(
        draft, beside_file(file, file.parent)
    )
    with app.database.write() as connection:
        mailing_list = audience.find_list(connection, list_name)
        article = _keep(connection, app, taken.draft)
        if article.missing:
            raise SourceError(str(file), f"the letter has no {' and no '.join(map(_in_words, article.missing))}")
        public_id = app.tokens.keyed_hash("web view", "letter", article.slug)
        day = making.issue_date(app, newsletter, send_at)
        made = making.make(app, newsletter, [article], mailing_list.name, public_id, day)
        if send_at is not None:  # nobody looks at it again before it goes
            require_sender(newsletter)
            require_pass(app, made, mailing_list.id)
        new = store.NewIssue(
            newsletter_id=newsletter.id,
            schedule_id=None,
            occurrence_id=None,
            list_id=mailing_list.id,
            article_ids=making.ids_of([article]),
            public_id=public_id,
            picked={"seed": 0, "candidates": []},
            seed=0,
            content=made.content,
            kind=IssueKind.LETTER,
            send_at=send_at,
        )
        issue = _issue(connection, store.add_issue(connection, new, app.clock()))
        if send_at is not None:
            store.move_issue(connection, issue, IssueState.SCHEDULED, app.clock())
            issue = _issue(connection, issue.id)
    return Written(issue, (*_of_the_text(draft), *taken.notes))


def _in_words(missing: str) -> str:
    """What a letter lacks; its call to action is its own, or there is none."""
    noun, _, part = missing.partition(".")
    return f"{part} for its call to action" if part else {"body": "text"}.get(noun, noun)


def _of_the_text(draft: Draft) -> list[str]:
    """What was guessed of the title, and left out; nobody misses a date or an author in a letter."""
    guessed = [explain_guess(guess) for guess in draft.guesses if guess.field == "title" and guess.line is None]
    return [*guessed, *(note for note in draft.notes if not note.endswith(" found"))]


def _issue(connection: Connection, issue_id: int) -> Issue:
    found = store.find_issue(connection, issue_id)
    assert found is not None
    return found


def _instant(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Aware UTC; without an offset it is a time of `zone`."""
    try:
        at = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2027-01-05"):
            raise ValueError
    except ValueError:
        raise Refused(f"--at: {text!r} is no date and time, such as 2027-01-05T09:00") from None
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if at <= now:
        raise Refused(f"--at: {text} is over already; without --at it is a draft, for `newsletter issues send`")
    if at - now > FARTHEST:
        raise Refused(f"--at: {text} is more than ten years away")
    return at


def _read(file: Path) -> Draft:
    try:
        with file.open("rb") as stream:
            data = stream.read(4 * MAX_MARKDOWN + 1)
    except OSError as error:
        raise SourceError(str(file), error.strerror or "cannot be read") from None
    if len(data) > 4 * MAX_MARKDOWN:
        raise SourceError(str(file), f"is larger than {4 * MAX_MARKDOWN:,} bytes")
    return read_markdown(decode(data, str(file)), str(file))


def _picture(app: App, url: str) -> bytes:
    with app.fetcher.fetch(url, max_bytes=MAX_BYTES, accept="image/*") as fetched:
        return fetched.stream.read()


def _keep(connection: Connection, app: App, draft: Draft) -> Article:
    """The letter's text, under a slug that nothing else has. What is about a library's article is left out."""
    fields = from_source(draft, ArticleStatus.LETTER)
    author_ids = [keep_author(connection, author) for author in fields.pop(AUTHORS)]
    fields |= {"source_url": "", "not_before": None, "expires": None, "review_by": None, "seasons": ()}
    slug = library.free_slug(connection, draft.slug or slug_from(draft.title))
    (article_id,) = library.add_articles(
        connection, [library.NewArticle(slug, {**fields, "read_at": app.clock()}, author_ids, "")], app.clock()
    )
    return library.find_articles(connection, [article_id])[0]


# When its time comes


@dataclass(frozen=True, slots=True)
class Due:
    """What a look at the letters came to."""

    started: tuple[int, ...]
    words: tuple[str, ...]
    wake_at: datetime | None  # when the next one is due


def send_due(app: App) -> Due:
    """Begin every letter whose time has come; one that could not go in time is a draft again, with the reason."""
    now = app.clock()
    with app.database.read() as connection:
        waiting = store.issues_in(connection, IssueState.SCHEDULED)
    letters = [each for each in waiting if each.kind is IssueKind.LETTER and each.send_at is not None]
    started: list[int] = []
    words: list[str] = []
    for letter in letters:
        try:
            begun = _send(app, letter, now)
            started += [begun.id] if begun is not None and begun.state is IssueState.SENDING else []
        except NewsletterError as error:
            words.append(f"issue {letter.id}: {error}")
            _note(app, letter, str(error))
    return Due(tuple(started), tuple(words), _next(letters, now))


def _next(letters: Sequence[Issue], now: datetime) -> datetime | None:
    return min((each.send_at for each in letters if each.send_at and each.send_at > now), default=None)


def _send(app: App, letter: Issue, now: datetime) -> Issue | None:
    """The letter, now being sent; None while its time has not come."""
    assert letter.send_at is not None
    late = now - letter.send_at
    if late < timedelta():
        return None
    if words := pausing.why_passed(app, letter.send_at):
        _put_back(app, letter, words)
        return None
    if late <= ON_TIME:
        return sending.start(app, letter)
    zone = ZoneInfo(app.newsletter(letter.newsletter_id).timezone)
    leaves_at = next_allowed(now, Options().late_hours, zone)
    if leaves_at - letter.send_at > GRACE:
        _put_back(app, letter, letter.pause_reason)
        return None
    return sending.start(app, letter) if leaves_at == now else None


def _put_back(app: App, letter: Issue, why: str) -> None:
    """Make a draft of it again. Raises Refused with the reason, unless another process was quicker."""
    why = f" ({why})" if why else ""
    reason = f"it did not go out in time{why}; `newsletter issues send {letter.id}` sends it after all"
    with app.database.write() as connection:
        is_ours = store.move_issue(connection, letter, IssueState.DRAFT, app.clock(), reason)
    if is_ours:
        raise Refused(reason)


def _note(app: App, letter: Issue, words: str) -> None:
    """What keeps the letter from going stands beside it, as long as it waits."""
    with app.database.write() as connection:
        store.remark(connection, letter.id, IssueState.SCHEDULED, words)
