"""An issue and a reader → the message that reader gets: the same bytes in a preview, a test and a send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.app import App
from newsletter.checking.report import CheckInput, Finding, Report, check_issue
from newsletter.delivery.guards import require_from_address, require_reachable
from newsletter.delivery.message import CompiledIssue, ReaderCopy, compile_issue, verify
from newsletter.delivery.related import Picture, shown_pictures
from newsletter.desk.making import Made
from newsletter.desk.media import read_pictures
from newsletter.desk.pictures import missing_pictures
from newsletter.errors import MessageError, Refused
from newsletter.model import Newsletter
from newsletter.rendering.slots import fill
from subscribers import Subscriber
from subscribers import store as audience

MADE_UP = Subscriber(id=0, email="reader@example.org", name="Robin Reader")
"""Stands in where a copy is for nobody in particular."""


_MENDS = {
    "unsubscribe_url": "Set web.base_url: it begins every link.",
    "delivery.inline_images": "Take smaller pictures, or set it to false.",
}
"""What to do when no message can be built, by the field that keeps it from being."""


@dataclass(frozen=True, slots=True)
class Copies:
    """One issue, ready to be written to any reader."""

    app: App
    newsletter: Newsletter
    compiled: CompiledIssue
    list_id: int
    issue_id: int | None  # None: an article shown as an issue

    @property
    def sender(self) -> str:
        """The return path: bounces go to the from address."""
        return self.compiled.sender.address

    def for_reader(self, reader: Subscriber, date: datetime) -> ReaderCopy:
        """The copy with the reader's own, working links; with none where every message goes to somebody else."""
        if self.app.config.delivery.redirect_all_to:
            return self.without_live_links(reader, date, reader.email)
        token = self.app.tokens.unsubscribe_token(reader.id, self.list_id, self.issue_id)
        return self._copy(reader, date, token)

    def for_nobody(self, date: datetime, email: str = MADE_UP.email) -> ReaderCopy:
        """A made-up reader's copy, sent to `email`: its links say that it is a test copy."""
        return self.without_live_links(MADE_UP, date, email)

    def without_live_links(self, reader: Subscriber, date: datetime, email: str) -> ReaderCopy:
        """The reader's copy as somebody else may see it."""
        return self._copy(reader, date, self.app.tokens.test_copy_token(), email)

    def _copy(self, reader: Subscriber, date: datetime, token: str, email: str = "") -> ReaderCopy:
        url = _unsubscribe_url(self.app, token)
        mailto = self.newsletter.unsubscribe_mailto
        return ReaderCopy(
            subscriber_id=reader.id,
            email=email or reader.email,
            name=reader.name,
            values={**reader.values(), "unsubscribe_url": url},
            unsubscribe_url=url,
            date=date,
            unsubscribe_mailto=f"mailto:{mailto}?subject=unsubscribe%20{token}" if mailto else "",
        )

    def build(self, copy: ReaderCopy) -> bytes:
        """RFC 5322 bytes. Raises MessageError."""
        return self.compiled.build(copy)


def copies_of(app: App, made: Made, key: str, list_id: int, issue_id: int | None) -> Copies:
    """The issue ready for any reader, one message of it read back and found right. Raises Refused or MessageError.

    `key` tells one mailing from all others: it goes into the Message-ID.
    """
    sender = require_from_address(made.newsletter)
    rendered = made.rendered
    compiled = compile_issue(
        key=key,
        from_address=made.newsletter.from_address,
        reply_to=made.newsletter.reply_to,
        subject=rendered.subject,
        list_id=f"<list-{list_id}.{sender.domain}>",
        html=rendered.html,
        text=rendered.text,
        keyed_hash=app.tokens.keyed_hash,
        pictures=_pictures_inside(app, made),
        media_base_url=rendered.media_base_url,
    )
    copies = Copies(app, made.newsletter, compiled, list_id, issue_id)
    verify(compiled, copies.for_nobody(app.clock()))
    return copies


def _pictures_inside(app: App, made: Made) -> list[Picture]:
    """Those that travel in each message: what the HTML shows of media/, and nothing else. Raises MessageError."""
    if not app.config.delivery.inline_images:
        return []
    return read_pictures(app.home.media, shown_pictures(made.rendered.html, made.rendered.media_base_url))


def report_on(app: App, made: Made, list_id: int | None) -> Report:
    """What stands in the way of sending this to the list (None: to nobody yet), asked with a made-up reader's copy."""
    values = {**MADE_UP.values(), "unsubscribe_url": _unsubscribe_url(app, app.tokens.test_copy_token())}
    html, text = fill(made.rendered.html, values), fill(made.rendered.text, values)
    looked_at = CheckInput(
        rendered=made.rendered,
        newsletter=made.newsletter,
        html=html,
        text=text,
        message_size=_message_size(app, made, html, text),
        missing_media=missing_pictures(app.home, made.rendered.used_media),
        authors=made.authors,
        day=made.day,
    )
    report = check_issue(looked_at)
    return Report.of((*report.findings, *_obstacles(app, made, list_id)))


def _message_size(app: App, made: Made, html: str, text: str) -> int:
    """Bytes, about; 0 when no message can be built, which is said elsewhere."""
    try:
        pictures = sum(len(picture.encoded) for picture in _pictures_inside(app, made))
    except MessageError:
        return 0
    return len(html.encode("utf-8", "replace")) + len(text.encode("utf-8", "replace")) + pictures


def _obstacles(app: App, made: Made, list_id: int | None) -> Iterator[Finding]:
    """What no rule about a copy can see: whether messages can be built, and whether real readers may get them."""
    if not made.newsletter.from_address:
        return  # a rule of its own says so, and nothing more can be asked
    try:
        _require_reachable(app, made.newsletter, list_id)
    except Refused as error:
        yield Finding("real_readers", "access", "block", f"{error}.", "config.toml", "")
        return
    try:
        copies_of(app, made, "check", list_id or 0, None)
    except MessageError as error:
        mend = _MENDS.get(error.field, "")
        yield Finding("message", "content", "block", f"No message can be built: {error}.", error.field, mend)


def _require_reachable(app: App, newsletter: Newsletter, list_id: int | None) -> None:
    """Raises Refused while the list holds readers beyond the example domains, and the pages or the sender do not."""
    if list_id is None or app.config.delivery.redirect_all_to:
        return
    with app.database.read() as connection:
        is_real = audience.has_real_addresses(connection, list_id)
    if is_real:
        require_reachable(newsletter, app.config.web.base_url, app.config.media.base_url.strip())


def _unsubscribe_url(app: App, token: str) -> str:
    return f"{app.base_url}/unsubscribe/{token}"


def require_pass(app: App, made: Made, list_id: int) -> None:
    """Nothing when no blocking rule fails. Raises Refused naming the first that does, and how to mend it."""
    blocking = [finding for finding in report_on(app, made, list_id).findings if finding.severity == "block"]
    if blocking:
        first = blocking[0]
        more = f" (and {len(blocking) - 1} more: see `newsletter check`)" if len(blocking) > 1 else ""
        raise Refused(f"the pre-flight check blocks it: {first.words} {first.mend}".rstrip() + more)
