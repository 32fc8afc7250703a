"""What a response holds → the headers that keep it from doing, loading or telling anything else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from email.utils import parseaddr
from urllib.parse import urlsplit

from newsletter.model import Newsletter

MEDIA_SECONDS = 30 * 24 * 3600  # pictures are named by their content; one put there by hand may change
ARCHIVE_SECONDS = 300

_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NOT_LISTED = {"X-Robots-Tag": "noindex, nofollow, noarchive"}
_NOT_KEPT = {"Cache-Control": "no-store"}


def page_headers(html: str) -> dict[str, str]:
    """For a page of the look: its own style elements, a form that leads back here, nothing else."""
    styles = " ".join(f"'sha256-{_digest(style)}'" for style in _STYLE.findall(html))
    policy = _policy(f"style-src {styles}" if styles else "", "img-src 'self'", "form-action 'self'")
    embedder = {"Cross-Origin-Embedder-Policy": "require-corp"}
    return {**_EVERYWHERE, **_NOT_LISTED, **_NOT_KEPT, **embedder, "Content-Security-Policy": policy}


def archive_headers(addresses: Iterable[str], newsletters: Iterable[Newsletter]) -> dict[str, str]:
    """For the web view of an issue: a mail's styles stand in its elements, its pictures on our own hosts.

    `addresses` are those of our pages and of our pictures.
    """
    origins = [origin for address in addresses for origin in _origin(address)]
    hosts = dict.fromkeys(["'self'", *origins, *(host for one in newsletters for host in _own_hosts(one))])
    policy = _policy("style-src 'unsafe-inline'", f"img-src {' '.join(hosts)}", "form-action 'none'")
    kept = {"Cache-Control": f"public, max-age={ARCHIVE_SECONDS}"}
    return {**_EVERYWHERE, **_NOT_LISTED, **kept, "Content-Security-Policy": policy}


def media_headers() -> dict[str, str]:
    """For a picture: every mail program may show it, also one that is a page of another host."""
    shared = {"Cross-Origin-Resource-Policy": "cross-origin"}
    kept = {"Cache-Control": f"public, max-age={MEDIA_SECONDS}"}
    return {**_EVERYWHERE, **shared, **kept, "Content-Security-Policy": _policy("sandbox")}


def machine_headers() -> dict[str, str]:
    """For an answer that no person reads."""
    return {**_EVERYWHERE, **_NOT_LISTED, **_NOT_KEPT, "Content-Security-Policy": _policy()}


def _policy(*directives: str) -> str:
    """Content Security Policy Level 3."""
    always = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
    return "; ".join(directive for directive in (*always, *directives) if directive)


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def _origin(base_url: str) -> list[str]:
    parts = urlsplit(base_url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


def _own_hosts(newsletter: Newsletter) -> list[str]:
    """The from address's domain and what lies below it: an article's pictures may stand there."""
    domain = parseaddr(newsletter.from_address)[1].rpartition("@")[2].lower()
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return []
    return [f"https://{domain}", f"https://*.{domain}"] if _HOST.fullmatch(domain) else []
