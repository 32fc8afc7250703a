from __future__ import annotations

from dataclasses import replace

from newsletter.content.completeness import explain_missing, merged_call_to_action, missing
from newsletter.model import Article, Author, CallToAction

DEFAULT = {"default": CallToAction("Talk to us.", "Write", "https://example.org/write")}
WHOLE = Article("tea", "Tea", "<p>Tea.</p>", authors=(Author("Jane Doe", bio="Likes tea."),))


def test_whole_article_misses_nothing() -> None:
    assert missing(WHOLE, DEFAULT) == ()
    assert explain_missing(WHOLE, ()) == ""


def test_each_missing_part_is_named() -> None:
    assert missing(Article("x", " ", "<p> </p>"), {}) == (
        "title",
        "body",
        "author",
        "call_to_action.text",
        "call_to_action.label",
        "call_to_action.url",
    )


def test_every_author_needs_a_bio() -> None:
    article = replace(WHOLE, authors=(*WHOLE.authors, Author("John Roe")))
    assert missing(article, DEFAULT) == ("bio",)
    words = explain_missing(article, ("bio",))
    assert words == "its author John Roe has no bio (newsletter authors set 'John Roe' --bio …)"


def test_picture_alone_is_a_body() -> None:
    assert "body" not in missing(replace(WHOLE, body_html='<p><img src="a.png" alt="A"></p>'), DEFAULT)


def test_call_to_action_is_merged_field_by_field() -> None:
    article = replace(
        WHOLE,
        call_to_action=CallToAction("Own words?"),
        authors=(Author("Jane Doe", bio="x", call_to_action="jane"), Author("John Roe", call_to_action="john")),
    )
    calls = {**DEFAULT, "jane": CallToAction("Hers", "Book Jane"), "john": CallToAction("His", "No", "https://no")}
    assert merged_call_to_action(article, calls) == CallToAction("Own words?", "Book Jane", "https://example.org/write")


def test_call_to_action_of_an_unknown_name_is_passed_over() -> None:
    article = replace(WHOLE, authors=(Author("Jane Doe", bio="x", call_to_action="gone"),))
    assert merged_call_to_action(article, DEFAULT) == DEFAULT["default"]


def test_missing_parts_of_the_call_to_action_come_with_their_command() -> None:
    absent = missing(WHOLE, {"default": CallToAction("Talk to us.")})
    assert explain_missing(WHOLE, absent) == (
        "its call to action has no label and url (newsletter calls-to-action set default --label … --url …)"
    )
