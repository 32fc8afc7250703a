"""What a Ghost post keeps of its body (HTML, else Lexical, else Mobiledoc, else text) → one piece of HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import Any

from newsletter.content.sources.exports.bodies import (
    body_html,
    first,
    link_paragraph,
    of_class,
    parse,
    remove,
    replace_by,
    words_in,
)
from newsletter.content.sources.markdown import html_of

GHOST_URL = "__GHOST_URL__"  # stands in an export for the address of its site
_MAX_DEPTH = 60

_FURNITURE = (
    "kg-signup-card kg-email-card kg-cta-card kg-audio-player-container kg-audio-thumbnail kg-video-overlay "
    "kg-video-player-container kg-file-card-icon kg-toggle-card-icon kg-product-card-rating"
).split()

# Lexical's format of a text is a sum of these.
_FORMATS = ((1, "strong"), (2, "em"), (4, "del"), (16, "code"), (32, "sub"), (64, "sup"))


def read_body(post: Mapping[str, Any], place: str) -> str:
    """The body as HTML, its own pictures by paths like `content/images/2024/tea.jpg`; empty when there is none.

    Raises SourceError, naming `place`, for a flood of tags.
    """
    html = _text(post, "html")
    if html.strip():
        return _without_cards(own_paths(html), place)
    for field, read in (("lexical", _lexical), ("mobiledoc", _mobiledoc)):
        found = own_paths(read(_tree(post, field)))
        if found.strip():
            return found
    plain = _text(post, "plaintext") or _text(post, "markdown")
    return html_of(plain) if plain.strip() else ""


def own_paths(html: str) -> str:
    """Addresses of the site itself as paths from its root."""
    return html.replace(f"{GHOST_URL}/", "").replace(GHOST_URL, "")


def _without_cards(html: str, place: str) -> str:
    if "kg-" not in html:
        return html
    tree = parse(html, place)
    remove(of_class(tree, *_FURNITURE))
    for card in of_class(tree, "kg-bookmark-card", "kg-file-card"):
        link = first(each for each in card.iter("a") if each.get("href"))
        heading = first(of_class(card, "kg-bookmark-title", "kg-file-card-title"))
        if link is not None:
            replace_by(card, link_paragraph(words_in(heading), link.get("href") or ""))
    for card in of_class(tree, "kg-audio-card", "kg-video-card"):
        media = first(each for each in card.iter("audio", "video") if each.get("src"))
        caption = first(of_class(card, "kg-audio-title")) if media is not None else None
        if media is not None:
            replace_by(card, link_paragraph(words_in(caption), media.get("src") or ""))
    return body_html(tree)


def _text(post: Mapping[str, Any], field: str) -> str:
    value = post.get(field)
    return value if isinstance(value, str) else ""


def _tree(post: Mapping[str, Any], field: str) -> dict[str, Any]:
    try:
        value = json.loads(_text(post, field) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _lexical(document: Mapping[str, Any]) -> str:
    return "".join(_node(document.get("root"), 0))


def _node(node: object, depth: int) -> Iterator[str]:
    if not isinstance(node, dict) or depth > _MAX_DEPTH:
        return
    kind = _text(node, "type").removeprefix("extended-")
    if kind in ("text", "linebreak", "tab"):
        yield _words(node) if kind == "text" else "<br>" if kind == "linebreak" else " "
    elif kind in _CARDS:
        yield _CARDS[kind](node)
    else:
        opening, closing = _tags(kind, node)
        yield opening
        for child in _list(node.get("children")):
            yield from _node(child, depth + 1)
        yield closing


def _words(node: Mapping[str, Any]) -> str:
    marks = node.get("format")
    html = escape(_text(node, "text"))
    for bit, tag in _FORMATS:
        if isinstance(marks, int) and marks & bit:
            html = f"<{tag}>{html}</{tag}>"
    return html


def _tags(kind: str, node: Mapping[str, Any]) -> tuple[str, str]:
    tag = {"paragraph": "p", "quote": "blockquote", "aside": "blockquote", "listitem": "li"}.get(kind, "")
    if kind == "heading":
        tag = _text(node, "tag") if _text(node, "tag") in ("h1", "h2", "h3", "h4", "h5", "h6") else "h2"
    elif kind == "list":
        tag = "ol" if _text(node, "listType") == "number" else "ul"
    elif kind in ("link", "autolink"):
        return f'<a href="{escape(_text(node, "url"))}">', "</a>"
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _image(card: Mapping[str, Any]) -> str:
    caption = _text(card, "caption")
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    alt = escape(_text(card, "alt"))
    return f'<figure><img src="{escape(_text(card, "src"))}" alt="{alt}">{below}</figure>'


def _gallery(card: Mapping[str, Any]) -> str:
    images = [_image(image) for image in _list(card.get("images")) if isinstance(image, dict)]
    caption = _text(card, "caption")
    return "".join(images) + (f"<p>{caption}</p>" if caption else "")


def _code(card: Mapping[str, Any]) -> str:
    return f"<pre><code>{escape(_text(card, 'code'))}</code></pre>"


def _link_card(card: Mapping[str, Any]) -> str:
    metadata = card.get("metadata") if isinstance(card.get("metadata"), dict) else {}
    names = (_text(card, "fileTitle"), _text(card, "title"), _text(metadata or {}, "title"), _text(card, "buttonText"))
    address = _text(card, "url") or _text(card, "src") or _text(card, "buttonUrl")
    words = next(filter(None, names), address)
    return f'<p><a href="{escape(address)}">{escape(words)}</a></p>' if address else ""


def _embed(card: Mapping[str, Any]) -> str:
    return _text(card, "html") or _link_card(card)


def _toggle(card: Mapping[str, Any]) -> str:
    return f"<h3>{_text(card, 'heading')}</h3>{_text(card, 'content')}"


_CARDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "image": _image,
    "gallery": _gallery,
    "html": lambda card: _text(card, "html"),
    "markdown": lambda card: html_of(_text(card, "markdown")),
    "card-markdown": lambda card: html_of(_text(card, "markdown")),
    "codeblock": _code,
    "code": _code,
    "callout": lambda card: f"<blockquote>{_text(card, 'calloutText')}</blockquote>",
    "toggle": _toggle,
    "bookmark": _link_card,
    "button": _link_card,
    "file": _link_card,
    "audio": _link_card,
    "video": _link_card,
    "embed": _embed,
    "horizontalrule": lambda card: "<hr>",
    "hr": lambda card: "<hr>",
    **dict.fromkeys(("signup", "email", "email-cta", "call-to-action", "paywall", "header"), lambda card: ""),
}

# Mobiledoc 0.3: sections are lists whose first number says what they are: 1 text, 2 picture, 3 list, 10 card.
_MARKUP_TAGS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "aside")


def _mobiledoc(document: Mapping[str, Any]) -> str:
    return "".join(_section(section, document) for section in _list(document.get("sections")))


def _section(section: object, document: Mapping[str, Any]) -> str:
    match section:
        case [1, str(tag), list(markers), *_]:
            name = tag.lower() if tag.lower() in _MARKUP_TAGS else "p"
            return f"<{name}>{_marked(markers, document)}</{name}>"
        case [2, str(address), *_]:
            return _image({"src": address})
        case [3, str(tag), list(items), *_]:
            name = "ol" if tag.lower() == "ol" else "ul"
            inner = (f"<li>{_marked(item, document)}</li>" for item in items if isinstance(item, list))
            return f"<{name}>{''.join(inner)}</{name}>"
        case [10, int(index), *_]:
            return _card(_at(document.get("cards"), index))
    return ""


def _card(card: object) -> str:
    match card:
        case [str(name), dict(payload), *_] if name in _CARDS:
            return _CARDS[name](payload)
    return ""


def _marked(markers: Iterable[object], document: Mapping[str, Any]) -> str:
    """Text with its marks: each piece opens some, by their number, and closes the last few."""
    out: list[str] = []
    is_open: list[str] = []
    for marker in markers:
        match marker:
            case [0, list(opened), int(closed), str(text), *_]:
                for index in opened:
                    tag, opening = _mark(_at(document.get("markups"), index))
                    out.append(opening)
                    is_open.append(tag)
                out.append(escape(text))
                for _ in range(min(max(closed, 0), len(is_open))):
                    tag = is_open.pop()
                    out.append(f"</{tag}>" if tag else "")
            case [1, *_]:
                out.append("<br>")  # an atom; Ghost has one, the soft return
    return "".join(out)


def _mark(markup: object) -> tuple[str, str]:
    match markup:
        case [str(tag), ["href", str(address), *_], *_] if tag.lower() == "a":
            return "a", f'<a href="{escape(address)}">'
        case [str(tag), *_] if tag.lower() in ("strong", "b", "em", "i", "code", "s", "sub", "sup"):
            return tag.lower(), f"<{tag.lower()}>"
    return "", ""


def _at(values: object, index: object) -> object:
    is_there = isinstance(values, list) and isinstance(index, int) and 0 <= index < len(values)
    return values[index] if is_there else None  # type: ignore[index]
