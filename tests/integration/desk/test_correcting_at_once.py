"""Several people at one article at the same time: nobody's correction is lost, and no version."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import house as builders
from desk_house import DeskHouse
from newsletter.desk import library
from newsletter.store import articles as store

PEOPLE = 6
TURNS = 5
SLUG = "quiet-mornings"


def at_once(work: Callable[[int], None]) -> None:
    """Each of them in a thread, let go together."""
    gate = threading.Barrier(PEOPLE)

    def one(number: int) -> None:
        gate.wait()
        work(number)

    with ThreadPoolExecutor(PEOPLE) as threads:
        list(threads.map(one, range(PEOPLE)))


def test_what_each_of_them_wrote_is_a_version(either_house: DeskHouse) -> None:
    house = either_house
    written = [f"{number} {turn}" for number in range(PEOPLE) for turn in range(TURNS)]

    def write(number: int) -> None:
        for turn in range(TURNS):
            library.edit_article(house.app, SLUG, {"summary": f"{number} {turn}"})

    at_once(write)
    told = [each.version.fields["summary"] for each in library.history(house.app, SLUG)]
    assert told[0] == ""
    assert sorted(told[1:]) == sorted(written)


def test_each_field_a_person_set_is_known_as_corrected(either_house: DeskHouse) -> None:
    house = either_house
    names = ("title", "subtitle", "summary", "hero.alt", "hero.credit", "priority")

    def write(number: int) -> None:
        library.edit_article(house.app, SLUG, {names[number]: "7"})

    at_once(write)
    article = library.find(house.app, SLUG)
    assert article.corrected == set(names)
    assert (article.title, article.subtitle, article.summary, article.priority) == ("7", "7", "7", 7)
    assert article.hero is not None and (article.hero.alt, article.hero.credit) == ("7", "7")


def test_who_corrects_what_they_read_before_undoes_nothing_that_came_since(either_house: DeskHouse) -> None:
    house = either_house
    with house.write() as connection:
        builders.make_unread(connection, [library.find(house.app, SLUG).id])
    before = library.find(house.app, SLUG)
    library.edit_article(house.app, SLUG, {"title": "In a person's words", "status": "ready"})
    after = library.correct(house.app, before, {"summary": "x"}, ["summary"], "handed over", is_read=False)
    assert after.corrected == {"title", "status", "summary"}
    assert (after.title, after.read_at) == ("In a person's words", house.clock.now)


def test_articles_are_locked_in_one_order_whoever_asks(either_house: DeskHouse) -> None:
    """In two orders they would wait for each other: on PostgreSQL one of them would fail."""
    house = either_house
    with house.read() as connection:
        ids = list(store.all_slugs(connection))

    def lock(number: int) -> None:
        for _ in range(TURNS):
            with house.write() as connection:
                store.lock(connection, ids[::-1] if number % 2 else ids)

    at_once(lock)
