"""JSON Feed 1 and 1.1: what an item says, and what is refused or kept of one that is broken or hostile."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.draft import Draft
from newsletter.content.source import Item, Offered, Source
from newsletter.content.sources.feed import Feed, read_feed
from newsletter.errors import SourceError
from newsletter.model import Author, Hero

URL = "https://calm.example.org/feed.json"
WHOLE = "<p>Evenings grow calm when the lamp is low and nobody hurries.</p>"


def source(given: str | bytes) -> Source:
    return Source("calm.json", io.BytesIO(given.encode() if isinstance(given, str) else given), URL)


def feed(*items: Any, **about: Any) -> dict[str, Any]:
    return {"version": "https://jsonfeed.org/version/1.1", "title": "Quiet Notes", "items": list(items), **about}


def items(given: dict[str, Any]) -> list[Item]:
    return [each for each in read_feed(source(json.dumps(given))) if isinstance(each, Item)]


def draft(*item: Any, **about: Any) -> Draft:
    return items(feed(*item, **about))[0].draft()


def body(given: Draft) -> str:
    """Its HTML, however the blocks are set apart."""
    return given.body_html.replace("\n", "")


def refusal(given: str | bytes) -> tuple[list[Offered], str]:
    offered: list[Offered] = []
    with pytest.raises(SourceError) as caught:
        for each in read_feed(source(given)):
            offered.append(each)
    return offered, str(caught.value)


def test_item_becomes_a_draft() -> None:
    found = draft(
        {
            "id": "calm-7",
            "url": "/evenings",
            "title": "Calm evenings",
            "content_html": WHOLE + '<p><a href="more">on</a></p>',
            "summary": "How an evening grows calm",
            "image": "/lake.jpg",
            "date_published": "2026-03-03T23:30:00-08:00",
            "date_modified": "2026-03-05T10:00:00Z",
            "authors": [{"name": "Jane Doe"}, {"name": "John Roe"}],
            "tags": ["sleep", "calm"],
            "language": "en-GB",
        }
    )
    assert (found.title, found.source_url, found.language) == (
        "Calm evenings",
        "https://calm.example.org/evenings",
        "en-GB",
    )
    assert body(found) == WHOLE + '<p><a href="https://calm.example.org/more">on</a></p>'
    assert (found.published, found.updated) == (date(2026, 3, 3), date(2026, 3, 5))
    assert found.authors == (Author("Jane Doe"), Author("John Roe"))
    assert (found.tags, found.hero) == (("sleep", "calm"), Hero("https://calm.example.org/lake.jpg"))
    assert (found.summary, found.page_url) == ("How an evening grows calm", "")


def test_version_1_with_one_author_and_a_number_for_an_id_is_read() -> None:
    about = {"version": "https://jsonfeed.org/version/1", "author": {"name": "Jane Doe"}}
    (item,) = items(feed({"id": 7, "content_text": "One & two.\n\nThree."}, **about))
    assert item.key == "feed:calm.example.org:7"
    assert item.draft().authors == (Author("Jane Doe"),)
    assert body(item.draft()) == "<p>One &amp; two.</p><p>Three.</p>"


def test_summary_alone_names_the_page() -> None:
    found = draft({"id": "1", "url": "https://calm.example.org/a", "title": "A", "summary": "Only how it begins"})
    assert (found.page_url, found.summary) == ("https://calm.example.org/a", "Only how it begins")


def test_episode_is_linked_above_its_notes() -> None:
    attached = [{"url": "https://calm.example.org/7.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 2530}]
    found = draft({"id": "1", "title": "A", "content_html": WHOLE, "attachments": attached})
    link = '<p><a href="https://calm.example.org/7.mp3">Listen to the episode (42 minutes)</a></p>'
    assert body(found) == link + WHOLE


def test_what_stands_behind_the_items_is_known_too() -> None:
    text = json.dumps(feed({"id": "1", "title": "A"}, language="de"), sort_keys=True)
    assert text.index('"title": "Quiet') > text.index('"items"')
    read = Feed(source(text))
    assert [each.draft().language for each in read if isinstance(each, Item)] == ["de"]
    assert (read.title, read.names) == ("Quiet Notes", {"feed:calm.example.org:1": "A"})


def test_feed_that_ends_in_the_middle_keeps_what_was_whole() -> None:
    text = json.dumps(feed({"id": "1", "title": "A"}, {"id": "2", "title": "B"}), indent=1)
    offered, words = refusal(text[: text.index('"B"') + 2])
    assert [each.name for each in offered] == ["A"]
    assert words == "calm.json, line 11: the feed ends in the middle, in item 2"
    _, words = refusal(text[: text.index('"2"') - 10].rpartition(",")[0])
    assert words == "calm.json, line 8: the feed ends in the middle, after item 1 (A)"
    offered, words = refusal(text.replace('"title": "B"', '"title": nothing'))
    assert [each.name for each in offered] == ["A"]
    assert words.endswith("it is no JSON: Expecting value, in item 2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}', "it has no `version`"),
        ('{"version": "https://jsonfeed.org/version/7", "items": []}', "JSON Feed 1 and 1.1 are read"),
        ('{"version": "https://jsonfeed.org/version/1"}', "without `items`"),
        ('{"version": nothing}', "it is no JSON"),
        ('{"version" 1}', "it is no JSON: ':' is missing"),
        ("{", "ends in the middle"),
        ('{"version": ' + "[" * 100_000, "nested too deep"),
        ('{"version": ' + "9" * 10_000 + "}", "nested too deep, or holds a number that is too long"),
        ('{"items": [' + "{}," * 600_000 + "{}]}", "far more values"),
        ('{"items": [' + "0," * 2_100_000 + "0]}", "far more values"),
        (b'{"title": "\xff\xfe"}', "its encoding is not UTF-8"),
        ('{"title": "' + "x" * 20_000_000 + '"}', "this one is larger"),
    ],
)
def test_what_is_no_json_feed_or_beyond_all_measure_is_refused_in_one_line(text: str | bytes, words: str) -> None:
    offered, said = refusal(text)
    assert offered == []
    assert words in said and "\n" not in said


def test_item_that_is_no_object_is_read_as_one_that_says_nothing() -> None:
    found = items(feed("words", None, {"id": "1", "title": "A"}))
    assert [item.name for item in found][-1] == "A"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    "id url title content_html content_text summary image authors author tags attachments date_published".split()
)


@given(st.lists(st.dictionaries(_FIELDS, _VALUES), max_size=3), st.dictionaries(_FIELDS, _VALUES), st.integers(0, 30))
def test_whatever_the_values_are_the_feed_is_read_or_refused_in_one_line(
    given: list[dict[str, Any]], about: dict[str, Any], cut: int
) -> None:
    text = json.dumps({**about, **feed(*given)})
    try:
        for each in read_feed(source(text[: len(text) - cut].encode("utf-8", "replace"))):
            assert isinstance(each.name, str)
            if isinstance(each, Item):
                assert each.draft().title
    except SourceError as error:
        assert "\n" not in str(error)
