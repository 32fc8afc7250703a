"""A page of any site → the draft of the one article it holds."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from lxml import etree

from newsletter.content.bodies import with_body
from newsletter.content.bylines import Byline
from newsletter.content.decoding import decode_page
from newsletter.content.draft import Draft, title_from_file_name
from newsletter.content.sources.html.beginning import read_under_title, remove_beginning
from newsletter.content.sources.html.body import find_body, find_text
from newsletter.content.sources.html.data import read_data
from newsletter.content.sources.html.ending import closing_call
from newsletter.content.sources.html.facts import Facts, Head, absolute, read_facts
from newsletter.content.sources.html.furniture import mend_captions, remove, remove_furniture, remove_tail, show_players
from newsletter.content.sources.html.kinds import refuse_other_pages
from newsletter.content.sources.html.people import Authors, is_nobody, read_authors
from newsletter.content.sources.html.places import find_surroundings
from newsletter.content.sources.html.tree import Element, parse_page
from newsletter.errors import SourceError
from newsletter.model import Guess

_SHOWN = 200  # characters of what a note quotes


def read_page(data: bytes, source: str, url: str = "", media_type: str = "") -> Draft:
    """The article of a page as it came from `url`, or of one saved as a file.

    Raises SourceError for what is no page, and for one that is a login, a cookie wall, an error or a list of articles.
    """
    text = decode_page(data, source, media_type)
    page = parse_page(text, source)
    root, head, said = page.root, Head(page.root), read_data(page.data)
    base_url = _base(root, url)
    around = find_surroundings(root)
    facts = read_facts(root, around, head, said, base_url)
    authors = read_authors(root, around, head, said, facts.site, base_url)
    found = find_text(root)
    refuse_other_pages(root, found, head, said, base_url, source)
    draft = _draft(facts, authors, read_under_title(found, facts.title), source)

    for box in authors.boxes:
        remove(box)
    show_players(root)
    mend_captions(root)
    remove_furniture(root, found)
    body = find_body(found, root)
    call = closing_call(body)
    beginning = remove_beginning(body, facts, draft.authors, base_url)
    remove_tail(body)
    if beginning.caption:
        caption = f"the words under the picture were left out: {beginning.caption[:_SHOWN]!r}"
        draft = replace(draft, notes=(*draft.notes, caption))
    draft = replace(draft, hero=beginning.hero)
    for part in (body, *call):
        _resolve(part, base_url, facts.source_url)
    parts = (etree.tostring(part, encoding="unicode", method="html", with_tail=False) for part in (body, *call))
    html = "".join(parts)
    is_weak = authors.is_weak and draft.authors == authors.people
    draft = with_body(draft, html, base_url=base_url, weak_author=is_weak)
    if not draft.body_html:
        raise SourceError(source, "no article was found in this page")
    return _finished(draft, authors)


def _base(root: Element, url: str) -> str:
    """What is relative in the page counts from here; empty for a page saved without a word of where it was."""
    base = next((place for element in root.iter("base") if (place := element.get("href"))), "")
    return absolute(base, url) or url


def _draft(facts: Facts, authors: Authors, byline: Byline, source: str) -> Draft:
    notes, guesses = [], []
    published = facts.published
    if published is None and byline.published:
        published = byline.published
        guesses.append(Guess("published", published.day.isoformat(), None))
    if published and published.is_ambiguous:
        notes.append(f"the date can be read two ways; it was taken as {published.day.isoformat()}, the month first")
    people = authors.people
    named = tuple(author for author in byline.authors if not is_nobody(author.name))
    if named and (authors.is_weak or not people):
        people = named
        guesses += [Guess("author.name", author.name, None) for author in people]
    title = facts.title or title_from_file_name(source)
    if not facts.title and title:
        guesses.append(Guess("title", title, None))
    return Draft(
        title=title,
        body_html="",
        subtitle=facts.subtitle,
        summary=facts.summary,
        published=published.day if published else None,
        updated=facts.updated if published is None or facts.updated != published.day else None,
        language=facts.language,
        categories=facts.categories or byline.categories,
        tags=facts.tags,
        authors=people,
        source_url=facts.source_url,
        guesses=tuple(guesses),
        notes=tuple(notes),
    )


def _resolve(part: Element, base_url: str, source_url: str) -> None:
    """Makes addresses whole that a saved page left relative to the site it came from.

    A picture beside the page keeps its path: it was saved with it.
    """
    if base_url or not source_url:
        return
    for element in part.iter("a", "img"):
        name = "href" if element.tag == "a" else "src"
        place = (element.get(name) or "").strip()
        if place.startswith("/") or (name == "href" and place and not place.startswith("#")):
            element.set(name, _joined(source_url, place))


def _joined(base_url: str, place: str) -> str:
    try:
        return urljoin(base_url, place)
    except ValueError:
        return place


def _finished(draft: Draft, authors: Authors) -> Draft:
    notes = list(draft.notes)
    if authors.is_weak and draft.authors == authors.people:
        notes.append(f"the byline names nobody: {authors.people[0].name!r}")
        draft = replace(draft, authors=())
    if broken := draft.body_html.count("\ufffd"):
        notes.append(f"{broken} letters could not be read and stand as \ufffd")
    absent = (("title", draft.title), ("date", draft.published), ("author", draft.authors))
    notes += [f"no {name} found" for name, value in absent if not value]
    return replace(draft, notes=tuple(notes))
