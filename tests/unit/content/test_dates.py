from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.dates import find_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jun 23, 2023", date(2023, 6, 23)),
        ("on 2024-03-03T10:00", date(2024, 3, 3)),
        ("2024/3/9", date(2024, 3, 9)),
        ("3 March 2024", date(2024, 3, 3)),
        ("Mar. 3rd, 2024", date(2024, 3, 3)),
        ("Sept. 1, 2024", date(2024, 9, 1)),
        ("12-Mar-2024", date(2024, 3, 12)),
        ("3. März 2024", date(2024, 3, 3)),
        ("le 1er août 2023", date(2023, 8, 1)),
        ("3 de marzo de 2024", date(2024, 3, 3)),
        ("03.04.2024", date(2024, 4, 3)),
        ("13/04/2024", date(2024, 4, 13)),
        ("04/13/2024", date(2024, 4, 13)),
        ("3/4/24", date(2024, 3, 4)),
        ("31 Feb 2024", None),
        ("March 2024", None),
        ("1.2.24", None),
        ("call 555-010-2024", None),
    ],
)
def test_dates_as_people_write_them(text: str, day: date | None) -> None:
    found = find_date(text)
    assert (found.day if found else None) == day


def test_only_numbers_that_can_be_swapped_are_ambiguous() -> None:
    assert [
        found.is_ambiguous for text in ("03/04/2024", "03/03/2024", "13/04/2024") if (found := find_date(text))
    ] == [
        True,
        False,
        False,
    ]


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_is_found_in_the_forms_that_cannot_be_misread(day: date) -> None:
    for form in ("%Y-%m-%d", "%B %d, %Y", "%d %b %Y", "%d.%m.%Y"):
        found = find_date(f"Posted {day.strftime(form)} by Ada")
        assert found is not None
        assert found.day == day


@given(st.text(max_size=60))
def test_any_text_has_a_date_or_none(text: str) -> None:
    find_date(text)
