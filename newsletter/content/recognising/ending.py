"""A page below its byline → author, credit, call to action, and the blocks that are the article."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise, takewhile

from newsletter.content.people import DOINGS, ROLE_WORDS, is_same_person
from newsletter.content.recognising.blocks import Block, heading_lines
from newsletter.content.recognising.buttons import link_within
from newsletter.content.recognising.calls import MAX_CALL, Call, closing_call, heads_button, invites
from newsletter.content.recognising.sign_off import find_sign_off
from newsletter.content.recognising.signs import (
    AuthorSign,
    is_bar,
    is_comments_heading,
    is_related_heading,
    read_all_topics,
    read_author_sign,
    read_bio_opening,
    read_credit,
)
from newsletter.model import Author, CallToAction, Guess, Hero

_LONG = 100  # characters from which a line is a paragraph, whatever surrounds it
_SENTENCE_WORDS = 5
_MAX_BIO = 4  # paragraphs

_OPENING = re.compile(rf"(?:[^\W\d_][^\s,]*,?\s+){{1,8}}?(?:{'|'.join(sorted(DOINGS))})\b")
_PRONOUN = re.compile(r"(?:s?he|they|in (?:his|her|their)|his|her|their|when not)\b", re.IGNORECASE)


@dataclass(slots=True)
class Ending:
    """`groups` are the blocks left over, parted where something else stood between them."""

    groups: list[list[Block]] = field(default_factory=lambda: [[]])
    author: Author | None = None
    signed: tuple[Author, ...] = ()  # who signed it as a letter
    hero: Hero | None = None
    call_to_action: CallToAction | None = None
    topics: dict[str, tuple[str, ...]] = field(default_factory=dict)
    guesses: list[Guess] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[Block] = field(default_factory=list)
    links: frozenset[int] = frozenset()  # lines of buttons beside the call to action, which are article

    def guess(self, name: str, value: str, line: int) -> None:
        if value and not any((guess.field, guess.value) == (name, value) for guess in self.guesses):
            self.guesses.append(Guess(name, value, line))

    def guess_author(self, author: Author, line: int) -> None:
        for name in ("name", "credentials", "role", "practice"):
            self.guess(f"author.{name}", getattr(author, name), line)

    def part(self) -> None:
        if self.groups[-1]:
            self.groups.append([])

    @property
    def body(self) -> list[Block]:
        return [block for group in self.groups for block in group]


def read_ending(blocks: Sequence[Block], known: Sequence[Author], furniture: Collection[int] = ()) -> Ending:
    """What `blocks` (a page without its title and byline) hold; `known` are the authors of the byline.

    `furniture` are the lines that are known to be the page's.
    """
    ending = Ending()
    rest = _without_signs(_without_furniture(blocks, furniture, ending), ending)
    rest = _without_sign_off(rest, known, ending)
    _take_author(rest, known or ending.signed, ending)
    _take_call_to_action(ending)
    _leave_out_remains(ending)
    return ending


def _without_furniture(blocks: Sequence[Block], furniture: Collection[int], ending: Ending) -> list[Block | None]:
    """The blocks without share bars, related posts and comments; None stands where something was."""
    rest: list[Block | None] = []
    is_left_out: Callable[[Block], bool] = _nothing
    has_body = False
    for block in blocks:
        if not block.is_item and has_body and is_comments_heading(block.text):
            is_left_out = _anything
        elif not block.is_item and has_body and is_related_heading(block.text):
            is_left_out = _is_no_paragraph
        elif block.line not in furniture and not is_bar(block.text):
            if not is_left_out(block) or _is_sign(block):
                is_left_out = _nothing
                rest.append(block)
                has_body = has_body or len(block.text) > _LONG
                continue
        ending.left_out.append(block)
        rest.append(None)
    return rest


def _nothing(_block: Block) -> bool:
    return False


def _anything(_block: Block) -> bool:
    return True


def _is_no_paragraph(block: Block) -> bool:
    """Under `Related posts` stand titles; a paragraph, or a call to get in touch, is the page again."""
    is_call = block.is_question_or_call and invites(block.text)
    is_excerpt = block.text.endswith(("…", "...", "[…]", "[...]"))
    return (len(block.text) < _LONG or is_excerpt) and not is_call


def _is_sign(block: Block) -> bool:
    return bool(read_credit(block.text) or read_author_sign(block.text))


def _without_signs(blocks: Sequence[Block | None], ending: Ending) -> list[Block | None]:
    """The blocks without photo credits and lists of topics, which are kept beside."""
    rest: list[Block | None] = []
    for block in blocks:
        hero = read_credit(block.text) if block else None
        topics = read_all_topics(block.text) if block else {}
        if block and hero:
            _keep_credit(hero, block, ending)
        elif block:
            _keep_topics(topics, block, ending)
        rest.append(None if hero or topics else block)
    return rest


def _keep_topics(topics: Mapping[str, tuple[str, ...]], block: Block, ending: Ending) -> None:
    for name, values in topics.items():
        if ending.topics.setdefault(name, values) != values:
            ending.left_out.append(block)
        else:
            ending.guess(name, ", ".join(values), block.line)


def _keep_credit(hero: Hero, block: Block, ending: Ending) -> None:
    if ending.hero is not None:
        return
    ending.hero = hero
    ending.guess("hero.credit", hero.credit, block.line)
    ending.guess("hero.credit_source", hero.credit_source, block.line)


def _without_sign_off(blocks: list[Block | None], known: Sequence[Author], ending: Ending) -> list[Block | None]:
    """The blocks without `Warmly,`, the name below it, and the paragraphs below that on whose name it is."""
    found = find_sign_off(blocks)
    if found is None:
        return blocks
    signed = [each for each in found.people if not known or _is_one_of(each, known)]
    if not signed:
        return blocks
    person, at, below = signed[0], found.at, _end_of_signature(blocks, found.at + 2)
    bio = _bio_after(blocks, below, AuthorSign(person, True, False), known)
    ending.signed = tuple(signed)
    ending.left_out += filter(None, [blocks[at], *blocks[at + 2 : below]])
    for signer in signed:
        ending.guess_author(signer, found.line)
    if bio:
        opening = read_bio_opening(bio[0].text)
        author = opening if opening and is_same_person(opening.name, person.name) else Author(person.name)
        _keep_author(AuthorSign(author, True, False), bio[0], bio, ending)
    return [*blocks[:at], None, *blocks[_place_behind(blocks, below, bio) :]]


def _is_one_of(person: Author, known: Sequence[Author]) -> bool:
    return any(is_same_person(person.name, author.name) for author in known)


def _end_of_signature(blocks: Sequence[Block | None], start: int) -> int:
    """Behind the lines right below the name: `Licensed Counselor`, `Elm Practice`."""
    end = start
    for above, block in pairwise(blocks[start - 1 :]):
        if not above or not block or block.line != above.line + 1 or not block.is_short_line or block.is_item:
            break
        if block.is_question_or_call or invites(block.text) or _is_sign(block):
            break
        end += 1
    return end


def _take_author(blocks: Sequence[Block | None], known: Sequence[Author], ending: Ending) -> None:
    """Moves the blocks into `ending.groups`, all but the author's heading and bio."""
    index = 0
    while index < len(blocks):
        block = blocks[index]
        if block is None:
            ending.part()
            index += 1
            continue
        sign = _author_sign_at(blocks, index, known) if ending.author is None else None
        if sign is None:
            ending.groups[-1].append(block)
            index += 1
            continue
        bio = _bio_after(blocks, index + 1, sign, known)
        _keep_author(sign, block, bio, ending)
        ending.part()
        index = _place_behind(blocks, index + 1, bio)
    if ending.author is None:
        _take_unannounced_bio(known, ending)


def _author_sign_at(blocks: Sequence[Block | None], index: int, known: Sequence[Author]) -> AuthorSign | None:
    block = blocks[index]
    sign = read_author_sign(block.text) if block and not block.is_item else None
    if sign is None or sign.is_certain or sign.author is None:
        return sign
    name = sign.author.name
    below = blocks[index + 1] if index + 1 < len(blocks) else None
    is_known = _is_one_of(sign.author, known)
    is_last = below is None and bool(sign.author.credentials)
    is_person = is_known or is_last or (below is not None and _speaks_of(below.text, name))
    return sign if is_person else None


def _speaks_of(text: str, name: str) -> bool:
    """Whether a paragraph opens with a person: a pronoun, or a part of the name, followed by what they do."""
    opening = _OPENING.match(text)
    words = {word.strip(".,").casefold() for word in text.split()[:3]}
    # `Panic attacks are …` below `About Panic Attacks` opens with its words, but with nobody's doings.
    is_named = bool(words & {word.casefold() for word in name.split()}) and opening is not None
    return is_named or bool(_PRONOUN.match(text))


def _place_behind(blocks: Sequence[Block | None], start: int, bio: Sequence[Block]) -> int:
    """The index behind a bio that begins at `start` or below what is the page's there."""
    if not bio:
        return start
    return next(index for index in range(start, len(blocks)) if blocks[index] is bio[0]) + len(bio)


def _bio_after(blocks: Sequence[Block | None], start: int, sign: AuthorSign, known: Sequence[Author]) -> list[Block]:
    paragraphs: list[Block] = []
    start = next((index for index in range(start, min(start + 3, len(blocks))) if blocks[index]), start)
    for block in islice(blocks, start, None):
        if block is None or block.is_item or block.is_short_line:
            break
        if block.is_question_or_call and len(block.text) <= MAX_CALL and (paragraphs or invites(block.text)):
            break
        paragraphs.append(block)
    below = list(filter(None, takewhile(bool, blocks[start + len(paragraphs) : start + len(paragraphs) + 2])))
    if len(paragraphs) > 1 and heads_button(paragraphs[-1].text, below):
        paragraphs.pop()
    names = [sign.author.name] if sign.author else [author.name for author in known]
    spoken = 0
    while spoken < len(paragraphs) and any(_speaks_of(paragraphs[spoken].text, name) for name in names):
        spoken += 1
    if not sign.is_about:
        return paragraphs[:spoken]
    # An author's box may also stand above the article: then only what speaks of the author belongs to it.
    has_article_below = any(block and len(block.text) > _LONG for block in blocks[start + len(paragraphs) :])
    if len(paragraphs) <= _MAX_BIO and not has_article_below:
        return paragraphs
    return paragraphs[: max(spoken, 1)]


def _keep_author(sign: AuthorSign, block: Block, bio: Sequence[Block], ending: Ending) -> None:
    text = "\n\n".join(paragraph.text for paragraph in bio)
    bio_line = bio[0].line if bio else block.line
    opening = read_bio_opening(bio[0].text) if bio else None
    author = sign.author or opening or Author("")
    ending.guess_author(author, block.line if sign.author else bio_line)
    if opening and is_same_person(opening.name, author.name):
        author = replace(author, credentials=author.credentials or opening.credentials)
        ending.guess_author(author, bio_line)
    ending.author = replace(author, bio=text)
    ending.guess("author.bio", text, bio_line)


def _take_unannounced_bio(known: Sequence[Author], ending: Ending) -> None:
    """The last paragraph, when it opens with the full name of the byline's author, or as only a bio does."""
    at = next((index for index in range(len(ending.groups) - 1, -1, -1) if ending.groups[index]), 0)
    group = ending.groups[at]
    for where in range(max(0, len(group) - 3), len(group)):
        block = group[where]
        person = read_bio_opening(block.text) if len(block.text) >= _LONG / 2 else None
        if person and len(ending.body) > 1 and (_is_one_of(person, known) or _is_bio(block, known, person, ending)):
            ending.groups[at : at + 1] = [group[:where], group[where + 1 :]]
            _keep_author(AuthorSign(person, True, False), block, [block], ending)
            return


def _is_bio(block: Block, known: Sequence[Author], person: Author, ending: Ending) -> bool:
    """A page without byline may end in one: a name the article never says, and what that person does for a living."""
    if known or len(block.text) > MAX_CALL or ending.body[-1] is not block:
        return False
    opening = re.findall(r"\w+", block.text.casefold().partition(".")[0])
    is_said = any(person.name in other.text for other in ending.body if other is not block)
    return bool(ROLE_WORDS & set(opening)) and not is_said


def _take_call_to_action(ending: Ending) -> None:
    """Looks from the end of the page upwards, no further than the article itself.

    A button that stands alone, as in an author's box, gives way to one above it that has its words.
    """
    first = next((index for index, group in enumerate(ending.groups) if group), 0)
    found: tuple[int, Call] | None = None
    for index in range(len(ending.groups) - 1, -1, -1):
        group = ending.groups[index]
        has_body_above = index > first
        call = closing_call(group, has_body_above) if group else None
        if call is not None and (found is None or (call.text and call.labels)):
            found = index, call
        if (call is not None and call.text) or any(len(block.text) > _LONG for block in group):
            break
    if found is not None:
        _move_call(*found, ending)


def _move_call(index: int, call: Call, ending: Ending) -> None:
    group = ending.groups[index]
    _keep_call(call, ending)
    rest = [block for block in group if block.line not in call.lines]
    if call.text and rest and rest[-1].line in heading_lines(group):
        ending.left_out.append(rest.pop())  # what heads a call heads nothing of the article
    ending.groups[index] = rest


def _keep_call(call: Call, ending: Ending) -> None:
    text, label, url = link_within(" ".join(block.text for block in call.text))
    if call.button:
        label, url = call.button.label, call.button.url
    ending.call_to_action = CallToAction(text, label, url)
    ending.links = call.beside
    own = call.button.blocks if call.button else ()
    if call.text:
        ending.guess("call_to_action.text", text, call.text[0].line)
    for name, value, blocks in (("label", label, own[:1]), ("url", url, own[-1:])):
        ending.guess(f"call_to_action.{name}", value, (blocks or call.text)[0].line)
    ending.left_out += [block for block in call.labels if block not in own]


def _leave_out_remains(ending: Ending) -> None:
    """After the author's lines only paragraphs and what they head are article; stray lines are the page's."""
    first = next((index for index, group in enumerate(ending.groups) if group), 0)
    last = max((index for index, group in enumerate(ending.groups) if any(map(_is_article, group))), default=first)
    for index in range(first + 1, len(ending.groups)):
        group = ending.groups[index]
        if index > last:
            ending.left_out += [block for block in group if block.line not in ending.links]
            ending.groups[index] = [block for block in group if block.line in ending.links]
            continue
        dangling = _dangling(group) if index == last and not any(ending.groups[last + 1 :]) else []
        ending.left_out += dangling
        ending.groups[index] = group[: len(group) - len(dangling)]


def _is_article(block: Block) -> bool:
    is_sentence = block.end in ".!?…" and len(block.text.split()) >= _SENTENCE_WORDS
    return len(block.text) > _LONG or block.is_item or is_sentence


def _dangling(group: Sequence[Block]) -> list[Block]:
    headings = heading_lines(group)
    dangling: list[Block] = []
    for block in reversed(group):
        if not block.is_short_line or block.is_item or block.url or block.line in headings:
            break
        dangling.append(block)
    return dangling
