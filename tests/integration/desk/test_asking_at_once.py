"""Several processes look at the clock at the moment when people are to be asked: one draft, one mail to each."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import house as builders
from asked_people import mails, set_options
from desk_house import DeskHouse
from newsletter.app import App
from newsletter.desk import ticking
from newsletter.states import IssueState
from scripted_relay import ScriptedRelay

PROCESSES = 6
SECOND_TUESDAY = builders.FIRST_TUESDAY + builders.WEEK
DRAFTED = SECOND_TUESDAY - timedelta(days=2)
OFFICE, JO = "office@example.org", "jo@example.org"


def look_at_once(house: DeskHouse) -> list[tuple[str, ...]]:
    """The words of a tick by each of them, all begun at the same moment."""
    apps = [house.opened_again(f"machine{number}:1:a") for number in range(PROCESSES)]
    for app in apps:
        app.database.require_current()  # each has it open
    start = threading.Barrier(PROCESSES)

    def look(app: App) -> tuple[str, ...]:
        start.wait()
        return ticking.tick(app).words

    with ThreadPoolExecutor(PROCESSES) as threads:
        return list(threads.map(look, apps))


@pytest.mark.parametrize(
    ("repeat", "subjects"),
    [("per-list", ["Small promises"]), ("per-reader", ["Quiet mornings", "Small promises"])],
)
def test_whoever_prepares_first_there_is_one_draft_of_each_and_everybody_is_asked_once(
    either_house: DeskHouse, repeat: str, subjects: list[str]
) -> None:
    house = either_house
    set_options(house, repeat=repeat)
    with ScriptedRelay() as relay:
        house.relay(relay)
        (first,) = house.tick_at(builders.FIRST_TUESDAY).started
        house.send(house.issue(first))
        house.add_readers(3)
        set_options(house, approval="required", approvers=(OFFICE, JO))
        house.clock.now = DRAFTED
        told = look_at_once(house)
        told += look_at_once(house)
    assert set(told) == {()}
    drafts = house.issues()[1:]
    assert sorted((each.subject, each.state) for each in drafts) == [(each, IssueState.DRAFT) for each in subjects]
    asked = Counter((mail.to, mail.subject) for mail in mails(relay) if mail.to in (OFFICE, JO))
    assert asked == {(to, f"Say yes? {subject}"): 1 for to in (OFFICE, JO) for subject in subjects}
