"""Whatever schedules, readers and a person's choices there are: the forecast is what the clock then brings."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import house as builders
from desk_house import DeskHouse
from house import NOON
from newsletter.desk import approving, choosing, forecasting, letters, picks
from newsletter.errors import Refused
from newsletter.model import Issue, Schedule
from newsletter.options import Options
from newsletter.picking.readers import is_per_reader
from newsletter.scheduling.approval import needs
from newsletter.states import DeliveryStatus, IssueKind, IssueState
from newsletter.store import articles as library
from newsletter.store import schedules as schedule_store
from scripted_relay import ScriptedRelay

SEEDS = range(4)
ISSUES = 9
APPROVER = "office@example.org"

Told = tuple[str, str, str, dict[str, int], int]
"""Instant, schedule, what goes to all alike, each article with the readers who get it, and how many are left out."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DeskHouse]:
    with ScriptedRelay() as relay:
        built = DeskHouse.built(tmp_path / "home", {"delivery.deliver_within": 1})
        built.relay(relay)
        yield built
        built.close()


def furnish(house: DeskHouse, chance: random.Random) -> None:
    """Two lists that overlap, a small library, and schedules of every kind."""
    with house.write() as connection:
        lists = [builders.add_list(connection, name) for name in ("Friends", "Neighbours")]
        for number in range(7):
            for place in chance.choice([(0,), (1,), (0, 1)]):
                builders.add_reader(connection, lists[place], f"Reader{number}")
        builders.add_call_to_action(connection)
        authors = [builders.add_author(connection, name) for name in ("Maria Lindqvist", "John Roe")]
        for number in range(chance.randint(3, 9)):
            evergreen = chance.random() < 0.5
            by = [chance.choice(authors)]
            builders.add_article(
                connection, f"article-{number}", by, priority=chance.randint(0, 3), evergreen=evergreen
            )
        for number in range(3):
            options = Options(**random_options(chance))
            recurrence = chance.choice(["0 9 * * 2", "0 9 * * 1-5", "0 18 * * 2,4", "30 9 * * *"])
            to = lists[number % 2] if number < 2 else chance.choice(lists)
            builders.add_schedule(connection, to, f"schedule-{number}", recurrence=recurrence, options=options)


def random_options(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(["list", "list", "list", "reader", "course"])
    given: dict[str, Any] = {
        "order": chance.choice(["queue", "oldest", "evergreen", "score"]),
        "cool_down": chance.choice([2, 5, 365]),
        "when_empty": chance.choice(["skip", "repeat"]),
        "approval": chance.choice(["none", "none", "required", "optional"]),
        "lead": chance.choice([60, 48 * 60, 10 * 24 * 60]),
        "approvers": (APPROVER,),
        "rehearse": chance.choice([0, 0, 1]),
        "blackout": chance.choice([(), ("2026-04-02",), ("04-06..04-08",)]),
        "on_blackout": chance.choice(["skip", "shift"]),
    }
    if kind == "list":
        return {**given, "articles": chance.choice([1, 1, 2])}
    given["when_empty"] = "skip"
    return {**given, **({"repeat": "per-reader"} if kind == "reader" else {"sequence": chance.choice([1, 3])})}


def every_schedule(house: DeskHouse) -> list[Schedule]:
    with house.read() as connection:
        return schedule_store.list_schedules(connection)


def choose(house: DeskHouse, chance: random.Random) -> None:
    """A person's word on some dates; what is refused is none."""
    with house.read() as connection:
        slugs = [each.slug for each in library.list_articles(connection)]
    for schedule in every_schedule(house):
        with house.read() as connection:
            walls = [each.wall for each in picks.coming(house.app, connection, schedule, house.clock(), 4)]
        for word in chance.sample(["pin", "skip", "swap", "not this"], 2):
            try:
                if word == "pin":
                    choosing.pin(house.app, schedule.name, [chance.choice(slugs)], chance.choice(walls[1:]))
                elif word == "skip":
                    choosing.skip(house.app, schedule.name, chance.choice(walls), "")
                elif word == "swap":
                    choosing.swap(house.app, schedule.name, walls[0], walls[2])
                else:
                    choosing.not_this(house.app, schedule.name, chance.choice(slugs), walls[1], "not now")
            except Refused:
                continue


def write_letter(house: DeskHouse, chance: random.Random) -> None:
    file = house.app.home.folder / "snow.md"
    file.write_text("---\ntitle: Closed for snow\n---\n\nWe are closed.\n", "utf-8")
    at = NOON + timedelta(days=chance.randint(1, 4), hours=chance.randint(0, 5))
    letters.write_letter(house.app, file, chance.choice(["Friends", "Neighbours"]), at.isoformat(), None)


def foretold(house: DeskHouse) -> list[Told]:
    found = []
    for each in forecasting.forecast_of(house.app, None, ISSUES, None):
        left_out = next((int(words.split(" ")[0]) for words in each.warnings if "most_per_week" in words), 0)
        slugs = ",".join(each.forecast.articles)
        is_own = each.schedule is not None and is_per_reader(each.schedule.options)
        is_rehearsal = each.forecast.words.startswith("a rehearsal")
        readers = dict(each.groups) if each.groups else {slugs: each.readers} if each.readers else {}
        what = "" if is_own and not is_rehearsal else slugs
        found.append((f"{each.forecast.occurrence.utc:%m-%dT%H:%M}", each.name, what, readers, left_out))
    return found


def live(house: DeskHouse, until: datetime) -> None:
    """The clock goes on to that instant, everybody says yes, and what begins is sent."""
    instants = {NOON, until}
    for schedule in every_schedule(house):
        with house.read() as connection:
            coming = islice(picks.free(house.app, connection, schedule, NOON), 60)
            for each in coming:
                instants |= {each.utc, max(NOON, each.utc - timedelta(minutes=schedule.options.lead))}
    with house.read() as connection:
        instants |= {each.send_at for each in house.issues() if each.send_at is not None}
        instants |= {each.occurrence.utc for each in house.issues() if each.occurrence is not None}
    for at in sorted(instant for instant in instants if instant <= until):
        begin(house, at)
        asking = {each.name for each in every_schedule(house) if needs(each.options) == "required"}
        for issue in house.issues():
            if issue.state is IssueState.DRAFT and issue.schedule_name in asking and issue.kind is IssueKind.PICKED:
                approving.approve(house.app, issue.id)
                is_due = issue.occurrence is not None and issue.occurrence.utc <= at
                if is_due:
                    begin(house, at)


def begin(house: DeskHouse, at: datetime) -> None:
    for issue_id in house.tick_at(at).started:
        house.send(house.issue(issue_id))


def came(house: DeskHouse, foreseen: list[Told]) -> list[Told]:
    """What became of each of these."""
    own = {each.name for each in every_schedule(house) if is_per_reader(each.options)}
    begun: dict[tuple[str, str], list[Issue]] = defaultdict(list)
    for issue in house.issues():
        at = issue.occurrence.utc if issue.occurrence is not None else issue.send_at
        if at is not None and issue.state not in (IssueState.CANCELLED, IssueState.DRAFT):
            begun[f"{at:%m-%dT%H:%M}", issue.schedule_name or "a letter"].append(issue)
    found: list[Told] = []
    for instant, name, *_ in foreseen:
        readers: dict[str, int] = {}
        what, left_out = "", 0
        for issue in begun[instant, name]:
            slugs = ",".join(issue.articles)
            statuses = Counter(each.status for each in house.deliveries(issue).values())
            left_out += statuses[DeliveryStatus.SKIPPED]
            what = slugs if name not in own or issue.kind is IssueKind.REHEARSAL else ""
            readers |= {slugs: sent} if (sent := statuses[DeliveryStatus.SENT]) else {}
        found.append((instant, name, what, readers, left_out))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_forecast_is_what_the_clock_brings(home: DeskHouse, seed: int) -> None:
    chance = random.Random(seed)
    furnish(home, chance)
    choose(home, chance)
    write_letter(home, chance)
    home.tick()  # what is to be drafted by now is drafted
    before = foretold(home)
    last = max(each.forecast.occurrence.utc for each in forecasting.forecast_of(home.app, None, ISSUES, None))
    live(home, last)
    assert came(home, before) == before
