"""An author leaves: what they wrote is picked no more, or goes on in another voice; what went out keeps the byline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import delete

import house as builders
from desk_house import DeskHouse
from house import FIRST_TUESDAY, WEEK
from newsletter.desk import leaving, library, picks, previewing, sending
from newsletter.desk.leaving import Left, leave
from newsletter.errors import NotFound, Refused
from newsletter.model import CallToAction, Issue
from newsletter.rendering.page import RenderedIssue
from newsletter.rendering.slots import fill
from newsletter.store import authors as author_store
from newsletter.store import issues as issue_store
from newsletter.tables import calls_to_action
from newsletter.web.server import WebServer

MARIA, TOM, IDA = "Maria Lindqvist", "Tom Okafor", "Ida Brandt"
TUESDAY = FIRST_TUESDAY.date()
MONDAY = TUESDAY - timedelta(days=1)
SOURCE = """---
title: {title}
slug: by-hand
author: Maria Lindqvist
call_to_action: {{text: "Sit with Maria?", label: Book Maria, url: "https://practice.example.org/maria"}}
---
All of it by hand.
"""


@pytest.fixture
def house(house: DeskHouse) -> DeskHouse:
    return furnished(house)


@pytest.fixture
def either_house(either_house: DeskHouse) -> DeskHouse:
    return furnished(either_house)


def furnished(house: DeskHouse) -> DeskHouse:
    """Three articles by Maria, who has a photo; Tom and Ida are there too, and wrote nothing yet."""
    house.set(web__port=0)
    Image.new("RGB", (64, 64), "#2c5e50").save(house.app.home.media / "maria.jpg")
    with house.write() as connection:
        builders.add_author(connection, TOM)
        builders.add_author(connection, IDA)
        author_store.set_author(connection, MARIA, {"photo": "media/maria.jpg"})
    return house


def add_article(house: DeskHouse, slug: str, *names: str, **fields: object) -> None:
    with house.write() as connection:
        ids = [builders.add_author(connection, name) for name in names]
        builders.add_article(connection, slug, ids, **fields)


def bring_in(house: DeskHouse, folder: Path, title: str = "By hand") -> None:
    file = folder / "by-hand.md"
    file.write_text(SOURCE.format(title=title), "utf-8")
    assert library.import_articles(house.app, [str(file)]).unreadable == 0


def names_of(house: DeskHouse, slug: str) -> list[str]:
    return [author.name for author in library.find(house.app, slug).authors]


def goes(house: DeskHouse, on: date, to: str | None = None, name: str = MARIA) -> Left:
    return leave(house.app, name, on, to)


def refusals(house: DeskHouse, slug: str) -> list[str]:
    shown = picks.next_pick(house.app, None, None)
    (found,) = (each for each in shown["candidates"] if each["slug"] == slug)
    return [each["words"] for each in found["reasons"] if each["refused"]]


# -- without a successor


def test_their_articles_are_picked_up_to_the_last_day_and_no_longer(house: DeskHouse) -> None:
    left = goes(house, TUESDAY)
    assert left.author.active_until == TUESDAY
    assert left.out_of_picking == ("quiet-mornings", "small-promises", "long-walks")
    assert left.handed_over == ()
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
    (words,) = house.tick_at(FIRST_TUESDAY + WEEK).words
    begins = "schedule 'weekly', 2026-04-07 09:00: nothing can be picked: 3 by authors who are not there ("
    assert words.startswith(begins)
    assert refusals(house, "small-promises") == [f"its author {MARIA} left after 2026-03-31"]


def test_a_draft_gets_another_article_at_once_and_it_is_told(house: DeskHouse) -> None:
    add_article(house, "by-tom", TOM, priority=-9)
    draft = house.plan()
    assert goes(house, MONDAY).drafts == (f"issue {draft.id}: by-tom in place of quiet-mornings",)
    assert house.issue(draft.id).articles == ("by-tom",)


def test_a_draft_for_a_day_on_which_they_are_still_there_stays(house: DeskHouse) -> None:
    draft = house.plan()
    assert goes(house, TUESDAY).drafts == (f"issue {draft.id} stays with quiet-mornings",)


def test_a_draft_that_nothing_can_fill_is_told(house: DeskHouse) -> None:
    draft = house.plan()
    (told,) = goes(house, MONDAY).drafts
    assert told.startswith(f"issue {draft.id}: ") and "3 by authors who are not there" in told
    assert house.tick_at(FIRST_TUESDAY).started == ()


def test_what_two_wrote_stays_with_the_other(house: DeskHouse) -> None:
    add_article(house, "together", MARIA, TOM, priority=9)
    left = goes(house, MONDAY)
    assert "together" not in left.out_of_picking
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
    assert house.issue(1).articles == ("together",)
    text = previewing.preview(house.app, "1", None).text
    assert f"{MARIA} and {TOM}" in text
    assert f"{TOM} listens." in text
    assert f"{MARIA} listens." not in text, "readers are not sent to somebody who is not there"


def test_what_two_wrote_is_picked_no_more_once_both_have_left(house: DeskHouse) -> None:
    add_article(house, "together", MARIA, TOM, priority=9)
    goes(house, MONDAY - timedelta(days=3), name=TOM)
    assert goes(house, MONDAY).out_of_picking[-1] == "together"
    assert len(refusals(house, "together")) == 1


def test_what_only_they_asked_for_is_asked_no_more_and_another_article_goes(house: DeskHouse) -> None:
    with house.write() as connection:
        connection.execute(delete(calls_to_action))
        for name in ("marias", "toms"):
            builders.add_call_to_action(connection, name)
        author_store.set_author(connection, MARIA, {"call_to_action": "marias"})
        author_store.set_author(connection, IDA, {"call_to_action": "toms"})
    add_article(house, "together", MARIA, TOM, priority=9)
    add_article(house, "by-ida", IDA, priority=-9)
    draft = house.plan()
    assert draft.articles == ("together",)
    assert goes(house, MONDAY).drafts == (f"issue {draft.id}: by-ida in place of together",)
    words = [f"its call to action has no {part}" for part in ("text", "label", "URL")]
    assert refusals(house, "together") == ["; ".join(words)]
    assert house.tick_at(FIRST_TUESDAY).started == (draft.id,)


# -- with a successor


def test_articles_are_handed_over_and_go_on(house: DeskHouse) -> None:
    left = goes(house, MONDAY, TOM.lower())
    assert left.successor is not None and left.successor.name == TOM
    assert left.handed_over == ("quiet-mornings", "small-promises", "long-walks")
    assert left.out_of_picking == ()
    assert names_of(house, "long-walks") == [TOM]
    assert house.tick_at(FIRST_TUESDAY).started == (1,)
    assert f"{TOM} listens." in previewing.preview(house.app, "1", None).text


def test_a_draft_says_the_new_name_at_once(house: DeskHouse) -> None:
    draft = house.plan()
    assert goes(house, MONDAY, TOM).drafts == (f"issue {draft.id} stays with quiet-mornings",)
    with house.read() as connection:
        rendered = RenderedIssue.from_json(issue_store.content_of(connection, draft.id).rendered)
    text = fill(rendered.text, {"name": "", "unsubscribe_url": ""})
    assert TOM in text and MARIA not in text


def test_history_shows_the_hand_over(house: DeskHouse) -> None:
    goes(house, MONDAY, TOM)
    told = library.history(house.app, "long-walks")[-1]
    assert told.version.cause == f"handed over from {MARIA} to {TOM}"
    assert [(each.field, each.before, each.after) for each in told.changes] == [("authors", [MARIA], [TOM])]


def test_an_article_that_a_colleague_signed_meanwhile_keeps_the_colleague(house: DeskHouse) -> None:
    with house.read() as connection:
        maria, tom = (author_store.find_author(connection, name) for name in (MARIA, TOM))
    stale = library.find(house.app, "long-walks")
    library.edit_article(house.app, "long-walks", {"authors": f"{IDA}, {MARIA}", "title": "Longer walks"})
    assert maria is not None and tom is not None
    assert leaving._hand_over(house.app, stale, maria, tom)
    article = library.find(house.app, "long-walks")
    assert names_of(house, "long-walks") == [IDA, TOM]
    assert article.corrected == {"authors", "title", "call_to_action"}
    assert article.read_at == house.clock.now
    assert not leaving._hand_over(house.app, stale, maria, tom), "it is no longer theirs"


def test_what_two_wrote_has_the_successor_in_the_place_of_the_one_who_left(house: DeskHouse) -> None:
    add_article(house, "together", MARIA, TOM)
    add_article(house, "threefold", IDA, MARIA)
    goes(house, MONDAY, TOM)
    assert names_of(house, "together") == [TOM], "whoever takes over wrote it already"
    assert names_of(house, "threefold") == [IDA, TOM]


def test_the_call_to_action_of_the_one_who_left_gives_way(house: DeskHouse) -> None:
    own = CallToAction("Sit with Maria?", "Book Maria", "https://practice.example.org/maria")
    add_article(house, "together", MARIA, priority=9, call_to_action=own)
    goes(house, MONDAY, TOM)
    assert library.find(house.app, "together").call_to_action is None
    assert "https://practice.example.org/contact" in previewing.preview(house.app, "together", None).text
    with house.write() as connection:
        builders.add_call_to_action(connection, "toms")
        author_store.set_call_to_action(connection, "toms", {"url": "https://practice.example.org/tom"})
        author_store.set_author(connection, TOM, {"call_to_action": "toms"})
    text = previewing.preview(house.app, "together", None).text
    assert "https://practice.example.org/tom" in text
    assert "Maria" not in text


def test_a_later_import_does_not_undo_it(house: DeskHouse, tmp_path: Path) -> None:
    bring_in(house, tmp_path)
    goes(house, MONDAY, TOM)
    assert library.find(house.app, "by-hand").read_at is None, "nobody has read it by handing it over"
    bring_in(house, tmp_path, "All by hand")
    article = library.find(house.app, "by-hand")
    assert (article.title, article.call_to_action) == ("All by hand", None)
    assert names_of(house, "by-hand") == [TOM]
    with house.read() as connection:
        maria = author_store.find_author(connection, MARIA)
    assert maria is not None and maria.active_until == MONDAY


def test_a_call_to_action_that_is_given_afterwards_survives_an_import_too(house: DeskHouse, tmp_path: Path) -> None:
    bring_in(house, tmp_path)
    goes(house, MONDAY, TOM)
    library.edit_article(house.app, "by-hand", {"call_to_action.url": "https://practice.example.org/tom"})
    bring_in(house, tmp_path, "All by hand")
    article = library.find(house.app, "by-hand")
    assert article.title == "All by hand"
    assert article.call_to_action == CallToAction(url="https://practice.example.org/tom")


@pytest.mark.parametrize(
    ("name", "to", "error", "words"),
    [
        ("Nobody Known", None, NotFound, "Nobody Known"),
        (MARIA, "Nobody Known", NotFound, "Nobody Known"),
        ("maria lindqvist", MARIA, Refused, "Maria Lindqvist cannot take over from Maria Lindqvist"),
        (MARIA, IDA, Refused, "Ida Brandt cannot take over: there until 2026-01-31"),
    ],
)
def test_who_cannot_leave_or_take_over_is_named_and_nothing_is_changed(
    house: DeskHouse, name: str, to: str | None, error: type[Exception], words: str
) -> None:
    goes(house, date(2026, 1, 31), name=IDA)
    with pytest.raises(error, match=words):
        goes(house, MONDAY, to, name)
    with house.read() as connection:
        maria = author_store.find_author(connection, MARIA)
    assert maria is not None and maria.active_until is None
    assert names_of(house, "long-walks") == [MARIA]


# -- what went out


@contextmanager
def served(house: DeskHouse) -> Iterator[str]:
    """The address of the real pages."""
    server = WebServer(house.app)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


def begun(house: DeskHouse) -> Issue:
    return sending.start(house.app, house.plan())


def web_view(url: str, issue: Issue) -> str:
    answer = httpx.get(f"{url}/archive/{issue.public_id}")
    assert answer.status_code == 200
    return answer.text


def test_the_web_view_loses_photo_and_bio_the_day_after_and_keeps_the_byline(either_house: DeskHouse) -> None:
    house = either_house
    issue = begun(house)
    message = house.preview(issue)
    goes(house, TUESDAY)
    with served(house) as url:
        house.clock.now = FIRST_TUESDAY
        page = web_view(url, issue)
        assert "maria.jpg" in page and f"{MARIA} listens." in page
        house.clock.pass_by(days=1)
        page = web_view(url, issue)
        assert "maria.jpg" not in page and "listens." not in page
        assert MARIA in page
    house.clock.now = builders.NOON
    assert house.preview(issue) == message, "a message that went out stays as it was"
    assert f"{MARIA} listens.".encode() in message


def test_the_web_view_of_what_was_handed_over_afterwards_is_still_theirs(either_house: DeskHouse) -> None:
    house = either_house
    issue = begun(house)
    house.clock.pass_by(hours=1)
    goes(house, MONDAY, TOM)
    with served(house) as url:
        assert f"{MARIA} listens." in web_view(url, issue)
        house.clock.pass_by(days=1)
        page = web_view(url, issue)
        assert "listens." not in page
        assert MARIA in page and TOM not in page


def test_the_web_view_of_what_went_out_after_the_hand_over_keeps_the_successors_bio(house: DeskHouse) -> None:
    goes(house, MONDAY, TOM)
    house.clock.pass_by(hours=1)
    issue = begun(house)
    house.clock.pass_by(days=3)
    with served(house) as url:
        page = web_view(url, issue)
    assert f"{TOM} listens." in page
    assert MARIA not in page


def test_the_web_view_of_what_two_wrote_keeps_the_bio_of_the_one_who_stayed(house: DeskHouse) -> None:
    """Where the other had left before it went out."""
    add_article(house, "together", MARIA, TOM, priority=9)
    goes(house, MONDAY - timedelta(days=3))
    issue = begun(house)
    with served(house) as url:
        page = web_view(url, issue)
    assert f"{TOM} listens." in page
    assert "maria.jpg" not in page and f"{MARIA} listens." not in page
    assert MARIA in page


@pytest.mark.parametrize("last_day", [MONDAY - timedelta(days=10), MONDAY])
def test_a_last_day_that_is_told_late_counts_for_what_went_out_after_it(
    either_house: DeskHouse, last_day: date
) -> None:
    house = either_house
    add_article(house, "together", MARIA, TOM, priority=9)
    together, alone = begun(house), begun(house)
    assert (together.articles, alone.articles) == (("together",), ("quiet-mornings",))
    house.clock.pass_by(days=3)
    with served(house) as url:
        assert all(f"{MARIA} listens." in web_view(url, issue) for issue in (together, alone))
        goes(house, last_day)
        for issue in (together, alone):
            page = web_view(url, issue)
            assert "maria.jpg" not in page and f"{MARIA} listens." not in page
            assert MARIA in page


def test_an_author_who_is_there_again_is_shown_again(house: DeskHouse) -> None:
    issue = begun(house)
    goes(house, MONDAY)
    house.clock.pass_by(days=1)
    with house.write() as connection:
        author_store.set_author(connection, MARIA, {"active_until": None})
    with served(house) as url:
        assert f"{MARIA} listens." in web_view(url, issue)
