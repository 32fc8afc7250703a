"""The nouns → the JSON shapes that the command line, the pages and scripts share: keys are added, never renamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from newsletter.content.reading import body_text, reading_minutes
from newsletter.model import (
    Article,
    Author,
    CallToAction,
    Delivery,
    Hero,
    Issue,
    Newsletter,
    Occurrence,
    Schedule,
    Version,
)
from newsletter.options import shown
from newsletter.states import DeliveryStatus

if TYPE_CHECKING:  # the checks bring the whole of rendering along, which most commands never need
    from newsletter.checking.report import Report
    from newsletter.content.changes import Change
    from newsletter.scheduling.approval import Asked
    from subscribers import ListCounts, Profile


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z, to the second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(given: date | None) -> str | None:
    return given.isoformat() if given else None


def local(at: datetime) -> str:
    """RFC 3339 with the offset, then the zone's name in brackets (RFC 9557)."""
    return f"{at.isoformat(timespec='seconds')}[{at.tzinfo}]"


def occurrence(given: Occurrence | None) -> dict[str, Any] | None:
    return None if given is None else {"utc": instant(given.utc), "local": local(given.local)}


def article(given: Article) -> dict[str, Any]:
    text = body_text(given.body_html)
    return {
        "slug": given.slug,
        "title": given.title,
        "subtitle": given.subtitle or None,
        "summary": given.summary or None,
        "published": _day(given.published),
        "updated": _day(given.updated),
        "language": given.language or None,
        "status": given.status,
        "categories": list(given.categories),
        "tags": list(given.tags),
        "authors": [_byline(each) for each in given.authors],
        "hero": _known_parts(given.hero),
        "call_to_action": _known_parts(given.call_to_action),
        "body_html": given.body_html,
        "body_text": text,
        "source_url": given.source_url or None,
        "evergreen": given.evergreen,
        "seasons": [str(season) for season in given.seasons],
        "not_before": _day(given.not_before),
        "expires": _day(given.expires),
        "review_by": _day(given.review_by),
        "priority": given.priority,
        "last_sent": instant(given.last_sent),
        "read": given.read_at is not None,
        "reading_minutes": reading_minutes(len(text.split())),
        "guesses": [asdict(guess) for guess in given.guesses],
        "missing": list(given.missing),
    }


def _known_parts(given: Hero | CallToAction | None) -> dict[str, str | None] | None:
    """None also for one whose parts a person emptied."""
    parts = {} if given is None else {name: value or None for name, value in asdict(given).items()}
    return parts if any(parts.values()) else None


def _byline(given: Author) -> dict[str, Any]:
    return {
        "name": given.name,
        "credentials": given.credentials or None,
        "role": given.role or None,
        "practice": given.practice or None,
    }


def version(given: Version, changes: Sequence[Change], issues: Sequence[int]) -> dict[str, Any]:
    """`changes` of the version before, `issues` it went out in."""
    return {
        "version": given.number,
        "cause": given.cause,
        "since": instant(given.since),
        "until": instant(given.until),
        "changes": [asdict(change) for change in changes],
        "issues": list(issues),
    }


def author(given: Author) -> dict[str, Any]:
    return {
        **_byline(given),
        "bio": given.bio or None,
        "photo": given.photo or None,
        "url": given.url or None,
        "email": given.email or None,
        "active_from": _day(given.active_from),
        "active_until": _day(given.active_until),
        "credentials_until": _day(given.credentials_until),
        "call_to_action": given.call_to_action or None,
    }


def call_to_action(given: CallToAction) -> dict[str, Any]:
    return {"text": given.text or None, "label": given.label or None, "url": given.url or None}


def newsletter(given: Newsletter) -> dict[str, Any]:
    return {key: value or None for key, value in asdict(given).items() if key != "id"}


def schedule(given: Schedule, newsletter_name: str, words: str, coming: Sequence[Occurrence]) -> dict[str, Any]:
    """`words` is the recurrence in English, `coming` the next instants."""
    return {
        "name": given.name,
        "newsletter": newsletter_name,
        "list": given.list_name,
        "recurrence": given.recurrence,
        "words": words,
        "timezone": given.timezone,
        "status": given.status,
        "grace_minutes": given.grace_minutes,
        "options": shown(given.options),
        "next": [occurrence(each) for each in coming],
    }


def issue(given: Issue, newsletter_name: str) -> dict[str, Any]:
    counts = {status.value: given.counts.get(status, 0) for status in DeliveryStatus}
    return {
        "id": given.id,
        "newsletter": newsletter_name,
        "schedule": given.schedule_name or None,
        "occurrence": occurrence(given.occurrence),
        "state": given.state,
        "subject": given.subject,
        "articles": list(given.articles),
        "planned": given.planned,
        **counts,
        "content_hash": given.content_hash,
        "pause_reason": given.pause_reason or None,
        "kind": given.kind,
        "note": given.note or None,
        "send_at": instant(given.send_at),
    }


def delivery(given: Delivery) -> dict[str, Any]:
    return {
        "id": given.id,
        "kind": given.kind,
        "issue": given.issue_id,
        "email": given.email,
        "status": given.status,
        "attempts": given.attempts,
        "reply": given.reply or None,
        "reason": given.reason or None,
        "message_id": given.message_id or None,
        "sent_at": instant(given.sent_at),
        "next_attempt": instant(given.next_attempt),
    }


def subscriber(profile: Profile) -> dict[str, Any]:
    given, suppression = profile.subscriber, profile.suppression
    return {
        "email": given.email,
        "name": given.name or None,
        "attributes": dict(given.attributes),
        "tags": list(given.tags),
        "timezone": given.timezone or None,
        "language": given.language or None,
        "subscriptions": [
            {"list": each.list_name, "status": each.status, "since": instant(each.since)}
            for each in profile.subscriptions
        ],
        "suppression": None
        if suppression is None
        else {"reason": suppression.reason, "since": instant(suppression.since)},
        "consents": [{"what": each.what, "when": instant(each.when), "where": each.where} for each in profile.consents],
    }


def approval(given: Asked) -> dict[str, Any]:
    return {
        "email": given.email or None,
        "role": given.role,
        "asked_at": instant(given.asked_at),
        "answer": given.answer,
        "answered_at": instant(given.answered_at),
        "words": given.reason,
        "content_hash": given.content_hash,
    }


def mailing_list(given: ListCounts) -> dict[str, Any]:
    return {
        "name": given.mailing_list.name,
        "confirmed": given.confirmed,
        "pending": given.pending,
        "unsubscribed": given.unsubscribed,
        "timezone": given.mailing_list.timezone or None,
    }


def check(given: Report) -> dict[str, Any]:
    names = ("rule", "family", "severity", "words", "where", "mend")
    findings = [{name: getattr(finding, name) for name in names} for finding in given.findings]
    return {"verdict": given.verdict, "findings": findings}
