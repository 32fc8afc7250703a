"""The whole library as files, and back; and what an export does not write over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from any_article import SAID, articles, authors, bodies
from desk_house import DeskHouse
from house import NOON
from newsletter.content.editing import AUTHORS
from newsletter.desk import library
from newsletter.desk.authors import set_author
from newsletter.desk.exporting import MARKER, ExportReport, export
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Article, Author
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store.authors import keep_author, list_authors

CALM = """---
title: Calm evenings
subtitle: How they begin
date: 2024-03-03
updated: 2024-06-01
authors:
  - name: Jane Doe
    credentials: LCSW
    bio: |
      Jane listens.

      She likes tea.
    photo: jane.png
  - name: John Roe
categories: [Sleep, "Rest, mostly"]
image: {src: lamp.jpg, alt: A lamp, credit: Ann Poe}
seasons: [11-15..01-06]
priority: 3
evergreen: true
call_to_action: {text: "Ready?", label: Start, url: mailto:post@example.org}
source_url: https://example.org/calm
---
First, *slow down*.[^1]

![A cup](<cup of tea.png>)

| hour | what |
|---|---|
| 8 | tea |

[^1]: It takes a week.
"""
WALK = """---
title: A walk
status: draft
author: John Roe
---
Around the {{ lake }}.

<figure><img src="lamp.jpg" alt="Again"><figcaption>The <em>same</em> lamp</figcaption></figure>
"""
OLD = "---\ntitle: Opening hours of 2016\nauthor: Jane Doe\n---\nMonday to Friday.\n"


def _picture(colour: str, form: str) -> bytes:
    written = BytesIO()
    image = Image.new("RGB", (64, 48), colour)
    image.putpixel((3, 3), (1, 2, 3))
    image.save(written, form)
    return written.getvalue()


@contextmanager
def _house() -> Iterator[DeskHouse]:
    """An empty home."""
    with TemporaryDirectory() as folder:
        built = DeskHouse.built(Path(folder) / "home", {})
        try:
            yield built
        finally:
            built.close()


@pytest.fixture
def house() -> Iterator[DeskHouse]:
    with _house() as built:
        yield built


@pytest.fixture
def full(house: DeskHouse, tmp_path: Path) -> DeskHouse:
    """Three articles, one a draft and one retired; one author has a photo, a bio and a licence that ends."""
    site = tmp_path / "site"
    site.mkdir()
    for name, text in (("calm.md", CALM), ("walk.md", WALK), ("old.md", OLD)):
        (site / name).write_text(text, "utf-8")
    (site / "jane.png").write_bytes(_picture("navy", "PNG"))
    (site / "cup of tea.png").write_bytes(_picture("olive", "PNG"))
    (site / "lamp.jpg").write_bytes(_picture("gold", "JPEG"))
    library.import_articles(house.app, [str(site)])
    library.retire(house.app, "opening-hours-of-2016")
    set_author(house.app, "John Roe", {"role": "Nurse", "bio": "John walks.", "url": "https://example.org/john"})
    return house


def _library(house: DeskHouse) -> tuple[list[dict[str, Any]], list[Author]]:
    """Everything that is said of articles and authors, whatever their numbers in the database."""
    with house.read() as connection:
        found = store.list_articles(connection)
        people = [replace(author, id=None) for author, _ in list_authors(connection)]
    said = [
        {name: getattr(article, name) for name in SAID}
        | {AUTHORS: [replace(author, id=None) for author in article.authors]}
        for article in sorted(found, key=lambda article: article.slug)
    ]
    return said, people


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _media(house: DeskHouse) -> dict[str, bytes]:
    return _files(house.app.home.media)


def test_an_empty_home_becomes_the_same_library(full: DeskHouse, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    report = export(full.app, folder)
    assert (report.articles, report.pictures, report.written, report.unchanged, report.notes) == (3, 3, 6, 0, [])
    said, people = _library(full)
    assert [each["status"] for each in said] == [ArticleStatus.DRAFT, ArticleStatus.READY, ArticleStatus.RETIRED]
    with _house() as other:
        took = library.import_articles(other.app, [str(folder)])
        assert took.summary.startswith("imported 3, updated 0, unchanged 0, skipped 0, failed 0")
        assert _library(other) == (said, people)
        assert _media(other) == _media(full)
        export(other.app, tmp_path / "again")
    assert _files(tmp_path / "again") == _files(folder)


def test_files_are_named_by_slug_and_readable(full: DeskHouse, tmp_path: Path) -> None:
    export(full.app, tmp_path / "out")
    files = _files(tmp_path / "out")
    assert sorted(name for name in files if name.endswith(".md")) == [
        "a-walk.md",
        "calm-evenings.md",
        "opening-hours-of-2016.md",
    ]
    assert {name.partition("/")[0] for name in files if not name.endswith(".md")} == {"media", MARKER}
    calm = files["calm-evenings.md"].decode()
    assert "\nFirst, *slow down*.<sup>1</sup>\n" in calm
    assert "\n| 8 | tea |\n" in calm
    assert re.search(r"\n  src: media/[0-9a-f]{24}\.jpg\n", calm)


def _with_texts_apart(found: list[Article]) -> list[Article]:
    """Those articles as different ones: an import takes nearly the same text for the same article."""
    apart = []
    for number, article in enumerate(found):
        words = " ".join(f"{word}{number}" for word in ("lamp", "tea", "lake", "walk", "rain", "hill", "bird", "door"))
        body = f"<p>{words}</p>\n{article.body_html}".strip()
        source_url = f"{article.source_url}&n={number}" if article.source_url else ""
        apart.append(replace(article, slug=f"{article.slug[:60]}-{number}x", body_html=body, source_url=source_url))
    return apart


PEOPLE = st.lists(authors(photos=[""]), min_size=1, max_size=3, unique_by=lambda author: author.name.casefold())


@given(PEOPLE.flatmap(lambda people: st.lists(articles(bodies([]), st.sampled_from(people), [""]), max_size=3)))
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_any_library_comes_back(found: list[Article]) -> None:
    found = _with_texts_apart(found)
    with _house() as house, _house() as other, TemporaryDirectory() as folder:
        with house.write() as connection:
            for article in found:
                fields = {name: getattr(article, name) for name in SAID if name not in ("slug", AUTHORS)}
                ids = [keep_author(connection, author) for author in article.authors]
                store.add_articles(connection, [store.NewArticle(article.slug, fields, ids, "a hash")], NOON)
        report = export(house.app, Path(folder))
        assert not report.notes
        took = library.import_articles(other.app, [folder]) if found else library.ImportReport(folder)
        assert [item.outcome for item in took.items] == ["imported"] * len(found), took.items
        assert _library(other) == _library(house)


# -- into a folder that is there


def test_second_export_writes_what_has_changed(full: DeskHouse, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(full.app, folder)
    library.edit_article(full.app, "a-walk", {"title": "A long walk"})
    report = export(full.app, folder)
    assert (report.written, report.unchanged) == (1, 5)
    assert b"title: A long walk" in (folder / "a-walk.md").read_bytes()
    assert export(full.app, folder).written == 0


def test_folder_of_somebody_else_is_refused_and_left_as_it_is(full: DeskHouse, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.md").write_text("mine")
    with pytest.raises(Refused, match=r"notes is not empty, and no export wrote it: name a new folder"):
        export(full.app, tmp_path / "notes")
    assert _files(tmp_path / "notes") == {"mine.md": b"mine"}


def test_what_a_person_wrote_into_an_exported_file_is_not_written_over(full: DeskHouse, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(full.app, folder)
    with (folder / "a-walk.md").open("a") as file:
        file.write("\nAnd back.\n")
    before = _files(folder)
    library.edit_article(full.app, "calm-evenings", {"title": "Calm"})
    with pytest.raises(Refused, match=r"a-walk\.md was changed since it was exported: take it out of the folder"):
        export(full.app, folder)
    assert _files(folder) == before


def test_file_that_a_person_put_there_is_not_written_over(full: DeskHouse, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(full.app, folder)
    library.edit_article(full.app, "a-walk", {"title": "Another"})
    marker = (folder / MARKER).read_text()
    (folder / MARKER).write_text("".join(line for line in marker.splitlines(True) if "a-walk" not in line))
    with pytest.raises(Refused, match=r"a-walk\.md was written by no export"):
        export(full.app, folder)


def test_export_that_was_cut_short_goes_on(full: DeskHouse, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(full.app, folder, stop)
    library.edit_article(full.app, "a-walk", {"title": "A long walk"})
    report = export(full.app, folder)
    assert report.articles == 3
    assert report.unchanged >= 1
    assert b"A long walk" in (folder / "a-walk.md").read_bytes()


def test_picture_that_the_home_has_lost_is_named_and_the_rest_is_written(full: DeskHouse, tmp_path: Path) -> None:
    hero = library.find(full.app, "calm-evenings").hero
    assert hero is not None
    (full.app.home.folder / hero.src).unlink()
    report = export(full.app, tmp_path / "out")
    assert report.notes == [
        f"calm-evenings: the picture {hero.src} is not in the home",
        f"a-walk: the picture {hero.src} is not in the home",
    ]
    assert (report.articles, report.pictures) == (3, 2)


def test_author_without_an_article_is_said_to_stay_behind(full: DeskHouse, tmp_path: Path) -> None:
    set_author(full.app, "Ann Poe", {"bio": "Ann draws."})
    assert export(full.app, tmp_path / "out").notes == ["authors of no article are left out: Ann Poe"]


def test_picture_path_that_leads_out_of_the_home_is_not_followed(full: DeskHouse, tmp_path: Path) -> None:
    (full.app.home.folder / "secret.png").write_bytes(_picture("red", "PNG"))
    article = library.find(full.app, "a-walk")
    library.correct(full.app, article, {"body_html": '<p><img src="media/../secret.png" alt="x"></p>'}, [])
    report = export(full.app, tmp_path / "out")
    assert "a-walk: the picture media/../secret.png is not in the home" in report.notes
    assert "secret.png" not in _files(tmp_path / "out")


def test_folder_that_cannot_be_made_is_one_line(full: DeskHouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NewsletterError, match="Not a directory"):
        export(full.app, tmp_path / "file" / "out")


def test_report_has_one_json_shape() -> None:
    assert json.loads(json.dumps(ExportReport("out", 2, 1, 3, 0, ["note"]).as_json())) == {
        "folder": "out",
        "articles": 2,
        "pictures": 1,
        "written": 3,
        "unchanged": 0,
        "notes": ["note"],
    }
