"""The login names beside a post → the people who wrote it, and whether they are more than the site's admin."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from newsletter.content.people import read_people
from newsletter.content.sources.wordpress.site import Entry, Person, Site, one_line_of
from newsletter.content.words import MAX_NAME, address, paragraphs
from newsletter.model import Author

_NOBODY = frozenset(
    "admin administrator admins root wordpress wp wpadmin wp-admin webmaster web-master webadmin siteadmin "
    "site-admin superadmin editor editors editorial staff team office info blog blogger author contributor guest user "
    "website site marketing redaktion redakteur redaktionsteam verwaltung praxis rédaction redacción news "
    "newsletter support contact webteam".split()
)
_TEAM = re.compile(r"(?:the |das |our |unser )?(?:\S+ ){0,3}(?:team|staff|admin|administrator|redaktion|webmaster)\d*")
_ADDRESS = re.compile(r"\S+@\S+|(?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/?")


@dataclass(frozen=True, slots=True)
class Byline:
    authors: tuple[Author, ...] = ()
    is_weak: bool = False  # an author found in the page is the better one
    nobody: str = ""  # the name that is no person's


def read_byline(entry: Entry, site: Site) -> Byline:
    """Co-authors where a plugin keeps them, else the one who was logged in."""
    creators = [(_login(name, slug), name) for domain, slug, name in entry.terms if domain in ("author", "ppma_author")]
    people = [_find(site, login) or _find(site, name) or _unknown(name) for login, name in creators]
    if not any(people):
        creator = one_line_of(entry.get("dc:creator"))
        people = [_find(site, creator) or Person(creator)] if creator else []
    return _byline([person for person in people if person], site)


def _login(name: str, slug: str) -> str:
    return slug.removeprefix("cap-") or name


def _find(site: Site, login: str) -> Person | None:
    return site.people.get(one_line_of(login).casefold())


def _unknown(name: str) -> Person | None:
    """A term is named by a login or by the person; only the second is worth keeping when nothing else is known."""
    words = one_line_of(name)
    return Person(words, words) if " " in words else None


def _byline(people: list[Person], site: Site) -> Byline:
    named = [person for person in people if not _is_nobody(person.name, site)]
    if not named:
        return Byline(is_weak=True, nobody=people[0].name if people else "")
    is_weak = all(_is_nobody(person.login, site) or _is_login(person) for person in named)
    authors = tuple(author for person in named for author in _authors(person))
    return Byline(tuple(dict.fromkeys(authors)), is_weak)


def _is_nobody(name: str, site: Site) -> bool:
    plain = name.casefold().strip(" .")
    if not plain or plain == site.title.casefold().strip(" .") or plain.rstrip("0123456789") in _NOBODY:
        return True
    return bool(_TEAM.fullmatch(plain) or _ADDRESS.fullmatch(plain))


def _is_login(person: Person) -> bool:
    """`jdoe`: somebody's name for the machine."""
    return " " not in person.name and person.name.casefold() == person.login.casefold() and not person.name.istitle()


@lru_cache(maxsize=128)
def _authors(person: Person) -> tuple[Author, ...]:
    name = person.name[:MAX_NAME]
    authors = read_people(name) or (Author(name),)
    if len(authors) > 1:  # `Jane Doe and John Roe` share one login: its bio is neither's
        return authors
    return (replace(authors[0], bio=_bio(person.bio), url=_web_address(person.url), email=person.email),)


def _bio(markup: str) -> str:
    text = re.sub(r"<br\b[^<>]*>|\r\n?", "\n", markup)
    blocks = (one_line_of(block) for block in re.split(r"\n\s*\n|</p>", text))
    try:
        return paragraphs("\n\n".join(filter(None, blocks)))
    except ValueError:
        return ""


def _web_address(text: str) -> str:
    try:
        return address(text)
    except ValueError:
        return ""
