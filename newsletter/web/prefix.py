"""A path below base_url's own → the page's path, whether or not the proxy in front took the prefix off."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class BelowPrefix:
    """`prefix` is the path of base_url: empty, or `/letters` for https://example.org/letters."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._prefix and scope["type"] == "http" and scope["path"].startswith(self._prefix + "/"):
            scope = {**scope, "root_path": self._prefix}
        await self._app(scope, receive, send)
