"""What two picks of one occurrence were made from → in words, what has changed between them.

The same inputs give the same pick: so where two differ, one of these is why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from newsletter.options import from_json, shown
from newsletter.picking.replay import unpack

OPTIONS = "options"
DECIDING = (
    *("order", "weights", "articles", "cool_down", "times", "categories", "tags", "without", "author_turns"),
    *("category_turns", "variety", "fresh", "when_empty", "repeat", "sequence"),
)
"""The options that rules are made of."""
MOST = 8  # changes named; of the rest the number is


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any], about: Collection[str]) -> list[str]:
    """What has changed, first that of the articles named in `about`; the inputs are those of `replay.inputs_of`.

    Empty when nothing a rule could have asked for is another.
    """
    found = list(dict.fromkeys((*_settings(before, after), *_articles(before, after, set(about)))))
    if len(found) > MOST:
        return [*found[:MOST], f"and {len(found) - MOST} more"]
    return found


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    was, becomes = (shown(from_json(inputs[OPTIONS])) for inputs in (before, after))
    for name in DECIDING:
        if becomes[name] != was[name]:
            yield f"the option {name.replace('_', ' ')} was {_told(was[name])}, now {_told(becomes[name])}"
    for name, words in (("language", "the newsletter's language"), ("seed", "the seed"), ("zone", "the time zone")):
        if before[name] != after[name]:
            yield f"{words} was {_told(before[name])}, now {_told(after[name])}"
    if before["is_alone"] != after["is_alone"]:
        yield "it is to go without anybody's yes" if after["is_alone"] else "it is to go with a person's yes"
    if before["choices"] != after["choices"]:
        yield "people have chosen otherwise for this schedule"
    if before["paused"] != after["paused"]:
        yield "other topics are paused"
    for slug in sorted(after["failed"].keys() ^ before["failed"].keys()):
        yield f"{slug}: the pre-flight check blocks it{'' if slug in after['failed'] else ' no more'}"
    if before["at"] != after["at"]:
        yield f"the instant was {before['at']}, now {after['at']}"


def _articles(before: Mapping[str, Any], after: Mapping[str, Any], about: set[str]) -> Iterator[str]:
    old, new = unpack(before), unpack(after)
    was, becomes = ({each["slug"]: each for each in packed["articles"]} for packed in (old, new))
    names = ({number: name for number, (name, *_) in enumerate(packed["authors"])} for packed in (old, new))
    old_names, new_names = names
    for slug in sorted({*was, *becomes}, key=lambda slug: (slug not in about, slug)):
        if slug not in was:
            yield f"{slug} is new in the library"
        elif slug not in becomes:
            yield f"{slug} is not in the library any more"
        else:
            yield from _fields(slug, _named(was[slug], old_names), _named(becomes[slug], new_names))
        if old["sent"].get(slug) != new["sent"].get(slug):
            instants = new["sent"].get(slug)
            yield f"{slug} was sent at {instants[-1]}" if instants else f"{slug} counts as sent no more"
    wrote, write = ({name: rest for name, *rest in packed["authors"]} for packed in (old, new))
    for name in sorted(wrote.keys() & write.keys()):
        if wrote[name] != write[name]:
            yield f"something else is known of {name}"


def _named(article: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """With the names of its authors instead of their numbers."""
    return {**article, "authors": [names[number] for number in article.get("authors", ())]}


def _fields(slug: str, was: Mapping[str, Any], becomes: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*was, *becomes}):
        old, new = was.get(name), becomes.get(name)
        if old != new:
            yield f"{slug}: {name.replace('_', ' ')} was {_told(old)}, now {_told(new)}"


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = [f"{name}={number:g}" for name, number in value.items()]
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value)) or "nothing"
    return str(value) if value not in (None, "", 0) else "nothing"
