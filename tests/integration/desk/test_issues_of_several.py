"""An issue of several articles, from the schedule's option to the reader: one leads, the rules hold between them."""

from __future__ import annotations

from email import message_from_bytes, policy

import house as builders
from desk_house import ADA, DeskHouse
from newsletter.desk import library, schedules, sending
from newsletter.desk.forecasting import forecast_of
from newsletter.states import DeliveryStatus
from newsletter.store import articles
from newsletter.tables import deliveries
from scripted_relay import ScriptedRelay


def several(house: DeskHouse, count: int) -> None:
    schedules.set_schedule(house.app, "weekly", given={"articles": str(count)})


def test_issue_of_several_articles_uses_them_all_up(house: DeskHouse) -> None:
    several(house, 2)
    foreseen = [each.forecast.articles for each in forecast_of(house.app, "weekly", 3, None)]
    assert foreseen == [("quiet-mornings", "small-promises"), ("long-walks",), ()]
    with ScriptedRelay() as relay:
        house.relay(relay)
        for week in range(2):
            for issue in house.tick_at(builders.FIRST_TUESDAY + week * builders.WEEK).started:
                house.send(house.issue(issue))
    assert [issue.articles for issue in house.issues()] == foreseen[:2]
    assert relay.recipients == [ADA, ADA]
    message = message_from_bytes(relay.messages[0].data, policy=policy.default)
    assert message["Subject"] == "Quiet mornings"
    text = message.get_body(("plain",))
    assert text is not None
    assert "All about quiet mornings." in text.get_content()
    assert "All about small promises." in text.get_content()  # nowhere else to be read


def test_article_below_that_stands_on_the_web_is_linked_and_not_repeated(house: DeskHouse) -> None:
    several(house, 2)
    with house.write() as connection:
        found = articles.find_article(connection, "small-promises")
        assert found is not None and found.id is not None
        fields = {"source_url": "https://practice.example.org/small", "summary": "Why a small one holds."}
        articles.change_article(connection, found.id, fields, house.clock())
    preview = message_from_bytes(house.preview(house.plan()), policy=policy.default).get_body(("plain",))
    assert preview is not None
    text = " ".join(preview.get_content().split())
    assert "Why a small one holds. Read on: https://practice.example.org/small" in text
    assert "All about small promises." not in text


def test_draft_loses_an_article_that_may_no_longer_go_and_takes_the_next(house: DeskHouse) -> None:
    several(house, 2)
    draft = house.plan()
    library.retire(house.app, "small-promises")
    assert house.plan().articles == ("quiet-mornings", "long-walks")
    library.retire(house.app, "quiet-mornings")
    assert house.plan().articles == ("long-walks",)
    assert house.plan().id == draft.id


def test_cancelled_draft_gives_all_its_articles_back(house: DeskHouse) -> None:
    several(house, 2)
    draft = house.plan()
    sending.cancel(house.app, draft.id)
    assert house.plan().articles == draft.articles


def test_issue_paused_for_good_before_anybody_had_it_gives_its_article_back(house: DeskHouse) -> None:
    begun = sending.start(house.app, house.plan())
    sending.pause(house.app, begun.id)
    sending.cancel(house.app, begun.id)
    assert house.plan().articles == begun.articles


def test_issue_cancelled_after_somebody_had_it_keeps_its_article_used(house: DeskHouse) -> None:
    begun = sending.start(house.app, house.plan())
    with house.write() as connection:
        connection.execute(deliveries.update().values(status=str(DeliveryStatus.SENT)))
    sending.cancel(house.app, begun.id)
    assert house.plan().articles == ("small-promises",)
