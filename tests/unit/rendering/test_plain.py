"""The text part: what a reader without HTML reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.rendering.plain import WIDTH, to_text, underline, wrap

LONG = "word " * 40


def test_headings_are_underlined_and_paragraphs_apart() -> None:
    assert to_text("<h2>Small things</h2><p>One.</p><p>Two.</p>") == "Small things\n------------\n\nOne.\n\nTwo."
    assert to_text("<h3>Less</h3>") == "Less\n~~~~"


def test_lists_have_bullets_and_hanging_indents() -> None:
    text = to_text(f"<ul><li>a</li><li>{LONG}<ul><li>inner</li></ul></li></ul><ol start='3'><li>c</li></ol>")
    lines = text.split("\n")
    assert lines[0] == "- a" and any(line.startswith("  word") for line in lines)
    assert "  - inner" in lines and "3. c" in lines


def test_links_are_numbered_once_and_listed_below() -> None:
    text = to_text(
        '<p>See <a href="https://a.example/">this</a>, <a href="https://b.example/">that</a> and'
        ' <a href="https://a.example/">this again</a>.</p>'
    )
    assert text == ("See this [1], that [2] and this again [1].\n\n[1] https://a.example/\n[2] https://b.example/")


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://a.example/x">https://a.example/x</a>',
        '<a href="#below">https://a.example/x</a>',
        "<a>https://a.example/x</a>",
    ],
)
def test_link_that_shows_its_address_gets_no_number(link: str) -> None:
    assert to_text(f"<p>{link}</p>") == "https://a.example/x"


def test_quotes_pictures_code_and_breaks() -> None:
    assert to_text("<blockquote><p>a</p><p>b</p></blockquote>") == "> a\n>\n> b"
    assert to_text('<p><img src="x" alt="A lake"></p><p><img src="x" alt=""></p>') == "[A lake]"
    assert to_text("<pre>a\n  b</pre>") == "    a\n      b"
    assert to_text("<p>a<br>b<br><br>c</p>") == "a\nb\n\nc"
    assert to_text("<p>very <strong>bold </strong>and <em>thin</em></p>") == "very *bold* and _thin_"


def test_table_is_aligned_where_it_fits_and_wrapped_where_not() -> None:
    rows = "<tr><th>Day</th><th>Habit</th></tr><tr><td>Monday</td><td>Walk</td></tr>"
    assert to_text(f"<table>{rows}</table>") == "Day    | Habit\nMonday | Walk"
    wide = to_text(f"<table><tr><td>{LONG}</td><td>x</td></tr></table>")
    assert all(len(line) <= WIDTH for line in wide.split("\n")) and wide.endswith("| x")


def test_no_line_is_too_long_but_links_are_whole() -> None:
    address = "https://example.org/" + "a" * 200
    text = to_text(f"<p>{LONG} {address} {LONG}</p><p>{'字' * 300}</p><p>{'x' * 200}</p>")
    assert address in text
    assert all(len(line) <= WIDTH or line == address for line in text.split("\n"))


def test_no_break_space_keeps_two_words_on_one_line() -> None:
    text = to_text("<p>" + "a" * 66 + " 10&nbsp;minutes</p>")
    assert text.split("\n")[1] == "10 minutes"


def test_invisible_markup_is_left_out() -> None:
    assert to_text("<style>p{}</style><p>a<!-- no -->b</p><script>x</script>") == "ab"


def test_nothing_gives_nothing() -> None:
    assert to_text("") == to_text("  ") == to_text("<p> </p>") == ""


@given(st.text(alphabet="<>/=\"' abphliutdol&;#123\n", max_size=80))
@settings(max_examples=150)
def test_any_html_gives_some_text(html: str) -> None:
    assert isinstance(to_text(html), str)


@given(st.text(max_size=400))
@settings(max_examples=100)
def test_wrapping_loses_no_word(text: str) -> None:
    wrapped = wrap(text)
    kept = "".join(wrapped.split())
    assert kept == "".join(text.split())


def test_underline_is_as_long_as_the_longest_line() -> None:
    assert underline("Title") == "Title\n====="
    assert max(map(len, underline(LONG).split("\n"))) <= WIDTH
