"""An issue and a look → the rendered issue: its HTML and its text, cut at the slots of each reader."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.errors import RenderError
from newsletter.rendering import slots
from newsletter.rendering.body import Media, prepare_body, shorten, without_last_headings
from newsletter.rendering.mail_html import ToHtml, mail_html
from newsletter.rendering.others import Others
from newsletter.rendering.plain import to_text
from newsletter.rendering.slots import Marks, Segments, fill
from newsletter.rendering.templating import MAX_QUOTED, Look, Reader, Rendered, render_template
from newsletter.rendering.views import (
    PageInput,
    article_view,
    author_view,
    hero_view,
    is_letter,
    issue_view,
    newsletter_view,
    own_domain,
    paragraphs,
)

__all__ = ["HTML_LIMIT", "PageInput", "RenderedIssue", "html_size", "render_issue", "web_view"]

HTML_TEMPLATE = "issue.mjml.j2"
TEXT_TEMPLATE = "issue.txt.j2"

HTML_LIMIT = 102_000
"""Bytes; Gmail clips what is longer, and with it the link to unsubscribe."""

# Kept free for what a reader's values may take: links of up to 900 octets, names, attributes.
_LINK_ALLOWANCE = 1_000
_VALUE_ALLOWANCE = 200

RenderTemplate = Callable[[Look, str, Mapping[str, object], Marks], Rendered]
"""templating.render_template, or mrml.render_template, which bounds what a template may take."""

_LEFT_OVER = re.compile(r"\{\{[^\n}]*+\}{0,2}|\{%[^\n%]*+(?:%\})?")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


@dataclass(frozen=True, slots=True)
class RenderedIssue:
    """One issue, ready for its readers: only the slots differ from one to the next."""

    subject: str
    preheader: str
    html: Segments
    text: Segments
    cut: bool  # the HTML holds only the beginning of the article
    used_media: tuple[str, ...]  # paths under media/
    dropped_pictures: tuple[str, ...] = ()  # sources that are not ours to load, so that nobody sees them
    call_to_action_url: str = ""
    media_base_url: str = ""
    leftovers: tuple[str, ...] = ()  # template syntax in the look's own text, which no value can be mistaken for
    is_letter: bool = False  # which needs no call to action

    def to_json(self) -> str:
        return json.dumps(
            {
                "subject": self.subject,
                "preheader": self.preheader,
                "html": slots.to_json(self.html),
                "text": slots.to_json(self.text),
                "cut": self.cut,
                "used_media": self.used_media,
                "dropped_pictures": self.dropped_pictures,
                "call_to_action_url": self.call_to_action_url,
                "media_base_url": self.media_base_url,
                "leftovers": self.leftovers,
                "is_letter": self.is_letter,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> RenderedIssue:
        stored = json.loads(text)
        return cls(
            subject=stored["subject"],
            preheader=stored["preheader"],
            html=slots.from_json(stored["html"]),
            text=slots.from_json(stored["text"]),
            cut=stored["cut"],
            used_media=tuple(stored["used_media"]),
            dropped_pictures=tuple(stored.get("dropped_pictures", ())),
            call_to_action_url=stored["call_to_action_url"],
            media_base_url=stored["media_base_url"],
            leftovers=tuple(stored["leftovers"]),
            is_letter=stored.get("is_letter", False),
        )


def render_issue(
    page: PageInput,
    look: Look,
    to_html: ToHtml,
    whole: bool = False,
    render_template: RenderTemplate = render_template,
) -> RenderedIssue:
    """The issue as every reader gets it, but for the slots.

    An article too long for HTML_LIMIT is cut after a block, with a link to the rest, unless `whole`.
    Raises RenderError with the template and the line of whatever is wrong in the look.
    """
    return _Composition(page, look, to_html, render_template, for_web=False).issue(whole)


def web_view(page: PageInput, look: Look, to_html: ToHtml, render_template: RenderTemplate = render_template) -> str:
    """The whole issue as one HTML page for everybody: nothing in it is of one reader."""
    composition = _Composition(page, look, to_html, render_template, for_web=True)
    return fill(composition.html(composition.body.blocks, is_cut=False), {})


def html_size(segments: Segments) -> int:
    """Bytes of the HTML, with room for each slot's value."""
    return sum(len(piece.encode("utf-8")) if isinstance(piece, str) else _allowance(piece) for piece in segments)


def _allowance(slot: slots.Slot) -> int:
    return _LINK_ALLOWANCE if slot.context == "url" else max(_VALUE_ALLOWANCE, 6 * len(slot.fallback))


class _Composition:
    """One page and one look, rendered as often as it takes to make the HTML fit."""

    def __init__(
        self, page: PageInput, look: Look, to_html: ToHtml, render_template: RenderTemplate, for_web: bool
    ) -> None:
        self.page = page
        self.look = look
        self.to_html = to_html
        self.render_template = render_template
        self.media = Media(page.media_base_url, own_domain(page.newsletter))
        self.body = prepare_body(page.article.body_html, self.media, page.article.source_url)
        self.frame: dict[str, object] = {
            "newsletter": newsletter_view(page.newsletter, page.logo, self.media),
            "issue": issue_view(page),
            "hero": hero_view(page.article.hero, self.media),
            "authors": tuple(author_view(author, self.media) for author in page.article.authors),
            "call_to_action": page.call_to_action,
            "reader": Reader(page.web_view_url),
            "for_web": for_web,
        }
        self.others = Others(page, self.media)
        self._show_others(are_short=False)
        self.leftovers: dict[str, None] = {}

    def _show_others(self, are_short: bool) -> None:
        self.frame["others"] = self.others.views(are_short)

    def issue(self, whole: bool) -> RenderedIssue:
        blocks = self.body.blocks
        fitting = None if whole else self._whole_if_it_fits()
        if fitting is None and not whole and self.others.can_be_shorter:
            self._show_others(are_short=True)  # before the leading article is cut
            fitting = self._whole_if_it_fits()
        is_cut = False
        if whole:
            html = self.html(blocks, is_cut=False)
        elif fitting is not None:
            html = fitting
        else:
            blocks, html = self._beginning()
            is_cut = True
        text = self.text(blocks, is_cut)
        return RenderedIssue(
            subject=self.page.subject,
            preheader=self.page.preheader,
            html=html,
            text=text,
            cut=is_cut,
            used_media=self.media.used,
            dropped_pictures=self.media.dropped,
            call_to_action_url=self.page.call_to_action.url,
            media_base_url=self.page.media_base_url,
            leftovers=tuple(self.leftovers),
            is_letter=is_letter(self.page),
        )

    def html(self, blocks: tuple[str, ...], is_cut: bool) -> Segments:
        rendered, marks = self._template(HTML_TEMPLATE, blocks, "", is_cut)
        source = mail_html(rendered, marks, self.to_html)
        if self.frame["for_web"]:
            source = _as_landmark(source)
        return slots.cut(source, marks, "html", rendered.place_of_mark)

    def text(self, blocks: tuple[str, ...], is_cut: bool) -> Segments:
        rendered, marks = self._template(TEXT_TEMPLATE, blocks, to_text("".join(blocks)), is_cut)
        return _tidy(slots.cut(rendered.text, marks, "plain", rendered.place_of_mark))

    def _template(self, filename: str, blocks: tuple[str, ...], text: str, is_cut: bool) -> tuple[Rendered, Marks]:
        article = article_view(self.page, self.body, blocks, text, is_cut)
        variables: Mapping[str, object] = {**self.frame, "article": article}
        marks = Marks(repr(self.page))
        rendered = self.render_template(self.look, filename, variables, marks)
        self._require_shown(rendered, marks)
        self.leftovers |= dict.fromkeys(
            f"{filename}: {found[0].strip()[:MAX_QUOTED]}" for found in _LEFT_OVER.finditer(rendered.text)
        )
        return rendered, marks

    def _require_shown(self, rendered: Rendered, marks: Marks) -> None:
        """Raises RenderError where a look of one's own, made before there were such things, would leave them out."""
        wanted = [("issue.note", paragraph) for paragraph in paragraphs(self.page.note)]
        wanted += [("others", each.title) for each in self.page.others]
        if not wanted:
            return
        written = " ".join(word for value in marks.values for word in str(value).split())  # it may have been wrapped
        for name, value in wanted:
            if " ".join(value.split()) not in written:
                raise RenderError(rendered.template, f"leaves out {name}: take over how the look calm writes it")

    def _whole_if_it_fits(self) -> Segments | None:
        if sum(map(len, self.body.blocks)) > HTML_LIMIT:
            return None
        html = self.html(self.body.blocks, is_cut=False)
        return html if html_size(html) <= HTML_LIMIT else None

    def _beginning(self) -> tuple[tuple[str, ...], Segments]:
        """As many whole blocks as fit; when not even the first does, its beginning."""
        fitting: tuple[tuple[str, ...], Segments] | None = None
        low, high = 1, _count_within(self.body.blocks, HTML_LIMIT)
        while low <= high:
            middle = (low + high) // 2
            blocks = without_last_headings(self.body.blocks[:middle])
            html = self.html(blocks, is_cut=True)
            if html_size(html) > HTML_LIMIT:
                high = middle - 1
            else:
                low = middle + 1
                fitting = (blocks, html) if blocks else fitting
        return fitting or self._beginning_of_a_block()

    def _beginning_of_a_block(self) -> tuple[tuple[str, ...], Segments]:
        headings = _count_headings(self.body.blocks)
        above, first = self.body.blocks[:headings], self.body.blocks[headings : headings + 1]
        budget = HTML_LIMIT // 2
        while budget > 100:
            blocks = above + tuple(shorten(block, budget) for block in first)
            html = self.html(blocks, is_cut=True)
            if html_size(html) <= HTML_LIMIT:
                return blocks, html
            budget //= 2
        origin = self.look.origins.get(HTML_TEMPLATE, HTML_TEMPLATE)
        raise RenderError(origin, f"more than {HTML_LIMIT:,} bytes of HTML around the article")


def _as_landmark(html: str) -> str:
    """The page's frame told as the main part of a web page; MJML says that it is a mail."""
    return html.replace(' aria-roledescription="email"', "", 1).replace(' role="article"', ' role="main"', 1)


def _count_headings(blocks: tuple[str, ...]) -> int:
    """How many headings stand above the first block that is none."""
    return next((index for index, block in enumerate(blocks) if without_last_headings((block,))), 0)


def _count_within(blocks: tuple[str, ...], limit: int) -> int:
    """How many blocks hold at most `limit` characters: no more can fit, as inlining only adds."""
    total = 0
    for index, block in enumerate(blocks):
        total += len(block)
        if total > limit:
            return index
    return len(blocks)


def _tidy(text: Segments) -> Segments:
    """No more than one blank line on end, whatever a template's conditions left; one line end at the end."""
    pieces = [_BLANK_LINES.sub("\n\n", piece) if isinstance(piece, str) else piece for piece in text]
    if pieces and isinstance(first := pieces[0], str):
        pieces[0] = first.lstrip("\n")
    if pieces and isinstance(last := pieces[-1], str):
        pieces[-1] = last.rstrip() + "\n"
    return tuple(piece for piece in pieces if piece != "")
