"""A person's word on one more newsletter → checked, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from newsletter.app import App
from newsletter.delivery.headers import parse_mailbox
from newsletter.errors import Refused
from newsletter.model import Newsletter
from newsletter.scheduling.recurrence import find_zone
from newsletter.store import newsletters as store


def add_newsletter(app: App, name: str, fields: Mapping[str, Any]) -> Newsletter:
    """The newsletter, with what `fields` do not say taken from the home's first one.

    Raises Refused, NotFound or MessageError, each naming what is wrong.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= 200:
        raise Refused("name: a newsletter's name has 1 to 200 characters")
    if any(each.name == name for each in app.newsletters()):
        raise Refused(f"name: there is a newsletter {name!r} already")
    added = replace(app.first_newsletter, **{"reply_to": "", **fields, "name": name})
    parse_mailbox(added.from_address, "from")
    if added.reply_to:
        parse_mailbox(added.reply_to, "reply-to")
    find_zone(added.timezone)
    app.look(added.look)
    with app.database.write() as connection:
        return replace(added, id=store.add_newsletter(connection, added, app.clock()))
