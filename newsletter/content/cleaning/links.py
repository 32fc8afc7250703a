"""An address as a page has it → the one an article keeps: whole, without tracking, http(s) or mail; or none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

_TRACKING = re.compile(
    r"(?:amp;)?(?:utm_|mtm_|pk_|hsa_)\w*"
    r"|(?:amp;)?(?:fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|li_fat_id|igshid|igsh|mc_[ce]id"
    r"|_hs(?:enc|mi)|__hs\w+|mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|_g[al]|srsltid|wickedid|s_cid|ml_subscriber\w*"
    r"|_kx|_bhlid|ck_subscriber_id|cmid|fb_(?:action|comment|ref)\w*)",
    re.IGNORECASE,
)
# Sites that stand between a text and where its links lead, and the parameter that says where.
_REDIRECTS = {
    "www.google.com/url": ("q", "url"),
    "google.com/url": ("q", "url"),
    "l.facebook.com/l.php": ("u",),
    "lm.facebook.com/l.php": ("u",),
    "www.youtube.com/redirect": ("q",),
}
_SAFE_LINKS = ".safelinks.protection.outlook.com"  # what Outlook makes of every link in a mail
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f]")
_PLACEHOLDER = re.compile(
    r"(?:^|/)(?:blank|placeholder|lazy[_-]?(?:load(?:er)?|placeholder)?|spacer|transparent|pixel|loading|1x1[\w.]*|trans)"
    r"\.(?:gif|png|svg)$",
    re.IGNORECASE,
)
_WIX = re.compile(r"(https://static\.wixstatic\.com/media/[^/?#]+)/v1/(?:fill|fit|crop)/.*")
_WIDE_ENOUGH = 1200  # pixels; what an article's pictures are scaled to at most


def kept_link(value: str, base_url: str = "") -> str:
    """A whole http, https or mailto address, empty for anything else; a relative one needs `base_url`."""
    url = _plain(value)
    before = ""
    while url != before:  # each turn is shorter
        before, url = url, _followed(_whole(url, base_url))
    try:
        parts = urlsplit(url)
    except ValueError:  # a broken IPv6 host
        return ""
    if parts.scheme in ("http", "https") and parts.netloc:
        return _without_tracking(url) if parts.query else url
    return url if parts.scheme == "mailto" and parts.path else ""


def kept_picture(value: str, base_url: str = "") -> str:
    """A whole http or https address, or a relative path when no `base_url` is known; empty for anything else."""
    source = _plain(value)
    if source.startswith("//"):
        source = f"https:{source}"
    try:
        if base_url and source and not source.startswith(("#", "http://", "https://")):
            source = urljoin(base_url, source)
        parts = urlsplit(source)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and parts.netloc
    is_relative = not parts.scheme and not parts.netloc and parts.path
    return _WIX.sub(r"\1", source) if is_web else source if is_relative else ""


def is_named_spacer(address: str) -> bool:
    """Whether a picture has the name of one that only holds a place, `blank.gif`; it may show something."""
    return bool(_PLACEHOLDER.search(address.partition("?")[0].partition("#")[0]))


def widest(srcset: str) -> str:
    """The candidate of a `srcset` that suits a mail: the narrowest one of 1,200 pixels or more, else the widest."""
    sized = []
    for candidate in re.split(r",\s+", srcset.strip(", \t\r\n")):
        address, _, size = candidate.strip().partition(" ")
        number = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?)([wx])", size.strip())
        width = float(number[1]) * (1 if number[2] == "w" else 600) if number else 1.0
        sized.append((width, address))
    enough = [each for each in sized if each[0] >= _WIDE_ENOUGH]
    return min(enough)[1] if enough else max(sized)[1]


def _plain(value: str) -> str:
    """As a browser reads it: white space around it and line ends inside say nothing."""
    words = value.strip()
    if _UNSEEN.search(words):
        words = re.sub("[\t\r\n]", "", words)
        if _UNSEEN.search(words):
            return ""
    return words.replace(" ", "%20") if " " in words else words


def _whole(url: str, base_url: str) -> str:
    if url.startswith(("https://", "http://", "mailto:")):
        return url
    if url.startswith("//"):
        return f"https:{url}"
    if not base_url or not url or url.startswith("#"):  # a place on a page that the reader does not see
        return url
    try:
        return urljoin(base_url, url)
    except ValueError:
        return ""


def _followed(url: str) -> str:
    """Where a redirect that shows its destination leads."""
    if "google." not in url and "facebook." not in url and "youtube.com/red" not in url and _SAFE_LINKS not in url:
        return url
    try:
        parts = urlsplit(url)
        values = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return url
    names: Iterable[str] = _REDIRECTS.get(f"{parts.netloc.casefold()}{parts.path}", ())
    if parts.netloc.casefold().endswith(_SAFE_LINKS):
        names = ("url",)
    found = next((values[name][0] for name in names if name in values), "")
    target = _plain(found)
    return target if target.startswith(("http://", "https://", "mailto:")) and len(target) < len(url) else url


def _without_tracking(url: str) -> str:
    address, mark, fragment = url.partition("#")
    page, _, query = address.partition("?")
    fields = query.split("&")
    kept = [field for field in fields if not _TRACKING.fullmatch(unquote(field.partition("=")[0]))]
    if len(kept) == len(fields):
        return url
    return f"{page}{'?' if kept else ''}{'&'.join(kept)}{mark}{fragment}"
