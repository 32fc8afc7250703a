"""Pictures that travel in the message, read back by the standard library."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.message import CompiledIssue, ReaderCopy, compile_issue, verify
from newsletter.delivery.related import MAX_MESSAGE, Picture, link_inside, relate, shown_pictures
from newsletter.errors import MessageError
from newsletter.rendering.slots import Segments, Slot
from subscribers.tokens import Tokens

TOKENS = Tokens(b"a secret for the tests")
MEDIA = "https://news.example.org/media/"
LINK = "https://news.example.org/unsubscribe/token"
HILL = Picture("media/hill.jpg", "image/jpeg", bytes(range(256)) * 3)
LOGO = Picture("media/logos/our logo.png", "image/png", b"\x89PNG a logo\r\n.\r\n")
HTML: Segments = (
    f'<p>Dear <img alt="x > y" width="64" src="{MEDIA}hill.jpg"> ',
    Slot("name", "friend", "text"),
    f',</p><img src="{MEDIA}logos/our%20logo.png" alt=""><img src="{MEDIA}hill.jpg">'
    f'<a href="{MEDIA}hill.jpg">large</a><img src="https://elsewhere.example.org/media/hill.jpg">'
    f'<pre>&lt;img src="{MEDIA}hill.jpg"&gt;</pre><a href="',
    Slot("unsubscribe_url", "", "url"),
    '">Leave</a>',
)
TEXT: Segments = ("Leave: ", Slot("unsubscribe_url", "", "plain"))
ADA = ReaderCopy(
    1, "ada@example.org", "Ada", {"name": "Ada", "unsubscribe_url": LINK}, LINK, datetime(2026, 3, 3, tzinfo=UTC)
)
BEN = ADA._replace(
    subscriber_id=2, email="ben@example.org", name="Ben", values={"name": "Ben", "unsubscribe_url": LINK}
)


def issue(*pictures: Picture, html: Segments = HTML) -> CompiledIssue:
    return compile_issue(
        key="issue 7",
        from_address="The Practice <news@example.org>",
        subject="Small moments",
        list_id="<list-1.example.org>",
        html=html,
        text=TEXT,
        keyed_hash=TOKENS.keyed_hash,
        pictures=pictures,
        media_base_url=MEDIA,
    )


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage) and not any(part.defects for part in found.walk())
    return found


def parts(message: bytes) -> tuple[EmailMessage, list[EmailMessage]]:
    """The HTML part, and the parts that travel with it."""
    _, related = parsed(message).iter_parts()
    html, *pictures = related.iter_parts()
    assert isinstance(html, EmailMessage)
    return html, [picture for picture in pictures if isinstance(picture, EmailMessage)]


def test_pictures_stand_beside_the_html_they_belong_to() -> None:
    message = parsed(issue(HILL, LOGO).build(ADA))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/jpeg",
        "image/png",
    ]
    assert list(message.iter_parts())[1].get_param("type") == "text/html"  # RFC 2387 §3.1


def test_every_shown_picture_of_ours_is_linked_inside_and_nothing_else_changes() -> None:
    html, pictures = parts(issue(HILL, LOGO).build(ADA))
    content = html.get_content()
    names = [str(picture["Content-ID"]).strip("<>") for picture in pictures]
    assert re.findall(r'src="cid:([^"]*)"', content) == [names[0], names[1], names[0]]
    back = content.replace(f"cid:{names[0]}", f"{MEDIA}hill.jpg").replace(
        f"cid:{names[1]}", f"{MEDIA}logos/our%20logo.png"
    )
    plain = list(parsed(issue().build(ADA)).iter_parts())[1]
    assert isinstance(plain, EmailMessage) and back == plain.get_content()


def test_picture_arrives_byte_for_byte_and_says_what_it_is() -> None:
    _, pictures = parts(issue(HILL, LOGO).build(ADA))
    assert [picture.get_content() for picture in pictures] == [HILL.data, LOGO.data]
    assert [picture.get_content_disposition() for picture in pictures] == ["inline", "inline"]
    assert [picture.get_filename() for picture in pictures] == ["hill.jpg", f"{LOGO.digest}.png"]
    assert {picture["Content-Transfer-Encoding"] for picture in pictures} == {"base64"}


def test_lines_are_short_and_none_begins_with_a_dot() -> None:
    for line in issue(HILL, LOGO).build(ADA).split(b"\r\n"):
        assert len(line) <= 78 and not line.startswith(b".") and b"\n" not in line


def test_picture_has_one_name_in_every_issue_and_for_every_reader() -> None:
    names = {picture["Content-ID"] for reader in (ADA, BEN) for picture in parts(issue(HILL).build(reader))[1]}
    assert names == {f"<{HILL.digest}@example.org>"}


def test_two_paths_to_one_picture_carry_it_once() -> None:
    html: Segments = (f'<img src="{MEDIA}a.jpg"><img src="{MEDIA}b.jpg">',)
    one, other = replace(HILL, path="media/a.jpg"), replace(HILL, path="media/b.jpg")
    found, pictures = parts(issue(one, other, html=html).build(ADA))
    assert len(pictures) == 1 and found.get_content().count(f"cid:{HILL.digest}@example.org") == 2


def test_without_pictures_a_message_is_as_it_always_was() -> None:
    assert [part.get_content_type() for part in parsed(issue().build(ADA)).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_shown_pictures_are_those_under_our_own_address() -> None:
    assert shown_pictures(HTML, MEDIA) == shown_pictures(HTML, MEDIA.rstrip("/"))
    assert shown_pictures(HTML, MEDIA) == ("media/hill.jpg", "media/logos/our logo.png")
    assert shown_pictures(HTML, "https://pictures.example.org/") == ()
    assert shown_pictures((f'<v:fill type="tile" src="{MEDIA}a%26b.png" />',), MEDIA) == ("media/a&b.png",)


def test_tag_without_end_is_read_in_no_time() -> None:
    assert shown_pictures(("<img a" * 50_000, "<img" + ' a="b"' * 50_000), MEDIA) == ()


def test_verify_reads_the_pictures_back() -> None:
    compiled = issue(HILL, LOGO)
    verify(compiled, ADA)
    assert compiled.related is not None
    changed = replace(compiled.related, after=compiled.related.after.replace(HILL.encoded[:20], HILL.encoded[20:40]))
    with pytest.raises(MessageError, match=r"^media/hill\.jpg: would arrive changed"):
        verify(replace(compiled, related=changed), ADA)
    with pytest.raises(MessageError, match="would arrive as"):
        verify(replace(compiled, related=replace(compiled.related, after=b"")), ADA)


def test_message_too_large_for_a_mailbox_is_refused_naming_the_pictures() -> None:
    large = Picture("media/large.jpg", "image/jpeg", bytes(5_000_000))
    wide = Picture("media/wide.png", "image/png", b"\1" * 2_500_000)
    issue(large).build(ADA)
    with pytest.raises(MessageError) as refused:
        issue(HILL, large, wide)
    assert str(refused.value) == (
        "delivery.inline_images: each message would have 10.3 MB, more than 10 MB: "
        "media/large.jpg 5.0 MB, media/wide.png 2.5 MB, media/hill.jpg 0.0 MB"
    )


def test_largest_message_allowed_is_below_the_limit() -> None:
    size = MAX_MESSAGE * 3 * 76 // (4 * 78) - 100
    related = relate([Picture("media/large.jpg", "image/jpeg", bytes(size))], "example.org")
    assert related is not None and len(related.after) <= MAX_MESSAGE + 500


def test_readers_share_the_pictures() -> None:
    """What a message costs beside its own bytes does not grow with the pictures."""
    compiled = issue(Picture("media/hill.jpg", "image/jpeg", bytes(3_000_000)))
    size = len(compiled.build(ADA))
    tracemalloc.start()
    kept = compiled.build(BEN)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) == size and peak < size + 200_000


@given(st.binary(max_size=400), st.text(max_size=30), st.sampled_from(["image/jpeg", "image/png", "image/gif"]))
@settings(max_examples=150)
def test_any_picture_of_any_name_arrives(data: bytes, name: str, media_type: str) -> None:
    picture = Picture(f"media/{name}", media_type, data)
    compiled = issue(picture, html=("<p>x</p>",))
    verify(compiled, ADA)
    (found,) = parts(compiled.build(ADA))[1]
    assert (found.get_payload(decode=True), found.get_content_type()) == (data, media_type)


@given(st.lists(st.sampled_from(["<img ", 'src="', MEDIA, "hill.jpg", '"', ">", " ", "alt=", "a", "&amp;", "%20"])))
def test_html_without_our_pictures_stays_as_it_is(pieces: list[str]) -> None:
    html: Segments = ("".join(pieces),)
    assert link_inside(html, "https://other.example.org/media", [HILL], "example.org") == html
