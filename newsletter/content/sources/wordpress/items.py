"""One post of a WordPress export, as it stands there → the draft of its article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from newsletter.content.bodies import with_body
from newsletter.content.draft import Draft, slug_from
from newsletter.content.reading import body_text
from newsletter.content.recognising.signs import read_credit
from newsletter.content.source import digest_of
from newsletter.content.sources.wordpress.authors import Byline, read_byline
from newsletter.content.sources.wordpress.blocks import split_blocks
from newsletter.content.sources.wordpress.elementor import read_elementor
from newsletter.content.sources.wordpress.modules import Album
from newsletter.content.sources.wordpress.paragraphs import link_lone_addresses, make_paragraphs
from newsletter.content.sources.wordpress.shortcodes import Counts, expand_shortcodes
from newsletter.content.sources.wordpress.site import Entry, Picture, Site, one_line_of
from newsletter.content.words import MAX_TITLE, MAX_TOPIC, is_address, language, one_line, picture
from newsletter.errors import SourceError
from newsletter.model import Hero
from newsletter.states import ArticleStatus

MAX_SUMMARY = 1_000  # characters; a longer excerpt is no summary
_NAMES_IN_A_NOTE = 5
_LONG_BODY = 2_000  # characters
_WORD = re.compile(r"(?:^|>)[^<>\w]*\w")

_NO_CATEGORY = frozenset({"uncategorized", "uncategorised", "allgemein"})
_SUMMARIES = (
    "_yoast_wpseo_metadesc",
    "rank_math_description",
    "_aioseo_description",
    "_seopress_titles_desc",
    "_genesis_description",
)
_PLACEHOLDER = re.compile(r"%%?\w+%%?|#\w+")  # what such a plugin fills in itself
_SHOWS_PICTURES = re.compile(r"\[\[?(?:gallery|et_pb_gallery|vc_|fusion_gallery)")
_BUILDERS = re.compile(r"\[(?:et_pb|vc|fusion|av|cs|nectar|themify|fl|kc|ux|mk)_")
_BARE_QUERY = frozenset({"p", "page_id", "post_type", "preview", "preview_id", "attachment_id"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one post refers to of its site."""

    url: str
    language: str
    byline: Byline
    shown: tuple[tuple[str, Picture | None], ...]  # ids of all pictures the post may show, and perhaps of some more
    uploaded: tuple[str, ...]  # ids of the pictures uploaded to the post

    @property
    def pictures(self) -> dict[str, Picture]:
        """By their ids, those that are in the export."""
        return {each: found for each, found in self.shown if found is not None}


def surroundings_of(entry: Entry, site: Site) -> Surroundings:
    uploaded = tuple(site.pictures_of.get(entry.get("wp:post_id"), ()))
    shown = tuple((each, site.pictures.get(each)) for each in _pictures_of(entry, site, uploaded))
    return Surroundings(site.url, site.language, read_byline(entry, site), shown, uploaded)


def _pictures_of(entry: Entry, site: Site, uploaded: Sequence[str]) -> Iterator[str]:
    yield _thumbnail(entry)
    content = entry.get("content:encoded")
    if "[" in content and _SHOWS_PICTURES.search(content):
        yield from sorted(site.pictures.keys() & set(re.findall(r"\d+", content)))
        yield from uploaded


def _thumbnail(entry: Entry) -> str:
    return entry.meta.get("_thumbnail_id", "").strip()


def digest(entry: Entry, around: Surroundings) -> str:
    """Of all that `read_post` looks at, without reading any of it: that is what takes the time."""
    facts = sorted((key, value) for key, value in entry.fields.items() if key != "content:encoded")
    of_the_site = (around.url, around.language, around.byline)
    return digest_of(
        entry.get("content:encoded"), repr((of_the_site, facts, entry.terms, entry.meta, list(around.shown)))
    )


def title_of(entry: Entry) -> str:
    return one_line_of(entry.get("title"))


def name_of(entry: Entry) -> str:
    """How a person finds it on the site."""
    return title_of(entry)[:120] or unquote(entry.get("wp:post_name")) or f"post {entry.get('wp:post_id')}".strip()


def is_empty(entry: Entry) -> bool:
    return not (title_of(entry) or entry.get("content:encoded").strip() or entry.meta.get("_elementor_data"))


def read_post(entry: Entry, around: Surroundings, source: str) -> Draft:
    """Raises SourceError, with the post's name, for a title that no article may have."""
    notes: list[str] = []
    published = _day(entry.get("wp:post_date")) or _day_of_feed(entry.get("pubDate"))
    modified = _day(entry.get("wp:post_modified"))
    status = _status(entry, notes)
    draft = Draft(
        title=_title(entry, source),
        body_html="",
        slug=_slug(entry),
        summary=_summary(entry),
        published=published,
        updated=modified if modified and published and modified > published else None,
        language=_language(entry, around),
        status=status,
        categories=_topics(entry, ("category", "")),
        tags=_topics(entry, ("post_tag", "tag")),
        authors=around.byline.authors,
        hero=_hero(entry, around, notes),
        source_url=_permalink(entry),
        not_before=published if entry.get("wp:status") == "future" else None,
    )
    draft = _with_text(draft, entry, around, notes)
    return _with_notes(draft, around.byline, notes)


def _title(entry: Entry, source: str) -> str:
    try:
        return one_line(title_of(entry), MAX_TITLE)
    except ValueError as error:
        raise SourceError(source, f"the title of {name_of(entry)[:60]!r} {error}") from None


def _slug(entry: Entry) -> str:
    """As in the post's address; without one, of its title, else of its number."""
    named = unquote(entry.get("wp:post_name").strip())
    if named:
        return slug_from(named)
    return "" if title_of(entry) else slug_from(f"post {entry.get('wp:post_id')}")


def _status(entry: Entry, notes: list[str]) -> ArticleStatus:
    status = entry.get("wp:status")
    if entry.get("wp:post_password").strip():
        notes.append("it is a draft: the site asks for a password before it shows it")
        return ArticleStatus.DRAFT
    if status == "private":
        notes.append("it is a draft: the site shows it to its own staff only")
    return ArticleStatus.READY if status in ("publish", "future", "") else ArticleStatus.DRAFT


def _is_public(entry: Entry) -> bool:
    return entry.get("wp:status") in ("publish", "") and not entry.get("wp:post_password").strip()


def _permalink(entry: Entry) -> str:
    """Empty for what is not on the site yet: its `?p=` address is no permalink."""
    url = entry.get("link").strip()
    if not is_address(url):
        return ""
    is_bare = bool(_BARE_QUERY & parse_qs(urlsplit(url).query).keys())
    return "" if is_bare and entry.get("wp:status") not in ("publish", "private", "") else url


def _day(text: str) -> date | None:
    """The day of `2024-03-03 10:00:00`, in the site's own time; None for `0000-00-00 00:00:00`."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _day_of_feed(text: str) -> date | None:
    try:
        return parsedate_to_datetime(text).date() if text.strip() else None
    except (ValueError, OverflowError):
        return None


def _topics(entry: Entry, domains: Sequence[str]) -> tuple[str, ...]:
    # WXR 1.0 repeats every tag without a domain, as if it were a category.
    tags = {name for domain, _, name in entry.terms if domain in ("post_tag", "tag")} if "" in domains else set()
    names = (
        one_line_of(name)[:MAX_TOPIC]
        for domain, _, name in entry.terms
        if domain in domains and not (domain == "" and name in tags)
    )
    return tuple(dict.fromkeys(name for name in names if name and name.casefold() not in _NO_CATEGORY))


def _summary(entry: Entry) -> str:
    excerpt = expand_shortcodes(entry.get("excerpt:encoded"), Album(), Counts())
    described = (entry.meta.get(key, "") for key in _SUMMARIES)
    candidates = (one_line_of(excerpt), *(one_line_of(text) for text in described if not _PLACEHOLDER.search(text)))
    return next((text for text in candidates if 0 < len(text) <= MAX_SUMMARY), "")


def _language(entry: Entry, around: Surroundings) -> str:
    """The post's own, as translation plugins keep it, else the site's."""
    own = next((slug for domain, slug, _ in entry.terms if domain == "language"), "")
    for said in (own, around.language):
        try:
            if tag := language(said):
                return tag
        except ValueError:
            continue
    return ""


def _hero(entry: Entry, around: Surroundings, notes: list[str]) -> Hero | None:
    post_id = _thumbnail(entry)
    if post_id in ("", "0", "-1"):
        return None
    featured = around.pictures.get(post_id)
    if featured is None or not _is_picture(featured):
        notes.append("its featured image is not in the export: its media were not exported, or deleted")
        return None
    credit = read_credit(featured.words) or Hero()
    return Hero(featured.url, featured.alt, credit.credit, credit.credit_source)


def _is_picture(featured: Picture) -> bool:
    try:
        return bool(picture(featured.url))
    except ValueError:
        return False


def _with_text(draft: Draft, entry: Entry, around: Surroundings, notes: list[str]) -> Draft:
    album = Album(around.pictures, around.uploaded)
    base_url = draft.source_url or around.url
    body = read_content(entry.get("content:encoded"), album, notes)
    read = with_body(draft, body, base_url, weak_author=around.byline.is_weak)
    if not has_text(read.body_html) and (elements := read_elementor(entry.meta.get("_elementor_data", ""))):
        read = with_body(draft, elements, base_url, weak_author=around.byline.is_weak)
    if not has_text(read.body_html) and _is_public(entry):
        return replace(read, page_url=draft.source_url)
    return read


def has_text(body_html: str) -> bool:
    """As `body_text` finds it; a long body is not read to its end for that."""
    return bool(_WORD.search(body_html)) and (len(body_html) > _LONG_BODY or bool(body_text(body_html)))


def read_content(content: str, album: Album, notes: list[str]) -> str:
    """The HTML of a post: no block comment, no shortcode, every paragraph a paragraph."""
    lost: Counter[str] = Counter()
    counts = Counts()
    is_built = bool(_BUILDERS.search(content))
    # Shortcodes first: what one of them encloses may begin in one block and end in another.
    text = expand_shortcodes(link_lone_addresses(content.replace("\r\n", "\n")), album, counts)
    parts = split_blocks(text, lost)
    notes += _notes_on(counts, lost, album)
    return "\n".join(make_paragraphs(part.text) if is_built or part.is_classic else part.text for part in parts)


def _notes_on(counts: Counts, lost: Counter[str], album: Album) -> Iterator[str]:
    if counts.unwrapped:
        number = _counted(counts.unwrapped, "shortcode")
        yield f"{number} taken away, what they enclosed kept: {_names(counts.unwrapped)}"
    if counts.removed:
        yield f"{_counted(counts.removed, 'shortcode')} removed: {_names(counts.removed)}"
    reusable = lost.pop("block", 0)
    if reusable:
        yield f"{reusable} reusable block{'s' if reusable > 1 else ''} lost: the export only names them"
    if lost:
        yield f"{_counted(lost, 'block')} lost, which the site fills in itself: {_names(lost)}"
    if album.missing:
        yield f"{album.missing} picture{'s' if album.missing > 1 else ''} left out, which the export lacks"


def _counted(counts: Counter[str], noun: str) -> str:
    number = counts.total()
    return f"{number} {noun}{'s' if number > 1 else ''}"


def _names(counts: Counter[str]) -> str:
    commonest = [name if number == 1 else f"{name} ({number})" for name, number in counts.most_common(_NAMES_IN_A_NOTE)]
    return ", ".join([*commonest, "…"] if len(counts) > _NAMES_IN_A_NOTE else commonest)


def _with_notes(draft: Draft, byline: Byline, notes: list[str]) -> Draft:
    if not draft.authors:
        notes.append(f"no author found: the site names only {byline.nobody!r}" if byline.nobody else "no author found")
    if not draft.title:
        notes.append("no title found")
    if not draft.published:
        notes.append("no date found")
    if not has_text(draft.body_html):
        notes.append("no text in the export")
    return replace(draft, notes=(*draft.notes, *notes))
