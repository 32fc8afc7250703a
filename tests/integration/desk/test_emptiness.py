"""An occurrence that nothing may fill: told, skipped in silence, or filled with what went longest ago."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes, policy

import house as builders
from desk_house import ADA, DeskHouse
from newsletter.desk import library, schedules
from newsletter.desk.forecasting import forecast_of
from newsletter.states import DeliveryStatus
from newsletter.tables import deliveries
from scripted_relay import Message, ScriptedRelay

SECOND, THIRD, FOURTH = (builders.FIRST_TUESDAY + weeks * builders.WEEK for weeks in (1, 2, 3))


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
