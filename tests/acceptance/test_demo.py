"""Two commands of a stranger: the demo does the whole job, again and again."""

from __future__ import annotations

import email
import json
import re
import signal
from email import policy
from pathlib import Path
from urllib.request import urlopen

from command import Command

SENT = re.compile(r"Sent issue (\d+), (.+), to 22 of 22 readers over SMTP")


def demo(folder: Path) -> Command:
    return Command(folder / "newsletter-demo")


def test_demo_sends_the_next_issue_each_time_and_says_why_and_what_comes(tmp_path: Path) -> None:
    newsletter = demo(tmp_path)
    subjects = []
    for number in (1, 2, 3):
        said = newsletter("demo", "--once").out
        found = SENT.search(said)
        assert found is not None, said
        assert found[1] == str(number)
        subjects.append(found[2])
        assert "Picked " in said
        assert "expired" in said and "out of season" in said and "has no bio" in said
        coming = said[said.index("The coming 12 issues:") :]
        assert len(re.findall(r"^    \w{3} \d\d \w{3} \d{4} 09:00  ", coming, re.MULTILINE)) == 12
        assert str(newsletter.home / "mailbox" / "new") in said
    assert len(set(subjects)) == 3
    assert len(list((newsletter.home / "mailbox" / "new").iterdir())) == 66


def test_mail_of_the_demo_reaches_each_confirmed_reader_once_and_nobody_else(tmp_path: Path) -> None:
    newsletter = demo(tmp_path)
    newsletter("demo", "--once")
    mails = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (newsletter.home / "mailbox" / "new").iterdir()
    ]
    readers = sorted(mail["To"].addresses[0].addr_spec for mail in mails)
    assert len(readers) == len(set(readers)) == 22
    assert "ada@example.org" in readers
    assert not {"ben@example.org", "cleo@example.org", "dan@example.org"} & set(readers)
    rows = newsletter("deliveries", "1", "--json").json
    assert sorted(row["email"] for row in rows if row["status"] == "sent") == readers
    assert {row["message_id"] for row in rows} == {mail["Message-ID"] for mail in mails}


def test_mail_of_the_demo_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    newsletter = demo(tmp_path)
    newsletter("demo", "--once")
    file = next((newsletter.home / "mailbox" / "new").iterdir())
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    body = mail.get_body(("html",))
    assert body is not None
    settings = {row["key"]: row["value"] for row in newsletter("config", "show", "--json").json}
    loaded = re.findall(r'(?:src|background)="([^"]+)"|url\(([^)]+)\)', body.get_content())
    addresses = ["".join(pair) for pair in loaded]
    assert addresses
    assert all(address.startswith(settings["web.base_url"] + "/media/") for address in addresses), addresses


def test_preview_is_what_the_reader_got_byte_for_byte(tmp_path: Path) -> None:
    newsletter = demo(tmp_path)
    newsletter("demo", "--once")
    preview = tmp_path / "ada.eml"
    newsletter("preview", "1", "--as", "ada@example.org", "--eml", str(preview))
    mails = {file.read_bytes() for file in (newsletter.home / "mailbox" / "new").iterdir()}
    assert preview.read_bytes() in mails


def test_demo_refuses_a_folder_it_did_not_make(tmp_path: Path) -> None:
    newsletter = demo(tmp_path)
    newsletter.home.mkdir()
    (newsletter.home / "letter.txt").write_text("mine")
    assert "was not made by the demo" in newsletter("demo", "--once", expect=1).err
    assert [file.name for file in newsletter.home.iterdir()] == ["letter.txt"]


def test_demo_without_once_serves_the_pages_until_it_is_asked_to_end(tmp_path: Path) -> None:
    newsletter = demo(tmp_path)
    running = newsletter.start("demo")
    try:
        assert running.stderr is not None
        pages = next(line for line in running.stderr if line.startswith("the pages ")).split()[-1]
        with urlopen(f"{pages}/healthz", timeout=10) as answer:
            assert json.load(answer) == {"status": "ok"}
        assert f"pid {running.pid}" in newsletter("run", expect=1).err
        assert newsletter("issues", "list", "--json").json[0]["state"] == "sent"
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert running.returncode == 0
