"""The head of a page, its structured data and what stands around its text → title, dates, authors, topics, picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin, urlsplit

from newsletter.content.dates import FoundDate, find_date
from newsletter.content.sources.html.data import PageData
from newsletter.content.sources.html.places import bare, names_of, text_of, words
from newsletter.content.sources.html.topics import read_topics_of
from newsletter.content.sources.html.tree import Element
from newsletter.content.words import MAX_ADDRESS, MAX_TITLE, is_address, language

_MAX_SUMMARY = 1_000  # characters
_MAX_SUBTITLE = 300
_MAX_DATE_LINE = 200
_SEPARATOR = re.compile(r"\s+[|–—·•»:/\u2039\u203a-]\s+|\s*[|»]\s*|:\s+")
_HEADINGS = ("h1", "h2", "h3")
_SUBTITLE = re.compile(
    r"(?:.*[-_])?(?:sub-?title|subheading|sub-?headline|dek|deck|standfirst)(?:[-_].*)?", re.IGNORECASE
)
_TITLE = re.compile(r"(?:.*[-_])?(?:entry|post|article|page|blog)[-_]?(?:item[-_])?(?:title|headline)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    title: str
    subtitle: str
    summary: str
    published: FoundDate | None
    updated: date | None
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    language: str
    source_url: str
    site: str  # its name, where the page says it
    picture: str  # the address of the picture for the whole article
    picture_alt: str


class Head:
    """The meta and link elements of a page, by name."""

    def __init__(self, root: Element) -> None:
        self._metas: dict[str, list[str]] = {}
        for meta in root.iter("meta"):
            value = words(meta.get("content", ""))
            for key in ("property", "name", "itemprop", "http-equiv"):
                if value and (name := meta.get(key)):
                    self._metas.setdefault(name.strip().lower(), []).append(value)
        self._links = [(link.get("rel", "").lower().split(), link) for link in root.iter("link")]
        self.title = next((text for title in root.iter("title") if (text := text_of(title))), "")

    def meta(self, *names: str) -> str:
        return next((self._metas[name][0] for name in names if name in self._metas), "")

    def metas(self, name: str) -> tuple[str, ...]:
        return tuple(self._metas.get(name, ()))

    def link(self, rel: str) -> str:
        return next((link.get("href", "").strip() for rels, link in self._links if rel in rels), "")

    def feeds(self) -> Iterator[str]:
        for rels, link in self._links:
            media_type = link.get("type", "").lower()
            is_feed = media_type in ("application/rss+xml", "application/atom+xml", "application/feed+json")
            if is_feed and "alternate" in rels and "comments" not in link.get("title", "").lower():
                yield link.get("href", "").strip()


def read_facts(root: Element, around: set[Element], head: Head, data: PageData, base_url: str) -> Facts:
    """What the page says of its article; what is `around` it has its own headings, dates and topics."""
    site = head.meta("og:site_name", "application-name", "twitter:site")
    title = _title(root, around, head, data, site)
    summary = _summary(head, data)
    subtitle = _subtitle(root, around, data, title)
    picture, alt = _picture(head, data, base_url)
    return Facts(
        title=title,
        subtitle=subtitle,
        summary=summary,
        published=_published(root, around, head, data),
        updated=_updated(root, around, head, data),
        categories=read_topics_of(
            root, around, "category", [*head.metas("article:section"), *data.texts("articleSection")]
        ),
        tags=read_topics_of(root, around, "tag", [*head.metas("article:tag"), *data.keywords()]),
        language=_language(root, head, data),
        source_url=_canonical(head, data, base_url),
        site=site,
        picture=picture,
        picture_alt=alt,
    )


# Title


def _title(root: Element, around: set[Element], head: Head, data: PageData, site: str) -> str:
    """The heading that readers see, when it is the one that the page's data speak of; else what they say."""
    said = [data.text("headline", "name"), head.meta("og:title"), head.title, head.meta("twitter:title", "dc.title")]
    headings = [heading for heading in root.iter(*_HEADINGS) if heading not in around]
    texts = [text for heading in sorted(headings, key=_rank) if 0 < len(text := text_of(heading)) <= MAX_TITLE]
    for each in said:
        for text in texts:
            if _speaks_of(each, text, site):
                return text
    for each in said:
        if text := _without_site(each, site, root):
            return text[:MAX_TITLE]
    seen = [text for heading in headings if heading.tag == "h1" and (text := text_of(heading))]
    return seen[0][:MAX_TITLE] if seen else ""


def _rank(heading: Element) -> tuple[bool, str]:
    is_named = heading.get("itemprop") == "headline" or any(map(_TITLE.fullmatch, names_of(heading)))
    return not is_named, str(heading.tag)


def _speaks_of(said: str, heading: str, site: str) -> bool:
    whole, part = bare(said), bare(heading)
    if not part or part == bare(site):
        return False
    # `headline` may be cut off at 110 characters, a title goes on with the name of the site.
    is_within = len(part) > 3 and (whole.startswith(part) or whole.endswith(part))
    return whole == part or is_within or (len(whole) > 30 and part.startswith(whole))


def _without_site(said: str, site: str, root: Element) -> str:
    parts = [part for part in _SEPARATOR.split(said) if part.strip()]
    if len(parts) < 2:
        return said if bare(said) != bare(site) else ""
    if site and bare(parts[-1]) == bare(site):
        return said[: said.rindex(parts[-1])].rstrip(" |–—·•»:/\u2039\u203a-")
    if site and bare(parts[0]) == bare(site):
        return said[len(parts[0]) :].lstrip(" |–—·•»:/\u2039\u203a-")
    wanted = {bare(part): part for part in parts}
    for element in root.iter("h1", "h2", "b", "strong", "font", "big"):
        if part := wanted.get(bare(text_of(element))):
            return part
    is_suffix = re.search(r"\s[|–—·-]\s", said) is not None
    return parts[0] if is_suffix else said


def _subtitle(root: Element, around: set[Element], data: PageData, title: str) -> str:
    said = data.text("alternativeHeadline")
    if not said:
        for element in root.iter("p", "h2", "h3", "h4", "div", "span"):
            if any(map(_SUBTITLE.fullmatch, names_of(element))) and element not in around:
                said = text_of(element)
                break
    return said if len(said) <= _MAX_SUBTITLE and bare(said) != bare(title) else ""


def _summary(head: Head, data: PageData) -> str:
    said = head.meta("og:description", "description", "twitter:description", "dc.description")
    text = words(data.text("description", "abstract") or said)
    return re.sub(r"\s*(?:\[(?:…|\.{3}|&hellip;)\]|\[?\.{3}\]?)$", " …", text)[:_MAX_SUMMARY].strip()


# Dates


def _published(root: Element, around: set[Element], head: Head, data: PageData) -> FoundDate | None:
    said = (
        data.text("datePublished"),
        head.meta("article:published_time", "og:article:published_time", "datepublished", "article.published"),
        *_marked_dates(root, around, "datePublished"),
        head.meta("date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.issued", "pubdate", "publish-date"),
        *_times(root, around),
        data.text("dateCreated", "uploadDate"),
        *_called_dates(root, around),
    )
    return next(filter(None, map(day_of, said)), None)


def _updated(root: Element, around: set[Element], head: Head, data: PageData) -> date | None:
    said = (
        data.text("dateModified"),
        head.meta("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified"),
        *_marked_dates(root, around, "dateModified"),
    )
    found = next(filter(None, map(day_of, said)), None)
    return found.day if found else None


def day_of(text: str) -> FoundDate | None:
    """The day of a written date, as its author's clock had it."""
    try:
        return FoundDate(date.fromisoformat(text[:10]), 0, 10)
    except ValueError:
        return find_date(text[:100])


def _marked_dates(root: Element, around: set[Element], name: str) -> Iterator[str]:
    for element in root.iterfind(f".//*[@itemprop='{name}']"):
        if element not in around:
            yield element.get("datetime") or element.get("content") or element.get("title") or text_of(element)


def _times(root: Element, around: set[Element]) -> Iterator[str]:
    """The time elements of the article, those first that are called its date."""
    times = [time for time in root.iter("time") if time not in around and "updated" not in names_of(time)]
    for time in sorted(times, key=lambda time: not re.search("publish|entry-date|post-date", time.get("class", ""))):
        yield time.get("datetime") or text_of(time)


_DATE = re.compile(
    r"(?:.*[-_])?(?:date|datetime|published|posted(?:-on)?|byline|submitted|created|(?:entry|post|article|blog)[-_]?meta"
    r"|meta[-_]container)",
    re.IGNORECASE,
)


def _called_dates(root: Element, around: set[Element]) -> Iterator[str]:
    """The words of whatever is called a date or a byline."""
    for element in root.iter("p", "div", "span", "li", "h2", "h6", "abbr", "footer", "header", "td", "small", "em"):
        if element not in around and any(map(_DATE.fullmatch, names_of(element))):
            text = text_of(element)
            if len(text) <= _MAX_DATE_LINE:
                yield text


# Language, address, picture


def _language(root: Element, head: Head, data: PageData) -> str:
    said = (
        root.get("lang") or "",
        data.text("inLanguage"),
        head.meta("content-language"),
        head.meta("og:locale"),
        head.meta("dc.language", "language"),
    )
    for tag in said:
        try:
            if found := language(tag.strip()):
                return found
        except ValueError:
            continue
    return ""


def _canonical(head: Head, data: PageData, base_url: str) -> str:
    """The address the page calls its own. The site's bare root is a slip of its settings, not the article."""
    page = data.article.get("mainEntityOfPage")
    said = (head.link("canonical"), head.meta("og:url"), data.text("url"), page if isinstance(page, str) else "")
    found = [address for each in said if (address := absolute(each, base_url))]
    if base_url:
        found.append(base_url)
    return next((address for address in found if urlsplit(address).path.strip("/")), found[0] if found else "")


def absolute(place: str, base_url: str) -> str:
    """The whole web address of `place`, without a fragment; empty when there is none that could be kept."""
    try:
        address = urljoin(base_url, words(place)).partition("#")[0] if place.strip() else ""
        return address if is_address(address) and len(address.encode()) <= MAX_ADDRESS else ""
    except ValueError:
        return ""


_NO_PICTURE = re.compile(
    r"(?:^|[/_.-])(?:logo|default|placeholder|blank|favicon|site-icon|avatar)(?:[/_.-]|$)", re.IGNORECASE
)


def _picture(head: Head, data: PageData, base_url: str) -> tuple[str, str]:
    """The address and alternative text of the article's picture; a site's logo is none."""
    said = [
        (head.meta("og:image:secure_url", "og:image", "og:image:url"), head.meta("og:image:alt")),
        data.picture(),
        (head.meta("twitter:image", "twitter:image:src"), head.meta("twitter:image:alt")),
        (head.link("image_src"), ""),
    ]
    for place, alt in said:
        address = absolute(place, base_url)
        if address and not _NO_PICTURE.search(urlsplit(address).path.rpartition("/")[2]):
            return address, words(alt)
    return "", ""
