"""A few lines of the editor → above the article of a draft, in both parts."""

from __future__ import annotations

from dataclasses import replace

from newsletter.app import App
from newsletter.desk import making, sending
from newsletter.errors import Refused
from newsletter.model import Issue
from newsletter.states import DRAFTS
from newsletter.store import issues as store

LONGEST = 3_000
"""Characters; what is longer is a letter."""


def note_above(app: App, issue_id: int, text: str) -> Issue:
    """The draft with these lines, parted at blank lines, above its article; without any when `text` is empty.

    Raises NotFound, or Refused for an issue that has begun.
    """
    issue = sending.find(app, issue_id)
    if issue.state not in DRAFTS:
        raise Refused(f"issue {issue_id} is {issue.state}: a note can only be put above a draft")
    note = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
    if len(note) > LONGEST:
        raise Refused(f"the note has {len(note):,} characters; {LONGEST:,} are allowed (`newsletter issues write`)")
    with app.database.read() as connection:
        articles = making.articles_of(connection, issue)
    content = making.render(app, replace(issue, note=note), articles).content
    with app.database.write() as connection:
        is_kept = store.set_note(connection, issue_id, note, content)
    if not is_kept:
        raise Refused(f"issue {issue_id} began in this moment: it goes without the note")
    return sending.find(app, issue_id)
