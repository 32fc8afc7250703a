"""Markdown, with or without front matter → the draft it describes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from newsletter.content.bodies import with_body
from newsletter.content.cleaning import clean, cleaned
from newsletter.content.cleaning.links import kept_link
from newsletter.content.draft import Draft, day_from_file_name, title_from_file_name
from newsletter.content.sources.markdown.front_matter import split_front_matter
from newsletter.content.sources.markdown.habits import draft_of
from newsletter.content.sources.markdown.tags import without_tags
from newsletter.content.words import MAX_TITLE, one_line
from newsletter.errors import SourceError
from newsletter.model import Guess

MAX_MARKDOWN = 300_000  # characters; the parser's memory for the worst of them stays below 300 MB
_MAX_NESTING = 100  # quotes and lists within each other
_MAX_BRACKETS = 20_000  # the parser needs 3 s for so many that nothing closes

_PICTURE_IN_TEXT = re.compile(r"data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=]*+")


def read_markdown(text: str, source: str, as_it_is: bool = False) -> Draft:
    """CommonMark with tables, footnotes and strikethrough, below YAML, TOML, JSON or no front matter.

    What a site adds at the end of an article is lifted, but not `as_it_is`, nor from a file that our own export wrote.

    Raises SourceError, with field and line, for front matter that cannot be read.
    """
    fields, body, body_line = split_front_matter(text, source)
    draft, notes = draft_of(fields)
    body = _PICTURE_IN_TEXT.sub("", body)
    _check_size(body, source)
    body, removed = without_tags(body)
    title, body_html, guesses, left_out = _read_body(body, draft, body_line, source)
    if draft.published is None and (day := day_from_file_name(source)) is not None:
        draft = replace(draft, published=day)
        guesses.append(Guess("published", day.isoformat(), None))
    draft = replace(draft, title=title, guesses=tuple(guesses))
    draft = _as_it_is(draft, body_html) if as_it_is or draft.is_settled else with_body(draft, body_html)
    return replace(draft, notes=(*_not_found(draft), *notes, *removed, *left_out, *draft.notes))


def _as_it_is(draft: Draft, body_html: str) -> Draft:
    body = cleaned(body_html)
    return replace(draft, body_html=body.html, notes=body.notes())


def _check_size(body: str, source: str) -> None:
    if len(body) > MAX_MARKDOWN:
        raise SourceError(source, f"the Markdown has {len(body):,} characters; at most {MAX_MARKDOWN:,} are read")
    if body.count("[") > _MAX_BRACKETS:
        raise SourceError(source, f"the Markdown has more than {_MAX_BRACKETS:,} opening brackets")


def html_of(body: str) -> str:
    """The cleaned HTML of a body without front matter, as `read_markdown` reads it below a title."""
    body, _ = without_tags(body)
    env: dict[str, Any] = {}
    return clean(_rendered(_parser().parse(body, env), env))


def _rendered(tokens: Sequence[Token], env: dict[str, Any]) -> str:
    _tighten_notes(tokens)
    parser = _parser()
    return str(parser.renderer.render(tokens, parser.options, env))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    # Notes within the text, `^[so]`, are neither Hugo's nor Jekyll's, and are parsed by recursion.
    parser.use(footnote_plugin, inline=False)
    parser.add_render_rule("footnote_ref", _footnote_number)
    for name, html in _NOTES.items():
        parser.add_render_rule(name, lambda *_, html=html: html)
    return parser


# A mail cannot jump back: numbers, and a list of the notes at the end.
_NOTES = {
    "footnote_block_open": "<hr>\n<ol>\n",  # or a list that ends the article would run on into the notes
    "footnote_block_close": "</ol>\n",
    "footnote_open": "<li>",
    "footnote_close": "</li>\n",
    "footnote_anchor": "",
}


def _footnote_number(_: object, tokens: Sequence[Token], index: int, *__: object) -> str:
    return f"<sup>{tokens[index].meta['id'] + 1}</sup>"


def _tighten_notes(tokens: Sequence[Token]) -> None:
    """A note of one paragraph is an item without one."""
    opening, paragraphs = 0, 0
    for index, token in enumerate(tokens):
        if token.type == "footnote_open":
            opening, paragraphs = index, 0
        elif token.type == "paragraph_open":
            paragraphs += 1
        elif token.type == "footnote_close" and paragraphs == 1:
            for within in tokens[opening:index]:
                within.hidden = within.hidden or within.type in ("paragraph_open", "paragraph_close")


def _read_body(body: str, draft: Draft, first_line: int, source: str) -> tuple[str, str, list[Guess], list[str]]:
    """The title, the body without it, what was guessed on the way, and notes on what was left out."""
    title = draft.title
    env: dict[str, Any] = {}
    tokens = _parser().parse(body, env)
    _check_nesting(tokens, first_line, source)
    if draft.source_url:
        _resolve_links(tokens, draft.source_url)
    guesses: list[Guess] = []
    heading = _first_h1(tokens)
    if heading is not None:
        words, place = _words_of(tokens[heading + 1]), tokens[heading].map
        if not title and words:
            line = first_line + place[0] if place else None
            _check_title(words, source, line)
            guesses.append(Guess("title", words, line))
        if words and (not title or words.casefold() == title.casefold()):
            title = title or words
            del tokens[heading : heading + 3]
    if not title:
        title = title_from_file_name(source)
        if title:
            guesses.append(Guess("title", title, None))
    return title, _rendered(tokens, env), guesses, _lost_notes(env)


def _resolve_links(tokens: Sequence[Token], page: str) -> None:
    """Links alone: pictures lie beside the file, and another Markdown file has an address that only the site knows."""
    links = (child for token in tokens for child in token.children or () if child.type == "link_open")
    for link in links:
        href = str(link.attrGet("href") or "")
        if not href.partition("#")[0].endswith(".md") and (address := kept_link(href, page)):
            link.attrSet("href", address)


def _lost_notes(env: dict[str, Any]) -> list[str]:
    refs = env.get("footnotes", {}).get("refs", {})
    lost = sum(number < 0 for number in refs.values())
    return [f"{lost} {'footnotes' if lost > 1 else 'footnote'} that nothing refers to left out"] if lost else []


def _check_title(words: str, source: str, line: int | None) -> None:
    try:
        one_line(words, MAX_TITLE)
    except ValueError as error:
        raise SourceError(source, f"the title {error}", line) from None


def _check_nesting(tokens: Sequence[Token], first_line: int, source: str) -> None:
    """The parser silently drops what is nested deeper than its bound: better refused than cut short."""
    for token in tokens:
        if token.level >= _MAX_NESTING - 1:
            line = first_line + token.map[0] if token.map else None
            raise SourceError(source, f"the Markdown is nested deeper than {_MAX_NESTING - 1}", line)


def _first_h1(tokens: Sequence[Token]) -> int | None:
    openings = (index for index, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1")
    return next(openings, None)


def _words_of(inline: Token) -> str:
    parts = ((child.content or " ") for child in inline.children or () if child.type != "html_inline")
    words = "".join(part if part.strip() else " " for part in parts)
    return " ".join(words.split())


def _not_found(draft: Draft) -> tuple[str, ...]:
    absent = (
        ("title", draft.title),
        ("date", draft.published),
        ("author", draft.authors),
        ("body", draft.body_html),
    )
    return tuple(f"no {name} found" for name, value in absent if not value)
