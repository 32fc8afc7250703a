"""A person's choices among the rules: a pin wins over scores, over no refusal, and for its occurrence alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.model import Article, Author, CallToAction, Occurrence
from newsletter.options import Options
from newsletter.picking.choices import Choice, ChoiceKind, Choices
from newsletter.picking.forecast import forecast
from newsletter.picking.orders import rules_for
from newsletter.picking.pick import Pick, pick_articles
from newsletter.picking.rules import History, Moment
from newsletter.states import ArticleStatus

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime(2027, 1, 5, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


def article(slug: str, priority: int = 0, status: ArticleStatus = ArticleStatus.READY) -> Article:
    author = Author("Ada", bio="Ada writes.")
    call = CallToAction("Talk?", "Write", "https://example.org/")
    return Article(slug, slug, "<p>x</p>", status=status, priority=priority, authors=(author,), call_to_action=call)


LIBRARY = [article("walks", 1_000_000), article("sleep", 5), article("grief", -1_000_000), article("snow")]


def choice(kind: ChoiceKind, slug: str, week: int = 0, schedule: str = "", reason: str = "") -> Choice:
    at = FIRST + week * WEEK
    return Choice(kind, slug, at.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M"), at, reason, schedule)


def pin(slug: str, week: int = 0, schedule: str = "") -> Choice:
    return choice(ChoiceKind.PIN, slug, week, schedule)


def picked(*chosen: Choice, library: list[Article] = LIBRARY, week: int = 0, count: int = 1) -> Pick:
    rules = (*rules_for(Options(weights=(("priority", 1000.0),))), *Choices(chosen).rules())
    return pick_articles(library, History(), rules, Moment.of(FIRST + week * WEEK, BERLIN), count)


def refusals(pick: Pick, slug: str) -> list[str]:
    (judged,) = (one for one in pick.candidates if one.slug == slug)
    return [reason.words for reason in judged.reasons if reason.refused]


def test_pin_wins_over_whatever_the_others_score_and_says_so() -> None:
    assert picked().slugs == ("walks",)
    pick = picked(pin("grief"))
    assert pick.slugs == ("grief",)
    assert "pinned by hand" in pick.words


def test_pin_holds_for_its_occurrence_and_keeps_the_article_from_any_earlier_one() -> None:
    pick = picked(pin("walks", week=2), week=1)
    assert pick.slugs == ("sleep",)
    assert refusals(pick, "walks") == ["pinned to 2027-01-19"]
    assert picked(pin("grief", week=2), week=3).slugs == ("walks",)


def test_evergreen_article_goes_at_each_occurrence_it_is_pinned_to() -> None:
    library = [replace(article("snow"), evergreen=True), article("sleep", 5)]
    twice = (pin("snow"), pin("snow", week=2))
    assert [picked(*twice, library=library, week=week).slugs[0] for week in range(3)] == ["snow", "sleep", "snow"]
    assert picked(*twice, pin("snow", schedule="monthly"), library=library).slugs == ("snow",)


def test_pin_of_another_schedule_on_the_same_list_keeps_the_article_for_that_one() -> None:
    pick = picked(pin("walks", schedule="monthly"))
    assert pick.slugs == ("sleep",)
    assert refusals(pick, "walks") == ["pinned to 2027-01-05 on monthly"]


def test_pinned_article_that_may_not_go_gives_way_to_the_next_one() -> None:
    library = [article("walks", status=ArticleStatus.DRAFT), article("sleep")]
    pick = picked(pin("walks"), library=library)
    assert pick.slugs == ("sleep",)
    assert refusals(pick, "walks") == ["it is a draft"]


def test_pinned_articles_come_first_in_their_order_where_an_issue_has_several() -> None:
    assert picked(pin("snow"), pin("grief"), count=3).slugs == ("snow", "grief", "walks")


def test_declined_article_is_left_out_of_that_occurrence_alone_with_the_reason() -> None:
    no = choice(ChoiceKind.DECLINE, "walks", reason="we had rain enough")
    pick = picked(no)
    assert pick.slugs == ("sleep",)
    assert refusals(pick, "walks") == ["declined for this date: we had rain enough"]
    assert picked(no, week=1).slugs == ("walks",)


def test_forecast_knows_every_choice_at_once() -> None:
    chosen = Choices((pin("grief", week=1), choice(ChoiceKind.DECLINE, "walks", reason="no")))
    occurrences = [Occurrence(FIRST + week * WEEK, (FIRST + week * WEEK).astimezone(BERLIN)) for week in range(4)]
    foreseen = forecast(occurrences, LIBRARY, History(), (*rules_for(Options()), *chosen.rules()))
    assert [each.articles for each in foreseen] == [("sleep",), ("grief",), ("walks",), ("snow",)]
    assert "not pinned" not in "".join(each.words for each in foreseen)


def test_choices_come_back_from_json_as_they_were() -> None:
    chosen = Choices((pin("grief", week=1), pin("sleep", schedule="monthly"), choice(ChoiceKind.DECLINE, "walks")))
    assert Choices.from_json(chosen.to_json()) == chosen


def test_nobody_who_chose_nothing_is_told_of_choices() -> None:
    assert Choices().rules() == ()
