"""The red button of an approval mail, asked over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from newsletter.desk import pausing
from served_home import ServedHome, served_home

ONE_BUTTON = '<form method="post"><button type="submit" class="stop">Pause everything</button></form>'


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ServedHome]:
    with served_home(tmp_path / "home") as served:
        yield served


def ask(home: ServedHome, method: str, token: str = "") -> httpx.Response:
    path = f"/pause/{token}" if token else urlsplit(pausing.pause_link(home.app)).path
    return httpx.request(method, home.url + path)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_changes_nothing(home: ServedHome, method: str) -> None:
    answer = ask(home, method)
    assert answer.status_code == 200
    assert (ONE_BUTTON in answer.text) is (method == "GET")
    assert pausing.tell(home.app) == []


def test_one_press_pauses_everything_and_says_how_to_go_on(home: ServedHome) -> None:
    page = ask(home, "POST").text
    assert "Everything is paused" in page and "newsletter resume" in page and "<form" not in page
    assert pausing.why_nothing_goes(home.app).startswith("everything is paused since")
    assert ask(home, "GET").text == ask(home, "POST").text == page
    pausing.resume(home.app)
    assert ONE_BUTTON in ask(home, "GET").text


def test_button_takes_the_end_from_a_pause_and_keeps_its_reason(home: ServedHome) -> None:
    pausing.pause(home.app, "2d", reason="<b>a death</b>")
    page = ask(home, "GET").text
    assert "until <strong>2026-03-31 12:00</strong>" in page
    assert "&lt;b&gt;a death&lt;/b&gt;" in page
    assert "until somebody resumes" in ask(home, "POST").text
    assert "(<b>a death</b>)" in pausing.why_nothing_goes(home.app)


def test_pause_of_a_tag_leaves_the_button(home: ServedHome) -> None:
    pausing.pause(home.app, tag="grief")
    assert ONE_BUTTON in ask(home, "GET").text


@pytest.mark.parametrize("token", ["everything", "everything.x", "x" * 3000, "%00", "pause/me", "é"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_link_that_is_not_ours_pauses_nothing(home: ServedHome, method: str, token: str) -> None:
    assert ask(home, method, token).status_code == 404
    assert pausing.tell(home.app) == []


def test_no_other_link_is_good_for_it(home: ServedHome) -> None:
    for token in (home.app.tokens.test_copy_token(), home.ada_leaves.rpartition("/")[2]):
        assert ask(home, "POST", token).status_code == 404
    token = pausing.pause_link(home.app).rpartition("/")[2]
    assert httpx.post(f"{home.url}/unsubscribe/{token}").status_code == 404
    assert pausing.tell(home.app) == []
