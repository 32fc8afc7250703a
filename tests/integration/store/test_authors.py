"""Authors and calls to action: what an import knows, and what a person said instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, select

import house
from newsletter.model import DEFAULT_CALL_TO_ACTION, Author, CallToAction
from newsletter.store import authors as store
from newsletter.tables import authors

MARIA = Author(
    name="Maria Lindqvist",
    credentials="LCSW",
    role="therapist",
    practice="Lakeside",
    bio="She listens.",
    photo="media/maria.jpg",
    url="https://example.org/maria",
    email="maria@example.org",
    active_from=date(2020, 1, 1),
    active_until=date(2030, 12, 31),
)


def corrected(connection: Connection, name: str) -> list[str]:
    found = connection.scalar(select(authors.c.corrected).where(authors.c.name == name))
    return list(found or [])


# What an import knows


def test_new_author_is_kept_with_all_an_import_knows(connection: Connection) -> None:
    author_id = store.keep_author(connection, MARIA)
    assert store.find_author(connection, "Maria Lindqvist") == replace(MARIA, id=author_id)
    assert store.find_author(connection, "Maria") is None
    assert store.authors_by_id(connection) == {author_id: replace(MARIA, id=author_id)}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Maria Lindqvist", "  MARIA lindqvist "),
        ("Élodie Åström", "élodie åström"),
        ("Élodie Åström", "Élodie Åström"),
        ("Ελένη Παππάς", "ΕΛΈΝΗ ΠΑΠΠΆΣ"),
    ],
)
def test_author_is_one_person_whatever_the_case_of_the_letters(connection: Connection, name: str, written: str) -> None:
    first = store.keep_author(connection, Author(name, bio="First."))
    assert store.keep_author(connection, Author(written, role="therapist")) == first
    store.set_author(connection, written, {"url": "https://example.org"})
    ((found, _),) = store.list_authors(connection)
    assert found == Author(name, bio="First.", role="therapist", url="https://example.org", id=first)
    assert store.find_author(connection, written) == found


def test_import_betters_what_it_knows_and_leaves_what_it_does_not(connection: Connection) -> None:
    author_id = store.keep_author(connection, MARIA)
    assert store.keep_author(connection, Author("Maria Lindqvist", bio="She still listens.")) == author_id
    assert store.find_author(connection, MARIA.name) == replace(MARIA, id=author_id, bio="She still listens.")
    store.keep_author(connection, Author("Maria Lindqvist"))
    assert store.find_author(connection, MARIA.name) == replace(MARIA, id=author_id, bio="She still listens.")


# What a person said


def test_correction_outlives_every_import(connection: Connection) -> None:
    store.keep_author(connection, MARIA)
    said = store.set_author(connection, "Maria Lindqvist", {"bio": "Her own words.", "role": ""})
    assert (said.bio, said.role, said.credentials) == ("Her own words.", "", "LCSW")
    store.keep_author(connection, replace(MARIA, credentials="PhD"))
    found = store.find_author(connection, "Maria Lindqvist")
    assert found is not None
    assert (found.bio, found.role, found.credentials) == ("Her own words.", "", "PhD")
    assert corrected(connection, "Maria Lindqvist") == ["bio", "role"]


def test_corrections_add_up(connection: Connection) -> None:
    store.set_author(connection, "Tomás", {"bio": "He swims."})
    store.set_author(connection, "Tomás", {"active_from": date(2026, 1, 1), "bio": "He walks."})
    store.set_author(connection, "Tomás", {"role": "therapist"})
    assert corrected(connection, "Tomás") == ["active_from", "bio", "role"]
    found = store.set_author(connection, "Tomás", {"active_from": None})
    assert found == Author("Tomás", bio="He walks.", role="therapist", id=found.id)


def test_person_may_add_an_author_nobody_imported(connection: Connection) -> None:
    said = store.set_author(connection, " Tomás ", {"bio": "He swims."})
    store.keep_author(connection, Author("tomás", bio="From a page.", url="https://example.org"))
    assert store.find_author(connection, "Tomás") == replace(said, url="https://example.org")


def test_authors_are_listed_by_name_with_how_much_they_wrote(connection: Connection) -> None:
    maria = house.add_author(connection)
    ben = house.add_author(connection, "Ben Okafor")
    house.add_author(connection, "Zoe Idle")
    house.add_article(connection, "calm", [maria, ben])
    house.add_article(connection, "spring", [maria])
    listed = [(author.name, count) for author, count in store.list_authors(connection)]
    assert listed == [("Ben Okafor", 1), ("Maria Lindqvist", 2), ("Zoe Idle", 0)]


# Calls to action


def test_call_to_action_is_set_field_by_field(connection: Connection) -> None:
    assert store.list_calls_to_action(connection) == {}
    said = store.set_call_to_action(connection, DEFAULT_CALL_TO_ACTION, {"label": "Write to us"})
    assert said == CallToAction(label="Write to us")
    said = store.set_call_to_action(connection, DEFAULT_CALL_TO_ACTION, {"url": "https://example.org", "text": "Talk?"})
    assert said == CallToAction("Talk?", "Write to us", "https://example.org")
    store.set_call_to_action(connection, "another", {"text": "Or?"})
    assert store.set_call_to_action(connection, "another", {}) == CallToAction("Or?")
    assert store.list_calls_to_action(connection) == {"another": CallToAction("Or?"), DEFAULT_CALL_TO_ACTION: said}
