"""A pick, rendered → the same, or the next one whose article the pre-flight gate does not block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newsletter.app import App
from newsletter.checking.content import ABOUT_THE_ARTICLE
from newsletter.checking.finding import CheckInput
from newsletter.desk.pictures import missing_pictures
from newsletter.model import Article, Newsletter
from newsletter.picking.replay import Recipe
from newsletter.rendering.page import RenderedIssue

TRIES = 10
"""Articles that may fail in a row; then the issue is made with the next one all the same: it is not the articles."""


def blamed(app: App, newsletter: Newsletter, rendered: RenderedIssue, articles: Sequence[Article]) -> Mapping[str, str]:
    """Which of the articles keeps the issue from passing, with the finding in words; empty when none does.

    Only what an article can be blamed for: a missing postal address keeps every issue back.
    """
    missing = missing_pictures(app.home, rendered.used_media)
    subject = CheckInput(newsletter=newsletter, rendered=rendered, html="", text="", missing_media=missing)
    for rule in ABOUT_THE_ARTICLE:
        for finding in rule(subject):
            if finding.severity == "block":
                return {_whose(articles, missing).slug: finding.words}
    return {}


def _whose(articles: Sequence[Article], missing: Sequence[str]) -> Article:
    """The article that shows a missing picture, else the one that leads."""
    shown = ((each, f"{each.hero.src if each.hero else ''} {each.body_html}") for each in articles)
    return next((each for each, sources in shown if any(path in sources for path in missing)), articles[0])


def without(recipe: Recipe, failed: Mapping[str, str]) -> Recipe | None:
    """The recipe for the next pick, without the articles that failed; None when enough were tried."""
    if len(recipe.failed) >= TRIES:
        return None
    return replace(recipe, failed={**recipe.failed, **failed})
