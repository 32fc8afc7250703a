"""An author's licence to practise and a day → the warning that it ends, and what renews it."""

from __future__ import annotations

import shlex
from datetime import date, timedelta

from newsletter.model import Author

WARN_BEFORE = timedelta(days=30)


def ending_licence(author: Author, day: date) -> str:
    """Some words when the licence has ended by that day, or ends within WARN_BEFORE; else empty."""
    until = author.credentials_until
    if until is None or until - day > WARN_BEFORE:
        return ""
    return f"the licence of {author.name} {'ended' if until < day else 'ends'} on {until.isoformat()}"


def renew_command(author: Author) -> str:
    """The command that says it was renewed."""
    return f"newsletter authors set {shlex.quote(author.name)} --credentials-until YYYY-MM-DD"
