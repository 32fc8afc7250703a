"""Access rules: everybody can read it, hear it read, and see who sent it and from where."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.finding import HTML_PART, TEXT_PART, CheckInput, Finding, Rule

FAMILY = "access"

_SPACES = re.compile(r"\s+")


def has_postal_address(subject: CheckInput) -> Iterator[Finding]:
    """The law of many countries asks for it in every commercial mail (CAN-SPAM, 15 U.S.C. 7704(a)(5))."""
    lines = [line.strip() for line in subject.newsletter.postal_address.splitlines() if line.strip()]
    if not lines:
        yield Finding(
            "postal_address",
            FAMILY,
            "block",
            "The newsletter has no postal address.",
            "config.toml",
            "Set postal_address under [newsletter].",
        )
        return
    for where, part in ((HTML_PART, subject.document.text_content()), (TEXT_PART, subject.text)):
        shown = _SPACES.sub(" ", part)
        if not all(_SPACES.sub(" ", line) in shown for line in lines):
            yield Finding(
                "postal_address",
                FAMILY,
                "block",
                "The postal address is not shown.",
                where,
                "Write {{ newsletter.postal_address }} in the look, line by line.",
            )


def has_from_address(subject: CheckInput) -> Iterator[Finding]:
    if not subject.newsletter.from_address.strip():
        yield Finding(
            "from_address",
            FAMILY,
            "block",
            "The newsletter has no from address.",
            "config.toml",
            'Set from_address under [newsletter], as "Name <address>".',
        )


def has_language(subject: CheckInput) -> Iterator[Finding]:
    # MJML writes "und" where a look says nothing.
    if subject.document.get("lang", "").strip() in ("", "und"):
        yield Finding(
            "language",
            FAMILY,
            "warn",
            "The page does not say its language, so it may be read aloud in a wrong one.",
            HTML_PART,
            'Write <mjml lang="{{ newsletter.language }}"> in the look.',
        )


def has_alternative_texts(subject: CheckInput) -> Iterator[Finding]:
    for number, image in enumerate(subject.document.iter("img"), start=1):
        if image.get("alt", "").strip() or image.get("aria-hidden") == "true":
            continue
        yield Finding(
            "alternative_text",
            FAMILY,
            "warn",
            f"Picture {number} says nothing to those who cannot see it: {image.get('src', '')[:100]}",
            HTML_PART,
            "Say in the article, in a few words, what the picture shows.",
        )


RULES: tuple[Rule, ...] = (has_from_address, has_postal_address, has_language, has_alternative_texts)
