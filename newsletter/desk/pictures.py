"""The pictures a draft names → files in the home's media/, fit for mail, named by what they hold."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from newsletter.content.cleaning import clean
from newsletter.content.draft import Draft
from newsletter.content.pictures import MAX_BYTES as MAX_BYTES
from newsletter.content.pictures import for_mail
from newsletter.content.words import MAX_ADDRESS, MEDIA, is_address
from newsletter.desk.media import find_picture
from newsletter.errors import FetchError, NewsletterError, SourceError, TooLarge
from newsletter.home import Home
from newsletter.model import Author, Hero
from newsletter.rendering.fragments import parse_fragment

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_PICTURES = 200  # of one article
SHOWN_WIDTH = 600  # pixels; a wider picture has more of them for fine screens

_KEPT_DIGITS = 24  # of the SHA-256 that names a picture
_TRACKING = 2  # pixels each way, at most, that only tell somebody who opened the mail
_GONE = (404, 410)

Beside = Callable[[str], bytes | None]
"""A relative path → the bytes that lie there, None when there are none. May raise SourceError."""

Fetch = Callable[[str], bytes]
"""An address → the bytes that stand there. Raises FetchError."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A draft whose pictures are all the home's own. Incomplete when another import may find what is missing."""

    draft: Draft
    notes: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Had:
    """What became of one picture: `place` is empty when it is not to be had, `reason` too when nobody misses it."""

    place: str = ""  # media/…
    width: int = 0  # pixels; 0: not known
    height: int = 0
    reason: str = ""  # in words that follow its name
    remarks: tuple[str, ...] = ()  # likewise, of one that was had
    is_final: bool = True  # asking again would bring nothing else


def missing_pictures(home: Home, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of these paths under media/ that the pages would not serve."""
    return tuple(path for path in paths if find_picture(home.media, path.removeprefix(f"{MEDIA}/")) is None)


def beside_file(file: Path, root: Path) -> Beside:
    """What lies beside `file`: a path counts from it, or from `root`, the folder that is imported, and never leads out.

    At most MAX_BYTES and one of a file are read.
    """
    root = root.resolve()

    def find(path: str) -> bytes | None:
        for place in (file.parent / path, root / path.lstrip("/")):
            try:
                found = place.resolve()
                if found.is_relative_to(root) and found.is_file():
                    with found.open("rb") as stream:
                        return stream.read(MAX_BYTES + 1)
            except OSError as error:
                raise SourceError(path, error.strerror or "cannot be read") from None
            except (ValueError, RuntimeError):  # no path at all; links that lead to each other
                continue
        return None

    return find


class PictureTaker:
    """Takes the pictures of one import run: each address is asked once, whatever comes of it."""

    def __init__(self, media: Path, fetch: Fetch | None, dry_run: bool) -> None:
        """Without `fetch`, pictures from the web are left out; with `dry_run` nothing is written."""
        self._media = media
        self._fetch = fetch
        self._dry_run = dry_run
        self._by_address: dict[str, Had] = {}
        self._by_content: dict[bytes, Had] = {}

    def take(self, draft: Draft, beside: Beside | None) -> Taken:
        """The draft with its pictures under media/, and a note on each that is not to be had or wants a person's look.

        Such a one is left out, and the article stays usable: nothing is ever loaded from where it stood. Raises
        NewsletterError when media/ cannot be written.
        """
        article = _Article(self, beside, draft.page_url or draft.source_url)
        hero = article.hero(draft.hero)
        authors = tuple(article.author(each) for each in draft.authors)
        body = article.body(draft.body_html)
        taken = replace(draft, hero=hero, authors=authors, body_html=body)
        return Taken(taken, tuple(article.told()), article.is_complete)

    def find(self, source: str, beside: Beside | None = None, base_url: str = "") -> Had:
        """One picture: an address, a path under media/ that is there, or one beside its article."""
        if source.startswith(f"{MEDIA}/") and find_picture(self._media, source.removeprefix(f"{MEDIA}/")) is not None:
            return Had(source)
        if is_address(source):
            return self._from_address(source)
        try:
            data = _beside(source, beside)
        except SourceError as error:
            return Had(reason=f"cannot be read: {error.words}", is_final=False)
        if data is not None:
            return replace(self._made(data), is_final=False)
        address = _joined(base_url, source)
        return self._from_address(address) if address else Had(reason="was not found", is_final=False)

    def _from_address(self, address: str) -> Had:
        address = address.partition("#")[0]
        if address not in self._by_address:
            self._by_address[address] = self._fetched(address)
        return self._by_address[address]

    def _fetched(self, address: str) -> Had:
        if self._fetch is None:
            return Had(reason="was not fetched", is_final=False)
        try:
            return self._made(self._fetch(address))
        except FetchError as error:
            is_final = error.status in _GONE or isinstance(error, TooLarge)
            return Had(reason=f"cannot be had: {error.words}", is_final=is_final)

    def _made(self, data: bytes) -> Had:
        digest = hashlib.sha256(data).digest()
        if digest not in self._by_content:
            self._by_content[digest] = self._kept(data)
        return self._by_content[digest]

    def _kept(self, data: bytes) -> Had:
        try:
            made = for_mail(data)
        except ValueError as error:
            return Had(reason=str(error))
        if max(made.width, made.height) <= _TRACKING:
            return Had()
        name = hashlib.sha256(made.data).hexdigest()[:_KEPT_DIGITS] + made.ending
        if not self._dry_run:
            _write(self._media / name, made.data)
        return Had(f"{MEDIA}/{name}", made.width, made.height, remarks=made.notes)


def _beside(source: str, beside: Beside | None) -> bytes | None:
    """As the path is written, else as it reads: Markdown and HTML write a space as %20."""
    if beside is None or not source:
        return None
    plain = unquote(source.partition("?")[0].partition("#")[0])
    found = beside(source)
    return beside(plain) if found is None and plain not in ("", source) else found


def _joined(base_url: str, source: str) -> str:
    if not is_address(base_url) or not source:
        return ""
    try:
        address = urljoin(base_url, source)
    except ValueError:
        return ""
    return address if is_address(address) else ""


def _write(file: Path, data: bytes) -> None:
    """All of it or nothing, also when the machine fails. A file of that name holds the same already."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        if file.exists() and file.stat().st_size == len(data):
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise NewsletterError(f"{file}: {error.strerror}") from None


@dataclass(slots=True)
class _Article:
    """One article while its pictures are taken."""

    taker: PictureTaker
    beside: Beside | None
    base_url: str
    is_complete: bool = True
    _known: dict[str, Had] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)
    _left_out: int = 0
    _silent: int = 0  # pictures without alternative text

    def told(self) -> Iterable[str]:
        yield from self._notes
        if self._left_out:
            yield f"only the first {MAX_PICTURES} pictures were taken, {self._left_out} were left out"
        if self._silent:
            one = self._silent == 1
            yield f"{self._silent} picture{' has' if one else 's have'} no alternative text"

    def find(self, source: str) -> Had:
        if source not in self._known:
            if len(self._known) >= MAX_PICTURES:
                self._left_out += 1
                return Had()
            self._known[source] = had = self.taker.find(source, self.beside, self.base_url)
            self._tell(source, had)
        return self._known[source]

    def _tell(self, source: str, had: Had) -> None:
        self.is_complete &= bool(had.place) or had.is_final or not had.reason
        shown = source if len(source) <= MAX_ADDRESS else f"{source[:MAX_ADDRESS]}…"
        for words in (had.reason, *had.remarks):
            if words:
                self._notes[f"the picture {shown} {words}"] = None

    def hero(self, hero: Hero | None) -> Hero | None:
        if hero is None or not hero.src:
            return hero
        hero = replace(hero, src=self.find(hero.src).place)
        self._silent += bool(hero.src and not hero.alt.strip())
        return hero if hero != Hero() else None

    def author(self, author: Author) -> Author:
        return replace(author, photo=self.find(author.photo).place) if author.photo else author

    def body(self, html: str) -> str:
        if "<img" not in html:
            return html
        from lxml.html import tostring

        root = parse_fragment(html)
        for image in list(root.iter("img")):
            if (had := self.find(image.get("src", ""))).place:
                _place(image, had)
                self._silent += not image.get("alt", "").strip()
            else:
                _leave_out(image)
        inside = tostring(root, encoding="unicode").removeprefix("<div>").removesuffix("</div>")
        # A picture that went may leave its paragraph empty.
        return clean(inside)


def _pixels(image: HtmlElement, name: str) -> int:
    value = image.get(name, "").strip()
    return int(value) if value.isascii() and value.isdecimal() else -1


def _place(image: HtmlElement, had: Had) -> None:
    """As wide as it was on its page, at most SHOWN_WIDTH."""
    image.set("src", had.place)
    if not had.width:
        return
    width, height = _pixels(image, "width"), _pixels(image, "height")
    if width <= 0 < height:
        width = round(had.width * height / had.height)
    shown = min(had.width, SHOWN_WIDTH, *([width] if width > 0 else []))
    image.set("width", str(shown))
    image.set("height", str(max(1, round(had.height * shown / had.width))))


def _leave_out(image: HtmlElement) -> None:
    """With its figure, if that showed nothing else. Where it was a link, its alternative text is one now."""
    link = next(image.iterancestors("a"), None)
    figure = next(image.iterancestors("figure"), None)
    alt = image.get("alt", "").strip()
    if link is not None and alt and not link.text_content().strip():
        image.tail = alt + (image.tail or "")
    image.drop_tree()
    if figure is not None and not _shows_something(figure):
        figure.drop_tree()


def _shows_something(figure: HtmlElement) -> bool:
    if figure.find(".//img") is not None:
        return True
    captions = sum(_letters(caption) for caption in figure.iter("figcaption"))
    return _letters(figure) > captions


def _letters(element: HtmlElement) -> int:
    return len("".join(element.text_content().split()))
