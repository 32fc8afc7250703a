"""A person's word on an author or a call to action → checked, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from newsletter.app import App
from newsletter.content.words import MAX_NAME, is_address, link, one_line, paragraphs, picture
from newsletter.desk.own_pictures import own_picture
from newsletter.errors import NotFound, SourceError
from newsletter.model import Author, CallToAction
from newsletter.store import authors as store
from subscribers import parse


def set_author(app: App, name: str, fields: Mapping[str, str | date | None]) -> Author:
    """The author after this; a photo from the web is the home's own then, as no reader's mail loads it elsewhere.

    Raises SourceError naming the field, NotFound for an unknown call to action.
    """
    name = _checked_name(name)
    fields = {key: _read(key, value) if isinstance(value, str) else value for key, value in fields.items()}
    email = fields.get("email")
    if isinstance(email, str) and email:
        parse(email)
    photo = fields.get("photo")
    if isinstance(photo, str) and is_address(photo):
        fields["photo"] = own_picture(app, "photo", photo)
    with app.database.write() as connection:
        wanted = fields.get("call_to_action")
        if wanted and wanted not in store.list_calls_to_action(connection):
            raise NotFound("call to action", str(wanted), f"`newsletter calls-to-action set {wanted} …` makes it")
        return store.set_author(connection, name, fields)


def set_call_to_action(app: App, name: str, fields: Mapping[str, str]) -> CallToAction:
    """The call to action after this. Raises SourceError naming the field."""
    name = _checked_name(name)
    fields = {key: _read(key, value) for key, value in fields.items()}
    with app.database.write() as connection:
        return store.set_call_to_action(connection, name, fields)


def _checked_name(name: str) -> str:
    checked = _read("name", name)
    if not 1 <= len(checked) <= MAX_NAME:
        raise SourceError("name", f"has 1 to {MAX_NAME} characters")
    return checked


def _read(key: str, text: str) -> str:
    try:
        return _READERS.get(key, one_line)(text)
    except ValueError as error:
        raise SourceError(key, str(error)) from None


def _photo(text: str) -> str:
    return picture(text, ("https",))


_READERS: Mapping[str, Callable[[str], str]] = {"bio": paragraphs, "url": link, "photo": _photo}
"""How the words of a field are read, where they are more than one line of words."""
