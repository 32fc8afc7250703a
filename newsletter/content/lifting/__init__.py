"""A cleaned body → the article alone, and beside it what stood at its end: call to action, author, credit, topics.

What pages write there is recognised by the same rules as in pasted text (content/sources/text_ending.py); what only
HTML tells is used besides: whether a line is a link, and which picture stands in an author's box.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import pairwise

from newsletter.content.lifting.blocks import Piece, links_in, split_pieces, write_pieces
from newsletter.content.recognising.blocks import Block
from newsletter.content.recognising.calls import MAX_APPEAL
from newsletter.content.recognising.ending import Ending, read_ending
from newsletter.content.recognising.signs import is_bar, is_comments_heading, is_related_heading, read_credit
from newsletter.model import Author, CallToAction, Hero

_SOURCE = re.compile(r'<img [^>]*?src="([^"]*)"')
_PICTURE = re.compile(r'<img [^>]*?src="(?P<src>[^"]*)"(?: alt="(?P<alt>[^"]*)")?(?: width="(?P<width>\d+)")?[^>]*>')
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_ASKED = re.compile(r"(?P<text>[^?]+\?)\s+(?P<label>\w[^?]*)")  # `Ready to talk? Contact us`, on one line
_SENTENCE = 25  # characters
_MAX_LABEL = 45
_MAX_LABEL_WORDS = 6
_INVITATION = MAX_APPEAL  # characters; a longer paragraph that neither asks nor calls is article
_HEADINGS = ("h2", "h3")
_ICON = 150  # pixels of width; the picture above an article is wider


@dataclass(frozen=True, slots=True)
class Lifted:
    """`author` is whom a box or a bio describes, without a name when it says none; `signed` who signed the article."""

    html: str
    author: Author | None = None
    signed: tuple[Author, ...] = ()
    hero: Hero | None = None  # only who made it, and where it is from
    call_to_action: CallToAction | None = None
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()  # lines that are the page's, not the article's


def lift(body_html: str, known: Sequence[Author] = ()) -> Lifted:
    """`body_html` (cleaned) without what a page adds to an article; `known` are the authors its source names."""
    pieces = split_pieces(body_html)
    captions = _captions(pieces)
    blocks = [block for piece in pieces for block in piece.blocks if block.line not in captions]
    ending = read_ending(blocks, known)
    if not (ending.guesses or ending.left_out):
        return Lifted(body_html)
    by_line = {block.line: piece for piece in pieces for block in piece.blocks}
    call = _linked_call(ending, by_line)
    kept = _lines_kept(pieces, blocks, ending, call) | captions
    dangling = _dangling_headings(pieces, kept)
    kept -= dangling
    box = _author_box(blocks, ending, kept)
    rest, photo = _remaining(pieces, kept, box)
    if not any(piece.blocks for piece in rest):
        return Lifted(body_html)  # it was all the source had to say
    is_whole = len(rest) == len(pieces) and all(map(operator.is_, rest, pieces))
    html = body_html if is_whole else write_pieces(rest)
    author = ending.author
    lifted = {guess.line for guess in ending.guesses} | set(box) | _lines_between(_lines_of_call(ending))
    left_out = {block.line for block in blocks} - kept - (lifted - dangling)
    return Lifted(
        html=html,
        author=replace(author, photo=photo) if author and photo else author,
        signed=ending.signed,
        hero=ending.hero,
        call_to_action=call,
        topics=ending.topics,
        left_out=tuple(block.text for block in blocks if block.line in left_out),
    )


def _captions(pieces: Sequence[Piece]) -> set[int]:
    """The lines of credits beside or right below a picture inside the article: they are that picture's."""
    lines: set[int] = set()
    for index, piece in enumerate(pieces):
        above = pieces[index - 1] if index > 1 else None
        is_below = above is not None and above.has_picture and not above.blocks and len(piece.blocks) == 1
        if is_below or (piece.has_picture and piece.blocks):
            lines |= {block.line for block in piece.blocks if read_credit(block.text)}
    return lines


def _linked_call(ending: Ending, by_line: Mapping[int, Piece]) -> CallToAction | None:
    """The call to action with the address of its button; None when what looked like a button leads nowhere."""
    call = ending.call_to_action
    if call is None:
        return None
    lines = _lines_of_call(ending)
    is_call = "?" in call.text or "!" in call.text or len(call.text) <= _INVITATION
    text, label = call.text if is_call else "", call.label
    if "?" not in call.text and (asked := _ASKED.fullmatch(label)):
        text, label = asked["text"], asked["label"]
    if call.url:
        return CallToAction(text, label, call.url)
    for line in (lines.get("label", 0), lines.get("text", 0)):
        links = links_in(by_line[line].html) if line in by_line else []
        if link := next((link for link in links if link[1]), None):
            return CallToAction(text, label or (link[1] if _is_label(link[1]) else ""), link[0])
    # Words alone: only a question with a button below it, whose link a script would have made, is sure enough.
    return call if "?" in call.text and call.label else None


def _lines_of_call(ending: Ending) -> dict[str, int]:
    fields = ((guess.field.partition(".")[::2], guess.line) for guess in ending.guesses)
    return {name: line for (noun, name), line in fields if noun == "call_to_action" and line}


def _lines_between(lines: Mapping[str, int]) -> set[int]:
    return set(range(min(lines.values()), max(lines.values()) + 1)) if lines else set()


def _is_label(words: str) -> bool:
    return len(words) <= _MAX_LABEL and len(words.split()) <= _MAX_LABEL_WORDS


def _lines_kept(
    pieces: Sequence[Piece], blocks: Sequence[Block], ending: Ending, call: CallToAction | None
) -> set[int]:
    """The lines that are article. HTML that was cleaned holds little of a page: a sentence among it is article."""
    kept = {block.line for block in ending.body} | _lines_given_back(blocks, ending, call)
    left_out = {block.line for block in ending.left_out}
    is_page = False
    for block in blocks:
        is_heading = is_related_heading(block.text) or is_comments_heading(block.text)
        is_page = (is_page or is_heading) and block.line in left_out
        is_sentence = len(block.text) >= _SENTENCE and block.end in ".!?…"
        if block.line in left_out and is_sentence and not is_page and not is_bar(block.text):
            kept.add(block.line)
    for below, piece in pairwise(reversed(pieces)):
        is_left_out = piece.tag in _HEADINGS and any(block.line in left_out for block in piece.blocks)
        heads_article = not below.blocks or any(block.line in kept for block in below.blocks)
        if is_left_out and heads_article and not any(is_bar(block.text) for block in piece.blocks):
            kept |= {block.line for block in piece.blocks}
    return kept


def _dangling_headings(pieces: Sequence[Piece], kept: set[int]) -> set[int]:
    """The lines of headings below which nothing is left: they headed what was lifted."""
    dangling: set[int] = set()
    is_last = True
    for piece in reversed(pieces):
        lines = {block.line for block in piece.blocks}
        is_kept = bool(lines & kept) or (not lines and piece.tag != "hr")
        if is_kept and (is_last or piece.tag not in _HEADINGS):
            break
        dangling |= lines & kept
        is_last = False
    return dangling


def _lines_given_back(blocks: Sequence[Block], ending: Ending, call: CallToAction | None) -> set[int]:
    """Those of a call to action that is none, or of a paragraph above a button that is article."""
    lines = _lines_of_call(ending)
    if ending.call_to_action is None or (call is not None and call.text == ending.call_to_action.text) or not lines:
        return set()
    last = max(lines.values()) if call is None else lines.get("label", lines.get("url", 0)) - 1
    return {block.line for block in blocks if min(lines.values()) <= block.line <= last}


def _author_box(blocks: Sequence[Block], ending: Ending, kept: set[int]) -> range:
    """The lines from the author's heading to the end of the bio; empty when there is none."""
    if ending.author is None:
        return range(0)
    lines = [guess.line or 0 for guess in ending.guesses if guess.field == "author.bio"]
    if not lines:
        return range(0)
    last = first = lines[-1]
    gone = {block.line for block in blocks} - kept
    paragraphs = ending.author.bio.split("\n\n")
    for block in blocks:
        if block.line >= last and block.text in paragraphs:
            last = block.line
    above = [block.line for block in blocks if block.line < first]
    if above and above[-1] in gone:
        first = above[-1]
    return range(first, last + 1)


def _remaining(pieces: Sequence[Piece], kept: set[int], box: range) -> tuple[list[Piece], str]:
    """The pieces that are article, and the author's photo."""
    photo = ""
    rest: list[Piece] = []
    for place in _places(pieces, kept):
        piece = place.piece
        is_in_box = bool(box) and place.is_in(box)
        if is_in_box and piece.has_picture and not photo:
            photo = _source(piece)
        if piece.blocks:
            is_gone = all(block.line not in kept for block in piece.blocks)
            part = None if is_gone and is_in_box else piece.keep(lambda block: block.line in kept)
        else:
            part = None if is_in_box or place.is_in_page else piece
        if part is not None:
            rest.append(part)
    while rest and rest[-1].tag == "hr":
        rest.pop()
    return rest, photo


@dataclass(frozen=True, slots=True)
class _Place:
    """A piece and what stands around it; `above` and `below` are the nearest lines, 0 when there is none."""

    piece: Piece
    above: int
    below: int
    is_after_rule: bool
    is_in_page: bool  # a picture or a rule among what is left out, behind the article's last words

    def is_in(self, box: range) -> bool:
        if self.piece.blocks:
            return any(block.line in box for block in self.piece.blocks)
        # A portrait above the heading is told from the article's last picture by the rule that parts them.
        return self.below in box and (self.above in box or (self.is_after_rule and self.below == box.start))


def _places(pieces: Sequence[Piece], kept: set[int]) -> list[_Place]:
    places: list[_Place] = []
    below, is_article_below = 0, False
    lines_below: list[tuple[int, bool]] = []
    for piece in reversed(pieces):
        lines_below.append((below, is_article_below))
        if piece.blocks:
            below = piece.blocks[0].line
            is_article_below = is_article_below or any(block.line in kept for block in piece.blocks)
    above = 0
    for index, (piece, (below, is_article_below)) in enumerate(zip(pieces, reversed(lines_below), strict=True)):
        is_after_rule = index > 0 and pieces[index - 1].tag == "hr"
        is_after_page = above > 0 and above not in kept and not is_article_below
        places.append(_Place(piece, above, below, is_after_rule, is_after_page and (piece.tag == "hr" or below > 0)))
        above = piece.blocks[-1].line if piece.blocks else above
    return places


def _source(piece: Piece) -> str:
    found = _SOURCE.search(piece.html)
    return unescape(found[1]) if found else ""


def take_opening_picture(body_html: str) -> tuple[Hero, str] | None:
    """The picture a body opens with, its caption read as a credit, and the body without it.

    None when it opens with words, with several pictures, or with one whose caption says more than who made it.
    """
    if not body_html.startswith(("<p>", "<figure>")):
        return None
    end = body_html.find("</p>" if body_html.startswith("<p>") else "</figure>")
    first, rest = body_html[:end], body_html[end:].partition(">")[2].lstrip("\n")
    picture = _PICTURE.search(first) if first.count("<img") == 1 else None
    if picture is None or not rest or int(picture["width"] or _ICON) < _ICON:
        return None
    caption = _CAPTION.search(first)
    words = " ".join(unescape(re.sub("<[^>]*>", "", caption[1])).split()) if caption else ""
    others = " ".join(unescape(re.sub("<[^>]*>", "", _CAPTION.sub("", first))).split())
    credit = read_credit(words or others) if words or others else Hero()
    if credit is None or (words and others):
        return None
    return replace(credit, src=unescape(picture["src"]), alt=unescape(picture["alt"] or "")), rest
