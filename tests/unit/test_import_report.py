"""What a person reads at the end of a long import: what is alike once, and what was lost with its name."""

from __future__ import annotations

from newsletter.cli.import_report import KINDS, TOLD_ONE_BY_ONE, lines_of
from newsletter.desk.importing import Imported
from newsletter.desk.library import ImportReport

COUNT = TOLD_ONE_BY_ONE + 100
NO_AUTHOR = "it has no author (newsletter articles edit walk-{} --set authors=NAME)"


def report(*of_the_first: tuple[str, ...]) -> list[str]:
    """The lines on COUNT articles without an author; the first ones have these notes beside."""
    notes = [*of_the_first, *[()] * (COUNT - len(of_the_first))]
    items = [
        Imported(f"Walk {number}", "imported", f"walk-{number}", notes=(*beside, NO_AUTHOR.format(number)))
        for number, beside in enumerate(notes)
    ]
    return list(lines_of(ImportReport("site.xml", items)))


def test_what_many_lack_is_one_line_though_each_is_mended_by_its_own_command() -> None:
    lines = report()
    assert lines[0] == f"{COUNT} × it has no author (newsletter articles edit SLUG --set authors=NAME)"
    assert len(lines) == 3 and lines[-1].startswith(f"imported {COUNT}")


def test_picture_that_one_article_lost_is_named_with_it_before_what_was_guessed() -> None:
    lost = "the picture https://harbour.example.org/a.jpg cannot be had: it is larger than 10 MB"
    lines = report(("title: A Walk (line 1)",), (lost,))
    assert lines[1:3] == [f"Walk 1: {lost}", "Walk 0: title: A Walk (line 1)"]


def test_pictures_that_many_lost_are_counted_with_the_first_of_them() -> None:
    lost = "the picture https://harbour.example.org/{}.jpg cannot be had: there is nothing at this address (404)"
    lines = report(*((lost.format(number),) for number in range(4)))
    assert lines[1] == "4 × the picture … cannot be had: there is nothing at this address (404)  (the first: Walk 0)"


def test_notes_on_single_items_do_not_fill_the_terminal() -> None:
    lines = report(*((f"title: {number}",) for number in range(KINDS + 5)))
    assert lines[1 : KINDS + 2] == [f"Walk {number}: title: {number}" for number in range(KINDS)] + [
        "… and 5 more notes on single items"
    ]
