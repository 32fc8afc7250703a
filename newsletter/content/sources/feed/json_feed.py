"""A JSON Feed (versions 1 and 1.1) → what it says of itself and of each item, one item at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from newsletter.content.source import Source
from newsletter.content.sources.feed.entry import (
    FeedEntry,
    FeedInfo,
    Picture,
    Recording,
    html_of_text,
    joined,
    place_of,
)
from newsletter.errors import SourceError

MAX_BYTES = 20_000_000
# What has few bytes as text and many as values: a feed of articles comes nowhere near.
_MAX_CONTAINERS = 500_000
_MAX_COMMAS = 2_000_000
_SPACE = re.compile(r"[ \t\n\r]*")
_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.\d+)?/?")


class JsonFeed:
    """Iterated once; `info` is whole when the items are, because a title may stand behind them."""

    def __init__(self, source: Source) -> None:
        """Raises SourceError for what is no JSON Feed."""
        self._source = source
        self._text = _read(source)
        self._decoder = json.JSONDecoder()
        self._said: dict[str, Any] = {}
        self._items: int | None = None  # where the first item begins in the text
        self._read_members()

    @property
    def info(self) -> FeedInfo:
        said = self._said
        logos = (joined(self._base, _text(said, name)) for name in ("icon", "favicon"))
        site = joined(self._base, _text(said, "home_page_url")) or self._base
        return FeedInfo(
            _text(said, "title"), _text(said, "language"), _authors(said), frozenset(filter(None, logos)), site
        )

    @property
    def _base(self) -> str:
        return self._source.url or _text(self._said, "feed_url") or _text(self._said, "home_page_url")

    def __iter__(self) -> Iterator[FeedEntry]:
        """Raises SourceError, with the line, where the JSON breaks off or is none."""
        at = self._items or 0
        number, name = 0, ""
        while not self._is_at(at, "]"):
            try:
                value, at = self._value(at)
                entry = self._entry(value)
            except SourceError as error:
                raise self._placed(error, place_of(number + 1, "", True)) from None
            number, name = number + 1, entry.name
            yield entry
            try:
                at = self._after_comma(at, "]")
            except SourceError as error:
                raise self._placed(error, place_of(number, name, False)) from None

    def _read_members(self) -> None:
        """All but the items, which are only passed: a feed's title may stand behind them."""
        try:
            at = self._skip(self._expect(self._skip(0), "{"))
            while not self._is_at(at, "}"):
                at = self._read_member(at)
                at = self._after_comma(at, "}")
        except SourceError:
            if self._items is None:
                raise
            return  # the items before the break are good, and reading them tells where it is
        self._check_version()

    def _read_member(self, at: int) -> int:
        key, at = self._value(at)
        at = self._expect(at, ":")
        if key != "items" or not self._is_at(at, "["):
            self._said[str(key)], at = self._value(at)
            return at
        self._items = at = self._skip(at + 1)
        while not self._is_at(at, "]"):
            at = self._after_comma(self._value(at)[1], "]")
        return self._skip(at + 1)

    def _check_version(self) -> None:
        version = self._said.get("version")
        if version is None:
            raise self._error("it is JSON, but no JSON Feed: it has no `version`", 0)
        if not _VERSION.fullmatch(str(version)):
            raise self._error(f"its version is {str(version)[:80]!r}; JSON Feed 1 and 1.1 are read", 0)
        if self._items is None:
            raise self._error("it is a JSON Feed without `items`", 0)

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            value, end = self._decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            is_end = error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated")
            words = "the feed ends in the middle" if is_end else f"it is no JSON: {error.msg}"
            raise self._error(words, error.pos) from None
        except (RecursionError, ValueError):
            raise self._error("its JSON is nested too deep, or holds a number that is too long", at) from None
        return value, self._skip(end)

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _is_at(self, at: int, sign: str) -> bool:
        return self._text.startswith(sign, at)

    def _expect(self, at: int, sign: str) -> int:
        if not self._is_at(at, sign):
            words = f"it is no JSON: {sign!r} is missing" if at < len(self._text) else "the feed ends in the middle"
            raise self._error(words, at)
        return self._skip(at + 1)

    def _after_comma(self, at: int, end: str) -> int:
        return at if self._is_at(at, end) else self._expect(at, ",")

    def _placed(self, error: SourceError, place: str) -> SourceError:
        return SourceError(error.source, f"{error.words}, {place}", error.line)

    def _error(self, words: str, at: int) -> SourceError:
        return SourceError(self._source.name, words, self._text.count("\n", 0, at) + 1)

    def _entry(self, said: Any) -> FeedEntry:
        if not isinstance(said, dict):
            return FeedEntry()
        link = _text(said, "url") or _text(said, "external_url")
        link = joined(self._base, link)
        base = link or self._base
        pictures = (_text(said, "image"), _text(said, "banner_image"), *_attached_pictures(said))
        return FeedEntry(
            key=_text(said, "id"),
            link=link,
            title=_text(said, "title"),
            content=_text(said, "content_html") or html_of_text(_text(said, "content_text")),
            summary=html_of_text(_text(said, "summary")),
            base_url=base,
            authors=_authors(said),
            published=_text(said, "date_published"),
            updated=_text(said, "date_modified"),
            tags=tuple(str(tag) for tag in _list(said, "tags") if isinstance(tag, str | int)),
            pictures=tuple(Picture(place) for url in pictures if (place := joined(base, url))),
            recording=_recording(said, base),
            language=_text(said, "language"),
        )


def _read(source: Source) -> str:
    data = source.stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SourceError(source.name, f"a JSON Feed may have {MAX_BYTES // 1_000_000} MB; this one is larger")
    if data.count(b"{") + data.count(b"[") > _MAX_CONTAINERS or data.count(b",") > _MAX_COMMAS:
        raise SourceError(source.name, "it holds far more values than a feed of articles would")
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(source.name, "its encoding is not UTF-8, as that of a JSON Feed must be", line) from None


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _list(said: dict[str, Any], name: str) -> list[Any]:
    value = said.get(name)
    return value if isinstance(value, list) else []


def _authors(said: dict[str, Any]) -> tuple[str, ...]:
    """Of version 1.1 the list, of version 1 the one."""
    people = [each for each in (*_list(said, "authors"), said.get("author")) if isinstance(each, dict)]
    return tuple(dict.fromkeys(name for each in people if (name := _text(each, "name"))))


def _attachments(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (each for each in _list(said, "attachments") if isinstance(each, dict) and _text(each, "url"))


def _attached_pictures(said: dict[str, Any]) -> Iterator[str]:
    return (_text(each, "url") for each in _attachments(said) if _text(each, "mime_type").startswith("image/"))


def _recording(said: dict[str, Any], base: str) -> Recording | None:
    for each in _attachments(said):
        media_type = _text(each, "mime_type")
        if media_type.startswith(("audio/", "video/")):
            return Recording(joined(base, _text(each, "url")), media_type, _seconds(each.get("duration_in_seconds")))
    return None


def _seconds(said: Any) -> int | None:
    return int(said) if isinstance(said, int | float) and 0 < said < 1_000_000 else None
