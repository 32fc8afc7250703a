"""The end of a page's article → its call to action: the closing question and the label of the button below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.recognising.blocks import Block
from newsletter.content.recognising.buttons import Button, buttons_at_end

MAX_CALL = 300  # characters of a paragraph that may be a call to action
MAX_APPEAL = 160  # characters of a paragraph that asks nothing and yet is a call to action
_MAX_INVITATION = 100
_MAX_CALL_BLOCKS = 6

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


_PRACTICE = re.compile(
    r"\b(?:we|us|our|wir|uns|unsere?[mnrs]?|nous|notre|nos|nosotr[ao]s|nuestr[ao]s?)\b", re.IGNORECASE
)
_AUTHORS_OWN = re.compile(r"(?:I|my|as an?|when I|s?he|they|(?:in )?(?:my|his|her|their))\b", re.IGNORECASE)
_DOING = re.compile(r"(?:write|join|meet|see|come|talk|chat|speak|ring|message)\b", re.IGNORECASE)
_ASKED_FOR_READER = re.compile(r"\b(?:I|my|me)\b")  # `Where can I read more?` in a list of questions and answers


def invites(text: str) -> bool:
    """Whether a line asks the reader to get in touch: `Call us`, `Termin vereinbaren`."""
    return bool(_CONTACT.search(text))


def is_to_reader(text: str) -> bool:
    """Whether a line of the page speaks to its reader: `If winters are long for you, we are here.`"""
    return bool(_READER.search(text) or _PRACTICE.search(text) or invites(text))


def heads_button(text: str, below: Sequence[Block]) -> bool:
    """Whether the last paragraph of an author's box is not of the author, but the text of the button below it."""
    buttons = buttons_at_end(below[:1]) or buttons_at_end(below)  # an address may stand below its label
    is_button = any(button.url or invites(button.label) for button in buttons)
    return is_button and len(text) <= MAX_APPEAL and is_to_reader(text) and not _AUTHORS_OWN.match(text)


@dataclass(frozen=True, slots=True)
class Call:
    """`beside` are the lines of further buttons that lead somewhere: they stay where they are."""

    text: Sequence[Block]
    labels: Sequence[Block]
    button: Button | None = None
    beside: frozenset[int] = frozenset()

    @property
    def lines(self) -> frozenset[int]:
        return frozenset(block.line for block in (*self.text, *self.labels)) - self.beside


def closing_call(group: Sequence[Block], stands_apart: bool) -> Call | None:
    """The questions or calls that end a group, with the button below them; None when it ends otherwise."""
    buttons = buttons_at_end(group)
    linked = next((index for index, button in enumerate(buttons) if button.url), None)
    if linked is not None:
        call = _call_with_link(group, buttons[linked:], stands_apart)
        if call is not None:
            return call
    labels = [block for button in buttons for block in button.blocks]
    above = group[: len(group) - len(labels)]
    text = _questions_at_end(above, stands_apart)
    has_contact = any(invites(block.text) for block in [*text, *labels])
    if text and (labels or stands_apart or has_contact):
        return Call(text, labels, buttons[0] if buttons else None)
    if not labels or linked is not None or not (invites(labels[-1].text) or (stands_apart and len(labels) == 1)):
        return None
    if len(labels) > 1:  # the line above the button is a call that is no sentence
        return Call(labels[-2:-1], labels[-1:], buttons[-1])
    is_call_above = bool(above) and len(above[-1].text) <= MAX_CALL and invites(above[-1].text)
    return Call(above[-1:] if is_call_above and (stands_apart or len(above) > 1) else [], labels, buttons[-1])


def _call_with_link(group: Sequence[Block], buttons: Sequence[Button], stands_apart: bool) -> Call | None:
    """The first of the buttons, with what asks or speaks to the reader above it; the others stay links."""
    above = [block for block in group if block.line < buttons[0].blocks[0].line]
    wanted = [button for button in buttons if invites(button.label) or _DOING.match(button.label)]
    text = _questions_at_end(above, stands_apart) or _question_and_answer(above, buttons[0], stands_apart)
    if not text and (buttons[0] in wanted or stands_apart):
        text = _appeal_at_end(above, stands_apart)
    if not text and not wanted and not (stands_apart and len(buttons) == 1):
        return None
    first = buttons[0] if text or not wanted else wanted[0]
    if not text and not (first.label and (invites(first.label) or stands_apart)):
        return None
    beside = frozenset(block.line for button in buttons if button is not first for block in button.blocks)
    return Call(text, first.blocks, first, beside)


def _question_and_answer(above: Sequence[Block], button: Button, stands_apart: bool) -> Sequence[Block]:
    """`Not alone this winter?` and one line more, where one of the three speaks to the reader."""
    if len(above) < (2 if stands_apart else 3):
        return []
    question, answer = above[-2:]
    if any(block.is_item or len(block.text) > MAX_CALL for block in (question, answer)) or question.end != "?":
        return []
    words = f"{question.text} {answer.text}"
    is_meant = is_to_reader(words) or invites(button.label) or bool(_DOING.match(button.label))
    return [question, answer] if is_meant and not _ASKED_FOR_READER.search(question.text) else []


def _appeal_at_end(above: Sequence[Block], stands_apart: bool) -> Sequence[Block]:
    """The paragraph right above a button that speaks to the reader. Where an article ends, `you` alone is article."""
    if not above or above[-1].is_item or not (stands_apart or len(above) > 1):
        return []
    if len(above) > 1 and above[-2].end == "?":  # it answers
        return []
    text = above[-1].text
    is_short_call = invites(text) and len(text) <= _MAX_INVITATION
    is_appeal = is_to_reader(text) if stands_apart else bool(_READER.search(text) and _PRACTICE.search(text))
    is_sentence = len(text) <= MAX_APPEAL and above[-1].end in ".!?…"
    return above[-1:] if is_short_call or (is_appeal and is_sentence) else []


def _asks(block: Block) -> bool:
    return block.is_question_or_call and block.end in ("?", "!")


def _asks_or_answers(block: Block) -> bool:
    """`Who sleeps badly? Nearly everybody.` is article: what ends in a statement has to ask the reader."""
    asks_reader = bool(_READER.search(block.text)) or invites(block.text)
    return _asks(block) or (block.is_question_or_call and asks_reader)


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
