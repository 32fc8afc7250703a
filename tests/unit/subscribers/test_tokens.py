"""Links that nobody else can make, that never age, and that do one thing only."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.errors import InvalidToken, SubscribersError
from subscribers.tokens import Tokens, UnsubscribeLink

TOKENS = Tokens(b"a secret of at least sixteen bytes")
OTHERS = Tokens(b"another secret of sixteen bytes..")
# Written down: a link in a mail from years ago must still be this one.
KEPT_LINK = "7.1.3.9AJyNWIAzef2c05K49g97Qku33ZNMyaTfHJ9I-NZSSw"
IDS = st.integers(min_value=1, max_value=10**11 - 1)


@settings(max_examples=100)
@given(IDS, IDS, st.none() | IDS)
def test_link_is_read_back_as_it_was_made(subscriber_id: int, list_id: int, issue_id: int | None) -> None:
    token = TOKENS.unsubscribe_token(subscriber_id, list_id, issue_id)
    assert TOKENS.read_unsubscribe(token) == UnsubscribeLink(subscriber_id, list_id, issue_id)
    assert len(token) <= 80
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")


def test_same_facts_give_the_same_link_for_ever() -> None:
    assert TOKENS.unsubscribe_token(7, 1, 3) == KEPT_LINK
    assert TOKENS.read_unsubscribe(KEPT_LINK) == UnsubscribeLink(7, 1, 3)


def test_link_ends_in_a_character_that_mail_programs_do_not_cut_off() -> None:
    assert all(TOKENS.unsubscribe_token(each, 1, 1)[-1].isalnum() for each in range(1, 300))


def test_link_made_with_another_secret_is_refused() -> None:
    with pytest.raises(InvalidToken):
        TOKENS.read_unsubscribe(OTHERS.unsubscribe_token(7, 1, 3))


def test_link_of_one_purpose_is_refused_for_another() -> None:
    with pytest.raises(InvalidToken):
        TOKENS.read_unsubscribe(TOKENS.test_copy_token())
    assert not TOKENS.is_test_copy(TOKENS.unsubscribe_token(7, 1, 3))


def test_signature_does_not_carry_over_to_another_purpose_or_reader() -> None:
    signature = TOKENS.test_copy_token().rpartition(".")[2]
    link_signature = TOKENS.unsubscribe_token(7, 1, 3).rpartition(".")[2]
    for forged in (
        f"7.1.3.{signature}",
        f"8.1.3.{link_signature}",
        f"7.2.3.{link_signature}",
        f"7.1.0.{link_signature}",
    ):
        with pytest.raises(InvalidToken):
            TOKENS.read_unsubscribe(forged)
    assert not TOKENS.is_test_copy(f"test.{link_signature}")


def test_link_that_pauses_everything_is_good_for_that_alone() -> None:
    assert TOKENS.is_pause(TOKENS.pause_token())
    others = (OTHERS.pause_token(), TOKENS.test_copy_token(), TOKENS.unsubscribe_token(7, 1, 3), "everything", "", "ü")
    assert not any(TOKENS.is_pause(token) for token in others)
    assert not TOKENS.is_test_copy(TOKENS.pause_token())
    with pytest.raises(InvalidToken):
        TOKENS.read_unsubscribe(TOKENS.pause_token())


def test_test_copy_is_known_as_one() -> None:
    assert TOKENS.is_test_copy(TOKENS.test_copy_token())
    assert not TOKENS.is_test_copy(OTHERS.test_copy_token())


@settings(max_examples=200)
@given(st.text(max_size=120) | st.from_regex(r"[0-9]{1,5}\.[0-9]{1,3}\.[0-9]{1,3}\.[A-Za-z0-9_-]{43}", fullmatch=True))
def test_any_other_text_is_refused_and_nothing_breaks(text: str) -> None:
    with pytest.raises(InvalidToken):
        TOKENS.read_unsubscribe(text)
    assert not TOKENS.is_test_copy(text)


@settings(max_examples=200)
@given(st.data())
def test_every_change_to_a_link_is_refused(data: st.DataObject) -> None:
    for token, read in (
        (TOKENS.unsubscribe_token(17, 1, 5), TOKENS.read_unsubscribe),
        (TOKENS.test_copy_token(), lambda text: None if TOKENS.is_test_copy(text) else _refuse()),
    ):
        place = data.draw(st.integers(0, len(token)))
        end = data.draw(st.integers(place, min(place + 2, len(token))))
        mutated = token[:place] + data.draw(st.text(string.printable + "é٣", max_size=3)) + token[end:]
        if mutated != token:
            with pytest.raises(InvalidToken):
                read(mutated)


def _refuse() -> None:
    raise InvalidToken


def test_last_character_of_a_signature_has_one_spelling() -> None:
    # Base64 leaves two bits of it unused: a lax reader takes four spellings.
    token = TOKENS.unsubscribe_token(7, 1, 3)
    for character in string.ascii_letters + string.digits + "-_":
        if character != token[-1]:
            with pytest.raises(InvalidToken):
                TOKENS.read_unsubscribe(token[:-1] + character)


def test_keyed_hash_follows_from_secret_purpose_and_parts_and_tells_them_apart() -> None:
    known = TOKENS.keyed_hash("message id", 5, 17)
    assert known == Tokens(b"a secret of at least sixteen bytes").keyed_hash("message id", 5, 17)
    assert len(known) == 32 and set(known) <= set("0123456789abcdef")
    others = {
        TOKENS.keyed_hash("message id", 51, 7),
        TOKENS.keyed_hash("message id", "5", 17),
        TOKENS.keyed_hash("message id", 5, 17, ""),
        TOKENS.keyed_hash("message id", "a", "bc"),
        TOKENS.keyed_hash("message id", "ab", "c"),
        TOKENS.keyed_hash("message id", "i1:5"),
        TOKENS.keyed_hash("boundary", 5, 17),
        OTHERS.keyed_hash("message id", 5, 17),
    }
    assert len(others) == 8 and known not in others


def test_short_secret_is_refused() -> None:
    with pytest.raises(SubscribersError, match="16 bytes"):
        Tokens(b"short")
