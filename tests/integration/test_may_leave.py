"""A relay awaits a message: nothing of it leaves before its owner says so."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from newsletter.delivery.relay import Answer, Envelope, NotTried, Outcome, RelaySettings, Sent, hand_over
from scripted_relay import Message, ScriptedRelay

BODY = b"Subject: hello\r\n\r\nHello\r\n"
READERS = ["ada@example.org", "ben@example.org", "cleo@example.org"]


class Owner:
    """Gives an envelope to each reader, and answers only after the loop has gone round a few times."""

    def __init__(self, refused: frozenset[str] = frozenset()) -> None:
        envelopes = enumerate(READERS)
        self.waiting = deque(Envelope(key, "news@example.org", reader, BODY) for key, reader in envelopes)
        self.refused = refused
        self.allowed: set[str] = set()
        self.asked: list[str] = []
        self.outcomes: dict[str, Outcome] = {}

    def next_envelope(self) -> Envelope | None:
        return self.waiting.popleft() if self.waiting else None

    def may_leave(self, envelope: Envelope, answer: Answer) -> None:
        self.asked.append(envelope.recipient)
        asyncio.get_running_loop().call_later(0.02, self.reply, envelope.recipient, answer)

    def reply(self, recipient: str, answer: Answer) -> None:
        if recipient not in self.refused:
            self.allowed.add(recipient)
        answer(recipient not in self.refused)

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self.outcomes[envelope.recipient] = outcome

    def run(self, relay: ScriptedRelay, pipelining: str, connections: int = 1) -> None:
        settings = RelaySettings(
            "127.0.0.1",
            relay.port,
            "none",
            connections=connections,
            pipelining="auto" if pipelining == "auto" else "off",
        )
        asyncio.run(hand_over(settings, self.next_envelope, self.record, asyncio.Event(), self.may_leave))


@pytest.mark.parametrize("pipelining", ["auto", "off"])
@pytest.mark.parametrize("connections", [1, 3])
def test_each_message_is_asked_for_once_and_leaves_after_the_answer(pipelining: str, connections: int) -> None:
    owner = Owner()
    early: list[str] = []

    class Watching(ScriptedRelay):
        def keep(self, message: Message) -> None:
            super().keep(message)
            early.extend(set(self.recipients) - owner.allowed)

    with Watching() as relay:
        owner.run(relay, pipelining, connections)
    assert early == []
    assert sorted(owner.asked) == sorted(relay.recipients) == READERS
    assert {type(outcome) for outcome in owner.outcomes.values()} == {Sent}


def test_waiting_for_the_answer_costs_no_round_trip() -> None:
    owner = Owner()
    with ScriptedRelay() as relay:
        owner.run(relay, "auto")
    assert relay.turns <= len(READERS) + 2  # the first group, and the QUIT


@pytest.mark.parametrize("pipelining", ["auto", "off"])
def test_message_called_back_never_leaves_and_the_others_do(pipelining: str) -> None:
    owner = Owner(frozenset({"ben@example.org"}))
    with ScriptedRelay() as relay:
        owner.run(relay, pipelining)
    assert sorted(relay.recipients) == ["ada@example.org", "cleo@example.org"]
    assert owner.asked.count("ben@example.org") == 1
    assert isinstance(owner.outcomes["ben@example.org"], NotTried)
    assert {type(owner.outcomes[each]) for each in relay.recipients} == {Sent}


def test_every_message_called_back_is_no_trouble_with_the_relay() -> None:
    owner = Owner(frozenset(READERS))
    with ScriptedRelay() as relay:
        owner.run(relay, "auto")
    assert relay.messages == []
    assert {type(outcome) for outcome in owner.outcomes.values()} == {NotTried}


def test_message_that_cannot_hold_a_dot_at_a_line_start_goes_as_it_is() -> None:
    given = deque([Envelope(1, "news@example.org", "ada@example.org", BODY + b"a.\r\n", is_dot_free=True)])
    outcomes: list[Outcome] = []
    with ScriptedRelay() as relay:
        settings = RelaySettings("127.0.0.1", relay.port, "none", connections=1)
        asyncio.run(
            hand_over(
                settings,
                lambda: given.popleft() if given else None,
                lambda _, outcome: outcomes.append(outcome),
                asyncio.Event(),
            )
        )
    assert [message.data for message in relay.messages] == [BODY + b"a.\r\n"]
    assert {type(outcome) for outcome in outcomes} == {Sent}
