"""The coming issues of one schedule and of all, what a person should know of them, and what a change would do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import house as builders
from desk_house import DeskHouse
from newsletter.desk import choosing, forecasting, letters, pausing, picks, schedules
from newsletter.errors import NotFound
from newsletter.model import Schedule
from newsletter.options import Options
from newsletter.states import IssueState
from newsletter.store import schedules as schedule_store
from subscribers import store as audience

DAILY = "0 9 * * *"
WEDNESDAYS = "0 9 * * 3"


@pytest.fixture
def furnished(tmp_path: Path) -> Iterator[DeskHouse]:
    """A house with four articles, one weekly schedule and one reader."""
    made = DeskHouse.built(tmp_path / "home", {})
    made.furnish("calm", "spring", "sleep", "trust")
    yield made
    made.close()


def foreseen(house: DeskHouse, count: int = 8, name: str | None = None) -> list[tuple[str, str, str]]:
    """(day, schedule, articles)."""
    return [
        (f"{each.forecast.occurrence.local:%m-%d}", each.name, ",".join(each.forecast.articles))
        for each in forecasting.forecast_of(house.app, name, count, None)
    ]


def warnings(house: DeskHouse, count: int = 8) -> list[Sequence[str]]:
    return [each.warnings for each in forecasting.forecast_of(house.app, None, count, None)]


def schedule(house: DeskHouse, name: str = "weekly") -> Schedule:
    with house.read() as connection:
        return picks.find(connection, name)


def give_options(house: DeskHouse, **options: Any) -> None:
    ours = schedule(house)
    with house.write() as connection:
        schedule_store.change_schedule(connection, replace(ours, options=replace(ours.options, **options)))


def test_two_schedules_of_one_list_never_take_the_same_article(furnished: DeskHouse) -> None:
    furnished.add_schedule("midweek", recurrence=WEDNESDAYS)
    assert foreseen(furnished, 5) == [
        ("03-31", "weekly", "calm"),
        ("04-01", "midweek", "spring"),
        ("04-07", "weekly", "sleep"),
        ("04-08", "midweek", "trust"),
        ("04-14", "weekly", ""),
    ]
    # Asked for alone it knows what the other will take, too.
    assert foreseen(furnished, 2, "midweek") == [("04-01", "midweek", "spring"), ("04-08", "midweek", "trust")]


def test_forecast_is_what_the_clock_then_brings(furnished: DeskHouse) -> None:
    furnished.add_schedule("midweek", recurrence=WEDNESDAYS, options=Options(order="newest", approval="none"))
    before = [each for each in foreseen(furnished, 4)]
    for _, name, _ in before:
        with furnished.read() as connection:
            (due,) = picks.coming(furnished.app, connection, schedule(furnished, name), furnished.clock(), 1)
        furnished.tick_at(due.utc)
    assert [(issue.schedule_name, ",".join(issue.articles)) for issue in furnished.issues()] == [
        (name, articles) for _, name, articles in before
    ]


def test_what_a_pause_with_an_end_leaves_out_is_not_foreseen_and_its_draft_gives_its_article_back(
    furnished: DeskHouse,
) -> None:
    draft = furnished.plan()
    assert foreseen(furnished, 2) == [("03-31", "weekly", "calm"), ("04-07", "weekly", "spring")]
    pausing.pause(furnished.app, until="2026-04-08")
    expected = [("04-14", "weekly", "calm"), ("04-21", "weekly", "spring")]
    assert foreseen(furnished, 2) == expected
    started = [furnished.tick_at(builders.FIRST_TUESDAY + weeks * builders.WEEK).started for weeks in range(3)]
    assert [len(each) for each in started] == [0, 0, 1]
    assert furnished.issue(draft.id).state is IssueState.CANCELLED
    assert foreseen(furnished, 1) == expected[1:]


def test_a_pause_without_an_end_is_not_foreseen_to_last(furnished: DeskHouse) -> None:
    pausing.pause(furnished.app)
    assert foreseen(furnished, 1) == [("03-31", "weekly", "calm")]


def test_a_library_that_runs_dry_says_when(furnished: DeskHouse) -> None:
    dry, after = warnings(furnished, 6)[-2:]
    assert dry == ("the library runs dry on 28 April 2026: nothing can be picked: 4 already sent",)
    assert after == ("nothing can be picked: 4 already sent",)


def test_two_issues_on_one_day_are_told_with_their_readers(furnished: DeskHouse) -> None:
    furnished.add_readers(2)
    with furnished.write() as connection:
        neighbours = builders.add_list(connection, "Neighbours")
        builders.add_reader(connection, neighbours, "Eve")
        builders.add_schedule(connection, neighbours, "news", recurrence="0 18 * * 2")
    first, second, *_ = warnings(furnished, 2)
    assert (first, second) == ((), ())  # nobody is on both lists
    furnished.add_schedule("evening", recurrence="0 19 * * 2")
    assert warnings(furnished, 3)[2] == ("two issues on one day for 3 readers: weekly goes then too",)


def test_author_who_has_too_many_in_a_row_is_named(furnished: DeskHouse) -> None:
    with furnished.write() as connection:
        other = builders.add_author(connection, "John Roe")
        builders.add_article(connection, "last", [other], priority=-9)
    told = warnings(furnished, 5)
    assert told[2] == ("Maria Lindqvist has 3 of 3 issues in a row",)
    assert told[3] == ()


def test_several_articles_are_foreseen_for_an_issue_of_several(furnished: DeskHouse) -> None:
    give_options(furnished, articles=3)
    assert foreseen(furnished, 2) == [("03-31", "weekly", "calm,spring,sleep"), ("04-07", "weekly", "trust")]


def test_retiring_an_article_is_tried_out_without_doing_it(furnished: DeskHouse) -> None:
    draft = furnished.plan()
    changes = forecasting.what_if_retired(furnished.app, "calm", 5)
    assert [(f"{each.occurrence.local:%m-%d}", each.before, each.after) for each in changes] == [
        ("03-31", ("calm",), ("spring",)),
        ("04-07", ("spring",), ("sleep",)),
        ("04-14", ("sleep",), ("trust",)),
        ("04-21", ("trust",), ()),
    ]
    assert furnished.issue(draft.id).articles == ("calm",)
    assert foreseen(furnished, 1) == [("03-31", "weekly", "calm")]
    with pytest.raises(NotFound, match="gone"):
        forecasting.what_if_retired(furnished.app, "gone")


def test_changing_a_schedule_is_tried_out_without_doing_it(furnished: DeskHouse) -> None:
    changed = schedules.would_be(furnished.app, "weekly", when="every thursday 09:00")
    changes = forecasting.what_if_changed(furnished.app, changed, 2)
    assert [(f"{each.occurrence.local:%m-%d}", each.before, each.after) for each in changes] == [
        ("03-31", ("calm",), None),
        ("04-02", None, ("calm",)),
        ("04-07", ("spring",), None),
    ]
    assert schedule(furnished).recurrence == builders.TUESDAYS


def test_calendar_file_names_each_occurrence_the_same_again(furnished: DeskHouse) -> None:
    file = furnished.app.home.folder / "coming.ics"
    names = []
    for _ in range(2):
        seen = forecasting.forecast_of(furnished.app, None, 3, None)
        forecasting.write_ics(furnished.app, seen, file)
        lines = file.read_text("utf-8").splitlines()
        names.append([line for line in lines if line.startswith("UID:")])
        assert "SUMMARY:weekly: Calm" in lines
        furnished.clock.pass_by(minutes=5)
    assert len(set(names[0])) == 3
    assert names[0] == names[1]


def test_what_has_changed_since_a_forecast_was_kept_is_told(furnished: DeskHouse) -> None:
    seen = forecasting.forecast_of(furnished.app, None, 3, None)
    kept = {
        (each.name, f"{each.forecast.occurrence.utc:%Y-%m-%dT%H:%M:%SZ}"): list(each.forecast.articles) for each in seen
    }
    assert forecasting.differences_from(kept, seen, furnished.clock()) == []
    with furnished.write() as connection:
        author = builders.add_author(connection)
        builders.add_article(connection, "urgent", [author], priority=5)
    now = forecasting.forecast_of(furnished.app, None, 4, None)
    changes = forecasting.differences_from(kept, now, furnished.clock())
    assert [(each.before, each.after) for each in changes] == [
        (("calm",), ("urgent",)),
        (("spring",), ("calm",)),
        (("sleep",), ("spring",)),
    ]


def test_a_date_that_was_skipped_is_told_and_cancelled_in_the_calendar(furnished: DeskHouse) -> None:
    file = furnished.app.home.folder / "coming.ics"
    seen = forecasting.forecast_of(furnished.app, None, 3, None)
    forecasting.write_ics(furnished.app, seen, file)
    names = [line for line in file.read_text("utf-8").splitlines() if line.startswith("UID:")]
    kept = {
        (each.name, f"{each.forecast.occurrence.utc:%Y-%m-%dT%H:%M:%SZ}"): list(each.forecast.articles) for each in seen
    }
    choosing.skip(furnished.app, "weekly", "2026-04-07", "the office moves")
    now = forecasting.forecast_of(furnished.app, None, 3, None)
    changes = forecasting.differences_from(kept, now, furnished.clock())
    assert [(f"{each.occurrence.local:%m-%d %H:%M}", each.before, each.after) for each in changes] == [
        ("04-07 09:00", ("spring",), None),
        ("04-14 09:00", ("sleep",), ("spring",)),
    ]
    forecasting.write_ics(furnished.app, now, file)
    *_, gone = file.read_text("utf-8").split("BEGIN:VEVENT")
    assert names[1] in gone and "STATUS:CANCELLED" in gone and "the office moves" in gone
    assert file.read_text("utf-8").count("STATUS:CANCELLED") == 1
    choosing.undo(furnished.app, "weekly", "2026-04-07")
    again = forecasting.forecast_of(furnished.app, None, 3, None)
    assert forecasting.differences_from(kept, again, furnished.clock()) == []
    shorter = {key: slugs for key, slugs in kept.items() if slugs != ["spring"]}
    (back,) = forecasting.differences_from(shorter, again, furnished.clock())
    assert (back.before, back.after) == (None, ("spring",))


def test_paused_schedule_is_not_foreseen_among_others(furnished: DeskHouse) -> None:
    furnished.add_schedule("midweek", recurrence=WEDNESDAYS)
    furnished.pause_schedule("midweek")
    assert {name for _, name, _ in foreseen(furnished)} == {"weekly"}


def test_every_draft_that_was_made_ahead_is_foreseen(furnished: DeskHouse) -> None:
    give_options(furnished, approval="required", lead=15 * 24 * 60)
    furnished.tick()
    assert len(furnished.issues()) == 3
    assert [(row, words) for row, words in zip(foreseen(furnished, 4), drafted(furnished, 4), strict=True)] == [
        (("03-31", "weekly", "calm"), True),
        (("04-07", "weekly", "spring"), True),
        (("04-14", "weekly", "sleep"), True),
        (("04-21", "weekly", "trust"), False),
    ]


def drafted(house: DeskHouse, count: int) -> list[bool]:
    return [
        each.forecast.words.startswith("drafted as issue")
        for each in forecasting.forecast_of(house.app, None, count, None)
    ]


def test_drafts_of_groups_are_one_occurrence(furnished: DeskHouse) -> None:
    furnished.add_schedule("course", recurrence=WEDNESDAYS, options=Options(repeat="per-reader", approval="none"))
    before = foreseen(furnished, 3, "course")
    furnished.run("issues", "plan", "course")
    assert foreseen(furnished, 3, "course") == before


def test_what_single_readers_get_and_what_the_list_gets_are_told_apart(furnished: DeskHouse) -> None:
    own = Options(repeat="per-reader", approval="none")
    furnished.add_schedule("course", recurrence=WEDNESDAYS, options=own)
    # Whoever is on the list has had by then what the other schedule sends; the list has not had what one reader got.
    assert foreseen(furnished, 4) == [
        ("03-31", "weekly", "calm"),
        ("04-01", "course", "spring"),
        ("04-07", "weekly", "spring"),
        ("04-08", "course", "sleep"),
    ]
    furnished.tick_at(builders.FIRST_TUESDAY)
    furnished.tick_at(builders.FIRST_TUESDAY + timedelta(days=1))
    assert [issue.articles for issue in furnished.issues()] == [("calm",), ("spring",)]
    assert foreseen(furnished, 2) == [("04-07", "weekly", "spring"), ("04-08", "course", "sleep")]


def readers(house: DeskHouse, count: int, name: str | None = None) -> list[int]:
    return [each.readers for each in forecasting.forecast_of(house.app, name, count, None)]


def test_an_article_is_taken_from_the_moment_its_issue_is_drafted(furnished: DeskHouse) -> None:
    give_options(furnished, approval="required", lead=48 * 60)
    furnished.add_schedule("sundays", recurrence="0 18 * * 0,1", options=Options(approval="none"))
    # The Tuesday issue is drafted on Sunday morning, before those of Sunday and Monday evening are picked.
    expected = [
        ("03-30", "sundays", "spring"),
        ("03-31", "weekly", "calm"),
        ("04-05", "sundays", "trust"),
        ("04-06", "sundays", ""),
        ("04-07", "weekly", "sleep"),
    ]
    furnished.tick()
    assert foreseen(furnished, 5) == expected
    assert foreseen(furnished, 2, "weekly") == [expected[1], expected[4]]
    evening, morning = timedelta(hours=4), timedelta(hours=19)  # since noon on Monday
    for after in (evening, morning, *(timedelta(days=6) + hour for hour in (-timedelta(hours=5), evening))):
        furnished.tick_at(builders.NOON + after)
    assert [(issue.schedule_name, *issue.articles) for issue in furnished.issues()] == [
        ("weekly", "calm"),
        ("sundays", "spring"),
        ("weekly", "sleep"),
        ("sundays", "trust"),
    ]


def test_letters_that_wait_for_their_time_stand_among_the_issues(furnished: DeskHouse) -> None:
    file = furnished.app.home.folder / "snow.md"
    file.write_text("---\ntitle: Closed for snow\n---\n\nWe are closed.\n", "utf-8")
    letters.write_letter(furnished.app, file, "Friends", "2026-03-31T18:00", None)
    first, letter, *_ = forecasting.forecast_of(furnished.app, None, 3, None)
    assert (letter.schedule, letter.forecast.articles, letter.readers) == (None, ("closed-for-snow",), 1)
    assert letter.forecast.words == "a letter, issue 1"
    assert letter.warnings == ("two issues on one day for 1 readers: weekly goes then too",)
    assert foreseen(furnished, 2, "weekly") == [("03-31", "weekly", "calm"), ("04-07", "weekly", "spring")]
    march = ("forecast", "--from", "2026-03-30", "--json")
    code, out, _ = furnished.run(*march, "--count", "2")
    assert (code, json.loads(out)[1]["schedule"]) == (0, None)
    kept = furnished.app.home.folder / "kept.json"
    kept.write_text(out, "utf-8")
    assert furnished.run(*march, "--diff", str(kept))[:2] == (0, "[]\n")
    forecasting.write_ics(furnished.app, [first, letter], furnished.app.home.folder / "a.ics")
    assert "SUMMARY:a letter: closed-for-snow" in (furnished.app.home.folder / "a.ics").read_text("utf-8")


def test_rehearsals_reach_nobody_and_use_nothing_up(furnished: DeskHouse) -> None:
    give_options(furnished, rehearse=2, approvers=("office@example.org",))
    assert foreseen(furnished, 3) == [
        ("03-31", "weekly", "calm"),
        ("04-07", "weekly", "calm"),
        ("04-14", "weekly", "calm"),
    ]
    assert readers(furnished, 3) == [0, 0, 1]
    first, *_ = forecasting.forecast_of(furnished.app, None, 1, None)
    assert first.forecast.words.startswith("a rehearsal, for staff alone: ")


def test_what_another_list_gets_is_had_by_those_who_are_on_both(furnished: DeskHouse) -> None:
    with furnished.write() as connection:
        neighbours = builders.add_list(connection, "Neighbours")
        friends = audience.find_list(connection, "Friends")
        for name in ("Eve", "Fay"):
            builders.add_reader(connection, neighbours, name)
        builders.add_reader(connection, friends, "Eve")
        own = Options(repeat="per-reader", approval="none")
        builders.add_schedule(connection, neighbours, "course", recurrence=WEDNESDAYS, options=own)
    (first,) = forecasting.forecast_of(furnished.app, "course", 1, None)
    assert first.groups == (("calm", 1), ("spring", 1))
    furnished.tick_at(builders.FIRST_TUESDAY)
    furnished.tick_at(builders.FIRST_TUESDAY + timedelta(days=1))
    assert [(issue.articles[0], issue.planned) for issue in furnished.issues()] == [
        ("calm", 2),
        ("calm", 1),
        ("spring", 1),
    ]


def test_commands_show_the_forecast_keep_it_and_compare(furnished: DeskHouse) -> None:
    folder = furnished.app.home.folder
    code, out, _ = furnished.run(
        "forecast", "--json", "--count", "3", "--from", "2026-04-01", "--ics", str(folder / "a.ics")
    )
    assert code == 0
    shown = json.loads(out)
    assert [each["articles"] for each in shown] == [["calm"], ["spring"], ["sleep"]]
    assert (folder / "a.ics").read_bytes().count(b"BEGIN:VEVENT") == 3
    for content, words in (("{", "is no forecast"), ('[{"schedule": 1}]', "is no forecast"), (None, "No such file")):
        file = folder / "kept.json"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content, "utf-8")
        code, _, err = furnished.run("forecast", "--diff", str(file))
        assert code == 1
        assert words in err and str(file) in err
    code, out, _ = furnished.run("articles", "retire", "calm", "--what-if", "--json")
    assert code == 0
    assert json.loads(out)[0]["before"] == ["calm"]
    code, out, _ = furnished.run("schedules", "set", "weekly", "--without", "none", "--articles", "2", "--what-if")
    assert code == 0
    assert "calm, spring" in out
    assert schedule(furnished).options.articles == 1
