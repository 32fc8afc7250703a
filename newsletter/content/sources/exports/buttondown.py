"""A Buttondown export (`emails.csv` or `emails.json` beside `emails/SLUG.md`) → its emails.

Its subscribers stand in files of their own, which are never read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from io import BytesIO

from newsletter.content.bodies import with_body
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft, slug_from
from newsletter.content.members import Members
from newsletter.content.source import Item, LeftOut, Offered, Source, digest_of
from newsletter.content.sources.exports.csv_tables import read_rows
from newsletter.content.sources.exports.fields import day, title, topics, web_address, words
from newsletter.content.sources.markdown import html_of
from newsletter.content.sources.markdown.front_matter import has_front_matter
from newsletter.content.words import MAX_NAME
from newsletter.errors import SourceError
from newsletter.model import Hero
from newsletter.states import ArticleStatus

_TABLES = ("emails.json", "emails.csv")
_MAX_TABLE = 6_000_000  # bytes
_MODE = re.compile(r"<!--\s*buttondown-editor-mode:\s*(\w+)\s*-->")
_SLOT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NOT_SENT = frozenset("draft deleted errored managed_by_rss suppressed".split())
_NOT_ARTICLES = frozenset("transactional throttled".split())
_AUDIENCES = {"premium": "on Buttondown only paying readers see it", "private": "on Buttondown it is not public"}


def is_it(names: Collection[str]) -> bool:
    """Whether these are the members of a Buttondown export."""
    return _folder(names) is not None


def _folder(names: Collection[str]) -> str | None:
    tables = [(name, table) for name in names for table in _TABLES if name == table or name.endswith(f"/{table}")]
    folders = sorted({name.removesuffix(table) for name, table in tables}, key=len)
    return next((folder for folder in folders if any(name.startswith(f"{folder}emails/") for name in names)), None)


def read_buttondown(members: Members, read: Callable[[Source], Iterator[Offered]]) -> Iterator[Offered]:
    """Its emails, drafts too, in the order of its table; one that the table does not name goes through `read`.

    Raises SourceError for a table that cannot be read.
    """
    folder = _folder(members.names) or ""
    counts: Counter[str] = Counter()
    named: set[str] = set()
    for number, email in enumerate(_rows(members, folder), 1):
        if isinstance(email, LeftOut):
            yield email
            continue
        member = f"{folder}emails/{email.get('slug', '')}.md"
        named.add(member)
        status = words(email.get("status"), 40)
        if status in _NOT_ARTICLES:
            counts[f"of the status {status}"] += 1
        elif member in members:
            yield from _offer(email, member, members)
        else:
            name = words(email.get("subject"), 200) or f"email {number}"
            yield LeftOut(name, f"its text is not in the {members.noun}: {members.place(member)}", is_broken=True)
    yield from (LeftOut(members.name, f"{count} {kind}") for kind, count in counts.items())
    for name in members.names:
        if name.startswith(f"{folder}emails/") and name.endswith(".md") and name not in named:
            yield from _read_alone(name, members, read)


def _read_alone(name: str, members: Members, read: Callable[[Source], Iterator[Offered]]) -> Iterator[Offered]:
    try:
        yield from read(Source(members.place(name), BytesIO(members.read(name))))
    except SourceError as error:
        yield LeftOut(error.source, error.words, is_broken=True)


def _rows(members: Members, folder: str) -> Iterator[Mapping[str, str] | LeftOut]:
    """The table's rows, all as text; JSON says more and is preferred."""
    table = next(f"{folder}{name}" for name in _TABLES if f"{folder}{name}" in members)
    place = members.place(table)
    data = members.read(table, _MAX_TABLE)
    if table.endswith(".csv"):
        for row in read_rows(BytesIO(data), place):
            reason = f"line {row.line} has {row.fields} fields, other than the first line"
            yield LeftOut(place, reason, is_broken=True) if row.values is None else row.values
        return
    try:
        emails = json.loads(data)
    except (ValueError, RecursionError):
        raise SourceError(place, "it is no JSON") from None
    if not isinstance(emails, list):
        raise SourceError(place, "it is no list of emails")
    for number, email in enumerate(emails, 1):
        if isinstance(email, dict):
            yield {str(key): _as_text(value) for key, value in email.items()}
        else:
            yield LeftOut(place, f"entry {number} is no email", is_broken=True)


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ";".join(words(each, MAX_NAME) for each in value)
    return value if isinstance(value, str) else words(value)


def _offer(email: Mapping[str, str], member: str, members: Members) -> Iterator[Offered]:
    place = members.place(member)
    try:
        data = members.read(member)
    except SourceError as error:
        yield LeftOut(error.source, error.words, is_broken=True)
        return
    identity = words(email.get("id"), 100)
    yield Item(
        words(email.get("subject"), 200) or place,
        digest_of(data, *(part for pair in sorted(email.items()) for part in pair)),
        lambda: _draft(data, email, place),
        key=f"buttondown:{identity}" if identity else "",
        size=len(data),
    )


def _draft(data: bytes, email: Mapping[str, str], place: str) -> Draft:
    text = decode(data, place)
    status = words(email.get("status"), 40)
    src = web_address(email.get("image"))
    slug = words(email.get("slug"), 200)
    notes: list[str] = []
    draft = Draft(
        title=title(email.get("subject")),
        body_html="",
        slug=slug_from(slug) if slug else "",
        summary=words(email.get("description")),
        published=day(email.get("publish_date")),
        status=ArticleStatus.DRAFT if status in _NOT_SENT else ArticleStatus.READY,
        tags=topics((email.get("tags") or "").split(";")),
        hero=Hero(src, words(email.get("image_alt"))) if src else None,
        source_url=web_address(email.get("canonical_url")) or web_address(email.get("absolute_url")),
    )
    if status == "scheduled":
        draft = replace(draft, not_before=draft.published)
        notes.append("it was scheduled and not sent yet")
    if email.get("email_type") in _AUDIENCES:
        notes.append(_AUDIENCES[email["email_type"]])
    draft = with_body(draft, _body(text, notes), draft.source_url)
    return replace(draft, notes=(*draft.notes, *notes))


def _body(text: str, notes: list[str]) -> str:
    """The HTML of a body that was written as Markdown, or in the editor whose HTML is kept as it is."""
    mode = _MODE.search(text[:500])
    body = _MODE.sub("", text, count=1)
    if has_front_matter(body):
        # The table says the same and is nearer to what was sent.
        body = re.sub(r"\A\s*(---|\+\+\+)\n.*?\n\1[ \t]*\n", "", body, flags=re.DOTALL)
    body, slots = _SLOT.subn("", body)
    if slots:
        notes.append(f"{slots} of Buttondown's own slots left out, such as {{{{ subscribe_form }}}}")
    return body if mode and mode[1] == "fancy" else html_of(body)
