from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model import Article, Author, Occurrence
from newsletter.options import Options
from newsletter.picking.forecast import forecast
from newsletter.picking.orders import rules_for
from newsletter.picking.rules import History, Moment, Score
from newsletter.picking.turns import Standing, author_turns, category_turns, equal_shares, standings
from newsletter.states import ArticleStatus

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 3, 8, tzinfo=UTC)
AT = Moment.of(START, BERLIN)
ISSUES = 1_000
NAMES = [f"Author {letter}" for letter in "abcdefghij"]


def article(slug: str, author: str, *categories: str, **fields: object) -> Article:
    written = Article(slug, slug.title(), "<p>…</p>", published=date(2020, 1, 1), categories=categories)
    return replace(written, authors=(Author(author, bio="Writes."),), **fields)  # type: ignore[arg-type]


def weekly(count: int) -> list[Occurrence]:
    instants = [START + timedelta(weeks=number) for number in range(count)]
    return [Occurrence(instant, instant.astimezone(BERLIN)) for instant in instants]


def next_in_turn(shares: dict[str, float], turns: list[str]) -> str:
    now = standings(shares, turns)
    return min(now, key=lambda name: now[name].place)


targets = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([1.0, 2.0, 3.0, 19.0, 40.0]), min_size=1, max_size=10)


@settings(max_examples=40)
@given(targets)
def test_nobody_is_ever_a_whole_issue_off_their_target(targets: dict[str, float]) -> None:
    shares = equal_shares(targets, targets)
    had: Counter[str] = Counter()
    turns: list[str] = []
    for count in range(1, 201):
        turns.append(next_in_turn(shares, turns))
        had[turns[-1]] += 1
        assert all(abs(shares[name] * count - had[name]) < 1 for name in shares)


@pytest.mark.parametrize(
    "targets",
    [
        {},
        {"Author a": 5.0},
        {"Author a": 7.0, "Author b": 3.0, "Author c": 2.0, "Author d": 1.0},
        # Furthest behind first breaks the bound for shares like these.
        {name: float(share) for name, share in zip(NAMES, (1, 1, 1, 1, 1, 1, 1, 1, 1, 40), strict=True)},
        {"Author a": 1.0, "Author b": 19.0, "Author c": 1.0},
    ],
    ids=["equal", "one asks for more", "all different", "one great and nine small", "one great and two small"],
)
def test_over_a_thousand_issues_each_authors_share_is_within_one_of_its_target(targets: dict[str, float]) -> None:
    names = sorted(targets) if len(targets) > 1 else NAMES[:4]
    library = [article(f"{name[-1]}-{number}", name) for name in names for number in range(ISSUES)]
    rules = rules_for(Options(order="score", author_turns=tuple(targets.items()), variety=0))
    had: Counter[str] = Counter()
    shares = equal_shares(names, targets)
    for count, one in enumerate(forecast(weekly(ISSUES), library, History(), rules), start=1):
        had.update(one.authors)
        assert all(abs(shares[name] * count - had[name]) < 1 for name in names), f"after {count}: {had}"


def test_author_who_joins_late_is_not_owed_the_years_before() -> None:
    shares = equal_shares(NAMES[:5], {})
    turns = [NAMES[number % 4] for number in range(400)]
    for _ in range(50):
        turns.append(next_in_turn(shares, turns))
    newcomer = Counter(turns[400:])[NAMES[4]]
    assert 9 <= newcomer <= 12
    assert turns[400:403].count(NAMES[4]) <= 2


def test_author_with_nothing_left_to_send_keeps_no_other_from_going() -> None:
    library = [article("a-1", "Author a"), *(article(f"b-{number}", "Author b") for number in range(9))]
    coming = forecast(weekly(6), library, History(), rules_for(Options(order="score", variety=0)))
    assert all(one.articles for one in coming)
    assert Counter(author for one in coming for author in one.authors) == {"Author a": 1, "Author b": 5}


@pytest.mark.parametrize("dry", [{"Author a"}, {"Author a", "Author b"}])
def test_what_falls_to_authors_who_have_nothing_left_the_others_share_by_their_targets(dry: set[str]) -> None:
    shares = equal_shares(NAMES[:5], dict(zip(NAMES, (5.0, 3.0, 2.0, 1.0, 3.0), strict=False)))
    rest = {name: share for name, share in shares.items() if name not in dry}
    turns: list[str] = []
    for count in range(1, 201):
        now = standings(shares, turns)
        turns.append(min(rest, key=lambda name: now[name].place))
        had = Counter(turns)
        assert all(abs(rest[name] / sum(rest.values()) * count - had[name]) < 2 for name in rest)
    # Once they have something again each of them is owed one, and no more.
    for _ in dry:
        turns.append(next_in_turn(shares, turns))
    assert set(turns[-len(dry) :]) == dry
    assert all(standings(shares, turns)[name].behind < 0.5 for name in dry)


def test_who_is_to_have_no_share_comes_after_everybody_however_far_ahead_the_others_are() -> None:
    now = standings({"ann": 0.5, "ben": 0.5, "abe": 0.0}, ["ben"] * 5)
    assert [now[name].place for name in ("ann", "ben", "abe")] == [0, 1, 2]


def test_standings_go_on_from_those_before_and_begin_anew_for_another_past() -> None:
    library = [article("one", "Jane Doe"), article("two", "John Roe"), article("three", "Ann Poe")]
    rule = author_turns({"Jane Doe": 3.0}).among(library)
    long = History().after(library[0], START).after(library[1], START).after(library[0], START)
    for history in (History(), long, long.after(library[2], START), History().after(library[1], START), long):
        fresh = author_turns({"Jane Doe": 3.0}).among(library)
        assert [rule.judge(each, history, AT) for each in library] == [
            fresh.judge(each, history, AT) for each in library
        ]


def test_targets_are_equal_unless_given_and_others_have_the_average() -> None:
    assert equal_shares(["a", "b"], {}) == {"a": 0.5, "b": 0.5}
    assert equal_shares(["a", "b", "c"], {"a": 3.0, "b": 1.0}) == {"a": 0.5, "b": 1 / 6, "c": 1 / 3}
    assert equal_shares(["a", "b"], {"a": 0.0}) == {"a": 0.0, "b": 1.0}
    assert equal_shares(["a", "b"], {"gone": 2.0}) == {"a": 0.5, "b": 0.5}
    assert equal_shares(["a"], {"a": 0.0}) == {}
    assert equal_shares([], {}) == {}


def test_standing_says_how_far_behind_and_who_comes_first() -> None:
    now = standings({"a": 0.5, "b": 0.5}, ["a"])
    assert now == {"a": Standing(-0.5, 1, False), "b": Standing(0.5, 0, True)}
    # A turn of somebody who has none here changes nothing.
    assert standings({"a": 0.5, "b": 0.5}, ["x", "a", "x"]) == now


def test_deficit_is_told_in_words() -> None:
    library = [article("one", "Jane Doe"), article("two", "John Roe"), article("three", "")]
    rule = author_turns({}).among(library)
    history = History().after(library[0], START)
    told = {each.slug: rule.judge(each, history, AT) for each in library}
    assert told["one"] == Score("Jane Doe is 0.50 ahead, 2nd of 2 to go", told["one"].points)
    assert told["two"].words == "John Roe is 0.50 behind, 1st of 2 to go"
    assert told["three"].words == "of no author with a turn"
    assert author_turns({}).among([]).judge(library[0], history, AT) == Score("of no author with a turn", 0)


def test_drafts_alone_give_nobody_a_turn() -> None:
    library = [article("one", "Jane Doe"), article("two", "John Roe", status=ArticleStatus.DRAFT)]
    rule = author_turns({}).among(library)
    assert rule.judge(library[0], History(), AT).words == "Jane Doe is on target, 1st of 1 to go"
    assert rule.judge(library[1], History(), AT).words == "of no author with a turn"


def test_categories_take_turns_by_the_first_one() -> None:
    library = [article("one", "Jane Doe", "Grief", "Sleep"), article("two", "Jane Doe", "Sleep"), article("bare", "J")]
    rule = category_turns({}).among(library)
    words = [rule.judge(each, History(), AT).words for each in library]
    assert words == [
        "Grief is on target, 1st of 2 to go",
        "Sleep is on target, 2nd of 2 to go",
        "of no category with a turn",
    ]
