"""What somebody wants mended before an issue goes → a mail to the others who look after its schedule."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.app import App
from newsletter.desk.emptiness import addresses
from newsletter.desk.notices import is_done, notify
from newsletter.errors import NewsletterError
from newsletter.model import Issue, Schedule
from newsletter.scheduling.approval import Asked
from newsletter.states import DeliveryStatus

MENDING = "mending"
"""The kind of these mails among the deliveries."""


def pass_on(app: App, schedule: Schedule, issue: Issue, wish: Asked) -> Iterator[str]:
    """Mail the wish to whoever has not had it, and say who could not be told.

    What the relay puts off goes with a later call: so whoever looks at the draft calls this as often as they look.
    """
    newsletter = app.newsletter(issue.newsletter_id)
    key = f"issue {issue.id}, {wish.id}, {app.tokens.keyed_hash('mending', wish.reason)[:16]}"
    subject = f"To be mended: {issue.subject}"
    text = (
        f"{wish.email} wants “{issue.subject}” mended before it goes:\n\n“{wish.reason}”\n\n"
        f"It waits. Once the article is mended, everybody is asked again; "
        f"`newsletter issues approve {issue.id}` sends it as it is."
    )
    for email in addresses(newsletter, schedule, but=wish.email):
        if is_done(app, MENDING, key, email):
            continue
        try:
            told = notify(app, newsletter, MENDING, key, email, subject, text)
        except NewsletterError as error:
            yield str(error)
            continue
        if told.status is DeliveryStatus.FAILED:
            yield f"{email} could not be told: {told.reply or told.reason}"
