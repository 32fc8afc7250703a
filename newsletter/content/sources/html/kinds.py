"""A page that holds no article → what it seems to be: a login, a cookie wall, an error, a list of articles, nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from newsletter.content.sources.html.body import Found
from newsletter.content.sources.html.data import PageData
from newsletter.content.sources.html.facts import Head, absolute
from newsletter.content.sources.html.places import names_of, text_of
from newsletter.content.sources.html.tree import Element
from newsletter.errors import SourceError

_FEW = 1_500  # letters of text that is no article yet
_ENOUGH_BESIDE_A_LOGIN = 300  # characters
_TEASERS = 3  # so many headings that lead elsewhere make a list
_ERROR = re.compile(
    r"(?:.*\b(?:error|fehler|erreur)\b\W*)?\b(?:404|410|403|500|503)\b.*"
    r"|.*\b(?:page|seite|page non|página)\b.{0,20}\b(?:not found|nicht gefunden|introuvable|trouvée|no encontrada)\b.*"
    r"|(?:not found|nothing found|access denied|forbidden|service unavailable|oops\W.*)(?:\W.*)?",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(?:log[ -]?in|sign[ -]?in|anmelden|anmeldung|einloggen|connexion|iniciar sesión|password|passwort)\b",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"\b(?:cookies?|consent|einwilligung|datenschutz|privacy choices|your privacy)\b", re.IGNORECASE)
_SCRIPT = re.compile(
    r"\b(?:enable|activate|requires?|turn on|aktivieren\w*)\b.{0,40}\bjava ?script\b|\bjava ?script\b.{0,40}"
    r"\b(?:disabled|required|enable|aktivier)",
    re.IGNORECASE,
)
_CHECK = re.compile(
    r"\b(?:checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|just a moment|captcha)\b", re.IGNORECASE
)


def refuse_other_pages(root: Element, found: Found, head: Head, data: PageData, base_url: str, source: str) -> None:
    """Raises SourceError, in words that say what the page seems to be, when it holds no single article."""
    is_short = found.total < _FEW
    title = head.title or _first_heading(root)
    said = " ".join([title, _first_heading(root), *(run.text for run in found.runs[:200])])[:20_000]
    if is_short and (_ERROR.fullmatch(title) or _ERROR.fullmatch(_first_heading(root))):
        raise SourceError(source, f"this is an error page: {title[:100]!r}")
    if is_short and _CHECK.search(said):
        raise SourceError(source, "this is a page that checks for robots, not an article")
    if is_short and _asks_for_password(root) and _LOGIN.search(said) and not _has_text_outside_forms(found):
        raise SourceError(source, "this is a login page: the article can only be read after logging in")
    _refuse_list(root, found, head, data, base_url, source)
    if is_short and not data.article and _is_mostly(_COOKIES, found):
        raise SourceError(source, "this is a cookie wall: the page shows its article only after consent")
    if not any(run.text for run in found.runs) and root.find(".//img") is None:
        raise SourceError(source, "the page is empty")
    if (
        is_short
        and _SCRIPT.search(said)
        and not any(run.is_long and not _SCRIPT.search(run.text) for run in found.runs)
    ):
        raise SourceError(source, "the page shows its text only to a browser that runs its scripts")


def _first_heading(root: Element) -> str:
    return next((text_of(heading) for heading in root.iter("h1", "h2")), "")


def _asks_for_password(root: Element) -> bool:
    return any(field.get("type", "").lower() == "password" for field in root.iter("input"))


def _has_text_outside_forms(found: Found) -> bool:
    outside = (run for run in found.runs if run.is_long and all(up.tag != "form" for up in run.block.iterancestors()))
    return sum(len(run.text) for run in outside) > _ENOUGH_BESIDE_A_LOGIN


def _is_mostly(pattern: re.Pattern[str], found: Found) -> bool:
    runs = [run for run in found.runs if run.is_long]
    return bool(runs) and sum(len(run.text) for run in runs if pattern.search(run.text)) * 2 > sum(
        len(run.text) for run in runs
    )


def _refuse_list(root: Element, found: Found, head: Head, data: PageData, base_url: str, source: str) -> None:
    count = _count_articles(root, found, data, head)
    if not count:
        return
    feed = next((address for place in head.feeds() if (address := absolute(place, base_url) or place)), "")
    instead = "name them one by one" + (f" or use its feed {feed}" if feed else "")
    raise SourceError(source, f"this is a list of {count} articles, not one: {instead}")


def _count_articles(root: Element, found: Found, data: PageData, head: Head) -> int:
    """How many articles a page lists; 0 when it holds one."""
    if data.article.get("headline") or head.meta("og:type").lower() == "article":
        return 0
    entries = {holder: address for holder, address in _entries(root) if holder is not None}
    count = len(set(entries.values()))
    if count < _TEASERS:
        return 0
    largest = max(found.weights[holder] for holder in entries)
    inside = sum(found.weights[holder] for holder in entries if not any(up in entries for up in holder.iterancestors()))
    total = found.total or 1
    # A single article with a list below it holds most of its text outside of the list, or in one entry.
    return count if largest * 2 < total and (inside * 2 > total or data.is_list or _is_home(root)) else 0


def _is_home(root: Element) -> bool:
    body = root.find("body")
    return body is not None and bool({"blog", "home", "archive", "category"} & set(names_of(body)))


def _entries(root: Element) -> list[tuple[Element | None, str]]:
    """Each heading that leads to a page of the same site, with the element that holds its teaser."""
    entries = []
    for heading in root.iter("h1", "h2", "h3", "h4"):
        link = heading.find(".//a")
        if link is None:
            link = next((place for place in heading.iterancestors() if place.tag == "a"), None)
        href = (link.get("href") or "").partition("#")[0] if link is not None else ""
        if (
            href
            and _is_web(href)
            and not any(place.tag in ("nav", "footer", "aside") for place in heading.iterancestors())
        ):
            entries.append((_holder(heading), href))
    return entries


def _is_web(href: str) -> bool:
    try:
        return urlsplit(href).scheme in ("", "http", "https")
    except ValueError:
        return False


def _holder(heading: Element) -> Element | None:
    """The largest element around a heading that holds no other one."""
    holder = heading
    for place in heading.iterancestors():
        if place.tag in ("body", "html") or sum(1 for _ in place.iter("h1", "h2", "h3", "h4")) > 1:
            return holder
        holder = place
    return holder
