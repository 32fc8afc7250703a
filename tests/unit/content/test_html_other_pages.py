"""Pages that hold no article, and pages made to do harm → one clear line each, in good time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.draft import Draft
from newsletter.content.sources.html import read_page
from newsletter.content.sources.html.tree import MAX_TAGS, parse_page
from newsletter.errors import SourceError

SENTENCE = "The harbour is quiet in the morning, and the boats lie still until the first bell rings. "
TEASER = "She was built on the northern yard, sailed twice around the cape and still smells of tar."


def read(markup: str, url: str = "") -> Draft:
    return read_page(markup.encode("utf-8", "surrogatepass"), "a.html", url)


def refusal(markup: str, url: str = "") -> str:
    with pytest.raises(SourceError) as error:
        read(markup, url)
    assert error.value.source == "a.html"
    return error.value.words


def test_login_page() -> None:
    markup = """<html><head><title>Log In &lsaquo; Harbor Lane</title></head><body class="login"><h1>Harbor Lane</h1>
    <form><label>Username</label><input type="text"><label>Password</label><input type="password">
    <input type="submit" value="Log In"></form><p><a href="/lost">Lost your password?</a></p></body></html>"""
    assert "this is a login page" in refusal(markup)


def test_article_beside_a_login_form_is_an_article() -> None:
    form = '<form><p>Log in</p><input type="password"></form>'
    draft = read(f"<html><head><title>Boats</title></head><body>{form}<p>{SENTENCE * 5}</p></body></html>")
    assert draft.body_html.startswith("<p>The harbour")


@pytest.mark.parametrize(
    "title", ["404 Not Found", "Page not found – Harbor Lane", "Seite nicht gefunden", "Error 404", "Access denied"]
)
def test_error_page_that_was_saved(title: str) -> None:
    markup = f"""<html><head><title>{title}</title></head><body><main><h1>Oops! That page is gone.</h1>
    <p>It looks like nothing was found at this location. Maybe try a search?</p></main></body></html>"""
    assert refusal(markup) == f"this is an error page: {title!r}"


def test_article_about_an_error_is_an_article() -> None:
    markup = f"<title>404 Days at Sea</title><h1>404 Days at Sea</h1><p>{SENTENCE * 25}</p>"
    assert read(markup).title == "404 Days at Sea"


def test_cookie_wall() -> None:
    markup = """<html><head><title>Harbor Lane</title></head><body><div class="wall"><h1>Before you go on</h1>
    <p>We and our partners use cookies and similar techniques to show you content and to measure its use.</p>
    <p>Without your consent to these cookies we cannot show you this page, or any of the others.</p>
    <button>Accept all</button></div></body></html>"""
    assert "this is a cookie wall" in refusal(markup)


def test_page_that_checks_for_robots() -> None:
    markup = "<title>Just a moment...</title><h1>a.example.org</h1><p>Checking your browser before you go on.</p>"
    assert "checks for robots" in refusal(markup)


def test_page_that_only_a_script_fills() -> None:
    markup = """<title>Harbor Lane</title><body><noscript>You need to enable JavaScript to run this app.</noscript>
    <div id="root"></div></body>"""
    assert "a browser that runs its scripts" in refusal(markup)


@pytest.mark.parametrize(
    "markup", ["<html><body></body></html>", "<p> </p>", "<!-- nothing -->", "<script>x()</script>"]
)
def test_page_without_words(markup: str) -> None:
    assert refusal(markup) in ("the page is empty", "no article was found in this page")


def teaser(number: int) -> str:
    return f"""<article class="post"><h2><a href="/boats-{number}/">Boat number {number}</a></h2>
    <p>{TEASER}</p><a href="/boats-{number}/">Read more</a></article>"""


def test_list_of_articles_names_its_number_and_its_feed() -> None:
    teasers = "".join(map(teaser, range(12)))
    markup = f"""<html><head><title>Blog</title>
    <link rel="alternate" type="application/rss+xml" title="Feed" href="/feed/">
    </head><body class="blog"><nav><h3><a href="/a">A</a></h3></nav><main>{teasers}</main></body></html>"""
    assert refusal(markup, "https://www.example.org/blog/") == (
        "this is a list of 12 articles, not one: name them one by one or use its feed https://www.example.org/feed/"
    )


def test_list_of_articles_without_a_feed() -> None:
    assert refusal(f"<title>Blog</title><main>{''.join(map(teaser, range(5)))}</main>") == (
        "this is a list of 5 articles, not one: name them one by one"
    )


def test_article_with_a_list_of_others_below_is_an_article() -> None:
    markup = f"""<html><head><title>Boats</title></head><body><main><article><h1>Boats</h1><p>{SENTENCE * 6}</p>
    <p>And the last of them comes home.</p></article>{"".join(map(teaser, range(4)))}</main></body></html>"""
    body = read(markup).body_html
    assert body.endswith("<p>And the last of them comes home.</p>")
    assert "Boat number" not in body


def test_words_behind_the_article_s_element_are_not_part_of_it() -> None:
    markup = f"<title>Boats</title><div><article><h1>Boats</h1><p>{SENTENCE * 6}</p></article>Stray words</div>"
    assert "Stray" not in read(markup).body_html


def test_headings_that_are_links_do_not_make_a_list() -> None:
    parts = "".join(f'<h2><a href="/tools/{number}">Tool {number}</a></h2><p>{SENTENCE * 2}</p>' for number in range(3))
    markup = f'<meta property="og:type" content="article"><title>Tools</title><article><h1>Tools</h1>{parts}</article>'
    assert read(markup).body_html.count("<h2>") == 3


# Hostile pages


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + SENTENCE,
        "<div>" * (MAX_TAGS - 10) + f"<p>{SENTENCE}</p>",
        "<b><p>" * 10_000 + SENTENCE,
        "<table><tr><td>" * 9_000 + SENTENCE,
        "<dd><li>" * 10_000 + SENTENCE,
        "<font>" * 20_000 + SENTENCE,
        "<p>a</p>" * 14_000,
        f"<p {' '.join(f'a{number}=b' for number in range(500_000))}>{SENTENCE}",
        f"<p class='{'a' * 9_000_000}'>{SENTENCE}</p>",
        f"<p class='{' '.join(f'sidebar-{number}' for number in range(500_000))}'>{SENTENCE}</p>",
        f"<p title='never ending {SENTENCE * 1000}",
        "<" * 9_000_000,
        "<a href=" * 1_000_000,
        "<!--" * 1_000_000,
        "<script>" * 20_000 + SENTENCE * 10_000,
        "<svg>" * 20_000 + SENTENCE * 10_000,
        f"<p>{SENTENCE * 40_000}</p>",
        "x" * 9_999_000,
        "<script type='application/ld+json'>" + "[" * 900_000 + "</script>" + SENTENCE,
        "<script type='application/ld+json'>" + '{"@graph":' * 100_000 + "</script>" + SENTENCE,
        "".join(f"<h2><a href='/{number}'>{number}</a></h2>" for number in range(7_000)),
        "".join(f"<div class='author-box'><p>{SENTENCE}" for number in range(9_000)),
    ],
    ids=range(22),
)
def test_hostile_page_is_read_or_refused_within_bounds(markup: str) -> None:
    try:
        read(markup)
    except SourceError as error:
        assert error.words


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its peak")
def test_longest_page_that_is_read_needs_less_than_300_mb() -> None:
    program = """
import re
from newsletter.content.sources.html import read_page
draft = read_page(b"<p>" + b"The harbour is quiet in the morning, and the boats lie still. " * 60_000, "a.html")
print(len(draft.body_html), re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    length, kilobytes = map(int, done.stdout.split())
    assert length > 3_500_000
    assert kilobytes < 300_000


def test_page_nested_too_deeply_for_the_parser_is_refused_not_cut_short() -> None:
    assert "nested too deeply" in refusal("<dd><li>" * 10_000 + SENTENCE)


def test_text_behind_100000_tags_is_not_lost_without_a_word() -> None:
    assert f"more than {MAX_TAGS:,} tags" in refusal("<div>" * 100_000 + SENTENCE)


def test_deep_page_keeps_its_words() -> None:
    assert (
        SENTENCE.strip()
        in read("<div>" * 5_000 + f"<p>{SENTENCE}</p>" + "</div>" * 5_000 + "<p>The end.</p>").body_html
    )


def test_scripts_and_handlers_are_not_even_in_the_tree() -> None:
    page = parse_page("<p onclick='x()' style='a'>a<script>b</script><!-- c --><style>d</style></p>", "a.html")
    (paragraph,) = page.root.iter("p")
    assert (paragraph.keys(), paragraph.text_content()) == (["style"], "a")  # type: ignore[attr-defined]


PIECES = st.sampled_from(
    [
        *"<p> </p> <article> </article> <h1> </a> <br> <table> <td> <li> <nav> <title> </title> <!-- --> <svg>".split(),
        *"&amp; &#0; &#1; &#12; &#xd800; \x0b '> </script>".split(" "),
        "<div class='share'>",
        "<div class='author-box'>",
        "<a href='/x'>",
        "<img src='a.jpg'>",
        "<figure><figcaption>",
        "<iframe src='https://www.youtube.com/embed/abcDEF12345'>",
        "<object><embed src='//www.youtube.com/v/abcDEF12345&#12;'>",
        "<script type='application/ld+json'>",
        '{"@type":"Article","author":',
        '"headline":"x"}',
        "<base href='",
        "<meta property='og:image' content='",
        "<time datetime='2024-01-01'>",
        "<link rel=canonical href=//[>",
        SENTENCE,
        *("Related posts", "Leave a comment", "By Jane Doe, LCSW", "March 3, 2024", "Photo by Bo Li on Pixabay"),
    ]
)
MARKUP = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=40).map("".join)


@given(
    st.one_of(st.binary(max_size=400), MARKUP.map(lambda text: text.encode("utf-8", "surrogatepass"))),
    st.text(max_size=20),
)
@settings(max_examples=300)
def test_whatever_the_bytes_a_page_is_a_draft_or_refused(data: bytes, url: str) -> None:
    try:
        draft = read_page(data, "a.html", url)
    except SourceError as error:
        assert error.source == "a.html" and error.words
        return
    assert draft.body_html
    assert "<script" not in draft.body_html and "onclick" not in draft.body_html
