"""A notice to whoever runs the newsletter → RFC 5322 bytes, with nothing in them that belongs to readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.headers import envelope_address, mailbox_value, parse_mailbox, subject_value
from newsletter.delivery.message import date_value
from newsletter.delivery.splicing import encode_text
from newsletter.errors import MessageError


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to one person, about the newsletter and not an issue of it."""

    from_address: str
    to: str
    subject: str
    text: str
    html: str
    date: datetime  # aware
    identity: str  # 32 hex digits that no other message has


def message_id(notice: Notice) -> str:
    """With its brackets, as it stands in the header. Raises MessageError."""
    return f"<{notice.identity}@{parse_mailbox(notice.from_address, 'from_address').domain}>"


def build_notice(notice: Notice) -> bytes:
    """The message, with CRLF only. Raises MessageError naming the field."""
    sender = parse_mailbox(notice.from_address, "from_address")
    # `=_` never occurs in quoted-printable (RFC 2045 §6.7), so no body can hold the boundary.
    boundary = b"=_" + notice.identity.encode("ascii")
    lines = {
        b"From": mailbox_value("From", sender.name, sender.address, "from_address"),
        b"To": mailbox_value("To", "", envelope_address(notice.to, "to"), "to"),
        b"Subject": subject_value(notice.subject),
        b"Date": date_value(notice.date),
        b"Message-ID": message_id(notice).encode("ascii"),
        b"Auto-Submitted": b"auto-generated",  # RFC 3834 §5: no vacation program answers it
        b"MIME-Version": b"1.0",
        b"Content-Type": b'multipart/alternative;\r\n boundary="' + boundary + b'"',
    }
    head = b"".join(name + b": " + value + b"\r\n" for name, value in lines.items())
    parts = b"".join(
        b"--" + boundary + b"\r\n" + _part(kind, body)
        for kind, body in ((b"plain", notice.text), (b"html", notice.html))
    )
    return head + b"\r\n" + parts + b"--" + boundary + b"--\r\n"


def _part(kind: bytes, body: str) -> bytes:
    try:
        encoded = encode_text(body)
    except UnicodeEncodeError:
        raise MessageError("text", "holds half of a surrogate pair") from None
    return (
        b"Content-Type: text/" + kind + b"; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded + b"\r\n"
    )
