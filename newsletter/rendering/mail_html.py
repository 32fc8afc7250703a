"""A template's MJML with its markers → HTML with its styles in each element, ready to be cut at the slots."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.errors import RenderError
from newsletter.rendering.mjml_check import check_mjml
from newsletter.rendering.slots import Marks, place_html
from newsletter.rendering.templating import Rendered

if TYPE_CHECKING:
    from css_inline import CSSInliner

ToHtml = Callable[[str], str]
"""MJML → HTML: mrml.to_html, or another renderer."""


def mail_html(rendered: Rendered, marks: Marks, to_html: ToHtml) -> str:
    """Raises RenderError with the template and the line of whatever is wrong in it."""
    check_mjml(rendered.text, rendered.place)
    try:
        html = to_html(rendered.text)
    except RenderError as failure:
        raise RenderError(rendered.template, str(failure)) from None
    source = _inliner().inline(place_html(html, marks, rendered.place_of_mark))
    # A page opened from disk is read as UTF-8 only if the first 1,024 bytes say so.
    return source.replace("<head>", '<head><meta charset="utf-8">', 1)


@lru_cache(maxsize=1)
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner

    # Rules that cannot be inlined (media queries) stay in one style element; the others would be said twice.
    return CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
