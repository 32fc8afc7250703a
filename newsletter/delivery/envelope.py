"""One message and its two addresses, as SMTP wants them written, and what can become of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import idna

from newsletter.errors import (
    DeliveryError,
    InDoubt,
    MessageError,
    PermanentFailure,
    Reply,
    TransientFailure,
)

LONGEST_LOCAL_PART = 64  # octets (RFC 5321 §4.5.3.1.1)

_DOT_LINE = re.compile(rb"\n\.")  # three times as fast as `in`, and this is asked of every octet we send

# No space, no angle bracket, no control character: nothing that could end the path and begin something else.
_PLAIN_PATH = re.compile(r"[!-;=?-~]{1,64}@[!-;=?A-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one reader: RFC 5322 bytes (CRLF, no dots stuffed) and the addresses outside them."""

    key: int  # the caller's own name for it
    sender: str  # the return path; empty is the null one, to which nothing can bounce
    recipient: str
    message: bytes = field(repr=False)
    is_dot_free: bool = False  # no line begins with a dot, by its making: nothing to stuff, nothing to search

    def __post_init__(self) -> None:
        if not self.message.endswith(b"\r\n"):
            raise MessageError("message", "its last line does not end with CRLF")


class Sent(NamedTuple):
    """The relay took the message."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class NotTried:
    """The message never left, and no reader's fault kept it: put it back as it was."""

    reason: str


Outcome: TypeAlias = Sent | TransientFailure | PermanentFailure | InDoubt | NotTried


class Settled(NamedTuple):
    """An envelope's last word."""

    envelope: Envelope
    outcome: Sent | TransientFailure | PermanentFailure | InDoubt


class Returned(NamedTuple):
    """This connection could not transmit the envelope: try the same on another one."""

    envelope: Envelope
    reason: DeliveryError


class InvalidPath(ValueError):
    """An address that cannot stand between the angle brackets of MAIL and RCPT; the sentence says why."""


def write_path(address: str) -> tuple[str, bool]:
    """The address as it goes on the wire, its domain in A-labels; and whether it needs SMTPUTF8 (RFC 6531).

    Raises InvalidPath.
    """
    if _PLAIN_PATH.fullmatch(address):
        return address, False
    local, _, domain = address.rpartition("@")
    path = f"{_checked_local_part(local)}@{_ascii_domain(domain)}"
    return path, not path.isascii()


def _checked_local_part(local: str) -> str:
    if not 1 <= len(local.encode("utf-8", "replace")) <= LONGEST_LOCAL_PART:
        raise InvalidPath(f"the part before the @ is not 1 to {LONGEST_LOCAL_PART} octets long")
    # isprintable() knows every kind of control character, space, line end and lone surrogate; of these it
    # lets pass the plain space alone.
    if not local.isprintable() or any(character in " <>" for character in local):
        raise InvalidPath("the part before the @ holds a character that no envelope can carry")
    return local


def _ascii_domain(domain: str) -> str:
    try:
        written = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InvalidPath(f"the domain cannot be written in ASCII: {error}") from None
    if not _PLAIN_PATH.fullmatch(f"x@{written}"):
        raise InvalidPath("the part after the @ is not a domain")
    return written


def stuff_dots(message: bytes) -> bytes:
    """The message as it goes after DATA: a dot that begins a line is doubled (RFC 5321 §4.5.2).

    A dot after a bare LF is doubled too: some relays take that for a line, and the rest for a second message.
    """
    if _DOT_LINE.search(message):
        message = message.replace(b"\n.", b"\n..")
    return b"." + message if message.startswith(b".") else message
