"""A relay between a client and an SMTP server → how many turns a message takes, counted without a clock.

A turn is a client speaking after the server has spoken: a round trip on any network. Greeting, EHLO and QUIT are not
a message's: counting begins with the first MAIL of a connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.postfix import HOST

CHUNK = 1 << 18  # octets read at once
FINAL_DOT = b"\r\n.\r\n"


@dataclass
class Count:
    turns: int = 0
    messages: int = 0

    @property
    def per_message(self) -> float:
        return self.turns / max(self.messages, 1)


@dataclass
class _Talk:
    """One connection."""

    count: Count
    has_begun: bool = False
    server_spoke: bool = True
    tail: bytes = field(default=b"")  # a final dot may come in two pieces

    def client_says(self, octets: bytes) -> None:
        heard = self.tail + octets
        self.has_begun = self.has_begun or b"MAIL FROM:" in heard[:4096].upper()
        if self.server_spoke and self.has_begun and not heard.endswith(b"QUIT\r\n"):
            self.count.turns += 1
        self.server_spoke = False
        self.count.messages += heard.count(FINAL_DOT)
        self.tail = heard[-len(FINAL_DOT) + 1 :]

    def server_says(self) -> None:
        self.server_spoke = True


async def count_turns(server_port: int, listen_port: int, command: Sequence[str], env: Mapping[str, str]) -> Count:
    """What `command` needed, which sends to `listen_port`. Raises RuntimeError when it fails."""
    count = Count()
    async with _counting(server_port, listen_port, count):
        process = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.DEVNULL)
        if await process.wait():
            raise RuntimeError(f"{' '.join(command)} ended with exit code {process.returncode}")
    return count


@asynccontextmanager
async def _counting(server_port: int, listen_port: int, count: Count) -> AsyncIterator[None]:
    talks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.ensure_future(_relay(reader, writer, server_port, count))
        talks.add(talk)
        talk.add_done_callback(talks.discard)

    server = await asyncio.start_server(accept, HOST, listen_port, limit=CHUNK)
    try:
        yield
        await asyncio.gather(*talks)
    finally:
        server.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server_port: int, count: Count) -> None:
    server_reader, server_writer = await asyncio.open_connection(HOST, server_port, limit=CHUNK)
    talk = _Talk(count)

    async def up() -> None:
        while octets := await reader.read(CHUNK):
            talk.client_says(octets)
            server_writer.write(octets)
            await server_writer.drain()
        server_writer.close()

    async def down() -> None:
        while octets := await server_reader.read(CHUNK):
            talk.server_says()
            writer.write(octets)
            await writer.drain()
        writer.close()

    await asyncio.gather(up(), down(), return_exceptions=True)
