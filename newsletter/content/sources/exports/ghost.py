"""A Ghost export (`{"db": [{"data": {…}}]}`, as Ghost 1 to 5 write it) → its posts.

What belongs to the posts (tags, authors, further fields) stands in tables behind them, so the file is read twice:
once for those, once for the posts. Its size does not matter; one post may be as large as one row of `json_tables`.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from newsletter.content.bodies import with_body
from newsletter.content.draft import Draft, slug_from
from newsletter.content.naming import key_of
from newsletter.content.recognising.signs import read_credit
from newsletter.content.source import Item, LeftOut, Offered, Source, digest_of
from newsletter.content.sources.exports.bodies import is_any_html, parse, words_in
from newsletter.content.sources.exports.fields import MAX_BIO, day, title, topics, web_address, words
from newsletter.content.sources.exports.ghost_bodies import GHOST_URL, own_paths, read_body
from newsletter.content.sources.exports.json_tables import MAX_ROW, JsonRow, read_tables
from newsletter.content.words import MAX_NAME, language
from newsletter.errors import SourceError
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus

_MAX_ROWS = 200_000  # of the tables that are kept in memory, a few hundred bytes each
_TOO_MANY = f"its tags, authors and their links are more than {_MAX_ROWS:,}"

# What is kept of each, by the names of its fields; nothing of readers and their addresses is ever looked at.
_KEPT = {
    "tags": ("id", "name", "visibility"),
    "posts_tags": ("post_id", "tag_id", "sort_order"),
    "users": ("id", "name", "bio", "website", "profile_image"),
    "posts_authors": ("post_id", "author_id", "sort_order"),
    "posts_meta": ("post_id", "feature_image_alt", "feature_image_caption", "meta_description"),
    "settings": ("key", "value"),
}
_LANGUAGES = ("locale", "lang", "default_locale")

_VISIBILITY = {
    "members": "on its site only signed-in readers see it",
    "paid": "on its site only paying readers see it",
    "tiers": "on its site only paying readers see it",
}


def looks_like_ghost(head: bytes) -> bool:
    """Whether a file that begins like this is a Ghost export."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{") or b"jsonfeed.org" in head:
        return False
    return b'"exported_on"' in head or (b'"data"' in head and (b'"db"' in head or b'"posts"' in head))


def read_ghost(source: Source, pages: bool) -> Iterator[Offered]:
    """Its posts, drafts too, and with `pages` its pages.

    Raises SourceError, with the byte, where the file is no whole JSON; what came before it has been given.
    """
    related = _read_related(source)
    counts: Counter[str] = Counter()
    is_empty = True
    for row in read_tables(source.stream, source.name):
        if row.table == "posts":
            is_empty = False
            yield from _offer(row, source, related, pages, counts)
    yield from (LeftOut(source.name, f"{count} {kind}") for kind, count in counts.items())
    if is_empty:
        raise SourceError(source.name, "it is no Ghost export: it has no table `posts` with anything in it")


@dataclass(slots=True)
class _Related:
    """The tables that belong to the posts; a link is its place in the order and the id it leads to."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    links: dict[str, dict[str, list[tuple[int, str]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    is_whole: bool = True

    def of_post(self, table: str, links: str, post_id: str) -> list[dict[str, Any]]:
        found = (self.rows[table].get(target) for _, target in sorted(self.links[links].get(post_id, ())))
        return [row for row in found if row is not None]


def _read_related(source: Source) -> _Related:
    related = _Related()
    try:
        _read_rows(source, related)
    except SourceError as error:
        if error.words == _TOO_MANY:
            raise
        related.is_whole = False  # the posts are read all the same, up to the place where this is said
    return related


def _read_rows(source: Source, related: _Related) -> None:
    kept = 0
    for row in read_tables(source.stream, source.name):
        fields = _KEPT.get(row.table)
        if fields is None or row.data is None:
            continue
        try:
            value = row.value(source.name)
        except SourceError:
            continue  # a row that is none says nothing of any post
        if row.table == "settings" and value.get("key") not in _LANGUAGES:
            continue
        kept += 1
        if kept > _MAX_ROWS:
            raise SourceError(source.name, _TOO_MANY)
        _keep(row.table, {name: _bounded(value.get(name)) for name in fields}, related)


def _keep(table: str, value: dict[str, Any], related: _Related) -> None:
    if table in ("posts_tags", "posts_authors"):
        target = value["tag_id"] if table == "posts_tags" else value["author_id"]
        order = value["sort_order"] if isinstance(value["sort_order"], int) else 0
        related.links[table][str(value["post_id"])].append((order, str(target)))
    else:
        key = value["key"] if table == "settings" else value["post_id"] if table == "posts_meta" else value["id"]
        related.rows[table][str(key)] = value


def _bounded(value: object) -> object:
    """Numbers and short text; what is longer than a bio is cut, what is nested goes."""
    return value[:MAX_BIO] if isinstance(value, str) else value if isinstance(value, int | float) else None


def _offer(row: JsonRow, source: Source, related: _Related, pages: bool, counts: Counter[str]) -> Iterator[Offered]:
    place = f"{source.name}, post {row.number:,}"
    if row.data is None:
        yield LeftOut(place, f"it is larger than {MAX_ROW / 1_000_000:.0f} MB", is_broken=True)
        return
    try:
        post = row.value(source.name)
        name = title(post.get("title")) or words(post.get("slug"), 80) or f"post {row.number:,}"
        is_draft = post.get("status") == "draft"
        if (post.get("type") == "page" or post.get("page") in (1, True)) and not pages:
            counts["of its pages; only posts are taken, unless pages are asked for"] += 1
        elif is_draft and not is_any_html(post.get("html")) and not is_any_html(read_body(post, place)):
            yield LeftOut(name, "it is an empty draft")
        else:
            yield _item(name, post, row.data, source, related)
    except SourceError as error:
        yield LeftOut(place, error.words, is_broken=True)


def _item(name: str, post: dict[str, Any], data: bytes, source: Source, related: _Related) -> Item:
    post_id = str(post.get("id"))
    tags = related.of_post("tags", "posts_tags", post_id)
    authors = related.of_post("users", "posts_authors", post_id)
    if not authors and str(post.get("author_id")) in related.rows["users"]:
        authors = [related.rows["users"][str(post.get("author_id"))]]
    meta = related.rows["posts_meta"].get(post_id, {})
    site_language = next((related.rows["settings"][key] for key in _LANGUAGES if key in related.rows["settings"]), {})

    def draft() -> Draft:
        # Parsed again: what is waiting for its turn holds its bytes alone.
        found = _draft(json.loads(data), f"{source.name}: {name}", meta, tags, authors, site_language)
        note = () if related.is_whole else ("the file ends too early: authors, tags and more may be missing",)
        return replace(found, notes=(*found.notes, *note))

    digest = digest_of(data, json.dumps([meta, tags, authors, site_language], sort_keys=True))
    # Ghost's own feed names its posts by the same id; before Ghost 1 they were numbered, on every site from 1.
    key = key_of(words(post.get("id"), 100), "") or key_of(words(post.get("uuid"), 100), "")
    return Item(name, digest, draft, key=key, size=len(data))


def _draft(
    post: Mapping[str, Any],
    place: str,
    meta: Mapping[str, Any],
    tags: list[dict[str, Any]],
    authors: list[dict[str, Any]],
    site_language: Mapping[str, Any],
) -> Draft:
    notes: list[str] = []
    name = title(post.get("title"))
    names = topics(tag.get("name") for tag in tags if _is_public(tag))
    published = day(post.get("published_at"))
    draft = Draft(
        title=name,
        body_html="",
        slug=slug_from(words(post.get("slug"))) if post.get("slug") else "",
        summary=words(post.get("custom_excerpt"))
        or words(meta.get("meta_description") or post.get("meta_description")),
        published=published,
        updated=day(post.get("updated_at")),
        language=_language(post.get("locale") or post.get("language") or site_language.get("value")),
        status=ArticleStatus.DRAFT if post.get("status") == "draft" else ArticleStatus.READY,
        categories=names[:1],
        tags=names,
        authors=tuple(_author(author) for author in authors if words(author.get("name"), MAX_NAME)),
        hero=_hero(post, meta, place, notes),
        source_url=web_address(post.get("canonical_url")),
    )
    if post.get("status") == "scheduled":
        draft = replace(draft, not_before=published)
        notes.append("it was scheduled and not published yet")
    visibility = post.get("visibility")
    if isinstance(visibility, str) and visibility in _VISIBILITY:
        notes.append(_VISIBILITY[visibility])
    draft = with_body(draft, read_body(post, place))
    if not draft.body_html:
        notes.append("no body found")
    return replace(draft, notes=(*draft.notes, *notes))


def _is_public(tag: Mapping[str, Any]) -> bool:
    """Tags that begin with `#` are Ghost's own notes, which no reader sees."""
    return tag.get("visibility") != "internal" and not words(tag.get("name")).startswith("#")


def _language(value: object) -> str:
    try:
        return language(words(value, 35))
    except ValueError:
        return ""


def _author(user: Mapping[str, Any]) -> Author:
    return Author(
        name=words(user.get("name"), MAX_NAME),
        bio=words(user.get("bio"), MAX_BIO),
        photo=_picture(user.get("profile_image")),
        url=web_address(user.get("website")),
    )


def _picture(value: object) -> str:
    """An address, or a path from the root of the site."""
    text = words(value)
    return own_paths(text) if text.startswith((GHOST_URL, "/content/")) else web_address(text)


def _hero(post: Mapping[str, Any], meta: Mapping[str, Any], place: str, notes: list[str]) -> Hero | None:
    src = _picture(post.get("feature_image") or post.get("image"))
    if not src:
        return None
    alt = words(meta.get("feature_image_alt"))
    caption = words_in(parse(words(meta.get("feature_image_caption")), place))
    credit = read_credit(caption) if caption else None
    if caption and credit is None:
        notes.append(f"the caption of its picture was left out: {caption}")
    return Hero(src, alt, credit.credit, credit.credit_source) if credit else Hero(src, alt)
