"""A letter outside the library, and the editor's note above an article, from the file to the readers."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

import house as builders
from desk_house import ADA, DeskHouse
from newsletter.desk import letters, library, listing, noting, pausing, previewing, sending
from newsletter.desk.exporting import export
from newsletter.desk.forecasting import forecast_of
from newsletter.desk.importing import Importing
from newsletter.desk.opening import open_sources
from newsletter.errors import NewsletterError, NotFound, Refused, SourceError
from newsletter.model import Issue
from newsletter.states import IssueKind, IssueState
from newsletter.store import articles as store
from scripted_relay import Message, ScriptedRelay
from subscribers.errors import UnknownList

SNOW = """\
# Closed for snow

The road is not cleared, so **we stay closed on Thursday**.

On Friday we are back.
"""
NINE = "2026-03-31T09:00"  # in Berlin: 7:00 in UTC


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "snow.md"
    path.write_text(SNOW, "utf-8")
    return path


def write(house: DeskHouse, file: Path, at: str | None = None) -> Issue:
    return letters.write_letter(house.app, file, "Friends", at, None).issue


def parts(message: Message) -> tuple[str, str]:
    read = message_from_bytes(message.data, policy=policy.default)
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None and html is not None
    return str(text.get_content()), str(html.get_content())


# Letters


def test_letter_goes_to_its_list_in_the_look_without_author_or_call_to_action(house: DeskHouse, file: Path) -> None:
    letter = write(house, file)
    assert (letter.kind, letter.state, letter.subject) == (IssueKind.LETTER, IssueState.DRAFT, "Closed for snow")
    assert (letter.schedule_id, letter.occurrence) == (None, None)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.send(letter).issue.state is IssueState.SENT
    assert relay.recipients == [ADA]
    text, html = parts(relay.messages[0])
    for part in (text, html):
        assert "we stay closed on Thursday" in part
        assert "Write to us" not in part  # the newsletter's own call to action
        assert "Unsubscribe" in part
    assert "handed over" in house.explain(letter) or "sent" in house.explain(letter)


def test_letter_is_checked_previewed_and_tested_like_any_issue(house: DeskHouse, file: Path) -> None:
    letter = write(house, file)
    assert previewing.check(house.app, str(letter.id)).verdict == "pass"
    preview = house.preview(letter)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert sending.send_test(house.app, letter.id, "mira@example.org").reply
        house.send(letter)
    assert relay.messages[-1].data.split(b"\r\n\r\n", 1)[1] == preview.split(b"\r\n\r\n", 1)[1]


def test_letter_is_no_part_of_the_library(house: DeskHouse, file: Path, tmp_path: Path) -> None:
    before = [each.forecast.articles for each in forecast_of(house.app, "weekly", 4, None)]
    letter = write(house, file)
    (slug,) = letter.articles
    assert slug not in {each.slug for each in listing.list_library(house.app, listing.Wanted())}
    assert listing.list_library(house.app, listing.Wanted(words="closed Thursday")) == []
    assert [each.forecast.articles for each in forecast_of(house.app, "weekly", 4, None)] == before
    with pytest.raises(NotFound):
        library.find(house.app, slug)
    with pytest.raises(NotFound):
        house.plan(pin=slug)
    export(house.app, tmp_path / "out")
    assert not list((tmp_path / "out").rglob(f"{slug}*"))


def test_import_of_the_same_text_is_an_article_of_its_own(house: DeskHouse, file: Path) -> None:
    letter = write(house, file)
    (imported,) = (
        each for opened in open_sources(house.app, str(file)) for each in Importing(house.app).take(opened.items)
    )
    assert imported.outcome == "imported"
    assert imported.slug == f"{letter.articles[0]}-2"
    assert house.issue(letter.id).articles == letter.articles


def test_status_letter_is_nobodys_to_give(house: DeskHouse) -> None:
    with pytest.raises(SourceError, match="'letter' is none of draft, ready, retired"):
        library.edit_article(house.app, "quiet-mornings", {"status": "letter"})


def test_two_letters_of_one_file_are_two_issues(house: DeskHouse, file: Path) -> None:
    first, second = write(house, file), write(house, file)
    assert first.id != second.id
    assert first.public_id != second.public_id


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the file is empty"),
        ("# Closed for snow\n", r"snow\.md: the letter has no text"),
        ("---\ntitle: [\n---\n\nx", r"snow\.md"),
        ("---\ncall_to_action:\n  label: Call\n  text: Now?\n---\n# A\n\nb", "no url for its call to action"),
    ],
)
def test_letter_that_says_nothing_is_refused_and_nothing_is_kept(
    house: DeskHouse, file: Path, text: str, complaint: str
) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(NewsletterError, match=complaint):
        write(house, file)
    assert house.issues() == []
    with house.read() as connection:
        assert len(store.slugs_in_use(connection, ["snow", "closed-for-snow"])) == 0


def test_file_or_list_that_is_not_there_is_named(house: DeskHouse, file: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no-such\.md: No such file"):
        write(house, tmp_path / "no-such.md")
    with pytest.raises(UnknownList, match="Nobody"):
        letters.write_letter(house.app, file, "Nobody", None, None)


# Letters that go by themselves


def test_letter_with_an_instant_goes_then(house: DeskHouse, file: Path) -> None:
    house.pause_schedule()
    letter = write(house, file, NINE)
    assert (letter.state, letter.send_at) == (IssueState.SCHEDULED, builders.FIRST_TUESDAY)
    ticked = house.tick_at(builders.FIRST_TUESDAY - timedelta(minutes=1))
    assert (ticked.started, ticked.wake_at) == ((), builders.FIRST_TUESDAY)
    assert house.tick_at(builders.FIRST_TUESDAY).started == (letter.id,)
    assert house.tick().started == ()


def test_late_letter_still_goes_within_four_hours(house: DeskHouse, file: Path) -> None:
    house.pause_schedule()
    letter = write(house, file, NINE)
    assert house.tick_at(builders.FIRST_TUESDAY + timedelta(hours=3, minutes=59)).started == (letter.id,)


def test_letter_that_comes_too_late_is_a_draft_again_with_the_reason(house: DeskHouse, file: Path) -> None:
    house.pause_schedule()
    letter = write(house, file, NINE)
    words = house.tick_at(builders.FIRST_TUESDAY + timedelta(hours=4, minutes=1)).words
    assert f"issue {letter.id}: it did not go out in time" in words[-1]
    after = house.issue(letter.id)
    assert after.state is IssueState.DRAFT
    assert after.pause_reason.startswith("it did not go out in time")
    assert house.tick().words == ()


def test_letter_that_fell_due_while_everything_was_paused_is_a_draft_again(house: DeskHouse, file: Path) -> None:
    house.pause_schedule()
    letter = write(house, file, NINE)
    pausing.pause(house.app, reason="a death")
    house.clock.now = builders.FIRST_TUESDAY + timedelta(hours=1)
    pausing.resume(house.app)
    assert house.tick().started == ()
    after = house.issue(letter.id)
    assert after.state is IssueState.DRAFT
    assert after.pause_reason.startswith("it did not go out in time (everything was paused: a death); ")


def test_late_letter_waits_for_the_morning(house: DeskHouse, file: Path) -> None:
    house.pause_schedule()
    letter = write(house, file, "2026-03-31T05:00")
    five = builders.FIRST_TUESDAY - timedelta(hours=4)
    assert house.tick_at(five + timedelta(hours=1)).started == ()
    assert house.tick_at(five + timedelta(hours=2)).started == (letter.id,)


def test_what_keeps_a_letter_from_going_stands_beside_it(house: DeskHouse, file: Path) -> None:
    house.pause_schedule()
    letter = write(house, file, NINE)
    house.set(newsletter__postal_address="")
    house.tick_at(builders.FIRST_TUESDAY)
    assert "postal_address" in house.issue(letter.id).pause_reason
    house.tick_at(builders.FIRST_TUESDAY + timedelta(hours=5))
    assert "postal_address" in house.issue(letter.id).pause_reason
    assert house.issue(letter.id).state is IssueState.DRAFT


@pytest.mark.parametrize("at", ["2026-03-30T13:59", "2026-03-31", "tomorrow", "2036-12-31T09:00", "9999-12-31T23:59"])
def test_instant_that_is_none_or_over_is_refused(house: DeskHouse, file: Path, at: str) -> None:
    with pytest.raises(Refused, match="--at: "):
        write(house, file, at)
    assert house.issues() == []


def test_letter_that_could_not_go_is_refused_when_it_is_to_go_by_itself(house: DeskHouse, file: Path) -> None:
    house.set(newsletter__postal_address="")
    with pytest.raises(Refused, match="postal_address"):
        write(house, file, NINE)
    assert house.issues() == []


def test_scheduled_letter_can_be_sent_by_hand_or_cancelled(house: DeskHouse, file: Path) -> None:
    first, second = write(house, file, NINE), write(house, file, NINE)
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(first)
    assert relay.recipients == [ADA]
    assert sending.cancel(house.app, second.id).state is IssueState.CANCELLED
    house.pause_schedule()
    assert house.tick_at(builders.FIRST_TUESDAY).started == ()


def test_command_writes_a_letter_and_shows_its_kind(house: DeskHouse, file: Path) -> None:
    code, out, errors = house.run("issues", "write", str(file), "--list", "Friends", "--json")
    assert (code, errors) == (0, "")
    written = json.loads(out)
    assert (written["kind"], written["schedule"], written["occurrence"]) == ("letter", None, None)
    code, out, _ = house.run("issues", "show", str(written["id"]))
    assert code == 0
    assert "letter" in out


# The editor's note


def test_note_stands_above_the_article_in_both_parts_and_in_the_preview(house: DeskHouse) -> None:
    draft = house.plan()
    noted = noting.note_above(house.app, draft.id, "We are closed in May.\r\n\r\nThe group\r\nstarts in June. ")
    assert noted.note == "We are closed in May.\n\nThe group\nstarts in June."
    assert noted.content_hash != draft.content_hash
    preview = message_from_bytes(house.preview(noted), policy=policy.default).get_body(("plain",))
    assert preview is not None and preview.get_content().startswith(
        "We are closed in May.\r\n\r\nThe group starts in June."
    )
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(noted)
    text, html = parts(relay.messages[0])
    assert text.startswith("We are closed in May.")
    assert "The group starts in June." in html
    with pytest.raises(Refused, match="a note can only be put above a draft"):
        noting.note_above(house.app, draft.id, "too late")


def test_note_stays_when_the_draft_is_made_anew_and_an_empty_one_takes_it_away(house: DeskHouse) -> None:
    draft = house.plan()
    noting.note_above(house.app, draft.id, "We are closed in May.")
    library.retire(house.app, draft.articles[0])
    fresh = house.plan()
    assert (fresh.articles != draft.articles, fresh.note) == (True, "We are closed in May.")
    bare = noting.note_above(house.app, draft.id, " \n ")
    assert bare.note == ""
    preview = message_from_bytes(house.preview(bare), policy=policy.default).get_body(("plain",))
    assert preview is not None and "closed in May" not in preview.get_content()


def test_note_that_is_a_letter_is_refused(house: DeskHouse) -> None:
    draft = house.plan()
    with pytest.raises(Refused, match=r"3,001 characters; 3,000 are allowed"):
        noting.note_above(house.app, draft.id, "x" * 3_001)


def test_command_takes_a_note_and_shows_it(house: DeskHouse) -> None:
    draft = house.plan()
    assert house.run("issues", "note", str(draft.id), "Closed in May.")[0] == 0
    _, out, _ = house.run("issues", "show", str(draft.id))
    assert "    | Closed in May." in out.splitlines()
