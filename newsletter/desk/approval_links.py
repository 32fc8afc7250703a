"""One person asked about one content of an issue → the links in their mail, and back.

A link is bound to whom it was sent, to the issue and to what that said; each purpose has a key of its own.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.scheduling.approval import Asked, Role
from newsletter.store.approvals import find_asked
from subscribers import InvalidToken


class Purpose(StrEnum):
    """What a link does once its button is pressed, as it stands in its address."""

    YES = "yes"
    SWAP = "swap"
    SKIP = "skip"
    MEND = "mend"
    NOT_ANY_MORE = "retire"
    STOP = "stop"


PURPOSES: Mapping[Role, tuple[Purpose, ...]] = {
    Role.APPROVER: (Purpose.YES, Purpose.SWAP, Purpose.SKIP),
    Role.DEPUTY: (Purpose.YES, Purpose.SWAP, Purpose.SKIP),
    Role.AUTHOR: (Purpose.YES, Purpose.MEND, Purpose.NOT_ANY_MORE),
}
"""What each is asked. Whoever gets a first copy may stop the rest, whatever else they were asked."""

_TOKEN = re.compile(rf"({'|'.join(Purpose)})-([1-9][0-9]{{0,17}})-([0-9a-f]{{32}})")


def link(app: App, asked: Asked, purpose: Purpose) -> str:
    return f"{app.base_url}/approve/{purpose}-{asked.id}-{_proof(app, asked, purpose)}"


def read(app: App, connection: Connection, token: str) -> tuple[Purpose, Asked]:
    """What the link is for, and whose. Raises InvalidToken unless we made it, to the letter, for this purpose."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise InvalidToken
    purpose = Purpose(parts[1])
    asked = find_asked(connection, int(parts[2]))
    if asked is None or not hmac.compare_digest(parts[3], _proof(app, asked, purpose)):
        raise InvalidToken
    return purpose, asked


def _proof(app: App, asked: Asked, purpose: Purpose) -> str:
    bound = (asked.id, asked.issue_id, asked.content_hash, asked.email)
    return app.tokens.keyed_hash(f"approval link: {purpose}", *bound)
