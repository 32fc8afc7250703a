"""An issue or an article, and an address → the truth about why that reader got it, or did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from newsletter import shapes
from newsletter.app import App
from newsletter.content.completeness import explain_missing
from newsletter.desk import library, previewing
from newsletter.model import Delivery, Issue
from newsletter.states import DRAFTS, DeliveryStatus, IssueState
from newsletter.store import deliveries as store
from newsletter.store import issues as issue_store
from subscribers import Profile, SubscriptionStatus, parse
from subscribers import store as audience


@dataclass(frozen=True, slots=True)
class Explanation:
    """One issue and one address."""

    issue: Issue | None
    email: str
    words: str
    delivery: Delivery | None = None
    attempts: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "issue": self.issue.id if self.issue else None,
            "email": self.email,
            "words": self.words,
            "delivery": shapes.delivery(self.delivery) if self.delivery else None,
            "attempts": list(self.attempts),
        }


def explain(app: App, target: str, email: str) -> list[Explanation]:
    """One answer for an issue; for an article one for each issue it stands in. Raises NotFound or InvalidAddress."""
    found = previewing.find(app, target)
    address = parse(email).email
    if isinstance(found, Issue):
        return [_about(app, found, address)]
    with app.database.read() as connection:
        issues = issue_store.issues_with(connection, found)
    if not issues:
        return [Explanation(None, address, _never_sent(app, found))]
    return [_about(app, issue, address) for issue in issues]


def _never_sent(app: App, slug: str) -> str:
    article = library.find(app, slug)
    if article.missing:
        return f"{slug} stands in no issue: {explain_missing(article, article.missing)}"
    return f"{slug} stands in no issue yet; `newsletter forecast` says when it is due"


def _about(app: App, issue: Issue, email: str) -> Explanation:
    with app.database.read() as connection:
        profile = audience.find_profile(connection, email)
        if profile is not None:
            delivery = store.find_delivery(connection, issue.id, profile.subscriber.id)
        else:
            delivery = store.delivery_to(connection, issue.id, email)
        tries = store.attempts_of(connection, delivery.id) if delivery is not None else []
    attempts = tuple(
        {"number": number, "at": shapes.instant(at), "outcome": outcome, "reply": reply}
        for number, at, outcome, reply in tries
    )
    words = _delivered(delivery, issue) if delivery is not None else _not_planned(issue, profile, email)
    return Explanation(issue, email, words, delivery, attempts)


def _delivered(delivery: Delivery, issue: Issue) -> str:
    told = "".join(f": {words}" for words in [delivery.reply or delivery.reason] if words)
    remark = f"; {delivery.reason}" if delivery.reply and delivery.reason else ""
    again = f"; the next try at {shapes.instant(delivery.next_attempt)}" if delivery.next_attempt else ""
    paused = f"; issue {issue.id} is paused: {issue.pause_reason}" if issue.state is IssueState.PAUSED else ""
    sentences = {
        DeliveryStatus.SENT: f"handed over to the relay at {shapes.instant(delivery.sent_at)}{told}{remark}",
        DeliveryStatus.PENDING: f"waits to be sent, after {_tries(delivery.attempts)}{told}{again}{paused}",
        DeliveryStatus.SENDING: "was taken by a worker, which has not written down yet what became of it",
        DeliveryStatus.FAILED: f"given up after {_tries(delivery.attempts)}{told}",
        DeliveryStatus.SKIPPED: f"got nothing, because {delivery.reason}",
        DeliveryStatus.IN_DOUBT: f"in doubt{told}; `newsletter issues settle {issue.id} --sent` or `--again`{again}",
    }
    return sentences[delivery.status]


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _not_planned(issue: Issue, profile: Profile | None, email: str) -> str:
    if profile is None:
        return f"{email} is no subscriber"
    if issue.state in DRAFTS:
        return f"issue {issue.id} is a draft: nobody has got it yet"
    on_list = next((each for each in profile.subscriptions if each.list_id == issue.list_id), None)
    if on_list is None:
        return f"was not in the audience: not on the list {issue.list_name!r}"
    since = f"{on_list.since:%Y-%m-%d}"
    if profile.suppression is not None:
        return f"was not in the audience: suppressed, {profile.suppression.reason}"
    if on_list.status is not SubscriptionStatus.CONFIRMED:
        return f"was not in the audience: {on_list.status} on the list {issue.list_name!r} since {since}"
    return f"was not in the audience when the issue was planned; confirmed on {issue.list_name!r} since {since}"
