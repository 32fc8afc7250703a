"""Names, subjects and links, also hostile ones → header values that are read back as they were meant."""

from __future__ import annotations

from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.headers import (
    Mailbox,
    envelope_address,
    list_id_value,
    mailbox_value,
    parse_mailbox,
    subject_value,
    unsubscribe_value,
)
from newsletter.errors import MessageError

LOOK_ALIKE = "=?utf-8?q?x=0D=0ABcc:=20dan@example.org?="
LINK = "https://example.org/unsubscribe/"

printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=150)
awkward = st.lists(
    st.sampled_from(["=?", "?=", LOOK_ALIKE, '"', "\\", ",", "<", ">", "@", "(", ")", ":", ".", " ", "Ada", "é", "漢"]),
    max_size=12,
).map("".join)
names = printable | awkward


def unfolded(value: bytes) -> str:
    return value.decode().replace("\r\n ", " ")


def decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


def tidied(text: str) -> str:
    return " ".join(part for part in text.split(" ") if part)


def assert_foldable(header: str, value: bytes) -> None:
    lines = f"{header}: ".encode() + value
    assert max(map(len, lines.split(b"\r\n"))) <= 998
    assert lines.replace(b"\r\n ", b"").isascii()
    assert b"\r" not in lines.replace(b"\r\n ", b"") and b"\n" not in lines.replace(b"\r\n ", b"")


@settings(max_examples=200)
@given(names)
@example(LOOK_ALIKE)
@example("=?utf-8?q?Ben?=")
@example('O\'Neil, "Ada" \\ (PhD)')
@example("Ä" * 140)
@example("a" * 2000)
def test_name_is_read_back_as_it_was(name: str) -> None:
    value = mailbox_value("To", name, "ada@example.org", "name")
    assert_foldable("To", value)
    read_name, address = parseaddr(unfolded(value))
    assert (decoded(read_name), address) == (tidied(name), "ada@example.org")


@settings(max_examples=200)
@given(names.filter(tidied))
@example(LOOK_ALIKE)
@example("=?utf-8?q?Ben?=")
@example("word " * 300)
@example("a" * 2000)
@example("x" * 68 + " " + "=?")
def test_subject_is_read_back_as_it_was(subject: str) -> None:
    value = subject_value(subject)
    assert_foldable("Subject", value)
    assert decoded(unfolded(value)) == tidied(subject)


@pytest.mark.parametrize("subject", ["word " * 60, "Grüße " * 60, "漢字" * 60, LOOK_ALIKE * 9])
def test_long_subject_is_folded_into_short_lines(subject: str) -> None:
    lines = (b"Subject: " + subject_value(subject)).split(b"\r\n")
    assert len(lines) > 3
    assert max(map(len, lines)) <= 78


def test_encoded_word_is_cut_between_characters_only() -> None:
    for word in subject_value("漢字" * 60).decode().split():
        assert len(word) <= 75
        assert set(decoded(word)) == set("漢字")  # half a character would not decode


def test_plain_name_is_written_plainly() -> None:
    assert mailbox_value("To", "Ada Lovelace", "ada@example.org", "name") == b"Ada Lovelace <ada@example.org>"


def test_name_with_punctuation_is_quoted() -> None:
    assert mailbox_value("To", 'Ada "A." L.', "ada@example.org", "name") == rb'"Ada \"A.\" L." <ada@example.org>'


@pytest.mark.parametrize("name", [LOOK_ALIKE, "=?utf-8?q?Ben?=", "Ada =?utf-8?b?QmVu?="])
def test_encoded_word_in_a_name_is_literal_text(name: str) -> None:
    value = mailbox_value("To", name, "ada@example.org", "name")
    assert name.encode() not in value
    assert decoded(parseaddr(unfolded(value))[0]) == name


def test_name_of_spaces_is_no_name() -> None:
    assert mailbox_value("To", "  ", "ada@example.org", "name") == b"ada@example.org"


@settings(max_examples=60)
@given(printable, st.sampled_from("\r\n\0\x0b\x1b\x7f\x85\u2028\u2029\ud800"), printable)
def test_control_character_in_a_name_is_refused(before: str, control: str, after: str) -> None:
    with pytest.raises(MessageError, match=r"^name: .*U\+"):
        mailbox_value("To", before + control + after, "ada@example.org", "name")
    with pytest.raises(MessageError, match=r"^subject: .*U\+"):
        subject_value(before + control + after)
    with pytest.raises(MessageError, match=r"^from_address: .*U\+"):
        parse_mailbox(f"Ada{control} <ada@example.org>", "from_address")


@pytest.mark.parametrize("subject", ["", "   "])
def test_empty_subject_is_refused(subject: str) -> None:
    with pytest.raises(MessageError, match=r"^subject: "):
        subject_value(subject)


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("ada@example.org", Mailbox("", "ada@example.org")),
        (" <ada@example.org> ", Mailbox("", "ada@example.org")),
        ("Ada <ada@example.org>", Mailbox("Ada", "ada@example.org")),
        ("Dr. Ada L., Practice <ada@example.org>", Mailbox("Dr. Ada L., Practice", "ada@example.org")),
        (r'"Ada \"A\" L." <ada@example.org>', Mailbox('Ada "A" L.', "ada@example.org")),
        ("Praxis Müller <ada@müller.example>", Mailbox("Praxis Müller", "ada@xn--mller-kva.example")),
        (f"{LOOK_ALIKE} <ada@example.org>", Mailbox(LOOK_ALIKE, "ada@example.org")),
    ],
)
def test_mailbox_is_read_as_a_person_writes_it(text: str, mailbox: Mailbox) -> None:
    assert parse_mailbox(text, "from_address") == mailbox


@pytest.mark.parametrize(
    "text",
    [
        *("", "Ada", "Ada <>", "Ada <ada>", "Ada <ada@>", "@example.org", "ada@example.org, ben@example.org"),
        *(
            "Ada <ada@example.org> <ben@example.org>",
            "Ada <ada@exam ple.org>",
            "ada@-example.org",
            "Ada <a@b@c>",
        ),
        *("Ada <ädä@example.org>", 'Ada "x" <ada@example.org>', "a" * 300 + "@example.org"),
    ],
)
def test_what_is_no_mailbox_of_ours_is_refused_by_field(text: str) -> None:
    with pytest.raises(MessageError, match=r"^reply_to: "):
        parse_mailbox(text, "reply_to")


def test_international_domain_is_written_as_a_labels() -> None:
    assert envelope_address("ada@müller.example", "email") == "ada@xn--mller-kva.example"


@pytest.mark.parametrize("address", ["ada@example.org\r\nBcc: dan@example.org", "ada@example.org>", "a\ud800@b.org"])
def test_address_that_would_break_out_is_refused(address: str) -> None:
    with pytest.raises(MessageError, match=r"^email: "):
        envelope_address(address, "email")


@pytest.mark.parametrize("length", [60, 78, 79, 500, 899, 900])
def test_link_stays_whole_at_any_length(length: int) -> None:
    link = LINK + "x" * (length - len(LINK))
    assert unsubscribe_value(link) == f"<{link}>".encode()
    mailto = "mailto:" + "x" * (length - 19) + "@example.org"
    assert len(mailto) == length
    assert unsubscribe_value(link, mailto) == f"<{link}>,\r\n <{mailto}>".encode()


def test_link_that_is_too_long_is_refused() -> None:
    with pytest.raises(MessageError, match=r"^unsubscribe_url: is longer than 900 octets"):
        unsubscribe_value(LINK + "x" * (901 - len(LINK)))
    with pytest.raises(MessageError, match=r"^unsubscribe_mailto: is longer than 900 octets"):
        unsubscribe_value(LINK, "mailto:" + "x" * 890 + "@example.org")


@pytest.mark.parametrize(
    "link",
    [
        "http://localhost:8000/u/x",
        "http://127.0.0.1:8000/u/x",
        "http://127.9.9.9/",
        "http://[::1]:80/u",
        "http://demo.localhost/u",
        "https://example.org",
        "https://example.org:8443/u/x?y=%20z",
    ],
)
def test_link_is_https_or_leads_to_this_machine(link: str) -> None:
    assert unsubscribe_value(link) == f"<{link}>".encode()


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://example.org/u",
        "http://localhost@example.org/u",
        "http://localhost.example.org/",
        "http://[::1/u",
        "javascript:alert(1)",
        "https://",
        "https:///u",
        "https://example.org/ü",
        "https://example.org/a b",
        "ftp://x/",
        "https://example.org/\r\n",
        "https://example.org/>,<https://example.com/",
        "//example.org/",
        "http://192.168.1.2/",
    ],
)
def test_any_other_link_is_refused(link: str) -> None:
    with pytest.raises(MessageError, match=r"^unsubscribe_url: "):
        unsubscribe_value(link)


@pytest.mark.parametrize("mailto", ["ada@example.org", "mailto:ada", "mailto:ada@example.org\r\nBcc: x", "mailto:a@b>"])
def test_what_is_no_mailto_link_is_refused(mailto: str) -> None:
    with pytest.raises(MessageError, match=r"^unsubscribe_mailto: "):
        unsubscribe_value(LINK, mailto)


@pytest.mark.parametrize("list_id", ["", "1.example.org", "<1>", "<Weekly news.example.org>", "<a.b>\r\n", "<ä.b>"])
def test_list_id_is_an_identifier_in_brackets(list_id: str) -> None:
    assert list_id_value("<list-1.example.org>") == b"<list-1.example.org>"
    with pytest.raises(MessageError, match=r"^list_id: "):
        list_id_value(list_id)
