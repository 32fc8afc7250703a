"""What stands inside a shortcode's brackets, `id="4" link="url:…|title:…"` → its values, and HTML made of them."""

from __future__ import annotations

import binascii
import html
import re
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import unquote

from newsletter.content.cleaning.players import find_player, write_player
from newsletter.content.words import is_address

Attributes = Mapping[str, str]
"""By name in small letters; those without a name by their number, `"0"` the first."""

_QUOTES = re.compile("[“”„\u2033]|&quot;|&#0?34;|&#822[01];|&#8243;")
_APOSTROPHES = re.compile("&#0?39;|&apos;|\u2032|&#8242;")
_ATTRIBUTE = re.compile(
    r"""(?P<name>[A-Za-z_][\w:.-]*)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']+))"""
    r"""|"(?P<alone>[^"]*)"|(?P<word>\S+)"""
)
# How page builders write what may not stand between brackets.
_BUILDER_SIGNS = {"%22": '"', "%91": "[", "%93": "]", "%92": "\\", "`{`": "[", "`}`": "]", "``": '"', "&#91;": "["}
_BUILDER_SIGN = re.compile("|".join(map(re.escape, _BUILDER_SIGNS)))
_DYNAMIC = re.compile(r"@ET-DC@[^@]*@")


def straight_quotes(attributes: str) -> str:
    """Editors turn quotes into curly ones and entities, also where they are no punctuation."""
    if not attributes.isascii() or "&" in attributes:
        attributes = _APOSTROPHES.sub("'", _QUOTES.sub('"', attributes))
    return attributes.replace("\xa0", " ")


def read_attributes(attributes: str) -> Attributes:
    found: dict[str, str] = {}
    unnamed = 0
    for match in _ATTRIBUTE.finditer(straight_quotes(attributes)):
        if match["name"]:
            value = next(value for value in match.group("double", "single", "bare") if value is not None)
            found.setdefault(match["name"].lower(), _plain(value))
        else:
            found[str(unnamed)] = _plain(match["alone"] or match["word"] or "")
            unnamed += 1
    return found


def _plain(value: str) -> str:
    if "%" in value or "`" in value or "&#91;" in value:
        value = _BUILDER_SIGN.sub(lambda match: _BUILDER_SIGNS[match[0]], value)
    return html.unescape(_DYNAMIC.sub("", value)).strip()


def first_of(attributes: Attributes, *names: str) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")


def link(url: str, label: str = "") -> str:
    """A paragraph with one link; nothing when it leads nowhere."""
    url = url.strip()
    if url.startswith("//"):
        url = f"https:{url}"
    is_relative = url.startswith("/") and len(url) > 1
    if not (is_address(url, ("http", "https", "mailto")) or is_relative):
        return ""
    words = one_line(label) or url
    return f'\n\n<p><a href="{html.escape(url)}">{html.escape(words, quote=False)}</a></p>\n\n'


def media(url: str) -> str:
    """What plays there, with its picture where that is known, else a link."""
    url = url.strip()
    player = find_player(url) if is_address(url) else None
    return f"\n\n{write_player(player)}\n\n" if player else link(url)


def heading(words: str, level: int = 3) -> str:
    words = one_line(words)
    return f"\n\n<h{level}>{html.escape(words, quote=False)}</h{level}>\n\n" if words else ""


def figure(source: str, alt: str = "", caption: str = "") -> str:
    """Nothing when there is no picture."""
    if not source.strip():
        return ""
    below = f"<figcaption>{html.escape(caption, quote=False)}</figcaption>" if caption.strip() else ""
    image = f'<img src="{html.escape(source.strip())}" alt="{html.escape(one_line(alt))}">'
    return f"\n\n<figure>{image}{below}</figure>\n\n"


def one_line(words: str) -> str:
    """Without tags, on one line."""
    return " ".join(re.sub(r"<[^<>]*>", " ", words).split())


def read_bakery_link(value: str) -> tuple[str, str]:
    """`url:https%3A%2F%2Fexample.org|title:Book` as (address, title)."""
    if "|" not in value and not value.startswith("url:"):
        return value, ""
    parts = dict(part.partition(":")[::2] for part in value.split("|"))
    return unquote(parts.get("url", "")), unquote(parts.get("title", ""))


def read_base64(content: str) -> str:
    """The HTML that a builder packed; empty for what is not packed so."""
    packed = re.sub(r"<[^<>]*>|\s", "", content)
    try:
        return unquote(b64decode(packed, validate=True).decode("utf-8", "replace"))
    except (binascii.Error, ValueError):
        return ""
