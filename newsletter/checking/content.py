"""Content rules: a subject of a good length, every picture there, no licence about to end, no machinery left."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.finding import HTML_PART, TEXT_PART, CheckInput, Finding, Rule
from newsletter.content.licences import ending_licence, renew_command
from newsletter.rendering.slots import ANY_MARKER

FAMILY = "content"

SUBJECT_LONG, SUBJECT_TOO_LONG = 150, 250
"""Characters. A telephone shows about 40 of them, and no mail program all of 250."""


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


def has_short_subject(subject: CheckInput) -> Iterator[Finding]:
    length = len(subject.rendered.subject.strip())
    if length > SUBJECT_LONG:
        limit = SUBJECT_TOO_LONG if length > SUBJECT_TOO_LONG else SUBJECT_LONG
        yield Finding(
            "subject_length",
            FAMILY,
            "block" if length > SUBJECT_TOO_LONG else "warn",
            f"The subject has {length:,} characters, more than {limit}: mail programs show only its beginning.",
            "subject",
            "Shorten the title: newsletter articles edit SLUG --set title=…",
        )


def has_its_pictures(subject: CheckInput) -> Iterator[Finding]:
    """A picture that is gone, and one that is left out because a third party would see who reads."""
    for path in subject.missing_media:
        yield Finding(
            "missing_picture",
            FAMILY,
            "block",
            f"The picture {path[:100]} is not in the home: readers would see an empty frame.",
            HTML_PART,
            "Put the file there, or name another: newsletter articles edit SLUG --set hero.src=media/…",
        )
    for source in subject.rendered.dropped_pictures:
        yield Finding(
            "dropped_picture",
            FAMILY,
            "warn",
            f"The picture {source[:100]} is not shown: it lies neither under media/ nor on the newsletter's own site.",
            HTML_PART,
            "Copy it into the home's media/ and name it: newsletter articles edit SLUG --set hero.src=media/…",
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


def has_authors_with_a_licence(subject: CheckInput) -> Iterator[Finding]:
    for author in subject.authors:
        if subject.day is not None and (words := ending_licence(author, subject.day)):
            yield Finding(
                "licence",
                FAMILY,
                "warn",
                f"{words[0].upper()}{words[1:]}.",
                author.name,
                f"Once it is renewed: {renew_command(author)}",
            )


ABOUT_THE_ARTICLE: tuple[Rule, ...] = (has_subject, has_short_subject, has_its_pictures)
"""What another article would mend; they ask nothing of the filled copy."""

RULES: tuple[Rule, ...] = (
    *ABOUT_THE_ARTICLE,
    has_text,
    has_no_left_over_syntax,
    has_no_left_over_marker,
    has_authors_with_a_licence,
)
