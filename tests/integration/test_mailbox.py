from __future__ import annotations

import asyncio
import errno
import mailbox as standard_mailbox
import os
import smtplib
import socket
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery import mailbox as mailbox_module
from newsletter.delivery.mailbox import LARGEST_MESSAGE, Mailbox
from newsletter.delivery.relay import Envelope, Outcome, RelaySettings, Sent, hand_over
from newsletter.errors import ConfigError, NewsletterError

BODY = b"Subject: Trust\r\n\r\n.dot\r\n.\r\n..\r\nHello Ada\r\n"


def deliver(port: int, messages: list[bytes], pipelining: str = "auto") -> list[Any]:
    told: list[Outcome] = []
    given = [Envelope(key, "news@example.org", "ada@example.org", text) for key, text in enumerate(messages)]
    settings = RelaySettings("127.0.0.1", port, "none", connections=2, pipelining=pipelining)  # type: ignore[arg-type]
    asyncio.run(
        hand_over(
            settings,
            lambda: given.pop(0) if given else None,
            lambda envelope, outcome: told.append(outcome),
            asyncio.Event(),
        )
    )
    return told


def kept(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (folder / "new").iterdir())


def say(port: int, *lines: bytes) -> list[bytes]:
    """The reply to the greeting and to each line, said one after the other."""
    with (
        socket.create_connection(("127.0.0.1", port), 20) as connection,
        connection.makefile("rb") as replies,
    ):
        answers = [replies.readline()]
        for line in lines:
            connection.sendall(line)
            while (answer := replies.readline())[3:4] == b"-":
                pass
            answers.append(answer)
        return answers


@pytest.mark.parametrize("pipelining", ["auto", "off"])
def test_messages_are_kept_byte_for_byte(tmp_path: Path, pipelining: str) -> None:
    messages = [b"X-Number: %02d\r\n" % number + BODY for number in range(25)]
    with Mailbox(tmp_path / "mailbox") as mailbox:
        outcomes = deliver(mailbox.port, messages, pipelining)
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert kept(tmp_path / "mailbox") == messages
    assert list((tmp_path / "mailbox" / "tmp").iterdir()) == []


def test_folder_is_a_maildir_for_others_too(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox:
        deliver(mailbox.port, [BODY])
    [message] = standard_mailbox.Maildir(tmp_path, create=False)
    assert message["Subject"] == "Trust"
    assert "ada@example.org" not in message.as_string()


def test_standard_client_is_understood(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port, timeout=20) as client:
        client.ehlo()
        assert {"pipelining", "8bitmime", "smtputf8", "size"} <= set(client.esmtp_features)
        client.sendmail("news@example.org", ["ada@example.org", "cleo@example.org"], BODY)
        client.noop()
        client.rset()
    assert kept(tmp_path) == [BODY]


def test_empty_message_and_long_message_are_kept(tmp_path: Path) -> None:
    long = b"Subject: long\r\n\r\n" + (b"y" * 900 + b"\r\n") * 3_000
    with Mailbox(tmp_path) as mailbox:
        start = (b"EHLO me\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<ada@example.org>\r\n", b"DATA\r\n")
        assert say(mailbox.port, *start, b".\r\n")[-1].startswith(b"250")
        deliver(mailbox.port, [long])
    assert kept(tmp_path) == [b"", long]


def test_second_start_on_a_folder_adds_to_it(tmp_path: Path) -> None:
    for _ in range(2):
        with Mailbox(tmp_path) as mailbox:
            deliver(mailbox.port, [BODY])
    assert kept(tmp_path) == [BODY, BODY]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost", ""])
def test_mailbox_listens_on_nothing_but_loopback(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="loopback"):
        Mailbox(tmp_path, host=host)


def test_port_that_is_taken_and_folder_that_is_none_are_said_in_one_line(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox, pytest.raises(NewsletterError, match="cannot be opened"):
        Mailbox(tmp_path, port=mailbox.port).start()
    (tmp_path / "file").write_text("")
    with pytest.raises(NewsletterError, match="cannot be opened"):
        Mailbox(tmp_path / "file").start()


def test_commands_out_of_order_are_refused(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox:
        answers = say(
            mailbox.port,
            b"MAIL FROM:<news@example.org>\r\n",
            b"EHLO me\r\n",
            b"RCPT TO:<ada@example.org>\r\n",
            b"MAIL FROM:news\r\n",
            b"MAIL FROM:<news@example.org> SIZE=10 BODY=8BITMIME\r\n",
            b"DATA\r\n",
            b"RCPT FROM:<ada@example.org>\r\n",
            b"RCPT TO:<>\r\n",
            b"WHAT \xff\r\n",
            b"QUIT\r\n",
        )
    assert [answer[:3] for answer in answers[1:]] == b"503 250 503 501 250 503 501 501 502 221".split()
    assert kept(tmp_path) == []


def test_line_and_message_without_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_module, "LARGEST_MESSAGE", 10_000)
    start = (b"EHLO me\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<ada@example.org>\r\n", b"DATA\r\n")
    with Mailbox(tmp_path) as mailbox:
        assert say(mailbox.port, b"x" * 5_000)[-1].startswith(b"500")
        assert say(mailbox.port, *start, b"x" * 1_500 + b"\r\n.\r\n")[-1].startswith(b"554")
        large = (b"x" * 70 + b"\r\n") * 10_000
        answers = say(mailbox.port, *start, large + b".\r\n", *start[1:], b"small\r\n.\r\n")
        assert [answer[:3] for answer in answers[-5:]] == b"552 250 250 354 250".split()
    assert kept(tmp_path) == [b"small\r\n"]
    assert LARGEST_MESSAGE > 10_000


def test_message_that_cannot_be_written_is_put_off_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Mailbox(tmp_path) as mailbox:
        monkeypatch.setattr(Path, "write_bytes", fail)
        [outcome] = deliver(mailbox.port, [BODY])
    assert str(outcome.reply).startswith("452 4.3.1")
    assert kept(tmp_path) == [] and list((tmp_path / "tmp").iterdir()) == []


def test_stop_ends_open_connections_and_frees_the_port(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    port = mailbox.start()
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.recv(100)
        mailbox.stop()
        assert connection.recv(100) == b""
    mailbox.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 20)
