"""A request with whatever body → the same one, once all of it came, in time and within bounds; the body as asked for.

Few pages read a body: a POST to the unsubscribe link is the request, whatever a mail program puts into it
(RFC 8058).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 64 * 1024
BODY_SECONDS = 20.0

# Up to here a body is read and thrown away, because a client that is still sending when the connection closes
# never sees the answer; beyond it nobody is listened to any more.
HEARD_BYTES = 1024 * 1024


class BoundedBody:
    """`refuse` makes the page for a status: 408 for a body that does not come, 413 for one too large.

    Pages whose path, below base_url's own, begins with one of `readers` get the body; all others do without.
    """

    def __init__(
        self,
        app: ASGIApp,
        refuse: Callable[[int], Response],
        readers: tuple[str, ...] = (),
        seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._readers = readers
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body, length = await _read(receive)
        except TimeoutError:
            await self._answer(408, scope, receive, send)
            return
        if body is None:  # the client left before it had said everything: nothing was asked
            return
        if length > BODY_BYTES:
            await self._answer(413, scope, receive, send)
            return
        # Where the proxy leaves base_url's own path in place it still stands before the page's.
        is_read = scope["path"].removeprefix(scope.get("root_path", "")).startswith(self._readers)
        await self._app(scope, _with_body(body if is_read else b"", receive), send)

    async def _answer(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        response = await run_in_threadpool(self._refuse, status)
        response.headers["Connection"] = "close"
        await response(scope, receive, send)


async def _read(receive: Receive) -> tuple[bytes | None, int]:
    """The body, no more than the first bytes that are too many, and how many came; None when the client left."""
    body, length = b"", 0
    while length <= HEARD_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None, length
        chunk = message.get("body", b"")
        length += len(chunk)
        if length <= BODY_BYTES:
            body += chunk
        if not message.get("more_body", False):
            break
    return body, length


def _with_body(body: bytes, receive: Receive) -> Receive:
    is_told = False

    async def receive_it() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_it
