"""An issue or an article, and an address → the truth about why that reader got it, or did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from newsletter import shapes
from newsletter.app import App
from newsletter.content.completeness import explain_missing
from newsletter.desk import library, previewing
from newsletter.desk.expecting import expect
from newsletter.model import Delivery, Issue
from newsletter.states import DRAFTS, DeliveryStatus, IssueKind, IssueState
from newsletter.store import deliveries as store
from newsletter.store import issues as issue_store
from newsletter.store.grouping import HAD, issue_at
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
    """One answer for an issue; for an article one for each issue it stands in, and when it will come.

    Raises NotFound or InvalidAddress.
    """
    found = previewing.find(app, target)
    address = parse(email).email
    if isinstance(found, Issue):
        return [_about(app, found, address)]
    with app.database.read() as connection:
        issues = issue_store.issues_with(connection, found)
        profile = audience.find_profile(connection, address)
    told = [_about(app, issue, address) for issue in issues]
    if any(each.delivery is not None and each.delivery.status in HAD for each in told):
        return told
    article = library.find(app, found)
    coming = [f"{address} is no subscriber"] if profile is None else list(expect(app, article, profile))
    if article.missing:
        coming.insert(0, explain_missing(article, article.missing))
    none = "" if told else f"{found} stands in no issue yet; "
    return [*told, *(Explanation(None, address, f"{none}{words}") for words in coming)]


def _about(app: App, issue: Issue, email: str) -> Explanation:
    with app.database.read() as connection:
        profile = audience.find_profile(connection, email)
        if profile is not None:
            delivery = store.find_delivery(connection, issue.id, profile.subscriber.id)
        else:
            delivery = store.delivery_to(connection, issue.id, email)
        tries = store.attempts_of(connection, delivery.id) if delivery is not None else []
        other = None
        if delivery is None and profile is not None and issue.occurrence_id is not None:
            other = issue_at(connection, issue.occurrence_id, profile.subscriber.id)
    attempts = tuple(
        {"number": number, "at": shapes.instant(at), "outcome": outcome, "reply": reply}
        for number, at, outcome, reply in tries
    )
    words = _delivered(delivery, issue) if delivery is not None else _not_planned(issue, profile, email)
    if other is not None:
        number, slug = other
        words = f"the reader was due another article at this occurrence: {slug}, in issue {number}"
    return Explanation(issue, email, words, delivery, attempts)


def _delivered(delivery: Delivery, issue: Issue) -> str:
    told = "".join(f": {words}" for words in [delivery.reply or delivery.reason] if words)
    remark = f"; {delivery.reason}" if delivery.reply and delivery.reason else ""
    again = f"; the next try at {shapes.instant(delivery.next_attempt)}" if delivery.next_attempt else ""
    paused = f"; issue {issue.id} is paused: {issue.pause_reason}" if issue.state is IssueState.PAUSED else ""
    sentences = {
        DeliveryStatus.SENT: f"handed over to the relay at {shapes.instant(delivery.sent_at)}{told}{remark}",
        DeliveryStatus.PENDING: f"{_waiting(delivery, told)}{again}{paused}",
        DeliveryStatus.SENDING: "was taken by a worker, which has not written down yet what became of it",
        DeliveryStatus.FAILED: f"given up after {_tries(delivery.attempts)}{told}",
        DeliveryStatus.SKIPPED: f"got nothing, because {delivery.reason}",
        DeliveryStatus.IN_DOUBT: f"in doubt{told}; `newsletter issues settle {issue.id} --sent` or `--again`{again}",
    }
    return sentences[delivery.status]


def _waiting(delivery: Delivery, told: str) -> str:
    """Nobody has tried yet whose hour has not come; the reason says which one it waits for."""
    if delivery.reason and delivery.next_attempt and not delivery.attempts:
        return delivery.reason
    return f"waits to be sent, after {_tries(delivery.attempts)}{told}"


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _not_planned(issue: Issue, profile: Profile | None, email: str) -> str:
    if profile is None:
        return f"{email} is no subscriber"
    if issue.kind is IssueKind.REHEARSAL:
        return f"issue {issue.id} is a rehearsal: it goes to staff alone"
    if issue.state in DRAFTS:
        return f"issue {issue.id} is a draft: nobody has got it yet"
    if issue.started is None:
        return f"issue {issue.id} is {issue.state}, and has not begun: nobody has got it"
    on_list = next((each for each in profile.subscriptions if each.list_id == issue.list_id), None)
    if on_list is None:
        return f"was not in the audience: not on the list {issue.list_name!r}"
    since = f"{on_list.since:%Y-%m-%d}"
    if profile.suppression is not None:
        return f"was not in the audience: suppressed, {profile.suppression.reason}"
    if on_list.status is not SubscriptionStatus.CONFIRMED:
        return f"was not in the audience: {on_list.status} on the list {issue.list_name!r} since {since}"
    return f"was not in the audience when the issue was planned; confirmed on {issue.list_name!r} since {since}"
