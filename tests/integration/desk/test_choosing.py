"""A person's word on what goes when: pins, swaps, a date without an issue, not this one; and each taken back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text

import house as builders
from desk_house import ADA, DeskHouse
from newsletter.desk import choosing, picks, sending
from newsletter.desk.choosing import Changed
from newsletter.desk.forecasting import forecast_of
from newsletter.errors import NewsletterError, NotFound, Refused
from newsletter.options import Options
from newsletter.states import IssueState
from newsletter.store import articles as library
from newsletter.store.issues import find_draft
from scripted_relay import ScriptedRelay
from subscribers import MailingList

FIRST, SECOND, THIRD = "2026-03-31", "2026-04-07", "2026-04-14"


def foreseen(house: DeskHouse, count: int = 3) -> list[tuple[str, ...]]:
    return [each.forecast.articles for each in forecast_of(house.app, "weekly", count, None)]


def pin(house: DeskHouse, slug: str, at: str | None = None) -> Changed:
    return choosing.pin(house.app, None, [slug], at)


def refusal(house: DeskHouse, slug: str, at: str | None = None) -> str:
    """The words with which a pin is refused; it changed nothing."""
    before = foreseen(house)
    with pytest.raises(NewsletterError) as raised:
        pin(house, slug, at)
    assert foreseen(house) == before
    return str(raised.value)


# Pins


def test_pin_for_a_later_date_is_kept_until_then_and_says_what_it_displaced(house: DeskHouse) -> None:
    changed = pin(house, "quiet-mornings", THIRD)
    assert (changed.articles, changed.displaced, changed.issue) == (("quiet-mornings",), ("long-walks",), None)
    assert foreseen(house) == [("small-promises",), ("long-walks",), ("quiet-mornings",)]
    assert house.issues() == []


def test_what_is_pinned_is_what_goes_when_its_time_comes(house: DeskHouse) -> None:
    pin(house, "long-walks", SECOND)
    with ScriptedRelay() as relay:
        house.relay(relay)
        for week in range(3):
            for issue in house.tick_at(builders.FIRST_TUESDAY + week * builders.WEEK).started:
                house.send(house.issue(issue))
    assert [issue.articles for issue in house.issues()] == [("quiet-mornings",), ("long-walks",), ("small-promises",)]


def test_pin_without_a_date_drafts_the_next_issue_or_makes_its_draft_anew(house: DeskHouse) -> None:
    draft = house.plan(pin="long-walks")
    assert draft.articles == ("long-walks",)
    changed = pin(house, "small-promises")
    assert changed.displaced == ("long-walks",)
    assert house.issue(draft.id).articles == ("small-promises",)
    assert [issue.id for issue in house.issues()] == [draft.id]


def test_what_a_pin_displaced_is_kept_as_its_reason_and_told(house: DeskHouse) -> None:
    draft = house.plan(pin="long-walks")
    _, out, _ = house.run("issues", "show", str(draft.id))
    assert "    pinned long-walks by hand, instead of quiet-mornings\n" in out
    _, out, _ = house.run("issues", "show", str(draft.id), "--json")
    assert json.loads(out)["choices"] == [
        {"kind": "pin", "article": "long-walks", "reason": "instead of quiet-mornings"}
    ]


def test_article_pinned_to_one_date_is_refused_at_any_earlier_one_in_these_words(house: DeskHouse) -> None:
    pin(house, "long-walks", THIRD)
    assert (
        refusal(house, "long-walks")
        == "schedule 'weekly', 2026-03-31 09:00: long-walks cannot go: pinned to 2026-04-14"
    )


def test_what_a_rule_refuses_cannot_be_pinned(house: DeskHouse) -> None:
    with house.write() as connection:
        author = builders.add_author(connection, "Ruth Vale", bio="")
        builders.add_article(connection, "no-bio", [author])
    assert "2026-04-07 09:00: no-bio cannot go: its author Ruth Vale has no bio" in refusal(house, "no-bio", SECOND)
    with pytest.raises(NotFound):
        pin(house, "no-such-article")


def test_pin_to_a_date_that_is_none_of_the_schedule_names_the_nearest(house: DeskHouse) -> None:
    words = "--at: schedule 'weekly' has no occurrence to come on 2026-04-08"
    near = "; the nearest are 2026-03-31T09:00, 2026-04-07T09:00, 2026-04-14T09:00, 2026-04-21T09:00"
    assert refusal(house, "long-walks", "2026-04-08") == words + near
    assert "no occurrence to come on 2026-03-24; the nearest are 2026-03-31" in refusal(
        house, "long-walks", "2026-03-24"
    )
    assert "is neither a date nor a date and time" in refusal(house, "long-walks", "next tuesday")


def test_date_of_several_occurrences_wants_the_time_too(house: DeskHouse) -> None:
    with house.write() as connection:
        friends = builders.add_list(connection, "Others")
        builders.add_schedule(connection, friends, "daily", recurrence="0 9,17 * * *")
    with pytest.raises(
        Refused, match=r"has 2 occurrences on 2026-04-01, at 09:00, 17:00: say which, as in 2026-04-01T09:00"
    ):
        choosing.pin(house.app, "daily", ["long-walks"], "2026-04-01")
    changed = choosing.pin(house.app, "daily", ["long-walks"], "2026-04-01 17:00")
    assert changed.occurrence.wall == "2026-04-01T17:00"


def test_pin_is_a_yes_to_an_article_that_nobody_has_read(house: DeskHouse) -> None:
    with house.write() as connection:
        article = library.find_article(connection, "long-walks")
        assert article is not None
        builders.make_unread(connection, [article.id])
    pin(house, "long-walks", SECOND)
    with house.read() as connection:
        article = library.find_article(connection, "long-walks")
    assert article is not None and article.read_at == house.clock()


def test_pin_that_can_no_longer_go_gives_way(house: DeskHouse) -> None:
    pin(house, "long-walks", FIRST)
    with house.write() as connection:
        article = library.find_article(connection, "long-walks")
        assert article is not None and article.id is not None
        library.change_article(connection, article.id, {"status": "retired"}, house.clock())
    assert house.plan().articles == ("quiet-mornings",)


def test_pin_keeps_the_article_from_another_schedule_on_the_same_list(house: DeskHouse) -> None:
    with house.write() as connection:
        weekly = picks.find(connection, "weekly")
        friends = MailingList(weekly.list_id, weekly.list_name, builders.NOON)
        builders.add_schedule(connection, friends, "monthly", recurrence="0 9 20 4 *")
    choosing.pin(house.app, "monthly", ["quiet-mornings"], "2026-04-20")
    assert house.plan("weekly").articles == ("small-promises",)


def test_several_articles_are_pinned_in_their_order_and_no_more_than_an_issue_has(house: DeskHouse) -> None:
    with house.write() as connection:
        friends = builders.add_list(connection, "Others")
        builders.add_schedule(connection, friends, "digest", options=Options(articles=2))
    changed = choosing.pin(house.app, "digest", ["long-walks", "quiet-mornings"], None)
    assert changed.issue is not None
    assert changed.issue.articles == ("long-walks", "quiet-mornings")
    with pytest.raises(Refused, match="an issue of schedule 'digest' has 2 articles, not 3"):
        choosing.pin(house.app, "digest", ["long-walks", "quiet-mornings", "small-promises"], None)


# Swaps


def test_two_dates_are_swapped(house: DeskHouse) -> None:
    first, third = choosing.swap(house.app, None, FIRST, THIRD)
    assert (first.articles, third.articles) == (("long-walks",), ("quiet-mornings",))
    assert foreseen(house) == [("long-walks",), ("small-promises",), ("quiet-mornings",)]


def test_swap_with_the_draft_makes_it_anew(house: DeskHouse) -> None:
    draft = house.plan()
    first, _ = choosing.swap(house.app, None, FIRST, SECOND)
    assert first.issue is not None and first.issue.id == draft.id
    assert foreseen(house) == [("small-promises",), ("quiet-mornings",), ("long-walks",)]


def test_two_drafts_swap_their_articles(house: DeskHouse) -> None:
    from newsletter.desk import making

    draft = house.plan()
    with house.read() as connection:
        schedule = picks.find(connection, None)
    later = making.make_issue(house.app, schedule, builders.occurrence_at(builders.FIRST_TUESDAY + builders.WEEK))
    assert later is not None
    choosing.swap(house.app, None, FIRST, SECOND)
    assert (house.issue(draft.id).articles, house.issue(later.id).articles) == (
        ("small-promises",),
        ("quiet-mornings",),
    )


def test_swap_that_a_rule_refuses_changes_nothing(house: DeskHouse) -> None:
    with house.write() as connection:
        article = library.find_article(connection, "small-promises")
        assert article is not None and article.id is not None
        library.change_article(connection, article.id, {"not_before": date(2026, 4, 10)}, house.clock())
    before = foreseen(house)
    assert before[2] == ("small-promises",)
    with pytest.raises(Refused, match=r"2026-03-31 09:00: small-promises cannot go: not before 2026-04-10"):
        choosing.swap(house.app, None, FIRST, THIRD)
    assert foreseen(house) == before
    with pytest.raises(Refused, match="both dates are the same"):
        choosing.swap(house.app, None, FIRST, f"{FIRST}T09:00")


# A date without an issue


def test_skipped_date_sends_nothing_and_those_before_it_go_all_the_same(house: DeskHouse) -> None:
    choosing.skip(house.app, None, SECOND, "the office moves")
    assert house.occurrences() == [("04-07 09:00", "skipped", "skipped by hand: the office moves")]
    assert len(house.tick_at(builders.FIRST_TUESDAY).started) == 1
    assert house.tick_at(builders.FIRST_TUESDAY + builders.WEEK).started == ()
    with pytest.raises(Refused, match="no occurrence to come on 2026-04-07"):
        choosing.skip(house.app, None, SECOND, "")


def test_skipping_the_drafted_date_cancels_the_draft_and_taking_it_back_brings_it_back(house: DeskHouse) -> None:
    draft = house.plan()
    choosing.skip(house.app, None, FIRST, "")
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert foreseen(house, 1) == [("quiet-mornings",)]  # a week later
    changed = choosing.undo(house.app, None, FIRST)
    assert changed.issue is not None and changed.issue.id == draft.id
    assert house.issue(draft.id).state is IssueState.DRAFT
    assert house.occurrences() == [("03-31 09:00", "issued", "")]


def test_date_whose_issue_begins_in_that_moment_is_not_skipped(either_house: DeskHouse) -> None:
    draft = either_house.plan()
    waits = text("SELECT 1 FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as another:
        with either_house.write() as connection:
            builders.move(connection, draft, IssueState.SENDING)
            skipped = another.submit(choosing.skip, either_house.app, None, FIRST, "")
            while connection.dialect.name == "postgresql" and connection.execute(waits).first() is None:
                pass  # it has read the draft, and is about to cancel it
        with pytest.raises(Refused, match=r"began in this moment|is sending: it can no longer be changed"):
            skipped.result()
    assert either_house.issue(draft.id).state is IssueState.SENDING


def test_draft_that_somebody_paused_is_resumed_first(house: DeskHouse) -> None:
    draft = house.plan()
    sending.pause(house.app, draft.id)
    with pytest.raises(Refused, match=f"is paused: `newsletter issues resume {draft.id}` or `cancel` first"):
        choosing.skip(house.app, None, FIRST, "")


def test_skip_of_a_date_without_a_draft_is_taken_back(house: DeskHouse) -> None:
    choosing.skip(house.app, None, FIRST, "")
    assert foreseen(house, 1) == [("quiet-mornings",)]
    assert choosing.undo(house.app, None, FIRST).articles == ("quiet-mornings",)
    occurrence = house.plan().occurrence
    assert occurrence is not None and occurrence.utc == builders.FIRST_TUESDAY
    with pytest.raises(Refused, match=r"nothing was chosen for 2026-03-31T09:00"):
        choosing.undo(house.app, None, FIRST)


# Not this one


def test_not_this_one_takes_the_next_keeps_the_reason_and_lets_it_go_later(house: DeskHouse) -> None:
    draft = house.plan()
    changed = choosing.not_this(house.app, None, "quiet-mornings", None, "too  soon after the storm")
    assert (changed.articles, changed.displaced) == (("small-promises",), ("quiet-mornings",))
    assert house.issue(draft.id).articles == ("small-promises",)
    with house.read() as connection:
        schedule = picks.find(connection, None)
        pick = picks.pick_for(
            connection,
            schedule,
            builders.FIRST_TUESDAY,
            library.list_articles(connection),
            picks.rules_of(house.app, connection, schedule),
            draft.id,
        )
    (reason,) = (why.words for one in pick.candidates for why in one.reasons if why.rule == "declined" and why.refused)
    assert reason == "declined for this date: too soon after the storm"
    assert foreseen(house)[1] == ("quiet-mornings",)


def test_not_this_one_needs_a_reason_and_another_article(house: DeskHouse) -> None:
    house.plan()
    with pytest.raises(Refused, match="--reason: say why not"):
        choosing.not_this(house.app, None, "quiet-mornings", None, " ")
    choosing.not_this(house.app, None, "small-promises", None, "no")
    choosing.not_this(house.app, None, "long-walks", None, "no")
    with pytest.raises(Refused, match="nothing can be picked: 3 declined for this date"):
        choosing.not_this(house.app, None, "quiet-mornings", None, "no")
    with house.read() as connection:
        draft = find_draft(connection, picks.find(connection, None).id or 0)
    assert draft is not None and draft.articles == ("quiet-mornings",)


def test_last_word_on_an_article_counts(house: DeskHouse) -> None:
    choosing.not_this(house.app, None, "quiet-mornings", FIRST, "no")
    assert foreseen(house, 1) == [("small-promises",)]
    pin(house, "quiet-mornings", FIRST)
    assert foreseen(house, 1) == [("quiet-mornings",)]


def test_all_that_was_chosen_for_a_date_is_taken_back_at_once(house: DeskHouse) -> None:
    before = foreseen(house)
    choosing.not_this(house.app, None, "quiet-mornings", FIRST, "no")
    pin(house, "long-walks", FIRST)
    choosing.undo(house.app, None, FIRST)
    assert foreseen(house) == before


def test_choices_of_a_date_that_the_schedule_no_longer_has_can_be_taken_back(house: DeskHouse) -> None:
    from newsletter.desk.schedules import set_schedule

    pin(house, "quiet-mornings", SECOND)
    set_schedule(house.app, "weekly", when="every friday 09:00")
    choosing.undo(house.app, None, SECOND)
    assert foreseen(house, 1) == [("quiet-mornings",)]


# At the keyboard


def test_command_tells_each_change_and_what_it_displaced(house: DeskHouse) -> None:
    _, shown, _ = house.run("schedules", "show", "weekly", "--json")
    second = json.loads(shown)["next"][1]  # the program's own clock is today's
    at = second["local"][:10]
    code, out, _ = house.run("issues", "plan", "weekly", "--pin", "long-walks", "--at", at, "--json")
    (changed,) = json.loads(out)
    assert (code, changed["articles"], changed["displaced"]) == (0, ["long-walks"], ["small-promises"])
    assert changed["occurrence"] == second
    assert house.run("issues", "plan", "weekly", "--undo", at)[1].split(": ")[1] == (
        "small-promises, instead of long-walks\n"
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--at", FIRST], "--at goes with --pin and --not-this"),
        (["--reason", "x"], "--reason goes with --skip and --not-this"),
        (["--pin", "a", "--skip", FIRST], "say one of"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(house: DeskHouse, words: list[str], complaint: str) -> None:
    code, _, errors = house.run("issues", "plan", "weekly", *words)
    assert code == 2
    assert complaint in " ".join(errors.replace("│", " ").split())


def test_reader_of_a_pinned_article_gets_it(house: DeskHouse) -> None:
    with ScriptedRelay() as relay:
        house.relay(relay)
        issue = house.plan(pin="long-walks")
        house.send(issue)
    assert relay.recipients == [ADA]
