"""Articles as a library may hold them, of any words and any shape, for tests that must hold for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import strategies as st

from newsletter.content.cleaning import clean
from newsletter.content.draft import slug_from
from newsletter.content.words import one_line, paragraphs
from newsletter.model import Article, Author, CallToAction, Hero, Season
from newsletter.states import IN_THE_LIBRARY

_TAGS = st.sampled_from(
    "p h2 h3 ul ol li blockquote table thead tbody tr td th caption figure figcaption pre a em strong code del sub "
    "sup br hr img div".split()
)
_ATTRIBUTES = [
    "",
    "",
    " href=https://example.org/a_b(c)",
    ' href="mailto:a@example.org" title="t &lt; \'u\'"',
    " start=7",
    " colspan=2",
]
_PICTURES = [
    " src=media/a.png",
    ' src="a b.png" alt="[x] &quot;*"',
    " src=media/b.png width=3 height=4",
]
# What Markdown, or a generator of sites, reads as more than words.
_WORDS = """
    words * _ ` ``` ~~~ [ ] ]( ![ [^1] [^1]: [a]: # ## > - + 1. 2) --- === | :-: &nbsp; &amp; &amp;amp; &lt; &lt;b&gt;
    &lt;!-- \\ { } {{ }} {% %} {{&lt; &gt;}} {: {:.a} {#b} {{site.url}} https://example.org www.example.org
    a@example.org é ! : ' "
""".split()
_WHITE = [" ", " ", "\n", "\n\n", "    ", "\t", "\\\n", "\u2003", "\x0c"]

# U+0085 ends a line wherever text is read from a file; the others are refused there.
_SIGNS = st.characters(exclude_characters="\x85\x00\r", exclude_categories=["Cs"])
_VISIBLE = st.characters(
    exclude_characters=[chr(code) for code in (*range(9), *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF)],
    exclude_categories=["Cs"],
)


def bodies(pictures: Sequence[str] = _PICTURES) -> st.SearchStrategy[str]:
    """Cleaned bodies; `pictures` are attributes of an `img`."""
    attributes = st.sampled_from([*_ATTRIBUTES, *pictures])
    words = st.sampled_from([*_WORDS, *_WHITE])
    pieces = st.one_of(
        st.builds(lambda tag, attribute: f"<{tag}{attribute}>", _TAGS, attributes),
        _TAGS.map(lambda tag: f"</{tag}>"),
        words,
        words,
        st.text(_SIGNS, max_size=12),
    )
    return st.lists(pieces, max_size=30).map("".join).map(clean)


NAMES = st.text(_VISIBLE, min_size=1, max_size=40).map(one_line).filter(bool)
_LINES = st.one_of(
    st.text(_VISIBLE, max_size=40).map(one_line),
    st.sampled_from(["null", "yes", "12:30", "- a", "# b", "{c}", "[d]", "'e", '"', "---", "f: g", "~", "2024-01-01"]),
)
_DAYS = st.none() | st.dates()
_WEB = st.sampled_from(["", "https://example.org/a?b=1#c", "http://example.org/ü", "https://example.org/'a'"])
_MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))


def authors(
    photos: Sequence[str] = ("", "media/jane.png", "https://example.org/jane.png"),
) -> st.SearchStrategy[Author]:
    return st.builds(
        Author,
        name=NAMES,
        credentials=_LINES,
        role=_LINES,
        practice=_LINES,
        bio=st.text(_VISIBLE, max_size=80).map(paragraphs),
        photo=st.sampled_from(photos),
        url=_WEB | st.just("mailto:jane@example.org"),
        email=_LINES,
        active_from=_DAYS,
        active_until=_DAYS,
        credentials_until=_DAYS,
    )


def articles(
    bodies: st.SearchStrategy[str], authors: st.SearchStrategy[Author], heroes: Sequence[str] = ("", "media/a.png")
) -> st.SearchStrategy[Article]:
    """Articles with those bodies and authors; `heroes` are the places of their pictures."""
    slugs = st.text(_VISIBLE, max_size=40).map(slug_from)
    hero = st.builds(Hero, st.sampled_from(heroes), _LINES, _LINES, _LINES)
    call = st.builds(CallToAction, _LINES, _LINES, _WEB | st.just("mailto:a@example.org"))
    return st.builds(
        Article,
        slug=slugs | slugs.map(lambda slug: f"{slug}-12"),
        title=NAMES,
        body_html=bodies,
        subtitle=_LINES,
        summary=_LINES,
        published=_DAYS,
        updated=_DAYS,
        language=st.sampled_from(["", "en", "no", "de-AT"]),
        status=st.sampled_from(IN_THE_LIBRARY),
        categories=st.lists(NAMES, max_size=3, unique=True).map(tuple),
        tags=st.lists(NAMES, max_size=3, unique=True).map(tuple),
        authors=st.lists(authors, max_size=2, unique_by=lambda author: author.name.casefold()).map(tuple),
        hero=hero.map(lambda hero: None if hero == Hero() else hero),
        call_to_action=call.map(lambda call: None if call == CallToAction() else call),
        source_url=_WEB,
        evergreen=st.booleans(),
        seasons=st.lists(st.builds(Season, _MONTH_DAYS, _MONTH_DAYS), max_size=2).map(tuple),
        not_before=_DAYS,
        expires=_DAYS,
        review_by=_DAYS,
        priority=st.integers(-1_000_000, 1_000_000),
    )


SAID = (
    "title", "subtitle", "slug", "summary", "published", "updated", "language", "status", "categories", "tags",
    "authors", "hero", "call_to_action", "body_html", "source_url", "evergreen", "seasons", "not_before", "expires",
    "review_by", "priority",
)  # fmt: skip
"""What a file says of an article."""
