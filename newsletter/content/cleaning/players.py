"""A player of a video or a recording, or the address of one → a link to it, with its picture where that is known."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import parse_qs, quote, urlsplit

from newsletter.content.cleaning.links import kept_link

_YOUTUBE = re.compile(
    r"(?:www\.|m\.|music\.)?(?:youtube(?:-nocookie)?\.com/(?:(?:embed|v|shorts|live)/|watch$)|youtu\.be/)"
    r"(?P<id>[\w-]{11})?/?",
    re.IGNORECASE,
)
_VIDEO_ID = re.compile(r"[\w-]{11}")
_VIMEO = re.compile(r"(?:www\.)?(?:player\.)?vimeo\.com/(?:video/)?(\d{5,12})(?:/(\w{6,20}))?/?")
_HOSTS = (
    "player.simplecast.com html5-player.libsyn.com share.transistor.fm player.captivate.fm www.buzzsprout.com "
    "embed.acast.com player.blubrry.com anchor.fm www.podbean.com"
).split()
# A player's place, the page that plays the same, and whether it is only to be heard. What `.+` takes keeps its query.
_OTHERS: tuple[tuple[re.Pattern[str], str, bool], ...] = (
    (re.compile(r"(?:www\.|geo\.)?dailymotion\.com/(?:embed/)?video/(\w+)"), r"www.dailymotion.com/video/\1", False),
    (re.compile(r"embed\.ted\.com/(talks/.+)"), r"www.ted.com/\1", False),
    (re.compile(r"(?:www\.)?loom\.com/(?:embed|share)/(\w+)"), r"www.loom.com/share/\1", False),
    (re.compile(r"(fast\.wistia\.(?:net|com)/embed/iframe/\w+)"), r"\1", False),
    (
        re.compile(r"open\.spotify\.com/(?:embed/|embed-podcast/)?((?:episode|show|track|album|playlist)/\w+)"),
        r"open.spotify.com/\1",
        True,
    ),
    (re.compile(r"(?:embed\.)?podcasts\.apple\.com/(.+)"), r"podcasts.apple.com/\1", True),
    (re.compile(rf"((?:{'|'.join(map(re.escape, _HOSTS))})/.+)"), r"\1", True),
)
_SAYS_NOTHING = re.compile(
    r"(?:youtube|vimeo|spotify)?\s*(?:embed|video|audio)?\s*(?:player|embed)?.{0,3}", re.IGNORECASE
)
_MAX_TITLE = 200  # characters
_FRAME, _RECORDING = (
    re.compile(
        rf"(?P<opening><p(?: [^>]*)?>\s*)?<(?P<tag>{tags})(?P<attributes>[^>]*)>(?P<content>.*?)</(?P=tag)>"
        r"(?P<closing>\s*</p>)?",
        re.DOTALL,
    )
    for tags in ("iframe", "video|audio")
)
# An embed in the figure of its page, as a frame or as the address alone, and the page's own caption for it.
_EMBED = re.compile(
    r"<figure[^>]*>(?:\s|<(?:div|p)(?: [^>]*)?>)*+"
    r"(?:<(?P<tag>iframe)(?P<attributes>[^>]*)>(?P<content>[^<]*)</iframe>|(?P<address>https?://[^\s<]{1,500}))"
    r"(?:\s|</(?:div|p)>)*+(?:<figcaption[^>]*>(?P<caption>(?:(?!</?fig).)*+)</figcaption>\s*)?</figure>",
    re.DOTALL,
)
# What a picture that could not be had leaves of a figure by `write_player`.
_TWICE = re.compile(
    r'<figure><a href="(?P<url>[^"]*)"[^>]*>[^<]*</a>'
    r'<figcaption>(?P<link><a href="(?P=url)"[^>]*>(?:(?!</a>).)*+</a>)</figcaption></figure>',
    re.DOTALL,
)
_ANY_TAG = re.compile(r"<[^>]*>")
_SOURCE = re.compile(r'\ssrc="([^"]*)"')
_TITLE = re.compile(r'\stitle="([^"]*)"')
_LATE_SOURCE = re.compile(r'\sdata-(?:src|lazy-src|litespeed-src|cmp-src|cookieblock-src)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Player:
    url: str
    is_audio: bool = False
    picture: str = ""  # known without asking anybody


def find_player(address: str) -> Player | None:
    """What a player's address plays; None when it is not known to play anything. `address` is http(s)."""
    parts = urlsplit(address)
    place = f"{parts.netloc}{parts.path}"
    if youtube := _YOUTUBE.fullmatch(place):
        return _youtube(youtube["id"], parse_qs(parts.query, max_num_fields=50))
    if vimeo := _VIMEO.fullmatch(place):
        secret = vimeo[2] or parse_qs(parts.query, max_num_fields=50).get("h", [""])[0]
        return Player(f"https://vimeo.com/{vimeo[1]}{f'/{secret}' if secret.isalnum() else ''}")
    if place.startswith("w.soundcloud.com/player"):
        return _soundcloud(parse_qs(parts.query, max_num_fields=50))
    for pattern, page, is_audio in _OTHERS:
        if found := pattern.fullmatch(place):
            query = f"?{parts.query}" if parts.query and ".+" in pattern.pattern else ""
            return Player(f"https://{found.expand(page)}{query}", is_audio)
    return None


def _youtube(name: str | None, query: dict[str, list[str]]) -> Player | None:
    video = name if name and name != "videoseries" else query.get("v", [""])[0]
    if _VIDEO_ID.fullmatch(video):
        return Player(
            f"https://www.youtube.com/watch?v={video}", picture=f"https://i.ytimg.com/vi/{video}/hqdefault.jpg"
        )
    playlist = query.get("list", [""])[0]
    return Player(f"https://www.youtube.com/playlist?list={quote(playlist)}") if playlist else None


def _soundcloud(query: dict[str, list[str]]) -> Player | None:
    track = query.get("url", [""])[0]
    is_page = track.startswith("https://soundcloud.com/")
    return Player(track, is_audio=True) if is_page else None


def link_players(html: str, base_url: str, removed: Counter[str]) -> str:
    """`html`, as the parser wrote it, with links where something would play; `removed` counts what goes."""

    def linked(found: re.Match[str]) -> str:
        player, title = _embedded(found, base_url)
        opening, closing = found["opening"] or "", found["closing"] or ""
        if player is None:
            removed["embedded page" if found["tag"] == "iframe" else "player"] += 1
            return f"{opening}{closing}"
        # A paragraph that holds nothing else makes room for the picture.
        return (
            write_player(player, title) if opening and closing else f"{opening}{write_player(player, title)}{closing}"
        )

    # What stands in an iframe is no markup: it goes before anything is looked for in its neighbours.
    return _RECORDING.sub(linked, _FRAME.sub(linked, html))


def write_embeds(html: str, base_url: str) -> str:
    """`html`, as the parser wrote it, with one figure for each embed that its page put into one."""

    def written(found: re.Match[str]) -> str:
        if found["tag"]:
            player, title = _embedded(found, base_url)
        else:
            address = kept_link(unescape(found["address"]))
            player, title = find_player(address) if address else None, ""
        return found[0] if player is None else write_player(player, title, found["caption"] or "")

    return _EMBED.sub(written, html)


def join_links(html: str) -> str:
    """`html`, cleaned, with one link where a figure that lost its picture would show the same one twice."""
    return _TWICE.sub(lambda found: f"<p>{found['link']}</p>", html)


def _embedded(found: re.Match[str], base_url: str) -> tuple[Player | None, str]:
    attributes = found["attributes"]
    source = _LATE_SOURCE.search(attributes) or _SOURCE.search(attributes)
    title = _TITLE.search(attributes)
    words = unescape(title[1]) if title else ""
    if found["tag"] == "iframe":
        address = kept_link(unescape(source[1]), base_url) if source else ""
        return (find_player(address) if address.startswith("http") else None), words
    source = source or _SOURCE.search(found["content"])
    address = kept_link(unescape(source[1]), base_url) if source else ""
    return (Player(address, found["tag"] == "audio") if address.startswith("http") else None), words


def write_player(player: Player, title: str = "", caption: str = "") -> str:
    """A figure with the picture that leads to the video, or a paragraph with the link alone.

    `caption` is the page's own, as HTML; it stands where `Watch: TITLE` would.
    """
    said = unescape(" ".join(_ANY_TAG.sub("", caption).split()))
    title = title if player.picture else said or title
    named = "" if _SAYS_NOTHING.fullmatch(title) or len(title) > _MAX_TITLE else " ".join(title.split())
    verb, words = ("Listen", "Listen") if player.is_audio else ("Watch", "Watch the video")
    link = f'<a href="{escape(player.url)}">'
    words = f"{verb}: {named}" if named else words
    alt, words = escape(words), escape(words, quote=False)
    if not player.picture:
        return f"<p>{link}{words}</a></p>"
    below = caption if "<a " in caption else f"{link}{escape(said, quote=False) or words}</a>"
    picture = f'<img src="{escape(player.picture)}" alt="{alt}">'
    return f"<figure>{link}{picture}</a><figcaption>{below}</figcaption></figure>"
