"""TOML or JSON front matter → the nodes that YAML of the same meaning would have, each with its line."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime, time
from typing import Any

import yaml

MAX_DEPTH = 10
_MAX_KEY_PARTS = 10  # tomllib needs 16 s for one key of 30,000 parts
_MAX_LOOKED_UP = 500  # keys; what stands behind them is said to be where they are

_TAG = "tag:yaml.org,2002:"
_LONG_STRINGS = re.compile(r"\"{3}.*?\"{3}|'{3}.*?'{3}", re.DOTALL)
_STRINGS = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'")
_TOML_PLACE = re.compile(r"\(at (?:line (\d+), column \d+|end of document)\)")


class NotReadable(ValueError):
    """`line` counts from 0."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.words = words
        self.line = line


def nodes_of_toml(text: str) -> yaml.MappingNode:
    """Raises NotReadable."""
    # What stands in long strings is no key: only its lines count.
    searched = _LONG_STRINGS.sub(lambda found: "\n" * found[0].count("\n"), text)
    _check_keys(searched)
    try:
        value = tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) - 1 if place and place[1] else text.count("\n")
        raise NotReadable(_TOML_PLACE.sub("", str(error)).strip(), line) from None
    except RecursionError:
        raise NotReadable(f"it is nested deeper than {MAX_DEPTH}") from None
    except ValueError as error:  # a number of thousands of digits
        raise NotReadable(str(error)) from None
    return _Lines(searched, r"(?:^|[{{,.\[])[ \t]*[\"']?{key}[\"']?[ \t]*(?=[=.\]])").mapping(value, 0, 0)


def _check_keys(text: str) -> None:
    words = _STRINGS.sub("_", text).translate({ord(" "): None, ord("\t"): None})
    for found in re.finditer(r"[^=\n{},]+", words):
        if found[0].count(".") > _MAX_KEY_PARTS:
            line = words.count("\n", 0, found.start())
            raise NotReadable(f"a key has more than {_MAX_KEY_PARTS} parts", line)


def json_end(text: str, start: int, limit: int) -> int:
    """Where the object that opens at `start` ends; `limit` or the end of the text when it does not."""
    depth = 0
    for found in re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}]', re.DOTALL).finditer(text, start, limit):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return min(limit + 1, len(text))


def nodes_of_json(text: str) -> yaml.MappingNode:
    """Raises NotReadable."""
    try:
        value = json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise NotReadable(error.msg, error.lineno - 1) from None
    except RecursionError:
        raise NotReadable(f"it is nested deeper than {MAX_DEPTH}") from None
    if not isinstance(value, dict):
        raise NotReadable("it is no object")
    return _Lines(text, r"\"{key}\"\s*(?=:)").mapping(value, 0, 0)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotReadable(f"the key {key!r} stands there twice")
        found[key] = value
    return found


class _Lines:
    """Builds nodes; where a key stands is looked up in the text, because the parsers do not tell."""

    def __init__(self, text: str, pattern: str) -> None:
        self._text = text
        self._pattern = pattern
        self._looked_up = 0

    def mapping(self, value: dict[str, Any], at: int, depth: int) -> yaml.MappingNode:
        pairs = []
        for key, below in value.items():
            place = self._place(key, at)
            pairs.append((self._scalar("str", key, place), self._node(below, place, depth + 1)))
        return yaml.MappingNode(f"{_TAG}map", pairs, self._mark(at))

    def _node(self, value: Any, at: int, depth: int) -> yaml.Node:
        if depth > MAX_DEPTH:
            raise NotReadable(f"it is nested deeper than {MAX_DEPTH}", self._text.count("\n", 0, at))
        match value:
            case dict():
                return self.mapping(value, at, depth)
            case list():
                return yaml.SequenceNode(f"{_TAG}seq", self._items(value, at, depth), self._mark(at))
            case None:
                return self._scalar("null", "", at)
            case bool():
                return self._scalar("bool", "true" if value else "false", at)
            case date() | datetime() | time():
                return self._scalar("timestamp", value.isoformat(), at)
            case _:
                return self._scalar("str", _written(value, self._text.count("\n", 0, at)), at)

    def _items(self, values: list[Any], at: int, depth: int) -> list[yaml.Node]:
        """Each object among them starts at its own bracket: `{`, or the next `[[table]]` of the same name."""
        key = re.match(r"[\s\[{,.\"']*([^\s=.\]\"':]+)", self._text[at : at + 300])
        opening = re.compile(rf"\{{|^[ \t]*\[\[[^\]\n]*{re.escape(key[1]) if key else ''}", re.MULTILINE)
        items = []
        for value in values:
            if isinstance(value, dict):
                found = opening.search(self._text, at)
                at = found.start() if found else at
            items.append(self._node(value, at, depth + 1))
            at += isinstance(value, dict)
        return items

    def _place(self, key: str, at: int) -> int:
        """Where the key first stands from `at` on; `at` itself for one that is spelled some other way."""
        self._looked_up += 1
        if self._looked_up > _MAX_LOOKED_UP:
            return at
        pattern = self._pattern.replace("{{", "{").replace("{key}", re.escape(key))
        found = re.compile(pattern, re.MULTILINE).search(self._text, at)
        if found is None:
            return at
        return found.start() + len(found[0]) - len(found[0].lstrip())

    def _scalar(self, kind: str, value: str, at: int) -> yaml.ScalarNode:
        return yaml.ScalarNode(f"{_TAG}{kind}", value, self._mark(at))

    def _mark(self, at: int) -> yaml.Mark:
        return yaml.Mark("", at, self._text.count("\n", 0, at), 0, None, 0)


def _written(value: object, line: int) -> str:
    try:
        return str(value)
    except ValueError:  # a number of thousands of digits
        raise NotReadable("a number is too long", line) from None
