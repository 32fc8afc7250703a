"""What nobody has read since its import goes out by a person's word alone, and the forecast says what goes instead."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import house as builders
from desk_house import DeskHouse
from house import FIRST_TUESDAY, NOON, WEEK
from newsletter.desk import forecasting, library, picks, previewing, ticking
from newsletter.model import Article
from newsletter.states import IssueState
from newsletter.store import articles as store
from newsletter.store import authors as author_store
from scripted_relay import ScriptedRelay

SECOND_TUESDAY = FIRST_TUESDAY + WEEK
READ = ("quiet-mornings", "small-promises", "long-walks")
SOURCE = """---
title: {title}
tags: [{tags}]
slug: fresh
author: Maria Lindqvist
priority: 9
---
{body}
"""


def bring_in(house: DeskHouse, folder: Path, title: str = "Fresh", tags: str = "calm", body: str = "Some tea.") -> None:
    """An article before all others in the queue, from a file that says this."""
    file = folder / "fresh.md"
    file.write_text(SOURCE.format(title=title, tags=tags, body=body), "utf-8")
    report = library.import_articles(house.app, [str(file)])
    assert [each.slug for each in report.items] == ["fresh"]


def add_unread(house: DeskHouse, slug: str = "fresh", priority: int = 9) -> Article:
    with house.write() as connection:
        author = builders.add_author(connection)
        return builders.add_article(connection, slug, [author], read_at=None, priority=priority)


def is_read(house: DeskHouse, slug: str = "fresh") -> bool:
    return library.find(house.app, slug).read_at is not None


def forget_all(house: DeskHouse) -> None:
    """As if nobody had read any of them."""
    with house.write() as connection:
        builders.make_unread(connection, [article.id for article in store.list_articles(connection)])


def sent(house: DeskHouse) -> tuple[str, ...]:
    (issue,) = house.issues()
    return issue.articles


def warnings(house: DeskHouse, count: int = 4) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(articles, warnings) of each issue to come."""
    return [(each.forecast.articles, each.warnings) for each in forecasting.forecast_of(house.app, None, count, None)]


def unread_words(slug: str, instead: str) -> str:
    goes = f"until a person has read it, {instead} goes in its place"
    return f"{slug} is unread since import: {goes} (`newsletter articles triage`)"


# -- who has read what


def test_an_import_is_unread(house: DeskHouse, tmp_path: Path) -> None:
    bring_in(house, tmp_path)
    assert not is_read(house)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"summary": "About tea."}, False),
        ({"tags": "tea", "authors": "Ida Berg"}, False),  # as somebody does for a hundred of them
        ({"status": "ready"}, True),
        ({"body_html": "<p>Some tea.</p>"}, True),
    ],
)
def test_only_a_correction_that_nobody_makes_unread_is_a_yes(
    house: DeskHouse, settings: dict[str, str], expected: bool
) -> None:
    add_unread(house)
    library.edit_article(house.app, "fresh", settings)
    assert is_read(house) is expected


@pytest.mark.parametrize("change", [{"title": "Fresher"}, {"body": "Some tea. Ring before noon."}])
def test_other_words_from_its_source_make_it_unread_again(
    house: DeskHouse, tmp_path: Path, change: dict[str, str]
) -> None:
    bring_in(house, tmp_path)
    library.edit_article(house.app, "fresh", {"status": "ready"})
    bring_in(house, tmp_path, **change)
    assert not is_read(house)


def test_other_tags_from_its_source_leave_it_read(house: DeskHouse, tmp_path: Path) -> None:
    bring_in(house, tmp_path)
    library.edit_article(house.app, "fresh", {"status": "ready"})
    bring_in(house, tmp_path, tags="calm, tea")
    assert library.find(house.app, "fresh").tags == ("calm", "tea")
    assert is_read(house)


def test_a_title_that_a_person_corrected_is_not_asked_for_again(house: DeskHouse, tmp_path: Path) -> None:
    bring_in(house, tmp_path)
    library.edit_article(house.app, "fresh", {"title": "Ours", "status": "ready"})
    bring_in(house, tmp_path, title="Theirs")
    assert library.find(house.app, "fresh").title == "Ours"
    assert is_read(house)


def test_pinning_an_article_is_a_yes(house: DeskHouse) -> None:
    add_unread(house)
    draft = house.plan(pin="fresh")
    assert is_read(house)
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)
    assert sent(house) == ("fresh",)


def test_pinning_what_is_drafted_already_is_a_yes_too(house: DeskHouse) -> None:
    add_unread(house)
    draft = house.plan()
    assert draft.articles == ("fresh",)
    assert not is_read(house), "a draft is no yes"
    assert house.plan(pin="fresh").id == draft.id
    assert is_read(house)


def test_sending_by_hand_is_a_yes(house: DeskHouse) -> None:
    add_unread(house)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(house.plan()).issue.state is IssueState.SENT
    assert sent(house) == ("fresh",)
    assert is_read(house)


def test_a_send_that_is_refused_is_no_yes(house: DeskHouse) -> None:
    add_unread(house)
    draft = house.plan()
    house.set(newsletter__postal_address="")
    assert "postal_address" in house.refusal(draft)
    assert not is_read(house)


# -- when the time has come


def test_the_timer_takes_the_next_one_that_was_read(house: DeskHouse) -> None:
    add_unread(house)
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
    assert sent(house) == ("quiet-mornings",)
    assert not is_read(house)


def test_the_timer_skips_an_occurrence_for_which_nothing_was_read(house: DeskHouse) -> None:
    forget_all(house)
    ticked = house.tick_at(FIRST_TUESDAY)
    assert ticked.started == ()
    assert "nothing can be picked: 3 unread since import" in ticked.words[0]
    ((_, state, reason),) = house.occurrences()
    assert (state, "3 unread since import" in reason) == ("skipped", True)
    assert house.tick() == ticking.Ticked((), (), SECOND_TUESDAY)


def test_a_draft_that_nothing_can_take_the_place_of_is_cancelled_and_named(house: DeskHouse) -> None:
    forget_all(house)
    draft = house.plan()
    (words,) = house.tick_at(FIRST_TUESDAY).words
    assert words.endswith(
        f"; issue {draft.id} is cancelled, because {draft.articles[0]} cannot go: unread since import"
    )
    assert house.issue(draft.id).state is IssueState.CANCELLED
    assert words in house.issue(draft.id).pause_reason


def test_a_draft_that_nobody_read_gives_way_to_one_that_was_read(either_house: DeskHouse) -> None:
    house = either_house
    add_unread(house)
    draft = house.plan()
    assert draft.articles == ("fresh",)
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)
    begun = house.issue(draft.id)
    assert (begun.articles, begun.subject) == (("quiet-mornings",), "Quiet mornings")


def test_a_draft_that_nothing_read_can_fill_is_skipped_with_the_words(house: DeskHouse) -> None:
    draft = house.plan()
    forget_all(house)
    ticked = house.tick_at(FIRST_TUESDAY)
    assert ticked.started == ()
    assert "3 unread since import" in ticked.words[0]
    assert house.issue(draft.id).state is IssueState.CANCELLED
    ((_, state, reason),) = house.occurrences()
    assert (state, "3 unread since import" in reason) == ("skipped", True)


def test_a_draft_goes_out_once_its_article_was_read(house: DeskHouse) -> None:
    article = add_unread(house)
    draft = house.plan()
    with house.write() as connection:
        store.mark_read(connection, [article.id or 0], NOON)
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)
    assert sent(house) == ("fresh",)


@pytest.mark.parametrize("is_planned", [False, True])
def test_imports_that_are_trusted_go_out_unread(house: DeskHouse, is_planned: bool) -> None:
    house.set(picking__trust_imports=True)
    add_unread(house)
    if is_planned:
        house.plan()
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
    assert sent(house) == ("fresh",)
    assert not is_read(house)


# -- looking ahead


def test_the_forecast_holds_what_is_unread_and_says_what_goes_in_its_place(house: DeskHouse) -> None:
    add_unread(house)
    assert warnings(house) == [
        (("fresh",), (unread_words("fresh", "quiet-mornings"),)),
        (("quiet-mornings",), ()),
        (("small-promises",), ()),
        (("long-walks",), ()),
    ]


def test_what_the_forecast_says_goes_in_its_place_is_what_goes(house: DeskHouse) -> None:
    add_unread(house)
    add_unread(house, "fresher", 8)
    told = [words for _, (words,) in warnings(house, 2)]
    assert told == [unread_words("fresh", "quiet-mornings"), unread_words("fresher", "small-promises")]
    for week in range(2):
        house.tick_at(FIRST_TUESDAY + week * WEEK)
    assert [issue.articles for issue in house.issues()] == [("quiet-mornings",), ("small-promises",)]


def test_the_forecast_says_what_goes_in_place_of_a_draft(house: DeskHouse) -> None:
    add_unread(house)
    draft = house.plan()
    coming = forecasting.forecast_of(house.app, None, 3, None)
    assert [each.forecast.articles for each in coming] == [("fresh",), ("quiet-mornings",), ("small-promises",)]
    assert coming[0].forecast.words == f"drafted as issue {draft.id}"
    assert [each.warnings for each in coming] == [(unread_words("fresh", "quiet-mornings"),), (), ()]
    house.tick_at(FIRST_TUESDAY)
    assert sent(house) == ("quiet-mornings",)


def test_a_draft_that_was_read_stays_where_the_forecast_has_it(house: DeskHouse) -> None:
    house.plan()
    add_unread(house)
    assert warnings(house, 2) == [
        (("quiet-mornings",), ()),
        (("fresh",), (unread_words("fresh", "small-promises"),)),
    ]


def test_where_nothing_can_take_its_place_the_forecast_says_so(house: DeskHouse) -> None:
    forget_all(house)
    assert warnings(house, 1) == [(("quiet-mornings",), (unread_words("quiet-mornings", "nothing"),))]
    house.plan()
    assert warnings(house, 1) == [(("quiet-mornings",), (unread_words("quiet-mornings", "nothing"),))]


def test_the_forecast_only_marks_imports_that_are_trusted(house: DeskHouse) -> None:
    house.set(picking__trust_imports=True)
    add_unread(house)
    marked = ("fresh is unread since import (`newsletter articles triage`)",)
    assert warnings(house, 2) == [(("fresh",), marked), (("quiet-mornings",), ())]
    house.plan()
    assert warnings(house, 2) == [(("fresh",), marked), (("quiet-mornings",), ())]


def test_next_says_of_each_candidate_whether_it_was_read(house: DeskHouse) -> None:
    add_unread(house)
    shown = picks.next_pick(house.app, None, None)
    said = {
        each["slug"]: reason["words"]
        for each in shown["candidates"]
        for reason in each["reasons"]
        if reason["rule"] == "read"
    }
    assert said["fresh"].startswith("unread since import")
    assert {said[slug] for slug in READ} == {"a person has read it"}


# -- a licence that ends


def set_licence(house: DeskHouse, until: date) -> None:
    with house.write() as connection:
        author_store.set_author(connection, "Maria Lindqvist", {"credentials_until": until})


def test_the_forecast_warns_of_a_licence_from_thirty_days_before(house: DeskHouse) -> None:
    days = [FIRST_TUESDAY.date() + week * timedelta(days=7) for week in range(3)]
    set_licence(house, days[1] + timedelta(days=30))
    told = [words for _, words in warnings(house, 3)]
    until = days[1] + timedelta(days=30)
    command = "newsletter authors set 'Maria Lindqvist' --credentials-until YYYY-MM-DD"
    said = f"the licence of Maria Lindqvist ends on {until} (`{command}`)"
    assert told == [(), (said,), (said,)]
    set_licence(house, days[0])
    assert [len(words) for _, words in warnings(house, 3)] == [1, 1, 1]
    assert "ended on" in warnings(house, 2)[1][1][0]


@pytest.mark.parametrize(("days", "rules"), [(30, ["licence"]), (31, [])])
def test_the_check_warns_of_a_licence_by_the_day_of_the_issue(house: DeskHouse, days: int, rules: list[str]) -> None:
    set_licence(house, FIRST_TUESDAY.date() + timedelta(days=days))
    of_article = previewing.check(house.app, "quiet-mornings").findings
    of_draft = previewing.check(house.app, str(house.plan().id)).findings
    assert of_article == of_draft
    assert [each.rule for each in of_draft] == rules
    assert {(each.severity, each.where) for each in of_draft} <= {("warn", "Maria Lindqvist")}


def test_a_licence_that_ended_does_not_keep_an_issue_from_going(house: DeskHouse) -> None:
    set_licence(house, FIRST_TUESDAY.date() - timedelta(days=1))
    (finding,) = previewing.check(house.app, "quiet-mornings").findings
    assert finding.words == "The licence of Maria Lindqvist ended on 2026-03-30."
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
