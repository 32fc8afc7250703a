"""A ZIP archive or a folder → its files by name, as readers of whole exports ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, Protocol

from newsletter.content.decoding import MAX_BYTES
from newsletter.content.source import LeftOut


class Members(Protocol):
    """Names have `/` between folders and file, and count from the archive or folder itself."""

    @property
    def name(self) -> str: ...

    @property
    def noun(self) -> str:
        """What it is, in words: archive or folder."""

    @property
    def names(self) -> Sequence[str]:
        """Of all that may be read, in alphabetical order."""

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """What is never read, with the reason."""

    def __contains__(self, name: str) -> bool: ...

    def place(self, name: str) -> str:
        """How a person finds the member: `export.zip/posts/a.md`."""

    def head(self, name: str, length: int) -> bytes:
        """At most the first `length` bytes. Raises SourceError when they cannot be read."""

    def read(self, name: str, longest: int = MAX_BYTES) -> bytes:
        """All its bytes. Raises SourceError when they are more than `longest`, or cannot be read."""

    def open(self, name: str) -> BinaryIO:
        """Its bytes as a stream that can be sought; opening and reading raise SourceError."""
