"""When a schedule goes: said back before it is stored, days without an issue, what is missed, a clock that jumps."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import house as builders
from desk_house import DeskHouse
from house import FIRST_TUESDAY, NOON, WEEK
from newsletter.desk import choosing, forecasting, missed, picks, schedules, sending, ticking
from newsletter.errors import ConfigError, Refused
from newsletter.model import Schedule
from newsletter.states import IssueState

SECOND_TUESDAY = FIRST_TUESDAY + WEEK
HOLIDAYS = """BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
SUMMARY:Labour day\r
DTSTART;VALUE=DATE:20200501\r
RRULE:FREQ=YEARLY\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260407\r
DTEND;VALUE=DATE:20260409\r
END:VEVENT\r
END:VCALENDAR\r
"""


def schedule(house: DeskHouse, name: str = "weekly") -> Schedule:
    with house.read() as connection:
        return picks.find(connection, name)


def coming(house: DeskHouse, name: str = "weekly", count: int = 4) -> list[str]:
    """As `forecast` has it; `schedules show` must agree."""
    foreseen = [each.forecast.occurrence.wall for each in forecasting.forecast_of(house.app, name, count, None)]
    *_, shown = schedules.describe(house.app, name)
    assert [each.wall for each in shown][:count] == foreseen[: len(shown)]
    return foreseen


def articles_for(house: DeskHouse, count: int) -> None:
    with house.write() as connection:
        author = builders.add_author(connection)
        for number in range(count):
            builders.add_article(connection, f"more-{number:03}", [author], priority=-100)


# -- said back before it is stored


def test_a_schedule_is_said_back_with_its_next_five_instants(house: DeskHouse) -> None:
    code, out, err = house.run(
        "schedules", "add", "fortnight", "--list", "Friends", "--when", "every 2 weeks on friday", "--approval", "none"
    )
    assert (code, err) == (0, "")
    said, *lines = out.splitlines()
    assert said.startswith("At 09:00 on Friday, every 2 weeks from ") and said.endswith("Europe/Berlin")
    instants = [re.fullmatch(r" {4}Fri (\S+ 09:00)  \(\S+Z\)", line) for line in lines[:5]]
    days = [datetime.fromisoformat(match[1]).date() for match in instants if match]
    assert [(later - day).days for day, later in pairwise(days)] == [14] * 4
    assert {day.weekday() for day in days} == {4}
    assert schedule(house, "fortnight").recurrence == f"every 2 weeks from {days[0]}: 0 9 * * 5"


def test_with_json_one_document_says_it(house: DeskHouse) -> None:
    code, out, _ = house.run(
        *(
            "schedules",
            "add",
            "once",
            "--list",
            "Friends",
            "--when",
            "5 january 2068 at 9, 6 january 2068 at 10",
            "--json",
        )
    )
    shown = json.loads(out)
    assert code == 0
    assert shown["recurrence"] == "on 2068-01-05T09:00, 2068-01-06T10:00"
    assert shown["words"] == "On 5 January 2068 at 09:00 and 6 January 2068 at 10:00"
    assert [each["utc"] for each in shown["next"]] == ["2068-01-05T08:00:00Z", "2068-01-06T09:00:00Z"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--when", "every 31st of february"], "'every 31st of february': that never comes"),
        (["--when", "31 february 2067"], "there is no day 2067-2-31"),
        (["--when", "2020-01-01"], "2020-01-01 09:00 has passed"),
        (["--when", "now and then"], "'now and then' is not understood; say when like"),
        (["--cron", "0 9 31 4 *"], "never comes: no month has such a day"),
        (["--when", "every tuesday", "--timezone", "berlin"], "no time zone 'berlin'; did you mean Europe/Berlin?"),
        (["--when", "every 24 december", "--blackout", "12-20..01-06"], "never comes, for want of a day outside"),
        (["--when", "every tuesday", "--blackout", "01-01..12-31"], "--blackout: that is every day of every year"),
        (["--when", "every tuesday", "--blackout", "easter"], "--blackout: 'easter' is not written MM-DD"),
        (["--when", "every tuesday", "--blackout", "none.ics"], "--blackout: none.ics cannot be read: No such file"),
        (["--when", "every tuesday", "--late-hours", "20:00-07:00"], "--late-hours: '20:00-07:00'"),
        (["--when", "every tuesday", "--missed", "never"], "--missed: 'never' is none of late, skip, ask"),
    ],
)
def test_what_no_schedule_can_be_is_one_line_and_nothing_stored(house: DeskHouse, words: list[str], named: str) -> None:
    code, out, err = house.run("schedules", "add", "new", "--list", "Friends", *words)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert named in err
    assert [each[0].name for each in schedules.described(house.app)] == ["weekly"]


def test_a_change_of_its_times_is_said_back_and_owes_nothing_that_lies_before(house: DeskHouse) -> None:
    house.clock.now = FIRST_TUESDAY + timedelta(hours=1)
    house.tick()
    schedules.set_schedule(house.app, "weekly", when="every tuesday 09:30")
    assert house.tick().started == (), "half past nine is over, and so is what was owed"
    assert coming(house, count=1) == ["2026-04-07T09:30"]
    code, out, _ = house.run("schedules", "set", "weekly", "--when", "last friday of the month")
    assert code == 0
    assert out.startswith("At 09:00 on the last Friday of the month, Europe/Berlin\n    ")
    code, _, err = house.run("schedules", "set", "weekly", "--when", "2020-05-01")
    assert code == 1 and "has passed" in err
    assert schedule(house).recurrence == "0 9 * * 5L"


def test_a_draft_for_a_time_that_is_none_any_more_is_cancelled(house: DeskHouse) -> None:
    draft = house.plan()
    schedules.set_schedule(house.app, "weekly", grace_hours=2)
    schedules.set_schedule(house.app, "weekly", when="every tuesday and friday")
    assert house.issue(draft.id).state is IssueState.DRAFT, "its time is still one"
    schedules.set_schedule(house.app, "weekly", when="every friday")
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert house.occurrences() == [("03-31 09:00", "skipped", "the schedule was changed")]
    assert house.plan().articles == draft.articles
    assert house.tick_at(FIRST_TUESDAY).started == ()


# -- single dates


def test_single_dates_go_once_each_and_then_nothing_is_to_come(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", when="2026-04-02 09:00, 2026-04-03 09:00")
    assert coming(house) == ["2026-04-02T09:00", "2026-04-03T09:00"]
    second = datetime(2026, 4, 2, 7, tzinfo=UTC)
    assert house.tick_at(second).started == (1,)
    ticked = house.tick_at(second + timedelta(days=1))
    assert (ticked.started, ticked.wake_at) == ((2,), None)
    assert house.tick_at(second + timedelta(days=30)).words == ()
    assert coming(house) == []
    schedules.set_schedule(house.app, "weekly", grace_hours=1)
    with pytest.raises(Refused, match="has passed"):
        schedules.set_schedule(house.app, "weekly", when="2026-04-03 09:00")


# -- days without an issue


def test_an_issue_on_a_day_without_one_is_left_out_and_written_down(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", given={"blackout": "03-30..04-06"})
    assert coming(house, count=2) == ["2026-04-07T09:00", "2026-04-14T09:00"]
    assert house.tick().wake_at == FIRST_TUESDAY
    ticked = house.tick_at(FIRST_TUESDAY)
    assert ticked.started == ()
    assert ticked.words == ("schedule 'weekly': 2026-03-31T09:00 left out: blackout 03-30..04-06",)
    assert house.occurrences() == [("03-31 09:00", "skipped", "blackout 03-30..04-06")]
    assert house.tick().words == ()
    assert house.tick_at(SECOND_TUESDAY).started == (1,)


def test_an_issue_that_moves_goes_once_on_the_next_free_day(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", given={"blackout": "2026-03-31", "on_blackout": "shift"})
    assert coming(house, count=2) == ["2026-04-01T09:00", "2026-04-07T09:00"]
    draft = house.plan()
    assert draft.occurrence is not None and draft.occurrence.wall == "2026-04-01T09:00"
    assert house.tick_at(FIRST_TUESDAY).started == ()
    assert house.tick_at(FIRST_TUESDAY + timedelta(days=1)).started == (draft.id,)
    assert house.tick_at(FIRST_TUESDAY + timedelta(days=1, hours=2)).started == ()
    assert house.occurrences() == [
        ("03-31 09:00", "skipped", "blackout 2026-03-31: moved to 2026-04-01 09:00"),
        ("04-01 09:00", "issued", ""),
    ]


def test_days_of_the_whole_library_hold_for_every_schedule(house: DeskHouse) -> None:
    house.add_schedule("daily", recurrence="0 10 * * *")
    house.set(picking__blackout=["03-31", "04-02"])
    assert coming(house, count=1) == ["2026-04-07T09:00"]
    assert coming(house, "daily", 3) == ["2026-04-01T10:00", "2026-04-03T10:00", "2026-04-04T10:00"]
    assert house.tick_at(FIRST_TUESDAY + timedelta(hours=1)).started == ()
    assert [state for _, state, _ in house.occurrences()] == ["skipped"]


def test_a_draft_made_before_its_day_was_closed_does_not_go(house: DeskHouse) -> None:
    draft = house.plan()
    house.set(picking__blackout=["03-31"])
    assert house.tick_at(FIRST_TUESDAY).started == ()
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert house.occurrences() == [("03-31 09:00", "skipped", "blackout 03-31")]


def test_days_are_read_from_a_calendar_file_when_the_option_is_set(house: DeskHouse, tmp_path: Path) -> None:
    file = tmp_path / "holidays.ics"
    file.write_text(HOLIDAYS, "utf-8", newline="")
    schedules.set_schedule(house.app, "weekly", given={"blackout": f"12-24, {file}"})
    file.unlink()
    assert schedule(house).options.blackout == ("12-24", "05-01", "2026-04-07..2026-04-08")
    assert coming(house, count=2) == ["2026-03-31T09:00", "2026-04-14T09:00"]


def test_the_grace_is_a_number_of_hours_or_a_length_of_time(house: DeskHouse) -> None:
    for given, minutes in (("2", 120), ("90m", 90), ("1.5", 90), ("2d", 2 * 24 * 60), ("0", 0)):
        assert house.run("schedules", "set", "weekly", "--grace", given)[0] == 0
        assert schedule(house).grace_minutes == minutes
    for given, code in (("soon", 2), ("nan", 1), ("inf", 1), ("8d", 1), ("-1", 1)):
        assert house.run("schedules", "set", "weekly", "--grace", given)[0] == code
    assert schedule(house).grace_minutes == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<html>", "line 1: this is no calendar file"),
        (HOLIDAYS.replace("FREQ=YEARLY", "FREQ=HOURLY"), "line 5: FREQ=HOURLY is not understood in a repetition"),
        ("BEGIN:VCALENDAR\n" + "x" * 1_000_000, "is too large for a calendar file"),
    ],
)
def test_what_is_no_calendar_file_changes_nothing(house: DeskHouse, tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "holidays.ics"
    file.write_text(text, "utf-8", newline="")
    with pytest.raises(Refused, match=f"--blackout: .*holidays.ics.*{named}"):
        schedules.set_schedule(house.app, "weekly", given={"blackout": str(file)})
    assert schedule(house).options.blackout == ()
    house.set(picking__blackout=["holidays.ics"])
    (house.app.home.folder / "holidays.ics").write_bytes(file.read_bytes())
    (fault,) = house.tick().faults
    assert isinstance(fault, ConfigError)
    assert re.match(f"picking.blackout: holidays.ics.*{named}", str(fault))


def test_the_home_may_hold_the_calendar_file_of_the_whole_library(house: DeskHouse) -> None:
    (house.app.home.folder / "holidays.ics").write_text(HOLIDAYS, "utf-8", newline="")
    house.set(picking__blackout=["holidays.ics"])
    assert coming(house, count=2) == ["2026-03-31T09:00", "2026-04-14T09:00"]
    with pytest.raises(ConfigError, match=r"picking\.blackout: '32-01' is not|picking\.blackout: '32-01': there is no"):
        house.set(picking__blackout=["32-01"])


# -- missed


def test_a_schedule_may_leave_out_whatever_is_late(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", given={"missed": "skip"})
    assert house.tick_at(FIRST_TUESDAY + timedelta(minutes=10)).started == ()
    assert house.occurrences() == [("03-31 09:00", "missed", missed.LEFT_OUT)]


def test_late_issues_leave_in_the_hours_of_their_schedule(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", given={"late_hours": "10:00-11:00"})
    ten = FIRST_TUESDAY + timedelta(hours=1)
    assert house.tick_at(FIRST_TUESDAY + timedelta(minutes=10)).wake_at == ten
    assert house.tick_at(ten).started == (1,)


def test_what_a_schedule_asks_about_is_sent_after_all_by_a_person(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", given={"missed": "ask"})
    (told,) = house.tick_at(FIRST_TUESDAY + timedelta(minutes=10)).words
    way_out = "`newsletter issues plan weekly --missed` drafts it after all"
    assert told == f"schedule 'weekly': 1 missed, the last one 2026-03-31T09:00; {way_out}"
    ((_, state, reason),) = house.occurrences()
    assert state == "missed" and way_out in reason

    code, out, _ = house.run("issues", "plan", "weekly", "--missed", "--json")
    draft = json.loads(out)
    assert code == 0
    assert (draft["state"], draft["articles"]) == ("draft", ["quiet-mornings"])
    assert draft["occurrence"]["utc"] == "2026-03-31T07:00:00Z"
    assert missed.plan_missed(house.app, "weekly").id == draft["id"], "a second call gives the same"
    assert house.tick().started == (), "no clock sends it"
    assert house.plan().id != draft["id"], "nor is it the next one"
    assert house.tick_at(SECOND_TUESDAY).started == (draft["id"] + 1,)
    assert house.issue(draft["id"]).state is IssueState.DRAFT

    sending.start(house.app, house.issue(draft["id"]))
    assert house.occurrences()[0] == ("03-31 09:00", "issued", missed.AFTER_ALL)
    with pytest.raises(Refused, match="'weekly' has missed nothing"):
        missed.plan_missed(house.app, "weekly")


def test_a_draft_that_came_too_late_is_itself_taken_back(house: DeskHouse) -> None:
    draft = house.plan()
    house.tick_at(FIRST_TUESDAY + timedelta(hours=5))
    assert house.issue(draft.id).state is IssueState.CANCELLED
    again = missed.plan_missed(house.app, None)
    assert (again.id, again.state, again.articles) == (draft.id, IssueState.DRAFT, draft.articles)
    sending.cancel(house.app, again.id)
    with pytest.raises(Refused, match="has missed nothing"):
        missed.plan_missed(house.app, None)


def test_nothing_missed_and_two_wishes_at_once_are_refused(house: DeskHouse) -> None:
    code, _, err = house.run("issues", "plan", "weekly", "--missed")
    assert (code, err) == (1, "newsletter: schedule 'weekly' has missed nothing\n")
    assert house.run("issues", "plan", "weekly", "--missed", "--pin", "long-walks")[0] == 2


@pytest.mark.parametrize(
    ("skipped", "missed_ones"),
    [
        (["04-07"], ["03-31", "04-14"]),
        (["03-31"], ["04-07", "04-14"]),
        (["04-14", "03-31"], ["04-07"]),
        (["04-07", "04-14"], ["03-31"]),
        (["03-31", "04-07", "04-14"], []),
    ],
)
def test_what_falls_due_while_the_machine_is_off_is_missed_whatever_was_skipped_ahead(
    either_house: DeskHouse, skipped: list[str], missed_ones: list[str]
) -> None:
    house = either_house
    for day in skipped:
        choosing.skip(house.app, None, f"2026-{day}", "")
    ticked = house.tick_at(FIRST_TUESDAY + 2 * WEEK + timedelta(days=2))
    assert ticked.started == ()
    assert house.occurrences() == [
        (f"{day} 09:00", "skipped", "skipped by hand")
        if day in skipped
        else (f"{day} 09:00", "missed", missed.TOO_LATE)
        for day in sorted([*skipped, *missed_ones])
    ]
    assert house.tick() == ticking.Ticked((), (), FIRST_TUESDAY + 3 * WEEK)


def test_a_skip_that_was_taken_back_leaves_a_date_like_any_other(house: DeskHouse) -> None:
    choosing.skip(house.app, None, "2026-04-07", "")
    choosing.undo(house.app, None, "2026-04-07")
    assert house.tick_at(SECOND_TUESDAY).started == (1,)
    assert house.occurrences() == [("03-31 09:00", "missed", missed.TOO_LATE), ("04-07 09:00", "issued", "")]


def test_what_was_sent_ahead_by_hand_hides_no_date_before_it(house: DeskHouse) -> None:
    first = house.plan()
    choosing.skip(house.app, None, "2026-03-31", "")
    sent = house.plan()
    sending.start(house.app, sent)
    choosing.undo(house.app, None, "2026-03-31")
    ticked = house.tick_at(SECOND_TUESDAY + timedelta(days=1))
    assert ticked.words == ("schedule 'weekly': 1 missed, the last one 2026-03-31T09:00",)
    assert house.issue(first.id).state is IssueState.CANCELLED
    assert [state for _, state, _ in house.occurrences()] == ["missed", "issued"]


# -- a clock that jumps


JUMPS = [timedelta(hours=1), timedelta(days=1)]


EVERY_THIRD_HOUR = "0 */3 * * *"
TOGETHER = "every 1 days from 2026-03-20: 0 0,6,12,18 * * *; every 1 weeks from 2026-03-20: 0 3,9,15,21 * * 0-6"


@pytest.mark.parametrize(
    ("recurrence", "jump", "turn"),
    [*((EVERY_THIRD_HOUR, jump, turn) for jump in JUMPS for turn in (1, -1)), (TOGETHER, timedelta(days=1), -1)],
)
def test_a_clock_that_jumps_and_comes_back_sends_nothing_twice(
    house: DeskHouse, recurrence: str, jump: timedelta, turn: int
) -> None:
    """Every quarter of an hour for four days; in the midst the clock is wrong for half a day, then right again."""
    articles_for(house, 50)
    house.add_schedule("often", recurrence=recurrence)
    started: list[int] = []
    for quarter in range(4 * 24 * 4):
        true = NOON + timedelta(minutes=15 * quarter)
        is_wrong = timedelta(days=1.5) <= true - NOON < timedelta(days=2)
        started.extend(house.tick_at(true + turn * jump if is_wrong else true).started)
    assert len(started) == len(set(started))
    instants = [each.occurrence.utc for each in house.issues() if each.schedule_name == "often" and each.occurrence]
    assert len(instants) == len(set(instants)), "no occurrence twice"
    recorded = [wall for wall, _, _ in house.occurrences("often")]
    assert len(recorded) == len(set(recorded)) == 4 * 8, "each is sent or written down"


def test_a_machine_asleep_for_three_days_sends_the_latest_and_writes_down_the_others(house: DeskHouse) -> None:
    house.add_schedule("daily", recurrence="0 12 * * *")
    house.tick_at(datetime(2026, 3, 31, 10, tzinfo=UTC))
    ticked = house.tick_at(datetime(2026, 4, 3, 11, tzinfo=UTC))
    assert len(ticked.started) == 1
    assert house.occurrences("daily") == [
        ("03-31 12:00", "issued", ""),
        ("04-01 12:00", "missed", missed.TOO_LATE),
        ("04-02 12:00", "missed", missed.TOO_LATE),
        ("04-03 12:00", "issued", ""),
    ]
