"""A licence about to end is told before an issue goes, and keeps none from going."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from newsletter.checking import CheckInput, Finding
from newsletter.checking.content import has_authors_with_a_licence
from newsletter.model import Author
from newsletter.rendering.page import RenderedIssue
from sample_pages import NEWSLETTER

ADA = Author("Ada Byron", credentials_until=date(2026, 5, 1))
RENDERED = RenderedIssue("A subject", "", (), (), cut=False, used_media=())
ISSUE = CheckInput(NEWSLETTER, RENDERED, "", "", authors=(Author("Ben"), ADA), day=date(2026, 4, 20))


def test_licence_that_ends_is_a_warning_with_what_renews_it() -> None:
    assert list(has_authors_with_a_licence(ISSUE)) == [
        Finding(
            "licence",
            "content",
            "warn",
            "The licence of Ada Byron ends on 2026-05-01.",
            "Ada Byron",
            "Once it is renewed: newsletter authors set 'Ada Byron' --credentials-until YYYY-MM-DD",
        )
    ]


def test_licence_that_ends_later_or_on_an_unknown_day_is_none() -> None:
    assert not list(has_authors_with_a_licence(replace(ISSUE, day=date(2026, 3, 1))))
    assert not list(has_authors_with_a_licence(replace(ISSUE, day=None)))
