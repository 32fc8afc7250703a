"""An issue → deliveries → readers' mailboxes; and a person's hand on it: pause, resume, cancel, settle, test."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.delivery.envelope import Envelope, Sent
from newsletter.delivery.guards import require_sender
from newsletter.delivery.planning import ISSUE, TEST, plan_test
from newsletter.delivery.worker import LEASE, Ending, Job, Policy, Worker
from newsletter.desk import making, missed, pausing
from newsletter.desk.addressing import Planner
from newsletter.desk.copies import MADE_UP, Copies, copies_of, require_pass
from newsletter.desk.relaying import hand_one, relay_settings
from newsletter.desk.soft_start import hold_back_the_rest
from newsletter.errors import DeliveryError, InvalidTransition, NotFound, Refused
from newsletter.model import Delivery, Issue
from newsletter.scheduling.approval import Answer
from newsletter.scheduling.catching_up import when_late
from newsletter.states import DRAFTS, DeliveryStatus, IssueKind, IssueState, OccurrenceState
from newsletter.store import deliveries as store
from newsletter.store import issues as issue_store
from newsletter.store.approvals import say
from newsletter.store.deliveries import Claimed
from newsletter.store.schedules import mark_occurrence, note_decided, schedule_by_id
from subscribers import Subscriber
from subscribers import store as audience

FOREIGN_WAIT = 0.5  # seconds between two looks at deliveries that another process holds
CANCELLED = "the issue was cancelled"
PAUSED_TOO_LONG = "its time went by while it was paused: it waits for a yes"
OPEN = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.IN_DOUBT)
"""While an issue has one of these it is not sent."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A draft that may go, with what its copies are made of."""

    issue: Issue
    copies: Copies


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How a send ended. `words` are empty when every reader has a final answer."""

    issue: Issue
    words: str = ""


def find(app: App, issue_id: int) -> Issue:
    """Raises NotFound."""
    with app.database.read() as connection:
        issue = issue_store.find_issue(connection, issue_id)
    if issue is None:
        raise NotFound("issue", str(issue_id), "`newsletter issues list` shows them all")
    return issue


def start(app: App, issue: Issue, is_alone: bool = False, approved: str | None = None) -> Issue:
    """The draft, checked, its audience written down, in the state sending. Raises Refused when it must not go.

    With `is_alone` nobody has said yes to it; with `approved`, the hash of what somebody said yes to, a draft that says
    something else stays one. Everything is one transaction: the issue has all its deliveries, or it has not begun.
    """
    ready = prepare(app, issue, is_alone, approved)
    if ready is not None:
        begin(app, [ready], is_alone, has_first_copies=is_alone or approved is not None)
    return find(app, issue.id)


def prepare(app: App, issue: Issue, is_alone: bool = False, approved: str | None = None) -> Ready | None:
    """The draft as it goes, checked. Raises Refused when it must not go.

    None when somebody else was quicker, or it has changed in this moment and is not what was approved.
    """
    if issue.kind is IssueKind.REHEARSAL:
        raise Refused(f"issue {issue.id} is a rehearsal: it goes to staff alone, and by itself")
    fresh = making.refresh(app, issue, is_alone)
    if fresh.state not in DRAFTS or (approved is not None and fresh.content_hash != approved):
        return None
    made = making.made_of(app, fresh)
    require_sender(made.newsletter)
    require_pass(app, made, fresh.list_id)
    return Ready(fresh, copies_for(app, fresh, made))


def begin(app: App, ready: Sequence[Ready], is_alone: bool = False, has_first_copies: bool = True) -> list[int]:
    """The ids of those that began here: all in one transaction, each with all its deliveries.

    With `has_first_copies` everybody else waits for the staff to have seen theirs, where the schedule names any.

    Raises Refused when one of them must not go now, or has no reader whose turn it is.
    """
    begun = []
    with ExitStack() as around:
        around.enter_context(pausing.beginning(app, [each.issue for each in ready]))
        connection = around.enter_context(app.database.write())
        planner = Planner(app, connection, is_alone)
        for each in ready:
            if issue_store.move_issue(connection, each.issue, IssueState.SENDING, app.clock()):
                missed.note_begun(connection, each.issue, app.clock(), by_hand=not has_first_copies)
                planner.plan(each.issue, each.copies.compiled.message_id)
                if has_first_copies:
                    hold_back_the_rest(connection, app, each.issue)
                begun.append(each.issue.id)
    return begun


def copies_for(app: App, issue: Issue, made: making.Made | None = None) -> Copies:
    return copies_of(app, made or making.made_of(app, issue), f"{ISSUE} {issue.id}", issue.list_id, issue.id)


def job_for(app: App, issue: Issue) -> Job:
    """What a worker needs to know to deliver the issue."""
    copies = copies_for(app, issue)
    redirected = app.config.delivery.redirect_all_to

    def build(claimed: Claimed) -> bytes:
        reader = Subscriber(claimed.subscriber_id, claimed.email, claimed.name, claimed.attributes)
        return copies.build(copies.for_reader(reader, claimed.date))

    def leaves_out(connection: Connection, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        return audience.may_receive(connection, subscriber_ids, issue.list_id)

    remark = f"to {redirected} instead, as delivery.redirect_all_to says" if redirected else ""
    return Job(
        issue_id=issue.id,
        sender=copies.sender,
        build=build,
        recipient=lambda claimed: redirected or claimed.email,
        leaves_out=leaves_out,
        remark=remark,
        is_dot_free=True,
        topics=pausing.topics_in(app, issue),
    )


def again_after(app: App) -> timedelta | None:
    table = app.config.delivery
    return timedelta(minutes=table.in_doubt_delay) if table.in_doubt == "again" else None


def recover(app: App) -> tuple[int, int]:
    """Free what dead workers held: how many went back to pending, and how many are in doubt."""
    with app.database.write() as connection:
        dead = [owner for owner in store.owners(connection) if _is_dead(app, owner)]
        freed = _free(connection, app, dead)
        store.skip_cancelled(connection, CANCELLED)
    return freed


def _free(connection: Connection, app: App, dead: Sequence[str]) -> tuple[int, int]:
    again = again_after(app)
    now = app.clock()
    return store.recover(connection, now, dead, now + again if again is not None else None)


def _is_dead(app: App, owner: str) -> bool:
    """Whether a worker of this very machine has ended; of other machines only their leases tell."""
    machine, _, rest = owner.partition(":")
    pid, _, _ = rest.partition(":")
    if machine != os.uname().nodename or owner.startswith(app.worker_name):
        return False
    if int(pid) == os.getpid():
        return True  # our number, but not our name: an earlier process had it
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def deliver(
    app: App, issue: Issue, stop: threading.Event, progress: Callable[[int], None] = lambda done: None
) -> Ending:
    """Hand over everything of an issue in the state sending that is due now, and end the issue when nobody is left."""
    policy = Policy(timedelta(hours=app.config.delivery.deliver_within), again_after(app))
    with app.database.write() as connection:
        # Nobody else claims under this name: these are leftovers of a turn whose end could not be written down.
        _free(connection, app, [app.worker_name])
        store.settle_due(connection, issue.id, app.clock())
    with pausing.handing_over(app, progress) as seen:
        worker = Worker(app.database, relay_settings(app), policy, app.worker_name, app.clock, stop, seen)
        ending = worker.deliver(job_for(app, issue))
    with app.database.write() as connection:
        current = issue_store.find_issue(connection, issue.id)
        assert current is not None
        if ending.refused and current.state is IssueState.SENDING:
            issue_store.move_issue(connection, current, IssueState.PAUSED, app.clock(), ending.refused)
        if current.state is IssueState.CANCELLED:
            store.skip_pending(connection, issue.id, CANCELLED)
        _end_if_done(connection, app, current)
    return ending


def _end_if_done(connection: Connection, app: App, issue: Issue) -> None:
    if issue.state is IssueState.SENDING and not any(issue.counts.get(status) for status in OPEN):
        issue_store.move_issue(connection, issue, IssueState.SENT, app.clock())


def send(
    app: App, issue_id: int, stop: threading.Event, progress: Callable[[int], None] = lambda done: None
) -> Outcomes:
    """Send the issue in the foreground, or go on with one that is being sent, and say what is left to do.

    Raises Refused, InvalidTransition or NotFound when it cannot begin.
    """
    issue = find(app, issue_id)
    if issue.state is IssueState.PAUSED:
        reason = f" ({issue.pause_reason})" if issue.pause_reason else ""
        raise Refused(f"issue {issue_id} is paused{reason}: `newsletter issues resume {issue_id}` first")
    if issue.state in (IssueState.SENT, IssueState.CANCELLED):
        raise InvalidTransition("issue", issue.state, IssueState.SENDING)
    pausing.require_running(app, issue)
    recover(app)
    if issue.state is not IssueState.SENDING:
        issue = start(app, _as_seen(app, issue))
        if issue.state not in (IssueState.SENDING, IssueState.SENT):
            raise Refused(f"issue {issue_id} has changed in this moment: see `newsletter issues show {issue_id}`")
        making.say_yes(app, issue)
        with app.database.write() as connection:
            say(connection, issue, Answer.YES, "", app.clock())
    ending = deliver(app, issue, stop, progress)
    while not ending.is_stopped and _foreign(app, issue.id) and not stop.wait(FOREIGN_WAIT):
        recover(app)
        ending = deliver(app, issue, stop, progress)
    return Outcomes(find(app, issue_id), _words(app, issue_id, ending))


def _as_seen(app: App, issue: Issue) -> Issue:
    """The draft anew. Raises Refused where it has other articles now: a person's yes is to those they have seen."""
    fresh = making.refresh(app, issue)
    if fresh.articles != issue.articles:
        words = f"{fresh.subject!r} takes the place of {issue.subject!r}, which may not go"
        raise Refused(f"issue {issue.id}: {words}; look at it, and send it again")
    return fresh


def _foreign(app: App, issue_id: int) -> bool:
    issue = find(app, issue_id)
    return issue.state is IssueState.SENDING and bool(issue.counts.get(DeliveryStatus.SENDING))


def _words(app: App, issue_id: int, ending: Ending) -> str:
    """What keeps the issue from being done, and what goes on with it."""
    issue = find(app, issue_id)
    go_on = f"`newsletter run` or `newsletter issues send {issue_id}` goes on"
    if issue.state is IssueState.SENT:
        return ""
    if issue.state is IssueState.PAUSED:
        return (
            f"issue {issue_id} is paused: {issue.pause_reason}; `newsletter issues resume {issue_id}` when it is mended"
        )
    left = []
    if held := pausing.why_held(app, issue):
        left.append(held)
    if ending.unreachable:
        left.append(f"the relay cannot be reached: {ending.unreachable}")
    if ending.is_stopped:
        left.append("stopped; nobody is lost")
    if elsewhere := issue.counts.get(DeliveryStatus.SENDING, 0):
        left.append(f"{elsewhere} {'is' if elsewhere == 1 else 'are'} with another process; {go_on}")
    if pending := issue.counts.get(DeliveryStatus.PENDING, 0):
        with app.database.read() as connection:
            at = store.next_attempt(connection, issue_id)
        # Who was not tried at all has no instant of their own: they are due at any time.
        next_at = app.clock() if at is None or ending.unreachable or ending.is_stopped else at
        wait = "waits" if pending == 1 else "wait"
        left.append(f"{pending} {wait} for a later try, the next at {next_at:%Y-%m-%dT%H:%M:%SZ}; {go_on}")
    if doubt := issue.counts.get(DeliveryStatus.IN_DOUBT, 0):
        settle = f"`newsletter issues settle {issue_id} --sent` or `--again`"
        left.append(f"{doubt} in doubt: see `newsletter deliveries {issue_id} --status in_doubt`, then {settle}")
    return "; ".join(left)


def expected(app: App, issue: Issue) -> int:
    """How many readers a send of this issue has to do with."""
    waiting = issue.counts.get(DeliveryStatus.PENDING, 0) + issue.counts.get(DeliveryStatus.SENDING, 0)
    if issue.state not in DRAFTS:
        return waiting
    with app.database.read() as connection:
        return audience.audience_size(connection, issue.list_id)


def pause(app: App, issue_id: int, reason: str = "by hand") -> Issue:
    """The issue, of which no new message is begun; a draft does not begin. Raises InvalidTransition."""
    return _moved(app, issue_id, IssueState.PAUSED, reason)


def resume(app: App, issue_id: int) -> Issue:
    """The issue, going on where it was, as a draft if it had not begun. Raises InvalidTransition."""
    issue = find(app, issue_id)
    if issue.state is not IssueState.PAUSED:
        raise Refused(f"issue {issue_id} is {issue.state}, not paused: there is nothing to resume")
    if issue.started is not None:
        return _moved(app, issue_id, IssueState.SENDING)
    is_to_come = issue.send_at is not None and issue.send_at > app.clock()
    return _moved(app, issue_id, IssueState.SCHEDULED if is_to_come else IssueState.DRAFT, _held_because(app, issue))


def _held_because(app: App, issue: Issue) -> str:
    """Why a draft that goes on waits for a yes: no clock sends it any more. Empty when one does."""
    at, now = issue.occurrence, app.clock()
    if issue.kind is not IssueKind.PICKED or issue.schedule_id is None or at is None or at.utc > now:
        return ""
    with app.database.read() as connection:
        schedule = schedule_by_id(connection, issue.schedule_id)
    zone = ZoneInfo(app.newsletter(issue.newsletter_id).timezone)
    return "" if when_late(at, schedule, now, zone) is not None else PAUSED_TOO_LONG


def cancel(app: App, issue_id: int) -> Issue:
    """The issue, ended; whoever has not got it gets nothing. Its occurrence is skipped. Raises InvalidTransition."""
    recover(app)
    issue = find(app, issue_id)
    if issue.state is IssueState.SENT:
        raise Refused(f"issue {issue_id} is sent: what has gone out cannot be called back")
    with app.database.write() as connection:
        _move(connection, app, issue, IssueState.CANCELLED, "by hand")
        store.skip_pending(connection, issue_id, CANCELLED)
        if issue.occurrence_id is not None:
            words = f"issue {issue_id} was cancelled"
            mark_occurrence(connection, issue.occurrence_id, OccurrenceState.SKIPPED, words)
            note_decided(connection, issue.occurrence_id, app.clock())
    return find(app, issue_id)


def _moved(app: App, issue_id: int, after: IssueState, reason: str = "") -> Issue:
    issue = find(app, issue_id)
    with app.database.write() as connection:
        _move(connection, app, issue, after, reason)
    return find(app, issue_id)


def _move(connection: Connection, app: App, issue: Issue, after: IssueState, reason: str) -> None:
    """Raises InvalidTransition, also when somebody else was quicker."""
    if not issue_store.move_issue(connection, issue, after, app.clock(), reason):
        current = issue_store.find_issue(connection, issue.id)
        raise InvalidTransition("issue", current.state if current else "gone", after)


def settle(app: App, issue_id: int, is_sent: bool) -> tuple[Issue, int]:
    """The issue after a person's word on everyone in doubt, and how many those were. Raises NotFound or Refused."""
    if find(app, issue_id).state is IssueState.CANCELLED and not is_sent:
        raise Refused(f"issue {issue_id} was cancelled: nothing of it is sent again")
    recover(app)
    after = DeliveryStatus.SENT if is_sent else DeliveryStatus.PENDING
    words = "settled by hand: it was sent" if is_sent else "settled by hand: send it again"
    with app.database.write() as connection:
        settled = store.settle(connection, issue_id, after, words, app.clock())
        issue = issue_store.find_issue(connection, issue_id)
        assert issue is not None
        _end_if_done(connection, app, issue)
    return find(app, issue_id), settled


def send_test(app: App, issue_id: int, email: str) -> Delivery:
    """One copy of the issue for a made-up reader, to `email`, whose links change nothing. Raises DeliveryError.

    Written down as a delivery of another kind, beside the issue's own.
    """
    issue = find(app, issue_id)
    if issue.state in DRAFTS:
        issue = making.refresh(app, issue)
    made = making.made_of(app, issue)
    require_sender(made.newsletter)
    now = app.clock()
    settings = relay_settings(app)
    copies = copies_of(app, made, f"{TEST} of {ISSUE} {issue.id} at {now.isoformat()}", issue.list_id, issue.id)
    message = copies.build(copies.for_nobody(now, email))
    message_id = copies.compiled.message_id(MADE_UP.id)
    with app.database.write() as connection:
        planned = plan_test(issue, email, message_id, now, f"{app.worker_name}:{TEST}", now + LEASE)
        delivery_id = store.add_other(connection, planned)
    outcome = hand_one(settings, Envelope(delivery_id, copies.sender, email, message))
    status = DeliveryStatus.SENT if isinstance(outcome, Sent) else DeliveryStatus.FAILED
    reply = str(outcome.reply) if outcome.reply else ""
    reason = "" if isinstance(outcome, Sent) else str(outcome)
    with app.database.write() as connection:
        store.record(connection, [store.Result(delivery_id, status, app.clock(), 1, reply, reason)])
        delivery = store.delivery_by_id(connection, delivery_id)
    if isinstance(outcome, DeliveryError):
        raise outcome
    return delivery
