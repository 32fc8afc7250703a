from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.cleaning import clean
from newsletter.content.lifting import lift, take_opening_picture
from newsletter.model import Author, CallToAction, Hero

FIRST = (
    "<p>Some evenings the house is loud and everybody wants something, and still there is a quiet corner to be had, "
    "if only somebody thinks of it early enough.</p>"
)
LAST = (
    "<p>Begin with the smallest step you can think of, a chair by the window perhaps, and let the rest of the evening "
    "take care of itself for once.</p>"
)
ARTICLE = f"{FIRST}\n<h2>A chair by the window</h2>\n{LAST}"
QUESTION = "<p>Would you like some company on the way?</p>"
BUTTON = '<p><a href="https://example.org/begin">Get Started</a></p>'
ABOUT = "<h3>About our therapist June Alder, LCSW</h3>"
BIO = "<p>June is a therapist who works with families and likes long walks by the river in any weather.</p>"
JUNE = Author(
    "June Alder",
    "LCSW",
    "therapist",
    bio="June is a therapist who works with families and likes long walks by the river in any weather.",
)
CALL = CallToAction("Would you like some company on the way?", "Get Started", "https://example.org/begin")


def page(*parts: str) -> str:
    return "\n".join(parts)


def test_closing_question_with_its_button_becomes_the_call_to_action() -> None:
    found = lift(page(ARTICLE, QUESTION, BUTTON))
    assert (found.html, found.call_to_action) == (ARTICLE, CALL)


@pytest.mark.parametrize(
    "ending",
    [
        page("<h2>Would you like some company on the way?</h2>", BUTTON),
        page(QUESTION, '<h3><a href="https://example.org/begin">Get Started</a></h3>'),
        page(QUESTION, '<p><strong><a href="https://example.org/begin">Get Started →</a></strong></p>'),
        '<p>Would you like some company on the way?<br><a href="https://example.org/begin">Get Started</a></p>',
    ],
)
def test_call_to_action_is_recognised_in_other_dress(ending: str) -> None:
    found = lift(page(ARTICLE, ending))
    assert (found.html, found.call_to_action) == (ARTICLE, CALL)


def test_link_inside_the_closing_call_is_its_button() -> None:
    ending = '<p>Would you like some company? <a href="https://example.org/call">Call us</a> today!</p>'
    found = lift(page(ARTICLE, ending))
    assert found.html == ARTICLE
    assert found.call_to_action == CallToAction(
        "Would you like some company? Call us today!", "Call us", "https://example.org/call"
    )


def test_button_in_the_middle_of_the_article_stays() -> None:
    html = page(FIRST, BUTTON, LAST)
    assert lift(html).html == html
    assert lift(html).call_to_action is None


def test_question_that_the_article_ends_with_stays() -> None:
    html = page(ARTICLE, "<p>And what would change if you sat there once a week?</p>")
    assert (lift(html).html, lift(html).call_to_action) == (html, None)


def test_question_inside_the_article_stays_beside_the_one_that_is_lifted() -> None:
    found = lift(page(FIRST, QUESTION, LAST, QUESTION, BUTTON))
    assert (found.html, found.call_to_action) == (page(FIRST, QUESTION, LAST), CALL)


def test_short_last_line_without_a_link_is_no_button() -> None:
    html = page(ARTICLE, "<p>Start small</p>")
    assert (lift(html).html, lift(html).call_to_action) == (html, None)


def test_about_box_becomes_the_author() -> None:
    found = lift(page(ARTICLE, ABOUT, BIO))
    assert (found.html, found.author) == (ARTICLE, JUNE)


@pytest.mark.parametrize(
    "box",
    [
        page(ABOUT, '<p><img src="media/june.jpg" alt="June"></p>', BIO),
        page(ABOUT, '<figure><img src="media/june.jpg"></figure>', BIO),
        page(ABOUT, BIO.replace("<p>", '<p><img src="media/june.jpg">')),
        page("<hr>", '<p><img src="media/june.jpg"></p>', ABOUT, BIO),
    ],
)
def test_picture_in_the_box_is_the_authors_photo(box: str) -> None:
    found = lift(page(ARTICLE, box))
    assert found.html == ARTICLE
    assert found.author is not None
    assert (found.author.name, found.author.photo) == ("June Alder", "media/june.jpg")


def test_last_picture_of_the_article_is_nobodys_photo() -> None:
    html = page(ARTICLE, '<p><img src="media/lake.jpg"></p>')
    found = lift(page(html, ABOUT, BIO))
    assert (found.html, found.author) == (html, JUNE)


def test_everything_at_once_in_the_order_of_a_practices_pages() -> None:
    found = lift(
        page(
            *(ARTICLE, '<p>Photo by <a href="https://example.com/ann">Ann Poe</a> on Unsplash</p>', QUESTION, BUTTON),
            *(
                ABOUT,
                BIO,
                '<p>Tags: <a href="https://example.org/t/1">rest</a> <a href="https://example.org/t/2">home</a></p>',
            ),
            *("<p>Share this:</p>", "<ul><li>Facebook</li><li>Print</li></ul>", "<h3>Related Posts</h3>"),
            *('<p><a href="https://example.org/x">Three quiet rooms</a></p>', '<p><img src="media/x.jpg"></p>'),
            *('<p><a href="https://example.org/y">On listening</a></p>',),
        )
    )
    assert found.html == ARTICLE
    assert (found.author, found.call_to_action) == (JUNE, CALL)
    assert found.hero == Hero(credit="Ann Poe", credit_source="Unsplash")
    assert found.topics == {"tags": ("rest", "home")}
    assert found.left_out == (
        *("Share this:", "Facebook", "Print", "Related Posts", "Three quiet rooms", "On listening"),
    )


def test_sign_off_names_who_signed() -> None:
    found = lift(page(ARTICLE, "<p>Warmly,<br>June Alder, LCSW</p>"))
    assert (found.html, found.signed) == (ARTICLE, (Author("June Alder", "LCSW"),))


def test_long_last_paragraph_above_a_button_is_article_and_no_call() -> None:
    found = lift(page(ARTICLE, BUTTON))
    assert found.html == ARTICLE
    assert found.call_to_action == CallToAction("", "Get Started", "https://example.org/begin")


def test_heading_of_a_call_goes_with_it() -> None:
    found = lift(page(ARTICLE, "<h2>The next step</h2>", QUESTION, BUTTON))
    assert (found.html, found.call_to_action) == (ARTICLE, CALL)


def test_bio_without_a_heading_is_found_by_the_name_of_a_known_author() -> None:
    bio = "<p>June Alder is a therapist who works with families and likes long walks by the river.</p>"
    found = lift(page(ARTICLE, bio), (Author("June Alder"),))
    assert found.html == ARTICLE
    assert found.author is not None
    assert found.author.bio.startswith("June Alder is")


def test_credit_of_a_picture_inside_the_article_stays_with_it() -> None:
    figure = '<figure><img src="media/lake.jpg"><figcaption>Photo by Ann Poe on Pexels</figcaption></figure>'
    below = '<p><img src="media/lake.jpg"></p>\n<p>Photo by Bo Li on Pexels</p>'
    beside = '<p><img src="media/lake.jpg"><br>Photo by Cy Du on Pexels</p>'
    html = page(FIRST, figure, FIRST, below, FIRST, beside, LAST)
    assert (lift(html).html, lift(html).hero) == (html, None)


def test_sentences_behind_a_credit_are_still_article() -> None:
    html = page(FIRST, "<h2>One last thing</h2>", "<p>Be gentle with yourself tonight.</p>")
    assert lift(page(FIRST, "<p>Photo by Ann Poe on Pexels</p>", html)).html == page(FIRST, html)


def test_table_picture_and_quote_at_the_end_stay() -> None:
    html = page(
        *(ARTICLE, "<h3>Hours</h3>", "<table><tbody><tr><td>Mon</td></tr></tbody></table>"),
        *("<blockquote><p>Rest.</p></blockquote>", '<figure><img src="media/a.png"></figure>', "<pre>a  b</pre>"),
    )
    assert lift(html).html == html


def test_page_that_is_nothing_but_furniture_is_left_as_it_is() -> None:
    assert lift("<p>Share this</p>").html == "<p>Share this</p>"


@pytest.mark.parametrize(
    ("opening", "hero"),
    [
        (
            '<figure><img src="media/a.jpg" alt="A lake"><figcaption>Photo by Ann Poe on Pexels</figcaption></figure>',
            Hero("media/a.jpg", "A lake", "Ann Poe", "Pexels"),
        ),
        ('<p><img src="media/a.jpg" alt="" width="800" height="400"></p>', Hero("media/a.jpg")),
        ('<p><img src="media/a.jpg"><br>Photo: Bo Li</p>', Hero("media/a.jpg", credit="Bo Li")),
        ('<p><a href="https://example.org/"><img src="media/a.jpg"></a></p>', Hero("media/a.jpg")),
    ],
)
def test_picture_a_body_opens_with_is_found_with_its_credit(opening: str, hero: Hero) -> None:
    assert take_opening_picture(page(opening, ARTICLE)) == (hero, ARTICLE)


@pytest.mark.parametrize(
    "opening",
    [
        '<figure><img src="media/a.jpg"><figcaption>The lake where it all began</figcaption></figure>',
        '<p><img src="media/a.jpg"><img src="media/b.jpg"></p>',
        '<p><img src="media/icon.png" width="32"></p>',
        '<p><img src="media/a.jpg"> It began at a lake.</p>',
        "<h2>It began</h2>",
    ],
)
def test_picture_that_says_more_than_who_made_it_stays_in_the_body(opening: str) -> None:
    assert take_opening_picture(page(opening, ARTICLE)) is None


PARTS = st.sampled_from(
    [
        *(
            FIRST,
            LAST,
            QUESTION,
            BUTTON,
            ABOUT,
            BIO,
            "<hr>",
            '<p><img src="a.png"></p>',
            "<p>Share this</p>",
            "<h2>Why</h2>",
        ),
        *(
            "<h3>Related posts</h3>",
            "<p>Photo by Ann Poe on Pexels</p>",
            "<p>Warmly,<br>June Alder</p>",
            "<p>Tags: a, b</p>",
        ),
        *(
            "<ul><li>one</li><li>Print</li></ul>",
            "<blockquote><p>q</p></blockquote>",
            "<p>a<br><img src='b.png'><br>Edit</p>",
        ),
        *(
            "<table><tr><td>1</td></tr></table>",
            "<p>Leave a comment</p>",
            "loose",
            "<pre>x</pre>",
            "<p>Go home!</p>",
            "<em>",
        ),
    ]
)


def _lines(html: str) -> list[str]:
    return [re.sub("<(?!img)[^>]*>", "", line) for line in re.split("<br>|\n", html)]


@given(st.lists(PARTS, max_size=12).map("".join).map(clean))
@settings(max_examples=300)
def test_what_is_left_is_clean_and_nothing_is_made_up(body: str) -> None:
    found = lift(body)
    assert clean(found.html) == found.html
    assert bool(found.html) == bool(body)
    # A line may be left out, none may change or move.
    lines = iter(_lines(body))
    for line in _lines(found.html):
        assert line in lines


BOX = page("<h3>About our therapist</h3>", '<p><img src="https://example.org/june.jpg"></p>', f"<p>{JUNE.bio}</p>")
APPEAL = "<p>If moving weighs on your family, we are here.</p>"
TALK = '<p><a href="https://example.org/talk">Talk to us</a></p>'
BOOK_JUNE = '<p><a href="https://example.org/june">Book with June</a></p>'
GROUPS = '<p><a href="https://example.org/groups">See the groups</a></p>'
ASKED = page("<h3>Not alone this winter?</h3>", "<p>Our groups meet on Tuesdays.</p>")
WRITE = '<p><a href="https://example.org/ben">Write to Ben</a></p>'
WINTER = CallToAction("Not alone this winter? Our groups meet on Tuesdays.", "Write to Ben", "https://example.org/ben")
TALK_TO_US = CallToAction("If moving weighs on your family, we are here.", "Talk to us", "https://example.org/talk")


@pytest.mark.parametrize("above", ["", BOX], ids=["below the article", "below the author's box"])
def test_first_of_two_buttons_with_its_question_wins_and_the_other_stays_a_link(above: str) -> None:
    found = lift(page(ARTICLE, *filter(None, [above]), ASKED, WRITE, GROUPS))
    assert found.call_to_action == WINTER
    assert found.html == page(ARTICLE, GROUPS)
    assert "See the groups" not in found.left_out


def test_button_without_words_of_its_own_does_not_take_the_articles_last_paragraph() -> None:
    html = page(ARTICLE, GROUPS)
    assert (lift(html).html, lift(html).call_to_action) == (html, None)


def test_question_of_the_reader_and_its_answer_above_a_link_are_article() -> None:
    html = page(ARTICLE, "<h3>Where can I read more?</h3>", "<p>Our shelf has an essay on it.</p>", GROUPS)
    assert lift(html).html == html


def test_paragraph_above_a_button_that_speaks_to_the_reader_is_no_part_of_the_bio() -> None:
    found = lift(page(ARTICLE, BOX, APPEAL, TALK))
    assert (found.html, found.call_to_action) == (ARTICLE, TALK_TO_US)
    assert found.author is not None
    assert (found.author.bio, found.author.photo) == (JUNE.bio, "https://example.org/june.jpg")


@pytest.mark.parametrize("paragraph", ["I would love to meet you and your family.", "She will meet you where you are."])
def test_last_paragraph_in_which_the_author_speaks_or_is_spoken_of_stays_in_the_bio(paragraph: str) -> None:
    found = lift(page(ARTICLE, BOX, f"<p>{paragraph}</p>", TALK))
    assert found.author is not None
    assert found.author.bio == f"{JUNE.bio}\n\n{paragraph}"


@pytest.mark.parametrize(
    "html",
    [page(ARTICLE, BOX, BOOK_JUNE, APPEAL, TALK), page(ARTICLE, APPEAL, TALK, BOX, BOOK_JUNE)],
    ids=["call below the box", "call above the box"],
)
def test_articles_own_button_wins_over_the_one_in_the_authors_box(html: str) -> None:
    found = lift(html)
    assert (found.html, found.call_to_action) == (ARTICLE, TALK_TO_US)
    assert found.left_out == ("Book with June",)


def test_button_in_the_authors_box_is_the_call_where_there_is_no_other() -> None:
    found = lift(page(ARTICLE, BOX, BOOK_JUNE))
    assert found.call_to_action == CallToAction("", "Book with June", "https://example.org/june")


def test_letters_that_only_the_bio_tells_are_the_authors() -> None:
    bio = "June Alder, LCSW is a therapist who works with families and likes long walks by the river."
    found = lift(page(ARTICLE, "<h3>About our therapist June Alder</h3>", f"<p>{bio}</p>"))
    assert found.author == Author("June Alder", "LCSW", "therapist", bio=bio)
    other = lift(page(ARTICLE, "<h3>About our therapist June Alder</h3>", f"<p>{bio.replace('June', 'Jane')}</p>"))
    assert other.author is not None
    assert (other.author.name, other.author.credentials) == ("June Alder", "")


@pytest.mark.parametrize(
    "line",
    [
        '<p>Ready to talk? <a href="https://example.org/begin">Contact us</a></p>',
        '<p><a href="https://example.org/begin">Ready to talk? Contact us</a></p>',
        '<p>Ready to talk?<br><a href="https://example.org/begin">Contact us</a></p>',
    ],
)
def test_question_and_button_on_one_line_are_told_apart(line: str) -> None:
    found = lift(page(ARTICLE, line))
    assert found.call_to_action == CallToAction("Ready to talk?", "Contact us", "https://example.org/begin")
    assert found.html == ARTICLE
