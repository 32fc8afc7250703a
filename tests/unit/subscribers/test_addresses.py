"""Addresses as people type them, and the quick way held against the slow one."""

from __future__ import annotations

import string

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers.addresses import (
    FREE_MAIL_DOMAINS,
    Address,
    _parse_fully,
    _parse_plain,
    is_example,
    is_free_mail,
    parse,
)
from subscribers.errors import InvalidAddress


def test_address_keeps_its_local_part_and_lowers_its_domain() -> None:
    assert parse("Ada.Lovelace@Example.ORG") == Address(
        email="Ada.Lovelace@example.org",
        key="ada.lovelace@example.org",
        local="Ada.Lovelace",
        domain_ascii="example.org",
    )


@pytest.mark.parametrize("text", ["ada@example.org", " ada@example.org\t", "\u00a0ADA@EXAMPLE.org", "Ada@eXample.Org"])
def test_spellings_of_one_mailbox_share_a_key(text: str) -> None:
    assert parse(text).key == "ada@example.org"


def test_international_domain_goes_on_the_envelope_as_a_labels() -> None:
    address = parse("ben@Bücher.example")
    assert address.email == "ben@xn--bcher-kva.example"
    assert address.key == parse("BEN@xn--bcher-kva.example").key


def test_international_local_part_is_kept_and_says_what_it_needs() -> None:
    composed, decomposed = parse("Zoë@example.org"), parse("ZOE\u0308@example.org")
    assert composed.email == "Zoë@example.org"
    assert composed.key == decomposed.key == "zoë@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@@example.org",
        "ada@example",
        "ada@example..org",
        "ada.@example.org",
        ".ada@example.org",
        "ada lovelace@example.org",
        "ada@-example.org",
        "ada@example.org.",
        "ada@nobody.test",
        "ada@printer.local",
        "ada@[192.0.2.1]",
        "Ada <ada@example.org>",
        "<ada@example.org>",
        '"ada"@example.org',
        "ada@example.org, ben@example.org",
        "ada@example.org\r\nBcc: ben@example.org",
        "ada\x00@example.org",
        "ada@example.org\n",
        "ada@xn--a.example",
        "ada@exa_mple.org",
        f"ada@{'a' * 64}.org",
        f"{'a' * 250}@example.org",
        "a" * 1_000_000,
    ],
)
def test_what_is_no_address_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        parse(text)
    assert refused.value.address == text.strip(" \t\u00a0")
    assert "\n" not in str(refused.value)
    assert "\x00" not in str(refused.value)
    assert len(str(refused.value)) < 500


LOCALS = st.text(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~..", max_size=12) | st.sampled_from(
    ["INFO", "Postmaster", "abuse", "a" * 64, "a" * 65, "a" * 242, "a" * 243]
)
LABELS = st.text(string.ascii_letters + string.digits + "--", max_size=8) | st.sampled_from(
    ["xn--bcher-kva", "xn--a", "ab--c", "a" * 63, "a" * 64, "1", "example"]
)
TOP_LEVELS = st.sampled_from(
    [
        "org",
        "ORG",
        "test",
        "Test",
        "local",
        "localhost",
        "invalid",
        "onion",
        "arpa",
        "example",
        "c0m",
        "1",
        "a",
        "xn--p1ai",
    ]
)
ASCII_ADDRESSES = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}",
    LOCALS,
    st.lists(LABELS, max_size=5),
    TOP_LEVELS,
)


@settings(max_examples=400)
@given(ASCII_ADDRESSES | st.from_regex(r"[ -~]{1,20}@[ -~]{1,20}", fullmatch=True))
@example("INFO@example.org")
@example(f"{'a' * 242}@example.org")
@example(f"{'a' * 243}@example.org")
@example(f"ada@{'a' * 63}.org")
@example(f"ada@{'a' * 64}.org")
@example("ada@ab--cd.org")
@example("ada@a.b")
@example("ada@mail.test")
def test_quick_way_accepts_nothing_that_the_validator_refuses_and_says_the_same(text: str) -> None:
    quick = _parse_plain(text)
    if quick is None:
        return
    truth = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    assert (quick.local, quick.domain_ascii) == (truth.local_part, truth.ascii_domain)
    assert quick.email == truth.ascii_email
    assert quick == _parse_fully(text)


@given(
    st.from_regex(r"[a-z]{1,10}(\.[a-z0-9_+-]{1,10})?", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True),
)
@settings(max_examples=50)
def test_everyday_addresses_take_the_quick_way(local: str, domain: str) -> None:
    taken = _parse_plain(f"x{local}@{domain}.org")
    assert taken is not None and taken.email == f"x{local}@{domain}.org"


@settings(max_examples=200)
@given(st.text(max_size=40) | st.builds("{}@{}.org".format, st.text(max_size=20), st.text(max_size=20)))
def test_any_text_is_an_address_or_refused_and_the_truth_is_the_validators(text: str) -> None:
    try:
        address = parse(text)
    except InvalidAddress:
        with pytest.raises(EmailNotValidError):
            validate_email(text.strip(" \t\u00a0"), check_deliverability=False, allow_smtputf8=True)
    else:
        assert parse(address.email) == address
        assert parse(address.key).key == address.key
        assert len(address.key) <= 320
        assert address.domain_ascii.isascii()


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.org",
        "ada@EXAMPLE.com",
        "ada@mail.example.net",
        "ada@practice.example",
        "ada@practice.test",
        "ada@x.invalid",
        "ada@localhost",
    ],
)
def test_example_domains_reach_nobody(email: str) -> None:
    assert is_example(email)


@pytest.mark.parametrize(
    "email",
    ["ada@example.de", "ada@myexample.org", "ada@example.org.evil.com", "ada@test.com", "ada@gmail.com"],
)
def test_domains_that_only_look_like_examples_are_real(email: str) -> None:
    assert not is_example(email)


def test_free_mail_providers_are_told_from_own_domains() -> None:
    assert is_free_mail("GMAIL.com")
    assert is_free_mail("gmx.de")
    assert not is_free_mail("example.org")
    assert not is_free_mail("mail.practice.example")
    assert all(domain == domain.casefold() and "." in domain for domain in FREE_MAIL_DOMAINS)
