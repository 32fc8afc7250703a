"""The relay that counts round trips, between a client of the standard library and a server."""

from __future__ import annotations

import asyncio
import sys

from bench.counting import count_turns
from bench.postfix import free_port
from scripted_relay import ScriptedRelay

SEND = """
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as relay:
    for reader in ("ada", "ben", "cleo"):
        relay.sendmail("news@example.org", reader + "@example.org", "Subject: hello\\n\\nHello\\n" * 9_000)
"""


def test_client_that_awaits_each_reply_takes_four_turns_a_message() -> None:
    port = free_port()
    with ScriptedRelay() as relay:
        count = asyncio.run(count_turns(relay.port, port, [sys.executable, "-c", SEND, str(port)], {}))
    assert (count.messages, len(relay.messages)) == (3, 3)
    assert count.per_message == 4
