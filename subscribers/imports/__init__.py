"""Files of readers, in the format somebody has them, → accepted rows, and rejected rows with reasons."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class AcceptedRow(NamedTuple):
    """One reader fit to be stored: a tuple, because a file may hold a million."""

    line: int  # where the row begins, 1-based
    email: str
    key: str  # see addresses.py
    name: str
    attributes: str  # a JSON object of plain values
    timezone: str = ""  # empty here and below: not told
    language: str = ""


class RejectedRow(NamedTuple):
    """One row left out, and why."""

    line: int
    reason: str
    fields: tuple[str, ...]  # as they were written; empty when the row could not be taken apart


Row: TypeAlias = AcceptedRow | RejectedRow

__all__ = ["AcceptedRow", "RejectedRow", "Row"]
