"""What a feed says of one item, whatever the format → the item as the library takes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import date
from email.utils import parsedate_to_datetime
from functools import partial
from html import escape, unescape
from urllib.parse import urljoin, urlsplit

from newsletter.content.bodies import with_body
from newsletter.content.cleaning.links import kept_link
from newsletter.content.draft import Draft, title_from_file_name
from newsletter.content.naming import key_of, page_address
from newsletter.content.people import read_people
from newsletter.content.source import Item, digest_of
from newsletter.content.sources.exports.fields import topics, web_address, words
from newsletter.content.words import MAX_NAME, MAX_TITLE, language
from newsletter.errors import SourceError
from newsletter.model import Author, Guess, Hero

MAX_SUMMARY = 500  # characters
MAX_GUESSED_TITLE = 80
MAX_ALT = 300  # characters
_SHOWN = 80  # characters of an item's name in an error
WHOLE = 1_500  # characters: a description that is longer and does not break off is the article itself
_LOOKED_AT = 20_000  # characters of HTML, where only its beginning counts
_TAIL = 1_500  # characters of HTML, where only its end counts

_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|blockquote)>|<br\b[^<>]{0,100}>", re.IGNORECASE)
_BREAKS_OFF = re.compile(
    r"(?:…|\.\.\.|\[\s*(?:…|\.\.\.)\s*\]|(?:read|learn) (?:more|on)|read the (?:full|whole|rest)\b.{0,60}"
    r"|continue reading\b.{0,200}|keep reading|weiterlesen|mehr lesen|lire la suite|leer más|seguir leyendo)"
    r"[\s»\u203a→>.…]*$",
    re.IGNORECASE,
)
# What WordPress puts under each item of its feeds.
_FOOTER = re.compile(
    r"<p>\s*(?:The post|Der Beitrag|L[’']article|La entrada)\s.{0,900}?"
    r"(?:appeared first on|erschien zuerst auf|est apparu en premier sur|se publicó primero en)\s.{0,500}?</p>\s*$",
    re.IGNORECASE | re.DOTALL,
)
_SIZE = re.compile(r"-(?:\d{2,5}x\d{2,5}|scaled)(?=\.\w{3,4}$)")
_ADMINS = {"admin", "administrator", "webmaster", "root", "editor", "wordpress", "author", "user", "wpadmin"}


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What a feed says of itself."""

    title: str = ""
    language: str = ""
    authors: tuple[str, ...] = ()  # of every item that names none
    logos: frozenset[str] = frozenset()
    site: str = ""  # the address of what it is the feed of


@dataclass(frozen=True, slots=True)
class Recording:
    """An enclosure one listens to or looks at."""

    url: str
    media_type: str
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One beside an item; `captions` say what it shows, the likeliest first."""

    url: str
    captions: tuple[str, ...] = ()  # plain


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item; empty strings are unknown. `content` is the whole article, `summary` may be only its beginning."""

    key: str = ""
    link: str = ""
    title: str = ""  # plain
    content: str = ""  # HTML
    summary: str = ""  # HTML
    base_url: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""  # as it was written
    updated: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()  # the likeliest first
    picture_credit: str = ""
    recording: Recording | None = None
    language: str = ""

    @property
    def name(self) -> str:
        return words(self.title, MAX_TITLE) or self.link or self.key


def item_of(entry: FeedEntry, info: FeedInfo, source: str) -> Item:
    """The item; its draft is made when it is asked for."""
    authors = entry.authors or info.authors
    entry = replace(entry, authors=authors, language=entry.language or info.language)
    digest = digest_of(repr(astuple(entry)), info.title, "\n".join(sorted(info.logos)))
    name = entry.name or "an item without title and link"
    size = len(entry.content) + len(entry.summary)
    key = key_of(entry.key, info.site) or page_address(entry.link)
    return Item(name, digest, partial(draft_of, entry, info, source), key, size=size, is_portable=True)


def draft_of(entry: FeedEntry, info: FeedInfo, source: str) -> Draft:
    """Raises SourceError for an item that says nothing."""
    html, is_whole = _body_of(entry)
    summary = excerpt(entry.summary if entry.content else "") or ("" if is_whole else excerpt(html))
    title, guesses = _title_of(entry, html)
    if not title:
        raise SourceError(source, f"the item {entry.name or entry.key!r} has neither a title nor words")
    link = web_address(kept_link(entry.link))
    recording = _recording_of(entry)
    notes = [] if link or not entry.link else ["its address is left out: it is none of the web, or too long"]
    draft = Draft(
        title=title,
        body_html="",
        summary=summary,
        published=day_of(entry.published) or day_of(entry.updated),
        updated=day_of(entry.updated) if entry.published else None,
        language=_language_of(entry.language),
        categories=topics(entry.categories),
        tags=topics(entry.tags),
        authors=_authors(entry.authors),
        hero=_hero_of(entry, info),
        source_url=link,
        page_url="" if is_whole else link,
        guesses=guesses,
        notes=tuple(notes),
    )
    # The words that a picture has where it is shown come before those that a feed has for it.
    shown, draft = draft.hero, replace(draft, hero=replace(draft.hero, alt="") if draft.hero else None)
    draft = with_body(draft, html, entry.base_url or link, _is_weak(entry.authors, info))
    if shown and draft.hero and not draft.hero.alt:
        draft = replace(draft, hero=replace(draft.hero, alt=shown.alt))
    return replace(draft, body_html=f"{recording}\n{draft.body_html}".strip()) if recording else draft


def place_of(number: int, name: str, is_within: bool) -> str:
    """Where a feed breaks off, in or after that item, in words that follow why; 0 is before the first."""
    if not number:
        return "before its first item"
    shown = words(name, _SHOWN)
    return f"{'in' if is_within else 'after'} item {number:,}" + (f" ({shown})" if shown else "")


def plain(html: str) -> str:
    """The words of HTML on one line; of its first 20,000 characters, and not fit to be HTML again."""
    return " ".join(unescape(_TAG.sub("", _BLOCK_END.sub(" ", html[:_LOOKED_AT]))).split())


def html_of_text(text: str) -> str:
    """Plain text as paragraphs."""
    parts = (part.strip() for part in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n").replace("\r", "\n")))
    return "".join(f"<p>{escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in parts if part)


def excerpt(html: str) -> str:
    """The words of a summary, at most 500 characters, without what leads on."""
    text = plain(_without_footer(html))
    bare = _BREAKS_OFF.sub("", text).rstrip()
    return words(bare if bare == text else f"{bare.rstrip('.…')}…", MAX_SUMMARY) if bare else ""


def breaks_off(html: str) -> bool:
    """Whether it is only how an article begins, by the way it ends."""
    return _BREAKS_OFF.search(unescape(_TAG.sub("", html[-_TAIL:])).rstrip()[-400:]) is not None


def day_of(written: str) -> date | None:
    """The day, where it was written, of an RFC 822 or RFC 3339 date or of one that begins like the latter."""
    text = written.strip()[:100]
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def joined(base: str, url: str) -> str:
    """The address seen from `base`; empty when it is none."""
    try:
        return urljoin(base, url.strip()) if url.strip() else ""
    except ValueError:  # a broken IPv6 host
        return ""


def _body_of(entry: FeedEntry) -> tuple[str, bool]:
    """The HTML there is, and whether it is the whole article."""
    if entry.content and not breaks_off(content := _without_footer(entry.content)):
        return content, True
    if entry.content and len(entry.content) >= len(entry.summary):
        return _without_footer(entry.content), False
    summary = _without_footer(entry.summary)
    return summary, not breaks_off(summary) and len(plain(summary)) >= WHOLE


def _without_footer(html: str) -> str:
    end = html[-_TAIL:]
    found = _FOOTER.search(end)
    return html if found is None else html[: len(html) - len(end) + found.start()].rstrip()


def _title_of(entry: FeedEntry, html: str) -> tuple[str, tuple[Guess, ...]]:
    """The title; without one, the first sentence, else what the address says."""
    title = words(entry.title, MAX_TITLE)
    if title:
        return title, ()
    sentence = re.split(r"(?<=[.!?…])\s", plain(html), maxsplit=1)[0]
    title = words(sentence, MAX_GUESSED_TITLE) or title_from_file_name(urlsplit(web_address(entry.link)).path)
    return title, (Guess("title", title, None),) if title else ()


def _language_of(tag: str) -> str:
    try:
        return language(tag)
    except ValueError:
        return ""


def _authors(names: Iterable[str]) -> tuple[Author, ...]:
    found: dict[str, Author] = {}
    for name in names:
        byline = words(name, MAX_NAME)
        for author in (read_people(byline) or (Author(byline),)) if byline else ():
            found.setdefault(author.name.casefold(), author)
    return tuple(found.values())


def _is_weak(names: Iterable[str], info: FeedInfo) -> bool:
    """Whether the byline names nobody: the site's admin, or the site itself."""
    bare = {name.strip().casefold() for name in names}
    return bool(bare) and bare <= _ADMINS | {info.title.strip().casefold()}


def _hero_of(entry: FeedEntry, info: FeedInfo) -> Hero | None:
    """The first picture beside the item that is neither the feed's logo nor somebody's portrait."""
    logos = {_same_picture(logo) for logo in info.logos}
    for picture in entry.pictures:
        src = web_address(picture.url)
        if src and _same_picture(src) not in logos and not _is_avatar(src):
            return Hero(src, alt=_alt_of(picture, entry.title), credit=words(entry.picture_credit, MAX_NAME))
    return None


def _alt_of(picture: Picture, title: str) -> str:
    """What a caption tells beyond the article's title: a file's name tells nothing, a whole text is no caption."""
    captions = (" ".join(caption.split()) for caption in picture.captions)
    said = " ".join(title.split()).casefold()
    return next((each for each in captions if " " in each and len(each) <= MAX_ALT and each.casefold() != said), "")


def _same_picture(url: str) -> str:
    """One name for all sizes of a picture: WordPress writes them into path and query."""
    bare = url.strip().partition("?")[0].partition("#")[0]
    return _SIZE.sub("", bare.partition("//")[2] or bare)


def _is_avatar(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "gravatar.com" or host.endswith(".gravatar.com")


def _recording_of(entry: FeedEntry) -> str:
    """A paragraph that leads to the episode."""
    recording = entry.recording
    if recording is None or not (url := web_address(recording.url)):
        return ""
    verb = "Watch" if recording.media_type.startswith("video/") else "Listen to"
    minutes = max(1, round(recording.seconds / 60)) if recording.seconds else 0
    length = f" ({minutes} {'minute' if minutes == 1 else 'minutes'})" if minutes else ""
    return f'<p><a href="{escape(url)}">{verb} the episode{length}</a></p>'
