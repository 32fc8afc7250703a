from __future__ import annotations

from datetime import date

import pytest

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports.archive import read_archive
from newsletter.content.sources.exports.bodies import inner_html
from newsletter.content.sources.exports.substack import is_it
from newsletter.content.sources.exports.substack_bodies import read_body
from newsletter.states import ArticleStatus
from packing import archive

HEADER = "post_id,post_date,is_published,email_sent_at,type,audience,title,subtitle,podcast_url\n"
ROW = (
    "123.calm-mornings,2023-05-06T07:08:09.000Z,true,2023-05-06T07:10:00.000Z,newsletter,everyone,"
    '"Tea, calm","Slow &amp; warm",\n'
)


def refuse(source: Source) -> list[Offered]:
    raise AssertionError(f"{source.name} is no article")


def found(table: str, members: dict[str, str], folder: str = "", pages: bool = False) -> list[Offered]:
    everything = {f"{folder}posts.csv": HEADER + table} | {
        f"{folder}posts/{name}": html for name, html in members.items()
    }
    return list(read_archive(archive(everything), pages, lambda source: iter(refuse(source))))


def only(offered: list[Offered]) -> Item:
    assert len(offered) == 1
    assert isinstance(offered[0], Item)
    return offered[0]


@pytest.mark.parametrize("folder", ["", "my-export/"])
def test_post_is_read_from_its_row_and_its_file(folder: str) -> None:
    item = only(found(ROW, {"123.calm-mornings.html": "<p>Wake before the birds.</p>"}, folder))
    draft = item.draft()
    assert (item.name, item.key) == ("Tea, calm", "substack:123")
    assert (draft.title, draft.subtitle, draft.slug) == ("Tea, calm", "Slow & warm", "calm-mornings")
    assert (draft.published, draft.status) == (date(2023, 5, 6), ArticleStatus.READY)
    assert draft.body_html.strip() == "<p>Wake before the birds.</p>"


def test_digest_follows_the_row_and_the_file() -> None:
    def digest(row: str, html: str) -> str:
        return only(found(row, {"123.calm-mornings.html": html})).digest

    assert digest(ROW, "<p>One</p>") == digest(ROW, "<p>One</p>")
    assert (
        len({digest(ROW, "<p>One</p>"), digest(ROW, "<p>Two</p>"), digest(ROW.replace("warm", "cold"), "<p>One</p>")})
        == 3
    )


def test_what_is_not_published_is_a_draft() -> None:
    row = ROW.replace(",true,", ",false,")
    assert only(found(row, {"123.calm-mornings.html": "<p>Half</p>"})).draft().status is ArticleStatus.DRAFT
    assert found(row, {"123.calm-mornings.html": "<p> </p>"}) == [LeftOut("Tea, calm", "it is an empty draft")]


def test_post_whose_text_is_missing_is_broken() -> None:
    assert found(ROW, {"other.txt": ""}) == [
        LeftOut("Tea, calm", "its text is not in the archive: export.zip/posts/123.calm-mornings.html", is_broken=True)
    ]


def test_discussions_without_text_and_pages_are_counted() -> None:
    rows = ROW.replace(",newsletter,", ",thread,") * 2 + ROW.replace(",newsletter,", ",page,")
    assert found(rows, {"1.other.txt": ""}) == [
        LeftOut("export.zip/posts.csv", "2 of the type thread, without a text"),
        LeftOut("export.zip/posts.csv", "1 of its pages; only posts are taken, unless pages are asked for"),
    ]


def test_page_is_read_when_it_is_asked_for() -> None:
    row = ROW.replace(",newsletter,", ",page,")
    assert only(found(row, {"123.calm-mornings.html": "<p>About us</p>"}, pages=True)).draft().title == "Tea, calm"


def test_ragged_row_is_named_by_its_line() -> None:
    first, second = found("9.x,2020\n" + ROW, {"123.calm-mornings.html": "<p>Tea</p>"})
    reason = "line 2 of posts.csv has 2 fields, other than its first line"
    assert first == LeftOut("export.zip/posts.csv", reason, is_broken=True)
    assert isinstance(second, Item)


def test_post_for_paying_readers_says_so() -> None:
    item = only(found(ROW.replace("everyone", "only_paid"), {"123.calm-mornings.html": "<p>Tea</p>"}))
    assert "on Substack only paying readers see it" in item.draft().notes


def test_episode_is_linked_above_its_text() -> None:
    row = ROW.replace(",\n", ",https://example.org/calm.mp3\n").replace(",newsletter,", ",podcast,")
    body = only(found(row, {"123.calm-mornings.html": "<p>Notes</p>"})).draft().body_html
    assert body.startswith('<p><a href="https://example.org/calm.mp3">Audio: Tea, calm</a></p>')


def test_lists_of_readers_are_never_read() -> None:
    members = {"123.calm-mornings.html": "<p>Tea</p>", "123.opens.csv": "ada@example.org", "123.delivers.csv": "x"}
    assert only(found(ROW, members)).name == "Tea, calm"


def test_file_that_no_row_names_is_said() -> None:
    last = found(ROW, {"123.calm-mornings.html": "<p>Tea</p>", "124.more.html": "<p>More</p>"})[-1]
    assert last == LeftOut("export.zip/posts/124.more.html", "posts.csv does not name it", is_broken=True)


def test_table_of_another_kind_is_no_export() -> None:
    assert is_it(["a/posts.csv", "a/posts/1.html"])
    assert not is_it(["posts.csv"])
    assert not is_it(["posts.csv", "other/posts/1.html"])


def body(html: str) -> tuple[str, list[str]]:
    notes: list[str] = []
    return inner_html(read_body(html, "x.html", notes)), notes


@pytest.mark.parametrize(
    "furniture",
    [
        '<div class="subscription-widget-wrap" data-attrs="{}"><div class="subscription-widget show-subscribe">'
        '<p class="cta-caption">Thanks for reading! Subscribe.</p>'
        '<form><input type="submit" value="Subscribe"></form></div></div>',
        '<p class="button-wrapper"><a class="button primary" href="https://example.org/p/x?utm_source=a&amp;action=share">Share</a></p>',
        '<p class="button-wrapper"><a class="button primary" href="%%checkout_url%%">Subscribe now</a></p>',
        '<p class="button-wrapper"><a class="button" href="https://example.org/p/x/comments">Leave a comment</a></p>',
        '<div class="captioned-button-wrap"><div class="preamble"><p>This post is public.</p></div>'
        '<p class="button-wrapper"><a class="button" href="https://example.org/?action=share">Share</a></p></div>',
        '<div class="poll-embed" data-attrs="{}"><p>Vote</p></div>',
    ],
)
def test_what_asks_to_subscribe_or_share_goes(furniture: str) -> None:
    html, _ = body(f"<p>One</p>{furniture}<p>Two</p>")
    assert html.replace("<span></span>", "") == "<p>One</p><p>Two</p>"


def test_button_of_the_writer_stays() -> None:
    html, _ = body(
        '<p class="button-wrapper"><a class="button primary" href="https://example.org/book">Book a talk</a></p>'
    )
    assert 'href="https://example.org/book">Book a talk</a>' in html


def test_notes_stand_in_one_list_below_the_text() -> None:
    html, _ = body(
        '<p>Sleep<a class="footnote-anchor" id="footnote-anchor-1" href="#footnote-1">1</a> well.</p>'
        '<div class="footnote"><a id="footnote-1" href="#footnote-anchor-1" class="footnote-number">1</a>'
        '<div class="footnote-content"><p>Eight hours.</p></div></div>'
    )
    assert (
        html.replace("<span></span>", "") == "<p>Sleep<sup>1</sup> well.</p><hr><ol><li><p>Eight hours.</p></li></ol>"
    )


def test_paywall_is_noted() -> None:
    html, notes = body('<p>Free</p><div class="paywall-jump" data-component-name="PaywallToDOM"></div><p>Paid</p>')
    assert html.replace("<span></span>", "") == "<p>Free</p><p>Paid</p>"
    assert notes == ["part of it stands behind a paywall on Substack"]


def test_embedded_things_become_links_pictures_and_quotes() -> None:
    html, _ = body(
        """<div class="digest-post-embed" data-attrs='{"title":"A walk","canonical_url":"https://example.org/p/walk"}'></div>"""
        """<div class="image-gallery-embed" data-attrs='{"gallery":{"images":[{"src":"https://example.org/1.png"}],"caption":"Two"}}'></div>"""
        """<div class="tweet" data-attrs='{"url":"https://example.com/s/1","full_text":"Rest.","name":"Mira"}'></div>"""
        """<div class="digest-post-embed" data-attrs='no json'></div>"""
    )
    assert '<p><a href="https://example.org/p/walk">A walk</a></p>' in html
    assert '<figure><img src="https://example.org/1.png" alt=""></figure><p>Two</p>' in html
    assert '<blockquote><p>Rest.</p><p><a href="https://example.com/s/1">Mira</a></p></blockquote>' in html


def test_picture_keeps_its_caption() -> None:
    html, _ = body(
        '<div class="captioned-image-container"><figure><a class="image-link" href="https://example.org/l.png"><div>'
        '<img src="https://example.org/s.png" alt="Tea">'
        '<div class="image-link-expand"><button>Zoom</button></div></div></a>'
        '<figcaption class="image-caption">My pot</figcaption></figure></div>'
    )
    assert 'alt="Tea"' in html
    assert "My pot</figcaption>" in html
    assert "Zoom" not in html
