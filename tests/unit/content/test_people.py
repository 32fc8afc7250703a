from __future__ import annotations

import pytest

from newsletter.content.people import is_credential, is_same_person, read_people
from newsletter.model import Author


@pytest.mark.parametrize(
    "word", ["LSW", "LCSW", "LMFT", "PhD", "Ph.D.", "Psy.D.", "M.A.", "RN", "LCSW-C", "MEd", "EdD", "NCC", "BSc"]
)
def test_credentials_are_told_by_shape(word: str) -> None:
    assert is_credential(word)


@pytest.mark.parametrize("word", ["Jane", "Jr.", "III", "LLC", "Inc.", "the", "Director", "A", "Calm"])
def test_other_words_are_no_credentials(word: str) -> None:
    assert not is_credential(word)


@pytest.mark.parametrize(
    ("words", "authors"),
    [
        ("Jane Doe", [Author("Jane Doe")]),
        ("Jane Doe LCSW", [Author("Jane Doe", "LCSW")]),
        ("JANE DOE", [Author("JANE DOE")]),
        ("Dr. Jane O'Neil-Smith, Psy.D., RN", [Author("Dr. Jane O'Neil-Smith", "Psy.D., RN")]),
        ("Martin King, Jr., PhD", [Author("Martin King Jr.", "PhD")]),
        ("Jane Doe, LPC (she/her)", [Author("Jane Doe", "LPC")]),
        ("Jane Doe (LPC)", [Author("Jane Doe", "LPC")]),
        ("Jane Doe, CADC II", [Author("Jane Doe", "CADC II")]),
        (
            "Jane Doe, M.A., LMFT, Clinical Director at Calm Waters",
            [Author("Jane Doe", "M.A., LMFT", "Clinical Director", "Calm Waters")],
        ),
        ("Jane Doe, John Roe & Ann Poe", [Author("Jane Doe"), Author("John Roe"), Author("Ann Poe")]),
        ("Jane Doe, John Roe", [Author("Jane Doe"), Author("John Roe")]),
        ("Ludwig van Beethoven", [Author("Ludwig van Beethoven")]),
        ("王小明", [Author("王小明")]),
        ("the team", []),
        ("someone who writes", []),
        ("", []),
    ],
)
def test_people_of_a_byline(words: str, authors: list[Author]) -> None:
    assert list(read_people(words)) == authors


def test_same_person_by_a_part_of_the_name() -> None:
    assert is_same_person("Dr. Jane Doe", "Jane Doe")
    assert is_same_person("Jane", "Jane Doe")
    assert not is_same_person("Jane Roe", "Jane Doe")
