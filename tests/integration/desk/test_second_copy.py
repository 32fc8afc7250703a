"""A home that was copied, moved or put back mails nobody until a person says that it is the one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import house as builders
from desk_house import DeskHouse
from newsletter.app import App
from newsletter.desk import identity, pausing, sending
from newsletter.errors import NewsletterError, Refused
from newsletter.home import Home, read_config
from newsletter.identity import Outside
from newsletter.states import IssueState
from newsletter.store.identity import beat, find_identity
from scripted_relay import ScriptedRelay

TUESDAY = builders.FIRST_TUESDAY
COPY = "this home looks like a copy"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is known of any home when a test begins."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "newsletter"


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        yield relay


def copied(house: DeskHouse, folder: Path) -> None:
    house.app.close()
    house.app.__dict__.pop("database", None)
    shutil.copytree(house.app.home.folder, folder)


@contextmanager
def opened(house: DeskHouse, folder: Path) -> Iterator[DeskHouse]:
    """The home in that folder, as the program there has it, with the same clock and settings."""
    home = Home(folder)
    other = DeskHouse(App(home, read_config(home, {}, house.overrides), house.clock), house.clock, house.overrides)
    try:
        yield other
    finally:
        other.close()


def put_back(house: DeskHouse, folder: Path) -> None:
    """The database that was kept in this folder, in the place of the one of today."""
    house.app.close()
    house.app.__dict__.pop("database", None)
    for file in house.app.home.folder.glob("newsletter.db*"):
        file.unlink()
    shutil.copy(folder / "newsletter.db", house.app.home.folder)


def send_one(house: DeskHouse, relay: ScriptedRelay) -> None:
    house.relay(relay)
    assert not house.send(house.plan()).words


def is_in_doubt(house: DeskHouse) -> str:
    """The words, after making sure that nothing begins and nothing can be sent by hand."""
    words = pausing.why_nothing_goes(house.app)
    ticked = house.tick()
    if words:
        assert ticked.started == () and ticked.words == (words,)
    return words


def test_copy_of_a_home_that_never_sent_is_as_good_as_the_home(house: DeskHouse, tmp_path: Path) -> None:
    copied(house, tmp_path / "copy")
    with opened(house, tmp_path / "copy") as copy:
        assert not is_in_doubt(copy)
        assert not is_in_doubt(house)
        assert not (tmp_path / "state").exists()


def test_copy_starts_paused_and_the_home_goes_on(house: DeskHouse, relay: ScriptedRelay, tmp_path: Path) -> None:
    send_one(house, relay)
    copied(house, tmp_path / "copy")
    house.clock.now = TUESDAY + builders.WEEK
    with opened(house, tmp_path / "copy") as copy:
        draft = copy.plan()
        words = is_in_doubt(copy)
        assert f"{COPY}: its database last worked in {tmp_path / 'home'} on" in words
        assert "`newsletter resume` makes it the one that mails" in words
        assert copy.refusal(draft) == words
        assert copy.preview(draft) and copy.issues()
    assert len(relay.messages) == 1
    assert house.tick().started


def test_copy_says_so_wherever_somebody_looks(house: DeskHouse, relay: ScriptedRelay, tmp_path: Path) -> None:
    send_one(house, relay)
    copied(house, tmp_path / "copy")
    with opened(house, tmp_path / "copy") as copy:
        for command in (["issues", "list"], ["schedules", "list"], ["forecast"]):
            code, _, err = copy.run(*command, "--json")
            assert code == 0 and err.count(COPY) == 1
        code, _, err = copy.run("issues", "send", "1", "--yes")
        assert code == 1
        assert "Traceback" not in err
        code, out, err = copy.run("resume")
        assert (code, err) == (0, "")
        assert "this home is the one that mails from now on" in out
        assert f"{tmp_path / 'home'}, if it is still there, no longer mails" in out
        assert copy.run("issues", "list")[2] == ""
    assert COPY in house.run("issues", "list")[2]


def test_same_path_on_another_machine_is_a_copy(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_one(house, relay)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other machine"))
    assert COPY in is_in_doubt(house)
    pausing.resume(house.app)
    assert not is_in_doubt(house)


def test_what_the_original_sent_meanwhile_is_not_sent_by_a_copy_that_takes_over(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_one(house, relay)  # the issue of the 31st
    copied(house, tmp_path / "copy")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other machine"))
    house.clock.now = TUESDAY + builders.WEEK
    house.clock.pass_by(hours=2)  # within the grace: here nobody knows that it went
    with opened(house, tmp_path / "copy") as copy:
        assert is_in_doubt(copy)
        pausing.resume(copy.app)
        assert copy.tick().started == ()
        assert copy.occurrences()[-1] == ("04-07 09:00", "skipped", f"everything was paused: {identity.A_COPY}")
        copy.relay(relay)
        assert copy.tick_at(TUESDAY + 2 * builders.WEEK).started


def test_moved_home_asks_and_then_goes_on(house: DeskHouse, relay: ScriptedRelay, tmp_path: Path) -> None:
    send_one(house, relay)
    house.app.close()
    (tmp_path / "home").rename(tmp_path / "moved")
    with opened(house, tmp_path / "moved") as moved:
        assert COPY in is_in_doubt(moved)
        words = pausing.resume(moved.app)
        assert "from now on" in words[0]
        assert not is_in_doubt(moved)
        assert moved.tick_at(TUESDAY + builders.WEEK).started


def test_database_that_was_put_back_sends_nothing_twice(house: DeskHouse, relay: ScriptedRelay, tmp_path: Path) -> None:
    send_one(house, relay)
    copied(house, tmp_path / "kept")
    early = house.plan()  # the issue of the 7th goes by hand, a week before its time
    assert not house.send(early).words
    put_back(house, tmp_path / "kept")
    assert "it was put back from a copy" in is_in_doubt(house)
    draft = house.plan()  # which it believes to be to come
    assert draft.articles == early.articles
    assert "put back from a copy" in house.refusal(draft)
    words = pausing.resume(house.app)
    assert f"issue {draft.id}, {draft.subject!r}, is cancelled: {identity.WENT_ELSEWHERE}" in words
    assert house.tick_at(TUESDAY + builders.WEEK).started == ()
    assert house.occurrences()[-1] == ("04-07 09:00", "skipped", identity.WENT_ELSEWHERE)
    assert house.tick_at(TUESDAY + 2 * builders.WEEK).started
    assert len(relay.messages) == 2


def test_what_went_early_is_left_out_also_where_nothing_was_drafted(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path
) -> None:
    send_one(house, relay)
    copied(house, tmp_path / "kept")
    send_one(house, relay)
    put_back(house, tmp_path / "kept")
    words = pausing.resume(house.app)
    assert f"the issue of 'weekly' for 2026-04-07T09:00 is left out: {identity.WENT_ELSEWHERE}" in words
    assert house.tick_at(TUESDAY + builders.WEEK).started == ()


def test_database_from_before_the_first_issue_asks(house: DeskHouse, relay: ScriptedRelay, tmp_path: Path) -> None:
    copied(house, tmp_path / "kept")
    send_one(house, relay)
    put_back(house, tmp_path / "kept")
    assert "its database is older than what it sent last" in is_in_doubt(house)
    pausing.resume(house.app)
    assert house.tick_at(TUESDAY).started == ()
    assert house.occurrences() == [("03-31 09:00", "skipped", identity.WENT_ELSEWHERE)]


def test_new_home_where_an_old_one_was_owes_nothing_to_it(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path
) -> None:
    send_one(house, relay)
    house.app.close()
    shutil.rmtree(tmp_path / "home")
    again = DeskHouse.built(tmp_path / "home", house.overrides)
    again.furnish()
    assert not is_in_doubt(again)
    send_one(again, relay)
    assert not is_in_doubt(again)
    again.close()


def test_issue_that_was_half_sent_in_what_was_put_back_waits_for_a_person(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path
) -> None:
    house.add_readers(3)
    house.relay(relay)
    issue = sending.start(house.app, house.plan())
    copied(house, tmp_path / "kept")
    assert not house.send(issue).words
    put_back(house, tmp_path / "kept")
    assert "put back" in house.refusal(issue)
    words = pausing.resume(house.app)
    assert any(f"`newsletter issues resume {issue.id}`" in each for each in words)
    paused = house.issue(issue.id)
    assert (paused.state, paused.pause_reason) == (IssueState.PAUSED, identity.HALF_SENT)
    assert len(relay.messages) == 4


def test_what_was_put_back_while_a_program_only_ran_is_noticed(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path
) -> None:
    send_one(house, relay)
    copied(house, tmp_path / "kept")
    house.clock.pass_by(minutes=1)
    house.tick()
    put_back(house, tmp_path / "kept")
    assert "put back" in is_in_doubt(house)


def test_program_that_ends_at_any_moment_leaves_no_doubt(house: DeskHouse, relay: ScriptedRelay) -> None:
    draft = house.plan()
    identity.write_begun(house.app, [draft])  # and dies
    assert not pausing.why_nothing_goes(house.app)
    house.relay(relay)
    assert not house.send(draft).words
    second = house.plan()
    identity.write_begun(house.app, [second])  # and dies
    with house.write() as connection:
        beat(connection, house.clock())  # and dies
    assert not pausing.why_nothing_goes(house.app)
    assert house.tick_at(TUESDAY + builders.WEEK).started == (second.id,)


def test_program_that_ends_in_its_very_first_issue_leaves_no_doubt(house: DeskHouse) -> None:
    outside = identity.outside_of(house.app)
    with outside.locked():
        outside.keep(identity._record(house.app, outside, identity._new(house.app, outside, 0)))  # and dies
    assert not pausing.why_nothing_goes(house.app)
    identity.write_begun(house.app, [house.plan()])
    assert not pausing.why_nothing_goes(house.app)


def test_first_issues_begun_at_once_know_one_home(either_house: DeskHouse) -> None:
    draft = either_house.plan()
    apps = [either_house.opened_again() for _ in range(6)]
    barrier, doubts = threading.Barrier(len(apps)), list[str]()

    def begin(app: App) -> None:
        _ = app.database
        barrier.wait(30)
        with pausing.beginning(app, [draft]):
            doubts.append(identity.doubt(app))
        doubts.append(identity.doubt(app))

    threads = [threading.Thread(target=begin, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert doubts == [""] * 2 * len(apps)
    with either_house.read() as connection:
        found = find_identity(connection)
    assert found is not None and found.generation == len(apps)


@pytest.mark.parametrize("damage", ["lost", "emptied"])
def test_state_folder_that_was_lost_asks_once(
    house: DeskHouse, relay: ScriptedRelay, own_state: Path, damage: str
) -> None:
    send_one(house, relay)
    if damage == "lost":
        shutil.rmtree(own_state)
    else:
        for file in own_state.glob("*.json"):
            file.write_text("", "utf-8")
    assert f"nothing is known of it in {own_state}" in is_in_doubt(house)
    pausing.resume(house.app)
    assert not is_in_doubt(house)


def test_where_nothing_can_be_kept_it_mails_and_says_what_to_set(
    house: DeskHouse, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    warning = house.tick().words[0]
    assert "a copy of this home would mail as well" in warning
    assert "name this installation with `instance` under [newsletter] in config.toml" in warning
    house.relay(relay)
    code, _, err = house.run("issues", "send", str(house.plan().id), "--yes")
    assert (code, err) == (0, f"{warning}\n")
    assert house.tick().words == (warning,)
    house.set(newsletter__instance="harbour")
    assert house.tick().words == ()


def test_home_that_can_no_longer_be_kept_outside_says_how_to_go_on(
    house: DeskHouse, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_one(house, relay)
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    words = is_in_doubt(house)
    assert "/dev/null is no folder" in words and "`instance` under [newsletter]" in words
    with pytest.raises(NewsletterError, match="/dev/null"):
        pausing.resume(house.app)
    house.set(newsletter__instance="harbour")
    assert "belongs to" in is_in_doubt(house)
    pausing.resume(house.app)
    assert not is_in_doubt(house)


def test_named_instance_needs_no_folder_and_a_copy_with_another_name_is_paused(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path
) -> None:
    house.set(newsletter__instance="harbour")
    send_one(house, relay)
    assert not (tmp_path / "state").exists()
    copied(house, tmp_path / "copy")
    with opened(house, tmp_path / "copy") as copy:
        assert not is_in_doubt(copy)
    for name in ("trial", ""):
        house.set(newsletter__instance=name)
        assert "its database belongs to the instance 'harbour'" in is_in_doubt(house)


@pytest.fixture
def shared(tmp_path: Path, fresh_postgresql_url: str) -> Iterator[Callable[[str], tuple[DeskHouse, DeskHouse]]]:
    """Two homes, as on two machines, on one database, both of this instance."""
    built: list[DeskHouse] = []

    def build(instance: str) -> tuple[DeskHouse, DeskHouse]:
        settings = {"database.url": fresh_postgresql_url, "newsletter.instance": instance}
        first = DeskHouse.built(tmp_path / "first", settings)
        first.furnish()
        copied(first, tmp_path / "second")
        home = Home(tmp_path / "second")
        app = App(home, read_config(home, {}, first.overrides), first.clock)
        built.extend([first, DeskHouse(app, first.clock, first.overrides)])
        return first, built[1]

    yield build
    for each in built:
        each.close()


def test_machines_of_one_name_work_together_on_one_database(
    shared: Callable[[str], tuple[DeskHouse, DeskHouse]], relay: ScriptedRelay
) -> None:
    first, second = shared("harbour")
    send_one(first, relay)
    second.relay(relay)
    assert not is_in_doubt(second)
    assert second.tick_at(TUESDAY + builders.WEEK).started
    assert not is_in_doubt(first)


def test_second_home_on_one_database_takes_over_or_shares_a_name(
    shared: Callable[[str], tuple[DeskHouse, DeskHouse]], relay: ScriptedRelay
) -> None:
    first, second = shared("")
    send_one(first, relay)
    assert "homes that work together on one database name the same `instance`" in is_in_doubt(second)
    assert not is_in_doubt(first)
    pausing.resume(second.app)
    assert not is_in_doubt(second)
    assert "its database last worked in" in is_in_doubt(first)


def test_journal_names_what_began(house: DeskHouse, relay: ScriptedRelay) -> None:
    send_one(house, relay)
    outside: Outside = identity.outside_of(house.app)
    (line,) = outside.begun()
    (issue,) = house.issues()
    assert (line.public_id, line.schedule, line.local) == (issue.public_id, "weekly", "2026-03-31T09:00")


def test_home_whose_copy_took_over_on_this_machine_begins_nothing_more(
    house: DeskHouse, relay: ScriptedRelay, tmp_path: Path
) -> None:
    send_one(house, relay)
    copied(house, tmp_path / "copy")
    with opened(house, tmp_path / "copy") as copy:
        pausing.resume(copy.app)
    draft = house.plan()
    assert f"{tmp_path / 'copy'} was made the one that mails in its place" in house.refusal(draft)
    with pytest.raises(Refused):
        sending.start(house.app, draft)
    assert len(relay.messages) == 1
