"""feedparser's word for a feed and its items → ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from newsletter.content.sources.feed.entry import FeedEntry, FeedInfo, Picture, Recording, html_of_text, joined, plain
from newsletter.content.words import is_address

_HTML = ("text/html", "application/xhtml+xml")
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|[?#])", re.IGNORECASE)
_NO_TOPIC = ("http://www.itunes.com/", "http://schemas.google.com/blogger/2008/kind")


def info_of(feed: Any, feed_url: str) -> FeedInfo:
    # Of an Atom feed the authors are those of each entry that names none (RFC 4287 §4.2.1); RSS names its editor.
    is_atom = "authors" in feed and "id" in feed
    image = feed.get("image")
    logos = [image.get("href") if isinstance(image, dict) else None, feed.get("logo"), feed.get("icon")]
    site = joined(feed_url, _text(feed, "link"))
    return FeedInfo(
        title=_title(feed),
        language=_text(feed, "language"),
        authors=_names(feed) if is_atom else (),
        logos=frozenset(str(logo) for logo in logos if logo),
        site=site if is_address(site) else feed_url,
    )


def entry_of(entry: Any, feed_url: str) -> FeedEntry:
    content = _content(entry)
    link = _text(entry, "feedburner_origlink") or _text(entry, "link")
    # Where an item has no link, feedparser takes its guid for one: `episode-12` is nobody's address.
    link = "" if link == _text(entry, "id") and not is_address(link) else link
    base = content.get("base") or _detail(entry, "summary").get("base") or ""
    # Without an xml:base, a feed's address is feedparser's; a body's own addresses count from its page.
    base = base if base and base != feed_url else link or feed_url
    summary = _html(_detail(entry, "summary") or {"value": _text(entry, "summary")})
    # Where there is no summary, feedparser makes one of the content.
    is_copy = any(each.get("value") == _text(entry, "summary") for each in _list(entry, "content"))
    return FeedEntry(
        key=_text(entry, "id"),
        link=joined(feed_url, link),
        title=_title(entry),
        content=_html(content),
        summary="" if is_copy else summary,
        base_url=base,
        authors=_names(entry),
        published=_text(entry, "published"),
        updated=_text(entry, "updated"),
        categories=tuple(_topics(entry)),
        pictures=tuple(Picture(joined(base, each.url), each.captions) for each in _pictures(entry)),
        picture_credit=_credit(entry),
        recording=_recording(entry, base),
        language=_text(entry, "language") or str(content.get("language") or ""),
    )


def _text(said: Any, name: str) -> str:
    # feedparser's own `get` answers `updated` with `published`, and warns.
    value = dict.get(said, name)
    return value if isinstance(value, str) else ""


def _list(said: Any, name: str) -> list[Any]:
    value = dict.get(said, name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _detail(said: Any, name: str) -> dict[str, Any]:
    value = dict.get(said, f"{name}_detail")
    return value if isinstance(value, dict) else {}


def _title(said: Any) -> str:
    detail = _detail(said, "title")
    title = _text(said, "title")
    return plain(title) if detail.get("type") in _HTML else title


def _content(entry: Any) -> dict[str, Any]:
    """The one that says most, HTML before plain text."""
    readable = [each for each in _list(entry, "content") if each.get("type") in (*_HTML, "text/plain", None)]
    return max(readable, key=lambda each: (each.get("type") in _HTML, len(each.get("value") or "")), default={})


def _html(content: dict[str, Any]) -> str:
    value = str(content.get("value") or "")
    if content.get("type") == "text/plain":
        return html_of_text(value)
    # HTML without any tag is text whose lines are meant.
    return value if "\n" not in value or _HTML_TAG.search(value) else _paragraphs(value)


def _paragraphs(value: str) -> str:
    parts = (part.strip() for part in re.split(r"\n[^\S\n]*\n", value))
    return "".join("<p>" + part.replace("\n", "<br>") + "</p>" for part in parts if part)


def _names(said: Any) -> tuple[str, ...]:
    """Names only: an address that stands where a name should is nobody's byline."""
    names = (str(each.get("name") or "").strip() for each in _list(said, "authors"))
    return tuple(dict.fromkeys(name for name in names if name and "@" not in name))


def _topics(entry: Any) -> Iterator[str]:
    for tag in _list(entry, "tags"):
        if not str(tag.get("scheme") or "").startswith(_NO_TOPIC):
            yield str(tag.get("label") or tag.get("term") or "")


def _pictures(entry: Any) -> Iterator[Picture]:
    common = _captions(entry)
    media = [each for each in _list(entry, "media_content") if _is_picture(each)]
    yield from _shown(sorted(media, key=_width, reverse=True), common)
    links = [each for each in _list(entry, "links") if each.get("rel") == "enclosure"]
    yield from _shown(each for each in links if str(each.get("type") or "").startswith("image/"))
    yield from _shown(_list(entry, "media_thumbnail"), common)
    image = dict.get(entry, "image")
    yield from _shown([image] if isinstance(image, dict) else [])


def _shown(given: Iterable[Any], common: tuple[str, ...] = ()) -> Iterator[Picture]:
    return (
        Picture(str(url), _captions(each) + common) for each in given if (url := each.get("url") or each.get("href"))
    )


def _captions(said: Any) -> tuple[str, ...]:
    """Of a picture, or of an item for all its pictures."""
    return tuple(plain(text) for name in ("media_description", "media_title") if (text := _text(said, name)))


def _is_picture(media: Any) -> bool:
    kind = str(media.get("medium") or "").lower() or str(media.get("type") or "").partition("/")[0]
    return kind == "image" or (not kind and _PICTURE_NAME.search(str(media.get("url") or "")) is not None)


def _width(media: Any) -> int:
    width = str(media.get("width") or "")
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0


def _credit(entry: Any) -> str:
    return next((str(each["content"]) for each in _list(entry, "media_credit") if each.get("content")), "")


def _recording(entry: Any, base: str) -> Recording | None:
    for link in _list(entry, "links"):
        media_type = str(link.get("type") or "").lower()
        if link.get("rel") == "enclosure" and media_type.startswith(("audio/", "video/")) and link.get("href"):
            return Recording(joined(base, str(link["href"])), media_type, _seconds(_text(entry, "itunes_duration")))
    return None


def _seconds(duration: str) -> int | None:
    """`1:02:03`, `42:10` or `2530`."""
    parts = duration.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        return None
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds or None
