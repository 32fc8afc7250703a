"""A rendered issue and a reader → that reader's message: RFC 5322 bytes, the same whenever they are built.

Everything that readers share is encoded once, by `compile_issue`; a reader's message is those bytes joined
around a few values. Nothing in it comes from a clock or from chance: the Message-ID and the MIME boundary are
a keyed hash of what is sent and to whom, and the Date is that of the first try.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple, Protocol

from newsletter.delivery.headers import (
    Mailbox,
    envelope_address,
    list_id_value,
    mailbox_value,
    parse_mailbox,
    subject_value,
    tidy,
    unsubscribe_value,
)
from newsletter.delivery.related import Picture, Related, link_inside, relate
from newsletter.delivery.splicing import Escape, SplicedText
from newsletter.errors import MessageError
from newsletter.rendering.slots import Segments, fill_slot

HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",  # only where the newsletter has one
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
)
"""Every header a message has, each once, in this order, and no other.

No Precedence (RFC 2076 discourages it), and no Auto-Submitted: a person wrote the issue (RFC 3834 §5).
"""

LONGEST_LINE = 998  # octets, without the CRLF (RFC 5322 §2.1.1)

_BEHIND_A_LINE_END = re.compile(rb"\n([^ \t:]+)")  # a header's name, or the blank line; not a folded line
_DAYS = b"Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_END_OF_HEAD = b"\r\n\r\n"
_TEXT_PART = b"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_HTML_PART = _TEXT_PART.replace(b"plain", b"html")


class KeyedHash(Protocol):
    """The hash of some parts under a secret, for one purpose: 32 lower-case hex digits."""

    def __call__(self, purpose: str, /, *parts: str | int) -> str: ...


class ReaderCopy(NamedTuple):
    """What differs from reader to reader."""

    subscriber_id: int
    email: str  # as on the envelope
    name: str
    values: Mapping[str, str]  # for the slots
    unsubscribe_url: str
    date: datetime  # aware; fixed at the first try
    unsubscribe_mailto: str = ""


def compile_issue(
    *,
    key: str,
    from_address: str,
    subject: str,
    list_id: str,
    html: Segments,
    text: Segments,
    keyed_hash: KeyedHash,
    reply_to: str = "",
    pictures: Sequence[Picture] = (),
    media_base_url: str = "",
    escape: Escape = fill_slot,
) -> CompiledIssue:
    """The issue ready to be built for any reader. Raises MessageError naming the field.

    `key` says what is sent (such as `issue 7`): one key to one subscriber is one and the same message.
    `list_id` is an identifier in the form `<id.domain>`, not the mailing list's name. `pictures` travel in the message;
    the HTML names them by their addresses below `media_base_url`.
    """
    sender = parse_mailbox(from_address, "from_address")
    lines = {
        "From": mailbox_value("From", sender.name, sender.address, "from_address"),
        "Subject": subject_value(subject),
        "List-Id": list_id_value(list_id),
        "List-Unsubscribe-Post": b"List-Unsubscribe=One-Click",  # RFC 8058 §3.1
        "MIME-Version": b"1.0",
    }
    if reply_to:
        answers = parse_mailbox(reply_to, "reply_to")
        lines["Reply-To"] = mailbox_value("Reply-To", answers.name, answers.address, "reply_to")
    names = tuple(name for name in HEADERS if name != "Reply-To" or reply_to)
    return CompiledIssue(
        key=key,
        sender=sender,
        subject=tidy(subject, "subject"),
        text=SplicedText(text, "text"),
        html=SplicedText(link_inside(html, media_base_url, pictures, sender.domain) if pictures else html, "html"),
        related=relate(pictures, sender.domain),
        keyed_hash=keyed_hash,
        escape=escape,
        expected_names=[*(name.encode("ascii") for name in names), b"\r\n"],
        head=_head_template(names, lines, sender.domain),
    )


@dataclass(frozen=True, slots=True)
class CompiledIssue:
    """An issue ready to be built for any reader; made by `compile_issue`."""

    key: str
    sender: Mailbox
    subject: str
    text: SplicedText
    html: SplicedText
    related: Related | None  # the pictures that travel along
    keyed_hash: KeyedHash
    escape: Escape
    expected_names: list[bytes]  # and the blank line that ends them
    head: bytes  # with `%b` where readers differ: To, Date, Message-ID, List-Unsubscribe, boundary

    def message_id(self, subscriber_id: int) -> str:
        """The Message-ID with its brackets, as it stands in the header."""
        return f"<{self._identity(subscriber_id)}@{self.sender.domain}>"

    def build(self, reader: ReaderCopy) -> bytes:
        """The reader's message, with CRLF only. Raises MessageError naming what cannot be sent."""
        identity = self._identity(reader.subscriber_id).encode("ascii")
        # `=_` never occurs in quoted-printable (RFC 2045 §6.7), so no body can hold the boundary.
        boundary = b"=_" + identity
        return b"".join(
            (
                self._head_for(reader, identity, boundary),
                b"--",
                boundary,
                _TEXT_PART,
                *self.text.encoded(reader.values, self.escape),
                b"\r\n--",
                boundary,
                self.related.before if self.related else b"",
                _HTML_PART,
                *self.html.encoded(reader.values, self.escape),
                self.related.after if self.related else b"",
                b"\r\n--",
                boundary,
                b"--\r\n",
            )
        )

    def _head_for(self, reader: ReaderCopy, identity: bytes, boundary: bytes) -> bytes:
        head = self.head % (
            mailbox_value("To", reader.name, envelope_address(reader.email, "email"), "name"),
            date_value(reader.date),
            identity,
            unsubscribe_value(reader.unsubscribe_url, reader.unsubscribe_mailto),
            boundary,
        )
        self._check_names(head)
        return head

    def _check_names(self, head: bytes) -> None:
        """The names as they came out, whatever the values held. Raises MessageError."""
        found = _BEHIND_A_LINE_END.findall(b"\n" + head)
        if found != self.expected_names:
            names = b", ".join(found).decode("utf-8", "replace").split()
            raise MessageError("headers", f"the message would have these: {' '.join(names)}")

    def _identity(self, subscriber_id: int) -> str:
        """What tells this message from all others; it serves as Message-ID and as boundary."""
        return self.keyed_hash("message", self.key, subscriber_id)


def _head_template(names: tuple[str, ...], lines: Mapping[str, bytes], domain: str) -> bytes:
    shared = {name: value.replace(b"%", b"%%") for name, value in lines.items()}
    own = {
        "To": b"%b",
        "Date": b"%b",
        "Message-ID": b"<%b@" + domain.encode("ascii") + b">",
        "List-Unsubscribe": b"%b",
        "Content-Type": b'multipart/alternative;\r\n boundary="%b"',
    }
    values = shared | own
    return b"".join(name.encode("ascii") + b": " + values[name] + b"\r\n" for name in names) + b"\r\n"


@lru_cache(16)  # hundreds of messages share a second
def date_value(date: datetime) -> bytes:
    """The value of the Date line. Raises MessageError for a naive one."""
    if date.tzinfo is None:
        raise MessageError("date", f"{date} has no time zone")
    utc = date.astimezone(UTC)
    # RFC 5322 §3.3; strftime would speak the language of the machine.
    return b"%b, %02d %b %04d %02d:%02d:%02d +0000" % (
        _DAYS[utc.weekday()],
        utc.day,
        _MONTHS[utc.month - 1],
        utc.year,
        utc.hour,
        utc.minute,
        utc.second,
    )


def verify(compiled: CompiledIssue, reader: ReaderCopy) -> None:
    """Nothing, when one message read back is what was meant; to be asked before the first one goes out.

    Raises MessageError naming the header or the part that would arrive otherwise.
    """
    message = compiled.build(reader)
    _verify_lines(message)
    _verify_headers(message, compiled, reader)
    _verify_parts(message, compiled, reader)


def _verify_lines(message: bytes) -> None:
    for number, line in enumerate(message.split(b"\r\n"), 1):
        if b"\r" in line or b"\n" in line:
            raise MessageError("message", f"line {number} holds a CR or LF of its own")
        if len(line) > LONGEST_LINE:
            raise MessageError("message", f"line {number} is longer than {LONGEST_LINE} octets")
        if line.startswith(b"."):
            raise MessageError("message", f"line {number} begins with a dot")


def _verify_headers(message: bytes, compiled: CompiledIssue, reader: ReaderCopy) -> None:
    head = message[: message.index(_END_OF_HEAD)].decode("utf-8")
    lines = [line.partition(": ") for line in re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")]
    values = {name: value for name, _, value in lines}
    links = [f"<{link}>" for link in (reader.unsubscribe_url, reader.unsubscribe_mailto) if link]
    arrived_and_meant: Mapping[str, tuple[object, object]] = {
        "From": (_read_mailbox(values["From"]), compiled.sender),
        "To": (
            _read_mailbox(values["To"]),
            Mailbox(tidy(reader.name, "name"), envelope_address(reader.email, "email")),
        ),
        "Subject": (_read_text(values["Subject"]), compiled.subject),
        "Date": (parsedate_to_datetime(values["Date"]), reader.date.replace(microsecond=0)),
        "Message-ID": (values["Message-ID"], compiled.message_id(reader.subscriber_id)),
        "List-Unsubscribe": (values["List-Unsubscribe"], ", ".join(links)),
    }
    for name, (arrived, meant) in arrived_and_meant.items():
        if arrived != meant:
            raise MessageError(name, f"would arrive as {arrived} instead of {meant}")


def _read_mailbox(value: str) -> Mailbox:
    name, address = parseaddr(value)
    return Mailbox(_read_text(name), address)


def _read_text(value: str) -> str:
    return str(make_header(decode_header(value)))


def _verify_parts(message: bytes, compiled: CompiledIssue, reader: ReaderCopy) -> None:
    parsed = BytesParser(policy=policy.SMTP).parsebytes(message)
    meant = list(_parts_meant(compiled))
    arrived = list(parsed.walk())
    types = [part.get_content_type() for part in arrived]
    if types != [content_type for content_type, _ in meant] or _numbers(parsed) != _numbers_meant(compiled):
        raise MessageError("message", f"would arrive as {', '.join(types)}")
    for part, (_, source) in zip(arrived, meant, strict=True):
        if source is None:
            continue
        if isinstance(source, Picture):
            field, content = source.path, source.data
        else:
            field, content = source.field, source.filled(reader.values, compiled.escape).encode("utf-8")
        if part.get_payload(decode=True) != content:
            raise MessageError(field, "would arrive changed")


def _parts_meant(compiled: CompiledIssue) -> Iterator[tuple[str, SplicedText | Picture | None]]:
    """Each part's type and what is in it; None for those that only hold others."""
    yield "multipart/alternative", None
    yield "text/plain", compiled.text
    if compiled.related:
        yield "multipart/related", None
    yield "text/html", compiled.html
    for picture in compiled.related.pictures if compiled.related else ():
        yield picture.media_type, picture


def _numbers(message: Message) -> list[int]:
    """How many parts each of those parts holds that hold any."""
    return [len(part.get_payload()) for part in message.walk() if part.is_multipart()]


def _numbers_meant(compiled: CompiledIssue) -> list[int]:
    return [2, 1 + len(compiled.related.pictures)] if compiled.related else [2]
