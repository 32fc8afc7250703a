"""A page's input → the variables that a look's templates see, by their names there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr

from newsletter import model
from newsletter.content.reading import reading_minutes
from newsletter.rendering.body import Body, Media
from newsletter.rendering.slots import Html
from newsletter.states import ArticleStatus

_MONTHS = "January February March April May June July August September October November December".split()
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ks nqo ps sd ug ur yi".split())


@dataclass(frozen=True, slots=True)
class PageInput:
    """All that one issue's page is made of; nothing of any reader."""

    newsletter: model.Newsletter
    subject: str
    preheader: str
    article: model.Article
    call_to_action: model.CallToAction  # merged and complete
    list_name: str
    web_view_url: str
    media_base_url: str  # the address that `media/` has on the web
    logo: str  # a path under media/; empty: the name as text
    issue_date: date
    read_on_url: str = ""  # where a cut article goes on; empty: its source, else the web view
    note: str = ""  # the editor's lines above the article, plain text
    others: tuple[model.Article, ...] = ()  # below the leading one


@dataclass(frozen=True, slots=True)
class NewsletterView:
    name: str
    postal_address: tuple[str, ...]  # its lines
    privacy_url: str
    notice: str
    language: str
    direction: str  # ltr or rtl
    logo: str  # an address, or empty


@dataclass(frozen=True, slots=True)
class IssueView:
    subject: str
    preheader: str
    date: str
    list_name: str
    web_view_url: str
    note: tuple[str, ...]  # its paragraphs


@dataclass(frozen=True, slots=True)
class HeroView:
    src: str  # an address, or empty when only the credit is known
    alt: str
    credit: str  # "Photo: Ada on Unsplash", or empty


@dataclass(frozen=True, slots=True)
class AuthorView:
    name: str
    credentials: str
    byline: str  # the name with the credentials
    affiliation: str  # role and practice
    bio: tuple[str, ...]  # its paragraphs
    photo: str  # an address, or empty
    initials: str
    url: str


@dataclass(frozen=True, slots=True)
class ArticleView:
    title: str
    subtitle: str
    summary: str
    categories: tuple[str, ...]
    language: str  # empty: the newsletter's
    direction: str  # ltr or rtl
    date: str  # when it was published; empty when nobody knows
    minutes: int  # 0 for a letter: nobody asks how long one takes
    html: Html
    text: str
    source_url: str
    is_cut: bool
    read_on_url: str  # empty: the web view


def newsletter_view(newsletter: model.Newsletter, logo: str, media: Media) -> NewsletterView:
    language = newsletter.language or "en"
    return NewsletterView(
        name=newsletter.name,
        postal_address=tuple(line.strip() for line in newsletter.postal_address.splitlines() if line.strip()),
        privacy_url=newsletter.privacy_url,
        notice=newsletter.notice.strip(),
        language=language,
        direction=direction_of(language),
        logo=media.address(logo) if logo else "",
    )


def issue_view(page: PageInput) -> IssueView:
    return IssueView(
        subject=page.subject,
        preheader=page.preheader,
        date=date_words(page.issue_date, page.newsletter.language),
        list_name=page.list_name,
        web_view_url=page.web_view_url,
        note=paragraphs(page.note),
    )


def hero_view(hero: model.Hero | None, media: Media) -> HeroView | None:
    if hero is None:
        return None
    by = " on ".join(part for part in (hero.credit, hero.credit_source) if part)
    src = media.address(hero.src) if hero.src else ""
    return HeroView(src, hero.alt, f"Photo: {by}" if by else "")


def author_view(author: model.Author, media: Media) -> AuthorView:
    words = author.name.split()
    return AuthorView(
        name=author.name,
        credentials=author.credentials,
        byline=", ".join(part for part in (author.name, author.credentials) if part),
        affiliation=", ".join(part for part in (author.role, author.practice) if part),
        bio=paragraphs(author.bio),
        photo=media.address(author.photo) if author.photo else "",
        initials="".join(word[0] for word in (words[:1] + words[1:][-1:])).upper(),
        url=author.url,
    )


def article_view(page: PageInput, body: Body, blocks: tuple[str, ...], text: str, is_cut: bool) -> ArticleView:
    article, language = page.article, page.newsletter.language
    return ArticleView(
        title=article.title,
        subtitle=article.subtitle,
        summary=article.summary,
        categories=article.categories,
        language=article.language,
        direction=direction_of(article.language or language),
        date=date_words(article.published, language) if article.published else "",
        minutes=0 if is_letter(page) else reading_minutes(body.words),
        html=Html("\n".join(blocks)),
        text=text,
        source_url=article.source_url,
        is_cut=is_cut,
        read_on_url=page.read_on_url or article.source_url,
    )


def is_letter(page: PageInput) -> bool:
    """Whether it was written for this one issue; then it needs no call to action, and no author."""
    return page.article.status is ArticleStatus.LETTER


def own_domain(newsletter: model.Newsletter) -> str:
    """The domain of the from address: pictures there are not a third party's."""
    return parseaddr(newsletter.from_address)[1].rpartition("@")[2]


def direction_of(language: str) -> str:
    """`rtl` or `ltr`: how the letters of a language run."""
    return "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def paragraphs(text: str) -> tuple[str, ...]:
    """Plain text parted at its blank lines, each part on one line."""
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            parts[-1].append(line.strip())
        elif parts[-1]:
            parts.append([])
    return tuple(" ".join(part) for part in parts if part)


def date_words(day: date, language: str) -> str:
    """`June 23, 2023`, or `23 June 2023` for English outside the United States. Months are English so far."""
    month = _MONTHS[day.month - 1]
    if language.lower() in ("", "en", "en-us"):
        return f"{month} {day.day}, {day.year}"
    return f"{day.day} {month} {day.year}"
