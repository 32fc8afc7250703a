"""An article of years ago → what a person should look at before it is mailed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.ageing import MAX_HINTS, hints_of_age
from newsletter.model import Article

TODAY = date(2026, 11, 23)


def hints(words: str, title: str = "A title") -> tuple[str, ...]:
    return hints_of_age(Article("a", title, f"<p>{words}</p>"), TODAY)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("We began in 2016, and again in 2019.", "it speaks of 2016, 2019"),
        ("Ring (040) 555 0199 before noon.", "a telephone number: (040) 555 0199"),
        ("Ring +49 40 555 0199.", "a telephone number: 555 0199"),
        ("The evening costs $25.", "a price: $25."),
        ("Der Abend kostet 25 €.", "a price: 25 €"),
        ("Our holiday hours are short.", "opening hours: holiday hours"),
        ("We’re hiring!", "an offer of work: We’re hiring"),
        ("Register now, seats are few.", "an invitation: Register now"),
        ("What this summer taught us.", "news of its day: this summer"),
        ("After the lockdown we met.", "news of its day: lockdown"),
    ],
)
def test_what_may_be_out_of_date_is_named(words: str, hint: str) -> None:
    assert hints(words) == (hint,)


@pytest.mark.parametrize(
    "words",
    [
        "Trust is built slowly, in small things that are kept.",
        "In 1846 nobody knew; in 2026 everybody does.",  # too long ago to be news, and this year
        "Three of 1000 people sleep 10 hours.",
        "Breathe in for 4 seconds, out for 6 seconds.",
    ],
)
def test_what_is_timeless_gets_no_hint(words: str) -> None:
    assert hints(words) == ()


def test_title_is_looked_at_too() -> None:
    assert hints("…", "Our plans for 2017") == ("it speaks of 2017",)


@pytest.mark.parametrize("text", ["1.", "1,1", "$1.", "(123) ", "+1 ", "2016 "])
def test_text_without_an_end_is_read_in_one_go(text: str) -> None:
    assert len(hints(text * 200_000)) <= 3


@given(st.text())
def test_any_text_gets_a_few_hints_at_most(words: str) -> None:
    assert len(hints(words)) <= MAX_HINTS
