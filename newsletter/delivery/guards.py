"""Who would get the issue, and what is set → nothing, or the sentence that says what to set first."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.delivery.headers import Mailbox, parse_mailbox
from newsletter.errors import Refused
from newsletter.model import Newsletter
from subscribers import is_free_mail

PRIVATE_NAMES = ("localhost", "local", "internal", "lan", "home.arpa", "test", "example", "invalid")
"""Endings of names that only some machines know (RFC 6761, RFC 6762, RFC 8375)."""


def require_from_address(newsletter: Newsletter) -> Mailbox:
    """Who the mail is from. Raises Refused while that is not set, MessageError when it is no mailbox."""
    if not newsletter.from_address:
        raise Refused('newsletter.from_address is empty: set it in config.toml, as "Name <address>"')
    return parse_mailbox(newsletter.from_address, "newsletter.from_address")


def require_sender(newsletter: Newsletter) -> None:
    """What nothing at all is sent without. Raises Refused or MessageError."""
    require_from_address(newsletter)
    if not newsletter.postal_address.strip():
        raise Refused("newsletter.postal_address is empty: set it in config.toml; the law wants it in every footer")


def require_reachable(newsletter: Newsletter, base_url: str, media_base_url: str = "") -> None:
    """What no reader beyond the example domains is mailed without. Raises Refused.

    `media_base_url` is where pictures are served; empty: by the pages.
    """
    domain = require_from_address(newsletter).domain
    if is_free_mail(domain):
        raise Refused(
            f"newsletter.from_address is at {domain}, whose rules refuse its name on mail from elsewhere: "
            "set an address at a domain of your own"
        )
    wrong = _unreachable(base_url)
    if wrong:
        raise Refused(f"web.base_url {wrong}: set it in config.toml to how readers reach the pages, https://…")
    if media_base_url and (wrong := _unreachable(media_base_url)):
        words = "set it in config.toml to where readers can load the pictures, https://…, or leave it empty"
        raise Refused(f"media.base_url {wrong}: {words}")


def host_of(url: str) -> str:
    """The host of a URL, in lower case; empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _unreachable(base_url: str) -> str:
    """What is wrong with the address readers would follow; empty when nothing is."""
    if not base_url:
        return "is empty"
    host = host_of(base_url).rstrip(".")
    if not base_url.startswith("https://") or not host:
        return f"is {base_url}, not an https address"
    if _is_address(host):
        return f"is {base_url}, an IP address"
    if "." not in host or host.endswith(tuple(f".{name}" for name in PRIVATE_NAMES)):
        return f"is {base_url}, which readers cannot reach"
    return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # 127.1 and 2130706433 are spellings of an address too.
        return all(part.isdigit() or part.startswith("0x") for part in host.split("."))
    return True
