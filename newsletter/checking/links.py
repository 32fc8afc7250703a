"""Link rules: the reader can leave, can follow the call to action, and is told nothing to an outside host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.checking.finding import HTML_PART, TEXT_PART, CheckInput, Finding, Rule
from newsletter.hosts import is_loopback
from newsletter.rendering.slots import whole_link
from newsletter.rendering.views import own_domain

FAMILY = "links"

_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_LOADING = ("src", "background", "poster", "srcset", "data")
_STYLE_ADDRESS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s;]+)""", re.IGNORECASE)


def has_unsubscribe_link(subject: CheckInput) -> Iterator[Finding]:
    for rule, where in (("unsubscribe_html", HTML_PART), ("unsubscribe_text", TEXT_PART)):
        if not subject.unsubscribe_links(where):
            yield Finding(
                rule,
                FAMILY,
                "block",
                "There is no link to unsubscribe.",
                where,
                "Write {{ reader.unsubscribe_url }} in the look, in the HTML part as the href of a link.",
            )


def has_call_to_action(subject: CheckInput) -> Iterator[Finding]:
    address = subject.rendered.call_to_action_url
    if not address and subject.rendered.is_letter:
        return
    if not address:
        yield Finding(
            "call_to_action",
            FAMILY,
            "block",
            "The call to action leads nowhere.",
            "call to action",
            "Give it an address: newsletter calls-to-action set default --url …",
        )
    elif whole_link(address) not in subject.links:
        yield Finding(
            "call_to_action",
            FAMILY,
            "block",
            f"No link leads to the call to action, {address[:100]}.",
            HTML_PART,
            "Write {{ call_to_action.url }} as a href in the look; give a whole https, mailto or tel link.",
        )


def leads_somewhere(subject: CheckInput) -> Iterator[Finding]:
    """Links without an address, of a strange scheme, or read on the way by anyone."""
    for address in dict.fromkeys(subject.links):
        scheme, host = _scheme_and_host(address)
        if address.startswith("#") and len(address) > 1:
            continue
        if not address or address == "#":
            words, mend, rule = "A link leads nowhere.", "Give it an address or take it out.", "link_empty"
        elif scheme not in _SCHEMES:
            words = f"Many mail programs will not open the link {address[:100]}."
            mend, rule = "Use https, mailto or tel.", "link_scheme"
        elif scheme == "http" and not is_loopback(host):
            words = f"The link {address[:100]} goes without encryption."
            mend, rule = "Use https where the site has it.", "link_insecure"
        else:
            continue
        yield Finding(rule, FAMILY, "warn", words, HTML_PART, mend)


def loads_nothing_from_outside(subject: CheckInput) -> Iterator[Finding]:
    for address in dict.fromkeys(_loaded(subject)):
        if not _is_own(address, subject):
            yield Finding(
                "outside_host",
                FAMILY,
                "block",
                f"Opening the mail would load {address[:100]}.",
                HTML_PART,
                "Put the file under media/, so that no third party sees who reads.",
            )


def _loaded(subject: CheckInput) -> Iterator[str]:
    for element in subject.document.iter():
        if not isinstance(element.tag, str):
            continue
        for name in _LOADING:
            if value := element.get(name, "").strip():
                yield value
        if element.tag == "link":
            yield element.get("href", "").strip()
    # As text, because Outlook's conditions are comments to a parser.
    yield from (found[1] for found in _STYLE_ADDRESS.finditer(subject.html))


def _is_own(address: str, subject: CheckInput) -> bool:
    if address.startswith((subject.rendered.media_base_url.rstrip("/") + "/", "data:", "cid:")):
        return True
    scheme, host = _scheme_and_host(address)
    domain = own_domain(subject.newsletter).lower()
    return scheme == "https" and bool(domain) and f".{host}".endswith(f".{domain}")


def _scheme_and_host(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        return parts.scheme.lower(), (parts.hostname or "").lower()
    except ValueError:  # an address with broken brackets
        return "", ""


RULES: tuple[Rule, ...] = (
    has_unsubscribe_link,
    has_call_to_action,
    leads_somewhere,
    loads_nothing_from_outside,
)
