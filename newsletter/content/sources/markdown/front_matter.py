"""The YAML, TOML or JSON above a Markdown article → typed fields, each error naming its field and line.

The nodes are read as they stand, never constructed: `title: 2024`, `language: no` and `title: 12:30` stay the
words that were written, and nothing in the file can grow when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

from newsletter.content.bylines import split_list
from newsletter.content.dates import FoundDate, find_date
from newsletter.content.sources.markdown.nodes import NotReadable, json_end, nodes_of_json, nodes_of_toml
from newsletter.content.words import MAX_NAME, MAX_TOPIC, WEB, fitting_address, is_address, one_line
from newsletter.errors import SourceError
from newsletter.model import Season

MAX_FRONT_MATTER = 64_000  # characters
_MAX_DEPTH = 10
_MAX_ALIASES = 50

_FENCE = re.compile(r"(---|\+\+\+)[ \t]*")
_CLOSING_FENCES = {"---": re.compile(r"(?:---|\.\.\.)[ \t]*"), "+++": re.compile(r"\+\+\+[ \t]*")}
_JSON = re.compile(r"\{\s*(?:\"|$)")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NULL = "tag:yaml.org,2002:null"
_YES_AND_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_TRAILING_TIME = re.compile(
    r"(?:[T\s]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[ap]m)?\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?)?", re.IGNORECASE
)

Value = TypeVar("Value")


def has_front_matter(text: str) -> bool:
    """Whether the first line that is not empty is `---` or `+++`."""
    return _FENCE.fullmatch(text.lstrip("\n").split("\n", 1)[0]) is not None


@dataclass(slots=True)
class Fields:
    """The keys of one mapping; each is read once, those nobody asked for are `unused`."""

    source: str
    prefix: str = ""
    nodes: dict[str, yaml.Node] = field(default_factory=dict)
    first_line: int = 1  # 1-based line of the file in which the YAML starts
    used: set[str] = field(default_factory=set)

    @property
    def unused(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}{key}" for key in self.nodes if key not in self.used)

    def take(self, *keys: str) -> tuple[str, yaml.Node] | None:
        """The first of `keys` that is there and says anything."""
        for key in keys:
            node = self.nodes.get(key)
            if node is None:
                continue
            self.used.add(key)
            if node.tag != _NULL:
                return key, node
        return None

    def text(self, *keys: str, longest: int | None = None) -> str:
        found = self.take(*keys)
        return self.scalar(*found, longest) if found else ""

    def read(self, parse: Callable[[str], str], *keys: str) -> str:
        found = self.take(*keys)
        return self.value(*found, parse) if found else ""

    def flag(self, *keys: str) -> bool:
        return self._parsed(keys, as_flag, "true or false") or False

    def number(self, key: str) -> int:
        return self._parsed((key,), _number, "a whole number") or 0

    def day(self, *keys: str) -> date | None:
        found = self.found_day(*keys)
        return found.day if found else None

    def found_day(self, *keys: str) -> FoundDate | None:
        return self._parsed(keys, _found_day, "a date such as 2024-03-31")

    def link(self, *keys: str, may_be_path: bool = False, schemes: Sequence[str] = WEB) -> str:
        found = self.take(*keys)
        return "" if found is None else self.place(*found, may_be_path, schemes)

    def place(self, key: str, node: yaml.Node, may_be_path: bool = False, schemes: Sequence[str] = WEB) -> str:
        """An address, or a path where one may stand."""
        value = self.scalar(key, node)
        if value and not (is_address(value, schemes) or (may_be_path and is_path(value))):
            kind = "an http(s) address" if schemes == WEB else "an http(s) or mailto address"
            kind = "a path or an http(s) address" if may_be_path else kind
            raise self.error(key, node, f"must be {kind}, not {_shown(value)}")
        return self.value(key, node, lambda text: fitting_address(one_line(text)))

    def whole_address(self, *keys: str) -> str:
        """The first of `keys` that is a whole address; the others may be paths of the site, and are left unused."""
        for key in keys:
            node = self.nodes.get(key)
            if isinstance(node, yaml.ScalarNode) and is_address(str(node.value).strip()):
                return self.link(key)
        return ""

    def topics(self, *keys: str) -> tuple[str, ...]:
        """A list of categories or tags, or one line of them with commas between, with spaces where Jekyll reads it."""
        found = self.take(*keys)
        if found is None:
            return ()
        key, node = found
        if isinstance(node, yaml.ScalarNode):
            words = self.value(key, node, _one_line_of_topics)
            is_parted_by_spaces = key.endswith("s") and "," not in words and _is_jekylls(self.source)
            return tuple(dict.fromkeys(words.split())) if is_parted_by_spaces else split_list(words)
        values = [self.scalar(key, item, MAX_TOPIC) for item in self.items(key, node)]
        return tuple(dict.fromkeys(value for value in values if value))

    def lift(self, *keys: str) -> None:
        """What stands below these keys, as if it stood beside them: `params` of Hugo, `taxonomies` of Zola."""
        for key in keys:
            node = self.nodes.get(key)
            if isinstance(node, yaml.MappingNode):
                self.used.add(key)
                below = self.mapping(key, node)
                self.nodes.update({name: value for name, value in below.nodes.items() if name not in self.nodes})

    def seasons(self, key: str) -> tuple[Season, ...]:
        found = self.take(key)
        if found is None:
            return ()
        _, node = found
        items = [node] if isinstance(node, yaml.ScalarNode) else self.items(key, node)
        return tuple(self._season(key, item) for item in items)

    def _season(self, key: str, item: yaml.Node) -> Season:
        try:
            return Season.parse(self.scalar(key, item))
        except ValueError as error:
            raise self.error(key, item, f"holds no season: {error}") from None

    def items(self, key: str, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(key, node, f"must be a list or words, not {_kind(node)}")
        return list(node.value)

    def mapping(self, key: str, node: yaml.Node) -> Fields:
        """The keys below `key`. Raises SourceError when it holds none, or one twice."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(key, node, f"must be keys with values, not {_kind(node)}")
        below = Fields(self.source, f"{self.prefix}{key}.", first_line=self.first_line)
        below.fill(node)
        return below

    def fill(self, node: yaml.MappingNode) -> None:
        for name, value in node.value:
            key = self.scalar("key", name, MAX_NAME)  # an author's name may be one
            if key in self.nodes:
                raise self.error(key, name, "stands there twice")
            self.nodes[key] = value

    def scalar(self, key: str, node: yaml.Node, longest: int | None = None) -> str:
        """The words on one line. Raises SourceError for a control character and for too many words."""
        return self.value(key, node, lambda text: one_line(text, longest))

    def value(self, key: str, node: yaml.Node, parse: Callable[[str], Value]) -> Value:
        """What `parse` makes of the words; its ValueError becomes a SourceError with key and line before its words."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(key, node, f"must be words, not {_kind(node)}")
        try:
            return parse("" if node.tag == _NULL else str(node.value))
        except ValueError as error:
            raise self.error(key, node, str(error)) from None

    def error(self, key: str, node: yaml.Node, words: str) -> SourceError:
        line = self.first_line + node.start_mark.line
        return SourceError(self.source, f"front matter key {_shown(self.prefix + key)} {words}", line)

    def _parsed(self, keys: Sequence[str], parse: Callable[[str], Value | None], kind: str) -> Value | None:
        found = self.take(*keys)
        if found is None:
            return None
        value = self.scalar(*found)
        parsed = parse(value)
        if parsed is None:
            raise self.error(*found, f"must be {kind}, not {_shown(value)}")
        return parsed


def split_front_matter(text: str, source: str) -> tuple[Fields, str, int]:
    """The fields, the body below them, and the 1-based line the body starts at.

    Raises SourceError when the front matter is not closed, or is not what its fence says: YAML between `---`, TOML
    between `+++`, JSON from a `{` that opens the file.
    """
    fields = Fields(source)
    lines = text.split("\n")
    opening = next((number for number, line in enumerate(lines) if line), 0)
    fence = _FENCE.fullmatch(lines[opening])
    if fence is None:
        return _split_json(text, lines, opening, fields) if _JSON.match(lines[opening]) else (fields, text, 1)
    fields.first_line = opening + 2
    for number in range(opening + 1, len(lines)):
        if _CLOSING_FENCES[fence[1]].fullmatch(lines[number]):
            _load("\n".join(lines[opening + 1 : number]), fields, _toml if fence[1] == "+++" else _yaml)
            return fields, "\n".join(lines[number + 1 :]), number + 2
    words = f"the front matter that opens here is not closed by a line `{fence[1]}`"
    raise SourceError(source, words, opening + 1)


def _split_json(text: str, lines: list[str], opening: int, fields: Fields) -> tuple[Fields, str, int]:
    fields.first_line = opening + 1
    start = sum(len(line) + 1 for line in lines[:opening])
    end = json_end(text, start, start + MAX_FRONT_MATTER)
    _load(text[start:end], fields, _json)
    rest = text[end:].removeprefix("\n")
    return fields, rest, text.count("\n", 0, len(text) - len(rest)) + 1


def _load(text: str, fields: Fields, compose: Callable[[str, Fields], yaml.Node | None]) -> None:
    if len(text) > MAX_FRONT_MATTER:
        words = f"the front matter has {len(text)} characters; at most {MAX_FRONT_MATTER} are read"
        raise SourceError(fields.source, words, fields.first_line)
    node = compose(text, fields)
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        words = f"the front matter is not YAML with keys (`title: …`), but {_kind(node)}"
        raise SourceError(fields.source, words, fields.first_line + node.start_mark.line)
    fields.fill(node)


def _yaml(text: str, fields: Fields) -> yaml.Node | None:
    try:
        _check_shape(text, fields)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = fields.first_line + (mark.line if mark else 0)
        raise SourceError(fields.source, f"the front matter is not YAML: {_reason(error)}", line) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = fields.first_line + text.count("\n", 0, position)
        raise SourceError(fields.source, "the front matter is not YAML: a sign is not allowed", line) from None


def _toml(text: str, fields: Fields) -> yaml.Node:
    try:
        return nodes_of_toml(text)
    except NotReadable as error:
        words = f"the front matter is not TOML: {error.words}"
        raise SourceError(fields.source, words, fields.first_line + error.line) from None


def _json(text: str, fields: Fields) -> yaml.Node:
    try:
        return nodes_of_json(text)
    except NotReadable as error:
        words = f"the front matter is not JSON: {error.words}"
        raise SourceError(fields.source, words, fields.first_line + error.line) from None


def _check_shape(text: str, fields: Fields) -> None:
    """PyYAML composes by recursion, and an alias may stand for a whole tree: both are bounded first."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH or aliases > _MAX_ALIASES:
            what = f"is nested deeper than {_MAX_DEPTH}" if depth > _MAX_DEPTH else "has too many aliases"
            line = fields.first_line + (event.start_mark.line if event.start_mark else 0)
            raise SourceError(fields.source, f"the front matter {what}", line)


def _reason(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return _shown(str(node.value))
    return "a list" if isinstance(node, yaml.SequenceNode) else "keys with values"


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:57]}…")


def as_flag(value: str) -> bool | None:
    return _YES_AND_NO.get(value.casefold())


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[+-]?(?:[0-9]{1,6}|1000000)", value) else None


def _found_day(value: str) -> FoundDate | None:
    if _ISO_DAY.fullmatch(value):  # also of years that are none where people write
        return FoundDate(date.fromisoformat(value), 0, len(value)) if _is_day(value) else None
    found = find_date(value)
    is_whole = found is not None and not value[: found.start].strip()
    return found if found and is_whole and _TRAILING_TIME.fullmatch(value[found.end :]) else None


def _one_line_of_topics(text: str) -> str:
    line = one_line(text)
    for topic in split_list(line):
        one_line(topic, MAX_TOPIC)
    return line


def _is_jekylls(source: str) -> bool:
    return not {"_posts", "_drafts"}.isdisjoint(PurePosixPath(source.replace("\\", "/")).parts)


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_path(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:  # a broken IPv6 host
        return False
    return not parts.scheme and not parts.netloc
