"""A number of readers → a home with one issue planned, as its owner would make it: by the commands of the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.building import SENTENCE

PROGRAM = (sys.executable, "-m", "newsletter")
PARAGRAPHS = 25  # make a message of about 50,000 octets, both parts together
ISSUE = "1"
SETTINGS = {
    "NEWSLETTER_NEWSLETTER__FROM_ADDRESS": "The Practice <news@example.org>",
    "NEWSLETTER_NEWSLETTER__POSTAL_ADDRESS": "The Practice, 1 Bench Lane",
    "NEWSLETTER_NEWSLETTER__INSTANCE": "bench",  # nothing of it is kept outside its folder
    "NEWSLETTER_WEB__BASE_URL": "https://news.example.org",
    "NEWSLETTER_SMTP__HOST": "127.0.0.1",
    "NEWSLETTER_SMTP__SECURITY": "none",
}


@dataclass(frozen=True, slots=True)
class ExampleHome:
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "newsletter.db"

    def copy(self, folder: Path) -> ExampleHome:
        """Another one, on the disk before it is measured."""
        shutil.copytree(self.folder, folder)
        os.sync()
        return ExampleHome(folder)

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def command(self, *words: str) -> list[str]:
        return [*PROGRAM, "--home", str(self.folder), *words]

    @property
    def send(self) -> list[str]:
        return self.command("issues", "send", ISSUE, "--yes")


def bare_environment() -> Mapping[str, str]:
    """This process's, without what it may say of another home."""
    return {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")}


def environment(**smtp: str) -> Mapping[str, str]:
    """The settings of an example home, with these keys of [smtp]."""
    keys = {f"NEWSLETTER_SMTP__{key.upper()}": value for key, value in smtp.items()}
    return {**bare_environment(), **SETTINGS, **keys}


def make_example_home(folder: Path, readers: int) -> ExampleHome:
    """One article, so many confirmed readers with names, and the issue as a draft."""
    home = ExampleHome(folder)
    _run(home, "init", str(folder))
    article, people = folder / "article.md", folder / "readers.csv"
    article.write_text(_article(), encoding="utf-8")
    with people.open("w", encoding="utf-8") as handle:
        handle.write("email,name,attributes\n")
        handle.writelines(f"reader{number}@example.org,Reader {number},{{}}\n" for number in range(readers))
    _run(home, "articles", "import", str(article))
    _run(home, "authors", "set", "Ada Example", "--bio", "Ada writes about small moments.")
    action = ("--text", "Would you like to talk?", "--label", "Get in touch", "--url", "https://example.org/talk")
    _run(home, "calls-to-action", "set", "default", *action)
    _run(home, "lists", "add", "Readers")
    _run(home, "subscribers", "import", str(people), "--list", "Readers", "--status", "confirmed")
    _run(home, "schedules", "add", "weekly", "--list", "Readers", "--when", "every tuesday 09:00")
    _run(home, "issues", "plan", "weekly")
    return home


def message_size(home: ExampleHome) -> int:
    """Octets of one reader's message."""
    copy = home.folder / "copy.eml"
    _run(home, "preview", ISSUE, "--as", "reader7@example.org", "--eml", str(copy))
    return copy.stat().st_size


def _article() -> str:
    head = (
        "---\ntitle: Small moments\ndate: 2025-01-07\nauthor: Ada Example\nsummary: Small moments.\nlanguage: en\n---\n"
    )
    return head + f"\n{SENTENCE * 5}\n" * PARAGRAPHS


def _run(home: ExampleHome, *words: str) -> None:
    done = subprocess.run(home.command(*words), env=environment(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"`newsletter {' '.join(words)}` failed: {done.stderr}")
