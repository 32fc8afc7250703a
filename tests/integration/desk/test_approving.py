"""A schedule that asks for a yes: drafted ahead, shown to people, and sent when they have said so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import update

import house as builders
from asked_people import Mail, Visitor, mails, set_options, visitor
from desk_house import ADA, DeskHouse
from newsletter.app import App
from newsletter.desk import approving, choosing, library, preparing, sending, swapping, ticking
from newsletter.desk.forecasting import forecast_of
from newsletter.errors import Refused
from newsletter.options import Options
from newsletter.states import ArticleStatus, DeliveryStatus, IssueState
from newsletter.store import approvals
from newsletter.store import authors as author_store
from newsletter.tables import articles
from scripted_relay import ScriptedRelay

TUESDAY, NOON, WEEK = builders.FIRST_TUESDAY, builders.NOON, builders.WEEK
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DRAFTED = TUESDAY - 2 * DAY
OFFICE, MARIA, DEPUTY, JO = (f"{name}@example.org" for name in ("office", "maria", "deputy", "jo"))


@pytest.fixture
def relay(house: DeskHouse) -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        house.relay(relay)
        house.clock.now = DRAFTED - DAY
        set_options(house, approval="required", approvers=(OFFICE,))
        with house.write() as connection:
            author_store.set_author(connection, "Maria Lindqvist", {"email": MARIA})
        yield relay


@pytest.fixture
def anna(house: DeskHouse, relay: ScriptedRelay) -> Iterator[Visitor]:
    with visitor(house) as someone:
        yield someone


def asked(house: DeskHouse, relay: ScriptedRelay, to: str = OFFICE) -> Mail:
    """The mail that asks, two days before."""
    house.tick_at(DRAFTED)
    return mails(relay, to)[-1]


def edit(house: DeskHouse, slug: str, body: str) -> None:
    library.edit_article(house.app, slug, {"body_html": f"<p>{body}</p>"})


# Asking


def test_draft_is_made_its_lead_before_and_shown_with_what_comes_next(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.tick_at(DRAFTED - timedelta(minutes=1))
    assert (house.issues(), relay.messages) == ([], [])
    mail = asked(house, relay)
    (draft,) = house.issues()
    assert (draft.state, draft.articles) == (IssueState.DRAFT, ("quiet-mornings",))
    assert mail.subject == "Say yes? Quiet mornings"
    assert "to 1 reader of the list Friends on Tuesday 31 March 2026, 09:00 (Europe/Berlin)" in mail.words
    assert list(mail.links) == ["Yes, send it", "Take another article", "Skip this date", "Pause everything"]
    assert "Tuesday 7 April 2026, 09:00: Small promises, by Maria Lindqvist" in mail.words
    assert "All about quiet mornings." in mail.copy
    assert "Hello Robin Reader" in mail.copy  # made up: nobody's copy
    assert house.app.tokens.test_copy_token() in mail.copy
    assert mail.html.index("Yes, send it") < mail.html.index("All about quiet mornings.")


def test_each_is_asked_once_however_often_the_clock_is_looked_at(house: DeskHouse, relay: ScriptedRelay) -> None:
    for hours in range(0, 40, 5):
        house.tick_at(DRAFTED + hours * HOUR)
        ticking.tick(house.opened_again())
    assert [mail.to for mail in mails(relay)] == [OFFICE]


def test_mail_that_the_relay_puts_off_goes_out_later(house: DeskHouse, relay: ScriptedRelay) -> None:
    with ScriptedRelay(defer={OFFICE: 1}) as busy:
        house.relay(busy)
        house.tick_at(DRAFTED)
        house.tick_at(DRAFTED + timedelta(seconds=30))
        assert mails(busy) == []
        house.tick_at(DRAFTED + timedelta(minutes=10))
        assert [mail.to for mail in mails(busy)] == [OFFICE]


def test_whoever_was_taken_off_before_their_mail_could_go_gets_it_once_they_are_back(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    with ScriptedRelay(defer={OFFICE: 1}) as busy:
        house.relay(busy)
        house.tick_at(DRAFTED)
        set_options(house, approvers=(JO,))
        house.tick_at(DRAFTED + HOUR)
        assert [mail.to for mail in mails(busy)] == [JO]
        set_options(house, approvers=(JO, OFFICE))
        house.tick_at(DRAFTED + 2 * HOUR)
        assert [mail.to for mail in mails(busy)] == [JO, OFFICE]


def test_mail_that_nobody_is_to_get_any_more_lets_every_draft_rest(house: DeskHouse, relay: ScriptedRelay) -> None:
    with ScriptedRelay(defer={OFFICE: 1}) as busy:
        house.relay(busy)
        house.tick_at(DRAFTED)
    set_options(house, approvers=())
    house.tick_at(DRAFTED + HOUR)
    looked = dict(house.app.attended)
    house.tick_at(DRAFTED + HOUR + timedelta(seconds=30))
    assert list(looked) == [1]
    assert house.app.attended == looked


def test_address_that_takes_no_mail_is_told(house: DeskHouse, relay: ScriptedRelay) -> None:
    with ScriptedRelay(refuse={OFFICE}) as refusing:
        house.relay(refusing)
        (words,) = house.tick_at(DRAFTED).words
    assert words.startswith("issue 1: office@example.org could not be asked: 550")


def test_without_approvers_the_draft_waits_for_the_command_line(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, approvers=())
    house.tick_at(DRAFTED)
    assert house.tick_at(TUESDAY).started == ()
    assert house.tick().words == ("issue 1 waits for a yes: `newsletter issues approve 1`",)
    approving.approve(house.app, 1)
    assert house.tick().started == (1,)
    assert relay.messages == []


def test_deputy_is_asked_at_half_time_and_told_why(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, deputy=(DEPUTY,))
    house.tick_at(DRAFTED)
    house.tick_at(DRAFTED + 23 * HOUR)
    assert mails(relay, DEPUTY) == []
    house.tick_at(DRAFTED + DAY)
    (mail,) = mails(relay, DEPUTY)
    assert f"You are asked as deputy: {OFFICE} has not answered." in mail.words
    assert "Yes, send it" in mail.links


def test_deputy_is_told_of_everybody_who_has_not_answered_what_it_says_now(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=(OFFICE, JO), deputy=(DEPUTY,))
    anna.press(asked(house, relay, JO).links["Yes, send it"])
    edit(house, "quiet-mornings", "All about loud mornings.")
    house.tick_at(DRAFTED + DAY)
    assert f"You are asked as deputy: {OFFICE} and {JO} have not answered." in mails(relay, DEPUTY)[-1].words


def test_who_is_away_is_left_alone_and_the_deputy_asked_at_once(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, deputy=(DEPUTY,), away=(f"{OFFICE}=2026-03-20..2026-03-30",))
    mail = asked(house, relay, DEPUTY)
    assert f"{OFFICE} is away" in mail.words
    assert mails(relay, OFFICE) == []


# Answering


def test_opening_a_link_changes_nothing(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    mail = asked(house, relay)
    for link in mail.links.values():
        assert [anna.open(link).status_code, anna.open(link, "HEAD").status_code] == [200, 200]
    with house.read() as connection:
        assert [each.answer for each in approvals.asked_about(connection, 1)] == [None]
    assert house.tick_at(TUESDAY).started == ()


def test_a_yes_lets_it_go_at_its_time(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    link = asked(house, relay).links["Yes, send it"]
    page = anna.press(link).text
    assert "Thank you" in page and "Tuesday 31 March 2026, 09:00" in page
    assert house.tick_at(TUESDAY - timedelta(minutes=1)).started == ()
    assert house.tick_at(TUESDAY).started == (1,)
    assert house.status(house.issue(1)) is DeliveryStatus.PENDING


def test_button_pressed_twice_says_so_and_changes_nothing(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    link = asked(house, relay).links["Yes, send it"]
    anna.press(link)
    house.clock.pass_by(hours=3)
    again = anna.press(link)
    assert again.status_code == 200
    assert "You have said yes" in again.text
    assert "You said so on Sunday 29 March 2026, 09:00" in again.text


def test_link_of_an_issue_that_has_begun_says_so(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    links = asked(house, relay).links
    anna.press(links["Yes, send it"])
    house.tick_at(TUESDAY)
    for label in ("Take another article", "Skip this date"):
        assert "It is on its way" in anna.press(links[label], slug="long-walks").text
    assert house.issue(1).state is IssueState.SENDING


def test_link_of_a_draft_that_somebody_paused_works_again_once_it_is_resumed(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    link = asked(house, relay).links["Yes, send it"]
    sending.pause(house.app, 1)
    assert "It is paused" in anna.press(link).text
    with pytest.raises(Refused, match="`newsletter issues resume 1` first"):
        approving.approve(house.app, 1)
    assert house.tick_at(TUESDAY).started == ()
    sending.resume(house.app, 1)
    assert "Thank you" in anna.press(link).text
    assert house.tick().started == (1,)


def test_whoever_was_taken_off_the_schedule_has_no_say_any_more(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=(OFFICE, JO), first_to=(OFFICE,))
    links = asked(house, relay).links
    set_options(house, approvers=(JO, "author"), first_to=(OFFICE,))
    for label in ("Yes, send it", "Take another article", "Skip this date"):
        assert "You are not asked any more" in anna.open(links[label]).text
        assert "You are not asked any more" in anna.press(links[label], slug="long-walks").text
    assert house.tick_at(TUESDAY).started == ()
    set_options(house, deputy=(OFFICE.upper(),))
    assert "Thank you" in anna.press(links["Yes, send it"]).text
    assert house.tick().started == (1,)


def test_link_that_was_made_for_something_else_or_somebody_else_or_cut_short_is_none(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=(OFFICE, JO))
    link = asked(house, relay).links["Yes, send it"]
    for wrong in (link[:-1], link.replace("/yes-", "/skip-"), link.replace("/yes-1-", "/yes-2-"), f"{link}0"):
        answer = anna.press(wrong)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    with house.read() as connection:
        assert [(each.email, each.answer) for each in approvals.asked_about(connection, 1)] == [
            (OFFICE, None),
            (JO, None),
        ]


def test_skipped_date_comes_to_nothing_and_gives_its_article_back(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    page = anna.press(asked(house, relay).links["Skip this date"]).text
    assert "This date is left out" in page
    assert house.occurrences() == [("03-31 09:00", "skipped", f"skipped by {OFFICE}")]
    assert house.issue(1).state is IssueState.CANCELLED
    assert house.tick_at(TUESDAY).started == ()
    house.tick_at(TUESDAY + WEEK - 2 * DAY)
    assert house.issue(2).articles == ("quiet-mornings",)


def test_another_article_is_chosen_from_those_that_may_go_and_is_asked_about(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    link = asked(house, relay).links["Take another article"]
    page = anna.open(link).text
    assert page.index("Small promises") < page.index("Long walks")
    assert 'value="quiet-mornings"' not in page
    assert "no article was chosen" in anna.press(link).text
    assert "may not go then" in anna.press(link, slug="quiet-mornings").text
    assert "Another article goes" in anna.press(link, slug="long-walks").text
    assert house.issue(1).articles == ("long-walks",)
    house.tick_at(DRAFTED + HOUR)
    mail = mails(relay, OFFICE)[-1]
    assert (mail.subject, len(mails(relay, OFFICE))) == ("Say yes? Long walks", 2)
    anna.press(mail.links["Yes, send it"])
    assert house.tick_at(TUESDAY).started == (1,)


def test_whoever_chose_another_article_is_kept_as_the_reason_and_told(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    anna.press(asked(house, relay).links["Take another article"], slug="long-walks")
    _, out, _ = house.run("issues", "show", "1")
    assert f"    not quiet-mornings: chosen by {OFFICE}\n" in out
    assert f"    pinned long-walks by hand, chosen by {OFFICE}\n" in out


def test_swap_of_what_another_person_has_changed_in_this_moment_does_nothing(either_house: DeskHouse) -> None:
    draft = either_house.plan()
    swapping.swap(either_house.app, draft, "long-walks", "one person")
    with pytest.raises(Refused, match="it has changed in this moment"):
        swapping.swap(either_house.app, draft, "small-promises", "another who saw the same")
    assert either_house.issue(draft.id).articles == ("long-walks",)


def test_change_after_the_yes_asks_again_and_shows_the_difference(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    first = asked(house, relay).links["Yes, send it"]
    anna.press(first)
    edit(house, "quiet-mornings", "All about loud mornings.")
    house.tick_at(DRAFTED + HOUR)
    mail = mails(relay, OFFICE)[-1]
    assert f"It has changed since {OFFICE} said yes:" in mail.words
    assert "- Before: All about quiet mornings.\n- Now: All about loud mornings." in mail.words
    page = anna.open(mail.links["Yes, send it"]).text
    assert "<del>All about quiet mornings.</del>" in page and "<ins>All about loud mornings.</ins>" in page
    old = anna.press(first).text
    assert "It has changed" in old and "Please use the links of the newest mail" in old
    assert house.tick_at(TUESDAY).started == ()
    anna.press(mail.links["Yes, send it"])
    assert house.tick().started == (1,)
    assert "It is on its way" in anna.press(mail.links["Yes, send it"]).text


def test_of_many_drafts_a_change_is_seen_in_a_few_at_each_look_until_it_is_in_all(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    with house.write() as connection:
        for number in range(preparing.MOST_LOOKS + 2):
            readers = builders.add_list(connection, f"Readers {number}")
            builders.add_schedule(connection, readers, f"weekly {number}", options=Options(approval="required"))
    house.tick_at(DRAFTED)
    house.tick_at(DRAFTED + timedelta(seconds=30))
    library.edit_article(house.app, "quiet-mornings", {"title": "Loud mornings"})
    changed = []
    for seconds in (0, 30):
        house.tick_at(DRAFTED + approving.LOOK_AGAIN + timedelta(seconds=seconds))
        changed.append([each.subject for each in house.issues()].count("Loud mornings"))
    assert changed == [preparing.MOST_LOOKS, preparing.MOST_LOOKS + 3]


def test_change_in_the_last_moment_is_not_sent_on_an_earlier_yes(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    anna.press(asked(house, relay).links["Yes, send it"])
    edit(house, "quiet-mornings", "All about loud mornings.")
    assert house.tick_at(TUESDAY).started == ()
    assert "It has changed" in mails(relay, OFFICE)[-1].words


# When nobody answers


def test_held_issue_is_not_missed_and_goes_at_once_when_somebody_says_yes(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    link = asked(house, relay).links["Yes, send it"]
    assert house.tick_at(TUESDAY).started == ()
    ticked = house.tick_at(TUESDAY + 3 * DAY + 13 * HOUR)  # past its grace, and at night
    assert (ticked.started, house.issue(1).state) == ((), IssueState.DRAFT)
    assert house.occurrences() == [("03-31 09:00", "issued", "")]
    assert "goes as soon as somebody says yes" in anna.open(link).text
    assert "goes now" in anna.press(link).text
    assert house.tick().started == (1,)


def test_machine_that_slept_over_the_time_holds_what_nobody_approved(house: DeskHouse, relay: ScriptedRelay) -> None:
    asked(house, relay)
    house.tick_at(TUESDAY + 2 * DAY)
    assert (house.issue(1).state, house.occurrences()[0][1]) == (IssueState.DRAFT, "issued")


def test_held_issue_does_not_keep_the_next_one_from_being_asked_about(house: DeskHouse, relay: ScriptedRelay) -> None:
    asked(house, relay)
    house.tick_at(TUESDAY)
    house.tick_at(TUESDAY + WEEK - 2 * DAY)
    assert [each.articles for each in house.issues()] == [("quiet-mornings",), ("small-promises",)]
    assert mails(relay)[-1].subject == "Say yes? Small promises"


def test_if_unanswered_it_is_skipped_where_the_schedule_says_so(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, if_unanswered="skip")
    assert "If nobody has said yes by then, this date is left out." in asked(house, relay).words
    assert house.tick_at(TUESDAY).started == ()
    assert house.occurrences() == [("03-31 09:00", "skipped", "nobody has said yes in time")]


@pytest.mark.parametrize("options", [{"if_unanswered": "send"}, {"approval": "optional"}])
def test_if_unanswered_it_goes_where_the_schedule_says_so_with_what_was_read(
    house: DeskHouse, relay: ScriptedRelay, options: dict[str, str]
) -> None:
    with house.write() as connection:
        builders.make_unread(connection, [1])
    set_options(house, **options)
    mail = asked(house, relay)
    assert mail.subject == "Say yes? Small promises"  # nobody has read Quiet mornings
    assert "It goes then, unless somebody says no." in mail.words
    assert house.tick_at(TUESDAY).started == (1,)
    assert house.issue(1).articles == ("small-promises",)


def test_a_yes_is_a_reading_of_what_was_imported(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    with house.write() as connection:
        builders.make_unread(connection, [1])
    mail = asked(house, relay)
    assert mail.subject == "Say yes? Quiet mornings"
    anna.press(mail.links["Yes, send it"])
    assert house.tick_at(TUESDAY).started == (1,)
    assert library.find(house.app, "quiet-mornings").read_at == DRAFTED


# The author


def test_author_is_asked_whether_it_is_still_right_and_a_yes_renews_its_review(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    with house.write() as connection:
        dates = {"review_by": date(2026, 5, 1), "published": date(2019, 3, 12)}
        connection.execute(update(articles).where(articles.c.id == 1).values(**dates))
    set_options(house, approvers=("author",))
    mail = asked(house, relay, MARIA)
    assert mail.subject == "Still right? Quiet mornings"
    assert "“Quiet mornings” of 12 March 2019 is to go to 1 reader" in mail.words
    assert list(mail.links)[:3] == ["Yes, it is still right", "It needs mending", "Not any more"]
    anna.press(mail.links["Yes, it is still right"])
    assert library.find(house.app, "quiet-mornings").review_by == date(2027, 3, 29)
    assert library.history(house.app, "quiet-mornings")[-1].version.cause == f"{MARIA} says it is still right"
    assert house.tick_at(TUESDAY).started == (1,)


def test_author_of_several_articles_is_asked_about_all_of_them(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, approvers=("author",), articles=2)
    words = asked(house, relay, MARIA).words
    assert "“Quiet mornings” and “Small promises” are to go to 1 reader of the list Friends" in words
    assert "Are they still right?" in words


def test_article_without_a_review_date_gets_none_by_a_yes(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=("author",))
    anna.press(asked(house, relay, MARIA).links["Yes, it is still right"])
    assert library.find(house.app, "quiet-mornings").review_by is None


def test_wish_to_mend_is_passed_on_and_holds_it_until_somebody_says_yes(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approval="optional", approvers=("author", OFFICE))
    mail = asked(house, relay, MARIA)
    link = mail.links["It needs mending"]
    assert "in a few words" in anna.press(link, words="  ").text
    assert "It waits" in anna.press(link, words="The telephone\nnumber is old.").text
    told = mails(relay, OFFICE)[-1]
    assert told.subject == "To be mended: Quiet mornings"
    assert "The telephone number is old." in told.text
    assert house.tick_at(TUESDAY).started == ()
    assert house.issue(1).pause_reason == f"{MARIA} wants it mended: The telephone number is old."
    approving.approve(house.app, 1)
    assert house.tick().started == (1,)


@pytest.mark.parametrize(
    ("who", "label", "fields"),
    [(OFFICE, "Take another article", {"slug": "long-walks"}), (MARIA, "Not any more", {})],
)
def test_wish_to_mend_ends_with_its_article(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor, who: str, label: str, fields: dict[str, str]
) -> None:
    set_options(house, approval="optional", approvers=("author", OFFICE, JO))
    mend = asked(house, relay, MARIA).links["It needs mending"]
    anna.press(mend, words="Old number.")
    house.clock.pass_by(hours=1)
    anna.press(mails(relay, who)[0].links[label], **fields)
    assert house.tick_at(TUESDAY).started == (1,)
    assert house.issue(1).articles != ("quiet-mornings",)


@pytest.mark.parametrize("if_unanswered", ["hold", "send", "skip"])
def test_what_takes_the_place_of_an_article_that_was_to_be_mended_beyond_its_time_waits_for_a_yes(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor, if_unanswered: str
) -> None:
    set_options(house, approvers=("author", OFFICE), if_unanswered=if_unanswered)
    swap = asked(house, relay).links["Take another article"]
    anna.press(mails(relay, MARIA)[0].links["It needs mending"], words="Old number.")
    house.tick_at(TUESDAY)
    assert house.issue(1).pause_reason == f"{MARIA} wants it mended: Old number."
    house.clock.pass_by(hours=1)
    anna.press(swap, slug="long-walks")
    assert house.tick().started == ()
    assert house.issue(1).pause_reason == f"{OFFICE} took out what was to be mended: it waits for a yes"
    anna.press(mails(relay, OFFICE)[-1].links["Yes, send it"])
    assert house.tick().started == (1,)


@pytest.mark.parametrize(
    "choose",
    [
        lambda app: choosing.pin(app, "weekly", ["long-walks"], None),
        lambda app: choosing.swap(app, "weekly", "2026-03-31", "2026-04-07"),
        lambda app: choosing.not_this(app, "weekly", "quiet-mornings", None, "too old"),
    ],
)
def test_wish_to_mend_ends_when_its_article_is_taken_out_at_the_command_line(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor, choose: Callable[[App], object]
) -> None:
    set_options(house, approval="optional", approvers=("author", OFFICE))
    anna.press(asked(house, relay, MARIA).links["It needs mending"], words="Old number.")
    choosing.pin(house.app, "weekly", ["quiet-mornings"], None)  # which takes nothing out
    house.tick()
    assert "given another article" not in house.run("issues", "show", "1")[1]
    choose(house.app)
    assert (
        "given another article at the command line on 2026-03-29T07:00:00Z, about"
        in house.run("issues", "show", "1")[1]
    )
    assert house.tick_at(TUESDAY).started == (1,)


def test_words_of_a_wish_to_mend_are_text_wherever_they_are_shown(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=("author", OFFICE))
    yes = asked(house, relay).links["Yes, send it"]
    written = 'It is "old", not “new”:\r\n\r\nCall us: https://example.com/\n- <b>Ruth\'s</b> & mine'
    words = 'It is "old", not “new”: Call us: https://example.com/ - <b>Ruth\'s</b> & mine'
    anna.press(mails(relay, MARIA)[-1].links["It needs mending"], words=written)
    told = mails(relay, OFFICE)[-1]
    assert f"\n\n“{words}”\n\n" in told.text
    assert told.links == {}
    for shown in (told.html, anna.open(yes).text):
        assert "<b>" not in shown
        assert f"“{words}”" in " ".join(unescape(shown).split())
    _, out, _ = house.run("issues", "show", "1")
    assert f": {words}\n" in out
    house.tick_at(TUESDAY)
    assert house.issue(1).pause_reason == f"{MARIA} wants it mended: {words}"


def test_wish_to_mend_that_the_relay_puts_off_is_passed_on_later(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=("author", OFFICE))
    link = asked(house, relay, MARIA).links["It needs mending"]
    with ScriptedRelay(defer={OFFICE: 1}) as busy:
        house.relay(busy)
        assert "go to those who look after the newsletter" in anna.press(link, words="Old number.").text
        assert mails(busy) == []
        house.clock.pass_by(minutes=5)
        for _ in range(2):
            house.tick()
        assert [(mail.to, mail.subject) for mail in mails(busy)] == [(OFFICE, "To be mended: Quiet mornings")]


def test_whoever_said_yes_may_say_it_again_after_somebody_wanted_it_mended(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=("author", OFFICE))
    yes = asked(house, relay, OFFICE).links["Yes, send it"]
    mend = mails(relay, MARIA)[-1].links["It needs mending"]
    anna.press(yes)
    house.clock.pass_by(minutes=1)
    anna.press(mend, words="Old number.")
    assert f"{MARIA} wants it mended first: “Old number.”" in anna.open(yes).text
    house.clock.pass_by(minutes=1)
    assert "Thank you" in anna.press(yes).text
    assert "You have said yes" in anna.open(yes).text
    assert "What needs mending?" in anna.open(mend).text  # and so may she
    assert house.tick_at(TUESDAY).started == (1,)


def test_mended_article_is_asked_about_anew(house: DeskHouse, relay: ScriptedRelay, anna: Visitor) -> None:
    set_options(house, approvers=("author",))
    anna.press(asked(house, relay, MARIA).links["It needs mending"], words="Old number.")
    (told,) = [mail for mail in mails(relay) if mail.subject.startswith("To be mended")]
    assert told.to == "post@example.org"  # there is nobody else to tell
    edit(house, "quiet-mornings", "Mended.")
    house.tick_at(DRAFTED + HOUR)
    mail = mails(relay, MARIA)[-1]
    assert "It has changed since you were last asked" in mail.words
    anna.press(mail.links["Yes, it is still right"])
    assert house.tick_at(TUESDAY).started == (1,)


def test_article_that_is_not_right_any_more_is_retired_and_another_one_takes_its_place(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    set_options(house, approvers=("author",))
    page = anna.press(asked(house, relay, MARIA).links["Not any more"]).text
    assert "It is not sent any more" in page and "“Small promises” takes its place." in page
    found = library.history(house.app, "quiet-mornings")[-1]
    assert library.find(house.app, "quiet-mornings").status is ArticleStatus.RETIRED
    assert found.version.cause == f"{MARIA}: not any more"
    house.tick_at(DRAFTED + HOUR)
    assert mails(relay, MARIA)[-1].subject == "Still right? Small promises"


def test_for_an_author_without_an_address_the_others_are_asked(house: DeskHouse, relay: ScriptedRelay) -> None:
    with house.write() as connection:
        author_store.set_author(connection, "Maria Lindqvist", {"email": ""})
    set_options(house, approvers=("author", OFFICE))
    assert asked(house, relay).subject == "Say yes? Quiet mornings"


# The first three


def test_new_schedule_asks_three_times_and_then_once_how_to_go_on(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, approval="first-three", categories=())
    with house.write() as connection:
        builders.add_article(connection, "bread", [1], priority=-9)
    for week in range(3):
        assert house.tick_at(DRAFTED + week * WEEK).started == ()
        approving.approve(house.app, week + 1)
        assert house.tick_at(TUESDAY + week * WEEK).started == (week + 1,)
    assert not [mail for mail in mails(relay) if mail.subject.startswith("How")]
    ticked = house.tick_at(TUESDAY + 2 * WEEK + HOUR)
    house.tick_at(TUESDAY + 2 * WEEK + 2 * HOUR)
    (mail,) = [mail for mail in mails(relay) if mail.subject.startswith("How")]
    command = "`newsletter schedules set weekly --approval none|required|optional`"
    assert command in ticked.words[0] and command in " ".join(mail.text.split())
    house.tick_at(DRAFTED + 3 * WEEK)
    assert house.tick_at(TUESDAY + 3 * WEEK).started == ()  # until somebody says, a yes is needed
    set_options(house, approval="none")
    assert house.tick().words == ("issue 4 waits for a yes: `newsletter issues approve 4`",)
    house.tick_at(DRAFTED + 4 * WEEK)
    assert len(house.issues()) == 4  # nothing is drafted ahead where nobody is asked
    approving.approve(house.app, 4)
    assert house.tick().started == (4,)


def test_drafts_made_ahead_for_times_in_a_pause_come_to_nothing_but_what_waits_goes_on(
    house: DeskHouse, relay: ScriptedRelay
) -> None:
    house.add_schedule("daily", recurrence="0 9 * * *", options=Options(approvers=(OFFICE,), lead=3 * 24 * 60))
    house.tick_at(NOON + HOUR)
    house.tick_at(TUESDAY)
    (waiting,) = [each.id for each in house.issues() if each.pause_reason and each.schedule_name == "daily"]
    house.pause_schedule("daily")
    house.clock.pass_by(days=2, hours=1)
    house.resume_schedule("daily")
    states = [(each.id == waiting, each.state) for each in house.issues() if each.schedule_name == "daily"]
    assert states == [(True, IssueState.DRAFT), (False, IssueState.CANCELLED)]


# At the command line


def test_person_at_the_command_line_sees_who_was_asked_and_says_yes(house: DeskHouse, relay: ScriptedRelay) -> None:
    with house.write() as connection:
        author_store.set_author(connection, "Maria Lindqvist", {"email": ""})
    set_options(house, approvers=("author", OFFICE))
    asked(house, relay)
    _, out, _ = house.run("issues", "show", "1")
    assert f"asked {OFFICE} (approver) on 2026-03-29T07:00:00Z: no answer yet" in out
    assert 'Maria Lindqvist could not be asked: no address is known (`newsletter authors set "Maria Lindqvist"' in out
    code, _, err = house.run("issues", "approve", "1")
    assert code == 0
    assert "`newsletter run` sends it at once" in err  # by the clock of this machine its time has passed
    _, out, _ = house.run("issues", "show", "1", "--json")
    said = json.loads(out)["approvals"]
    assert [(each["email"], each["role"], each["answer"]) for each in said] == [
        (OFFICE, "approver", None),
        (None, "person", "yes"),
    ]


def test_schedule_says_how_it_asks_until_a_person_has_said_it(house: DeskHouse, relay: ScriptedRelay) -> None:
    set_options(house, approval="first-three")
    _, out, _ = house.run("schedules", "show", "weekly")
    assert "the first 3 issues wait for a yes; with `--approval none` nobody is asked" in out
    _, out, _ = house.run("schedules", "set", "weekly", "--approval", "none")
    assert "wait for a yes" not in out


def test_every_draft_made_ahead_is_in_the_forecast_once(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.add_schedule("daily", recurrence="0 9 * * *", options=Options(approvers=(OFFICE,), lead=3 * 24 * 60))
    house.tick()
    foreseen = [each.forecast for each in forecast_of(house.app, "daily", 4, None)]
    days = [each.occurrence.local.date() for each in foreseen]
    assert days == sorted(set(days))
    assert (len(days), days[0]) == (4, date(2026, 3, 28))
    drafted = [each.articles for each in house.issues() if each.schedule_name == "daily"]
    assert [each.articles for each in foreseen][: len(drafted)] == drafted


def test_issue_sent_by_hand_has_a_persons_yes(house: DeskHouse, relay: ScriptedRelay) -> None:
    asked(house, relay)
    house.send(house.issue(1))
    assert house.issue(1).state is IssueState.SENT
    with house.read() as connection:
        said = [(each.email, each.answer) for each in approvals.asked_about(connection, 1)]
    assert said == [(OFFICE, None), ("", "yes")]


def test_nothing_is_left_to_approve_once_it_has_begun(house: DeskHouse, relay: ScriptedRelay) -> None:
    asked(house, relay)
    house.send(house.issue(1))
    with pytest.raises(Refused, match="issue 1 is sent: there is nothing left to say yes to"):
        approving.approve(house.app, 1)


def test_readers_get_what_was_approved_and_nothing_of_the_asking(
    house: DeskHouse, relay: ScriptedRelay, anna: Visitor
) -> None:
    anna.press(asked(house, relay).links["Yes, send it"])
    house.tick_at(TUESDAY)
    house.send(house.issue(1))
    (mail,) = mails(relay, ADA)
    assert mail.subject == "Quiet mornings"
    assert "/approve/" not in mail.text + mail.html
