"""A beehiiv export (one CSV, a row with the whole email for each post) → its posts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree
from lxml.html import HtmlElement

from newsletter.content.bodies import with_body
from newsletter.content.draft import Draft, slug_from
from newsletter.content.source import Item, LeftOut, Offered, Source, digest_of
from newsletter.content.sources.exports.bodies import (
    first,
    inner_html,
    new_element,
    of_class,
    parse,
    remove,
    replace_by,
    unwrap,
    words_in,
)
from newsletter.content.sources.exports.csv_tables import columns_of, read_rows
from newsletter.content.sources.exports.fields import day, title, topics, web_address, words
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus

_MEDIA = "https://media.beehiiv.com/cdn-cgi/image/quality=100/"
_PREMIUM = ("premium", "paid")
_SLOT = re.compile(r"\{\{.*?\}\}")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SHORT = 80  # characters: `Hi {{first_name}},`
_ORNAMENT = re.compile(r"[.…·*\s]+")


def looks_like_beehiiv(head: bytes) -> bool:
    """Whether a file that begins like this is beehiiv's table of posts."""
    return columns_of(head) >= {"content_html", "web_title"}


def read_beehiiv(source: Source) -> Iterator[Offered]:
    """Its posts in the order of the table, drafts too.

    Raises SourceError, with the line, for a table that cannot be read; what came before it has been given.
    """
    for row in read_rows(source.stream, source.name):
        if row.values is None:
            reason = f"line {row.line} has {row.fields} fields, other than the first line"
            yield LeftOut(source.name, reason, is_broken=True)
            continue
        values = dict(row.values)
        name = words(values.get("web_title"), 200) or f"line {row.line}"
        if not values.get("content_html", "").strip():
            yield LeftOut(name, "it has no text")
        else:
            yield _item(name, values, f"{source.name}, line {row.line}")


def _item(name: str, values: Mapping[str, str], place: str) -> Item:
    identity = words(values.get("id"), 100)
    digest = digest_of(*(part for pair in sorted(values.items()) for part in pair))
    size = len(values.get("content_html", ""))
    return Item(name, digest, lambda: _draft(values, place), key=f"beehiiv:{identity}" if identity else "", size=size)


def _draft(values: Mapping[str, str], place: str) -> Draft:
    source_url = web_address(values.get("url"))
    name = title(values.get("web_title"))
    notes: list[str] = []
    slug = source_url.rstrip("/").rpartition("/p/")[2] if "/p/" in source_url else ""
    src = _picture(values.get("thumbnail_url", ""))
    status = words(values.get("status"), 40).casefold()
    draft = Draft(
        title=name,
        body_html="",
        slug=slug_from(slug) if slug else "",
        subtitle=words(values.get("web_subtitle")),
        summary=words(values.get("email_preview_text")),
        published=day(values.get("publish_date")) or day(values.get("created_at")),
        status=ArticleStatus.READY if status in ("confirmed", "published") else ArticleStatus.DRAFT,
        tags=topics((values.get("content_tags") or "").split(";")),
        authors=tuple(Author(each) for each in topics((values.get("authors") or "").split(";"))),
        hero=Hero(src) if src else None,
        source_url=source_url,
    )
    audience = words(values.get("audience") or values.get("web_audiences"), 100).casefold()
    if any(word in audience for word in _PREMIUM):
        notes.append("on beehiiv only paying readers see it")
    draft = with_body(draft, _body(values["content_html"], name, src, place, notes), source_url)
    return replace(draft, notes=(*draft.notes, *notes))


def _picture(place: str) -> str:
    path = place.strip().lstrip("/")
    return web_address(f"{_MEDIA}{path}" if path.startswith("uploads/") else place)


def _body(html: str, name: str, hero: str, place: str, notes: list[str]) -> str:
    """The article out of the email around it: beehiiv keeps it in one part, among tables that only arrange it."""
    tree = parse(html, place)
    body = tree.find("body")
    part = first(each for each in tree.iter("tr", "td", "div", "table") if each.get("id") == "content-blocks")
    content = part if part is not None else body if body is not None else tree
    _remove_furniture(content, name, notes)
    _remove_hero(content, hero)
    tables = [each for each in content.iter("table") if _is_layout(each)]
    for table in tables:
        rows = _rows(table)
        cells = [cell for row in rows for cell in row if cell.tag in ("td", "th")]
        unwrap([*cells, *rows, *(part for part in table if part.tag in ("tbody", "thead", "tfoot")), table])
    return inner_html(content)


def _rows(table: HtmlElement) -> list[HtmlElement]:
    """Its own, not those of a table within it."""
    parts = [table, *(part for part in table if part.tag in ("tbody", "thead", "tfoot"))]
    return [row for part in parts for row in part if row.tag == "tr"]


def _remove_furniture(content: HtmlElement, name: str, notes: list[str]) -> None:
    blocks = content.iter("td", "div", "table", "tr", "p", "span")
    remove([each for each in blocks if _HIDDEN.search(each.get("style") or "")])
    footer = [each for each in of_class(content, "b", "f") if each.tag == "td"]  # with the link `Read online`
    remove([*of_class(content, "mob-block"), *footer])
    remove([each for each in content.iter("div") if each.get("data-open-tracking")])
    _remove_slots(content, notes)
    remove([each for each in content.iter("h1") if words_in(each).casefold() == name.casefold()][:1])
    for paragraph in list(content.iter("p")):
        if _ORNAMENT.fullmatch(words_in(paragraph)):
            replace_by(paragraph, new_element("hr"))


def _remove_slots(content: HtmlElement, notes: list[str]) -> None:
    """What beehiiv fills in for each reader: links and pictures go, and lines that say little else."""
    slots = [each for each in content.iter("img", "a") if _SLOT.search(f"{each.get('src')} {each.get('href')}")]
    remove(slots)
    for paragraph in [each for each in content.iter("p") if _SLOT.search(words_in(each))]:
        slots.append(paragraph)
        if len(words_in(paragraph)) <= _SHORT:
            remove([paragraph])
        for part in paragraph.iter(etree.Element):
            part.text = _SLOT.sub("", part.text or "")
            part.tail = _SLOT.sub("", part.tail or "")
    if slots:
        notes.append(f"{len(slots)} of beehiiv's own slots left out")


def _remove_hero(content: HtmlElement, hero: str) -> None:
    """The picture above the article, when the body begins with it once more."""
    top = first(each for each in content.iter("img", "p", "h2", "h3", "ul"))
    if hero and top is not None and top.tag == "img" and _file(top.get("src") or "") == _file(hero):
        remove([top])


def _file(address: str) -> str:
    return address.partition("?")[0].partition("uploads/")[2]


def _is_layout(table: HtmlElement) -> bool:
    """Whether it only arranges: it says so, or none of its rows has two cells with words."""
    if table.get("role") in ("none", "presentation"):
        return True
    cells = ([cell for cell in row if cell.tag in ("td", "th")] for row in _rows(table))
    return all(len(row) < 2 or sum(bool(words_in(cell)) for cell in row) < 2 for row in cells)
