"""The pages behind the links of an approval mail, on a phone: by day and by night, by thumb and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from asked_people import Mail, Visitor, mails, set_options, visitor
from contrasts import CONTRASTS
from desk_house import DeskHouse
from newsletter.desk import library
from newsletter.store import approvals
from newsletter.store import authors as author_store
from scripted_relay import ScriptedRelay

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MARIA, OFFICE = "maria@example.org", "office@example.org"
SCHEMES = ("light", "dark")
PHONE = {"width": 390, "height": 844}


@dataclass
class Asked:
    house: DeskHouse
    office: Mail
    maria: Mail
    someone: Visitor

    def path(self, label: str) -> str:
        links = {**self.maria.links, **self.office.links}
        return self.someone.url + urlsplit(links[label]).path


# Before the browser: while that lives, an event loop runs in this thread, and no mail could be handed over.
@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Office and author, asked once more after a change."""
    house = DeskHouse.built(tmp_path_factory.mktemp("asked") / "home", {})
    house.furnish()
    with house.write() as connection:
        author_store.set_author(connection, "Maria Lindqvist", {"email": MARIA})
    set_options(house, approval="required", approvers=("author", OFFICE))
    with ScriptedRelay() as relay, visitor(house) as someone:
        house.set(smtp__port=relay.port)
        house.tick()
        someone.press(mails(relay, OFFICE)[-1].links["Yes, send it"])
        library.edit_article(house.app, "quiet-mornings", {"body_html": f"<p>{'Unbreakable' * 9} and new.</p>"})
        house.clock.pass_by(minutes=10)
        house.tick()
        yield Asked(house, mails(relay, OFFICE)[-1], mails(relay, MARIA)[-1], someone)
    house.close()


@pytest.fixture
def phone(request: pytest.FixtureRequest, asked: Asked, browser: Browser) -> Iterator[Page]:
    """In the scheme a test names, else by day; asks no other host and breaks no policy."""
    scheme = getattr(request, "param", "light")
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, has_touch=True)  # type: ignore[arg-type]
    page, faults = context.new_page(), list[str]()
    page.on("request", lambda each: faults.append(each.url) if not each.url.startswith(asked.someone.url) else None)
    page.on("console", lambda message: faults.append(message.text) if "Policy" in message.text else None)
    yield page
    context.close()
    assert faults == []


@pytest.mark.parametrize("phone", SCHEMES, indirect=True)
def test_every_page_fits_a_phone_and_every_word_stands_out(asked: Asked, phone: Page) -> None:
    for label in (*asked.office.links, *asked.maria.links):
        phone.goto(asked.path(label))
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], label
        contrasts = phone.evaluate(CONTRASTS)
        assert [pair for pair in contrasts if pair[1] < 4.5] == [], label


def test_button_and_choices_are_large_enough_for_a_thumb(asked: Asked, phone: Page) -> None:
    for label in (*asked.office.links, *asked.maria.links):
        phone.goto(asked.path(label))
        for each in (*phone.get_by_role("button").all(), *phone.locator("label.choice, textarea").all()):
            box = each.bounding_box()
            assert box is not None and box["height"] >= 44 and box["width"] >= 44, label


def test_article_is_chosen_from_its_list_by_keyboard(asked: Asked, phone: Page) -> None:
    phone.goto(asked.path("Take another article"))
    assert phone.get_by_role("radio").count() == 2
    phone.get_by_role("button", name="Take this one").tap()
    assert phone.get_by_role("heading").inner_text() == "Which one instead?"  # nothing is chosen yet
    phone.get_by_role("radio", name="Long walks").focus()
    phone.keyboard.press("Space")
    assert phone.get_by_role("radio", name="Long walks").is_checked()


def test_words_are_written_where_their_label_says(asked: Asked, phone: Page) -> None:
    phone.goto(asked.path("It needs mending"))
    phone.get_by_label("Your words go to those who look after the newsletter.").fill("The number is old.")
    assert phone.get_by_role("button").inner_text() == "Send, and let it wait"


def test_one_tap_says_yes_after_the_difference_was_seen(asked: Asked, phone: Page) -> None:
    phone.goto(asked.path("Yes, send it"))
    assert phone.locator("del").inner_text() == "All about quiet mornings."
    assert "and new." in phone.locator("ins").inner_text()
    phone.get_by_role("button", name="Yes, send it").tap()
    phone.get_by_role("heading", name="Thank you").wait_for()
    phone.reload()  # the browser sends the form again
    assert phone.get_by_role("heading").inner_text() == "You have said yes"
    with asked.house.read() as connection:
        said = [each.answer for each in approvals.asked_about(connection, 1) if each.email == OFFICE]
    assert said == ["yes", "yes"]
