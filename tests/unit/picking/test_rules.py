from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import Article, Author, Season
from newsletter.options import Options
from newsletter.picking.guards import (
    AuthorActive,
    Complete,
    InLanguage,
    InSeason,
    NotBefore,
    NotExpired,
    NotSentBefore,
    Read,
    Ready,
    Reviewed,
    SentSeldom,
    Wanted,
)
from newsletter.picking.orders import rules_for
from newsletter.picking.rankings import Queue
from newsletter.picking.rules import NEVER, POINT, History, Moment, Refusal, Rule, Score, Turn, Verdict
from newsletter.states import ArticleStatus

BERLIN = ZoneInfo("Europe/Berlin")
RULES = rules_for(Options())
ARTICLE = Article(slug="trust", title="Trust", body_html="<p>…</p>", published=date(2023, 6, 23))


def on(day: str) -> Moment:
    return Moment.of(datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=BERLIN), BERLIN)


TODAY = on("2026-03-03")


def judged(rule: Rule, article: Article, at: Moment = TODAY, history: History | None = None) -> Verdict:
    return rule.judge(article, history or History(), at)


def test_moment_knows_the_day_of_the_schedules_zone() -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    assert Moment.of(late, BERLIN).day == date(2026, 3, 4)
    assert Moment.of(late, ZoneInfo("America/New_York")).day == date(2026, 3, 3)
    with pytest.raises(ValueError, match="has no time zone"):
        Moment.of(late.replace(tzinfo=None), BERLIN)


def test_history_grows_without_touching_the_one_before() -> None:
    first, second = datetime(2025, 1, 7, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
    before = History({"trust": (first,)}, seed=7)
    new = replace(ARTICLE, slug="new", authors=(Author("Jane Doe"), Author("John Roe")), categories=("Grief",))
    grown = before.after(ARTICLE, second).after(new, second)
    assert (grown.sent_at("trust"), grown.sent_at("new"), grown.seed) == ((first, second), (second,), 7)
    assert (before.sent_at("trust"), before.sent_at("new")) == ((first,), ())
    assert (before.turns, grown.turns) == ((), (Turn("", (), second), Turn("Jane Doe", ("Grief",), second)))
    assert before.after(new, second, is_ours=False).turns == ()


def test_only_a_ready_article_goes() -> None:
    assert judged(Ready(), ARTICLE) == Score("it is ready")
    draft, retired = (replace(ARTICLE, status=ArticleStatus(status)) for status in ("draft", "retired"))
    assert judged(Ready(), draft) == Refusal("it is a draft", NEVER)
    assert judged(Ready(), retired) == Refusal("it is retired", NEVER)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("title",), "it has no title"),
        (("body",), "it has no body"),
        (("author",), "it has no author"),
        (("bio",), "its author Jane Doe has no bio"),
        (("call_to_action.url",), "its call to action has no URL"),
        (
            ("bio", "call_to_action.text", "call_to_action.label"),
            "its author Jane Doe has no bio; its call to action has no text; its call to action has no label",
        ),
    ],
)
def test_incomplete_article_is_refused_with_all_that_is_missing(missing: tuple[str, ...], words: str) -> None:
    authors = (Author("Ada Lovelace", bio="Counts."), Author("Jane Doe"))
    assert judged(Complete(), replace(ARTICLE, authors=authors, missing=missing)) == Refusal(words, NEVER)
    assert judged(Complete(), ARTICLE) == Score("nothing is missing")


def test_what_is_missing_from_a_day_on_is_refused_from_that_day_until_it_may_be_there_again() -> None:
    url, back = ("call_to_action.url",), date(2026, 3, 9)
    article = replace(ARTICLE, missing_from=((back, ()), (date(2026, 3, 4), url)))
    assert judged(Complete(), article, on("2026-03-03")) == Score("nothing is missing")
    refused = Refusal("its call to action has no URL", back)
    assert [judged(Complete(), article, on(day)) for day in ("2026-03-04", "2026-03-08")] == [refused, refused]
    assert judged(Complete(), article, on("2026-03-09")) == Score("nothing is missing")


def test_two_authors_without_a_bio_are_both_named() -> None:
    article = replace(ARTICLE, authors=(Author("Jane Doe"), Author("John Roe")), missing=("bio",))
    assert judged(Complete(), article).words == "its authors Jane Doe and John Roe have no bio"


def test_first_day_is_already_allowed() -> None:
    article = replace(ARTICLE, not_before=date(2026, 3, 3))
    assert judged(NotBefore(), article, on("2026-03-02")) == Refusal("not before 2026-03-03", date(2026, 3, 3))
    assert judged(NotBefore(), article, on("2026-03-03")) == Score("allowed since 2026-03-03")
    assert judged(NotBefore(), ARTICLE) == Score("no first day is set")


def test_last_day_is_still_allowed() -> None:
    article = replace(ARTICLE, expires=date(2026, 3, 3))
    assert judged(NotExpired(), article, on("2026-03-03")) == Score("expires after 2026-03-03")
    assert judged(NotExpired(), article, on("2026-03-04")) == Refusal("expired: its last day was 2026-03-03", NEVER)
    assert judged(NotExpired(), ARTICLE) == Score("it does not expire")


def test_days_of_rules_are_days_of_the_schedules_zone() -> None:
    at = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    article = replace(ARTICLE, not_before=date(2026, 3, 4))
    assert isinstance(judged(NotBefore(), article, Moment.of(at, BERLIN)), Score)
    assert isinstance(judged(NotBefore(), article, Moment.of(at, ZoneInfo("UTC"))), Refusal)


WINTER, SUMMER = "15 November to 6 January", "1 June to 31 August"


@pytest.mark.parametrize(
    ("season", "day", "words", "opens"),
    [
        ("11-15..01-06", "2026-11-14", f"out of season: only {WINTER}", "2026-11-15"),
        ("11-15..01-06", "2026-11-15", f"in season: {WINTER}", None),
        ("11-15..01-06", "2026-12-31", f"in season: {WINTER}", None),
        ("11-15..01-06", "2027-01-06", f"in season: {WINTER}", None),
        ("11-15..01-06", "2027-01-07", f"out of season: only {WINTER}", "2027-11-15"),
        ("06-01..08-31", "2026-09-01", f"out of season: only {SUMMER}", "2027-06-01"),
        # The leap day opens a season: in a common year that is 1 March.
        ("02-29..03-02", "2027-02-28", "out of season: only 29 February to 2 March", "2027-03-01"),
        ("02-29..03-02", "2027-03-01", "in season: 29 February to 2 March", None),
        ("02-29..03-02", "2028-02-28", "out of season: only 29 February to 2 March", "2028-02-29"),
        ("02-29..03-02", "2028-02-29", "in season: 29 February to 2 March", None),
        ("12-01..02-29", "2027-02-28", "in season: 1 December to 29 February", None),
        ("12-01..02-29", "2027-03-01", "out of season: only 1 December to 29 February", "2027-12-01"),
    ],
)
def test_season_is_a_window_of_days_also_over_new_year(season: str, day: str, words: str, opens: str | None) -> None:
    article = replace(ARTICLE, seasons=(Season.parse(season),))
    expected = Refusal(words, date.fromisoformat(opens)) if opens else Score(words)
    assert judged(InSeason(), article, on(day)) == expected


def test_one_of_several_seasons_is_enough_and_the_nearest_opens_next() -> None:
    article = replace(ARTICLE, seasons=(Season.parse("03-01..05-31"), Season.parse("09-01..11-30")))
    assert isinstance(judged(InSeason(), article, on("2026-10-01")), Score)
    assert judged(InSeason(), article, on("2026-07-01")) == Refusal(
        "out of season: only 1 March to 31 May and 1 September to 30 November", date(2026, 9, 1)
    )
    assert judged(InSeason(), ARTICLE) == Score("good all year round")


month_days = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))


@given(
    seasons=st.lists(st.builds(Season, month_days, month_days), min_size=1, max_size=3).map(tuple),
    day=st.dates(date(2023, 1, 1), date(2032, 12, 31)),
)
def test_no_season_opens_before_the_day_its_refusal_names(seasons: tuple[Season, ...], day: date) -> None:
    article = replace(ARTICLE, seasons=seasons)
    verdict = judged(InSeason(), article, on(day.isoformat()))
    if isinstance(verdict, Refusal):
        assert verdict.until is not None and verdict.until > day
        between = (day + timedelta(days=n) for n in range((verdict.until - day).days))
        assert not any(other in season for other in between for season in seasons)


SENT = (datetime(2025, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 2, 23, 30, tzinfo=UTC))


def test_sent_once_to_the_list_is_enough() -> None:
    # The day is that of the schedule's zone.
    refused = Refusal("already sent to this list on 2026-03-03", NEVER)
    assert judged(NotSentBefore(), ARTICLE, history=History({"trust": SENT})) == refused
    assert judged(NotSentBefore(), ARTICLE) == Score("not yet sent to this list")


def test_evergreen_article_goes_again_after_its_cool_down() -> None:
    evergreen, rule = replace(ARTICLE, evergreen=True), NotSentBefore(cool_down=30)
    history, again = History({"trust": SENT}), date(2026, 4, 2)
    refused = Refusal("sent to this list on 2026-03-03, not again before 2026-04-02", again)
    assert judged(rule, evergreen, on("2026-04-01"), history) == refused
    assert judged(rule, evergreen, on("2026-04-02"), history) == Score("evergreen, last sent on 2026-03-03")


def test_cool_down_holds_before_the_date_of_a_draft_as_well_as_after_it() -> None:
    evergreen, rule = replace(ARTICLE, evergreen=True), NotSentBefore(cool_down=5)
    drafted = History({"trust": (*SENT, datetime(2026, 4, 15, 9, tzinfo=UTC))})
    assert judged(rule, evergreen, on("2026-04-10"), drafted) == Score("evergreen, last sent on 2026-03-03")
    too_soon = Refusal("goes to this list on 2026-04-15, too soon after", date(2026, 4, 20))
    assert judged(rule, evergreen, on("2026-04-11"), drafted) == too_soon
    refused = Refusal("sent to this list on 2026-04-15, not again before 2026-04-20", date(2026, 4, 20))
    assert judged(rule, evergreen, on("2026-04-19"), drafted) == refused


def test_article_goes_no_more_often_than_allowed() -> None:
    history = History({"trust": SENT})
    assert judged(SentSeldom(2), ARTICLE, history=history) == Refusal("sent 2 times already, of 2 allowed", NEVER)
    assert judged(SentSeldom(3), ARTICLE, history=history) == Score("sent 2 times, of 3 allowed")
    once = History({"trust": SENT[:1]})
    assert judged(SentSeldom(1), ARTICLE, history=once) == Refusal("sent once already, of 1 allowed", NEVER)


def test_schedule_takes_what_it_wants_and_nothing_it_does_without() -> None:
    article = replace(ARTICLE, categories=("Couples",), tags=("Spring",))
    assert judged(Wanted(categories=("couples", "Grief"), tags=("spring",)), article) == Score("wanted here")
    assert judged(Wanted(categories=("Grief", "Sleep")), article) == Refusal(
        "has no category wanted here: Grief or Sleep", NEVER
    )
    assert judged(Wanted(tags=("winter",)), article) == Refusal("has no tag wanted here: winter", NEVER)
    for unwanted in ("COUPLES", "spring"):
        refused = Refusal(f"is about {unwanted}, which is not wanted here", NEVER)
        assert judged(Wanted(without=(unwanted,)), article) == refused


@pytest.mark.parametrize("language", ["", "pt", "pt-BR", "PT_pt"])
def test_article_in_the_newsletters_language_goes_whatever_its_region(language: str) -> None:
    assert isinstance(judged(InLanguage("pt-PT"), replace(ARTICLE, language=language)), Score)


def test_article_in_another_language_is_refused() -> None:
    refused = Refusal("is in de-AT, the newsletter in en", NEVER)
    assert judged(InLanguage("en"), replace(ARTICLE, language="de-AT")) == refused


def test_queue_puts_priority_before_age_and_undated_last() -> None:
    in_order = [
        replace(ARTICLE, priority=2, published=None),
        replace(ARTICLE, priority=1, published=date(2020, 1, 1)),
        replace(ARTICLE, priority=0, published=date(1, 1, 1)),
        replace(ARTICLE, priority=0, published=date(2023, 6, 23)),
        replace(ARTICLE, priority=0, published=date(2023, 6, 24)),
        replace(ARTICLE, priority=0, published=date.max),
        replace(ARTICLE, priority=0, published=None),
        replace(ARTICLE, priority=-1, published=date(2020, 1, 1)),
    ]
    shares = Queue().points_of(in_order)
    assert shares == sorted(set(shares), reverse=True)


@given(st.integers(-(10**9), 10**9), st.dates(max_value=date(9999, 12, 30)))
def test_queue_tells_days_apart_at_any_priority(priority: int, day: date) -> None:
    older, newer = (
        Queue().points_of([replace(ARTICLE, priority=priority, published=published)])[0]
        for published in (day, day + timedelta(days=1))
    )
    assert older > newer > Queue().points_of([replace(ARTICLE, priority=priority, published=None)])[0]


def test_queue_says_date_and_priority() -> None:
    score = judged(Queue(), ARTICLE)
    assert score.words == "published 2023-06-23, priority 0"
    assert score == Score(score.words, Queue().points_of([ARTICLE])[0])
    assert judged(Queue(), replace(ARTICLE, published=None, priority=3)) == Score(
        "without a date, priority 3", 3 * POINT
    )


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("review_by", "verdict"),
    [
        (None, Score("no review is due")),
        (date(2026, 3, 3), Score("to be reviewed by 2026-03-03")),
        (date(2026, 3, 2), Refusal("its review was due by 2026-03-02", NEVER)),
    ],
)
def test_article_whose_review_is_overdue_does_not_go(review_by: date | None, verdict: Verdict) -> None:
    assert judged(Reviewed(), replace(ARTICLE, review_by=review_by)) == verdict


HERE = Author("Ada Byron")
GONE = Author("Ben Frei", active_until=date(2026, 3, 2))
LAST_DAY = Author("Cleo Klein", active_until=date(2026, 3, 3))
NEW = Author("Dan Ito", active_from=date(2026, 4, 1))


@pytest.mark.parametrize(
    ("authors", "verdict"),
    [
        ((), Score("its author is there")),
        ((HERE,), Score("its author is there")),
        ((LAST_DAY,), Score("its author is there")),
        ((GONE, HERE), Score("its author is there")),
        ((GONE,), Refusal("its author Ben Frei left after 2026-03-02", NEVER)),
        ((NEW,), Refusal("its author Dan Ito is there from 2026-04-01 on", date(2026, 4, 1))),
        (
            (GONE, NEW),
            Refusal(
                "its author Ben Frei left after 2026-03-02; its author Dan Ito is there from 2026-04-01 on",
                date(2026, 4, 1),
            ),
        ),
    ],
)
def test_article_goes_while_one_of_its_authors_is_there(authors: tuple[Author, ...], verdict: Verdict) -> None:
    assert judged(AuthorActive(), replace(ARTICLE, authors=authors)) == verdict


def test_what_nobody_has_read_goes_with_a_yes_alone() -> None:
    read = replace(ARTICLE, read_at=datetime(2026, 3, 1, tzinfo=UTC))
    for rule in (Read(is_required=True), Read(is_required=False)):
        assert judged(rule, read) == Score("a person has read it")
    assert isinstance(judged(Read(is_required=False), ARTICLE), Score)
    assert judged(Read(is_required=True), ARTICLE) == Refusal("unread since import", NEVER)


def test_without_a_yes_every_other_rule_is_the_same() -> None:
    strict = rules_for(Options(), is_alone=True)
    assert [rule.name for rule in strict] == [rule.name for rule in RULES]
    assert [rule for rule in strict if isinstance(rule, Read)] == [Read(is_required=True)]
    assert [rule for rule in RULES if isinstance(rule, Read)] == [Read(is_required=False)]
