from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources import offered
from newsletter.content.sources.exports.archive import read_archive
from newsletter.errors import SourceError
from packing import archive, packed

POST = "---\ntitle: {title}\nauthor: Nora Vale\n---\n\nBreathe in, count to four.\n"


def read(source: Source) -> Iterator[Offered]:
    return offered(source)


def found(source: Source) -> tuple[list[Item], list[LeftOut]]:
    everything = list(read_archive(source, False, read))
    items = [each for each in everything if isinstance(each, Item)]
    return items, [each for each in everything if isinstance(each, LeftOut)]


def test_each_file_that_may_be_an_article_is_read_by_its_name() -> None:
    items, left_out = found(
        archive({"posts/one.md": POST.format(title="One"), "two.md": POST.format(title="Two"), "img/tea.png": b"x"})
    )
    assert [item.name for item in items] == ["export.zip/posts/one.md", "export.zip/two.md"]
    assert [item.draft().title for item in items] == ["One", "Two"]
    assert left_out == []


def test_file_without_a_title_is_named_after_itself_and_not_after_the_archive() -> None:
    items, _ = found(archive({"2024-02-03-calm-evenings.md": "Breathe in, count to four.\n"}))
    assert items[0].draft().title == "Calm evenings"


def test_other_files_are_counted_by_kind() -> None:
    members = {"a.md": POST.format(title="A"), "site.css": "", "more.css": "", "Makefile": "", "README.md": "About"}
    _, left_out = found(archive(members))
    assert [each.reason for each in left_out] == [
        "2 css: no articles (more.css, site.css)",
        "1 file without a suffix: no article (Makefile)",
        "1 md: no article (README.md)",
    ]


def test_one_broken_file_does_not_keep_the_others_out() -> None:
    items, left_out = found(archive({"a.md": b"\x00\x01PDF", "b.md": "---\ntitle: [\n---\n", "c.md": "# Calm\n\nTea."}))
    readable = []
    for item in items:
        try:
            readable.append(item.draft().title)
        except SourceError as error:
            left_out.append(LeftOut(error.source, error.words, is_broken=True))
    assert readable == ["Calm"]
    assert {each.name for each in left_out} == {"export.zip/a.md", "export.zip/b.md"}


def test_archive_under_another_name_is_not_opened() -> None:
    inner = packed({"a.md": "words"})
    _, left_out = found(archive({"posts.md": inner, "feed.xml": inner}))
    assert [each.name for each in left_out] == ["export.zip/feed.xml", "export.zip/posts.md"]
    assert {each.reason for each in left_out} == {"archives within an archive are not read; import it by itself"}


def test_archive_without_any_article_is_refused() -> None:
    with pytest.raises(SourceError, match="the archive holds no article"):
        list(read_archive(archive({"tea.png": b"x", "style.css": ""}), False, read))


def test_json_that_is_no_article_is_only_counted() -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Calm", "items": []}
    asked = []

    def note(source: Source) -> Iterator[Offered]:
        asked.append(source.name)
        return iter(())

    list(read_archive(archive({"package.json": "{}", "feed.json": json.dumps(feed)}), False, note))
    assert asked == ["export.zip/feed.json"]


def test_ghost_export_in_an_archive_finds_its_pictures() -> None:
    post = {
        "id": "1",
        "title": "Tea",
        "status": "published",
        "html": '<p>Tea.</p><img src="__GHOST_URL__/content/images/t.png">',
    }
    data = json.dumps({"db": [{"meta": {"exported_on": 1}, "data": {"posts": [post]}}]})
    items, _ = found(archive({"export/blog.json": data, "export/content/images/t.png": b"picture"}))
    beside = items[0].beside
    assert 'src="content/images/t.png"' in items[0].draft().body_html
    assert beside is not None
    assert beside("content/images/t.png") == b"picture"


@pytest.mark.parametrize(
    ("article", "path", "member"),
    [
        ("posts/a.md", "tea.png", "posts/tea.png"),
        ("posts/a.md", "./pictures/tea.png", "posts/pictures/tea.png"),
        ("posts/a.md", "../pictures/tea.png", "pictures/tea.png"),
        ("posts/a.md", "pictures\\tea.png", "posts/pictures/tea.png"),
        ("posts/a.md", "pictures/tea.png", "pictures/tea.png"),
        ("content/posts/a/index.md", "tea.png", "content/posts/a/tea.png"),
        ("source/_posts/a.md", "tea.png", "source/_posts/a/tea.png"),
        ("content/posts/a.md", "/img/tea.png", "static/img/tea.png"),
        ("site/content/posts/a.md", "/img/tea.png", "site/static/img/tea.png"),
        ("site/src/posts/a.md", "/img/tea.png", "site/public/img/tea.png"),
        ("_posts/a.md", "/assets/tea.png", "assets/tea.png"),
        ("_posts/a.md", "{{ site.baseurl }}/assets/tea.png", "assets/tea.png"),
        ("posts/a.md", "my%20tea.png?w=600#top", "posts/my tea.png"),
        ("posts/a.md", "tee-für-zwei.png", "posts/tee-für-zwei.png"),
    ],
)
def test_picture_is_found_where_site_generators_keep_it(article: str, path: str, member: str) -> None:
    items, _ = found(archive({article: POST.format(title="Tea"), member: b"picture"}))
    beside = items[0].beside
    assert beside is not None
    assert beside(path) == b"picture"


@pytest.mark.parametrize(
    "path",
    ["https://example.org/tea.png", "//example.org/tea.png", "../../tea.png", "other.png", "", "a.md", "\x00", "[::1"],
)
def test_picture_that_is_not_there_is_none(path: str) -> None:
    items, _ = found(archive({"posts/a.md": POST.format(title="Tea"), "tea.jpg": b"picture"}))
    beside = items[0].beside
    assert beside is not None
    assert beside(path) is None


def test_damaged_picture_is_named() -> None:
    data = packed({"a.md": POST.format(title="Tea"), "tea.png": b"picture-bytes"}, 0)
    items, _ = found(Source("export.zip", io.BytesIO(data.replace(b"picture-bytes", b"picture-bytez"))))
    beside = items[0].beside
    assert beside is not None
    with pytest.raises(SourceError, match=r"export\.zip/tea\.png: the archive is damaged"):
        beside("tea.png")


@given(st.binary(max_size=400))
def test_any_bytes_after_the_mark_are_items_or_one_error(tail: bytes) -> None:
    try:
        items, _ = found(Source("export.zip", io.BytesIO(b"PK" + tail)))
        for item in items:
            item.draft()
    except SourceError as error:
        assert "\n" not in str(error)


NAMES = st.sampled_from(
    """
    posts.csv posts/1.tea.html posts/draft_Tea-0a1b2c3d.html profile/profile.html emails.json emails.csv emails/tea.md
    blog.json posts/a.md table.csv
    """.split()
)
CONTENTS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            "post_id,post_date,is_published,title\n1.tea,2024-01-01,true,Tea\n2,x\n",
            '{"db":[{"data":{"posts":[{"id":1,"html":"<p>Tea"},3,[]],"tags":[{}]}}]}',
            '{"data":{"posts":[{"lexical":"[1]"},{"mobiledoc":"{}"}]}}',
            '[{"slug":"tea","subject":"Tea"},1]',
            "id,web_title,content_html\n1,Tea,<p>Tea\n",
            '<article class="h-entry"><h1 class="p-name">Tea</h1><section data-field="body" class="e-content"><p>T',
        ]
    ).map(str.encode),
)


@given(st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=5))
def test_any_contents_of_an_export_are_items_or_said_to_be_broken(members: dict[str, bytes]) -> None:
    try:
        items, left_out = found(archive(dict(members)))
    except SourceError as error:
        assert str(error).startswith("export.zip")
        return
    assert all("\n" not in each.name + each.reason for each in left_out)
    for item in items:
        try:
            item.draft()
        except SourceError as error:
            assert str(error).startswith("export.zip")
