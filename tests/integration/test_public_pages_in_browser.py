"""The pages every mail links to, in a real browser: alone with our host, readable, reachable, for every width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from contrasts import CONTRASTS
from newsletter.states import IssueState
from sample_pages import NEWSLETTER
from served_home import PUBLIC_ID, ServedHome, served_home
from subscribers import SubscriptionStatus

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCHEMES = ("light", "dark")
LONG = replace(NEWSLETTER, name="Unbreakable" * 12, postal_address="Long" * 60)

STRUCTURE = """() => ({
  lang: document.documentElement.lang, title: document.title.trim(), scripts: document.scripts.length,
  mains: document.querySelectorAll('main').length, headings: [...document.querySelectorAll('h1')].map(e => e.innerText),
  outside: document.querySelectorAll('body > :not(header, main, footer)').length,
})"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    with served_home(tmp_path_factory.mktemp("browser") / "home") as served:
        yield served


def pages_of(home: ServedHome) -> dict[str, str]:
    """A page of each kind: what its heading says → its address."""
    return {
        "Unsubscribe": home.link(home.ben, home.issue_id),
        "This is a test copy": f"/unsubscribe/{home.app.tokens.test_copy_token()}",
        "Pause everything?": f"/pause/{home.app.tokens.pause_token()}",
        "This link does not work": "/unsubscribe/nothing",
        "This issue is not here": "/archive/nothing",
        "There is no page here": "/nothing",
    }


@contextmanager
def window(
    browser: Browser, home: ServedHome, width: int = 800, scheme: str = "light"
) -> Iterator[tuple[Page, list[str]]]:
    """A window, and what went wrong in it: requests to other hosts, and what the policy forbade."""
    context = browser.new_context(
        base_url=home.url,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page, faults = context.new_page(), list[str]()
    page.on("request", lambda request: faults.append(request.url) if not request.url.startswith(home.url) else None)
    page.on("console", lambda message: faults.append(message.text) if "Policy" in message.text else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        yield page, faults
    finally:
        context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1200])
def test_no_page_asks_another_host_or_breaks_its_own_policy(
    browser: Browser, home: ServedHome, width: int, scheme: str
) -> None:
    with window(browser, home, width, scheme) as (page, faults):
        for path in [*pages_of(home).values(), f"/archive/{PUBLIC_ID}"]:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert faults == []


def test_pages_are_dressed_though_the_policy_is_strict(browser: Browser, home: ServedHome) -> None:
    grounds = []
    for scheme in SCHEMES:
        with window(browser, home, scheme=scheme) as (page, _):
            page.goto("/nothing")
            grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(243, 241, 235)", "rgb(21, 24, 23)"]


def test_web_view_shows_its_pictures_and_its_styles(browser: Browser, home: ServedHome) -> None:
    with window(browser, home) as (page, _):
        page.goto(f"/archive/{PUBLIC_ID}")
        assert page.evaluate("document.images.length") == 3
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert page.locator("h1").evaluate("e => getComputedStyle(e).fontSize") == "36px"


def test_script_that_slipped_into_an_issue_does_not_run(browser: Browser, home: ServedHome) -> None:
    html = "<!doctype html><title>before</title><img src=x onerror='document.title=1'><script>document.title=2</script>"
    issue_id = home.add_issue("slipped", html)
    home.move_issue(issue_id, IssueState.SENDING)
    with window(browser, home) as (page, faults):
        page.goto("/archive/slipped")
        assert page.title() == "before"
        assert faults != []


@pytest.mark.parametrize("width", [320, 1200])
def test_long_names_do_not_burst_a_page(browser: Browser, tmp_path: Path, width: int) -> None:
    with served_home(tmp_path / "home", newsletter=LONG) as home, window(browser, home, width) as (page, _):
        for path in pages_of(home).values():
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_page_is_built_so_that_it_can_be_heard(browser: Browser, home: ServedHome) -> None:
    with window(browser, home) as (page, _):
        for heading, path in pages_of(home).items():
            page.goto(path)
            assert page.evaluate(STRUCTURE) == {
                "lang": "en",
                "title": f"{heading} – Harbour Letters",
                "scripts": 0,
                "mains": 1,
                "headings": [heading],
                "outside": 0,
            }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_stands_out_from_its_ground(browser: Browser, home: ServedHome, scheme: str) -> None:
    with window(browser, home, scheme=scheme) as (page, _):
        for path in pages_of(home).values():
            page.goto(path)
            contrasts = page.evaluate(CONTRASTS)
            assert len(contrasts) >= 6
            assert [pair for pair in contrasts if pair[1] < 4.5] == [], path
        for heading in ("Unsubscribe", "Pause everything?"):
            page.goto(pages_of(home)[heading])
            page.get_by_role("button").hover()
            assert min(ratio for tag, ratio in page.evaluate(CONTRASTS) if tag == "BUTTON") >= 4.5


@pytest.mark.parametrize("width", [320, 1200])
def test_button_can_be_found_by_keyboard_and_hit_by_thumb(browser: Browser, home: ServedHome, width: int) -> None:
    with window(browser, home, width) as (page, _):
        page.goto(pages_of(home)["Unsubscribe"])
        page.keyboard.press("Tab")
        button = page.get_by_role("button", name="Unsubscribe", exact=True)
        assert button.evaluate("e => e === document.activeElement")
        assert button.evaluate("e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth") == "solid3px"
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44 and box["width"] >= 44
        link = page.get_by_role("link", name="Privacy").bounding_box()
        assert link is not None and link["height"] >= 24


def test_reader_leaves_with_one_press(browser: Browser, tmp_path: Path) -> None:
    with served_home(tmp_path / "home") as home, window(browser, home) as (page, faults):
        page.goto(home.ada_leaves)
        assert home.status("ada@example.org") is SubscriptionStatus.CONFIRMED
        page.get_by_role("button", name="Unsubscribe").press("Enter")
        page.get_by_role("heading", name="You are unsubscribed").wait_for()
        assert urlsplit(page.url).path == home.ada_leaves
        assert home.status("ada@example.org") is SubscriptionStatus.UNSUBSCRIBED
        page.reload()  # the browser sends the form again
        assert page.locator("h1").inner_text() == "You are unsubscribed"
        assert faults == []
