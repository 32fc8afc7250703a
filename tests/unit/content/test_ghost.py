from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports.ghost import looks_like_ghost, read_ghost
from newsletter.content.sources.exports.ghost_bodies import read_body
from newsletter.errors import SourceError
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus

POST = {
    "id": "6400aa00bb11cc22dd33ee44",
    "title": "Evenings without a screen",
    "slug": "evenings-without-a-screen",
    "html": '<p>Put the phone in a drawer.</p><img src="__GHOST_URL__/content/images/drawer.jpg" alt="A drawer">',
    "feature_image": "__GHOST_URL__/content/images/lamp.jpg",
    "type": "post",
    "status": "published",
    "visibility": "public",
    "published_at": "2023-03-02T19:00:00.000Z",
    "updated_at": "2023-04-05T08:00:00.000Z",
    "custom_excerpt": "A quiet hour before bed.",
    "canonical_url": "https://example.org/evenings/",
}
TABLES: dict[str, list[Any]] = {
    "posts_authors": [
        {"post_id": POST["id"], "author_id": "u2", "sort_order": 1},
        {"post_id": POST["id"], "author_id": "u1", "sort_order": 0},
    ],
    "posts_meta": [
        {
            "post_id": POST["id"],
            "feature_image_alt": "A lamp",
            "feature_image_caption": "<span>Photo by <a href='#'>Mira Holt</a> / <a href='#'>Unsplash</a></span>",
            "meta_description": "Never used beside an excerpt",
        }
    ],
    "posts_tags": [
        {"post_id": POST["id"], "tag_id": "t2", "sort_order": 1},
        {"post_id": POST["id"], "tag_id": "t1", "sort_order": 0},
        {"post_id": POST["id"], "tag_id": "t3", "sort_order": 2},
    ],
    "settings": [{"key": "locale", "value": "en-GB"}, {"key": "db_hash", "value": "secret"}],
    "tags": [
        {"id": "t1", "name": "Sleep", "visibility": "public"},
        {"id": "t2", "name": "Habits", "visibility": "public"},
        {"id": "t3", "name": "#no-mail", "visibility": "internal"},
    ],
    "users": [
        {"id": "u1", "name": "Nora Vale", "bio": "Counsels tired people.", "website": "https://example.org/nora",
         "profile_image": "__GHOST_URL__/content/images/nora.jpg", "email": "nora@example.org"},
        {"id": "u2", "name": "Ben Arlo", "bio": None, "website": None, "profile_image": None},
    ],
}  # fmt: skip


def export(posts: list[Any], tables: dict[str, list[Any]] | None = None, wrapped: bool = True) -> Source:
    inner = {"meta": {"exported_on": 1700000000000, "version": "5.70.0"}, "data": {"posts": posts, **(tables or {})}}
    data = json.dumps({"db": [inner]} if wrapped else inner).encode()
    assert looks_like_ghost(data)
    return Source("blog.json", io.BytesIO(data))


def only(found: list[Offered]) -> Item:
    assert len(found) == 1
    assert isinstance(found[0], Item)
    return found[0]


def read(post: dict[str, Any]) -> Item:
    return only(list(read_ghost(export([{**POST, **post}], TABLES), pages=False)))


@pytest.mark.parametrize("wrapped", [True, False])
def test_post_is_read_with_all_that_stands_in_other_tables(wrapped: bool) -> None:
    item = only(list(read_ghost(export([POST], TABLES, wrapped), pages=False)))
    draft = item.draft()
    assert (item.name, item.key) == ("Evenings without a screen", POST["id"])
    assert (draft.title, draft.slug) == ("Evenings without a screen", "evenings-without-a-screen")
    assert (draft.published, draft.updated) == (date(2023, 3, 2), date(2023, 4, 5))
    assert draft.summary == "A quiet hour before bed."
    assert draft.source_url == "https://example.org/evenings/"
    assert draft.language == "en-GB"
    assert draft.status is ArticleStatus.READY
    assert (draft.categories, draft.tags) == (("Sleep",), ("Sleep", "Habits"))
    assert draft.hero == Hero("content/images/lamp.jpg", "A lamp", "Mira Holt", "Unsplash")
    assert [author.name for author in draft.authors] == ["Nora Vale", "Ben Arlo"]
    assert draft.authors[0] == Author(
        "Nora Vale", bio="Counsels tired people.", photo="content/images/nora.jpg", url="https://example.org/nora"
    )
    assert 'src="content/images/drawer.jpg"' in draft.body_html


def test_export_of_an_old_ghost_is_read() -> None:
    old = {"id": 5, "title": "Tea", "slug": "tea", "markdown": "Warm *tea*.", "image": None, "page": 0, "author_id": 1,
           "status": "published", "published_at": 1388805572000}  # fmt: skip
    users = [{"id": 1, "name": "Nora Vale"}]
    draft = only(list(read_ghost(export([old], {"users": users}, wrapped=False), pages=False))).draft()
    assert draft.published == date(2014, 1, 4)
    assert [author.name for author in draft.authors] == ["Nora Vale"]
    assert "<em>tea</em>" in draft.body_html


@pytest.mark.parametrize(
    ("status", "read_as"),
    [("published", ArticleStatus.READY), ("sent", ArticleStatus.READY), ("draft", ArticleStatus.DRAFT)],
)
def test_status(status: str, read_as: ArticleStatus) -> None:
    assert read({"status": status}).draft().status is read_as


def test_scheduled_post_waits_for_its_day() -> None:
    draft = read({"status": "scheduled", "published_at": "2031-01-02T08:00:00.000Z"}).draft()
    assert (draft.status, draft.not_before) == (ArticleStatus.READY, date(2031, 1, 2))


def test_post_for_paying_readers_says_so() -> None:
    assert "on its site only paying readers see it" in read({"visibility": "paid"}).draft().notes
    assert read({"visibility": "public"}).draft().notes == read({}).draft().notes


def test_caption_that_is_no_credit_is_noted() -> None:
    meta = [{"post_id": POST["id"], "feature_image_caption": "The lamp my aunt gave me."}]
    draft = only(list(read_ghost(export([POST], {"posts_meta": meta}), pages=False))).draft()
    assert draft.hero == Hero("content/images/lamp.jpg")
    assert "the caption of its picture was left out: The lamp my aunt gave me." in draft.notes


def test_pages_are_counted_unless_they_are_asked_for() -> None:
    page = {**POST, "type": "page"}
    assert list(read_ghost(export([page, page]), pages=False)) == [
        LeftOut("blog.json", "2 of its pages; only posts are taken, unless pages are asked for")
    ]
    assert isinstance(next(read_ghost(export([page]), pages=True)), Item)


def test_empty_draft_is_left_out() -> None:
    lexical = json.dumps({"root": {"type": "root", "children": [{"type": "paragraph", "children": []}]}})
    empty = {"title": "(Untitled)", "status": "draft", "html": None, "lexical": lexical}
    assert list(read_ghost(export([empty]), pages=False)) == [LeftOut("(Untitled)", "it is an empty draft")]


def test_digest_follows_the_post_and_all_that_belongs_to_it() -> None:
    def digest(post: dict[str, Any], bio: str) -> str:
        users = [{"id": "u1", "name": "Nora Vale", "bio": bio}]
        tables = {**TABLES, "users": users}
        return only(list(read_ghost(export([{**POST, **post}], tables), pages=False))).digest

    assert digest({}, "Old") == digest({}, "Old")
    assert len({digest({}, "Old"), digest({}, "New"), digest({"title": "Other"}, "Old")}) == 3


def test_one_broken_row_does_not_keep_the_others_out() -> None:
    first, second = read_ghost(export([["no post"], POST]), pages=False)
    assert first == LeftOut("blog.json, post 1", "row 1 of its table 'posts' is no JSON object", is_broken=True)
    assert isinstance(second, Item)


def test_file_that_breaks_off_keeps_the_posts_before() -> None:
    whole = export([POST, {**POST, "title": "Second"}], TABLES)
    data = whole.stream.read()
    found = []
    with pytest.raises(SourceError, match="ends too early"):
        for each in read_ghost(Source("blog.json", io.BytesIO(data[: data.index(b"posts_tags")])), pages=False):
            found.append(each)
    drafts = [each.draft() for each in found if isinstance(each, Item)]
    assert [draft.title for draft in drafts] == [POST["title"], "Second"]
    assert "the file ends too early: authors, tags and more may be missing" in drafts[0].notes
    # Not the same as in the whole file: that one mends them.
    again = [each.digest for each in read_ghost(whole, pages=False) if isinstance(each, Item)]
    assert not {each.digest for each in found if isinstance(each, Item)} & set(again)


def test_row_of_another_table_that_is_none_is_passed_over() -> None:
    assert only(list(read_ghost(export([POST], {"tags": ["odd", {"id": "t1"}]}), pages=False))).draft().tags == ()


def test_json_without_posts_is_no_export() -> None:
    with pytest.raises(SourceError, match="it has no table `posts`"):
        list(read_ghost(Source("x.json", io.BytesIO(b'{"data": {"tags": []}}')), pages=False))


@pytest.mark.parametrize(
    "head", [b"", b"[]", b'{"name": "site"}', b'{"version": "https://jsonfeed.org/version/1", "data": {"posts"']
)
def test_other_json_is_not_taken_for_an_export(head: bytes) -> None:
    assert not looks_like_ghost(head)


def body(**fields: str) -> str:
    return read_body(fields, "blog.json")


def lexical(*children: dict[str, Any]) -> str:
    return body(lexical=json.dumps({"root": {"type": "root", "children": list(children)}}))


def text(words: str, marks: int = 0) -> dict[str, Any]:
    return {"type": "extended-text", "text": words, "format": marks}


def test_lexical_without_html_is_written_out() -> None:
    assert lexical(
        {"type": "extended-heading", "tag": "h2", "children": [text("Tea & calm")]},
        {
            "type": "paragraph",
            "children": [
                text("Sip "),
                text("slowly", 3),
                {"type": "link", "url": "https://example.org", "children": [text("here")]},
            ],
        },
        {"type": "list", "listType": "number", "children": [{"type": "listitem", "children": [text("Pour")]}]},
        {"type": "image", "src": "__GHOST_URL__/content/images/t.jpg", "alt": "A pot", "caption": "Mine"},
        {"type": "markdown", "markdown": "**Last**"},
        {"type": "signup", "header": "Join"},
    ) == (
        "<h2>Tea &amp; calm</h2>"
        '<p>Sip <em><strong>slowly</strong></em><a href="https://example.org">here</a></p>'
        "<ol><li>Pour</li></ol>"
        '<figure><img src="content/images/t.jpg" alt="A pot"><figcaption>Mine</figcaption></figure>'
        "<p><strong>Last</strong></p>\n"
    ).replace("<p><strong>Last</strong></p>\n", body(markdown="**Last**"))


def test_lexical_nested_without_end_is_cut() -> None:
    node: dict[str, Any] = text("deep")
    for _ in range(300):
        node = {"type": "quote", "children": [node]}
    assert "deep" not in lexical(node, {"type": "paragraph", "children": [text("kept")]})


def test_mobiledoc_without_html_is_written_out() -> None:
    document = {
        "version": "0.3.1",
        "markups": [["strong"], ["a", ["href", "https://example.org"]], ["script"]],
        "atoms": [["soft-return", "", {}]],
        "cards": [["card-markdown", {"markdown": "*Warm*"}], ["image", {"src": "t.jpg", "alt": "Pot"}], ["hr", {}]],
        "sections": [
            [1, "h2", [[0, [], 0, "Tea"]]],
            [1, "p", [[0, [0], 0, "Bold "], [0, [1], 2, "link"], [1, [], 0, 0], [0, [2], 1, "<plain>"]]],
            [3, "ul", [[[0, [], 0, "Pour"]]]],
            [10, 0], [10, 1], [10, 2], [10, 9], ["odd"], 7,
        ],
    }  # fmt: skip
    assert body(mobiledoc=json.dumps(document)) == (
        "<h2>Tea</h2>"
        '<p><strong>Bold <a href="https://example.org">link</a></strong><br>&lt;plain&gt;</p>'
        "<ul><li>Pour</li></ul>" + body(markdown="*Warm*") + '<figure><img src="t.jpg" alt="Pot"></figure><hr>'
    )


def test_text_alone_is_better_than_nothing() -> None:
    assert "Sip slowly." in body(plaintext="Sip slowly.")
    assert body() == ""


def test_cards_are_links_and_what_asks_to_sign_up_goes() -> None:
    html = (
        "<p>Before</p>"
        '<figure class="kg-card kg-bookmark-card"><a class="kg-bookmark-container" href="https://example.org/x">'
        '<div class="kg-bookmark-title">A walk</div><img src="icon.png"></a></figure>'
        '<div class="kg-card kg-signup-card"><h2>Join us</h2><button>Go</button></div>'
        '<div class="kg-file-card"><a href="https://example.org/plan.pdf">'
        '<div class="kg-file-card-title">Plan</div></a></div>'
        '<div class="kg-audio-card"><audio src="https://example.org/a.mp3"></audio>'
        '<div class="kg-audio-title">Calm</div></div>'
        "<p>After</p>"
    )
    found = body(html=html)
    assert '<p><a href="https://example.org/x">A walk</a></p>' in found
    assert '<p><a href="https://example.org/plan.pdf">Plan</a></p>' in found
    assert '<p><a href="https://example.org/a.mp3">Calm</a></p>' in found
    assert "Join us" not in found
    assert "icon.png" not in found
    assert found.startswith("<p>Before</p>")
    assert found.endswith("<p>After</p>")
