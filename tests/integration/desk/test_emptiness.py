"""An occurrence that nothing may fill: told, skipped in silence, or filled with what went longest ago."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes, policy

import house as builders
from asked_people import mails
from desk_house import ADA, DeskHouse
from newsletter.desk import library, picks, schedules, ticking
from newsletter.desk.forecasting import forecast_of
from newsletter.states import DeliveryStatus
from newsletter.tables import deliveries
from scripted_relay import Message, ScriptedRelay

LEAD = builders.FIRST_TUESDAY - timedelta(days=2)


def when_empty(house: DeskHouse, what: str, **options: str) -> None:
    schedules.set_schedule(house.app, "weekly", given={"when_empty": what, **options})


def words_of(message: Message) -> str:
    body = message_from_bytes(message.data, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def emptied(house: DeskHouse) -> None:
    """Two articles are retired, the third one has expired."""
    library.retire(house.app, "small-promises")
    library.retire(house.app, "long-walks")
    with house.write() as connection:
        from newsletter.store import articles

        found = articles.find_article(connection, "quiet-mornings")
        assert found is not None and found.id is not None
        articles.change_article(connection, found.id, {"expires": date(2026, 3, 1)}, house.clock())


def test_alert_tells_one_person_why_of_each_article_and_the_schedule_goes_on(house: DeskHouse) -> None:
    emptied(house)
    with ScriptedRelay() as relay:
        house.relay(relay)
        ticked = house.tick_at(builders.FIRST_TUESDAY)
        house.tick()
    assert ticked.started == ()
    assert relay.recipients == ["post@example.org"]
    (message,) = relay.messages
    text = " ".join(words_of(message).split())
    assert "nobody on the list Friends got anything. The schedule goes on with Tuesday 7 April 2026, 09:00." in text
    assert "- quiet-mornings: expired: its last day was 2026-03-01" in text
    assert "- long-walks: it is retired" in text
    ((_, state, reason),) = house.occurrences()
    assert state == "skipped"
    assert "quiet-mornings: expired: its last day was 2026-03-01" in reason


def test_those_named_in_the_schedule_are_told_each_once(house: DeskHouse) -> None:
    emptied(house)
    when_empty(house, "alert", approvers="author,mira@example.org", deputy="noor@example.org,mira@example.org")
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.tick_at(builders.FIRST_TUESDAY)
    assert sorted(relay.recipients) == ["mira@example.org", "noor@example.org"]


def test_alert_that_no_relay_takes_is_tried_again(house: DeskHouse) -> None:
    emptied(house)
    house.tick_at(builders.FIRST_TUESDAY)
    with house.read() as connection:
        assert connection.execute(deliveries.select()).one().status == DeliveryStatus.PENDING
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.clock.pass_by(minutes=2)
        house.tick()
        house.tick()
    assert relay.recipients == ["post@example.org"]
    assert "quiet-mornings: expired" in words_of(relay.messages[0])


def test_skip_mails_nobody_and_writes_it_down(house: DeskHouse) -> None:
    emptied(house)
    when_empty(house, "skip")
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.tick_at(builders.FIRST_TUESDAY)
    assert relay.messages == []
    assert [state for _, state, _ in house.occurrences()] == ["skipped"]


def test_repeat_sends_what_went_longest_ago_and_lifts_no_other_rule(house: DeskHouse) -> None:
    when_empty(house, "repeat")
    with ScriptedRelay() as relay:
        house.relay(relay)
        foreseen = [each.forecast.articles for each in forecast_of(house.app, "weekly", 6, None)]
        for week in range(6):
            if week == 4:
                library.retire(house.app, "small-promises")
            for issue in house.tick_at(builders.FIRST_TUESDAY + week * builders.WEEK).started:
                house.send(house.issue(issue))
    went = [issue.articles for issue in house.issues()]
    assert went[:4] == foreseen[:4] == [("quiet-mornings",), ("small-promises",), ("long-walks",), ("quiet-mornings",)]
    assert foreseen[4:] == [("small-promises",), ("long-walks",)]
    assert went[4:] == [("long-walks",), ("quiet-mornings",)]
    assert relay.recipients == [ADA] * 6


def test_draft_that_repeats_stays_as_it_is_when_it_is_looked_at_again(house: DeskHouse) -> None:
    when_empty(house, "repeat")
    for slug in ("small-promises", "long-walks"):
        library.retire(house.app, slug)
    with ScriptedRelay() as relay:
        house.relay(relay)
        (issue,) = house.tick_at(builders.FIRST_TUESDAY).started
        house.send(house.issue(issue))
        draft = house.plan()
        assert draft.articles == ("quiet-mornings",)
        assert house.plan() == draft
        house.send(draft)
    assert relay.recipients == [ADA, ADA]


def test_home_that_cannot_mail_yet_says_that_nobody_was_told_and_goes_on(house: DeskHouse) -> None:
    emptied(house)
    house.set(newsletter__from_address="")
    words = house.tick_at(builders.FIRST_TUESDAY).words
    assert "schedule 'weekly': nobody could be told that nothing went out: newsletter.reply_to" in words[-1]
    assert [state for _, state, _ in house.occurrences()] == ["skipped"]


# Ahead


def asks(house: DeskHouse, **options: str) -> None:
    """It is drafted two days before, and the office asked for a yes."""
    when_empty(house, "alert", approval="required", approvers="office@example.org", **options)
    house.clock.now = LEAD - timedelta(hours=1)


def test_who_looks_after_it_is_warned_once_when_nothing_may_go_as_things_stand(house: DeskHouse) -> None:
    emptied(house)
    asks(house)
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert house.tick().words == ()
        (words,) = house.tick_at(LEAD).words
        for hours in range(1, 48, 8):
            assert house.tick_at(LEAD + timedelta(hours=hours)).words == ()
        ticking.tick(house.opened_again())
        (warning,) = mails(relay)
        house.tick_at(builders.FIRST_TUESDAY)
    assert words.startswith("schedule 'weekly', 2026-03-31 09:00: nothing can be picked: ")
    assert (warning.to, warning.subject) == ("office@example.org", "Nothing may go out on Tuesday 31 March 2026, 09:00")
    text = " ".join(warning.text.split())
    assert "As things stand the schedule weekly has no article that may go on Tuesday 31 March 2026, 09:00" in text
    assert "- quiet-mornings: expired: its last day was 2026-03-01" in text
    assert "`newsletter issues plan weekly --skip 2026-03-31T09:00`" in text
    assert mails(relay)[-1].subject == "Nothing went out on Tuesday 31 March 2026, 09:00"
    assert len(mails(relay)) == 2


def test_what_the_warning_says_can_be_done_can_be(house: DeskHouse) -> None:
    emptied(house)
    asks(house)
    house.tick_at(LEAD)
    shown = picks.next_pick(house.app, "weekly", builders.FIRST_TUESDAY)
    assert (shown["pick"], len(shown["candidates"])) == ([], 3)
    library.edit_article(house.app, "quiet-mornings", {"expires": ""})
    house.tick_at(LEAD + timedelta(minutes=10))
    assert [each.articles for each in house.issues()] == [("quiet-mornings",)]
    code, _, err = house.run("next", "weekly", "--at", "2026-03-31T07:00:00Z")
    assert (code, err) == (0, "")


def test_warning_that_the_relay_puts_off_is_tried_again(house: DeskHouse) -> None:
    emptied(house)
    asks(house)
    house.tick_at(LEAD)
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.tick_at(LEAD + timedelta(minutes=10))
        house.tick_at(LEAD + timedelta(minutes=20))
    assert relay.recipients == ["office@example.org"]


def test_of_several_dates_that_nothing_may_fill_the_next_one_is_told(house: DeskHouse) -> None:
    emptied(house)
    asks(house, lead="20d")
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.tick()
        assert [mail.subject for mail in mails(relay)] == ["Nothing may go out on Tuesday 31 March 2026, 09:00"]
        house.tick_at(builders.FIRST_TUESDAY + timedelta(minutes=10))
    assert [mail.subject for mail in mails(relay)][1:] == [
        "Nothing may go out on Tuesday 7 April 2026, 09:00",
        "Nothing went out on Tuesday 31 March 2026, 09:00",
    ]


def test_nobody_is_warned_who_is_not_told_at_the_time_either(house: DeskHouse) -> None:
    emptied(house)
    asks(house)
    when_empty(house, "skip")
    with ScriptedRelay() as relay:
        house.relay(relay)
        assert len(house.tick_at(LEAD).words) == 1
        assert house.tick_at(LEAD + timedelta(minutes=10)).words == ()
    assert relay.messages == []


def test_warning_where_each_reader_has_a_next_article_and_has_had_all(house: DeskHouse) -> None:
    when_empty(house, "alert", repeat="per-reader")
    for slug in ("small-promises", "long-walks"):
        library.retire(house.app, slug)
    with ScriptedRelay() as relay:
        house.relay(relay)
        (issue,) = house.tick_at(builders.FIRST_TUESDAY).started
        house.send(house.issue(issue))
        when_empty(house, "alert", approval="required", approvers="office@example.org")
        (words,) = house.tick_at(LEAD + builders.WEEK).words
        assert house.tick_at(LEAD + builders.WEEK + timedelta(minutes=10)).words == ()
        assert house.tick_at(LEAD + builders.WEEK + timedelta(minutes=20)).words == ()
    assert words.endswith("2026-04-07 09:00: no reader is due an article; 1 reader has had all that may go")
    (warning,) = mails(relay, "office@example.org")
    assert "- 1 reader has had all that may go - long-walks: it is retired" in " ".join(warning.text.split())
