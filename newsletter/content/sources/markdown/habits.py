"""The front matter keys of Hugo, Jekyll, Eleventy, Ghost and our own export → the draft's fields."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import date

import yaml

from newsletter.content.draft import Draft, slug_from
from newsletter.content.people import read_people
from newsletter.content.recognising.signs import read_credit
from newsletter.content.sources.markdown.front_matter import Fields, as_flag, is_path
from newsletter.content.words import MAX_NAME, MAX_TITLE, WEB, language, one_line, paragraphs
from newsletter.model import Author, CallToAction, Hero
from newsletter.states import ArticleStatus

LINKED = (*WEB, "mailto")

_DATE = (
    "date",
    "date_published",
    "published_at",
    "publishedAt",
    "pubDate",
    "publishDate",
    "publishdate",
    "publish_date",
)
_PUBLISH_DATE = ("publishDate", "publishdate", "publish_date")
_UPDATED = (
    "updated", "lastmod", "modified", "last_modified_at", "date_updated", "updated_at", "updatedDate", "dateModified",
)  # fmt: skip
_SUMMARY = ("summary", "description", "excerpt", "custom_excerpt", "meta_description")
_PICTURES = (
    "image", "hero", "cover", "cover_image", "coverImage", "featured_image", "featuredImage", "feature_image",
    "hero_image", "heroImage", "images", "header", "banner", "thumbnail",
)  # fmt: skip
_SOURCE = ("source_url", "canonical", "canonical_url", "canonicalURL", "canonicalUrl", "original_url")
_EXPIRES = ("expires", "expiryDate", "expirydate", "expiry_date")

# What says how a site shows its page; nobody misses it here.
_OF_THE_SITE = frozenset(
    """
    aliases build cascade comments eleventyExcludeFromCollections eleventyNavigation feature_image_caption guid id
    image_caption layout markup math menu menus mermaid og_image outputs permalink pin redirect_from redirect_to
    related robots sections share sitemap template toc twitter_image type url uuid visibility weight
    """.split()
)
_MAX_DIGITS = 9  # of the number that the library puts behind a slug
_DAYS_OF_THE_FILE = ("created", "last modified", "git created", "git last modified")
_READY = frozenset({"ready", "published", "publish", "public", "live"})
_DRAFT = frozenset({"draft", "private", "pending", "scheduled", "future", "hidden"})
_RETIRED = frozenset({"retired", "archived", "trash"})


def _leave_out_eleventys_day(fields: Fields, notes: list[str]) -> None:
    """`date: Last Modified` asks Eleventy for the file's own day, which no reader of its text knows."""
    node = fields.nodes.get("date")
    if isinstance(node, yaml.ScalarNode) and str(node.value).strip().casefold() in _DAYS_OF_THE_FILE:
        del fields.nodes["date"]
        notes.append(f"the date {node.value!r} is that of a file on its own machine; it was left out")


def draft_of(fields: Fields) -> tuple[Draft, list[str]]:
    """The draft without its body, and notes on what was left out. Raises SourceError with field and line."""
    notes: list[str] = []
    fields.lift("params", "extra", "taxonomies")
    _leave_out_eleventys_day(fields, notes)
    published = fields.found_day(*_DATE)
    status = _status(fields, notes)
    if published is None and not _is_flag(fields, "published"):
        published = fields.found_day("published")
    if published and published.is_ambiguous:
        notes.append(f"the date can be read two ways; it was taken as {published.day.isoformat()}, the month first")
    draft = Draft(
        title=fields.text("title", longest=MAX_TITLE),
        body_html="",
        slug=_slug(fields, notes),
        is_settled={"slug", "status"} <= fields.nodes.keys(),
        subtitle=fields.text("subtitle"),
        summary=fields.text(*_SUMMARY),
        published=published.day if published else None,
        updated=fields.day(*_UPDATED),
        language=fields.read(language, "language", "lang"),
        status=status,
        categories=fields.topics("categories", "category"),
        tags=fields.topics("tags", "tag"),
        authors=_authors(fields, notes),
        hero=_hero(fields, notes),
        call_to_action=_call_to_action(fields, notes),
        source_url=_address(fields, notes, *_SOURCE) or fields.whole_address("permalink", "url"),
        seasons=fields.seasons("seasons"),
        not_before=_not_before(fields),
        expires=fields.day(*_EXPIRES),
        review_by=fields.day("review_by"),
        priority=fields.number("priority"),
        evergreen=fields.flag("evergreen"),
    )
    _note_unused(fields, notes)
    return draft, notes


def _note_unused(fields: Fields, notes: list[str]) -> None:
    unused = [repr(key) for key in fields.unused if key not in _OF_THE_SITE]
    if unused:
        keys, are = ("key", "is") if len(unused) == 1 else ("keys", "are")
        notes.append(f"front matter {keys} {', '.join(unused)} {are} not used")


def _status(fields: Fields, notes: list[str]) -> ArticleStatus:
    """What `status` says; `draft: true` and Jekyll's `published: false` make a draft of what would be ready."""
    is_draft = fields.flag("draft")
    if _is_flag(fields, "published"):
        is_draft = not fields.flag("published") or is_draft
    written = fields.text("status")
    word = written.casefold()
    if word in _RETIRED:
        return ArticleStatus.RETIRED
    if word and word not in _READY | _DRAFT:
        notes.append(f"the status {written!r} is not known; it was taken as a draft")
        return ArticleStatus.DRAFT
    return ArticleStatus.DRAFT if is_draft or word in _DRAFT else ArticleStatus.READY


def _is_flag(fields: Fields, key: str) -> bool:
    node = fields.nodes.get(key)
    return isinstance(node, yaml.ScalarNode) and as_flag(str(node.value)) is not None


def _not_before(fields: Fields) -> date | None:
    """Hugo shows a page from its `publishDate` on; one that is past keeps nothing back."""
    return fields.day("not_before", *_PUBLISH_DATE)


def _slug(fields: Fields, notes: list[str]) -> str:
    written = fields.text("slug")
    if not written or is_slug(written):
        return written
    slug = slug_from(written)
    notes.append(f"the slug {written!r} was written {slug!r}")
    return slug


def is_slug(text: str) -> bool:
    """Whether it can be an article's name as it stands; the library lengthens one that is taken by a number."""
    base, _, number = text.rpartition("-")
    is_numbered = number.isascii() and number.isdecimal() and len(number) <= _MAX_DIGITS
    return slug_from(text) == text or (is_numbered and slug_from(base) == base)


def _address(fields: Fields, notes: list[str], *keys: str) -> str:
    """A whole address; one that leads within the site it came from is left out, with a note."""
    found = fields.take(*keys)
    if found is None:
        return ""
    key, node = found
    if isinstance(node, yaml.ScalarNode) and is_path(fields.scalar(key, node)):
        notes.append(f"front matter key {fields.prefix + key!r} is no whole address, and was left out")
        return ""
    return fields.place(key, node)


def _authors(fields: Fields, notes: list[str]) -> tuple[Author, ...]:
    found = fields.take("authors", "author")
    if found is None:
        return ()
    key, node = found
    if isinstance(node, yaml.SequenceNode):
        return tuple(author for item in node.value for author in _author(fields, key, item, notes))
    if isinstance(node, yaml.MappingNode) and all(isinstance(value, yaml.MappingNode) for _, value in node.value):
        by_name = fields.mapping(key, node)
        return tuple(_person(by_name, name, value, name, notes) for name, value in by_name.nodes.items())
    return _author(fields, key, node, notes)


def _author(fields: Fields, key: str, node: yaml.Node, notes: list[str]) -> tuple[Author, ...]:
    """One item of `authors`: a byline in words, or the keys of one person."""
    if isinstance(node, yaml.MappingNode):
        return (_person(fields, key, node, "", notes),)
    return fields.value(key, node, _people)


def _people(byline: str) -> tuple[Author, ...]:
    words = one_line(byline)
    # What has not the shape of a name is taken as it was written: a person put it there.
    people = (read_people(words) or (Author(words),)) if words else ()
    for person in people:
        one_line(person.name, MAX_NAME)
    return people


def _person(fields: Fields, key: str, node: yaml.Node, name: str, notes: list[str]) -> Author:
    person = fields.mapping(key, node)
    author = Author(
        name=person.text("name", longest=MAX_NAME) or name,
        credentials=person.text("credentials"),
        role=person.text("role"),
        practice=person.text("practice"),
        bio=person.read(paragraphs, "bio"),
        photo=person.link("photo", "avatar", "image", may_be_path=True),
        url=_address(person, notes, "url", "website")
        if not _is_mail(person, "url")
        else person.link("url", schemes=LINKED),
        email=person.text("email"),
        active_from=person.day("active_from"),
        active_until=person.day("active_until"),
        credentials_until=person.day("credentials_until"),
    )
    if not author.name:
        raise fields.error(key, node, "has no `name`")
    _note_unused(person, notes)
    return author


def _is_mail(fields: Fields, key: str) -> bool:
    node = fields.nodes.get(key)
    return isinstance(node, yaml.ScalarNode) and str(node.value).strip().startswith("mailto:")


def _hero(fields: Fields, notes: list[str]) -> Hero | None:
    hero = Hero()
    for key in _PICTURES:
        hero = _or_else(hero, _hero_of(fields, key, notes))
        if hero.src:
            break
    hero = _or_else(hero, _picture(fields, "image_"))
    hero = _or_else(hero, Hero(alt=fields.text("feature_image_alt", "cover_alt", "image-alt", "imageAlt")))
    return None if hero == Hero() else hero


def _or_else(hero: Hero, other: Hero) -> Hero:
    """`hero`, with what it does not say taken from `other`."""
    unknown = {part.name: getattr(other, part.name) for part in dataclass_fields(Hero) if not getattr(hero, part.name)}
    return replace(hero, **unknown)


def _hero_of(fields: Fields, key: str, notes: list[str]) -> Hero:
    found = fields.take(key)
    if found is None:
        return Hero()
    node = found[1]
    if isinstance(node, yaml.SequenceNode):
        if not node.value:
            return Hero()
        node = node.value[0]
    if isinstance(node, yaml.MappingNode):
        return _picture_below(fields, key, node, notes)
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":bool"):
        return Hero()
    return Hero(fields.place(key, node, may_be_path=True))


def _picture_below(fields: Fields, key: str, node: yaml.Node, notes: list[str]) -> Hero:
    image = fields.mapping(key, node)
    hero = _picture(image, "")
    src = hero.src or image.link("image", "path", "url", "feature", "overlay_image", "teaser", may_be_path=True)
    alt = hero.alt or image.text("image_alt", "alt_text", "image_description")
    hero = _or_else(replace(hero, src=src, alt=alt), read_credit(image.text("caption")) or Hero())
    if key == "image":
        _note_unused(image, notes)
    return hero


def _picture(fields: Fields, prefix: str) -> Hero:
    return Hero(
        src=fields.link(f"{prefix}src", may_be_path=True),
        alt=fields.text(f"{prefix}alt"),
        credit=fields.text(f"{prefix}credit"),
        credit_source=fields.text(f"{prefix}credit_source"),
    )


def _call_to_action(fields: Fields, notes: list[str]) -> CallToAction | None:
    found = fields.take("call_to_action")
    if found is None:
        return None
    call = fields.mapping(*found)
    call_to_action = CallToAction(call.text("text"), call.text("label"), call.link("url", schemes=LINKED))
    _note_unused(call, notes)
    return None if call_to_action == CallToAction() else call_to_action
