"""What an export says of a post, and what comes of it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from newsletter.content.sources.wordpress.items import MAX_SUMMARY
from newsletter.errors import SourceError
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus
from wordpress_export import SITE, articles, attachment, author, draft, export, left_out, post, term

JANE = author("jane", "Jane Doe, LCSW")


def test_fields_of_a_post_become_those_of_its_article() -> None:
    item = post(
        title="Rest &amp; <em>Quiet</em>",
        excerpt="<p>How to <b>rest</b>\n&amp; why.</p>",
        terms=term("category", "Tools &amp; Habits") + term("category", "Uncategorized") + term("post_tag", "evening"),
        post_modified="2024-05-06 08:00:00",
    )
    found = draft(item, head=JANE)
    assert found.title == "Rest & Quiet"
    assert found.summary == "How to rest & why."
    assert (found.slug, found.source_url) == ("a-calm-evening", f"{SITE}/a-calm-evening/")
    assert (found.published, found.updated) == (date(2024, 3, 3), date(2024, 5, 6))
    assert (found.categories, found.tags, found.language) == (("Tools & Habits",), ("evening",), "en-US")
    assert found.authors == (Author("Jane Doe", "LCSW", email="jane@example.org"),)
    assert found.body_html == "<p>Some words.</p>"
    assert (found.status, found.page_url, found.notes) == (ArticleStatus.READY, "", ())


def test_item_is_named_by_its_title_and_known_by_its_guid() -> None:
    (item,) = articles(export(post()))
    assert (item.name, item.key) == ("A calm evening", f"{SITE}/?p=7")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_every_version_of_the_format_is_read(version: str) -> None:
    assert articles(export(post(), version=version))[0].draft().title == "A calm evening"


def test_first_version_repeats_its_terms_without_a_domain() -> None:
    plain = "<category><![CDATA[Sleep]]></category><category><![CDATA[evening]]></category>"
    found = draft(post(terms=plain + term("category", "Sleep") + term("tag", "evening")))
    assert (found.categories, found.tags) == (("Sleep",), ("evening",))


def test_terms_of_other_kinds_are_no_topics() -> None:
    found = draft(post(terms=term("post_format", "Aside") + term("language", "Deutsch", "de")))
    assert (found.categories, found.tags, found.language) == ((), (), "de")


@pytest.mark.parametrize(
    ("status", "expected", "words"),
    [
        ("publish", ArticleStatus.READY, ""),
        ("draft", ArticleStatus.DRAFT, ""),
        ("pending", ArticleStatus.DRAFT, ""),
        ("private", ArticleStatus.DRAFT, "its own staff"),
    ],
)
def test_status_of_a_post_decides_whether_it_may_be_picked(status: str, expected: ArticleStatus, words: str) -> None:
    found = draft(post(status=status), head=JANE)
    assert found.status is expected
    assert words in " ".join(found.notes)
    assert bool(found.notes) == bool(words)


def test_post_that_is_planned_is_not_sent_before_its_day() -> None:
    found = draft(post(status="future", post_date="2031-04-05 08:00:00"))
    assert (found.status, found.not_before) == (ArticleStatus.READY, date(2031, 4, 5))


def test_post_behind_a_password_stays_a_draft_and_says_why() -> None:
    found = draft(post("", post_password="harbour"))
    assert found.status is ArticleStatus.DRAFT
    assert any("password" in note for note in found.notes)
    assert found.page_url == ""


def test_address_that_only_numbers_a_draft_is_no_permalink() -> None:
    numbered = f"{SITE}/?p=7"
    assert draft(post(status="draft", link=numbered)).source_url == ""
    assert draft(post(status="publish", link=numbered)).source_url == numbered


def test_date_that_was_never_set_is_that_of_the_feed_or_none() -> None:
    assert draft(post(post_date="0000-00-00 00:00:00")).published == date(2024, 3, 4)
    without = post(post_date="0000-00-00 00:00:00").replace("Mon, 04 Mar 2024 04:30:00 +0000", "")
    assert draft(without).published is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("%d1%81%d0%be%d0%bd", "article-"),
        ("2017", "article-2017"),
        ("gr%c3%bc%c3%9fe-aus-bern", "grusse-aus-bern"),
        ("", ""),
    ],
)
def test_slug_is_the_one_of_the_address_made_fit(name: str, slug: str) -> None:
    assert draft(post(post_name=name)).slug.startswith(slug)


def test_post_without_a_title_is_taken_and_says_so() -> None:
    found = draft(post(title="", post_name=""))
    assert (found.title, found.slug) == ("", "post-7")
    assert "no title found" in found.notes


def test_title_that_is_too_long_is_that_post_s_own_error() -> None:
    first, second = articles(export(post(title="long " * 200), post()))
    with pytest.raises(SourceError, match=r"export\.xml: the title of 'long .* has 999 characters; at most 300"):
        first.draft()
    assert second.draft().title == "A calm evening"


def test_description_for_search_engines_stands_in_for_an_excerpt() -> None:
    described = {"_yoast_wpseo_metadesc": "What a quiet hour does."}
    assert draft(post(meta=described)).summary == "What a quiet hour does."
    assert draft(post(meta=described, excerpt="The excerpt.")).summary == "The excerpt."
    assert draft(post(meta={"rank_math_description": "%excerpt% at %sitename%"})).summary == ""
    assert draft(post(excerpt="word " * MAX_SUMMARY)).summary == ""


def test_featured_image_is_found_wherever_its_attachment_stands() -> None:
    picture = attachment(9, f"{SITE}/lamp.jpg", "A lamp &amp; a chair", "Photo by Ann Poe on Unsplash")
    expected = Hero(f"{SITE}/lamp.jpg", "A lamp & a chair", "Ann Poe", "Unsplash")
    item = post(meta={"_thumbnail_id": "9"})
    assert draft(item, picture).hero == expected
    assert draft(picture, item).hero == expected


def test_caption_that_is_no_credit_is_none() -> None:
    picture = attachment(9, f"{SITE}/lamp.jpg", caption="The lamp in our waiting room, lit at four in the afternoon.")
    assert draft(picture, post(meta={"_thumbnail_id": "9"})).hero == Hero(f"{SITE}/lamp.jpg")


def test_featured_image_that_the_export_lacks_is_noted() -> None:
    found = draft(post(meta={"_thumbnail_id": "9"}))
    assert found.hero is None
    assert any("featured image" in note for note in found.notes)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (author("jane", "Jane Doe"), "Jane Doe"),
        (author("jane", "jane", "Jane", "Doe"), "Jane Doe"),
        (author("jane", "jane@example.org", "Jane", "Doe"), "Jane Doe"),
        (author("jane", "jane"), "jane"),
        ("", "jane"),
    ],
)
def test_author_is_named_as_readers_know_them(head: str, name: str) -> None:
    assert [each.name for each in draft(post(), head=head).authors] == [name]


@pytest.mark.parametrize(
    "head",
    [
        author("jane", "admin"),
        author("jane", "Administrator"),
        author("jane", "Harbour House"),
        author("jane", "The Harbour Team"),
        author("jane", "office@example.org"),
        author("jane", "example.org"),
        author("jane", "Webmaster2"),
    ],
)
def test_admin_of_the_site_is_no_author(head: str) -> None:
    found = draft(post(), head=head)
    assert found.authors == ()
    assert any("no author found: the site names only" in note for note in found.notes)


def test_person_whose_login_is_admin_is_one() -> None:
    assert [each.name for each in draft(post(), head=author("jane", "Jane Doe")).authors] == ["Jane Doe"]
    assert [each.name for each in draft(post(creator="admin"), head=author("admin", "Ann Poe")).authors] == ["Ann Poe"]


def test_co_authors_are_all_named_with_what_their_profiles_say() -> None:
    guest = post(
        "",
        "Ann Poe",
        number=20,
        kind="guest-author",
        meta={
            "cap-display_name": "Ann Poe, PhD",
            "cap-user_login": "ann-poe",
            "cap-description": "Ann <b>listens</b>.\n\nShe likes tea.",
            "cap-website": "https://example.org/ann",
        },
    )
    terms = term("author", "ann-poe", "cap-ann-poe") + term("author", "jane", "cap-jane")
    found = draft(post(creator="admin", terms=terms), guest, head=JANE)
    ann, jane = found.authors
    assert ann == Author("Ann Poe", "PhD", bio="Ann listens.\n\nShe likes tea.", url="https://example.org/ann")
    assert (jane.name, jane.credentials) == ("Jane Doe", "LCSW")


def test_biography_that_a_plugin_exports_is_taken() -> None:
    bio = "<wp:author_description><![CDATA[Jane works by the sea.]]></wp:author_description>"
    assert draft(post(), head=author("jane", "Jane Doe", more=bio)).authors[0].bio == "Jane works by the sea."


def test_what_is_no_article_is_counted_by_its_kind() -> None:
    comment = "<wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_content>Hm</wp:comment_content></wp:comment>"
    data = export(
        post(more=comment * 3),
        attachment(9, f"{SITE}/lamp.jpg"),
        attachment(10, f"{SITE}/form.pdf"),
        post(kind="page", number=11),
        post(kind="revision", status="inherit", number=12),
        post(kind="nav_menu_item", number=13),
        post(kind="testimonial", number=14),
        post(status="trash", number=15),
        post(status="auto-draft", number=16),
        post("  ", "", number=17),
    )
    assert list(left_out(data)) == [
        "3 comments",
        "2 attachments",
        "1 page",
        "1 revision",
        "1 menu item",
        "1 item 'testimonial'",
        "1 post in the trash",
        "1 automatic draft",
        "1 post",
    ]
    assert left_out(data)["2 attachments"] == "no articles"
    assert len(articles(data)) == 1


def test_pages_are_articles_when_they_are_asked_for() -> None:
    data = export(post(), post(kind="page", title="About us", number=8))
    assert [item.name for item in articles(data)] == ["A calm evening"]
    assert [item.name for item in articles(data, pages=True)] == ["A calm evening", "About us"]


def test_post_whose_text_is_elsewhere_names_its_page() -> None:
    found = draft(post("[elementor-template id='4']\n<!-- wp:spacer --><div></div><!-- /wp:spacer -->"))
    assert found.page_url == f"{SITE}/a-calm-evening/"
    assert found.body_html == ""
    assert "no text in the export" in found.notes


def test_text_that_elementor_keeps_beside_the_post_is_read() -> None:
    widgets = [
        {"widgetType": "heading", "settings": {"title": "First <i>steps</i>"}},
        {"widgetType": "text-editor", "settings": {"editor": "<p>Sit down.</p>"}},
        {"widgetType": "button", "settings": {"text": "Write", "link": {"url": "https://example.org/write"}}},
        {"widgetType": "image", "settings": {"image": {"url": "https://example.org/a.jpg", "alt": "A"}}},
        {"widgetType": "icon-list", "settings": {"icon_list": [{"text": "one"}, "broken", {"text": 4}]}},
        {"widgetType": "slides", "settings": []},
    ]
    data = json.dumps([{"elType": "section", "settings": [], "elements": [{"elements": widgets}]}])
    found = draft(post("", meta={"_elementor_data": data}))
    assert "<h2>First steps</h2>" in found.body_html
    assert "<p>Sit down.</p>" in found.body_html
    assert '<img src="https://example.org/a.jpg" alt="A">' in found.body_html
    assert "one" in found.body_html
    assert found.page_url == ""


@pytest.mark.parametrize("data", ["[", "4", '{"elements": 4}', "[" * 100_000, '[{"elements": [null, 4]}]'])
def test_widgets_that_cannot_be_read_leave_the_body_empty(data: str) -> None:
    assert draft(post("", meta={"_elementor_data": data})).page_url == f"{SITE}/a-calm-evening/"


def test_same_export_gives_the_same_digests() -> None:
    data = export(post(), post("[gallery ids='9']", number=8), attachment(9, f"{SITE}/lamp.jpg"), head=JANE)
    assert [item.digest for item in articles(data)] == [item.digest for item in articles(data)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Some words.", "Other words."),
        (f"{SITE}/lamp.jpg", f"{SITE}/lamp-2.jpg"),
        (f"{SITE}/inside.jpg", f"{SITE}/inside-2.jpg"),
        ("Jane Doe", "Jane Roe"),
        ("<title>Harbour House</title>", "<title>Jane Doe, LCSW</title>"),
        ("A lamp", "A candle"),
        ("publish", "draft"),
        ("Sleep", "Rest"),
        ("2024-03-03 23:40:00", "2024-03-09 23:40:00"),
        ("en-US", "en-GB"),
    ],
)
def test_whatever_changes_the_draft_changes_the_digest(before: str, after: str) -> None:
    meta = {"_thumbnail_id": "9"}
    item = post('Some words. [gallery ids="10"]', meta=meta, terms=term("category", "Sleep"))
    pictures = attachment(9, f"{SITE}/lamp.jpg", "A lamp") + attachment(10, f"{SITE}/inside.jpg")
    data = export(item, pictures, head=JANE)
    changed = data.replace(before.encode(), after.encode())
    (first,), (second,) = articles(data), articles(changed)
    assert first.draft() != second.draft()
    assert first.digest != second.digest


def test_neighbour_that_changes_leaves_the_digest_alone() -> None:
    (first, _), (second, _) = (articles(export(post(), post(other, number=8))) for other in ("One.", "Two."))
    assert first.digest == second.digest
