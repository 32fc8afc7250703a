from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from newsletter.model import Article
from newsletter.picking.choices import Choices, Declined, Pinned, PinnedElsewhere
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score

AT = Moment.of(datetime(2026, 3, 3, 8, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
TRUST, CALM = (Article(slug, slug.title(), "<p>…</p>") for slug in ("trust", "calm"))


def test_pinned_article_keeps_all_others_back() -> None:
    assert Pinned("trust").judge(TRUST, History(), AT) == Score("pinned by hand")
    assert Pinned("trust").judge(CALM, History(), AT) == Refusal("trust is pinned by hand", NEVER)


def test_article_pinned_to_a_later_day_waits_for_it() -> None:
    later = date(2026, 3, 10)
    rule = PinnedElsewhere({"trust": later, "calm": date(2026, 3, 3)})
    assert rule.judge(TRUST, History(), AT) == Refusal("pinned to 2026-03-10", later)
    assert rule.judge(CALM, History(), AT) == Score("pinned to no other day")


def test_declined_article_says_why() -> None:
    rule = Declined({"trust": "the photo is old", "calm": ""})
    assert rule.judge(TRUST, History(), AT) == Refusal("declined for this occurrence: the photo is old")
    assert rule.judge(CALM, History(), AT) == Refusal("declined for this occurrence")


def test_choices_ask_only_what_was_chosen() -> None:
    assert Choices().rules() == ()
    whole = Choices("trust", {"calm": date(2026, 3, 10)}, {"sleep": ""})
    assert [rule.name for rule in whole.rules()] == ["declined", "pinned elsewhere", "pinned"]
