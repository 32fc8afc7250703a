"""Bytes from a relay into replies, and each reply into what it means where it was said (RFC 5321 §4.2)."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from newsletter.errors import DeliveryError, PermanentFailure, RelayRefusal, Reply, TransientFailure

REPLY_LIMIT = 65_536  # octets of one whole reply; RFC 5321 §4.5.3.1.5 allows 512 a line, real relays say more
KEPT_TEXT = 1_000  # characters of a reply that are kept with an attempt


class Phase(StrEnum):
    """Where a conversation stands: what the next reply will answer, or what it waits for."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    HANDSHAKE = "TLS handshake"  # not ours to do: the shell's
    AUTH = "AUTH"
    READY = "ready"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"  # 354 was said; the message is still with us
    FINAL_DOT = "final dot"  # the whole message was handed out; only a reply can tell what became of it
    RSET = "RSET"
    QUIT = "QUIT"
    OVER = "over"


# The severity (first digit) with which a relay agrees.
_AGREES = {
    Phase.GREETING: 2,
    Phase.EHLO: 2,
    Phase.STARTTLS: 2,
    Phase.AUTH: 2,
    Phase.MAIL: 2,
    Phase.RCPT: 2,
    Phase.DATA: 3,
    Phase.FINAL_DOT: 2,
    Phase.RSET: 2,
    Phase.QUIT: 2,
}

# Here a 5yz is about us, not about a reader.
_ABOUT_US = frozenset({Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH, Phase.MAIL})
_ABOUT_THE_READER = frozenset({Phase.RCPT, Phase.DATA, Phase.FINAL_DOT})


class Nonsense(TransientFailure):
    """The relay said what SMTP does not allow there: nothing more it says can be matched to a command."""


def classify(phase: Phase, reply: Reply) -> DeliveryError | None:
    """What a reply means where it was said: None when the relay agrees, else the failure (RFC 5321 §4.2.1).

    Raises Nonsense for a reply that the phase does not have.
    """
    severity = reply.code // 100
    if severity == _AGREES.get(phase) or (severity == 3 and phase is Phase.AUTH):
        return None
    if phase not in _AGREES and reply.code != 421:
        raise Nonsense(f"the relay answered what nobody had asked: {reply}", reply)
    words = f"the relay answered {_asked(phase)} with {reply}"
    if severity == 5 and phase in _ABOUT_US:
        return RelayRefusal(words, reply)
    if severity == 5 and phase in _ABOUT_THE_READER:
        return PermanentFailure(words, reply)
    if severity in (4, 5):
        return TransientFailure(words, reply)
    raise Nonsense(f"{words}, which does not fit", reply)


def _asked(phase: Phase) -> str:
    if phase is Phase.FINAL_DOT:
        return "the message"
    return "the connection" if phase not in _AGREES or phase is Phase.GREETING else phase.value


class ReplyReader:
    """Takes bytes in any pieces, gives whole replies (RFC 5321 §4.2.1, multiline replies included)."""

    def __init__(self) -> None:
        self._buffer = b""
        self._start = 0  # of the first octet in the buffer that was not read yet
        self._code = 0
        self._lines: list[bytes] = []
        self._size = 0
        self.lines: tuple[bytes, ...] = ()  # of the last reply: EHLO's are read one by one

    @property
    def has_rest(self) -> bool:
        """Whether octets are left that are no whole reply, or no reply that was read."""
        return self._start < len(self._buffer) or bool(self._lines)

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._start :] + data
        self._start = 0

    def next_reply(self) -> Reply | None:
        """The next whole reply; None when more octets are needed. Raises Nonsense."""
        while (end := self._buffer.find(b"\n", self._start)) >= 0:
            line = self._buffer[self._start : end].removesuffix(b"\r")
            self._size += end + 1 - self._start
            if self._size > REPLY_LIMIT:
                break
            self._start = end + 1
            code, is_last = _read_line(line)
            if self._lines and code != self._code:
                raise Nonsense(f"one reply of the relay carries two codes, {self._code} and {code}")
            self._code = code
            self._lines.append(line[4:])
            if is_last:
                return self._whole()
        if self._size + len(self._buffer) - self._start > REPLY_LIMIT:
            raise Nonsense(f"the relay's reply is longer than {REPLY_LIMIT} octets")
        return None

    def _whole(self) -> Reply:
        self.lines, self._lines, self._size = tuple(self._lines), [], 0
        return Reply(self._code, _printable(b" ".join(self.lines)))


# A relay says the same few lines for every message.
@lru_cache(32)
def _read_line(line: bytes) -> tuple[int, bool]:
    """The code, and whether the reply ends with this line. Raises Nonsense."""
    code, mark = line[:3], line[3:4]
    if not (len(code) == 3 and code.isdigit() and b"200" <= code < b"600" and mark in (b"", b" ", b"-")):
        raise Nonsense(f"the relay's answer is not SMTP: {_printable(line[:80])!r}")
    return int(code), mark != b"-"


@lru_cache(32)
def _printable(line: bytes) -> str:
    """Fit for a terminal, a page and a log: a relay's words come from outside."""
    text = line.decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return text.strip() if len(text) <= KEPT_TEXT else text[:KEPT_TEXT].strip() + "…"
