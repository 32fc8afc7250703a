"""Names and attributes as they are offered, and what of them may be stored."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.errors import InvalidField
from subscribers.fields import clean_attributes, clean_name, read_attributes


@pytest.mark.parametrize(
    "name",
    ["Ada Lovelace", "Zoë", "李小龍", "O’Neill", "=?utf-8?q?x?=", "{{ name }}", "👩‍🔬 Ada", "a\u00a0b", ""],
)
def test_names_of_all_kinds_are_kept_as_they_are(name: str) -> None:
    assert clean_name(f" {name}\t") == name


@pytest.mark.parametrize("name", ["Ada\nBcc: x", "Ada\r", "Ada\x00", "A\tda", "A\u2028da", "\ud800", "a" * 301])
def test_names_that_could_break_a_line_are_refused(name: str) -> None:
    with pytest.raises(InvalidField, match=r"^name: "):
        clean_name(name)


@pytest.mark.parametrize("text", ["", "  ", "{}", "{ }", '{"town": ""}', '{"town": null}'])
def test_attributes_that_say_nothing_are_none(text: str) -> None:
    assert json.loads(read_attributes(text)) == {}


def test_attributes_keep_their_kinds() -> None:
    text = '{"town": "Köln", "age": 36, "height": 1.5, "member": true, "gone": null, "said": "a\\nb"}'
    assert json.loads(read_attributes(text)) == {
        "town": "Köln",
        "age": 36,
        "height": 1.5,
        "member": True,
        "said": "a\nb",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "not a JSON object"),
        ('"town"', "not a JSON object"),
        ("null", "not a JSON object"),
        ("{town: Bonn}", "not JSON"),
        ('{"town": "Bonn"', "not JSON"),
        ('{"town": ["Bonn"]}', "attributes.town: a list or an object"),
        ('{"town": {}}', "attributes.town: a list or an object"),
        ('{"town": "Bonn", "town": "Köln"}', "twice"),
        ('{"age": NaN}', "NaN is not a number"),
        ('{"age": -Infinity}', "-Infinity is not a number"),
        ('{"age": 1e999}', "attributes.age"),
        ('{"": "Bonn"}', "an attribute's name"),
        ('{" ": "Bonn"}', "an attribute's name"),
        ('{"%s": "Bonn"}' % ("a" * 101), "an attribute's name"),
        ('{"a\\nb": "Bonn"}', "U+000A"),
        ('{"town": "\\u0000"}', "U+0000"),
        ('{"town": "\\ud800"}', "U+D800"),
        ('{"age": %s}' % ("9" * 5000), "attributes"),
        ("[" * 9_000, "attributes"),
        ('{"town": "%s"}' % ("a" * 10_000), "longer than"),
    ],
)
def test_attributes_that_cannot_be_stored_are_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_attributes(text)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 250


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=3))
def test_file_and_command_line_accept_the_same_attributes(offered: dict[str, object]) -> None:
    text = json.dumps(offered)
    try:
        cleaned = clean_attributes(offered)
    except InvalidField:
        with pytest.raises(InvalidField):
            read_attributes(text)
    else:
        assert json.loads(read_attributes(text)) == cleaned


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_any_text_is_attributes_or_refused(text: str) -> None:
    try:
        stored = read_attributes(text)
    except InvalidField:
        return
    assert isinstance(json.loads(stored), dict)
