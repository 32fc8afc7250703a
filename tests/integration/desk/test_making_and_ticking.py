"""An occurrence becomes one issue, in time or never: what the timer's wake does, and what a person plans ahead."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

import house as builders
from asked_people import set_options
from desk_house import ADA, DeskHouse
from house import FIRST_TUESDAY, NOON, WEEK
from newsletter.app import App
from newsletter.desk import forecasting, library, making, missed, picks, schedules, sending, ticking
from newsletter.errors import InvalidTransition, NotFound, Refused
from newsletter.model import Schedule
from newsletter.options import Approval, Options
from newsletter.states import IssueState, OccurrenceState
from newsletter.store import issues as issue_store
from newsletter.tables import schedules as schedule_table
from subscribers import UnknownList

SECOND_TUESDAY = FIRST_TUESDAY + WEEK


# -- planned by hand


def test_a_second_plan_gives_the_same_draft(house: DeskHouse) -> None:
    first = house.plan()
    assert first.state is IssueState.DRAFT
    assert first.occurrence is not None and first.occurrence.utc == FIRST_TUESDAY
    assert house.plan() == first
    assert len(house.issues()) == 1


def test_a_sent_issue_uses_up_its_occurrence(house: DeskHouse) -> None:
    first = house.plan()
    house.app.clock()
    sending.start(house.app, first)
    second = house.plan()
    assert second.id != first.id
    assert second.occurrence is not None and second.occurrence.utc == SECOND_TUESDAY
    assert second.articles != first.articles


def test_a_draft_keeps_its_article_when_one_for_a_later_date_repeats_it(house: DeskHouse) -> None:
    month = timedelta(days=28) // timedelta(minutes=1)
    set_options(house, articles=2, when_empty="repeat", approval="required", approvers=("a@example.org",), lead=month)
    house.tick()
    _, last_new, _, again = house.issues()
    assert len(last_new.articles) == 1 and last_new.articles[0] in again.articles
    assert making.refresh(house.app, last_new).articles == last_new.articles


def test_a_pinned_article_goes_unless_a_rule_refuses_it(house: DeskHouse) -> None:
    assert house.plan(pin="long-walks").articles == ("long-walks",)
    sending.start(house.app, house.plan())
    with pytest.raises(Refused, match="long-walks cannot go: already sent to this list"):
        house.plan(pin="long-walks")
    with pytest.raises(NotFound, match="no-such-thing"):
        house.plan(pin="no-such-thing")


def test_a_draft_of_an_older_version_gets_the_page_without_its_authors(house: DeskHouse) -> None:
    draft = house.plan()
    with house.write() as connection:
        content = issue_store.content_of(connection, draft.id)
        assert content.web_html_bare
        issue_store.set_content(connection, draft.id, replace(content, web_html_bare=None))
    making.refresh(house.app, draft)
    with house.read() as connection:
        assert issue_store.content_of(connection, draft.id) == content


def test_a_draft_says_what_the_library_says_now(house: DeskHouse) -> None:
    draft = house.plan()
    library.edit_article(house.app, draft.articles[0], {"title": "A better title"})
    assert house.plan().subject == "A better title"
    assert house.plan().content_hash != draft.content_hash


def test_a_draft_whose_article_was_retired_gets_the_next_one(house: DeskHouse) -> None:
    draft = house.plan()
    library.retire(house.app, draft.articles[0])
    again = house.plan()
    assert again.id == draft.id
    assert again.articles == ("small-promises",)
    with house.read() as connection:
        picked = issue_store.picked_of(connection, draft.id)
    assert {each["slug"]: each["refused"] for each in picked["candidates"]}["quiet-mornings"] is True


def test_each_pick_keeps_every_candidate_with_every_rules_word(house: DeskHouse) -> None:
    library.retire(house.app, "long-walks")
    draft = house.plan()
    with house.read() as connection:
        picked = issue_store.picked_of(connection, draft.id)
    words = {
        each["slug"]: [reason["words"] for reason in each["reasons"] if reason["refused"]]
        for each in picked["candidates"]
    }
    assert words == {"quiet-mornings": [], "small-promises": [], "long-walks": ["it is retired"]}


@pytest.mark.parametrize("change", [{"title": "Late mornings"}, {"status": "retired"}])
def test_whoever_still_holds_the_draft_cannot_change_what_is_being_sent(
    either_house: DeskHouse, change: dict[str, str]
) -> None:
    house = either_house
    draft = house.plan()
    begun = sending.start(house.app, draft)
    library.edit_article(house.app, "quiet-mornings", change)
    assert making.refresh(house.app, draft) == begun
    assert sending.start(house.app, draft) == begun
    assert house.issue(draft.id) == begun


def test_nothing_to_pick_is_said_in_the_words_of_the_rules(house: DeskHouse) -> None:
    for slug in ("quiet-mornings", "small-promises", "long-walks"):
        library.retire(house.app, slug)
    with pytest.raises(making.NothingToPick, match=r"schedule 'weekly', 2026-03-31 09:00: .*3 not ready"):
        house.plan()
    assert house.issues() == []


def test_an_author_without_a_bio_keeps_an_article_at_home(house: DeskHouse) -> None:
    with house.write() as connection:
        nobody = builders.add_author(connection, "Nobody Known", bio="")
        builders.add_article(connection, "unsigned", [nobody], priority=9)
    assert house.plan().articles == ("quiet-mornings",)
    with pytest.raises(Refused, match="unsigned cannot go: its author Nobody Known has no bio"):
        sending.cancel(house.app, 1)
        house.plan(pin="unsigned")


def test_without_a_name_the_only_schedule_is_meant(house: DeskHouse) -> None:
    house.add_schedule("monthly", recurrence="0 9 1 * *")
    with pytest.raises(Refused, match="say which: weekly, monthly"):
        house.plan()
    assert house.plan("monthly").schedule_name == "monthly"
    with pytest.raises(NotFound, match="'daily'"):
        house.plan("daily")


# -- made by the timer


def test_an_occurrence_becomes_an_issue_when_it_is_due(house: DeskHouse) -> None:
    assert house.tick() == ticking.Ticked((), (), FIRST_TUESDAY)
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
    issue = house.issue(1)
    assert issue.state is IssueState.SENDING
    assert list(house.deliveries(issue)) == [ADA]
    assert house.tick() == ticking.Ticked((), (), SECOND_TUESDAY)
    assert house.occurrences() == [("03-31 09:00", "issued", "")]


def test_a_draft_planned_ahead_is_what_goes_out(house: DeskHouse) -> None:
    draft = house.plan(pin="long-walks")
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)
    assert house.issue(draft.id).articles == ("long-walks",)
    assert len(house.issues()) == 1


def test_what_was_sent_ahead_by_hand_does_not_go_out_again(house: DeskHouse) -> None:
    sending.start(house.app, house.plan())
    assert house.tick_at(FIRST_TUESDAY) == ticking.Ticked((), (), SECOND_TUESDAY)
    assert len(house.issues()) == 1


def test_what_was_cancelled_does_not_go_out_at_its_occurrence(house: DeskHouse) -> None:
    sending.cancel(house.app, house.plan().id)
    assert house.tick_at(FIRST_TUESDAY).started == ()
    assert house.occurrences() == [("03-31 09:00", "skipped", "issue 1 was cancelled")]


def _at_once(apps: list[App]) -> list[ticking.Ticked]:
    """What each of them came to, all ticking at one instant."""
    barrier = threading.Barrier(len(apps))

    def tick(app: App) -> ticking.Ticked:
        assert app.database.revision()  # connected
        barrier.wait()
        return ticking.tick(app)

    with ThreadPoolExecutor(len(apps)) as threads:
        return list(threads.map(tick, apps))


@pytest.mark.parametrize("round", range(3))
def test_two_processes_at_one_instant_make_one_issue(either_house: DeskHouse, round: int) -> None:
    house = either_house
    house.add_readers(5)
    house.clock.now = FIRST_TUESDAY
    ticked = _at_once([house.app, house.opened_again()])
    assert {issue_id for each in ticked for issue_id in each.started} == {1}
    assert [words for each in ticked for words in each.words] == []
    (issue,) = house.issues()
    assert issue.state is IssueState.SENDING
    assert issue.planned == 6
    assert house.occurrences() == [("03-31 09:00", "issued", "")]


def test_two_processes_begin_a_planned_draft_once(either_house: DeskHouse) -> None:
    house = either_house
    draft = house.plan()
    house.clock.now = FIRST_TUESDAY
    ticked = _at_once([house.app, house.opened_again()])
    assert {issue_id for each in ticked for issue_id in each.started} == {draft.id}
    assert [words for each in ticked for words in each.words] == []
    assert house.issue(draft.id).planned == 1


def test_two_processes_that_find_nothing_to_pick_skip_the_occurrence_once(either_house: DeskHouse) -> None:
    house = either_house
    for slug in ("quiet-mornings", "small-promises", "long-walks"):
        library.retire(house.app, slug)
    house.clock.now = FIRST_TUESDAY
    ticked = _at_once([house.app, house.opened_again()])
    assert [each.started for each in ticked] == [(), ()]
    assert len([words for each in ticked for words in each.words]) == 1
    assert [state for _, state, _ in house.occurrences()] == ["skipped"]


def test_the_last_article_is_no_reason_for_the_slower_process_to_complain(house: DeskHouse) -> None:
    for slug in ("small-promises", "long-walks"):
        library.retire(house.app, slug)
    house.clock.now = FIRST_TUESDAY
    slower = house.opened_again()
    plan = ticking._look(slower, _schedule(slower), ticking.view_of(slower))
    assert house.tick().started == (1,)
    assert plan.due is not None
    assert ticking._begin(slower, _schedule(slower), plan.due).started == ()
    assert house.occurrences() == [("03-31 09:00", "issued", "")]


def _schedule(app: App) -> Schedule:
    with app.database.read() as connection:
        return picks.find(connection, "weekly")


def test_a_process_that_ended_between_draft_and_start_is_made_up_for(house: DeskHouse) -> None:
    with house.read() as connection:
        schedule = picks.find(connection, None)
    house.clock.now = FIRST_TUESDAY
    made = making.make_issue(house.app, schedule, builders.occurrence_at())
    assert made is not None and made.state is IssueState.DRAFT
    assert making.make_issue(house.app, schedule, builders.occurrence_at()) is None
    assert house.tick().started == (made.id,)


def test_an_occurrence_that_nothing_can_fill_is_skipped_with_the_words(house: DeskHouse) -> None:
    for slug in ("quiet-mornings", "small-promises", "long-walks"):
        library.retire(house.app, slug)
    ticked = house.tick_at(FIRST_TUESDAY)
    (told,) = ticked.words
    assert "nothing can be picked" in told and "3 not ready" in told
    ((_, state, reason),) = house.occurrences()
    assert state == "skipped"
    assert "nothing can be picked: 3 not ready" in reason
    assert house.tick() == ticking.Ticked((), (), SECOND_TUESDAY)


def test_a_long_reason_is_shown_by_its_beginning_and_whole_as_json(house: DeskHouse) -> None:
    slugs = [f"an-article-of-winter-number-{number}" for number in range(9)]
    with house.write() as connection:
        author = builders.add_author(connection)
        for slug in slugs:
            builders.add_article(connection, slug, [author])
    for slug in (*slugs, "quiet-mornings", "small-promises", "long-walks"):
        library.retire(house.app, slug)
    house.tick_at(FIRST_TUESDAY)
    ((_, _, reason),) = house.occurrences()
    (past,) = json.loads(house.run("schedules", "show", "weekly", "--json")[1])["past"]
    assert past["reason"] == reason
    (line,) = [each for each in house.run("schedules", "show", "weekly")[1].splitlines() if "was skipped" in each]
    words, _, rest = line.partition("(")[2].partition(" … ")
    assert rest == "the rest with --json)"
    assert reason.startswith(words) and "nothing can be picked: 12 not ready" in words
    assert len(line) < 250 < len(reason)


def test_a_draft_that_nothing_can_fill_any_more_is_skipped_with_the_words(house: DeskHouse) -> None:
    draft = house.plan()
    for slug in ("quiet-mornings", "small-promises", "long-walks"):
        library.retire(house.app, slug)
    assert len(house.tick_at(FIRST_TUESDAY).words) == 1
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert "nothing can be picked" in house.issue(draft.id).pause_reason
    ((_, state, reason),) = house.occurrences()
    assert state == "skipped"
    assert "nothing can be picked" in reason
    assert house.tick() == ticking.Ticked((), (), SECOND_TUESDAY)


def test_what_a_person_can_mend_keeps_an_occurrence_due(house: DeskHouse) -> None:
    house.set(newsletter__postal_address="")
    (told,) = house.tick_at(FIRST_TUESDAY).words
    assert "newsletter.postal_address is empty" in told
    house.set(newsletter__postal_address="12 Quay Street, Portland")
    assert house.tick_at(FIRST_TUESDAY + timedelta(minutes=30)).started == (1,)


def test_a_look_that_breaks_at_the_hour_is_told_and_may_be_mended(house: DeskHouse) -> None:
    broken = house.app.home.templates / "calm"
    broken.mkdir(parents=True)
    (broken / "issue.mjml.j2").write_text("<mjml><mj-body>{{ no_such_value }}</mj-body></mjml>", "utf-8")
    (told,) = house.tick_at(FIRST_TUESDAY).words
    assert "issue.mjml.j2, line 1" in told and "no_such_value" in told
    (broken / "issue.mjml.j2").unlink()
    broken.rmdir()
    assert house.tick_at(FIRST_TUESDAY + timedelta(minutes=30)).started == (1,)


# -- the machine was off


def test_an_issue_up_to_the_grace_late_still_goes_out(house: DeskHouse) -> None:
    assert house.tick_at(FIRST_TUESDAY + timedelta(hours=4)).started == (1,)


def test_an_issue_later_than_the_grace_is_recorded_as_missed(house: DeskHouse) -> None:
    ticked = house.tick_at(FIRST_TUESDAY + timedelta(hours=4, minutes=1))
    assert ticked.started == ()
    assert ticked.words == ("schedule 'weekly': 1 missed, the last one 2026-03-31T09:00",)
    assert house.occurrences() == [("03-31 09:00", "missed", missed.TOO_LATE)]
    assert house.tick().words == ()


def test_a_draft_that_comes_too_late_is_cancelled_as_missed(house: DeskHouse) -> None:
    draft = house.plan()
    assert house.tick_at(FIRST_TUESDAY + timedelta(hours=5)).started == ()
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert house.issue(draft.id).pause_reason == missed.TOO_LATE
    assert house.occurrences() == [("03-31 09:00", "missed", missed.TOO_LATE)]
    assert house.plan().articles == draft.articles, "what was not sent may go the next time"


def test_only_the_latest_of_many_missed_occurrences_goes_out(house: DeskHouse) -> None:
    house.add_schedule("hourly", recurrence="0 * * * *")
    ticked = house.tick_at(NOON + timedelta(days=3, minutes=20))
    assert len(ticked.started) == 1
    issue = house.issue(ticked.started[0])
    assert issue.schedule_name == "hourly"
    assert issue.occurrence is not None and issue.occurrence.utc == NOON + timedelta(days=3)
    states = [state for _, state, _ in house.occurrences("hourly")]
    assert states.count("issued") == 1
    assert states.count("missed") == 71
    assert house.tick().started == ()


def test_a_late_issue_waits_for_the_morning(house: DeskHouse) -> None:
    """At 22:00 in Berlin the machine is off until 04:00: the readers are let sleep until seven."""
    house.add_schedule("late", recurrence="0 22 * * *", grace_minutes=10 * 60)
    seven = datetime(2026, 3, 31, 5, tzinfo=UTC)
    ticked = house.tick_at(seven - timedelta(hours=3))
    assert ticked == ticking.Ticked((), (), seven)
    assert len(house.tick_at(seven).started) == 1


def test_a_late_issue_does_not_leave_after_eight_in_the_evening(house: DeskHouse) -> None:
    house.add_schedule("evening", recurrence="0 18 * * *")
    eight = datetime(2026, 3, 30, 18, tzinfo=UTC)
    assert house.tick_at(eight).started == ()
    assert [state for _, state, _ in house.occurrences("evening")] == ["missed"]


def test_an_hour_of_the_evening_is_no_hindrance_to_an_issue_in_time(house: DeskHouse) -> None:
    house.add_schedule("night", recurrence="30 23 * * *")
    assert len(house.tick_at(datetime(2026, 3, 30, 21, 31, tzinfo=UTC)).started) == 1


@pytest.mark.parametrize("approval", ["none", "required"])
def test_a_schedule_the_program_stumbles_over_keeps_no_other_from_its_issue(
    house: DeskHouse, approval: Approval
) -> None:
    house.add_schedule("elsewhere", options=Options(approval=approval))
    with house.write() as connection:
        gone = update(schedule_table).where(schedule_table.c.name == "elsewhere").values(timezone="Europe/Atlantis")
        connection.execute(gone)  # as a name that a new time zone database no longer has
    for first in range(2):
        house.app.turn = first
        ticked = house.tick_at(FIRST_TUESDAY + first * WEEK)
        assert ticked.started == (first + 1,)
        assert {str(fault) for fault in ticked.faults} == {"'No time zone found with key Europe/Atlantis'"}


# -- schedules that rest


def test_a_paused_schedule_makes_nothing_and_owes_nothing_afterwards(house: DeskHouse) -> None:
    house.pause_schedule()
    assert house.tick_at(FIRST_TUESDAY) == ticking.Ticked((), (), None)
    house.clock.pass_by(hours=1)
    house.resume_schedule()
    assert house.tick() == ticking.Ticked((), (), SECOND_TUESDAY)
    assert house.issues() == []
    assert house.tick_at(SECOND_TUESDAY).started == (1,)


def test_a_draft_whose_occurrence_went_by_in_the_pause_comes_to_nothing(house: DeskHouse) -> None:
    draft = house.plan()
    house.pause_schedule()
    house.clock.now = FIRST_TUESDAY + timedelta(hours=1)
    assert house.tick().started == ()
    house.resume_schedule()
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert house.occurrences() == [("03-31 09:00", "skipped", "the schedule was paused")]
    again = house.plan()
    assert again.occurrence is not None and again.occurrence.utc == SECOND_TUESDAY
    assert again.articles == draft.articles


def test_a_draft_still_to_come_survives_a_pause(house: DeskHouse) -> None:
    draft = house.plan()
    house.pause_schedule()
    house.clock.pass_by(hours=1)
    house.resume_schedule()
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)


def test_a_schedule_is_paused_and_resumed_only_once(house: DeskHouse) -> None:
    with pytest.raises(InvalidTransition, match="the schedule is active"):
        house.resume_schedule()
    house.pause_schedule()
    with pytest.raises(InvalidTransition, match="the schedule is paused"):
        house.pause_schedule()


def test_a_removed_schedule_makes_nothing_and_its_name_is_free_again(house: DeskHouse) -> None:
    sending.start(house.app, house.plan())
    schedules.remove_schedule(house.app, "weekly")
    with pytest.raises(NotFound):
        house.pause_schedule()
    schedules.add_schedule(house.app, "weekly", "Friends", "every friday 10:00", None, None, None, 4.0)
    described, _, english, coming = schedules.describe(house.app, "weekly")
    assert described.recurrence == "0 10 * * 5"
    assert "Friday" in english
    assert [each.local.strftime("%a %d.%m. %H:%M") for each in coming][:2] == ["Fri 03.04. 10:00", "Fri 10.04. 10:00"]
    assert len(coming) == 5
    assert house.issue(1).schedule_name == "weekly"
    assert house.tick_at(FIRST_TUESDAY).started == ()


def test_a_removed_schedule_gives_up_its_draft_and_the_article_is_free(house: DeskHouse) -> None:
    draft = house.plan()
    schedules.remove_schedule(house.app, "weekly")
    assert (house.issue(draft.id).state, house.issue(draft.id).pause_reason) == (
        IssueState.CANCELLED,
        "the schedule was removed",
    )
    house.add_schedule("other")
    assert house.plan("other").articles == draft.articles


@pytest.mark.parametrize("change", [schedules.remove_schedule, schedules.resume_schedule])
def test_a_schedule_and_all_of_its_drafts_change_at_once_or_not_at_all(
    house: DeskHouse, change: Callable[[App, str], None]
) -> None:
    house.plan()
    later = making.make_issue(house.app, house.schedule(), builders.occurrence_at(SECOND_TUESDAY))
    assert later is not None
    house.pause_schedule()
    house.clock.now = SECOND_TUESDAY + timedelta(hours=1)
    before = house.schedule(), house.issues(), house.occurrences()
    last = f"UPDATE ON issues WHEN old.id = {later.id} BEGIN SELECT RAISE(ABORT, 'no room'); END"
    with house.write() as connection:
        connection.execute(text(f"CREATE TRIGGER full_disk BEFORE {last}"))
    with pytest.raises(DBAPIError, match="no room"):
        change(house.app, "weekly")
    assert (house.schedule(), house.issues(), house.occurrences()) == before
    with house.write() as connection:
        connection.execute(text("DROP TRIGGER full_disk"))
    change(house.app, "weekly")
    assert [each.state for each in house.issues()] == [IssueState.CANCELLED] * 2


def test_a_draft_goes_to_the_list_its_schedule_has_when_it_begins(house: DeskHouse) -> None:
    draft = house.plan()
    with house.write() as connection:
        builders.add_reader(connection, builders.add_list(connection, "Others"), "Zoe")
    schedules.set_schedule(house.app, "weekly", list_name="Others")
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)
    assert list(house.deliveries(draft)) == ["zoe@example.org"]
    assert b"subscribed to Others of Harbour Letters" in house.preview(house.issue(draft.id), None)


def test_a_name_that_is_taken_is_refused(house: DeskHouse) -> None:
    with pytest.raises(Refused, match="there is a schedule 'weekly' already"):
        schedules.add_schedule(house.app, " weekly ", "Friends", "every day 09:00", None, None, None, 4.0)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"name": "  "}, Refused, "1 to 200 characters"),
        ({"name": "x" * 201}, Refused, "1 to 200 characters"),
        ({"list_name": "Foes"}, UnknownList, "Foes"),
        ({"when": "now and then"}, Refused, "now and then"),
        ({"when": None, "cron": "61 * * * *"}, Refused, "61"),
        ({"when": None, "cron": "0 9 * * * *"}, Refused, "cron"),
        ({"timezone": "Mars/Olympus"}, Refused, "Mars/Olympus"),
        ({"newsletter_name": "Nobody's"}, NotFound, "Nobody's"),
        ({"grace_hours": -1.0}, Refused, "grace"),
        ({"grace_hours": 1000.0}, Refused, "grace"),
    ],
)
def test_what_no_schedule_can_be_is_named(
    house: DeskHouse, changed: dict[str, object], error: type[Exception], words: str
) -> None:
    given: dict[str, object] = {
        "name": "new",
        "list_name": "Friends",
        "when": "every day 09:00",
        "cron": None,
        "newsletter_name": None,
        "timezone": None,
        "grace_hours": 4.0,
        **changed,
    }
    with pytest.raises(error, match=words):
        schedules.add_schedule(house.app, **given)  # type: ignore[arg-type]
    assert [each[0].name for each in schedules.described(house.app)] == ["weekly"]


# -- looking ahead


def test_the_forecast_is_what_then_goes_out(house: DeskHouse) -> None:
    foreseen = [each.forecast.articles for each in forecasting.forecast_of(house.app, None, 4, None)]
    assert foreseen == [("quiet-mornings",), ("small-promises",), ("long-walks",), ()]
    for week in range(3):
        house.tick_at(FIRST_TUESDAY + week * WEEK)
    assert [issue.articles for issue in house.issues()] == foreseen[:3]


def test_the_forecast_says_why_nothing_can_go_and_how_many_will_read(house: DeskHouse) -> None:
    *some, last = forecasting.forecast_of(house.app, "weekly", 4, None)
    assert last.name == "weekly"
    assert "3 already sent" in last.forecast.words
    assert [each.readers for each in (*some, last)] == [1, 1, 1, 0]


def test_the_forecast_begins_at_an_instant_and_includes_it(house: DeskHouse) -> None:
    first = forecasting.forecast_of(house.app, None, 1, SECOND_TUESDAY)[0].forecast
    assert first.occurrence.utc == SECOND_TUESDAY
    assert first.articles == ("quiet-mornings",), "from today's history"


def test_the_forecast_shows_the_draft_that_waits(house: DeskHouse) -> None:
    draft = house.plan(pin="long-walks")
    first, second, *_ = (each.forecast for each in forecasting.forecast_of(house.app, None, 3, None))
    assert (first.occurrence.utc, first.articles) == (FIRST_TUESDAY, ("long-walks",))
    assert first.authors == ("Maria Lindqvist",)
    assert f"issue {draft.id}" in first.words
    assert (second.occurrence.utc, second.articles) == (SECOND_TUESDAY, ("quiet-mornings",))


def test_next_names_every_candidate_with_every_rule(house: DeskHouse) -> None:
    sending.start(house.app, house.plan())
    shown = picks.next_pick(house.app, "weekly", None)
    assert shown["pick"] == ["small-promises"]
    assert shown["occurrence"]["local"] == "2026-04-07T09:00:00+02:00[Europe/Berlin]"
    rules = {each["slug"]: {one["rule"] for one in each["reasons"]} for each in shown["candidates"]}
    assert {"ready", "complete", "not before", "not expired", "in season", "not sent before"} <= rules["quiet-mornings"]
    refused = {each["slug"]: each["refused"] for each in shown["candidates"]}
    assert refused == {"quiet-mornings": True, "small-promises": False, "long-walks": False}


def test_the_database_itself_refuses_a_second_issue_of_one_occurrence(either_house: DeskHouse) -> None:
    house = either_house
    house.tick_at(FIRST_TUESDAY)
    with house.read() as connection:
        schedule = picks.find(connection, None)
        rows = connection.execute(text("SELECT count(*) FROM occurrences")).scalar()
    assert rows == 1
    assert making.make_issue(house.app, schedule, builders.occurrence_at()) is None
    assert OccurrenceState(house.occurrences()[0][1]) is OccurrenceState.ISSUED
