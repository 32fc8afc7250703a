"""A home that works: its clock stands where a test puts it, its relay is the one a test scripts.

house.relay(ScriptedRelay(...)); issue = house.plan(); house.unsubscribe("ada@example.org"); house.send(issue)
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import house as builders
from made_databases import sqlite_file
from newsletter.app import App
from newsletter.config import variable
from newsletter.desk import audience, choosing, explaining, making, previewing, schedules, sending, ticking
from newsletter.errors import NewsletterError
from newsletter.home import documented_config, make_home, read_config
from newsletter.model import Delivery, Issue, Schedule
from newsletter.states import DeliveryStatus
from newsletter.store import deliveries, issues
from newsletter.store import schedules as schedule_store
from scripted_relay import PATIENCE, Message, ScriptedRelay
from subscribers import store as audience_store

ADA, BEN, CLEO, DAN = (f"{name}@example.org" for name in ("ada", "ben", "cleo", "dan"))
SETTINGS: Mapping[str, Any] = {
    "newsletter.name": "Harbour Letters",
    "newsletter.from_address": "Harbour <post@example.org>",
    "newsletter.postal_address": "12 Quay Street, Portland",
    "newsletter.timezone": builders.ZONE,
    "smtp.host": "127.0.0.1",
    "smtp.port": 9,  # nobody listens there
    "smtp.security": "none",
    "smtp.connections": 2,
}


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


class HoldingRelay(ScriptedRelay):
    """Answers nobody any more once it has `hold_after` messages and one more, until it is let go."""

    def __init__(self, hold_after: int, **said: Any) -> None:
        super().__init__(**said)
        self.hold_after = hold_after
        self.holding = threading.Event()
        self.go = threading.Event()

    def keep(self, message: Message) -> None:
        super().keep(message)
        if len(self.messages) > self.hold_after and not self.go.is_set():
            self.holding.set()
            self.go.wait(PATIENCE)

    def close(self) -> None:
        self.go.set()
        super().close()


@dataclass
class DeskHouse:
    """An App with the verbs of the desk. Ada, Ben, Cleo and Dan are on the list Friends; it goes out on Tuesdays."""

    app: App
    clock: Clock
    overrides: dict[str, Any]
    others: list[App] = field(default_factory=list)

    @classmethod
    def built(cls, folder: Path, overrides: Mapping[str, Any]) -> DeskHouse:
        home = make_home(folder, documented_config())
        clock = Clock(builders.NOON)
        settings = {**SETTINGS, **overrides}
        if not settings.get("database.url"):
            (home.folder / "newsletter.db").write_bytes(sqlite_file())
        return cls(App(home, read_config(home, {}, settings), clock), clock, settings)

    def furnish(self, *slugs: str) -> None:
        """A list, the cast, a weekly schedule, and articles (some if none are named) that go in this order."""
        with self.write() as connection:
            friends = builders.add_list(connection)
            builders.add_cast(connection, friends)
            builders.add_schedule(connection, friends)
            builders.add_call_to_action(connection)
            author = builders.add_author(connection)
            for place, slug in enumerate(slugs or ("quiet-mornings", "small-promises", "long-walks")):
                builders.add_article(connection, slug, [author], priority=-place)

    # -- settings

    def set(self, **settings: Any) -> None:
        """Settings as a new start of the program would read them: `web__base_url="https://…"`."""
        self.overrides.update({name.replace("__", "."): value for name, value in settings.items()})
        self.app.loaded = read_config(self.app.home, {}, self.overrides)
        for read_once in ("first_newsletter", "blackout"):
            self.app.__dict__.pop(read_once, None)

    def relay(self, relay: ScriptedRelay) -> None:
        """Send to this one from now on."""
        self.set(smtp__port=relay.port)

    def opened_again(self, name: str = "") -> App:
        """The same home as another process has it open; on another machine when `name` is given."""
        other = App(self.app.home, read_config(self.app.home, {}, self.overrides), self.clock)
        if name:
            other.__dict__["worker_name"] = name
        self.others.append(other)
        return other

    def close(self) -> None:
        for app in (self.app, *self.others):
            app.close()

    # -- nouns

    def read(self) -> AbstractContextManager[Connection]:
        return self.app.database.read()

    def write(self) -> AbstractContextManager[Connection]:
        return self.app.database.write()

    def add_readers(self, count: int) -> list[str]:
        """The addresses of so many more confirmed readers."""
        with self.write() as connection:
            builders.add_readers(connection, audience_store.find_list(connection, "Friends"), count)
        return [f"reader{number}@example.org" for number in range(1, count + 1)]

    def add_schedule(self, name: str, **fields: Any) -> None:
        """One more, for the same list; `fields` say in what it is not like the first."""
        with self.write() as connection:
            builders.add_schedule(connection, audience_store.find_list(connection, "Friends"), name, **fields)

    def schedule(self, name: str = "weekly") -> Schedule:
        with self.read() as connection:
            found = schedule_store.find_schedule(connection, name)
        assert found is not None
        return found

    def issue(self, issue_id: int) -> Issue:
        return sending.find(self.app, issue_id)

    def issues(self) -> list[Issue]:
        """Oldest first."""
        with self.read() as connection:
            return issues.list_issues(connection)[::-1]

    def deliveries(self, issue: Issue) -> dict[str, Delivery]:
        with self.read() as connection:
            return {each.email: each for each in deliveries.list_deliveries(connection, issue.id)}

    def status(self, issue: Issue, email: str = ADA) -> DeliveryStatus:
        return self.deliveries(issue)[email].status

    def occurrences(self, name: str = "weekly") -> list[tuple[str, str, str]]:
        """(local time, state, reason), oldest first."""
        with self.read() as connection:
            found = schedule_store.list_occurrences(connection, self.schedule(name), 1_000)
        return [(each.local.strftime("%m-%d %H:%M"), str(each.state), reason) for each, reason in reversed(found)]

    # -- verbs

    def plan(self, schedule: str | None = None, pin: str | None = None) -> Issue:
        if pin is not None:
            choosing.pin(self.app, schedule, [pin], None)
        return making.plan_issue(self.app, schedule)

    def send(self, issue: Issue, stop: threading.Event | None = None) -> sending.Outcomes:
        return sending.send(self.app, issue.id, stop or threading.Event())

    def tick(self) -> ticking.Ticked:
        return ticking.tick(self.app)

    def tick_at(self, at: datetime) -> ticking.Ticked:
        self.clock.now = at
        return self.tick()

    def unsubscribe(self, email: str) -> None:
        audience.unsubscribe(self.app, email, None)

    def suppress(self, email: str) -> None:
        audience.suppress(self.app, email, "asked by letter")

    def pause_schedule(self, name: str = "weekly") -> None:
        schedules.pause_schedule(self.app, name)

    def resume_schedule(self, name: str = "weekly") -> None:
        schedules.resume_schedule(self.app, name)

    def preview(self, issue: Issue, email: str | None = ADA) -> bytes:
        return previewing.preview(self.app, str(issue.id), email).message

    def explain(self, issue: Issue, email: str = ADA) -> str:
        (found,) = explaining.explain(self.app, str(issue.id), email)
        return found.words

    def refusal(self, issue: Issue) -> str:
        """The words with which a send is refused; nothing has changed then."""
        before = self.issue(issue.id)
        try:
            self.send(issue)
        except NewsletterError as error:
            after = self.issue(issue.id)
            assert (after.state, after.counts) == (before.state, before.counts)
            return str(error)
        raise AssertionError("it was sent")

    # -- as somebody at a keyboard

    def command(self, *words: str) -> subprocess.Popen[str]:
        """The installed program on this home, begun."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        environment.update({variable(key): str(value) for key, value in self.overrides.items()})
        program = [sys.executable, "-m", "newsletter", "--home", str(self.app.home.folder), *words]
        return subprocess.Popen(
            program,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command that ends by itself."""
        process = self.command(*words)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err
