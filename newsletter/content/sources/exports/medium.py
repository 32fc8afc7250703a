"""A Medium export (`posts/2024-03-01_Title-1a2b3c.html`, one h-entry each) → its stories.

Everything else in it (claps, sessions, addresses it was used from) is the account's, and never read but for the name
and portrait on its profile.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date

from lxml.html import HtmlElement

from newsletter.content.bodies import with_body
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft, slug_from
from newsletter.content.members import Members
from newsletter.content.recognising.signs import read_credit
from newsletter.content.source import Item, LeftOut, Offered, digest_of
from newsletter.content.sources.exports.bodies import (
    first,
    inner_html,
    is_any_html,
    new_element,
    of_class,
    parse,
    remove,
    replace_by,
    unwrap,
    words_in,
)
from newsletter.content.sources.exports.fields import MAX_BIO, day, title, topics, web_address, words
from newsletter.content.words import MAX_NAME
from newsletter.errors import SourceError
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus

_STORY = re.compile(r"(?:^|/)posts/(?P<day>draft|\d{4}-\d\d-\d\d)_(?P<slug>[^/]*?)-*(?P<id>[0-9a-f]{6,16})\.html$")
_ANY_STORY = re.compile(r"(?:^|/)posts/[^/]+\.html$")
_ACCOUNT = re.compile(r"(?:^|/)(?:profile/profile|README)\.html$")
_MAX_RESPONSE = 1_500  # characters; a longer one is a story, whatever it answers


def is_it(names: Collection[str]) -> bool:
    """Whether these are the members of a Medium export."""
    has_account = any(map(_ACCOUNT.search, names))
    return any(_STORY.search(name) or (has_account and _ANY_STORY.search(name)) for name in names)


def read_medium(members: Members) -> Iterator[Offered]:
    """Its stories and drafts; responses to others' stories are left out."""
    owner, profile = _read_owner(members)
    counts: Counter[str] = Counter()
    for name in members.names:
        if not _ANY_STORY.search(name):
            counts["members about the account"] += 1
            continue
        try:
            data = members.read(name)
            reason = _reason_against(data, name, members.place(name))
        except SourceError as error:
            yield LeftOut(error.source, error.words, is_broken=True)
            continue
        if reason:
            yield LeftOut(members.place(name), reason)
        else:
            yield _item(name, data, owner, profile, members)
    yield from (LeftOut(members.name, f"{count} {kind}; they are not read") for kind, count in counts.items())


def _item(name: str, data: bytes, owner: Author | None, profile: bytes, members: Members) -> Item:
    place = members.place(name)
    story = _STORY.search(name)
    # The feed of an account names its stories by this address.
    key = f"https://medium.com/p/{story['id']}" if story else ""
    return Item(place, digest_of(name, data, profile), lambda: _draft(data, name, owner, place), key, size=len(data))


def _read_owner(members: Members) -> tuple[Author | None, bytes]:
    name = next((name for name in members.names if name.endswith("profile/profile.html")), "")
    try:
        data = members.read(name) if name else b""
        card = parse(decode(data, members.place(name)), members.place(name)) if data.strip() else None
    except SourceError:  # the stories name their author themselves
        return None, b""
    who = words(words_in(first(of_class(card, "p-name"))), MAX_NAME) if card is not None else ""
    if card is None or not who:
        return None, data
    portrait, page = first(of_class(card, "u-photo")), first(of_class(card, "u-url"))
    bio = words(words_in(first(of_class(card, "p-note", "p-summary"))), MAX_BIO)
    photo = web_address(portrait.get("src")) if portrait is not None else ""
    return Author(who, bio=bio, photo=photo, url=web_address(page.get("href")) if page is not None else ""), data


def _reason_against(data: bytes, name: str, place: str) -> str:
    """Why this is no story; empty when it is one."""
    is_draft = name.rpartition("/")[2].startswith("draft")
    if len(data) > 20_000 or (b"graf--title" in data and not is_draft):
        return ""
    tree = parse(decode(data, place) if data.strip() else "", place)
    body = _body(tree)
    content = inner_html(body) if body is not None else ""
    if is_draft:
        return (
            "" if is_any_html(re.sub("<h[1-4].*?</h[1-4]>", "", content, flags=re.DOTALL)) else "it is an empty draft"
        )
    if body is None:
        return "it is no story: it has no body"
    text = words_in(body)
    has_parts = first(body.iter("h1", "h2", "h3", "h4", "figure", "ul", "ol")) is not None
    name_words = _letters(words_in(first(of_class(tree, "p-name")))).removesuffix("…")
    is_response = _letters(text).startswith(name_words) and not has_parts and len(text) <= _MAX_RESPONSE
    return "it is a response to another story" if is_response else ""


def _letters(text: str) -> str:
    plain = text.casefold().translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0xA0: " "})
    return " ".join(plain.split()).rstrip(".")


def _body(tree: HtmlElement) -> HtmlElement | None:
    sections = (each for each in tree.iter("section") if each.get("data-field") == "body")
    return first([*of_class(tree, "e-content"), *sections])


def _draft(data: bytes, name: str, owner: Author | None, place: str) -> Draft:
    """Raises SourceError for a file without a story in it."""
    tree = parse(decode(data, place), place)
    body = _body(tree)
    if body is None:
        raise SourceError(place, "it is no Medium story: it has no section with the body")
    story = _STORY.search(name)
    is_draft = name.rpartition("/")[2].startswith("draft")
    heading = words_in(first(of_class(tree, "p-name"))) or words_in(tree.find(".//title"))
    subtitle = words(words_in(first(each for each in tree.iter("section") if each.get("data-field") == "subtitle")))
    published = first(of_class(tree, "dt-published"))
    page = first(of_class(tree, "p-canonical"))
    notes: list[str] = []
    _remove_repeated(body, heading, subtitle)
    hero = _take_hero(body, notes)
    _mend(body)
    draft = Draft(
        title=title(heading),
        body_html="",
        slug=slug_from(story["slug"]) if story and story["slug"] else "",
        subtitle="" if subtitle.endswith("…") else subtitle,
        summary=subtitle if subtitle.endswith("…") else "",
        published=day(published.get("datetime")) if published is not None else _day_in(name),
        status=ArticleStatus.DRAFT if is_draft else ArticleStatus.READY,
        tags=topics(map(words_in, of_class(tree, "p-tag"))),
        authors=_authors(tree, owner),
        hero=hero,
        source_url=web_address(page.get("href")) if page is not None else "",
    )
    draft = with_body(draft, inner_html(body), draft.source_url)
    return replace(draft, notes=(*draft.notes, *notes))


def _day_in(name: str) -> date | None:
    story = _STORY.search(name)
    return day(story["day"]) if story else None


def _authors(tree: HtmlElement, owner: Author | None) -> tuple[Author, ...]:
    named = first(of_class(tree, "p-author"))
    name = words(words_in(named), MAX_NAME)
    if named is None or not name or (owner and owner.name == name):
        return (owner,) if owner else ()
    return (Author(name, url=web_address(named.get("href"))),)


def _remove_repeated(body: HtmlElement, heading: str, subtitle: str) -> None:
    """The title and subtitle, which stand in the body once more, and the rules between its sections' tops."""
    for each in body.iter("h1", "h2", "h3", "h4", "p", "blockquote"):
        text = _letters(words_in(each))
        if text and text not in (_letters(heading), _letters(subtitle)):
            break
        remove([each])
    remove(of_class(body, "section-divider")[:2])  # the first rule, and what holds it


def _take_hero(body: HtmlElement, notes: list[str]) -> Hero | None:
    """The picture Medium shows above the story: the one marked so, else one that stands before its first words."""
    featured = first(each for each in body.iter("img") if each.get("data-is-featured") == "true")
    if featured is None:
        top = first(each for each in body.iter("img", "p", "ul", "ol", "pre", "blockquote", "h3", "h4"))
        featured = top if top is not None and top.tag == "img" else None
    src = web_address(featured.get("src")) if featured is not None else ""
    if featured is None or not src:
        return None
    figure = first(featured.iterancestors("figure"))
    caption = words_in(figure.find(".//figcaption")) if figure is not None else ""
    credit = read_credit(caption) if caption else None
    if caption and credit is None:
        notes.append(f"the caption of its picture was left out: {caption}")
    remove([featured if figure is None else figure])
    alt = words(featured.get("alt"))
    return Hero(src, alt, credit.credit, credit.credit_source) if credit else Hero(src, alt)


def _mend(body: HtmlElement) -> None:
    """What Medium writes in its own way, as everybody writes it."""
    for card in of_class(body, "graf--mixtapeEmbed"):
        link = first(each for each in card.iter("a") if each.get("href"))
        if link is not None:
            name = words_in(first(of_class(card, "markup--strong"))) or words_in(link)
            paragraph = new_element("p")
            paragraph.append(new_element("a", name, href=link.get("href") or ""))
            replace_by(card, paragraph)
    unwrap([each for each in of_class(body, "pre--content") if each.tag == "span"], "code")
    large, small = list(body.iter("h3")), list(body.iter("h4"))
    for heading in large + small:
        heading.tag = "h3" if large and heading.tag == "h4" else "h2"
