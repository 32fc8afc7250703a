"""Files and folders of this machine → what they offer, and what they never give."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import published_articles as made
from desk_house import DeskHouse
from newsletter.content.source import Item, LeftOut, Offered
from newsletter.desk import folders
from newsletter.desk.folders import FolderMembers, open_file
from newsletter.desk.opening import open_sources
from newsletter.errors import SourceError
from packing import packed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made_here = tmp_path / "articles"
    made_here.mkdir()
    return made_here


def write(folder: Path, **files: str) -> None:
    """Files by their names, `/` written as `__`."""
    for name, content in files.items():
        file = folder / name.replace("__", "/")
        file = file.with_name(file.name.replace("_", "."))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")


def offered(house: DeskHouse, given: Path | str, format: str = "auto") -> list[Offered]:
    return [each for opened in open_sources(house.app, str(given), format) for each in opened.items]


def items(found: list[Offered]) -> list[Item]:
    return [each for each in found if isinstance(each, Item)]


def left_out(found: list[Offered]) -> dict[str, str]:
    return {Path(each.name).name: each.reason for each in found if isinstance(each, LeftOut)}


def test_folder_tells_its_files_in_order_and_passes_over_what_is_hidden(folder: Path) -> None:
    for name in ("b.md", "sub/a.md", ".hidden.md", ".git/c.md", "node_modules/d.md"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"# {name}", "utf-8")
    (folder / "e.PNG").write_bytes(made.picture())
    members = FolderMembers(folder)
    assert list(members.names) == ["b.md", "e.PNG", "sub/a.md"]
    assert "sub/a.md" in members and "node_modules/d.md" not in members
    assert members.place("sub/a.md") == str(folder / "sub" / "a.md")
    assert (members.head("b.md", 1), members.read("sub/a.md")) == (b"#", b"# sub/a.md")
    assert members.left_out == ()


def test_name_is_found_however_its_accents_are_written(folder: Path) -> None:
    (folder / "cafe\u0301.md").write_text("# Cafe", "utf-8")
    members = FolderMembers(folder)
    assert list(members.names) == ["caf\u00e9.md"]
    assert members.read("caf\u00e9.md") == b"# Cafe"


def test_stream_of_a_file_can_be_sought_and_read_on_later(folder: Path) -> None:
    write(folder, a_xml="<a>words</a>")
    stream = FolderMembers(folder).open("a.xml")
    assert (stream.read(3), stream.seek(0, os.SEEK_END), stream.read()) == (b"<a>", 12, b"")
    assert (stream.seek(3), stream.read(5), stream.tell()) == (3, b"words", 8)


def test_file_that_goes_before_it_is_read_is_named_and_the_others_are_read(house: DeskHouse, folder: Path) -> None:
    write(folder, a_md=made.markdown("kettles"), b_md=made.markdown("lanterns"), c_md=made.markdown("harbours"))
    (opened,) = open_sources(house.app, str(folder))
    first = next(opened.items)
    (folder / "b.md").unlink()
    rest = list(opened.items)
    assert [Path(each.name).name for each in (first, *rest)] == ["a.md", "b.md", "c.md"]
    assert rest[0] == LeftOut(str(folder / "b.md"), "No such file or directory", is_broken=True)


def test_folder_that_takes_the_place_of_a_file_is_no_file(folder: Path) -> None:
    (folder / "a.md").mkdir()
    with pytest.raises(SourceError, match=r"a\.md: it is no ordinary file"):
        open_file(folder / "a.md", "a.md")


def test_folder_that_cannot_be_listed_is_named(house: DeskHouse, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a person without rights, whom root cannot play."""
    write(folder, a_md=made.markdown("kettles"), shut__b_md=made.markdown("lanterns"))
    real = os.scandir

    def scan(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    found = offered(house, folder)
    assert LeftOut(str(folder / "shut"), "Permission denied", is_broken=True) in found
    assert [Path(each.name).name for each in items(found)] == ["a.md"]
    with pytest.raises(SourceError, match="Permission denied"):
        offered(house, folder / "shut")


def test_folder_of_too_many_files_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_FILES", 3)
    write(folder, a_md="a", b_md="b", c_md="c")
    assert len(FolderMembers(folder).names) == 3
    write(folder, d_md="d")
    with pytest.raises(SourceError, match="more than 3 files"):
        FolderMembers(folder)


def test_picture_outside_the_folder_is_never_read(house: DeskHouse, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(made.picture())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    write(folder, a_md="# A\n\n![](../secret.png) ![](link.png)")
    (item,) = items(offered(house, folder))
    assert item.beside is not None
    assert (item.beside("../secret.png"), item.beside("link.png"), item.beside("/etc/passwd")) == (None, None, None)


def test_file_named_alone_has_the_pictures_of_its_folder(house: DeskHouse, folder: Path) -> None:
    write(folder, a_md="# A")
    (folder / "tea.png").write_bytes(made.picture())
    (item,) = items(offered(house, folder / "a.md"))
    assert item.beside is not None and item.beside("tea.png") == made.picture()


def test_archives_in_a_folder_are_read_by_themselves(house: DeskHouse, folder: Path) -> None:
    write(folder, a_md=made.markdown("kettles"))
    (folder / "more.zip").write_bytes(packed({"b.md": made.markdown("lanterns")}))
    assert [each.name for each in items(offered(house, folder))] == [
        str(folder / "a.md"),
        f"{folder / 'more.zip'}/b.md",
    ]


def test_format_that_is_named_is_that_of_every_file(house: DeskHouse, folder: Path) -> None:
    write(folder, a_txt="# A heading\n\nWords.", b_md="# Another\n\nWords.")
    found = offered(house, folder, "markdown")
    assert [each.draft().title for each in items(found)] == ["A heading", "Another"]
    (folder / "all.zip").write_bytes(packed({"c.txt": "# A third\n\nWords."}))
    (item,) = items(offered(house, folder / "all.zip", "markdown"))
    assert item.draft().title == "A third"


def test_tables_of_other_things_are_counted(house: DeskHouse, folder: Path) -> None:
    write(folder, a_md=made.markdown("kettles"), readers_csv="email\n", more_csv="email\n")
    assert left_out(offered(house, folder)) == {folder.name: "2 csv: no articles (more.csv, readers.csv)"}


def test_folder_without_articles_is_said(house: DeskHouse, folder: Path) -> None:
    with pytest.raises(SourceError, match=r"no file ending in \.md"):
        offered(house, folder)
    (folder / "tea.png").write_bytes(made.picture())
    with pytest.raises(SourceError, match="the folder holds no article"):
        offered(house, folder)


@pytest.mark.parametrize("given", ["ftp://practice.example.org/site.xml", "file:///etc/hostname"])
def test_address_that_is_none_of_the_web_is_called_so(given: str, house: DeskHouse) -> None:
    with pytest.raises(SourceError) as caught:
        offered(house, given)
    assert str(caught.value) == f"{given}: only https and http addresses are fetched"
