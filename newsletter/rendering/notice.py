"""A few words to whoever runs the newsletter → a mail in its look: HTML and text, of no reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.model import Newsletter
from newsletter.rendering.body import Media
from newsletter.rendering.mail_html import ToHtml, mail_html
from newsletter.rendering.page import RenderTemplate
from newsletter.rendering.slots import Html, Marks, cut, fill
from newsletter.rendering.templating import Look
from newsletter.rendering.views import NewsletterView, newsletter_view, own_domain

NOTICE_TEMPLATE = "notice.mjml.j2"

_BUTTON = re.compile(r"(?P<label>[^\n:]{1,80}): (?P<url>https?://\S+)")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a notice: `words` are its paragraph, `items` its list, or `label` and `url` its button."""

    words: str = ""
    items: tuple[str, ...] = ()
    label: str = ""
    url: str = ""


def render_notice(
    newsletter: Newsletter,
    subject: str,
    text: str,
    html: str | None,
    media_base_url: str,
    look: Look,
    to_html: ToHtml,
    render_template: RenderTemplate,
) -> str:
    """The notice as HTML. `html`, if there is one, stands in place of the text; it comes from this program.

    Raises RenderError.
    """
    frame = _frame(newsletter, media_base_url)
    blocks = blocks_of(text)
    variables = {
        "newsletter": frame,
        "subject": subject,
        "preheader": next((block.words for block in blocks if block.words), ""),
        "blocks": () if html is not None else blocks,
        "body": Html(html or ""),
    }
    marks = Marks(repr((subject, text, html, frame)))
    rendered = render_template(look, NOTICE_TEMPLATE, variables, marks)
    source = mail_html(rendered, marks, to_html)
    return fill(cut(source, marks, "html", rendered.place_of_mark), {})


def _frame(newsletter: Newsletter, media_base_url: str) -> NewsletterView:
    return newsletter_view(newsletter, newsletter.logo, Media(media_base_url, own_domain(newsletter)))


def blocks_of(text: str) -> tuple[Block, ...]:
    """Plain text parted at its blank lines.

    Lines that all begin with `- ` are a list, and `Label: https://…` alone on its lines are buttons.
    """
    parts = (part.strip("\n") for part in _BLANK_LINE.split(text.strip()))
    return tuple(block for part in parts if part.strip() for block in _blocks(part))


def _blocks(part: str) -> Iterator[Block]:
    lines = [line.strip() for line in part.split("\n")]
    buttons = [_BUTTON.fullmatch(line) for line in lines]
    if all(buttons):
        yield from (Block(label=found["label"], url=found["url"]) for found in buttons if found)
    elif all(line.startswith("- ") for line in lines):
        yield Block(items=tuple(line.removeprefix("- ") for line in lines))
    else:
        yield Block(words=" ".join(lines))
