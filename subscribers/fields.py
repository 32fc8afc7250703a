"""A name, attributes, time zone and language as somebody offers them → what may be stored, or the reason why not."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite

from subscribers.errors import InvalidField
from subscribers.locales import language_tag, zone_named
from subscribers.model import Scalar

LONGEST_NAME = 300  # characters
LONGEST_ATTRIBUTES = 10_000  # characters of JSON
LONGEST_ATTRIBUTE_NAME = 100  # characters

# In a value, unlike in a name, a line may break: nothing puts it into a header unchecked.
_ALLOWED_CONTROLS = frozenset("\t\n\r")
_ONLY_TEXTS = frozenset({str})


def clean_name(text: str) -> str:
    """The name without space around it. Raises InvalidField: a control character, or too long."""
    name = text.strip(" \t")
    if len(name) > LONGEST_NAME:
        raise InvalidField("name", f"longer than {LONGEST_NAME} characters")
    # isprintable is quick and also false for harmless characters, such as the joiner inside an emoji.
    if not name.isprintable():
        _refuse_controls("name", name, frozenset())
    return name


def clean_timezone(text: str) -> str:
    """The zone's name, empty where none is told. Raises InvalidField, with the nearest names."""
    return _told("timezone", text.strip(), lambda name: zone_named(name).key)


def clean_language(text: str) -> str:
    """The language tag, empty where none is told. Raises InvalidField."""
    return _told("language", text.strip(), language_tag)


def _told(field: str, text: str, read: Callable[[str], str]) -> str:
    try:
        return read(text) if text else ""
    except ValueError as error:
        raise InvalidField(field, str(error)) from None


def clean_attributes(attributes: Mapping[str, object]) -> dict[str, Scalar]:
    """The attributes that say something: an empty text and None are left out. Raises InvalidField."""
    cleaned: dict[str, Scalar] = {}
    for key, value in attributes.items():
        _check_key(key)
        if value is None or value == "":
            continue
        cleaned[key] = _checked_value(key, value)
    return cleaned


def read_attributes(text: str) -> str:
    """A JSON object of plain values as JSON to be stored as it is; nothing is `{}`. Raises InvalidField."""
    if not text or text.isspace():
        return "{}"
    if len(text) > LONGEST_ATTRIBUTES:
        raise InvalidField("attributes", f"longer than {LONGEST_ATTRIBUTES} characters")
    offered = _decoded(text)
    return text if _is_clean(text, offered) else json.dumps(clean_attributes(offered))


def _is_clean(text: str, offered: Mapping[str, object]) -> bool:
    """Whether there is nothing to clean: a quick answer for most of a million rows, and never a wrong yes."""
    values = offered.values()
    return (
        text.isprintable()
        and "\\" not in text
        and "" not in values
        and _ONLY_TEXTS.issuperset(map(type, values))
        and _are_keys(tuple(offered))
    )


def _decoded(text: str) -> dict[str, object]:
    try:
        offered = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidField("attributes", f"not JSON ({error.msg} at character {error.pos + 1})") from None
    except RecursionError:
        raise InvalidField("attributes", "nested too deeply") from None
    except ValueError as error:
        raise InvalidField("attributes", str(error)) from None
    if not isinstance(offered, dict):
        raise InvalidField("attributes", 'not a JSON object such as {"town": "Bonn"}')
    return offered


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    offered = dict(pairs)
    if len(offered) != len(pairs):
        raise ValueError("the same attribute is given twice")
    return offered


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is not a number")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


@lru_cache(maxsize=64)  # the rows of one file have the same few attributes
def _are_keys(keys: tuple[str, ...]) -> bool:
    return all(map(_is_key, keys))


def _is_key(key: str) -> bool:
    return 0 < len(key) <= LONGEST_ATTRIBUTE_NAME and not key.isspace()


def _check_key(key: str) -> None:
    if not _is_key(key):
        raise InvalidField("attributes", f"an attribute's name has 1 to {LONGEST_ATTRIBUTE_NAME} characters")
    _refuse_controls("attributes", key, frozenset())


def _checked_value(key: str, value: object) -> Scalar:
    if isinstance(value, str):
        _refuse_controls(f"attributes.{key}", value, _ALLOWED_CONTROLS)
        return value
    if isinstance(value, float) and not isfinite(value):
        raise InvalidField(f"attributes.{key}", "not a number that can be stored")
    if isinstance(value, bool | int | float):
        return value
    raise InvalidField(f"attributes.{key}", "a list or an object inside; one text, number or truth value is needed")


def _refuse_controls(field: str, text: str, allowed: frozenset[str]) -> None:
    for character in text:
        category = unicodedata.category(character)
        # Cs: half a character, which no message can carry; Zl, Zp: line breaks by other names.
        if category in ("Cc", "Cs", "Zl", "Zp") and character not in allowed:
            raise InvalidField(field, f"holds the character U+{ord(character):04X}, which no message may carry")
