"""A newsletter and what there is to say → a page in its look, the home's own templates first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model import Newsletter
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.mrml import render_page as render_bounded
from newsletter.rendering.templating import Look
from newsletter.rendering.templating import render_page as render_here

CALM = "calm"
"""The look that has every page; another one need bring only those it changes."""

logger = logging.getLogger(__name__)


def render_page(app: App, newsletter: Newsletter, page: str, **variables: object) -> str:
    """The HTML of `<page>.html.j2`.

    A home's template that is broken is logged, and the packaged one stands in: whoever unsubscribes must not
    be told that it failed because a page about it did.
    """
    everything = {"newsletter": newsletter, **variables}
    filename = f"{page}.html.j2"
    try:
        look = _with_all_pages(newsletter.look, [app.home.templates, packaged_templates()])
        return render_bounded(look, filename, everything)
    except Exception:  # whatever it is, it must not keep the reader from this page
        logger.exception("the page %s of the look %s cannot be shown; the packaged one is", page, newsletter.look)
    return render_here(load_look(CALM, [packaged_templates()]), filename, everything)


def _with_all_pages(name: str, folders: Sequence[Path]) -> Look:
    calm = load_look(CALM, folders)
    if name == CALM:
        return calm
    try:
        look = load_look(name, folders)
    except NotFound:
        return calm
    return Look(look.name, {**calm.sources, **look.sources}, {**calm.origins, **look.origins})
