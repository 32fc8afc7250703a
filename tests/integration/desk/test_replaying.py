"""A pick made again from what was kept with its issue; a forecast compared with what was then picked; the gate."""

from __future__ import annotations

import json

import pytest

import house as builders
from desk_house import DeskHouse
from newsletter.desk import choosing, group_issues, library, making, picks, schedules
from newsletter.errors import NotFound, Refused
from newsletter.store import issues as store
from newsletter.tables import articles, issues


def foreseen(house: DeskHouse, issue_id: int) -> dict[str, list[str]]:
    with house.read() as connection:
        found = store.foreseen_of(connection, issue_id)
    assert found is not None
    return found


def picked(house: DeskHouse, issue_id: int) -> dict[str, object]:
    with house.read() as connection:
        return store.picked_of(connection, issue_id)


def test_pick_of_an_issue_is_made_again_whatever_the_library_has_become(house: DeskHouse) -> None:
    issue = house.plan()
    before = picked(house, issue.id)
    for slug in ("quiet-mornings", "small-promises"):
        library.retire(house.app, slug)
    with house.write() as connection:
        builders.add_article(connection, "urgent", [builders.add_author(connection)], priority=9)
    shown = picks.replay(house.app, issue.id)
    assert {key: shown[key] for key in before} == before
    assert shown["pick"] == ["quiet-mornings"]
    assert (shown["schedule"], shown["occurrence"]["local"]) == ("weekly", "2026-03-31T09:00:00+02:00[Europe/Berlin]")


def test_pick_of_a_group_is_made_again_with_every_article_that_its_readers_have_had(house: DeskHouse) -> None:
    schedules.set_schedule(house.app, "weekly", given={"repeat": "per-reader", "order": "score"})
    ((first, _),) = group_issues.plan(house.app, house.schedule())
    house.send(first)
    house.clock.now += builders.WEEK
    ((second, _),) = group_issues.plan(house.app, house.schedule())
    before = picked(house, second.id)
    for slug in ("quiet-mornings", "small-promises", "long-walks"):
        library.retire(house.app, slug)
    shown = picks.replay(house.app, second.id)
    assert (shown["pick"], shown["seed"]) == (before["pick"], before["seed"])
    told = {each["slug"]: each for each in shown["candidates"]}
    assert before["candidates"] == [told[second.articles[0]]]
    (had,) = [each for each in told[first.articles[0]]["reasons"] if each["refused"]]
    assert (had["rule"], had["words"]) == ("not had", "each of these readers has had it")
    assert len(told) == 3
    assert told[second.articles[0]]["reasons"][-1]["words"] == "the next one for 1 reader"


def test_pick_of_no_issue_cannot_be_made_again(house: DeskHouse) -> None:
    with pytest.raises(NotFound, match="4711"):
        picks.replay(house.app, 4711)
    issue = house.plan()
    with house.write() as connection:
        connection.execute(issues.update().values(inputs=None))
    with pytest.raises(Refused, match="kept nothing to replay"):
        picks.replay(house.app, issue.id)


def test_command_replays(house: DeskHouse) -> None:
    issue = house.plan()
    code, out, _ = house.run("next", "--replay", str(issue.id), "--json")
    assert code == 0
    assert json.loads(out)["pick"] == ["quiet-mornings"]
    code, _, err = house.run("next", "weekly", "--replay", str(issue.id))
    assert code == 2
    assert "--replay" in err


def test_where_an_issue_is_not_what_was_foreseen_the_change_is_named(house: DeskHouse) -> None:
    issue = house.plan()
    assert foreseen(house, issue.id) == {"articles": ["quiet-mornings"], "changes": []}
    library.retire(house.app, "quiet-mornings")
    fresh = making.refresh(house.app, house.issue(issue.id))
    assert fresh.articles == ("small-promises",)
    assert foreseen(house, issue.id) == {
        "articles": ["quiet-mornings"],
        "changes": ["quiet-mornings: status was ready, now retired"],
    }
    assert picks.replay(house.app, issue.id)["pick"] == ["small-promises"]
    code, out, _ = house.run("issues", "show", str(issue.id))
    assert code == 0
    assert "foreseen when it was drafted: quiet-mornings; since then:" in out
    assert "    quiet-mornings: status was ready, now retired" in out


def test_article_whose_picture_is_gone_gives_way_to_the_next(house: DeskHouse) -> None:
    with house.write() as connection:
        hero = {"src": "media/gone.jpg", "alt": "A lamp", "credit": "", "credit_source": ""}
        connection.execute(articles.update().where(articles.c.slug == "quiet-mornings").values(hero=hero))
    issue = house.plan()
    assert issue.articles == ("small-promises",)
    told = {each["slug"]: each["reasons"] for each in picks.replay(house.app, issue.id)["candidates"]}
    (refusal,) = (each for each in told["quiet-mornings"] if each["refused"])
    assert refusal["rule"] == "pre-flight"
    assert refusal["words"].startswith("the pre-flight check blocks it: The picture media/gone.jpg is not in the home")
    _, out, _ = house.run("issues", "show", str(issue.id))
    shown = out.splitlines()
    (counted,) = (line for line in shown if line.startswith("picked small-promises: "))
    assert "priority -1" in counted and "nothing is missing" not in counted
    assert f"not quiet-mornings: {refusal['words']}" in shown


def test_change_that_comes_twice_is_named_once(house: DeskHouse) -> None:
    issue = house.plan()
    for slug in ("small-promises", "long-walks"):
        choosing.pin(house.app, "weekly", [slug], None)
    changes = foreseen(house, issue.id)["changes"]
    assert changes and len(changes) == len(set(changes))


def test_article_that_loses_its_picture_after_it_was_drafted_does_not_go_by_itself(house: DeskHouse) -> None:
    issue = house.plan()
    with house.write() as connection:
        hero = {"src": "media/gone.jpg", "alt": "A lamp", "credit": "", "credit_source": ""}
        connection.execute(articles.update().where(articles.c.slug == "quiet-mornings").values(hero=hero))
    # Whoever sends it by hand has seen it, and is told.
    assert "media/gone.jpg is not in the home" in house.refusal(issue)
    assert house.issue(issue.id).articles == ("quiet-mornings",)
    house.tick_at(builders.FIRST_TUESDAY)
    assert house.issue(issue.id).articles == ("small-promises",)
    assert foreseen(house, issue.id)["changes"] == [
        "it is to go without anybody's yes",
        "quiet-mornings: the pre-flight check blocks it",
    ]


def test_settings_that_block_every_issue_are_blamed_on_no_article(house: DeskHouse) -> None:
    house.set(newsletter__postal_address="")
    assert house.plan().articles == ("quiet-mornings",)
