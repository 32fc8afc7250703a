"""A person's corrections to an article: read, checked, and refused with the field's name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.content.editing import EDITABLE, edit, open_guesses
from newsletter.errors import SourceError
from newsletter.model import Article, CallToAction, Guess, Hero

WALK = Article("a-walk", "A Walk", "<p>Look.</p>", hero=Hero("media/walk.jpg", "A path", "Ann Poe", "Unsplash"))
WORDS = ("title", "subtitle", "summary", "hero.alt", "hero.credit", "hero.credit_source")
CALL = ("call_to_action.text", "call_to_action.label")
LISTS = ("categories", "tags", "authors")


@pytest.mark.parametrize("name", [*WORDS, *CALL])
def test_words_of_a_field_come_out_on_one_line(name: str) -> None:
    whole, _, part = name.partition(".")
    changed = edit(WALK, {name: " Inject\r\nBcc: evil@example.org\u2028 now\v"})[whole]
    assert (getattr(changed, part) if part else changed) == "Inject Bcc: evil@example.org now"


@pytest.mark.parametrize("name", LISTS)
def test_each_word_of_a_list_comes_out_on_one_line(name: str) -> None:
    assert edit(WALK, {name: "Jane\r\nDoe,John\tRoe, ,"})[name] == ("Jane Doe", "John Roe")


@pytest.mark.parametrize("name", [*WORDS, *CALL, *LISTS, "source_url", "language", "hero.src", "body_html"])
@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x9f", "\udc80"])
def test_sign_that_nobody_can_see_is_refused_in_every_field(name: str, sign: str) -> None:
    with pytest.raises(SourceError, match=rf"^{name}: holds .* U\+{ord(sign):04X}$"):
        edit(WALK, {name: f"en{sign}"})


def test_every_field_of_words_is_covered() -> None:
    days = {"published", "updated", "not_before", "expires", "review_by"}
    others = {"status", "evergreen", "seasons", "priority", *days}
    links = {"source_url", "hero.src", "call_to_action.url", "language", "body_html"}
    assert {*WORDS, *CALL, *LISTS, *links, *others} == set(EDITABLE)


@pytest.mark.parametrize(
    ("name", "length"), [("title", 300), ("authors", 200), ("categories", 100), ("tags", 100), ("source_url", 900)]
)
def test_field_has_a_limit_that_is_named(name: str, length: int) -> None:
    start = "https://example.org/" if name == "source_url" else ""
    assert edit(WALK, {name: start + "x" * (length - len(start))})[name]
    with pytest.raises(SourceError, match=f"^{name}: has {length + 1} .* at most {length}"):
        edit(WALK, {name: start + "x" * (length + 1 - len(start))})


@pytest.mark.parametrize(
    "settings",
    [
        {"not_before": "2026-06-02"},
        {"not_before": "2026-07-01", "expires": "2026-06-30"},
        {"expires": "2026-06-30", "not_before": "2026-07-01", "title": "Calm"},
    ],
)
def test_article_cannot_expire_before_it_may_go(settings: dict[str, str]) -> None:
    walk = replace(WALK, expires=date(2026, 6, 1))
    with pytest.raises(
        SourceError, match=r"^not_before: 2026-0\d-\d\d is after expires, 2026-0\d-\d\d: it could never"
    ):
        edit(walk, settings)


def test_last_day_may_be_the_first_and_an_import_that_crossed_them_can_be_mended() -> None:
    june, july = date(2026, 6, 1), date(2026, 7, 1)
    assert edit(replace(WALK, expires=june), {"not_before": "2026-06-01"}) == {"not_before": june}
    crossed = replace(WALK, not_before=july, expires=june)
    assert edit(crossed, {"title": "Calm"}) == {"title": "Calm"}
    assert edit(crossed, {"expires": ""}) == {"expires": None}


@pytest.mark.parametrize("place", ["../../etc/passwd", "/etc/passwd", "keys/secret", "media/../keys/secret"])
def test_picture_lies_nowhere_but_in_media(place: str) -> None:
    with pytest.raises(SourceError, match=rf"^hero\.src: '{place}' is neither a URL nor a path under media/$"):
        edit(WALK, {"hero.src": place})


def test_links_are_checked_by_what_they_are_for() -> None:
    changed = edit(WALK, {"hero.src": "media/other.jpg", "call_to_action.url": "mailto:office@example.org"})
    assert changed["hero"] == Hero("media/other.jpg", "A path", "Ann Poe", "Unsplash")
    assert changed["call_to_action"] == CallToAction(url="mailto:office@example.org")
    for name in ("source_url", "call_to_action.url"):
        with pytest.raises(SourceError, match=rf"^{name}: 'javascript:alert\(1\)' is no address"):
            edit(WALK, {name: "javascript:alert(1)"})
    with pytest.raises(SourceError, match=r"^source_url: "):
        edit(WALK, {"source_url": "mailto:office@example.org"})


def test_empty_words_take_a_field_back() -> None:
    changed = edit(WALK, {"hero.src": "", "source_url": "", "language": " ", "call_to_action.url": ""})
    assert changed["hero"].src == changed["source_url"] == changed["language"] == changed["call_to_action"].url == ""


# -- guesses


def test_guess_is_open_until_what_it_speaks_of_is_corrected() -> None:
    headings = (Guess("heading", "Up", 5), Guess("heading", "Down", 17))
    others = (Guess("title", "A Walk", 1), Guess("author.name", "Ann", 21), Guess("hero.credit", "Ann Poe", 23))
    walk = replace(WALK, guesses=(*headings, *others, others[0]))
    assert open_guesses(walk) == (*headings, *others)

    def left(*corrected: str) -> set[str]:
        return {guess.field for guess in open_guesses(replace(walk, corrected=frozenset(corrected)))}

    assert left("title", "authors") == {"heading", "hero.credit"}
    assert left("body_html", "hero.alt") == {"title", "author.name", "hero.credit"}
    assert left("hero.credit", "hero.src") == left("hero") == {"heading", "title", "author.name"}
