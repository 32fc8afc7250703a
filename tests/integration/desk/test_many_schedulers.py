"""Ten processes tick one database while one after the other is killed: each occurrence has one issue, and none two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

import house as builders
import ticking_processes
from desk_house import DeskHouse
from newsletter.options import Options
from newsletter.states import DeliveryStatus, IssueState, OccurrenceState
from newsletter.tables import deliveries, issues, occurrences
from subscribers import store as audience

INSTANTS, SCHEDULES = 10, 20
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_ten_schedulers_of_which_one_is_always_dying_make_each_issue_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = request.getfixturevalue("fresh_postgresql_url") if kind == "postgresql" else ""
    house = DeskHouse.built(tmp_path / "home", {"database.url": url})
    with house.write() as connection:
        friends = builders.add_list(connection)
        builders.add_cast(connection, friends)
        builders.add_call_to_action(connection)
        author = builders.add_author(connection)
        for slug in ("quiet-mornings", "small-promises"):
            builders.add_article(connection, slug, [author], evergreen=True)
        options = Options(approval="none", cool_down=0)
        for number in range(SCHEDULES):
            builders.add_schedule(connection, friends, f"hourly-{number}", recurrence="0 * * * *", options=options)
    (tmp_path / "settings.json").write_text(json.dumps(house.overrides), "utf-8")
    start = builders.NOON.replace(hour=13)

    given = [str(house.app.home.folder), str(tmp_path / "settings.json"), start.isoformat()]
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, ticking_processes.__file__, *given, str(INSTANTS), str(SCHEDULES)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=ticking_processes.PATIENCE + 10,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert told["killed"] >= INSTANTS and set(told["codes"]) == {0}
    with house.read() as connection:
        made = Counter(connection.execute(select(issues.c.occurrence_id, issues.c.state)).all())
        rows = Counter(connection.execute(select(occurrences.c.state)).scalars())
        sent_to = Counter(connection.execute(select(deliveries.c.issue_id, deliveries.c.status)).all())
        at = connection.execute(select(func.count(occurrences.c.utc.distinct()))).scalar_one()
        readers = audience.audience_size(connection, friends.id)
    house.close()
    assert len(made) == INSTANTS * SCHEDULES and set(made.values()) == {1}, "one issue for each occurrence"
    assert {state for _, state in made} == {IssueState.SENDING}
    assert rows == {OccurrenceState.ISSUED: INSTANTS * SCHEDULES} and at == INSTANTS
    assert len(sent_to) == INSTANTS * SCHEDULES and set(sent_to.values()) == {readers}
    assert {status for _, status in sent_to} == {DeliveryStatus.PENDING}
