"""What a home has done → written down outside it, in the user's state folder, where no copy of the home takes it along.

Two files for each home, under a hash of its path and of this machine: a record of which database worked here and how
far it came, and a journal of the issues that began. Nobody writes them without holding the lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from newsletter.errors import NewsletterError

MOST_BYTES = 1_000_000  # of a journal; beyond it the older half is left out
MACHINE_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
WAY_OUT = "or name this installation with `instance` under [newsletter] in config.toml, then no such folder is needed"


@dataclass(frozen=True, slots=True)
class Record:
    """Which database worked in a home last, and how far it had come."""

    instance: str
    generation: int  # never ahead of the database's own, unless that was put back to an earlier state
    home: str
    secret: str  # a hash of the home's secret: a new home at an old place has another
    at: str  # when it was written, RFC 3339 in UTC
    replaced_by: str = ""  # the home that was made the one that mails in its place


@dataclass(frozen=True, slots=True)
class Begun:
    """One line of the journal: an issue that was about to begin."""

    public_id: str
    issue: int
    schedule: str  # empty for a letter
    local: str  # of its occurrence, as in the table; empty for a letter
    utc: str  # the same as an instant, RFC 3339
    at: str


def state_folder(environment: Mapping[str, str]) -> Path | None:
    """Where programs keep what is no setting and outlives a restart (XDG Base Directory Specification).

    None for a user without a home folder. A relative path in the environment is to be ignored, says the same.
    """
    configured = Path(environment.get("XDG_STATE_HOME", ""))
    if configured.is_absolute():
        return configured / "newsletter"
    try:
        return Path.home() / ".local" / "state" / "newsletter"
    except RuntimeError:
        return None


def machine_name() -> str:
    """What tells this machine from others, also where two have the same name."""
    for file in MACHINE_FILES:
        with suppress(OSError, UnicodeDecodeError):
            if name := file.read_text("ascii").strip():
                return name
    return os.uname().nodename


@dataclass(frozen=True, slots=True)
class Outside:
    """What is kept of one home outside it. `folder` is None for a user without one."""

    folder: Path | None
    home: str
    key: str  # begins the names of its files

    @classmethod
    def of(cls, folder: Path | None, home: Path, machine: str) -> Outside:
        place = str(home.resolve())
        digest = hashlib.sha256(f"{machine}\n{place}".encode("utf-8", "surrogateescape")).hexdigest()
        return cls(folder, place, digest[:32])

    def trouble(self) -> str:
        """Why nothing can be kept here, in words; empty when it can. It makes nothing."""
        if self.folder is None:
            return "this user has no home folder"
        place = self.folder
        while not os.path.lexists(place):
            place = place.parent
        if not place.is_dir():
            return f"{place} is no folder"
        return "" if os.access(place, os.W_OK | os.X_OK) else f"{place} cannot be written to"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the files of this home. Raises NewsletterError where nothing can be written."""
        if self.folder is None:
            raise NewsletterError(f"this user has no home folder: set XDG_STATE_HOME, {WAY_OUT}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = self._file("lock").open("a")
        except OSError as error:
            raise _told(error, self.folder) from None
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def record(self) -> Record | None:
        """None where there is none, or none that can be read: whoever sent before must then be asked."""
        return None if self.folder is None else _read_record(self._file("json"))

    def keep(self, record: Record) -> None:
        """In the place of the one before: all of it, or nothing. Raises NewsletterError."""
        _write(self._file("json"), json.dumps(asdict(record)))

    def begun(self) -> list[Begun]:
        """The journal, oldest first. A line that a crash tore is left out: nothing came of it."""
        try:
            lines = self._file("journal").read_text("utf-8", "replace").splitlines()
        except (OSError, NewsletterError):
            return []
        found = []
        for line in lines:
            with suppress(ValueError, TypeError):
                found.append(Begun(**json.loads(line)))
        return found

    def write_begun(self, begun: Iterable[Begun]) -> None:
        """More lines, on the disk when this returns. Raises NewsletterError."""
        file = self._file("journal")
        try:
            if file.exists() and file.stat().st_size > MOST_BYTES:
                lines = self.begun()
                _write(file, "".join(map(_line, lines[len(lines) // 2 :])))
            is_new = not file.exists()
            with file.open("ab") as handle:
                # What stands before a torn line is whole; what comes after must not be joined to it.
                handle.write("".join(["\n", *map(_line, begun)]).encode())
                handle.flush()
                os.fsync(handle.fileno())
            if is_new:
                _settle(file.parent)
        except OSError as error:
            raise _told(error, self.folder) from None

    def others(self, instance: str) -> list[Outside]:
        """The other homes of this state folder in which the same database, or a copy of it, worked."""
        found = []
        with suppress(OSError):
            for file in sorted(self.folder.glob("*.json")) if self.folder is not None else ():
                record = _read_record(file)
                if record is not None and record.instance == instance and file.stem != self.key:
                    found.append(Outside(self.folder, record.home, file.stem))
        return found

    def _file(self, kind: str) -> Path:
        if self.folder is None:
            raise NewsletterError(f"this user has no home folder: set XDG_STATE_HOME, {WAY_OUT}")
        return self.folder / f"{self.key}.{kind}"


def _read_record(file: Path) -> Record | None:
    try:
        return Record(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _line(begun: Begun) -> str:
    return json.dumps(asdict(begun)) + "\n"


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.new")  # one name is enough: whoever writes holds the lock
    try:
        with draft.open("w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(file)
        _settle(file.parent)
    except OSError as error:
        raise _told(error, file.parent) from None


def _settle(folder: Path) -> None:
    """The new name on the disk too, not only what it names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError, folder: Path | None) -> NewsletterError:
    return NewsletterError(
        f"{error.filename or folder}: {error.strerror}, and what began has to be written down there: mend it, {WAY_OUT}"
    )
