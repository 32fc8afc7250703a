"""What is kept of a home outside it: whole after a crash, bounded, and only where it can be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter import identity
from newsletter.errors import NewsletterError
from newsletter.identity import Begun, Outside, Record, state_folder

RECORD = Record("instance", 3, "/home", "hash", "2026-03-30T12:00:00+00:00")
LINE = Begun("public", 1, "weekly", "2026-03-31T09:00", "2026-03-31T07:00:00+00:00", "2026-03-30T12:00:00+00:00")


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside.of(tmp_path / "state" / "newsletter", tmp_path / "home", "this machine")


def keep(outside: Outside, record: Record = RECORD) -> None:
    with outside.locked():
        outside.keep(record)


def write(outside: Outside, *lines: Begun) -> None:
    with outside.locked():
        for line in lines:
            outside.write_begun([line])


def test_state_folder_is_where_the_specification_has_it(tmp_path: Path) -> None:
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "newsletter"
    at_home = Path.home() / ".local" / "state" / "newsletter"
    assert state_folder({}) == state_folder({"XDG_STATE_HOME": "here"}) == at_home


def test_record_and_journal_come_back_as_they_were_written(outside: Outside) -> None:
    assert outside.record() is None
    assert outside.begun() == []
    keep(outside)
    write(outside, LINE, replace(LINE, public_id="other"))
    assert outside.record() == RECORD
    assert [line.public_id for line in outside.begun()] == ["public", "other"]


def test_new_journal_is_on_the_disk_with_its_name(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write(outside, LINE)
    assert outside.folder is not None
    (journal,) = outside.folder.glob("*.journal")
    assert synced == [journal.stat().st_ino, outside.folder.stat().st_ino]


def test_nobody_else_may_read_them(outside: Outside) -> None:
    keep(outside)
    assert outside.folder is not None
    assert outside.folder.stat().st_mode & 0o777 == 0o700


def test_each_place_and_each_machine_has_its_own(outside: Outside, tmp_path: Path) -> None:
    keep(outside)
    assert Outside.of(outside.folder, tmp_path / "copy", "this machine").record() is None
    assert Outside.of(outside.folder, tmp_path / "home", "that machine").record() is None
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert Outside.of(outside.folder, tmp_path / "link", "this machine").record() == RECORD


def test_line_that_a_crash_tore_takes_no_other_along(outside: Outside) -> None:
    write(outside, LINE)
    journal = next(file for file in (outside.folder or Path()).iterdir() if file.suffix == ".journal")
    journal.write_text(journal.read_text("utf-8") + '{"public_id": "to', "utf-8")
    write(outside, replace(LINE, public_id="after"))
    assert [line.public_id for line in outside.begun()] == ["public", "after"]


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"instance": "i"}', "\x00"])
def test_record_that_cannot_be_read_is_none(outside: Outside, text: str) -> None:
    keep(outside)
    file = next(file for file in (outside.folder or Path()).iterdir() if file.suffix == ".json")
    file.write_text(text, "utf-8")
    assert outside.record() is None


def test_journal_is_bounded_and_keeps_what_is_new(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "MOST_BYTES", 2_000)
    write(outside, *(replace(LINE, issue=number) for number in range(100)))
    numbers = [line.issue for line in outside.begun()]
    assert 2 <= len(numbers) < 20
    assert numbers == list(range(100 - len(numbers), 100))


def test_homes_of_one_database_find_each_other(outside: Outside, tmp_path: Path) -> None:
    keep(outside)
    copy = Outside.of(outside.folder, tmp_path / "copy", "this machine")
    assert [each.record() for each in copy.others("instance")] == [RECORD]
    assert copy.others("another") == outside.others("instance") == []


@pytest.mark.parametrize("folder", [None, Path("/dev/null/newsletter")])
def test_where_nothing_can_be_kept_it_says_so_and_the_way_out(tmp_path: Path, folder: Path | None) -> None:
    outside = Outside.of(folder, tmp_path, "this machine")
    assert outside.trouble() in ("this user has no home folder", "/dev/null is no folder")
    assert outside.record() is None
    assert not outside.begun() and not outside.others("instance")
    with pytest.raises(NewsletterError, match=r"`instance` under .newsletter."):
        keep(outside)


def test_looking_for_trouble_makes_nothing(outside: Outside) -> None:
    assert outside.trouble() == ""
    assert outside.folder is not None and not outside.folder.parent.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_of_somebody_else_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    assert "cannot be written to" in Outside.of(tmp_path / "state" / "newsletter", tmp_path, "m").trouble()
