"""What is about a paused tag or category does not go, until its pause ends."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.model import Article
from newsletter.picking.paused import NotPaused, topics_from_json, topics_of, topics_to_json
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 30, 22, 30, tzinfo=UTC)  # the next day in Berlin
BERLIN = ZoneInfo("Europe/Berlin")
LOSS = Article("on-loss", "On loss", "<p>Loss.</p>", tags=("Coping  with Grief",), categories=("Loss",))


def judged(rule: NotPaused, at: datetime) -> Score | Refusal:
    return rule.judge(LOSS, History(), Moment.of(at, BERLIN))


def test_topics_are_tags_and_categories_whatever_their_capitals() -> None:
    assert topics_of(LOSS) == {"coping with grief", "loss"}


@pytest.mark.parametrize("name", ["loss", "coping with grief"])
def test_what_is_paused_waits_for_the_end_of_the_pause(name: str) -> None:
    rule = NotPaused((("sleep", None), (name, EVENING)))
    assert judged(rule, NOON) == Refusal(f"what is about {name!r} is paused until 2026-03-31 00:30", date(2026, 3, 31))
    assert judged(rule, EVENING) == Score("not paused")


def test_what_is_paused_without_an_end_does_not_go() -> None:
    assert judged(NotPaused((("loss", None),)), EVENING) == Refusal(
        "what is about 'loss' is paused until somebody resumes", NEVER
    )


def test_what_is_about_something_else_goes() -> None:
    assert judged(NotPaused((("sleep", None),)), NOON) == Score("not paused")


def test_paused_topics_can_be_kept_with_a_pick() -> None:
    topics = (("loss", None), ("sleep", EVENING))
    assert topics_from_json(topics_to_json(topics)) == topics
