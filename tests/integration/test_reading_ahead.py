"""Items read by a child process: it gives the drafts that are read here, and whatever ends it, none is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

import portable_drafts
import wordpress_export as wordpress
from newsletter.content import reading_ahead
from newsletter.content.draft import Draft
from newsletter.content.reading_ahead import LEAST, PART, ReadingAhead
from newsletter.content.source import Item


def items_of(draft: Callable[[str, int], Draft], number: int = LEAST) -> list[Item]:
    names = (f"post {each}" for each in range(number))
    return [Item(name, name, partial(draft, name, os.getpid()), is_portable=True) for name in names]


def wait_for_all(ahead: ReadingAhead) -> None:
    for answer, _ in ahead._parts.values():
        answer.exception()


def test_child_reads_what_this_process_would() -> None:
    posts = [
        wordpress.post(f"<p>Words of post {number} – ä 字 😀.</p>[gallery ids='9']", f"Post {number}", number=number)
        for number in range(LEAST)
    ]
    items = wordpress.articles(wordpress.export(*posts))
    with ReadingAhead() as ahead:
        ahead.begin(items)
        wait_for_all(ahead)
        assert [ahead.read(each).draft for each in items] == [each.draft() for each in items]


def test_items_are_read_by_the_child() -> None:
    items = items_of(portable_drafts.draft)
    with ReadingAhead() as ahead:
        ahead.begin(items)
        wait_for_all(ahead)
        assert {ahead.read(each).draft.body_html for each in items} == {"<p>elsewhere</p>"}


def test_whoever_comes_first_reads_an_item() -> None:
    items = items_of(portable_drafts.draft, 40 * LEAST)
    with ReadingAhead() as ahead:
        ahead.begin(items)
        # The child begins at the end.
        bodies = [ahead.read(each).draft.body_html for each in items]
    assert bodies[0] == "<p>here</p>"
    assert len(bodies) == len(items)


def test_few_items_are_read_here() -> None:
    items = items_of(portable_drafts.draft, LEAST - 1)
    with ReadingAhead() as ahead:
        ahead.begin(items)
        assert {ahead.read(each).draft.body_html for each in items} == {"<p>here</p>"}


def test_child_that_ends_costs_no_item() -> None:
    items = items_of(portable_drafts.ends_any_other)
    with ReadingAhead() as ahead:
        ahead.begin(items)
        wait_for_all(ahead)
        assert [ahead.read(each).draft.title for each in items] == [each.name for each in items]


def test_child_that_takes_too_long_costs_no_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_ahead, "SECONDS", 0.0)
    items = items_of(portable_drafts.draft)
    with ReadingAhead() as ahead:
        ahead.begin(items)
        wait_for_all(ahead)
        assert [ahead.read(each).draft.title for each in items] == [each.name for each in items]


def test_item_that_cannot_be_read_says_why_here_and_the_others_of_its_part_are_read() -> None:
    items = [*items_of(portable_drafts.fails, 1), *items_of(portable_drafts.draft)]
    with ReadingAhead() as ahead:
        ahead.begin(items)
        wait_for_all(ahead)
        with pytest.raises(ValueError, match="post 0"):
            ahead.read(items[0])
        assert ahead.read(items[PART - 1]).draft.body_html == "<p>elsewhere</p>"


def test_nothing_is_left_behind() -> None:
    with ReadingAhead() as ahead:
        items = items_of(portable_drafts.draft)
        ahead.begin(items)
        wait_for_all(ahead)
        child = reading_ahead._child._process
        assert child is not None and child.poll() is None
    assert child.returncode is not None
