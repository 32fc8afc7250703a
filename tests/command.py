"""The installed command, run as anybody would run it: a process of its own, in a home of its own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 120  # seconds; a command that takes longer hangs


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Command:
    """`newsletter --home FOLDER …`, with settings from the environment."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, expect: int | None = 0, stdin: int = subprocess.DEVNULL) -> Ended:
        """Fails unless the command ends with `expect` (None: however it likes)."""
        ended = subprocess.run(
            self.line(*arguments),
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=self.environment,
            cwd=self.folder,
        )
        if expect is not None:
            assert ended.returncode == expect, f"{arguments}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        assert "Traceback" not in ended.stderr, ended.stderr
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def asked(self, *arguments: str, answer: str, expect: int = 0) -> Ended:
        """The command at a terminal, where somebody has typed the answer; it hangs when it asks once more."""
        master, slave = pty.openpty()
        try:
            os.write(master, f"{answer}\n".encode())
            return self(*arguments, expect=expect, stdin=slave)
        finally:
            os.close(master)
            os.close(slave)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command in the background; the caller ends it."""
        return subprocess.Popen(
            self.line(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.folder,
        )

    def line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "newsletter", "--home", str(self.home), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        return {**ours, "PYTHONDEVMODE": "", **self.settings}

    @property
    def folder(self) -> Path:
        return self.home.parent


def new_home(folder: Path, **settings: str) -> Command:
    """A home made by `init`, ready to send to example domains; `settings` are environment variables."""
    command = Command(folder / "home")
    command("init", str(command.home))
    command.settings = {
        "NEWSLETTER_NEWSLETTER__FROM_ADDRESS": "The Practice <news@example.org>",
        "NEWSLETTER_NEWSLETTER__POSTAL_ADDRESS": "The Practice, 1 Main Street, Alderford",
        "NEWSLETTER_SMTP__HOST": "127.0.0.1",
        "NEWSLETTER_SMTP__SECURITY": "none",
        **settings,
    }
    return command
