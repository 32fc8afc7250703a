"""The end of a page's article → its call to action: the closing question and the label of the button below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.ornaments import bare
from newsletter.content.recognising.blocks import Block

MAX_CALL = 300  # characters of a paragraph that may be a call to action
_MAX_LABEL_WORDS = 6
_MAX_LABEL = 45
_MAX_CALL_BLOCKS = 6
_ARROWS = " →»\u203a>"  # the ornaments of buttons

_CONTACT = re.compile(
    r"\b(?:contact|call|book|schedule|reach out|get in touch|sign up|get started|appointment|consultation|"
    r"text us|e-?mail us|write to us|visit us|join us|learn more|request|start|begin|apply|register|donate|"
    r"shop|buy|subscribe|"
    r"connect|talk to us|find (?:a|your|out)|kontakt\w*|termin\w*|rufen sie|contactez|appelez|rendez-vous|"
    r"ll[aá]m\w+|cont[aá]ct\w+|reserv\w+)\b",
    re.IGNORECASE,
)


_READER = re.compile(
    r"\b(?:you|your|yours|sie|ihnen|ihre?n?|du|dein\w*|vous|votre|vos|tu|usted|su|sus)\b", re.IGNORECASE
)


def invites(text: str) -> bool:
    """Whether a line asks the reader to get in touch: `Call us`, `Termin vereinbaren`."""
    return bool(_CONTACT.search(text))


def label_of(block: Block) -> str:
    """The words of a button, without its arrows and little pictures."""
    return bare(block.text.strip(_ARROWS))


@dataclass(frozen=True, slots=True)
class Call:
    text: Sequence[Block]
    labels: Sequence[Block]

    @property
    def lines(self) -> frozenset[int]:
        return frozenset(block.line for block in (*self.text, *self.labels))


def closing_call(group: Sequence[Block], stands_apart: bool) -> Call | None:
    """The questions or calls that end a group, with the button below them; None when it ends otherwise."""
    labels = _labels_at_end(group)
    above = group[: len(group) - len(labels)]
    text = _questions_at_end(above, stands_apart)
    has_contact = any(invites(block.text) for block in [*text, *labels])
    if text and (labels or stands_apart or has_contact):
        return Call(text, labels)
    if not labels or not (invites(labels[-1].text) or (stands_apart and len(labels) == 1)):
        return None
    if len(labels) > 1:  # the line above the button is a call that is no sentence
        return Call(labels[-2:-1], labels[-1:])
    is_call_above = bool(above) and len(above[-1].text) <= MAX_CALL and invites(above[-1].text)
    return Call(above[-1:] if is_call_above and (stands_apart or len(above) > 1) else [], labels)


def _labels_at_end(group: Sequence[Block]) -> list[Block]:
    labels: list[Block] = []
    for block in reversed(group):
        if not _is_label(block) or (labels and block.end == "!"):
            break
        labels.append(block)
    labels.reverse()
    # `Contact us today!` below a question is the button, unless it is all there is.
    if labels and labels[0].end == "!" and len(labels) == len(group):
        labels.pop(0)
    return labels


def _is_label(block: Block) -> bool:
    words = label_of(block).split()
    if block.is_item or not words or len(block.text) > _MAX_LABEL or ":" in block.text or block.end in "?.,;…":
        return False
    return len(words) <= 3 if block.end == "!" else len(words) <= _MAX_LABEL_WORDS


def _asks(block: Block) -> bool:
    return block.is_question_or_call and block.end in ("?", "!")


def _asks_or_answers(block: Block) -> bool:
    """`Who sleeps badly? Nearly everybody.` is article: what ends in a statement has to ask the reader."""
    is_to_reader = bool(_READER.search(block.text)) or invites(block.text)
    return _asks(block) or (block.is_question_or_call and is_to_reader)


def _questions_at_end(above: Sequence[Block], stands_apart: bool) -> list[Block]:
    """The last blocks that ask or call; between them and the button one plain line may invite too."""
    taken: list[Block] = []
    for block in reversed(above):
        if len(taken) == _MAX_CALL_BLOCKS or len(block.text) > MAX_CALL or block.is_item:
            break
        is_invitation = not taken and not block.is_short_line and invites(block.text)
        if not (_asks(block) if taken else _asks_or_answers(block)) and not is_invitation:
            break
        taken.insert(0, block)
    while taken and not stands_apart and not ("?" in taken[0].text or invites(taken[0].text)):
        taken.pop(0)  # `You are worth it!` may well be how the article ends
    is_question = any(block.is_question_or_call for block in taken)
    leaves_body = stands_apart or len(taken) < len(above)
    return taken if is_question and leaves_body else []
