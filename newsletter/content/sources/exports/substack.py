"""A Substack export (`posts.csv` beside `posts/ID.SLUG.html`) → its posts.

What it holds of readers (`email_list….csv`, `posts/….opens.csv`, `posts/….delivers.csv`) is never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from io import BytesIO

from newsletter.content.bodies import with_body
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft, slug_from
from newsletter.content.members import Members
from newsletter.content.source import Item, LeftOut, Offered, digest_of
from newsletter.content.sources.exports.bodies import inner_html, is_any_html, link_paragraph
from newsletter.content.sources.exports.csv_tables import Row, columns_of, read_rows
from newsletter.content.sources.exports.fields import day, title, unescaped, web_address, words
from newsletter.content.sources.exports.substack_bodies import read_body
from newsletter.errors import SourceError
from newsletter.states import ArticleStatus

_TABLE = "posts.csv"
_COLUMNS = {"post_id", "is_published"}
_MAX_TABLE = 50_000_000  # bytes
_AUDIENCES = {
    "only_paid": "on Substack only paying readers see it",
    "founding": "on Substack only founding members see it",
    "only_free": "on Substack only signed-in readers see it",
}


def is_it(names: Collection[str]) -> bool:
    """Whether these are the members of a Substack export."""
    return _folder(names) is not None


def _folder(names: Collection[str]) -> str | None:
    """The folder that holds the table, empty or with a `/` at its end; None when there is none."""
    tables = [name for name in names if name == _TABLE or name.endswith(f"/{_TABLE}")]
    folders = sorted((name.removesuffix(_TABLE) for name in tables), key=len)
    return next((folder for folder in folders if any(name.startswith(f"{folder}posts/") for name in names)), None)


def table_of(names: Collection[str]) -> str:
    """The member that is the table of an export."""
    return f"{_folder(names) or ''}{_TABLE}"


def is_table(head: bytes) -> bool:
    """Whether `posts.csv` begins as Substack's does."""
    return columns_of(head) >= _COLUMNS


def read_substack(members: Members, pages: bool) -> Iterator[Offered]:
    """Its posts in the order of the table, drafts too, and with `pages` its pages.

    Raises SourceError for a table that cannot be read; what came before it has been given.
    """
    folder = _folder(members.names) or ""
    table = table_of(members.names)
    counts: Counter[str] = Counter()
    named: set[str] = set()
    for row in read_rows(BytesIO(members.read(table, _MAX_TABLE)), members.place(table)):
        if row.values is None:
            reason = f"line {row.line} of {_TABLE} has {row.fields} fields, other than its first line"
            yield LeftOut(members.place(table), reason, is_broken=True)
            continue
        named.add(f"{folder}posts/{row.values.get('post_id', '')}.html")
        yield from _offer(row, row.values, f"{folder}posts/", members, pages, counts)
    yield from (LeftOut(members.place(table), f"{count} {kind}") for kind, count in counts.items())
    for name in members.names:
        if name.startswith(f"{folder}posts/") and name.endswith(".html") and name not in named:
            yield LeftOut(members.place(name), f"{_TABLE} does not name it", is_broken=True)


def _offer(
    row: Row, values: Mapping[str, str], folder: str, members: Members, pages: bool, counts: Counter[str]
) -> Iterator[Offered]:
    post_id = values.get("post_id", "").strip()
    kind = words(values.get("type"), 40).casefold() or "newsletter"
    member = f"{folder}{post_id}.html"
    name = unescaped(values.get("title"), 200) or words(post_id, 200) or f"line {row.line}"
    if kind == "page" and not pages:
        counts["of its pages; only posts are taken, unless pages are asked for"] += 1
        return
    if member not in members:
        if kind in ("newsletter", "podcast", "page") and not _is_draft(values):
            yield LeftOut(name, f"its text is not in the {members.noun}: {members.place(member)}", is_broken=True)
        elif kind in ("newsletter", "podcast", "page"):
            yield LeftOut(name, "it is an empty draft")
        else:
            counts[f"of the type {kind}, without a text"] += 1
        return
    try:
        data = members.read(member)
    except SourceError as error:
        yield LeftOut(error.source, error.words, is_broken=True)
        return
    if _is_draft(values) and not is_any_html(data.decode("utf-8", "replace")):
        yield LeftOut(name, "it is an empty draft")
        return
    number = post_id.partition(".")[0]
    yield Item(
        name,
        digest_of(data, *(part for pair in sorted(values.items()) for part in pair)),
        lambda: _draft(data, values, members.place(member)),
        key=f"substack:{number}" if number.isdecimal() else "",
        size=len(data),
    )


def _is_draft(values: Mapping[str, str]) -> bool:
    return values.get("is_published", "").strip().casefold() not in ("true", "1", "yes")


def _draft(data: bytes, values: Mapping[str, str], place: str) -> Draft:
    slug = values.get("post_id", "").partition(".")[2]
    notes: list[str] = []
    tree = read_body(decode(data, place) if data.strip() else "", place, notes)
    audio = web_address(values.get("podcast_url"))
    if audio:
        tree.insert(0, link_paragraph(f"Audio: {unescaped(values.get('title'), 200)}", audio))
        notes.append("the episode is linked above the text")
    draft = Draft(
        title=title(unescaped(values.get("title"))),
        body_html="",
        slug=slug_from(slug) if slug else "",
        subtitle=unescaped(values.get("subtitle")),
        published=day(values.get("post_date")),
        status=ArticleStatus.DRAFT if _is_draft(values) else ArticleStatus.READY,
    )
    audience = _AUDIENCES.get(values.get("audience", "").strip().casefold())
    draft = with_body(draft, inner_html(tree))
    return replace(draft, notes=(*draft.notes, *notes, *([audience] if audience else [])))
