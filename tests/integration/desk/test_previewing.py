"""What is previewed is what is handed to the relay, byte for byte; and a copy for somebody else changes nothing."""

from __future__ import annotations

import re
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from desk_house import ADA, DeskHouse, HoldingRelay
from newsletter.desk import explaining, library, previewing, sending
from newsletter.errors import DeliveryError, NotFound, Refused, RelayRefusal, TransientFailure
from newsletter.states import DeliveryStatus, IssueState
from newsletter.tables import deliveries, issues, occurrences
from scripted_relay import CUT, Message, ScriptedRelay

EVE = "eve@example.org"
DATE = re.compile(rb"^Date: .*\r\n", re.MULTILINE)


def _to(messages: list[Message], recipient: str) -> bytes:
    (found,) = [message.data for message in messages if message.recipient == recipient]
    return found


def _parsed(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=policy.default)


def _bodies(message: bytes) -> tuple[str, str]:
    """The text part and the HTML part."""
    text, html = _parsed(message).iter_parts()
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_preview_before_the_send_differs_in_the_date_alone(house: DeskHouse, pipelining: bool) -> None:
    readers = [ADA, *house.add_readers(30)]
    issue = house.plan()
    shown = {email: house.preview(issue, email) for email in readers}
    house.clock.pass_by(hours=2, seconds=7)
    with ScriptedRelay(pipelining=pipelining) as relay:
        house.relay(relay)
        house.send(issue)
    assert sorted(relay.recipients) == sorted(readers)
    for email in readers:
        sent = _to(relay.messages, email)
        assert sent != shown[email]
        assert DATE.sub(b"", sent) == DATE.sub(b"", shown[email])


def test_a_preview_after_the_send_is_the_message_itself(house: DeskHouse) -> None:
    """Also where the date of each message is another, because the relay took its time."""
    readers = [ADA, *house.add_readers(60)]
    issue = house.plan()

    class TickingRelay(ScriptedRelay):
        def keep(self, message: Message) -> None:
            super().keep(message)
            house.clock.pass_by(seconds=20)

    with TickingRelay() as relay:
        house.relay(relay)
        house.send(issue)
    assert len({DATE.search(message.data)[0] for message in relay.messages}) > 10  # type: ignore[index]
    house.clock.pass_by(days=3)
    for email in readers:
        assert house.preview(issue, email) == _to(relay.messages, email)


def test_the_date_is_the_instant_of_the_first_try(house: DeskHouse) -> None:
    house.set(smtp__connections=1)
    house.add_readers(40)
    issue = house.plan()

    class TickingRelay(ScriptedRelay):
        def keep(self, message: Message) -> None:
            super().keep(message)
            house.clock.pass_by(minutes=1)

    with TickingRelay() as relay:
        house.relay(relay)
        house.send(issue)
    first, last = (_parsed(relay.messages[place].data)["Date"].datetime for place in (0, -1))
    assert (last - first).total_seconds() / 60 >= 36, "not that of the claim, which took them all at once"


def test_the_message_id_is_known_before_anything_is_sent(house: DeskHouse) -> None:
    issue = house.plan()
    shown = _parsed(house.preview(issue))["Message-ID"]
    sending.start(house.app, issue)
    assert house.deliveries(issue)[ADA].message_id == shown
    other = house.opened_again()
    assert _parsed(previewing.preview(other, "1", ADA).message)["Message-ID"] == shown
    house.add_readers(1)
    assert _parsed(house.preview(issue, "reader1@example.org"))["Message-ID"] != shown


def test_both_parts_are_shown_as_they_read(house: DeskHouse) -> None:
    issue = house.plan()
    shown = previewing.preview(house.app, str(issue.id), ADA)
    text, html = _bodies(shown.message)
    assert text.splitlines() == shown.text.splitlines()
    assert html.splitlines() == shown.html.splitlines()
    assert shown.title == _parsed(shown.message)["Subject"] == "Quiet mornings"
    assert shown.email == ADA


def test_a_reader_sees_their_own_working_link(house: DeskHouse) -> None:
    issue = house.plan()
    message = _parsed(house.preview(issue))
    (link,) = re.findall(r"^<(http://127\.0\.0\.1:8080/unsubscribe/[^>]+)>$", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = house.app.tokens.read_unsubscribe(link.rpartition("/")[2])
    assert (found.subscriber_id, found.list_id, found.issue_id) == (1, 1, issue.id)
    assert all(link in body.replace("&amp;", "&") for body in _bodies(message.as_bytes()))


def test_without_a_reader_a_made_up_one_is_shown_and_no_link_is_live(house: DeskHouse) -> None:
    issue = house.plan()
    shown = previewing.preview(house.app, str(issue.id), None)
    assert shown.email == "reader@example.org"
    (token,) = set(
        re.findall(r"/unsubscribe/([\w.~-]+)", shown.html + shown.text + _parsed(shown.message)["List-Unsubscribe"])
    )
    assert token == house.app.tokens.test_copy_token()


def test_an_article_is_shown_as_the_next_issue_and_nothing_is_stored(house: DeskHouse) -> None:
    shown = previewing.preview(house.app, "small-promises", ADA)
    with house.read() as connection:
        for table in (issues, occurrences, deliveries):
            assert connection.execute(select(table)).all() == []
    assert shown.title == "Small promises"
    issue = house.plan(pin="small-promises")
    sent = previewing.preview(house.app, str(issue.id), ADA)
    assert _views(shown.html) == _views(sent.html), "the web view has the address it will have"
    assert _without_links(shown.html) == _without_links(sent.html)


def _views(html: str) -> set[str]:
    found = set(re.findall(r"/archive/\w+", html))
    assert found
    return found


def _without_links(html: str) -> str:
    return re.sub(r"/unsubscribe/[\w.~-]+", "", html)


def test_an_article_can_be_shown_where_there_is_no_schedule(house: DeskHouse) -> None:
    from newsletter.desk.schedules import remove_schedule

    remove_schedule(house.app, "weekly")
    assert previewing.preview(house.app, "small-promises", None).title == "Small promises"


def test_what_is_not_there_is_named(house: DeskHouse) -> None:
    for target, words in (("no-such-thing", "no-such-thing"), ("17", "no issue '17'"), ("0", "no issue '0'")):
        with pytest.raises(NotFound, match=words):
            previewing.preview(house.app, target, None)
        with pytest.raises(NotFound, match=words):
            previewing.check(house.app, target)
        with pytest.raises(NotFound, match=words):
            explaining.explain(house.app, target, ADA)
    with pytest.raises(NotFound, match=r"no subscriber 'eve@example\.org'"):
        previewing.preview(house.app, "small-promises", EVE)


def test_a_look_at_a_draft_shows_the_library_as_it_is_now(house: DeskHouse) -> None:
    issue = house.plan()
    library.edit_article(house.app, "quiet-mornings", {"title": "Early mornings"})
    assert _parsed(house.preview(issue))["Subject"] == "Early mornings"
    sending.start(house.app, issue)
    library.edit_article(house.app, "quiet-mornings", {"title": "Late mornings"})
    assert _parsed(house.preview(issue))["Subject"] == "Early mornings", "what is being sent is frozen"


def test_an_issue_that_is_being_sent_says_the_same_to_everybody(house: DeskHouse) -> None:
    house.add_readers(60)
    issue = house.plan()
    with HoldingRelay(20) as relay:
        house.relay(relay)
        other = house.opened_again("elsewhere:1:aa")

        def edit() -> None:
            relay.holding.wait()
            library.edit_article(
                other, "quiet-mornings", {"title": "Late mornings", "body_html": "<p>Other words.</p>"}
            )
            previewing.preview(other, str(issue.id), ADA)
            relay.go.set()

        editor = threading.Thread(target=edit)
        editor.start()
        house.send(issue)
        editor.join()
    assert {_parsed(message.data)["Subject"] for message in relay.messages} == {"Quiet mornings"}
    assert not any(b"Other words" in message.data for message in relay.messages)


# -- test copies


def test_a_test_copy_carries_no_live_link(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        delivery = sending.send_test(house.app, issue.id, EVE)
    (message,) = relay.messages
    assert message.recipient == EVE
    assert _parsed(message.data)["To"] == f"Robin Reader <{EVE}>"
    text, html = _bodies(message.data)
    tokens = set(re.findall(r"/unsubscribe/([\w.~-]+)", text + html + _parsed(message.data)["List-Unsubscribe"]))
    assert tokens == {house.app.tokens.test_copy_token()}
    assert (delivery.kind, delivery.issue_id, delivery.subscriber_id) == ("test", None, None)
    assert (delivery.status, delivery.reply) == (DeliveryStatus.SENT, "250 2.0.0 Taken")
    assert delivery.message_id == _parsed(message.data)["Message-ID"]
    assert house.issue(issue.id).state is IssueState.DRAFT
    assert house.issue(issue.id).planned == 0


def test_a_test_copy_to_a_subscriber_is_no_delivery_of_the_issue(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        sending.send_test(house.app, issue.id, ADA)
        house.send(issue)
    test, real = relay.messages
    assert (test.recipient, real.recipient) == (ADA, ADA)
    assert _parsed(test.data)["Message-ID"] != _parsed(real.data)["Message-ID"]
    assert house.app.tokens.unsubscribe_token(1, 1, issue.id).encode() not in test.data.replace(b"=\r\n", b"")


def test_a_second_test_copy_is_another_message(house: DeskHouse) -> None:
    """Mail programs hide a message whose Message-ID they know; and this one may say something else."""
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        sending.send_test(house.app, issue.id, EVE)
        house.clock.pass_by(seconds=1)
        library.edit_article(house.app, "quiet-mornings", {"title": "Early mornings"})
        sending.send_test(house.app, issue.id, EVE)
    first, second = (_parsed(message.data) for message in relay.messages)
    assert first["Message-ID"] != second["Message-ID"]
    assert second["Subject"] == "Early mornings"


def test_a_test_copy_goes_to_the_longest_of_addresses(either_house: DeskHouse) -> None:
    house = either_house
    issue = house.plan()
    longest = f"{'e' * 64}@{'.'.join(['x' * 60] * 2)}.{'y' * 50}.example.org"
    assert len(longest) == 249
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert sending.send_test(house.app, issue.id, longest).status is DeliveryStatus.SENT
    assert relay.recipients == [longest]


def _tests(house: DeskHouse) -> list[tuple[str, str]]:
    with house.read() as connection:
        rows = connection.execute(select(deliveries).where(deliveries.c.kind == "test")).all()
    return [(row.status, row.reason) for row in rows]


def test_a_test_copy_that_did_not_leave_is_told_and_kept_as_failed(house: DeskHouse) -> None:
    issue = house.plan()
    with pytest.raises(TransientFailure, match=r"127\.0\.0\.1:9 cannot be reached"):
        sending.send_test(house.app, issue.id, EVE)
    house.clock.pass_by(seconds=1)
    with ScriptedRelay(answers={"mail": "550 5.7.1 Not from you"}) as relay, pytest.raises(RelayRefusal):
        house.relay(relay)
        sending.send_test(house.app, issue.id, EVE)
    house.clock.pass_by(seconds=1)
    with ScriptedRelay(answers={"dot": [CUT]}) as relay, pytest.raises(DeliveryError, match="its reply never came"):
        house.relay(relay)
        sending.send_test(house.app, issue.id, EVE)
    assert [status for status, _ in _tests(house)] == ["failed"] * 3
    assert all(reason for _, reason in _tests(house))


def test_a_test_copy_of_a_sent_issue_says_what_was_sent(house: DeskHouse) -> None:
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(issue)
        library.edit_article(house.app, "quiet-mornings", {"title": "Late mornings"})
        sending.send_test(house.app, issue.id, EVE)
    assert _parsed(relay.messages[1].data)["Subject"] == "Quiet mornings"


# -- the report, and the truth about what was never sent


def test_a_sound_issue_passes(house: DeskHouse) -> None:
    issue = house.plan()
    assert previewing.check(house.app, str(issue.id)).verdict == "pass"
    assert previewing.check(house.app, "small-promises").verdict == "pass"


def test_an_incomplete_article_is_a_report_and_not_an_error(house: DeskHouse) -> None:
    library.edit_article(house.app, "small-promises", {"authors": "Nobody Known"})
    report = previewing.check(house.app, "small-promises")
    (finding,) = report.findings
    assert report.verdict == "block"
    assert (finding.rule, finding.words) == ("complete", "it lacks bio")
    assert "newsletter authors set 'Nobody Known' --bio" in finding.mend
    with pytest.raises(Refused, match="small-promises cannot be sent: its author Nobody Known has no bio"):
        previewing.preview(house.app, "small-promises", None)


def test_a_missing_postal_address_blocks(house: DeskHouse) -> None:
    issue = house.plan()
    house.set(newsletter__postal_address="")
    report = previewing.check(house.app, str(issue.id))
    assert report.verdict == "block"
    assert "postal_address" in {finding.rule for finding in report.findings}


def test_an_article_says_why_nobody_has_got_it(house: DeskHouse) -> None:
    (found,) = explaining.explain(house.app, "small-promises", ADA)
    due = "schedule 'weekly': due on 2026-04-07 at 09:00, as the forecast has it"
    assert found.words == f"small-promises stands in no issue yet; {due}"
    library.edit_article(house.app, "small-promises", {"authors": "Nobody Known"})
    told = explaining.explain(house.app, "small-promises", ADA)
    assert any("its author Nobody Known has no bio" in each.words for each in told)


def test_an_article_is_explained_through_each_issue_it_stood_in(house: DeskHouse) -> None:
    sending.cancel(house.app, house.plan().id)
    issue = house.plan()
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.send(issue)
    first, second = explaining.explain(house.app, "quiet-mornings", ADA)
    assert first.issue is not None and first.issue.state is IssueState.CANCELLED
    assert first.words == "issue 1 is cancelled, and has not begun: nobody has got it"
    assert second.words.startswith("handed over to the relay")
    assert second.as_json()["delivery"]["status"] == "sent"
