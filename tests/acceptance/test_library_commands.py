"""The library at a keyboard: going through an import, what is wanted of a list, history, and an author who leaves."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from command import PATIENCE, Command, new_home
from scripted_relay import ScriptedRelay
from scripted_web import Answer, ScriptedWeb

SOURCE = """---
title: {title}
slug: {slug}
priority: {priority}
author: {{name: {author}, bio: {author} walks a lot.}}
tags: [walking]
---
{body}
"""
BODIES = {
    "a-walk": "The day is still quiet in 2016, and so are you.",
    "slow-tea": "Tea takes its time.",
    "long-evenings": "Nobody has to be anywhere.",
}
QUESTION = "[q]uit"
CTRL_D = "\x04"


def write(folder: Path, slug: str, author: str = "Ruth Weber", body: str = "") -> str:
    file = folder / f"{slug}.md"
    place = list(BODIES).index(slug) if slug in BODIES else 9
    title = slug.replace("-", " ").capitalize()
    said = {"title": title, "slug": slug, "priority": -place, "author": author, "body": body or BODIES[slug]}
    file.write_text(SOURCE.format(**said), "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A home with three articles that nobody has read, one reader and a schedule."""
    folder = tmp_path_factory.mktemp("furnished")
    command = new_home(folder)
    command("articles", "import", *(write(folder, slug) for slug in BODIES))
    call = {"--text": "Well?", "--label": "Go", "--url": "https://example.org/go"}
    command("calls-to-action", "set", "default", *(word for pair in call.items() for word in pair))
    command("lists", "add", "Readers")
    command("subscribers", "add", "ada@example.org", "--list", "Readers", "--status", "confirmed")
    command("schedules", "add", "weekly", "--list", "Readers", "--when", "every tuesday 09:00")
    return command


@pytest.fixture
def newsletter(furnished: Command, tmp_path: Path) -> Command:
    """A copy of that home."""
    shutil.copytree(furnished.home, tmp_path / "home")
    return Command(tmp_path / "home", dict(furnished.settings))


def read(newsletter: Command) -> dict[str, bool]:
    return {each["slug"]: each["read"] for each in newsletter("articles", "list", "--json").json}


def article(newsletter: Command, slug: str) -> dict[str, object]:
    shown: dict[str, object] = newsletter("articles", "show", slug, "--json").json
    return shown


def slugs(newsletter: Command, *filters: str) -> list[str]:
    return [each["slug"] for each in newsletter("articles", "list", *filters, "--json").json]


@dataclass
class Terminal:
    """A person at a command: what stands on the screen, and what is typed."""

    process: subprocess.Popen[bytes]
    master: int
    screen: str = ""
    seen: int = 0  # characters that were waited for already

    def wait_for(self, words: str) -> str:
        """What came up to these words since the last time."""
        while words not in self.screen[self.seen :]:
            assert self._more(), f"{words!r} never came: {self.screen}"
        end = self.screen.index(words, self.seen) + len(words)
        shown, self.seen = self.screen[self.seen : end], end
        return shown

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def answer(self, letter: str) -> str:
        """The question before it, with what stands above."""
        shown = self.wait_for(QUESTION)
        self.type(f"{letter}\n")
        return shown

    def end(self) -> tuple[int, str]:
        """The exit code, and what came last."""
        while self._more():
            pass
        return self.process.wait(PATIENCE), self.screen[self.seen :]

    def _more(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], PATIENCE)
        assert ready, f"it says nothing more: {self.screen}"
        try:
            data = os.read(self.master, 65_536)
        except OSError:  # the other end was closed
            return False
        self.screen += data.decode().replace("\r\n", "\n")
        return bool(data)


@contextmanager
def terminal(newsletter: Command, *words: str, **environment: str) -> Iterator[Terminal]:
    """The command on a terminal of its own, wide enough that no line is broken."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        newsletter.line(*words),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**newsletter.environment, "COLUMNS": "300", "TERM": "dumb", **environment},
        cwd=newsletter.folder,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(master)


def editor(folder: Path, old: str, new: str) -> str:
    """A command that opens a file, writes one thing instead of another, and closes it."""
    script = folder / "editor.sh"
    script.write_text(f'sed -i s/{shlex.quote(old)}/{shlex.quote(new)}/ "$1"\n', "utf-8")
    return f"sh {shlex.quote(str(script))}"


# -- triage


def test_triage_shows_what_is_unread_in_the_order_it_would_go(newsletter: Command) -> None:
    assert read(newsletter) == {"a-walk": False, "slow-tea": False, "long-evenings": False}
    rows = [line.split("\t") for line in newsletter("articles", "triage").out.splitlines()]
    assert rows[0] == ["slug", "title", "would go", "look at"]
    assert [row[0] for row in rows[1:]] == ["a-walk", "slow-tea", "long-evenings"]
    assert rows[1][3] == "it speaks of 2016"
    shown = newsletter("articles", "triage", "--json").json
    foreseen = newsletter("forecast", "--count", "3", "--json").json
    assert [each["slug"] for each in shown] == [slug for each in foreseen for slug in each["articles"]]
    assert [each["due"] for each in shown] == [each["occurrence"] for each in foreseen]
    assert set(shown[0]) == {"slug", "title", "published", "due", "hints", "missing"}


def test_triage_by_name(newsletter: Command) -> None:
    told = newsletter("articles", "triage", "slow-tea", "a-walk", "--as", "keep").out
    assert told == "slow-tea: ready, read\na-walk: ready, read\n"
    (decided,) = newsletter("articles", "triage", "long-evenings", "--as", "never", "--json").json
    assert (decided["status"], decided["read"]) == ("retired", True)
    ended = newsletter("articles", "triage")
    assert (ended.out, ended.err) == ("", "every article that is ready has been read\n")
    assert newsletter("articles", "triage", "--json").json == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("a-walk",), "--as keep|not-now|never"),
        (("--as", "keep"), "--as keep|not-now|never"),
        (("a-walk", "--as", "perhaps"), "--as keep|not-now|never"),
        (("a-walk", "no-such-thing", "--as", "keep"), "no-such-thing"),
    ],
)
def test_triage_that_cannot_be_is_one_line_and_changes_nothing(
    newsletter: Command, words: tuple[str, ...], told: str
) -> None:
    error = newsletter("articles", "triage", *words, expect=1).err
    assert told in error and len(error.splitlines()) == 1
    assert not any(read(newsletter).values())


def test_what_was_decided_survives_the_next_import(newsletter: Command, tmp_path: Path) -> None:
    newsletter("articles", "triage", "a-walk", "--as", "not-now")
    newsletter("articles", "triage", "slow-tea", "--as", "never")
    sources = [write(tmp_path, slug, body="Other words.") for slug in BODIES]
    assert newsletter("articles", "import", *sources, "--json").json["updated"] == 3
    statuses = {each["slug"]: each["status"] for each in newsletter("articles", "list", "--json").json}
    assert statuses == {"a-walk": "draft", "slow-tea": "retired", "long-evenings": "ready"}


def test_triage_at_a_terminal_asks_for_one_after_the_other(newsletter: Command) -> None:
    with terminal(newsletter, "articles", "triage") as person:
        first = person.answer("k")
        assert "1 of 3" in first and "A walk\n  a-walk; by Ruth Weber" in first
        assert "look at: it speaks of 2016" in first and "The day is still quiet in 2016, and so are you." in first
        assert "2 of 3" in person.answer("n")
        assert "3 of 3" in person.answer("v")
        assert person.end()[0] == 0
    assert read(newsletter) == {"a-walk": True, "slow-tea": True, "long-evenings": True}
    statuses = [each["status"] for each in newsletter("articles", "list", "--json").json]
    assert statuses == ["ready", "draft", "retired"]


def test_skipping_leaves_it_unread_and_quitting_leaves_the_rest(newsletter: Command) -> None:
    with terminal(newsletter, "articles", "triage") as person:
        person.answer("s")
        assert "2 of 3" in person.answer("")
        assert "3 of 3" in person.answer("q")
        code, rest = person.end()
        assert (code, "Abort" in rest) == (0, False)
    assert not any(read(newsletter).values())


def test_the_whole_text_is_shown_and_what_is_no_answer_is_asked_again(newsletter: Command, tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(100))
    newsletter("articles", "import", write(tmp_path, "a-walk", body=words))
    with terminal(newsletter, "articles", "triage") as person:
        assert "word99" not in person.answer("w")
        assert "word99" in person.answer("x")
        assert "2 of 3" not in person.answer("K")
        assert "2 of 3" in person.answer("q")
        assert person.end()[0] == 0
    assert read(newsletter) == {"a-walk": True, "slow-tea": False, "long-evenings": False}


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_the_end_of_what_is_typed_is_the_end_and_what_was_said_stays(newsletter: Command, is_interrupted: bool) -> None:
    with terminal(newsletter, "articles", "triage") as person:
        person.answer("k")
        person.wait_for(QUESTION)
        if is_interrupted:
            person.process.send_signal(signal.SIGINT)
        else:
            person.type(CTRL_D)
        code, rest = person.end()
        assert code == 0
        assert "Traceback" not in rest and "Abort" not in rest
    assert read(newsletter) == {"a-walk": True, "slow-tea": False, "long-evenings": False}


def test_what_changed_while_it_was_read_is_shown_again(newsletter: Command, tmp_path: Path) -> None:
    source = write(tmp_path, "a-walk", body="We are hiring.")
    with terminal(newsletter, "articles", "triage") as person:
        person.wait_for(QUESTION)
        newsletter("articles", "import", source)
        person.type("k\n")
        again = person.answer("w")
        assert (
            "a-walk was changed meanwhile" in again and "look at: an offer of work" in again and "2 of 3" not in again
        )
        person.answer("k")
        person.answer("q")
        assert person.end()[0] == 0
    assert read(newsletter) == {"a-walk": True, "slow-tea": False, "long-evenings": False}


def test_mending_opens_the_editor_and_counts_as_reading(newsletter: Command, tmp_path: Path) -> None:
    command = editor(tmp_path, "still quiet in 2016", "always quiet")
    with terminal(newsletter, "articles", "triage", VISUAL=command) as person:
        person.answer("m")
        assert "corrected: body_html" in person.answer("q")
        assert person.end()[0] == 0
    assert read(newsletter) == {"a-walk": True, "slow-tea": False, "long-evenings": False}
    assert article(newsletter, "a-walk")["body_text"] == "The day is always quiet, and so are you."


@pytest.mark.parametrize(
    ("command", "told"),
    [("true", "nothing was changed"), ("no-such-editor", "does not start")],
)
def test_who_mends_nothing_is_asked_again(newsletter: Command, command: str, told: str) -> None:
    with terminal(newsletter, "articles", "triage", VISUAL=command) as person:
        person.answer("m")
        again = person.answer("k")
        assert told in again and "2 of 3" not in again
        person.answer("q")
        assert person.end()[0] == 0
    assert read(newsletter)["a-walk"] is True


def test_triage_of_one_article_at_a_terminal_asks_for_that_one(newsletter: Command) -> None:
    newsletter("articles", "triage", "slow-tea", "--as", "keep")  # also one that was read may be thought over
    with terminal(newsletter, "articles", "triage", "slow-tea") as person:
        assert "1 of 1" in person.answer("n")
        assert person.end()[0] == 0
    statuses = {each["slug"]: each["status"] for each in newsletter("articles", "list", "--json").json}
    assert statuses == {"a-walk": "ready", "slow-tea": "draft", "long-evenings": "ready"}
    with terminal(newsletter, "articles", "triage", "no-such-thing") as person:
        code, told = person.end()
        assert code == 1 and "no-such-thing" in told and "Traceback" not in told


def test_triage_at_a_terminal_with_nothing_to_ask_says_so(newsletter: Command) -> None:
    newsletter("articles", "triage", *BODIES, "--as", "keep")
    with terminal(newsletter, "articles", "triage") as person:
        assert person.end() == (0, "every article that is ready has been read\n")


# -- a person's hand on articles


def test_an_article_is_corrected_in_the_editor_and_read_by_that(newsletter: Command, tmp_path: Path) -> None:
    with terminal(
        newsletter, "articles", "edit", "slow-tea", "--open", VISUAL=editor(tmp_path, "Slow", "Slower")
    ) as person:
        code, shown = person.end()
    assert code == 0
    assert "corrected: title" in shown and "title: Slower tea" in shown and "read: yes" in shown
    assert read(newsletter) == {"a-walk": False, "slow-tea": True, "long-evenings": False}


def test_the_editor_needs_a_terminal(newsletter: Command) -> None:
    error = newsletter("articles", "edit", "slow-tea", "--open", expect=1).err
    assert "--open needs a terminal" in error and len(error.splitlines()) == 1
    newsletter("articles", "edit", "slow-tea", expect=2)
    newsletter("articles", "edit", "slow-tea", "--open", "--set", "title=Tea", expect=2)


def test_what_a_person_pins_sends_or_corrects_has_been_read(newsletter: Command) -> None:
    newsletter("articles", "edit", "long-evenings", "--set", "status=ready")
    assert read(newsletter) == {"a-walk": False, "slow-tea": False, "long-evenings": True}
    newsletter("issues", "plan", "--pin", "slow-tea")
    assert read(newsletter) == {"a-walk": False, "slow-tea": True, "long-evenings": True}
    with ScriptedRelay() as relay:
        newsletter.settings["NEWSLETTER_SMTP__PORT"] = str(relay.port)
        newsletter("issues", "send", "1", "--yes")
        assert newsletter("issues", "plan", "--json").json["articles"] == ["a-walk"]
        newsletter("issues", "send", "2", "--yes")
    assert read(newsletter) == {"a-walk": True, "slow-tea": True, "long-evenings": True}


def test_forecast_warns_and_next_says_who_was_read(newsletter: Command) -> None:
    newsletter("articles", "triage", "long-evenings", "--as", "keep")
    asked = newsletter("forecast", "--count", "1", "--json").json[0]["warnings"]
    assert asked == ["a-walk is unread since import (`newsletter articles triage`)"]
    newsletter("schedules", "set", "weekly", "--approval", "none")
    foreseen = newsletter("forecast", "--count", "2", "--json").json
    assert [each["articles"] for each in foreseen] == [["a-walk"], ["slow-tea"]]
    assert "long-evenings goes in its place" in foreseen[0]["warnings"][0]
    assert "nothing goes in its place" in foreseen[1]["warnings"][0]
    assert "a-walk is unread since import" in newsletter("forecast").err
    words = {
        each["slug"]: [why["words"] for why in each["reasons"] if why["rule"] == "read"]
        for each in newsletter("next", "--json").json["candidates"]
    }
    assert words["long-evenings"] == ["a person has read it"]
    assert words["a-walk"] == words["slow-tea"] and "unread since import" in words["a-walk"][0]
    newsletter.settings["NEWSLETTER_PICKING__TRUST_IMPORTS"] = "true"
    trusted = newsletter("forecast", "--count", "1", "--json").json[0]["warnings"]
    assert trusted == ["a-walk is unread since import (`newsletter articles triage`)"]


def test_what_is_unread_is_marked_where_it_stands(newsletter: Command) -> None:
    newsletter("articles", "triage", "slow-tea", "--as", "keep")
    columns, *rows = (line.split("\t") for line in newsletter("forecast", "--count", "2").out.splitlines())
    article = columns.index("article")
    assert [row[article : article + 2] for row in rows] == [["a-walk", "unread"], ["slow-tea", ""]]
    told = newsletter("next")
    assert told.out.splitlines()[0].endswith(": a-walk (unread)")
    assert [line.split("\t")[:2] for line in told.out.splitlines()[3:]] == [
        ["a-walk", "picked, unread"],
        ["slow-tea", "waits"],
        ["long-evenings", "waits, unread"],
    ]
    assert told.err.startswith(
        "a-walk is unread since import: until a person has read it, it does not go out by itself"
    )


def test_check_warns_of_what_does_not_go_by_itself(newsletter: Command) -> None:
    newsletter("issues", "plan")
    words = "a-walk is unread since import: until a person has read it, it does not go out by itself"
    assert words in newsletter("check", "1").err
    assert words in newsletter("check", "a-walk").err
    newsletter("articles", "triage", "a-walk", "--as", "keep")
    assert "unread" not in newsletter("check", "1").err
    newsletter.settings["NEWSLETTER_PICKING__TRUST_IMPORTS"] = "true"
    assert "unread" not in newsletter("check", "slow-tea").err


# -- lists and history


def test_a_list_on_a_narrow_terminal_breaks_no_word(newsletter: Command, tmp_path: Path) -> None:
    slug = "tea-for-everybody-who-is-in-a-hurry-these-days"
    newsletter("articles", "import", write(tmp_path, slug, body="Sit down."))
    newsletter("calls-to-action", "set", "default", "--text", "", "--label", "", "--url", "")
    for columns in ("80", "100", "140"):
        # A dumb terminal is always 80 columns wide.
        with terminal(newsletter, "articles", "list", COLUMNS=columns, TERM="xterm") as person:
            code, screen = person.end()
        assert code == 0
        shown = re.sub(r"\x1b\[[0-9;]*m", "", screen)
        assert {"slug", "status", "read", "missing", slug, "long-evenings", "call", "action"} <= set(shown.split())
        assert max(map(len, shown.splitlines())) <= int(columns)
        assert ("published" in shown) == (columns != "80")


def test_a_list_is_narrowed_by_every_filter(newsletter: Command, tmp_path: Path) -> None:
    newsletter("articles", "import", write(tmp_path, "by-tom", "Tom Okafor", "The harbour at night."))
    newsletter("articles", "edit", "by-tom", "--set", "seasons=11-15..01-06", "--set", "categories=Nights")
    newsletter("articles", "retire", "long-evenings", "--yes")
    newsletter("issues", "plan", "--pin", "a-walk")
    with ScriptedRelay() as relay:
        newsletter.settings["NEWSLETTER_SMTP__PORT"] = str(relay.port)
        newsletter("issues", "send", "1", "--yes")
    assert slugs(newsletter, "--status", "retired", "--never-sent", "--sent-before", "2020-01-01") == ["long-evenings"]
    assert slugs(newsletter, "--author", "OKAF", "--category", "nights", "--season", "12-24") == ["by-tom"]
    assert slugs(newsletter, "--sent-since", "2020-01-01") == ["a-walk"]
    assert slugs(newsletter, "--unread", "--category", "nights") == ["by-tom"]
    assert slugs(newsletter, "--search", "harb") == ["by-tom"]
    assert newsletter("articles", "list", "--season", "05-01").err == "no article is like that\n"


def test_a_list_shows_what_a_person_wants_to_know(newsletter: Command) -> None:
    newsletter("articles", "edit", "slow-tea", "--set", "authors=Nobody Known")
    columns, *rows = (line.split("\t") for line in newsletter("articles", "list").out.splitlines())
    shown = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    assert shown["a-walk"] == {
        "slug": "a-walk",
        "published": "",
        "status": "ready",
        "authors": "Ruth Weber",
        "reading": "1 min",
        "sent": "never",
        "read": "no",
        "missing": "",
    }
    assert (shown["slow-tea"]["read"], shown["slow-tea"]["missing"]) == ("no", "bio")


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--sent-before", "yesterday"),
        ("--sent-since", "2026-02-30"),
        ("--season", "winter"),
    ],
)
def test_a_date_that_is_none_is_one_line(newsletter: Command, option: str, text: str) -> None:
    error = newsletter("articles", "list", option, text, expect=1).err
    assert option in error and repr(text) in error and len(error.splitlines()) == 1


def test_a_look_at_a_feed_names_the_article_it_brought(newsletter: Command) -> None:
    newsletter.settings["NEWSLETTER_FETCH__ALLOW_HOSTS"] = "127.0.0.1"
    text = " ".join(f"Word {number} of a long, quiet text." for number in range(20))
    item = f"<item><title>Warm soup</title><guid>soup</guid><description>{text}</description></item>"
    feed = f'<rss version="2.0"><channel><title>Notes</title>{item}</channel></rss>'
    with ScriptedWeb({"/feed": Answer(feed, "application/rss+xml")}) as web:
        told = newsletter("articles", "follow", web.url("/feed"))
    assert "imported: warm-soup  (" in told.out


def test_history_tells_versions_changes_and_issues(newsletter: Command) -> None:
    newsletter("issues", "plan", "--pin", "a-walk")
    with ScriptedRelay() as relay:
        newsletter.settings["NEWSLETTER_SMTP__PORT"] = str(relay.port)
        newsletter("issues", "send", "1", "--yes")
    newsletter("articles", "edit", "a-walk", "--set", "title=A longer walk", "--set", "body_html=<p>Far.</p>")
    first, second = newsletter("articles", "history", "a-walk", "--json").json
    assert set(first) == {"version", "cause", "since", "until", "changes", "issues"}
    assert (first["version"], first["cause"], first["changes"], first["issues"]) == (1, "first import", [], [1])
    assert first["until"] == second["since"] and second["until"] is None
    assert second["changes"][0] == {"field": "title", "before": "A walk", "after": "A longer walk"}
    told = newsletter("articles", "history", "a-walk").out
    assert "first import; sent in issue 1\n" in told
    assert "    title: A walk → A longer walk\n" in told
    assert "      -The day is still quiet in 2016, and so are you.\n      +Far.\n" in told
    assert "no-such-thing" in newsletter("articles", "history", "no-such-thing", expect=1).err


# -- authors


def test_an_author_leaves_and_hands_over(newsletter: Command, tmp_path: Path) -> None:
    newsletter("articles", "import", write(tmp_path, "by-tom", "Tom Okafor", "The harbour at night."))
    newsletter("issues", "plan")
    told = newsletter("authors", "leave", "ruth weber", "--on", "2020-05-01").out.splitlines()
    assert told[0] == "Ruth Weber is there until 2020-05-01"
    assert "a-walk: picked no more after that day; `--to NAME` hands it over" in told
    assert told[-1] == "issue 1: by-tom in place of a-walk"
    left = newsletter("authors", "leave", "Ruth Weber", "--to", "tom okafor", "--json").json
    assert set(left) == {"author", "handed_over", "out_of_picking", "drafts"}
    assert (left["handed_over"], left["out_of_picking"]) == (list(BODIES), [])
    assert left["author"]["active_until"] is not None
    assert {author["name"] for author in article(newsletter, "a-walk")["authors"]} == {"Tom Okafor"}  # type: ignore[attr-defined]
    assert "handed over from Ruth Weber to Tom Okafor" in newsletter("articles", "history", "a-walk").out


def test_who_hands_over_is_told_the_name_as_it_is_written(newsletter: Command, tmp_path: Path) -> None:
    newsletter("articles", "import", write(tmp_path, "by-tom", "Tom Okafor", "The harbour at night."))
    assert "a-walk: by Tom Okafor from now on" in newsletter("authors", "leave", "Ruth Weber", "--to", "TOM OKAFOR").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Nobody Known",), "Nobody Known"),
        (("Ruth Weber", "--to", "Nobody Known"), "Nobody Known"),
        (("Ruth Weber", "--to", "ruth weber"), "Ruth Weber cannot take over from Ruth Weber"),
        (("Ruth Weber", "--on", "next friday"), "--on: 'next friday' is not a date"),
    ],
)
def test_who_cannot_leave_is_one_line(newsletter: Command, words: tuple[str, ...], told: str) -> None:
    error = newsletter("authors", "leave", *words, expect=1).err
    assert told in error and len(error.splitlines()) == 1
    assert newsletter("authors", "show", "Ruth Weber", "--json").json["active_until"] is None


def test_a_licence_that_ended_is_told_wherever_an_author_is_shown(newsletter: Command) -> None:
    assert newsletter("authors", "list", "--json").json[0]["warnings"] == []
    newsletter("authors", "set", "Ruth Weber", "--credentials-until", "2020-01-31")
    words = "the licence of Ruth Weber ended on 2020-01-31 (`newsletter authors set 'Ruth Weber' --credentials-until"
    assert newsletter("authors", "show", "Ruth Weber").err.startswith(words)
    listed = newsletter("authors", "list")
    assert listed.err.startswith(words) and "2020-01-31" in listed.out
    assert newsletter("authors", "show", "Ruth Weber", "--json").json["warnings"][0].startswith(words)
    assert words in "\n".join(newsletter("forecast", "--count", "1", "--json").json[0]["warnings"])
    report = newsletter("check", "a-walk", "--json").json
    assert report["verdict"] == "warn"
    assert [finding["rule"] for finding in report["findings"]] == ["licence"]
