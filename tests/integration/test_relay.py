from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Iterable
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from newsletter.delivery import relay as relay_module
from newsletter.delivery.relay import Envelope, NotTried, Outcome, RelaySettings, Sent, Wait, hand_over
from newsletter.errors import (
    ConfigError,
    InDoubt,
    PermanentFailure,
    RelayRefusal,
    TransientFailure,
)
from scripted_relay import AUTHORITY, CUT, CUT_IN_BODY, LOCALHOST, PATIENCE, SILENCE, ScriptedRelay

BODY = b"From: news@example.org\r\nSubject: Trust\r\n\r\nHello\r\n.\r\n..dots\r\n"
READERS = ("ada@example.org", "ben@example.org", "cleo@example.org", "dan@example.org")


def envelopes(count: int = 4, body: bytes = BODY) -> list[Envelope]:
    names = [*READERS, *(f"reader{key}@example.org" for key in range(5, count + 1))][:count]
    return [Envelope(key, "news@example.org", name, body) for key, name in enumerate(names, start=1)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "RECONNECT_PAUSES", (0.01, 0.01, 0.01))


class HandOver:
    """One call of hand_over, with what it was told."""

    def __init__(self, port: int, given: Iterable[Envelope | Wait] = (), **changes: Any) -> None:
        usual: dict[str, Any] = {"host": "localhost", "security": "none", "connections": 1, "timeout": 20.0}
        self.settings = RelaySettings(port=port, **(usual | changes))
        self.queue = deque(given)
        self.told: list[tuple[int, Outcome]] = []
        self.stop = asyncio.Event()

    def next_envelope(self) -> Envelope | Wait | None:
        return self.queue.popleft() if self.queue else None

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self.told.append((envelope.key, outcome))

    async def go(self) -> None:
        await hand_over(self.settings, self.next_envelope, self.record, self.stop)

    def run(self) -> dict[int, Any]:
        asyncio.run(self.go())
        return self.outcomes

    @property
    def outcomes(self) -> dict[int, Any]:
        """By envelope; each must have been told once."""
        assert len({key for key, _ in self.told}) == len(self.told)
        return dict(self.told)


def kinds(outcomes: dict[int, Any]) -> list[type]:
    return [type(outcomes[key]) for key in sorted(outcomes)]


# -- the good way


@pytest.mark.parametrize("pipelining", ["auto", "off"])
def test_every_message_arrives_as_it_was_given(pipelining: str) -> None:
    with ScriptedRelay() as relay:
        outcomes = HandOver(relay.port, envelopes(), pipelining=pipelining).run()
    assert kinds(outcomes) == [Sent] * 4
    assert outcomes[1].reply.text == "2.0.0 Taken"
    assert [(message.recipient, message.data) for message in relay.messages] == [(name, BODY) for name in READERS]
    assert relay.commands[-1] == "QUIT" and "RSET" not in relay.commands


def test_pipelined_message_costs_one_round_trip() -> None:
    with ScriptedRelay() as relay:
        HandOver(relay.port, envelopes(50)).run()
    assert len(relay.messages) == 50
    assert relay.turns <= 52  # the first group, and the QUIT


@pytest.mark.parametrize("offered, pipelining", [(False, "auto"), (True, "off")])
def test_message_without_pipelining_costs_four(offered: bool, pipelining: str) -> None:
    with ScriptedRelay(pipelining=offered) as relay:
        HandOver(relay.port, envelopes(50), pipelining=pipelining).run()
    assert len(relay.messages) == 50
    assert 200 <= relay.turns <= 202


def test_several_connections_share_the_work_and_lose_and_double_nothing() -> None:
    with ScriptedRelay() as relay:
        outcomes = HandOver(relay.port, envelopes(500), connections=5).run()
    assert kinds(outcomes) == [Sent] * 500
    assert len(set(relay.recipients)) == len(relay.messages) == 500
    assert relay.connections <= 5


def test_message_larger_than_every_buffer_arrives_whole() -> None:
    body = b"Subject: long\r\n\r\n" + b"x" * 75 + b"\r\n"
    body += (b"y" * 75 + b"\r\n") * 100_000
    with ScriptedRelay() as relay:
        HandOver(relay.port, envelopes(3, body)).run()
    assert [message.data for message in relay.messages] == [body] * 3


def test_one_message_opens_one_connection_and_none_opens_none() -> None:
    with ScriptedRelay() as relay:
        HandOver(relay.port, envelopes(1), connections=10).run()
        assert relay.connections == 1
        HandOver(relay.port, []).run()
        assert relay.connections == 1


def test_envelope_that_comes_later_is_waited_for_on_the_same_connection() -> None:
    first, second = envelopes(2)
    with ScriptedRelay() as relay:
        given: list[Envelope | Wait] = [Wait(0.01), first, Wait(0.01), Wait(0.01), Wait(0.01), second]
        assert kinds(HandOver(relay.port, given).run()) == [Sent, Sent]
    assert relay.connections == 1


# -- replies


def test_refused_and_deferred_readers_fail_alone() -> None:
    with ScriptedRelay(refuse={"dan@example.org"}, defer={"ben@example.org": 1}) as relay:
        outcomes = HandOver(relay.port, envelopes()).run()
        assert kinds(outcomes) == [Sent, TransientFailure, Sent, PermanentFailure]
        assert outcomes[4].reply.code == 550 and outcomes[2].reply.code == 451
        assert kinds(HandOver(relay.port, envelopes()[1:2]).run()) == [Sent]
    assert relay.recipients == ["ada@example.org", "cleo@example.org", "ben@example.org"]


@pytest.mark.parametrize("pipelining", ["auto", "off"])
@pytest.mark.parametrize("step", ["rcpt", "data", "dot"])
@pytest.mark.parametrize("reply, kind", [("450 4.2.0 hm", TransientFailure), ("554 5.7.1 hm", PermanentFailure)])
def test_reply_at_each_step_marks_that_reader_and_no_other(pipelining: str, step: str, reply: str, kind: Any) -> None:
    with ScriptedRelay(answers={step: [None, reply]}) as relay:
        outcomes = HandOver(relay.port, envelopes(3), pipelining=pipelining).run()
    assert kinds(outcomes) == [Sent, kind, Sent]
    assert str(outcomes[2].reply) == reply
    assert relay.recipients == ["ada@example.org", "cleo@example.org"]


@pytest.mark.parametrize("step", ["greeting", "ehlo", "mail"])
def test_relay_that_refuses_us_stops_everything_and_marks_nobody(step: str) -> None:
    with ScriptedRelay(answers={step: "550 5.7.1 not you"}) as relay:
        handing = HandOver(relay.port, envelopes())
        with pytest.raises(RelayRefusal) as refusal:
            handing.run()
    assert str(refusal.value.reply) == "550 5.7.1 not you"
    assert set(kinds(handing.outcomes)) == {NotTried}
    assert len(handing.outcomes) + len(handing.queue) == 4


@pytest.mark.parametrize("step", ["greeting", "ehlo"])
def test_relay_that_is_busy_is_asked_again_a_few_times_and_then_left(step: str) -> None:
    with ScriptedRelay(answers={step: "451 4.3.2 busy"}) as relay:
        handing = HandOver(relay.port, envelopes())
        with pytest.raises(TransientFailure):
            handing.run()
        assert 1 < relay.connections < 6
    assert kinds(handing.outcomes) == [NotTried]


def test_relay_that_is_busy_once_is_no_trouble() -> None:
    with ScriptedRelay(answers={"greeting": ["421 4.3.2 busy"]}) as relay:
        assert kinds(HandOver(relay.port, envelopes()).run()) == [Sent] * 4


def test_relay_that_is_down_tries_nobody() -> None:
    handing = HandOver(free_port(), envelopes(), connections=3)
    with pytest.raises(TransientFailure, match="cannot be reached"):
        handing.run()
    assert kinds(handing.outcomes) == [NotTried] * 3


def test_host_without_an_address_tries_nobody() -> None:
    handing = HandOver(25, envelopes(1), host="relay.invalid")
    with pytest.raises(TransientFailure):
        handing.run()
    handing = HandOver(25, envelopes(1), host="x" * 64 + ".invalid")
    with pytest.raises(TransientFailure):
        handing.run()
    assert kinds(handing.outcomes) == [NotTried]


# -- connections that end


@pytest.mark.parametrize("pipelining", ["auto", "off"])
@pytest.mark.parametrize("step", ["greeting", "ehlo", "mail", "rcpt", "data"])
def test_connection_cut_before_the_message_left_is_made_again_for_the_same_reader(pipelining: str, step: str) -> None:
    with ScriptedRelay(answers={step: [CUT]}) as relay:
        assert kinds(HandOver(relay.port, envelopes(), pipelining=pipelining).run()) == [Sent] * 4
    assert sorted(relay.recipients) == sorted(READERS)
    assert relay.connections == 2


@pytest.mark.parametrize("pipelining", ["auto", "off"])
def test_connection_cut_after_the_final_dot_leaves_one_reader_in_doubt(pipelining: str) -> None:
    with ScriptedRelay(answers={"dot": [None, CUT]}) as relay:
        outcomes = HandOver(relay.port, envelopes(), pipelining=pipelining).run()
    assert kinds(outcomes) == [Sent, InDoubt, Sent, Sent]
    assert sorted(relay.recipients) == sorted(READERS)  # nobody twice


def test_body_that_could_not_leave_is_sent_again_without_doubt() -> None:
    body = b"Subject: long\r\n\r\n" + (b"y" * 75 + b"\r\n") * 200_000
    with ScriptedRelay(answers={"data": [CUT_IN_BODY]}, offers=()) as relay:
        assert kinds(HandOver(relay.port, envelopes(1, body)).run()) == [Sent]
    assert relay.connections == 2 and [message.data for message in relay.messages] == [body]


def test_message_that_breaks_every_connection_is_put_off_and_the_others_go_out() -> None:
    with ScriptedRelay(answers={"rcpt": [CUT, CUT, CUT]}) as relay:
        outcomes = HandOver(relay.port, envelopes(2)).run()
    assert kinds(outcomes) == [TransientFailure, Sent]
    assert outcomes[1].reply is None


def test_421_between_messages_means_another_connection_and_the_same_message() -> None:
    with ScriptedRelay(messages_per_connection=10) as relay:
        assert kinds(HandOver(relay.port, envelopes(95), connections=2).run()) == [Sent] * 95
    assert len(set(relay.recipients)) == len(relay.messages) == 95
    assert {message.connection for message in relay.messages} == set(range(1, relay.connections + 1))
    assert relay.connections >= 10


def test_421_after_the_final_dot_puts_that_reader_off_and_the_next_goes_out() -> None:
    with ScriptedRelay(answers={"dot": ["421 4.3.0 closing"]}) as relay:
        outcomes = HandOver(relay.port, envelopes(2)).run()
    assert kinds(outcomes) == [TransientFailure, Sent]
    assert outcomes[1].reply.code == 421


def test_relay_that_sends_us_away_each_time_is_left_with_nobody_marked() -> None:
    with ScriptedRelay(answers={"mail": "421 4.7.0 come back tomorrow"}) as relay:
        handing = HandOver(relay.port, envelopes())
        with pytest.raises(TransientFailure, match="come back tomorrow"):
            handing.run()
    assert set(kinds(handing.outcomes)) == {NotTried}


@pytest.mark.parametrize("reply", ["hello", "250 fine", "99"])
def test_bogus_replies_send_nobody_anything(reply: str) -> None:
    with ScriptedRelay(answers={"data": reply}) as relay:
        handing = HandOver(relay.port, envelopes(1))
        try:
            outcomes = handing.run()
        except TransientFailure:
            outcomes = handing.outcomes
    assert kinds(outcomes)[0] in (TransientFailure, NotTried)
    assert relay.messages == []


@pytest.mark.parametrize("step, kind", [("mail", Sent), ("data", Sent), ("dot", InDoubt)])
def test_silence_ends_the_connection_and_only_behind_the_dot_leaves_doubt(step: str, kind: Any) -> None:
    with ScriptedRelay(answers={step: [SILENCE]}) as relay:
        handing = HandOver(relay.port, envelopes(1), timeout=0.2, final_dot_timeout=0.2)
        assert kinds(handing.run()) == [kind]


def test_silence_at_the_final_dot_is_borne_longer_than_elsewhere() -> None:
    with ScriptedRelay(answers={"dot": [SILENCE]}) as relay:
        handing = HandOver(relay.port, envelopes(1), timeout=0.05, final_dot_timeout=20.0)

        async def look() -> None:
            task = asyncio.ensure_future(handing.go())
            await asyncio.to_thread(relay.reached["dot"].wait, 20)
            for _ in range(4):  # commands would have run out of time by now
                await asyncio.sleep(0.05)
            assert not task.done()
            task.cancel()
            await asyncio.wait([task])

        asyncio.run(look())
    assert kinds(handing.outcomes) == [InDoubt]


# -- stopping


def test_stop_finishes_what_is_in_flight_and_begins_nothing() -> None:
    handing = HandOver(1, envelopes(100), connections=2)

    def stop_at_the_third(envelope: Envelope, outcome: Outcome) -> None:
        handing.told.append((envelope.key, outcome))
        if len(handing.told) == 3:
            handing.stop.set()

    handing.record = stop_at_the_third  # type: ignore[method-assign]
    with ScriptedRelay() as relay:
        handing.settings = RelaySettings("localhost", relay.port, "none", connections=2)
        outcomes = handing.run()
    assert 3 <= len(outcomes) < 100
    assert len(outcomes) + len(handing.queue) == 100
    sent = [key for key, outcome in outcomes.items() if isinstance(outcome, Sent)]
    assert len(sent) == len(relay.messages)
    # A connection that is still being opened then has nothing to say good-bye to.
    assert relay.commands.count("QUIT") >= len({message.connection for message in relay.messages})


def test_stop_while_waiting_ends_at_once() -> None:
    handing = HandOver(1, [Wait(600.0)])

    async def run() -> None:
        handing.stop.set()
        await handing.go()

    asyncio.run(run())
    assert handing.outcomes == {}


def test_stop_does_not_wait_for_a_connection_that_is_still_being_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        handing = HandOver(listening.getsockname()[1], envelopes(1), security="tls", timeout=600.0)

        async def run() -> None:
            task = asyncio.ensure_future(handing.go())
            silent, _ = await asyncio.to_thread(listening.accept)
            handing.stop.set()
            with silent:
                await task

        asyncio.run(run())
    assert kinds(handing.outcomes) == [NotTried]


@pytest.mark.parametrize("step", ["greeting", "ehlo", "starttls", "auth"])
def test_stop_does_not_wait_for_a_relay_that_has_nobodys_message_yet(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "STOP_PATIENCE", 600.0)
    security = "starttls" if step == "starttls" else "none"
    with ScriptedRelay(answers={step: SILENCE}, security=security, login=("notes", "secret")) as relay:
        login = {"username": "notes", "password": "secret"}
        handing = HandOver(relay.port, envelopes(1), security=security, timeout=600.0, **login)

        async def run() -> None:
            task = asyncio.ensure_future(handing.go())
            await asyncio.to_thread(relay.reached[step].wait, PATIENCE)
            handing.stop.set()
            async with asyncio.timeout(PATIENCE):
                await task

        asyncio.run(run())
    assert kinds(handing.outcomes) == [NotTried]


@pytest.mark.parametrize("is_stopped", [True, False])
def test_cancellation_while_connections_are_being_made_gives_everything_back(is_stopped: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        handing = HandOver(port, envelopes(3), security="tls", timeout=600.0, connections=3)

        async def run() -> None:
            task = asyncio.ensure_future(handing.go())
            silent = [(await asyncio.to_thread(listening.accept))[0] for _ in range(3)]
            if is_stopped:
                handing.stop.set()
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            for connection in silent:
                connection.close()

        asyncio.run(run())
    assert kinds(handing.outcomes) == [NotTried] * 3


@pytest.mark.parametrize("step, kind", [("greeting", NotTried), ("rcpt", NotTried), ("dot", InDoubt)])
def test_hard_cancellation_tells_the_truth_about_every_envelope(step: str, kind: Any) -> None:
    with ScriptedRelay(answers={step: SILENCE}) as relay:
        handing = HandOver(relay.port, envelopes(1))

        async def cancel() -> None:
            task = asyncio.ensure_future(handing.go())
            await asyncio.to_thread(relay.reached[step].wait, 20)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()

        asyncio.run(cancel())
    assert kinds(handing.outcomes) == [kind]


def test_record_that_cannot_be_written_ends_everything_and_is_raised() -> None:
    with ScriptedRelay() as relay:
        handing = HandOver(relay.port, envelopes(100), connections=2)

        def fail(envelope: Envelope, outcome: Outcome) -> None:
            raise OSError("disk full")

        handing.record = fail  # type: ignore[method-assign]
        with pytest.raises(OSError, match="disk full"):
            handing.run()
    assert len(relay.messages) <= 4


def test_envelope_that_cannot_be_made_ends_everything_and_is_raised() -> None:
    with ScriptedRelay() as relay:
        handing = HandOver(relay.port, envelopes(1))
        given = iter(handing.queue)
        handing.next_envelope = lambda: next(given)  # type: ignore[method-assign]
        with pytest.raises((StopIteration, RuntimeError)):
            handing.run()
    assert len(handing.outcomes) == 1  # whatever became of the one that was given, it is told


# -- TLS and AUTH


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_message_arrives_over_tls_when_the_certificate_can_be_checked(security: str) -> None:
    with ScriptedRelay(security=security) as relay:
        handing = HandOver(relay.port, envelopes(20), security=security, ca_file=str(AUTHORITY), connections=2)
        assert kinds(handing.run()) == [Sent] * 20
    assert len(relay.messages) == 20


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("host, ca_file", [("localhost", ""), ("127.0.0.1", str(AUTHORITY))])
def test_certificate_of_nobody_or_of_another_name_refuses_us(security: str, host: str, ca_file: str) -> None:
    with ScriptedRelay(security=security) as relay:
        handing = HandOver(relay.port, envelopes(1), security=security, host=host, ca_file=ca_file)
        with pytest.raises(RelayRefusal, match="certificate"):
            handing.run()
    assert kinds(handing.outcomes) == [NotTried]
    assert not any(command.startswith(("MAIL", "AUTH")) for command in relay.commands)


def test_plain_text_is_never_spoken_where_tls_was_set() -> None:
    with ScriptedRelay() as relay:
        for security in ("tls", "starttls"):
            handing = HandOver(relay.port, envelopes(1), security=security, ca_file=str(AUTHORITY))
            with pytest.raises(RelayRefusal):
                handing.run()
            assert kinds(handing.outcomes) == [NotTried]
    assert relay.messages == []


def test_plain_text_slipped_in_behind_starttls_refuses_us() -> None:
    with ScriptedRelay(security="starttls", after_starttls=b"250 as if encrypted\r\n") as relay:
        handing = HandOver(relay.port, envelopes(1), security="starttls", ca_file=str(AUTHORITY))
        with pytest.raises(RelayRefusal):
            handing.run()


def test_handshake_that_is_cut_is_a_passing_trouble() -> None:
    with ScriptedRelay(security="starttls", answers={"starttls": ["454 4.7.0 not now", CUT]}) as relay:
        handing = HandOver(relay.port, envelopes(1), security="starttls", ca_file=str(AUTHORITY))
        assert kinds(handing.run()) == [Sent]
    assert relay.connections == 3


def test_connection_cut_under_tls_tells_the_same_truth() -> None:
    with ScriptedRelay(security="tls", answers={"rcpt": [CUT], "dot": [CUT]}) as relay:
        handing = HandOver(relay.port, envelopes(2), security="tls", ca_file=str(AUTHORITY))
        assert sorted(kind.__name__ for kind in kinds(handing.run())) == ["InDoubt", "Sent"]


def test_authority_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigError, match=r"smtp\.ca_file"):
        HandOver(25, [], security="tls", ca_file="no/such.pem").run()


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN"])
def test_login_is_made_before_the_first_envelope(mechanisms: str) -> None:
    with ScriptedRelay(login=("practice", "s3crét"), mechanisms=mechanisms) as relay:
        handing = HandOver(relay.port, envelopes(2), username="practice", password="s3crét")
        assert kinds(handing.run()) == [Sent, Sent]


def test_wrong_password_refuses_us_and_is_not_repeated() -> None:
    with ScriptedRelay(login=("practice", "s3cret"), answers={"auth": "535 5.7.8 not hunter2"}) as relay:
        handing = HandOver(relay.port, envelopes(1), username="practice", password="hunter2")
        with pytest.raises(RelayRefusal) as refusal:
            handing.run()
    assert "hunter2" not in str(refusal.value) and "535" in str(refusal.value)
    assert kinds(handing.outcomes) == [NotTried]


# -- an independent server


class Keeping:
    """Keeps what aiosmtpd takes; Dan's it does not take."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos == ["dan@example.org"]:
            return "550 5.7.1 not for Dan"
        self.kept.append((envelope.rcpt_tos[0], envelope.original_content))
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    is_known = (login.login, login.password) == (b"practice", b"s3cret")
    return AuthResult(success=is_known, handled=False)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOCALHOST)
    return context


@pytest.mark.parametrize("pipelining", ["auto", "off"])
def test_independent_server_gets_every_message_whole(pipelining: str) -> None:
    handler = Keeping()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        outcomes = HandOver(port, envelopes(40), host="127.0.0.1", connections=3, pipelining=pipelining).run()
    finally:
        controller.stop()
    assert [key for key, outcome in outcomes.items() if not isinstance(outcome, Sent)] == [4]
    assert isinstance(outcomes[4], PermanentFailure)
    assert len(handler.kept) == 39 and {content for _, content in handler.kept} == {BODY}


def test_independent_server_takes_starttls_and_our_login() -> None:
    handler = Keeping()
    port = free_port()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        tls_context=server_context(),
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    controller.start()
    secure = {"security": "starttls", "ca_file": str(AUTHORITY), "username": "practice"}
    try:
        assert kinds(HandOver(port, envelopes(2), password="s3cret", **secure).run()) == [Sent, Sent]
        wrong = HandOver(port, envelopes(1), password="hunter2", **secure)
        with pytest.raises(RelayRefusal):
            wrong.run()
    finally:
        controller.stop()
    assert kinds(wrong.outcomes) == [NotTried]
    assert [recipient for recipient, _ in handler.kept] == ["ada@example.org", "ben@example.org"]
