"""Every version of an article: what made it, what it changed, and in which issues it went out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import house as builders
from desk_house import DeskHouse
from house import NOON
from newsletter.content.changes import in_lines
from newsletter.desk import library, sending
from newsletter.desk.triage import Decision, decide
from newsletter.errors import NotFound

SLUG = "quiet-mornings"


def edit(house: DeskHouse, **settings: str) -> None:
    """An hour later."""
    house.clock.pass_by(hours=1)
    library.edit_article(house.app, SLUG, settings)


def send(house: DeskHouse, schedule: str = "weekly") -> int:
    house.clock.pass_by(hours=1)
    return sending.start(house.app, house.plan(schedule, SLUG)).id


def told(house: DeskHouse, slug: str = SLUG) -> list[tuple[int, str, list[str]]]:
    """(number, cause, changes in lines) of each version."""
    return [
        (each.version.number, each.version.cause, [line for change in each.changes for line in in_lines(change)])
        for each in library.history(house.app, slug)
    ]


def test_an_article_that_nobody_changed_has_one_version(house: DeskHouse) -> None:
    (only,) = library.history(house.app, SLUG)
    assert (only.version.number, only.version.since, only.version.until) == (1, NOON, None)
    assert (only.changes, only.issues) == ((), ())


def test_each_change_says_what_made_it_and_what_is_different(either_house: DeskHouse) -> None:
    house = either_house
    edit(house, title="Calm mornings", tags="tea, sleep")
    edit(house, body_html="<p>All about calm mornings.</p><p>With tea.</p>")
    assert told(house)[1:] == [
        (2, "edit", ["title: Quiet mornings → Calm mornings", "tags: nothing → tea, sleep"]),
        (3, "edit", ["body:", "  -All about quiet mornings.", "  +All about calm mornings.", "  +With tea."]),
    ]


def test_versions_follow_each_other_without_a_gap(house: DeskHouse) -> None:
    edit(house, title="Calm mornings")
    edit(house, summary="About tea.")
    versions = [each.version for each in library.history(house.app, SLUG)]
    hours = [NOON + timedelta(hours=count) for count in range(3)]
    assert [each.since for each in versions] == hours
    assert [each.until for each in versions] == [*hours[1:], None]


def test_an_edit_that_changes_nothing_is_no_version(house: DeskHouse) -> None:
    edit(house, title="Quiet mornings")
    assert len(told(house)) == 1


def test_the_names_of_authors_are_part_of_it(house: DeskHouse) -> None:
    edit(house, authors="Maria Lindqvist, Tom Okafor")
    assert told(house)[-1][2] == ["authors: Maria Lindqvist → Maria Lindqvist, Tom Okafor"]


def test_an_import_and_a_triage_say_that_it_was_them(house: DeskHouse, tmp_path: Path) -> None:
    file = tmp_path / "tea.md"
    for text in ("Some tea.", "More tea."):
        file.write_text(f"---\ntitle: Tea\n---\n{text}\n", "utf-8")
        library.import_articles(house.app, [str(file)])
        house.clock.pass_by(hours=1)
    decide(house.app, ["tea"], Decision.NOT_NOW)
    assert told(house, "tea") == [
        (1, "first import", []),
        (2, f"import of {file}", ["body:", "  -Some tea.", "  +More tea."]),
        (3, "triage: not-now", ["status: ready → draft"]),
    ]


def test_each_version_names_the_issues_it_went_out_in(house: DeskHouse) -> None:
    with house.write() as connection:
        for name in ("monthly", "yearly"):
            to = builders.add_list(connection, f"Those of the {name} one")
            builders.add_reader(connection, to, f"Eve-{name}")
            builders.add_schedule(connection, to, name, recurrence="0 9 1 5 *")
    first = send(house)
    edit(house, title="Calm mornings")
    second, third = send(house, "monthly"), send(house, "yearly")
    edit(house, title="Late mornings")
    assert [each.issues for each in library.history(house.app, SLUG)] == [(first,), (second, third), ()]


def test_a_draft_issue_and_one_cancelled_before_it_began_are_not_named(house: DeskHouse) -> None:
    sending.cancel(house.app, house.plan(pin=SLUG).id)
    house.plan(pin=SLUG)
    assert [each.issues for each in library.history(house.app, SLUG)] == [()]


def test_an_issue_cancelled_before_anybody_had_it_is_not_named(house: DeskHouse) -> None:
    issue = send(house)
    assert [each.issues for each in library.history(house.app, SLUG)] == [(issue,)]
    sending.cancel(house.app, issue)
    assert [each.issues for each in library.history(house.app, SLUG)] == [()]


def test_what_went_out_says_what_its_version_said(house: DeskHouse) -> None:
    issue = send(house)
    edit(house, title="Calm mornings")
    (version,) = [each.version for each in library.history(house.app, SLUG) if issue in each.issues]
    assert version.fields["title"] == house.issue(issue).subject == "Quiet mornings"


def test_an_article_that_is_not_there_has_no_history(house: DeskHouse) -> None:
    with pytest.raises(NotFound, match="no-such-thing"):
        library.history(house.app, "no-such-thing")
