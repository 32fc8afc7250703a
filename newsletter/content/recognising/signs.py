"""One line of a pasted page → what it is besides article: photo credit, author's heading, page furniture."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from newsletter.content.bylines import is_noise, split_list
from newsletter.content.people import ROLE_WORDS, is_person_name, read_people, read_person
from newsletter.content.words import MAX_TOPIC
from newsletter.model import Author, Hero

_CREDIT = re.compile(
    r"(?:(?:featured|cover|header|hero|main|blog)\s+)?(?:"
    r"(?:photo(?:graph|graphy)?s?|images?|pictures?|illustration|artwork|graphic|fotos?|bild|titelbild|imagen)"
    r"(?:\s+(?:credits?|source|courtesy)|\s*credits?|nachweis|quelle)?"
    r"(?:\s*[:©]\s*(?:by\s+)?|\s+(?:by|von|par|por|courtesy of|of(?=\s+courtesy)|de(?=\s.+\s(?:en|sur|via)\s))\s*:?\s+)"
    r"|credits?\s*:\s*(?:photo by\s+)?|©\s*)"
    r"(?P<who>.+?)"
    r"(?:(?:\s+(?:on|via|from|at|auf|bei|sur|en)\s+|\s*[/|,–—]\s*|\s+-\s+|\s*\((?=[^)]+\)))(?P<where>[^()]+?)\)?)?\.?",
    re.IGNORECASE,
)
# What stands behind the first site, `Pixabay and Cy Du on Unsplash`: one more picture, as the first was named.
_FELLOW = re.compile(
    r"(?P<where>[^,]+?)(?:,\s*(?:(?:and|und|et|y)\s+)?|\s+(?:and|und|et|y|&)\s+)(?P<who>.+?)"
    r"\s+(?:on|via|from|at|auf|bei|sur|en)\s+(?P<others>.+)",
    re.IGNORECASE,
)
_PICTURE_SITES = set(
    "unsplash pexels pixabay shutterstock istock istockphoto getty freepik flickr canva depositphotos".split()
) | {"getty images", "adobe stock", "wikimedia commons"}
_MAX_CREDIT_WORDS = 6

_ABOUT = re.compile(
    r"(?:about|meet|über|à propos de|sobre)\s+"
    r"(?P<whose>(?:the|our|your|this|my|die|den|der|unseren?|unsere|el|la|le|l['’])\s*\b)?(?P<rest>.+)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"(?:(?:(?:this\s+)?(?:article|post|blog(?:\s+post)?)\s+)?(?:was\s+)?(?:written|authored|contributed|posted)\s+by"
    r"|(?:article|post|story|blog(?:\s+post)?)\s+by"
    r"|(?:guest\s+)?author|autorin|autor|auteure?|autora|words\s+by|text\s+by|geschrieben\s+von|écrit\s+par"
    r"|escrito\s+por)\s*:?\s+(?P<who>.+)",
    re.IGNORECASE,
)

_SHARING = (
    "facebook|twitter|x|linkedin|pinterest|instagram|whatsapp|reddit|tumblr|email|e-mail|print|copy link|"
    "tweet|share|pin"
)
_BAR = re.compile(
    rf"(?:share|spread|teilen|partager|compartir)(?:\s+(?:this|the|on|via|auf|it|:|love|word|post|article|story|"
    rf"with|friends|{_SHARING})\b)*\s*:?"
    rf"|(?:(?:share on |share via )?(?:{_SHARING})\b[\s|,·•/]*)+"
    r"|like this:?|(?:like )?loading.*|skip to (?:main )?content|back to (?:top|blog|all posts|articles).*"
    r"|menu|home\s*[/»>\u203a].*|(?:view|see|read) (?:all|more)(?: (?:posts?|articles?))?(?: (?:by|from) .*)?"
    r"|(?:more|other) (?:posts|articles) (?:by|from) .*|(?:read|learn) more (?:about|from) .*"
    r"|all posts|[←«\u2039].*|(?:older|newer) (?:posts|entries)"
    r"|(?:previous|next|older|newer)(?: (?:post|article|entry|entries|posts))?\s*[:→»\u203a-].+"
    r"|comments are closed.*|©.*\b(?:19|20)\d\d\b.*|copyright\b.*"
    r"|visit website|all rights reserved.*|privacy policy.*|powered by .*|search|edit"
    r"|click to (?:share|email|print).*",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"(?:related|recent|popular|more|similar|latest)\s+(?:[\w'’-]+\s+){0,2}"
    r"(?:posts?|articles?|reading|stories|resources|recipes|episodes)\s*:?"
    r"|you (?:may|might)(?: also)? (?:like|enjoy|be interested in).*|more (?:from|on) (?:the|our|this) .*"
    r"|(?:read|up|coming) next\s*:?|what to read next|keep reading|recommended(?: for you| reading)?"
    r"|(?:previous|next)(?: (?:post|article|entry))?|ähnliche beiträge|articles similaires"
    r"|das könnte (?:sie|dich) auch interessieren|entradas relacionadas",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:leave|submit|post|write|add)\s+(?:a|your)\s+(?:comment|reply|response).*"
    r"|(?:\d+\s+|no\s+)?(?:comments|responses)\s*:?|\d+\s+comments?\b.*|join the (?:discussion|conversation)"
    r"|\d+\s+(?:thoughts?|responses?|replies)\s+(?:on|to)\b.*|(?:sign up|subscribe)\b.{0,40}\bnewsletter"
    r"|(?:schreibe?n?|hinterlasse)\b.{0,20}\bkommentar.*|laisser un commentaire",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"(?:(?:tags?|schlagwörter|schlagworte|étiquettes|etiquetas)\s*:|tagged(?:\s+(?:with|as|in)\b)?\s*:?)\s*(.+)",
    re.IGNORECASE,
)
_TOPICS = re.compile(
    r"(?:(?:categor(?:y|ies)|kategorien?|catégories?|topics?)\s*:"
    r"|(?:filed|posted|published) (?:under|in)\b\s*:?)\s*(.+?)(?:\s+(?P<tags>tagged\b.+))?",
    re.IGNORECASE,
)


def read_credit(line: str) -> Hero | None:
    """`Photo by Brett on Unsplash` as a picture whose address is unknown; None for anything else."""
    match = _CREDIT.fullmatch(line) if len(line) <= 150 else None
    if match is None:
        return None
    credits = _each_credit(match["who"], match["where"] or "")
    if not all(_is_credit(who, where) for who, where in credits):
        return None
    (who, where), *others = credits
    if not (where or others) and who.casefold() in _PICTURE_SITES:
        return Hero(credit_source=who)
    return Hero(credit=_joined(who for who, _ in credits), credit_source=_joined(where for _, where in credits))


def _each_credit(who: str, where: str) -> list[tuple[str, str]]:
    """(who, where) of every picture one line credits, `Bo Li on Pixabay and Cy Du on Unsplash`."""
    credits = []
    while fellow := _FELLOW.fullmatch(where):
        credits.append((who.strip(" ,."), fellow["where"].strip(" ,.")))
        who, where = fellow["who"], fellow["others"]
    return [*credits, (who.strip(" ,."), where.strip(" ,."))]


def _is_credit(who: str, where: str) -> bool:
    is_on_site = bool({who.casefold(), where.casefold()} & _PICTURE_SITES)
    is_name = is_on_site or "." in who or not who[:1].islower()
    is_year = bool(re.match(r"(?:19|20)\d\d\b", who))
    return is_name and not is_year and max(len(who.split()), len(where.split())) <= _MAX_CREDIT_WORDS


def _joined(names: Iterable[str]) -> str:
    """`Bo Li, Ann Poe and Cy Du`, each once."""
    *others, last = dict.fromkeys(filter(None, names)) or [""]
    return f"{', '.join(others)} and {last}" if others else last


@dataclass(frozen=True, slots=True)
class AuthorSign:
    """A line that announces its author. `author` is None when it names nobody (`About the author`)."""

    author: Author | None
    is_certain: bool  # False: `About Panic Attacks` has the same shape; the lines below tell
    is_about: bool  # a paragraph on the author follows


def read_author_sign(line: str) -> AuthorSign | None:
    if len(line) > 150 or line.endswith("?"):
        return None
    if line.casefold().strip(" :") in _AUTHORSHIP:
        return AuthorSign(None, True, True)
    written = _WRITTEN.fullmatch(line)
    if written:
        people = read_people(written["who"])
        return AuthorSign(people[0], True, False) if people else None
    about = _ABOUT.fullmatch(line)
    return _read_about(about["rest"], bool(about["whose"])) if about else read_signature(line)


def read_signature(line: str) -> AuthorSign | None:
    """`– Jane Doe, LCSW` or `By Jane Doe, LCSW` on a line of its own, with the letters behind."""
    if len(line) > 80:
        return None
    person = read_person(re.sub(r"^[–—\s-]*(?:by\s+)?", "", line, flags=re.IGNORECASE))
    if person is None or not person.credentials or len(person.name.split()) < 2:
        return None
    return AuthorSign(person, False, True)


def _read_about(rest: str, has_determiner: bool) -> AuthorSign | None:
    role, words = _role_apart(rest.split()) if has_determiner else ("", rest)
    if has_determiner and not role and words[:1].islower() and " " in words:
        role, _, words = words.partition(" ")
    if role and not words:
        return AuthorSign(None, True, True)
    person = read_person(words)
    if person is None or (has_determiner and not role and not person.credentials):
        return None
    if person.role and not (person.practice or ROLE_WORDS & set(person.role.casefold().split())):
        person = replace(person, role="", practice=person.role)
    if has_determiner and not role:
        person = _without_unknown_role(person)
    elif role and not _AUTHORSHIP & set(role.casefold().split()) and not person.role:
        person = replace(person, role=role)
    return AuthorSign(person, bool(role or person.credentials), True)


_AUTHORSHIP = set(
    "author authors writer writers blogger contributor contributors autor autorin auteur auteure autora".split()
)


def _role_apart(words: list[str]) -> tuple[str, str]:
    """`Clinical Director Jane Doe` → the role, the rest."""
    count = 0
    while count < len(words) and words[count].casefold().strip(":,-–—") in ROLE_WORDS:
        count += 1
        if words[count - 1].endswith((":", ",", "-", "–", "—")):
            break
    rest = " ".join(words[count:]).lstrip(":,-–—| ")
    return " ".join(words[:count]).rstrip(":,-–—"), rest


def _without_unknown_role(person: Author) -> Author:
    """`About Our Herbalist Jane Doe, RN`: one word before a full name is what she does."""
    first, _, rest = person.name.partition(" ")
    if len(rest.split()) < 2:
        return person
    return replace(person, name=rest, role=person.role or first)


def read_bio_opening(bio: str) -> Author | None:
    """Whom a bio speaks of by its first words: `Jane Doe, LCSW, is a …`; None when they are no name."""
    match = re.match(
        r"(?P<who>.{3,80}?),?\s+(?:is|has|was|works|holds|specializes|specialises|provides|helps|earned|brings|"
        r"believes|lives|writes|teaches|sees|answers|runs|leads|offers|ist|arbeitet|schreibt|lebt|est|travaille|es|trabaja)\b",
        bio,
    )
    person = read_person(match["who"]) if match else None
    is_full = person is not None and len(person.name.split()) > 1 and is_person_name(person.name)
    return person if is_full else None


def is_bar(line: str) -> bool:
    return len(line) <= 100 and (bool(_BAR.fullmatch(line)) or is_noise(line))


def is_related_heading(line: str) -> bool:
    return len(line) <= 60 and bool(_RELATED.fullmatch(line))


def is_comments_heading(line: str) -> bool:
    return len(line) <= 80 and bool(_COMMENTS.fullmatch(line))


def read_topics(line: str) -> tuple[str, tuple[str, ...]] | None:
    """`Tags: sleep, calm` as ("tags", …), `Filed under: Sleep` as ("categories", …)."""
    if len(line) > 200 or line.endswith((".", "?", "!")):
        return None
    for name, pattern in (("tags", _TAGS), ("categories", _TOPICS)):
        match = pattern.fullmatch(line)
        values = split_list(match[1]) if match else ()
        if values and max(map(len, values)) <= MAX_TOPIC:
            return name, values
    return None


def read_all_topics(line: str) -> dict[str, tuple[str, ...]]:
    """What one line says of both: `Posted in Sleep, Calm Tagged evening, tea`."""
    first = read_topics(line)
    match = _TOPICS.fullmatch(line) if first else None
    second = read_topics(match["tags"]) if match and match["tags"] else None
    return dict(filter(None, (first, second)))
