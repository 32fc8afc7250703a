"""The end of a time as a person writes it, read in a zone and at an instant."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.errors import Refused
from newsletter.scheduling.ends import parse_end

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the day before the clocks are changed


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2d", datetime(2026, 3, 30, 12, tzinfo=UTC)),
        ("90 m", datetime(2026, 3, 28, 13, 30, tzinfo=UTC)),
        ("1W", datetime(2026, 4, 4, 12, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("2026-03-30", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (" 2026-03-30T08:00 ", datetime(2026, 3, 30, 6, tzinfo=UTC)),
        ("2026-03-30 08:00", datetime(2026, 3, 30, 6, tzinfo=UTC)),
        ("2026-03-30T08:00Z", datetime(2026, 3, 30, 8, tzinfo=UTC)),
        ("2026-03-30T08:00-05:00", datetime(2026, 3, 30, 13, tzinfo=UTC)),
    ],
)
def test_end_is_a_day_an_instant_or_a_time_from_now(text: str, end: datetime) -> None:
    assert parse_end(text, NOW, BERLIN) == end


@pytest.mark.parametrize("text", ["2026-03-28", "2026-03-28T12:00Z", "0d", "0001-01-01T00:00+23:00"])
def test_end_that_is_over_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^--until: .*(over already|neither)"):
        parse_end(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["", "tomorrow", "2d 3h", "-2d", "2026-02-30", "2026-3-1", "٢d", "9999999d"])
def test_what_is_no_end_is_refused_by_its_words(text: str) -> None:
    with pytest.raises(Refused, match=r"^--until: .* is neither a date"):
        parse_end(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["999999w", "9999-12-31", "2040-01-01T00:00"])
def test_end_that_nobody_will_see_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^--until: .* (more than ten years away|neither)"):
        parse_end(text, NOW, BERLIN)
