"""Names, addresses, subjects and links → header values in bytes that nothing can break out of.

The stdlib's writer is not used for header values: its default policy folds inside List-* URLs and encodes
them (RFC 2047 §5 forbids encoded-words there), and in Python 3.11 it decodes an encoded-word found in a name,
so that `=?utf-8?q?x=0D=0ABcc:…?=` comes out as a Bcc header.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.charset import Charset
from itertools import chain, repeat
from urllib.parse import urlsplit

from newsletter.errors import MessageError
from newsletter.hosts import is_loopback
from subscribers import addresses
from subscribers.errors import InvalidAddress

LONGEST_LINK = 900  # octets; its line, with the header's name, stays below the 998 of RFC 5322 §2.1.1
PREFERRED_LINE = 78  # RFC 5322 §2.1.1
ENCODED_LINE = 76  # a line that holds an encoded-word, and 75 for the word itself (RFC 2047 §2)
FOLD = "\r\n "
LONGEST_PLAIN_NAME = 60  # a longer one is written as encoded-words: those may be folded anywhere

_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"

_PLAIN_NAME = re.compile(rf"(?!.*=\?){_ATOM}(?: {_ATOM})*")
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}")
_LIST_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})+>")  # RFC 2919 §2
_NAMED_MAILBOX = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<name>[^"<>]*))\s*<(?P<address>[^<>]*)>')
_URL_CHARACTERS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"  # RFC 3986 §2
_SECURE_LINK = re.compile(rf"https://{_DOMAIN}(?::[0-9]+)?(?:[/?]{_URL_CHARACTERS}*)?")
_PLAIN_LINK = re.compile(rf"http://{_URL_CHARACTERS}+")
_MAILTO = re.compile(rf"mailto:{_URL_CHARACTERS}*@{_URL_CHARACTERS}+")

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, half surrogate pairs, separators of lines
_UTF8 = Charset("utf-8")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name (may be empty) and an address whose domain is in A-labels."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def parse_mailbox(text: str, field: str) -> Mailbox:
    """`Name <a@b>` or `a@b` as a mailbox. Raises MessageError naming `field`.

    Lenient about what a person writes before the bracket (dots and commas need no quotes), and literal: an
    encoded-word in the name is a name that looks like one.
    """
    _refuse_unprintable(text, field)
    text = text.strip()
    if match := _NAMED_MAILBOX.fullmatch(text):
        quoted = match["quoted"]
        name = match["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        mailbox = Mailbox(tidy(name, field), envelope_address(match["address"].strip(), field))
    else:
        mailbox = Mailbox("", envelope_address(text, field))
    if not mailbox.address.isascii():
        # In a From it would ask every relay on the way to every reader for SMTPUTF8 (RFC 6531 §3.2).
        raise MessageError(field, f"{mailbox.address!r} has letters beyond ASCII before the @")
    return mailbox


def envelope_address(address: str, field: str) -> str:
    """The address with its domain in A-labels. Raises MessageError when it is none."""
    if len(address) <= addresses.LONGEST and _PLAIN_ADDRESS.fullmatch(address):
        return address
    try:
        return addresses.parse(address).email
    except InvalidAddress as error:
        raise MessageError(field, str(error)) from None


def tidy(text: str, field: str) -> str:
    """The text without outer and double spaces, which folding could not keep. Raises MessageError."""
    _refuse_unprintable(text, field)
    return re.sub(" +", " ", text).strip(" ")


def mailbox_value(header: str, name: str, address: str, field: str) -> bytes:
    """The value of a From, To or Reply-To line, folded.

    `address` comes from `envelope_address`; one beyond ASCII makes the line UTF-8 (RFC 6532 §3.2).
    Raises MessageError naming `field` for a name that cannot be sent.
    """
    if len(name) <= LONGEST_PLAIN_NAME and _PLAIN_NAME.fullmatch(name):
        written = name
    elif name := tidy(name, field):
        written = _written_name(header, name)
    else:
        return address.encode()
    last_line = written.rpartition("\n")[2] if "\n" in written else f"{header}: {written}"
    fits = len(last_line) + len(address) + 3 <= PREFERRED_LINE
    return f"{written}{' ' if fits else FOLD}<{address}>".encode()


def _written_name(header: str, name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > LONGEST_PLAIN_NAME:
        return encoded_words(header, name)
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def subject_value(subject: str) -> bytes:
    """The value of the Subject line, folded. Raises MessageError."""
    subject = tidy(subject, "subject")
    if not subject:
        raise MessageError("subject", "is empty")
    words = subject.split(" ")
    if subject.isascii() and "=?" not in subject and max(map(len, words)) < PREFERRED_LINE - len("Subject: "):
        return _folded("Subject", words).encode("ascii")
    return encoded_words("Subject", subject).encode("ascii")


def _folded(header: str, words: list[str]) -> str:
    lines, room = [words[0]], PREFERRED_LINE - len(header) - 2
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
            room = PREFERRED_LINE - 1
    return FOLD.join(lines)


def encoded_words(header: str, text: str) -> str:
    """The text as RFC 2047 encoded-words, cut between characters, one a line, each line at most 76 octets.

    Whatever the text holds, also an encoded-word, decodes to itself.
    """
    rooms: Iterator[int] = chain([ENCODED_LINE - len(header) - 2], repeat(ENCODED_LINE - 1))
    return FOLD.join(word for word in _UTF8.header_encode_lines(text, rooms) if word)


def list_id_value(list_id: str) -> bytes:
    """`<id.domain>` checked (RFC 2919 §2). Raises MessageError."""
    if not _LIST_ID.fullmatch(list_id) or len(list_id) > 255:
        raise MessageError("list_id", f"{list_id!r} is not of the form <id.domain>")
    return list_id.encode("ascii")


def unsubscribe_value(url: str, mailto: str = "") -> bytes:
    """The value of List-Unsubscribe: https, or http to this very machine (RFC 8058 §3.1 wants https).

    The links are never encoded nor broken; a fold stands only between them. Raises MessageError.
    """
    for field, link in ("unsubscribe_url", url), ("unsubscribe_mailto", mailto):
        if len(link) > LONGEST_LINK:
            raise MessageError(field, f"is longer than {LONGEST_LINK} octets")
    if not _SECURE_LINK.fullmatch(url) and not _is_plain_loopback(url):
        raise MessageError("unsubscribe_url", f"{url!r} is not an https URL, nor an http one of this machine")
    if mailto and not _MAILTO.fullmatch(mailto):
        raise MessageError("unsubscribe_mailto", f"{mailto!r} is not a mailto URL")
    value = f"<{url}>,{FOLD}<{mailto}>" if mailto else f"<{url}>"
    return value.encode("ascii")


def _is_plain_loopback(url: str) -> bool:
    if not _PLAIN_LINK.fullmatch(url):
        return False
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return is_loopback(host)


def _refuse_unprintable(text: str, field: str) -> None:
    """Raises MessageError for CR, LF, NUL and their kin."""
    for place, character in enumerate(text, 1):
        if unicodedata.category(character) in _UNPRINTABLE:
            raise MessageError(field, f"character {place} is U+{ord(character):04X}, which a header cannot hold")
