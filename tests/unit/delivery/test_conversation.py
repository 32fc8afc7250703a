from __future__ import annotations

import itertools
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.conversation import Conversation, Ended, Event, TlsWanted
from newsletter.delivery.envelope import Envelope, Returned, Sent, Settled
from newsletter.delivery.relay_settings import RelaySettings
from newsletter.delivery.replies import Phase
from newsletter.errors import (
    ConfigError,
    InDoubt,
    MessageError,
    PermanentFailure,
    RelayRefusal,
    TransientFailure,
)

OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000")
BODY = b"Subject: Trust\r\n\r\nHello Ada\r\n"


def envelope(key: int = 1, recipient: str = "ada@example.org", message: bytes = BODY, **changes: Any) -> Envelope:
    return Envelope(key, changes.get("sender", "news@example.org"), recipient, message)


def ehlo_reply(*offers: str) -> bytes:
    lines = ["relay.example.org", *offers]
    marked = [f"250-{line}\r\n" for line in lines[:-1]] + [f"250 {lines[-1]}\r\n"]
    return "".join(marked).encode()


def conversation(**changes: Any) -> Any:  # a Conversation whose events need no narrowing
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": 25, "security": "none"}
    return Conversation(RelaySettings(**(usual | changes)), "[127.0.0.1]")


def ready(*offers: str, **changes: Any) -> Any:
    """A conversation that awaits its first envelope."""
    talk = conversation(**changes)
    assert talk.receive(b"220 hello\r\n") == []
    assert talk.data_to_send() == b"EHLO [127.0.0.1]\r\n"
    assert talk.receive(ehlo_reply(*(offers or OFFERS))) == []
    assert talk.is_idle and talk.has_room
    return talk


def in_body(talk: Conversation, given: Envelope) -> None:
    """The relay has said 354 to a pipelined group."""
    talk.send(given)
    talk.data_to_send()
    assert talk.receive(b"250 ok\r\n250 ok\r\n354 go\r\n") == []


def phase_of(talk: Conversation) -> Phase:
    return talk.phase


def outcome(events: list[Event]) -> Any:
    [told] = [event.outcome for event in events if isinstance(event, Settled)]
    return told


def ending(events: list[Event]) -> Any:
    assert isinstance(events[-1], Ended)
    return events[-1].reason


# -- before the first envelope


def test_conversation_goes_from_greeting_to_ready() -> None:
    talk = conversation()
    assert phase_of(talk) is Phase.GREETING
    talk.receive(b"220-two lines\r\n220 of greeting\r\n")
    assert phase_of(talk) is Phase.EHLO
    talk.data_to_send()
    talk.receive(ehlo_reply(*OFFERS))
    assert phase_of(talk) is Phase.READY


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"500 no\r\n"])
def test_relay_that_refuses_us_at_the_greeting_refuses_us_and_no_reader(greeting: bytes) -> None:
    assert isinstance(ending(conversation().receive(greeting)), RelayRefusal)


def test_relay_that_is_busy_at_the_greeting_is_a_passing_trouble() -> None:
    reason = ending(conversation().receive(b"421 too many connections\r\n"))
    assert isinstance(reason, TransientFailure) and "421 too many connections" in str(reason)


def test_refusal_of_ehlo_keeps_the_reply() -> None:
    talk = conversation()
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    reason = ending(talk.receive(b"550 5.7.1 we do not\r\n  like".replace(b"\r\n  ", b" ") + b"\r\n"))
    assert isinstance(reason, RelayRefusal)
    assert str(reason.reply) == "550 5.7.1 we do not like"


def test_tls_is_asked_for_and_everything_offered_before_is_forgotten() -> None:
    talk = conversation(security="starttls", host="relay.example.org")
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    talk.receive(ehlo_reply("STARTTLS", "PIPELINING"))
    assert talk.data_to_send() == b"STARTTLS\r\n"
    assert talk.receive(b"220 go ahead\r\n") == [TlsWanted()]
    assert phase_of(talk) is Phase.HANDSHAKE and talk.data_to_send() == b""
    talk.tls_started()
    assert talk.data_to_send() == b"EHLO [127.0.0.1]\r\n"
    talk.receive(ehlo_reply("8BITMIME"))
    talk.send(envelope())
    assert talk.data_to_send() == b"MAIL FROM:<news@example.org>\r\n"  # no group: PIPELINING was offered in the clear


def test_missing_starttls_is_never_a_silent_fall_back() -> None:
    talk = conversation(security="starttls")
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    reason = ending(talk.receive(ehlo_reply("PIPELINING")))
    assert isinstance(reason, RelayRefusal) and "STARTTLS" in str(reason)
    assert talk.data_to_send() == b""


@pytest.mark.parametrize("injected", [b"250 ok\r\n", b"2", b"\r\n"])
def test_plain_text_behind_the_answer_to_starttls_ends_the_conversation(injected: bytes) -> None:
    talk = conversation(security="starttls")
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    talk.receive(ehlo_reply("STARTTLS"))
    talk.data_to_send()
    assert isinstance(ending(talk.receive(b"220 go ahead\r\n" + injected)), RelayRefusal)


def test_plain_text_during_the_handshake_ends_the_conversation() -> None:
    talk = conversation(security="starttls")
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    talk.receive(ehlo_reply("STARTTLS"))
    talk.data_to_send()
    talk.receive(b"220 go ahead\r\n")
    assert isinstance(ending(talk.receive(b"250 ok\r\n")), RelayRefusal)


def logging_in(mechanisms: str, **changes: Any) -> Any:
    talk = conversation(**({"username": "practice", "password": "s3cret"} | changes))
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    talk.receive(ehlo_reply("PIPELINING", mechanisms))
    return talk


def test_auth_plain_says_who_we_are_in_one_line() -> None:
    talk = logging_in("AUTH LOGIN PLAIN")
    assert talk.data_to_send() == b"AUTH PLAIN " + b64encode(b"\0practice\0s3cret") + b"\r\n"
    assert phase_of(talk) is Phase.AUTH
    talk.receive(b"235 welcome\r\n")
    assert talk.is_idle


def test_auth_login_answers_question_by_question() -> None:
    talk = logging_in("AUTH=LOGIN")
    assert talk.data_to_send() == b"AUTH LOGIN\r\n"
    talk.receive(b"334 VXNlcm5hbWU6\r\n")
    assert talk.data_to_send() == b64encode(b"practice") + b"\r\n"
    talk.receive(b"334 UGFzc3dvcmQ6\r\n")
    assert talk.data_to_send() == b64encode(b"s3cret") + b"\r\n"
    talk.receive(b"235 welcome\r\n")
    assert talk.is_idle


def test_relay_that_asks_for_more_than_the_password_is_not_answered() -> None:
    talk = logging_in("AUTH PLAIN")
    talk.data_to_send()
    assert isinstance(ending(talk.receive(b"334 and your shoe size\r\n")), RelayRefusal)


@pytest.mark.parametrize("mechanisms", ["AUTH CRAM-MD5", "8BITMIME"])
def test_user_name_without_an_offer_to_log_in_is_a_refusal(mechanisms: str) -> None:
    talk = conversation(username="practice", password="s3cret")
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    assert isinstance(ending(talk.receive(ehlo_reply(mechanisms))), RelayRefusal)


def test_password_never_leaves_for_another_machine_without_tls() -> None:
    talk = conversation(host="relay.example.org", username="practice", password="s3cret")
    talk.receive(b"220 hello\r\n")
    talk.data_to_send()
    assert isinstance(ending(talk.receive(ehlo_reply("AUTH PLAIN"))), RelayRefusal)
    assert talk.data_to_send() == b""


@pytest.mark.parametrize("code, kind", [(535, RelayRefusal), (454, TransientFailure), (421, TransientFailure)])
def test_wrong_password_is_said_without_the_password(code: int, kind: Any) -> None:
    talk = logging_in("AUTH PLAIN")
    token = talk.data_to_send().split()[-1].decode()
    reason = ending(talk.receive(f"{code} s3cret is wrong, and so is {token}\r\n".encode()))
    assert isinstance(reason, kind)
    for secret in ("s3cret", token):
        assert secret not in str(reason) + str(reason.reply) + repr(reason) + repr(talk)


def test_settings_show_no_password_and_refuse_what_could_break_a_line() -> None:
    usual: dict[str, Any] = {"host": "localhost", "port": 25, "password": "s3cret"}
    assert "s3cret" not in repr(RelaySettings(**usual))
    for wrong in (
        {"helo_name": "a\r\nRSET"},
        {"password": "a\0b"},
        {"connections": 0},
        {"host": "a b"},
        {"port": 0},
    ):
        with pytest.raises(ConfigError):
            RelaySettings(**(usual | wrong))


# -- envelopes, pipelined


def test_pipelined_messages_take_one_write_each() -> None:
    talk = ready()
    talk.send(envelope(1))
    group = b"MAIL FROM:<news@example.org>\r\nRCPT TO:<%s>\r\nDATA\r\n"
    assert talk.data_to_send() == group % b"ada@example.org"
    assert not talk.has_room
    talk.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert phase_of(talk) is Phase.BODY and talk.has_room
    talk.send(envelope(2, "ben@example.org"))
    assert not talk.has_room
    assert talk.data_to_send() == BODY + b".\r\n" + group % b"ben@example.org"
    assert phase_of(talk) is Phase.FINAL_DOT
    events = talk.receive(b"250 2.0.0 queued as 7\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert str(outcome(events).reply) == "250 2.0.0 queued as 7"
    assert talk.data_to_send() == BODY + b".\r\n"
    assert isinstance(outcome(talk.receive(b"250 ok\r\n")), Sent)
    talk.quit()
    assert talk.data_to_send() == b"QUIT\r\n"
    assert talk.receive(b"221 bye\r\n") == [Ended(None)]


def test_next_envelope_has_no_room_before_its_turn() -> None:
    talk = ready()
    talk.send(envelope())
    talk.data_to_send()
    with pytest.raises(RuntimeError):
        talk.send(envelope(2))
    with pytest.raises(RuntimeError):
        talk.quit()


@pytest.mark.parametrize("offers, changes", [(("8BITMIME",), {}), (OFFERS, {"pipelining": "off"})])
def test_without_pipelining_every_command_has_a_turn_of_its_own(
    offers: tuple[str, ...], changes: dict[str, Any]
) -> None:
    talk = ready(*offers, **changes)
    talk.send(envelope())
    said = [talk.data_to_send()]
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        assert talk.receive(reply) == []
        assert not talk.has_room
        said.append(talk.data_to_send())
    assert said == [
        b"MAIL FROM:<news@example.org>\r\n",
        b"RCPT TO:<ada@example.org>\r\n",
        b"DATA\r\n",
        BODY + b".\r\n",
    ]
    assert isinstance(outcome(talk.receive(b"250 ok\r\n")), Sent)
    assert talk.has_room


@pytest.mark.parametrize("code, kind", [(450, TransientFailure), (452, TransientFailure), (550, PermanentFailure)])
def test_reader_refused_at_rcpt_fails_alone_and_the_next_goes_out_behind_rset(code: int, kind: Any) -> None:
    talk = ready()
    talk.send(envelope())
    talk.data_to_send()
    failure = outcome(talk.receive(b"250 ok\r\n%d not this one\r\n503 no recipients\r\n" % code))
    assert type(failure) is kind and failure.reply.code == code
    talk.send(envelope(2, "ben@example.org"))
    assert talk.data_to_send().startswith(b"RSET\r\nMAIL FROM:<news@example.org>\r\nRCPT TO:<ben@")
    talk.receive(b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert talk.data_to_send() == BODY + b".\r\n"


def test_data_that_is_taken_for_a_refused_reader_gets_an_empty_body_and_marks_nobody_sent() -> None:
    talk = ready()
    talk.send(envelope())
    talk.data_to_send()
    assert isinstance(outcome(talk.receive(b"250 ok\r\n550 no\r\n354 go\r\n")), PermanentFailure)
    assert talk.data_to_send() == b".\r\n"
    assert talk.receive(b"250 taken, whatever it was\r\n") == []
    assert talk.is_idle


def test_data_that_is_taken_after_mail_was_put_off_gets_an_empty_body_and_rolls_on() -> None:
    talk = ready()
    talk.send(envelope())
    talk.data_to_send()
    assert isinstance(outcome(talk.receive(b"451 later\r\n250 ok\r\n354 go\r\n")), TransientFailure)
    talk.send(envelope(2, "ben@example.org"))
    assert talk.data_to_send().startswith(b".\r\nMAIL FROM:")
    events = talk.receive(b"554 no valid recipients\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert events == []
    talk.data_to_send()
    assert isinstance(outcome(talk.receive(b"250 ok\r\n")), Sent)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_without_pipelining_a_failed_envelope_is_followed_by_rset(step: str) -> None:
    talk = ready("8BITMIME")
    talk.send(envelope())
    for name in ("mail", "rcpt", "data"):
        talk.data_to_send()
        if name == step:
            assert isinstance(outcome(talk.receive(b"451 later\r\n")), TransientFailure)
            break
        talk.receive(b"250 ok\r\n")
    assert talk.data_to_send() == b"RSET\r\n"
    assert not talk.has_room
    talk.receive(b"250 ok\r\n")
    assert talk.has_room


@pytest.mark.parametrize("code, kind", [(451, TransientFailure), (554, PermanentFailure)])
def test_reply_to_data_is_about_the_reader(code: int, kind: Any) -> None:
    talk = ready()
    talk.send(envelope())
    talk.data_to_send()
    assert type(outcome(talk.receive(b"250 ok\r\n250 ok\r\n%d hm\r\n" % code))) is kind


@pytest.mark.parametrize("code, kind", [(451, TransientFailure), (554, PermanentFailure)])
def test_reply_to_the_message_is_about_the_reader(code: int, kind: Any) -> None:
    talk = ready()
    in_body(talk, envelope())
    talk.data_to_send()
    failure = outcome(talk.receive(b"%d 5.7.1 hm\r\n" % code))
    assert type(failure) is kind and failure.reply.text == "5.7.1 hm"
    assert talk.is_idle


@pytest.mark.parametrize("offers", [OFFERS, ("8BITMIME",)])
def test_refusal_of_the_return_path_gives_the_envelope_back_unmarked(offers: tuple[str, ...]) -> None:
    talk = ready(*offers)
    talk.send(envelope())
    talk.data_to_send()
    returned, ended = talk.receive(b"553 not from you\r\n")
    assert isinstance(returned, Returned) and isinstance(ended, Ended)
    assert isinstance(ended.reason, RelayRefusal) and str(ended.reason.reply) == "553 not from you"


# -- endings


@pytest.mark.parametrize("heard", [b"421 bye\r\n", b"250 ok\r\n421 bye\r\n", b"250 ok\r\n250 ok\r\n421 bye\r\n"])
def test_421_before_the_message_left_gives_it_back_for_another_connection(heard: bytes) -> None:
    talk = ready()
    talk.send(envelope())
    talk.data_to_send()
    returned, ended = talk.receive(heard)
    assert returned.envelope.key == 1 and returned.reason.reply.code == 421
    assert not isinstance(ended.reason, RelayRefusal)


def test_421_while_nothing_was_asked_ends_the_conversation_and_harms_nobody() -> None:
    talk = ready()
    [ended] = talk.receive(b"421 idle too long\r\n")
    assert isinstance(ended, Ended) and "421 idle too long" in str(ended.reason)
    assert not talk.has_room and talk.data_to_send() == b""


def test_421_after_the_final_dot_is_the_answer_to_that_message_and_the_next_comes_back() -> None:
    talk = ready()
    in_body(talk, envelope(1))
    talk.send(envelope(2, "ben@example.org"))
    talk.data_to_send()
    settled, returned, ended = talk.receive(b"421 shutting down\r\n")
    assert settled.envelope.key == 1 and isinstance(settled.outcome, TransientFailure)
    assert returned.envelope.key == 2
    assert isinstance(ended, Ended)


def test_connection_that_dies_before_the_final_dot_was_handed_out_leaves_no_doubt() -> None:
    for talk in walk_to_the_dot():
        returned, _ = talk.connection_lost("it was cut")
        assert isinstance(returned, Returned)


def walk_to_the_dot() -> Iterator[Any]:
    """A conversation stopped at each step before its message is handed out."""
    for heard in (b"", b"250 ok\r\n", b"250 ok\r\n250 ok\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n"):
        talk = ready()
        talk.send(envelope())
        talk.data_to_send()
        talk.receive(heard)
        yield talk


def test_connection_that_dies_after_the_final_dot_leaves_one_message_in_doubt_and_no_more() -> None:
    talk = ready()
    in_body(talk, envelope(1))
    talk.send(envelope(2, "ben@example.org"))
    talk.data_to_send()
    in_doubt, returned, ended = talk.connection_lost("it was cut")
    assert in_doubt.envelope.key == 1 and isinstance(in_doubt.outcome, InDoubt)
    assert returned.envelope.key == 2
    assert isinstance(ended.reason, TransientFailure)
    assert talk.connection_lost("again") == []


def test_final_dot_that_never_left_this_machine_leaves_no_doubt() -> None:
    group = len(b"MAIL FROM:<news@example.org>\r\nRCPT TO:<ben@example.org>\r\nDATA\r\n")
    for unsent, doubts in ((group, 1), (group + 1, 0)):
        talk = ready()
        in_body(talk, envelope(1))
        talk.send(envelope(2, "ben@example.org"))
        talk.data_to_send()
        events = talk.connection_lost("it was cut", unsent)
        assert sum(isinstance(event, Settled) for event in events) == doubts
        assert sum(isinstance(event, Returned) for event in events) == 2 - doubts


def test_nonsense_after_the_final_dot_leaves_that_message_in_doubt() -> None:
    talk = ready()
    in_body(talk, envelope())
    talk.data_to_send()
    assert isinstance(outcome(talk.receive(b"HTTP/1.1 200 OK\r\n")), InDoubt)


def test_half_a_reply_to_the_final_dot_is_no_reply() -> None:
    talk = ready()
    in_body(talk, envelope())
    talk.data_to_send()
    assert talk.receive(b"250 2.0.0 que") == []
    assert isinstance(outcome(talk.connection_lost("it was cut")), InDoubt)


@pytest.mark.parametrize(
    "heard",
    [
        b"250 surprise\r\n",
        b"hello\r\n",
        b"99 x\r\n",
        b"600 x\r\n",
        b"150 x\r\n",
        b"250_x\r\n",
        b"250-a\r\n251 b\r\n",
        b"\r\n",
        b"2" * 70_000,
        b"250-x\r\n" * 10_000,
    ],
)
def test_what_is_not_smtp_ends_the_conversation(heard: bytes) -> None:
    [ended] = ready().receive(heard)
    assert isinstance(ended, Ended) and isinstance(ended.reason, TransientFailure)


def test_answer_that_does_not_fit_its_command_ends_the_conversation() -> None:
    for heard in (b"354 go\r\n", b"250 ok\r\n250 ok\r\n250 ok\r\n"):
        talk = ready()
        talk.send(envelope())
        talk.data_to_send()
        returned, ended = talk.receive(heard)
        assert isinstance(returned, Returned) and isinstance(ended.reason, TransientFailure)


def test_reply_that_comes_before_its_command_was_said_is_not_believed() -> None:
    talk = conversation()
    [ended] = talk.receive(b"220 hello\r\n250 and you are welcome\r\n")
    assert isinstance(ended, Ended) and isinstance(ended.reason, TransientFailure)


def test_lost_connection_after_quit_is_a_good_end() -> None:
    talk = ready()
    talk.quit()
    talk.data_to_send()
    assert talk.connection_lost("gone") == [Ended(None)]


def test_words_of_the_relay_are_fit_for_a_terminal() -> None:
    reason = ending(conversation().receive(b"554-\x1b[31mno\r\n554 \xff\x00never\r\n"))
    assert str(reason.reply) == "554 [31mno \ufffd never"
    assert len(ending(conversation().receive(b"554 " + b"x" * 30_000 + b"\r\n")).reply.text) < 1_100


# -- what goes on the wire


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@example.org>\r\nRCPT TO:<dan@example.org",
        "ada\r\n@example.org",
        "ada\n@example.org",
        "ada@example.org ",
        "ada b@example.org",
        "<ada@example.org>",
        "ada\0@example.org",
        "adá\u2028@example.org",
        "adá\u0085@example.org",
        "\ud800@example.org",
        "ada",
        "@example.org",
        "ada@",
        "ada@exa mple.org",
        "ada@\u00ad",
        "a" * 65 + "@example.org",
        "",
    ],
)
def test_address_that_could_be_more_than_an_address_never_reaches_the_wire(recipient: str) -> None:
    talk = ready()
    failure = outcome(talk.send(envelope(recipient=recipient)))
    assert isinstance(failure, PermanentFailure) and failure.reply is None
    assert talk.data_to_send() == b"" and talk.has_room


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=150)
def test_whatever_the_address_the_relay_hears_three_commands_or_none(local: str, domain: str) -> None:
    talk = ready()
    talk.send(envelope(recipient=f"{local}@{domain}"))
    said = talk.data_to_send()
    assert said.count(b"\n") == said.count(b"\r") == (3 if said else 0)
    assert said.count(b"<") == said.count(b">") == (2 if said else 0)
    assert b"\0" not in said


def test_return_path_that_cannot_be_used_marks_no_reader() -> None:
    for sender in ("news\r\n@example.org", "news", "näws@example.org"):
        talk = ready("PIPELINING")
        returned, ended = talk.send(envelope(sender=sender))
        assert isinstance(returned, Returned) and isinstance(ended.reason, RelayRefusal)


def test_null_return_path_is_written_as_such() -> None:
    talk = ready()
    talk.send(envelope(sender=""))
    assert talk.data_to_send().startswith(b"MAIL FROM:<>\r\n")


def test_international_local_part_goes_where_smtputf8_is_offered() -> None:
    talk = ready()
    talk.send(envelope(recipient="adä@exämple.org"))
    mail, rcpt, _ = talk.data_to_send().splitlines()
    assert mail == b"MAIL FROM:<news@example.org> BODY=8BITMIME SMTPUTF8"
    assert rcpt == "RCPT TO:<adä@xn--exmple-cua.org>".encode()


def test_international_local_part_fails_with_a_reason_where_smtputf8_is_not_offered() -> None:
    failure = outcome(ready("PIPELINING", "8BITMIME").send(envelope(recipient="adä@example.org")))
    assert isinstance(failure, PermanentFailure) and "SMTPUTF8" in str(failure)


def test_international_domain_needs_no_extension() -> None:
    talk = ready("PIPELINING")
    talk.send(envelope(recipient="ada@exämple.org"))
    assert b"MAIL FROM:<news@example.org>\r\nRCPT TO:<ada@xn--exmple-cua.org>\r\n" in talk.data_to_send()


def test_message_of_8_bits_is_announced_or_fails() -> None:
    eight_bits = envelope(message="Grüße\r\n".encode())
    talk = ready("8BITMIME")
    talk.send(eight_bits)
    assert talk.data_to_send() == b"MAIL FROM:<news@example.org> BODY=8BITMIME\r\n"
    assert isinstance(outcome(ready("PIPELINING").send(eight_bits)), PermanentFailure)


@pytest.mark.parametrize("offer, fits", [("SIZE 1000", False), ("SIZE 1010", True), ("SIZE", True), ("SIZE 0", True)])
def test_message_larger_than_the_relay_takes_fails_with_both_numbers(offer: str, fits: bool) -> None:
    events = ready(offer).send(envelope(message=b"x" * 1_008 + b"\r\n"))
    assert (events == []) is fits
    if not fits:
        assert "1010" in str(outcome(events)) and "1000" in str(outcome(events))


@pytest.mark.parametrize(
    "message, on_the_wire",
    [
        (b".\r\n", b"..\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n..b\r\n.c\r\n", b"a\r\n...b\r\n..c\r\n"),
        (b"a\n.\r\n", b"a\n..\r\n"),
        (b"a.b\r\n", b"a.b\r\n"),
    ],
)
def test_dot_at_the_begin_of_a_line_never_ends_the_message(message: bytes, on_the_wire: bytes) -> None:
    talk = ready()
    in_body(talk, envelope(message=message))
    assert talk.data_to_send() == on_the_wire + b".\r\n"


def test_message_without_an_end_of_line_is_no_envelope() -> None:
    with pytest.raises(MessageError):
        envelope(message=b"half a line")


# -- any bytes at all


def play(script: list[bytes], sizes: list[int], **changes: Any) -> list[Any]:
    """Every event of a talk whose relay answers each write with one of `script`, in pieces of `sizes`."""
    talk = conversation(**changes)
    envelopes = iter([envelope(key, f"reader{key}@example.org") for key in range(1, 6)])
    pieces = itertools.cycle(sizes)
    events: list[Any] = []
    for reply in script:
        while reply:
            size = next(pieces)
            events += talk.receive(reply[:size])
            reply = reply[size:]
        while talk.has_room and (given := next(envelopes, None)) is not None:
            events += talk.send(given)
        talk.data_to_send()
    events += talk.connection_lost("the script ended")
    return events


GROUP_OF_3 = b"250 ok\r\n250 ok\r\n354 go\r\n"
HONEST = [
    b"220-hello\r\n220 there\r\n",
    ehlo_reply(*OFFERS),
    GROUP_OF_3,
    b"250-taken\r\n250 as 1\r\n" + GROUP_OF_3,
    b"451 later\r\n250 ok\r\n550 nobody\r\n503 no\r\n",
    b"250 reset\r\n" + GROUP_OF_3,
    b"250 as 4\r\n250 ok\r\n452 full\r\n354 go\r\n",
    b"554 nothing\r\n",
]


def told(events: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (type(event).__name__, event.envelope.key, type(event.outcome).__name__, str(event.outcome.reply))
        if isinstance(event, Settled)
        else (type(event).__name__, str(getattr(event, "reason", "")))
        for event in events
    ]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20))
@settings(max_examples=100)
def test_same_replies_in_any_pieces_tell_the_same(sizes: list[int]) -> None:
    whole = told(play(HONEST, [10_000]))
    assert [row[2] for row in whole if row[0] == "Settled"] == [
        "Sent",
        "TransientFailure",
        "PermanentFailure",
        "Sent",
        "TransientFailure",
    ]
    assert told(play(HONEST, sizes)) == whole


def test_connection_cut_at_any_octet_leaves_the_facts_as_they_stood_there() -> None:
    """Envelope 1 comes back until it has left, is in doubt until its reply is whole, and then is sent."""
    transmitted = sum(map(len, HONEST[:3]))
    answered = transmitted + HONEST[3].index(b"1\r\n") + 3
    for cut in range(sum(map(len, HONEST))):
        starts = itertools.accumulate(map(len, HONEST), initial=0)
        heard = [part[: max(0, cut - start)] for start, part in zip(starts, HONEST, strict=False)]
        events = play([part for part in heard if part], [10_000])
        firsts = [event for event in events if not isinstance(event, Ended) and event.envelope.key == 1]
        if cut < transmitted:
            assert [type(event) for event in firsts] in ([], [Returned])
        else:
            assert type(outcome(firsts)) is (InDoubt if cut < answered else Sent), cut
        assert sum(isinstance(event, Settled) and isinstance(event.outcome, InDoubt) for event in events) <= 1


SNIPPETS = [
    b"2",
    b"250 ok\r\n",
    b"354 go\r\n",
    b"550 no\r\n",
    b"421 bye\r\n",
    b"250-",
    b"\r\n",
    b"\n",
    b"\xff",
    b"334 x\r\n",
]
ANYTHING = st.lists(
    st.lists(st.one_of(st.sampled_from(SNIPPETS), st.binary(max_size=12)), max_size=8).map(b"".join),
    max_size=12,
)


@given(ANYTHING, st.booleans(), st.sampled_from(["none", "starttls"]), st.sampled_from(["", "practice"]))
@settings(max_examples=200)
def test_whatever_a_relay_says_every_envelope_ends_once_and_none_is_sent_without_a_yes(
    script: list[bytes], is_greeted: bool, security: str, username: str
) -> None:
    start = [b"220 hello\r\n", ehlo_reply(*OFFERS, "STARTTLS", "AUTH LOGIN")] if is_greeted else []
    events = play([*start, *script], [10_000], security=security, username=username)
    assert [type(event) for event in events].count(Ended) == 1
    keys = [event.envelope.key for event in events if isinstance(event, Settled | Returned)]
    assert len(keys) == len(set(keys))
    yes = b"".join(script).count(b"2")
    sent = [event.outcome for event in events if isinstance(event, Settled) and isinstance(event.outcome, Sent)]
    assert len(sent) <= yes and all(200 <= outcome.reply.code < 300 for outcome in sent)
