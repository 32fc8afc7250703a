"""Every command, and what it says when something is wrong: one clear line, and nothing lost."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from command import Command, new_home

MARKDOWN = """---
title: {title}
date: 2024-05-02
author: {{name: Ruth Weber, bio: Ruth Weber walks a lot.}}
summary: Ten minutes outside, before anything else.
---
The day is still quiet, and so are you.
"""


def write(file: Path, title: str) -> Path:
    file.write_text(MARKDOWN.format(title=title), "utf-8")
    return file


def ready(folder: Path, **settings: str) -> Command:
    """A home with one article that can be sent, one reader and a schedule."""
    newsletter = new_home(folder, **settings)
    newsletter("articles", "import", str(write(folder / "walk.md", "A Walk Before Breakfast")))
    newsletter(
        "calls-to-action", "set", "default", "--text", "Well?", "--label", "Go", "--url", "https://example.org/go"
    )
    newsletter("lists", "add", "Readers")
    newsletter("subscribers", "add", "ada@example.org", "--list", "Readers", "--name", "Ada", "--status", "confirmed")
    newsletter("schedules", "add", "weekly", "--list", "Readers", "--when", "every tuesday 09:00")
    return newsletter


def test_init_makes_a_home_once_with_private_keys(tmp_path: Path) -> None:
    newsletter = new_home(tmp_path)
    assert (newsletter.home / "config.toml").read_text("utf-8").startswith("# Every setting")
    keys = sorted((newsletter.home / "keys").iterdir())
    assert [key.name for key in keys] == ["erasure", "secret"]
    assert all(key.stat().st_mode & 0o777 == 0o600 for key in keys)
    secret = keys[1].read_bytes()
    assert "is a home" in newsletter("init", str(newsletter.home), expect=1).err
    assert keys[1].read_bytes() == secret


def test_command_outside_a_home_says_how_to_make_one(tmp_path: Path) -> None:
    assert "newsletter init" in Command(tmp_path / "nowhere")("articles", "list", expect=1).err


@pytest.mark.parametrize(
    "arguments", [("frobnicate",), ("issues", "show"), ("issues", "show", "x"), ("forecast", "--count", "0")]
)
def test_wrong_usage_ends_with_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    new_home(tmp_path)(*arguments, expect=2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "binary"),
        (bytes(range(256)) * 8, "binary"),
        ("Title\n\nBody with text.".encode("utf-32"), "UTF-32"),
        (b"---\ntitle: a\n  b: [\n---\nText.", "line 3"),
        (b"---\ntitle: a\n\nText without an end of the front matter", "front matter"),
        (b"a" * 50_000_000, "50 MB"),
    ],
)
def test_file_that_is_no_article_is_named_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    newsletter = new_home(tmp_path)
    file = tmp_path / "broken.md"
    file.write_bytes(content)
    ended = newsletter("articles", "import", str(file), "--json", expect=1)
    assert "broken.md" in ended.err and words in ended.err
    assert len(ended.err.splitlines()) == 1
    assert ended.json["failed"] == 1
    assert newsletter("articles", "list", "--json").json == []


def test_folder_with_one_broken_file_brings_in_the_others(tmp_path: Path) -> None:
    newsletter = new_home(tmp_path)
    articles = tmp_path / "articles"
    articles.mkdir()
    write(articles / "one.md", "One")
    write(articles / "two.md", "Two")
    (articles / "three.txt").write_bytes(b"")
    (articles / "four.docx").write_bytes(b"PK")
    told = newsletter("articles", "import", str(articles), "--dry-run").out.splitlines()
    assert any(line.startswith("skipped: ") and str(articles / "four.docx") in line for line in told)
    assert told[-1] == "imported 2, updated 0, unchanged 0, skipped 1, failed 1"
    report = newsletter("articles", "import", str(articles), "--json").json
    assert (report["imported"], report["skipped"], report["failed"]) == (2, 1, 1)


def test_correction_is_shown_without_the_body(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    slug = "a-walk-before-breakfast"
    told = newsletter("articles", "edit", slug, "--set", "title=A  Walk\r\nBefore Breakfast", "--set", "hero.alt=x").out
    assert "title: A Walk Before Breakfast\n" in told
    assert "The day is still quiet" not in told
    assert "The day is still quiet" in newsletter("articles", "show", slug).out
    refused = newsletter("articles", "edit", slug, "--set", "hero.src=../../etc/passwd", expect=1).err
    assert refused == "newsletter: hero.src: '../../etc/passwd' is neither a URL nor a path under media/\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_people_have_are_read(tmp_path: Path, encoding: str) -> None:
    newsletter = new_home(tmp_path)
    file = tmp_path / "cafe.md"
    file.write_bytes(MARKDOWN.format(title="Ein Café für müde Köpfe").encode(encoding))
    newsletter("articles", "import", str(file))
    assert newsletter("articles", "list", "--json").json[0]["title"] == "Ein Café für müde Köpfe"


def test_correction_survives_a_newer_source_and_other_fields_follow_it(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    slug = "a-walk-before-breakfast"
    newsletter("articles", "edit", slug, "--set", "summary=Ours.", "--set", "hero.alt=A path", "--set", "priority=3")
    changed = (
        (tmp_path / "walk.md").read_text("utf-8").replace("quiet", "silent").replace("Ten minutes", "Twenty minutes")
    )
    (tmp_path / "walk.md").write_text(changed, "utf-8")
    assert newsletter("articles", "import", str(tmp_path / "walk.md"), "--json").json["updated"] == 1
    article = newsletter("articles", "show", slug, "--json").json
    assert (article["summary"], article["priority"], article["hero"]["alt"]) == ("Ours.", 3, "A path")
    assert "silent" in article["body_text"]
    assert "author's" not in newsletter("articles", "edit", slug, "--set", "colour=red", expect=1).err
    newsletter("articles", "retire", slug, "--yes")
    (tmp_path / "walk.md").write_text(changed + "\nMore.\n", "utf-8")
    newsletter("articles", "import", str(tmp_path / "walk.md"))
    assert newsletter("articles", "show", slug, "--json").json["status"] == "retired"


def test_dry_run_changes_nothing(tmp_path: Path) -> None:
    newsletter = new_home(tmp_path)
    newsletter("articles", "import", str(write(tmp_path / "one.md", "One")), "--dry-run")
    assert newsletter("articles", "list", "--json").json == []


def test_next_shows_every_candidate_with_every_rule_and_forecast_begins_with_its_pick(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    newsletter("articles", "import", str(write(tmp_path / "two.md", "Two")), "--status", "draft")
    shown = newsletter("next", "--json").json
    assert set(shown) >= {"schedule", "occurrence", "pick", "seed", "candidates"}
    assert [one["slug"] for one in shown["candidates"]] == ["a-walk-before-breakfast", "two"]
    assert len({tuple(why["rule"] for why in one["reasons"]) for one in shown["candidates"]}) == 1
    assert shown["candidates"][1]["refused"] is True
    forecast = newsletter("forecast", "weekly", "--count", "3", "--json").json
    assert forecast[0]["articles"] == shown["pick"]
    assert forecast[0]["readers"] == 1
    assert forecast[1]["articles"] == [] and "already sent" in forecast[1]["words"]
    later = newsletter("forecast", "--count", "1", "--from", "2030-01-01", "--json").json
    assert later[0]["occurrence"]["utc"] == "2030-01-01T09:00:00Z"
    newsletter("forecast", "--from", "soon", expect=1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--when", "every blurgh 09:00"), "every blurgh"),
        (("--cron", "61 * * * *"), "61"),
        (("--cron", "0 9 30 2 *"), "30"),
        (("--when", "every day 09:00", "--timezone", "Mars/Olympus"), "Mars/Olympus"),
        (("--when", "every day 09:00", "--newsletter", "Other"), "Other"),
    ],
)
def test_schedule_that_cannot_be_is_refused_by_name(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    newsletter = new_home(tmp_path)
    newsletter("lists", "add", "Readers")
    assert words in newsletter("schedules", "add", "x", "--list", "Readers", *options, expect=1).err


def test_schedule_is_said_back_and_can_be_paused_resumed_and_removed(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    said = newsletter("schedules", "show", "weekly").out
    assert "grace 4 hours" in said
    assert "At 09:00 on Tuesday" in said and said.count("T09:00:00Z") == 5
    assert newsletter("schedules", "pause", "weekly", "--json").json["status"] == "paused"
    assert "paused" in newsletter("schedules", "pause", "weekly", expect=1).err
    assert newsletter("schedules", "resume", "weekly", "--json").json["status"] == "active"
    newsletter("schedules", "remove", "weekly", "--yes")
    newsletter("schedules", "show", "weekly", expect=1)
    newsletter(
        "schedules", "add", "weekly", "--list", "Readers", "--cron", "0 7 * * 1-5", "--timezone", "Europe/Berlin"
    )
    assert newsletter("schedules", "list", "--json").json[0]["timezone"] == "Europe/Berlin"


def test_schedule_is_asked_about_at_a_terminal_and_a_no_changes_nothing(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    add = ("schedules", "add", "daily", "--list", "Readers", "--when", "every day at 9 and 17", "--json")
    refused = newsletter.asked(*add, answer="n", expect=1)
    assert "Add the schedule 'daily'? [y/N]" in refused.err and refused.out.strip() == ""
    newsletter("schedules", "show", "daily", expect=1)
    assert newsletter.asked(*add, answer="y").json["recurrence"] == "0 9,17 * * *"

    move = ("schedules", "set", "daily", "--when", "every 3 days at 9")
    said = newsletter.asked(*move, answer="n", expect=1)
    assert "every 3 days" in said.out and said.out.count("Z)") == 5 and "Change the schedule 'daily'?" in said.err
    assert newsletter("schedules", "show", "daily", "--json").json["recurrence"] == "0 9,17 * * *"
    newsletter.asked(*move, answer="y")
    assert "every 3 days" in newsletter("schedules", "show", "daily").out

    remove = ("schedules", "remove", "daily")
    assert "Remove the schedule 'daily'?" in newsletter.asked(*remove, answer="", expect=1).err
    newsletter("schedules", "show", "daily")
    assert "Remove" not in newsletter.asked(*remove, "--yes", answer="n").err
    newsletter("schedules", "show", "daily", expect=1)


def test_nothing_is_asked_where_stdin_is_no_terminal(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    added = newsletter("schedules", "add", "daily", "--list", "Readers", "--when", "every day at 9")
    moved = newsletter("schedules", "set", "daily", "--when", "every day at 10")
    removed = newsletter("schedules", "remove", "daily")
    assert "?" not in added.out + added.err + moved.out + moved.err + removed.out + removed.err
    assert "reason" in newsletter("issues", "plan", "weekly", "--not-this", "two", expect=1).err


def test_reason_for_another_article_is_asked_for_at_a_terminal(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    (slug,) = newsletter("next", "--json").json["pick"]
    planned = newsletter.asked("issues", "plan", "weekly", "--not-this", slug, "--json", answer="we had it", expect=1)
    assert f"Why not {slug}?" in planned.err and "declined for this date: we had it" in planned.err


def test_readers_come_in_leave_and_stay_away(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    file = tmp_path / "readers.csv"
    file.write_text(
        'email,name,attributes\nada@example.org,Ada,\nben@example.org,Ben,"{""city"": ""Ulm""}"\nnobody,,\n', "utf-8"
    )
    report = newsletter("subscribers", "import", str(file), "--list", "Readers", "--json").json
    assert (report["added"], report["unchanged"], report["rejected"]) == (1, 1, 1)
    assert "4," in Path(report["rejected_file"]).read_text("utf-8")
    ben = newsletter("subscribers", "show", "BEN@example.org", "--json").json
    assert (ben["attributes"], ben["subscriptions"][0]["status"]) == ({"city": "Ulm"}, "pending")
    newsletter("subscribers", "unsubscribe", "ada@example.org", "--yes")
    newsletter("subscribers", "suppress", "ben@example.org", "--yes")
    again = newsletter("subscribers", "import", str(file), "--list", "Readers", "--status", "confirmed", "--json").json
    assert (again["added"], again["suppressed"]) == (0, 1)
    people = {each["email"]: each for each in newsletter("subscribers", "list", "--json").json}
    assert people["ada@example.org"]["subscriptions"][0]["status"] == "unsubscribed"
    assert people["ben@example.org"]["suppression"] is not None
    assert newsletter("lists", "show", "Readers", "--json").json["confirmed"] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"name\nAda\n", "email"),
        (b"email,colour\na@example.org,red\n", "colour"),
        (bytes(300), "not a text file"),
    ],
)
def test_file_that_holds_no_readers_is_refused_whole(tmp_path: Path, content: bytes, words: str) -> None:
    newsletter = new_home(tmp_path)
    newsletter("lists", "add", "Readers")
    file = tmp_path / "readers.csv"
    file.write_bytes(content)
    assert words in newsletter("subscribers", "import", str(file), "--list", "Readers", expect=1).err
    assert newsletter("subscribers", "list", "--json").json == []


def test_check_and_send_agree_on_what_blocks(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    newsletter.settings["NEWSLETTER_NEWSLETTER__POSTAL_ADDRESS"] = ""
    report = newsletter("check", "a-walk-before-breakfast", "--json", expect=1).json
    assert report["verdict"] == "block"
    assert {finding["rule"] for finding in report["findings"] if finding["severity"] == "block"} == {"postal_address"}
    newsletter("issues", "plan", "weekly")
    assert "postal_address" in newsletter("issues", "send", "1", "--yes", expect=1).err
    assert newsletter("issues", "show", "1", "--json").json["state"] == "draft"


def test_real_readers_get_nothing_before_the_pages_are_reachable(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    newsletter("subscribers", "add", "someone@newsletter-readers.net", "--list", "Readers", "--status", "confirmed")
    newsletter("issues", "plan", "weekly")
    assert "web.base_url" in newsletter("issues", "send", "1", "--yes", expect=1).err
    newsletter.settings["NEWSLETTER_WEB__BASE_URL"] = "https://notes.alderford.org"
    newsletter.settings["NEWSLETTER_NEWSLETTER__FROM_ADDRESS"] = "practice@gmail.com"
    assert "gmail.com" in newsletter("issues", "send", "1", "--yes", expect=1).err
    assert newsletter("deliveries", "1", "--json").json == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (">{{ newsletter.name }}<", ">{{ newsletter.nmae }}<", "nmae"),
        ("</mj-section>", "</mj-secton>", "mj-sect"),
        ("{% endif %}", "", "calm"),
    ],
)
def test_broken_look_is_named_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    newsletter = ready(tmp_path)
    from newsletter.rendering.looks import packaged_templates

    own = newsletter.home / "templates" / "calm"
    own.mkdir(parents=True)
    source = (packaged_templates() / "calm" / "issue.mjml.j2").read_text("utf-8")
    assert old in source
    (own / "issue.mjml.j2").write_text(source.replace(old, new, 1), "utf-8")
    error = newsletter("preview", "a-walk-before-breakfast", expect=1).err
    assert words in error and str(own / "issue.mjml.j2") in error and "line " in error


def test_settings_are_shown_with_their_origin_and_unknown_ones_refused(tmp_path: Path) -> None:
    newsletter = new_home(tmp_path)
    newsletter.settings["NEWSLETTER_SMTP__PASSWORD"] = "hunter2"
    ended = newsletter("config", "show", "--json")
    shown = {row["key"]: row for row in ended.json}
    assert shown["smtp.password"]["value"] == "********" and "hunter2" not in ended.out
    assert shown["smtp.host"]["origin"] == "NEWSLETTER_SMTP__HOST"
    assert shown["smtp.timeout"]["origin"].endswith("config.toml")
    newsletter.settings["NEWSLETTER_SMTP__PASWORD"] = "x"
    assert "NEWSLETTER_SMTP__PASWORD" in newsletter("articles", "list", expect=1).err


def test_two_runs_on_one_home_and_every_other_command_beside_the_first(tmp_path: Path) -> None:
    newsletter = ready(tmp_path, NEWSLETTER_WEB__PORT="0")
    running = newsletter.start("run")
    try:
        assert running.stderr is not None
        next(line for line in running.stderr if line.startswith("running"))
        assert f"pid {running.pid}" in newsletter("run", expect=1).err
        assert newsletter("articles", "list", "--json").json
        newsletter("issues", "plan", "weekly")
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert running.returncode == 0


def test_database_newer_than_the_program_is_refused_and_an_old_one_is_checked(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    assert newsletter("db", "check", "--json").json["is_whole"] is True
    assert newsletter("db", "upgrade", "--json").json["copy"] is None
    with sqlite3.connect(newsletter.home / "newsletter.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in (("articles", "list"), ("db", "check"), ("db", "upgrade")):
        assert "newer" in newsletter(*command, expect=1).err


def test_newsletter_beside_the_first_has_its_own_schedule(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    newsletter("newsletters", "add", "Second", "--from", "second@example.org", "--timezone", "Europe/Berlin")
    newsletter("schedules", "add", "other", "--list", "Readers", "--when", "every day 07:00", "--newsletter", "Second")
    assert newsletter("issues", "plan", "other", "--json").json["newsletter"] == "Second"
    names = [each["name"] for each in newsletter("newsletters", "list", "--json").json]
    assert names == ["Newsletter", "Second"]
    assert "several" not in newsletter("next", "other").err
    assert "say which" in newsletter("next", expect=1).err


def test_picture_that_is_gone_is_found_before_readers_would_miss_it(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    slug = "a-walk-before-breakfast"
    picture = newsletter.home / "media" / "gone.png"
    Image.new("RGB", (60, 40)).save(picture)
    newsletter("articles", "edit", slug, "--set", "hero.src=media/gone.png", "--set", "hero.alt=A path")
    picture.unlink()
    report = newsletter("check", slug, "--json", expect=1).json
    assert [finding["rule"] for finding in report["findings"] if finding["severity"] == "block"] == ["missing_picture"]
    assert "media/gone.png" in newsletter("issues", "plan", "weekly", expect=1).err


def test_pinned_issue_keeps_the_reasons_of_those_it_went_before(tmp_path: Path) -> None:
    newsletter = ready(tmp_path)
    newsletter("articles", "import", str(write(tmp_path / "two.md", "Two")))
    issue = newsletter("issues", "plan", "weekly", "--pin", "two", "--json").json
    assert issue["articles"] == ["two"]
    candidates = newsletter("issues", "show", str(issue["id"]), "--json").json["picked"]["candidates"]
    assert [one["slug"] for one in candidates] == ["two", "a-walk-before-breakfast"]
    words = {one["slug"]: " ".join(why["words"] for why in one["reasons"]) for one in candidates}
    assert "pinned by hand" in words["two"]
    assert "pinned by hand" not in words["a-walk-before-breakfast"]
    assert "published" in words["a-walk-before-breakfast"]
