from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.cleaning import clean
from newsletter.content.cleaning.allowed import ALLOWED, MAX_DEPTH


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<h1>A</h1><h2>B</h2><h5>C</h5>", "<h2>A</h2>\n<h2>B</h2>\n<h3>C</h3>"),
        ("hello <b>you</b>", "<p>hello <strong>you</strong></p>"),
        ("<div>one</div><div>two</div>", "<p>one</p>\n<p>two</p>"),
        ("<p>a</p><p> </p><p><em> </em></p>", "<p>a</p>"),
        (
            '<a href="http://x.example/"><h2>T</h2></a>',
            '<h2><a href="http://x.example/">T</a></h2>',
        ),
        ("<ul><li>a<ul><li>b</ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("<ul>loose<li>a</ul>", "<ul><li>loose</li><li>a</li></ul>"),
        ("<blockquote>said</blockquote>", "<blockquote><p>said</p></blockquote>"),
        ("<pre>\n\n a\n  b</pre>", "<pre> a\n  b</pre>"),
        ('<ol start="3"><li>c</ol>', '<ol start="3"><li>c</li></ol>'),
        ("1 < 2 & {{ name }} {% raw %}", "<p>1 &lt; 2 &amp; {{ name }} {% raw %}</p>"),
        ('<p lang="de" class="x" style="color:red" title="t">a</p>', "<p>a</p>"),
    ],
)
def test_what_an_article_may_contain(html: str, cleaned: str) -> None:
    assert clean(html) == cleaned


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>x",
        "<style>p{}</style>x",
        "<iframe src=http://x></iframe>x",
        "<svg><script>alert(1)</script></svg>x",
        "<template>secret</template>x",
        "<title>secret</title>x",
        "<!-- secret -->x",
        "<noscript><img src=http://x/a.png></noscript>x",
        "<form><input value=secret></form>x",
        "<object data=http://x></object>x",
    ],
)
def test_active_parts_go_with_their_content(html: str) -> None:
    assert clean(html) == "<p>x</p>"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "ftp://x/",
        "#part",
        "/path",
        "http:",
        "http://[x",
    ],
)
def test_link_elsewhere_than_web_or_mail_keeps_its_words_only(address: str) -> None:
    assert clean(f'<p><a href="{address}">words</a></p>') == "<p>words</p>"


def test_links_to_web_and_mail_stay() -> None:
    html = '<p><a href="https://example.org/a?b=1&amp;c=2">a</a> <a href="mailto:ada@example.org">b</a></p>'
    assert clean(html) == html


def test_relative_link_is_resolved_where_the_base_is_known() -> None:
    assert 'href="https://example.org/b"' in clean('<a href="/b">x</a>', "https://example.org/a/")


@pytest.mark.parametrize(
    ("source", "base_url", "kept"),
    [
        ("media/a.png", "", "media/a.png"),
        ("media/a.png", "https://base.example/posts/", "https://base.example/posts/media/a.png"),
        ("/a.png", "https://base.example/posts/", "https://base.example/a.png"),
        ("https://example.org/a.png", "https://base.example/", "https://example.org/a.png"),
        ("//example.org/a.png", "", "https://example.org/a.png"),
    ],
)
def test_picture_keeps_its_address_and_a_path_is_resolved_where_the_base_is_known(
    source: str, base_url: str, kept: str
) -> None:
    html = f'<img src="{source}" alt="A &quot;b&quot;" width="10" onerror="x()">'
    assert clean(html, base_url) == f'<p><img src="{kept}" alt="A &quot;b&quot;" width="10"></p>'


@pytest.mark.parametrize("source", ["data:image/png;base64,x", "mailto:a@b", "javascript:x", "", "file:///etc/passwd"])
def test_picture_from_anywhere_else_goes(source: str) -> None:
    assert clean(f'<p>a<img src="{source}"></p>') == "<p>a</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000 + "x",
        "<blockquote>" * 50_000 + "x",
        "<ul><li>" * 50_000 + "x",
        "<table><tr><td>" * 20_000 + "x",
        "<div><table><tr><td></div>" * 20_000 + "x",
        "<h1><li>" * 30_000 + "x",
        "".join(f"<b id={number}><p>x" for number in range(3_000)),
        "<b a='" * 100_000 + "x",
        "<" * 200_000 + "x",
    ],
    ids=lambda html: html[:20],
)
def test_deeply_nested_or_broken_tags_are_flattened(html: str) -> None:
    cleaned = clean(html)
    assert "x" in cleaned
    depth = deepest = 0
    for end, tag in re.findall(r"<(/?)(\w+)", cleaned):
        depth += 0 if tag in ("br", "hr", "img") else -1 if end else 1
        deepest = max(deepest, depth)
    assert deepest <= MAX_DEPTH * 2


TAGS = st.sampled_from(
    "p h1 h2 h4 ul ol li blockquote table thead tbody tr td caption figure figcaption pre a em strong code del sub "
    "b i s div section span script style svg button font select dl dt dd hr br img form textarea title q nav noscript "
    "iframe video audio source math template xml o:p cite center picture".split()
)
ATTRIBUTES = st.sampled_from(
    [
        *["", " href=http://x", " href=/r", " src=a.png", " onclick=x()", ' title="a<b>&quot;"', " href=javascript:x"],
        *[
            " class=sharedaddy",
            " class=wp-caption",
            " class=wp-caption-text",
            " class=wp-block-embed",
            " class=emoji alt=é",
        ],
        *[
            " style=font-weight:bold",
            " style=font-weight:normal;font-style:italic",
            " role=presentation",
            " id=comments",
        ],
        *[
            " src=https://www.youtube.com/embed/abcdefghijk",
            " src=data:x data-src=/b.png",
            ' srcset="c.png 2x, d.png 900w"',
        ],
        *[" href='http://www.google.com/url?q=http://y/?utm_a=1%26b=2'", " href='http://x/?fbclid=1&#9;'", " width=1"],
        " href='//x/\xa0&amp;lt;'",
    ]
)
TEXTS = [
    "x",
    " ",
    "\n\n",
    "{{ a }}",
    "&lt;",
    "<",
    "<!--",
    "-->",
    "&nbsp;",
    "&nbsp;&nbsp;",
    "\x0c",
    "é",
    '"',
    "'",
    "\u200b",
]
PIECES = st.one_of(
    st.builds(lambda tag, attribute: f"<{tag}{attribute}>", TAGS, ATTRIBUTES),
    TAGS.map(lambda tag: f"</{tag}>"),
    st.sampled_from(
        [
            *TEXTS,
            "https://youtu.be/abcdefghijk",
            "https://[x",
            "https://anchor.fm/",
            "<p>https://vimeo.com/123456</p>",
            "<![if x]>",
            "<br><br>",
        ]
    ),
)


@given(st.lists(PIECES, max_size=25).map("".join), st.sampled_from(["", "https://example.org/a/"]))
@settings(max_examples=300)
def test_cleaning_twice_changes_nothing_and_nothing_active_is_left(html: str, base_url: str) -> None:
    article = clean(html, base_url)
    assert clean(article, base_url) == article
    assert {tag for tag in re.findall(r"</?(\w+)", article)} <= ALLOWED
    tags = " ".join(re.findall(r"<[^>]*>", article)).casefold()
    assert not re.search(r"javascript:|data:|style=|\son\w+=", tags)


@given(st.text(max_size=100))
@settings(max_examples=100)
def test_any_text_can_be_cleaned_twice(text: str) -> None:
    article = clean(text)
    assert clean(article) == article
