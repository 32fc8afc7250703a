"""The blocks below a page's title → the lines among them that are the page's and not the article's."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.content.ornaments import bare
from newsletter.content.people import ROLE_WORDS
from newsletter.content.recognising.blocks import Block
from newsletter.content.recognising.calls import invites
from newsletter.content.recognising.furniture import (
    is_cookie_bar,
    is_count,
    is_footer,
    is_form,
    is_menu,
    is_sign_up,
    is_tally,
)
from newsletter.content.recognising.signs import (
    is_bar,
    is_comments_heading,
    is_related_heading,
    read_author_sign,
    read_credit,
    read_topics,
)

_LONG = 100  # characters from which a line is a paragraph
_COOKIE_SENTENCE = 40
_SENTENCE_WORDS = 5
_TOPIC_WORDS = 4  # of a label below an article
_MAX_LABELS = 6


def find_furniture(blocks: Sequence[Block]) -> frozenset[int]:
    """The line numbers of sign-up forms and cookie bars anywhere, and of what stands below the article.

    Lines that tell something (photo credits, topics) are never among them.
    """
    lines = _forms(blocks)
    start = 0
    for end in _ends(blocks):
        # Below an author's heading the article may go on; below `Related posts` it does not.
        is_parted = end < len(blocks) and read_author_sign(blocks[end].text) is None
        lines |= {block.line for block in _below_article(blocks[start:end], lines, is_parted)}
        start = end
    return frozenset(lines)


def _forms(blocks: Sequence[Block]) -> set[int]:
    """Lines that ask for an address, and the fields and buttons right below them."""
    lines: set[int] = set()
    is_in_form = False
    for index, block in enumerate(blocks):
        below = blocks[index + 1] if index + 1 < len(blocks) else None
        is_cookies = len(block.text) > _COOKIE_SENTENCE and is_cookie_bar(block.text)
        is_field = is_form(block.text) and (is_in_form or (below is not None and is_form(below.text)))
        is_in_form = is_cookies or is_sign_up(block.text) or is_field or (is_in_form and is_cookie_bar(block.text))
        if (is_in_form or is_tally(block.text)) and not block.is_item:
            lines.add(block.line)
    return lines


def _ends(blocks: Sequence[Block]) -> list[int]:
    """Where an article may end: above comments, related posts, its author's lines, and at the end of the page."""
    ends: list[int] = []
    has_body = False
    for index, block in enumerate(blocks):
        has_body = has_body or len(block.text) > _LONG
        if not has_body or block.is_item or len(block.text) > _LONG:
            continue
        sign = read_author_sign(block.text)
        if is_comments_heading(block.text) or is_related_heading(block.text) or (sign and sign.is_certain):
            ends.append(index)
    return [*ends, len(blocks)]


def _below_article(blocks: Sequence[Block], lines: set[int], is_parted: bool) -> list[Block]:
    """From the first line that is certainly the page's, below the last one that may be the article's.

    `is_parted`: what follows is certainly the page's.
    """
    first = len(blocks)
    while first and not _may_be_article(blocks[first - 1], lines):
        first -= 1
    has_call = first > 0 and (blocks[first - 1].is_question_or_call or invites(blocks[first - 1].text))
    for index in range(first, len(blocks)):
        # `Contact us` is a word of menus, and below a question it is the button.
        is_button = has_call and index == first and invites(blocks[index].text)
        if not is_button and _is_certain(blocks[index], lines):
            labels = 0 if has_call else _labels(blocks[first:index])
            return [block for block in blocks[index - labels :] if not _tells(block)]
    labels = _labels(blocks[first:]) if is_parted and first and not has_call else 0
    return [block for block in blocks[len(blocks) - labels :] if not _tells(block)]


def _may_be_article(block: Block, lines: set[int]) -> bool:
    if block.line in lines or _tells(block) or _is_certain(block, lines):
        return False
    if block.is_item or len(block.text) > _LONG:
        return True
    return block.end in ".!?…:," and len(block.text.split()) >= _SENTENCE_WORDS


def _tells(block: Block) -> bool:
    return read_credit(block.text) is not None or read_topics(block.text) is not None


def _is_certain(block: Block, lines: set[int]) -> bool:
    text = bare(block.text)
    return block.line in lines or is_bar(text) or is_menu(text) or is_footer(text) or is_count(text)


def _labels(above: Sequence[Block]) -> int:
    """How many lines are an article's labels (its topics, its author): a few, of few words, that call for nothing."""
    is_labels = all(len(block.text.split()) <= _TOPIC_WORDS and block.end not in "?!.,;:" for block in above)
    is_stanza = len(above) > 2 and above[-1].line - above[0].line == len(above) - 1
    is_other = any(invites(block.text) or ROLE_WORDS & set(block.text.casefold().split()) for block in above)
    return len(above) if is_labels and not (is_stanza or is_other) and len(above) <= _MAX_LABELS else 0
