from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports.archive import read_archive
from newsletter.content.sources.exports.beehiiv import looks_like_beehiiv, read_beehiiv
from newsletter.errors import SourceError
from newsletter.model import Hero
from newsletter.states import ArticleStatus
from packing import archive

ROW = {
    "id": "post-1",
    "web_title": "Rain on the roof",
    "status": "confirmed",
    "audience": "free",
    "url": "https://calm.example.org/p/rain-on-the-roof",
    "web_subtitle": "A sound to sleep by",
    "email_subject_line": "Rain!",
    "email_preview_text": "Listen.",
    "content_html": "<table><tr id='content-blocks'><td><p>It drums, and we rest.</p></td></tr></table>",
    "thumbnail_url": "uploads/asset/file/1/rain.png",
    "created_at": "2023-01-18 21:25:27",
}


def table(*rows: dict[str, str]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def read(**fields: str) -> list[Offered]:
    return list(read_beehiiv(Source("posts.csv", io.BytesIO(table({**ROW, **fields})))))


def only(offered: list[Offered]) -> Item:
    assert len(offered) == 1
    assert isinstance(offered[0], Item)
    return offered[0]


def body(html: str, **fields: str) -> str:
    return only(read(content_html=html, **fields)).draft().body_html.strip()


def test_post_is_read_from_its_row() -> None:
    item = only(read())
    draft = item.draft()
    assert (item.name, item.key) == ("Rain on the roof", "beehiiv:post-1")
    assert (draft.title, draft.slug, draft.subtitle) == ("Rain on the roof", "rain-on-the-roof", "A sound to sleep by")
    assert (draft.summary, draft.published) == ("Listen.", date(2023, 1, 18))
    assert draft.status is ArticleStatus.READY
    assert draft.source_url == ROW["url"]
    assert draft.hero == Hero("https://media.beehiiv.com/cdn-cgi/image/quality=100/uploads/asset/file/1/rain.png")
    assert draft.body_html.strip() == "<p>It drums, and we rest.</p>"


@pytest.mark.parametrize("status", ["draft", "archived", "scheduled", ""])
def test_what_was_not_sent_is_a_draft(status: str) -> None:
    assert only(read(status=status)).draft().status is ArticleStatus.DRAFT


def test_post_for_paying_readers_says_so() -> None:
    assert "on beehiiv only paying readers see it" in only(read(audience="All premium subscribers")).draft().notes


def test_post_without_text_is_left_out() -> None:
    assert read(content_html=" ") == [LeftOut("Rain on the roof", "it has no text")]


def test_email_around_the_article_goes() -> None:
    html = body(
        "<div style='display:none;max-height:0'>Preview words</div><table role='presentation'><tbody><tr><td>"
        "<table class='mob-block'><tr><td>Share</td></tr></table></td></tr><tr id='content-blocks'><td>"
        "<table><tr><td><h1>Rain on the roof</h1></td></tr></table>"
        "<table><tr><td><img src='https://media.beehiiv.com/cdn-cgi/image/q=80/uploads/asset/file/1/rain.png'></td></tr></table>"
        "<p>It drums.</p><p>...</p><p>Dear {{first_name}}, rest.</p><p><a href='{{rp_referral_hub_url}}'>Refer</a></p>"
        "<table><tr><th>Mm</th><th>Hour</th></tr><tr><td>3</td><td>Night</td></tr></table></td></tr>"
        "<tr><td class='b'>Unsubscribe</td></tr></tbody></table>"
        "<div data-open-tracking='true'>{{OPEN_TRACKING_PIXEL}}</div>"
    )
    assert html.startswith("<p>It drums.</p>")
    assert "<hr>" in html
    assert html.count("<table>") == 1
    assert "<td>Night</td>" in html
    for gone in ("Preview", "Share", "Rain on the roof", "rain.png", "{{", "Refer", "Unsubscribe"):
        assert gone not in html


def test_paragraph_that_calls_the_reader_by_name_keeps_its_words() -> None:
    long = "When the rain comes, {{first_name}}, <em>open</em> the window a little and lie down with the sound of it."
    assert "open</em> the window" in (html := body(f"<p>{long}</p>"))
    assert "{{" not in html


def test_article_without_the_known_part_is_kept_whole() -> None:
    assert body("<p>Only this.</p>") == "<p>Only this.</p>"


def test_ragged_row_is_named_by_its_line() -> None:
    first, second = read_beehiiv(Source("posts.csv", io.BytesIO(table(ROW).replace(b"\r\n", b"\r\n1,2\r\n", 1))))
    assert first == LeftOut("posts.csv", "line 2 has 2 fields, other than the first line", is_broken=True)
    assert isinstance(second, Item)


def test_export_in_an_archive_is_read_and_another_table_is_counted() -> None:
    members: dict[str, bytes | str] = {"posts.csv": table(ROW), "subscribers.csv": "email\nada@example.org\n"}
    found = list(read_archive(archive(members), False, lambda source: iter(())))
    assert [type(each) for each in found] == [Item, LeftOut]
    assert found[1] == LeftOut("export.zip", "1 csv: no article (subscribers.csv)")


def test_export_is_told_by_its_first_line() -> None:
    assert looks_like_beehiiv(b"\xef\xbb\xbf" + table())
    assert not looks_like_beehiiv(b"email,name\n")
    assert not looks_like_beehiiv(b"")


def test_digest_follows_the_row() -> None:
    assert only(read()).digest == only(read()).digest
    assert only(read()).digest != only(read(web_subtitle="Other")).digest


def test_flood_of_tags_is_one_line() -> None:
    with pytest.raises(SourceError, match=r"posts\.csv, line 2: its HTML has 250,000 tags"):
        only(read(content_html="<p>a" * 250_000)).draft()


def test_flood_of_attributes_is_read_without_them() -> None:
    flood = " ".join(f"a{number}=1" for number in range(150_000))
    assert body(f"<p {flood}>Rest.</p>") == "<p>Rest.</p>"
