from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Refused
from newsletter.scheduling.recurrence import check_cron
from newsletter.scheduling.when import parse_when


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("every tuesday 09:00", "0 9 * * 2"),
        ("Every Tuesday at 9am", "0 9 * * 2"),
        ("tuesdays, 9:30 pm", "30 21 * * 2"),
        ("at 9.30 p.m. on tuesdays", "30 21 * * 2"),
        ("9am every tue", "0 9 * * 2"),
        ("every day 07:30", "30 7 * * *"),
        ("daily at noon", "0 12 * * *"),
        ("every day at midnight", "0 0 * * *"),
        ("daily 12am", "0 0 * * *"),
        ("daily 12 PM", "0 12 * * *"),
        ("every weekday 08:00", "0 8 * * 1-5"),
        ("weekdays 08:00", "0 8 * * 1-5"),
        ("weekdays at 7", "0 7 * * 1-5"),
        ("weekends 10 o'clock", "0 10 * * 0,6"),
        ("every monday and thursday 9:00", "0 9 * * 1,4"),
        ("Thursdays & Mondays at 9h15", "15 9 * * 1,4"),
        ("every mon, wed, fri 6:05", "5 6 * * 1,3,5"),
        ("every 1st of the month 10:00", "0 10 1 * *"),
        ("monthly on day 15 10:00", "0 10 15 * *"),
        ("every month on the 15th at 10:00", "0 10 15 * *"),
        ("on the 15th and 1st of every month, 8:00", "0 8 1,15 * *"),
        ("last day of the month 10:00", "0 10 L * *"),
        ("every month on the last day at 23:59", "59 23 L * *"),
    ],
)
def test_what_people_write_becomes_cron(text: str, cron: str) -> None:
    assert parse_when(text) == cron


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "names no time of day"),
        ("every tuesday", "names no time of day"),
        ("monthly on day 15", "is not understood"),
        ("now and then 9:00", "is not understood"),
        ("every 2 weeks on friday 9:00", "is not understood"),
        ("every 31st of february 9:00", "is not understood"),
        ("115th of the month 9:00", "is not understood"),
        ("every tuesday of the month 9:00", "is not understood"),
        ("every day 24:00", "'24:00' is not a time of day"),
        ("every day 9:60", "'9:60' is not a time of day"),
        ("every day 13pm", "am and pm go with 1 to 12"),
        ("every day 0am", "am and pm go with 1 to 12"),
        ("every 32nd of the month 9:00", "days of a month are 1 to 31"),
        ("every 0th of the month 9:00", "days of a month are 1 to 31"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, named: str) -> None:
    with pytest.raises(Refused, match=named):
        parse_when(text)


def test_refusal_lists_what_is_understood() -> None:
    with pytest.raises(Refused, match=r"every tuesday 09:00.*weekdays 08:00.*or give a cron expression"):
        parse_when("whenever you like")


WORDS = "every tuesday monday month monthly day last of the on and 1st 15 31st 9:00 10pm noon , 99".split()


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=40))
def test_anything_is_cron_or_refused(text: str) -> None:
    try:
        cron = parse_when(text)
    except Refused:
        return
    assert check_cron(cron) == cron
