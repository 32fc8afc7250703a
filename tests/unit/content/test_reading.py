from __future__ import annotations

import pytest

from newsletter.content.reading import bare_words, body_text, has_words, reading_minutes


def test_text_has_a_blank_line_between_paragraphs() -> None:
    html = "<h2>Head</h2>\n<p>One\n<em>two</em> &amp; three.<br>Four</p><blockquote><p>Said</p></blockquote>"
    assert body_text(html) == "Head\n\nOne two & three.\nFour\n\nSaid"


def test_items_stand_on_lines_of_their_own() -> None:
    html = '<ul><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ul><ol start="3"><li>d</li><li>e</li></ol><p>f</p>'
    assert body_text(html) == "- a\n- b\n  - c\n\n3. d\n4. e\n\nf"


def test_rows_and_code_keep_their_lines() -> None:
    html = "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table><pre> x\n   y</pre>"
    assert body_text(html) == "a b\nc\n\n x\n   y"


def test_bare_words_stand_as_they_are_read() -> None:
    html = (
        '<p>A <a href="https://example.org/?a>b">worry <em>book</em></a>, un<b>believ</b>able.</p><p>Two<br/>lines</p>'
    )
    assert bare_words(html) == "A worry book, unbelievable. Two lines"
    assert bare_words("<ul><li>a</li><li>b</li></ul><table><tr><td>c</td><td>d</td></tr></table>") == "a b c d"


def test_reading_takes_at_least_a_minute() -> None:
    assert [reading_minutes(words) for words in (0, 219, 1100)] == [1, 1, 5]


@pytest.mark.parametrize(
    ("html", "has_any"),
    [
        ("", False),
        ("<p>&nbsp;</p><hr>", False),
        ('<p><img src="media/a.jpg" alt="A window"></p>', False),
        ("<p>A</p>", True),
        (f"<p>{'word ' * 200}</p>", True),
        (f"{'<p><br></p>' * 100}<p>At last</p>", True),
        (f"<p>{'&nbsp;' * 200}</p>", False),
        (f'<p><a href="https://example.org/{"a" * 400}">A link</a></p>', True),
    ],
)
def test_body_has_words_wherever_they_stand(html: str, has_any: bool) -> None:
    assert has_words(html) is has_any is bool(bare_words(html))
