"""A rendered HTML part and the pictures it shows → the same with `cid:` links, and the parts that travel along.

RFC 2387 for the parts, RFC 2392 for the links. Encoded once for an issue: every reader's message joins the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from posixpath import basename
from urllib.parse import unquote

from newsletter.errors import MessageError
from newsletter.rendering.slots import Segments

MAX_MESSAGE = 10_000_000
"""Bytes of a whole message with its pictures: what relays and mailboxes commonly take, and some take no more."""

_LINE = 76  # octets (RFC 2045 §6.8)
# In a tag as the renderer writes it, every value in double quotes; `v:` is what Outlook alone reads.
_SOURCE = re.compile(
    r'(?P<before><(?:img|v:[a-z]+)(?:\s++(?!src=)[^\s=<>"]++(?:="[^"]*")?)*+\s++src=")(?P<address>[^"]*)(?=")',
    re.IGNORECASE,
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MEDIA = "media/"


@dataclass(frozen=True)
class Picture:
    """One picture of the home, as it lies there."""

    path: str  # media/…
    media_type: str  # image/…
    data: bytes

    @cached_property
    def digest(self) -> str:
        """The same picture has the same name in every issue."""
        return hashlib.sha256(self.data).hexdigest()[:32]

    @cached_property
    def encoded(self) -> bytes:
        """As a part's body, without the last line end."""
        text = b64encode(self.data)
        return b"\r\n".join(text[start : start + _LINE] for start in range(0, len(text), _LINE))


@dataclass(frozen=True, slots=True)
class Related:
    """What stands before and behind the HTML part, for all readers: with the boundary of its own."""

    boundary: bytes
    pictures: tuple[Picture, ...]
    before: bytes  # the part's header, up to the delimiter of the HTML part
    after: bytes  # from the line end behind the HTML part


def shown_pictures(html: Segments, media_base_url: str) -> tuple[str, ...]:
    """The paths under media/ that the HTML loads from `media_base_url`, each once, in order."""
    found = (_path(match["address"], media_base_url) for match in _sources(html))
    return tuple(dict.fromkeys(path for path in found if path))


def _sources(html: Segments) -> Iterator[re.Match[str]]:
    for piece in html:
        if isinstance(piece, str):
            yield from _SOURCE.finditer(piece)


def _path(address: str, media_base_url: str) -> str:
    """Empty for what does not stand under media/."""
    base, address = f"{media_base_url.rstrip('/')}/", unescape(address).strip()
    return _MEDIA + unquote(address.removeprefix(base)) if address.startswith(base) else ""


def link_inside(html: Segments, media_base_url: str, pictures: Sequence[Picture], domain: str) -> Segments:
    """The HTML with these pictures named by their Content-ID instead of their address."""
    names = {picture.path: f"cid:{picture.digest}@{domain}" for picture in pictures}

    def linked(found: re.Match[str]) -> str:
        return found["before"] + names.get(_path(found["address"], media_base_url), found["address"])

    return tuple(_SOURCE.sub(linked, piece) if isinstance(piece, str) else piece for piece in html)


def relate(pictures: Sequence[Picture], domain: str) -> Related | None:
    """The parts of these pictures, each once; None without any. Raises MessageError when they are too large."""
    unique = {picture.digest: picture for picture in pictures}
    if not unique:
        return None
    require_small_enough({picture.path: len(picture.data) for picture in unique.values()})
    # `=_` never occurs in quoted-printable nor in base64. Two lengths: no boundary begins with the other one.
    boundary = b"=_pictures_" + hashlib.sha256("".join(unique).encode()).hexdigest()[:16].encode()
    delimiter = b"\r\n--" + boundary
    parts = (delimiter + _part(picture, domain) for picture in unique.values())
    return Related(
        boundary=boundary,
        pictures=tuple(unique.values()),
        before=b'\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="%b"\r\n\r\n--%b'
        % (boundary, boundary),
        after=b"".join((*parts, delimiter, b"--")),
    )


def _part(picture: Picture, domain: str) -> bytes:
    name = basename(picture.path)
    if not _PLAIN_NAME.fullmatch(name):
        name = f"{picture.digest}.{picture.media_type.rpartition('/')[2]}"
    head = (
        f"\r\nContent-Type: {picture.media_type}"
        "\r\nContent-Transfer-Encoding: base64"
        f"\r\nContent-ID: <{picture.digest}@{domain}>"
        f'\r\nContent-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    return head.encode("ascii") + picture.encoded


def require_small_enough(sizes: Mapping[str, int]) -> None:
    """Raises MessageError naming the pictures when a message with them could be too large; `sizes` are in bytes."""
    total = sum(size * 4 * (_LINE + 2) // (3 * _LINE) for size in sizes.values())
    if total > MAX_MESSAGE:
        largest = sorted(sizes.items(), key=lambda each: -each[1])
        named = ", ".join(f"{path} {size / 1_000_000:.1f} MB" for path, size in largest[:5])
        more = f" and {len(largest) - 5} more" if len(largest) > 5 else ""
        words = f"each message would have {total / 1_000_000:.1f} MB, more than {MAX_MESSAGE // 1_000_000} MB"
        raise MessageError("delivery.inline_images", f"{words}: {named}{more}")
