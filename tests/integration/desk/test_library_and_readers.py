"""What comes into the house by a file or by hand, what is corrected, and what is refused with its name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desk_house import ADA, BEN, CLEO, DAN, DeskHouse
from house import NOON
from newsletter.desk import audience, authors, library, newsletters, previewing, schedules
from newsletter.errors import MessageError, NotFound, Refused, SourceError
from newsletter.states import ArticleStatus
from newsletter.store.authors import find_author
from scripted_relay import ScriptedRelay
from subscribers import InvalidAddress, InvalidField, ListNameTaken, SubscriptionStatus, UnknownList
from subscribers.errors import UnreadableImport

PENDING, CONFIRMED, UNSUBSCRIBED = SubscriptionStatus
WALKING = """---
title: A Walk Before Breakfast
date: 2025-03-04
author: Iris Holm
tags: [walking]
summary: Ten minutes are enough.
---
It is light early now.

## Shoes by the door

Any shoes will do.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "articles" / "walking.md"
    written.parent.mkdir()
    written.write_text(WALKING, "utf-8")
    return written


def _import(house: DeskHouse, *given: Path, **options: Any) -> library.ImportReport:
    return library.import_articles(house.app, [str(path) for path in given], **options)


# -- articles


def test_the_same_bytes_again_change_nothing(house: DeskHouse, file: Path) -> None:
    (first,) = _import(house, file).items
    assert (first.outcome, first.slug) == ("imported", "a-walk-before-breakfast")
    (again,) = _import(house, file).items
    assert (again.outcome, again.slug) == ("unchanged", "a-walk-before-breakfast")


def test_changed_bytes_update_but_a_correction_stays(house: DeskHouse, file: Path) -> None:
    _import(house, file)
    library.edit_article(house.app, "a-walk-before-breakfast", {"summary": "Five will do.", "priority": "3"})
    file.write_text(WALKING.replace("Any shoes", "Any old shoes").replace("[walking]", "[walking, spring]"), "utf-8")
    (item,) = _import(house, file).items
    article = library.find(house.app, "a-walk-before-breakfast")
    assert item.outcome == "updated"
    assert "Any old shoes" in article.body_html
    assert article.tags == ("walking", "spring")
    assert (article.summary, article.priority) == ("Five will do.", 3)


def test_an_import_does_not_bring_a_retired_article_back(house: DeskHouse, file: Path) -> None:
    _import(house, file)
    library.retire(house.app, "a-walk-before-breakfast")
    file.write_text(WALKING + "\nMore.\n", "utf-8")
    _import(house, file, status=ArticleStatus.READY)
    assert library.find(house.app, "a-walk-before-breakfast").status is ArticleStatus.RETIRED


def test_what_keeps_an_article_at_home_is_said_and_may_be_mended_later(house: DeskHouse, file: Path) -> None:
    (item,) = _import(house, file).items
    assert any("its author Iris Holm has no bio" in note for note in item.notes)
    assert library.find(house.app, "a-walk-before-breakfast").missing == ("bio",)
    authors.set_author(house.app, "Iris Holm", {"bio": "Iris walks."})
    assert library.find(house.app, "a-walk-before-breakfast").missing == ()


def test_a_trial_keeps_nothing(house: DeskHouse, file: Path) -> None:
    (item,) = _import(house, file, dry_run=True).items
    assert item.outcome == "imported"
    with pytest.raises(NotFound):
        library.find(house.app, "a-walk-before-breakfast")


def test_one_bad_file_is_named_and_the_others_are_taken(house: DeskHouse, file: Path) -> None:
    (file.parent / "broken.md").write_text("---\ntitle: [\n---\nx\n", "utf-8")
    (file.parent / "empty.txt").write_bytes(b"")
    (file.parent / "picture.txt").write_bytes(bytes(range(256)) * 40)
    report = _import(house, file.parent)
    outcomes = {Path(item.item).name: (item.outcome, item.reason) for item in report.items}
    assert outcomes["walking.md"] == ("imported", None)
    assert outcomes["broken.md"][0] == "failed" and "broken.md, line " in str(outcomes["broken.md"][1])
    assert outcomes["empty.txt"][0] == "failed" and "empty.txt" in str(outcomes["empty.txt"][1])
    assert outcomes["picture.txt"][0] == "failed"
    assert report.unreadable == 0, "the folder itself could be read"
    assert (report.as_json()["imported"], report.as_json()["failed"]) == (1, 3)


def test_a_link_in_a_folder_leads_nowhere_else(house: DeskHouse, file: Path, tmp_path: Path) -> None:
    private = tmp_path / "private.md"
    private.write_text("# Private\n\nNot for readers.\n", "utf-8")
    (file.parent / "link.md").symlink_to(private)
    (file.parent / "again.md").symlink_to(file)
    report = _import(house, file.parent)
    outcomes = {Path(item.item).name: (item.outcome, item.reason) for item in report.items}
    assert outcomes == {
        "link.md": ("skipped", "a link that leads out of the folder"),
        "again.md": ("imported", None),
        "walking.md": ("unchanged", None),
    }
    assert report.unreadable == 0
    (named,) = _import(house, file.parent / "link.md").items
    assert named.outcome == "imported", "who names a link means what it leads to"


def test_files_that_are_no_articles_are_said(house: DeskHouse, file: Path) -> None:
    for name in ("letter.docx", "notes", "hero.JPG", ".DS_Store"):
        (file.parent / name).write_bytes(b"x")
    (file.parent / ".git").mkdir()
    (file.parent / ".git" / "HEAD").write_bytes(b"x")
    report = _import(house, file.parent)
    skipped = [(Path(item.item).name, item.reason) for item in report.items if item.outcome == "skipped"]
    why = "none of .md, .markdown, .mdown, .txt, .text, .html, .htm, .xml, .json, .zip"
    assert skipped == [("letter.docx", why), ("notes", why)]
    assert report.summary == "imported 1, updated 0, unchanged 0, skipped 2, failed 0"
    assert report.as_json()["skipped"] == 2


def test_a_title_from_the_name_of_the_file_has_no_line(house: DeskHouse, tmp_path: Path) -> None:
    (tmp_path / "notitle.md").write_text("Only words.\n", "utf-8")
    (item,) = _import(house, tmp_path / "notitle.md").items
    assert item.notes[0] == "title: Notitle"


def test_a_title_of_two_lines_is_sent_as_one(house: DeskHouse, tmp_path: Path) -> None:
    title = '"Inject\\r\\nBcc: evil@example.org"'
    (tmp_path / "a.md").write_text(WALKING.replace("A Walk Before Breakfast", title), "utf-8")
    (item,) = _import(house, tmp_path / "a.md").items
    assert item.slug is not None
    authors.set_author(house.app, "Iris Holm", {"bio": "Iris walks."})
    shown = previewing.preview(house.app, item.slug, None)
    head = shown.message.partition(b"\r\n\r\n")[0]
    assert b"\r\nSubject: Inject Bcc: evil@example.org\r\n" in head
    assert b"\r\nBcc:" not in head


def test_a_source_that_is_not_there_is_unreadable(house: DeskHouse, tmp_path: Path) -> None:
    report = _import(house, tmp_path / "nowhere.md")
    assert report.unreadable == 1
    assert report.items[0].reason == f"{tmp_path / 'nowhere.md'}: there is no such file"


def test_an_article_too_large_is_refused_by_its_size(house: DeskHouse, tmp_path: Path) -> None:
    huge = tmp_path / "huge.md"
    with huge.open("wb") as handle:
        handle.truncate(50_000_000)
    (item,) = _import(house, huge).items
    assert item.outcome == "failed" and "at most 10 MB" in str(item.reason)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("published", "yesterday"),
        ("status", "gone"),
        ("priority", "high"),
        ("seasons", "spring"),
        ("colour", "red"),
        ("title", " "),
        ("title", "A\0B"),
        ("hero.src", "../../etc/passwd"),
        ("source_url", "javascript:alert(1)"),
        ("language", "English please"),
    ],
)
def test_a_correction_that_cannot_be_names_the_field(house: DeskHouse, name: str, value: str) -> None:
    before = library.find(house.app, "quiet-mornings")
    with pytest.raises(SourceError, match=f"^{name}: "):
        library.edit_article(house.app, "quiet-mornings", {"summary": "Good.", name: value})
    assert library.find(house.app, "quiet-mornings") == before, "all of it, or nothing"


def test_authors_are_named_in_order_and_new_ones_are_added(house: DeskHouse) -> None:
    article = library.edit_article(house.app, "quiet-mornings", {"authors": "Iris Holm, maria lindqvist"})
    assert [author.name for author in article.authors] == ["Iris Holm", "Maria Lindqvist"]
    assert article.missing == ("bio",)


# -- authors and calls to action


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"url": "javascript:alert(1)"}, SourceError, "^url: "),
        ({"photo": "http://elsewhere.example.org/a.jpg"}, SourceError, "^photo: "),
        ({"url": "https://example.org/a b"}, SourceError, "^url: "),
        ({"photo": "media/../keys/secret"}, SourceError, "^photo: "),
        ({"role": "Nurse\0"}, SourceError, "^role: "),
        ({"bio": "One.\n\nTwo\x1b"}, SourceError, "^bio: "),
        ({"email": "nobody"}, InvalidAddress, "nobody"),
        ({"call_to_action": "none-such"}, NotFound, "none-such"),
    ],
)
def test_what_an_author_cannot_have_is_named(
    house: DeskHouse, fields: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        authors.set_author(house.app, "Iris Holm", fields)
    with house.read() as connection:
        assert find_author(connection, "Iris Holm") is None


def test_what_is_said_of_an_author_is_kept_on_one_line_and_a_bio_in_its_paragraphs(house: DeskHouse) -> None:
    said = {"role": "Family\r\ntherapist", "bio": "One\r\nline.\r\n\r\nTwo."}
    author = authors.set_author(house.app, "Iris\r\nHolm", said)
    assert (author.name, author.role, author.bio) == ("Iris Holm", "Family therapist", "One line.\n\nTwo.")
    call = authors.set_call_to_action(house.app, "late", {"text": "Still\r\nup?", "url": "mailto:a@example.org"})
    assert (call.text, call.url) == ("Still up?", "mailto:a@example.org")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Iris\0"])
def test_a_name_has_some_letters_and_not_too_many(house: DeskHouse, name: str) -> None:
    with pytest.raises(SourceError, match=r"^name: "):
        authors.set_author(house.app, name, {"bio": "x"})
    with pytest.raises(SourceError, match=r"^name: "):
        authors.set_call_to_action(house.app, name, {"text": "x"})


def test_a_call_to_action_is_merged_field_by_field(house: DeskHouse) -> None:
    """The article's own, then its author's, then the newsletter's."""
    authors.set_call_to_action(house.app, "marias", {"label": "Ask Maria"})
    authors.set_author(house.app, "Maria Lindqvist", {"call_to_action": "marias"})
    library.edit_article(house.app, "quiet-mornings", {"call_to_action.text": "Up early?"})
    shown = previewing.preview(house.app, "quiet-mornings", None).text
    assert "Up early?" in shown
    assert "Ask Maria" in shown
    assert "https://practice.example.org/contact" in shown


def test_a_link_that_is_none_is_refused(house: DeskHouse) -> None:
    with pytest.raises(SourceError, match=r"^url: "):
        authors.set_call_to_action(house.app, "default", {"url": "ftp://example.org"})


# -- newsletters


def test_a_second_newsletter_sends_in_its_own_name(house: DeskHouse) -> None:
    added = newsletters.add_newsletter(
        house.app, " Harbour   at Night ", {"from_address": "Night <night@example.org>", "timezone": "Asia/Tokyo"}
    )
    assert (added.name, added.postal_address) == ("Harbour at Night", "12 Quay Street, Portland")
    schedules.add_schedule(house.app, "nightly", "Friends", "every day 21:00", None, added.name, None, 1.0)
    schedule, name, _, coming = schedules.describe(house.app, "nightly")
    assert (schedule.timezone, name) == ("Asia/Tokyo", "Harbour at Night")
    assert coming[0].utc == datetime(2026, 3, 31, 12, tzinfo=UTC)
    issue = house.plan("nightly")
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(issue)
    assert b"From: Night <night@example.org>\r\n" in relay.messages[0].data
    assert relay.messages[0].sender == "night@example.org"
    assert {each.name for each in house.app.newsletters()} == {"Harbour Letters", "Harbour at Night"}


@pytest.mark.parametrize(
    ("name", "fields", "error", "words"),
    [
        ("", {}, Refused, "^name: "),
        ("x" * 201, {}, Refused, "^name: "),
        ("Harbour Letters", {}, Refused, "there is a newsletter 'Harbour Letters' already"),
        ("New", {"from_address": "a@b\r\nBcc: c@d"}, MessageError, "^from: "),
        ("New", {"reply_to": "nobody"}, MessageError, "^reply-to: "),
        ("New", {"timezone": "Mars/Olympus"}, Refused, "Mars/Olympus"),
        ("New", {"look": "none-such"}, NotFound, "none-such"),
        ("New", {"look": "../calm"}, NotFound, "calm"),
    ],
)
def test_what_no_newsletter_can_be_is_named(
    house: DeskHouse, name: str, fields: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        newsletters.add_newsletter(house.app, name, fields)
    assert len(house.app.newsletters()) == 1


# -- readers


def _readers(house: DeskHouse) -> dict[str, str]:
    return {
        each.subscriber.email: str(each.subscriptions[0].status)
        for each in audience.each_profile(house.app, "Friends", None)
    }


def test_an_import_reports_every_row_and_revives_nobody(house: DeskHouse, tmp_path: Path) -> None:
    rows = tmp_path / "readers.csv"
    rows.write_text(
        "email,name,attributes\n"
        'eve@example.org,Eve,"{""town"": ""Bonn""}"\n'
        "ada@example.org,Ada Lovelace,\n"
        f"{CLEO},Cleo,\n{DAN},Dan,\n"
        "not an address,Nobody,\n",
        "utf-8",
    )
    done: list[int] = []
    report = audience.import_subscribers(house.app, rows, "Friends", CONFIRMED, progress=done.append)
    assert (report.added, report.updated, report.rejected, report.suppressed) == (1, 1, 1, 1)
    assert report.unchanged == 1
    assert [row.line for row in report.rejected_rows] == [6]
    assert report.rejected_file == str(tmp_path / "readers.rejected.csv")
    assert "6," in Path(report.rejected_file).read_text("utf-8")
    assert sum(done) == 5
    found = _readers(house)
    assert found["eve@example.org"] == "confirmed"
    assert found[CLEO] == "unsubscribed"
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(house.plan())
    assert sorted(relay.recipients) == [ADA, "eve@example.org"]


def test_a_trial_of_an_import_keeps_nothing(house: DeskHouse, tmp_path: Path) -> None:
    rows = tmp_path / "readers.csv"
    rows.write_text("email,name,attributes\neve@example.org,Eve,\nnobody,,\n", "utf-8")
    before = _readers(house)
    report = audience.import_subscribers(house.app, rows, "Friends", CONFIRMED, dry_run=True)
    assert (report.added, report.rejected, report.rejected_file) == (1, 1, None)
    assert _readers(house) == before
    assert list(tmp_path.glob("*.rejected.csv")) == []


def test_an_import_that_breaks_keeps_nothing(house: DeskHouse, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv: No such file"):
        audience.import_subscribers(house.app, tmp_path / "nowhere.csv", "Friends", CONFIRMED)
    rows = tmp_path / "readers.csv"
    rows.write_bytes(b"\x00\x01\x02" * 1000)
    with pytest.raises(UnreadableImport):
        audience.import_subscribers(house.app, rows, "Friends", CONFIRMED)
    rows.write_text("email,name,attributes\neve@example.org,Eve,\n", "utf-8")
    with pytest.raises(UnknownList):
        audience.import_subscribers(house.app, rows, "Foes", CONFIRMED)
    assert "eve@example.org" not in _readers(house)


def test_a_reader_added_by_hand_is_pending_until_somebody_vouches(house: DeskHouse) -> None:
    audience.add_subscriber(house.app, "eve@example.org", "Friends", "Eve", '{"town": "Bonn"}', PENDING)
    assert _readers(house)["eve@example.org"] == "pending"
    audience.add_subscriber(house.app, "eve@example.org", "Friends", "Eve", "{}", CONFIRMED)
    profile = audience.find_profile(house.app, "EVE@example.org")
    assert profile.subscriptions[0].status is CONFIRMED
    assert profile.subscriber.attributes == {"town": "Bonn"}
    assert profile.consents and all(consent.when == NOON for consent in profile.consents)


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ("{", SourceError),
        ("[1]", SourceError),
        ("[" * 100_000, SourceError),
        ('{"a": {"b": 1}}', InvalidField),
        ('{"a": NaN}', InvalidField),
        ('{"a": "\\ud800"}', InvalidField),
    ],
)
def test_attributes_that_no_copy_can_show_are_refused(
    house: DeskHouse, attributes: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match="attributes"):
        audience.add_subscriber(house.app, "eve@example.org", "Friends", "Eve", attributes, CONFIRMED)
    assert "eve@example.org" not in _readers(house)


def test_nobody_by_hand_brings_back_who_left_or_may_not_be_written_to(house: DeskHouse) -> None:
    for email, words in ((CLEO, "has unsubscribed"), (DAN, "must not be written to")):
        with pytest.raises(Refused, match=words):
            audience.add_subscriber(house.app, email, "Friends", "", "{}", CONFIRMED)
    assert _readers(house)[CLEO] == "unsubscribed"


def test_leaving_without_a_list_is_leaving_all_of_them(house: DeskHouse) -> None:
    audience.add_list(house.app, "Guests")
    audience.add_subscriber(house.app, ADA, "Guests", "", "{}", CONFIRMED)
    profile = audience.unsubscribe(house.app, ADA, "Guests")
    assert {each.list_name: each.status for each in profile.subscriptions} == {
        "Friends": CONFIRMED,
        "Guests": UNSUBSCRIBED,
    }
    profile = audience.unsubscribe(house.app, ADA, None)
    assert {each.status for each in profile.subscriptions} == {UNSUBSCRIBED}
    with pytest.raises(NotFound, match=r"eve@example\.org"):
        audience.unsubscribe(house.app, "eve@example.org", None)
    with pytest.raises(UnknownList):
        audience.unsubscribe(house.app, ADA, "Foes")


def test_a_suppression_needs_no_subscriber_and_its_first_reason_stays(house: DeskHouse) -> None:
    suppression, profile = audience.suppress(house.app, "eve@example.org", "asked by letter")
    assert (suppression.reason, profile) == ("asked by letter", None)
    suppression, _ = audience.suppress(house.app, "eve@example.org", "asked again")
    assert suppression.reason == "asked by letter"
    _, profile = audience.suppress(house.app, BEN, "bounced")
    assert profile is not None and profile.suppression is not None


def test_lists_are_counted_and_their_names_are_taken_once(house: DeskHouse) -> None:
    counts = audience.find_list_counts(house.app, "Friends")
    assert (counts.confirmed, counts.pending, counts.unsubscribed) == (2, 1, 1)
    with pytest.raises(ListNameTaken):
        audience.add_list(house.app, "Friends")
    with pytest.raises(UnknownList):
        audience.find_list_counts(house.app, "Foes")
    audience.add_list(house.app, "Guests")
    assert [each.mailing_list.name for each in audience.all_lists(house.app)] == ["Friends", "Guests"]


def test_profiles_are_read_page_by_page_and_chosen_by_status(house: DeskHouse) -> None:
    house.add_readers(audience.PAGE + 5)
    everybody = list(audience.each_profile(house.app, None, None))
    assert len(everybody) == audience.PAGE + 9
    assert len({each.subscriber.id for each in everybody}) == len(everybody)
    assert [each.subscriber.email for each in audience.each_profile(house.app, "Friends", PENDING)] == [BEN]


def test_a_reader_put_forward_later_is_in_the_next_issue(house: DeskHouse) -> None:
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(house.plan())
        audience.add_subscriber(house.app, BEN, "Friends", "", "{}", CONFIRMED)
        house.send(house.plan())
    assert relay.recipients[0] == ADA
    assert sorted(relay.recipients[1:]) == [ADA, BEN]
