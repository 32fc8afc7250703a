"""Size rules: nothing that a mail program clips, nothing that a telephone waits for."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.finding import HTML_PART, CheckInput, Finding, Rule
from newsletter.rendering.page import HTML_LIMIT

FAMILY = "size"

MESSAGE_LIMIT = 500_000
"""Bytes."""


def html_is_not_clipped(subject: CheckInput) -> Iterator[Finding]:
    size = len(subject.html.encode("utf-8", "replace"))
    if size > HTML_LIMIT:
        yield Finding(
            "html_size",
            FAMILY,
            "block",
            f"{size:,} bytes of HTML: Gmail clips what is over {HTML_LIMIT:,}, the link to unsubscribe too.",
            HTML_PART,
            "Make the look or a reader's attributes shorter.",
        )


def message_is_light(subject: CheckInput) -> Iterator[Finding]:
    parts = len(subject.html.encode("utf-8", "replace")) + len(subject.text.encode("utf-8", "replace"))
    size = subject.message_size or parts
    if size > MESSAGE_LIMIT:
        yield Finding(
            "message_size",
            FAMILY,
            "warn",
            f"The message has {size:,} bytes, more than {MESSAGE_LIMIT:,}.",
            "message",
            "Make the article or the look shorter, or the pictures that travel with it smaller.",
        )


RULES: tuple[Rule, ...] = (html_is_not_clipped, message_is_light)
