"""Ten schedulers on one home, one of which is killed every so often: how many issues come of it, by the database.

python tests/ticking_processes.py FOLDER SETTINGS.json START INSTANTS SCHEDULES

All read one clock, a file in the folder. It goes on by an hour once every schedule's issue of the present one has
begun, so that nothing is ever late. Forked from one process that has loaded the program, as loading is what takes long.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from newsletter.app import App
from newsletter.desk import ticking
from newsletter.home import Home, read_config
from newsletter.states import IssueState
from newsletter.tables import issues, occurrences

PROCESSES = 10
KILLED_AFTER = 3  # ticks of them all
PATIENCE = 540  # seconds

HOUR = timedelta(hours=1)


def read_clock(file: Path) -> datetime:
    return datetime.fromisoformat(file.read_text("utf-8"))


def set_clock(file: Path, now: datetime) -> None:
    written = file.with_suffix(f".{os.getpid()}")
    written.write_text(now.isoformat(), "utf-8")
    written.replace(file)


def has_begun(app: App, now: datetime) -> int:
    """How many issues of this instant are on their way."""
    query = select(func.count()).select_from(issues.join(occurrences, occurrences.c.id == issues.c.occurrence_id))
    with app.database.read() as connection:
        begun = query.where(occurrences.c.utc == now, issues.c.state == IssueState.SENDING)
        return int(connection.execute(begun).scalar_one())


def tick_to_the_end(app: App, file: Path, end: datetime, schedules: int, told: int) -> None:
    """Tick until the clock has reached the end; each tick writes a dot, the end an exclamation mark."""
    while (now := app.clock()) < end:
        for words in ticking.tick(app).words:
            print(words, file=sys.stderr, flush=True)
        if has_begun(app, now) == schedules and read_clock(file) == now:
            set_clock(file, min(now + HOUR, end))
        os.write(told, b".")
    app.close()
    os.write(told, b"!")


def fork(folder: Path, settings: dict[str, object], end: datetime, schedules: int, told: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        file = folder / "clock"
        home = Home(folder)
        app = App(home, read_config(home, {}, settings), lambda: read_clock(file), os.getpid() * 7)
        tick_to_the_end(app, file, end, schedules, told)
        code = 0
    finally:
        os._exit(code)


def main(folder: Path, settings: dict[str, object], start: datetime, instants: int, schedules: int) -> None:
    signal.alarm(PATIENCE)
    chance = random.Random(1)
    set_clock(folder / "clock", start)
    heard, told = os.pipe()
    end = start + (instants - 1) * HOUR + timedelta(minutes=1)  # a minute at which nothing is due
    living = {fork(folder, settings, end, schedules, told) for _ in range(PROCESSES)}
    killed = ticks = 0
    while os.read(heard, 1) == b".":
        ticks += 1
        if ticks % KILLED_AFTER == 0:
            victim = chance.choice(sorted(living))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            living.remove(victim)
            killed += 1
            living.add(fork(folder, settings, end, schedules, told))
    codes = []
    for pid in living:
        with suppress(ChildProcessError):
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(json.dumps({"killed": killed, "ticks": ticks, "codes": sorted(codes)}))


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        json.loads(Path(sys.argv[2]).read_text("utf-8")),
        datetime.fromisoformat(sys.argv[3]),
        int(sys.argv[4]),
        int(sys.argv[5]),
    )
