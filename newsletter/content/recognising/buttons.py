"""The last lines of a page → the buttons among them, each with its label and, where the page says it, its address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.cleaning.links import kept_link
from newsletter.content.ornaments import bare
from newsletter.content.recognising.blocks import Block

_MAX_LABEL_WORDS = 6
_MAX_LABEL = 45
_MAX_LINE = 2_000  # characters of a line with an address
_ARROWS = " →»\u203a>"  # the ornaments of buttons

_ADDRESS = r"(?:https?://|www\.)[^\s()<>\[\]]+(?:\([^\s()<>\[\]]*\)[^\s()<>\[\]]*)*"
_BARE_ADDRESS = re.compile(rf"<?({_ADDRESS})>?", re.IGNORECASE)
_MARKDOWN = re.compile(rf"\[(?P<label>[^\[\]]{{1,{_MAX_LABEL}}})\]\((?P<url>{_ADDRESS})\)", re.IGNORECASE)
# `Book a session: https://…`, `Book a session (https://…)`
_BESIDE = re.compile(rf"(?P<label>[^:()\[\]]{{1,{_MAX_LABEL}}}?)\s*[:–—→(]\s*(?P<url>{_ADDRESS})\)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Button:
    """`label` and `url` are empty when the page does not say them; `blocks` are the lines they stand in."""

    label: str
    url: str
    blocks: tuple[Block, ...]


def buttons_at_end(group: Sequence[Block]) -> list[Button]:
    """The buttons that end a group, in reading order."""
    buttons: list[Button] = []
    end = len(group)
    while end:
        button = _button_above(group, end)
        if button is None or (buttons and group[end - 1].end == "!"):
            break
        buttons.append(button)
        end -= len(button.blocks)
    buttons.reverse()
    # `Contact us today!` below a question is the button, unless it is all there is.
    if buttons and not end and not buttons[0].url and buttons[0].blocks[0].end == "!":
        buttons.pop(0)
    return buttons


def link_within(text: str) -> tuple[str, str, str]:
    """A line with a link as Markdown writes it, `Ready? [Book](https://…)`: its words, and the link's label and url."""
    found = _MARKDOWN.search(text) if len(text) <= _MAX_LINE and "](" in text else None
    if found is None:
        return text, "", ""
    before, behind = text[: found.start()].rstrip(), text[found.end() :]
    words = f"{before}{behind}" if not behind.strip() else f"{before} {found['label']}{behind}"
    return words.strip(), found["label"], _whole(found["url"])


def _button_above(group: Sequence[Block], end: int) -> Button | None:
    block = group[end - 1]
    if block.is_item or len(block.text) > _MAX_LINE:
        return None
    if address := _BARE_ADDRESS.fullmatch(block.text):
        url = block.url or _whole(address[1])
        above = group[end - 2] if end > 1 else None
        if above is None or above.url or not _is_label(above):
            return Button("", url, (block,))
        return Button(_label_of(above.text), url, (above, block))
    if _is_label(block):
        return Button(_label_of(block.text), block.url, (block,))
    words = bare(block.text.strip(_ARROWS))
    found = _MARKDOWN.fullmatch(words) or _BESIDE.fullmatch(words)
    if found is None or not _is_label(Block(found["label"], block.line)):
        return None
    return Button(_label_of(found["label"]), _whole(found["url"]), (block,))


def _whole(address: str) -> str:
    return kept_link(f"https://{address}" if address[:4].casefold() == "www." else address)


def _label_of(text: str) -> str:
    """The words of a button, without its arrows and little pictures."""
    return bare(text.strip(_ARROWS))


def _is_label(block: Block) -> bool:
    words = _label_of(block.text).split()
    if block.is_item or not words or len(block.text) > _MAX_LABEL or ":" in block.text or block.end in "?.,;…":
        return False
    if "](" in block.text:
        return False
    return len(words) <= 3 if block.end == "!" else len(words) <= _MAX_LABEL_WORDS
