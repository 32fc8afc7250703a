"""Literals and values of any kind → quoted-printable that decodes to exactly the filled text."""

from __future__ import annotations

import quopri
import re
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.splicing import SplicedText, encode_text
from newsletter.errors import MessageError
from newsletter.rendering.slots import Segments, Slot

NAMES = ("a", "b", "c")

# What has broken encoders before: dots, From, spaces at line ends, equals signs, long runs, wide letters.
awkward = st.lists(
    st.sampled_from(
        [
            ".",
            "..",
            "From ",
            "From",
            " ",
            "\t",
            "\n",
            "\r\n",
            "=",
            "=2E",
            "é",
            "漢",
            "😀",
            "x",
            "-" * 40,
            "a" * 74,
            "a" * 75,
            "a" * 76,
            "." * 80,
            "=" * 30,
            "é" * 50,
            " " * 90,
            "\n.\n",
            "\n.\r\n",
            "\x00",
            "--=_",
        ]
    ),
    max_size=8,
).map("".join)
texts = awkward | st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
segments = st.lists(texts | st.builds(Slot, st.sampled_from(NAMES)), max_size=9).map(tuple)
values = st.fixed_dictionaries({name: texts for name in NAMES})


def as_it_is(slot: Slot, values: Mapping[str, str]) -> str:
    return values[slot.name]


def encoded(segments: Segments, values: Mapping[str, str]) -> bytes:
    return b"".join(SplicedText(segments, "html").encoded(values, as_it_is))


def with_crlf(text: str) -> bytes:
    return re.sub("\r\n?|\n", "\r\n", text).encode()


def assert_well_formed(body: bytes) -> None:
    """RFC 2045 §6.7, and nothing that a relay or an mbox would change."""
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert re.fullmatch(rb"(?:[!-<>-~ \t]|=[0-9A-F]{2}|=\r\n|\r\n)*", body)
    assert not [line for line in lines if line.startswith((b".", b"From ")) or line.endswith((b" ", b"\t"))]
    assert not body.endswith(b"=\r\n")
    assert b"=_" not in body


@settings(max_examples=200)
@given(segments, values)
@example((Slot("a"),), {"a": ""})
@example((Slot("a"), Slot("b")), {"a": "x", "b": ""})
@example(("x", Slot("a"), Slot("b")), {"a": "", "b": ""})
@example(("x\n", Slot("a"), ".y"), {"a": ""})
@example(("x ", Slot("a"), "\n"), {"a": ""})
@example(("x", Slot("a")), {"a": "." * 76 + " "})
def test_decoded_text_is_the_filled_text(segments: Segments, values: Mapping[str, str]) -> None:
    body = encoded(segments, values)
    assert_well_formed(body)
    # A literal's newlines and a value's are told apart, as a value is a piece of its own.
    parts: list[str] = [""]
    for part in segments:
        if isinstance(part, Slot):
            parts += [values[part.name], ""]
        else:
            parts[-1] += part
    meant = b"".join(map(with_crlf, parts))
    assert quopri.decodestring(body) == meant
    assert SplicedText(segments, "html").filled(values, as_it_is).encode() == meant


@settings(max_examples=200)
@given(texts)
def test_text_without_slots_decodes_to_itself(text: str) -> None:
    body = encode_text(text)
    assert_well_formed(body)
    assert quopri.decodestring(body) == with_crlf(text)


def test_dot_at_the_start_of_every_broken_line_is_escaped() -> None:
    lines = encode_text("." * 400).split(b"=\r\n")
    assert len(lines) > 5
    assert all(line.startswith(b"=2E.") and len(line) <= 75 for line in lines)


def test_word_from_at_the_start_of_a_line_is_escaped() -> None:
    assert encode_text("From us\nFromage\n.") == b"=46rom us\r\nFromage\r\n=2E"


def test_value_stands_on_lines_of_its_own() -> None:
    assert encoded(("Dear ", Slot("a"), ", hello"), {"a": "Ada"}) == b"Dear=20=\r\nAda=\r\n, hello"


def test_empty_value_leaves_no_line_behind() -> None:
    assert encoded(("Dear", Slot("a"), ", hello"), {"a": ""}) == b"Dear=\r\n, hello"


def test_line_end_cut_in_two_between_literals_is_one() -> None:
    assert encoded(("x\r", "\ny"), {}) == b"x\r\ny"


def test_half_a_surrogate_pair_in_a_literal_is_refused_by_the_name_of_the_part() -> None:
    with pytest.raises(MessageError, match=r"^html: "):
        SplicedText(("\ud800",), "html")


def test_half_a_surrogate_pair_in_a_value_is_refused_by_the_name_of_its_slot() -> None:
    with pytest.raises(MessageError, match=r"^a: "):
        encoded((Slot("a"),), {"a": "\ud800"})
