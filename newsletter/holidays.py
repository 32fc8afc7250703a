"""Days without an issue, some of them in calendar files → the days themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.blackouts import Blackout
from newsletter.scheduling.ical import days_of

LARGEST_FILE = 1_000_000  # bytes
SUFFIX = ".ics"


def without_files(entries: Iterable[str], folder: Path, zone: ZoneInfo, today: date) -> tuple[str, ...]:
    """The entries, the days of its events in the place of each file, which lies in `folder` unless its path is whole.

    Raises ValueError that names the file and the line, or the entry.
    """
    found: dict[str, None] = {}
    for entry in entries:
        is_file = entry.lower().endswith(SUFFIX)
        found.update(dict.fromkeys(_read(folder / entry, entry, zone, today) if is_file else [entry]))
    Blackout.parse(found)
    return tuple(found)


def _read(path: Path, name: str, zone: ZoneInfo, today: date) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{name} is too large for a calendar file: {LARGEST_FILE:,} bytes are allowed")
    try:
        return days_of(data, zone, today)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
