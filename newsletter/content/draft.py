"""What one source says of one article, before the library has seen it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from newsletter.model import Author, CallToAction, Guess, Hero, Season
from newsletter.states import ArticleStatus

MAX_SLUG = 80  # characters

# Letters that do not come apart into an ASCII letter and an accent.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ħ": "h",
        "\u0131": "i",
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """Empty strings and tuples are unknown; `notes` say in words what was not found or left out."""

    title: str
    body_html: str  # cleaned
    slug: str = ""  # empty: made from the title
    subtitle: str = ""
    summary: str = ""
    published: date | None = None
    updated: date | None = None
    language: str = ""
    status: ArticleStatus = ArticleStatus.READY
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()  # with only what the source knows of them
    hero: Hero | None = None
    call_to_action: CallToAction | None = None
    source_url: str = ""
    seasons: tuple[Season, ...] = ()
    not_before: date | None = None
    expires: date | None = None
    review_by: date | None = None
    priority: int = 0
    evergreen: bool = False
    is_settled: bool = False  # it tells its slug and its status, as our own export does: a person decided on it
    page_url: str = ""  # the whole body is to be had there: the source has none, or only how it begins
    guesses: tuple[Guess, ...] = ()
    notes: tuple[str, ...] = ()


def explain_guess(guess: Guess) -> str:
    """`title: A Walk (line 3)`, on one line."""
    place = "" if guess.line is None else f" (line {guess.line})"
    return f"{guess.field}: {' '.join(guess.value.split())}{place}"


def slug_from(title: str) -> str:
    """An ASCII name for addresses: lower case, hyphens, at most 80 characters, always with a letter."""
    plain = unicodedata.normalize("NFKD", title.casefold().translate(_LETTERS))
    bare = "".join(char for char in plain if not unicodedata.combining(char) and char not in "'’‘`")
    slug = _cut("-".join(re.findall(r"[a-z0-9]+", bare)), MAX_SLUG)
    if re.search("[a-z]", slug):
        return slug
    if slug and not any(char.isalpha() for char in title):
        return f"article-{_cut(slug, MAX_SLUG - len('article-'))}"
    # Nothing of a title in another script survives: a name that is the same at every import.
    return f"article-{hashlib.sha256(title.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _cut(slug: str, length: int) -> str:
    if len(slug) <= length:
        return slug
    kept, hyphen, _ = slug[: length + 1].rpartition("-")
    return kept if hyphen else slug[:length]


def day_from_file_name(source: str) -> date | None:
    """The day Jekyll has in the name of a post, `posts/2024-03-03-calm-evenings.md`; None when there is none."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[-_ ]", PurePosixPath(source.replace("\\", "/")).name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def title_from_file_name(source: str) -> str:
    """`posts/2024-03-03-calm-evenings.md` → `Calm evenings`; empty when the name says nothing."""
    name = PurePosixPath(source.replace("\\", "/")).stem
    words = re.sub(r"[\s_-]+", " ", re.sub(r"^\d{4}-\d\d-\d\d[-_ ]", "", name)).strip()
    if not any(char.isalpha() for char in words):
        return ""
    return words[0].upper() + words[1:]
