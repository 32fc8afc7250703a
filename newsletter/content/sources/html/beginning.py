"""The element that holds an article → the same without title, byline and picture at its top, which are kept beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from newsletter.content.bylines import Byline, is_noise, read_byline
from newsletter.content.cleaning.links import kept_picture
from newsletter.content.cleaning.picture_tags import find_picture, is_tracking
from newsletter.content.dates import find_date
from newsletter.content.people import is_same_person, read_people
from newsletter.content.recognising.signs import read_credit, read_topics
from newsletter.content.sources.html.body import Found, Run, runs_of
from newsletter.content.sources.html.facts import Facts
from newsletter.content.sources.html.furniture import remove, remove_run
from newsletter.content.sources.html.places import attributes_of, bare, names_of, text_of, words
from newsletter.content.sources.html.tree import Element
from newsletter.model import Author, Hero

_HEADINGS = frozenset("h1 h2 h3 h4".split())
_MAX_LINES = 15  # above the text
_NEAR = 2  # elements around a line, in which the portrait may stand
_MAX_DATE = 60  # characters
_MAX_AUTHOR = 80
_PARTS = re.compile(r"[|/·•,\u2022]")
_BY = re.compile(r"^\s*(?:written |posted |published )?(?:by|von|par|por)\b:?\s*", re.IGNORECASE)
_NO_PICTURE = re.compile(r".*(?:avatar|logo|icon|emoji|profile|author|gravatar|rounded-full|circle).*", re.IGNORECASE)
_SMALL = 200  # pixels of width
_SIZE = re.compile(r"(?:-\d{2,4}x\d{2,4}|-scaled|-e\d{10,}|@2x)+$")


@dataclass(slots=True)
class Beginning:
    hero: Hero | None = None
    caption: str = ""  # of the hero, when it says more than who made it


def remove_beginning(body: Element, facts: Facts, authors: Sequence[Author], base_url: str) -> Beginning:
    """What stands above the article's first paragraph, taken out of `body`."""
    beginning = Beginning()
    _keep_hero(beginning, body, facts, base_url)
    _remove_title(body, facts.title)
    for run in _lines_above(body):
        if _read_line(run) is None and not _is_said(run, facts, authors):
            break
        _remove_line(run, body)
    return beginning


def read_under_title(found: Found, title: str) -> Byline:
    """What the lines between the title and the text say of day, authors and topics, wherever on the page they stand."""
    byline = Byline()
    under: list[Run] = []
    for run in found.runs:
        if bare(run.text) == bare(title):
            under = []
        elif run.is_long and run.weight and _read_line(run) is None:
            break
        else:
            under.append(run)
    read = [(run, _read_line(run)) for run in under[-_MAX_LINES:]]
    for _, said in read:
        if said is not None:
            byline.published = byline.published or (None if said.is_update else said.published)
            byline.authors = byline.authors or said.authors
            byline.categories = byline.categories or said.categories
    if not byline.authors:
        byline.authors = _named_beside_a_date(read)
    return byline


def _read_line(run: Run) -> Byline | None:
    """A line as a byline, be its parts parted by signs or only by their elements."""
    return read_byline(run.text) or read_byline(" | ".join(filter(None, (words(place.text) for place in run.places))))


def _named_beside_a_date(lines: Sequence[tuple[Run, Byline | None]]) -> tuple[Author, ...]:
    """A full name alone on its line says who wrote it only right above or below the day."""
    for (run, _), (_, below) in pairwise(lines):
        people = read_people(run.text) if len(run.text) < _MAX_AUTHOR else ()
        if people and len(people[0].name.split()) > 1 and below is not None and below.published:
            return people
    return ()


def _remove_line(run: Run, body: Element) -> None:
    """The words, and the portrait beside them."""
    remove_run(run)
    for place in (run.block, *islice(run.block.iterancestors(), _NEAR)):
        if place is body or any(True for _ in runs_of(place)):
            return
        for picture in list(place.iter("img")):
            if not _is_large(picture):
                remove(picture)


def _lines_above(body: Element) -> Iterator[Run]:
    for run in list(runs_of(body))[:_MAX_LINES]:
        if run.is_long and _read_line(run) is None:
            return
        yield run


def _is_said(run: Run, facts: Facts, authors: Sequence[Author]) -> bool:
    """Whether a line only repeats what is known: subtitle, author, day, topics, reading time."""
    if bare(run.text) == bare(facts.subtitle):
        return True
    pieces = (words(place.text) for place in run.places)
    return all(
        _is_known(piece, facts, authors) or all(_is_known(part, facts, authors) for part in _PARTS.split(piece))
        for piece in pieces
    )


def _is_known(text: str, facts: Facts, authors: Sequence[Author]) -> bool:
    letters = bare(_BY.sub("", text))
    found = find_date(text) if len(text) < _MAX_DATE else None
    is_day = found is not None and facts.published is not None and found.day == facts.published.day
    is_author = len(text) < _MAX_AUTHOR and any(is_same_person(_BY.sub("", text), each.name) for each in authors)
    topics = {bare(topic) for topic in (*facts.categories, *facts.tags)}
    is_said = not letters or letters in topics or letters in (bare(facts.site), "admin")
    return is_said or is_day or is_author or is_noise(text) or read_topics(text) is not None


def _remove_title(body: Element, title: str) -> None:
    """The title where it stands again above the text, with all that stands before it."""
    runs = list(runs_of(body))
    wanted = bare(title)
    is_begun = False
    for place, run in enumerate(runs):
        is_begun = is_begun or run.is_long
        if wanted and (run.block.tag == "h1" or not is_begun) and bare(run.text) == wanted:
            for earlier in runs[: place + 1]:
                remove_run(earlier)
            return


# The picture of the whole article


def _keep_hero(beginning: Beginning, body: Element, facts: Facts, base_url: str) -> None:
    wanted = kept_picture(facts.picture)
    inside = set(body.iter())
    pictures = list(_pictures(body, facts.title, base_url))
    match = next((each for each in pictures if wanted and is_same_picture(each.address, wanted)), None)
    shown = match or next((each for each in pictures if each.is_above and not wanted), None)
    if shown is None:
        beginning.hero = Hero(src=wanted, alt=facts.picture_alt) if wanted else None
        return
    caption = _caption(shown.element)
    credit = _credit(caption)
    beginning.hero = replace(
        credit, src=_secure(wanted, shown.address), alt=shown.element.get("alt", "") or facts.picture_alt
    )
    is_first = shown.is_above or next((each for each in pictures if each.element in inside), None) is shown
    if shown.element in inside and is_first:
        if caption and credit == Hero():
            beginning.caption = caption
        _remove_picture(shown.element, body)


@dataclass(frozen=True, slots=True)
class _Shown:
    element: Element
    address: str
    is_above: bool  # above the text, and large enough to be the article's own


def _pictures(body: Element, title: str, base_url: str) -> Iterator[_Shown]:
    """The pictures of the article's element and of what holds it; above the title only the site has its own."""
    scope = next((place for place in body.iterancestors() if place.tag in ("article", "main")), None)
    is_near = scope is not None
    first = next((run.block for run in runs_of(body) if run.is_long), None)
    is_above = True
    for element in (body.getroottree().getroot() if scope is None else scope).iter():
        if element is first:
            is_above = False
        is_near = is_near or element is body or (element.tag in _HEADINGS and bare(text_of(element)) == bare(title))
        if element.tag == "img":
            address = find_picture(attributes_of(element), base_url)
            if address and not is_tracking(attributes_of(element), address):
                yield _Shown(element, address, is_near and is_above and _is_large(element))


def _is_large(picture: Element) -> bool:
    width = picture.get("width", "").removesuffix("px")
    names = [name for place in (picture, picture.getparent()) if place is not None for name in names_of(place)]
    return not (width.isdecimal() and int(width[:6]) < _SMALL) and not any(map(_NO_PICTURE.fullmatch, names))


def is_same_picture(one: str, other: str) -> bool:
    """Whether two addresses show the same picture, be it in two sizes."""
    return one == other or (_file_name(one) == _file_name(other) != "")


def _file_name(address: str) -> str:
    try:
        path = PurePosixPath(unquote(unquote(urlsplit(address).path)))
    except ValueError:
        return ""
    return _SIZE.sub("", path.stem).casefold() if len(path.stem) > 3 else ""


def _secure(said: str, shown: str) -> str:
    """The address the page gives its picture, unless only the shown one is fetched with encryption."""
    return shown if not said or (said.startswith("http:") and shown.startswith("https:")) else said


def _figure(picture: Element) -> Element | None:
    return next((place for place in picture.iterancestors() if place.tag == "figure"), None)


def _caption(picture: Element) -> str:
    figure = _figure(picture)
    caption = figure.find(".//figcaption") if figure is not None else None
    return text_of(caption) if caption is not None else ""


def _credit(caption: str) -> Hero:
    """Who made the picture, as the caption or its last sentence says."""
    last = re.split(r"(?<=[.!?])\s+", caption)[-1]
    return read_credit(caption) or read_credit(last) or Hero()


def _remove_picture(picture: Element, body: Element) -> None:
    """The picture with its figure, its link and the paragraph that holds nothing else."""
    figure = _figure(picture)
    gone = figure if figure is not None and sum(1 for _ in figure.iter("img")) == 1 and figure is not body else picture
    parent = gone.getparent()
    while parent is not None and parent is not body and len(parent) == 1 and not _other_words(parent, gone):
        gone, parent = parent, parent.getparent()
    remove(gone)


def _other_words(holder: Element, part: Element) -> str:
    """The words of `holder` outside of `part`, its only child."""
    return f"{holder.text or ''}{part.tail or ''}".strip()
