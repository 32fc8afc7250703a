"""Fifty thousand readers → how fast, and at what cost, an issue goes from `issues send` into a relay on loopback.

The relay is Postfix's smtp-sink, the yardstick Postfix's smtp-source: no file, no database, the same bytes for all.
Ours plans, renders, builds each reader's own message and commits to the disk before and after it leaves.
"""

from __future__ import annotations

import asyncio
import smtplib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.building import email_message, example_issue, example_reader
from bench.counting import Count, count_turns
from bench.example_home import ExampleHome, environment, make_example_home, message_size
from bench.measure import Row, tell
from bench.postfix import HOST, INSTALL, Spent, find_tools, free_port, running_sink, source_command, spend

READERS = 50_000  # so many that the second which the command takes to start and to check is a small part
FEWER_READERS = 10_000  # to compare memory with; the target says 200,000 and 10,000, which takes minutes
FEW_READERS = 2_000  # counting turns needs no more
CONNECTIONS = 10
ROUNDS = 3
LOOP_MESSAGES = 300
SOURCE = "smtp-source, same bytes and sessions"


@dataclass(frozen=True, slots=True)
class Round:
    """One round of each, one after the other."""

    ours: Spent
    sending_rate: float  # messages per second, from the first to the last one taken
    source: Spent
    loop_rate: float  # messages per second of the loop


def main() -> None:
    tools = find_tools()
    if tools is None:
        print(f"SKIPPED: rows A to F need smtp-sink and smtp-source of Postfix: {INSTALL}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        measure(Path(folder), *tools)


def measure(folder: Path, sink: str, source: str) -> None:
    home = make_example_home(folder / "home", READERS)
    size = message_size(home)
    print(
        f"{READERS:,} readers, {size:,} octets each, {CONNECTIONS} connections, median of {ROUNDS} rounds", flush=True
    )
    rounds = [one_round(home.copy(folder / f"round {number}"), sink, source, size) for number in range(ROUNDS)]
    tell_speed(rounds)
    tell_turns(make_example_home(folder / "few", FEW_READERS), sink)
    tell_memory(make_example_home(folder / "fewer", FEWER_READERS), sink, median(each.ours.peak for each in rounds))


def one_round(home: ExampleHome, sink: str, source: str, size: int) -> Round:
    with running_sink(sink) as port:
        yardstick = spend(source_command(source, port, READERS, size, CONNECTIONS))
    with running_sink(sink) as port:
        ours = spend(home.send, environment(port=str(port), connections=str(CONNECTIONS)))
    with running_sink(sink) as port:
        loop_rate = LOOP_MESSAGES / loop_seconds(port)
    rate = sending_rate(home)
    home.remove()
    print(f"   {READERS / ours.seconds:,.0f} a second, {READERS / yardstick.seconds:,.0f} by smtp-source", flush=True)
    return Round(ours, rate, yardstick, loop_rate)


def loop_seconds(port: int) -> float:
    """What people write: a message for each reader by the standard library, on one connection."""
    html, text = example_issue()
    began = time.perf_counter()
    with smtplib.SMTP(HOST, port) as relay:
        for number in range(LOOP_MESSAGES):
            reader = example_reader(number)
            relay.sendmail("news@example.org", reader.email, email_message(html, text, reader))
    return time.perf_counter() - began


def sending_rate(home: ExampleHome) -> float:
    """Messages per second between the first and the last reply, as the deliveries say."""
    with closing(sqlite3.connect(home.database)) as connection:
        query = "SELECT count(*), min(sent_at), max(sent_at) FROM deliveries WHERE status = 'sent'"
        count, first, last = connection.execute(query).fetchone()
    if count != READERS:
        sys.exit(f"only {count} of {READERS} readers were sent the issue")
    return float((count - 1) / (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds())


def tell_speed(rounds: Sequence[Round]) -> None:
    whole = median(each.source.seconds / each.ours.seconds for each in rounds)
    tell(Row("A", "messages per second, the whole command", whole, 0.6, 0.9, "×", SOURCE))
    sending = median(each.sending_rate * each.source.seconds / READERS for each in rounds)
    tell(Row("A", "messages per second, first to last message", sending, 0.6, 0.9, "×", SOURCE))
    cpu = median(each.ours.cpu / each.source.cpu for each in rounds)
    tell(Row("B", "CPU per message, the whole command", cpu, 3, 1.8, "×", SOURCE, True))
    loop = median(READERS / each.ours.seconds / each.loop_rate for each in rounds)
    tell(
        Row(
            "C", "messages per second, the whole command", loop, 12, 20, "×", "EmailMessage and smtplib, one connection"
        )
    )
    print("   not measured: C against Django, which is not among our dependencies")


def tell_turns(home: ExampleHome, sink: str) -> None:
    with_pipelining = turns(home.copy(home.folder.with_name("few with")), sink).per_message
    tell(Row("D", "round trips per message with PIPELINING", with_pipelining, 1.1, 1.02, "turns", "", True))
    without = turns(home.copy(home.folder.with_name("few without")), sink, "-p").per_message
    tell(Row("D", "round trips per message without", without, 4.1, 4.0, "turns", "", True))


def turns(home: ExampleHome, sink: str, *options: str) -> Count:
    """Counted by a relay in between."""
    with running_sink(sink, *options) as server_port:
        port = free_port()
        env = environment(port=str(port), connections=str(CONNECTIONS))
        return asyncio.run(count_turns(server_port, port, home.send, env))


def tell_memory(home: ExampleHome, sink: str, many: float) -> None:
    with running_sink(sink) as port:
        few = spend(home.send, environment(port=str(port), connections=str(CONNECTIONS))).peak
    tell(Row("F", f"peak memory, {READERS:,} readers", many, 150, 100, "MiB", "", True))
    tell(Row("F", "the same", many / few, 1.2, 1.1, "×", f"{FEWER_READERS:,} readers", True))
