"""Pasted pages, each in a file beside this one, and what is to be found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from newsletter.content.draft import Draft
from newsletter.content.sources import read
from newsletter.errors import SourceError
from newsletter.model import Author, CallToAction, Hero

PAGES = Path(__file__).parent / "pages"
SAMPLE = Path(__file__).parents[4] / "shared/samples/trust-builds-strong-relationships.txt"


@dataclass(frozen=True)
class Page:
    """What one page holds. `shape` is its blocks in order: h a heading, p a paragraph, u and o lists."""

    name: str
    title: str
    shape: str
    published: date | None = date(2024, 6, 9)
    categories: tuple[str, ...] = ()
    authors: tuple[Author, ...] = (Author("Jane Doe"),)
    hero: Hero | None = None
    call: CallToAction | None = None
    subtitle: str = ""
    tags: tuple[str, ...] = ()


MARCH = date(2024, 3, 3)
CALL = CallToAction("Are you sleeping badly? Would you like to change that? Call us today!", "Book an Appointment")
EVENING = Page(
    "byline-with-name",
    "Letting the Day End",
    "hphpp",
    MARCH,
    ("Anxiety", "Sleep"),
    (Author("Jane Doe", "LCSW"),),
    Hero(credit="Ann Poe", credit_source="Unsplash"),
    CALL,
)


def _like(page: Page, name: str) -> Page:
    return Page(**{**{field: getattr(page, field) for field in page.__dataclass_fields__}, "name": name})


PAGES_AND_FIELDS = [
    EVENING,
    _like(EVENING, "windows"),
    _like(EVENING, "doubled-blank-lines"),
    Page("by-on-sentence", "A Walk Before Breakfast", "pp", MARCH),
    Page("posted-on-by-in", "Five Minutes of Quiet", "pp", MARCH, ("Mindfulness", "Daily Life")),
    Page("date-and-reading-time", "The Kindness of Saying No", "php", MARCH, authors=()),
    Page("iso-date", "Rain on the Roof", "pp", MARCH, authors=()),
    Page("ambiguous-date", "Slow Mornings", "pp", date(2024, 3, 4), ("Habits",), (Author("John Roe"),)),
    Page("abbreviated-date", "Eating Together", "pp", MARCH, ("Families",), ()),
    Page("no-date", "What Gardens Teach", "pp", None, authors=(Author("Ann Poe"),)),
    Page(
        "about-the-author",
        "When Grief Comes Back",
        "php",
        categories=("Grief",),
        authors=(
            Author(
                "Jane Doe",
                "LMFT",
                bio="Jane Doe, LMFT, is a therapist who works with families in the north of the county. "
                "She has two dogs and a canoe.\n\nShe also teaches at the evening school.",
            ),
        ),
    ),
    Page(
        "about-by-name",
        "Panic on the Train",
        "hphp",
        authors=(
            Author(
                "Jane Doe",
                bio="Jane has worked with anxious travellers for twelve years and still takes the bus now and then.",
            ),
        ),
        hero=Hero(credit="Ann Poe", credit_source="Pexels"),
    ),
    Page("written-by", "Moving House With Children", "pp", authors=(Author("Jane Doe", "PhD"),)),
    Page(
        "image-by-slash",
        "Letters Never Sent",
        "pp",
        categories=("Writing",),
        authors=(Author("Jane Doe", "Psy.D."),),
        hero=Hero(credit="Ann Poe", credit_source="Pixabay"),
    ),
    Page(
        "closing-questions",
        "Two Chairs and a Table",
        "pp",
        categories=("Couples",),
        authors=(
            Author(
                "Ann Poe",
                "LPC",
                "counselor",
                "Harbour House",
                bio="Ann listens to couples who have stopped talking.",
            ),
        ),
        call=CallToAction(
            "Do you argue about small things? Are you tired of the silence? Let us help you talk again!",
            "Schedule a Consultation",
        ),
    ),
    Page("questions-in-body", "Asking Better Questions", "hpphpp"),
    Page("lists", "Packing for a Hard Week", "ppupop", categories=("Self-Care",)),
    Page("numbered-headings", "Three Ways to Begin", "phphphp"),
    Page("curly-quotes", "“I’m Fine” and Other Small Lies", "pphp", authors=(Author("Jane O’Neil", "LCSW"),)),
    Page(
        "no-blank-lines",
        "Weather Inside",
        "hpphp",
        categories=("Moods",),
        hero=Hero(credit="Ann Poe", credit_source="Unsplash"),
        call=CallToAction("Would you like to talk to someone? Contact us!", "Get in Touch"),
    ),
    Page(
        "share-and-related",
        "The Long Winter",
        "php",
        date(2023, 12, 1),
        ("Seasons",),
        (Author("Jane Doe", "LCSW"),),
    ),
    Page(
        "german",
        "Der lange Abend",
        "hpp",
        MARCH,
        ("Schlaf", "Ruhe"),
        (Author("Erika Muster"),),
        Hero(credit="Max Beispiel", credit_source="Unsplash"),
    ),
    Page(
        "subtitle",
        "The Unfinished Letter",
        "pp",
        authors=(Author("Jane Doe", "M.A., LMFT"),),
        subtitle="What we learn from the things we never say",
    ),
    Page(
        "about-box-on-top",
        "Learning to Wait",
        "hpphp",
        authors=(Author("Jane Doe", "LCSW", "Therapist", "Harbour House", "Jane works with people who cannot wait."),),
    ),
    Page(
        "two-authors",
        "Talking to Teenagers",
        "pp",
        categories=("Families",),
        authors=(Author("Jane Doe", "LCSW"), Author("John Roe", "PhD")),
    ),
    Page("hard-wrapped", "Wrapped by a Mail Program", "php"),
    Page(
        "caption-on-top",
        "Bread and Patience",
        "php",
        categories=("Habits",),
        hero=Hero(credit="Ann Poe", credit_source="Pexels"),
        tags=("bread", "patience"),
    ),
    Page(
        "call-without-button",
        "The Empty Nest",
        "pp",
        call=CallToAction("Is the house too quiet? Call us at 555-0100 to make an appointment!"),
    ),
    Page("closing-question-of-the-body", "A Last Thought", "ppp"),
    Page("button-only", "Tea for Two", "pp", call=CallToAction(label="Book Now")),
    Page(
        "admin-byline",
        "News From the Office",
        "pp",
        categories=("News",),
        authors=(Author("John Roe", "PhD, LP", "clinical director", "Harbour House"),),
    ),
    Page(
        "signed-letter",
        "The Garden in November",
        "pphp",
        authors=(Author("Tom Ford", bio="Tom Ford is a licensed counselor at Elm Practice."),),
        hero=Hero(credit_source="Unsplash"),
    ),
]


def _read(name: str) -> Draft:
    path = PAGES / f"{name}.txt"
    return read(path.read_bytes(), path.name)


def _shape(body_html: str) -> str:
    letters = {"h2": "h", "h3": "H", "p": "p", "ul": "u", "ol": "o"}
    return "".join(letters[tag] for tag in re.findall(r"<(h2|h3|p|ul|ol)\b", body_html))


@pytest.mark.parametrize("page", PAGES_AND_FIELDS, ids=lambda page: page.name)
def test_pasted_page_gives_its_fields_and_nothing_else_in_the_body(page: Page) -> None:
    draft = _read(page.name)
    found = Page(
        page.name,
        draft.title,
        _shape(draft.body_html),
        draft.published,
        draft.categories,
        draft.authors,
        draft.hero,
        draft.call_to_action,
        draft.subtitle,
        draft.tags,
    )
    assert found == page


def test_every_page_is_expected() -> None:
    assert {path.stem for path in PAGES.glob("*.txt")} == {page.name for page in PAGES_AND_FIELDS}


@pytest.mark.parametrize("page", PAGES_AND_FIELDS, ids=lambda page: page.name)
def test_each_guess_names_the_line_it_came_from(page: Page) -> None:
    path = PAGES / f"{page.name}.txt"
    encoding = "cp1252" if page.name == "windows" else "utf-8"
    lines = path.read_bytes().decode(encoding).splitlines()
    guesses = _read(page.name).guesses
    assert {"title"} <= {guess.field for guess in guesses}
    for guess in guesses:
        assert guess.line is not None
        first_word = guess.value.split()[0].strip(".,")
        # A date is shown as 2024-03-03 wherever it came from.
        assert guess.field == "published" or first_word in lines[guess.line - 1]


def test_windows_line_ends_and_quotes_come_out_as_text() -> None:
    assert "<h2>Why evenings aren’t easy – at first</h2>" in _read("windows").body_html


def test_wrapped_lines_are_one_paragraph() -> None:
    assert "an old mail program, and then every line" in _read("hard-wrapped").body_html


def test_items_of_a_list_lose_their_marks() -> None:
    body = _read("lists").body_html
    assert "<ul><li>A bottle of water</li><li>The number of a friend</li><li>Something to read</li></ul>" in body
    assert "<ol><li>Stop where you are.</li>" in body


def test_what_is_not_found_is_said() -> None:
    notes = _read("no-date").notes
    for name in ("date", "bio", "categories", "photo credit", "call to action"):
        assert f"no {name} found" in notes
    assert "no author found" in _read("iso-date").notes


def test_date_that_can_be_read_two_ways_is_said() -> None:
    assert any("2024-04-03 is meant" in note for note in _read("ambiguous-date").notes)


def test_furniture_of_the_page_is_left_out_with_a_note() -> None:
    draft = _read("share-and-related")
    assert "lines 16 to 26 were left out, not part of the article: 'Share this post'" in draft.notes
    assert "Snow" not in draft.body_html


def test_name_no_person_bears_is_said() -> None:
    assert any("'admin'" in note for note in _read("admin-byline").notes)


def test_byline_without_date_still_gives_the_categories() -> None:
    draft = _pasted("A Title\n\nby | Trust, Tools\n\n" + PARAGRAPH)
    assert draft.categories == ("Trust", "Tools")
    assert draft.published is None
    assert "no date found" in draft.notes


PARAGRAPH = "A paragraph that is long enough to be one, because it goes on for more than a line and then some more."


def _pasted(text: str) -> Draft:
    return read(text.encode(), "pasted.txt")


@pytest.mark.parametrize(
    ("line", "published", "authors", "categories"),
    [
        ("Posted by Ann Poe, RN on Jun 3, 2024 | 0 comments", date(2024, 6, 3), ["Ann Poe"], ()),
        ("June 3, 2024 By Ann Poe Leave a Comment", date(2024, 6, 3), ["Ann Poe"], ()),
        ("Ann Poe · Jun 3, 2024 · 4 min read", date(2024, 6, 3), ["Ann Poe"], ()),
        ("Monday, June 3, 2024 at 10:30 am", date(2024, 6, 3), [], ()),
        ("Posted in Anxiety on March 3, 2024", MARCH, [], ("Anxiety",)),
        ("Author: Ann Poe | Published: 3 March 2024", MARCH, ["Ann Poe"], ()),
        ("By Ann Poe, on March 3rd, 2024, in Sleep", MARCH, ["Ann Poe"], ("Sleep",)),
        ("Por Ana García | 3 de marzo de 2024 | Familia", MARCH, ["Ana García"], ("Familia",)),
        ("le 3 mars 2024 par Marie Poe dans Santé", MARCH, ["Marie Poe"], ("Santé",)),
        ("23.06.2023 | Relationships & Tools", date(2023, 6, 23), [], ("Relationships & Tools",)),
        ("by Ann Poe | Reviewed by John Roe, MD | Updated March 3, 2024", MARCH, ["Ann Poe"], ()),
    ],
)
def test_bylines_in_many_forms(line: str, published: date, authors: list[str], categories: tuple[str, ...]) -> None:
    draft = _pasted(f"A Title\n\n{line}\n\n{PARAGRAPH}\n")
    assert (draft.published, [author.name for author in draft.authors], draft.categories) == (
        published,
        authors,
        categories,
    )
    assert _shape(draft.body_html) == "p"


@pytest.mark.parametrize(
    "line", ["March 3, 2024 was a hot day.", "By the river", "In March 3, 2024 we moved", "By Candlelight"]
)
def test_sentence_with_a_date_or_a_by_is_no_byline(line: str) -> None:
    draft = _pasted(f"A Title\n\n{line}\n\n{PARAGRAPH}\n")
    assert draft.published is None
    assert draft.authors == ()
    assert line in draft.body_html


@pytest.mark.parametrize(
    ("line", "author"),
    [
        (
            "About Our Therapist: Ann Poe, LMFT | Calm Harbour",
            Author("Ann Poe", "LMFT", "Therapist", "Calm Harbour"),
        ),
        ("About the author – Ann Poe", Author("Ann Poe")),
        (
            "About Our Therapist Ann de la Poe (LSW), Calm Harbour",
            Author("Ann de la Poe", "LSW", "Therapist", "Calm Harbour"),
        ),
        ("About our herbalist Ann Poe, RN", Author("Ann Poe", "RN", "herbalist")),
        ("Written by: Ann Poe, Ph.D.", Author("Ann Poe", "Ph.D.")),
        ("– Ann Poe, LCSW-C", Author("Ann Poe", "LCSW-C")),
    ],
)
def test_author_below_the_article(line: str, author: Author) -> None:
    draft = _pasted(f"A Title\n\nMarch 3, 2024\n\n{PARAGRAPH}\n\n{line}\n")
    assert draft.authors == (author,)
    assert _shape(draft.body_html) == "p"


@pytest.mark.parametrize(
    ("line", "hero"),
    [
        ("Image by Ann Poe from Pixabay", Hero(credit="Ann Poe", credit_source="Pixabay")),
        ("Photo credit: Ann Poe", Hero(credit="Ann Poe")),
        ("Photo Credit: Unsplash", Hero(credit_source="Unsplash")),
        ("Photo by cottonwood studio on Pexels", Hero(credit="cottonwood studio", credit_source="Pexels")),
        ("Featured image: Ann Poe (Unsplash)", Hero(credit="Ann Poe", credit_source="Unsplash")),
        ("© Ann Poe / Getty Images", Hero(credit="Ann Poe", credit_source="Getty Images")),
        (
            "Images by Bo Li on Pixabay and Cy Du on Unsplash",
            Hero(credit="Bo Li and Cy Du", credit_source="Pixabay and Unsplash"),
        ),
        ("Photos by Bo Li and Cy Du on Unsplash", Hero(credit="Bo Li and Cy Du", credit_source="Unsplash")),
        ("Photos by Bo Li on Unsplash, Cy Du on Unsplash", Hero(credit="Bo Li and Cy Du", credit_source="Unsplash")),
        (
            "Photos by Bo Li on Pixabay, Ann Poe via Pexels and Cy Du on Unsplash",
            Hero(credit="Bo Li, Ann Poe and Cy Du", credit_source="Pixabay, Pexels and Unsplash"),
        ),
        ("Photo by Bo Li from Poe and Sons", Hero(credit="Bo Li", credit_source="Poe and Sons")),
        ("Photograph by Ann Poe, Getty Images", Hero(credit="Ann Poe", credit_source="Getty Images")),
    ],
)
def test_photo_credits_in_many_forms(line: str, hero: Hero) -> None:
    draft = _pasted(f"A Title\n\nMarch 3, 2024\n\n{PARAGRAPH}\n\n{line}\n")
    assert draft.hero == hero
    assert _shape(draft.body_html) == "p"


LETTER = f"A Title\n\nMarch 3, 2024\n\nDear reader,\n\n{PARAGRAPH}\n\n"


@pytest.mark.parametrize(
    ("end", "author"),
    [
        ("Warmly,\nTom\n", Author("Tom")),
        ("With care,\n\n– Tom Ford\n", Author("Tom Ford")),
        ("Until next time,\nTom Ford, LCSW\nElm Practice\n", Author("Tom Ford", "LCSW")),
        ("Best,\nTom\n\nTom is the gardener here.\n", Author("Tom", bio="Tom is the gardener here.")),
        (
            "Best wishes,\nTom\n\nTom Ford, RN, is a nurse.\n\nHe has a dog.\n",
            Author("Tom Ford", "RN", bio="Tom Ford, RN, is a nurse.\n\nHe has a dog."),
        ),
        (
            "Viele Grüße,\nTom\n\nAbout the author\n\nTom has two dogs and a canoe.\n",
            Author("Tom", bio="Tom has two dogs and a canoe."),
        ),
    ],
)
def test_letter_is_signed_by_its_author(end: str, author: Author) -> None:
    draft = _pasted(LETTER + end)
    assert draft.authors == (author,)
    assert _shape(draft.body_html) == "pp"
    valediction = LETTER.count("\n") + 1
    assert f"line {valediction} was left out, not part of the article: {end.splitlines()[0]!r}" in draft.notes
    assert min(guess.line or 0 for guess in draft.guesses if guess.field == "author.name") > valediction


def test_what_follows_a_signature_is_read_as_ever() -> None:
    draft = _pasted(LETTER + f"Warmly,\nTom\n\nP.S. {PARAGRAPH}\n\nReady to talk? Call us!\n\nBook Now\n")
    assert draft.authors == (Author("Tom"),)
    assert draft.call_to_action == CallToAction("Ready to talk? Call us!", "Book Now")
    assert _shape(draft.body_html) == "ppp"


def test_signature_completes_the_byline() -> None:
    page = LETTER.replace("March 3, 2024", "by Tom Ford | March 3, 2024")
    draft = _pasted(page + "Warmly,\nTom\n\nTom is a counselor.\n")
    assert draft.authors == (Author("Tom Ford", bio="Tom is a counselor."),)
    assert draft.categories == (), "a letter's opening is no list of topics"
    assert _pasted(page + "Warmly,\nThomas\n").authors == (Author("Tom Ford"),)


@pytest.mark.parametrize(
    "end", ["Warmly,\nThe Elm Team\n", "However you rest, whenever,\nTom\n", "Breathe in,\nand out again\n"]
)
def test_other_lines_after_a_comma_are_no_signature(end: str) -> None:
    assert _pasted(LETTER + end).authors == ()


def test_word_below_a_comma_is_no_heading() -> None:
    draft = _pasted(LETTER + "Dear friends and neighbours of the garden, dear all,\nTom\n\n" + PARAGRAPH * 2)
    assert "<h2>" not in draft.body_html


def test_signature_stands_near_the_end() -> None:
    draft = _pasted(LETTER + "For my friend,\nTom\n" + f"\n{PARAGRAPH}\n" * 6)
    assert draft.authors == ()


def test_fields_of_a_pasted_page_are_on_one_line() -> None:
    draft = _pasted(f"A\tTitle\n\nby Jane Doe\tMarch 3, 2024\tSleep\n\n{PARAGRAPH}\n\nReady?\tCall us!\n\nBook\tNow\n")
    assert (draft.title, draft.published, draft.categories) == ("A Title", MARCH, ("Sleep",))
    assert draft.authors == (Author("Jane Doe"),)
    assert draft.call_to_action == CallToAction("Ready? Call us!", "Book Now")


def test_control_character_in_a_field_names_field_and_line() -> None:
    with pytest.raises(SourceError, match=r"^pasted\.txt, line 3: title holds the control character U\+0090$"):
        _pasted(f"\n\nA \x90Title\n\nMarch 3, 2024\n\n{PARAGRAPH}\n")


def test_first_line_that_is_too_long_is_no_title() -> None:
    draft = _pasted(f"{PARAGRAPH * 4}\n\n{PARAGRAPH}\n")
    assert draft.title == "Pasted"
    assert _shape(draft.body_html) == "pp"


def test_list_with_an_endless_topic_is_no_list() -> None:
    draft = _pasted(f"{LETTER}Tags: sleep, {'x' * 101}\n")
    assert draft.tags == ()
    assert _pasted(f"{LETTER}Tags: sleep, {'x' * 100}\n").tags == ("sleep", "x" * 100)


def test_sentence_about_a_photo_stays_in_the_body() -> None:
    draft = _pasted(f"A Title\n\n{PARAGRAPH}\n\nPhoto by the lake shows a family.\n")
    assert draft.hero is None
    assert _shape(draft.body_html) == "pp"


def test_address_below_the_button_is_left_out() -> None:
    end = "About Ann Poe, RN\n\nReady to talk? Call us!\n\nGet Started\n\n(555) 555-0100\n"
    draft = _pasted(f"A Title\n\nMarch 3, 2024\n\n{PARAGRAPH}\n\n{end}")
    assert draft.call_to_action == CallToAction("Ready to talk? Call us!", "Get Started")
    assert _shape(draft.body_html) == "p"


def test_text_of_the_page_is_never_markup() -> None:
    draft = _pasted(f"A Title\n\n{PARAGRAPH} <script>alert(1)</script> {{{{ name }}}}\n")
    assert "&lt;script&gt;" in draft.body_html
    assert "{{ name }}" in draft.body_html


def test_lone_paragraph_gets_its_title_from_the_file_name() -> None:
    draft = read(PARAGRAPH.encode(), "posts/2024-03-03-calm_evenings.txt")
    assert draft.title == "Calm evenings"
    assert draft.guesses[0].line is None
    assert PARAGRAPH in draft.body_html


@pytest.mark.skipif(not SAMPLE.exists(), reason="the shared samples are not beside this repository")
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_users_own_page(line_end: str) -> None:
    data = SAMPLE.read_bytes().replace(b"\n", line_end.encode())
    draft = read(data, SAMPLE.name)
    assert draft.title == "Trust Builds Strong Relationships"
    assert draft.published == date(2023, 6, 23)
    assert draft.categories == ("Relationships", "Tools", "Values")
    assert _shape(draft.body_html) == "hpppphp"
    author = draft.authors[0]
    assert (author.name, author.credentials, author.practice) == (
        "Sonia De La Torre",
        "LSW",
        "Barnum Counseling",
    )
    assert draft.hero == Hero(credit="Brett Jordan", credit_source="Unsplash")
    assert draft.call_to_action == CallToAction(
        "Are you ready to get your life back on track? Contact us today!", "Get Started"
    )
    assert draft.notes == ("no bio found",)


BOOK = "https://linden.example.org/book"


@pytest.mark.parametrize(
    ("end", "label"),
    [
        (f"Ready to talk?\nBook a session\n{BOOK}", "Book a session"),
        (f"Ready to talk?\n\n{BOOK}", ""),
        (f"Ready to talk?\n\n[Book a session]({BOOK})", "Book a session"),
        (f"Ready to talk? [Book a session]({BOOK})", "Book a session"),
        (f"Ready to talk?\n\nBook a session: {BOOK}?utm_source=x", "Book a session"),
    ],
)
@pytest.mark.parametrize("above", ["", "About Ann Poe, RN\n\nAnn Poe is a nurse who works by the river.\n\n"])
def test_address_beside_the_button_is_where_the_call_leads(above: str, end: str, label: str) -> None:
    draft = _pasted(f"A Title\n\nMarch 3, 2024\n\n{PARAGRAPH}\n\n{above}{end}\n")
    assert draft.call_to_action == CallToAction("Ready to talk?", label, BOOK)
    assert not [note for note in draft.notes if "talk" in note or "Book" in note or BOOK in note]
    assert _shape(draft.body_html) == "p"


def test_address_of_a_source_at_the_end_of_the_article_is_no_button() -> None:
    draft = _pasted(f"A Title\n\nMarch 3, 2024\n\n{PARAGRAPH}\n\nSource: https://library.example.org/shelf\n")
    assert draft.call_to_action is None
    assert "Source: https://library.example.org/shelf" in draft.body_html
