"""A licence to practise and a day → the warning that it ends."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.content.licences import ending_licence, renew_command
from newsletter.model import Author

ADA = Author("Ada Byron", credentials_until=date(2026, 5, 1))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 31), ""),
        (date(2026, 4, 1), "the licence of Ada Byron ends on 2026-05-01"),
        (date(2026, 5, 1), "the licence of Ada Byron ends on 2026-05-01"),
        (date(2026, 5, 2), "the licence of Ada Byron ended on 2026-05-01"),
    ],
)
def test_licence_that_ends_warns_thirty_days_before(day: date, words: str) -> None:
    assert ending_licence(ADA, day) == words


def test_command_that_renews_it_can_be_pasted() -> None:
    assert renew_command(ADA) == "newsletter authors set 'Ada Byron' --credentials-until YYYY-MM-DD"


@pytest.mark.parametrize("day", [date.min, date.max])
def test_any_day_can_be_asked(day: date) -> None:
    assert ending_licence(ADA, day) == ("the licence of Ada Byron ended on 2026-05-01" if day == date.max else "")


def test_licence_without_an_end_never_warns() -> None:
    assert ending_licence(Author("Ada Byron"), date.max) == ""
