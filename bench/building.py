"""An issue of 50 KB and its readers → how much faster splicing builds a message than `EmailMessage` does."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from itertools import cycle

from bench.measure import Row, compare, tell
from newsletter.delivery.message import ReaderCopy, compile_issue, verify
from newsletter.rendering.slots import Segments, Slot, fill
from subscribers.tokens import Tokens

SENT = datetime(2026, 1, 6, 8, 0, tzinfo=UTC)
SENTENCE = "Trust grows in small moments, and each of them is a choice: to listen before we’ve answered. "
STYLE = "margin:0 0 16px;font-family:Georgia,serif;font-size:17px;line-height:1.6;color:#222222"
NAME = Slot("name", "friend", "text")
PLAIN_NAME = Slot("name", "friend", "plain")
LEAVE = Slot("unsubscribe_url", "", "url")
PLAIN_LEAVE = Slot("unsubscribe_url", "", "plain")
TOKENS = Tokens(b"a secret of the bench")
POLICY = SMTP.clone(max_line_length=998)


def main() -> None:
    html, text = example_issue()
    readers = [example_reader(number) for number in range(100)]
    compiled = compile_issue(
        key="issue 1",
        from_address="The Practice <news@example.org>",
        subject="Trust grows in small moments",
        list_id="<1.news.example.org>",
        html=html,
        text=text,
        keyed_hash=TOKENS.keyed_hash,
    )
    verify(compiled, readers[0])
    ours, theirs = cycle(readers), cycle(readers)
    size = len(compiled.build(readers[0]))
    found = compare(
        lambda: compiled.build(next(ours)),
        lambda: email_message(html, text, next(theirs)),
        times=2_000,
        yardstick_times=20,
    )
    print(f"a message of {size:,} octets: {found.ours * 1e6:.1f} µs, {found.yardstick * 1e6:,.0f} µs")
    tell(Row("G", "building a message, spliced", found.ratio, 100, 300, "×", "EmailMessage per reader"))


def example_issue() -> tuple[Segments, Segments]:
    """The HTML and the text of an issue, each with the two slots every reader has: a name and a link."""
    paragraphs = 65 * f'<p style="{STYLE}">{SENTENCE * 5}</p>\n'
    lines = 95 * f"{SENTENCE}\n"
    html: Segments = ("<h1>Dear ", NAME, ",</h1>\n", paragraphs, '<a href="', LEAVE, '">Unsubscribe</a>\n')
    text: Segments = ("Dear ", PLAIN_NAME, ",\n\n", lines, "\nUnsubscribe: ", PLAIN_LEAVE, "\n")
    return html, text


def example_reader(number: int) -> ReaderCopy:
    link = f"https://news.example.org/unsubscribe/{TOKENS.unsubscribe_token(number, 1, 1)}"
    values = {"name": f"Reader {number}", "unsubscribe_url": link}
    return ReaderCopy(number, f"reader{number}@example.org", values["name"], values, link, SENT)


def email_message(html: Segments, text: Segments, reader: ReaderCopy) -> bytes:
    """The same message as one writes it with the standard library."""
    message = EmailMessage(policy=POLICY)
    message["From"] = "The Practice <news@example.org>"
    message["To"] = f"{reader.name} <{reader.email}>"
    message["Subject"] = "Trust grows in small moments"
    message["Date"] = format_datetime(reader.date)
    message["Message-ID"] = f"<{TOKENS.keyed_hash('message', 'issue 1', reader.subscriber_id)}@example.org>"
    message["List-Id"] = "<1.news.example.org>"
    message["List-Unsubscribe"] = f"<{reader.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(fill(text, reader.values), cte="quoted-printable")
    message.add_alternative(fill(html, reader.values), subtype="html", cte="quoted-printable")
    return message.as_bytes()
