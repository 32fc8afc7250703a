"""What readers get of the issues to come, occurrence by occurrence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.errors import Refused
from newsletter.model import Article, Occurrence
from newsletter.options import Options
from newsletter.picking.readers import (
    Cap,
    Own,
    Past,
    Planned,
    is_per_reader,
    reach,
    require_possible,
    run_forward,
    shared,
)

FIRST, SECOND, THIRD = (Article(slug, slug.title(), "<p>Words.</p>") for slug in ("a-walk", "b-note", "c-song"))
EVERGREEN = Article("d-tree", "Tree", "<p>Words.</p>", evergreen=True)
START = datetime(2026, 6, 2, 7, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NO_CAP = Cap(0, UTC)


def days(count: int, step: int = 1) -> list[Occurrence]:
    instants = [START + timedelta(days=number * step) for number in range(count)]
    return [Occurrence(instant, instant) for instant in instants]


def own(coming: Sequence[Occurrence], ranked: Sequence[Article], audience: int = 0, **options: int) -> list[Planned]:
    given = Own(1, lambda _: ranked, Options(**options))  # type: ignore[arg-type]
    return [Planned(each, audience, own=given) for each in coming]


def for_all(coming: Iterable[Occurrence], *slugs: str, audience: int = 0) -> list[Planned]:
    return [Planned(each, audience, (slug,) if slug else ()) for each, slug in zip(coming, slugs, strict=True)]


def slugs(past: Past, planned: Sequence[Planned], cap: Cap = NO_CAP) -> list[str]:
    return ["left out" if due.is_left_out else due.slug for due in run_forward(past, planned, cap)]


def test_each_occurrence_brings_the_next_one_they_have_not_had() -> None:
    past = Past(had={"b-note": LONG_AGO})
    assert slugs(past, own(days(3), [FIRST, SECOND, THIRD])) == ["a-walk", "c-song", ""]


def test_an_evergreen_one_comes_again_after_its_cool_down() -> None:
    past = Past(had={"a-walk": LONG_AGO, "d-tree": START - timedelta(days=1)})
    assert slugs(past, own(days(4), [FIRST, EVERGREEN], cool_down=3)) == ["", "", "d-tree", ""]


def test_a_course_pauses_between_two_articles() -> None:
    found = [*run_forward(Past(), own(days(5), [FIRST, SECOND], sequence=3), NO_CAP)]
    assert [due.slug for due in found] == ["a-walk", "", "", "b-note", ""]
    assert [due.waits for due in found] == [False, True, True, False, True]


def test_a_course_knows_when_it_last_wrote() -> None:
    past = Past(last={1: START - timedelta(days=1), 2: START})
    assert slugs(past, own(days(3), [FIRST], sequence=3)) == ["", "", "a-walk"]


def test_groups_are_counted_by_article_in_the_order_of_the_ranks() -> None:
    pasts = [Past(readers=5), Past(had={"a-walk": LONG_AGO}, readers=3)]
    found = reach(pasts, own(days(3), [FIRST, SECOND]), NO_CAP)
    assert [each.groups for each in found] == [{"a-walk": 5, "b-note": 3}, {"b-note": 5}, {}]
    assert list(found[0].groups) == ["a-walk", "b-note"]
    assert [each.readers for each in found] == [8, 5, 0]


def test_what_may_go_is_asked_at_each_occurrence() -> None:
    coming = days(2)
    by_day = {coming[0]: [SECOND], coming[1]: [FIRST, SECOND]}
    planned = [Planned(each, own=Own(1, by_day.__getitem__, Options())) for each in coming]
    assert slugs(Past(), planned) == ["b-note", "a-walk"]


def test_what_goes_to_all_of_a_list_is_had_by_those_on_it_alone() -> None:
    first, second = days(2)
    planned = [*for_all([first], "a-walk", audience=1), *own([second], [FIRST, SECOND])]
    found = reach([Past(frozenset({0}), readers=4), Past(frozenset({0, 1}), readers=3)], planned, NO_CAP)
    assert [each.groups for each in found] == [{"a-walk": 3}, {"a-walk": 4, "b-note": 3}]
    assert (shared(found[0], found[1]), shared(found[1], found[0])) == (3, 3)


def test_who_has_had_enough_within_seven_days_is_left_out() -> None:
    cap = Cap(2, UTC)
    assert slugs(Past(), for_all(days(9), *"abcdefghi"), cap) == ["a", "b", *["left out"] * 5, "h", "i"]
    had_two = Past(days=(date(2026, 5, 27), date(2026, 5, 28)))
    assert slugs(had_two, for_all(days(3), "a", "b", "c"), cap) == ["left out", "b", "c"]


def test_what_nobody_gets_counts_for_nobody() -> None:
    planned = for_all(days(3), "", "a", "b")
    assert slugs(Past(), planned, Cap(1, UTC)) == ["", "a", "left out"]


def test_who_is_left_out_is_due_the_same_article_the_next_time() -> None:
    first, second, third = days(3, 4)
    planned = [*for_all([first], "z"), *own([second, third], [FIRST, SECOND])]
    assert slugs(Past(), planned, Cap(1, UTC)) == ["z", "left out", "a-walk"]


def test_the_days_of_the_cap_are_those_of_its_zone() -> None:
    late = datetime(2026, 6, 1, 23, tzinfo=UTC)  # in Berlin that is the 2nd, at one in the morning
    coming = [Occurrence(at, at) for at in (late, late + timedelta(days=6, hours=20))]
    planned = for_all(coming, "a", "b")
    assert slugs(Past(), planned, Cap(1, UTC)) == ["a", "b"]
    assert slugs(Past(), planned, Cap(1, ZoneInfo("Europe/Berlin"))) == ["a", "left out"]


def test_what_goes_with_one_issue_for_all_alone_is_refused_by_its_name() -> None:
    require_possible(Options(articles=3, times=2, when_empty="repeat", missed="ask"))
    assert not is_per_reader(Options())
    for options in (Options(repeat="per-reader", articles=2), Options(sequence=7, articles=2)):
        assert is_per_reader(options)
        with pytest.raises(Refused, match=r"^--articles: with --"):
            require_possible(options)
    with pytest.raises(Refused, match=r"^--times: with --sequence "):
        require_possible(Options(sequence=7, times=2))
    with pytest.raises(Refused, match=r"^--when-empty: with --repeat per-reader "):
        require_possible(Options(repeat="per-reader", when_empty="repeat"))
    with pytest.raises(Refused, match=r"^--missed: with --repeat per-reader "):
        require_possible(Options(repeat="per-reader", missed="ask"))
