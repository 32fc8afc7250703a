"""Content rules: a subject, and nothing of the machinery left in what readers see."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.finding import HTML_PART, TEXT_PART, CheckInput, Finding, Rule
from newsletter.rendering.slots import ANY_MARKER

FAMILY = "content"


def has_subject(subject: CheckInput) -> Iterator[Finding]:
    if not subject.rendered.subject.strip():
        yield Finding(
            "subject",
            FAMILY,
            "block",
            "The subject is empty.",
            "subject",
            "Give the article a title.",
        )


def has_text(subject: CheckInput) -> Iterator[Finding]:
    if not subject.text.strip():
        yield Finding(
            "text_part",
            FAMILY,
            "block",
            "The text part is empty.",
            TEXT_PART,
            "Mend the look's issue.txt.j2.",
        )


def has_no_left_over_syntax(subject: CheckInput) -> Iterator[Finding]:
    """Template syntax that the look itself left; what stands in an article is the author's and stays."""
    for left in subject.rendered.leftovers:
        where, _, syntax = left.partition(": ")
        yield Finding(
            "left_over_syntax",
            FAMILY,
            "block",
            f"Template syntax is left over: {syntax}",
            where,
            "Write it in the look so that it is filled in, or take it out.",
        )


def has_no_left_over_marker(subject: CheckInput) -> Iterator[Finding]:
    for where, part in ((HTML_PART, subject.html), (TEXT_PART, subject.text)):
        if ANY_MARKER.search(part):
            yield Finding(
                "left_over_slot",
                FAMILY,
                "block",
                "A value was not filled in.",
                where,
                "Take away the filter that changes a finished piece of the look.",
            )


RULES: tuple[Rule, ...] = (has_subject, has_text, has_no_left_over_syntax, has_no_left_over_marker)
