"""A process that looks at the clock and is killed at a certain statement: what it leaves is asked of the database.

python tests/dying_process.py FOLDER SETTINGS.json NOW STATEMENT NUMBER

It dies of SIGKILL, by its own hand, before it executes the NUMBERth statement that begins like this.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from newsletter.app import App
from newsletter.desk import ticking
from newsletter.home import Home, read_config


def main(folder: Path, settings: dict[str, object], now: datetime, statement: str, number: int) -> None:
    home = Home(folder)
    app = App(home, read_config(home, {}, settings), lambda: now)
    met = 0

    def die(connection: Any, cursor: Any, text: str, *rest: Any) -> None:
        nonlocal met
        met += text.startswith(statement)
        if met == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(app.database.engine, "before_cursor_execute", die)
    ticking.tick(app)
    app.close()


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        json.loads(Path(sys.argv[2]).read_text("utf-8")),
        datetime.fromisoformat(sys.argv[3]),
        sys.argv[4],
        int(sys.argv[5]),
    )
