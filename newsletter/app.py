"""A home and its settings → the parts, built when first needed and wired together here alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from newsletter.blackouts import Blackout
from newsletter.config import Config, LoadedConfig
from newsletter.errors import ConfigError, NotFound
from newsletter.home import Home, read_config, read_secret
from newsletter.model import Newsletter, Schedule
from newsletter.store import newsletters as store
from newsletter.store.engine import Database
from subscribers import Tokens

if TYPE_CHECKING:
    from newsletter.content.fetch import Fetcher
    from newsletter.rendering.templating import Look
    from newsletter.scheduling.catching_up import CatchUp, Handled


def utc_now() -> datetime:
    return datetime.now(UTC)


class Grouped(NamedTuple):
    """How the readers of an occurrence were grouped, `at` that instant."""

    at: datetime
    done: int  # readers who had had all that may go
    failed: Mapping[str, str]  # articles that did not pass the pre-flight gate, by slug, and why


@dataclass
class App:
    """One opened home. `clock` gives aware UTC."""

    home: Home
    loaded: LoadedConfig
    clock: Callable[[], datetime] = field(default=utc_now)
    turn: int = 0  # with which schedule a tick begins: several processes share the work instead of racing for each

    @property
    def config(self) -> Config:
        return self.loaded.config

    @cached_property
    def database(self) -> Database:
        """The database, its schema known to be this program's. Raises DatabaseError when it is not."""
        database = Database(self.home.database_url(self.config.database.url))
        database.remove_old_copies(self.clock())
        if database.revision() is None:
            database.upgrade(self.clock())
        database.require_current()
        return database

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(read_secret(self.home, self.config.security.secret_key.get_secret_value()))

    @cached_property
    def first_newsletter(self) -> Newsletter:
        """The one config.toml describes."""
        table = self.config.newsletter
        return Newsletter(**{name: getattr(table, name) for name in store.FIELDS})

    def newsletters(self) -> list[Newsletter]:
        with self.database.read() as connection:
            return [self.first_newsletter, *store.list_newsletters(connection)]

    def newsletter(self, newsletter_id: int | None) -> Newsletter:
        """The newsletter of that id; None means the home's first one."""
        return next(each for each in self.newsletters() if each.id == newsletter_id)

    def newsletter_named(self, name: str) -> Newsletter:
        """Raises NotFound."""
        for each in self.newsletters():
            if each.name == name:
                return each
        raise NotFound("newsletter", name)

    def look(self, name: str) -> Look:
        """Raises NotFound for a look that is neither in the home nor packaged."""
        from newsletter.rendering.looks import load_look, packaged_templates  # many commands show nobody a page

        return load_look(name, [self.home.templates, packaged_templates()])

    @cached_property
    def fetcher(self) -> Fetcher:
        """Asks the web, with its limits and guards; what failed once is remembered for this program's life."""
        from newsletter.content.fetch import Fetcher  # most commands never ask the web

        return Fetcher(self.config.fetch.allow_hosts, self.config.fetch.timeout, folder=self.home.folder)

    @cached_property
    def asks_next(self) -> dict[int, tuple[Schedule, datetime]]:
        """When this process next looks whether a schedule is to show a draft, by its id; and the schedule as it was."""
        return {}

    @cached_property
    def warned(self) -> dict[int, str]:
        """The wall clock of the occurrence of which this process last said that nothing may go then, by schedule."""
        return {}

    @cached_property
    def grouped_ahead(self) -> dict[int, tuple[Schedule, str]]:
        """The wall clock of the occurrence for which this process last grouped the readers ahead of it, by schedule."""
        return {}

    @cached_property
    def grouped(self) -> dict[tuple[int, str], Grouped]:
        """How this process last grouped the readers of an occurrence that is due, by schedule and wall clock."""
        return {}

    @cached_property
    def drafts_seen(self) -> dict[int, datetime]:
        """When this process last rendered each waiting draft anew, by the issue's id."""
        return {}

    @cached_property
    def attended(self) -> dict[int, tuple[object, datetime]]:
        """What this process's last look at each waiting draft was made from, by the issue's id, and when."""
        return {}

    @cached_property
    def looked_at(self) -> dict[int, tuple[Schedule, Handled, datetime, CatchUp]]:
        """What this process's last look at each schedule came to, by its id: what it was made from, and when."""
        return {}

    @property
    def zone(self) -> ZoneInfo:
        """The home's own, in which a day begins and ends."""
        return ZoneInfo(self.config.newsletter.timezone)

    @property
    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()

    @cached_property
    def blackout(self) -> Blackout:
        """The days without any issue, whatever the schedule. Raises ConfigError for a calendar file that is none."""
        from newsletter.holidays import without_files  # what reads calendar files comes with it

        entries = self.config.picking.blackout
        try:
            return Blackout.parse(without_files(entries, self.home.folder, self.zone, self.today))
        except ValueError as error:
            raise ConfigError("picking.blackout", str(error)) from None

    @property
    def base_url(self) -> str:
        """How readers reach the pages, without a slash at the end: until it is set, as this machine alone does."""
        web = self.config.web
        return web.base_url.rstrip("/") or f"http://{web.host}:{web.port}"

    @property
    def media_url(self) -> str:
        """Where readers load pictures, with a slash at the end: by the pages unless copies stand elsewhere."""
        elsewhere = self.config.media.base_url.strip().rstrip("/")
        return f"{elsewhere or f'{self.base_url}/media'}/"

    @cached_property
    def worker_name(self) -> str:
        """Who claims deliveries: machine, process and a word of chance, because process numbers come again."""
        return f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"

    def close(self) -> None:
        for part in ("database", "fetcher"):
            if part in self.__dict__:
                getattr(self, part).close()


def open_app(home: Home, overrides: Mapping[str, Any] | None = None, clock: Callable[[], datetime] = utc_now) -> App:
    """The home, with the process's environment over its file. Raises NotFound or ConfigError."""
    return App(home, read_config(home, os.environ, overrides or {}), clock, os.getpid())
