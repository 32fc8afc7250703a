"""Feeds in XML: what each format says of an article, what is kept of a broken one, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.draft import Draft
from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.feed import Feed, read_feed
from newsletter.content.sources.feed.xml_feed import MAX_ITEMS
from newsletter.errors import SourceError
from newsletter.model import Author, Hero

URL = "https://calm.example.org/feed/"
PREFIXES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
WHOLE = "<p>Evenings grow calm when the lamp is low and nobody hurries.</p><p>Begin with a single breath.</p>"


def source(text: str | bytes, media_type: str = "") -> Source:
    data = text.encode() if isinstance(text, str) else text
    return Source("calm.xml", io.BytesIO(data), URL, media_type)


def rss(*items: str, about: str = "<title>Quiet Notes</title>", version: str = "2.0") -> str:
    inside = "".join(f"<item>{item}</item>\n" for item in items)
    return f'<?xml version="1.0"?>\n<rss version="{version}" {PREFIXES}>\n<channel>{about}\n{inside}</channel></rss>'


def atom(*entries: str, about: str = "<title>Quiet Notes</title>") -> str:
    inside = "".join(f"<entry>{entry}</entry>\n" for entry in entries)
    link = f'<id>tag:calm</id><link rel="self" href="{URL}"/>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{about}{link}{inside}</feed>'


def whole(html: str = WHOLE) -> str:
    return f"<content:encoded><![CDATA[{html}]]></content:encoded>"


def items(given: Source) -> list[Item]:
    return [each for each in read_feed(given) if isinstance(each, Item)]


def draft(text: str | bytes, media_type: str = "") -> Draft:
    (item,) = items(source(text, media_type))
    return item.draft()


def body(given: Draft) -> str:
    """Its HTML, however the blocks are set apart."""
    return given.body_html.replace("\n", "")


def until_broken(text: str | bytes) -> tuple[list[Offered], str]:
    """What was offered before the error, and its words."""
    offered: list[Offered] = []
    with pytest.raises(SourceError) as caught:
        for each in read_feed(source(text)):
            offered.append(each)
    return offered, str(caught.value)


# What the formats say


def test_rss_item_becomes_a_draft() -> None:
    found = draft(
        rss(
            "<title>Calm evenings</title><link>https://calm.example.org/evenings</link><guid>https://calm.example.org/?p=7</guid>"
            "<pubDate>Tue, 03 Mar 2026 23:30:00 -0800</pubDate><dc:creator>Jane Doe, LCSW</dc:creator>"
            "<category>Sleep</category><category>Calm</category>"
            "<description>How an evening grows calm</description>" + whole()
        )
    )
    assert (found.title, found.source_url, body(found)) == (
        "Calm evenings",
        "https://calm.example.org/evenings",
        WHOLE,
    )
    assert found.published == date(2026, 3, 3), "the day where it was written, not that of Greenwich"
    assert found.authors == (Author("Jane Doe", "LCSW"),)
    assert found.categories == ("Sleep", "Calm")
    assert (found.summary, found.page_url) == ("How an evening grows calm", "")


def test_atom_entry_becomes_a_draft() -> None:
    found = draft(
        atom(
            '<title type="html">Salt &amp;amp; light</title><id>tag:calm,2026:7</id>'
            '<link rel="alternate" href="/salt"/><published>2026-03-03T23:30:00-08:00</published>'
            "<updated>2026-03-05T10:00:00Z</updated><author><name>Maria Lindqvist</name></author>"
            '<category term="calm" label="Calm"/>'
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
            "<p>One <b>breath</b> &amp; rest.</p></div></content>"
        )
    )
    assert (found.title, found.source_url) == ("Salt & light", "https://calm.example.org/salt")
    assert (found.published, found.updated) == (date(2026, 3, 3), date(2026, 3, 5))
    assert body(found) == "<p>One <strong>breath</strong> &amp; rest.</p>"
    assert (found.authors, found.categories) == ((Author("Maria Lindqvist"),), ("Calm",))


def test_plain_text_of_an_atom_entry_becomes_paragraphs() -> None:
    found = draft(atom("<title>A</title><content>Two &lt; three.\nStill.\n\nThen rest.</content>"))
    assert body(found) == "<p>Two &lt; three.<br>Still.</p><p>Then rest.</p>"


def test_rdf_feed_is_read() -> None:
    text = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" {PREFIXES}>
      <channel rdf:about="{URL}"><title>Quiet Notes</title></channel>
      <item rdf:about="https://calm.example.org/1"><title>Rest</title><link>https://calm.example.org/1</link>
      <dc:date>2025-11-02T08:00:00+01:00</dc:date>{whole()}</item></rdf:RDF>"""
    (item,) = items(source(text))
    assert (item.key, item.draft().published) == ("https://calm.example.org/1", date(2025, 11, 2))
    assert body(item.draft()) == WHOLE


def test_rss_0_91_with_its_old_document_type_is_read() -> None:
    text = rss("<title>Rest</title><link>https://calm.example.org/1</link>", version="0.91")
    public = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.example.org/rss-0.91.dtd">'
    assert items(source(text.replace("<rss", public + "<rss")))[0].name == "Rest"


def test_guid_is_the_key_and_the_link_where_there_is_none() -> None:
    text = rss(
        '<title>A</title><guid isPermaLink="false">calm-7</guid>',
        "<title>B</title><link>https://calm.example.org/b</link>",
    )
    assert [item.key for item in items(source(text))] == ["feed:calm.example.org:calm-7", "https://calm.example.org/b"]


def test_guid_that_is_no_address_is_not_taken_for_the_articles() -> None:
    notes = "<title>Episode 12</title><guid>episode-12</guid><description>Short notes.</description>"
    (item,) = items(source(rss(notes)))
    assert (item.key, item.draft().source_url, item.draft().page_url) == ("feed:calm.example.org:episode-12", "", "")
    found = draft(rss("<title>A</title><guid>https://calm.example.org/a</guid>"))
    assert found.source_url == "https://calm.example.org/a"


def test_items_come_in_the_order_of_the_feed() -> None:
    text = rss(*(f"<title>Number {number}</title>" for number in (3, 1, 2)))
    assert [item.name for item in items(source(text))] == ["Number 3", "Number 1", "Number 2"]


def test_item_without_a_title_is_named_by_its_first_words() -> None:
    found = draft(rss(whole("<p>We open late today. Please knock.</p>")))
    assert found.title == "We open late today."
    assert found.guesses[0].field == "title"


def test_item_that_says_nothing_is_refused_when_it_is_read() -> None:
    (item,) = items(source(rss("<guid>x7</guid><link></link>")))
    with pytest.raises(SourceError, match="neither a title nor words"):
        item.draft()


def test_relative_addresses_count_from_xml_base() -> None:
    found = draft(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example.org/a/"><entry xml:base="b/">'
        '<title>A</title><link href="c"/>'
        '<content type="html">&lt;p&gt;&lt;a href="d"&gt;on&lt;/a&gt;&lt;/p&gt;</content>'
        "</entry></feed>"
    )
    assert found.source_url == "https://base.example.org/a/b/c"
    assert 'href="https://base.example.org/a/b/d"' in found.body_html


def test_relative_addresses_of_rss_count_from_the_article() -> None:
    found = draft(
        rss("<title>A</title><link>https://calm.example.org/2026/a/</link>" + whole('<p><a href="../b/">on</a></p>'))
    )
    assert 'href="https://calm.example.org/2026/b/"' in found.body_html


def test_language_is_that_of_the_item_else_of_the_feed() -> None:
    about = "<title>Q</title><language>de_AT</language>"
    assert draft(rss("<title>A</title>" + whole(), about=about)).language == "de-AT"
    assert draft(rss("<title>A</title><dc:language>fr</dc:language>" + whole(), about=about)).language == "fr"


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [("admin", False), ("Quiet Notes", False), ("Jane Doe", True), ("jane@example.org (Jane Doe)", True)],
)
def test_byline_that_names_only_the_site_gives_way_to_the_pages_own(name: str, is_kept: bool) -> None:
    from newsletter.content.sources.feed.entry import FeedInfo, _is_weak

    (item,) = items(source(rss(f"<title>A</title><author>{name}</author>" + whole())))
    assert _is_weak([author.name for author in item.draft().authors], FeedInfo("Quiet Notes")) is not is_kept


def test_address_alone_is_no_byline() -> None:
    assert draft(rss("<title>A</title><author>jane@example.org</author>" + whole())).authors == ()


def test_author_of_an_atom_feed_is_that_of_entries_without_one() -> None:
    about = "<title>Q</title><author><name>Jane Doe</name></author>"
    text = atom("<title>A</title>", "<title>B</title><author><name>John Roe</name></author>", about=about)
    assert [item.draft().authors[0].name for item in items(source(text))] == ["Jane Doe", "John Roe"]


def test_editor_of_an_rss_feed_is_nobodys_author() -> None:
    about = "<title>Q</title><managingEditor>desk@example.org (The Desk)</managingEditor>"
    assert draft(rss("<title>A</title>" + whole(), about=about)).authors == ()


# The whole article, or how it begins


def test_whole_article_is_preferred_whichever_stands_first() -> None:
    short = "<description>Evenings grow calm […]</description>"
    for inside in (short + whole(), whole() + short):
        found = draft(rss(f"<title>A</title><link>https://calm.example.org/a</link>{inside}"))
        assert (body(found), found.page_url) == (WHOLE, "")
        assert found.summary == "Evenings grow calm…"


@pytest.mark.parametrize(
    "inside",
    [
        "<description>Only how it begins.</description>",
        "<description>Only how it begins […]</description>",
        whole("<p>Only how it begins …</p>"),
        whole('<p>Only how it begins</p><p><a href="https://calm.example.org/a">Read more »</a></p>'),
        whole('<p>Only how it begins</p><p><a href="/a">Continue reading <span>A walk</span> →</a></p>'),
    ],
)
def test_page_is_named_where_the_feed_has_only_the_beginning(inside: str) -> None:
    found = draft(rss(f"<title>A</title><link>https://calm.example.org/a</link>{inside}"))
    assert found.page_url == "https://calm.example.org/a"
    assert found.summary.startswith("Only how it begins")
    assert "more" not in found.summary and "Continue" not in found.summary


def test_long_description_that_does_not_break_off_is_the_article() -> None:
    long = "".join(f"<p>Paragraph {number} of a walk along the harbour wall.</p>" for number in range(50))
    found = draft(
        rss(f"<title>A</title><link>https://calm.example.org/a</link><description>{escape(long)}</description>")
    )
    assert (found.page_url, found.summary) == ("", "")
    assert found.body_html.count("<p>") == 50


def test_line_that_wordpress_puts_under_each_item_is_left_out() -> None:
    footer = '<p>The post <a href="https://calm.example.org/a">A</a> appeared first on <a href="https://calm.example.org">Q</a>.</p>'
    assert body(draft(rss("<title>A</title>" + whole(WHOLE + footer)))) == WHOLE


def test_caption_of_a_picture_is_not_taken_for_the_article() -> None:
    found = draft(
        rss(
            "<title>A</title><description>&lt;p&gt;The words.&lt;/p&gt;</description>"
            '<media:content url="https://calm.example.org/p.jpg" medium="image"><media:title>A pier</media:title>'
            "<media:description>A pier at dusk</media:description></media:content>"
        )
    )
    assert (found.title, body(found)) == ("A", "<p>The words.</p>")


# Pictures and recordings


@pytest.mark.parametrize(
    "inside",
    [
        '<media:content url="https://calm.example.org/lake.jpg" medium="image"/>',
        '<media:content url="https://calm.example.org/lake.jpg" type="image/jpeg"/>',
        '<media:group><media:content url="https://calm.example.org/lake.jpg" type="image/jpeg"/></media:group>',
        '<media:thumbnail url="https://calm.example.org/lake.jpg"/>',
        '<enclosure url="https://calm.example.org/lake.jpg" type="image/jpeg" length="1"/>',
        '<itunes:image href="https://calm.example.org/lake.jpg"/>',
    ],
)
def test_picture_beside_an_item_is_its_hero(inside: str) -> None:
    assert draft(rss(f"<title>A</title>{inside}" + whole())).hero == Hero("https://calm.example.org/lake.jpg")


def test_logo_of_the_feed_is_no_hero() -> None:
    about = "<title>Q</title><image><url>https://calm.example.org/logo.png</url><title>Q</title></image>"
    found = draft(
        rss('<title>A</title><media:thumbnail url="https://calm.example.org/logo.png"/>' + whole(), about=about)
    )
    assert found.hero is None


def test_picture_that_also_stands_first_in_the_body_is_shown_once() -> None:
    pictured = '<p><img src="https://calm.example.org/lake-300x200.jpg" alt="A lake"></p>' + WHOLE
    found = draft(
        rss('<title>A</title><media:content url="https://calm.example.org/lake.jpg" medium="image"/>' + whole(pictured))
    )
    assert found.hero == Hero("https://calm.example.org/lake.jpg", "A lake")
    assert body(found) == WHOLE


LAKE = "https://calm.example.org/lake.jpg"


@pytest.mark.parametrize(
    ("inside", "alt"),
    [
        (
            f'<media:content url="{LAKE}" medium="image"><media:title>The lake</media:title>'
            "<media:description>A lake at dusk</media:description></media:content>",
            "A lake at dusk",
        ),
        (f'<media:content url="{LAKE}" medium="image"><media:title>The lake</media:title></media:content>', "The lake"),
        (
            f'<media:group><media:content url="{LAKE}" medium="image"/>'
            '<media:description type="html">A &lt;b&gt;lake&lt;/b&gt; at dusk</media:description></media:group>',
            "A lake at dusk",
        ),
        (f'<media:title>The lake</media:title><media:thumbnail url="{LAKE}"/>', "The lake"),
        (
            '<media:content url="https://calm.example.org/talk.mp4" medium="video"><media:title>A talk</media:title>'
            f'</media:content><media:content url="{LAKE}" medium="image"/>',
            "",
        ),
        (f'<media:content url="{LAKE}" medium="image"><media:title>lake-300x200</media:title></media:content>', ""),
        (f'<media:content url="{LAKE}" medium="image"><media:title>By the Lake</media:title></media:content>', ""),
        (f'<media:description>{"A whole text. " * 40}</media:description><media:thumbnail url="{LAKE}"/>', ""),
    ],
)
def test_words_of_a_picture_are_its_alternative_text(inside: str, alt: str) -> None:
    found = draft(rss(f"<title>By the lake</title>{inside}" + whole()))
    assert found.hero == Hero(LAKE, alt) and body(found) == WHOLE


def test_alternative_text_in_the_body_comes_before_the_words_of_the_feed() -> None:
    picture = f'<media:content url="{LAKE}" medium="image"><media:title>The lake</media:title></media:content>'
    pictured = f'<p><img src="{LAKE}" alt="A boat on a lake"></p>'
    found = draft(rss(f"<title>A</title>{picture}{whole(pictured + WHOLE)}"))
    assert found.hero == Hero(LAKE, "A boat on a lake")


def test_another_picture_in_the_body_stays() -> None:
    pictured = '<p><img src="https://calm.example.org/pier.jpg" alt="A pier"></p>' + WHOLE
    found = draft(rss('<title>A</title><media:thumbnail url="https://calm.example.org/lake.jpg"/>' + whole(pictured)))
    assert found.hero == Hero("https://calm.example.org/lake.jpg")
    assert "pier.jpg" in found.body_html


@pytest.mark.parametrize(
    ("duration", "length"),
    [
        ("42:10", " (42 minutes)"),
        ("2530", " (42 minutes)"),
        ("1:02:03", " (62 minutes)"),
        ("55", " (1 minute)"),
        ("soon", ""),
    ],
)
def test_episode_is_linked_above_its_notes(duration: str, length: str) -> None:
    found = draft(
        rss(
            f"<title>A</title><itunes:duration>{duration}</itunes:duration>"
            '<enclosure url="https://calm.example.org/7.mp3?a=1&amp;b=2" type="audio/mpeg" length="9"/>' + whole()
        )
    )
    link = f'<p><a href="https://calm.example.org/7.mp3?a=1&amp;b=2">Listen to the episode{length}</a></p>'
    assert body(found) == link + WHOLE


# The same and changed


def test_digest_is_that_of_what_the_item_says() -> None:
    one, other = (
        rss("<title>A</title>" + whole(), "<title>B</title>" + whole(text)) for text in (WHOLE, WHOLE + "<p>!</p>")
    )
    before, after = items(source(one)), items(source(other))
    assert before[0].digest == after[0].digest
    assert before[1].digest != after[1].digest
    assert [item.digest for item in items(source(one))] == [item.digest for item in before]


def test_number_of_comments_changes_nothing() -> None:
    count = '<s:comments xmlns:s="http://purl.org/rss/1.0/modules/slash/">{}</s:comments><title>A</title>'
    one, other = (items(source(rss(count.format(number))))[0] for number in (1, 2))
    assert one.digest == other.digest


def test_second_item_of_the_same_guid_is_left_out() -> None:
    offered = list(read_feed(source(rss("<title>A</title><guid>x</guid>", "<title>B</title><guid>x</guid>"))))
    assert isinstance(offered[1], LeftOut)
    assert offered[1].name == "B"


def test_feed_tells_what_was_deleted_and_how_it_is_ordered() -> None:
    host = "feed:calm.example.org:"
    feed = Feed(
        source(
            atom(
                "<id>b</id><title>B</title><updated>2025-01-01T00:00:00Z</updated>",
                "<id>c</id><title>C</title><updated>2026-01-01T00:00:00Z</updated>",
                about='<title>Quiet Notes</title><at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0"'
                ' ref="a" when="2026-01-02T00:00:00Z"><at:comment>Outdated</at:comment></at:deleted-entry>',
            )
        )
    )
    assert [each.name for each in feed] == ["B", "C"]
    assert (feed.title, feed.deleted, feed.is_oldest_first) == ("Quiet Notes", (f"{host}a",), True)
    assert feed.names == {f"{host}b": "B", f"{host}c": "C"}


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "shift_jis"])
def test_feed_is_read_in_the_encoding_it_declares(encoding: str) -> None:
    title = "静かな夜" if encoding == "shift_jis" else "Ruhe für Käthe"
    text = rss(f"<title>{title}</title>").replace('version="1.0"', f'version="1.0" encoding="{encoding}"', 1)
    assert items(source(text.encode(encoding)))[0].name == title


def test_servers_word_on_the_encoding_comes_before_the_feeds() -> None:
    text = rss("<title>für</title>").replace('version="1.0"', 'version="1.0" encoding="utf-8"', 1)
    assert items(source(text.encode("windows-1252"), "text/xml; charset=windows-1252"))[0].name == "für"


def test_western_bytes_in_a_feed_that_calls_itself_utf_8_are_read() -> None:
    text = rss("<title>für Ängste – “leise”</title>").encode("windows-1252") + "\n<!-- für -->".encode()
    assert [item.name for item in items(source(text))] == ["für Ängste – “leise”"]
    assert [item.name for item in items(source(rss("<title>für</title>").encode()))] == ["für"]


def test_encoding_that_is_none_of_text_is_not_used() -> None:
    text = rss("<title>A</title>").replace('version="1.0"', 'version="1.0" encoding="zlib"', 1)
    assert items(source(text))[0].name == "A"


# Broken feeds


def test_feed_that_ends_in_the_middle_keeps_what_was_whole() -> None:
    text = rss("<title>A</title>" + whole(), "<title>B</title>" + whole())
    offered, words = until_broken(text[: text.index("<title>B")])
    assert [each.name for each in offered] == ["A"]
    assert words == "calm.xml, line 5: the feed ends in the middle, in item 2"
    _, words = until_broken(text[: text.index("</item>", text.index("<title>B"))])
    assert words == "calm.xml, line 5: the feed ends in the middle, in item 2 (B)"
    _, words = until_broken(text[: text.index("</channel>")])
    assert words == "calm.xml, line 6: the feed ends in the middle, after item 2 (B)"
    _, words = until_broken(text[: text.index("<item>")])
    assert words == "calm.xml, line 4: the feed ends in the middle, before its first item"


def test_bare_ampersand_and_html_entities_are_understood() -> None:
    text = rss(
        "<title>Salt & light</title><link>https://calm.example.org/?a=1&b=2</link><description>caf&eacute;&hellip;</description>",
        "<title>B</title>",
    )
    found = items(source(text))
    assert [item.name for item in found] == ["Salt & light", "B"]
    assert found[0].draft().source_url == "https://calm.example.org/?a=1&b=2"
    assert found[0].draft().body_html.startswith("<p>café")


def test_prefix_that_nobody_declared_is_understood() -> None:
    found = draft(
        '<rss version="2.0"><channel><item><title>A</title><dc:creator>Jane Doe</dc:creator></item></channel></rss>'
    )
    assert found.authors == (Author("Jane Doe"),)


def test_what_stands_behind_the_feed_is_ignored() -> None:
    assert [item.name for item in items(source(rss("<title>A</title>") + "\nWarning: mysql is tired"))] == ["A"]


def test_space_before_the_declaration_and_control_characters_do_no_harm() -> None:
    assert [item.name for item in items(source("\n\n  " + rss("<title>A\x0b\x00B</title>")))] == ["AB"]


def test_broken_tags_keep_the_items_before_them() -> None:
    text = rss("<title>A</title>", "<title>B</b></title>", "<title>C</title>")
    offered, words = until_broken(text)
    assert [each.name for each in offered] == ["A"]
    assert words == "calm.xml, line 5: the XML is broken (mismatched tag), in item 2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("just words", "no tag"),
        ('<?xml version="1.0"?><urlset><url/></urlset>', "a sitemap"),
        ('<opml version="2.0"><body/></opml>', "a list of feeds"),
        ("<invoice/>", "its root is <invoice>"),
        ('<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel/></rss>', "WordPress export"),
        (
            '<!DOCTYPE html><html><form><input type="password"></form></html>',
            "a page to log in, no feed, and it names none",
        ),
    ],
)
def test_what_is_no_feed_is_called_what_it_is(text: str, words: str) -> None:
    offered, said = until_broken(text)
    assert offered == []
    assert words in said


def test_page_instead_of_a_feed_is_told_with_the_feeds_it_names() -> None:
    page = """<!doctype html><html><head><title>Calm</title>
      <link rel="alternate" type="application/rss+xml" title="Calm" href="/feed/">
      <link rel="alternate" type="application/rss+xml" title="Calm comments" href="/comments/feed/">
      <link rel=alternate type=application/atom+xml href=https://calm.example.org/atom.xml></head></html>"""
    _, words = until_broken(page)
    assert "its feeds are https://calm.example.org/feed/, https://calm.example.org/atom.xml" in words
    assert "comments" not in words


# Hostile feeds

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "https://bad.example.org/x.dtd" [\n<!ENTITY % more SYSTEM "https://bad.example.org">%more;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_the_feeds_own_are_refused_before_anything_is_parsed(doctype: str, encoding: str) -> None:
    text = rss("<title>&l9;&file;</title>").replace("<rss", doctype + "<rss", 1)
    offered, words = until_broken(text.encode(encoding))
    assert offered == []
    assert words == "calm.xml, line 2: its document type declares entities of its own; such feeds are not read"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<rss>" + "<a>" * 1_000, "nested deeper than 200"),
        ("<rss><channel>" + "<a/>" * 60_000, "far more elements"),
        (rss("<a " + " ".join(f'b{n}=""' for n in range(200)) + "/>"), "more than 100 attributes"),
        ("<rss " + " ".join(f'xmlns:p{n}="urn:{n}"' for n in range(300)) + "/>", "more than 200 prefixes"),
        ("<!x>" * 60_000, "no tag"),
        ("<!--" * 60_000, "no tag"),
    ],
)
def test_feed_beyond_all_measure_is_refused_in_one_line(text: str, words: str) -> None:
    _, said = until_broken(text)
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<description>" + "calm " * 700_000 + "</description>", "is longer than 3 million characters"),
        (f"<content:encoded><![CDATA[x]]>{'<a/>' * 60_000}</content:encoded>", "has more than 50,000 elements"),
        ("".join(f"<category>{n}</category>" for n in range(2_100)), "has more than 2,000 elements beside its text"),
    ],
)
def test_item_beyond_all_measure_is_left_out_and_the_others_are_read(inside: str, words: str) -> None:
    offered = list(read_feed(source(rss("<title>A</title>", "<title>B</title>" + inside, "<title>C</title>"))))
    assert [each.name for each in offered] == ["A", "B", "C"]
    assert offered[1] == LeftOut("B", words, is_broken=True)


def test_author_of_a_million_letters_is_cut_before_anybody_searches_it() -> None:
    assert len(items(source(rss("<author>" + "a" * 1_000_000 + "</author><title>A</title>")))) == 1


def test_feed_is_read_up_to_its_five_thousandth_item() -> None:
    text = rss(*(f"<title>{number}</title>" for number in range(MAX_ITEMS + 7)))
    offered = list(read_feed(source(text)))
    assert len(offered) == MAX_ITEMS + 1
    assert offered[-1] == LeftOut("items 5,001 to 5,007 of calm.xml", "a feed is read up to its 5,000th item")
    _, words = until_broken(text[: text.rindex("</item>")])
    assert words == "calm.xml, line 5010: the feed ends in the middle, in item 5,007"


def test_nothing_active_comes_through() -> None:
    hostile = '<p onclick="x()">A</p><script>x()</script><a href="javascript:x()">b</a><img src="data:image/svg+xml,x">'
    found = draft(rss("<title>&lt;script&gt;x()&lt;/script&gt;A</title><link>javascript:x()</link>" + whole(hostile)))
    assert found.source_url == ""
    assert all(word not in found.body_html for word in ("script", "onclick", "data:"))


def _markup() -> st.SearchStrategy[str]:
    names = st.sampled_from(
        ["item", "entry", "title", "link", "author", "dc:creator", "media:content", "content:encoded", "itunes:image",
         "description", "image", "url", "guid", "source", "textInput", "category", "pubDate", "width", "name", "a"]
    )  # fmt: skip
    texts = st.text(st.characters(codec="utf-8"), max_size=20)
    attributes = st.dictionaries(
        st.sampled_from(["url", "href", "rel", "type", "xml:base", "isPermaLink", "width"]), texts
    )

    def element(name: str, given: dict[str, str], inside: list[str]) -> str:
        said = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
        return f"<{name}{said}>{''.join(inside)}</{name}>"

    leaves = st.one_of(texts.map(escape), texts, texts.map(lambda text: f"<![CDATA[{text}]]>"))
    return st.recursive(
        leaves, lambda inner: st.builds(element, names, attributes, st.lists(inner, max_size=4)), max_leaves=25
    )


@given(st.lists(_markup(), max_size=4), st.sampled_from([rss, atom]), st.integers(0, 40))
def test_whatever_a_feed_holds_it_is_read_or_refused_in_one_line(inside: list[str], make: object, cut: int) -> None:
    assert callable(make)
    text = make(*inside)

    def read() -> Iterator[Draft]:
        for each in read_feed(source(text[: len(text) - cut].encode("utf-8", "replace"))):
            if isinstance(each, Item):
                yield each.draft()

    try:
        for found in read():
            assert found.title
            assert not found.source_url or found.source_url.startswith(("http://", "https://"))
    except SourceError as error:
        assert "\n" not in str(error)


def test_author_of_an_atom_feed_is_that_of_its_entries() -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Notes</title><id>urn:notes</id>
        <author><name>Ute Muster</name></author>
        <entry><title>One</title><id>urn:1</id><link href="https://example.org/1"/>
        <content type="html">&lt;p&gt;Some words of a whole entry.&lt;/p&gt;</content></entry></feed>"""
    (item,) = read_feed(Source("feed.xml", io.BytesIO(feed.encode())))
    assert isinstance(item, Item)
    assert [author.name for author in item.draft().authors] == ["Ute Muster"]
