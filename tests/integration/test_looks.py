"""Looks on disk: the home's files override the packaged ones, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import NotFound, RenderError
from newsletter.rendering.looks import load_look, packaged_templates


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_home_overrides_the_packaged_look_file_by_file(tmp_path: Path) -> None:
    mine = write(tmp_path / "home" / "calm", "issue.txt.j2", "mine")
    theirs = write(tmp_path / "package" / "calm", "issue.mjml.j2", "theirs")
    write(tmp_path / "package" / "calm", "issue.txt.j2", "theirs")
    look = load_look("calm", [tmp_path / "home", tmp_path / "package"])
    assert look.sources == {"issue.txt.j2": "mine", "issue.mjml.j2": "theirs"}
    assert look.origins == {"issue.txt.j2": str(mine), "issue.mjml.j2": str(theirs)}


def test_a_look_of_the_home_alone_is_a_look(tmp_path: Path) -> None:
    write(tmp_path / "own", "issue.mjml.j2", "x")
    assert load_look("own", [tmp_path, tmp_path / "nowhere"]).sources == {"issue.mjml.j2": "x"}


@pytest.mark.parametrize("name", ["bold", "", "..", "../calm", "/calm", "calm/"])
def test_unknown_look_is_not_found_and_the_known_are_named(tmp_path: Path, name: str) -> None:
    write(tmp_path / "calm", "issue.mjml.j2", "x")
    with pytest.raises(NotFound, match="there are: calm"):
        load_look(name, [tmp_path])


def test_template_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "calm", "issue.txt.j2", "")
    path.write_bytes("one\nté".encode("latin-1"))
    with pytest.raises(RenderError, match=r"issue\.txt\.j2, line 2: is not UTF-8"):
        load_look("calm", [tmp_path])


def test_template_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    write(tmp_path / "calm", "issue.txt.j2", "\ufeffhello")
    assert load_look("calm", [tmp_path]).sources == {"issue.txt.j2": "hello"}


def test_packaged_look_is_found() -> None:
    assert {"issue.mjml.j2", "issue.txt.j2"} <= set(load_look("calm", [packaged_templates()]).sources)


def test_template_that_is_a_link_out_of_the_folder_is_refused_and_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    write(tmp_path / "looks" / "calm", "issue.txt.j2", "x")
    (tmp_path / "looks" / "calm" / "issue.mjml.j2").symlink_to(secret)
    with pytest.raises(RenderError, match=r"issue\.mjml\.j2: is a link that leads out") as fault:
        load_look("calm", [tmp_path / "looks"])
    assert "hidden words" not in str(fault.value)


def test_template_that_is_a_link_to_another_look_is_read(tmp_path: Path) -> None:
    shared = write(tmp_path / "calm", "foot.mjml.j2", "shared")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "foot.mjml.j2").symlink_to(shared)
    assert load_look("own", [tmp_path]).sources == {"foot.mjml.j2": "shared"}


def test_look_whose_whole_folder_is_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "issue.mjml.j2", "x")
    (tmp_path / "looks").mkdir()
    (tmp_path / "looks" / "own").symlink_to(tmp_path / "elsewhere")
    assert load_look("own", [tmp_path / "looks"]).sources == {"issue.mjml.j2": "x"}


def test_template_of_an_absurd_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "calm", "issue.mjml.j2", "x" * 1_000_001)
    with pytest.raises(RenderError, match="larger than 1,000,000 bytes"):
        load_look("calm", [tmp_path])
