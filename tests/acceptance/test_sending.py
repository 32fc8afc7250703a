"""A send to a real SMTP server: 500 readers, ten of them refused and ten put off."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from command import Command, new_home
from scripted_relay import ScriptedRelay

READERS = [f"reader{number}@example.org" for number in range(500)]
REFUSED = READERS[40:50]
DEFERRED = READERS[200:210]

ARTICLE = """---
title: A Walk Before Breakfast
date: 2024-05-02
author: {name: Ruth Weber, bio: Ruth Weber walks a lot.}
summary: Ten minutes outside, before anything else.
call_to_action: {text: "Shall we walk?", label: Come along, url: "https://example.org/walk"}
---
## Why

The day is still quiet, and so are you.
"""


def ready(folder: Path, port: int) -> Command:
    newsletter = new_home(folder, NEWSLETTER_SMTP__PORT=str(port), NEWSLETTER_SMTP__CONNECTIONS="5")
    (folder / "walk.md").write_text(ARTICLE, "utf-8")
    (folder / "readers.csv").write_text("email,name\n" + "".join(f"{each},\n" for each in READERS), "utf-8")
    newsletter("articles", "import", str(folder / "walk.md"))
    newsletter("lists", "add", "Readers")
    report = newsletter(
        "subscribers", "import", str(folder / "readers.csv"), "--list", "Readers", "--status", "confirmed", "--json"
    ).json
    assert (report["added"], report["rejected"]) == (500, 0)
    newsletter("schedules", "add", "daily", "--list", "Readers", "--when", "every day 09:00")
    newsletter("issues", "plan", "daily")
    return newsletter


def test_refused_readers_fail_deferred_ones_wait_and_everybody_else_has_it(tmp_path: Path) -> None:
    with ScriptedRelay(refuse=REFUSED, defer=dict.fromkeys(DEFERRED, 1)) as relay:
        newsletter = ready(tmp_path, relay.port)
        ended = newsletter("issues", "send", "1", "--yes", "--json", expect=1)
        issue = ended.json
        assert (issue["sent"], issue["failed"], issue["pending"], issue["planned"]) == (480, 10, 10, 500)
        assert issue["state"] == "sending"
        assert "10 wait for a later try" in ended.err
        got = Counter(message.recipient for message in relay.messages)
    assert set(got.values()) == {1}
    assert set(got) == set(READERS) - set(REFUSED) - set(DEFERRED)
    rows = {row["email"]: row for row in newsletter("deliveries", "1", "--json").json}
    assert len(rows) == 500
    assert all(rows[each]["status"] == "failed" and rows[each]["reply"].startswith("550") for each in REFUSED)
    assert all(rows[each]["status"] == "pending" and rows[each]["next_attempt"] for each in DEFERRED)
    assert "given up" in newsletter("explain", "1", REFUSED[0]).out
    assert "waits to be sent" in newsletter("explain", "1", DEFERRED[0]).out
    assert "handed over" in newsletter("explain", "1", READERS[0]).out


def test_relay_that_is_down_loses_nobody_and_the_same_command_goes_on(tmp_path: Path) -> None:
    with ScriptedRelay() as relay:
        newsletter = ready(tmp_path, relay.port)
    ended = newsletter("issues", "send", "1", "--yes", "--json", expect=1)
    assert "cannot be reached" in ended.err
    assert (ended.json["state"], ended.json["pending"]) == ("sending", 500)
    with ScriptedRelay() as relay:
        newsletter.settings["NEWSLETTER_SMTP__PORT"] = str(relay.port)
        issue = newsletter("issues", "send", "1", "--yes", "--json").json
    assert (issue["state"], issue["sent"]) == ("sent", 500)
    assert Counter(message.recipient for message in relay.messages) == Counter(READERS)


def test_relay_that_refuses_us_pauses_the_issue_and_marks_nobody(tmp_path: Path) -> None:
    with ScriptedRelay(answers={"mail": "550 5.7.1 who are you"}) as relay:
        newsletter = ready(tmp_path, relay.port)
        ended = newsletter("issues", "send", "1", "--yes", "--json", expect=1)
    assert "paused" in ended.err and "who are you" in ended.err
    assert (ended.json["state"], ended.json["pending"]) == ("paused", 500)
    assert "resume" in newsletter("issues", "send", "1", "--yes", expect=1).err
    newsletter("issues", "resume", "1")
    with ScriptedRelay() as relay:
        newsletter.settings["NEWSLETTER_SMTP__PORT"] = str(relay.port)
        assert newsletter("issues", "send", "1", "--yes", "--json").json["sent"] == 500
