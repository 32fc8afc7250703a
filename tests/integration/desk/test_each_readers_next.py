"""Each reader's own next article: groups at an occurrence, and courses that begin when somebody joins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import null, update

import house as builders
from asked_people import Mail, mails
from desk_house import ADA, DeskHouse
from house import FIRST_TUESDAY, WEEK
from newsletter.app import App
from newsletter.desk import forecasting, group_issues, library, schedules, sending, ticking
from newsletter.errors import Refused
from newsletter.model import Issue
from newsletter.states import DeliveryStatus, IssueState
from newsletter.tables import articles
from scripted_relay import ScriptedRelay
from subscribers import store as audience

FIRST, SECOND, THIRD = "quiet-mornings", "small-promises", "long-walks"


@pytest.fixture
def club(tmp_path: Path, database_url: str) -> Iterator[DeskHouse]:
    """Its weekly schedule gives each reader their own next article."""
    with ScriptedRelay() as relay:
        built = DeskHouse.built(tmp_path / "home", {"database.url": database_url})
        built.furnish(FIRST, SECOND, THIRD)
        built.relay(relay)
        change(built, repeat="per-reader")
        yield built
        built.close()


def change(club: DeskHouse, **options: str) -> None:
    schedules.set_schedule(club.app, "weekly", given=options)


def join(club: DeskHouse, name: str) -> str:
    """The address of a reader who joins now."""
    with club.write() as connection:
        builders.add_reader(connection, audience.find_list(connection, "Friends"), name, at=club.clock())
    return f"{name.lower()}@example.org"


def plan(club: DeskHouse) -> list[tuple[Issue, int]]:
    planned = group_issues.plan_named(club.app, "weekly")
    assert planned is not None
    return planned


def lose_picture(club: DeskHouse, slug: str, is_back: bool = False) -> None:
    """The article shows a picture that is not in the home; or no longer does."""
    hero = {"src": "media/gone.jpg", "alt": "A lamp", "credit": "", "credit_source": ""}
    with club.write() as connection:
        shown = update(articles).where(articles.c.slug == slug).values(hero=null() if is_back else hero)
        connection.execute(shown)


def week(club: DeskHouse, number: int, app: App | None = None) -> ticking.Ticked:
    """The tick of this Tuesday, the first one being 0, and everything it began sent."""
    club.clock.now = FIRST_TUESDAY + number * WEEK
    ticked = ticking.tick(app or club.app)
    for issue_id in ticked.started:
        club.send(club.issue(issue_id))
    return ticked


def got(club: DeskHouse, email: str) -> list[str]:
    """The articles an address was sent, in order."""
    return [
        issue.articles[0]
        for issue in club.issues()
        if (delivery := club.deliveries(issue).get(email)) and delivery.status is DeliveryStatus.SENT
    ]


def test_who_joins_later_starts_with_the_first_while_the_others_go_on(club: DeskHouse) -> None:
    week(club, 0)
    zoe = join(club, "Zoe")
    week(club, 1)
    assert got(club, ADA) == [FIRST, SECOND]
    assert got(club, zoe) == [FIRST]
    week(club, 2)
    assert (got(club, ADA), got(club, zoe)) == ([FIRST, SECOND, THIRD], [FIRST, SECOND])


def test_each_group_has_an_issue_and_each_reader_one_delivery(club: DeskHouse) -> None:
    week(club, 0)
    join(club, "Zoe")
    ticked = week(club, 1)
    issues = [club.issue(number) for number in ticked.started]
    assert [issue.articles for issue in issues] == [(FIRST,), (SECOND,)]
    assert [list(club.deliveries(issue)) for issue in issues] == [["zoe@example.org"], [ADA]]
    assert {issue.occurrence_id for issue in issues} == {issues[0].occurrence_id}


def test_plan_drafts_an_issue_for_each_group_and_again_the_same(club: DeskHouse) -> None:
    week(club, 0)
    join(club, "Zoe")
    planned = plan(club)
    assert [(issue.articles[0], readers) for issue, readers in planned] == [(FIRST, 1), (SECOND, 1)]
    assert plan(club) == planned
    week(club, 1)
    assert [club.issue(issue.id).state for issue, _ in planned] == [IssueState.SENT, IssueState.SENT]
    assert len(club.issues()) == 3


def test_the_command_line_prints_the_groups(house: DeskHouse) -> None:
    change(house, repeat="per-reader")
    code, out, _ = house.run("issues", "plan", "weekly", "--json")
    assert code == 0
    assert [(each["articles"], each["readers"]) for each in json.loads(out)] == [([FIRST], 1)]
    code, out, _ = house.run("issues", "plan", "weekly")
    assert "due to 1 reader now" in out
    code, out, _ = house.run("forecast", "--json", "--count", "2")
    assert [each["groups"] for each in json.loads(out)][-1] == [{"article": SECOND, "readers": 1}]


def test_a_group_sent_by_hand_leaves_the_others_to_the_tick(club: DeskHouse) -> None:
    week(club, 0)
    zoe = join(club, "Zoe")
    (first, _), (second, _) = plan(club)
    club.send(first)
    late = join(club, "Late")
    week(club, 1)
    assert (got(club, zoe), got(club, ADA)) == ([FIRST], [FIRST, SECOND])
    assert club.issue(second.id).state is IssueState.SENT
    # Once one group has begun, who joins waits for the next occurrence.
    assert got(club, late) == []
    week(club, 2)
    assert got(club, late) == [FIRST]


def test_a_failure_at_the_second_group_leaves_no_group_begun_and_the_next_tick_begins_all(club: DeskHouse) -> None:
    week(club, 0)
    zoe = join(club, "Zoe")
    (first, _), (second, _) = plan(club)
    ready = [sending.prepare(club.app, issue, is_alone=True) for issue in (first, second)]
    club.suppress(ADA)  # nobody is left to whom the second is due
    with pytest.raises(Refused, match="no reader is due small-promises"):
        sending.begin(club.app, [each for each in ready if each is not None], is_alone=True)
    assert club.issue(first.id).state is IssueState.DRAFT
    assert club.deliveries(first) == {}
    week(club, 1)
    assert got(club, zoe) == [FIRST]
    assert club.issue(second.id).state is IssueState.CANCELLED


def test_two_processes_begin_each_group_once(club: DeskHouse) -> None:
    week(club, 0)
    join(club, "Zoe")
    other = club.opened_again()
    begun = [*week(club, 1).started, *week(club, 1, other).started]
    assert len(begun) == len({*begun}) == 2


def test_what_did_not_arrive_is_not_had(club: DeskHouse) -> None:
    with ScriptedRelay(refuse={ADA}) as relay:
        club.relay(relay)
        week(club, 0)
    with ScriptedRelay() as relay:
        club.relay(relay)
        week(club, 1)
    assert got(club, ADA) == [FIRST]


def told(club: DeskHouse, number: int) -> list[Mail]:
    """The mails to those who run it that the tick of this Tuesday came to, however often it is looked at."""
    with ScriptedRelay() as relay:
        club.relay(relay)
        week(club, number)
        week(club, number, club.opened_again())
    return mails(relay)


def test_who_has_had_every_article_gets_nothing_and_a_person_is_told(club: DeskHouse) -> None:
    library.edit_article(club.app, THIRD, {"expires": "2026-04-20"})
    for number in range(3):
        week(club, number)
    (mail,) = told(club, 3)
    words = "no reader is due an article; 1 reader has had all that may go"
    assert club.occurrences()[-1][1:] == ("skipped", f"schedule 'weekly', 2026-04-21 09:00: {words}")
    assert (mail.to, mail.subject) == ("post@example.org", "Nothing went out on Tuesday 21 April 2026, 09:00")
    text = " ".join(mail.text.split())
    assert "had no article that a reader is due on Tuesday 21 April 2026, 09:00: nobody on the list Friends got" in text
    assert "- 1 reader has had all that may go - long-walks: expired: its last day was 2026-04-20" in text
    assert "articles edit SLUG --set evergreen=true" in text and "repeat" not in text
    join(club, "Zoe")
    assert week(club, 4).words == ("schedule 'weekly': 1 reader has had all that may go, and got nothing",)


def test_where_no_article_may_go_it_is_said_why_of_each(club: DeskHouse) -> None:
    for slug in (FIRST, SECOND, THIRD):
        library.retire(club.app, slug)
    (mail,) = told(club, 0)
    text = " ".join(mail.text.split())
    assert "- long-walks: it is retired - quiet-mornings: it is retired - small-promises: it is retired" in text
    assert "have had all" not in text and "has had all" not in text
    ((_, state, reason),) = club.occurrences()
    assert state == "skipped" and "quiet-mornings: it is retired" in reason


def test_who_wants_no_alert_and_who_runs_a_course_is_told_nothing(club: DeskHouse) -> None:
    for slug in (FIRST, SECOND, THIRD):
        library.retire(club.app, slug)
    change(club, when_empty="skip")
    assert told(club, 0) == []
    change(club, when_empty="alert", sequence="7")
    assert told(club, 1) == []
    assert [state for _, state, _ in club.occurrences()] == ["skipped", "skipped"]


def test_an_evergreen_article_comes_again_after_the_cool_down(club: DeskHouse) -> None:
    library.edit_article(club.app, FIRST, {"evergreen": "true"})
    change(club, cool_down="14")
    for number in range(4):
        week(club, number)
    assert got(club, ADA) == [FIRST, SECOND, FIRST, THIRD]


def test_a_course_begins_when_somebody_joins_and_goes_on_after_so_many_days(club: DeskHouse) -> None:
    schedules.set_schedule(club.app, "weekly", when="every day 09:00", given={"sequence": "7", "repeat": "per-list"})
    club.clock.now = FIRST_TUESDAY - timedelta(hours=1)
    zoe = join(club, "Zoe")
    sent = []
    for day in range(20):
        club.clock.now = FIRST_TUESDAY + timedelta(days=day)
        before = len(got(club, zoe))
        ticked = club.tick()
        assert ticked.words == ()
        for issue_id in ticked.started:
            club.send(club.issue(issue_id))
        sent += [day] * (len(got(club, zoe)) - before)
    assert sent == [0, 7, 14]
    assert got(club, zoe) == [FIRST, SECOND, THIRD]


def test_a_course_is_not_for_who_was_there_before_it(club: DeskHouse) -> None:
    with club.write() as connection:
        builders.add_reader(connection, audience.find_list(connection, "Friends"), "Old")
    club.clock.pass_by(hours=2)
    schedules.add_schedule(
        club.app, "welcome", "Friends", "every day 09:00", None, None, None, 4, {"sequence": "1", "approval": "none"}
    )
    schedules.remove_schedule(club.app, "weekly")
    club.clock.pass_by(hours=1)
    zoe = join(club, "Zoe")
    club.clock.now = FIRST_TUESDAY
    (number,) = club.tick().started
    assert list(club.deliveries(club.issue(number))) == [zoe]


def test_a_cancelled_group_leaves_the_occurrence_to_the_others(club: DeskHouse) -> None:
    week(club, 0)
    zoe = join(club, "Zoe")
    (first, _), _ = plan(club)
    sending.cancel(club.app, first.id)
    week(club, 1)
    assert (got(club, zoe), got(club, ADA)) == ([], [FIRST, SECOND])
    week(club, 2)
    assert got(club, zoe) == [FIRST]


def test_an_article_that_may_not_go_any_more_gives_its_readers_to_the_next(club: DeskHouse) -> None:
    ((draft, _),) = plan(club)
    library.edit_article(club.app, FIRST, {"status": "draft"})
    week(club, 0)
    assert club.issue(draft.id).state is IssueState.CANCELLED
    assert got(club, ADA) == [SECOND]
    assert club.occurrences()[-1][1] == "issued"


def test_an_article_that_lacks_its_picture_gives_its_readers_to_the_next_and_is_not_lost_to_them(
    club: DeskHouse,
) -> None:
    lose_picture(club, FIRST)
    week(club, 0)
    assert got(club, ADA) == [SECOND]
    lose_picture(club, FIRST, is_back=True)
    week(club, 1)
    week(club, 2)
    assert got(club, ADA) == [SECOND, FIRST, THIRD]


def test_who_joins_is_given_the_draft_there_is_when_their_first_article_lacks_its_picture(club: DeskHouse) -> None:
    week(club, 0)
    club.clock.now = FIRST_TUESDAY + WEEK - timedelta(hours=1)
    plan(club)
    zoe = join(club, "Zoe")
    lose_picture(club, FIRST)
    week(club, 1)
    assert (got(club, ADA), got(club, zoe)) == ([FIRST, SECOND], [SECOND])


def test_a_draft_that_loses_its_picture_keeps_no_other_group_from_its_issue(club: DeskHouse) -> None:
    week(club, 0)
    zoe = join(club, "Zoe")
    club.clock.now = FIRST_TUESDAY + WEEK - timedelta(hours=1)
    planned = plan(club)
    lose_picture(club, FIRST)
    assert week(club, 1).started == ()
    week(club, 1)
    states = {issue.articles[0]: club.issue(issue.id).state for issue, _ in planned}
    assert states == {FIRST: IssueState.CANCELLED, SECOND: IssueState.SENT}
    assert (got(club, ADA), got(club, zoe)) == ([FIRST, SECOND], [])
    week(club, 2)
    assert (got(club, ADA), got(club, zoe)) == ([FIRST, SECOND, THIRD], [SECOND])


def test_several_articles_do_not_go_with_a_next_one_each(house: DeskHouse) -> None:
    with pytest.raises(Refused, match="--articles: with --repeat per-reader an issue has one article"):
        change(house, repeat="per-reader", articles="3")


def test_a_missed_occurrence_cancels_every_draft_of_it(club: DeskHouse) -> None:
    week(club, 0)
    join(club, "Zoe")
    planned: list[tuple[Issue, int]] = plan(club)
    club.tick_at(FIRST_TUESDAY + WEEK + timedelta(hours=20))
    assert {club.issue(issue.id).state for issue, _ in planned} == {IssueState.CANCELLED}
    assert club.occurrences()[-1][1] == "missed"


def test_the_forecast_says_what_the_clock_then_does(club: DeskHouse) -> None:
    for number, name in enumerate(("Zoe", "Yan", "Xia")):
        join(club, name)
        if number < 2:
            week(club, number)
    foreseen = [list(each.groups) for each in forecasting.forecast_of(club.app, "weekly", 4, None)]
    assert foreseen == [[(FIRST, 1), (SECOND, 1), (THIRD, 2)], [(SECOND, 1), (THIRD, 1)], [(THIRD, 1)], []]
    for number, groups in enumerate(foreseen, start=2):
        issues = [club.issue(each) for each in week(club, number).started]
        assert [(issue.articles[0], issue.planned) for issue in issues] == groups


def test_a_schedule_that_was_paused_over_its_time_gives_up_every_draft(club: DeskHouse) -> None:
    week(club, 0)
    join(club, "Zoe")
    planned = plan(club)
    club.pause_schedule()
    club.clock.now = FIRST_TUESDAY + WEEK + timedelta(hours=1)
    club.resume_schedule()
    assert [club.issue(issue.id).state for issue, _ in planned] == [IssueState.CANCELLED] * 2
    assert club.occurrences()[-1][1] == "skipped"
