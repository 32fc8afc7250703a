"""What an import offers → the article it is, or is much like, in a real database of each kind."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, update

import house
from newsletter.content.draft import slug_from
from newsletter.content.duplicates import COMMON, sketch
from newsletter.content.reading import bare_words
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store import marks
from newsletter.store.sameness import Identity, find_same, known_digests, titles_like
from newsletter.tables import articles

NOON = house.NOON
WORDS = """Nobody sleeps well in the week before the clocks change, least of all a child of three who was promised that
the evening would be longer. Move bedtime by ten minutes a day and let the light of the morning do the rest of it."""
BODY = f"<p>{WORDS}</p>"


def known(connection: Connection, slug: str, source_url: str = "", key: str = "", body: str = "", **more: Any) -> None:
    fields = {"title": slug, "body_html": body, "status": ArticleStatus.READY, "source_url": source_url, **more}
    store.add_articles(connection, [store.NewArticle(slug, fields, [], f"hash of {slug}", key)], NOON)


@pytest.mark.parametrize(
    ("key", "source_url", "slug", "found"),
    [
        ("", "https://example.org/a", "other-title", "with-url"),  # the same URL, whatever the title
        ("", "https://example.org/b", "with-url", None),  # the same title at another URL
        ("", "", "with-url", "with-url"),  # the same title from somebody who does not know the URL
        ("", "https://example.org/b", "without-url", "without-url"),  # which is learned now
        ("", "", "without-url", "without-url"),
        ("", "https://example.org/a", "without-url", "with-url"),  # the URL says more than the title
        ("", "http://example.org/a/", "other-title", "with-url"),  # before the site moved to https
        ("", "", "unknown", None),
        ("", "https://example.org/b", "unknown", None),
        ("guid-7", "https://new.example.org/moved", "moved", "with-key"),  # the key says more than the URL
        ("guid-8", "https://example.org/a", "other-title", "with-url"),  # the feed after the pasted page
        ("guid-8", "", "with-key", None),  # the same title under another key
        ("guid-8", "", "without-url", "without-url"),
    ],
)
def test_same_article_has_the_key_else_the_url_else_the_title(
    connection: Connection, key: str, source_url: str, slug: str, found: str | None
) -> None:
    known(connection, "with-url", "https://example.org/a")
    known(connection, "without-url")
    known(connection, "with-key", "https://example.org/old", "guid-7")
    (same,) = find_same(connection, [Identity(key, source_url, slug)])
    assert (same and same.slug) == found


def test_slug_alone_names_only_what_is_alike(connection: Connection) -> None:
    """A page that is known by its address, and somebody who knows no more than a title."""
    known(connection, "clocks", "https://example.org/clocks", body=BODY)
    known(connection, "note", body=BODY)
    other = "Winter tyres are changed in the yard on Saturday, and there is soup."
    revised = WORDS.replace("three", "four")

    def same(*wanted: Identity) -> list[str | None]:
        return [found.slug if found else None for found in find_same(connection, wanted)]

    assert same(*(Identity("", "", "clocks", "clocks", text) for text in (other, revised))) == [None, "clocks"]
    assert same(*(Identity("guid", "", "note", "note", text) for text in (other, revised))) == [None, "note"]
    assert same(Identity("", "", "note", "note", other)) == ["note"]
    # A file that tells its own slug, as an export's does, may have been written anew.
    assert same(Identity("", "", "clocks", "Clocks", other, True)) == ["clocks"]
    assert same(Identity("", "", "clocks", "Tyres", other, True)) == [None]


def test_two_texts_of_one_title_that_have_no_more_are_two(connection: Connection) -> None:
    known(connection, "news", body=BODY, published=date(2023, 1, 1))
    other = " ".join(f"umbrella{number}" for number in range(30))

    def same(text: str, **more: Any) -> str | None:
        (found,) = find_same(connection, [Identity("", "", "news", "News", text, **more)])
        return found.slug if found else None

    assert same(other) is None and same(other, published=date(2024, 1, 1)) is None
    assert same(WORDS.replace("three", "four")) == "news"
    assert same("Too short to tell.") == "news"
    # Whoever tells the same day, or the slug itself, wrote that article anew.
    assert same(other, published=date(2023, 1, 1)) == "news" and same(other, is_settled=True) == "news"

    known(connection, "news-2", body=f"<p>{other}</p>", title="News")
    assert same(f"{other} and more") == "news-2"
    assert same(" ".join(f"harbour{number}" for number in range(30))) is None


def test_text_that_a_person_rewrote_is_still_the_article_of_its_source(connection: Connection) -> None:
    known(connection, "news", body=f"<p>{' '.join(f'mended{number}' for number in range(30))}</p>")
    connection.execute(update(articles).values(corrected=["body_html"]))
    (same,) = find_same(connection, [Identity("", "", "news", "News", WORDS)])
    assert same is not None and same.slug == "news"


def test_address_that_another_key_and_another_title_tell_too_is_no_sign(connection: Connection) -> None:
    known(connection, "one", "https://example.org/show", "guid-1")
    known(connection, "two", "https://example.org/show", "guid-2")

    def same(key: str, title: str) -> str | None:
        (found,) = find_same(connection, [Identity(key, "https://example.org/show", "x", title)])
        return found.slug if found else None

    assert [same("guid-3", "three"), same("guid-3", "Two"), same("", "three")] == [None, "two", "one"]


def test_several_are_asked_for_at_once_and_told_in_their_order(connection: Connection) -> None:
    for slug in ("calm", "spring"):
        known(connection, slug)
    wanted = [Identity("", "", slug) for slug in ("spring", "nothing", "calm")]
    assert [same and same.slug for same in find_same(connection, wanted)] == ["spring", None, "calm"]
    assert find_same(connection, []) == []


def test_what_was_last_imported_is_known_by_its_digest(connection: Connection) -> None:
    known(connection, "calm")
    store.add_articles(
        connection, [store.NewArticle("again", {"title": "A", "body_html": "", "status": "ready"}, [], "")], NOON
    )
    found = known_digests(connection, ["hash of calm", "", "hash of nothing"])
    assert {digest: same.slug for digest, same in found.items()} == {"hash of calm": "calm"}


def test_title_is_found_whatever_its_signs_and_capitals(connection: Connection) -> None:
    house.add_article(connection, "first", title="Opening hours: at Easter!")
    house.add_article(connection, "second", title="opening hours at easter")
    assert titles_like(connection, ["Opening Hours at Easter", "…", "Something else"]) == {
        "opening hours at easter": "first"
    }


# Nearly the same


def test_text_with_a_few_other_words_is_suspected_and_another_is_not(connection: Connection) -> None:
    known(connection, "clocks", body=BODY)
    known(
        connection, "walks", body="<p>" + " ".join(f"step {n} of the walk round the lake" for n in range(20)) + "</p>"
    )
    near, far = sketch(WORDS.replace("three", "four")), sketch("One more word about winter tyres. " * 20)
    found = marks.suspects(connection, [near, far, ()])
    texts = marks.texts_of(connection, found[near])
    assert list(texts.values()) == [bare_words(BODY)]
    assert found[far] == [] and found[()] == []


def test_ending_that_stands_under_every_post_makes_none_of_them_suspect(connection: Connection) -> None:
    def post(number: int) -> str:
        return f"Letter number {number}. {WORDS}"

    for number in range(2 * COMMON):
        known(connection, f"post-{number}", body=f"<p>{post(number)}</p>")
    new, same = sketch(post(2 * COMMON)), sketch(post(7))
    found = marks.suspects(connection, [new, same])
    assert found[new] == []
    assert list(marks.texts_of(connection, found[same]).values()) == [post(7).replace("\n", " ")]


def test_article_that_changed_is_suspected_by_what_it_says_now(connection: Connection) -> None:
    known(connection, "clocks", body=BODY)
    (same,) = find_same(connection, [Identity("", "", "clocks")])
    assert same is not None
    store.change_article(connection, same.id, {"body_html": "<p>Gone.</p>"}, NOON)
    assert marks.suspects(connection, [sketch(WORDS)]) == {sketch(WORDS): []}


def test_articles_of_an_older_program_are_marked_when_first_needed(connection: Connection) -> None:
    known(connection, "clocks", body=BODY)
    for table in ("article_shingles", "article_words"):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    connection.exec_driver_sql("UPDATE articles SET title_key = NULL")
    marks.mark_all(connection)
    assert titles_like(connection, ["Clocks"]) == {"clocks": "clocks"}
    assert marks.suspects(connection, [sketch(WORDS)])[sketch(WORDS)]


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("Kites in October", "Kites need wind and a free afternoon, and somebody who runs. " * 3, None),
        ("Clocks", "Kites need wind and a free afternoon, and somebody who runs. " * 3, "clocks"),
        ("When the clocks change", f"{WORDS} That is all.", "clocks"),  # it moved, and was given another title
    ],
)
def test_number_that_a_new_site_gives_again_is_another_article(
    connection: Connection, title: str, text: str, found: str | None
) -> None:
    key = "https://example.org/?p=101"
    known(connection, "clocks", "https://example.org/clocks", key, BODY)
    wanted = Identity(key, "https://example.org/elsewhere", slug_from(title), title, text)
    (same,) = find_same(connection, [wanted])
    assert (same and same.slug) == found
