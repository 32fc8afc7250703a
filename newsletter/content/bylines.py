"""The line under a title, `by Jane Doe | Mar 3, 2024 | Sleep` → who, when and about what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from newsletter.content.dates import FoundDate, find_date
from newsletter.content.ornaments import bare
from newsletter.content.people import read_people
from newsletter.model import Author

MAX_BYLINE = 200  # characters

_VERB = (
    r"(?:first |last |originally )?(?:posted|published|released|written|hosted|contributed|updated|modified|reviewed|"
    r"created|date|veröffentlicht|geschrieben|aktualisiert|publié|écrit|publicado|escrito)"
)
_BY = (
    r"(?:(?:(?:an? )?(?:guest )?(?:post|article|essay|column|story|words|text) )?by|von|par|por|"
    r"authors?(?=:)|autor(?:in)?(?=:)|auteure?(?=:))"
)
_ON = r"(?:on|am|vom|le|el)"
_IN = r"(?:in|under|filed under|filed in|categor(?:y|ies):?|kategorien?:?|dans|en)"
_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|montag|dienstag|mittwoch|donnerstag|"
    r"freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\.?,?"
)
_PIECE = re.compile(
    rf"(?:{_VERB}\b:?\s*)?(?:{_BY}\b:?(?:\s+(?P<by>.+?))?)?"
    rf"(?:[\s,]*(?:{_VERB}\s+)?\b{_IN}\b:?\s+(?P<categories>.+?))?"
    rf"(?:[\s,]*\b{_VERB}\b:?)?(?:[\s,]*\b{_ON}\b:?)?(?:\s*{_WEEKDAY})?[\s,:]*",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"^[T\s,]*(?:(?:at|um|à)\s+)?\d{1,2}[:.]\d\d(?::\d\d(?:\.\d+)?)?\s*(?:[ap]\.?m\.?|uhr|z|[+-]\d\d:?\d\d)?"
    r"(?:\s*(?:utc|gmt|bst|cet|cest|[cemp][sd]?t)\b)?",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"(?:reading time:?\s*)?(?:about |approx\.? |~)?"
    r"\d+\+?\s*(?:-\s*)?min(?:ute)?s?\.?(?:\s*(?:read(?:ing)?|lesezeit))?"
    r"|lesezeit:?\s*\d+.*|(?:no|\d+|leave a)\s+(?:comments?|repl(?:y|ies)|views?|shares?|likes?)"
    r"|(?:this (?:post|page|article) )?(?:may )?contains? affiliate links?"
    r"|(?:medically |clinically )?(?:reviewed|edited) by .*|share|print|email|updated:?|by",
    re.IGNORECASE,
)
_TRAILING_NOISE = re.compile(r"\s+(?:leave a (?:comment|reply)|(?:no|\d+) comments?)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[|·•‧∙¦]\s*|\s+[–—/]\s+|\s+-\s+|\t+| {3,}")


@dataclass(slots=True)
class Byline:
    """What one line says; `nobody` is a name no person bears, such as `admin`."""

    published: FoundDate | None = None
    is_update: bool = False  # the date is that of a later change
    authors: tuple[Author, ...] = ()
    categories: tuple[str, ...] = ()
    nobody: str = ""
    _rest: list[tuple[str, bool]] = field(default_factory=list)  # unexplained parts; did a date stand before?


def read_byline(line: str) -> Byline | None:
    """None when the line holds anything a byline would not, or neither a date nor an author."""
    text = _TRAILING_NOISE.sub("", line.strip()) if len(line) <= MAX_BYLINE else ""
    if not text:
        return None
    byline = Byline()
    parts = [bare(part) for part in _SEPARATOR.split(text) if part.strip(" ,")]
    for part in parts:
        if not _NOISE.fullmatch(part.strip(" ,")) and not _read_part(part, byline):
            return None
    # `by | Sleep, Calm`: the page left its author's name out.
    has_bare_by = len(parts) > 1 and parts[0].strip().casefold() == "by"
    is_all_noise = not (byline.published or byline.authors or byline.nobody or byline.categories)
    if (is_all_noise and not has_bare_by) or not _explain_rest(byline, len(parts), has_bare_by):
        return None
    return byline


def is_noise(line: str) -> bool:
    """`5 min read`, `12 comments`: says nothing of the article, and stands near its title."""
    parts = [bare(part).strip(" ,") for part in _SEPARATOR.split(line.strip()) if part.strip(" ,")]
    return bool(parts) and all(_NOISE.fullmatch(part) for part in parts)


def split_list(text: str) -> tuple[str, ...]:
    """`Relationships, Tools & Values` at its commas, each once."""
    return tuple(dict.fromkeys(part.strip(" .") for part in re.split(r"[,;]", text) if part.strip(" .")))


def is_list_of_topics(text: str) -> bool:
    topics = split_list(text)
    return bool(topics) and not text.rstrip().endswith((".", "?", "!", ":")) and all(map(_is_topic, topics))


def _is_topic(topic: str) -> bool:
    return len(topic) <= 40 and len(topic.split()) <= 5 and not topic[0].islower()


def _read_part(part: str, byline: Byline) -> bool:
    found = find_date(part)
    if found is None:
        return _read_piece(part.strip(" ,"), byline, after_date=byline.published is not None)
    before, after = part[: found.start], _CLOCK.sub("", part[found.end :])
    is_update = bool(re.match(r"(?:last\s+)?(?:updated|modified|reviewed|aktualisiert)", before.strip(), re.IGNORECASE))
    if byline.published is None or byline.is_update:
        byline.published, byline.is_update = found, is_update
    pieces = ((before.strip(" ,"), False), (after.strip(" ,"), True))
    return all(_read_piece(piece, byline, after_date) for piece, after_date in pieces)


def _read_piece(piece: str, byline: Byline, after_date: bool) -> bool:
    if not piece:
        return True
    match = _PIECE.fullmatch(piece)
    if match is None:
        byline._rest.append((piece, after_date))
        return True
    if match["by"]:
        authors = read_people(match["by"])
        if not authors and (len(match["by"].split()) > 2 or not match["by"].replace(" ", "").isalnum()):
            return False
        byline.authors += authors
        byline.nobody = byline.nobody or ("" if authors else match["by"])
    if match["categories"]:
        if not is_list_of_topics(match["categories"]):
            return False
        byline.categories += split_list(match["categories"])
    return True


def _explain_rest(byline: Byline, parts: int, has_bare_by: bool) -> bool:
    """Names before the date, topics after it. False when something else is left over."""
    is_lone_word = byline.published is None and all(
        len(author.name.split()) < 2 and not author.credentials for author in byline.authors
    )
    if not has_bare_by and (is_lone_word or (byline.nobody and not byline.published)) and not byline.categories:
        return False
    for words, after_date in byline._rest:
        people = read_people(words)
        is_full_name = bool(people) and (len(people[0].name.split()) > 1 or bool(people[0].credentials))
        if (
            is_full_name
            and not (byline.authors or has_bare_by)
            and (parts == 1 or not after_date or people[0].credentials)
        ):
            byline.authors = people
        elif parts > 1 and is_list_of_topics(words):
            byline.categories += split_list(words)
        else:
            return False
    return True
