"""What one reader gets, occurrence by occurrence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.errors import Refused
from newsletter.model import Article, Occurrence
from newsletter.options import Options
from newsletter.picking.readers import Past, count_groups, is_per_reader, require_possible, run_forward

FIRST, SECOND, THIRD = (Article(slug, slug.title(), "<p>Words.</p>") for slug in ("a-walk", "b-note", "c-song"))
EVERGREEN = Article("d-tree", "Tree", "<p>Words.</p>", evergreen=True)
START = datetime(2026, 6, 2, 7, tzinfo=UTC)


def days(count: int, step: int = 1) -> list[Occurrence]:
    instants = [START + timedelta(days=number * step) for number in range(count)]
    return [Occurrence(instant, instant) for instant in instants]


def slugs(past: Past, coming: Sequence[Occurrence], ranked: Sequence[Article], **options: int) -> list[str]:
    return [due.slug for due in run_forward(past, coming, lambda _: ranked, Options(**options))]  # type: ignore[arg-type]


def test_each_occurrence_brings_the_next_one_they_have_not_had() -> None:
    past = Past({"b-note": date(2020, 1, 1)})
    assert slugs(past, days(3), [FIRST, SECOND, THIRD]) == ["a-walk", "c-song", ""]


def test_an_evergreen_one_comes_again_after_its_cool_down() -> None:
    past = Past({"a-walk": date(2020, 1, 1), "d-tree": date(2026, 6, 1)})
    assert slugs(past, days(4), [FIRST, EVERGREEN], cool_down=3) == ["", "", "d-tree", ""]


def test_a_course_pauses_between_two_articles() -> None:
    found = [*run_forward(Past(), days(5), lambda _: [FIRST, SECOND], Options(sequence=3))]
    assert [due.slug for due in found] == ["a-walk", "", "", "b-note", ""]
    assert [due.waits for due in found] == [False, True, True, False, True]


def test_a_course_knows_when_it_last_wrote() -> None:
    assert slugs(Past(last=date(2026, 6, 1)), days(3), [FIRST], sequence=3) == ["", "", "a-walk"]


def test_groups_are_counted_by_article_in_the_order_of_the_ranks() -> None:
    pasts = [Past(readers=5), Past({"a-walk": date(2020, 1, 1)}, readers=3)]
    found = count_groups(pasts, days(3), lambda _: [FIRST, SECOND], Options())
    assert found == [{"a-walk": 5, "b-note": 3}, {"b-note": 5}, {}]
    assert list(found[0]) == ["a-walk", "b-note"]


def test_what_may_go_is_asked_at_each_occurrence() -> None:
    coming = days(2)
    by_day = {coming[0]: [SECOND], coming[1]: [FIRST, SECOND]}
    assert [due.slug for due in run_forward(Past(), coming, by_day.__getitem__, Options())] == ["b-note", "a-walk"]


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
