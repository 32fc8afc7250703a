"""Pictures beside a source come along under their content; nothing else does."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from newsletter.content import sources
from newsletter.desk.pictures import take_pictures
from newsletter.home import Home
from newsletter.model import Hero

SOURCE = """---
title: A Walk
image: {hero}
author: {{name: Ruth Weber, photo: ../people/ruth.png}}
---
Look.

![A path]({body})
"""


def picture(format: str = "PNG", colour: str = "green") -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 3), colour).save(out, format)
    return out.getvalue()


def site(folder: Path) -> Path:
    """A folder of articles with pictures beside and around them; beyond it lies what is not ours to take."""
    root = folder / "site"
    for name in ("articles", "people", "images"):
        (root / name).mkdir(parents=True)
    (root / "people" / "ruth.png").write_bytes(picture())
    (root / "images" / "path.jpg").write_bytes(picture("JPEG", "brown"))
    (root / "articles" / "hero.webp").write_bytes(picture("WEBP", "blue"))
    (folder / "private.png").write_bytes(picture(colour="red"))
    return root


def taken(
    folder: Path, root: Path, hero: str, body: str = "/images/path.jpg"
) -> tuple[Home, str, str, tuple[str, ...]]:
    home = Home(folder / "home")
    file = root / "articles" / "walk.md"
    file.write_text(SOURCE.format(hero=hero, body=body), "utf-8")
    draft = sources.read(file.read_bytes(), str(file))
    draft, notes = take_pictures(home, draft, file, root, dry_run=False)
    return home, draft.hero.src if draft.hero else "", draft.body_html, notes


def test_pictures_beside_the_article_and_below_the_root_come_along(tmp_path: Path) -> None:
    home, hero, body, notes = taken(tmp_path, site(tmp_path), "hero.webp")
    assert notes == ()
    assert (home.folder / hero).read_bytes() == picture("WEBP", "blue")
    assert sorted(file.suffix for file in home.media.iterdir()) == [".jpg", ".png", ".webp"]
    assert 'src="media/' in body


def test_path_that_leads_out_of_the_folder_takes_nothing(tmp_path: Path) -> None:
    root = site(tmp_path)
    (root / "articles" / "link.png").symlink_to(tmp_path / "private.png")
    for path in ("../../private.png", str(tmp_path / "private.png"), "link.png"):
        home, hero, _, notes = taken(tmp_path, root, path)
        assert hero == ""
        assert path in notes[0]
    assert picture(colour="red") not in [file.read_bytes() for file in home.media.iterdir()]


def test_file_that_is_no_picture_is_left_where_it_is(tmp_path: Path) -> None:
    root = site(tmp_path)
    (root / "articles" / "hero.jpg").write_text("root:x:0:0", "utf-8")
    home, hero, _, notes = taken(tmp_path, root, "hero.jpg")
    assert hero == "" and "hero.jpg" in notes[0]
    assert len(list(home.media.iterdir())) == 2


def test_address_of_a_picture_stays_as_it_is(tmp_path: Path) -> None:
    _, hero, _, notes = taken(tmp_path, site(tmp_path), "https://example.org/hero.jpg")
    assert (hero, notes) == ("https://example.org/hero.jpg", ())


def body_of(folder: Path, markdown: str) -> str:
    root = site(folder)
    file = root / "articles" / "walk.md"
    file.write_text(markdown, "utf-8")
    draft, _ = take_pictures(Home(folder / "home"), sources.read(file.read_bytes(), str(file)), file, root, False)
    return draft.body_html


def test_picture_that_cannot_be_had_leaves_nothing_in_the_body(tmp_path: Path) -> None:
    body = body_of(
        tmp_path, "# A Walk\n\n![x > y](gone.jpg)\n\nBefore ![](gone.jpg) after.\n\n![src=](/images/path.jpg)\n"
    )
    first, second = body.splitlines()
    assert first == "<p>Before  after.</p>"
    assert second.startswith('<p><img src="media/') and 'alt="src="' in second


def test_credit_without_a_name_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "walk.txt"
    words = "A paragraph that is long enough to be one, because it goes on for more than a line and then some."
    file.write_text(f"A Walk\n\nMarch 3, 2024\n\n{words}\n\nPhoto credit: Unsplash\n", "utf-8")
    draft, _ = take_pictures(Home(tmp_path / "home"), sources.read(file.read_bytes(), str(file)), file, tmp_path, False)
    assert draft.hero == Hero(credit_source="Unsplash")
