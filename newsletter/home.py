"""The folder one installation lives in: made by `init`, opened by every command, held by one `run` at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.config import LoadedConfig, load
from newsletter.errors import AlreadyRunning, NewsletterError, NotFound

CONFIG_FILE = "config.toml"
DATABASE_FILE = "newsletter.db"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie."""

    folder: Path

    @property
    def config_file(self) -> Path:
        return self.folder / CONFIG_FILE

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def templates(self) -> Path:
        return self.folder / "templates"

    @property
    def mailbox(self) -> Path:
        return self.folder / "mailbox"

    @property
    def secret_file(self) -> Path:
        """Signs links and derives every other key; may be replaced, then old links end."""
        return self.folder / "keys" / "secret"

    @property
    def erasure_file(self) -> Path:
        """Hashes the addresses of erased readers; never replaced, or they could be mailed again."""
        return self.folder / "keys" / "erasure"

    @property
    def lock_file(self) -> Path:
        return self.folder / "run.lock"

    def database_url(self, configured: str) -> str:
        return configured or f"sqlite:///{(self.folder / DATABASE_FILE).resolve()}"


def documented_config() -> str:
    """The commented config.toml: beside the package in a repository, inside it once installed."""
    package = Path(__file__).resolve().parent
    for place in (package / CONFIG_FILE, package.parent / CONFIG_FILE):
        if place.is_file():
            return place.read_text("utf-8")
    raise NewsletterError("this installation lacks its config.toml: install it again")


def make_home(folder: Path, config_text: str) -> Home:
    """A new home with this config.toml, keys (mode 0600) and folders. Raises NewsletterError if one is there."""
    home = Home(folder)
    if home.config_file.exists():
        raise NewsletterError(f"{home.config_file} is there already: {folder} is a home")
    try:
        for place in (home.media, home.templates, home.secret_file.parent):
            place.mkdir(parents=True, exist_ok=True)
        home.secret_file.parent.chmod(0o700)
        for file in (home.secret_file, home.erasure_file):
            if not file.exists():
                _write_private(file, secrets.token_hex(KEY_BYTES) + "\n")
        home.config_file.write_text(config_text, "utf-8")
    except OSError as error:
        raise NewsletterError(f"{error.filename}: {error.strerror}") from None
    return home


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)


def read_config(home: Home, environment: Mapping[str, str], overrides: Mapping[str, Any]) -> LoadedConfig:
    """The settings of this home. Raises NotFound where there is no home, ConfigError for what is wrong in it."""
    try:
        text = home.config_file.read_text("utf-8-sig")  # some editors begin a file with a mark
    except FileNotFoundError:
        words = f"make one with `newsletter init {home.folder}`, or name another with --home"
        raise NotFound("home in", str(home.folder), words) from None
    except UnicodeDecodeError as error:
        raise NewsletterError(f"{home.config_file}: is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise NewsletterError(f"{home.config_file}: {error.strerror}") from None
    return load(str(home.config_file), text, environment, lambda path: Path(path).read_text("utf-8"), overrides)


def read_secret(home: Home, configured: str) -> bytes:
    """The key all others are derived from. Raises NewsletterError when there is none."""
    if configured:
        return configured.encode()
    words = "put the file back, or set NEWSLETTER_SECURITY__SECRET_KEY"
    try:
        secret = home.secret_file.read_bytes().strip()
    except OSError as error:
        raise NewsletterError(f"{home.secret_file}: {error.strerror}; {words}") from None
    if not secret:
        raise NewsletterError(f"{home.secret_file}: is empty; {words}")
    return secret


@contextmanager
def held(home: Home) -> Iterator[None]:
    """This home, for one process at a time; the system lets go of it when the process ends, however it ends.

    Raises AlreadyRunning with the other one's pid, NewsletterError when nothing can be written there.
    """
    try:
        lock = home.lock_file.open("a+", encoding="ascii")
    except OSError as error:
        raise NewsletterError(f"{home.lock_file}: {error.strerror}") from None
    with lock as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            pid = int(handle.read().strip() or 0)
            words = f"`newsletter run` already holds {home.folder} (pid {pid}); every other command works beside it"
            raise AlreadyRunning(pid, words) from None
        handle.seek(0)
        handle.truncate()
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield
