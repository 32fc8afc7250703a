from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Refused
from newsletter.options import (
    NOTHING,
    Options,
    absences,
    flag,
    from_json,
    names,
    read_option,
    require_people,
    shown,
    to_json,
)

WRITTEN: dict[str, tuple[str, Any]] = {
    "order": ("evergreen", "evergreen"),
    "weights": ("age=2, variety=0.5", (("age", 2.0), ("variety", 0.5))),
    "articles": ("3", 3),
    "cool_down": ("0", 0),
    "times": ("2", 2),
    "categories": ("Couples, Grief ,Couples", ("Couples", "Grief")),
    "tags": ("none", ()),
    "without": ("news", ("news",)),
    "author_turns": ("Jane Doe=2,John Roe=1", (("Jane Doe", 2.0), ("John Roe", 1.0))),
    "category_turns": ("Couples=1", (("Couples", 1.0),)),
    "variety": ("0", 0),
    "fresh": ("14", 14),
    "when_empty": ("skip", "skip"),
    "repeat": ("per-reader", "per-reader"),
    "sequence": ("7", 7),
    "at_local": ("yes", True),
    "first_to": ("ada@example.org", ("ada@example.org",)),
    "rehearse": ("2", 2),
    "blackout": ("12-24..01-02,2027-05-01", ("12-24..01-02", "2027-05-01")),
    "on_blackout": ("shift", "shift"),
    "missed": ("ask", "ask"),
    "late_hours": ("08:00 - 18:30", "08:00-18:30"),
    "lead": ("2d", 2 * 24 * 60),
    "approval": ("none", "none"),
    "approvers": ("author,jo@example.org", ("author", "jo@example.org")),
    "if_unanswered": ("send", "send"),
    "deputy": ("ben@example.org", ("ben@example.org",)),
    "away": ("jo@example.org=2027-01-01..2027-01-08", ("jo@example.org=2027-01-01..2027-01-08",)),
}
WRONG = {
    "order": "random",
    "weights": "age",
    "author_turns": "Jane=-1",
    "category_turns": "=",
    "articles": "0",
    "cool_down": "a year",
    "times": "-1",
    "variety": "1000",
    "fresh": "x",
    "when_empty": "panic",
    "repeat": "never",
    "sequence": "-7",
    "at_local": "perhaps",
    "rehearse": "-2",
    "on_blackout": "ignore",
    "missed": "sometimes",
    "late_hours": "20:00-07:00",
    "lead": "-48h",
    "approval": "maybe",
    "if_unanswered": "shout",
    "first_to": "the office",
    "approvers": "author,jo",
    "deputy": "jo@",
    "away": "jo@example.org=2027-01-08..2027-01-01",
}


def test_every_option_has_an_example() -> None:
    assert list(WRITTEN) == list(names())


@pytest.mark.parametrize(("name", "text", "value"), [(name, *written) for name, written in WRITTEN.items()])
def test_option_is_read_as_a_person_writes_it(name: str, text: str, value: object) -> None:
    assert read_option(name, text) == value


@pytest.mark.parametrize(("name", "text"), WRONG.items())
def test_wrong_option_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(Refused, match=f"^{flag(name)}: "):
        read_option(name, text)


@pytest.mark.parametrize("text", ["61d", "90 parsecs", "2 months", "5monkeys", "1", ""])
def test_absurd_lead_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="--lead"):
        read_option("lead", text)


@pytest.mark.parametrize("text", ["07:00+02:00-20:00", "07:00Z-20:00", "07-20", "07:00", "07:00-24:00", "08:00-08:00"])
def test_hours_are_two_times_of_one_day_in_no_zone_of_their_own(text: str) -> None:
    with pytest.raises(Refused, match="--late-hours"):
        read_option("late_hours", text)


@pytest.mark.parametrize("text", ["=2", "Jane Doe=2, =1", "Jane Doe=nan", "Jane Doe=inf", "Jane Doe="])
def test_a_share_has_a_name_and_a_number(text: str) -> None:
    with pytest.raises(Refused, match=r"^--author-turns: .* is not written NAME=NUMBER"):
        read_option("author_turns", text)


@given(st.sampled_from(list(names())), st.text())
def test_any_text_is_a_value_or_a_refusal(name: str, text: str) -> None:
    try:
        value = read_option(name, text)
    except Refused as error:
        assert flag(name) in str(error)
    else:
        hash(value)


@pytest.mark.parametrize(
    ("text", "minutes"), [("90 minutes", 90), ("1h", 60), ("48 hours", 2880), ("2 days", 2880), ("1week", 10080)]
)
def test_lead_is_read_in_words_too(text: str, minutes: int) -> None:
    assert read_option("lead", text) == minutes


def test_what_is_stored_is_what_was_set_and_comes_back() -> None:
    assert to_json(Options()) == {}
    assert from_json({}) == Options()
    whole = Options(**{name: value for name, (_, value) in WRITTEN.items()})
    stored = json.loads(json.dumps(to_json(whole)))
    assert from_json(stored) == whole


def test_shown_options_are_json_with_every_key() -> None:
    assert list(json.loads(json.dumps(shown(Options())))) == list(names())
    assert shown(Options(weights=(("age", 2.0),)))["weights"] == {"age": 2.0}


def test_list_is_emptied_by_a_word() -> None:
    assert {read_option("tags", text) for text in NOTHING} == {()}


@pytest.mark.parametrize(
    "text",
    ["jo@example.org", "jo@example.org=2027-01-01", "jo@example.org=today..tomorrow", "jo=2027-01-01..2027-01-02"],
)
def test_an_absence_without_an_address_or_its_two_days_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^--away: "):
        read_option("away", text)


def test_an_absence_may_be_of_a_single_day() -> None:
    found = absences(Options(away=read_option("away", " jo@Example.org = 2027-01-01 .. 2027-01-01 ")))
    assert found == [("jo@example.org", date(2027, 1, 1), date(2027, 1, 1))]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (Options(rehearse=2), "--rehearse"),
        (Options(rehearse=2, approvers=("author",)), "--rehearse"),
        (Options(approvers=("jo@example.org",), away=("jan@example.org=2027-01-01..2027-01-08",)), "--away: jan@"),
    ],
)
def test_options_that_need_somebody_who_is_not_named_are_refused(options: Options, named: str) -> None:
    with pytest.raises(Refused, match=named):
        require_people(options)


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(rehearse=2, first_to=("jo@example.org",)),
        Options(rehearse=2, approvers=("author", "jo@example.org")),
        Options(deputy=("Jo@example.org",), away=("jo@example.org=2027-01-01..2027-01-08",)),
        Options(approvers=("author",), away=("maria@example.org=2027-01-01..2027-01-08",)),
    ],
)
def test_options_whose_people_are_named_are_fine(options: Options) -> None:
    require_people(options)
