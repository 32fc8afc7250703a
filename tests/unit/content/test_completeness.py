from __future__ import annotations

from dataclasses import replace
from datetime import date

from newsletter.content.completeness import explain_missing, merged_call_to_action, missing, with_missing
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


def test_body_is_written_in_the_editor_also_where_no_import_may_change_it() -> None:
    words = explain_missing(replace(WHOLE, slug="a-walk", body_html=""), ("body",))
    assert words == "it has no body (newsletter articles edit a-walk --open, or mend its source and import it again)"


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


def test_an_author_who_leaves_takes_their_call_to_action_along() -> None:
    jane = Author("Jane Doe", bio="x", call_to_action="jane", active_until=date(2026, 3, 3))
    john = Author("John Roe", bio="x", active_until=date(2026, 3, 9))
    hers = {"jane": CallToAction("Hers", "Book Jane", "https://example.org/jane")}
    article = with_missing(replace(WHOLE, title="", authors=(jane, john)), hers)
    nothing_to_ask = ("title", "call_to_action.text", "call_to_action.label", "call_to_action.url")
    assert article.missing_on(date(2026, 3, 3)) == article.missing == ("title",)
    assert article.missing_on(date(2026, 3, 4)) == article.missing_on(date(2026, 4, 1)) == nothing_to_ask


def test_a_colleague_who_stays_brings_their_own_call_to_action() -> None:
    jane = Author("Jane Doe", bio="x", active_until=date(2026, 3, 3))
    john = Author("John Roe", bio="x", call_to_action="john", active_until=date.max)
    his = {"john": CallToAction("His", "Book John", "https://example.org/john")}
    article = with_missing(replace(WHOLE, authors=(jane, john)), his)
    assert article.missing and article.missing_from == ((date(2026, 3, 4), ()),)
