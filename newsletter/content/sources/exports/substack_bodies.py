"""The HTML of a Substack post → its article alone, without what asks readers to subscribe, share or pay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from newsletter.content.sources.exports.bodies import (
    first,
    link_paragraph,
    new_element,
    of_class,
    parse,
    remove,
    replace_by,
    words_in,
)

_FURNITURE = (
    "subscription-widget-wrap subscription-widget-wrap-editor subscription-widget subscribe-widget subscribe-footer "
    "captioned-button-wrap paywall paywall-cta poll-embed community-chat install-substack-app-embed directMessage "
    "image-link-expand header-anchor-parent footnote-hovercard comment post-ufi preamble fake-signup audio-player "
    "sponsorship-campaign-embed recipe-gift"
).split()
# Where a button leads that asks for something Substack does.
_OWN_BUTTON = re.compile(r"action=share|gift=true|/subscribe\b|/comments?\b|/leaderboard|%%\w+%%|open\.substack\.com")


def read_body(html: str, place: str, notes: list[str]) -> HtmlElement:
    """The element that holds the article. Raises SourceError, naming `place`, for a flood of tags."""
    tree = parse(html, place)
    found = tree.find("body")
    body = tree if found is None else found
    if of_class(body, "paywall-jump"):
        notes.append("part of it stands behind a paywall on Substack")
    remove(of_class(body, "paywall-jump"))
    _remove_furniture(body)
    for gallery in of_class(body, "image-gallery-embed"):
        replace_by(gallery, *_pictures(_attributes(gallery)))
    for embedded in of_class(body, "digest-post-embed", "embedded-post-wrap", "embedded-publication-wrap"):
        post = _attributes(embedded)
        address = _text(post, "canonical_url") or _text(post, "url") or _text(post, "base_url")
        replace_by(
            embedded, *([link_paragraph(_text(post, "title") or _text(post, "name"), address)] if address else [])
        )
    for quoted in of_class(body, "tweet"):
        _keep_words(quoted)
    _gather_footnotes(body)
    return body


def _remove_furniture(body: HtmlElement) -> None:
    for button in of_class(body, "button-wrapper", "captioned-button-wrap"):
        links = [link.get("href") or "" for link in button.iter("a")]
        is_own = "captioned-button-wrap" in (button.get("class") or "") or not links
        if is_own or all(_OWN_BUTTON.search(link) for link in links):
            remove([button])
    remove(of_class(body, *_FURNITURE))


def _attributes(element: HtmlElement) -> dict[str, Any]:
    """What an embedded thing says of itself, as JSON in an attribute."""
    try:
        value = json.loads(element.get("data-attrs") or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(attributes: dict[str, Any], name: str) -> str:
    value = attributes.get(name)
    return value if isinstance(value, str) else ""


def _pictures(attributes: dict[str, Any]) -> Iterator[HtmlElement]:
    gallery = attributes.get("gallery")
    if not isinstance(gallery, dict):
        return
    images = gallery.get("images")
    for image in images if isinstance(images, list) else []:
        if isinstance(image, dict) and _text(image, "src"):
            figure = new_element("figure")
            figure.append(new_element("img", src=_text(image, "src"), alt=_text(gallery, "alt")))
            yield figure
    if _text(gallery, "caption"):
        yield new_element("p", _text(gallery, "caption"))


def _keep_words(quoted: HtmlElement) -> None:
    """A post of another network as a quote with a link to it."""
    post = _attributes(quoted)
    said = words_in(first(of_class(quoted, "tweet-text"))) or _text(post, "full_text")
    address = _text(post, "url") or next((link.get("href") or "" for link in quoted.iter("a")), "")
    if not said:
        return
    quote = new_element("blockquote")
    quote.append(new_element("p", said))
    if address:
        quote.append(link_paragraph(_text(post, "name") or address, address))
    replace_by(quoted, quote)


def _gather_footnotes(body: HtmlElement) -> None:
    """The notes as one numbered list below the text; in the text their numbers stand raised."""
    for anchor in of_class(body, "footnote-anchor"):
        number = words_in(anchor)
        replace_by(anchor, new_element("sup", number))
    notes = [note for note in of_class(body, "footnote") if note.tag == "div"]
    if not notes:
        return
    listed = new_element("ol")
    for note in notes:
        remove(of_class(note, "footnote-number"))
        content = first(of_class(note, "footnote-content"))
        item = new_element("li")
        for child in list(content if content is not None else note):
            item.append(child)
        if not len(item):
            item.text = words_in(note)
        listed.append(item)
    remove(notes)
    body.append(new_element("hr"))
    body.append(listed)
