"""A pick ↔ what it was made from, small enough to be kept with its issue: asked again it gives the same answer.

Kept are the fields the rules ask for, not what readers see. Articles have much in common and are packed together.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.model import Article, Author, Season
from newsletter.options import Options, from_json
from newsletter.picking.choices import Choices
from newsletter.picking.guards import PassedGate
from newsletter.picking.orders import lift_repeats, rules_for, weights_of
from newsletter.picking.paused import NotPaused, PausedTopics, topics_from_json, topics_to_json
from newsletter.picking.pick import Pick, pick_articles
from newsletter.picking.readers import NextOfGroup
from newsletter.picking.rules import History, Moment, Rule, Turn
from newsletter.states import ArticleStatus

FORM = 1
"""Of what is kept. Whoever changes it goes on reading the earlier ones: a pick can be replayed for ever."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides which rules are asked for one schedule."""

    options: Options = Options()
    language: str = ""  # the newsletter's; empty asks for none
    is_alone: bool = False  # the issue is to go without any person's yes
    may_repeat: bool = False  # what the list has had may go again
    choices: Choices = Choices()
    failed: Mapping[str, str] = field(default_factory=dict)  # by slug, why the pre-flight gate lets it not pass
    paused: PausedTopics = ()
    weights: Mapping[str, float] | None = None  # of the rankings; None: as the options have them
    group: NextOfGroup | None = None  # where each reader has a next article of their own

    def rules(self) -> tuple[Rule, ...]:
        rules = rules_for(self.options, self.language, self.is_alone, self.weights)
        if self.may_repeat:
            rules = lift_repeats(rules)
        gate: tuple[Rule, ...] = (PassedGate(self.failed),) if self.failed else ()
        paused: tuple[Rule, ...] = (NotPaused(self.paused),) if self.paused else ()
        group: tuple[Rule, ...] = (self.group,) if self.group else ()
        return (*rules, *gate, *paused, *self.choices.rules(), *group)


def inputs_of(pick: Pick, recipe: Recipe, count: int) -> dict[str, Any]:
    """What `pick_again` needs, as JSON has it. `pick` was made by `recipe`, of up to `count` articles."""
    authors: dict[Author, int] = {}
    for author in (author for article in pick.offered for author in article.authors):
        authors.setdefault(_as_kept(author), len(authors))
    articles = [_article_to_json(each, [authors[_as_kept(author)] for author in each.authors]) for each in pick.offered]
    return {
        "form": FORM,
        "at": pick.at.utc.isoformat(),
        "zone": str(pick.at.zone),
        "seed": pick.history.seed,
        "count": count,
        # All of them, and what an order comes to: neither a default nor an order of today is that of later versions.
        "options": asdict(recipe.options),
        "weights": weights_of(recipe.options) if recipe.weights is None else dict(recipe.weights),
        "language": recipe.language,
        "is_alone": recipe.is_alone,
        "may_repeat": recipe.may_repeat,
        "choices": recipe.choices.to_json(),
        "failed": dict(recipe.failed),
        "paused": topics_to_json(recipe.paused),
        "group": recipe.group and asdict(recipe.group),
        "packed": _pack(
            {
                "sent": {slug: [at.isoformat() for at in instants] for slug, instants in pick.history.sent.items()},
                "turns": list(map(_turn_to_json, pick.history.turns)),
                "authors": [_author_to_json(author) for author in authors],
                "articles": articles,
            }
        ),
    }


def pick_again(inputs: Mapping[str, Any]) -> Pick:
    """The pick, as it was made."""
    packed = unpack(inputs)
    authors = [_author_from_json(each) for each in packed["authors"]]
    candidates = [_article_from_json(each, authors) for each in packed["articles"]]
    history = History(
        sent={slug: tuple(map(datetime.fromisoformat, instants)) for slug, instants in packed["sent"].items()},
        seed=inputs["seed"],
        turns=tuple(map(_turn_from_json, packed["turns"])),
    )
    recipe = Recipe(
        options=from_json(inputs["options"]),
        language=inputs["language"],
        is_alone=inputs["is_alone"],
        may_repeat=inputs["may_repeat"],
        choices=Choices.from_json(inputs["choices"]),
        failed=inputs["failed"],
        paused=topics_from_json(inputs["paused"]),
        weights=inputs["weights"],
        group=NextOfGroup(**group) if (group := inputs.get("group")) else None,
    )
    at = Moment.of(datetime.fromisoformat(inputs["at"]), ZoneInfo(inputs["zone"]))
    return pick_articles(candidates, history, recipe.rules(), at, inputs["count"])


_Read = Callable[[Any], Any]
_SAME: tuple[Callable[[Any], Any], _Read] = (lambda value: value, lambda kept: kept)
_DAY: tuple[Callable[[Any], Any], _Read] = (lambda day: day.isoformat(), date.fromisoformat)
_TUPLE: tuple[Callable[[Any], Any], _Read] = (list, tuple)

# Each field a rule asks for: how it is kept and how it is read. What is empty is not kept.
_FIELDS: Mapping[str, tuple[Callable[[Any], Any], _Read]] = {
    "published": _DAY,
    "not_before": _DAY,
    "expires": _DAY,
    "review_by": _DAY,
    "language": _SAME,
    "status": (str, ArticleStatus),
    "categories": _TUPLE,
    "tags": _TUPLE,
    "missing": _TUPLE,
    "missing_from": (
        lambda later: [[day.isoformat(), list(missing)] for day, missing in later],
        lambda kept: tuple((date.fromisoformat(day), tuple(missing)) for day, missing in kept),
    ),
    "seasons": (lambda seasons: list(map(str, seasons)), lambda kept: tuple(map(Season.parse, kept))),
    "evergreen": _SAME,
    "priority": _SAME,
    "read_at": (lambda at: at.isoformat(), datetime.fromisoformat),
}


def _article_to_json(article: Article, authors: Sequence[int]) -> dict[str, Any]:
    kept = {name: write(value) for name, (write, _) in _FIELDS.items() if (value := getattr(article, name))}
    return {"slug": article.slug, **({"authors": list(authors)} if authors else {}), **kept}


def _article_from_json(kept: Mapping[str, Any], authors: Sequence[Author]) -> Article:
    fields = {name: read(kept[name]) for name, (_, read) in _FIELDS.items() if name in kept}
    wrote = tuple(authors[number] for number in kept.get("authors", ()))
    return Article(slug=kept["slug"], title="", body_html="", authors=wrote, **fields)


def _as_kept(author: Author) -> Author:
    """Only what a rule asks of an author: whether there is a bio, not what it says."""
    return Author(
        author.name,
        bio="." if author.bio.strip() else "",
        active_from=author.active_from,
        active_until=author.active_until,
    )


def _author_to_json(author: Author) -> list[Any]:
    days = (author.active_from, author.active_until)
    return [author.name, bool(author.bio), *(day.isoformat() if day else None for day in days)]


def _author_from_json(kept: Sequence[Any]) -> Author:
    name, has_bio, first, last = kept
    days = (date.fromisoformat(day) if day else None for day in (first, last))
    return _as_kept(Author(name, bio="." if has_bio else "", active_from=next(days), active_until=next(days)))


def _turn_to_json(turn: Turn) -> list[Any]:
    return [turn.author, list(turn.categories), turn.at.isoformat() if turn.at else None]


def _turn_from_json(kept: Sequence[Any]) -> Turn:
    author, categories, at = kept
    return Turn(author, tuple(categories), datetime.fromisoformat(at) if at else None)


def _pack(value: Any) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 6)).decode()


def unpack(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept packed: `sent`, `turns`, `authors` and `articles`."""
    packed: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(inputs["packed"])))
    return packed
