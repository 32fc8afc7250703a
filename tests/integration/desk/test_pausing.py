"""One red button: nothing begins and nothing more is handed over, in every process, until it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

import house as builders
from desk_house import ADA, DeskHouse
from newsletter.desk import forecasting, pausing, picks, sending
from newsletter.errors import Refused
from newsletter.states import DeliveryStatus, IssueState
from newsletter.store.deliveries import list_deliveries
from newsletter.store.pauses import paused_topics, pauses_now
from scripted_relay import Message, ScriptedRelay

TUESDAY = builders.FIRST_TUESDAY


class PressingRelay(ScriptedRelay):
    """Somebody presses the button when the relay has its first message."""

    def __init__(self, house: DeskHouse, tag: str = "") -> None:
        super().__init__()
        self._house, self._tag, self._is_pressed = house, tag, False

    def keep(self, message: Message) -> None:
        super().keep(message)
        if not self._is_pressed:
            self._is_pressed = True
            pausing.pause(self._house.app, tag=self._tag, reason="a death")


@pytest.fixture
def relay(house: DeskHouse) -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        house.relay(relay)
        yield relay


def add_article(house: DeskHouse, slug: str, **fields: object) -> None:
    with house.write() as connection:
        builders.add_article(connection, slug, [builders.add_author(connection)], **fields)


def test_while_everything_is_paused_nothing_begins(either_house: DeskHouse) -> None:
    pausing.pause(either_house.app, reason="  a sad \n day ")
    (words,) = pausing.tell(either_house.app)
    assert words == "everything is paused since 2026-03-30 14:00 (a sad day); `newsletter resume` ends it"
    ticked = either_house.tick_at(TUESDAY)
    assert (ticked.started, ticked.words) == ((), (words,))
    assert either_house.refusal(either_house.plan()) == words


def test_what_fell_due_in_a_pause_is_left_out_and_its_article_stays(house: DeskHouse, relay: ScriptedRelay) -> None:
    draft = house.plan()
    pausing.pause(house.app, reason="a death")
    house.tick_at(TUESDAY + timedelta(hours=1))
    assert pausing.resume(house.app) == ["everything is no longer paused"]
    assert house.tick().started == ()
    assert house.occurrences() == [("03-31 09:00", "skipped", "everything was paused: a death")]
    after = house.issue(draft.id)
    assert (after.state, after.pause_reason) == (IssueState.CANCELLED, "everything was paused: a death")
    (started,) = house.tick_at(TUESDAY + builders.WEEK).started
    assert house.issue(started).articles == draft.articles


def test_what_fell_due_in_a_pause_is_left_out_also_when_no_program_ran(house: DeskHouse) -> None:
    pausing.pause(house.app)
    house.clock.now = TUESDAY + timedelta(minutes=30)
    pausing.resume(house.app)
    house.clock.now = TUESDAY + timedelta(hours=2)
    assert house.tick().started == ()
    assert house.occurrences() == [("03-31 09:00", "skipped", "everything was paused")]


def test_what_was_late_before_the_pause_goes_after_it_within_its_grace(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.clock.now = TUESDAY + timedelta(minutes=1)
    pausing.pause(house.app)
    house.clock.pass_by(hours=1)
    assert house.tick().started == ()
    pausing.resume(house.app)
    assert house.tick().started


def test_pause_with_an_end_ends_by_itself(house: DeskHouse) -> None:
    pausing.pause(house.app, "2026-03-31T09:00")
    assert "until 2026-03-31 09:00" in pausing.why_nothing_goes(house.app)
    assert house.tick_at(TUESDAY - timedelta(seconds=1)).started == ()
    assert house.tick_at(TUESDAY).started
    assert pausing.tell(house.app) == []


def test_clock_that_is_set_back_does_not_end_a_pause(house: DeskHouse) -> None:
    house.clock.now = TUESDAY + timedelta(hours=1)
    pausing.pause(house.app)
    assert house.tick_at(TUESDAY).started == ()


def test_pressed_again_it_lasts_from_the_first_to_the_last_word(house: DeskHouse) -> None:
    pausing.pause(house.app, "1d", reason="first")
    house.clock.pass_by(hours=20)
    pausing.pause(house.app, reason="second")
    with house.read() as connection:
        (found,) = pauses_now(connection, house.clock())
    assert (found.since, found.until, found.reason) == (builders.NOON, None, "second")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"until": "soon"}, "--until: 'soon' is neither a date"),
        ({"until": "2026-03-30"}, "--until: 2026-03-30 is over already"),
        ({"tag": "x" * 201}, "--tag: 201 characters are too many; 200 are allowed"),
        ({"reason": "x" * 1001}, "--reason: 1001 characters are too many; 1000 are allowed"),
    ],
)
def test_what_cannot_be_understood_pauses_nothing(house: DeskHouse, fields: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        pausing.pause(house.app, **fields)
    assert pausing.tell(house.app) == []


@pytest.mark.parametrize("tag", ["", "Grief"])
def test_issue_that_is_being_sent_stops_and_goes_on_where_it_was(either_house: DeskHouse, tag: str) -> None:
    either_house.set(smtp__connections=1)
    add_article(either_house, "on-loss", tags=["grief", "sleep"], priority=9)
    everybody = {ADA, *either_house.add_readers(300)}
    issue = either_house.plan()
    with PressingRelay(either_house, tag) as relay:
        either_house.relay(relay)
        outcomes = either_house.send(issue)
        assert outcomes.issue.state is IssueState.SENDING
        assert ("what is about 'grief'" if tag else "everything") + " is paused since" in outcomes.words
        assert "`newsletter resume" in outcomes.words
        first = len(relay.messages)
        assert 1 <= first < 300
        assert "is paused" in either_house.refusal(issue)
        assert pausing.not_held(either_house.app, [either_house.issue(issue.id)]) == []
        pausing.resume(either_house.app, tag or None)
        outcomes = either_house.send(issue)
        assert not outcomes.words
    assert sorted(relay.recipients) == sorted(everybody)
    with either_house.read() as connection:
        rows = list(list_deliveries(connection, issue.id))
    assert {(row.status, row.attempts) for row in rows} == {(DeliveryStatus.SENT, 1)}


@pytest.mark.parametrize("fields", [{"tags": ["Coping  with Grief"]}, {"categories": ["coping with grief"]}])
def test_issue_with_a_tag_that_is_paused_does_not_begin(
    house: DeskHouse, relay: ScriptedRelay, fields: dict[str, object]
) -> None:
    add_article(house, "on-loss", priority=9, **fields)
    draft = house.plan()
    assert draft.articles == ("on-loss",)
    pausing.pause(house.app, tag="coping with GRIEF")
    with house.read() as connection:
        assert paused_topics(connection, house.clock()) == (("coping with grief", None),)
    (words,) = pausing.tell(house.app)
    assert words.startswith("what is about 'coping with grief' is paused since")
    assert words.endswith("; `newsletter resume --tag 'coping with grief'` ends it")
    assert pausing.why_held(house.app, draft) == words
    with pytest.raises(Refused, match="is paused since"), pausing.beginning(house.app, [draft]):
        raise AssertionError("it began")
    assert not pausing.why_nothing_goes(house.app)


def test_what_is_about_a_paused_tag_gives_way_to_the_next(house: DeskHouse, relay: ScriptedRelay) -> None:
    add_article(house, "on-loss", tags=["grief"], priority=9)
    draft = house.plan()
    pausing.pause(house.app, tag="grief")
    assert forecasting.forecast_of(house.app, None, 1, None)[0].forecast.articles == ("quiet-mornings",)
    (started,) = house.tick_at(TUESDAY).started
    assert started == draft.id
    assert house.issue(started).articles == ("quiet-mornings",)
    refused = {each["slug"]: each["reasons"] for each in picks.next_pick(house.app, None, None)["candidates"]}
    (why,) = (each["words"] for each in refused["on-loss"] if each["refused"])
    assert why == "what is about 'grief' is paused until somebody resumes"


def test_pause_of_a_tag_leaves_the_others_alone(house: DeskHouse, relay: ScriptedRelay) -> None:
    add_article(house, "on-loss", tags=["grief"], priority=-9)
    pausing.pause(house.app, tag="grief")
    (started,) = house.tick_at(TUESDAY).started
    assert house.issue(started).articles == ("quiet-mornings",)
    assert not pausing.why_held(house.app, house.issue(started))


def test_resume_ends_all_pauses_or_that_of_one_tag(house: DeskHouse) -> None:
    for tag in ("", "grief", "sleep"):
        pausing.pause(house.app, tag=tag)
    assert pausing.resume(house.app, "Grief") == ["what is about 'grief' is no longer paused"]
    assert pausing.resume(house.app) == ["everything is no longer paused", "what is about 'sleep' is no longer paused"]
    assert pausing.resume(house.app) == []


def test_program_that_runs_stops_within_a_moment_and_says_why(house: DeskHouse) -> None:
    issue = sending.start(house.app, house.plan())
    pausing.pause(house.app)
    process = house.command("run", "--no-web")
    try:
        assert process.stderr is not None
        said = next(line for line in process.stderr if line.startswith("everything is paused"))
        assert "`newsletter resume` ends it" in said
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert house.status(issue) is DeliveryStatus.PENDING


def test_commands_say_what_they_did_and_what_is_paused(house: DeskHouse) -> None:
    code, out, err = house.run("pause", "--all", "--tag", "grief", "--until", "2d", "--reason", "a death")
    assert code == 0
    assert out.startswith("what is about 'grief' is paused since") and "(a death)" in out
    assert err == "no article has the tag or category 'grief' yet\n"
    code, out, err = house.run("pause", "--all")
    assert code == 0 and len(out.splitlines()) == 2 and err == ""
    for command in (["issues", "list"], ["schedules", "list"], ["forecast"]):
        code, _, err = house.run(*command)
        assert code == 0
        assert err.splitlines()[:2] == out.splitlines()
    code, _, err = house.run("issues", "send", str(house.plan().id), "--yes")
    assert code == 1
    assert err.startswith("newsletter: everything is paused since") and "`newsletter resume` ends it" in err
    code, out, err = house.run("resume")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["what is about 'grief' is no longer paused", "everything is no longer paused"]
    assert house.run("resume") == (0, "nothing was paused\n", "")


@pytest.mark.parametrize(
    ("words", "told"), [(["pause"], "say --all"), (["pause", "--all", "--tag", " "], "--tag names a tag")]
)
def test_pause_of_nothing_is_wrong_usage(house: DeskHouse, words: list[str], told: str) -> None:
    code, out, err = house.run(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert pausing.tell(house.app) == []
