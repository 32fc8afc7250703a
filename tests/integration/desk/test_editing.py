"""An article in a person's editor: what they wrote is kept as corrections, or kept in its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import house as builders
from desk_house import DeskHouse
from newsletter.cli.editing import editor_command
from newsletter.desk import library
from newsletter.desk.editing import edit_in_editor
from newsletter.desk.exporting import pictures_of
from newsletter.errors import NotFound, Refused, SourceError
from newsletter.model import Hero
from scripted_web import Answer, ScriptedWeb

SLUG = "quiet-mornings"


class Editor:
    """Writes what it is told to, one turn after the other, and remembers what it was shown."""

    def __init__(self, *turns: Callable[[str], str]) -> None:
        self.turns = list(turns)
        self.shown: list[str] = []
        self.file = Path()

    def __call__(self, file: Path) -> None:
        self.file = file
        self.shown.append(file.read_text("utf-8"))
        file.write_text(self.turns.pop(0)(self.shown[-1]), "utf-8")


def _replace(old: str, new: str) -> Callable[[str], str]:
    def write(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return write


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    yield


def test_the_file_says_what_can_be_changed(house: DeskHouse) -> None:
    editor = Editor(lambda text: text)
    edit_in_editor(house.app, SLUG, editor)
    assert editor.shown == [
        """---
# quiet-mornings: this slug cannot be changed here.
# There may also be: subtitle, date, updated, language, categories, tags, summary, image, call_to_action, source_url, \
evergreen, seasons, not_before, expires, review_by, priority.
title: Quiet mornings
status: ready
authors:
  - Maria Lindqvist
---

All about quiet mornings.
"""
    ]


def test_what_was_written_becomes_corrections_and_nothing_else(house: DeskHouse) -> None:
    edit = _replace("title: Quiet mornings", "title: Calm mornings\nimage:\n  alt: A lamp\nseasons: [03-01..05-31]")
    article, corrected = edit_in_editor(house.app, SLUG, Editor(lambda text: f"{edit(text)}\n## More\n\n- *tea*\n"))
    assert corrected == ("title", "seasons", "body_html", "hero.alt")
    assert article == library.find(house.app, SLUG)
    assert (article.title, article.hero) == ("Calm mornings", Hero(alt="A lamp"))
    assert article.body_html == ("<p>All about quiet mornings.</p>\n<h2>More</h2>\n<ul><li><em>tea</em></li></ul>")
    assert article.corrected == {"title", "seasons", "body_html", "hero.alt"}
    assert article.authors[0].bio == "Maria Lindqvist listens."


def test_lines_that_an_import_would_lift_stay_where_they_are(house: DeskHouse) -> None:
    body = "<p>© Maria Lindqvist</p>\n<p>All about {} mornings.</p>\n<p>Photo: Jo Example</p>"
    library.edit_article(house.app, SLUG, {"body_html": body.format("quiet")})
    article, changed = edit_in_editor(house.app, SLUG, Editor(_replace("about quiet", "about calm")))
    assert changed == ("body_html",)
    assert (article.body_html, article.hero) == (body.format("calm"), None)


def test_field_that_is_taken_out_is_empty_from_then_on(house: DeskHouse) -> None:
    library.edit_article(house.app, SLUG, {"subtitle": "Early", "hero.alt": "A lamp", "expires": "2030-01-01"})
    cut = lambda text: re.sub(r"(subtitle|expires|image|  alt).*\n", "", text)  # noqa: E731
    article, corrected = edit_in_editor(house.app, SLUG, Editor(cut))
    assert corrected == ("subtitle", "expires", "hero.alt")
    assert (article.subtitle, article.expires, article.hero) == ("", None, Hero())


def test_author_is_another_one(house: DeskHouse) -> None:
    edit = _replace("- Maria Lindqvist", "- Maria Lindqvist\n  - Ann Poe")
    article, corrected = edit_in_editor(house.app, SLUG, Editor(edit))
    assert corrected == ("authors",)
    assert [author.name for author in article.authors] == ["Maria Lindqvist", "Ann Poe"]


def test_nothing_written_changes_nothing(house: DeskHouse, tmp_path: Path) -> None:
    before = library.find(house.app, SLUG)
    assert edit_in_editor(house.app, SLUG, Editor(lambda text: text)) == (before, ())
    assert list((tmp_path / "temporary").iterdir()) == []


def test_an_import_beside_the_open_editor_keeps_what_the_person_left_alone(house: DeskHouse) -> None:
    def write(text: str) -> str:
        library.edit_article(house.app, SLUG, {"subtitle": "From elsewhere"})
        return text.replace("Quiet mornings", "Calm mornings")

    article, corrected = edit_in_editor(house.app, SLUG, Editor(write))
    assert (article.title, article.subtitle, corrected) == ("Calm mornings", "From elsewhere", ("title",))


def test_what_cannot_be_read_is_offered_again_as_it_was_left(house: DeskHouse) -> None:
    editor = Editor(_replace("status: ready", "status: ready\nexpires: soon"), _replace("soon", "2030-01-01"))
    errors: list[str] = []

    def again(error: SourceError) -> bool:
        errors.append(str(error))
        return True

    _, corrected = edit_in_editor(house.app, SLUG, editor, again)
    assert errors == [
        "quiet-mornings.md, line 6: front matter key 'expires' must be a date such as 2024-03-31, not 'soon'"
    ]
    assert "expires: soon" in editor.shown[1]
    assert corrected == ("expires",)
    assert not editor.file.exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("status: ready", "priority: high", "line 5: front matter key 'priority' must be a whole number"),
        ("status: ready", "slug: other", "the slug cannot be changed here"),
        ("title: Quiet mornings\n", "", "an article needs a title"),
        ("title:", "titel: x\ntitle:", "front matter key 'titel' is not used"),
        ("status: ready", "status: evergreen", "the status 'evergreen' is not known"),
        ("- Maria Lindqvist", "- name: Maria\n    bio: x", "authors have only their names here"),
        ("All about", "![x](lamp.png) All about", "the picture 'lamp.png' is neither a URL nor a path under media/"),
        ("status: ready", "image: ../lamp.png", "the picture '../lamp.png' is neither a URL nor a path under media/"),
        ("All about", "All\x01about", "control character U+0001"),
    ],
)
def test_what_is_not_taken_is_kept_in_the_file_that_is_named(house: DeskHouse, old: str, new: str, words: str) -> None:
    before = library.find(house.app, SLUG)
    editor = Editor(_replace(old, new))
    with pytest.raises(Refused, match=re.escape(words)) as caught:
        edit_in_editor(house.app, SLUG, editor)
    assert str(caught.value).endswith(f"; what was written is kept in {editor.file}")
    assert new in editor.file.read_text("utf-8")
    assert library.find(house.app, SLUG) == before


# -- pictures


@pytest.fixture
def near(tmp_path: Path) -> Iterator[DeskHouse]:
    """A house that may ask loopback."""
    built = DeskHouse.built(tmp_path / "near", {"fetch.allow_hosts": ["127.0.0.1"], "fetch.timeout": 5})
    with built.write() as connection:
        builders.add_article(connection, SLUG, title="Quiet mornings", body_html="<p>All about quiet mornings.</p>")
    yield built
    built.close()


def picture(colour: str) -> Answer:
    with BytesIO() as stream:
        Image.new("RGB", (900, 450), colour).save(stream, "PNG")
        return Answer(stream.getvalue(), "image/png")


def test_picture_from_the_web_is_the_homes_own_however_it_was_named(near: DeskHouse) -> None:
    """Whoever opens a mail is told to nobody: no picture is loaded from where it stood."""
    with ScriptedWeb({"/a.png": picture("red"), "/b.png": picture("blue"), "/c.png": picture("green")}) as web:
        body = f'<p>Look.</p><p><img src="{web.url("/b.png")}" alt="Blue"></p>'
        article = library.edit_article(near.app, SLUG, {"hero.src": web.url("/a.png"), "body_html": body})
        assert article.hero is not None and is_own(near, article.hero.src)
        first = pictures_of(article)
        assert len(first) == 2 and all(is_own(near, each) for each in first)
        more = f"\n![Green]({web.url('/c.png')})\n"
        article, corrected = edit_in_editor(near.app, SLUG, Editor(lambda text: text + more))
    assert corrected == ("body_html",)
    assert len(pictures_of(article)) == 3 and all(is_own(near, each) for each in pictures_of(article))
    assert 'width="600"' in article.body_html


def is_own(house: DeskHouse, place: str) -> bool:
    return place.startswith("media/") and (house.app.home.folder / place).is_file()


def test_picture_that_cannot_be_had_is_no_correction(near: DeskHouse) -> None:
    before = library.find(near.app, SLUG)
    with ScriptedWeb({}) as web:
        gone = web.url("/gone.png")
        words = re.escape(f"the picture {gone} cannot be had: ")
        with pytest.raises(SourceError, match=f"^hero.src: {words}"):
            library.edit_article(near.app, SLUG, {"hero.src": gone, "title": "Calm"})
        with pytest.raises(SourceError, match=f"^body_html: {words}"):
            library.edit_article(near.app, SLUG, {"body_html": f'<p>A <img src="{gone}"></p>'})
        with pytest.raises(Refused, match=f"{words}.*; what was written is kept in "):
            edit_in_editor(near.app, SLUG, Editor(lambda text: f"{text}\n![x]({gone})\n"))
    assert library.find(near.app, SLUG) == before


def test_picture_under_media_that_is_not_there_is_no_correction(house: DeskHouse) -> None:
    words = r"the picture media/x\.jpg was not found$"
    with pytest.raises(SourceError, match=f"^hero.src: {words}"):
        library.edit_article(house.app, SLUG, {"hero.src": "media/x.jpg", "title": "Calm"})
    with pytest.raises(SourceError, match=f"^body_html: {words}"):
        library.edit_article(house.app, SLUG, {"body_html": '<p>A <img src="media/x.jpg"></p>'})
    with pytest.raises(Refused, match=r"body_html: the picture media/x\.jpg was not found; what was written"):
        edit_in_editor(house.app, SLUG, Editor(_replace("All about", "![A hill](media/x.jpg) All about")))
    assert library.find(house.app, SLUG).title == "Quiet mornings"
    house.app.home.media.mkdir(exist_ok=True)
    Image.new("RGB", (9, 9)).save(house.app.home.media / "x.jpg")
    hero = library.edit_article(house.app, SLUG, {"hero.src": "media/x.jpg"}).hero
    assert hero is not None and hero.src == "media/x.jpg"


def test_days_that_cross_are_offered_again_in_the_editor(house: DeskHouse) -> None:
    editor = Editor(_replace("status:", "not_before: 2026-07-01\nexpires: 2026-06-01\nstatus:"))
    with pytest.raises(Refused, match="not_before: 2026-07-01 is after expires, 2026-06-01"):
        edit_in_editor(house.app, SLUG, editor)


def test_editor_that_fails_leaves_what_was_written(house: DeskHouse) -> None:
    left: list[Path] = []

    def run(file: Path) -> None:
        file.write_text("half a thought", "utf-8")
        left.append(file)
        raise Refused("the editor 'ed' ended with status 1, so nothing was changed")

    with pytest.raises(Refused, match="what was written is kept in"):
        edit_in_editor(house.app, SLUG, run)
    assert left[0].read_text("utf-8") == "half a thought"


def test_article_that_is_not_there_opens_no_editor(house: DeskHouse) -> None:
    editor = Editor()
    with pytest.raises(NotFound):
        edit_in_editor(house.app, "no-such", editor)
    assert editor.shown == []


# -- which editor


def test_editor_is_the_one_the_person_chose() -> None:
    assert editor_command({"VISUAL": "code --wait 'a b'", "EDITOR": "ed"}) == ["code", "--wait", "a b"]
    assert editor_command({"VISUAL": " ", "EDITOR": "ed"}) == ["ed"]


def test_without_a_choice_it_is_a_usual_one_if_there_is_any(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no editor: set VISUAL or EDITOR"):
        editor_command({"PATH": str(tmp_path)})
    (tmp_path / "vi").write_text("#!/bin/sh\n")
    (tmp_path / "vi").chmod(0o755)
    assert editor_command({"PATH": str(tmp_path)}) == [str(tmp_path / "vi")]


def test_command_that_cannot_be_split_is_refused() -> None:
    with pytest.raises(Refused, match=r"EDITOR: .* is no command: No closing quotation"):
        editor_command({"EDITOR": "ed 'a"})
