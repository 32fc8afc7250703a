"""A few words to a person who runs the newsletter → one mail, handed over once, and its delivery."""

from __future__ import annotations

import logging
from dataclasses import replace

from newsletter.app import App
from newsletter.delivery.envelope import Envelope, Sent
from newsletter.delivery.guards import require_from_address
from newsletter.delivery.notice import Notice, build_notice, message_id
from newsletter.delivery.planning import LONGEST_PURPOSE
from newsletter.delivery.retry import next_attempt
from newsletter.delivery.worker import LEASE
from newsletter.desk.relaying import hand_one, relay_settings
from newsletter.errors import DeliveryError, InDoubt, PermanentFailure, RenderError
from newsletter.model import Delivery, Newsletter
from newsletter.rendering.above import put_above, put_text_above
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.mrml import render_template, to_html
from newsletter.rendering.notice import render_notice
from newsletter.rendering.templating import Look
from newsletter.states import DeliveryStatus
from newsletter.store import deliveries as store
from newsletter.store.notices import claim_notice, find_notice

CALM = "calm"
"""The look whose notice stands in where another look has none."""

logger = logging.getLogger(__name__)


def notify(
    app: App,
    newsletter: Newsletter,
    kind: str,
    purpose_key: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    below: tuple[str, str] | None = None,
) -> Delivery:
    """The one mail of this kind and purpose to this address: handed over now, or what became of it before.

    `text` is parted at its blank lines; lines that all begin with `- ` are a list, and `Label: https://…` on a line of
    its own is a button. `html` stands in the HTML part in its place; it must be this program's own. `below` holds HTML
    and text of an issue's copy, shown under the words.

    What a relay puts off stays pending: ask again, and it is handed over when its time has come. So whoever looks at
    the clock calls this as often as they look. Raises Refused, MessageError or ConfigError for what a person has to
    set first; a relay's answer is never raised.
    """
    require_from_address(newsletter)
    settings = relay_settings(app)
    now = app.clock()
    purpose = purpose_of(app, purpose_key, to)
    rendered, words = _html(app, newsletter, subject, text, html), _text(newsletter, text)
    if below is not None:
        rendered, words = put_above(rendered, below[0]), put_text_above(words, below[1])
    identity = app.tokens.keyed_hash("notice", kind, purpose)
    notice = Notice(newsletter.from_address, to, subject, words, rendered, now, identity)
    build_notice(notice)  # what cannot be sent is said before anything is written down
    row = {
        "kind": kind,
        "purpose_key": purpose,
        "email": to,
        "status": str(DeliveryStatus.SENDING),
        "attempts": 1,
        "message_id": message_id(notice),
        "date": now,
        "claimed_by": f"{app.worker_name}:{kind}",
        "lease_until": now + LEASE,
        "handed_at": now,
    }
    with app.database.write() as connection:
        claimed = claim_notice(connection, row, now)
    if claimed is not None:
        delivery = _delivery(app, claimed)
        message = build_notice(replace(notice, date=delivery.date or now))
        recipient = app.config.delivery.redirect_all_to or to
        sender = require_from_address(newsletter).address
        outcome = hand_one(settings, Envelope(claimed, sender, recipient, message))
        _record(app, delivery, outcome)
    with app.database.read() as connection:
        known = find_notice(connection, kind, purpose)
    assert known is not None
    return _delivery(app, known)


def is_done(app: App, kind: str, purpose_key: str, to: str) -> bool:
    """Whether there is nothing to do for this mail now: it was handed over, failed for good, or waits for its time."""
    delivery = _known(app, kind, purpose_key, to)
    if delivery is None:
        return False
    later = delivery.next_attempt is not None and delivery.next_attempt > app.clock()
    return delivery.status is not DeliveryStatus.PENDING or later


def is_over(app: App, kind: str, purpose_key: str, to: str) -> bool:
    """Whether there will be nothing to do for this mail any more."""
    delivery = _known(app, kind, purpose_key, to)
    return delivery is not None and delivery.status is not DeliveryStatus.PENDING


def _known(app: App, kind: str, purpose_key: str, to: str) -> Delivery | None:
    with app.database.read() as connection:
        known = find_notice(connection, kind, purpose_of(app, purpose_key, to))
        return None if known is None else store.delivery_by_id(connection, known)


def purpose_of(app: App, purpose_key: str, to: str) -> str:
    """What makes this mail the same mail: the purpose and the address, within what the schema holds."""
    purpose = f"{purpose_key} to {to}"
    if len(purpose) <= LONGEST_PURPOSE:
        return purpose
    return f"{purpose_key[:100]} {app.tokens.keyed_hash('purpose', purpose_key, to)}"


def _text(newsletter: Newsletter, text: str) -> str:
    return f"{text.strip()}\n\n-- \n{newsletter.name}\n"


def _html(app: App, newsletter: Newsletter, subject: str, text: str, html: str | None) -> str:
    """In the newsletter's look; where that is broken in the packaged one: a notice must not fail with a template."""

    def rendered(look: Look) -> str:
        return render_notice(newsletter, subject, text, html, app.media_url, look, to_html, render_template)

    folders = [app.home.templates, packaged_templates()]
    try:
        calm, own = load_look(CALM, folders), app.look(newsletter.look)
        return rendered(Look(own.name, {**calm.sources, **own.sources}, {**calm.origins, **own.origins}))
    except RenderError as error:
        logger.warning("a notice is shown in the packaged look: %s", error)
    return rendered(load_look(CALM, [packaged_templates()]))


def _record(app: App, delivery: Delivery, outcome: Sent | DeliveryError) -> None:
    now = app.clock()
    later = None
    match outcome:
        case Sent():
            status = DeliveryStatus.SENT
        case InDoubt():
            status = DeliveryStatus.IN_DOUBT
        case PermanentFailure():
            status = DeliveryStatus.FAILED
        case _:
            later = next_attempt(delivery.attempts, now, 0.0)
            status = DeliveryStatus.PENDING if later is not None else DeliveryStatus.FAILED
    reply = str(outcome.reply) if outcome.reply else ""
    reason = "" if isinstance(outcome, Sent) else str(outcome)
    result = store.Result(delivery.id, status, now, delivery.attempts, reply, reason, later)
    with app.database.write() as connection:
        store.record(connection, [result])


def _delivery(app: App, delivery_id: int) -> Delivery:
    with app.database.read() as connection:
        return store.delivery_by_id(connection, delivery_id)
