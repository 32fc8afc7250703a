from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Refused
from newsletter.scheduling.phrases.nearest import EXAMPLES, LIKE
from newsletter.scheduling.recurrence import occurrences
from newsletter.scheduling.walls import in_english
from newsletter.scheduling.when import parse_when

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 30, 14, tzinfo=BERLIN)


def parsed(text: str) -> str:
    return parse_when(text, MONDAY)


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("every tuesday 09:00", "0 9 * * 2"),
        ("Every Tuesday at 9am", "0 9 * * 2"),
        ("every tuesday", "0 9 * * 2"),
        ("every week on tuesday at 9", "0 9 * * 2"),
        ("once a week on friday", "0 9 * * 5"),
        ("tuesdays, 9:30 pm", "30 21 * * 2"),
        ("at 9.30 p.m. on tuesdays", "30 21 * * 2"),
        ("9am every tue", "0 9 * * 2"),
        ("every tue 9", "0 9 * * 2"),
        ("every day 07:30", "30 7 * * *"),
        ("daily at noon", "0 12 * * *"),
        ("every day at midnight", "0 0 * * *"),
        ("daily 12am", "0 0 * * *"),
        ("daily 12 PM", "0 12 * * *"),
        ("every weekday 08:00", "0 8 * * 1-5"),
        ("weekdays 08:00", "0 8 * * 1-5"),
        ("weekdays at 7", "0 7 * * 1-5"),
        ("monday to friday 8:00", "0 8 * * 1-5"),
        ("fri-mon at 10", "0 10 * * 0,1,5,6"),
        ("weekends 10 o'clock", "0 10 * * 0,6"),
        ("every monday and thursday 9:00", "0 9 * * 1,4"),
        ("Thursdays & Mondays at 9h15", "15 9 * * 1,4"),
        ("every mon, wed, fri 6:05", "5 6 * * 1,3,5"),
        ("every 1st of the month 10:00", "0 10 1 * *"),
        ("first day of the month", "0 9 1 * *"),
        ("monthly", "0 9 1 * *"),
        ("monthly on day 15 10:00", "0 10 15 * *"),
        ("monthly on day 15", "0 9 15 * *"),
        ("monthly on the 15", "0 9 15 * *"),
        ("on the 1 and 15 of the month", "0 9 1,15 * *"),
        ("every month on the 15th at 10:00", "0 10 15 * *"),
        ("every month at 10:00 on the 15th", "0 10 15 * *"),
        ("on the 15th and 1st of every month, 8:00", "0 8 1,15 * *"),
        ("twice a month", "0 9 1,15 * *"),
        ("twice a month on the 10th and the 25th", "0 9 10,25 * *"),
        ("last day of the month", "0 9 L * *"),
        ("last day of the month 10:00", "0 10 L * *"),
        ("first and last day of the month", "0 9 1,L * *"),
        ("last working day of the month at noon", "0 12 LW * *"),
        ("every month on the last day at 23:59", "59 23 L * *"),
        ("first monday of the month at 08:30", "30 8 * * 1#1"),
        ("every first monday 8:30", "30 8 * * 1#1"),
        ("first and third monday", "0 9 * * 1#1,1#3"),
        ("third thursday", "0 9 * * 4#3"),
        ("2nd friday of the month", "0 9 * * 5#2"),
        ("every second friday of the month", "0 9 * * 5#2"),
        ("last friday of the month", "0 9 * * 5L"),
        ("first monday of june", "0 9 * 6 1#1"),
        ("quarterly", "0 9 1 1,4,7,10 *"),
        ("every 3 months", "0 9 1 1,4,7,10 *"),
        ("every other month on the 5th", "0 9 5 1,3,5,7,9,11 *"),
        ("last day of the quarter at 16:00", "0 16 L 3,6,9,12 *"),
        ("first monday of the quarter", "0 9 * 1,4,7,10 1#1"),
        ("twice a year", "0 9 1 1,7 *"),
        ("every year on 24 december at 8:15", "15 8 24 12 *"),
        ("every december 24th", "0 9 24 12 *"),
        ("every 29th of february", "0 9 29 2 *"),
        ("Tuesdays @9am", "0 9 * * 2"),
        ("every Tues., 9 a.m.", "0 9 * * 2"),
        ("mon/wed/fri 8:00", "0 8 * * 1,3,5"),
        ("each and every tuesday", "0 9 * * 2"),
        ("every monday and every thursday at 9", "0 9 * * 1,4"),
        ("every week day at 9", "0 9 * * 1-5"),
        ("business days at 9", "0 9 * * 1-5"),
        ("every working day 8", "0 8 * * 1-5"),
        ("friday 12", "0 12 * * 5"),
        ("friday 13 h", "0 13 * * 5"),
        ("friday at 13", "0 13 * * 5"),
        ("weekdays 17", "0 17 * * 1-5"),
        ("mondays 9 and 17", "0 9,17 * * 1"),
        ("every day at 9 and 17", "0 9,17 * * *"),
        ("9am and 5pm every day", "0 9,17 * * *"),
        ("weekdays 8:00, 12:00, 16:00", "0 8,12,16 * * 1-5"),
        ("fridays at noon and midnight", "0 0,12 * * 5"),
        ("mondays and thursdays at 9 and at 9:30", "0,30 9 * * 1,4"),
        ("tuesdays in june and july at 9", "0 9 * 6,7 2"),
        ("every day in december", "0 9 * 12 *"),
        ("every 31st", "0 9 31 * *"),
        ("every 1st and 15th at 10", "0 10 1,15 * *"),
        ("the second of the month", "0 9 2 * *"),
        ("every second day of the month", "0 9 2 * *"),
        ("15th and last of the month", "0 9 15,L * *"),
        ("every second month on the 5th", "0 9 5 1,3,5,7,9,11 *"),
        ("quarterly on the first monday", "0 9 * 1,4,7,10 1#1"),
        ("once a month on the 5th", "0 9 5 * *"),
        ("yearly on 3 march", "0 9 3 3 *"),
        ("1 march and 1 september every year at 10", "0 10 1 3,9 *"),
        ("first monday in march and september", "0 9 * 3,9 1#1"),
        ("twice a month on the first and third monday", "0 9 * * 1#1,1#3"),
        ("first workday of the month at 9", "0 9 FW * *"),
        ("every month on the first weekday", "0 9 FW * *"),
        ("last business day of the quarter", "0 9 LW 3,6,9,12 *"),
        ("0 9 * * 2", "0 9 * * 2"),
    ],
)
def test_what_people_write_becomes_cron(text: str, cron: str) -> None:
    assert parsed(text) == cron


@pytest.mark.parametrize(
    ("text", "stored", "english"),
    [
        (
            "every 2 weeks on friday",
            "every 2 weeks from 2026-04-03: 0 9 * * 5",
            "At 09:00 on Friday, every 2 weeks from 3 April 2026 on",
        ),
        (
            "every other friday at 10",
            "every 2 weeks from 2026-04-03: 0 10 * * 5",
            "At 10:00 on Friday, every 2 weeks from 3 April 2026 on",
        ),
        (
            "fortnightly on monday 8:00",
            "every 2 weeks from 2026-04-06: 0 8 * * 1",
            "At 08:00 on Monday, every 2 weeks from 6 April 2026 on",
        ),
        (
            "every three weeks on monday at 14:30",  # it is Monday, 14:00
            "every 3 weeks from 2026-03-30: 30 14 * * 1",
            "At 14:30 on Monday, every 3 weeks from 30 March 2026 on",
        ),
        (
            "every 2 weeks on friday from 2026-04-07",
            "every 2 weeks from 2026-04-10: 0 9 * * 5",
            "At 09:00 on Friday, every 2 weeks from 10 April 2026 on",
        ),
        (
            "every friday starting 2027-01-01 at 9:00",
            "every 1 weeks from 2027-01-01: 0 9 * * 5",
            "At 09:00 on Friday, from 1 January 2027 on",
        ),
        (
            "biweekly on friday",
            "every 2 weeks from 2026-04-03: 0 9 * * 5",
            "At 09:00 on Friday, every 2 weeks from 3 April 2026 on",
        ),
        (
            "every 3rd week on monday",
            "every 3 weeks from 2026-04-06: 0 9 * * 1",
            "At 09:00 on Monday, every 3 weeks from 6 April 2026 on",
        ),
        (
            "every 2 weeks from 2027-01-01",  # a Friday
            "every 2 weeks from 2027-01-01: 0 9 * * 5",
            "At 09:00 on Friday, every 2 weeks from 1 January 2027 on",
        ),
        (
            "every 3 days at 9",
            "every 3 days from 2026-03-31: 0 9 * * *",
            "At 09:00 every 3 days, from 31 March 2026 on",
        ),
        (
            "every other day at 15:00",
            "every 2 days from 2026-03-30: 0 15 * * *",
            "At 15:00 every 2 days, from 30 March 2026 on",
        ),
        (
            "every 10 days from 4 may 2026 at 9 and 17",
            "every 10 days from 2026-05-04: 0 9,17 * * *",
            "At 09:00 and 17:00 every 10 days, from 4 May 2026 on",
        ),
        (
            "mondays 9:00 and thursdays 17:00",
            "0 9 * * 1; 0 17 * * 4",
            "At 09:00 on Monday, and at 17:00 on Thursday",
        ),
        (
            "9am on mondays and thursdays and 5pm on fridays",
            "0 9 * * 1,4; 0 17 * * 5",
            "At 09:00 on Monday and Thursday, and at 17:00 on Friday",
        ),
        (
            "every 2 weeks on monday at 9:30 and 17:00",  # it is Monday, 14:00: both count from one Monday
            "every 2 weeks from 2026-03-30: 30 9 * * 1; every 2 weeks from 2026-03-30: 0 17 * * 1",
            "At 09:30 on Monday, every 2 weeks from 30 March 2026 on, "
            "and at 17:00 on Monday, every 2 weeks from 30 March 2026 on",
        ),
        (
            "every other monday and every friday",
            "every 2 weeks from 2026-04-06: 0 9 * * 1; 0 9 * * 5",
            "At 09:00 on Monday, every 2 weeks from 6 April 2026 on, and at 09:00 on Friday",
        ),
        (
            "every january 5 and february 9",
            "0 9 5 1 *; 0 9 9 2 *",
            "At 09:00 on January 5, and at 09:00 on February 9",
        ),
        (
            "first and last workday of the month",
            "0 9 FW * *; 0 9 LW * *",
            "At 09:00 on the first weekday of every month, and at 09:00 on the last weekday of every month",
        ),
        ("2027-01-05 09:00", "on 2027-01-05T09:00", "On 5 January 2027 at 09:00"),
        ("2027-01-05", "on 2027-01-05T09:00", "On 5 January 2027 at 09:00"),
        ("24 december 2027 at 9", "on 2027-12-24T09:00", "On 24 December 2027 at 09:00"),
        ("at 7pm on January 5th, 2027", "on 2027-01-05T19:00", "On 5 January 2027 at 19:00"),
        (
            "2027-02-09T10:30, 2027-01-05 09:00",
            "on 2027-01-05T09:00, 2027-02-09T10:30",
            "On 5 January 2027 at 09:00 and 9 February 2027 at 10:30",
        ),
        (
            "friday 5 feb 2027 and 9 march 2027 at 8, 1 april 2027",
            "on 2027-02-05T08:00, 2027-03-09T08:00, 2027-04-01T08:00",
            "On 5 February 2027 at 08:00, 9 March 2027 at 08:00 and 1 April 2027 at 08:00",
        ),
        (
            ", ".join(f"2027-{month:02}-01" for month in range(1, 13)),
            "on " + ", ".join(f"2027-{month:02}-01T09:00" for month in range(1, 13)),
            "On 12 days from 1 January 2027 until 1 December 2027",
        ),
    ],
)
def test_what_is_no_cron_is_stored_and_said_in_english(text: str, stored: str, english: str) -> None:
    assert parsed(text) == stored
    assert in_english(stored) == english
    assert parsed(stored) == stored, "what is shown as the recurrence is understood again"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "is not understood"),
        ("now and then 9:00", "is not understood"),
        ("weekly", "is not understood"),
        ("every tuesday of the month 9:00", "is not understood"),
        ("every 2 weeks", 'did you mean "every 2 weeks on monday"'),
        ("twice a week", 'say it like "every monday and thursday"'),
        ("yearly", 'say it like "every year on 24 december"'),
        ("every second friday", 'say "every 2 weeks on friday" or "second friday of the month"'),
        ("every 0 weeks on friday", "every 0 is never"),
        ("every 53 weeks on friday", "1 to 52 are possible"),
        ("every 5 months", "does not fit into a year"),
        ("every 2 weeks on the 15th from 2027-01-01", "is not understood"),
        ("every 2 weeks from 2026-04-03: 0 9 1 * *", "days of the week alone"),
        ("every 2 weeks from 9999-12-31: 0 9 * * 1", "too late"),
        ("every 2 weeks on friday from 2027-02-30", "there is no day 2027-02-30"),
        ("every 31st of february 9:00", "never comes: no such month has a day 31"),
        ("every 31st of april and june", "never comes"),
        ("31 february 2027", "there is no day 2027-2-31"),
        ("31 february", "never comes"),
        ("24 december", 'say the year, as in "24 december 2027 at 9", or "every 24 december"'),
        ("2020-01-01 09:00", "2020-01-01 09:00 has passed"),
        ("2027-01-05 and 2026-03-30 13:59", "2026-03-30 13:59 has passed"),
        ("on 2020-01-05T09:00", "has passed"),
        ("on 2027-01-05T29:00", "there is no time 2027-01-05T29:00"),
        ("2199-01-01", "more than 50 years away"),
        ("2027-01-05 9:00 or so", "is not understood"),
        ("every 400 days", "1 to 366 are possible"),
        ("quarterly from 2027-01-01", "goes with days and weeks alone"),
        ("biweekly on tuesday and thursday", "two things"),
        ("every second friday in june", "two things"),
        ("every 29th and 30th of february", "never comes: no such month has a day 30"),
        ("0 9 30 2 *", "never comes"),
        ("0 9 FW * 1", "'FW' cannot be the day-of-month"),
        ("every day 9:00 " * 1000, "too long"),
        ("115th of the month 9:00", "days of a month are 1 to 31"),
        ("every day 24:00", "'24:00' is not a time of day"),
        ("every day 9:60", "'9:60' is not a time of day"),
        ("every day 13pm", "am and pm go with 1 to 12"),
        ("every day 0am", "am and pm go with 1 to 12"),
        ("every 32nd of the month 9:00", "days of a month are 1 to 31"),
        ("every 0th of the month 9:00", "days of a month are 1 to 31"),
    ],
)
def test_what_is_not_understood_or_never_comes_is_refused(text: str, named: str) -> None:
    with pytest.raises(Refused, match=named):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "hour", "day"),
    [
        ("friday 13", "friday at 13:00", "on the 13th of the month"),
        ("every friday 13", "every friday at 13:00", "on the 13th of the month"),
        ("mondays 9 and thursdays 17", "mondays 9 and thursdays at 17:00", "on the 17th of the month"),
        ("every other fri 22", "every other fri at 22:00", "on the 22nd of the month"),
        ("friday 23 and 12", "friday at 23:00 and 12", "on the 23rd of the month"),
    ],
)
def test_bare_number_that_may_be_a_day_of_the_month_is_refused_with_both_readings(
    text: str, hour: str, day: str
) -> None:
    with pytest.raises(Refused) as refused:
        parsed(text)
    assert str(refused.value) == f'{text!r}: that may mean two things: say "{hour}" or "{day}"'
    assert parsed(hour) != parsed(day)


def test_too_many_single_times_are_refused() -> None:
    times = ", ".join(
        f"{2030 + month // 12}-{month % 12 + 1:02}-{day:02}" for month in range(14) for day in range(1, 28)
    )
    with pytest.raises(Refused, match="378 single times are too many"):
        parsed(times)


def test_refusal_lists_what_is_understood() -> None:
    with pytest.raises(Refused, match=r"every tuesday 09:00.*weekdays at 7.*or give a cron expression"):
        parsed("whenever you like")


@pytest.mark.parametrize(
    "text",
    [
        "every 2 weeks on friday at 9 and thursday at 17",  # every thursday, or each second one?
        "first monday at 9 and friday at 18",
        "monday at 17 and tuesday",
        "monday at 9 and at 17 on thursday",
        "9am mondays and thursdays 5pm",
        "every monday in june and tuesday in july",
        "every 1 and 15 march and september",
        "twice a month on the 5th",
        "every second year on 1 may",
        "every second quarter on the 15th",
        "every first month on the 5th",
        "first week of the month on monday",
        "every 3 working days",
        "every tuesday the 13th",
        "every tuesday and the 1st of the month",
        "in two weeks on friday",
        "once on friday",
        "every march",
    ],
)
def test_what_may_mean_another_thing_is_not_guessed(text: str) -> None:
    with pytest.raises(Refused, match="is not understood"):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("every tuseday 9", 'did you mean "every tuesday 9"?'),
        ("evry wendsday", 'did you mean "every wednesday"?'),
        ("at noon", 'did you mean "every day at noon"?'),
        ("midnight", 'did you mean "every day at midnight"?'),
        ("weekly", 'did you mean "weekly on monday"?'),
        ("every fortnight at 8", 'did you mean "every fortnight at 8 on monday"?'),
        ("on the 13th", 'did you mean "every 13th of the month"?'),
        ("the 1st and the 15th at 10", 'did you mean "every 1st and the 15th of the month at 10"?'),
        ("every month on monday", 'did you mean "first monday of the month"?'),
        ("every weekday morning", 'did you mean "every weekday at 8:00"?'),
        ("sunday evening", 'did you mean "sunday at 19:00"?'),
        ("every evening at 7", 'did you mean "every day at 7 pm"?'),
        ("tuesday at 9 in the evening", 'did you mean "tuesday at 9 pm"?'),
        ("every day at 0730", 'did you mean "every day at 07:30"?'),
        ("tuesday at nine", 'did you mean "tuesday at 9"?'),
        ("5 january, 9 february 2027", 'did you mean "5 january 2027 and 9 february 2027"?'),
        ("hourly", 'say it like "every day at 9 and 17"'),
        ("twice a week", 'say it like "every monday and thursday"'),
        ("bimonthly", 'say it like "every 2 months"'),
        ("every other year on 1 may", 'say it like "1 may 2027, 1 may 2029"'),
        ("end of the month", 'say it like "last day of the month"'),
        ("tomorrow at 9", 'say it like "24 december 2027 at 9"'),
        ("every sunday except in august", "days left out are told with --blackout"),
        ("every tuesday until 2027-01-01", "a schedule goes on until it is removed"),
        ("every day at 9 CET", "the time zone is told with --timezone"),
    ],
)
def test_refusal_proposes_the_nearest_phrase(text: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed(text)
    assert str(refused.value) == f"{text!r} is not understood; {hint}"


def test_every_phrase_that_is_proposed_is_understood() -> None:
    assert all(parsed(phrase) for phrase in (*EXAMPLES, *(phrase for _, phrase in LIKE)))


WORDS = (
    "every tuesday monday month months monthly day last of the on and 1st 15 31st 9:00 10pm noon , 99 2 weeks other "
    "second first friday quarter year june february every days weekday workday in , 5 2027 2027-01-05 2027-02-29 from "
    "twice a at 7 - to 24 december"
).split()


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=40))
def test_anything_is_understood_or_refused(text: str) -> None:
    try:
        stored = parsed(text)
    except Refused:
        return
    assert in_english(stored)
    (first,) = occurrences(stored, BERLIN, MONDAY, count=1)
    assert first.utc > MONDAY
