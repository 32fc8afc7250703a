"""What commands print with --json → one document, with every key of the shapes that only whole commands make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import house
from newsletter.app import App
from newsletter.cli.program import run
from newsletter.home import documented_config, make_home, read_config

CANDIDATE_KEYS = {"slug", "score", "refused", "reasons"}
REASON_KEYS = {"rule", "score", "refused", "words"}
MARKDOWN = "---\ntitle: Calm evenings\n---\n\nAll about calm evenings.\n"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    home = make_home(tmp_path / "home", documented_config())
    made = App(home, read_config(home, {}, {}))
    with made.database.write() as connection:
        friends = house.add_list(connection)
        house.add_cast(connection, friends)
        house.add_library(connection, "calm", "spring")
        house.add_article(connection, "bare")
        house.add_schedule(connection, friends)
    yield made
    made.close()


def printed(app: App, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """The one JSON document on stdout."""
    capsys.readouterr()
    assert run(["--home", str(app.home.folder), *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_next_has_every_key(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    shape = printed(app, capsys, "next")
    assert {"schedule", "occurrence", "pick", "seed", "candidates"} <= set(shape)
    assert set(shape["occurrence"]) == {"utc", "local"}
    assert shape["pick"] == ["calm"]
    assert {each["slug"] for each in shape["candidates"]} == {"calm", "spring", "bare"}
    for candidate in shape["candidates"]:
        assert set(candidate) >= CANDIDATE_KEYS
        assert all(set(reason) >= REASON_KEYS for reason in candidate["reasons"])


def test_forecast_has_every_key_also_where_nothing_can_go(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    coming = printed(app, capsys, "forecast", "--count", "3")
    keys = {"occurrence", "schedule", "articles", "authors", "words", "readers", "groups", "warnings"}
    assert all(set(each) >= keys for each in coming)
    assert [each["articles"] for each in coming] == [["calm"], ["spring"], []]
    assert [each["authors"] for each in coming] == [["Maria Lindqvist"], ["Maria Lindqvist"], []]
    assert [each["readers"] for each in coming] == [1, 1, 0]  # Ada alone
    assert [each["groups"] for each in coming] == [[], [], []]
    assert all(set(each["occurrence"]) == {"utc", "local"} for each in coming)


def test_import_of_articles_has_every_key(app: App, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "calm.md").write_text(MARKDOWN)
    shape = printed(app, capsys, "articles", "import", str(tmp_path / "calm.md"))
    assert set(shape) >= {"source", "imported", "updated", "unchanged", "skipped", "failed", "items"}
    assert [set(item) >= {"item", "outcome", "slug", "reason"} for item in shape["items"]] == [True]
    nowhere = printed(app, capsys, "articles", "import", str(tmp_path / "nowhere.md"), code=1)
    assert (nowhere["failed"], nowhere["items"][0]["slug"]) == (1, None)


def test_import_of_subscribers_has_every_key(app: App, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "readers.csv").write_text("email,name,attributes\neve@example.org,Eve,\nnobody,,\n")
    shape = printed(app, capsys, "subscribers", "import", str(tmp_path / "readers.csv"), "--list", "Friends")
    keys = {"added", "updated", "unchanged", "rejected", "suppressed", "rejected_file", "seconds"}
    assert set(shape) >= keys
    assert (shape["added"], shape["rejected"]) == (1, 1)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("articles list", 3),
        ("authors list", 1),
        ("calls-to-action list", 1),
        ("newsletters list", 1),
        ("subscribers list", 4),
        ("lists list", 1),
        ("schedules list", 1),
        ("issues list", 0),
        ("config show", None),
    ],
)
def test_list_is_one_array(app: App, capsys: pytest.CaptureFixture[str], words: str, count: int | None) -> None:
    found = printed(app, capsys, *words.split())
    assert isinstance(found, list)
    assert count is None or len(found) == count
