"""Two versions of an article → what changed between them."""

from __future__ import annotations

from newsletter.content.changes import Change, changes_between, in_lines

BEFORE = {
    "title": "Calm", "tags": ["evening"], "hero": None, "priority": 0, "body_html": "<p>One.</p>\n<p>Two.</p>\n",
}  # fmt: skip


def test_only_what_differs_is_told() -> None:
    assert changes_between(BEFORE, BEFORE) == ()
    after = {**BEFORE, "title": "Calmer", "priority": 3}
    assert changes_between(BEFORE, after) == (Change("title", "Calm", "Calmer"), Change("priority", 0, 3))


def test_change_is_one_line_but_for_the_body() -> None:
    hero = {"src": "media/a.jpg", "alt": "", "credit": "Ida", "credit_source": ""}
    assert list(in_lines(Change("hero", None, hero))) == ["hero: nothing → src media/a.jpg; credit Ida"]
    assert list(in_lines(Change("tags", ["evening"], []))) == ["tags: evening → nothing"]
    assert list(in_lines(Change("priority", 0, 3))) == ["priority: 0 → 3"]


def test_body_shows_the_paragraphs_that_went_and_came() -> None:
    change = Change("body_html", BEFORE["body_html"], "<p>One.</p>\n<p>Three.</p>\n<p>Four.</p>\n")
    assert list(in_lines(change)) == ["body:", "  -Two.", "  +Three.", "  +Four."]


def test_body_whose_words_stay_the_same_says_so() -> None:
    change = Change("body_html", "<p>One.</p>", '<p><a href="https://example.org">One.</a></p>')
    assert list(in_lines(change)) == ["body: its links, pictures or markup alone"]
