"""Anyone's HTML → the same without floods of tags: no deeper and no wider than a parser can follow quickly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.content.cleaning.allowed import (
    ALLOWED,
    BOUNDARIES,
    EMBEDDED,
    GONE_WITH_CONTENT,
    INLINE,
    RENAMED,
    TABLE_PARTS,
    VOID,
)

MAX_TAGS = 200_000
_MAX_DEPTH = 60  # nh3 needs 14 s for 100,000 nested divs
_MAX_TAG_LENGTH = 8_192
_MAX_BROKEN_TAGS = 1_000  # each costs a search of _MAX_TAG_LENGTH
_MAX_FALLBACK = 8_192  # what a noscript may hold
_KNOWN = ALLOWED | set(RENAMED) | BOUNDARIES | EMBEDDED | {"span", "form", "nav", "q", "source"}

# A tag as the HTML standard reads it (13.2.5.6 to 13.2.5.40): a `>` inside a quoted value does not end it.
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]{0,30}+)(?P<attributes>(?:[\s/]++|[^\s/>][^\s/>=]*+"
    r"(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+|(?=>)))?+)*+)>"
)
_COMMENT_END = re.compile("--!?>")


def bounded(html: str) -> str:
    """`html` without what an article never keeps, nested at most 60 deep; its words stay."""
    open_tags = _OpenTags()
    return "".join(token.text for token in _tokens(html) if not token.tag or open_tags.allows(token))


class _Token(NamedTuple):
    text: str  # as it stands in the source
    tag: str = ""  # empty for text
    is_end: bool = False
    attributes: str = ""


def _tokens(html: str) -> Iterator[_Token]:
    """Text and tags in order; comments, and what cannot be shown with its content, are passed over."""
    at = broken = 0
    while at < len(html):
        opening = html.find("<", at)
        if opening < 0 or broken > _MAX_BROKEN_TAGS:
            yield _Token(html[at:].replace("<", "&lt;"))
            return
        if opening > at:
            yield _Token(html[at:opening])
        match = _TAG.match(html, opening, opening + _MAX_TAG_LENGTH)
        if match is None:
            at = _after_markup(html, opening)
            if at == opening:
                broken += 1
                at += 1
                yield _Token("&lt;")
            continue
        token = _Token(match[0], match["name"].lower(), bool(match["end"]), match["attributes"])
        at = match.end()
        if token.tag in ("iframe", "noscript"):
            at, token = _with_raw_content(html, at, token)
        elif token.tag in GONE_WITH_CONTENT:
            at = at if token.is_end else _after_content(html, at, token)
            continue
        yield token


def _after_markup(html: str, opening: int) -> int:
    """Where a comment or declaration that starts at `opening` ends; `opening` itself when there is none."""
    if html.startswith("<!--", opening):
        end = _COMMENT_END.search(html, opening + 2)
        return end.end() if end else len(html)
    if html[opening + 1 : opening + 2] in ("!", "?", "/") and html[opening + 2 : opening + 3].strip():
        end_at = html.find(">", opening)
        return end_at + 1 if end_at >= 0 else len(html)
    return opening


def _after_content(html: str, at: int, token: _Token) -> int:
    if token.tag in ("svg", "math") and token.attributes.endswith("/"):
        return at
    end = _end_of(token.tag).search(html, at)
    return end.end() if end else len(html)


def _with_raw_content(html: str, at: int, token: _Token) -> tuple[int, _Token]:
    """A parser reads no tags inside these: they are passed on as one token, their content only if it is short."""
    if token.is_end:
        return at, _Token("")
    end = _end_of(token.tag).search(html, at)
    content = html[at : end.start()] if end and token.tag == "noscript" else ""
    kept = content if len(content) <= _MAX_FALLBACK else ""
    return (end.end() if end else len(html)), token._replace(text=f"{token.text}{kept}</{token.tag}>")


def _end_of(tag: str) -> re.Pattern[str]:
    return re.compile(f"</{tag}(?=[\\s/>])[^>]*>", re.IGNORECASE)


@dataclass(slots=True)
class _OpenTags:
    """Which tags a parser would hold open; refuses those that would make it slow."""

    nested: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    inline: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    def allows(self, token: _Token) -> bool:
        self.seen += 1
        if self.seen > MAX_TAGS or token.tag not in _KNOWN:
            return False
        tag = RENAMED.get(token.tag, token.tag)
        if tag in INLINE:
            return self._allows_inline(tag, token.is_end)
        # A parser closes these by itself, or holds them only inside a table, which is counted.
        if tag in VOID or tag in TABLE_PARTS or tag in ("p", "source", "iframe", "noscript"):
            return True
        return self._closes(tag) if token.is_end else self._opens(tag)

    def _allows_inline(self, tag: str, is_end: bool) -> bool:
        # Emphasis inside emphasis says nothing, and unclosed ones are opened again in every block.
        # A link closes the one before it.
        self.inline[tag] = max(0, self.inline[tag] + (-1 if is_end else 1))
        return tag == "a" or self.inline[tag] == (0 if is_end else 1)

    def _opens(self, tag: str) -> bool:
        if self.nested and _closes_by_opening(self.nested[-1], tag):
            self.nested.pop()
        if len(self.nested) >= _MAX_DEPTH:
            self.refused[tag] += 1
            return False
        self.nested.append(tag)
        return True

    def _closes(self, tag: str) -> bool:
        if self.refused[tag]:
            self.refused[tag] -= 1
            return False
        for index in range(len(self.nested) - 1, -1, -1):
            if self.nested[index] == tag:
                del self.nested[index:]
                return True
            if self.nested[index] == "table":
                return False
        return False


def _closes_by_opening(before: str, tag: str) -> bool:
    return any({before, tag} <= together for together in ({"li"}, {"dt", "dd"}, {"h2", "h3"}))
