"""The further articles of an issue → what the look shows of each: the whole text, or its beginning with a link."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter import model
from newsletter.content.reading import bare_words, reading_minutes
from newsletter.rendering.body import Body, Media, prepare_body
from newsletter.rendering.plain import to_text
from newsletter.rendering.slots import Html
from newsletter.rendering.views import AuthorView, HeroView, PageInput, author_view, direction_of, hero_view

FIRST_WORDS = 45
"""So many words stand for an article without a summary."""


@dataclass(frozen=True, slots=True)
class OtherView:
    """One article below the leading one."""

    anchor: str  # the name of its place on the page
    title: str
    summary: str  # its own, else its first words
    authors: tuple[AuthorView, ...]
    bios: tuple[AuthorView, ...]  # of a whole one: those of its authors who are told about nowhere above
    categories: tuple[str, ...]
    language: str  # empty: the newsletter's
    direction: str  # ltr or rtl
    minutes: int
    hero: HeroView | None  # of a whole one only
    html: Html  # empty: it is read elsewhere
    text: str
    read_on_url: str  # empty: all of it is here


class Others:
    """The further articles of one page, prepared once."""

    def __init__(self, page: PageInput, media: Media) -> None:
        self._page = page
        self._media = media
        self._bodies = [prepare_body(each.body_html, media, each.source_url) for each in page.others]

    @property
    def can_be_shorter(self) -> bool:
        """Whether the whole text of any of them stands on the page."""
        return any(not each.source_url for each in self._page.others)

    def views(self, are_short: bool) -> tuple[OtherView, ...]:
        """One that can be read at its source is shown by its beginning; with `are_short` the others are, too."""
        told = {author.name for author in self._page.article.authors}
        views = []
        for number, (article, body) in enumerate(zip(self._page.others, self._bodies, strict=True), 2):
            views.append(self._view(number, article, body, are_short, told))
            told |= {author.name for author in views[-1].bios}
        return tuple(views)

    def _view(self, number: int, article: model.Article, body: Body, is_short: bool, told: set[str]) -> OtherView:
        anchor = f"article-{number}"
        elsewhere = article.source_url or (f"{self._page.web_view_url}#{anchor}" if is_short else "")
        html = "" if elsewhere else "\n".join(body.blocks)
        authors = tuple(author_view(author, self._media) for author in article.authors)
        return OtherView(
            anchor=anchor,
            title=article.title,
            summary=article.summary or first_words(article.body_html),
            authors=authors,
            bios=() if elsewhere else tuple(one for one in authors if one.bio and one.name not in told),
            categories=article.categories,
            language=article.language,
            direction=direction_of(article.language or self._page.newsletter.language),
            minutes=reading_minutes(body.words),
            hero=None if elsewhere else hero_view(article.hero, self._media),
            html=Html(html),
            text=to_text(html) if html else "",
            read_on_url=elsewhere,
        )


def first_words(body_html: str) -> str:
    """How a text begins, ending after a sentence where one ends in time."""
    words = bare_words(body_html).split()
    if len(words) <= FIRST_WORDS:
        return " ".join(words)
    beginning = words[:FIRST_WORDS]
    ends = [place for place, word in enumerate(beginning, 1) if word.rstrip("\"'”’)").endswith((".", "!", "?", "。"))]
    if ends and ends[-1] > FIRST_WORDS // 2:
        return " ".join(beginning[: ends[-1]])
    return " ".join(beginning).rstrip(",;:–-") + "…"
