"""The first bytes of a source, its name and its media type → what it is read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.sources.sniffing import Kind, kind_of
from newsletter.errors import SourceError

WXR = b'<?xml version="1.0"?>\n<!-- made by a program -->\n<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">'


@pytest.mark.parametrize(
    ("head", "name", "media_type", "kind"),
    [
        (b"PK\x03\x04...", "export", "", Kind.ARCHIVE),
        (WXR, "site.xml", "", Kind.WORDPRESS),
        (WXR, "site.txt", "", Kind.WORDPRESS),
        (b"\xef\xbb\xbf" + WXR, "site.xml", "", Kind.WORDPRESS),
        (WXR.decode().encode("utf-16"), "site.xml", "", Kind.WORDPRESS),
        (b'<rss version="2.0"><channel>', "feed", "application/rss+xml", Kind.FEED),
        (b'<feed xmlns="http://www.w3.org/2005/Atom">', "feed.xml", "", Kind.FEED),
        (b'<rdf:RDF xmlns:rdf="x">', "feed.rdf", "", Kind.FEED),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss>', "feed.xml", "", Kind.FEED),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "feed.json", "", Kind.FEED),
        (b"<!doctype html><html>", "page", "", Kind.HTML),
        (b"\n<!-- hello -->\n<HTML>", "page", "", Kind.HTML),
        (b"<p>Hello</p>", "page.htm", "", Kind.HTML),
        (b"<div>Hello</div>", "https://example.org/a", "text/html; charset=utf-8", Kind.HTML),
        (b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="x">', "page.xhtml", "", Kind.HTML),
        (b"---\ntitle: A\n---\n", "a.txt", "", Kind.MARKDOWN),
        (b"+++\ntitle = 'A'\n+++\n", "a.txt", "", Kind.MARKDOWN),
        (b"<div>raw</div>", "a.md", "", Kind.MARKDOWN),
        (b"Just words.", "a.txt", "", Kind.TEXT),
        (b"1 < 2, says <Ada>", "a", "", Kind.TEXT),
        (b"{ not json }", "a.txt", "", Kind.TEXT),
        (b"", "a.txt", "", Kind.TEXT),
    ],
)
def test_source_is_known_by_what_it_holds_before_its_name(head: bytes, name: str, media_type: str, kind: Kind) -> None:
    assert kind_of(head, name, media_type) is kind


@pytest.mark.parametrize(
    ("head", "name", "words"),
    [
        (b'<?xml version="1.0"?><opml version="2.0">', "a.xml", "it is XML with the root <opml>"),
        (b'<?xml version="1.0"?>', "a.xml", "it is XML without a root"),
        (b'{"some": "thing"}', "a.json", "neither a JSON Feed nor a Ghost export"),
        (b"email,name\nada@example.org,Ada\n", "readers.csv", "`subscribers import`"),
    ],
)
def test_what_nobody_reads_is_said(head: bytes, name: str, words: str) -> None:
    with pytest.raises(SourceError, match=name) as raised:
        kind_of(head, name)
    assert words in str(raised.value)


@given(st.binary(max_size=200), st.sampled_from(["a", "a.xml", "a.json", "a.html", "a.csv", "a.md"]), st.text())
def test_any_bytes_have_a_kind_or_a_reason(head: bytes, name: str, media_type: str) -> None:
    try:
        assert kind_of(head, name, media_type) in Kind
    except SourceError as error:
        assert name in str(error)
