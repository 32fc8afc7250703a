from __future__ import annotations

import io
import struct
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import zip_members
from newsletter.content.source import Source
from newsletter.content.zip_members import MAX_MEMBERS, open_zip
from newsletter.errors import SourceError
from packing import TABLE_LINE, archive, packed, with_declared_size, with_flag, with_method


def from_bytes(data: bytes) -> Source:
    return Source("export.zip", io.BytesIO(data))


def reasons(source: Source) -> dict[str, str]:
    return {each.name: each.reason for each in open_zip(source).left_out}


def test_members_are_read_by_name() -> None:
    members = open_zip(archive({"posts/b.md": "Warm bread", "posts/a.md": "Calm tea"}))
    assert members.names == ["posts/a.md", "posts/b.md"]
    assert members.read("posts/a.md") == b"Calm tea"
    assert members.head("posts/b.md", 4) == b"Warm"
    assert members.left_out == ()


@pytest.mark.parametrize("name", ["../up.md", "posts/../../up.md", "/etc/up.md", "C:/up.md", "posts\\up.md", "a/.."])
def test_name_that_leads_out_of_the_archive_is_never_read(name: str) -> None:
    source = archive({name: "out", "in.md": "in"})
    assert open_zip(source).names == ["in.md"]
    assert reasons(source) == {f"export.zip/{name}": "its name leads out of the archive; it is not read"}


def test_name_with_a_sign_nobody_can_see_is_no_name() -> None:
    found = reasons(archive({"two\nlines.md": "words", "sleep\u202fnow.md": "words"}))
    assert found == {"export.zip/two?lines.md": "its name is no file name; it is not read"}


def test_link_is_not_followed() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packing:
        link = zipfile.ZipInfo("posts/passwords.md")
        link.external_attr = 0o120777 << 16
        packing.writestr(link, "/etc/passwd")
        pipe = zipfile.ZipInfo("posts/pipe.md")
        pipe.external_attr = 0o010644 << 16
        packing.writestr(pipe, "")
    found = reasons(from_bytes(stream.getvalue()))
    assert found["export.zip/posts/passwords.md"] == "it is a link to another file; links are not followed"
    assert found["export.zip/posts/pipe.md"] == "it is no ordinary file; it is not read"


def test_second_member_of_one_name_is_left_out() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packing, pytest.warns(UserWarning, match="Duplicate"):
        packing.writestr("a.md", "first")
        packing.writestr("a.md", "second")
    members = open_zip(from_bytes(stream.getvalue()))
    assert members.read("a.md") == b"first"
    assert [each.reason for each in members.left_out] == [
        "the archive holds another member of that name; the first one was taken"
    ]


def test_one_name_written_two_ways_is_one_name() -> None:
    source = archive({"posts/a.md": "one", "./posts//a.md": "two"})
    assert open_zip(source).names == ["posts/a.md"]
    assert len(open_zip(source).left_out) == 1


def test_encrypted_member_says_how_to_get_at_it() -> None:
    assert reasons(from_bytes(with_flag(packed({"a.md": "secret"}), 1))) == {
        "export.zip/a.md": "it is encrypted; unpack the archive with its password and import the folder"
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_method_that_unpacks_without_bound_is_not_read(method: int) -> None:
    found = reasons(from_bytes(packed({"a.md": "words"}, method)))
    assert found["export.zip/a.md"].startswith("it is packed by a method that is not read")


def test_unknown_method_is_not_read() -> None:
    assert "export.zip/a.md" in reasons(from_bytes(with_method(packed({"a.md": "words"}), 97)))


def test_archive_within_is_not_opened() -> None:
    found = reasons(archive({"more.zip": packed({"a.md": "words"}), "b.md": "words"}))
    assert found == {"export.zip/more.zip": "archives within an archive are not read; import it by itself"}


def test_what_desktops_leave_behind_is_passed_over() -> None:
    source = archive({"__MACOSX/posts/._a.md": "x", "posts/.DS_Store": "x", ".git/config": "x", "Thumbs.db": "x"})
    assert (open_zip(source).names, open_zip(source).left_out) == ([], ())


def test_name_from_a_mac_is_read_as_it_was_written() -> None:
    name = unicodedata.normalize("NFD", "Gelassenheit für müde.md")
    data = packed({name: "words"})
    without_flag = data.replace(struct.pack("<H", 0x800), struct.pack("<H", 0))
    assert open_zip(from_bytes(without_flag)).names == ["Gelassenheit für müde.md"]


def test_damaged_member_is_named_and_the_others_are_read() -> None:
    data = packed({"bad.md": "spoilt words", "good.md": "sound words"}, zipfile.ZIP_STORED)
    members = open_zip(from_bytes(data.replace(b"spoilt words", b"spoIlt words")))
    with pytest.raises(SourceError, match=r"export\.zip/bad\.md: .*its checksum is wrong"):
        members.read("bad.md")
    assert members.read("good.md") == b"sound words"


def test_broken_stream_of_a_member_is_named() -> None:
    data = packed({"bad.md": "many calm words " * 100})
    start = data.index(b"bad.md") + 6
    members = open_zip(from_bytes(data[:start] + b"\xff" * 20 + data[start + 20 :]))
    with pytest.raises(SourceError, match=r"export\.zip/bad\.md: the archive is damaged"):
        members.read("bad.md")


def test_archive_cut_short_is_one_line() -> None:
    data = packed({"a.md": "words" * 100})
    with pytest.raises(SourceError, match=r"^export\.zip: .*it has no end, as after a broken download$"):
        open_zip(from_bytes(data[:-30]))


def test_member_that_is_too_large_is_not_unpacked() -> None:
    members = open_zip(archive({"long.md": b"a" * 3_000_000}))
    with pytest.raises(SourceError, match=r"long\.md: it is 3\.0 MB; at most 1 MB are read"):
        members.read("long.md", 1_000_000)


def test_bomb_is_stopped_while_it_unpacks() -> None:
    members = open_zip(archive({"bomb.md": bytes(9_000_000)}))
    with pytest.raises(SourceError, match=r"bomb\.md: it unpacks to more than 200 times its size"):
        members.read("bomb.md")


def test_bomb_that_gives_itself_out_as_small_gives_no_more_than_it_says() -> None:
    members = open_zip(from_bytes(with_declared_size(packed({"bomb.md": bytes(9_000_000)}), 1_000)))
    with pytest.raises(SourceError, match=r"bomb\.md: the archive is damaged"):
        members.read("bomb.md")


def test_member_that_gives_itself_out_as_larger_is_damaged() -> None:
    members = open_zip(from_bytes(with_declared_size(packed({"a.md": "few words"}), 900)))
    with pytest.raises(SourceError, match=r"a\.md: the archive is damaged"):
        members.read("a.md")


def test_members_that_overlap_are_not_read() -> None:
    data = bytearray(packed({"a.md": "first words", "b.md": "other words"}, zipfile.ZIP_STORED))
    at = data.index(TABLE_LINE) + 20
    # The first member claims the second one's header and body as its own.
    data[at : at + 8] = struct.pack("<LL", 50, 50)
    found = reasons(from_bytes(bytes(data)))
    assert found["export.zip/a.md"].startswith("it overlaps another member")


def test_all_reading_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_members, "_MAX_TOTAL", 5_000)
    members = open_zip(archive({f"{number}.md": b"calm words " * 100 for number in range(20)}))
    with pytest.raises(SourceError, match="the archive unpacks to far more than it should"):
        for _ in range(20):
            for name in members.names:
                members.read(name)


def test_archive_with_too_many_members_is_refused_before_they_are_listed() -> None:
    line = struct.pack("<4s4B4HL2L5H2L", TABLE_LINE, 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = MAX_MEMBERS + 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(line) * count, 0, 0)
    with pytest.raises(SourceError, match="more than 20,000 members"):
        open_zip(from_bytes(line * count + end))


def test_table_of_contents_without_end_is_refused() -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 20_000_000, 0, 0)
    with pytest.raises(SourceError, match="its table of contents is too large"):
        open_zip(from_bytes(bytes(20_000_000) + end))


def test_stream_can_be_sought_as_a_file_can() -> None:
    words = b"".join(b"%06d " % number for number in range(30_000))
    stream = open_zip(archive({"long.xml": words})).open("long.xml")
    assert stream.seek(140_000) == 140_000
    assert stream.read(7) == words[140_000:140_007]
    assert stream.seek(7) == 7
    assert stream.read(7) == b"000001 "
    assert stream.seek(-7, io.SEEK_END) == len(words) - 7
    assert stream.read() == words[-7:]


@given(st.binary(max_size=300))
def test_any_bytes_after_the_mark_are_members_or_one_error(tail: bytes) -> None:
    try:
        members = open_zip(from_bytes(b"PK" + tail))
    except SourceError:
        return
    for name in members.names:
        with pytest.raises(SourceError):
            members.read(name)


WHOLE = packed({"posts/a.md": "Calm words for a long evening. " * 20, "b.txt": "Warm bread"})


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
def test_archive_with_any_bytes_changed_is_read_or_says_why(at: int, put: bytes) -> None:
    try:
        members = open_zip(from_bytes(WHOLE[:at] + put + WHOLE[at + len(put) :]))
        for name in members.names:
            members.read(name)
    except SourceError as error:
        assert "\n" not in str(error)
