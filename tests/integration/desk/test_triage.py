"""A person goes through what nobody has read since its import: what would be mailed first comes first."""

from __future__ import annotations

from typing import Any

import pytest

import house as builders
from desk_house import DeskHouse
from house import NOON, WEEK
from newsletter.content.editing import edit
from newsletter.desk import library, schedules
from newsletter.desk.triage import Decision, decide, decide_on, first_words, seen_again, unread
from newsletter.errors import NotFound
from newsletter.model import Article, Season
from newsletter.states import ArticleStatus

READY, DRAFT, RETIRED = ArticleStatus.READY, ArticleStatus.DRAFT, ArticleStatus.RETIRED


def add_unread(house: DeskHouse, slug: str, **fields: Any) -> Article:
    with house.write() as connection:
        author = builders.add_author(connection)
        return builders.add_article(connection, slug, [author], read_at=None, **fields)


def waiting(house: DeskHouse) -> list[str]:
    return [each.article.slug for each in unread(house.app)]


def test_what_the_forecast_sends_first_comes_first_then_the_queue(house: DeskHouse) -> None:
    with house.write() as connection:
        nobody = builders.add_author(connection, "Nobody Known", bio="")
        for slug, priority in {"last-of-all": 1, "without-a-bio": 5}.items():
            builders.add_article(connection, slug, [nobody], read_at=None, priority=priority)
    add_unread(house, "after-the-others", priority=-8)
    add_unread(house, "at-once", priority=9)
    found = unread(house.app)
    assert [each.article.slug for each in found] == ["at-once", "after-the-others", "without-a-bio", "last-of-all"]
    days = [f"{each.due.local:%m-%d}" if each.due is not None else "" for each in found]
    assert days == ["03-31", "04-28", "", ""]


def test_the_season_of_the_forecast_counts_and_not_the_priority(house: DeskHouse) -> None:
    add_unread(house, "frost", priority=9, seasons=[Season.parse("12-01..01-31")])
    add_unread(house, "spring", priority=-9)
    assert waiting(house) == ["spring", "frost"]


def test_without_a_schedule_the_queue_alone_says_what_comes_first(house: DeskHouse) -> None:
    schedules.remove_schedule(house.app, "weekly")
    add_unread(house, "later", priority=1)
    add_unread(house, "sooner", priority=2)
    found = unread(house.app)
    assert [(each.article.slug, each.due) for each in found] == [("sooner", None), ("later", None)]


def test_drafts_and_retired_ones_and_what_was_read_are_not_asked_about(house: DeskHouse) -> None:
    add_unread(house, "a-draft", status=DRAFT)
    add_unread(house, "a-retired-one", status=RETIRED)
    assert waiting(house) == []


def test_what_may_be_out_of_date_is_said(house: DeskHouse) -> None:
    add_unread(house, "hiring", body_html="<p>We are hiring in 2016.</p>")
    (found,) = unread(house.app)
    assert found.hints == ("it speaks of 2016", "an offer of work: We are hiring")


@pytest.mark.parametrize(
    ("decision", "status", "corrected"),
    [
        (Decision.KEEP, READY, frozenset()),
        (Decision.NOT_NOW, DRAFT, frozenset({"status"})),
        (Decision.NEVER, RETIRED, frozenset({"status"})),
    ],
)
def test_a_word_on_an_article_is_kept(
    house: DeskHouse, decision: Decision, status: ArticleStatus, corrected: frozenset[str]
) -> None:
    add_unread(house, "fresh")
    house.clock.pass_by(hours=1)
    (decided,) = decide(house.app, ["fresh"], decision)
    assert (decided.status, decided.corrected, decided.read_at) == (status, corrected, house.clock.now)
    assert decided == library.find(house.app, "fresh")
    assert waiting(house) == []


def test_only_a_status_that_changes_is_a_version(house: DeskHouse) -> None:
    add_unread(house, "kept")
    add_unread(house, "left-out")
    decide(house.app, ["kept"], Decision.KEEP)
    decide(house.app, ["left-out"], Decision.NEVER)
    assert len(library.history(house.app, "kept")) == 1
    assert library.history(house.app, "left-out")[-1].version.cause == "triage: never"


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("field", ["body_html", "hero.alt", "status", "authors"])
def test_a_word_on_what_says_something_else_by_now_does_not_count(
    either_house: DeskHouse, decision: Decision, field: str
) -> None:
    house = either_house
    shown = add_unread(house, "fresh")
    text = {"status": "draft"}.get(field, "Others")
    library.correct(house.app, shown, edit(shown, {field: text}), [], "import", is_read=False)
    now = library.find(house.app, "fresh")
    assert decide_on(house.app, shown, decision) is None
    assert library.find(house.app, "fresh") == now and now.read_at is None
    decided = decide_on(house.app, now, decision)
    assert decided is not None and decided.read_at == house.clock.now


def test_what_is_shown_again_is_what_stands_there_now(house: DeskHouse) -> None:
    add_unread(house, "fresh")
    (shown,) = unread(house.app)
    library.correct(house.app, shown.article, {"body_html": "<p>We are hiring.</p>"}, [], "import", is_read=False)
    again = seen_again(house.app, shown)
    assert again.article == library.find(house.app, "fresh")
    assert (again.due, again.hints) == (shown.due, ("an offer of work: We are hiring",))


@pytest.mark.parametrize("before", [Decision.NOT_NOW, Decision.NEVER])
def test_who_thinks_better_of_it_keeps_what_was_left_out(house: DeskHouse, before: Decision) -> None:
    add_unread(house, "fresh", priority=9)
    decide(house.app, ["fresh"], before)
    assert house.plan().articles == ("quiet-mornings",)
    decide(house.app, ["fresh"], Decision.KEEP)
    assert library.find(house.app, "fresh").status is READY


def test_the_first_yes_stays_the_one_that_counts(house: DeskHouse) -> None:
    house.clock.pass_by(days=1)
    (decided,) = decide(house.app, ["quiet-mornings"], Decision.KEEP)
    assert decided.read_at == NOON


def test_what_is_kept_goes_out_by_itself(house: DeskHouse) -> None:
    add_unread(house, "fresh", priority=9)
    decide(house.app, ["fresh"], Decision.KEEP)
    house.tick_at(builders.FIRST_TUESDAY)
    house.tick_at(builders.FIRST_TUESDAY + WEEK)
    assert [issue.articles for issue in house.issues()] == [("fresh",), ("quiet-mornings",)]


@pytest.mark.parametrize("decision", Decision)
def test_a_slug_that_nobody_has_changes_nothing_for_the_others(house: DeskHouse, decision: Decision) -> None:
    add_unread(house, "fresh")
    with pytest.raises(NotFound, match="no-such-thing"):
        decide(house.app, ["fresh", "no-such-thing"], decision)
    assert waiting(house) == ["fresh"]
    assert library.find(house.app, "fresh").status is READY


def test_the_first_words_stand_on_one_line() -> None:
    body = "<p>One two.</p><ul><li>three</li><li>four</li></ul>"
    article = Article("a", "A", body)
    assert first_words(article) == "One two. three four"
    assert first_words(article, 3) == "One two. three …"
    assert first_words(article, 4) == "One two. three four"
