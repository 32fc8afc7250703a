"""A newsletter and what there is to say → a page in its look, the home's own templates first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model import Newsletter
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.templating import Look

CALM = "calm"
"""The look that has every page; another one need bring only those it changes."""

logger = logging.getLogger(__name__)


def render_page(app: App, newsletter: Newsletter, page: str, **variables: object) -> str:
    """The HTML of `<page>.html.j2`.

    A home's template that is broken is logged, and the packaged one stands in: whoever unsubscribes must not
    be told that it failed because a page about it did.
    """
    everything: dict[str, Any] = {"newsletter": newsletter, **variables}
    try:
        look = _with_all_pages(newsletter.look, [app.home.templates, packaged_templates()])
        return _rendered(look, page, everything)
    except Exception:  # a template can fail in any way that Python can
        logger.exception("the page %s of the look %s cannot be shown; the packaged one is", page, newsletter.look)
    return _rendered(load_look(CALM, [packaged_templates()]), page, everything)


def _with_all_pages(name: str, folders: Sequence[Path]) -> Look:
    calm = load_look(CALM, folders)
    if name == CALM:
        return calm
    try:
        look = load_look(name, folders)
    except NotFound:
        return calm
    return Look(look.name, {**calm.sources, **look.sources}, {**calm.origins, **look.origins})


def _rendered(look: Look, page: str, variables: dict[str, Any]) -> str:
    return _environment(look).get_template(f"{page}.html.j2").render(variables)


@lru_cache(maxsize=8)
def _environment(look: Look) -> ImmutableSandboxedEnvironment:
    """Kept by what the files say, so that a page is compiled once and a changed one anew."""
    return ImmutableSandboxedEnvironment(
        loader=DictLoader(look.sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
