"""One issue and a few readers → whole messages, read back by the standard library."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.message import CompiledIssue, ReaderCopy, compile_issue, verify
from newsletter.errors import MessageError
from newsletter.rendering.slots import Segments, Slot, fill
from subscribers.tokens import Tokens

TOKENS = Tokens(b"a secret for the tests")
NOON = datetime(2026, 3, 3, 12, 0, 5, tzinfo=UTC)
LOOK_ALIKE = "=?utf-8?q?x=0D=0ABcc:=20dan@example.org?="
HTML: Segments = (
    "<p>Dear ",
    Slot("name", "friend", "text"),
    ",</p>\n.\nFrom here on it’s yours.\n<p>" + "word " * 60 + '</p>\n<a href="',
    Slot("unsubscribe_url", "", "url"),
    '">Leave</a>',
)
TEXT: Segments = (
    "Dear ",
    Slot("name", "friend", "plain"),
    ",\n\n.\n\nLeave: ",
    Slot("unsubscribe_url", "", "plain"),
)
EXPECTED = (
    "From To Subject Date Message-ID List-Id List-Unsubscribe List-Unsubscribe-Post MIME-Version Content-Type"
).split()


def issue(
    key: str = "issue 7",
    from_address: str = "The Practice <news@example.org>",
    reply_to: str = "",
    subject: str = "Small moments",
    html: Segments = HTML,
    text: Segments = TEXT,
) -> CompiledIssue:
    return compile_issue(
        key=key,
        from_address=from_address,
        reply_to=reply_to,
        subject=subject,
        list_id="<list-1.example.org>",
        html=html,
        text=text,
        keyed_hash=TOKENS.keyed_hash,
    )


def reader(name: str = "Ada Lovelace", email: str = "ada@example.org", subscriber_id: int = 1) -> ReaderCopy:
    link = f"https://news.example.org/unsubscribe/{TOKENS.unsubscribe_token(subscriber_id, 1, 7)}"
    return ReaderCopy(subscriber_id, email, name, {"name": name, "unsubscribe_url": link}, link, NOON)


ADA = reader()


def header_names(message: bytes) -> list[str]:
    head = message[: message.index(b"\r\n\r\n")].decode()
    return [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]


def header(message: bytes, name: str) -> str:
    lines = re.sub(r"\r\n(?=[ \t])", "", message[: message.index(b"\r\n\r\n")].decode()).split("\r\n")
    (value,) = [line.partition(": ")[2] for line in lines if line.startswith(f"{name}: ")]
    return value


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_message_has_the_expected_headers_each_once() -> None:
    assert header_names(issue().build(ADA)) == EXPECTED


def test_reply_to_stands_where_the_newsletter_has_one() -> None:
    message = issue(reply_to="Müller <office@example.org>").build(ADA)
    assert header_names(message) == [*EXPECTED[:5], "Reply-To", *EXPECTED[5:]]
    assert parsed(message)["Reply-To"] == "Müller <office@example.org>"


def test_headers_say_what_was_asked() -> None:
    message = parsed(issue().build(ADA._replace(unsubscribe_mailto="mailto:leave@example.org?subject=x")))
    assert message["From"] == "The Practice <news@example.org>"
    assert message["To"] == "Ada Lovelace <ada@example.org>"
    assert message["Subject"] == "Small moments"
    assert message["Date"] == "Tue, 03 Mar 2026 12:00:05 +0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", message["Message-ID"])
    assert message["List-Id"] == "<list-1.example.org>"
    assert message["List-Unsubscribe"] == f"<{ADA.unsubscribe_url}>, <mailto:leave@example.org?subject=x>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_text_comes_first_and_both_parts_are_what_the_slots_room_fills() -> None:
    message = parsed(issue().build(ADA))
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert [text.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    assert text.get_payload(decode=True) == fill(TEXT, ADA.values).replace("\n", "\r\n").encode()
    assert html.get_payload(decode=True) == fill(HTML, ADA.values).replace("\n", "\r\n").encode()
    assert {part["Content-Transfer-Encoding"] for part in (text, html)} == {"quoted-printable"}
    assert {part.get_content_charset() for part in (text, html)} == {"utf-8"}


def test_lines_end_in_crlf_stay_short_and_never_begin_with_a_dot() -> None:
    message = issue(subject="Grüße " * 80).build(ADA._replace(unsubscribe_url="https://example.org/" + "x" * 880))
    assert message.endswith(b"--\r\n")
    assert b"\n" not in message.replace(b"\r\n", b"") and b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert b"\r\n." not in message and b"\r\nFrom " not in message


def test_message_sent_again_is_the_same_message() -> None:
    assert issue().build(ADA) == issue().build(ADA)


def test_only_the_date_line_differs_from_the_preview() -> None:
    first, later = issue().build(ADA), issue().build(ADA._replace(date=NOON + timedelta(days=1)))
    assert first != later
    assert later.replace(b"Wed, 04 Mar 2026", b"Tue, 03 Mar 2026") == first


def test_message_id_and_boundary_belong_to_one_issue_and_one_subscriber() -> None:
    others = [
        issue().build(ADA),
        issue().build(reader(subscriber_id=2)),
        issue(key="issue 8").build(ADA),
    ]
    assert len({header(message, "Message-ID") for message in others}) == 3
    assert len({header(message, "Content-Type") for message in others}) == 3


def test_message_id_is_known_before_the_message_is_built() -> None:
    assert header(issue().build(ADA), "Message-ID") == issue().message_id(1)


def test_date_is_written_in_utc() -> None:
    date = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    written = header(issue().build(ADA._replace(date=date)), "Date")
    assert written == "Wed, 31 Dec 2025 22:30:00 +0000"
    assert parsedate_to_datetime(written) == date


def test_date_without_a_zone_is_refused() -> None:
    with pytest.raises(MessageError, match=r"^date: "):
        issue().build(ADA._replace(date=NOON.replace(tzinfo=None)))


def test_boundary_occurs_in_no_body() -> None:
    boundary = header(issue().build(ADA), "Content-Type").partition('"')[2].rstrip('"')
    bodies: Segments = (f"--{boundary}--\n", Slot("name", "", "plain"), f"\n--{boundary}\n")
    message = issue(html=bodies, text=bodies).build(ADA._replace(values={"name": f"--{boundary}"}))
    assert message.count(boundary.encode()) == 4  # the header and three delimiters
    assert [part.get_content_type() for part in parsed(message).iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("name", [LOOK_ALIKE, f"Ada {LOOK_ALIKE}", f'"{LOOK_ALIKE}"', "Ada:", "Bcc: dan@example.org"])
def test_name_or_subject_adds_no_header_and_arrives_as_it_is(name: str) -> None:
    compiled = issue(subject=name)
    message = compiled.build(reader(name=name))
    assert header_names(message) == EXPECTED
    assert parsed(message)["Bcc"] is None
    assert parsed(message)["To"].addresses[0].display_name == name
    assert parsed(message)["Subject"] == name
    verify(compiled, reader(name=name))


@pytest.mark.parametrize("control", ["\r\nBcc: dan@example.org", "\n", "\r", "\0", "\x1b"])
def test_line_end_or_control_in_a_header_is_refused_by_field(control: str) -> None:
    with pytest.raises(MessageError, match=r"^name: "):
        issue().build(reader(name=f"Ada{control}"))
    with pytest.raises(MessageError, match=r"^email: "):
        issue().build(reader(email=f"ada@example.org{control}"))
    with pytest.raises(MessageError, match=r"^unsubscribe_url: "):
        issue().build(ADA._replace(unsubscribe_url=ADA.unsubscribe_url + control))
    with pytest.raises(MessageError, match=r"^subject: "):
        issue(subject=f"Small{control}")
    with pytest.raises(MessageError, match=r"^from_address: "):
        issue(from_address=f"Ada{control} <ada@example.org>")
    with pytest.raises(MessageError, match=r"^reply_to: "):
        issue(reply_to=f"Ada{control} <ada@example.org>")


@pytest.mark.parametrize("injected", ["x\r\nBcc: dan@example.org\r\nX", "x\r\n\r\nBcc: dan@example.org"])
def test_header_that_slips_in_behind_every_check_is_found_in_the_bytes(injected: str) -> None:
    compiled = replace(issue(), keyed_hash=lambda purpose, /, *parts: injected)
    with pytest.raises(MessageError, match=r"^headers: .*Bcc"):
        compiled.build(ADA)


def test_percent_signs_stand_for_themselves() -> None:
    compiled = issue(from_address="100%b <news@example.org>", subject="50 %s off %(x)d %%")
    assert parsed(compiled.build(ADA))["Subject"] == "50 %s off %(x)d %%"
    verify(compiled, ADA)


def test_international_domains_are_a_labels() -> None:
    compiled = issue(from_address="Praxis <news@müller.example>")
    message = compiled.build(reader(email="ada@bücher.example"))
    assert header(message, "From") == "Praxis <news@xn--mller-kva.example>"
    assert header(message, "To") == "Ada Lovelace <ada@xn--bcher-kva.example>"
    assert header(message, "Message-ID").endswith("@xn--mller-kva.example>")
    verify(compiled, reader(email="ada@bücher.example"))


def test_local_part_beyond_ascii_is_written_in_utf8() -> None:
    jörg = reader(name="Jörg", email="jörg@example.org")
    assert header(issue().build(jörg), "To").endswith("?= <jörg@example.org>")
    verify(issue(), jörg)


@settings(max_examples=80)
@given(st.text(max_size=80), st.text(max_size=80))
def test_message_that_can_be_built_is_read_back_as_meant(name: str, value: str) -> None:
    copy = ADA._replace(name=name, values={"name": value, "unsubscribe_url": ADA.unsubscribe_url})
    compiled = issue()
    try:
        message = compiled.build(copy)
    except MessageError as error:
        assert error.field == "name"
        return
    assert header_names(message) == EXPECTED
    verify(compiled, copy)


def test_verify_finds_a_body_that_would_arrive_changed() -> None:
    answers = iter(["Ada", "https://example.org/1", "Ada", "https://example.org/1", "Ben", "https://example.org/1"])
    compiled = replace(issue(), escape=lambda slot, values: next(answers))
    with pytest.raises(MessageError, match=r"^text: would arrive changed"):
        verify(compiled, ADA)


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        (b"Small moments", b"Other moments", "Subject"),
        (b"The Practice", b"Somebody", "From"),
        (b"Date: %b", b"Date: Tue, 03 Mar 2026 12:00:06 +0000%.0b", "Date"),
        (b"Message-ID: <%b@example.org>", b"Message-ID: <%b@example.com>", "Message-ID"),
        (b"List-Unsubscribe: %b", b"List-Unsubscribe: =?utf-8?q?%b?=", "List-Unsubscribe"),
        (b"To: %b", b"To: Ben %b", "To"),
        (b"Small", b"Small" * 200, "message"),
        (b"multipart/alternative", b"multipart/mixed", "message"),
    ],
)
def test_verify_finds_a_header_that_would_arrive_otherwise(before: bytes, after: bytes, field: str) -> None:
    compiled = issue()
    assert before in compiled.head
    with pytest.raises(MessageError, match=rf"^{field}: "):
        verify(replace(compiled, head=compiled.head.replace(before, after)), ADA)
