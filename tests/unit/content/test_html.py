"""Whole pages of many site styles → the draft each of them is to become."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from newsletter.content.draft import Draft
from newsletter.content.reading import body_text
from newsletter.content.sources.html import read_page
from newsletter.model import Author, CallToAction, Hero

PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Page:
    title: str
    day: date | None
    author: str
    paragraphs: int
    first: str
    last: str
    without: tuple[str, ...] = ()


EXPECTED = {
    "wordpress-classic": Page(
        "Five Quiet Ways to End the Day",
        date(2023, 10, 3),
        "Marian West",
        5,
        "The last hour before bed decides how the night goes",
        "see which one stays with you.",
        (
            "Facebook",
            "View all posts",
            "thoughts on",
            "kitchen for a month",
            "Leave a Reply",
            "Recent Posts",
            "lamp.jpg",
        ),
    ),
    "wordpress-blocks": Page(
        "When a Friend Goes Quiet",
        date(2025, 6, 21),
        "Ivo Lindqvist",
        4,
        "You wrote twice and heard nothing",
        "which is the part that nobody enjoys.",
        ("Written by", "More posts", "room of one", "Leave a Reply", "bench.jpg", "Book a conversation"),
    ),
    "divi": Page(
        "Learning to Rest Without Guilt",
        date(2022, 3, 8),
        "Noor Haddad",
        4,
        "Rest is not a prize for finished work",
        "when you hear that you ought to get up.",
        ("admin", "0 comments", "About our therapist", "Lena Orth", "Get started", "hammock", "color"),
    ),
    "elementor": Page(
        "Anger Is a Messenger",
        date(2024, 2, 20),
        "Tomas Reyes",
        4,
        "Anger knocks on the door with a letter in its hand",
        "let it go home.",
        ("Facebook", "LinkedIn", "LPC", "storm", "Leave a Reply", "Mill Street", "Book an appointment"),
    ),
    "squarespace": Page(
        "The Art of the Short Apology",
        date(2023, 7, 11),
        "Priya Nair",
        5,
        "An apology that needs a second page",
        "only when somebody asks for them.",
        ("Written By", "mediates", "lose an argument", "letters.jpg", "Talk to us"),
    ),
    "wix": Page(
        "Talking to Teens in the Car",
        date(2022, 9, 5),
        "Dana Wolfe",
        5,
        "Side by side is easier than face to face",
        "take the long way home.",
        ("2 min read", "Recent Posts", "Homework without tears", "views", "Write a comment", "blur"),
    ),
    "ghost": Page(
        "The Museum After Closing Time",
        date(2024, 11, 2),
        "Agnes Holm",
        6,
        "At six the doors fall shut",
        "says good night to all of them.",
        ("min read", "Read more", "Why frames", "Discussion", "hall.jpg", "Sven Aker"),
    ),
    "medium": Page(
        "On Keeping a Small Garden",
        date(2021, 4, 18),
        "Bea Lund",
        5,
        "I asked the garden for tomatoes",
        "and water more.",
        ("Open in app", "min read", "gardenAbc123", "bea.jpeg", "followers", "Compost", "Unsplash", "humbled"),
    ),
    "substack": Page(
        "The Slow Letter",
        date(2025, 1, 12),
        "Rosa Quint",
        6,
        "It began with a broken keyboard",
        "I have never been less impatient.",
        ("Subscribe", "reader-supported", "Why I answer", "avatar", "grandmother", "77aa-ink"),
    ),
    "blogger": Page(
        "The Keeper's Cat",
        date(2012, 5, 11),
        "Old Keeper Jansen",
        4,
        "The cat came with the supply boat",
        "and she takes the credit.",
        ("Lighthouse Diary", "Posted by", "BlogThis", "Labels", "sunk the boat", "Blog Archive", "Friday"),
    ),
    "hugo": Page(
        "Backups for People Who Hate Backups",
        date(2024, 6, 1),
        "Sam Okafor",
        4,
        "Nobody wants a backup",
        "it makes the visit look like a visit.",
        ("Table of Contents", "Read other posts", "Tea timers", "⌗", "↩", "2 minutes"),
    ),
    "drupal": Page(
        "Volunteers Needed for the River Count",
        date(2024, 4, 15),
        "Helen Park",
        4,
        "Once a year we walk the whole length of the river",
        "and dry socks are not.",
        ("Submitted by", "Log in", "Tags", "annual meeting", "Skip to main"),
    ),
    "webflow": Page(
        "How We Chose Our Chairs",
        date(2023, 8, 9),
        "Ines Castell",
        5,
        "Forty chairs stood in the corridor for a month",
        "gave the other samples to the school.",
        ("Related articles", "Desks that go up", "chair-hero", "since 1998", "Plan a visit", "Ines"),
    ),
    "tables-2004": Page(
        "Calm Evenings",
        date(2004, 3, 3),
        "Judith Brandt",
        6,
        "The café on the corner closes at nine",
        "“naïveté” is no excuse for staying in.",
        ("Judith", "About us", "logo.gif", "2004", "Calm Evenings"),
    ),
    "german": Page(
        "Wenn Kinder schweigen",
        date(2021, 3, 3),
        "Dr. Anna Müller-Grün",
        3,
        "Manche Kinder erzählen alles",
        "wenn niemand mehr darauf wartet.",
        ("Was hinter", "Müller", "Ähnliche", "Frühstückstisch", "Cookies", "Impressum", "Termin"),
    ),
    "json-ld": Page(
        "Le pain du dimanche",
        date(2020, 12, 6),
        "Léa Garnier",
        3,
        "Le dimanche commence le samedi soir",
        "la miche chante en refroidissant.",
    ),
    "tailwind": Page(  # no class name says what anything is
        "Why We Shut the Office on Fridays",
        date(2024, 3, 14),
        "Kim Aalto",
        4,
        "It began as a mistake in the calendar",
        "We are not going back.",
        ("Back to blog", "Kim", "min read", "Subscribe", "Keep reading", "Meetings we", "kim.jpg", "Oy"),
    ),
    "joomla": Page(
        "Frühling im Museumsgarten",
        date(2023, 4, 2),
        "Paula Stein",
        3,
        "Die Magnolie hinter dem Nordflügel blüht",
        "auch am Montag.",
        ("Details", "Paula", "Zugriffe", "Rolf Amsel", "garten.jpg", "Zurück", "Impressum", "Startseite"),
    ),
    "genesis": Page(
        "Grief Comes in Waves",
        date(2019, 11, 20),
        "Oskar Lind",
        4,
        "The first wave takes your feet away",
        "but they learn to knock.",
        ("Leave a Comment", "Filed Under", "sea.jpg", "Older", "We are open", "Home"),
    ),
    "hostile": Page(
        "A Perfectly Normal Article",
        None,
        "",
        5,
        "This paragraph looks like every other paragraph",
        "as if nothing had happened.",
        ("script", "alert", "onerror", "onclick", "javascript", "evil.example.com", "data:", "<svg", "style", "never"),
    ),
}


def draft_of(name: str, url: str = "") -> Draft:
    return read_page((PAGES / f"{name}.html").read_bytes(), f"{name}.html", url)


@pytest.mark.parametrize("name", EXPECTED)
def test_page_becomes_its_article(name: str) -> None:
    page, draft = EXPECTED[name], draft_of(name)
    words = body_text(draft.body_html)
    assert draft.title == page.title
    assert draft.published == page.day
    assert (draft.authors[0].name if draft.authors else "") == page.author
    assert draft.body_html.count("<p>") == page.paragraphs, draft.body_html
    assert page.first in draft.body_html.split("</p>")[0] or words.startswith(page.first), words
    assert words.endswith(page.last), words
    assert not [furniture for furniture in page.without if furniture in draft.body_html], draft.body_html
    assert not re.search(f"<h[1-3]>{re.escape(page.title)}</h[1-3]>", draft.body_html)


def test_every_page_of_the_folder_is_expected() -> None:
    assert {path.stem for path in PAGES.glob("*.html")} == set(EXPECTED)


def test_language_comes_from_the_page() -> None:
    languages = {name: draft_of(name).language for name in ("german", "json-ld", "wordpress-blocks", "tables-2004")}
    assert languages == {"german": "de", "json-ld": "fr", "wordpress-blocks": "en-GB", "tables-2004": ""}


def test_address_is_the_one_the_page_calls_its_own() -> None:
    assert draft_of("ghost", "https://www.example.org/p/123?ref=x").source_url == (
        "https://www.example.org/after-closing-time/"
    )
    assert (
        draft_of("tables-2004", "https://old.example.org/calm.html").source_url == "https://old.example.org/calm.html"
    )
    assert draft_of("tables-2004").source_url == ""


def test_topics_are_those_of_the_article_alone() -> None:
    classic, blocks = draft_of("wordpress-classic"), draft_of("wordpress-blocks")
    assert (classic.categories, classic.tags) == (("Sleep",), ("evenings", "rituals"))
    assert (blocks.categories, blocks.tags) == (("Friendship",), ("silence",))
    assert draft_of("hugo").tags == ("backup",)  # not the keywords meant for search engines
    assert draft_of("drupal").tags == ("birds",)
    assert draft_of("blogger").tags == ("animals",)
    assert draft_of("wix").categories == ("Family",)


def test_updated_is_kept_when_it_says_something_else() -> None:
    assert draft_of("ghost").updated == date(2024, 11, 5)
    assert draft_of("elementor").updated is None


def test_subtitle_and_summary() -> None:
    assert draft_of("german").subtitle == "Was hinter der geschlossenen Tür geschieht"
    assert draft_of("medium").subtitle == "Four square metres are enough to be humbled."
    assert draft_of("json-ld").subtitle == "Une recette sans balance"
    assert draft_of("json-ld").summary == "Trois gestes et beaucoup d'attente."
    assert draft_of("wordpress-classic").summary == "The last hour before bed decides how the night goes. …"


def test_author_has_letters_of_the_byline_and_bio_and_photo_of_the_box() -> None:
    (author,) = draft_of("wordpress-classic").authors
    assert (author.name, author.credentials) == ("Marian West", "LCSW")
    assert author.bio.startswith("Marian West is a licensed clinical social worker")
    assert author.photo == "https://www.example.org/wp-content/uploads/marian.jpg"


def test_author_of_the_data_has_role_bio_and_photo() -> None:
    (author,) = draft_of("elementor").authors
    assert author == Author(
        "Tomas Reyes",
        credentials="LPC",
        role="Clinical Director",
        bio="Tomas Reyes has listened to angry people for twenty years.",
        photo="https://www.example.org/tomas.jpg",
        url="https://www.example.org/author/tomas/",
    )


def test_two_authors_of_the_data_are_both_kept() -> None:
    lea, marc = draft_of("json-ld").authors
    assert (lea.name, lea.credentials, lea.role) == ("Léa Garnier", "MBA", "Boulangère")
    assert (marc.name, marc.credentials, marc.practice) == ("Marc Oudin", "PhD", "Moulin du Val")


def test_author_s_box_wins_over_an_admin() -> None:
    (author,) = draft_of("divi").authors
    assert (author.name, author.credentials, author.role) == ("Noor Haddad", "LMFT", "therapist")
    assert author.bio.startswith("Noor Haddad works with people who cannot stop")


UPLOADS = "wp-content/uploads"
HEROES = {
    "divi": ("www.example.com/wp-content/uploads/hammock.jpg", "A hammock between two trees", "Lena Orth", "Unsplash"),
    "wordpress-blocks": (f"www.example.org/{UPLOADS}/bench.jpg", "Two people on a bench"),
    "wordpress-classic": (f"www.example.org/{UPLOADS}/2023/10/lamp.jpg", "A lamp on a bedside table"),
    "ghost": ("www.example.org/content/images/size/w1200/2024/11/hall.jpg", "An empty hall", "Sven Aker"),
    "medium": (
        "miro.medium.com/v2/resize:fit:1200/1*gardenAbc123.jpeg", "Beans on a trellis", "Jo Park", "Unsplash"
    ),
    "squarespace": ("images.squarespace-cdn.com/content/v1/5e/letters.jpg", "A stack of letters", "Milo Brandt"),
    "webflow": ("cdn.example.com/64/chair-hero.jpg", "A row of chairs"),
    "wix": ("static.wixstatic.com/media/ab12cd~mv2.jpg", "A steering wheel at dusk"),
    "json-ld": ("four.example.org/img/miche.jpg",),
}  # fmt: skip


@pytest.mark.parametrize("name", [*HEROES, "hugo", "tables-2004"])
def test_picture_of_the_whole_article(name: str) -> None:
    wanted = HEROES.get(name)
    assert draft_of(name).hero == (Hero(f"https://{wanted[0]}", *wanted[1:]) if wanted else None)


CALLS = {
    "divi": CallToAction("Ready to make room for yourself?", "Get started", "https://www.example.com/contact/"),
    "elementor": CallToAction(
        "Does anger visit you too often?", "Book an appointment", "https://www.example.org/appointments/"
    ),
    "german": CallToAction(
        "Möchten Sie mit uns darüber sprechen?", "Termin vereinbaren", "https://www.example.org/termin"
    ),
    "substack": None,  # its button subscribes to the page itself
}


@pytest.mark.parametrize("name", CALLS)
def test_closing_question_with_its_button(name: str) -> None:
    assert draft_of(name).call_to_action == CALLS[name]


def test_captions_and_structure_are_kept() -> None:
    classic, blogger, hugo = (draft_of(name).body_html for name in ("wordpress-classic", "blogger", "hugo"))
    assert "<figcaption>A warm cup says that the day is over.</figcaption>" in classic
    assert "<blockquote><p>What is on paper need not be carried to bed.</p></blockquote>" in classic
    assert classic.count("<ul>") == 2
    assert "<figcaption>Admiral, on watch since March.</figcaption>" in blogger
    assert "<table><thead><tr><th>Day</th>" in hugo
    assert "<pre><code>rsync -a ~/ /media/desk/" in hugo


def test_video_becomes_a_link_with_its_picture() -> None:
    for name, video in (("wordpress-blocks", "abcDEF12345"), ("blogger", "zyxWVU98765")):
        body = draft_of(name).body_html
        assert f'<a href="https://www.youtube.com/watch?v={video}"><img src="https://i.ytimg.com/vi/{video}/' in body


def test_picture_beside_a_saved_page_keeps_its_path_and_one_of_the_site_gets_its_address() -> None:
    assert 'src="images/street.jpg"' in draft_of("tables-2004").body_html
    assert 'src="https://old.example.org/images/street.jpg"' in (
        draft_of("tables-2004", "https://old.example.org/calm.html").body_html
    )
    assert 'src="https://www.example.org/sites/default/files/inline-images/bank.jpg"' in draft_of("drupal").body_html


def test_text_of_a_page_is_never_a_template() -> None:
    assert "{{ subscriber.email }} is only text" in draft_of("hostile").body_html
