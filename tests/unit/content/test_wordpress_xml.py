"""Exports that are broken, hostile or no exports, and very large ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.library import write_wordpress_export
from newsletter.content.source import Item
from newsletter.errors import SourceError
from wordpress_export import SITE, articles, export, offered, post

ROOT = Path(__file__).resolve().parents[3]
WHOLE = export(*(post(title=f"Post {number}", number=number) for number in range(1, 4)))


def read(data: bytes) -> tuple[list[str], str]:
    """The names of the items, and the error at the end."""
    names = []
    try:
        for each in offered(data):
            if isinstance(each, Item):
                each.draft()
                names.append(each.name)
    except SourceError as error:
        return names, str(error)
    return names, ""


def test_file_that_breaks_off_gives_what_stood_before_and_says_where() -> None:
    cut = WHOLE.index(b"Post 3") + 200
    names, error = read(WHOLE[:cut])
    assert names == ["Post 1", "Post 2"]
    line = WHOLE[:cut].count(b"\n") + 1
    assert error.startswith(f"export.xml, line {line}: the file breaks off here, after the item 'Post 2' (")
    assert "\n" not in error


def test_file_that_is_no_xml_from_some_line_on_gives_what_stood_before() -> None:
    broken = WHOLE.replace(b"<title><![CDATA[Post 3]]></title>", b"<title>Post 3</wrong>")
    names, error = read(broken)
    assert names == ["Post 1", "Post 2"]
    line = broken[: broken.index(b"Post 3")].count(b"\n") + 1
    assert error.startswith(f"export.xml, line {line}: it is no XML from here on, after the item 'Post 2' (")


@given(st.integers(0, len(WHOLE)))
def test_file_cut_anywhere_gives_whole_posts_and_one_line(cut: int) -> None:
    names, error = read(WHOLE[:cut])
    assert names == [f"Post {number}" for number in range(1, len(names) + 1)]
    assert error.count("\n") == 0
    assert bool(error) == (b"</rss>" not in WHOLE[:cut])


@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_bytes_that_were_damaged_never_raise_anything_else(damage: bytes, at: int) -> None:
    read(WHOLE[:at] + damage + WHOLE[at + len(damage) :])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"Dear reader,", "it is no XML"),
        (b"PK\x03\x04\x14", "it is no XML"),
        (b"<!DOCTYPE html>\n<html><head><title>Log in</title><body><p>", "it is an HTML page"),
        (b"<html lang='en'><p>", "it is an HTML page"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><p>x</p></html>', "it is an HTML page"),
        (b'<rss version="2.0"><channel><title>x</title></channel></rss>', "it is an RSS feed"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>', "it is an Atom feed"),
        (b"<opml><head/></opml>", "it is XML with the root <opml>"),
    ],
)
def test_what_is_no_export_is_refused_by_name(data: bytes, words: str) -> None:
    names, error = read(data)
    assert names == []
    assert error.startswith(f"export.xml: {words}")
    assert "\n" not in error


def test_entities_are_refused_whatever_they_would_expand_to() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>'.encode()
    outside = b'<!DOCTYPE rss [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    for declared, entity in ((bomb, b"&l11;"), (outside, b"&secret;")):
        data = WHOLE.replace(b"<rss", declared + b"<rss", 1).replace(b"<![CDATA[Post 1]]>", entity)
        names, error = read(data)
        assert names == []
        assert "document type" in error and "root:" not in error


def test_entity_in_an_attribute_is_not_blown_up_either() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    declared = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]><rss title="&l11;"'.encode()
    names, error = read(WHOLE.replace(b"<rss", declared, 1))
    assert names == [] and error


def test_what_a_plugin_printed_before_the_xml_is_passed_over() -> None:
    noise = b"\n\n<br />\n<b>Notice</b>: something was undefined\n"
    assert read(noise + WHOLE) == (["Post 1", "Post 2", "Post 3"], "")
    assert read(b"\xef\xbb\xbf" + WHOLE) == (["Post 1", "Post 2", "Post 3"], "")
    cut = noise + WHOLE[: WHOLE.index(b"Post 3")]
    line = cut.count(b"\n") + 1
    assert f"line {line}:" in read(cut)[1]


def test_control_characters_that_were_pasted_into_a_post_are_passed_over() -> None:
    (item,) = articles(export(post("<p>One\x0b two\x08.</p>")))
    assert item.draft().body_html == "<p>One two.</p>"


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_export_in_another_encoding_is_read(encoding: str) -> None:
    data = export(post(title="Grüße")).decode().replace("UTF-8", encoding).encode(encoding)
    assert [item.name for item in articles(data)] == ["Grüße"]


def test_item_without_end_is_refused_before_it_fills_the_memory() -> None:
    head = WHOLE[: WHOLE.index(b"<item>")]
    for filler in (b"<x/>", b"<wp:comment_id>1</wp:comment_id>"):
        names, error = read(head + b"<item>" + filler * 500_000)
        assert (names, error) == ([], "export.xml: one of its items takes more than 100 MB")
    names, error = read(head + b"<item " + b"".join(b' a%d=""' % number for number in range(500_000)))
    assert (names, error) == ([], "export.xml: one of its items takes more than 100 MB")


def test_text_that_is_too_long_is_refused_and_what_stood_before_kept() -> None:
    names, error = read(export(post(), post("x" * 11_000_000)))
    assert names == ["A calm evening"]
    assert "longer than the 10 MB that are read" in error


def test_post_with_thousands_of_comments_is_read() -> None:
    comment = (
        "<wp:comment>" + "".join(f"<wp:comment_{n}>some words</wp:comment_{n}>" for n in range(15)) + "</wp:comment>"
    )
    names, error = read(export(post(more=comment * 15_000)))
    assert (names, error) == (["A calm evening"], "")


MEASURE = """
import resource, sys
from newsletter.content.source import Item, Source
from newsletter.content.sources.wordpress import read_wordpress
with open(sys.argv[1], "rb") as stream:
    items = (each for each in read_wordpress(Source("export", stream)) if isinstance(each, Item))
    read = [bool(item.draft().body_html) for number, item in enumerate(items) if number % 10 == 0]
print(len(read), all(read), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_number_of_posts(tmp_path: Path) -> None:
    big = tmp_path / "big.xml"
    write_wordpress_export(big, 2_500)
    # A process inherits the peak of the one it was started from; the shell between has a small one.
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", MEASURE, str(big)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    count, is_read, peak = done.stdout.split()
    assert (count, is_read) == ("250", "True")
    peak_mib = int(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024)
    assert peak_mib < 110, f"{big.stat().st_size / 1e6:.0f} MB were read with {peak_mib:.0f} MiB"


def test_generated_export_is_the_same_each_time_and_needs_no_network(tmp_path: Path) -> None:
    one, two = tmp_path / "one.xml", tmp_path / "two.xml"
    write_wordpress_export(one, 60)
    write_wordpress_export(two, 60)
    assert one.read_bytes() == two.read_bytes()
    drafts = [item.draft() for item in articles(one.read_bytes())]
    assert len(drafts) == 60
    assert not any(draft.page_url or draft.hero or "<img" in draft.body_html for draft in drafts)
    assert len({draft.slug for draft in drafts}) == 60
    write_wordpress_export(one, 60, pictures=True)
    shown = [item.draft() for item in articles(one.read_bytes())]
    assert any(draft.hero for draft in shown) and any("<img" in draft.body_html for draft in shown)
    assert f"{SITE}/wp-content" in shown[0].body_html + shown[1].body_html
