from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.bodies import with_body
from newsletter.content.cleaning import clean
from newsletter.content.draft import Draft
from newsletter.model import Author, CallToAction, Guess, Hero

WORDS = (
    "Some evenings the house is loud and everybody wants something, and still there is a quiet corner to be had, if "
    "only somebody thinks of it early enough."
)
BODY = f"<p>{WORDS}</p>\n<p>{WORDS}</p>"
BIO = "June is a therapist who works with families and likes long walks by the river in any weather."
BOX = f"<h3>About our therapist June Alder, LCSW</h3><p>{BIO}</p>"
CALL = "<p>Would you like some company?</p><div class='wp-block-button'><a href='/begin'>Get Started</a></div>"
BASE = "https://example.org/blog/corner/"


def draft(**fields: object) -> Draft:
    return Draft(**{"title": "A quiet corner", "body_html": "", **fields})  # type: ignore[arg-type]


def test_body_is_cleaned_and_its_ending_lifted() -> None:
    html = f"{BODY}<p>Photo by Ann Poe on Unsplash</p>{CALL}{BOX}<p>Tags: rest, home</p><script>x</script>"
    found = with_body(draft(), html, BASE)
    assert found.body_html == BODY
    assert found.call_to_action == CallToAction(
        "Would you like some company?", "Get Started", "https://example.org/begin"
    )
    assert found.authors == (Author("June Alder", "LCSW", "therapist", bio=BIO),)
    assert found.hero == Hero(credit="Ann Poe", credit_source="Unsplash")
    assert found.tags == ("rest", "home")
    assert found.notes == ("left out: 1 script",)


def test_what_the_page_said_is_told_as_guesses_without_lines() -> None:
    found = with_body(draft(guesses=(Guess("title", "A quiet corner", 3),)), f"{BODY}{CALL}{BOX}", BASE)
    assert found.guesses == (
        Guess("title", "A quiet corner", 3),
        Guess("call_to_action.text", "Would you like some company?", None),
        Guess("call_to_action.label", "Get Started", None),
        Guess("call_to_action.url", "https://example.org/begin", None),
        Guess("author.name", "June Alder", None),
        Guess("author.credentials", "LCSW", None),
        Guess("author.role", "therapist", None),
        Guess("author.bio", BIO, None),
    )


def test_what_the_draft_says_wins() -> None:
    said = draft(
        call_to_action=CallToAction("Ready?", "Book", "https://example.com/book"),
        authors=(Author("June Alder", "PhD", bio="She teaches."),),
        hero=Hero("media/a.png", credit="Bo Li"),
        tags=("calm",),
    )
    found = with_body(said, f"{BODY}<p>Photo by Ann Poe on Unsplash</p>{CALL}{BOX}<p>Tags: rest</p>", BASE)
    assert found.body_html == BODY
    assert (found.call_to_action, found.hero, found.tags) == (said.call_to_action, said.hero, said.tags)
    assert found.authors == (Author("June Alder", "PhD", "therapist", bio="She teaches."),)


def test_bio_and_photo_complete_the_author_of_the_byline() -> None:
    box = f'<h3>About the Author</h3><p><img src="/june.jpg"></p><p>{BIO}</p>'
    found = with_body(draft(authors=(Author("June Alder"),)), BODY + box, BASE)
    assert found.authors == (Author("June Alder", bio=BIO, photo="https://example.org/june.jpg"),)


def test_author_of_the_page_replaces_a_byline_that_is_only_the_admin() -> None:
    said = draft(authors=(Author("Front Desk"),))
    assert with_body(said, BODY + BOX, weak_author=True).authors == (
        Author("June Alder", "LCSW", "therapist", bio=BIO),
    )
    assert with_body(said, f"{BODY}<p>Warmly,<br>June Alder</p>", weak_author=True).authors == (Author("June Alder"),)


def test_byline_that_is_only_the_admin_stays_where_the_page_names_nobody() -> None:
    assert with_body(draft(authors=(Author("Front Desk"),)), BODY, weak_author=True).authors == (Author("Front Desk"),)


def test_other_author_than_the_bylines_is_kept_beside_with_a_note() -> None:
    found = with_body(draft(authors=(Author("Max Birch"),)), BODY + BOX)
    assert [author.name for author in found.authors] == ["Max Birch", "June Alder"]
    assert found.notes == ("the byline and the lines about the author name different people; both are kept",)


def test_bio_of_nobody_known_is_told_in_a_note() -> None:
    found = with_body(draft(), f"{BODY}<h3>About the Author</h3><p>She works with families in the valley.</p>")
    assert found.authors == ()
    assert found.notes == ("a bio was found, but not whose it is: 'She works with families in the valley.'",)


def test_picture_on_top_becomes_the_hero_where_there_is_none() -> None:
    figure = '<figure><img src="/a.jpg" alt="A lake"><figcaption>Photo by Ann Poe on Pexels</figcaption></figure>'
    found = with_body(draft(), figure + BODY, BASE)
    assert found.body_html == BODY
    assert found.hero == Hero("https://example.org/a.jpg", "A lake", "Ann Poe", "Pexels")


@pytest.mark.parametrize("source", ["/up/lake-1024x683.jpg", "/up/lake-scaled.jpg?w=900", "/up/lake.jpg"])
def test_hero_that_also_stands_on_top_is_shown_once(source: str) -> None:
    said = draft(hero=Hero("https://example.org/up/lake.jpg"))
    figure = f'<figure><img src="{source}" alt="A lake"><figcaption>Photo by Ann Poe on Pexels</figcaption></figure>'
    found = with_body(said, figure + BODY, BASE)
    assert found.body_html == BODY
    assert found.hero == Hero("https://example.org/up/lake.jpg", "A lake", "Ann Poe", "Pexels")


def test_other_picture_than_the_hero_stays_on_top() -> None:
    said = draft(hero=Hero("https://example.org/up/lake.jpg"))
    found = with_body(said, '<p><img src="/up/river.jpg"></p>' + BODY, BASE)
    assert found.hero == said.hero
    assert found.body_html == '<p><img src="https://example.org/up/river.jpg"></p>\n' + BODY


def test_lines_left_out_are_named_in_one_note() -> None:
    found = with_body(draft(), f"{BODY}<h3>Related posts</h3><ul><li>On listening</li><li>Tea</li></ul>")
    assert found.notes == ("left out, not part of the article: 'Related posts', 'On listening', 'Tea'",)


def test_plain_article_comes_through_unchanged() -> None:
    assert with_body(draft(), BODY) == draft(body_html=BODY)


@given(st.text(st.sampled_from("<>/apimgh2 ='\"?!&;\n"), max_size=80))
@settings(max_examples=200)
def test_any_body_is_clean_and_reading_it_again_gives_the_same(html: str) -> None:
    found = with_body(draft(), html, BASE)
    assert clean(found.body_html, BASE) == found.body_html
    assert with_body(draft(), html, BASE) == found


ASKED = "<p><strong>Who sleeps badly?</strong> Nearly everybody does at times, and a book at night helps most.</p>"
BUTTON = '<p><a href="https://example.org/x">Book a time</a></p>'


@pytest.mark.parametrize("call", ["Would you like to talk?", "Do you lie awake? We listen."])
def test_questions_that_the_article_answers_stay_in_it(call: str) -> None:
    html = f"<p>{'Some words about the night. ' * 6}</p>\n{ASKED}\n{ASKED}\n<p>{call}</p>\n{BUTTON}"
    draft = with_body(Draft("Sleep", ""), html)
    assert draft.call_to_action == CallToAction(call, "Book a time", "https://example.org/x")
    assert draft.body_html.count("Who sleeps badly?") == 2


def test_sentence_about_a_person_is_no_role_of_theirs() -> None:
    html = "<p>Some words about the night.</p>\n<p>Oskar Lind, LMHC, leads the grief group at Cedar House.</p>"
    draft = with_body(Draft("Sleep", "", authors=(Author("Oskar Lind"),)), html)
    assert [author.role for author in draft.authors] == [""]
