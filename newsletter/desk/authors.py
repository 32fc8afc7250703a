"""A person's word on an author or a call to action → checked, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from newsletter.app import App
from newsletter.errors import NotFound, SourceError
from newsletter.model import Author, CallToAction
from newsletter.store import authors as store
from subscribers import parse

LONGEST_NAME = 200  # characters, as the schema has it


def set_author(app: App, name: str, fields: Mapping[str, str | date | None]) -> Author:
    """The author after this. Raises SourceError naming the field, NotFound for an unknown call to action."""
    _check_name(name)
    for key in ("url", "photo"):
        value = fields.get(key)
        if isinstance(value, str) and value:
            _check_link(key, value, is_picture=key == "photo")
    email = fields.get("email")
    if isinstance(email, str) and email:
        parse(email)
    with app.database.write() as connection:
        wanted = fields.get("call_to_action")
        if wanted and wanted not in store.list_calls_to_action(connection):
            raise NotFound("call to action", str(wanted), f"`newsletter calls-to-action set {wanted} …` makes it")
        return store.set_author(connection, name, fields)


def set_call_to_action(app: App, name: str, fields: Mapping[str, str]) -> CallToAction:
    """The call to action after this. Raises SourceError naming the field."""
    _check_name(name)
    if fields.get("url"):
        _check_link("url", fields["url"], is_picture=False)
    with app.database.write() as connection:
        return store.set_call_to_action(connection, name.strip(), fields)


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise SourceError("name", f"has 1 to {LONGEST_NAME} characters")


def _check_link(key: str, value: str, is_picture: bool) -> None:
    allowed = ("https://", "media/") if is_picture else ("https://", "http://", "mailto:")
    if not value.startswith(allowed) or any(character.isspace() for character in value):
        raise SourceError(key, f"{value!r} does not begin with {' or '.join(allowed)}, or has a space in it")
