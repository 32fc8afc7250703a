"""The same article, nearly the same, and another one; what a person corrected; batches, trials and pictures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import published_articles as made
import wordpress_export as wordpress
from desk_house import DeskHouse
from newsletter.content.draft import Draft
from newsletter.content.source import Item, LeftOut, Offered, digest_of
from newsletter.desk import exporting, importing, library
from newsletter.desk.importing import BATCH, Imported, Importing
from newsletter.errors import NewsletterError, SourceError
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus
from newsletter.store.trial import trial_of
from newsletter.tables import articles
from scripted_web import Answer, ScriptedWeb

KETTLES = "kettles"
SLUG = made.slug_on(KETTLES)
WITHOUT_A_WORD_IN_COMMON = " ".join(f"Lantern{number} glows." for number in range(30))
DRAFT, READY, RETIRED = ArticleStatus.DRAFT, ArticleStatus.READY, ArticleStatus.RETIRED


@pytest.fixture
def empty(tmp_path: Path, database_url: str) -> Iterator[DeskHouse]:
    """An empty library, on SQLite, then on PostgreSQL."""
    built = DeskHouse.built(
        tmp_path / "empty", {"database.url": database_url, "fetch.allow_hosts": ["127.0.0.1"], "fetch.timeout": 5}
    )
    yield built
    built.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[DeskHouse]:
    built = DeskHouse.built(tmp_path / "empty", {"fetch.allow_hosts": ["127.0.0.1"], "fetch.timeout": 5})
    yield built
    built.close()


def item(name: str, subject: str = KETTLES, more: str = "", key: str = "", title: str = "", **facts: Any) -> Item:
    """An article of a source made up here."""
    body = facts.pop("body_html", f"<p>{made.words_on(subject, more)}</p>")
    draft = Draft(title or made.title_on(subject), body, **facts)
    return Item(name, digest_of(name, repr(draft)), lambda: draft, key)


def take(house: DeskHouse, *offered: Offered) -> list[Imported]:
    return list(Importing(house.app).take(offered, "made up"))


def outcomes(told: list[Imported]) -> list[tuple[str, str | None]]:
    return [(each.outcome, each.slug) for each in told]


def count(house: DeskHouse) -> int:
    with house.read() as connection:
        return connection.execute(select(func.count()).select_from(articles)).scalar_one()


def import_text(house: DeskHouse, folder: Path, content: bytes | str, name: str = "a.txt") -> library.ImportReport:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return library.import_articles(house.app, [str(file)])


# -- the same article


def test_pasted_text_and_the_export_of_its_site_are_one_article(empty: DeskHouse, tmp_path: Path) -> None:
    import_text(empty, tmp_path, made.text(KETTLES))
    library.edit_article(empty.app, SLUG, {"summary": "Kettles wait.", "hero.alt": "A kettle"})
    (told,) = import_text(empty, tmp_path, made.wxr(KETTLES), "site.xml").items
    assert (told.outcome, told.slug) == ("updated", SLUG)
    article = library.find(empty.app, SLUG)
    assert (article.source_url, article.summary) == (made.address_on(KETTLES), "Kettles wait.")
    assert article.hero is not None and article.hero.alt == "A kettle"
    assert count(empty) == 1
    assert [each.outcome for each in import_text(empty, tmp_path, made.wxr(KETTLES), "site.xml").items] == ["unchanged"]


def test_pasted_text_under_another_slug_follows_the_rule_for_duplicates(here: DeskHouse, tmp_path: Path) -> None:
    import_text(here, tmp_path, made.text(KETTLES))
    post = made.post(1, KETTLES, post_name="our-kettles", link=f"{made.SITE}/our-kettles/")
    (told,) = import_text(here, tmp_path, wordpress.export(post), "site.xml").items
    assert (told.outcome, told.reason) == ("skipped", f"the same text as {SLUG}")


def test_post_that_was_renamed_and_moved_is_the_same_by_its_key(here: DeskHouse, tmp_path: Path) -> None:
    import_text(here, tmp_path, made.wxr(KETTLES), "site.xml")
    moved = made.post(1, KETTLES, "Moved.", post_name="new-name", link="https://new.example.org/new-name/")
    (told,) = import_text(here, tmp_path, wordpress.export(moved), "site.xml").items
    assert (told.outcome, told.slug) == ("updated", SLUG)
    assert library.find(here.app, SLUG).source_url == "https://new.example.org/new-name/"


def test_what_a_person_retired_stays_retired(here: DeskHouse, tmp_path: Path) -> None:
    import_text(here, tmp_path, made.wxr(KETTLES), "site.xml")
    library.retire(here.app, SLUG)
    changed = wordpress.export(made.post(1, KETTLES, "Changed."))
    (told,) = import_text(here, tmp_path, changed, "site.xml").items
    assert told.outcome == "updated"
    assert library.find(here.app, SLUG).status is RETIRED


def test_two_files_of_one_title_are_two_articles_and_stay_so(empty: DeskHouse, tmp_path: Path) -> None:
    """Nothing but a slug names them: the second must not take the place of the first."""
    folder = tmp_path / "news"
    for year, subject in (("2023", "umbrellas"), ("2024", "lanterns")):
        (folder / year).mkdir(parents=True)
        words = f"---\ntitle: News\n---\n{made.words_on(subject)}\n"
        (folder / year / "index.md").write_text(words, "utf-8")
    given = [str(folder)]
    assert outcomes(library.import_articles(empty.app, given).items) == [("imported", "news"), ("imported", "news-2")]
    assert outcomes(library.import_articles(empty.app, given).items) == [("unchanged", "news"), ("unchanged", "news-2")]
    with (folder / "2024" / "index.md").open("a") as stream:
        stream.write("\nAnd a last line.\n")
    assert outcomes(library.import_articles(empty.app, given).items) == [("unchanged", "news"), ("updated", "news-2")]
    assert "Umbrellas" in library.find(empty.app, "news").body_html
    assert "And a last line" in library.find(empty.app, "news-2").body_html


def test_two_files_named_one_by_one_are_two_articles_though_they_have_one_title(
    here: DeskHouse, tmp_path: Path
) -> None:
    files = [tmp_path / "old.txt", tmp_path / "new.txt"]
    for file, words in zip(files, (made.words_on("umbrellas"), WITHOUT_A_WORD_IN_COMMON), strict=True):
        file.write_text(f"News\n\n{words}\n", "utf-8")
    given = [str(file) for file in files]
    first = library.import_articles(here.app, given).items
    assert outcomes(first) == [("imported", "news"), ("imported", "news-2")]
    assert "the same title as news, another text" in first[1].notes
    assert outcomes(library.import_articles(here.app, given).items) == [("unchanged", "news"), ("unchanged", "news-2")]
    with files[1].open("a") as stream:
        stream.write("\nAnd a last line.\n")
    assert outcomes(library.import_articles(here.app, given[1:]).items) == [("updated", "news-2")]


def test_another_slug_with_a_number_is_not_taken_for_a_second_one(here: DeskHouse) -> None:
    ten = item("ten", "lanterns", title="Top ten", slug="top-10")
    take(here, item("list", "harbours", title="Top", slug="top"), ten)
    second = item("new", "umbrellas", title="Top", slug="top")
    told = take(here, item("list", "harbours", "More.", title="Top", slug="top"), second)
    assert outcomes(told) == [("updated", "top"), ("imported", "top-2")]
    assert "Lanterns" in library.find(here.app, "top-10").body_html


def test_item_that_stands_twice_in_its_source_is_taken_once(empty: DeskHouse) -> None:
    both = (item("new", more="New.", key="k"), item("old", more="Old.", key="k"))
    first = take(empty, *both)
    assert outcomes(first) == [("imported", SLUG), ("skipped", None)]
    assert first[1].reason == f"another item of this source is the same article, {SLUG}"
    assert outcomes(take(empty, *both)) == [("unchanged", SLUG), ("skipped", None)]
    assert "New." in library.find(empty.app, SLUG).body_html


def test_short_guids_of_two_feeds_are_two_articles(empty: DeskHouse, tmp_path: Path) -> None:
    def feed(site: str, subject: str, more: str = "") -> str:
        words = f"<title>{subject}</title><link>{site}/{subject}</link><guid isPermaLink='false'>12</guid>"
        body = f"<description>&lt;p&gt;{made.words_on(subject, more)}&lt;/p&gt;</description>"
        return f"<rss version='2.0'><channel><link>{site}</link><item>{words}{body}</item></channel></rss>"

    host, other = "https://calm.example.org", "https://bread.example.org"
    for site, subject in ((host, "kettles"), (other, "harbours"), (f"{host}/second", "lanterns")):
        (told,) = import_text(empty, tmp_path, feed(site, subject), "feed.xml").items
        assert (told.outcome, told.slug) == ("imported", subject)
    (told,) = import_text(empty, tmp_path, feed(host, "kettles", "More."), "feed.xml").items
    assert (told.outcome, told.slug) == ("updated", "kettles")


def test_episodes_that_all_lead_to_one_page_are_many_articles(here: DeskHouse) -> None:
    for place in ("https://pod.example.org/", "https://cast.example.org/show/"):
        episodes = [
            item(f"{n}", subject, title=f"{place} {n}", key=f"{place}?guid={n}", source_url=place)
            for n, subject in enumerate(("kettles", "harbours", "lanterns"))
        ]
        told = [take(here, each)[0] for each in episodes[:1]] + take(here, *episodes[1:])
        assert [each.outcome for each in told] == ["imported"] * 3


def test_pages_that_name_the_first_page_of_their_site_are_many_articles(here: DeskHouse) -> None:
    for subject in ("kettles", "harbours"):
        assert take(here, item(subject, subject, source_url="https://example.org/"))[0].outcome == "imported"
    (told,) = take(here, item("kettles", more="More.", source_url="https://example.org/"))
    assert (told.outcome, told.slug) == ("updated", SLUG)


def test_first_page_is_never_fetched_for_the_text_of_an_episode(here: DeskHouse) -> None:
    with ScriptedWeb({"/": Answer(made.page(KETTLES))}) as web:
        take(here, item("a", title="A", body_html="<p>It begins.</p>", page_url=web.url("/"), source_url=web.url("/")))
        assert web.count("/") == 0


def test_address_that_many_items_of_a_source_tell_is_one_article(empty: DeskHouse) -> None:
    subjects = ("kettles", "harbours", "lanterns", "umbrellas", "staircases")
    told = take(empty, *(item(each, each, source_url="https://example.org/same") for each in subjects))
    assert [each.outcome for each in told] == ["imported"] + ["skipped"] * 4
    assert count(empty) == 1


def test_note_does_not_take_the_place_of_a_page_of_the_same_title(empty: DeskHouse) -> None:
    take(empty, item("page", "harbours", title="Spring", source_url="https://example.org/spring"))
    assert outcomes(take(empty, item("note.txt", "kettles", title="Spring"))) == [("imported", "spring-2")]
    assert outcomes(take(empty, item("letter", "lanterns", title="Spring", key="substack:5"))) == [
        ("imported", "spring-3")
    ]
    page = library.find(empty.app, "spring")
    assert "Harbours" in page.body_html and page.source_url == "https://example.org/spring"


def test_changed_note_is_its_own_article_again(empty: DeskHouse) -> None:
    take(empty, item("page", "harbours", title="Spring", source_url="https://example.org/spring"))
    take(empty, item("note.txt", "kettles", title="Spring"))
    assert outcomes(take(empty, item("note.txt", "kettles", "More.", title="Spring"))) == [("updated", "spring-2")]
    assert library.find(empty.app, "spring-2").status is READY


def test_pasted_text_of_a_known_page_wipes_neither_its_address_nor_what_only_the_page_says(here: DeskHouse) -> None:
    url = "https://example.org/kettles"
    take(here, item("page", source_url=url, categories=("Tea",), summary="On kettles."))
    (told,) = take(here, item("kettles.txt", more="More."))
    assert (told.outcome, told.slug) == ("updated", SLUG)
    article = library.find(here.app, SLUG)
    assert (article.source_url, article.categories, article.summary) == (url, ("Tea",), "On kettles.")


def test_feed_that_says_less_than_the_export_empties_nothing(empty: DeskHouse) -> None:
    facts = {"key": "https://example.org/?p=7", "source_url": "https://example.org/kettles"}
    hero = Hero("https://example.org/none.png", alt="A kettle")
    by = (Author("Nora Vale"),)
    take(empty, item("export", summary="By hand.", categories=("Tea",), authors=by, hero=hero, **facts))
    (told,) = take(empty, item("feed", more="More.", tags=("calm",), **facts))
    assert told.outcome == "updated"
    article = library.find(empty.app, SLUG)
    assert (article.summary, article.categories, article.tags) == ("By hand.", ("Tea",), ("calm",))
    assert [author.name for author in article.authors] == ["Nora Vale"]
    assert article.hero is not None and article.hero.alt == "A kettle"
    assert "More." in article.body_html


def test_what_was_taken_out_of_a_file_goes(here: DeskHouse) -> None:
    take(here, item("a.md", summary="By hand.", categories=("Tea",)))
    take(here, item("a.md", categories=("Tea", "Rest")))
    article = library.find(here.app, SLUG)
    assert (article.summary, article.categories) == ("", ("Tea", "Rest"))


# -- nearly the same, and only called the same


def near(name: str = "copy", **facts: Any) -> Item:
    return item(name, more="One line more.", source_url="https://elsewhere.example.org/copy", slug="copy", **facts)


def test_same_text_is_skipped_and_nearly_the_same_is_a_draft(empty: DeskHouse) -> None:
    twin = item("twin", source_url="https://elsewhere.example.org/twin", slug="twin")
    told = take(empty, item("first", source_url=made.address_on(KETTLES)), twin, near())
    assert outcomes(told) == [("imported", SLUG), ("skipped", None), ("imported", "copy")]
    assert told[1].reason == f"the same text as {SLUG}"
    assert told[2].reason is not None and told[2].reason.startswith("nearly the same (9")
    assert f"text as {SLUG}; it is a draft until a person decides" in told[2].reason
    assert library.find(empty.app, "copy").status is DRAFT


def test_same_words_under_another_title_are_a_draft_and_not_lost(empty: DeskHouse) -> None:
    march = item("march", title="Open evening in March", source_url="https://example.org/march")
    april = item("april", title="Open evening in April", source_url="https://example.org/april")
    may = item("may", title="Open evening in May", source_url="https://example.org/may")
    told = [*take(empty, march, april), *take(empty, may)]
    assert [each.outcome for each in told] == ["imported"] * 3
    assert told[1].reason == "the same text as open-evening-in-march; it is a draft until a person decides"
    statuses = [library.find(empty.app, each.slug or "").status for each in told]
    assert statuses == [READY, DRAFT, DRAFT]


def test_export_comes_back_as_the_same_library(empty: DeskHouse, tmp_path: Path) -> None:
    take(empty, item("first", source_url=made.address_on(KETTLES)), near(), item("other", "harbours"))
    library.edit_article(empty.app, "copy", {"status": "ready"})
    words = library.find(empty.app, SLUG).body_html
    library.edit_article(empty.app, made.slug_on("harbours"), {"body_html": words})
    exporting.export(empty.app, tmp_path / "out")
    other = DeskHouse.built(tmp_path / "other", {})
    report = library.import_articles(other.app, [str(tmp_path / "out")])
    told = {each.slug: (each.outcome, each.reason) for each in report.items}
    assert told == {slug: ("imported", None) for slug in (SLUG, "copy", made.slug_on("harbours"))}
    assert all(library.find(other.app, slug or "").status is READY for slug in told)
    other.close()


def test_duplicates_are_found_between_imports_as_within_one(here: DeskHouse) -> None:
    twin = item("twin", source_url="https://elsewhere.example.org/twin", slug="twin")
    take(here, item("first", source_url=made.address_on(KETTLES)))
    assert outcomes(take(here, twin, near())) == [("skipped", None), ("imported", "copy")]
    again = take(here, item("first", source_url=made.address_on(KETTLES)), twin, near())
    assert outcomes(again) == [("unchanged", SLUG), ("skipped", None), ("unchanged", "copy")]
    assert count(here) == 2


def test_reason_names_the_slug_that_the_other_was_given(here: DeskHouse) -> None:
    take(here, item("before", "lanterns", slug="tea", source_url="https://example.org/a"))
    first = item("first", slug="tea", source_url="https://example.org/b")
    told = take(here, first, item("twin", slug="other", source_url="https://example.org/c"))
    assert outcomes(told) == [("imported", "tea-2"), ("skipped", None)]
    assert told[1].reason == "the same text as tea-2"


def test_doubtful_draft_stays_one_when_its_source_changes(here: DeskHouse) -> None:
    take(here, item("first", source_url=made.address_on(KETTLES)), near())
    changed = near("copy, changed", summary="Another summary.")
    (told,) = take(here, changed)
    assert (told.outcome, told.slug) == ("updated", "copy")
    assert told.reason is not None and "it is a draft until a person decides" in told.reason
    assert library.find(here.app, "copy").status is DRAFT


def test_draft_of_a_person_who_decided_is_no_draft_any_more(here: DeskHouse) -> None:
    take(here, item("first", source_url=made.address_on(KETTLES)), near())
    library.edit_article(here.app, "copy", {"status": "ready"})
    take(here, near("copy, changed", summary="Another summary."))
    assert library.find(here.app, "copy").status is READY


def test_same_title_alone_is_a_note(here: DeskHouse) -> None:
    other = item("b", "umbrellas", title=made.title_on(KETTLES).upper(), slug="b", source_url="https://example.org/b")
    (_, within) = take(here, item("a", source_url="https://example.org/a"), other)
    later = item("c", "lanterns", title=made.title_on(KETTLES), slug="c", source_url="https://example.org/c")
    (after,) = take(here, later)
    for told in (within, after):
        assert told.outcome == "imported" and told.reason is None
    assert f"the same title as {SLUG}, another text" in within.notes
    assert any(note.startswith("the same title as ") for note in after.notes)


def test_site_whose_posts_end_alike_is_no_site_of_duplicates(here: DeskHouse) -> None:
    footer = made.words_on("footers")
    posts = [
        item(f"{n}", title=f"T {n}", body_html=f"<p>{' '.join(f'w{n}x{m}' for m in range(120))}</p><p>{footer}</p>")
        for n in range(2 * BATCH)
    ]
    assert {each.outcome for each in take(here, *posts)} == {"imported"}
    assert count(here) == 2 * BATCH


# -- items that fail, sources that break off


def test_item_that_cannot_be_read_is_named_with_its_source(here: DeskHouse) -> None:
    def refuse() -> Draft:
        raise SourceError("somewhere", "it has no words")

    def stumble() -> Draft:
        raise RecursionError("too deep")

    told = take(
        here,
        Item("page 7", "a", refuse),
        Item("page 8", "b", stumble),
        LeftOut("page 9", "it is damaged", is_broken=True),
        item("page 10"),
    )
    assert [each.outcome for each in told] == ["failed", "failed", "failed", "imported"]
    assert told[0].reason == "made up, page 7: it has no words"
    assert told[1].reason == "made up, page 8: this program is at a loss with it (RecursionError: too deep)"
    assert told[2].reason == "made up, page 9: it is damaged"


def test_source_that_breaks_off_keeps_what_stood_before(here: DeskHouse) -> None:
    def broken() -> Iterator[Offered]:
        for number in range(BATCH + 30):
            yield item(f"{number}", f"things number {number} of all those", title=f"T {number}")
        raise OSError(5, "Input/output error")

    told: list[Imported] = []
    with pytest.raises(SourceError, match="made up: Input/output error"):
        told.extend(Importing(here.app).take(broken(), "made up"))
    assert count(here) == BATCH + 30


def test_strange_names_and_keys_are_stored(empty: DeskHouse) -> None:
    odd = item("a\udcff\0name", key="k\0" + "x" * 5_000)
    assert [each.outcome for each in take(empty, odd)] == ["imported"]
    changed = replace(item("a\udcff\0name", more="More.", key=odd.key))
    assert outcomes(take(empty, changed)) == [("updated", SLUG)]


# -- batches, trials, pictures and pages


def test_batch_holds_bounded_memory(here: DeskHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_BYTES", 1_000)
    asked = 0

    def offered() -> Iterator[Offered]:
        nonlocal asked
        for number in range(12):
            asked += 1
            yield replace(item(f"{number}", f"n{number}", title=f"T {number}"), size=400)

    assert next(Importing(here.app).take(offered())).outcome == "imported"
    assert asked == 6  # of this batch, and of the next one


def test_trial_is_seen_by_nobody_else_and_tells_the_same(empty: DeskHouse) -> None:
    twin = item("twin", source_url="https://elsewhere.example.org/twin", slug="twin")
    fillers = [item(f"{n}", f"n{n}", title=f"T {n}") for n in range(BATCH)]
    offered = [item("first", source_url=made.address_on(KETTLES)), *fillers, twin, near(), item("x", "x", slug="t-5")]
    with trial_of(empty.app.database) as trial:
        tried = list(Importing(empty.app, trial=trial).take(offered))
        assert count(empty) == 0
        take(empty, item("meanwhile", "umbrellas"))  # nobody waits for a trial
    assert count(empty) == 1
    real = take(empty, *offered)
    told = [(each.item, each.outcome, each.slug, each.reason, each.notes) for each in real]
    assert [(each.item, each.outcome, each.slug, each.reason, each.notes) for each in tried] == told


def test_others_write_while_a_picture_is_waited_for(here: DeskHouse) -> None:
    asked, go = threading.Event(), threading.Event()

    def slow(request: object) -> Answer:
        asked.set()
        assert go.wait(30)
        return Answer(made.picture(), "image/png")

    with ScriptedWeb({"/a.png": slow}) as web:
        with_picture = item("a", body_html=f'<p><img src="{web.url("/a.png")}" alt="A"> {made.words_on(KETTLES)}</p>')
        worker = threading.Thread(target=lambda: take(here, with_picture))
        worker.start()
        assert asked.wait(30)
        with here.write() as connection:  # would wait 30 seconds and fail
            assert connection.execute(select(func.count()).select_from(articles)).scalar_one() == 0
        go.set()
        worker.join(30)
    assert "media/" in library.find(here.app, SLUG).body_html


def test_what_is_ready_is_stored_while_slow_pages_are_fetched(here: DeskHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops an import of many slow pages loses the last one and not a hundred."""
    monkeypatch.setattr(importing, "SECONDS", 0.0)
    stored: list[int] = []

    def note(request: object) -> Answer:
        stored.append(count(here))
        return Answer(made.page("lanterns"))

    with ScriptedWeb({"/a": note, "/b": note}) as web:
        first = item("a", title="A", body_html="<p>It begins.</p>", page_url=web.url("/a"))
        second = item("b", title="B", body_html="<p>So it does.</p>", page_url=web.url("/b"))
        told = take(here, first, second)
    assert stored == [0, 1]
    assert any(note.startswith("the whole text was taken from ") for note in told[0].notes)


def bare_page(subject: str) -> str:
    """One that tells neither its date nor its author."""
    return f"<title>{subject}</title><article><h1>{subject}</h1><p>{made.words_on(subject)}</p></article>"


def test_page_is_not_said_to_lack_what_its_source_knows(here: DeskHouse) -> None:
    known: dict[str, Any] = {"published": date(2024, 3, 4), "authors": (Author("Nora Vale"),)}
    with ScriptedWeb({"/a": Answer(bare_page("lanterns")), "/b": Answer(bare_page("harbours"))}) as web:
        knows = item("a", body_html="<p>A.</p>", title="A", page_url=web.url("/a"), **known)
        lacks = item("b", body_html="<p>B.</p>", title="B", page_url=web.url("/b"), notes=("no date found",))
        told, other = take(here, knows, lacks)
    assert not any("no date" in note or "no author" in note for note in told.notes)
    assert [note for note in other.notes if note.endswith(" found")] == ["no date found", "no author found"]


def test_source_is_not_said_to_lack_what_its_page_told(here: DeskHouse) -> None:
    unknown = ("no date found", "no author found: the site names only 'admin'")
    with ScriptedWeb({"/a": Answer(made.page(KETTLES))}) as web:
        (told,) = take(here, item("a", body_html="<p>A.</p>", title="A", page_url=web.url("/a"), notes=unknown))
    assert not any("no date" in note or "no author" in note for note in told.notes)
    article = library.find(here.app, "a")
    assert article.published == date(2024, 3, 4) and [each.name for each in article.authors] == ["Ruth Weber"]


def test_page_that_cannot_be_had_is_asked_for_again_by_the_next_import(here: DeskHouse) -> None:
    with ScriptedWeb({"/a": [Answer(status=503), Answer(made.page(KETTLES))]}) as web:
        thin = item("a", title="A", body_html="<p>It begins.</p>", page_url=web.url("/a"))
        (told,) = take(here, thin)
        assert told.outcome == "imported"
        assert any("the whole text could not be had" in note for note in told.notes)
        assert outcomes(take(here, thin)) == [("updated", "a")]
        assert outcomes(take(here, thin)) == [("unchanged", "a")]
        assert web.count("/a") == 2
    assert "Kettles" in library.find(here.app, "a").body_html


def test_page_that_is_down_costs_the_article_nothing(empty: DeskHouse) -> None:
    answers = [Answer(made.page(KETTLES)), Answer(status=503), Answer(made.page("harbours"))]
    with ScriptedWeb({"/a": answers}) as web:

        def thin(words: str) -> Item:
            return item("a", title="A", body_html=f"<p>{words}</p>", key="tag:a", page_url=web.url("/a"))

        take(empty, thin("It begins."))
        whole = library.find(empty.app, "a").body_html
        take(empty, thin("It begins so."))
        assert library.find(empty.app, "a").body_html == whole
        assert outcomes(take(empty, thin("It begins so."))) == [("updated", "a")]
    assert "Harbours" in library.find(empty.app, "a").body_html


def test_picture_that_is_down_is_kept_where_the_article_has_it(empty: DeskHouse) -> None:
    with ScriptedWeb({"/p.png": [Answer(made.picture(), "image/png"), Answer(status=503)]}) as web:
        hero = Hero(web.url("/p.png"), alt="A kettle")
        body = f'<p><img src="{web.url("/p.png")}" alt="A kettle"></p><p>{made.words_on(KETTLES)}</p>'
        take(empty, item("a", body_html=body, key="tag:a", hero=hero))
        before = library.find(empty.app, SLUG)
        assert before.hero is not None and before.hero.src.startswith("media/") and "media/" in before.body_html
        take(empty, item("a", body_html=body, key="tag:a", hero=hero, summary="New."))
        after = library.find(empty.app, SLUG)
        assert (after.hero, after.body_html, after.summary) == (before.hero, before.body_html, "New.")
        mended = body.replace("</p>", " Mended.</p>")
        take(empty, item("a", body_html=mended, key="tag:a", hero=hero))
        after = library.find(empty.app, SLUG)
        assert after.hero == before.hero and "Mended." in after.body_html


def test_import_that_changes_nothing_waits_for_no_writer(here: DeskHouse) -> None:
    take(here, item("a"))
    with here.write():
        assert outcomes(take(here, item("a"))) == [("unchanged", SLUG)]


def test_import_that_cannot_go_on_has_told_what_it_did(here: DeskHouse, tmp_path: Path) -> None:
    """media/ is a file: the first article with a picture stops the import."""
    (tmp_path / "a.md").write_text(made.markdown(KETTLES), "utf-8")
    (tmp_path / "b.md").write_text(made.markdown("lanterns", "p.png"), "utf-8")
    (tmp_path / "p.png").write_bytes(made.picture())
    here.app.home.media.rmdir()
    here.app.home.media.write_text("no folder", "utf-8")
    report = library.ImportReport("")
    with pytest.raises(NewsletterError, match="media"):
        library.import_articles(here.app, [str(tmp_path / name) for name in ("a.md", "b.md")], report=report)
    assert outcomes(report.items) == [("imported", SLUG)]


def test_item_that_the_database_does_not_take_stops_no_other(empty: DeskHouse) -> None:
    """PostgreSQL holds columns to their length, SQLite does not."""
    odd = item("odd", "staircases", language="x" * 40)
    told = take(empty, item("before"), odd, item("after", "gardens"))
    expected = "imported" if empty.app.database.is_sqlite else "failed"
    assert [each.outcome for each in told] == ["imported", expected, "imported"]
    assert count(empty) == sum(each.outcome == "imported" for each in told)
    assert told[1].reason is None or "odd: the database does not take it" in told[1].reason
