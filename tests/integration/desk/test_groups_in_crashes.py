"""The process that begins the issues of several groups is killed in between: all of them have begun, or none has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import dying_process
import house as builders
from asked_people import mails, set_options
from desk_house import ADA, DeskHouse
from newsletter.states import IssueState
from scripted_relay import ScriptedRelay

SECOND_TUESDAY = builders.FIRST_TUESDAY + builders.WEEK
ROOT = Path(__file__).resolve().parents[3]


def killed(house: DeskHouse, folder: Path, statement: str, number: int) -> None:
    """Another process looks at the clock, and dies before it executes this statement for the so manieth time."""
    (folder / "settings.json").write_text(json.dumps(house.overrides), "utf-8")
    at = [house.clock().isoformat(), statement, str(number)]
    ended = subprocess.run(
        [sys.executable, dying_process.__file__, str(house.app.home.folder), str(folder / "settings.json"), *at],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")


@pytest.mark.parametrize(
    ("statement", "number", "state"),
    [
        ("UPDATE issues SET state", 2, IssueState.DRAFT),  # the first group is planned, the second not begun
        ("INSERT INTO deliveries", 2, IssueState.DRAFT),  # both have begun, the second has no delivery yet
        ("UPDATE identity", 2, IssueState.SENDING),  # all is written down, and nobody was told
    ],
)
def test_killed_between_two_groups(
    either_house: DeskHouse, tmp_path: Path, statement: str, number: int, state: IssueState
) -> None:
    house = either_house
    set_options(house, repeat="per-reader")
    with ScriptedRelay() as relay:
        house.relay(relay)
        (first,) = house.tick_at(builders.FIRST_TUESDAY).started
        house.send(house.issue(first))
        joined = house.add_readers(3)
        house.clock.now = SECOND_TUESDAY
        killed(house, tmp_path, statement, number)
        issues = house.issues()[1:]
        assert [(issue.articles[0], issue.state) for issue in issues] == [
            ("quiet-mornings", state),
            ("small-promises", state),
        ]
        planned = [sorted(house.deliveries(issue)) for issue in issues]
        assert planned == ([[], []] if state is IssueState.DRAFT else [joined, [ADA]])
        house.tick_at(SECOND_TUESDAY + builders.WEEK / 7 / 24)
        for issue in issues:
            house.send(house.issue(issue.id))
    got = Counter((mail.to, mail.subject) for mail in mails(relay))
    assert got == {
        (ADA, "Quiet mornings"): 1,
        (ADA, "Small promises"): 1,
        **{(email, "Quiet mornings"): 1 for email in joined},
    }
