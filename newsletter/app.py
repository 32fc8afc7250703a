"""A home and its settings → the parts, built when first needed and wired together here alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from newsletter.config import Config, LoadedConfig
from newsletter.errors import NotFound
from newsletter.home import Home, read_config, read_secret
from newsletter.model import Newsletter
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.templating import Look
from newsletter.store import newsletters as store
from newsletter.store.engine import Database
from subscribers import Tokens


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class App:
    """One opened home. `clock` gives aware UTC."""

    home: Home
    loaded: LoadedConfig
    clock: Callable[[], datetime] = field(default=utc_now)

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
        return load_look(name, [self.home.templates, packaged_templates()])

    @property
    def base_url(self) -> str:
        """How readers reach the pages, without a slash at the end: until it is set, as this machine alone does."""
        web = self.config.web
        return web.base_url.rstrip("/") or f"http://{web.host}:{web.port}"

    @property
    def media_url(self) -> str:
        return f"{self.base_url}/media/"

    @cached_property
    def worker_name(self) -> str:
        """Who claims deliveries: machine, process and a word of chance, because process numbers come again."""
        return f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"

    def close(self) -> None:
        if "database" in self.__dict__:
            self.database.close()


def open_app(home: Home, overrides: Mapping[str, Any] | None = None, clock: Callable[[], datetime] = utc_now) -> App:
    """The home, with the process's environment over its file. Raises NotFound or ConfigError."""
    return App(home, read_config(home, os.environ, overrides or {}), clock)
